"""What a file says of its own coordinate system, and whether that is usable.

Vendors write the same system in many ways: ESRI names, GDAL's WKT1, PROJJSON,
with a height system glued on, or "Unknown_Datum". Here all become one
horizontal two-dimensional CRS with its EPSG code, or a sentence why not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

from geodata.crs.zones import CGCS2000, DATUMS, WGS84, Zone
from geodata.errors import Text

_NAMELESS = re.compile(
    r"unknown|custom|undefined|user[_ ]?defined|unnamed|not[_ ]specified|自定义|未知",
    re.IGNORECASE,
)
_FAMILIES = (
    ("wgs84", re.compile(r"wgs[_ ]?(19)?84|world geodetic system 1984", re.I)),
    ("cgcs2000", re.compile(r"cgcs[_ ]?2000|china[_ ]2000|国家2000|2000国家", re.I)),
    ("xian80", re.compile(r"xi'?an[_ ]?(19)?80|西安.?80|1980西安", re.I)),
    ("newbeijing", re.compile(r"new[_ ]beijing|新北京", re.I)),
    ("beijing54", re.compile(r"beijing[_ ]?(19)?54|北京.?54|1954.?北京", re.I)),
)
_LONGEST_TEXT = 100_000
_OPENS_FILES = re.compile(r"init=|grids=(?!@null)|PROJ4_GRIDS|^\s*[./~]", re.I)
LEGACY = {
    "xian80": "1980 西安坐标系",
    "beijing54": "1954 北京坐标系",
    "newbeijing": "新 1954 北京坐标系",
}
"""Datums of China to which PROJ has no real transformation."""


_FOREIGN = Text(
    "坐标系说明引用了外部文件，不予采用",
    "The declared CRS refers to another file and is not used",
)
_UNREADABLE = Text(
    "坐标系说明（.prj）无法解析", "The declared CRS (.prj) cannot be read"
)


@dataclass(frozen=True)
class Declared:
    """A file's own statement, understood."""

    crs: CRS | None
    """Horizontal, two-dimensional; None when absent or unusable."""
    epsg: int | None = None
    problem: Text | None = None
    """Why a statement that is there cannot be used."""
    meridian: int | None = None
    """Central meridian of an unusable transverse Mercator statement."""


def read_declared(declared: str | int | CRS | dict[str, Any] | None) -> Declared:
    """Understand a declared CRS: WKT, PROJJSON, ``EPSG:n`` or a code."""
    if declared is None or declared == "":
        return Declared(None)
    if isinstance(declared, str) and not _harmless(declared):
        return Declared(None, problem=_FOREIGN)
    try:
        crs = horizontal(CRS.from_user_input(declared))
    except (ProjCRSError, TypeError, ValueError):
        return Declared(None, problem=_UNREADABLE)
    epsg = epsg_of(crs)
    if epsg is not None:
        return Declared(CRS.from_epsg(epsg), epsg)
    if not (crs.is_geographic or crs.is_projected):
        return Declared(None, problem=_local(crs))
    if datum_family(crs) is None and _is_nameless(crs):
        return Declared(
            None,
            problem=_nameless(crs),
            meridian=_central_meridian(crs),
        )
    return Declared(crs)


def _local(crs: CRS) -> Text:
    return Text(
        f"坐标系说明是地方坐标“{crs.name}”，没有基准",
        f"The declared CRS “{crs.name}” is a local one without datum",
    )


def _nameless(crs: CRS) -> Text:
    return Text(
        f"坐标系说明“{crs.name}”的基准未知",
        f"The declared CRS “{crs.name}” has no known datum",
    )


def _harmless(text: str) -> bool:
    """Whether PROJ can read the text without opening a file that it names."""
    return len(text) < _LONGEST_TEXT and not _OPENS_FILES.search(text)


