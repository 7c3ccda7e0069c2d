"""The parts of an upload as files: durable before they are acknowledged.

A part is a file named by its place and length, written beside, synced and renamed.
Parts may come in any order, again, and overlapping; where they overlap they must
agree. What is on the disk is the only record, so a server that starts again knows
what it has.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from geodata.errors import ConflictError, InputError, Text
from geodata.store import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"(\d{15})-(\d{1,15})")
_CHUNK = 1 << 20
_SLACK, _SPARE = 2, 4 << 20
"""Parts that overlap may take twice the size of the whole and a little, no more."""
_MOST = 4_096
"""Parts of one upload: more would cost the server more than the sender."""


@dataclass(frozen=True, order=True)
class Part:
    """Bytes ``start`` to ``end`` of an upload, in a file."""

    start: int
    end: int
    path: Path


def listed(folder: Path) -> list[Part]:
    """Return the parts that are on the disk, by place."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name:
                start, length = int(name[1]), int(name[2])
                found.append(Part(start, start + length, path))
    return sorted(found)


def covered(parts: list[Part]) -> list[tuple[int, int]]:
    """Return the ranges that parts cover, joined, by place."""
    ranges: list[tuple[int, int]] = []
    for part in parts:
        if ranges and part.start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(ranges[-1][1], part.end)
        else:
            ranges.append((part.start, part.end))
    return ranges


def put(folder: Path, offset: int, content: bytes, digest: str, size: int) -> None:
    """Make a part durable; the same part again changes nothing.

    Raises
    ------
    InputError
        When the bytes are not those of the digest (damaged on the way), or the
        parts would take more room than an honest upload needs.
    ConflictError
        When other bytes were acknowledged at this place before.
    """
    if hashlib.sha256(content).hexdigest() != digest.lower().removeprefix("sha256:"):
        raise InputError(
            Text("这一段在传输中损坏。", "This part was damaged on the way."),
            Text("请重新发送。", "Send it again."),
            code="part_damaged",
        )
    place = folder / f"{offset:015d}-{len(content)}"
    known = listed(folder)
    if place.exists():
        if place.read_bytes() != content:
            raise _differs(offset)
        return
    taken = sum(part.end - part.start for part in known) + len(content)
    if taken > _SLACK * size + _SPARE or len(known) >= _MOST:
        raise InputError(
            Text("重叠的分段过多。", "Too many parts overlap."),
            Text("请删除此上传后重新开始。", "Drop this upload and begin again."),
            code="too_many_parts",
        )
    waiting = folder / f".{place.name}.{secrets.token_hex(4)}"
    try:
        with waiting.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        waiting.replace(place)
        disk.sync_folder(folder)
    finally:
        waiting.unlink(missing_ok=True)


def assemble(folder: Path, size: int, target: Path) -> None:
    """Write the whole file from its parts.

    Raises
    ------
    InputError
        Code ``incomplete`` when bytes are missing.
    ConflictError
        When parts overlap and disagree.
    """
    parts = listed(folder)
    if covered(parts) != ([(0, size)] if size else []):
        raise incomplete(covered(parts), size)
    with target.open("wb+") as out:
        written = 0
        for part in parts:
            with part.path.open("rb") as source:
                out.seek(part.start)
                _require_same(source, out, min(written, part.end) - part.start)
                out.seek(max(part.start, written))
                source.seek(max(written - part.start, 0))
                while chunk := source.read(_CHUNK):
                    out.write(chunk)
            written = max(written, part.end)
        out.flush()
        os.fsync(out.fileno())


def _require_same(source: IO[bytes], out: IO[bytes], length: int) -> None:
    """Compare what a part repeats with what is written already."""
    left = length
    while left > 0:
        one = source.read(min(_CHUNK, left))
        other = out.read(len(one))
        if one != other or not one:
            raise _differs(None)
        left -= len(one)


def incomplete(ranges: list[tuple[int, int]], size: int) -> InputError:
    """Return the words for an upload that lacks bytes."""
    have = sum(end - start for start, end in ranges)
    return InputError(
        Text(
            f"上传还不完整：共 {size} 字节，已收到 {have} 字节。",
            f"The upload is not whole yet: {have} of {size} bytes are here.",
        ),
        Text("请继续上传缺少的部分。", "Send the parts that are missing."),
        code="incomplete",
    )


def _differs(offset: int | None) -> ConflictError:
    where = Text(
        "" if offset is None else f"（位置 {offset}）",
        "" if offset is None else f" (at {offset})",
    )
    error = ConflictError(
        Text(
            f"与先前收到的内容不一致{where.zh}：文件在上传期间被改动。",
            f"This differs from what was received before{where.en}: the file changed "
            "while it was sent.",
        ),
        Text("请删除此上传后重新开始。", "Drop this upload and begin again."),
    )
    error.code = "part_differs"
    return error


@contextlib.contextmanager
def working(folder: Path, name: str) -> Iterator[Path]:
    """Give the path of a file that is removed afterwards."""
    path = folder / f".{name}.{secrets.token_hex(4)}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def drop(folder: Path) -> None:
    """Remove an upload's parts."""
    shutil.rmtree(folder, ignore_errors=True)
