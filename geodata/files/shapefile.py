"""Check a Shapefile's bones before GDAL sees it, and read its text bytes.

GDAL gives a row with no geometry and no word for a truncated .shp, a record with
a wrong part count or an .shx that points elsewhere. So the structure is checked
here first (ESRI Shapefile Technical Description, 1998): a file whose parts
contradict one another is refused whole, one bad record by its number.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as text_encoding
from geodata.files.limits import Limits
from geodata.files.reading import Encoding

_MAGIC = 9994
_NULL = 0
_TYPES = {
    0: "Null", 1: "Point", 3: "LineString", 5: "Polygon", 8: "MultiPoint",
    11: "Point Z", 13: "LineString Z", 15: "Polygon Z", 18: "MultiPoint Z",
    21: "Point M", 23: "LineString M", 25: "Polygon M", 28: "MultiPoint M",
    31: "MultiPatch",
}  # fmt: skip
_POINT_BYTES = {1: 20, 11: 36, 21: 28}
_PARTED = frozenset({3, 5, 13, 15, 23, 25, 31})
_MULTIPOINT = frozenset({8, 18, 28})
_HEADER = 100
_AGAIN = Text(
    "请在原软件中重新导出，并把 .shp、.shx、.dbf、.prj、.cpg 一起打包为 zip。",
    "Export it again and zip .shp, .shx, .dbf, .prj and .cpg together.",
)


# GDAL puts a number behind the second of two names cut to the same bytes, perhaps in
# the middle of a character.
_NUMBER = re.compile(rb"(?<=[\x80-\xff])_\d{1,2}$")


@dataclass
class Shapefile:
    """What the bytes of one Shapefile say."""

    path: Path
    records: int
    geometry_type: str
    bad: dict[int, Text] = field(default_factory=dict)
    """Position from 0: what is wrong with this record."""
    deleted: frozenset[int] = frozenset()
    encoding: Encoding = field(default_factory=text_encoding.fixed)
    has_attributes: bool = True
    z: bool = False
    m: bool = False


def check(path: Path, limits: Limits, *, encoding: str | None = None) -> Shapefile:
    """Check the parts of a Shapefile against each other.

    Parameters
    ----------
    path
        The .shp; the others lie beside it with lower-case extensions.
    limits
        Records and columns are held against it.
    encoding
        What a person says it is; detected when None.

    Raises
    ------
    FileRefusedError
        A part is missing or cut off, or the parts contradict one another.
    """
    shp = path.read_bytes()
    kind, length = _header(shp, ".shp")
    if length > len(shp):
        raise _cut(".shp", length, len(shp))
    index = _index(path)
    limits.check("records", len(index))
    bad = _records(shp, index, kind)
    deleted, found = _attributes(path, len(index), limits, encoding)
    return Shapefile(
        path=path,
        records=len(index),
        geometry_type=_TYPES[kind],
        bad=bad,
        deleted=deleted,
        encoding=found,
        has_attributes=path.with_suffix(".dbf").is_file(),
        z=kind in {11, 13, 15, 18, 31},
        m=kind in {21, 23, 25, 28} or _has_measures(shp, index, kind),
    )


def _header(data: bytes, part: str) -> tuple[int, int]:
    """Return shape type and the length the header claims, in bytes."""
    if len(data) < _HEADER or int.from_bytes(data[:4], "big") != _MAGIC:
        raise _damaged(f"{part} 的文件头损坏", f"the head of {part} is damaged")
    kind = int.from_bytes(data[32:36], "little")
    if kind not in _TYPES:
        raise _damaged(
            f"{part} 的图形类型 {kind} 无效", f"{part} has no such type {kind}"
        )
    return kind, 2 * int.from_bytes(data[24:28], "big")


def _index(path: Path) -> list[tuple[int, int]]:
    """Return offset and content length of each record, from the .shx."""
    shx_path = path.with_suffix(".shx")
    if not shx_path.is_file():
        raise _missing(".shx")
    shx = shx_path.read_bytes()
    _, length = _header(shx, ".shx")
    if length != len(shx) or (length - _HEADER) % 8:
        raise _cut(".shx", length, len(shx))
    words = struct.iter_unpack(">ii", shx[_HEADER:])
    return [(2 * offset, 2 * size) for offset, size in words]


def _records(shp: bytes, index: list[tuple[int, int]], kind: int) -> dict[int, Text]:
    """Walk the records; refuse the file where .shp and .shx disagree."""
    bad: dict[int, Text] = {}
    at = _HEADER
    for position, (offset, size) in enumerate(index):
        if offset < at or offset + 8 + size > len(shp):
            raise _damaged(
                f".shx 中第 {position + 1} 条记录的位置与 .shp 不符",
                f"record {position + 1} is not where .shx says it is",
            )
        if 2 * int.from_bytes(shp[offset + 4 : offset + 8], "big") != size:
            raise _damaged(
                f".shp 第 {position + 1} 条记录的长度与 .shx 不符",
                f"the length of record {position + 1} differs in .shp and .shx",
            )
        wrong = _wrong(shp, offset + 8, size, kind)
        if wrong is not None:
            bad[position] = wrong
        at = offset + 8 + size
    if _goes_on(shp, at, len(index)):
        raise _damaged(
            f".shx 只有 {len(index)} 条记录，.shp 中还有未列出的数据",
            f".shx lists {len(index)} records, .shp holds more",
        )
    return bad


def _goes_on(shp: bytes, at: int, records: int) -> bool:
    """Return whether another record follows the last one that .shx lists."""
    if at + 12 > len(shp):
        return False
    number, words, kind = struct.unpack_from(">iii", shp, at)
    swapped = int.from_bytes(kind.to_bytes(4, "big", signed=True), "little")
    follows = number == records + 1 and swapped in _TYPES
    return follows and at + 8 + 2 * words <= len(shp)


def _wrong(shp: bytes, at: int, size: int, kind: int) -> Text | None:
    """Return what is wrong with one record's content, if anything."""
    if size < 4:
        return Text("记录内容过短", "the record is too short")
    own = int.from_bytes(shp[at : at + 4], "little")
    if own == _NULL:
        return Text("没有几何图形（空记录）", "it has no geometry (null shape)")
    if own != kind:
        return Text(
            f"图形类型 {own} 与文件的 {kind} 不符",
            f"its shape type {own} is not the file's {kind}",
        )
    if kind in _POINT_BYTES:
        needed = _POINT_BYTES[kind]
    elif size < 44:
        return Text("记录内容过短", "the record is too short")
    elif kind in _MULTIPOINT:
        needed = 40 + 16 * int.from_bytes(shp[at + 36 : at + 40], "little", signed=True)
    else:
        return _wrong_parts(shp, at, size)
    if needed > size:
        return Text("点数超出记录长度", "it claims more points than it holds")
    return None


