"""What a register's record leaves out and the rest of the store tells.

A marker's sides, an inspection's place, the division a name lies in: inferred where
the file says nothing, each inference said. What the file says is never overwritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.lines.numbers import MarkerNumber
from boundaries.services import filling
from boundaries.vocabulary import Level
from geodata import crs
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Infer = Callable[[str, Text, list[str]], None]

NEAR_M = 200.0
"""A marker this near to a division's border stands on it, unless its record says."""
_METRES = 111_320.0


@dataclass(frozen=True)
class Around:
    """The other layers as a change of some date finds them."""

    divisions: gpd.GeoDataFrame
    markers: gpd.GeoDataFrame
    names: gpd.GeoDataFrame | None = None
    """Place names, for a layer whose addresses are looked up."""


def with_keys(
    frame: gpd.GeoDataFrame, layer: str, base: gpd.GeoDataFrame, around: Around
) -> gpd.GeoDataFrame:
    """Return the frame with a key for records whose file gives none.

    An inspection is known by its marker and day; a name by the twenty digits of
    地名代码, or by its name and division when the base knows it once.
    """
    if layer == "inspections" and "subject" in frame:
        return frame.assign(inspection=_inspection_keys(frame))
    if layer == "place_names" and "name" in frame:
        return frame.assign(place=_name_keys(frame, base, around))
    if layer == "facilities" and "name" in frame:
        inside = _containing(frame.geometry, around.divisions)
        keys = filling.with_keys(frame, base, around.divisions, inside)
        return frame.assign(facility=_objects(keys))
    return frame


def numbered(
    frame: gpd.GeoDataFrame,
    layer: str,
    given: pd.Series[Any] | None,
    base: gpd.GeoDataFrame,
) -> tuple[dict[str, Any], ...]:
    """Return that facilities without a code were given one, as an inference is said."""
    if layer != "facilities" or "facility" not in frame:
        return ()
    said = [_blank(v) for v in (given if given is not None else [None] * len(frame))]
    keys = [
        str(key)
        for key, lacking in zip(frame["facility"], said, strict=True)
        if lacking and not _blank(key)
    ]
    told: list[dict[str, Any]] = []
    for why, listed in (
        (_BY_BASE, [key for key in keys if key in base.index]),
        (_BY_US, [key for key in keys if key not in base.index]),
    ):
        shown = {"count": len(listed), "keys": listed[:_NAMED], "why": why._asdict()}
        told += [{"field": "facility", **shown}] if listed else []
    return tuple(told)


_BY_BASE = Text(
    "没有编码，按名称和区县对应库中设施。",
    "No code: taken for the facility of that name and county in the register.",
)
_BY_US = Text(
    "没有编码，由系统编号；若已另有编码，请补填后重新导入。",
    "No code: numbered by us. Where there is one already, add it and import again.",
)
_NAMED = 20
"""How many keys an inference lists by name; the count is always exact."""


def undivided(
    frame: gpd.GeoDataFrame, layer: str, base: gpd.GeoDataFrame, around: Around
) -> dict[Any, Text]:
    """Return the records no division can be told of, each with why."""
    if layer != "facilities":
        return {}
    inside = _containing(frame.geometry, around.divisions)
    return filling.without_division(frame, base, around.divisions, inside)


def completed(
    frame: gpd.GeoDataFrame,
    layer: str,
    around: Around,
    base: gpd.GeoDataFrame,
    infer: Infer,
) -> gpd.GeoDataFrame:
    """Return staged features with what the rest of the store tells of them."""
    if layer == "markers":
        return _markers(frame, around, infer)
    if layer == "inspections":
        return _inspections(frame, around, infer)
    if layer == "place_names":
        return _names(frame, around, infer)
    if layer == "facilities":
        return filling.completed(
            frame,
            around.divisions,
            around.names,
            base,
            lambda shapes: _containing(shapes, around.divisions),
            infer,
        )
    return frame


def sides(numbers: str) -> list[str]:
    """Return the codes that a marker's number names, none where it names none."""
    try:
        parts = MarkerNumber.parse(numbers)
    except InputError:
        return []
    found = [code.ljust(6, "0") if len(code) < 6 else code for code in _two(parts)]
    return [codes.parse(code).text for code in found if codes.is_code(code)]


def _two(parts: MarkerNumber) -> tuple[str, str]:
    return parts.one, parts.other


