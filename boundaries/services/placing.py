"""People placed: counts by unit become points that stand for so many people each.

How people are placed alone moves coverage by some points of per cent, so each
unit's method is kept and said: at the cells of a grid, in residential areas by their
weight, along the streets of the unit by their length, or evenly over its area. Counts
of a unit are used once: of one that has counted units below it only those below are
placed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries import codes
from boundaries.services.counts import Method as Counted
from boundaries.services.omissions import Omission, told
from boundaries.services.profiles import Group
from boundaries.services.settlement import is_urban
from boundaries.vocabulary import Word
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from boundaries.services.profiles import Profile
    from boundaries.services.tree import Tree
    from geodata.network.graph import Network, Spots

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

GROUPS = tuple(group.value for group in Group)


class Method(Word):
    """How the people of a unit were placed."""

    CELLS = "cells", "网格单元中心", "centres of grid cells"
    HOMES = "homes", "居住区内，按权重", "in residential areas, by their weight"
    STREETS = "streets", "沿道路按长度", "along streets, by length"
    AREA = "area", "按面积均匀", "evenly over the area"


@dataclass(frozen=True, eq=False)
class People:
    """Points that stand for people.

    Parameters
    ----------
    units
        The counted units, by code: the groups as float (NaN: not counted),
        ``settlement``, ``urban``, ``method``, ``ground`` (whose area was used),
        ``interpolated`` (counted above the divisions its points lie in).
    unit
        (p,) row of ``units``.
    home
        (p,) code of the lowest division (or counted unit) each point belongs to.
    lonlat, xy
        (p, 2) EPSG:4490, and plane metres in ``crs``.
    urban
        (p,) whether the urban time limit holds.
    weights
        Group -> (p,) people.
    spots
        Where on the network; None without one.
    omitted
        What could not be placed, or only by an assumption.
    """

    units: pd.DataFrame
    unit: Ints
    home: npt.NDArray[np.object_]
    lonlat: Floats
    xy: Floats
    urban: npt.NDArray[np.bool_]
    weights: Mapping[str, Floats]
    crs: str
    spots: Spots | None = None
    omitted: tuple[Omission, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.unit)


def place(
    population: pd.DataFrame,
    divisions: gpd.GeoDataFrame,
    tree: Tree,
    profile: Profile,
    network: Network | None = None,
) -> People:
    """Return the people of a population frame as points.

    Parameters
    ----------
    population
        By code, as the layer ``population`` holds it.
    divisions
        Those of the date, EPSG:4490.
    network
        Its streets are where people live; None: they are spread evenly.
    """
    current = _current(population, tree)
    stale = population.index[~current]
    counted, above = _once(population[current], tree)
    ground, grounds = _ground(counted, divisions, tree)
    plane = _plane(divisions, network)
    there = ground.notna().to_numpy(bool)
    placed = counted[there]
    ground = ground.dropna()
    shapes = _projected(divisions, pd.Index(ground.unique()), plane)
    parts = _points(placed, ground, shapes, profile, network, plane)
    unit, xy, shares, method = parts
    weights = {
        group: shares[group] * _column(placed, group)[unit]
        for group in GROUPS
    }  # fmt: skip
    lon, lat = crs.transform_points(xy[:, 0], xy[:, 1], plane)
    lonlat = np.column_stack([lon, lat])
    home, inner = _homes(placed, ground, unit, lonlat, divisions, tree)
    units = _units(placed, ground, method, inner)
    spots = None
    if network is not None:
        from geodata.network.snap import snap

        spots = snap(network, xy, max_m=profile.snap_m)
    lost = counted.index[~there]
    people = People(
        units=units,
        unit=unit,
        home=home,
        lonlat=lonlat,
        xy=xy,
        urban=units["urban"].to_numpy(bool)[unit],
        weights=weights,
        crs=plane,
        spots=spots,
    )
    omitted = _omissions(
        counted, placed, lost, above, grounds, units, people, profile.group
    )
    gone = population.loc[stale]
    return People(
        **{**vars(people), "omitted": (*_stale(gone, profile.group), *omitted)}
    )


def _stale(gone: pd.DataFrame, group: str) -> tuple[Omission, ...]:
    return told(
        (
            Omission.of(
                "unknown_unit", "population",
                Text("区划中（已）没有此代码，不计入。",
                     "Its code is no division of this date (any more); not counted."),
                Text("请导入该日期的人口，或改正代码。",
                     "Import the population of this date, or mend the code."),
                gone.index, people=float(_column(gone, group).sum()),
            ),
        )
    )  # fmt: skip


def _current(population: pd.DataFrame, tree: Tree) -> npt.NDArray[np.bool_]:
    """Return which units are divisions, or communities of a street that has none.

    A code that was given up since would be counted beside the units that followed.
    """
    parents = tree.parents_of(tree.level)
    found = [
        code in tree.level
        or (codes.is_code(code)
            and codes.parent(code) in tree.level
            and codes.parent(code) not in parents)
        for code in map(str, population.index)
    ]  # fmt: skip
    return np.array(found, bool)


def _once(
    population: pd.DataFrame, tree: Tree
) -> tuple[pd.DataFrame, dict[str, tuple[float, float]]]:
    """Return the units counted at the lowest level, and sums above that differ."""
    above = tree.parents_of(str(code) for code in population.index)
    lowest = population[~population.index.isin(above)]
    differing: dict[str, tuple[float, float]] = {}
    higher = population[population.index.isin(above)]
    below: dict[str, float] = {}
    totals = _column(lowest, Group.TOTAL.value)
    for each, total in zip(map(str, lowest.index), totals, strict=True):
        for code in tree.chain(each):
            below[code] = below.get(code, 0.0) + float(total)
    said = pd.to_numeric(
        higher.get(Group.TOTAL.value, pd.Series(np.nan, higher.index)), errors="coerce"
    ).dropna()
    for unit, whole in said.astype(float).items():
        parts = below.get(str(unit), 0.0)
        if abs(whole - parts) > 0.5:
            differing[str(unit)] = (float(whole), parts)
    return lowest, differing


def _column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.zeros(len(frame))
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(float, na_value=0.0)
    found: Floats = np.nan_to_num(values, nan=0.0)
    return found


def _ground(
    counted: pd.DataFrame, divisions: gpd.GeoDataFrame, tree: Tree
) -> tuple[pd.Series[Any], dict[str, str]]:
    """Return whose area stands for each unit, and the units that borrow one."""
    drawn = divisions.geometry.notna() & ~divisions.geometry.is_empty
    shaped = set(divisions.index[drawn])
    found = {
        code: next((up for up in tree.chain(str(code)) if up in shaped), None)
        for code in counted.index
    }
    borrowed = {str(k): v for k, v in found.items() if v is not None and v != k}
    return pd.Series(found, dtype=object).reindex(counted.index), borrowed


def _plane(divisions: gpd.GeoDataFrame, network: Network | None) -> str:
    if network is not None:
        return network.crs
    west, _, east, _ = divisions.total_bounds if len(divisions) else (117, 0, 117, 0)
    return f"EPSG:{crs.local_gk((west + east) / 2)}"


def _projected(
    divisions: gpd.GeoDataFrame, keys: pd.Index[Any], plane: str
) -> dict[str, Any]:
    wanted = crs.transform(divisions.loc[keys, ["geometry"]], plane)
    return dict(zip(wanted.index, wanted.geometry.to_numpy(), strict=True))


def _points(
    placed: pd.DataFrame, ground: pd.Series[Any], shapes: dict[str, Any],
    profile: Profile, network: Network | None, plane: str,
) -> tuple[Ints, Floats, dict[str, Floats], npt.NDArray[np.object_]]:  # fmt: skip
    """Return unit, position and share by group of every point, and each method."""
    method = np.full(len(placed), Method.AREA.value, dtype=object)
    cells = _cells(placed, plane)
    rest = np.setdiff1d(np.arange(len(placed)), cells[0])
    areas = np.array([shapes[ground.iloc[at]] for at in rest], dtype=object)
    method[cells[0]] = Method.CELLS.value
    if "method" in placed:
        homes = placed["method"].to_numpy(object) == Counted.RESIDENTIAL.value
        method[homes & (method == Method.CELLS.value)] = Method.HOMES.value
    pieces: list[tuple[Any, Floats, dict[str, Floats]]] = [cells]
    for at, xy, share, how in _spread(areas, profile, network):
        method[rest[at]] = how
        pieces.append((rest[at], xy, dict.fromkeys(GROUPS, share)))
    unit = np.concatenate([each for each, _, _ in pieces]).astype(np.int32)
    order = np.argsort(unit, kind="stable")
    xy = np.concatenate([each for _, each, _ in pieces])[order]
    shares = {
        group: np.concatenate([share[group] for _, _, share in pieces])[order]
        for group in GROUPS
    }
    return unit[order], xy, shares, method


def _spread(
    areas: npt.NDArray[Any], profile: Profile, network: Network | None
) -> list[tuple[Any, Floats, Floats, str]]:
    """Return the points of areas: along streets where there are any, else evenly.

    Several units may stand on one area (that of the unit above them all): each gets
    the points of it.
    """
    from geodata.network.spreading import along_streets, evenly

    if not len(areas):
        return []
    alike: dict[int, int] = {}
    first = np.array([alike.setdefault(id(each), at) for at, each in enumerate(areas)])
    once = np.unique(first)
    found: list[tuple[Any, Floats, Floats, str]] = []
    left = once
    if network is not None and profile.placing == Method.STREETS.value:
        spread = along_streets(network, areas[once], most=profile.places)
        left = np.setdiff1d(once, once[np.unique(spread.area)])
        found += _handed(first, once, spread, Method.STREETS.value)
    spread = evenly(areas[left], most=profile.places)
    return found + _handed(first, left, spread, Method.AREA.value)


def _handed(first: Any, once: Any, spread: Any, how: str) -> list[Any]:
    """Return the points of each area for every unit that stands on it."""
    found = []
    starts = np.searchsorted(spread.area, np.arange(len(once) + 1))
    for at, area in enumerate(once):
        these = slice(starts[at], starts[at + 1])
        if these.start == these.stop:
            continue
        for unit in np.flatnonzero(first == area):
            count = these.stop - these.start
            found.append(
                (np.full(count, unit), spread.xy[these], spread.share[these], how)
            )
    return found


def _cells(
    placed: pd.DataFrame, plane: str
) -> tuple[npt.NDArray[np.int64], Floats, dict[str, Floats]]:
    """Return the cells of units that have some: unit, position, share by group."""
    given: Any = placed.get("places", ())
    lists = [each if isinstance(each, list) else [] for each in given]
    sizes = np.array([len(each) for each in lists], np.int64)
    unit = np.repeat(np.arange(len(lists)), sizes)
    cells = list(itertools.chain.from_iterable(lists))
    columns = [_figures(cells, column) for column in range(_CELL_WIDTH)]
    total = np.nan_to_num(columns[2])
    some = np.bincount(unit, total, minlength=len(placed))[unit] > 0
    unit, total = unit[some], total[some]
    lon, lat = columns[0][some], columns[1][some]
    x, y = crs.transform_points(lon, lat, crs.STORAGE, plane)
    whole = np.bincount(unit, total, minlength=len(placed))[unit]
    shares = dict.fromkeys(GROUPS, total / whole)
    for group, column in _CELL_COLUMNS.items():
        own = np.nan_to_num(columns[column][some])
        sums = np.bincount(unit, own, minlength=len(placed))[unit]
        there = sums > 0
        shares[group] = np.where(there, own, total) / np.where(there, sums, whole)
    return unit, np.column_stack([x, y]), shares


def _figures(cells: list[Any], column: int) -> Floats:
    """Return one figure of each cell, NaN where there is none."""
    return np.array(
        [
            np.nan if len(cell) <= column or cell[column] is None else cell[column]
            for cell in cells
        ],
        float,
    )


_CELL_WIDTH = 6
_CELL_COLUMNS = {"aged_60": 3, "aged_65": 4, "aged_80": 5}


def _homes(
    placed: pd.DataFrame, ground: pd.Series[Any], unit: Ints, lonlat: Floats,
    divisions: gpd.GeoDataFrame, tree: Tree,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:  # fmt: skip
    """Return the lowest unit of each point, and which units were spread over others.

    What is counted for a street that has communities is spread over these.
    """
    home = placed.index.to_numpy(object)[unit]
    parents = tree.parents_of(str(code) for code in divisions.index)
    spread = np.array([code in parents for code in placed.index], bool)
    if not spread.any() or not len(unit):
        return home, spread
    leaves = divisions[~divisions.index.isin(parents)]
    asked = np.flatnonzero(spread[unit])
    points = shapely.points(lonlat[asked])
    at, leaf = shapely.STRtree(leaves.geometry.to_numpy()).query(
        points, predicate="intersects"
    )
    for point, code in zip(asked[at], leaves.index[leaf], strict=True):
        if ground.iloc[unit[point]] in tree.chain(str(code)):
            home[point] = code
    return home, spread


def _units(
    placed: pd.DataFrame, ground: pd.Series[Any], method: Any, inner: Any
) -> pd.DataFrame:
    kept = {name: placed[name] for name in _KEPT if name in placed}
    figures = {
        name: pd.to_numeric(placed[name], errors="coerce").astype(float)
        if name in placed
        else np.full(len(placed), np.nan)
        for name in (*GROUPS, "households")
    }
    classes = kept.get("settlement", pd.Series(None, index=placed.index, dtype=object))
    return pd.DataFrame(
        {
            **figures,
            **kept,
            "urban": [
                is_urban(str(code), said)
                for code, said in zip(placed.index, classes, strict=True)
            ],
            "method_placed": method,
            "ground": ground.to_numpy(object),
            "interpolated": inner,
        },
        index=placed.index,
    )


def _beyond(placed: pd.DataFrame, group: str) -> pd.Series[float]:
    """Return who of a group lives in no division, by the unit they live beside.

    The group's part of them is that of the unit.
    """
    lost = pd.Series(_column(placed, "outside"), placed.index)
    lost = lost[lost > 0]
    beside = placed.loc[lost.index]
    whole = np.maximum(_column(beside, Group.TOTAL.value), 1.0)
    known = _column(beside, Group.TOTAL.value) > 0
    share = np.where(known, np.minimum(_column(beside, group) / whole, 1.0), 1.0)
    return lost * share


_KEPT = ("settlement", "counted_on", "source", "method")


def _omissions(
    counted: pd.DataFrame, placed: pd.DataFrame, lost: Any,
    above: dict[str, tuple[float, float]], borrowed: dict[str, str],
    units: pd.DataFrame, people: People, group: str,
) -> tuple[Omission, ...]:  # fmt: skip
    """Say what is not placed, and what is placed by an assumption."""
    figures = pd.Series(_column(counted, group), index=counted.index)
    unknown = pd.to_numeric(
        counted.get(group, pd.Series(np.nan, counted.index)), errors="coerce"
    ).isna()
    classes = units.get("settlement", pd.Series(None, units.index, dtype=object))
    assumed = units.index[classes.isna()]
    borrowing = [code for code in borrowed if code in placed.index]
    inner = units.index[units["interpolated"]]
    beyond = _beyond(placed, group)
    off: list[str] = []
    far = 0.0
    if people.spots is not None:
        gone = people.spots.edge < 0
        far = float(people.weights[group][gone].sum())
        off = list(units.index[np.unique(people.unit[gone])])
    return told(
        (
            Omission.of(
                "no_area", "population",
                Text("没有边界，上级也没有边界，无法布设。",
                     "Neither it nor a unit above it has a boundary."),
                Text("请先导入其区划边界，或改正代码。",
                     "Import its division, or mend the code."),
                lost, people=float(figures.reindex(lost).sum()),
            ),
            Omission.of(
                "no_count", "population",
                Text("没有该人群的数字，按 0 计。",
                     "No figure of this group; counted as nobody."),
                Text("请补充人口表的该列。", "Complete this column of the table."),
                counted.index[unknown],
            ),
            Omission.of(
                "sum_differs", "population",
                Text("本级合计与所辖单位之和不符，采用所辖单位。",
                     "Its own total differs from the sum below it; the units below "
                     "are used."),
                Text("请核对合计行。", "Check the row of totals."),
                above, people=sum(a - b for a, b in above.values()), left_out=False,
            ),
            Omission.of(
                "borrowed_area", "population",
                Text("没有自己的边界，布设在上级的范围内。",
                     "Without a boundary of its own; placed over the unit above it."),
                Text("请导入村级边界。", "Import the boundaries of communities."),
                borrowing, people=float(figures.reindex(borrowing).sum()),
                left_out=False,
            ),
            Omission.of(
                "cells_outside", "population",
                Text("边界上的网格单元部分在所有区划之外，该部分的人数未计入。",
                     "Cells on its border lie partly outside every division; the "
                     "people there are left out."),
                Text("请核对区划边界或网格范围。",
                     "Compare the boundary with the extent of the grid."),
                beyond.index, people=float(beyond.sum()),
            ),
            Omission.of(
                "interpolated", "population",
                Text("只有本级合计，按布设的点分摊到下级单位。",
                     "Only its own total is known; shared out to the units below by "
                     "the points that stand for it."),
                Text("请补充村级人口。", "Add the figures of communities."),
                inner, people=float(figures.reindex(inner).sum()), left_out=False,
            ),
            Omission.of(
                "settlement_told", "population",
                Text("没有城乡分类，按代码段判断城乡。",
                     "Without an urban-rural class; told from the code."),
                Text("请补充城乡分类代码。", "Add the class."),
                assumed, people=float(figures.reindex(assumed).sum()), left_out=False,
            ),
            Omission.of(
                "off_street", "population",
                Text("部分居民点离道路太远，按路网不可达计。",
                     "Some of its people live too far from any street; by the network "
                     "they count as not reached."),
                Text("请补充路网，或调大“离道路”距离。",
                     "Complete the network, or allow a longer way to the street."),
                off, people=far, left_out=False,
            ),
        )
    )  # fmt: skip
