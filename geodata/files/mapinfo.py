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
_SPELLING = {
    "windowssimpchinese": "WindowsSimpChinese",
    "windowstradchinese": "WindowsTradChinese",
    "windowsjapanese": "WindowsJapanese",
    "windowskorean": "WindowsKorean",
    "windowslatin1": "WindowsLatin1",
    "windowslatin2": "WindowsLatin2",
    "windowscyrillic": "WindowsCyrillic",
    "utf-8": "UTF-8",
}
_PARTS = {".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}


def check(path: Path, *, encoding: str | None = None) -> Encoding:
    """Check that a .tab or .mif is whole and plain; return its encoding.

    The head of the private copy is made to name that encoding, so that GDAL
    decodes the text (a ``Neutral`` charset says nothing).

    Raises
    ------
    FileRefusedError
        Parts are missing, or the table is a link to other data.
    """
    head = path.read_bytes()[:4096].decode("latin-1")
    for part in _PARTS.get(path.suffix.lower(), ()):
        if not path.with_suffix(part).is_file():
            raise FileRefusedError(
                Text(f"MapInfo 数据缺少 {part} 文件。", f"The {part} is missing."),
                Text("请把同名的全部文件一起打包为 zip。",
                     "Zip all files of that name."),
            )  # fmt: skip
    kind = re.search(r"(?im)^\s*type\s+(\w+)", head)
    if path.suffix.lower() == ".tab" and kind and kind.group(1).lower() != "native":
        raise FileRefusedError(
            Text(f"MapInfo 表的类型 {kind.group(1)} 只是指向其他数据的链接。",
                 f"A MapInfo table of type {kind.group(1)} only links to other data."),
            Text("请在 MapInfo 中另存为普通表（NATIVE）。",
                 "Save it in MapInfo as a native table."),
        )  # fmt: skip
    found = _encoding(path, head, encoding)
    _name_charset(path, found)
    return found


def _name_charset(path: Path, found: Encoding) -> None:
    codec = text_encoding.codec_of(found.name)
    charset = next((name for name, own in _CHARSETS.items() if own == codec), None)
    if charset is None:
        return
    word = _SPELLING[charset].encode()
    data = path.read_bytes()
    data = re.sub(rb'(?i)(charset\s+)"[\w-]+"', rb'\1"' + word + b'"', data, count=1)
    path.write_bytes(re.sub(rb"(?i)(!charset\s+)[\w-]+", rb"\1" + word, data, count=1))


def _encoding(path: Path, head: str, asked: str | None) -> Encoding:
    if asked is not None:
        return text_encoding.by_hand(asked)
    said = re.search(r"""(?i)charset\s+["']([\w-]+)["']""", head)
    codec = _CHARSETS.get(said.group(1).lower()) if said else None
    if codec is None or said is None:
        return text_encoding.detect(_samples(path))
    name = said.group(1)
    where = Text(f"文件声明字符集 {name}", f"the file says charset {name}")
    return text_encoding.detect(_samples(path), declared=[(codec, where)])


def _samples(path: Path) -> list[bytes]:
    """Return the pieces of the text part that are not plain ASCII."""
    part = path.with_suffix(".mid" if path.suffix.lower() == ".mif" else ".dat")
    data = part.read_bytes()[: 4 << 20]
    pattern = rb"[\x20-\x7e]*[\x80-\xff][\x20-\x7e\x80-\xff]*"
    return [text.strip(b'" ') for text in re.findall(pattern, data)[:4000]]
