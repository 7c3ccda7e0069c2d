"""What a list of facilities leaves out and the rest of the store tells.

The division by its name, the units above it or the position; the type by the name; a
position by the address. What the list says is never overwritten, and every inference
is said.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.services.columns import DIVISION_PARTS, type_of
from boundaries.services.words import CoordSource, FacilityType, Status
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Infer = Callable[[str, Text, list[str]], None]

_COUNTY = 6
"""Digits of a county's code."""
_SHORTEST, _LONGEST = 3, 20
"""Letters of a place name that is looked for in an address."""


class Units:
    """Divisions found by what a list calls them."""

    def __init__(self, divisions: gpd.GeoDataFrame) -> None:
        self._codes: dict[str, list[str]] = {}
        self._known = {str(code) for code in divisions.index}
        for code, name in zip(divisions.index, divisions["name"], strict=True):
            self._codes.setdefault(_bare(name), []).append(str(code))

    def code(self, said: Any, parts: Sequence[Any] = ()) -> str | None:
        """Return the code of what is said, else of the last of ``parts`` known.

        Parameters
        ----------
        said
            A code however long, or a name that only one unit has.
        parts
            Names of the units around it, from the top; one that several units have
            is the one under the others.
        """
        if codes.is_code(said):
            return codes.parse(said).text
        found = self._named(said, None)
        if said and found is None and not any(map(_said, parts)):
            return None
        for part in parts if found is None else ():
            inner = self._named(part, found)
            found = inner or found
        return found

    def _named(self, name: Any, above: str | None) -> str | None:
        listed = self._codes.get(_bare(name), []) if _said(name) else []
        if above is not None:
            listed = [code for code in listed if codes.is_within(code, above)]
        return listed[0] if len(listed) == 1 else None


class Addresses:
    """Place names found in an address."""

    def __init__(self, names: gpd.GeoDataFrame | None) -> None:
        self._names = names

    @cached_property
    def _places(self) -> dict[str, list[tuple[str, Any]]]:
        found: dict[str, list[tuple[str, Any]]] = {}
        if self._names is None or self._names.empty:
            return found
        shapes = np.asarray(self._names.geometry.array, dtype=object)
        lacking = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        rows = zip(
            self._names["name"], self._names["division"], shapes, lacking, strict=True
        )
        for name, division, shape, gone in rows:
            if not gone and _SHORTEST <= len(str(name)) <= _LONGEST:
                found.setdefault(str(name), []).append((str(division or ""), shape))
        return found

    def point(self, address: Any, division: Any) -> Any:
        """Return where the longest place name of an address lies, None for nowhere.

        One borne by several places counts only where one of them lies in the
        division.
        """
        text = str(address or "")
        for length in range(min(_LONGEST, len(text)), _SHORTEST - 1, -1):
            for start in range(len(text) - length + 1):
                places = self._places.get(text[start : start + length], [])
                if division and len(places) > 1:
                    places = [p for p in places if _near(p[0], str(division))]
                if len(places) == 1:
                    return places[0][1]
        return None


def with_keys(
    frame: gpd.GeoDataFrame,
    base: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    containing: Sequence[str],
) -> list[Any]:
    """Return the code of each record; one for those that have none.

    A record without a code is the one of the base that has its name and county;
    else its code is F, nine digits of its division and a number.
    """
    units, known = Units(divisions), _known_once(base)
    given = _column(frame, "facility")
    taken = {str(key) for key in (*base.index, *(k for k in given if _said(k)))}
    columns = [_column(frame, name) for name in ("name", "division", *DIVISION_PARTS)]
    found: list[Any] = []
    for own, inside, name, division, *parts in zip(
        given, containing, *columns, strict=True
    ):
        if _said(own) or not _said(name):
            found.append(_text(own) if _said(own) else None)
            continue
        place = units.code(division, parts) or inside
        key = known.get((str(name).strip(), place[:6])) or _next(place, taken)
        taken.add(key)
        found.append(key)
    return found


