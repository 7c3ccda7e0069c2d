"""What a file is, by its first bytes; the name only breaks ties.

Every kind we read has one word here, every kind we know and do not read has the
advice what to export instead.
"""

from __future__ import annotations

import re
from pathlib import Path

from geodata.errors import FileRefusedError, Text, UnsupportedFormatError

HEAD_BYTES = 64 << 10

_BINARY = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"fgb\x03fgb", "fgb"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shp"),
)

_GPKG_IDS = (b"GPKG", b"GP10", b"GP11")

_EXPORT_GIS = Text(
    "请在原软件中导出为 Shapefile（zip）、GeoPackage 或 GeoJSON 后再提交。",
    "Export it as a zipped Shapefile, GeoPackage or GeoJSON and send that.",
)
_EXPORT_CAD = Text(
    "请在 CAD 中另存为 DXF（文本格式，2000 版以上）后再提交。",
    "Save it in the CAD program as DXF (ASCII, version 2000 or later) and send that.",
)
_EXPORT_ZIP = Text("请改用 zip 压缩。", "Pack the files as zip instead.")
_EXPORT_XLSX = Text(
    "请另存为 .xlsx 或 UTF-8 的 .csv。", "Save it as .xlsx or .csv (UTF-8)."
)
_STREETS = Text(
    "作为路网使用请在“路网”页面上传；作为图层请先导出为 GeoPackage。",
    "As a street network upload it on the page of networks; as a layer export it as a "
    "GeoPackage first.",
)
_NOT_A_MAP = Text(
    "请提交矢量数据文件，不是图片或文档。",
    "Send the vector data, not a picture or a document.",
)

_KNOWN = (
    (re.compile(rb"AC10\d\d"), "DWG", _EXPORT_CAD),
    (re.compile(rb"AutoCAD Binary DXF"), "binary DXF", _EXPORT_CAD),
    (re.compile(rb"\x00\x01\x00\x00Standard (Jet|ACE) DB"), "MDB", _EXPORT_GIS),
    (re.compile(rb"\x08\x05|\x08\x09\xfe|\xc8\x09\xfe"), "DGN", _EXPORT_CAD),
    (re.compile(rb"EXP  [01] "), "E00", _EXPORT_GIS),
    (re.compile(rb"(?i)\s*(HeadBegin|\[?CNSDTF)"), "VCT", _EXPORT_GIS),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "XLS/DOC", _EXPORT_XLSX),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "7z", _EXPORT_ZIP),
    (re.compile(rb"Rar!"), "RAR", _EXPORT_ZIP),
    (re.compile(rb"\x1f\x8b"), "gzip", _EXPORT_ZIP),
    (re.compile(rb"BZh"), "bzip2", _EXPORT_ZIP),
    (re.compile(rb"\xfd7zXZ"), "xz", _EXPORT_ZIP),
    (re.compile(rb"....\x0a.OSMHeader", re.DOTALL), "OSM PBF", _STREETS),
    (re.compile(rb"%PDF|\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*|RIFF|<svg"),
     "PDF/image", _NOT_A_MAP),
)  # fmt: skip

