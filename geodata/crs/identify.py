"""Which coordinate system a file's numbers are in, with the evidence.

The decision list is domain specification D3. A declaration is held against the
numbers: where they contradict each other that is an error which names both,
where only the axes are exchanged that is said. Without a usable declaration
:mod:`geodata.crs.guess` looks at the numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy.typing as npt
from pyproj import CRS

from geodata.crs.candidates import Extent, candidates, describe
from geodata.crs.declared import Declared, read_declared
from geodata.crs.fitting import Place, fits, inside, majority, points_of
from geodata.crs.guess import guess
from geodata.crs.zones import WGS84
from geodata.errors import CRSError, Text
from geodata.files.reading import CRSChoice

_DECLARED = 1.0
_WITHOUT_CODE = 0.95
_IMPLIED = 0.95
_SWAPPED = 0.8
_SWAPPED_IN_REGION = 0.95


def identify(
    bounds_or_xy: npt.ArrayLike,
    *,
    wkt: str | int | CRS | dict[str, Any] | None = None,
    implied: str | Text | None = None,
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
        Name (in one or both languages) of the standard that implies WGS 84 where
        nothing is declared, as ``"GeoJSON (RFC 7946)"``. Numbers that contradict it
        make a question; numbers that contradict a declaration make an error.
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
    standard = Text(implied, implied) if isinstance(implied, str) else implied
    place = Place.of(region, reference)
    xy = points_of(bounds_or_xy)
    declared = read_declared(wkt)
    if len(xy) == 0:
        return _without_numbers(declared, standard), False
    if declared.crs is not None:
        extent = Extent.of(majority(declared.crs, xy))
        return _held(declared.crs, declared.epsg, extent, place)
    degrees = CRS.from_epsg(WGS84)
    if standard is not None and fits(degrees, Extent.of(majority(degrees, xy))):
        return _implied(standard, Extent.of(majority(degrees, xy))), False
    if standard is not None:
        missing = Text(
            f"{standard.zh} 规定为 WGS 84 经纬度，但数值与之矛盾",
            f"{standard.en} means WGS 84 degrees, but the numbers contradict that",
        )
        return guess(xy, place, missing=missing, at_most=_SWAPPED)
    missing = declared.problem or Text("文件没有声明坐标系", "The file declares no CRS")
    return guess(xy, place, missing=missing, meridian=declared.meridian)


def _held(
    crs: CRS, epsg: int | None, extent: Extent, place: Place
) -> tuple[CRSChoice, bool]:
    """Hold a usable declaration against the numbers."""
    straight, swapped = fits(crs, extent), fits(crs, extent.swapped)
    if straight and swapped:
        swapped = not inside(crs, extent, place) and inside(crs, extent.swapped, place)
        straight = not swapped
    if not straight and not swapped:
        raise _contradiction(_name(crs, epsg), extent)
    if straight:
        return _agreed(crs, epsg, extent), False
    return _exchanged(crs, epsg, extent, place), True


def _agreed(crs: CRS, epsg: int | None, extent: Extent) -> CRSChoice:
    name, numbers = _name(crs, epsg), describe(extent)
    return CRSChoice(
        epsg,
        f"文件声明为 {name.zh}，{numbers.zh}与之相符",
        _DECLARED if epsg else _WITHOUT_CODE,
        wkt=None if epsg else crs.to_wkt(),
        evidence_en=f"The file declares {name.en}; {numbers.en} agree",
    )


def _exchanged(crs: CRS, epsg: int | None, extent: Extent, place: Place) -> CRSChoice:
    name, numbers = _name(crs, epsg), describe(extent)
    confirmed = inside(crs, extent.swapped, place)
    note = Text("", "")
    if confirmed:
        note = Text("，对调后落在给定范围内", " and then lie in the given region")
    return replace(
        _agreed(crs, epsg, extent),
        evidence=f"文件声明为 {name.zh}，但{numbers.zh}只有对调 X、Y 才相符{note.zh}",
        confidence=_SWAPPED_IN_REGION if confirmed else _SWAPPED,
        evidence_en=f"The file declares {name.en}, but {numbers.en} agree only with x "
        f"and y exchanged{note.en}",
    )


def _implied(standard: Text, extent: Extent) -> CRSChoice:
    numbers = describe(extent)
    return CRSChoice(
        WGS84,
        f"{standard.zh} 规定为 WGS 84 经纬度，{numbers.zh}与之相符",
        _IMPLIED,
        evidence_en=f"{standard.en} means WGS 84 degrees; {numbers.en} agree",
    )


def _without_numbers(declared: Declared, standard: Text | None) -> CRSChoice:
    """Judge an empty layer: only the declaration speaks."""
    if declared.crs is not None:
        name = _name(declared.crs, declared.epsg)
        return CRSChoice(
            declared.epsg,
            f"文件声明为 {name.zh}，没有坐标可核对",
            _WITHOUT_CODE,
            wkt=None if declared.epsg else declared.crs.to_wkt(),
            evidence_en=f"The file declares {name.en}; there are no coordinates",
        )
    if standard is not None:
        return CRSChoice(
            WGS84,
            f"{standard.zh} 规定为 WGS 84 经纬度，没有坐标可核对",
            _IMPLIED,
            evidence_en=f"{standard.en} means WGS 84; there are no coordinates",
        )
    why = declared.problem or Text(
        "没有坐标，也没有声明坐标系", "There are neither coordinates nor a CRS"
    )
    return CRSChoice(None, why.zh, 0.0, evidence_en=why.en)


def _contradiction(name: Text, extent: Extent) -> CRSError:
    like = next((item.why for item in candidates(extent)), None)
    like_zh = f"，更像{like.zh}" if like else ""
    like_en = f", which look like {like.en}" if like else ""
    return CRSError(
        Text(
            zh=f"坐标系声明与坐标数值矛盾：文件声明为 {name.zh}，"
            f"而坐标为 {extent.text}{like_zh}。",
            en=f"The declared CRS contradicts the coordinates: the file declares "
            f"{name.en}, but the numbers are {extent.text}{like_en}.",
        ),
        Text(
            zh="请核对 .prj 与数据，改正后重新提交，或在导入时指定坐标系。",
            en="Check the .prj against the data and submit again, or name the CRS "
            "when importing.",
        ),
        code="crs_contradiction",
    )


def _name(crs: CRS, epsg: int | None) -> Text:
    if epsg is None:
        return Text(f"“{crs.name}”", f"“{crs.name}”")
    return Text(f"EPSG:{epsg}（{crs.name}）", f"EPSG:{epsg} ({crs.name})")
