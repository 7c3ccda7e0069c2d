"""Who finds room: places for so many, shared among all who can come.

Beside who is near a facility, what there is for them: floating catchments (E2SFCA)
say how many places each thousand people can count on, capacity-limited coverage who
is left when everybody in need goes to the nearest facility with room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boundaries.services import coverage as figures
from boundaries.services import nearness
from boundaries.services.omissions import Omission, told
from boundaries.services.words import Supply
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation
    from geodata.network.graph import Pairs

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Room:
    """The figures of one kind of room.

    Parameters
    ----------
    units
        By code: ``name, people, need, roomed, unroomed, roomed_share`` (of those in
        need) and ``per_thousand`` (places each thousand people can count on).
    """

    supply: str
    need_per_thousand: float
    units: pd.DataFrame
    total: dict[str, Any]
    omitted: tuple[Omission, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        rows = self.units.reset_index(names="code").replace({np.nan: None})
        return {
            "supply": self.supply,
            "supply_words": Supply(self.supply).label._asdict(),
            "need_per_thousand": self.need_per_thousand,
            "units": [figures.plain(row) for row in rows.to_dict("records")],
            "total": figures.plain(self.total),
            "omitted": [each.to_dict() for each in self.omitted],
        }


def room(
    situation: Situation,
    *,
    level: str = "street",
    types: Sequence[str] = (),
    supply: str = Supply.BEDS.value,
    need_per_thousand: float = 40.0,
    within: str | None = None,
) -> Room:
    """Return by unit what room its people can count on, and who finds none.

    Parameters
    ----------
    supply
        A :class:`Supply`.
    need_per_thousand
        Of so many people one is in need of a place; GB 50437 plans 40 beds for a
        thousand elderly.
    """
    made = rooms(
        situation, (level,), types=types, supply=supply,
        need_per_thousand=need_per_thousand, within=within,
    )  # fmt: skip
    return made[level]


def rooms(
    situation: Situation,
    levels: Sequence[str],
    *,
    types: Sequence[str] = (),
    supply: str = Supply.BEDS.value,
    need_per_thousand: float = 40.0,
    within: str | None = None,
) -> dict[str, Room]:
    """Return the room of the units of several levels, searched for once."""
    from geodata.network.access import catchment, fill, stepped

    checked_supply(supply)
    rows = situation.serving(figures.checked_types(types))
    places = _numbers(situation.facilities, supply, rows)
    known = np.isfinite(places) & (places > 0)
    found = pairs_within(situation, rows[known])
    weight = situation.people.weights[situation.profile.group]
    need = weight * need_per_thousand / 1000.0
    score = catchment(found, places[known], weight, stepped(found)).score
    served = fill(found, places[known], need).served
    missing = situation.facilities.index.to_numpy(object)[rows[np.isnan(places)]]
    omitted = told(
        [
            Omission.of(
                "no_room_known", "facilities",
                Text("没有登记容量，不计入。",
                     "Its places are not on record; not counted."),
                Text("请补填床位或名额。", "Fill in its places."),
                missing,
            )
        ]
    )  # fmt: skip
    here = figures.standing_in(situation, rows[known], within)
    made = {}
    for level in levels:
        units = _by_unit(situation, level, within, weight, need, served, score)
        total = _total(units, float(places[known][here].sum()))
        made[level] = Room(supply, need_per_thousand, units, total, omitted)
    return made


def checked_supply(supply: str) -> str:
    """Return what is counted as room, as stored; raise InputError for another word."""
    if supply not in {each.value for each in Supply}:
        raise InputError(
            Text(f"没有容量字段“{supply}”。", f"There is no supply “{supply}”."),
            Text(f"可用：{'、'.join(each.value for each in Supply)}。",
                 f"Use {', '.join(each.value for each in Supply)}."),
        )  # fmt: skip
    return supply


def pairs_within(situation: Situation, rows: npt.NDArray[np.int64]) -> Pairs:
    """Return which facilities reach which points in the time their people may take.

    Facilities with a radius of their own reach as far as that says. Empty without a
    network.
    """
    from geodata.network.graph import Pairs
    from geodata.network.reach import pairs

    sources: list[Any] = [np.empty(0, np.int64)]
    targets: list[Any] = [np.empty(0, np.int64)]
    costs: list[Any] = [np.empty(0)]
    people = situation.people
    own = nearness.own_radius(situation, rows)
    for urban, graph, spots, facilities in nearness.ways(situation):
        if graph is None or not len(rows) or not len(people):
            continue
        points = np.flatnonzero(people.urban == urban) if urban is not None else None
        points = np.arange(len(people)) if points is None else points
        usual = situation.limit_s()[points]
        limit = np.where(np.isnan(own), usual.max(initial=0.0), own / graph.speed_mps)
        found = pairs(
            graph, facilities.take(rows), spots.take(points), float(limit.max())
        )
        source = found.source
        most = np.where(
            np.isnan(own[source]), usual[found.target], own[source] / graph.speed_mps
        )
        near = found.cost_s <= most
        sources.append(source[near])
        targets.append(points[found.target[near]])
        costs.append(found.cost_s[near])
    source, target = np.concatenate(sources), np.concatenate(targets)
    order = np.lexsort((target, source))
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=len(rows)), out=indptr[1:])
    return Pairs(indptr, target[order].astype(np.int32), np.concatenate(costs)[order])


def _numbers(frame: pd.DataFrame, name: str, rows: npt.NDArray[np.int64]) -> Floats:
    if name not in frame:
        return np.full(len(rows), np.nan)
    values = pd.to_numeric(frame[name], errors="coerce")
    return np.asarray(values.to_numpy(float, na_value=np.nan)[rows], np.float64)


def _by_unit(
    situation: Situation, level: str, within: str | None, weight: Floats,
    need: Floats, served: Floats, score: Floats,
) -> pd.DataFrame:  # fmt: skip
    names = figures.unit_of(situation, figures.level_number(level), within)
    known = np.array([name is not None for name in names], bool)
    codes, unit = np.unique(names[known].astype(str), return_inverse=True)

    def total(values: Floats) -> Floats:
        sums = np.bincount(unit, weights=values[known], minlength=len(codes))
        return np.asarray(sums, np.float64)

    people, wanted, roomed = total(weight), total(need), total(served)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(wanted > 0, roomed / wanted * 100, np.nan)
        mean = np.where(people > 0, total(weight * score) / people * 1000, np.nan)
    return pd.DataFrame(
        {
            "name": [situation.tree.name.get(code, "") for code in codes],
            "people": people,
            "need": wanted,
            "roomed": roomed,
            "unroomed": np.maximum(wanted - roomed, 0.0),
            "roomed_share": share,
            "per_thousand": mean,
        },
        index=pd.Index(codes, name="code"),
    ).round(6)


def _total(units: pd.DataFrame, places: float) -> dict[str, Any]:
    found = {
        name: float(units[name].sum())
        for name in ("people", "need", "roomed", "unroomed")
    }
    need, people = found["need"], found["people"]
    found["places"] = places
    found["roomed_share"] = found["roomed"] / need * 100 if need else float("nan")
    mean = (units["per_thousand"].fillna(0) * units["people"]).sum()
    found["per_thousand"] = float(mean / people) if people else float("nan")
    return found
