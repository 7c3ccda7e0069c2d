"""The register of facilities as a page or a program asks for it: list, map, record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries import codes
from boundaries.lines.register import records_of
from boundaries.rules.records import items, text
from boundaries.services.words import FacilityType, Function, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

SORTS = (
    *("facility", "name", "type", "division", "status", "ownership"),
    *("beds_total", "area_m2", "rating", "opened_on"),
)
STANDINGS = (*(status.value for status in Status), "placeless")
"""What a list may be narrowed to: a status, or without a position."""
SUMS = ("beds_total", "beds_nursing", "beds_occupied", "day_places", "home_beds")
"""Added up one by one, each with how many records lack it."""
_SEARCHED = ("facility", "name", "address", "phone", "contact", "remark")
_KINDS = {kind.value: at for at, kind in enumerate(FacilityType)}
"""The order of a list that is not sorted otherwise."""
_POINTED = ("name", "type", "status", "beds_total")


@dataclass(frozen=True)
class Wish:
    """What a list of facilities is to show."""

    words: str = ""
    type: str = ""
    standing: str = ""
    ownership: str = ""
    domain: str = ""
    under: str = ""
    beds: int = 0
    sort: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Wish:
        """Return the wish of an address; what is unknown is left out."""
        sort, beds = str(asked.get("sort") or ""), str(asked.get("beds") or "")
        return cls(
            words=str(asked.get("q") or "").strip()[:100],
            type=str(asked.get("type") or ""),
            standing=str(asked.get("standing") or ""),
            ownership=str(asked.get("ownership") or ""),
            domain=str(asked.get("domain") or ""),
            under=str(asked.get("under") or ""),
            beds=int(beds) if beds.isascii() and beds.isdigit() else 0,
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )


def page(frame: gpd.GeoDataFrame, wish: Wish, start: int, size: int) -> dict[str, Any]:
    """Return one page of the list: ``{"rows", "total", "counts", "sums"}``.

    ``counts`` are of the whole register by standing, ``sums`` of what is listed:
    each ``{"sum", "lacking"}``, never one kind of bed added to another.
    """
    found = frame[fitting(frame, wish)]
    by = wish.sort.removeprefix("-")
    keys = _sortable(found[by]) if by else [_KINDS.get(k, 99) for k in found["type"]]
    order = np.argsort(keys, kind="stable")
    order = order[::-1] if wish.sort.startswith("-") else order
    shown = found.iloc[order[start : start + size]]
    return {
        "rows": list(records_of(shown)),
        "total": len(found),
        "counts": counts(frame),
        "sums": sums(found),
    }


def counts(frame: gpd.GeoDataFrame) -> dict[str, int]:
    """Return how many facilities there are of each standing, and of all."""
    status = frame["status"].value_counts()
    return {
        "all": len(frame),
        **{each.value: int(status.get(each.value, 0)) for each in Status},
        "placeless": int(_lacking(frame).sum()),
    }


def sums(frame: gpd.GeoDataFrame) -> dict[str, dict[str, int]]:
    """Return the sum of each kind of bed, and how many of the records lack it."""
    numbers = {name: frame[name].dropna() for name in SUMS}
    return {
        name: {"sum": int(sum(known)), "lacking": len(frame) - len(known)}
        for name, known in numbers.items()
    }


def points(frame: gpd.GeoDataFrame, wish: Wish) -> list[dict[str, Any]]:
    """Return the facilities the list shows that have a place, as GeoJSON features."""
    found = frame[fitting(frame, wish) & ~_lacking(frame)]
    columns = [_values(found[name]) for name in _POINTED]
    xy = shapely.get_coordinates(found.geometry.to_numpy()).tolist()
    return [
        {
            "type": "Feature",
            "id": str(key),
            "geometry": {"type": "Point", "coordinates": at},
            "properties": {"unsound": False, **dict(zip(_POINTED, row, strict=True))},
        }
        for key, at, *row in zip(found.index, xy, *columns, strict=True)
    ]


def sites(frame: gpd.GeoDataFrame, key: str) -> dict[str, list[dict[str, Any]]]:
    """Return the sites a facility moved from and to, whichever record says so."""
    row = frame.loc[key]
    to = {text(row["moved_to"]), *_saying(frame, "moved_from", key)}
    since = {text(row["moved_from"]), *_saying(frame, "moved_to", key)}
    return {
        name: [_brief(frame, code) for code in sorted(found - {"", key})]
        for name, found in (("to", to), ("from", since))
    }


def functions_of(value: Any) -> list[tuple[Function, bool]]:
    """Return the eight functions, each with whether a facility has it."""
    has = set(items(value))
    return [(each, each.value in has) for each in Function]


def fitting(frame: gpd.GeoDataFrame, wish: Wish) -> NDArray[np.bool_]:
    """Return which facilities a wish asks for."""
    keep = np.ones(len(frame), dtype=bool)
    for name in ("type", "ownership", "domain"):
        if wanted := getattr(wish, name):
            keep &= (frame[name] == wanted).to_numpy(dtype=bool)
    if wish.standing == "placeless":
        keep &= _lacking(frame)
    elif wish.standing:
        keep &= (frame["status"] == wish.standing).to_numpy(dtype=bool)
    if wish.under:
        divisions = [text(code) for code in frame["division"]]
        held = {code: codes.is_within(code, wish.under) for code in {*divisions}}
        keep &= np.array([held[code] for code in divisions], dtype=bool)
    if wish.beds:
        beds = [value or 0 for value in _values(frame["beds_total"])]
        keep &= np.array([value >= wish.beds for value in beds], dtype=bool)
    if wish.words:
        words = wish.words.casefold().split()
        said = [
            " ".join(map(text, row)).casefold()
            for row in frame[list(_SEARCHED)].itertuples(index=False)
        ]
        keep &= np.array([all(w in each for w in words) for each in said], dtype=bool)
    return keep


def _values(column: pd.Series[Any]) -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def _lacking(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _sortable(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as numbers where it holds such, else as text; none first."""
    values = _values(column)
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return np.array([-1 if v is None else v for v in values], dtype=float)
    return np.array([text(value) for value in values], dtype=object)


def _saying(frame: gpd.GeoDataFrame, field: str, key: str) -> list[str]:
    return [str(other) for other in frame.index[frame[field] == key]]


def _brief(frame: gpd.GeoDataFrame, code: str) -> dict[str, Any]:
    if code not in frame.index:
        return {"facility": code, "name": None, "status": None}
    row = frame.loc[code]
    return {"facility": code, "name": row["name"], "status": row["status"]}
