"""Service areas: the streets one reaches, and the land that lies along them.

What is reached are parts of edges, cut where the time is over. The polygon is the
land within a width of them: the distance from the streets on a grid, and its contour.
It follows the streets, keeps the holes between them and is made in a millisecond or
two, where buffering and uniting takes some forty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.errors import InputError, Text
from geodata.network.engine import engine
from geodata.network.entering import ways
from geodata.network.reach import nearest_of, within
from geodata.network.snap import snap

if TYPE_CHECKING:
    from geodata.network.graph import (
        Floats,
        Graph,
        Ints,
        Longs,
        Network,
        Reached,
        Spots,
    )

WIDTH_M = 50.0
"""Land this near a reached street is served."""
CELL_M = 15.0
"""Mesh of the grid that distances are measured on."""
PART_S, CUT_S, FIELD_S = 2e-6, 4e-7, 6e-6
"""Seconds numpy needs for each node, each part cut and each part drawn, about."""

Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of edges each source reaches.

    Those of source ``s`` are ``indptr[s]:indptr[s + 1]``: the ``edge``, and where on
    it the part begins and ends, in shares of the edge from its tail. Parts of one
    source never overlap.
    """

    indptr: Longs
    edge: Ints
    begin: Floats
    end: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def together(self) -> Parts:
        """Return what any source reaches, as if of one source."""
        order = np.lexsort((self.begin, self.edge))
        edge, begin = self.edge[order], self.begin[order]
        # Shares lie in 0 to 1, so twice the edge keeps edges apart on one line.
        end = np.maximum.accumulate(2.0 * edge + self.end[order])
        fresh = np.ones(len(order), bool)
        fresh[1:] = 2.0 * edge[1:] + begin[1:] > end[:-1]
        first = np.flatnonzero(fresh)
        last = np.append(first[1:], len(order)) - 1 if len(first) else first
        return Parts(
            np.array([0, len(first)]),
            edge[first],
            begin[first],
            end[last] - 2.0 * edge[first],
        )

    def length_m(self, network: Network) -> Floats:
        """Return how many metres of streets each source reaches."""
        each = network.length_m[self.edge] * (self.end - self.begin)
        source = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        return np.bincount(source, each, minlength=len(self)).astype(np.float64)


def reached_parts(
    graph: Graph, sources: Spots, limit_s: float, rows: Reached | None = None
) -> Parts:
    """Return the parts of streets within ``limit_s`` seconds of each source.

    ``rows`` are the nodes within the limit, where they are known already.

    Raises
    ------
    InputError
        The limit is not a number of seconds.
    """
    rows = rows or within(graph, sources, limit_s)
    _, _, share, walk = ways(graph, sources)
    return Parts(
        *engine(len(rows.node) * PART_S).pieces(
            graph,
            (rows.indptr, rows.node, rows.cost_s),
            (sources.edge, share, walk),
            float(limit_s),
        )
    )


def streets(network: Network, parts: Parts) -> Geometries:
    """Return what each source reaches as lines, cut where the time is over."""
    kept = np.flatnonzero(parts.end > parts.begin)
    xy, starts = engine(len(kept) * CUT_S).cut(
        network.coords, network.offsets, parts.edge[kept], parts.begin[kept],
        parts.end[kept],
    )  # fmt: skip
    bounds = np.searchsorted(kept, parts.indptr)
    made: Geometries = shapely.from_ragged_array(
        shapely.GeometryType.MULTILINESTRING, xy, (starts, bounds)
    )
    return made


