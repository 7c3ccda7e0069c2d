"""What plans of one situation share: points of people, streets, facilities."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from boundaries.services import coverage as figures
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation
    from geodata.network.planning import Planning

Floats = npt.NDArray[np.float64]

MOST_PLACES = 1200
"""Places of people that one answer names; of more, those near each other are one."""


_LAYER_WORDS = {
    "divisions": Text("区划", "divisions"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
    "network": Text("路网", "streets"),
}


class Place:
    """A facility as a plan has it now; ``number`` is its row, new ones follow."""

    __slots__ = ("asked", "beds", "division", "number", "own", "serves", "xy")

    def __init__(
        self, number: int, xy: tuple[float, float], serves: bool,  # noqa: FBT001
        beds: float, division: str | None, own: float, asked: bool,  # noqa: FBT001
    ) -> None:  # fmt: skip
        self.number, self.xy, self.serves = number, xy, serves
        self.beds, self.division, self.own, self.asked = beds, division, own, asked


class Ground:
    """What plans of one situation share and never change.

    Parameters
    ----------
    situation
        What the plans stand on.
    level, types
        As of :func:`boundaries.services.coverage.coverage`.
    """

    def __init__(
        self, situation: Situation, level: str = "street", types: Sequence[str] = ()
    ) -> None:
        self.situation = situation
        self.level = level
        self.types = figures.checked_types(types)
        self.keys = [str(key) for key in situation.facilities.index]
        self.row = {key: at for at, key in enumerate(self.keys)}
        self.standing = self._recorded()
        names = figures.unit_of(situation, figures.level_number(level), None)
        self.known = np.array([name is not None for name in names], bool)
        codes, unit = np.unique(names[self.known].astype(str), return_inverse=True)
        self.codes: list[str] = codes.tolist()
        self.at = {code: at for at, code in enumerate(self.codes)}
        self.unit = np.full(len(names), -1)
        self.unit[self.known] = unit
        self.weight = np.asarray(
            situation.people.weights[situation.profile.group], np.float64
        )
        self.names = [situation.tree.name.get(code, "") for code in self.codes]
        self.people = self.by_unit(self.weight)
        self._units: dict[str, int | None] = {}
        self.limit_s = situation.limit_s()
        self.radius = situation.radius_m()

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What every figure stands on."""
        return self.situation.stamp

    def words(self) -> Text:
        """Return the stamp as a sentence."""
        numbers = {
            layer: said.get("number", said.get("version", ""))
            for layer, said in self.stamp.items()
            if layer in _LAYER_WORDS and isinstance(said, dict)
        }
        zh = "、".join(f"{_LAYER_WORDS[k].zh}版本 {n}" for k, n in numbers.items())
        en = ", ".join(f"{_LAYER_WORDS[k].en} version {n}" for k, n in numbers.items())
        profile, day = self.situation.profile.words(), self.stamp["as_of"]
        return Text(f"截至 {day}：{zh}；{profile.zh}", f"{day}: {en}; {profile.en}")

    @cached_property
    def tree(self) -> Any:
        """The people's points, for circles."""
        from scipy.spatial import cKDTree

        return cKDTree(self.situation.people.xy)

    @cached_property
    def plannings(self) -> list[tuple[npt.NDArray[np.int64], Planning, str]]:
        """For each way to travel: whose points, the nearest facility, the mode."""
        from geodata.network.planning import Planning

        if self.situation.network is None:
            return []
        made = []
        people = self.situation.people
        for urban, graph, spots, facilities in figures.ways(self.situation):
            here = np.arange(len(people))
            if urban is not None:
                here = np.flatnonzero(people.urban == urban)
            if graph is None or not len(here):
                continue
            plan = Planning(graph, spots.take(here), self.limit_s[here])
            own = figures.own_radius(self.situation, np.arange(len(self.keys)))
            serving = np.zeros(len(self.keys), bool)
            serving[self.situation.serving(self.types)] = True
            edge = np.where(serving, facilities.edge, -1).astype(np.int32)
            served = type(facilities)(edge, facilities.along_m, facilities.snap_m)
            plan.add(served, np.where(np.isnan(own), -1.0, own / graph.speed_mps))
            made.append((here, plan, "drive" if urban is False else "walk"))
        return made

    def by_unit(self, values: Floats) -> Floats:
        """Return sums over the points of each unit."""
        sums = np.bincount(
            self.unit[self.known], values[self.known], minlength=len(self.codes)
        )
        return np.asarray(sums, np.float64)

    def unit_at(self, division: str) -> int | None:
        """Return the position of the unit a division is or lies in."""
        if division not in self._units:
            chain = self.situation.tree.chain(division)
            found = next((self.at[up] for up in chain if up in self.at), None)
            self._units[division] = found
        return self._units[division]

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

    def sites(self) -> list[dict[str, Any]]:
        """Return the facilities of the types asked about, as recorded."""
        frame = self.situation.facilities
        points = np.asarray(frame.geometry.array, dtype=object)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
        found = []
        for at, key in enumerate(self.keys):
            place, there = self.standing[key], bool(np.isfinite(lon[at]))
            if not place.asked:
                continue
            found.append(
                {
                    "id": key,
                    "name": _text(frame["name"].iloc[at]) or key,
                    "type": str(frame["type"].iloc[at]),
                    "status": _text(frame["status"].iloc[at]),
                    "lon": round(float(lon[at]), 7) if there else None,
                    "lat": round(float(lat[at]), 7) if there else None,
                    "beds": None if np.isnan(place.beds) else int(place.beds),
                    "serves": place.serves,
                }
            )
        return found

    def _recorded(self) -> dict[str, Place]:
        """Return the facilities as the situation has them."""
        frame = self.situation.facilities
        serving = set(self.situation.serving(self.types).tolist())
        kinds = set(self.types)
        own = figures.own_radius(self.situation, np.arange(len(frame)))
        beds = _beds(frame)
        found = {}
        for at, key in enumerate(self.keys):
            xy = self.situation.facility_xy[at]
            found[key] = Place(
                at, (float(xy[0]), float(xy[1])), at in serving, beds[at],
                _text(frame["division"].iloc[at]), own[at],
                str(frame["type"].iloc[at]) in kinds,
            )  # fmt: skip
        return found


def _beds(frame: Any) -> Floats:
    """Return beds of the institution (``beds_total``), NaN where none are said."""
    import pandas as pd

    if "beds_total" not in frame:
        return np.full(len(frame), np.nan)
    said = pd.to_numeric(frame["beds_total"], errors="coerce")
    return np.asarray(said.to_numpy(float, na_value=np.nan), np.float64)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None
