"""The points that stand for people of a unit, each with its share of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boundaries.services.counts import Method as Counted
from boundaries.services.profiles import Group
from boundaries.vocabulary import Word
from geodata import crs

if TYPE_CHECKING:
    from boundaries.services.profiles import Profile
    from geodata.network.graph import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

GROUPS = tuple(group.value for group in Group)


class Method(Word):
    """How the people of a unit were placed."""

    CELLS = "cells", "网格单元中心", "centres of grid cells"
    HOMES = "homes", "居住区内，按权重", "in residential areas, by their weight"
    STREETS = "streets", "沿道路按长度", "along streets, by length"
    AREA = "area", "按面积均匀", "evenly over the area"


def points_of(
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


def column(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column as numbers, 0 for what is missing or none."""
    if name not in frame:
        return np.zeros(len(frame))
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(float, na_value=0.0)
    found: Floats = np.nan_to_num(values, nan=0.0)
    return found