def polygons(
    network: Network, parts: Parts, *, width_m: float = WIDTH_M, cell_m: float = CELL_M
) -> Geometries:
    """Return the land within ``width_m`` of what each source reaches.

    Parameters
    ----------
    width_m, cell_m
        How wide the streets are served, and the mesh it is measured on.

    Returns
    -------
    (s,) valid multipolygons in the network's plane, holes kept; empty where nothing
    is reached.
    """
    import contourpy

    if not 0 < cell_m <= width_m:
        raise InputError(
            Text(
                f"网格（{cell_m} 米）须大于零且不大于沿街宽度（{width_m} 米）。",
                f"the mesh ({cell_m} m) must lie between zero and the width "
                f"({width_m} m)",
            ),
            Text("请调整网格或宽度。", "Change the mesh or the width."),
        )
    loops = engine(len(parts.edge) * FIELD_S)
    xy, starts = loops.cut(
        network.coords, network.offsets, parts.edge, parts.begin, parts.end
    )
    points: list[Any] = []
    rings: list[Any] = []
    shells: list[int] = []
    counts: list[int] = []
    for first, last in zip(parts.indptr, parts.indptr[1:], strict=False):
        if first == last:
            counts.append(0)
            continue
        bounds = starts[first : last + 1]
        distance, west, south = loops.field(
            xy[bounds[0] : bounds[-1]], bounds - bounds[0], width_m, cell_m
        )
        filled = contourpy.contour_generator(
            z=distance, fill_type=contourpy.FillType.OuterOffset
        ).filled(-1.0, width_m)
        counts.append(len(filled[0]))
        for outline, offsets in zip(*filled, strict=True):
            points.append(outline * cell_m + (west, south))
            rings.append(np.diff(offsets.astype(np.int64)))
            shells.append(len(offsets) - 1)
    return _assembled(points, rings, shells, counts)


def _assembled(
    points: list[Any], rings: list[Any], shells: list[int], counts: list[int]
) -> Geometries:
    """Return multipolygons of outlines: points, sizes of rings, rings, polygons."""
    made: Geometries = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        np.concatenate([np.zeros((0, 2)), *points]),
        (
            np.concatenate(
                [[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *rings]))]
            ).astype(np.int64),
            np.concatenate([[0], np.cumsum(shells)]).astype(np.int64),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        ),
    )
    wrong = np.flatnonzero(~shapely.is_valid(made))
    made[wrong] = shapely.make_valid(made[wrong])
    return made


def together(areas: Geometries) -> shapely.Geometry:
    """Return the land that any of the service areas covers."""
    return shapely.union_all(areas) if len(areas) else shapely.MultiPolygon()


@dataclass(frozen=True, eq=False)
class Grid:
    """Seconds to the nearest source from the middle of each cell, and which it is.

    Parameters
    ----------
    west, south, cell_m
        The south-western corner in plane metres, and the side of a cell.
    cost_s, source
        (rows, columns) from the south; infinite and -1 where nothing is reached.
    """

    west: float
    south: float
    cell_m: float
    cost_s: Floats
    source: Ints

    def centres(self) -> tuple[Floats, Floats]:
        """Return the x and y of the middle of each cell, (rows, columns) each."""
        rows, columns = self.cost_s.shape
        x = self.west + (np.arange(columns) + 0.5) * self.cell_m
        y = self.south + (np.arange(rows) + 0.5) * self.cell_m
        across, up = np.meshgrid(x, y)
        return across, up

    def squares(self) -> Geometries:
        """Return the reached cells as squares, row by row from the south-west."""
        x, y = (at[np.isfinite(self.cost_s)] for at in self.centres())
        half = self.cell_m / 2
        made: Geometries = shapely.box(x - half, y - half, x + half, y + half)
        return made


def grid(
    graph: Graph,
    sources: Spots,
    limit_s: float,
    *,
    cell_m: float = 50.0,
    width_m: float = WIDTH_M,
) -> Grid:
    """Return how long it takes to the middle of each cell of a grid.

    Along the streets to the place nearest to the cell's middle, and from there
    straight to it; cells farther than ``width_m`` from any street are left out.
    """
    parts = reached_parts(graph, sources, limit_s)
    network = graph.network
    if len(parts.edge) == 0:
        return Grid(0.0, 0.0, cell_m, np.zeros((0, 0)), np.zeros((0, 0), np.int32))
    bounds = shapely.total_bounds(streets(network, parts))
    west, south = np.floor((bounds[:2] - width_m) / cell_m - 0.5) * cell_m + cell_m / 2
    columns, rows = np.ceil((bounds[2:] + width_m - (west, south)) / cell_m).astype(int)
    made = Grid(
        float(west), float(south), cell_m,
        np.full((rows, columns), np.inf), np.full((rows, columns), -1, np.int32),
    )  # fmt: skip
    x, y = made.centres()
    cells = snap(network, np.column_stack([x.ravel(), y.ravel()]), max_m=width_m)
    there = np.flatnonzero(cells.edge >= 0)
    found = nearest_of(graph, sources, cells.take(there), limit_s)
    made.cost_s.ravel()[there] = found.cost_s
    made.source.ravel()[there] = found.source
    return made
