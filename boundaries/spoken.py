"""Words beside the stored keys of what is handed out, and positions as numbers.

A table that says ``INST`` says it in words too, in the language of who asked; reading
such a file back leaves these columns out, since the keys say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries import columns
from boundaries.services.words import Function
from boundaries.vocabulary import Kind, Level
from boundaries.words import words_of
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

DRIVERS = frozenset({"XLSX", "CSV", "GPKG"})
"""What is written with words; other formats are for programs or hold short names."""
TABLES = frozenset({"XLSX", "CSV"})
ENDING = "_words"
_PLACES = {"lon": Text("经度", "lon"), "lat": Text("纬度", "lat")}
_OF_DIVISIONS = {
    "kind": Text("类型", "kind"), "level": Text("级别", "level"),
    "parent": Text("上级", "parent"),
}  # fmt: skip
_NAMED = {"division", "parent"}
"""Columns that hold the code of a division: its name stands beside."""


def spoken(
    frame: gpd.GeoDataFrame,
    layer: str,
    driver: str,
    names: Mapping[str, str],
    language: str = "zh",
) -> tuple[gpd.GeoDataFrame, dict[str, Text]]:
    """Return a frame with words beside its keys, and headings of these columns.

    Parameters
    ----------
    frame
        Before lists become text.
    driver
        What is written; a table gets longitude and latitude too.
    names
        Code -> name of a division.
    language
        ``zh`` or ``en``.
    """
    if driver not in DRIVERS:
        return frame, {}
    labels = _labels(layer)
    made: dict[str, Any] = {}
    for name in frame.columns:
        made[str(name)] = frame[name]
        tell = _teller(layer, str(name), names, language)
        if tell is not None:
            cells = [None if _missing(value) else tell(value) for value in frame[name]]
            made[f"{name}{ENDING}"] = pd.array(cells, dtype="string")
    if driver in TABLES and _pointed(frame):
        made |= _positions(frame)
    rest = {name: cells for name, cells in made.items() if name not in frame.columns}
    headings = {name: _heading(name, labels) for name in rest}
    order = [name for name in made if name != frame.geometry.name]
    both = frame.assign(**rest)[[*order, frame.geometry.name]]
    return both, headings


def without(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what was read from a file of ours without the columns made for people."""
    if "version_digest" not in frame:
        return frame
    gone = [name for name in frame.columns if str(name) in _SAID | _PLACED]
    return frame.drop(columns=gone)


def chosen(fields: Mapping[str, str], headings: Mapping[str, Text]) -> dict[str, str]:
    """Return columns asked for with the words of each."""
    found: dict[str, str] = {}
    for name, theirs in fields.items():
        found[name] = theirs
        if f"{name}{ENDING}" in headings:
            found[f"{name}{ENDING}"] = f"{theirs}{ENDING}"
    return found


def _labels(layer: str) -> Mapping[str, Text]:
    return _OF_DIVISIONS if layer == "divisions" else words_of(layer)


def _heading(name: str, labels: Mapping[str, Text]) -> Text:
    if name in _PLACES:
        return _PLACES[name]
    label = labels[name.removesuffix(ENDING)]
    return Text(f"{label.zh}（文字）", f"{label.en} (words)")


def _teller(
    layer: str, name: str, names: Mapping[str, str], language: str
) -> Callable[[Any], str | None] | None:
    """Return what says a stored value in words, None for a column that needs none."""
    if name not in _labels(layer):
        return None
    if name in _NAMED:
        return lambda value: names.get(str(value))
    if name == "functions":
        return lambda value: _many(value, language)
    kind: Any = columns.WORDS.get(layer, {}).get(name)
    if layer == "divisions" and name == "kind":
        kind = Kind
    if name == "level":
        return lambda value: _level(value, language)
    if kind is None:
        return None
    said = {word.value: word.label.to(language) for word in kind}
    return lambda value: said.get(str(value))


def _many(value: Any, language: str) -> str | None:
    said = {word.value: word.label.to(language) for word in Function}
    if not isinstance(value, list | tuple):
        return None
    found = [said.get(str(each), str(each)) for each in value]
    return ("、" if language == "zh" else ", ").join(found)


def _level(value: Any, language: str) -> str | None:
    return Level(int(value)).label.to(language) if value in list(Level) else None


def _pointed(frame: gpd.GeoDataFrame) -> bool:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    kinds = shapely.get_type_id(shapes[~shapely.is_missing(shapes)])
    return bool(len(kinds) and (kinds == shapely.GeometryType.POINT).all())


def _positions(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    return {
        "lon": pd.array(shapely.get_x(shapes), dtype="Float64"),
        "lat": pd.array(shapely.get_y(shapes), dtype="Float64"),
    }


def _missing(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return not value
    return value is None or bool(pd.isna(value))


def _all_said() -> set[str]:
    """Return every name and heading such a column may have in a file."""
    found: set[str] = set()
    for layer in ("divisions", *columns.NAMES):
        for name in _labels(layer):
            heading = _heading(f"{name}{ENDING}", _labels(layer))
            found |= {f"{name}{ENDING}", heading.zh, heading.en}
    return found


_SAID = frozenset(_all_said())
_PLACED = frozenset({*_PLACES, *(text.zh for text in _PLACES.values())})
