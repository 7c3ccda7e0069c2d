"""A siting question, and the problem it is of a situation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boundaries.services import coverage as figures
from boundaries.services.omissions import Omission
from boundaries.services.siting.candidates import Sites, numbers_of
from boundaries.services.siting.ways import ways
from boundaries.services.words import Model
from geodata.errors import InfeasibleError, InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.services.situation import Situation
    from geodata.network.siting import Problem, Sited

Floats = npt.NDArray[np.float64]


_NAMED = 8
FAR = frozenset({Model.P_MEDIAN, Model.P_CENTER})
"""Models that look beyond the time within which people count as reached."""


@dataclass(frozen=True)
class Wish:
    """A siting question.

    ``number`` or ``budget`` (neither for lscp, where ``number`` is the most allowed),
    ``minutes`` instead of the profile's limits, ``room`` and ``price`` for candidates
    that say no ``beds`` and no price, ``keep`` existing facilities, ``candidates`` at
    most from junctions, ``within`` only the people and the candidates of a unit.
    """

    model: str
    number: int | None = None
    budget: float | None = None
    types: tuple[str, ...] = ()
    level: str = "street"
    minutes: float | None = None
    room: float | None = None
    price: float | None = None
    keep: bool = True
    candidates: int = 1000
    seconds: float = 10.0
    within: str | None = None


@dataclass(frozen=True, eq=False)
class Asked:
    """A question as arrays: the problem, and which of its pairs are in time.

    ``units`` is the unit of each place (None: not asked about), ``sites`` the
    candidates, which come before the ``kept`` facilities in the problem.
    """

    model: Model
    sites: Sites
    kept: npt.NDArray[np.int64]
    problem: Problem
    in_time: npt.NDArray[np.bool_]
    units: npt.NDArray[np.object_]
    price: Floats | None
    """Of the candidates; None: not known."""

    def reached(self, opened: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return which places some of the open sites reach in time."""
        problem = self.problem
        site = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
        near = self.in_time & opened[site]
        return np.bincount(problem.place[near], minlength=problem.places) > 0


def checked_model(text: str) -> Model:
    """Return a model by its word; raise InputError."""
    try:
        return Model.of(text)
    except ValueError:
        words = ", ".join(each.value for each in Model)
        raise InputError(
            Text(f"没有模型“{text}”。", f"There is no model “{text}”."),
            Text(f"可用：{words}。", f"Use {words}."),
        ) from None


def asked(
    situation: Situation, wish: Wish, sites: Sites, kinds: tuple[str, ...]
) -> Asked:
    """Return the problem of a question over these candidates.

    Raises
    ------
    InputError
        For candidates without the price or the room the question needs.
    InfeasibleError
        When no candidate stands on a street.
    """
    from geodata.network.siting import from_pairs

    model = checked_model(wish.model)
    kept = situation.serving(kinds) if wish.keep else np.empty(0, np.int64)
    sites = _on_streets(situation, sites)
    price = _filled(sites.price, wish.price, len(sites))
    pairs, in_time = ways(
        situation, sites, kept, minutes=wish.minutes, far=model in FAR
    )
    units = figures.unit_of(situation, figures.level_number(wish.level), wish.within)
    weight = situation.people.weights[situation.profile.group]
    if wish.within is not None:
        weight = np.where(_at_home(situation, wish.within), weight, 0.0)
    standing = np.arange(len(sites) + len(kept)) >= len(sites)
    problem = from_pairs(
        pairs,
        weight,
        kept=standing,
        price=None
        if wish.budget is None
        else np.concatenate((_priced(sites, price, wish.budget), np.zeros(len(kept)))),
        room=_rooms(situation, wish, sites, kept)
        if model is Model.CAPACITATED
        else None,
    )
    return Asked(model, sites, kept, problem, in_time, units, price)


def answered(question: Asked, wish: Wish, names: Mapping[str, str]) -> Sited:
    """Return what the model opens.

    Where everybody is to be got to and cannot be, the hint says where those live whom
    nothing serves yet (``names`` of units by code).
    """
    try:
        return _solved(question, wish)
    except InfeasibleError as error:
        lacking = _lacking(question, names)
        if question.model not in (Model.LSCP, Model.P_CENTER) or not lacking:
            raise
        told = error.hint or Text("", "")
        raise InfeasibleError(
            error.message,
            Text(f"{told.zh}现有设施都到不了的人住在：{'、'.join(lacking)}。",
                 f"{told.en} Whom nothing serves yet lives in: {', '.join(lacking)}."),
        ) from error  # fmt: skip


def _lacking(question: Asked, names: Mapping[str, str]) -> list[str]:
    """Return the units with most people whom candidates get to and nothing kept."""
    problem = question.problem
    site = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    served = np.bincount(problem.place[problem.kept[site]], minlength=problem.places)
    lost = problem.asked & (served == 0)
    known = lost & np.array([unit is not None for unit in question.units], bool)
    codes, at = np.unique(question.units[known].astype(str), return_inverse=True)
    people = np.bincount(at, problem.weight[known], len(codes))
    order = np.argsort(-people, kind="stable")[:_NAMED]
    return [f"{names.get(codes[one]) or codes[one]} {people[one]:,.0f}"
            for one in order]  # fmt: skip


