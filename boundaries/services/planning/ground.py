"""One question of a situation: which facilities count, by which units, what room."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services.edits import division_of
from boundaries.services.planning.field import Field
from boundaries.services.planning.rooms import Rooms
from boundaries.services.room import checked_supply
from boundaries.services.words import Supply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation
    from geodata.network.planning import Planning

Floats = npt.NDArray[np.float64]

NEED = 40.0
"""Of a thousand people, those in need of a place, unless the settings say otherwise."""


class Place:
    """A facility as a plan has it now; ``number`` is its row, new ones follow.

    ``room`` is what is counted as room (NaN: not known), which beds need not be.
    """

    __slots__ = ("asked", "beds", "division", "number", "own", "room", "serves", "xy")

    def __init__(
        self, number: int, xy: tuple[float, float], serves: bool,  # noqa: FBT001
        beds: float, division: str | None, own: float, asked: bool,  # noqa: FBT001
        room: float,
    ) -> None:  # fmt: skip
        self.number, self.xy, self.serves = number, xy, serves
        self.beds, self.division, self.own, self.asked = beds, division, own, asked
        self.room = room


class Ground:
    """What plans that ask the same of a situation share and never change.

    Parameters
    ----------
    field
        What the plans stand on.
    level, types
        As of :func:`boundaries.services.coverage.coverage`.
    supply, need_per_thousand
        As of :func:`boundaries.services.room.room`.
    """

    def __init__(
        self, field: Field, level: str = "street", types: Sequence[str] = (),
        *, supply: str = Supply.BEDS.value, need_per_thousand: float = NEED,
    ) -> None:  # fmt: skip
        self.field, self.situation = field, field.situation
        self.level = level
        self.types = figures.checked_types(types)
        self.supply, self.need_share = checked_supply(supply), need_per_thousand / 1000
        self.need_per_thousand = need_per_thousand
        self.keys, self.row, self.weight = field.keys, field.row, field.weight
        self.standing = self._recorded()
        names = figures.unit_of(self.situation, figures.numbered(level), None)
        self.known = np.array([name is not None for name in names], bool)
        codes, unit = np.unique(names[self.known].astype(str), return_inverse=True)
        self.codes: list[str] = codes.tolist()
        self.at = {code: at for at, code in enumerate(self.codes)}
        self.unit = np.full(len(names), -1)
        self.unit[self.known] = unit
        self.names = [self.situation.tree.name.get(code, "") for code in self.codes]
        self.people = self.by_unit(self.weight)
        self._units: dict[str, int | None] = {}

    @classmethod
    def of(cls, situation: Situation, *asked: Any, **how: Any) -> Ground:
        """Return the ground of a situation nobody else asks about."""
        return cls(Field(situation), *asked, **how)

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What every figure stands on."""
        return self.situation.stamped(
            supply=self.supply, need_per_thousand=self.need_per_thousand
        )

    @cached_property
    def plannings(self) -> list[tuple[npt.NDArray[np.int64], Planning, str]]:
        """For each way to travel: whose points, the nearest facility, the mode."""
        serving = np.zeros(len(self.keys), bool)
        serving[self.situation.serving(self.types)] = True
        return [
            (lane.here, lane.planning(serving), lane.mode) for lane in self.field.lanes
        ]

    @cached_property
    def rooms(self) -> Rooms:
        """Who finds room before anything is changed."""
        room = [self.standing[key].room for key in self.keys]
        return Rooms(
            [(here, planning.pairs()) for here, planning, _ in self.plannings],
            np.array(room, np.float64), self.weight, self.weight * self.need_share,
        )  # fmt: skip

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

    def name_of(self, key: str) -> str:
        """Return what the register calls a facility, ``""`` for one not in it."""
        at = self.row.get(key)
        names = self.situation.facilities["name"]
        return "" if at is None else _text(names.iloc[at]) or ""

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

    def lies_in(self, key: str) -> str | None:
        """Return the division of a recorded facility: as said, else where it lies."""
        place = self.standing[key]
        if place.division:
            return place.division
        points = np.asarray(self.situation.facilities.geometry.array, object)
        at = shapely.get_coordinates(points[place.number])
        return division_of(self.situation, *at[0].tolist()) if len(at) else None

    def _recorded(self) -> dict[str, Place]:
        """Return the facilities as the situation has them."""
        frame = self.situation.facilities
        serving = set(self.situation.serving(self.types).tolist())
        kinds = set(self.types)
        beds, room = _numbers(frame, Supply.BEDS.value), _numbers(frame, self.supply)
        found = {}
        for at, key in enumerate(self.keys):
            xy = self.situation.facility_xy[at]
            found[key] = Place(
                at, (float(xy[0]), float(xy[1])), at in serving, beds[at],
                _text(frame["division"].iloc[at]), self.field.own[at],
                str(frame["type"].iloc[at]) in kinds, room[at],
            )  # fmt: skip
        return found


def _numbers(frame: Any, name: str) -> Floats:
    """Return a count of every facility, NaN where none is said."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    said = pd.to_numeric(frame[name], errors="coerce")
    return np.asarray(said.to_numpy(float, na_value=np.nan), np.float64)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None