def _inspection_keys(frame: gpd.GeoDataFrame) -> Any:
    given = _column(frame, "inspection")
    dates, kinds = _column(frame, "date"), _column(frame, "kind")
    found: list[Any] = []
    for own, subject, day, kind in zip(
        given, frame["subject"], dates, kinds, strict=True
    ):
        if not _blank(own) or _blank(subject) or _blank(day):
            found.append(own)
            continue
        ending = "P" if kind == "patrol" else "J"
        found.append(f"{str(subject).strip()}/{day}/{ending}")
    return _objects(found)


def _name_keys(frame: gpd.GeoDataFrame, base: gpd.GeoDataFrame, around: Around) -> Any:
    given, divisions = _column(frame, "place"), _column(frame, "division")
    known = _known_once(base)
    inside = _containing(frame.geometry, around.divisions)
    taken = {str(key) for key in (*base.index, *(k for k in given if not _blank(k)))}
    found: list[Any] = []
    for own, name, said, place, kind in zip(
        given, frame["name"], divisions, inside, _column(frame, "subcategory"),
        strict=True,
    ):  # fmt: skip
        if not _blank(own) or _blank(name):
            found.append(None if _blank(own) else _digits(own))
            continue
        division = place if _blank(said) else str(said)
        key = known.get((str(name).strip(), division))
        if key is None:
            key = next_code(division or "", "" if _blank(kind) else str(kind), taken)
        taken.add(key)
        found.append(key)
    return _objects(found)


def next_code(division: str, category: str, taken: set[str]) -> str:
    """Return a free 地名代码: county 6, township 3, category 5, serial 6 digits."""
    place = division[:9].ljust(9, "0") if division.isdigit() else "0" * 9
    kind = category if re.fullmatch(r"\d{5}", category) else "0" * 5
    stem = place + kind
    used = [int(key[14:]) for key in taken if key.startswith(stem) and len(key) == 20]
    return f"{stem}{max(used, default=0) + 1:06d}"


def _known_once(base: gpd.GeoDataFrame) -> dict[tuple[str, str], str]:
    if base.empty:
        return {}
    pairs = list(zip(base["name"], base["division"].fillna(""), strict=True))
    counts = pd.Series(pairs).value_counts()
    return {
        (str(name), str(division)): str(key)
        for key, (name, division) in zip(base.index, pairs, strict=True)
        if counts[(name, division)] == 1
    }


def _markers(frame: gpd.GeoDataFrame, around: Around, infer: Infer) -> gpd.GeoDataFrame:
    near = _near(frame.geometry, around.divisions)
    levels = _column(frame, "level")
    units: list[Any] = []
    level: list[Any] = []
    told: list[str] = []
    placed: list[str] = []
    for key, own, there, grade in zip(
        frame.index, _column(frame, "units"), near, levels, strict=True
    ):
        found = own if isinstance(own, list) and own else None
        if found is None:
            found = sides(str(key))
            (told if found else placed).append(str(key))
            found = found or there
        units.append(found or None)
        level.append(_level_of(found) if pd.isna(grade) else grade)
    sided = {str(key) for key, own in zip(frame.index, units, strict=True) if own}
    infer("units", Text("两侧单位由编号推定。", "Sides told from the number."), told)
    infer(
        "units",
        Text("两侧单位由位置推定。", "Sides told from where the marker stands."),
        [key for key in placed if key in sided],
    )
    return frame.assign(units=_objects(units), level=_objects(level))


def _level_of(units: list[str] | None) -> int | None:
    known = [code for code in units or [] if codes.is_code(code)]
    return int(codes.infer_level(known[0])) if known else None


def _inspections(
    frame: gpd.GeoDataFrame, around: Around, infer: Infer
) -> gpd.GeoDataFrame:
    """Give an inspection its marker's place and sides."""
    subjects = frame["subject"].astype(object)
    known = subjects.isin(around.markers.index).to_numpy()
    shapes = np.asarray(frame.geometry.array, dtype=object).copy()
    lacking = known & (shapely.is_missing(shapes) | shapely.is_empty(shapes))
    there = around.markers.geometry.reindex(subjects[lacking])
    shapes[lacking] = np.asarray(there.array, dtype=object)
    units = _objects(_column(frame, "units"))
    for at, subject in enumerate(subjects):
        if not units[at]:
            registered = around.markers["units"].loc[subject] if known[at] else None
            units[at] = registered or sides(str(subject)) or None
    infer(
        "geometry",
        Text("位置取自界桩。", "The place is the marker's."),
        [str(key) for key in frame.index[lacking]],
    )
    made = frame.assign(units=units)
    return made.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=crs.STORAGE))