def _solved(question: Asked, wish: Wish) -> Sited:
    from geodata.network import siting

    problem, seconds = question.problem, wish.seconds
    means: dict[str, Any] = {"number": wish.number, "budget": wish.budget}
    match question.model:
        case Model.LSCP:
            return siting.lscp(problem, most=wish.number, seconds=seconds)
        case Model.MCLP:
            return siting.mclp(problem, **means, seconds=seconds)
        case Model.P_MEDIAN:
            return siting.p_median(problem, **means, seconds=seconds)
        case Model.P_CENTER:
            return siting.p_center(problem, **means, seconds=seconds)
        case Model.CAPACITATED:
            return siting.capacitated_mclp(problem, **means, seconds=seconds)


def _at_home(situation: Situation, unit: str) -> npt.NDArray[np.bool_]:
    """Return which points of people belong to a unit."""
    tree, home = situation.tree, situation.people.home.astype(str)
    homes, inverse = np.unique(home, return_inverse=True)
    inside = np.array([unit in tree.chain(each) for each in homes], bool)
    return np.asarray(inside[inverse], bool)


def _on_streets(situation: Situation, sites: Sites) -> Sites:
    """Return the candidates a street is near to."""
    from geodata.network.snap import snap

    assert situation.network is not None  # noqa: S101 - looked at before
    far = situation.profile.snap_m
    near = snap(situation.network, sites.xy, max_m=far).edge >= 0
    lost = Omission.of(
        "candidate_off_street", "facilities",
        Text(f"候选点 {far:g} 米内没有道路，不参与选址。",
             f"No street within {far:g} m of these candidates; not offered."),
        Text("请核对坐标，或补充路网。",
             "Check their coordinates, or complete the network."),
        np.array(sites.name, dtype=object)[~near],
    )  # fmt: skip
    if not near.any():
        raise InfeasibleError(
            Text(f"{len(sites)} 个候选点附近 {far:g} 米内都没有道路："
                 f"{'、'.join(sites.name[:5])}。",
                 f"None of the {len(sites)} candidates has a street within {far:g} m: "
                 f"{', '.join(sites.name[:5])}."),
            lost.what_to_do,
        )  # fmt: skip
    return sites.take(near, lost)


def _filled(said: Floats | None, each: float | None, count: int) -> Floats | None:
    """Return what candidates say, or else what holds for each that says nothing."""
    if each is None:
        return said
    found = np.full(count, np.nan) if said is None else said
    return np.where(np.isnan(found), each, found)


def _priced(sites: Sites, price: Floats | None, budget: float) -> Floats:
    """Return the prices; raise where some are missing or all are too high."""
    silent = np.ones(len(sites), bool) if price is None else np.isnan(price)
    if price is None or silent.any():
        raise InputError(
            Text(f"按预算选址，每个候选点都须有造价（price）；{_named(sites, silent)}"
                 "没有。",
                 "With a budget every candidate needs a price; without one: "
                 f"{_named(sites, silent)}."),
            Text("请补全 price 列，给出每处造价，或改用数量。",
                 "Complete the column price, give a price for each, or ask for a "
                 "number."),
        )  # fmt: skip
    least = int(np.argmin(price))
    if price[least] > budget:
        raise InfeasibleError(
            Text(f"预算 {budget:g} 一处也建不成，最便宜的需要 {price[least]:g}"
                 f"（{sites.name[least]}）。",
                 f"A budget of {budget:g} opens no site; the cheapest takes "
                 f"{price[least]:g} ({sites.name[least]})."),
            Text("请提高预算，或提供更便宜的候选点。",
                 "Raise the budget, or offer cheaper candidates."),
        )  # fmt: skip
    return price


def _rooms(
    situation: Situation, wish: Wish, sites: Sites, kept: npt.NDArray[np.int64]
) -> Floats:
    new = _filled(sites.room, wish.room, len(sites))
    old = numbers_of(situation.facilities, ("beds_total",))
    there = np.zeros(len(kept)) if old is None else np.nan_to_num(old[kept], nan=0.0)
    silent = np.ones(len(sites), bool) if new is None else np.isnan(new)
    if new is None or silent.any():
        raise InputError(
            Text(f"候选点没有服务能力（beds）：{_named(sites, silent)}。",
                 f"Candidates without room (beds): {_named(sites, silent)}."),
            Text("请补全 beds 列，或用 --room 给出每处的服务人数。",
                 "Complete the column beds, or give --room."),
        )  # fmt: skip
    return np.concatenate((new, there))


def _named(sites: Sites, rows: npt.NDArray[np.bool_]) -> str:
    """Return the first names of some candidates, and how many there are."""
    found = np.flatnonzero(rows)
    names = "、".join(sites.name[at] for at in found[:5])
    return names if len(found) <= 5 else f"{names} … ({len(found)})"