def _wrong_parts(shp: bytes, at: int, size: int) -> Text | None:
    parts, points = struct.unpack_from("<ii", shp, at + 36)
    if parts < 1 or points < 2 or 44 + 4 * parts + 16 * points > size:
        return Text(
            f"部分数 {parts}、点数 {points} 与记录长度不符",
            f"its {parts} parts and {points} points do not fit its length",
        )
    starts = struct.unpack_from(f"<{parts}i", shp, at + 44)
    pairs = zip(starts, (*starts[1:], points), strict=True)
    if starts[0] != 0 or any(begin >= end for begin, end in pairs):
        return Text("各部分的起点顺序错误", "its parts do not follow one another")
    return None


def _has_measures(shp: bytes, index: list[tuple[int, int]], kind: int) -> bool:
    """Return whether a Z file also carries M: content longer than Z needs."""
    if kind not in {13, 15}:
        return False
    for offset, size in index:
        if size >= 44:
            parts, points = struct.unpack_from("<ii", shp, offset + 8 + 36)
            if size >= 44 + 4 * parts + 16 * points + 2 * (16 + 8 * points):
                return _any_measure(shp, offset + 8 + size - 8 * points, points)
    return False


def _any_measure(shp: bytes, at: int, points: int) -> bool:
    values = struct.unpack_from(f"<{points}d", shp, at)
    return any(value > -1e38 and value != 0.0 for value in values)


