"""The ground within reach while facilities change: measured again where they do."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from boundaries.services import nearness
from boundaries.services.ground import Land, Pieces, Side, land_along, within

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from boundaries.services.ground import Floats, Shapes
    from boundaries.services.planning.ground import Ground, Place
    from geodata.network.graph import Mode

    Rows = npt.NDArray[np.int64]

COLUMNS = ["area_km2", "area_reached_km2"]
Where = tuple[tuple[float, float], float]
"""Where a facility stands in the plane, and its own radius."""


class Served:
    """The ground that the facilities of a question serve, and after changes of some.

    Parameters
    ----------
    ground
        The question; its situation's lowest divisions are the ground.
    known
        :data:`COLUMNS` by those divisions, where they were computed before.
    """

    def __init__(self, ground: Ground, known: pd.DataFrame | None = None) -> None:
        self.land = Land(ground.situation)
        self.rows = ground.situation.serving(ground.types)
        self.row = {ground.keys[at]: number for number, at in enumerate(self.rows)}
        self.known = known

    def km2(self, stands: Collection[str], places: Mapping[str, Place]) -> pd.DataFrame:
        """Return :data:`COLUMNS` by division when some facilities stand elsewhere.

        ``stands`` are those that a plan changes, ``places`` where they are now.
        """
        gone = [self.row[key] for key in stands if key in self.row]
        fresh = [
            (places[key].xy, places[key].own) for key in stands if places[key].serves
        ]
        served = self.base_m2
        if gone or fresh:
            served = served.copy()
            for side in self._sides:
                some, square = side.after(gone, fresh)
                served[side.side.here[some]] = square
        columns = dict(zip(COLUMNS, (self.land.area_m2, served), strict=True))
        return pd.DataFrame(columns, self.land.codes) / 1e6

    @cached_property
    def base_m2(self) -> Floats:
        """(l,) what is served of each division before any change."""
        if self.known is None:
            return self.land.served_m2(self.rows)
        told = self.known[COLUMNS[1]].reindex(self.land.codes)
        return np.asarray(told.fillna(0.0), np.float64) * 1e6

    @cached_property
    def _sides(self) -> list[_Circles | _Streets]:
        made: list[_Circles | _Streets] = []
        for side in self.land.sides:
            pieces = self.land.pieces(side, self.rows)
            if pieces is None:
                made.append(_Circles(self.land, side, self.rows))
            else:
                made.append(_Streets(self.land, side, pieces))
        return made


class _Circles:
    """One side without streets."""

    def __init__(self, land: Land, side: Side, rows: Rows) -> None:
        self.side, self.leaves = side, land.shapes[side.here]
        own = nearness.own_radius(land.situation, rows)
        self.old = side.circles(land.situation.facility_xy[rows], own)

    def after(self, gone: list[int], fresh: Sequence[Where]) -> tuple[Rows, Floats]:
        """Return which leaves are served otherwise, and how many m² of each."""
        new = self.side.circles(*_apart(fresh))
        moved = np.concatenate([self.old[gone], new])
        tree = shapely.STRtree(self.leaves)
        some = np.unique(tree.query(moved, predicate="intersects")[1])
        kept = np.concatenate([np.delete(self.old, gone), new])
        return some, shapely.area(within(self.leaves[some], kept))


class _Streets:
    """One side: which streets each facility reaches, and where they lie."""

    def __init__(self, land: Land, side: Side, pieces: Pieces) -> None:
        self.side, self.situation = side, land.situation
        self.leaves: Shapes = land.shapes[side.here]
        self.leaf_tree = shapely.STRtree(self.leaves)
        self.pieces = pieces.take(np.argsort(pieces.edge, kind="stable"))
        edges, starts = np.unique(self.pieces.edge, return_index=True)
        self.first = starts
        self.size = np.diff(np.append(starts, len(self.pieces.edge)))
        whole = Pieces(
            pieces.network, np.zeros(len(edges), np.int64), edges,
            np.zeros(len(edges)), np.ones(len(edges)),
        )  # fmt: skip
        self.tree = shapely.STRtree(whole.boxes())

    def after(self, gone: list[int], fresh: Sequence[Where]) -> tuple[Rows, Floats]:
        """Return which leaves are served otherwise, and how many m² of each."""
        new = self._reached(*_apart(fresh))
        lost = self.pieces.take(np.isin(self.pieces.source, gone))
        piece, leaf = self._meeting(new)
        some = np.unique(np.concatenate([leaf, self._meeting(lost)[1]]))
        merged = []
        for each in some:
            near = self._near(each)
            kept = near.take(~np.isin(near.source, gone))
            merged.append(kept.beside(new.take(piece[leaf == each])).merged())
        return some, shapely.area(land_along(self.leaves[some], merged))

    def _meeting(self, pieces: Pieces) -> tuple[Rows, Rows]:
        """Return pairs of a piece and a leaf that it serves."""
        piece, leaf = self.leaf_tree.query(pieces.boxes(), predicate="intersects")
        return piece, leaf

    def _near(self, leaf: np.int64) -> Pieces:
        """Return the pieces on streets that lie at a leaf."""
        edges = self.tree.query(self.leaves[leaf], predicate="intersects")
        first, size = self.first[edges], self.size[edges]
        before = np.cumsum(size) - size
        return self.pieces.take(np.arange(size.sum()) + np.repeat(first - before, size))

    def _reached(self, xy: Floats, own: Floats) -> Pieces:
        from geodata.network.snap import snap

        mode: Mode = "drive" if self.side.mode == "drive" else "walk"
        most = self.situation.profile.snap_m
        spots = snap(self.pieces.network, xy, max_m=most, mode=mode)
        return self.side.pieces(spots, own)


def _apart(fresh: Sequence[Where]) -> tuple[Floats, Floats]:
    places = np.array([xy for xy, _ in fresh], np.float64).reshape(-1, 2)
    return places, np.array([own for _, own in fresh], np.float64)
