"""Files the command line is asked to write: looked at before, whole or not at all.

A verb must not be done and then fail because its report has nowhere to go: whoever
runs it again would do it twice.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from geodata.errors import InputError, Text


class OutFile(click.Path):
    """A file to write; refused before the command runs when it cannot be."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path of a file that can be made or replaced."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        _require_writable(path, path.absolute().parent)
        return path


class OutLayer(OutFile):
    """A file of places to write, in the format that its suffix says."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path of a file of a format that is written."""
        from geodata.files.formats import format_of

        path = super().convert(value, param, ctx)
        format_of(path)
        return path


class OutFolder(click.Path):
    """A folder to write into, made (once the rest is understood) if need be."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path of a folder that is there, or can be made."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        place = path.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        _require_writable(path, place)
        return path


def make_folder(path: Path) -> None:
    """Make a folder, or say why it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def write(path: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there and say so."""
    from geodata.files.atomic import replacing

    try:
        with replacing(path) as made:
            made.write_bytes(content)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error), done=True) from error


def _require_writable(path: Path, folder: Path) -> None:
    if not folder.is_dir():
        raise _unwritable(path, f"no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, os.strerror(13))


def _unwritable(path: Path, why: str, *, done: bool = False) -> InputError:
    if done:
        hint = Text(
            "命令本身已完成，只是结果没有写出；不要重复办理。",
            "The command itself is done, only this file is not; do not do it twice.",
        )
    else:
        hint = Text(
            "请换一个可写的位置；尚未办理任何事。",
            "Choose a place that can be written; nothing was done.",
        )
    return InputError(
        Text(f"无法写入 {path}：{why}。", f"Cannot write {path}: {why}."),
        hint,
        code="unwritable",
    )
