"""From the file's own numbers and names to ours, with every guess said.

Outside the worker: by now the data are plain arrays, and what is decided here
(columns, CRS, axes, shift, extent) a person may override.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata import crs, regions
from geodata.crs.declared import read_declared
from geodata.errors import FileRefusedError, InputError, Text
from geodata.files import conversion, fields
from geodata.files.reading import (
    CRSChoice,
    GeometryNotes,
    Guess,
    Reading,
    Records,
    Refusal,
    Shift,
)

if TYPE_CHECKING:
    from geodata.files.raw import Raw

_TABLES = frozenset({"CSV", "XLSX"})
_SAMPLE_ROWS = 200
_SAMPLE_POINTS = 20_000
_POINT_TABLE = Text("经纬度点表", "A table of longitude and latitude")
_BY_HAND = Text("人工指定", "set by hand")


@dataclass(frozen=True)
class _Placed:
    """A frame where its numbers are understood."""

    frame: gpd.GeoDataFrame
    choice: CRSChoice
    swapped: bool
    strays: tuple[Refusal, ...] = ()
    """Records whose numbers cannot be in the CRS that all others are in."""
    source: str | None = None
    """The file's CRS as it was used; None for a local grid."""


def interpret(
    raw: Raw,
    *,
    region: Any = None,
    reference: gpd.GeoDataFrame | None = None,
    overrides: Mapping[str, Any],
    aliases: Mapping[str, str] | None = None,
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Give columns and coordinates their meaning.

    Parameters
    ----------
    raw
        What the worker read.
    region, reference, overrides, aliases
        See :func:`geodata.files.read`.

    Returns
    -------
    tuple of GeoDataFrame and Reading
        The frame in EPSG:4490, or in the file's numbers with no CRS when the CRS
        must be asked.
    """
    _require_known(overrides.get("crs"))
    _require_axis(overrides.get("axis_swapped"))
    mapping = _mapping(raw, overrides, aliases)
    converted = conversion.convert(raw.frame, mapping)
    if converted.frame.empty and converted.refused:
        raise _all_refused(converted)
    placed = _place(converted.frame, raw, region, reference, overrides)
    frame, shift, shift_guess = _shifted(placed, reference, overrides)
    bounds = _bounds(frame)
    if bounds is not None and frame.crs is not None:
        regions.check_extent(bounds, region)
    guesses = (
        *raw.guesses,
        *_encoding_guess(raw, overrides),
        *_place_guesses(placed, raw, overrides),
        *shift_guess,
    )
    refused = tuple(
        sorted(
            (*raw.refused, *converted.refused, *placed.strays),
            key=_by_record,
        )
    )
    return frame, Reading(
        driver=raw.driver,
        layers=raw.layers,
        layer=raw.layer,
        encoding=raw.encoding,
        fields=mapping,
        crs=placed.choice,
        axis_swapped=placed.swapped,
        shift=shift,
        geometry=GeometryNotes(
            z_dropped=raw.z_dropped,
            m_dropped=raw.m_dropped,
            linearised=raw.linearised,
            invalid=_moved_places(raw, placed, frame, overrides),
        ),
        records=Records(raw.read, len(frame), refused),
        bounds=bounds,
        guesses=guesses,
        notes=(*raw.notes, *converted.notes),
    )


def _by_record(refusal: Refusal) -> tuple[float, str]:
    """Sort 2 before 10, and names after all numbers."""
    record = str(refusal.record)
    return (int(record) if record.isdecimal() else math.inf, record)


def _require_axis(asked: Any) -> None:
    """Refuse a word that is neither yes nor no, which would pass for yes."""
    if asked is None or isinstance(asked, bool):
        return
    raise InputError(
        Text(
            f"axis_swapped 只能是 true 或 false，不能是“{asked}”。",
            f"axis_swapped is true or false, not “{asked}”.",
        )
    )


def _require_known(asked: Any) -> None:
    """Refuse a CRS that nobody knows; the file's own must not pass for it."""
    if asked is None or read_declared(asked).crs is not None:
        return
    raise InputError(
        Text(f"没有坐标系“{asked}”。", f"There is no CRS “{asked}”."),
        Text(
            "请给出 EPSG 代码，例如 4490（CGCS2000 经纬度）或 4527（三度带第 39 带）。",
            "Give an EPSG code, as 4490 (CGCS2000 degrees) or 4527 (3-degree zone 39).",
        ),
    )


def _mapping(
    raw: Raw, overrides: Mapping[str, Any], aliases: Mapping[str, str] | None
) -> dict[str, str]:
    """Return ``{theirs: ours}``: by alias, the reader's word, a person's word."""
    attributes = raw.frame.drop(columns=raw.frame.geometry.name)
    sample = attributes.head(_SAMPLE_ROWS)
    found = fields.match(attributes.columns, sample, aliases=aliases)
    said = {
        theirs: ours
        for theirs, ours in (overrides.get("fields") or {}).items()
        if ours not in {"x", "y", "wkt"}
    }
    unknown = sorted(set(said) - set(map(str, attributes.columns)))
    if unknown:
        known = ", ".join(map(str, attributes.columns))
        raise InputError(
            Text(
                f"文件里没有字段 {unknown[0]}。", f"The file has no field {unknown[0]}."
            ),
            Text(f"可用字段：{known}。", f"Its fields: {known}."),
        )
    _require_single(said)
    merged = {**found, **raw.fields}
    free = {
        theirs: ours
        for theirs, ours in merged.items()
        if theirs not in said and ours not in said.values()
    }
    return {**free, **said}


def _require_single(said: Mapping[str, str]) -> None:
    """Refuse two columns for one of our fields: only one can be kept."""
    for ours in said.values():
        named = [theirs for theirs in said if said[theirs] == ours]
        if len(named) > 1:
            both_zh, both = "、".join(named), ", ".join(named)
            raise InputError(
                Text(
                    f"{ours} 只能来自一个字段，却指定了 {both_zh}。",
                    f"{ours} can come from one field only, but {both} were named.",
                )
            )


def _all_refused(converted: conversion.Conversion) -> FileRefusedError:
    first = converted.refused[0]
    return FileRefusedError(
        Text(f"没有一条记录可以采用；第 {first.record} 条：{first.reason['zh']}",
             f"Not one record can be used; record {first.record}: "
             f"{first.reason['en']}"),
    )  # fmt: skip


def _place(
    frame: gpd.GeoDataFrame,
    raw: Raw,
    region: Any,
    reference: gpd.GeoDataFrame | None,
    overrides: Mapping[str, Any],
) -> _Placed:
    """Find the CRS, put x east, and transform to storage where that is known."""
    if frame.geometry.isna().all():
        none = CRSChoice(None, "没有几何图形", 1.0, evidence_en="no geometry")
        return _Placed(frame.set_crs(crs.STORAGE, allow_override=True), none, False)
    choice, swapped = _identified(frame, raw, region, reference, overrides)
    if swapped:
        frame = frame.set_geometry(_swapped(frame))
    declared = choice.wkt or (None if choice.epsg is None else f"EPSG:{choice.epsg}")
    parameters = overrides.get("parameters")
    if declared is None and parameters is None:
        return _Placed(frame, choice, swapped)
    if declared is None:
        choice = _by_parameters(choice, parameters)
    else:
        frame = frame.set_crs(declared, allow_override=True)
    lost = crs.strays(frame)
    stored = crs.transform(frame[~lost], parameters=parameters)
    refused = _stray_records(frame[lost], choice)
    return _Placed(stored, choice, swapped, refused, declared)


def _by_parameters(choice: CRSChoice, parameters: Any) -> CRSChoice:
    """Say that a local grid came in by the parameters of the administrator."""
    target = crs.load_parameters(parameters).target
    return replace(
        choice,
        epsg=int(target.removeprefix("EPSG:")),
        evidence=f"地方坐标系，按管理员提供的参数换算到 {target}",
        evidence_en=f"a local grid, brought to {target} by the given parameters",
        confidence=1.0,
        alternatives=(),
    )


def _stray_records(frame: gpd.GeoDataFrame, choice: CRSChoice) -> tuple[Refusal, ...]:
    """Refuse by name the records that lie where the file's CRS does not reach."""
    name = "文件的坐标系" if choice.epsg is None else f"EPSG:{choice.epsg}"
    name_en = "the file's CRS" if choice.epsg is None else f"EPSG:{choice.epsg}"
    refused = []
    for record, bounds in zip(
        frame.index, frame.geometry.bounds.to_numpy(), strict=True
    ):
        spot = f"x {bounds[0]:.10g}, y {bounds[1]:.10g}"
        reason = {
            "zh": f"坐标（{spot}）不可能属于 {name}",
            "en": f"its coordinates ({spot}) cannot be in {name_en}",
        }
        refused.append(Refusal(record, reason))
    return tuple(refused)


def _identified(
    frame: gpd.GeoDataFrame,
    raw: Raw,
    region: Any,
    reference: gpd.GeoDataFrame | None,
    overrides: Mapping[str, Any],
) -> tuple[CRSChoice, bool]:
    asked = overrides.get("crs")
    axis = overrides.get("axis_swapped", raw.axis_swapped)
    points = _sample(frame)
    if axis is True:
        points = points[:, ::-1]
    choice, swapped = crs.identify(
        points,
        wkt=asked if asked is not None else raw.crs_wkt,
        implied=None if asked is not None else _implied(raw, frame),
        region=region,
        reference=reference,
    )
    if asked is not None and not swapped:
        choice = replace(
            choice, evidence=_BY_HAND.zh, evidence_en=_BY_HAND.en, confidence=1.0
        )
    if axis is None:
        return choice, swapped
    return choice, bool(axis)


def _implied(raw: Raw, frame: gpd.GeoDataFrame) -> str | Text | None:
    """Return what makes plain degrees WGS 84: the format, or a table of points.

    A table has no place to declare a CRS; points in it with longitude and latitude
    come from receivers and map services.
    """
    if raw.implied or raw.driver not in _TABLES:
        return raw.implied or None
    west, south, east, north = frame.total_bounds
    # Plane coordinates, and latitude before longitude, are found from the numbers.
    degrees = min(west, south) >= -180 and east <= 180 and north <= 73
    points = (frame.geometry.geom_type.dropna() == "Point").all()
    return _POINT_TABLE if points and degrees else None


def _sample(frame: gpd.GeoDataFrame) -> Any:
    points = shapely.get_coordinates(frame.geometry.values)
    step = max(len(points) // _SAMPLE_POINTS, 1)
    west, south, east, north = frame.total_bounds
    corners = np.array([[west, south], [east, north]])
    return np.vstack([points[::step], corners])


def _swapped(frame: gpd.GeoDataFrame) -> Any:
    return shapely.transform(frame.geometry.values, lambda xy: xy[:, ::-1])


def _shifted(
    placed: _Placed, reference: gpd.GeoDataFrame | None, overrides: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, Shift | None, tuple[Guess, ...]]:
    """Look for a systematic shift; apply one only when a person says so."""
    frame = placed.frame
    if frame.crs is None:
        return frame, None, ()
    if overrides.get("shift") is not None:
        return crs.apply_shift(frame, overrides["shift"]), None, ()
    if reference is None or "shift" in overrides:
        return frame, None, ()
    shift = crs.estimate_shift(frame, reference)
    if shift is None:
        return frame, None, ()
    value = {"kind": shift.kind, "dx_m": shift.dx_m, "dy_m": shift.dy_m}
    guess = Guess(
        "shift",
        value,
        shift.confidence,
        shift.evidence,
        evidence_en=shift.evidence_en,
    )
    return frame, shift, (guess,)


def _bounds(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float] | None:
    west, south, east, north = (float(value) for value in frame.total_bounds)
    return None if np.isnan(west) else (west, south, east, north)


def _encoding_guess(raw: Raw, overrides: Mapping[str, Any]) -> list[Guess]:
    """Return the guess at the encoding; one declared or proven is none."""
    found = raw.encoding
    if found.confidence >= 0.97 or overrides.get("encoding") is not None:
        return []
    if any(guess.what == "encoding" for guess in raw.guesses):
        return []
    return [
        Guess(
            "encoding",
            found.name,
            found.confidence,
            found.evidence,
            evidence_en=found.evidence_en,
        )
    ]


def _place_guesses(
    placed: _Placed, raw: Raw, overrides: Mapping[str, Any]
) -> list[Guess]:
    found = []
    choice = placed.choice
    asked = overrides.get("crs") is not None
    if choice.confidence < 1.0 and not asked:
        alternatives = tuple(item["epsg"] for item in choice.alternatives)
        found.append(_guess("crs", choice.epsg, choice, alternatives))
    if placed.swapped and overrides.get("axis_swapped", raw.axis_swapped) is None:
        found.append(_guess("axis_swapped", True, choice, (False,)))
    return found


def _guess(
    what: str, value: object, choice: CRSChoice, alternatives: tuple[Any, ...]
) -> Guess:
    return Guess(
        what,
        value,
        choice.confidence,
        choice.evidence,
        alternatives,
        evidence_en=choice.evidence_en,
    )


def _moved_places(
    raw: Raw,
    placed: _Placed,
    frame: gpd.GeoDataFrame,
    overrides: Mapping[str, Any],
) -> tuple[dict[str, Any], ...]:
    """Bring the places of invalid geometry to the coordinates of the frame."""
    listed = [item for item in raw.invalid if item["record"] in frame.index]
    spots = [item for item in listed if item["x"] is not None]
    if not spots or frame.crs is None:
        return tuple(listed)
    x = np.array([item["x"] for item in spots])
    y = np.array([item["y"] for item in spots])
    if placed.swapped:
        x, y = y, x
    sent = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=placed.source)
    there = crs.transform(sent, parameters=overrides.get("parameters")).geometry
    for item, lon, lat in zip(spots, there.x, there.y, strict=True):
        item["x"], item["y"] = float(lon), float(lat)
    return tuple(listed)