def _attributes(
    path: Path, records: int, limits: Limits, encoding: str | None
) -> tuple[frozenset[int], Encoding]:
    dbf = path.with_suffix(".dbf")
    if not dbf.is_file():
        return frozenset(), text_encoding.encoding(
            "utf-8", Text("没有 .dbf", "there is no .dbf")
        )
    table = Table.open(dbf)
    limits.check("columns", len(table.fields))
    if table.records != records:
        raise _damaged(
            f".dbf 有 {table.records} 条属性，.shp 有 {records} 个图形",
            f".dbf has {table.records} records, .shp has {records}",
        )
    return table.deleted(), table.encoding(path.with_suffix(".cpg"), encoding)


@dataclass(frozen=True)
class Table:
    """The head and the bytes of a dBASE file."""

    data: bytes
    records: int
    header: int
    length: int
    fields: tuple[tuple[bytes, str, int, int], ...]
    """Name, type, offset in the record, width."""

    @classmethod
    def open(cls, path: Path) -> Table:
        """Read a .dbf and check that it is whole.

        Raises
        ------
        FileRefusedError
            Cut off, or fields that do not fill its record length.
        """
        data = path.read_bytes()
        if len(data) < 33:
            raise _cut(".dbf", 33, len(data))
        records, header, length = struct.unpack_from("<IHH", data, 4)
        fields = tuple(_fields(data, header))
        width = 1 + sum(size for *_, size in fields)
        if not fields or width != length:
            raise _damaged(
                ".dbf 的字段定义与记录长度不符",
                "the fields of .dbf do not fill its records",
            )
        if header + records * length > len(data):
            raise _cut(".dbf", header + records * length, len(data))
        return cls(data, records, header, length, fields)

    def deleted(self) -> frozenset[int]:
        """Return the positions of records marked as deleted."""
        marks = self.data[self.header :: self.length][: self.records]
        return frozenset(at for at, mark in enumerate(marks) if mark == 0x2A)

    def encoding(self, cpg: Path, asked: str | None) -> Encoding:
        """Return how its text is encoded, with evidence."""
        if asked is not None:
            return text_encoding.by_hand(asked)
        return text_encoding.detect(self._samples(), declared=self._claims(cpg))

    def _claims(self, cpg: Path) -> list[text_encoding.Claim]:
        claims = []
        if cpg.is_file():
            said = cpg.read_bytes()[:64].decode("latin-1").strip()
            codec = text_encoding.codec_of(said)
            if codec:
                what = said[:20]
                claims.append((codec, Text(f".cpg 写明 {what}", f".cpg says {what}")))
        driver = self.data[29]
        codec = text_encoding.ldid_codec(driver)
        if codec:
            what = f"0x{driver:02X}"
            where = Text(f".dbf 语言标识 {what}", f".dbf language driver {what}")
            claims.append((codec, where))
        return claims

    def _samples(self, most: int = 4000) -> list[bytes]:
        """Return field names and text values that are not plain ASCII."""
        step = max(self.records // 1000, 1)
        found = {_NUMBER.sub(b"", name) for name, *_ in self.fields}
        for record in range(0, self.records, step):
            at = self.header + record * self.length
            for _, kind, offset, size in self.fields:
                if kind == "C":
                    value = self.data[at + offset : at + offset + size]
                    found.add(value.strip(b" \x00"))
            if len(found) > most:
                break
        return sorted(found)


def _fields(data: bytes, header: int) -> list[tuple[bytes, str, int, int]]:
    found = []
    offset = 1
    for at in range(32, min(header, len(data)) - 31, 32):
        if data[at] == 0x0D:
            break
        name = data[at : at + 11].partition(b"\x00")[0]
        kind, size = chr(data[at + 11]), data[at + 16]
        if kind == "C":  # FoxPro and Clipper put the high byte of long text here
            size += data[at + 17] << 8
        found.append((name, kind, offset, size))
        offset += size
    return found


def _missing(part: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"Shapefile 缺少 {part} 文件。", f"The Shapefile lacks its {part}."),
        _AGAIN,
    )


def _cut(part: str, claimed: int, there: int) -> FileRefusedError:
    return FileRefusedError(
        Text(f"Shapefile 的 {part} 不完整：应为 {claimed} 字节，实际 {there} 字节。",
             f"The Shapefile's {part} is not whole: {claimed} bytes claimed, "
             f"{there} there."),
        _AGAIN,
    )  # fmt: skip


def _damaged(zh: str, en: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"Shapefile 已损坏：{zh}。", f"The Shapefile is damaged: {en}."), _AGAIN
    )
