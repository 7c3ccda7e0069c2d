"""What a sender says of a file, made harmless: names are words, never paths."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 200
_MEMBERS = 50
_DIGEST = re.compile(r"(sha256:)?([0-9a-fA-F]{64})")
_EXTENSION = re.compile(r"\.[a-z0-9]{1,9}")


def shown(name: str) -> str:
    """Return a file's name for display: NFC, the last part, nothing invisible."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        letter for letter in last if unicodedata.category(letter)[0] not in "CZ"
        or letter in " \u3000"
    ).strip()  # fmt: skip
    return kept[:_LONGEST] if kept.strip(". ") else "file"


def extension(name: str) -> str:
    """Return the extension a copy of the file is given, from letters and digits."""
    found = _EXTENSION.fullmatch(f".{name.lower().rpartition('.')[2]}")
    return found[0] if found and "." in name else ".bin"


def kept(row: dict[str, Any]) -> str:
    """Return what the kept original is called."""
    return f"{row['name']}.zip" if row["members"] else str(row["name"])


def described(
    name: str,
    size: int,
    digest: str,
    modified: str,
    members: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return what an upload is told apart by.

    Raises
    ------
    InputError
        For a size, a digest or members that cannot be.
    """
    if size < 1:
        raise InputError(
            Text("文件是空的。", "The file is empty."),
            Text("请检查导出是否完成。", "Check whether the export was finished."),
        )
    told = _DIGEST.fullmatch(digest) if digest else None
    if digest and told is None:
        raise InputError(Text("摘要不是 sha256。", "The digest is no sha256."))
    listed: list[dict[str, Any]] = [
        {"name": shown(str(item["name"])), "size": int(item["size"])}
        for item in members
    ]
    folded = [item["name"].casefold() for item in listed]
    if listed and (
        len(listed) > _MEMBERS
        or len(set(folded)) != len(folded)
        or any(item["size"] < 0 for item in listed)
        or sum(item["size"] for item in listed) != size
    ):
        raise InputError(
            Text(
                "成组文件的名称或大小不符。",
                "The names or sizes of the files sent together do not add up.",
            )
        )
    return {
        "name": shown(name),
        "size": size,
        "digest": told[2].lower() if told else "",
        "modified": str(modified)[:64],
        "members": listed,
    }