def without_division(
    frame: gpd.GeoDataFrame,
    base: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    containing: Sequence[str],
) -> dict[Any, Text]:
    """Return the records of which nothing tells the division, each with why.

    Neither a code, nor the name of one unit, nor a position in any, nor the register,
    nor the other records.
    """
    if divisions.empty or "name" not in frame:
        return {}
    units = Units(divisions)
    known = set(base["division"].dropna().index)
    columns = [
        _column(frame, n) for n in ("name", "facility", "division", *DIVISION_PARTS)
    ]
    told, lacking = False, {}
    rows = zip(
        frame.index, frame.geometry, containing, _placeless(frame), *columns,
        strict=True,
    )  # fmt: skip
    for record, point, inside, placeless, name, key, said, *parts in rows:
        unknown = _said(said) and units.code(said, parts) is None
        if not unknown and (inside or units.code(said, parts) or key in known):
            told = True
        else:
            lacking[record] = (name, None if placeless else point, inside, said)
    return {
        record: _undivided(name, point, inside, said)
        for record, (name, point, inside, said) in lacking.items()
        if _said(said) or not told
    }


def _undivided(name: Any, point: Any, inside: str, said: Any) -> Text:
    zh, en = [], []
    if _said(said):
        zh.append(f"“{said}”不是区划代码，也不是唯一的单位名称")
        en.append(f"“{said}” is neither a code nor the name of one unit")
    if point is None:
        zh.append("没有坐标")
        en.append("it has no coordinates")
    elif inside:
        zh.append(f"位置在 {inside} 之内")
        en.append(f"its position is in {inside}")
    else:
        zh.append(f"位置（{point.x:.6f}, {point.y:.6f}）不在任何区划之内")
        en.append(f"it lies in no division ({point.x:.6f}, {point.y:.6f})")
    return Text(
        f"“{name}”的所属区划无法确定：{'，'.join(zh)}。"
        "请填写区划代码，或改正坐标和坐标系后重新导入。",
        f"The division of {name} cannot be told: {', and '.join(en)}. Give its code, "
        "or correct the coordinates and their system, and import again.",
    )


def completed(
    frame: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    names: gpd.GeoDataFrame | None,
    base: gpd.GeoDataFrame,
    containing: Callable[[gpd.GeoSeries], list[str]],
    infer: Infer,
) -> gpd.GeoDataFrame:
    """Return staged facilities with what the rest of the store tells of them.

    One that has a position keeps it where the list gives none.
    """
    frame = _kept(frame, base, infer)
    frame = _divided(frame, divisions, infer)
    frame = _addressed(frame, names, infer)
    inside = containing(frame.geometry)
    frame = _filled(frame, "division", inside, _BY_POSITION, infer)
    above = [_above(frame["division"])] * len(frame)
    frame = _filled(frame, "division", above, _BY_OTHERS, infer)
    told = [type_of(str(name or "")) for name in frame["name"]]
    frame = _filled(frame, "type", [t and t.value for t in told], _BY_NAME, infer)
    kinds = [_kind(value) for value in frame["type"]]
    domains = [k and k.domain.value for k in kinds]
    levels = [int(k.level) if k and k.level else None for k in kinds]
    frame = _filled(frame, "domain", domains, _BY_TYPE, infer)
    frame = _filled(frame, "level", levels, _LEVEL_BY_TYPE, infer)
    moved = [_said(value) for value in frame["moved_to"]]
    gone = [Status.MOVED.value if to else None for to in moved]
    frame = _filled(frame, "status", gone, _MOVED, infer)
    running = [Status.OPERATING.value] * len(frame)
    return _filled(frame, "status", running, _RUNNING, infer)


_BY_POSITION = Text("所属区划由位置推定。", "Division told from the position.")
_BY_OTHERS = Text(
    "所属区划不明，按同批设施共同的上级登记，请补填。",
    "Division not known: put under the unit the others all lie in; fill it in.",
)
_BY_UNITS = Text("所属区划由单位名称推定。", "Division told from names of units.")
_BY_NAME = Text("设施类型由名称推定，请核对。", "Type told from the name; check it.")
_BY_TYPE = Text("服务领域由类型推定。", "Service told from the type.")
_LEVEL_BY_TYPE = Text("服务级别由类型推定。", "Level told from the type.")
_MOVED = Text("注明新址者按已迁建。", "Moved elsewhere where a new site is named.")
_RUNNING = Text("未说明者按运营。", "Operating where nothing is said.")
_AS_BEFORE = Text(
    "文件没有坐标，保留原有位置。", "No coordinates in the file; the place is kept."
)
_BY_ADDRESS = Text(
    "位置由地址中的地名推定，请核对。",
    "Position told from a place name in the address; check it.",
)


