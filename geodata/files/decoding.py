"""Find how a text file was encoded and decode it, saying by what it was seen."""

from __future__ import annotations

import codecs
import re
from itertools import islice

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as encodings
from geodata.files import evidence
from geodata.files.reading import Encoding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK = Text("文件开头有字节顺序标记", "byte order mark")
_ZEROS = Text("每隔一个字节为零", "every other byte is zero")
_ASCII = Text("只有 ASCII 字符", "ASCII only")
_UTF8 = Text("是有效的 UTF-8", "valid UTF-8")
_GIVEN = Text("人工指定", "said by hand")
_SAMPLE = 4_096
_DAMAGED_SHARE = 0.05
DAMAGE = re.compile("[\ud800-\udfff]")
"""What stands for a byte that is no text; no valid text holds it."""
_LINES = 500
_TABLE_MARKS = frozenset("°′″℃％（），。、；：“”‘’《》【】—…·×～㎡０１２３４５６７８９")


def decode(data: bytes, *, encoding: str | None = None) -> tuple[str, Encoding]:
    """Return the text of ``data`` and how it was decoded.

    Parameters
    ----------
    data
        The whole file.
    encoding
        What a person said it is; None to find out.

    Raises
    ------
    FileRefusedError
        If no encoding in use here fits, or the given one does not.
    """
    if encoding is not None:
        return _as_given(data, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name, _MARK, 0.99)
    if wide := _without_mark(data):
        return _strict(data, wide, _ZEROS, 0.9)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if _hurt_utf8(data):
            return _strict(data, "utf-8", _UTF8, 0.9)
        found = _chinese(data) or encodings.detect(_samples(data))
        seen = Text(found.evidence, found.evidence_en or found.evidence)
        return _strict(data, found.name, seen, found.confidence)
    plain = text.isascii()
    seen = _ASCII if plain else _UTF8
    return text, evidence.encoding("utf-8", seen, 1.0 if plain else 0.98)


def _as_given(data: bytes, encoding: str) -> tuple[str, Encoding]:
    name = encodings.require_codec(encoding)
    # A mark at the start belongs to the encoding, not to the first column's name.
    if name == "utf-8" and data.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    return _strict(data, name, _GIVEN, 1.0)


def _hurt_utf8(data: bytes) -> bool:
    """Return whether most lines that are not ASCII are UTF-8 and few are not.

    Text in GBK hardly ever is: its bytes break the rules of UTF-8 in every line.
    """
    foreign = _samples(data)
    damaged = sum(
        bool(DAMAGE.search(line.decode("utf-8", "surrogateescape"))) for line in foreign
    )
    return len(foreign) >= 3 * damaged


def _chinese(data: bytes) -> Encoding | None:
    """Return GB 18030 if it gives Chinese text and the marks of tables, else None."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    marks = [mark for mark in text[: 1 << 20] if not mark.isascii()]
    usual = sum("\u4e00" <= mark <= "\u9fff" or mark in _TABLE_MARKS for mark in marks)
    if usual < 0.9 * len(marks):
        return None
    share = f"{usual / len(marks):.0%}"
    seen = Text(
        f"不是 UTF-8；按 GB18030 有 {share} 为中文与常用符号",
        f"not UTF-8; as GB 18030 {share} are Chinese and usual marks",
    )
    return evidence.encoding("gb18030", seen, 0.95)


def _samples(data: bytes) -> list[bytes]:
    """Return some lines that are not ASCII, for their letters to be judged."""
    lines = (line for line in data.splitlines() if not line.isascii())
    return [line[:_SAMPLE] for line in islice(lines, _LINES)]


def _without_mark(data: bytes) -> str | None:
    """Return the UTF-16 order of text without a mark, seen by its zero bytes."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or 0 not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 10 * even and odd * 8 > len(sample):
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd and even * 8 > len(sample) else None


def _with_damage(data: bytes, name: str) -> str | None:
    """Return the text with unreadable bytes as :data:`DAMAGE`, if they are few."""
    if name.startswith("utf-16"):
        return None
    text = data.decode(name, "surrogateescape")
    lines = text.splitlines()
    damaged = sum(bool(DAMAGE.search(line)) for line in lines)
    return text if damaged <= max(1, len(lines) * _DAMAGED_SHARE) else None


def _strict(
    data: bytes, name: str, seen: Text, confidence: float
) -> tuple[str, Encoding]:
    try:
        return data.decode(name), evidence.encoding(name, seen, confidence)
    except UnicodeDecodeError as error:
        text = _with_damage(data, name)
        if text is not None:
            return text, evidence.encoding(name, seen, min(confidence, 0.9))
        raise FileRefusedError(
            Text(
                f"第 {error.start} 字节起不是有效的 {name} 文本。",
                f"The text is not valid {name} from byte {error.start} on.",
            ),
            Text(
                "请另存为 UTF-8 编码的 CSV，或指明文件的编码。",
                "Save it as CSV in UTF-8, or say how it is encoded.",
            ),
        ) from error
