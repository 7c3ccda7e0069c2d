"""Coverages like townships, of any size, with conflicts planted and known.

Cells lie in rows like bricks, so borders meet in threes; every border is a crooked
line drawn once and used by both neighbours. Conflicts are planted in cells that are
far enough apart not to meet; the truth is a rule and the keys of all units involved.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely

CELL_M = 3_000.0
ORIGIN = np.array([500_000.0, 3_300_000.0])
CRS = 4547
"""CGCS2000 / 3-degree Gauss-Kruger, central meridian 114° E."""


@dataclass
class Territory:
    """Units by key as lists of rings (outer first), and the borders they share."""

    rows: int
    columns: int
    detail: int
    rings: dict[str, list[np.ndarray]]
    truth: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    allowed: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)
    """Kinds that follow from a planted one, and the units between which they may."""
    parts: dict[str, list[list[np.ndarray]]] = field(default_factory=dict)
    ruined: dict[str, object] = field(default_factory=dict)
    """What stands in a row in place of the unit's rings."""
    lines: list[tuple[str, np.ndarray, str, str]] = field(default_factory=list)
    """Surveyed lines: key, vertices, the units to the left and to the right."""
    measures: dict[tuple[str, tuple[str, ...]], dict[str, float]] = field(
        default_factory=dict
    )
    """What a planted conflict measures, by rule and participants."""
    clean: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clean = dict(self.rings)

    def frame(self, order=None, crs=CRS) -> gpd.GeoDataFrame:
        keys = list(self.rings)
        if order is not None:
            keys = [keys[at] for at in order.permutation(len(keys))]
        with np.errstate(invalid="ignore"):  # a planted NaN
            shapes = [self.shape(key) for key in keys]
        return gpd.GeoDataFrame({"code": keys}, geometry=shapes, crs=crs)

    def superiors(self, crs=CRS) -> gpd.GeoDataFrame:
        """The units above, as the clean coverage makes them up."""
        families: dict[str, list[object]] = {}
        for key, rings in self.clean.items():
            families.setdefault(above(key), []).append(shapely.Polygon(rings[0]))
        whole = [shapely.coverage_union_all(family) for family in families.values()]
        return gpd.GeoDataFrame({"code": list(families)}, geometry=whole, crs=crs)

    def line_frame(self, crs=CRS) -> gpd.GeoDataFrame:
        """The surveyed lines, with the units they say they part."""
        columns = list(zip(*self.lines, strict=True)) or [(), (), (), ()]
        table = dict(
            zip(("code", "left", "right"), columns[:1] + columns[2:], strict=True)
        )
        shapes = [shapely.LineString(xy) for xy in columns[1]]
        return gpd.GeoDataFrame(table, geometry=shapes, crs=crs)

    def shape(self, key):
        if key in self.ruined:
            return self.ruined[key]
        rings = self.rings[key]
        one = shapely.Polygon(rings[0], rings[1:])
        if key in self.parts:
            more = [shapely.Polygon(part[0], part[1:]) for part in self.parts[key]]
            return shapely.MultiPolygon([one, *more])
        return one


def name(row: int, column: int) -> str:
    return f"{row:04d}{column:04d}"


def above(key: str) -> str:
    """The unit above one: six rows and eight columns of them make it up."""
    row, column = int(key[:4]), int(key[4:8])
    return f"S{row // 6:02d}{(column + 2 - row % 2) // 8:02d}"


def borders(rows, columns, detail, rng):
    """Return the lines between rows and within them, (.., points, 2)."""
    nodes = 2 * columns + 2
    grid = np.stack(
        np.meshgrid(np.arange(nodes) * CELL_M / 2, np.arange(rows + 1) * CELL_M),
        axis=-1,
    )
    grid = grid + rng.uniform(-0.08, 0.08, grid.shape) * CELL_M + ORIGIN
    grid = np.round(grid, 4)
    across = _crooked(grid[:, :-1], grid[:, 1:], detail, rng)
    upright = []
    for row in range(rows):
        at = np.arange(row % 2, nodes, 2)[: columns + 1]
        upright.append(_crooked(grid[row, at], grid[row + 1, at], 2 * detail, rng))
    return across, np.array(upright)


def _crooked(start, end, points, rng):
    """Return lines between places that wander, with so many points each."""
    t = np.linspace(0, 1, points + 1)
    line = start[..., None, :] + (end - start)[..., None, :] * t[:, None]
    step = end - start
    aside = np.stack([-step[..., 1], step[..., 0]], axis=-1)
    waves = np.zeros(line.shape[:-1])
    for wave in (1, 2, 3, 5, 9, 17):
        size = rng.normal(0, 0.025 / wave, line.shape[:-2])[..., None]
        waves += size * np.sin(np.pi * wave * t)
    line = line + np.clip(waves, -0.08, 0.08)[..., None] * aside[..., None, :]
    return np.round(line, 4)


def coverage(rows, columns, detail=40, seed=0) -> Territory:
    """Return a clean coverage; every unit has eight times ``detail`` vertices."""
    ring = all_rings(rows, columns, detail, seed)
    rings = {
        name(row, column): [ring[row, column]]
        for row in range(rows)
        for column in range(columns)
    }
    return Territory(rows, columns, detail, rings)


def all_rings(rows, columns, detail, seed):
    """Return the closed rings of all units, (rows, columns, points, 2)."""
    rng = np.random.default_rng(seed)
    across, upright = borders(rows, columns, detail, rng)
    out = np.empty((rows, columns, 8 * detail + 1, 2))
    for row in range(rows):
        at = np.arange(columns) * 2 + row % 2
        south = [across[row, at][:, :-1], across[row, at + 1][:, :-1]]
        east = upright[row, 1:][:, :-1]
        north = [
            across[row + 1, at + 1][:, ::-1][:, :-1],
            across[row + 1, at][:, ::-1][:, :-1],
        ]
        west = upright[row, :-1][:, ::-1]
        out[row] = np.concatenate([*south, east, *north, west], axis=1)
    return out


def hub(spokes: int, detail: int = 4, seed: int = 0) -> np.ndarray:
    """Return one unit that touches all others, and those around it."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, spokes * detail + 1)[:-1]
    radius = 50_000 + rng.uniform(-20, 20, len(turn))
    inner = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None] + ORIGIN
    outer = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 60_000 + ORIGIN
    shapes = [shapely.Polygon(inner)]
    for spoke in range(spokes):
        at = np.arange(spoke * detail, (spoke + 1) * detail + 1) % len(turn)
        ring = np.concatenate([inner[at][::-1], outer[at]])
        shapes.append(shapely.Polygon(ring))
    return np.array(shapes, dtype=object)
