"""Errors of the SQL drivers, in words a user can act on."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.errors import StoreError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = Text("磁盘已满，什么也没有写入。", "The disk is full; nothing was written.")
_FULL_HINT = Text(
    "请清理磁盘空间后重试，无需重启。",
    "Free some space and try again; no restart is needed.",
)
_UNDONE = {"40001", "40P01"}
_RETRY = (
    Text("数据库撤销了这次写入以解除死锁。", "The server undid this write."),
    Text("请重试。", "Try again."),
)
_GONE = (
    Text("连不上数据库服务器。", "The database server does not answer."),
    Text(
        "请检查 --store 的地址与服务器状态；未确认的写入没有生效。",
        "Check the address given by --store and the server; a write that was not "
        "acknowledged is not there.",
    ),
)
_WORDS: tuple[tuple[str, str, Text, Text | None], ...] = (
    ("database or disk is full", "disk_full", _FULL, _FULL_HINT),
    ("no space left on device", "disk_full", _FULL, _FULL_HINT),
    (
        "disk i/o error",
        "disk_full",
        Text(
            "写磁盘失败，什么也没有写入。",
            "Writing to the disk failed; nothing was written.",
        ),
        Text("请检查磁盘空间与硬件。", "Check the disk's space and health."),
    ),
    ("connection failed", "unreachable", *_GONE),
    ("connection refused", "unreachable", *_GONE),
    ("connection is lost", "unreachable", *_GONE),
    ("closed the connection", "unreachable", *_GONE),
    ("terminating connection", "unreachable", *_GONE),
    ("connection timeout", "unreachable", *_GONE),
    (
        "is locked",
        "busy",
        Text(
            "另一个写操作占用太久，未能写入。",
            "Another write took too long; nothing was written.",
        ),
        Text("请稍后重试。", "Try again in a moment."),
    ),
    (
        "lock timeout",
        "busy",
        Text(
            "另一个写操作占用太久，未能写入。",
            "Another write took too long; nothing was written.",
        ),
        Text("请稍后重试。", "Try again in a moment."),
    ),
    (
        "written once",
        "immutable",
        Text(
            "已写入的版本、日志与附件不能修改。",
            "Versions, journal and attachments cannot be altered once written.",
        ),
        None,
    ),
    (
        "closed once",
        "immutable",
        Text("历史状态不能修改。", "A past state cannot be altered."),
        None,
    ),
    (
        "malformed",
        "damaged",
        Text("数据库文件已损坏。", "The database file is damaged."),
        Text("请用 quhua restore 从备份恢复。", "Restore a backup: quhua restore."),
    ),
    (
        "not a database",
        "damaged",
        Text("这个文件不是数据库。", "This file is not a database."),
        Text("请检查 --store 的路径。", "Check the path given by --store."),
    ),
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver or the disk raises inside the block into StoreError."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _of(error.orig) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise StoreError(_FULL, _FULL_HINT, code="disk_full") from error
        raise
    except Exception as error:
        if type(error).__module__.split(".")[0] in {"sqlite3", "pysqlite3", "psycopg"}:
            raise _of(error) from error
        raise


@contextlib.contextmanager
def files_translated() -> Iterator[None]:
    """As :func:`translated`, for a block that only copies files: any OSError too."""
    try:
        with translated():
            yield
    except OSError as error:
        name, why = error.filename or "", error.strerror or str(error)
        raise StoreError(
            Text(f"无法读写 {name}：{why}。", f"Cannot read or write {name}: {why}."),
            Text(
                "请检查路径、权限与磁盘。", "Check the path, its permissions and disk."
            ),
            code="disk",
        ) from error


def _of(error: BaseException | None) -> StoreError:
    words = str(error).strip()
    if getattr(error, "sqlstate", None) in _UNDONE:
        return StoreError(*_RETRY, code="retry")
    lowered = words.lower()
    for part, code, message, hint in _WORDS:
        if part in lowered:
            return StoreError(message, hint, code=code)
    return StoreError(
        Text(f"数据库出错：{words}", f"The database failed: {words}"), code="store"
    )
