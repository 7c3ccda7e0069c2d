"""Check a MapInfo dataset: its parts, its kind of table, its charset."""

from __future__ import annotations

import re
from pathlib import Path

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as text_encoding
from geodata.files.reading import Encoding

_CHARSETS = {
    "windowssimpchinese": "gb18030",
    "windowstradchinese": "big5hkscs",
    "windowsjapanese": "cp932",
    "windowskorean": "cp949",
    "windowslatin1": "cp1252",
    "windowslatin2": "cp1250",
    "windowscyrillic": "cp1251",
    "utf-8": "utf-8",
}
_PARTS = {".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}


def check(path: Path, *, encoding: str | None = None) -> Encoding:
    """Check that a .tab or .mif is whole and plain; return its encoding.

    Raises
    ------
    FileRefusedError
        Parts are missing, or the table is a link to other data.
    """
    head = path.read_bytes()[:4096].decode("latin-1")
    for part in _PARTS.get(path.suffix.lower(), ()):
        if not path.with_suffix(part).is_file():
            raise FileRefusedError(
                Text(f"MapInfo 数据缺少 {part} 文件。", f"The MapInfo data lack {part}."),
                Text("请把同名的全部文件一起打包为 zip。",
                     "Zip all files of that name together."),
            )  # fmt: skip
    kind = re.search(r"(?im)^\s*type\s+(\w+)", head)
    if path.suffix.lower() == ".tab" and kind and kind.group(1).lower() != "native":
        raise FileRefusedError(
            Text(f"MapInfo 表的类型 {kind.group(1)} 只是指向其他数据的链接。",
                 f"A MapInfo table of type {kind.group(1)} only links to other data."),
            Text("请在 MapInfo 中另存为普通表（NATIVE）。",
                 "Save it in MapInfo as a native table."),
        )  # fmt: skip
    return _encoding(path, head, encoding)


def _encoding(path: Path, head: str, asked: str | None) -> Encoding:
    if asked is not None:
        return Encoding(text_encoding.require_codec(asked), "set by hand", 1.0)
    said = re.search(r"""(?i)charset\s+["']([\w-]+)["']""", head)
    codec = _CHARSETS.get(said.group(1).lower()) if said else None
    claims = [(codec, f"charset {said.group(1)}")] if codec and said else []
    return text_encoding.detect(_samples(path), declared=claims)


def _samples(path: Path) -> list[bytes]:
    """Return the pieces of the text part that are not plain ASCII."""
    part = path.with_suffix(".mid" if path.suffix.lower() == ".mif" else ".dat")
    data = part.read_bytes()[: 4 << 20]
    pattern = rb"[\x20-\x7e]*[\x80-\xff][\x20-\x7e\x80-\xff]*"
    return [text.strip(b'" ') for text in re.findall(pattern, data)[:4000]]