def horizontal(crs: CRS) -> CRS:
    """Reduce a compound, bound or three-dimensional CRS to its horizontal part."""
    if crs.is_compound:
        return horizontal(crs.sub_crs_list[0])
    if crs.is_bound and crs.source_crs is not None:
        return horizontal(crs.source_crs)
    if len(crs.axis_info) == 3 and crs.is_geographic:
        flat = crs.to_2d()
        family = datum_family(flat)
        known = {"wgs84": WGS84, "cgcs2000": CGCS2000}.get(family or "")
        return CRS.from_epsg(known) if known else flat
    if len(crs.axis_info) == 3:
        return crs.to_2d()
    return crs


def epsg_of(crs: CRS) -> int | None:
    """Return the EPSG code of a CRS, Gauss-Krueger grids by their numbers.

    A vendor's spelling of CGCS2000, Xian 1980 or Beijing 1954 counts as that
    datum; 6-degree codes are used only where the name or prefix says so.
    """
    zone = _zone_of(crs)
    if zone is not None:
        return zone.epsg
    code = crs.to_epsg()
    if code is not None:
        return int(code)
    family = datum_family(crs)
    if crs.is_geographic and family == "wgs84":
        return WGS84
    if crs.is_geographic and family in DATUMS:
        return DATUMS[family].geographic
    return None


def datum_family(crs: CRS) -> str | None:
    """Return the datum as a word: wgs84, cgcs2000, xian80, beijing54, newbeijing."""
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return None
    names = [geodetic.name]
    if geodetic.datum is not None:
        names.insert(0, geodetic.datum.name)
    for name in names:
        for family, pattern in _FAMILIES:
            if pattern.search(name):
                return family
    return None


def grid_parameters(crs: CRS) -> dict[str, float] | None:
    """Return a transverse Mercator grid's parameters, or None.

    Keys ``meridian`` (degrees), ``easting`` and ``northing`` (false, metres),
    ``scale``, ``latitude`` (degrees).
    """
    operation = crs.coordinate_operation
    if operation is None or operation.method_name not in _TRANSVERSE:
        return None
    values = {parameter.name: parameter.value for parameter in operation.params}
    return {
        "meridian": float(values.get("Longitude of natural origin", 0.0)),
        "easting": float(values.get("False easting", 0.0)),
        "northing": float(values.get("False northing", 0.0)),
        "scale": float(values.get("Scale factor at natural origin", 1.0)),
        "latitude": float(values.get("Latitude of natural origin", 0.0)),
    }


_TRANSVERSE = {"Transverse Mercator", "Gauss-Kruger", "Transverse Mercator (Krueger)"}


def _zone_of(crs: CRS) -> Zone | None:
    """Return the Chinese zone that a transverse Mercator grid's numbers mean."""
    family = datum_family(crs)
    grid = grid_parameters(crs) if crs.is_projected else None
    if grid is None or family not in DATUMS:
        return None
    if (grid["scale"], grid["latitude"], grid["northing"]) != (1.0, 0.0, 0.0):
        return None
    meridian, easting = grid["meridian"], grid["easting"]
    if meridian % 3 or not 75 <= meridian <= 135:
        return None
    six = _says_six_degrees(crs.name) and (meridian - 75) % 6 == 0
    for width in (6, 3) if six else (3, 6):
        for prefixed in (False, True):
            if width == 6 and (meridian - 75) % 6:
                continue
            zone = Zone(family, width, int(meridian), prefixed)
            if zone.false_easting == easting:
                return zone
    return None


def _says_six_degrees(name: str) -> bool:
    if re.search(r"6[-_ ]?(degree|deg|°|度)", name, re.IGNORECASE):
        return True
    three = re.search(r"3[-_ ]?(degree|deg|°|度)", name, re.IGNORECASE)
    return three is None and bool(re.search(r"gauss|_GK_", name, re.IGNORECASE))


def _is_nameless(crs: CRS) -> bool:
    geodetic = crs.geodetic_crs
    datum = geodetic.datum.name if geodetic and geodetic.datum else ""
    return bool(_NAMELESS.search(datum)) or not datum


def _central_meridian(crs: CRS) -> int | None:
    grid = grid_parameters(crs)
    if grid is None or grid["meridian"] % 3:
        return None
    return int(grid["meridian"])
