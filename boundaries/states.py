"""One published state of the divisions, and the change between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata import crs
from geodata.tiles import TileSet, borders, colours, coverage_tiles, transition_tiles
from geodata.tiles.borders import OUTSIDE, rank
from geodata.tiles.labels import label_points
from geodata.tiles.pyramid import by_level, digest_of, first_zoom
from geodata.topology.moves import moves

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

PREFIXES = (2, 4, 6, 9, 12)
"""Characters of a code that name province, prefecture, county, town, village."""
SAME_GROUND = 0.001
"""Share of its area by which a successor may differ from what it succeeds."""
SLIVER_M2 = 1.0
"""Areas that moved by less are rounding, and are not listed."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class State:
    """The divisions in force on one date.

    ``frame`` has the layer's columns and geometry, with ``area_km2`` (computed on
    the ellipsoid), ``initials``, ``w``, ``s``, ``e``, ``n`` (box), ``colour``,
    ``zoom`` and the label's place. ``neighbours`` has a, b (codes) and length_m.
    """

    date: str
    digest: str
    frame: gpd.GeoDataFrame
    neighbours: pd.DataFrame
    tiles: TileSet
    box: Box | None
    levels: dict[int, int]
    """Zoom at which each level's units have a readable size (512-pixel tiles)."""
    ranks: tuple[int, ...]
    """Ranks of border there are, 0 between provinces."""


@dataclass(frozen=True)
class Transition:
    """What changed from one state to another."""

    old: str
    new: str
    digest: str
    tiles: TileSet
    moves: pd.DataFrame
    """from, to (``""``: outside), area_m2, level, within (row of the coarser area
    it is part of, or -1), w, s, e, n, x, y (a point inside)."""
    successions: pd.DataFrame
    """from, to, level: units that ended and the ones that begin on their ground."""
    changed: pd.DataFrame
    """code, before_km2, after_km2, of every division that differs in any way."""


def state(
    frame: gpd.GeoDataFrame, date: str, cache: Path, previous: Mapping[str, int]
) -> State:
    """Prepare a snapshot for the page.

    Parameters
    ----------
    frame
        A snapshot of the divisions (index: code), EPSG:4490.
    previous
        Colours in use at other dates, kept where neighbours still differ.
    """
    shapes = frame.geometry.to_numpy()
    places = label_points(shapes)
    edges = _neighbours(frame)
    zooms = _first_zooms(frame)
    top = min(zooms, default=0)  # the topmost level is drawn however small
    bounds = shapely.bounds(shapes)
    sides: Any = {side: bounds[:, i] for i, side in enumerate("wsen")}
    pairs = zip(edges["a"], edges["b"], strict=True)
    chosen = colours([str(key) for key in frame.index], pairs, start=previous)
    prepared = frame.assign(
        area_km2=crs.area_m2(shapes) / 1e6,
        initials=_initials(frame),
        colour=[chosen[str(key)] for key in frame.index],
        zoom=[0 if level == top else zooms[int(level)] for level in frame["level"]],
        natural=[zooms[int(level)] for level in frame["level"]],
        label_x=places["x"].to_numpy(),
        label_y=places["y"].to_numpy(),
        room=places["room"].fillna(0).to_numpy(),
    ).assign(**sides)
    digest = digest_of(prepared, ["code", "name", "level", "colour"])
    tiles = coverage_tiles(prepared, cache / digest, prefixes=PREFIXES)
    return State(
        date, digest, prepared, edges, tiles, _box(bounds), zooms, _ranks(edges, frame)
    )


def transition(old: State, new: State, cache: Path) -> Transition:
    """Compare two states: who gave which area to whom, and where.

    A unit that ends while another begins on the same ground was renamed, recoded
    or changed in kind: that is a succession, not an area that moved. An area that
    moved between streets also moved between their communities: the finer row says
    which coarser one it lies within.
    """
    changed = _changed(old.frame, new.frame)
    pieces = [
        moves(before, after).assign(level=level)
        for level, before, after in _by_level(old.frame, new.frame, changed["code"])
    ]
    found = pd.concat(pieces, ignore_index=True) if pieces else _no_moves(new.frame)
    found = found[found["area_m2"] >= SLIVER_M2]
    renewed = _succeeds(found, old.frame, new.frame)
    successions = pd.DataFrame(found.loc[renewed, ["from", "to", "level"]])
    found = found[~renewed].sort_values(
        ["area_m2", "level"], ascending=[False, True], ignore_index=True
    )
    found = _outermost_first(found)
    digest = digest_of(found, ["from", "to"])[:20] + old.digest[:10] + new.digest[:10]
    before, after = (
        item.frame[item.frame.index.isin(changed["code"])] for item in (old, new)
    )
    tiles = transition_tiles(before, after, found, cache / digest)
    return Transition(
        old.date, new.date, digest, tiles, _listed(found), successions, changed
    )


