"""Look over an XML text before GDAL does: encoding, entities, depth, records.

One pass with expat that stops at the first entity declaration; no entity is ever
expanded and nothing outside the text is ever fetched. expat knows only a few
encodings, so GBK and its kin are rewritten as UTF-8 first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as text_encoding
from geodata.files.limits import Limits
from geodata.files.reading import Encoding

_HEAD = re.compile(rb"^\s*<\?xml[^>]*?>")
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([\w.:-]+)["']""")
_RECORDS = frozenset({"Placemark", "featureMember"})
_LINKS = frozenset({"NetworkLink"})


@dataclass(frozen=True)
class Outline:
    """What an XML text is, without its content."""

    encoding: Encoding
    features: int
    """Elements that hold a record (``Placemark``, ``featureMember``)."""
    notes: tuple[Text, ...]


class _DeclarationError(Exception):
    """A document type or an entity was declared."""


def prepare(path: Path, limits: Limits, *, encoding: str | None = None) -> Outline:
    """Check an XML text and rewrite the private copy at ``path`` as UTF-8.

    Raises
    ------
    FileRefusedError
        DOCTYPE or entities, cut off, not well formed.
    LimitError
        Nested too deeply.
    """
    data, found = _as_utf8(path.read_bytes(), encoding)
    counts = _walk(data, 2 * limits.depth, limits)
    path.write_bytes(data)
    notes: tuple[Text, ...] = ()
    if any(counts.get(name) for name in _LINKS):
        notes = (
            Text("文件含有网络链接（NetworkLink），未打开，也不会联网。",
                 "The file has network links; they were not followed."),
        )  # fmt: skip
    return Outline(found, sum(counts.get(name, 0) for name in _RECORDS), notes)


def _as_utf8(data: bytes, asked: str | None) -> tuple[bytes, Encoding]:
    head = _HEAD.match(data.removeprefix(b"\xef\xbb\xbf"))
    said = _DECLARED.search(head.group()) if head else None
    found = _encoding_of(data, said.group(1).decode() if said else "", asked)
    text = data.decode(
        {"UTF-8": "utf-8-sig"}.get(found.name, found.name), "replace"
    ).encode("utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>' + _HEAD.sub(b"", text), found


def _encoding_of(data: bytes, declared: str, asked: str | None) -> Encoding:
    if asked is not None:
        return text_encoding.by_hand(asked)
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return text_encoding.by_mark("utf-16")
    if text_encoding.fits([data], "utf-8"):
        return text_encoding.fixed()
    codec = text_encoding.codec_of(declared)
    where = Text(f"XML 声明 {declared}", f"the XML head says {declared}")
    claims = [(codec, where)] if codec else []
    return text_encoding.detect(_texts(data), declared=claims)


def _texts(data: bytes) -> list[bytes]:
    pattern = rb"[^<>\"\x00-\x1f\x80-\xff]*[\x80-\xff][^<>\"\x00-\x1f]*"
    return list(dict.fromkeys(re.findall(pattern, data)))[:4000]


def _walk(data: bytes, deepest: int, limits: Limits) -> dict[str, int]:
    """Count elements by name; refuse declarations and depth."""
    depth = 0
    counts: dict[str, int] = {}

    def start(name: str, _: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest:
            raise limits.exceeded("depth", f"> {deepest}")
        local = name.rpartition(":")[2]
        counts[local] = counts.get(local, 0) + 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: Any) -> None:
        raise _DeclarationError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except _DeclarationError:
        raise FileRefusedError(
            Text("XML 文件含有 DOCTYPE 或实体定义，出于安全不予读取。",
                 "The XML file declares a DOCTYPE or entities and is not read for "
                 "safety."),
            Text("请删除后重新导出。", "Remove them and export it again."),
        ) from None  # fmt: skip
    except expat.ExpatError as error:
        raise FileRefusedError(
            Text(f"XML 文件不完整或格式错误（第 {error.lineno} 行）。",
                 f"The XML file is cut off or not well formed (line {error.lineno})."),
            Text("请重新导出或重新上传。", "Export or send it again."),
        ) from error  # fmt: skip
    return counts
