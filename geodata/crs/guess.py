"""Guess a coordinate system that no file declares, and say how far to trust it.

The magnitudes allow candidates; the region and a reference layer decide between
them. What magnitudes cannot tell (the datum, a local grid, the zone of plain
eastings) is said, never guessed: confidence stays below
:data:`geodata.files.reading.SURE` unless the borders of a reference layer
coincide with the file's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geodata.crs.borders import hit_rate
from geodata.crs.candidates import (
    Candidate,
    Extent,
    candidates,
    describe,
    without_outliers,
)
from geodata.crs.declared import LEGACY, grid_parameters
from geodata.crs.fitting import Place, inside, to_lonlat
from geodata.crs.zones import (
    CGCS2000,
    DATUMS,
    MERIDIANS6,
    WGS84,
    gk_zone,
    label,
    same_zone,
    utm_north,
)
from geodata.errors import Text
from geodata.files.reading import CRSChoice

Floats: TypeAlias = npt.NDArray[np.float64]

_IN_REGION = 0.85
_BORDERS_MEET = 0.95
_OUT_OF_REGION = 0.2
_PER_DEGREE_OFF = 0.03
_BORDER_TOLERANCE_M = 10.0
_BORDER_SHARE = 0.25
_LARGEST_LOCAL = 1_000_000.0
_DATUM_REMARK = Text(
    "。基准无法由数值判断（同样的数值若属 1980 西安约差 2 m、若属 1954 北京约差 77 m，"
    "另加基准间的平移）",
    ". The datum cannot be told from numbers (the same numbers on Xian 1980 lie about "
    "2 m off, on Beijing 1954 about 77 m, plus the shift between the datums)",
)


@dataclass(frozen=True)
class _Found:
    """A candidate with what region and reference say of it."""

    candidate: Candidate
    confidence: float
    why: Text


def guess(
    xy: Floats,
    place: Place,
    *,
    missing: Text,
    meridian: int | None = None,
    at_most: float = 1.0,
) -> tuple[CRSChoice, bool]:
    """Return the likeliest system of numbers and whether x and y are swapped.

    Parameters
    ----------
    xy
        The file's own numbers, shape (n, 2), finite.
    place
        Where the data is expected.
    missing
        Why there is no declaration to go by; begins the evidence.
    meridian
        Central meridian (degrees) that an unusable declaration names.
    at_most
        Upper limit of the confidence.
    """
    xy = without_outliers(xy)
    extent = Extent.of(xy)
    found = [
        result
        for candidate in candidates(extent, meridian=meridian)
        for result in _judged(candidate, extent, xy, place)
    ]
    found.sort(key=lambda item: -item.confidence)
    options = _alternatives(found)
    if not found or found[0].candidate.epsg is None:
        swapped = bool(found) and found[0].candidate.swapped
        return _ask(missing, extent, found, options), swapped
    best = found[0]
    code = best.candidate.epsg
    numbers = describe(extent)
    remark = _DATUM_REMARK if same_zone(code or 0, "xian80") else Text("", "")
    evidence = Text(
        f"{missing.zh}；{numbers.zh}像{best.why.zh}{remark.zh}",
        f"{missing.en}; {numbers.en} look like {best.why.en}{remark.en}",
    )
    others = tuple(item for item in options if item["epsg"] != code)
    confidence = min(best.confidence, at_most)
    return CRSChoice(
        code, evidence.zh, confidence, others, evidence_en=evidence.en
    ), best.candidate.swapped


def _judged(
    candidate: Candidate, extent: Extent, xy: Floats, place: Place
) -> list[_Found]:
    """Hold one candidate, or each zone it leaves open, against the place."""
    if place.bounds is None:
        confidence = candidate.confidence if candidate.epsg else 0.0
        return [_Found(candidate, confidence, candidate.why)]
    seen = extent.swapped if candidate.swapped else extent
    ordered = xy[:, ::-1] if candidate.swapped else xy
    codes = (candidate.epsg,) if candidate.epsg else candidate.choices
    results = []
    for code in codes:
        crs = CRS.from_epsg(code)
        if inside(crs, seen, place):
            one = replace(candidate, epsg=code)
            results.append(_in_place(one, crs, ordered, place))
    return results or [_out_of_place(candidate)]


def _in_place(candidate: Candidate, crs: CRS, xy: Floats, place: Place) -> _Found:
    off = _degrees_off(crs, xy)
    candidate = _in_wide_zone(candidate) if off else candidate
    code = candidate.epsg or 0
    zh = f"{candidate.why.zh}；按 {label(code)} 落在给定范围内"
    en = f"{candidate.why.en}; as {label(code, 'en')} they lie in the given region"
    confidence = _IN_REGION - _PER_DEGREE_OFF * off
    rate = None
    if place.borders is not None:
        rate = hit_rate(to_lonlat(crs, xy), place.borders, _BORDER_TOLERANCE_M)
    if rate is not None and rate >= _BORDER_SHARE:
        limit = f"{_BORDER_TOLERANCE_M:g} m"
        zh += f"，{rate:.0%} 的顶点距参考图层界线不足 {limit}"
        en += f", {rate:.0%} of the vertices within {limit} of the reference's borders"
        confidence = _BORDERS_MEET
    return _Found(candidate, confidence, Text(zh, en))


def _in_wide_zone(candidate: Candidate) -> Candidate:
    """Name the 6-degree zone of the same grid where a 3-degree one is left."""
    zone = gk_zone(candidate.epsg or 0)
    if zone is None or zone.prefixed or zone.meridian not in MERIDIANS6:
        return candidate
    return replace(candidate, epsg=zone._replace(width=6).epsg)


def _out_of_place(candidate: Candidate) -> _Found:
    if candidate.epsg is None:
        why = Text("，但没有一个带落在给定范围内", ", but no zone lies in the region")
    else:
        why = Text("，但不在给定范围内", ", but not in the given region")
    text = Text(candidate.why.zh + why.zh, candidate.why.en + why.en)
    return _Found(candidate, _OUT_OF_REGION if candidate.epsg else 0.0, text)


def _degrees_off(crs: CRS, xy: Floats) -> float:
    """Degrees from the central meridian beyond half a 3-degree zone."""
    grid = grid_parameters(crs) if crs.is_projected else None
    centre = to_lonlat(crs, np.median(xy, axis=0)[None, :])
    if grid is None or centre is None:
        return 0.0
    off = abs(float(centre[0, 0]) - grid["meridian"])
    return 0.0 if off <= 1.5 else off


def _ask(
    missing: Text,
    extent: Extent,
    found: list[_Found],
    options: tuple[dict[str, Any], ...],
) -> CRSChoice:
    numbers = describe(extent)
    if found:
        why = found[0].why
        question = Text(
            f"像{why.zh}；请选择中央子午线，或给出所在行政区划代码",
            f" look like {why.en}; choose the central meridian or name the division",
        )
    elif extent.largest <= _LARGEST_LOCAL:
        question = Text(
            "，像地方独立坐标系，无法推断；"
            "请提供该坐标系的四参数，或先改算为 CGCS2000 再提交",
            " look like a local grid, which cannot be inferred; supply its four "
            "parameters or convert the data to CGCS2000 first",
        )
    else:
        question = Text(
            "，不像任何常用坐标系；请指定坐标系",
            " look like no usual system; name the CRS",
        )
    return CRSChoice(
        None,
        f"{missing.zh}；{numbers.zh}{question.zh}",
        0.0,
        options,
        evidence_en=f"{missing.en}; {numbers.en}{question.en}",
    )


def _alternatives(found: list[_Found]) -> tuple[dict[str, Any], ...]:
    """List what else the numbers allow: other candidates, then other datums."""
    entries: list[tuple[int, float, Text]] = []
    for item in found:
        if item.candidate.epsg is not None:
            entries.append((item.candidate.epsg, item.confidence, item.why))
        else:
            share = 0.5 / max(len(item.candidate.choices), 1)
            entries += [(code, share, item.why) for code in item.candidate.choices]
    if entries:
        entries += _other_datums(entries[0][0])
    unique: dict[int, dict[str, Any]] = {}
    for code, confidence, why in entries:
        unique.setdefault(
            code,
            {
                "epsg": code,
                "name": label(code),
                "name_en": label(code, "en"),
                "confidence": round(confidence, 2),
                "why": why.zh,
                "why_en": why.en,
            },
        )
    return tuple(unique.values())


def _other_datums(code: int) -> list[tuple[int, float, Text]]:
    entries = []
    if code in {CGCS2000, WGS84}:
        other = WGS84 if code == CGCS2000 else CGCS2000
        same = Text("数值相同，相差不足 1 m", "the same numbers, less than 1 m apart")
        entries.append((other, 0.3, same))
    for datum in ("xian80", "beijing54"):
        grid = same_zone(code, datum)
        if grid is not None:
            why = Text(
                f"若成果属{LEGACY[datum]}（须有转换参数）",
                f"if the data is on {DATUMS[datum].name} (parameters are needed)",
            )
            entries.append((grid, 0.1, why))
    zone = gk_zone(code)
    if zone is not None and not zone.prefixed and zone.meridian in MERIDIANS6:
        why = Text(
            "若为 UTM 坐标（北向约差千分之零点四）",
            "if the coordinates are UTM (northings differ by 0.4 in a thousand)",
        )
        entries.append((utm_north(zone.meridian), 0.1, why))
    return entries
