"""What plans of one situation share, whatever is asked: points, streets, searches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boundaries.services import nearness
from geodata.errors import Text
from geodata.network.graph import Pairs
from geodata.network.reach import Places

if TYPE_CHECKING:
    from boundaries.services.situation import Situation
    from geodata.network.graph import Graph, Spots
    from geodata.network.planning import Planning

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_PLACES = 1200
"""Places of people that one answer names; of more, those near each other are one."""
_LAYER_WORDS = {
    "divisions": Text("区划", "divisions"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
    "network": Text("路网", "streets"),
}


class Searched(Places):
    """Places that know the last search: plans that ask other questions share it."""

    def __init__(self, graph: Graph, targets: Spots) -> None:
        super().__init__(graph, targets)
        self._last: tuple[tuple[Any, ...], Pairs] | None = None

    def pairs(self, sources: Spots, limit_s: float) -> Pairs:
        """Return the targets each source reaches within ``limit_s`` seconds."""
        asked = (
            sources.edge.tobytes(), sources.along_m.tobytes(),
            sources.snap_m.tobytes(), limit_s,
        )  # fmt: skip
        if self._last is None or self._last[0] != asked:
            self._last = asked, super().pairs(sources, limit_s)
        return self._last[1]


@dataclass(frozen=True, eq=False)
class Lane:
    """One way to travel: whose points, and whom every facility on record reaches."""

    here: npt.NDArray[np.int64]
    places: Searched
    limit_s: Floats
    own_s: Floats
    found: Pairs
    mode: str

    def planning(self, serving: Bools) -> Planning:
        """Return the nearest of the facilities that serve, to be changed."""
        from geodata.network.planning import Planning

        made = Planning(self.places.graph, self.places, self.limit_s)
        kept = np.repeat(serving, np.diff(self.found.indptr))
        size = np.where(serving, np.diff(self.found.indptr), 0)
        indptr = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
        some = Pairs(indptr, self.found.target[kept], self.found.cost_s[kept])
        made.hold(some, self.own_s)
        return made


class Field:
    """A situation, ready to be asked for any types of facility by any level."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.keys = [str(key) for key in situation.facilities.index]
        self.row = {key: at for at, key in enumerate(self.keys)}
        self.own = nearness.own_radius(situation, np.arange(len(self.keys)))
        self.weight = np.asarray(
            situation.people.weights[situation.profile.group], np.float64
        )
        self.limit_s = situation.limit_s()
        self.radius = situation.radius_m()

    def words(self) -> Text:
        """Return the stamp as a sentence."""
        numbers = {
            layer: said.get("number", said.get("version", ""))
            for layer, said in self.situation.stamp.items()
            if layer in _LAYER_WORDS and isinstance(said, dict)
        }
        zh = "、".join(f"{_LAYER_WORDS[k].zh}版本 {n}" for k, n in numbers.items())
        en = ", ".join(f"{_LAYER_WORDS[k].en} version {n}" for k, n in numbers.items())
        profile, day = self.situation.words(), self.situation.stamp["as_of"]
        return Text(f"截至 {day}：{zh}；{profile.zh}", f"{day}: {en}; {profile.en}")

    @cached_property
    def tree(self) -> Any:
        """The people's points, for circles."""
        from scipy.spatial import cKDTree

        return cKDTree(self.situation.people.xy)

    @cached_property
    def lanes(self) -> list[Lane]:
        """The ways to travel; from every facility the streets are searched once."""
        if self.situation.network is None:
            return []
        from geodata.network.planning import Planning

        made = []
        people = self.situation.people
        for urban, graph, spots, facilities in nearness.ways(self.situation):
            here = np.arange(len(people))
            if urban is not None:
                here = np.flatnonzero(people.urban == urban)
            if graph is None or not len(here):
                continue
            places, limit = Searched(graph, spots.take(here)), self.limit_s[here]
            own = np.where(np.isnan(self.own), -1.0, self.own / graph.speed_mps)
            far = Planning(graph, places, limit).farthest(own)
            found = places.pairs(facilities, far)
            mode = "drive" if urban is False else "walk"
            made.append(Lane(here, places, limit, own, found, mode))
        return made

    def gathered(self, mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """Return points of people: how many live there, and places for a map.

        ``places`` are ``[lon, lat, people]``, most people first. Where there are too
        many, those in one cell of a grid that never changes are one, at the middle of
        their people; the places add up to all people in any case.
        """
        found = np.flatnonzero(mask & (self.weight > 0))
        weight, lonlat = self.weight[found], self.situation.people.lonlat[found]
        total, points = float(weight.sum()), len(found)
        if points > MOST_PLACES:
            cell = self._cells[found]
            size = int(cell.max()) + 1
            people = np.bincount(cell, weight, size).astype(np.float64)
            sums = [np.bincount(cell, weight * lonlat[:, at], size) for at in (0, 1)]
            there = people > 0
            weight = people[there]
            lonlat = np.column_stack([each[there] / weight for each in sums])
        order = np.argsort(-weight, kind="stable")
        rows = np.column_stack([lonlat[order].round(6), weight[order].round(2)])
        return {"people": round(total, 3), "points": points, "places": rows.tolist()}

    @cached_property
    def _cells(self) -> npt.NDArray[np.int64]:
        """(p,) the cell of each point, of a grid of not too many cells."""
        xy = self.situation.people.xy
        low = xy.min(axis=0)
        span = np.maximum(xy.max(axis=0) - low, 1.0)
        side = float(np.sqrt(span.prod() / MOST_PLACES)) / 4
        while True:
            at = np.floor((xy - low) / side).astype(np.int64)
            cells, inverse = np.unique(at @ [1 << 20, 1], return_inverse=True)
            if len(cells) <= MOST_PLACES:
                return np.asarray(inverse.ravel(), np.int64)
            side *= 1.1