def _kept(
    frame: gpd.GeoDataFrame, base: gpd.GeoDataFrame, infer: Infer
) -> gpd.GeoDataFrame:
    before = np.asarray(base.geometry.reindex(frame.index).array, dtype=object)
    shapes = np.asarray(frame.geometry.array, dtype=object).copy()
    take = shapely.is_missing(shapes) & ~shapely.is_missing(before)
    if not take.any():
        return frame
    shapes[take] = before[take]
    infer("geometry", _AS_BEFORE, [str(key) for key in frame.index[take]])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=crs.STORAGE))


def _divided(
    frame: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, infer: Infer
) -> gpd.GeoDataFrame:
    """Put codes in the place of names of units; names not known stay as they are."""
    units, told = Units(divisions), []
    found, extras = frame["division"].tolist(), []
    for at, (own, extra) in enumerate(zip(found, frame["extra"], strict=True)):
        parts = [extra.get(part) for part in DIVISION_PARTS]
        code = units.code(own, parts)
        if code is None:
            extras.append(extra)
            continue
        if code != own and not codes.is_code(own):
            told.append(str(frame.index[at]))
        found[at] = code
        extras.append({k: v for k, v in extra.items() if k not in DIVISION_PARTS})
    infer("division", _BY_UNITS, told)
    return frame.assign(division=_objects(found), extra=_objects(extras))


def _addressed(
    frame: gpd.GeoDataFrame, names: gpd.GeoDataFrame | None, infer: Infer
) -> gpd.GeoDataFrame:
    """Give records without coordinates the place of a name in their address."""
    shapes = np.asarray(frame.geometry.array, dtype=object).copy()
    lacking = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    addresses, sources, told = Addresses(names), frame["coord_source"].tolist(), []
    for at in lacking.tolist():
        row = frame.iloc[at]
        shapes[at] = addresses.point(row["address"], row["division"])
        if shapes[at] is not None:
            sources[at] = CoordSource.ADDRESS.value
            told.append(str(frame.index[at]))
    if not told:
        return frame
    infer("geometry", _BY_ADDRESS, told)
    made = frame.assign(coord_source=_objects(sources))
    return made.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=crs.STORAGE))


def _filled(
    frame: gpd.GeoDataFrame, field: str, guesses: Sequence[Any], why: Text, infer: Infer
) -> gpd.GeoDataFrame:
    given = frame[field].tolist()
    told = []
    for at, value in enumerate(given):
        if not _said(value) and guesses[at]:
            given[at] = guesses[at]
            told.append(str(frame.index[at]))
    infer(field, why, told)
    return frame.assign(**{field: _objects(given)})


def _above(said: pd.Series[Any]) -> str | None:
    """Return the lowest unit, a county at least, that holds all divisions said."""
    known = [str(code)[:_COUNTY] for code in said if codes.is_code(code)]
    if not known:
        return None
    shared = [known[0], *codes.ancestors(known[0])]
    holding = (up for up in shared if all(codes.is_within(code, up) for code in known))
    return next(holding, None)


def _placeless(frame: gpd.GeoDataFrame) -> list[bool]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    found: list[bool] = (shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist()
    return found


def _known_once(base: gpd.GeoDataFrame) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], list[str]] = {}
    for key, name, division in zip(
        base.index, base["name"], base["division"], strict=True
    ):
        found.setdefault((str(name), str(division or "")[:6]), []).append(str(key))
    return {pair: keys[0] for pair, keys in found.items() if len(keys) == 1}


def _next(division: str, taken: set[str]) -> str:
    stem = f"F{division[:9].ljust(9, '0')}"
    number = 1
    while f"{stem}{number:04d}" in taken:
        number += 1
    return f"{stem}{number:04d}"


def _near(one: str, other: str) -> bool:
    return codes.is_code(one) and codes.is_code(other) and one[:6] == other[:6]


def _kind(value: Any) -> FacilityType | None:
    return FacilityType(value) if value in set(FacilityType) else None


def _bare(name: Any) -> str:
    return str(name).strip().replace(" ", "") if _said(name) else ""


def _said(value: Any) -> bool:
    return value is not None and not pd.isna(value) and bool(str(value).strip())


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _column(frame: gpd.GeoDataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _objects(values: Sequence[Any]) -> Any:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
