"""What plans of one situation share: points of people, streets, facilities."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from boundaries.services import coverage as figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation
    from geodata.network.planning import Planning

Floats = npt.NDArray[np.float64]


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
        self.limit_s = situation.limit_s()
        self.radius = situation.radius_m()

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
        chain = self.situation.tree.chain(division)
        return next((self.at[up] for up in chain if up in self.at), None)

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
