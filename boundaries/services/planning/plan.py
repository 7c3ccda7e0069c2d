"""One plan: a situation, and who is reached as facilities change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boundaries.services.edits import (
    Standing,
    division_of,
    folded,
    require_known,
)
from boundaries.services.planning.ground import Ground, Place
from boundaries.services.planning.rooms import Changed
from boundaries.services.planning.sums import Sums
from boundaries.services.words import Supply
from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Plan:
    """The state of one planner's session over shared ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.ways = [(here, plan.copy(), mode) for here, plan, mode in ground.plannings]
        self.places = dict(ground.standing)
        self.stands: dict[str, Standing] = {}
        self.circles = np.zeros(len(ground.weight), np.int32)
        # the last stands for no unit at all
        count = len(ground.codes) + 1
        self.stood, self.beds = np.zeros(count), np.zeros(count)
        for place in self.places.values():
            if place.serves:
                self._count(place, 1)
        self.base = self.figures()

    def put(self, edits: Sequence[Mapping[str, Any]]) -> None:
        """Make the state what it is after all these edits, and no others."""
        wanted = folded(edits)
        require_known(wanted, self.ground.row)
        for key in [k for k in self.stands if wanted.get(k) != self.stands[k]]:
            if key not in wanted:
                self._change(key, self.ground.standing.get(key))
        for key, standing in wanted.items():
            if self.stands.get(key) != standing:
                self._change(key, self._meant(standing))
        self.stands = wanted  # in their order, which is that of added ones

    def answer(self, now: Sums | None = None) -> dict[str, Any]:
        """Return the figures now, and where they differ from those without edits."""
        now, base = now or self.figures(), self.base
        field = self.ground.field
        changed = [
            {"code": self.ground.codes[at], "name": self.ground.names[at],
             "before": base.row(at), "after": now.row(at)}
            for at in now.differing(base)
        ]  # fmt: skip
        return {
            "level": self.ground.level,
            "types": list(self.ground.types),
            "supply": self.ground.supply,
            "total": {"before": base.total(), "after": now.total()},
            "units": [each for each in changed if each["before"] != each["after"]],
            "gained": field.gathered(now.points & ~base.points),
            "lost": field.gathered(base.points & ~now.points),
            "unreached": field.gathered(~now.points),
            "facilities": [self._shown(key) for key in sorted(self.stands)],
        }

    def whole(self) -> dict[str, Any]:
        """Return also every unit's figures, and the facilities as recorded."""
        ground, now = self.ground, self.figures()
        return {
            **self.answer(now),
            "all_units": [
                {"code": code, "name": name, **row}
                for code, name, row in zip(
                    ground.codes, ground.names, now.rows(), strict=True
                )
            ],
            "sites": ground.sites(),
        }

    def _meant(self, standing: Standing) -> Place:
        """Return the facility as it stands after edits."""
        ground = self.ground
        old = ground.standing.get(standing.facility)
        known = self.places.get(standing.facility)
        number = known.number if known is not None else -1
        asked = (standing.type in ground.types) if old is None else old.asked
        serves = old.serves if old is not None else False
        if standing.open is not None:
            serves = standing.open and asked
        xy = old.xy if old is not None else (np.nan, np.nan)
        division = old.division if old is not None else None
        if standing.lon is not None and standing.lat is not None:
            x, y = crs.transform_points(
                [standing.lon], [standing.lat], crs.STORAGE, ground.situation.crs
            )
            xy = float(x[0]), float(y[0])
            division = division_of(ground.situation, standing.lon, standing.lat)
        beds = old.beds if old is not None else np.nan
        if standing.beds is not None:
            beds = float(standing.beds)
        own = old.own if old is not None else np.nan
        room = old.room if old is not None else np.nan
        if ground.supply == Supply.BEDS.value:
            room = beds
        return Place(number, xy, serves, beds, division, own, asked, room)

    def _change(self, key: str, place: Place | None) -> None:
        """Put a facility where and as it now is; None: it is no more."""
        old = self.places.get(key)
        if old is not None and old.serves:
            self._count(old, -1)
        if place is None:
            if old is not None:
                self._street(old.number, None)
                old.serves = False
                self.places[key] = old
            return
        moved = old is None or (old.xy, old.serves) != (place.xy, place.serves)
        if moved:
            number = self._street(place.number, place if place.serves else None)
            place.number = number
        elif old is not None:
            place.number = old.number
        if place.serves:
            self._count(place, 1)
        self.places[key] = place

    def _rooms(self) -> tuple[Floats, Floats]:
        """Return who finds room, and the places that each person can count on."""
        known = len(self.ground.keys)
        rows: list[tuple[int, float, Any, Floats]] = []
        gone = [self.ground.row[key] for key in self.stands if key in self.ground.row]
        for later, key in enumerate(self.stands):
            place = self.places[key]
            if place.serves and place.number >= 0:
                targets, seconds = self._reach(place.number)
                rank = self.ground.row.get(key, known + later)
                rows.append((rank, place.room, targets, seconds))
        return self.ground.rooms.served(gone, Changed(rows))

    def _reach(self, number: int) -> tuple[npt.NDArray[np.int64], Floats]:
        """Return the points a facility reaches, and the seconds to each."""
        found = [(here, plan.reached_by(number)) for here, plan, _ in self.ways]
        targets = [here[reached[0]] for here, reached in found]
        seconds = [reached[1] for _, reached in found]
        return (np.concatenate([np.empty(0, np.int64), *targets]),
                np.concatenate([np.empty(0), *seconds]))  # fmt: skip

    def _street(self, number: int, place: Place | None) -> int:
        """Search the streets anew from a facility, or take it off them."""
        from geodata.network.snap import snap

        network = self.ground.situation.network
        for _, plan, mode in self.ways:
            if place is None:
                if number >= 0:
                    plan.close(number)
                continue
            assert network is not None  # noqa: S101 - ways are ways on it
            spot = snap(
                network, [place.xy], max_m=self.ground.situation.profile.snap_m,
                mode="drive" if mode == "drive" else "walk",
            )  # fmt: skip
            own = (
                -1.0 if np.isnan(place.own) else place.own / plan.places.graph.speed_mps
            )
            if number < 0:
                fresh = plan.add(spot, own)[0]
                place.number = fresh
            else:
                plan.move(number, spot)
        return number if place is None else place.number

    def _around(self, place: Place) -> npt.NDArray[np.int64]:
        """Return the points in the circle of a facility."""
        if not np.isfinite(place.xy).all() or not len(self.ground.field.radius):
            return np.empty(0, np.int64)
        own = not np.isnan(place.own)
        most = place.own if own else float(self.ground.field.radius.max())
        near = self.ground.field.tree.query_ball_point(
            place.xy, np.nextafter(most, np.inf)
        )
        found = np.asarray(near, np.int64)
        step = self.ground.situation.people.xy[found] - place.xy
        far = np.sqrt((step * step).sum(axis=1))
        inside = far <= (most if own else self.ground.field.radius[found])
        return np.asarray(found[inside], np.int64)

    def reached(self) -> tuple[Bools | None, Floats]:
        """Return which points are reached, and the seconds to the nearest."""
        count = len(self.ground.weight)
        seconds = np.full(count, np.inf)
        if self.ground.situation.network is None:
            return None, seconds
        for here, plan, _ in self.ways:
            seconds[here] = plan.cost_s
        return np.isfinite(seconds), seconds

    def figures(self) -> Sums:
        """Return the figures now."""
        ground, weight = self.ground, self.ground.weight
        reached, seconds = self.reached()
        circled = self.circles > 0
        there = np.zeros(len(weight), bool) if reached is None else reached
        spent = np.where(there, np.where(there, seconds, 0) * weight, 0)
        return Sums(
            ground.people,
            ground.by_unit(weight * there),
            ground.by_unit(weight * circled),
            ground.by_unit(spent),
            self.stood[:-1].copy(),
            self.beds[:-1].copy(),
            *self._roomed(),
            elsewhere=int(self.stood[-1]),
            streets=reached is not None,
            points=circled if reached is None else reached,
            circled=circled,
        )

    def _roomed(self) -> tuple[Floats, Floats, Floats]:
        """Return by unit who is in need, who finds room, and what people count on."""
        ground = self.ground
        filled, score = self._rooms()
        need = ground.people * ground.need_share
        return need, ground.by_unit(filled), ground.by_unit(ground.weight * score)

    def _count(self, place: Place, times: int) -> None:
        """Count a facility that serves, or no longer, where it stands."""
        if times > 0:
            self.circles[self._around(place)] += 1
        else:
            self.circles[self._around(place)] -= 1
        at = self.ground.unit_at(place.division) if place.division else None
        at = -1 if at is None else at
        self.stood[at] += times
        self.beds[at] += 0.0 if np.isnan(place.beds) else times * place.beds

    def _shown(self, key: str) -> dict[str, Any]:
        place, standing = self.places[key], self.stands[key]
        home = None if standing.added else self.ground.lies_in(key)
        stays = standing.lon is None
        return {
            "facility": key, "name": standing.name or self.ground.name_of(key),
            "added": standing.added, "serves": place.serves,
            "lon": standing.lon, "lat": standing.lat, "was_in": home,
            "division": home if stays else place.division,
            "beds": None if np.isnan(place.beds) else int(place.beds),
            "on_street": self._on_street(place),
        }  # fmt: skip

    def _on_street(self, place: Place) -> bool | None:
        if not self.ways or not place.serves:
            return None
        return place.number >= 0 and len(self._reach(place.number)[0]) > 0