_XML_ROOTS = {
    "kml": "kml",
    "gpx": "gpx",
    "featurecollection": "gml",
    "feature": "gml",
    "dataset": "gml",
}
_DBF_VERSIONS = frozenset(b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\xcb\xf5\xfb")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def sniff(path: Path, name: str | None = None) -> str:
    """Return the kind of ``path``.

    Parameters
    ----------
    path
        A file or a folder.
    name
        What people call it, where ``path`` is a private copy.

    Returns
    -------
    str
        ``zip, gpkg, fgb, parquet, shp, dbf, geojson, geojsonseq, kml, gml, gpx,
        dxf, mif, tab, table`` (text in rows) or ``gdb`` (a folder).

    Raises
    ------
    UnsupportedFormatError
        A format we know and do not read; the hint says what to export.
    FileRefusedError
        Empty, or nothing we know.
    """
    shown = Path(name or path.name)
    if path.is_dir():
        return _folder(path, shown.name)
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise FileRefusedError(
            Text("文件是空的（0 字节）。", "The file is empty (0 bytes)."),
            Text("请重新导出或重新上传。", "Export or send it again."),
        )
    return _binary(head, path) or _text(head, path, shown.name)


def _folder(path: Path, name: str) -> str:
    if any(path.glob("*.gdbtable")):
        return "gdb"
    raise FileRefusedError(
        Text(f"{name} 是文件夹，且不是 FileGDB。",
             f"{name} is a folder and not a file geodatabase."),
        Text("请指定文件，或将其打包为 zip。", "Name a file, or zip the folder."),
    )  # fmt: skip


def _binary(head: bytes, path: Path) -> str | None:
    for magic, kind in _BINARY:
        if head.startswith(magic):
            return "shx" if kind == "shp" and path.suffix.lower() == ".shx" else kind
    if head.startswith(b"SQLite format 3\x00"):
        return _sqlite(head, path)
    for pattern, name, advice in _KNOWN:
        if pattern.match(head):
            raise _unsupported(name, advice)
    return "dbf" if _is_dbf(head, path) else None


def _sqlite(head: bytes, path: Path) -> str:
    if head[68:72] in _GPKG_IDS or path.suffix.lower() == ".gpkg":
        return "gpkg"
    raise _unsupported("SQLite/SpatiaLite", _EXPORT_GIS)


def _is_dbf(head: bytes, path: Path) -> bool:
    if len(head) < 33 or head[0] not in _DBF_VERSIONS:
        return False
    header, record = (int.from_bytes(head[at : at + 2], "little") for at in (8, 10))
    plausible = 1 <= head[2] <= 12 and 1 <= head[3] <= 31 and header > 32 and record > 0
    return plausible or path.suffix.lower() == ".dbf"


def _text(head: bytes, path: Path, name: str) -> str:
    text = decode_head(head)
    if text is None:
        raise _unknown(name)
    start = text.lstrip()
    if start.startswith("\x1e"):
        return "geojsonseq"
    if start.startswith("<"):
        return _xml(start, name)
    if start[:1] in {"{", "["} and path.suffix.lower() not in {".csv", ".txt"}:
        return "json"
    if re.match(r"(999\s*\n.*\n\s*)*0\s*\n\s*SECTION", start):
        return "dxf"
    if re.match(r"(?i)version\s+\d+\s", start):
        return "mif"
    if start.lower().startswith("!table"):
        return "tab"
    for pattern, name, advice in _KNOWN:
        if pattern.match(start.encode("utf-8")[:64]):
            raise _unsupported(name, advice)
    return "table"


def decode_head(head: bytes) -> str | None:
    """Return the first bytes of a text file, or None if they are not text."""
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return head.decode(codec, "replace")
    if b"\x00" in head:
        return None
    return head.decode("utf-8", "replace")


def _xml(start: str, name: str) -> str:
    body = re.sub(r"(?s)<\?.*?\?>|<!--.*?-->", "", start).lstrip()
    if body.startswith("<!"):
        raise FileRefusedError(
            Text("XML 文件含有 DOCTYPE 声明，出于安全不予读取。",
                 "The XML file has a DOCTYPE declaration and is not read for safety."),
            Text("请删除 DOCTYPE 与实体定义后重新导出。",
                 "Export it again without DOCTYPE and entities."),
        )  # fmt: skip
    found = re.match(r"<(?:[\w.-]+:)?([\w.-]+)", body)
    kind = _XML_ROOTS.get(found.group(1).lower()) if found else None
    if kind is None and found and "opengis.net/gml" in body[:4000]:
        kind = "gml"
    if kind is None:
        root = found.group(1)[:40] if found else "XML"
        raise FileRefusedError(
            Text(f"{name} 是 XML（<{root}>），不是 KML、GML 或 GPX。",
                 f"{name} is XML (<{root}>), not KML, GML or GPX."),
            _EXPORT_GIS,
        )  # fmt: skip
    return kind


def _unsupported(name: str, advice: Text) -> UnsupportedFormatError:
    message = Text(f"不支持 {name} 格式。", f"The format {name} is not read.")
    return UnsupportedFormatError(message, advice)


def _unknown(name: str) -> FileRefusedError:
    message = Text(
        f"无法识别 {name} 的格式。",
        f"The format of {name} is not recognised.",
    )
    return FileRefusedError(message, _EXPORT_GIS)
