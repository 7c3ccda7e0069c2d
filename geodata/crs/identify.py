"""Which coordinate system a file's numbers are in, and how sure that is.

The decision list is domain specification D3, as a table of candidates that the
numbers allow; the region and a reference layer then decide between them. What
magnitudes cannot tell (the datum, a local grid) is said, never guessed: without
a declaration, confidence stays below :data:`geodata.files.reading.SURE` unless
the borders of a reference layer coincide with the file's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geodata import regions
from geodata.crs.borders import hit_rate
from geodata.crs.candidates import Candidate, Extent, candidates, describe
from geodata.crs.declared import (
    LEGACY,
    Declared,
    grid_parameters,
    read_declared,
)
from geodata.crs.zones import CGCS2000, STORAGE, WGS84, label, same_zone
from geodata.errors import CRSError, Text
from geodata.files.reading import CRSChoice

Floats: TypeAlias = npt.NDArray[np.float64]

_DECLARED = 1.0
_WITHOUT_CODE = 0.95
_IMPLIED = 0.95
_SWAPPED = 0.8
_SWAPPED_IN_REGION = 0.95
_IN_REGION = 0.85
_BORDERS_MEET = 0.95
_OUT_OF_REGION = 0.2
_REGION_MARGIN_DEG = 0.3
_BORDER_TOLERANCE_M = 10.0
_BORDER_SHARE = 0.25
_OUT_OF_ZONE_M = 1_000_000.0
_SAME_NUMBER_M = 500_000.0
_OUT_OF_AREA_DEG = 6.0
_DATUM_REMARK = (
    "。基准无法由数值判断（同样的数值若属 1980 西安约差 2 m、若属 1954 北京约差 77 m，"
    "另加基准间的平移）"
)


class Place(NamedTuple):
    """Where the data is expected."""

    bounds: tuple[float, float, float, float] | None
    borders: gpd.GeoDataFrame | None


@dataclass(frozen=True)
class _Found:
    """A candidate with what region and reference say of it."""

    candidate: Candidate
    confidence: float
    why: str


def identify(
    bounds_or_xy: npt.ArrayLike,
    *,
    wkt: str | int | CRS | dict[str, Any] | None = None,
    implied: str | None = None,
    region: Any = None,
    reference: gpd.GeoDataFrame | None = None,
) -> tuple[CRSChoice, bool]:
    """Say which coordinate system numbers are in, with evidence.

    Parameters
    ----------
    bounds_or_xy
        ``(west, south, east, north)`` or an array of shape (n, 2): the file's
        own numbers, x first. A sample of the vertices is enough; with vertices
        (not bounds) the borders can be compared with ``reference``.
    wkt
        What the file declares: WKT of any dialect, PROJJSON, ``EPSG:n``, a
        code, or None.
    implied
        Name of the standard that implies WGS 84 where nothing is declared (for
        example ``"GeoJSON (RFC 7946)"``). Numbers that contradict it make a
        question; numbers that contradict a declaration make an error.
    region
        Where the data should lie: see :func:`geodata.regions.resolve`.
    reference
        A layer of the region in a known CRS.

    Returns
    -------
    tuple of CRSChoice and bool
        The choice (``epsg`` None means: ask) and whether x and y are swapped.

    Raises
    ------
    CRSError
        When declaration and numbers contradict each other; names both.
    """
    place = _place(region, reference)
    xy = _points(bounds_or_xy)
    declared = read_declared(wkt)
    if len(xy) == 0:
        return _without_numbers(declared, implied), False
    extent = Extent.of(xy)
    if declared.crs is not None:
        return _declared(declared, extent, place)
    if implied is not None and _fits(CRS.from_epsg(WGS84), extent):
        evidence = f"{implied} 规定为 WGS 84 经纬度，{describe(extent)}与之相符"
        return CRSChoice(WGS84, evidence, _IMPLIED), False
    return _guessed(declared, extent, xy, place, implied)


def _declared(
    declared: Declared, extent: Extent, place: Place
) -> tuple[CRSChoice, bool]:
    """Hold a usable declaration against the numbers."""
    crs = declared.crs
    if crs is None:  # guarded by the caller
        raise TypeError("a usable declaration is needed")
    name = f"EPSG:{declared.epsg}（{crs.name}）" if declared.epsg else f"“{crs.name}”"
    straight = _fits(crs, extent)
    swapped = _fits(crs, extent.swapped)
    if straight and swapped:
        swapped = not _inside(crs, extent, place) and _inside(
            crs, extent.swapped, place
        )
        straight = not swapped
    if not straight and not swapped:
        raise _contradiction(name, extent)
    choice = CRSChoice(
        declared.epsg,
        f"文件声明为 {name}，{describe(extent)}与之相符",
        _DECLARED if declared.epsg else _WITHOUT_CODE,
        wkt=None if declared.epsg else crs.to_wkt(),
    )
    if straight:
        return choice, False
    inside = _inside(crs, extent.swapped, place)
    note = "，对调后落在给定范围内" if inside else ""
    return replace(
        choice,
        evidence=f"文件声明为 {name}，但{describe(extent)}只有对调 X、Y 才相符{note}",
        confidence=_SWAPPED_IN_REGION if inside else _SWAPPED,
    ), True


def _contradiction(name: str, extent: Extent) -> CRSError:
    seen = [item.why for item in candidates(extent) if item.epsg or item.choices]
    like = f"，更像{seen[0]}" if seen else ""
    like_en = f"; they look like {_english(extent)}" if seen else ""
    numbers = extent.text
    return CRSError(
        Text(
            zh=f"坐标系声明与坐标数值矛盾：文件声明为 {name}，"
            f"而坐标为 {numbers}{like}。",
            en=f"The declared CRS contradicts the coordinates: the file declares "
            f"{name}, but the numbers are {numbers}{like_en}.",
        ),
        Text(
            zh="请核对 .prj 与数据，改正后重新提交，或在导入时指定坐标系。",
            en="Check the .prj against the data and submit again, or name the CRS "
            "when importing.",
        ),
        code="crs_contradiction",
    )


def _english(extent: Extent) -> str:
    first = next(item for item in candidates(extent) if item.epsg or item.choices)
    codes = [first.epsg] if first.epsg else list(first.choices)
    swapped = ", x and y swapped" if first.swapped else ""
    if len(codes) > 1:
        return f"Gauss-Krueger without zone number{swapped}"
    return f"EPSG:{codes[0]}{swapped}"


def _guessed(
    declared: Declared,
    extent: Extent,
    xy: Floats,
    place: Place,
    implied: str | None,
) -> tuple[CRSChoice, bool]:
    """No usable declaration: candidates from the numbers, then the region."""
    missing = declared.problem or "文件没有声明坐标系"
    if implied is not None:
        missing = f"{implied} 规定为 WGS 84 经纬度，但数值与之矛盾"
    found = [
        result
        for candidate in candidates(extent, meridian=declared.meridian)
        for result in _judged(candidate, extent, xy, place)
    ]
    found.sort(key=lambda item: -item.confidence)
    options = _alternatives(found)
    if not found or found[0].candidate.epsg is None:
        return _ask(missing, extent, found, options), bool(
            found and found[0].candidate.swapped
        )
    best = found[0]
    return (
        CRSChoice(
            best.candidate.epsg,
            f"{missing}；{describe(extent)}像{best.why}{_DATUM_REMARK}",
            best.confidence if implied is None else min(best.confidence, _SWAPPED),
            tuple(item for item in options if item["epsg"] != best.candidate.epsg),
        ),
        best.candidate.swapped,
    )


def _ask(
    missing: str,
    extent: Extent,
    found: list[_Found],
    options: tuple[dict[str, Any], ...],
) -> CRSChoice:
    if found:
        question = (
            f"{describe(extent)}像{found[0].why}；"
            "请选择中央子午线，或给出所在行政区划代码"
        )
    elif extent.largest <= 1_000_000:
        question = (
            f"{describe(extent)}，像地方独立坐标系，无法推断；"
            "请提供该坐标系的四参数，或先改算为 CGCS2000 再提交"
        )
    else:
        question = f"{describe(extent)}，不像任何常用坐标系；请指定坐标系"
    return CRSChoice(None, f"{missing}；{question}", 0.0, options)


def _judged(
    candidate: Candidate, extent: Extent, xy: Floats, place: Place
) -> list[_Found]:
    """Hold one candidate, or each zone it leaves open, against the place."""
    if candidate.epsg is None and place.bounds is None:
        return [_Found(candidate, 0.0, candidate.why)]
    codes = [candidate.epsg] if candidate.epsg else list(candidate.choices)
    seen = extent.swapped if candidate.swapped else extent
    ordered = xy[:, ::-1] if candidate.swapped else xy
    results = []
    for code in codes:
        one = replace(candidate, epsg=code)
        crs = CRS.from_epsg(code)
        if place.bounds is None:
            results.append(_Found(one, candidate.confidence, candidate.why))
        elif not _inside(crs, seen, place):
            if candidate.epsg is not None:
                why = f"{candidate.why}，但不在给定范围内"
                results.append(_Found(one, _OUT_OF_REGION, why))
        else:
            results.append(_in_place(one, crs, ordered, place))
    if results:
        return results
    why = f"{candidate.why}，但没有一个带落在给定范围内"
    return [_Found(candidate, 0.0, why)]


def _in_place(candidate: Candidate, crs: CRS, xy: Floats, place: Place) -> _Found:
    why = f"{candidate.why}；按 {label(candidate.epsg or 0)} 落在给定范围内"
    centre = _to_lonlat(crs, np.median(xy, axis=0)[None, :])
    grid = grid_parameters(crs) if crs.is_projected else None
    confidence = _IN_REGION
    if grid is not None and centre is not None:
        off = abs(float(centre[0, 0]) - grid["meridian"])
        confidence -= 0.0 if off <= 1.5 else 0.03 * off
    if place.borders is not None:
        lonlat = _to_lonlat(crs, xy)
        rate = hit_rate(lonlat, place.borders, _BORDER_TOLERANCE_M)
        if rate is not None and rate >= _BORDER_SHARE:
            why += f"，{rate:.0%} 的顶点距参考图层界线不足 {_BORDER_TOLERANCE_M:g} m"
            confidence = _BORDERS_MEET
    return _Found(candidate, confidence, why)


def _alternatives(found: list[_Found]) -> tuple[dict[str, Any], ...]:
    """List what else the numbers allow: other candidates, then other datums."""
    entries: list[tuple[int, float, str]] = []
    for item in found:
        if item.candidate.epsg is not None:
            entries.append((item.candidate.epsg, item.confidence, item.why))
        else:
            share = 0.5 / max(len(item.candidate.choices), 1)
            entries += [
                (code, share, item.candidate.why) for code in item.candidate.choices
            ]
    if entries:
        top = entries[0][0]
        if top in {CGCS2000, WGS84}:
            other = WGS84 if top == CGCS2000 else CGCS2000
            entries.append((other, 0.3, "数值相同，相差不足 1 m"))
        for datum in ("xian80", "beijing54"):
            code = same_zone(top, datum)
            if code is not None:
                why = f"若成果属{LEGACY[datum]}（须有转换参数）"
                entries.append((code, 0.1, why))
    unique: dict[int, dict[str, Any]] = {}
    for code, confidence, why in entries:
        unique.setdefault(
            code,
            {
                "epsg": code,
                "name": label(code),
                "confidence": round(confidence, 2),
                "why": why,
            },
        )
    return tuple(unique.values())


def _without_numbers(declared: Declared, implied: str | None) -> CRSChoice:
    """Judge an empty layer: only the declaration speaks."""
    if declared.crs is not None:
        wkt = None if declared.epsg else declared.crs.to_wkt()
        evidence = f"文件声明为“{declared.crs.name}”，没有坐标可核对"
        return CRSChoice(declared.epsg, evidence, _WITHOUT_CODE, wkt=wkt)
    if implied is not None:
        evidence = f"{implied} 规定为 WGS 84 经纬度，没有坐标可核对"
        return CRSChoice(WGS84, evidence, _IMPLIED)
    return CRSChoice(None, declared.problem or "没有坐标，也没有声明坐标系", 0.0)


def _fits(crs: CRS, extent: Extent) -> bool:
    """Whether numbers can be coordinates of this system at all."""
    if crs.is_geographic:
        return (
            -180.0 <= extent.west <= extent.east <= 360.0
            and -90.0 <= extent.south <= extent.north <= 90.0
        )
    if extent.looks_geographic:
        return False
    grid = grid_parameters(crs)
    if grid is not None:
        return (
            max(abs(extent.west - grid["easting"]), abs(extent.east - grid["easting"]))
            < (_SAME_NUMBER_M if grid["easting"] > 1e6 else _OUT_OF_ZONE_M)
            and abs(extent.south - grid["northing"]) < 10_100_000
            and abs(extent.north - grid["northing"]) < 10_100_000
        )
    lonlat = _to_lonlat(crs, extent.corners)
    if lonlat is None:
        return False
    area = crs.area_of_use
    if area is None or area.west > area.east:
        return True
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    slack = _OUT_OF_AREA_DEG
    return bool(
        west >= area.west - slack
        and east <= area.east + slack
        and south >= area.south - slack
        and north <= area.north + slack
    )


def _inside(crs: CRS, extent: Extent, place: Place) -> bool:
    """Whether numbers of this system lie where the data is expected."""
    if place.bounds is None or not _fits(crs, extent):
        return False
    lonlat = _to_lonlat(crs, extent.corners)
    if lonlat is None:
        return False
    bounds = (*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist())
    return not regions.outside(bounds, place.bounds, margin_deg=_REGION_MARGIN_DEG)


def _to_lonlat(crs: CRS, xy: Floats) -> Floats | None:
    """Longitude and latitude on the CRS's own datum; None if impossible."""
    if crs.is_geographic or crs.geodetic_crs is None:
        return xy
    try:
        transformer = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        x, y = transformer.transform(xy[:, 0], xy[:, 1])
    except ProjError:
        return None
    lonlat = np.column_stack([x, y])
    return lonlat if np.isfinite(lonlat).all() else None


def _place(region: Any, reference: gpd.GeoDataFrame | None) -> Place:
    borders = None
    if reference is not None and len(reference) and reference.crs is not None:
        borders = reference if reference.crs.is_geographic else _stored(reference)
    bounds = regions.resolve(region)
    if bounds is None and borders is not None:
        bounds = regions.resolve(borders)
    return Place(bounds, borders)


def _stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    from geodata.crs.transform import transform

    return transform(frame, STORAGE)


def _points(bounds_or_xy: npt.ArrayLike) -> Floats:
    """Finite points of shape (n, 2); bounds become their two corners."""
    values = np.asarray(bounds_or_xy, dtype=float)
    if values.ndim == 1 and values.shape == (4,):
        values = values.reshape(2, 2)
    if values.ndim != 2 or values.shape[1] < 2:
        if values.size == 0:
            return np.empty((0, 2))
        raise ValueError("bounds (4 numbers) or points of shape (n, 2) are needed")
    values = values[:, :2]
    finite: Floats = values[np.isfinite(values).all(axis=1)]
    return finite


__all__ = ["CRSChoice", "identify"]
