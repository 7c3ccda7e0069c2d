"""What a siting model answers, as JSON: sites, their certificate, who is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from boundaries.services import coverage as figures
from boundaries.services.profiles import Group
from boundaries.services.siting.asking import (
    Asked,
    Wish,
    answered,
    asked,
    checked_model,
)
from boundaries.services.siting.candidates import offered
from boundaries.services.words import Model
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from boundaries.services.situation import Situation
    from geodata.network.siting import Sited

Floats = npt.NDArray[np.float64]
MOST_OUTSIDE = 1500
"""Places of people still outside that an answer names; of more, near ones are one."""


def sited(
    situation: Situation,
    wish: Wish,
    candidates: gpd.GeoDataFrame | str,
    tell: Callable[[float, Text], None] | None = None,
) -> dict[str, Any]:
    """Return the answer of a model as JSON.

    Parameters
    ----------
    situation
        With a network: sites serve along streets.
    candidates
        Points (EPSG:4490) with ``name``, ``price`` and ``beds`` where they have them,
        or a :class:`boundaries.services.siting.Source`.
    tell
        Hears how far the work is, 0 to 1, and what is being done.

    Raises
    ------
    InputError, InfeasibleError
        For a question that is none, or that has no answer; the hint says what to do.
    """
    say = tell or _silent
    checked_model(wish.model)
    kinds = figures.checked_types(wish.types)
    if situation.network is None:
        raise InputError(
            Text("没有路网，无法选址。", "Without a street network nothing is sited."),
            Text("请先用 quhua network add 导入路网。",
                 "Add one first: quhua network add."),
        )  # fmt: skip
    if not len(situation.people):
        raise InputError(
            Text("没有人口，无法选址。", "Nobody lives here; nothing is sited."),
            Text("请先导入并发布人口。", "Import and publish a population first."),
        )
    group = Group(situation.profile.group)
    if not situation.people.weights[group.value].any():
        raise InputError(
            Text(f"人口数据中没有“{group.label.zh}”，无法选址。",
                 f"The population has no counts of {group.label.en}; nothing is "
                 "sited."),
            Text("请补充人口表的该列，或改选人群。",
                 "Complete this column of the table, or choose other people."),
        )  # fmt: skip
    say(0.1, Text("正在准备候选点", "gathering the candidates"))
    sites = offered(
        situation, candidates, kinds, most=wish.candidates, within=wish.within
    )
    say(0.2, Text("正在计算到达时间", "measuring the ways"))
    question = asked(situation, wish, sites, kinds)
    say(0.5, Text("正在求解", "solving the model"))
    answer = answered(question, wish, situation.tree.name)
    say(0.9, Text("正在汇总", "summing up"))
    return _told(situation, question, answer)


def _silent(_share: float, _words: Text) -> None:
    """Hear nothing."""


def _told(situation: Situation, question: Asked, answer: Sited) -> dict[str, Any]:
    problem, sites = question.problem, question.sites
    weight = problem.weight
    before, after = _served(question, answer)
    told = answer.to_dict()
    fresh = np.where(before > 0, 0.0, after)
    opened = [
        _site(situation, question, answer, at, fresh) for at in answer.opened.tolist()
    ]
    prices = [each["price"] for each in opened]
    was = _ways(question, problem.kept)
    return {
        "model": question.model.value,
        "measure": "room" if question.model is Model.CAPACITATED else "reached",
        "status": told["status"],
        "gap": told["gap"],
        "objective": told["objective"],
        "bound": told["bound"],
        "opened": opened,
        "candidates": len(sites),
        "existing": len(question.kept),
        "spent": told["spent"],
        "cost": None if None in prices else round(sum(prices), 3),
        "total": {
            "people": round(float(weight.sum()), 3),
            "before": round(float(before.sum()), 3),
            "after": round(float(after.sum()), 3),
            "mean_minutes_before": _mean(was, weight),
            "mean_minutes": _mean(answer.cost_s, weight),
            "mean_minutes_same": _mean(_same(was, answer.cost_s), weight),
            "farthest_minutes_before": _farthest(was, weight),
            "farthest_minutes": _farthest(answer.cost_s, weight),
        },
        "units": _by_unit(situation, question, (weight, before, after),
                          (was, answer.cost_s, _same(was, answer.cost_s))),
        "dropped": _dropped(situation, question, answer),
        "outside": _outside(situation, weight - after),
        "standing": _standing(situation, question.kept),
        "offered": sites.lonlat.round(6).tolist(),
        "omitted": [
            each.to_dict()
            for each in (*sites.omitted, *situation.omitted(question.kept))
            if each.kind != "no_facility"  # a plan may begin with none
        ],
        "stamp": situation.stamp,
    }  # fmt: skip


def _served(question: Asked, answer: Sited) -> tuple[Floats, Floats]:
    """Return how many of each place are served by what is kept, and by all."""
    from geodata.network.siting import served_by

    problem = question.problem
    if question.model is Model.CAPACITATED:
        return served_by(problem, problem.kept), answer.served
    opened = problem.kept.copy()
    opened[answer.opened] = True
    before, after = (
        np.where(question.reached(flags), problem.weight, 0.0)
        for flags in (problem.kept, opened)
    )
    return before, after


def _ways(question: Asked, opened: npt.NDArray[np.bool_]) -> Floats:
    """Return the way of each place to the nearest of the open sites, inf for none."""
    problem = question.problem
    site = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    found = np.full(problem.places, np.inf)
    mine = opened[site]
    np.minimum.at(found, problem.place[mine], problem.way[mine])
    return found


def _site(
    situation: Situation, question: Asked, answer: Sited, at: int, fresh: Floats
) -> dict[str, Any]:
    """Return one site that is opened."""
    from boundaries.services.edits import division_of

    sites, mine = question.sites, answer.site == at
    lon, lat = map(float, sites.lonlat[at])
    division = division_of(situation, lon, lat)
    number = sites.facility[at]
    room = None if sites.room is None else sites.room[at]
    return {
        "site": sites.name[at],
        "facility": number,
        "type": None if number is None else situation.facilities["type"].get(number),
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "division": division,
        "place": _place(situation, division),
        "price": None if question.price is None else _plain(question.price[at]),
        "room": None if room is None else _plain(room),
        "nearest_for": round(float(question.problem.weight[mine].sum()), 3),
        "newly": round(float(fresh[mine].sum()), 3),
    }


def _place(situation: Situation, division: str | None) -> str:
    """Return where a site lies, in words: street and community."""
    if division is None:
        return ""
    names = [situation.tree.name.get(up, "") for up in situation.tree.chain(division)]
    return " ".join(reversed([name for name in names[:2] if name]))


def _by_unit(
    situation: Situation, question: Asked, sums: tuple[Floats, ...],
    ways: tuple[Floats, ...],
) -> list[dict[str, Any]]:  # fmt: skip
    names = question.units
    known = np.array([name is not None for name in names], bool)
    codes, unit = np.unique(names[known].astype(str), return_inverse=True)
    weight = sums[0]

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(unit, values[known], len(codes)), np.float64)

    columns = [total(values).round(3).tolist() for values in sums]
    for way in ways:
        near = np.isfinite(way)
        spent = total(np.where(near, way, 0.0) * weight)
        who = total(np.where(near, weight, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            columns.append((spent / who / 60).round(3).tolist())
    boxes = situation.divisions.geometry.bounds.reindex(codes).to_numpy(float)
    return [
        {"code": str(code), "name": situation.tree.name.get(str(code), ""),
         "people": people, "before": was, "after": now, "newly": round(now - was, 3),
         "minutes_before": _plain(first), "minutes": _plain(then),
         "minutes_same": _plain(same),
         "box": None if np.isnan(box).any() else box.round(6).tolist()}
        for code, people, was, now, first, then, same, box
        in zip(codes, *columns, boxes, strict=True)
    ]  # fmt: skip


def _dropped(situation: Situation, question: Asked, answer: Sited) -> dict[str, Any]:
    """Return the people no candidate comes to, and where they live."""
    rows = answer.dropped
    weight = question.problem.weight[rows]
    homes = question.units[rows]
    known = np.array([home is not None for home in homes], bool)
    codes, at = np.unique(homes[known].astype(str), return_inverse=True)
    sums = np.bincount(at, weight[known], len(codes))
    order = np.argsort(-sums, kind="stable")
    return {
        "points": len(rows),
        "people": round(float(weight.sum()), 3),
        "units": [
            {"code": str(codes[one]),
             "name": situation.tree.name.get(str(codes[one]), ""),
             "people": round(float(sums[one]), 3)}
            for one in order
        ],
    }  # fmt: skip


def _outside(situation: Situation, lacking: Floats) -> list[list[float]]:
    """Return where people are who stay outside: [lon, lat, people], most first.

    Where there are too many places, those in one square are one, at the middle of
    their people.
    """
    found = np.flatnonzero(lacking > 1e-6)
    xy, lonlat = situation.people.xy[found], situation.people.lonlat[found]
    people = lacking[found]
    if len(found) > MOST_OUTSIDE:
        cell = _cells(xy, MOST_OUTSIDE)
        sums = np.bincount(cell, people).astype(np.float64)
        lonlat = np.column_stack(
            [np.bincount(cell, people * lonlat[:, side]) / sums for side in (0, 1)]
        )
        people = sums
    order = np.argsort(-people, kind="stable")
    rows = np.column_stack([lonlat[order].round(6), people[order].round(2)])
    told: list[list[float]] = rows.tolist()
    return told


def _cells(xy: Floats, most: int) -> npt.NDArray[np.int64]:
    """Return the square each point is in, of squares of which there are so many."""
    low = xy.min(axis=0)
    side = float(np.sqrt(np.maximum(np.ptp(xy, axis=0), 1.0).prod() / most)) / 2
    while True:
        at = np.floor((xy - low) / side).astype(np.int64)
        cells, inverse = np.unique(at @ [1 << 24, 1], return_inverse=True)
        if len(cells) <= most:
            return np.asarray(inverse.ravel(), np.int64)
        side *= 1.1


def _standing(situation: Situation, rows: npt.NDArray[np.int64]) -> list[Any]:
    """Return the facilities that are kept: [name, lon, lat] of those with a place."""
    frame = situation.facilities.iloc[rows]
    points = np.asarray(frame.geometry.array, dtype=object)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    return [
        [str(name), round(float(x), 6), round(float(y), 6)]
        for name, x, y in zip(frame["name"], lon, lat, strict=True)
        if np.isfinite(x)
    ]


def _same(before: Floats, after: Floats) -> Floats:
    """Return the ways of those who had one before: what compares with that."""
    return np.where(np.isfinite(before), after, np.inf)


def _mean(way: Floats, weight: Floats) -> float | None:
    near = np.isfinite(way) & (weight > 0)
    if not near.any():
        return None
    return round(float(np.average(way[near], weights=weight[near])) / 60, 3)


def _farthest(way: Floats, weight: Floats) -> float | None:
    near = np.isfinite(way) & (weight > 0)
    return round(float(way[near].max()) / 60, 3) if near.any() else None


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
