"""People placed: counts by unit become points that stand for so many people each.

How people are placed alone moves coverage by some points of per cent, so each
unit's method is kept and said: at the cells of a grid, in residential areas by their
weight, along the streets of the unit by their length, or evenly over its area. Counts
of a unit are used once: of one that has counted units below it only those below are
placed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries import codes
from boundaries.services.points import GROUPS, Floats, Ints, column, points_of
from boundaries.services.settlement import is_urban
from boundaries.services.unplaced import omissions, stale
from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from boundaries.services.omissions import Omission
    from boundaries.services.profiles import Profile
    from boundaries.services.tree import Tree
    from geodata.network.graph import Network, Spots


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
    gone = population.loc[~current]
    counted, above = _once(population[current], tree, profile.group)
    ground, grounds = _ground(counted, divisions, tree)
    plane = _plane(divisions, network)
    there = ground.notna().to_numpy(bool)
    placed = counted[there]
    ground = ground.dropna()
    shapes = _projected(divisions, pd.Index(ground.unique()), plane)
    parts = points_of(placed, ground, shapes, profile, network, plane)
    unit, xy, shares, method = parts
    weights = {
        group: shares[group] * column(placed, group)[unit]
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
    omitted = omissions(
        counted, placed, lost, above, grounds, units, people, profile.group
    )
    return People(
        **{**vars(people), "omitted": (*stale(gone, profile.group), *omitted)}
    )


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
    population: pd.DataFrame, tree: Tree, group: str
) -> tuple[pd.DataFrame, dict[str, tuple[float, float]]]:
    """Return the units counted at the lowest level, and sums above that differ.

    These are of the group that is asked about.
    """
    above = tree.parents_of(str(code) for code in population.index)
    lowest = population[~population.index.isin(above)]
    differing: dict[str, tuple[float, float]] = {}
    higher = population[population.index.isin(above)]
    below: dict[str, float] = {}
    totals = column(lowest, group)
    for each, total in zip(map(str, lowest.index), totals, strict=True):
        for code in tree.chain(each):
            below[code] = below.get(code, 0.0) + float(total)
    said = pd.to_numeric(
        higher.get(group, pd.Series(np.nan, higher.index)), errors="coerce"
    ).dropna()
    for unit, whole in said.astype(float).items():
        parts = below.get(str(unit), 0.0)
        if abs(whole - parts) > 0.5:
            differing[str(unit)] = (float(whole), parts)
    return lowest, differing


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
    west, south, east, north = (
        divisions.total_bounds if len(divisions) else (117, 39, 117, 39)
    )
    return f"EPSG:{crs.plane_at((west + east) / 2, (south + north) / 2)}"


def _projected(
    divisions: gpd.GeoDataFrame, keys: pd.Index[Any], plane: str
) -> dict[str, Any]:
    wanted = crs.transform(divisions.loc[keys, ["geometry"]], plane)
    return dict(zip(wanted.index, wanted.geometry.to_numpy(), strict=True))


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


_KEPT = ("settlement", "counted_on", "source", "method")
