"""An upload's parts as the one file that is kept: whole, as announced, on the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from boundaries import originals
from boundaries.jobs import places
from boundaries.uploads import parts
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_KEPT_FREE = 64 << 20
"""Room left on the disk for the store itself when a part is taken."""


@contextmanager
def given(folder: Path, row: dict[str, Any]) -> Iterator[Path]:
    """Give the whole file of an upload, verified, as it is to be kept."""
    places.made(folder)
    with (
        parts.working(folder, "whole") as whole,
        parts.working(folder, "packed") as packed,
    ):
        require_free(folder, row["size"])
        parts.assemble(folder, row["size"], whole)
        if row["digest"] and _sha256(whole) != row["digest"]:
            raise InputError(
                Text("收到的内容与文件的摘要不符：文件在上传期间被改动。",
                     "What arrived is not what was announced: the file changed while "
                     "it was sent."),
                Text("请删除此上传后重新开始。", "Drop this upload and begin again."),
                code="digest",
            )  # fmt: skip
        if not row["members"]:
            yield whole
            return
        _pack(whole, row["members"], packed)
        yield packed


def require_free(folder: Path, size: int) -> None:
    """Refuse what would fill the disk the store needs as well."""
    if shutil.disk_usage(folder).free < size + _KEPT_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(whole: Path, members: Sequence[dict[str, Any]], target: Path) -> None:
    """Write files sent one after the other as one uncompressed zip, durably."""
    with (
        whole.open("rb") as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive,
    ):
        for member in members:
            originals.add(archive, member["name"], source, member["size"])
    with target.open("rb+") as file:
        os.fsync(file.fileno())