def _names(frame: gpd.GeoDataFrame, around: Around, infer: Infer) -> gpd.GeoDataFrame:
    """Fill division, romanisation, 专名 and 通名, status; never what is given."""
    from boundaries.gazetteer.romanise import romanise
    from boundaries.gazetteer.words import split

    inside = _containing(frame.geometry, around.divisions)
    filled: dict[str, list[Any]] = {}
    rows = zip(
        frame["name"], _column(frame, "category"), inside, frame.index, strict=True
    )
    guesses = []
    for name, category, place, _ in rows:
        kind = None if _blank(category) else str(category)
        specific, generic = split(str(name), kind)
        spelt = romanise(str(name), kind)
        guesses.append(
            {
                "division": place,
                "romanised": spelt.text,
                "specific": specific,
                "generic": generic or None,
                "status": "in_use",
            }
        )
    columns: dict[str, Any] = {}
    for field, why in _NAME_REASONS.items():
        given = list(_column(frame, field))
        empty = [at for at, value in enumerate(given) if _blank(value)]
        for at in empty:
            given[at] = guesses[at][field]
        filled[field] = [str(frame.index[at]) for at in empty if given[at]]
        columns[field] = _objects(given)
        infer(field, why, filled[field])
    return frame.assign(**columns)


_NAME_REASONS = {
    "division": Text("所属区划由位置推定。", "Division told from the location."),
    "romanised": Text(
        "罗马字母拼写自动生成，请确认。",
        "Spelling in letters is a suggestion; confirm it.",
    ),
    "specific": Text("专名由名称推定。", "Specific term told from the name."),
    "generic": Text("通名由名称推定。", "Generic term told from the name."),
    "status": Text("未说明者按现用。", "In use where nothing is said."),
}


def _containing(shapes: gpd.GeoSeries, divisions: gpd.GeoDataFrame) -> list[str]:
    """Return the code of the lowest division each point lies in, ``""`` for none."""
    found = [""] * len(shapes)
    points, usable = _points(shapes)
    if divisions.empty or not usable.any():
        return found
    polygons = np.asarray(divisions.geometry.array, dtype=object)
    tree = shapely.STRtree(polygons)
    at, unit = tree.query(points[usable], predicate="intersects")
    where = np.flatnonzero(usable)[at]
    for place, code in zip(where, divisions.index[unit], strict=True):
        if len(str(code)) > len(found[place]):
            found[place] = str(code)
    return found


def _near(shapes: gpd.GeoSeries, divisions: gpd.GeoDataFrame) -> list[list[str]]:
    """Return the counties each point stands at, the nearest first, at most three."""
    found: list[list[str]] = [[] for _ in range(len(shapes))]
    points, usable = _points(shapes)
    if divisions.empty or not usable.any():
        return found
    counties = divisions[divisions["level"] == int(Level.COUNTY)]
    if counties.empty:
        return found
    polygons = np.asarray(counties.geometry.array, dtype=object)
    reach = NEAR_M / _METRES * 1.5  # degrees of longitude are shorter
    at, unit = shapely.STRtree(polygons).query(
        points[usable], predicate="dwithin", distance=reach
    )
    gaps = shapely.distance(points[usable][at], polygons[unit])
    where = np.flatnonzero(usable)[at]
    for place, _, code in sorted(
        zip(where, gaps, counties.index[unit], strict=True), key=lambda row: row[1:]
    ):
        if len(found[place]) < 3:
            found[place].append(str(code))
    return [sorted(codes_) for codes_ in found]


def _points(shapes: gpd.GeoSeries) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    points = np.asarray(shapes.array, dtype=object)
    return points, ~(shapely.is_missing(points) | shapely.is_empty(points))


def _column(frame: gpd.GeoDataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _digits(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _objects(values: Any) -> Any:
    found = list(values)
    made = np.empty(len(found), dtype=object)
    made[:] = found
    return made


def _blank(value: Any) -> bool:
    if isinstance(value, list | dict):
        return not value
    return value is None or bool(pd.isna(value)) or not str(value).strip()
