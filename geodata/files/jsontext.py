"""Look over a JSON text before any parser does: depth, keys, kind and ``crs``.

The scan is flat (arrays over the bytes, no recursion), so a text nested 100,000
deep costs no more than any other of its size. It also counts the features, to
hold GDAL's count against it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.errors import FileRefusedError, Text, UnsupportedFormatError
from geodata.files import encoding as text_encoding
from geodata.files.limits import Limits
from geodata.files.reading import Encoding

_GEOMETRIES = frozenset(
    {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString",
     "MultiPolygon", "GeometryCollection"}
)  # fmt: skip
_GEOJSON = _GEOMETRIES | {"FeatureCollection", "Feature"}
_CHUNK = 1 << 23
_KEY = re.compile(rb'"((?:[^"\\]|\\.){0,200})"\s*:')
_CRS_NAME = re.compile(
    r"(?i)(?:urn:ogc:def:crs:)?(EPSG|OGC|ESRI)(?::[\d.]*)?:+([A-Za-z0-9.]+)"
)


@dataclass
class Outline:
    """What a JSON text is, without its content."""

    kind: str
    """``GeoJSON`` or ``GeoJSONSeq``."""
    features: int | None
    """Items in ``features``; None where the text has no such array."""
    encoding: Encoding
    crs: str | None
    """``AUTHORITY:CODE`` from an allowed ``crs`` member."""
    notes: list[Text]


def prepare(path: Path, limits: Limits, *, encoding: str | None = None) -> Outline:
    """Check a JSON text and make the private copy at ``path`` safe for GDAL.

    The copy is rewritten as UTF-8 without BOM, its ``crs`` member replaced by
    ``null`` (GDAL would fetch a linked one; we honour a named one ourselves).

    Raises
    ------
    FileRefusedError
        No GeoJSON, cut off, not decodable.
    LimitError
        Nested too deeply, too many different keys.
    """
    data, found = _as_utf8(path.read_bytes(), encoding)
    if _is_sequence(data):
        return _sequence(path, data, found, limits)
    depths = _depths(data, limits)
    members = _members(data, depths)
    kind = _text_of(data, members.get("type"))
    if kind not in _GEOJSON:
        raise _not_geojson(kind, members)
    _check_keys(data, limits)
    notes: list[Text] = []
    crs = _take_crs(data, members.get("crs"), notes)
    path.write_bytes(data)
    features = _count(data, depths, members.get("features"))
    return Outline("GeoJSON", features, found, crs, notes)


def _as_utf8(data: bytes, asked: str | None) -> tuple[bytearray, Encoding]:
    if data[:3] == b"\xef\xbb\xbf":
        data, found = data[3:], text_encoding.by_mark("utf-8")
    elif data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        found = text_encoding.by_mark("utf-16")
    elif asked is not None:
        found = text_encoding.by_hand(asked)
    elif text_encoding.fits([data], "utf-8"):
        found = text_encoding.fixed()
    else:
        found = text_encoding.detect(_strings(data))
    if found.name == "UTF-8":
        return bytearray(data), found
    return bytearray(data.decode(found.name, "replace").encode("utf-8")), found


def _strings(data: bytes) -> list[bytes]:
    """Return some strings with letters beyond ASCII."""
    pattern = rb'"([^"\x00-\x1f\x80-\xff]*[\x80-\xff][^"\x00-\x1f]*)"'
    return list(dict.fromkeys(re.findall(pattern, data)))[:4000]


def _is_sequence(data: bytearray) -> bool:
    if data.lstrip()[:1] == b"\x1e":
        return True
    first, _, rest = bytes(data[: 1 << 20]).strip().partition(b"\n")
    if not rest.lstrip().startswith(b"{") or len(first) > 1 << 19:
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _sequence(path: Path, data: bytearray, found: Encoding, limits: Limits) -> Outline:
    lines = [part for part in re.split(rb"[\x1e\r\n]+", bytes(data)) if part.strip()]
    limits.check("records", len(lines))
    _check_keys(data, limits)
    for line in lines:
        _depths(bytearray(line), limits)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Outline("GeoJSONSeq", len(lines), found, None, [])


def _depths(data: bytearray, limits: Limits) -> npt.NDArray[np.int16]:
    """Return the nesting at each byte (inside strings: that of the string)."""
    text = bytes(data)
    if b"\\" in text:
        text = re.sub(rb"\\.", b"__", text, flags=re.DOTALL)
    array = np.frombuffer(text, dtype=np.uint8)
    depths = np.empty(len(array), dtype=np.int16)
    inside, depth = 0, 0
    for start in range(0, len(array), _CHUNK):
        part = array[start : start + _CHUNK]
        quotes = np.cumsum(part == 0x22, dtype=np.int64) + inside
        code = (quotes & 1) == 0
        opens = ((part == 0x7B) | (part == 0x5B)) & code
        closes = ((part == 0x7D) | (part == 0x5D)) & code
        levels = np.cumsum(opens.astype(np.int32) - closes.astype(np.int32)) + depth
        deepest = int(levels.max(initial=0))
        limits.check("depth", deepest)
        depths[start : start + _CHUNK] = np.clip(levels, -1, 32_000)
        inside, depth = int(quotes[-1]) & 1, int(levels[-1])
    if depth != 0 or inside:
        raise FileRefusedError(
            Text("JSON 文件不完整：括号或引号没有闭合。",
                 "The JSON file is cut off: brackets or quotes are left open."),
            Text("请重新导出或重新上传。", "Export or send it again."),
        )  # fmt: skip
    return depths


def _members(
    data: bytearray, depths: npt.NDArray[np.int16]
) -> dict[str, tuple[int, int]]:
    """Return where each member of the outermost object has its value."""
    outer = np.flatnonzero(depths == 1)
    found: dict[str, tuple[int, int]] = {}
    if len(outer) == 0 or data[outer[0]] != 0x7B:
        return found
    skeleton = bytearray(data[i] for i in outer[: 1 << 16])
    for match in re.finditer(rb'"((?:[^"\\]|\\.)*)"\s*:\s*', bytes(skeleton)):
        start = int(outer[min(match.end() - 1, len(outer) - 1)]) + 1
        name = match.group(1).decode("utf-8", "replace")
        found.setdefault(name, (start, _value_end(data, depths, start)))
    return found


def _value_end(data: bytearray, depths: npt.NDArray[np.int16], start: int) -> int:
    """Return the end of the value that begins at ``start`` on level 1."""
    while start < len(data) and data[start] in b" \t\r\n":
        start += 1
    if bytes(data[start : start + 1]) in {b"{", b"["}:
        ahead = np.flatnonzero(depths[start:] < 2)
        return start + int(ahead[0]) + 1 if len(ahead) else len(data)
    match = re.compile(rb'"(?:[^"\\]|\\.)*"|[^,}\]]*').match(data, start)
    return match.end() if match else start


def _text_of(data: bytearray, span: tuple[int, int] | None) -> str:
    value = _value_of(data, span)
    return value if isinstance(value, str) else ""


def _value_of(data: bytearray, span: tuple[int, int] | None) -> Any:
    if span is None or span[1] - span[0] > 1 << 16:
        return None
    try:
        return json.loads(bytes(data[span[0] : span[1]]))
    except ValueError:
        return None


def _not_geojson(kind: str, members: dict[str, tuple[int, int]]) -> FileRefusedError:
    hint = Text("请导出为 GeoJSON 后再提交。", "Export it as GeoJSON and send that.")
    if kind == "Topology" or "arcs" in members:
        return UnsupportedFormatError(
            Text("不支持 TopoJSON 格式。", "The format TopoJSON is not read."), hint
        )
    if "geometryType" in members or "spatialReference" in members:
        return UnsupportedFormatError(
            Text("不支持 Esri JSON 格式。", "The format Esri JSON is not read."), hint
        )
    return FileRefusedError(
        Text("JSON 文件不是 GeoJSON：最外层的 type 不是要素或几何。",
             "The JSON file is not GeoJSON: its outermost type is no feature or "
             "geometry."),
        hint,
    )  # fmt: skip


def _check_keys(data: bytearray, limits: Limits) -> None:
    """Refuse a text with far more different keys than a layer may have fields."""
    most = 10 * limits.columns
    keys: set[bytes] = set()
    for match in _KEY.finditer(data):
        keys.add(match.group(1))
        if len(keys) > most:
            raise limits.exceeded("columns", f"> {most}")


def _take_crs(
    data: bytearray, span: tuple[int, int] | None, notes: list[Text]
) -> str | None:
    """Blank the ``crs`` member out and return the CRS it names, if allowed."""
    if span is None:
        return None
    value = _value_of(data, span)
    size = span[1] - span[0]
    data[span[0] : span[1]] = b"null".ljust(size) if size >= 4 else b"0".ljust(size)
    if value is None:
        return None
    name = ""
    if isinstance(value, dict) and value.get("type") == "name":
        name = str((value.get("properties") or {}).get("name", ""))
    match = _CRS_NAME.fullmatch(name.strip())
    if match is None:
        notes.append(
            Text("文件中的 crs 声明是链接或无法识别，已忽略（从不联网获取）。",
                 "The file's crs member is a link or unknown and was ignored "
                 "(nothing is ever fetched).")
        )  # fmt: skip
        return None
    authority, code = match.group(1).upper(), match.group(2).upper()
    return "OGC:CRS84" if code == "CRS84" else f"{authority}:{code}"


def _count(
    data: bytearray, depths: npt.NDArray[np.int16], span: tuple[int, int] | None
) -> int | None:
    """Return the items in ``features`` by its commas on level 2."""
    if span is None:
        return None
    start, end = span
    array = np.frombuffer(bytes(data[start:end]), dtype=np.uint8)
    level = depths[start:end]
    inner = array[level == 2]
    blank = np.isin(inner[1:], np.frombuffer(b" \t\r\n", dtype=np.uint8))
    if blank.all() and not (level > 2).any():
        return 0
    quotes = np.cumsum(inner == 0x22)
    return int(((inner == 0x2C) & (quotes % 2 == 0)).sum()) + 1