def _listed(found: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the moved areas without their shapes, with a box and a point inside."""
    shapes = found.geometry.to_numpy()
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    inside = shapely.point_on_surface(shapes)
    sides: Any = {side: bounds[:, i] for i, side in enumerate("wsen")}
    moves = pd.DataFrame(found.drop(columns="geometry")).assign(**sides)
    moves = moves.assign(x=shapely.get_x(inside), y=shapely.get_y(inside))
    moves[["from", "to"]] = moves[["from", "to"]].astype(object).fillna("")
    return moves


def _succeeds(
    found: gpd.GeoDataFrame, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> pd.Series[bool]:
    """Return which rows hand the whole of an ended unit to a new one, and only it."""
    ended = ~found["from"].isin(new.index) & found["from"].isin(old.index)
    begun = ~found["to"].isin(old.index) & found["to"].isin(new.index)
    whole = pd.Series(data=True, index=found.index)
    for column, frame in (("from", old), ("to", new)):
        area_m2 = found[column].map(frame["area_km2"]) * 1e6
        whole &= found["area_m2"] >= area_m2 * (1 - SAME_GROUND)
    return ended & begun & whole


def _outermost_first(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with ``within``, those that lie within no other first."""
    within = np.array(_within(found), np.intp)
    order = np.argsort(within >= 0, kind="stable")
    place = np.append(np.argsort(order), -1)  # -1 stays -1
    ordered = found.iloc[order].reset_index(drop=True)
    return ordered.assign(within=place[within[order]])


def _within(found: gpd.GeoDataFrame) -> list[int]:
    """Return the row of a coarser level each moved area lies within, -1 for none."""
    shapes = found.geometry.to_numpy()
    levels = found["level"].to_numpy()
    inside, around = shapely.STRtree(shapes).query(
        shapely.point_on_surface(shapes), predicate="within"
    )
    coarser = levels[around] < levels[inside]
    rows = np.full(len(found), -1)
    for row, other in zip(inside[coarser], around[coarser], strict=True):
        if rows[row] < 0 or levels[other] < levels[rows[row]]:
            rows[row] = other
    return [int(row) for row in rows]


def _no_moves(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    blank: Any = {"from": "", "to": "", "area_m2": 0.0, "level": 0}
    return frame.iloc[:0][["geometry"]].assign(**blank)


def _by_level(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, keys: pd.Series[str]
) -> list[tuple[int, gpd.GeoDataFrame, gpd.GeoDataFrame]]:
    """Return the changed divisions level by level: each level tiles the ground."""
    before, after = (f[f.index.isin(keys) & ~f.geometry.isna()] for f in (old, new))
    levels = sorted({*before["level"], *after["level"]})
    return [
        (int(level), before[before["level"] == level], after[after["level"] == level])
        for level in levels
    ]


def _changed(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the divisions whose area, name, kind or parent differ, or that are new."""
    prints = [_prints(frame) for frame in (old, new)]
    keys = prints[0].index.union(prints[1].index)
    before, after = (item.reindex(keys) for item in prints)
    differs = (before != after).to_numpy()
    codes = keys[differs]
    return pd.DataFrame(
        {
            "code": [str(code) for code in codes],
            "before_km2": old["area_km2"].reindex(codes).to_numpy(),
            "after_km2": new["area_km2"].reindex(codes).to_numpy(),
        }
    )


def _prints(frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return one comparable value per division."""
    blobs = shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy()))
    columns = (
        frame[name].fillna("").astype(str) for name in ("name", "kind", "parent")
    )
    values = [hash(row) for row in zip(*columns, blobs, strict=True)]
    return pd.Series(values, index=frame.index, dtype=object)


def _neighbours(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return pairs of divisions of one level with the length of their border."""
    tables = []
    for _, group in by_level(frame[~frame.geometry.isna()]):
        lines = borders(group.geometry.to_numpy())
        inner = lines[lines["b"] != OUTSIDE]
        keys = group.index.to_numpy(object)
        tables.append(
            pd.DataFrame(
                {
                    "a": keys[inner["a"].to_numpy()],
                    "b": keys[inner["b"].to_numpy()],
                    "length_m": crs.length_m(inner.geometry.to_numpy()),
                }
            )
        )
    if not tables:
        return pd.DataFrame(columns=["a", "b", "length_m"])
    joined = pd.concat(tables, ignore_index=True)
    return joined.groupby(["a", "b"], sort=False)["length_m"].sum().reset_index()


def _ranks(edges: pd.DataFrame, frame: gpd.GeoDataFrame) -> tuple[int, ...]:
    keys = [str(key) for key in frame.index]
    found = set(rank([*edges["a"], *keys[:1]], [*edges["b"], None], PREFIXES)[:-1])
    if keys:
        found.add(int(rank(keys, [None] * len(keys), PREFIXES)[0]))
    return tuple(sorted(int(value) for value in found))


def _first_zooms(frame: gpd.GeoDataFrame) -> dict[int, int]:
    zooms: dict[int, int] = {}
    for level, group in by_level(frame):
        shapes = group.geometry.to_numpy()
        shapes = shapes[~shapely.is_missing(shapes)]
        zooms[level] = first_zoom(shapes) if len(shapes) else 0
    return zooms


def _initials(frame: gpd.GeoDataFrame) -> list[str]:
    """Return the first letters of each name's syllables, for searching."""
    from pypinyin import Style, lazy_pinyin

    return [
        "".join(lazy_pinyin(str(name), style=Style.FIRST_LETTER)).lower()
        for name in frame["name"]
    ]


def _box(bounds: np.ndarray[Any, Any]) -> Box | None:
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0)
    east, north = known[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
