"""The figures of a plan: arrays by unit, told as rows only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums by unit.

    Parameters
    ----------
    people, reached, circle, spent
        (u,) people, those reached, those in a circle, and the person-seconds of those
        reached.
    facilities, beds
        (u,) that serve in each unit.
    elsewhere
        Facilities that serve and stand in no unit.
    need, roomed, score
        (u,) people in need of a place, those of them who find room, and the places
        people can count on times these people.
    streets
        Whether there is a network: else nobody can tell who is reached.
    points, circled
        (p,) whether each point is reached (in a circle, without a network), and in a
        circle.
    """

    people: Floats
    reached: Floats
    circle: Floats
    spent: Floats
    facilities: Floats
    beds: Floats
    need: Floats
    roomed: Floats
    score: Floats
    elsewhere: int
    streets: bool
    points: Bools
    circled: Bools

    def row(self, at: int) -> dict[str, Any]:
        """Return one unit's figures, rounded as they are shown."""
        return self._figure(*(float(each[at]) for each in self._columns()))

    def rows(self) -> list[dict[str, Any]]:
        """Return every unit's figures."""
        columns = [each.tolist() for each in self._columns()]
        return [self._figure(*values) for values in zip(*columns, strict=True)]

    def total(self) -> dict[str, Any]:
        """Return the figures of all units together; ``lacking``: without a facility.

        Facilities are all that serve, as coverage counts them; beds are those of the
        units.
        """
        whole = self._figure(*(float(each.sum()) for each in self._columns()))
        lacking = int(((self.people > 0) & (self.facilities == 0)).sum())
        whole["facilities"] += self.elsewhere
        return {**whole, "facilities_elsewhere": self.elsewhere, "lacking": lacking}

    def differing(self, other: Sums) -> list[int]:
        """Return the units of which any figure may differ."""
        apart = np.zeros(len(self.people), bool)
        for mine, theirs in zip(self._columns(), other._columns(), strict=True):
            apart |= mine != theirs
        return [int(at) for at in np.flatnonzero(apart)]

    def _columns(self) -> tuple[Floats, ...]:
        return (self.people, self.reached, self.circle, self.spent, self.facilities,
                self.beds, self.need, self.roomed, self.score)  # fmt: skip

    def _figure(
        self, people: float, reached: float, circle: float, spent: float,
        facilities: float, beds: float, need: float, roomed: float, score: float,
    ) -> dict[str, Any]:  # fmt: skip
        got = reached if self.streets else None
        return {
            "people": round(people, 3),
            "reached": None if got is None else round(got, 3),
            "unreached": None if got is None else round(people - got, 3),
            "share": _share(got, people),
            "circle": round(circle, 3),
            "circle_share": _share(circle, people),
            "minutes": round(spent / got / 60, 3) if got else None,
            "facilities": int(facilities),
            "beds": int(beds),
            "beds_per_thousand": round(beds / people * 1000, 3) if people > 0 else None,
            **self._room(people, need, roomed, score),
        }

    def _room(
        self, people: float, need: float, roomed: float, score: float
    ) -> dict[str, Any]:
        """Return who of those in need finds room; nobody knows without streets."""
        some = self.streets and people > 0
        return {
            "need": round(need, 3),
            "roomed": round(roomed, 3) if self.streets else None,
            "unroomed": round(max(need - roomed, 0.0), 3) if self.streets else None,
            "roomed_share": _share(roomed if self.streets else None, need),
            "per_thousand": round(score / people * 1000, 3) if some else None,
        }


def _share(part: float | None, whole: float) -> float | None:
    return None if part is None or whole <= 0 else round(part / whole * 100, 3)
