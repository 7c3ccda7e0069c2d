"""Where to build: a siting model asked of a situation, and its answer by unit.

Candidates are sites of a layer or file, junctions of the streets near people, or
sites in the register that the bureau owns. Facilities that serve already are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services.words import Ownership, Status
from boundaries.vocabulary import Word
from geodata import crs
from geodata.errors import InfeasibleError, InputError, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.services.situation import Situation
    from geodata.network.graph import Pairs
    from geodata.network.siting import Problem, Sited

Floats = npt.NDArray[np.float64]
MOST_CANDIDATES = 5000
FAR_MINUTES = 60.0
"""How far p-median and p-center look: beyond, people count as not served."""


class Model(Word):
    """What is asked for."""

    P_MEDIAN = "p-median", "总路程最短", "least way for all together"
    P_CENTER = "p-center", "最远者最近", "nobody farther than need be"
    LSCP = "lscp", "全覆盖最少设施", "everybody covered by the fewest"
    MCLP = "mclp", "覆盖人数最多", "as many covered as possible"
    CAPACITATED = "capacitated", "有容量限制的最大覆盖", "as many as find room"


class Source(Word):
    """Where candidates come from, when no frame of them is given."""

    NODES = "nodes", "道路节点", "junctions of the streets"
    OWNED = "owned", "本局已有用地和设施", "sites the bureau owns"


@dataclass(frozen=True)
class Wish:
    """A siting question.

    ``number`` or ``budget`` (neither for lscp, where ``number`` is the most allowed),
    ``minutes`` instead of the profile's limits, ``room`` for candidates that say no
    ``beds``, ``keep`` existing facilities, ``candidates`` at most from junctions.
    """

    model: str
    number: int | None = None
    budget: float | None = None
    types: tuple[str, ...] = ()
    level: str = "street"
    minutes: float | None = None
    room: float | None = None
    keep: bool = True
    candidates: int = 500
    seconds: float = 10.0


@dataclass(frozen=True, eq=False)
class Sites:
    """Candidates: names, places in degrees and plane metres, prices and rooms."""

    name: list[str]
    lonlat: Floats
    xy: Floats
    price: Floats | None
    room: Floats | None


def sited(
    situation: Situation, wish: Wish, candidates: gpd.GeoDataFrame | str
) -> dict[str, Any]:
    """Return the answer of a model as JSON.

    Parameters
    ----------
    situation
        With a network: sites serve along streets.
    candidates
        Points (EPSG:4490) with ``name``, ``price`` and ``beds`` where they have them,
        or a :class:`Source`.

    Raises
    ------
    InputError, InfeasibleError
        For a question that is none, or that has no answer; the hint says what to do.
    """
    model = _model(wish.model)
    kinds = figures.checked_types(wish.types)
    if situation.network is None:
        raise InputError(
            Text("没有路网，无法选址。", "Without a street network nothing is sited."),
            Text("请先用 quhua network add 导入路网。",
                 "Add one first: quhua network add."),
        )  # fmt: skip
    sites = _offered(situation, wish, candidates, kinds)
    kept = situation.serving(kinds) if wish.keep else np.empty(0, np.int64)
    problem = _problem(situation, wish, sites, kept, model)
    answer = _asked(model, problem, wish)
    return _told(situation, wish, model, sites, kept, problem, answer)


def _model(text: str) -> Model:
    try:
        return Model.of(text)
    except ValueError:
        words = ", ".join(each.value for each in Model)
        raise InputError(
            Text(f"没有模型“{text}”。", f"There is no model “{text}”."),
            Text(f"可用：{words}。", f"Use {words}."),
        ) from None


def _offered(
    situation: Situation, wish: Wish, given: gpd.GeoDataFrame | str,
    kinds: tuple[str, ...],
) -> Sites:  # fmt: skip
    if isinstance(given, str):
        source = Source.of(given)
        found = (
            _junctions(situation, wish.candidates)
            if source is Source.NODES
            else _owned(situation, kinds)
        )
    else:
        found = _of_frame(situation, given)
    if not found.name:
        raise InfeasibleError(
            Text("没有候选点。", "There are no candidates."),
            Text("请换一个候选来源，或提供候选点文件。",
                 "Take them from elsewhere, or give a file of them."),
        )  # fmt: skip
    if len(found.name) > MOST_CANDIDATES:
        raise InputError(
            Text(f"候选点 {len(found.name)} 个，超过 {MOST_CANDIDATES} 个。",
                 f"{len(found.name)} candidates are more than {MOST_CANDIDATES}."),
            Text("请缩小范围。", "Offer fewer."),
        )  # fmt: skip
    return found


def _of_frame(situation: Situation, frame: gpd.GeoDataFrame) -> Sites:
    points = np.asarray(frame.geometry.array, dtype=object)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    frame, points = frame[there], points[there]
    middle = np.asarray(shapely.centroid(points), dtype=object)
    lonlat = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    names = _column(frame, ("name", "名称", "facility", "编号"))
    labels = [str(key) for key in frame.index] if names is None else names.astype(str)
    return Sites(
        [str(label) for label in labels],
        lonlat,
        _plane(situation, lonlat),
        _numbers(frame, ("price", "cost", "造价", "投资")),
        _numbers(frame, ("beds", "beds_total", "room", "capacity", "床位数", "床位")),
    )


def _owned(situation: Situation, kinds: tuple[str, ...]) -> Sites:
    """Return public sites of the register that do not serve these types now."""
    frame = situation.facilities
    public = frame["ownership"].isin(
        [Ownership.PUBLIC.value, Ownership.PUBLIC_PRIVATE.value]
    ) if "ownership" in frame else pd.Series(data=False, index=frame.index)  # fmt: skip
    free = np.ones(len(frame), bool)
    free[situation.serving(kinds)] = False
    gone = frame["status"].eq(Status.MOVED.value).to_numpy(bool)
    return _of_frame(situation, frame[public.to_numpy(bool) & free & ~gone])


def _junctions(situation: Situation, most: int) -> Sites:
    """Return junctions of the streets, one of each square where people live."""
    network = situation.network
    assert network is not None  # noqa: S101 - looked at before
    low = situation.people.xy.min(axis=0)
    span = np.maximum(situation.people.xy.max(axis=0) - low, 1.0)
    nodes = network.nodes
    near = ((nodes >= low - 500) & (nodes <= low + span + 500)).all(axis=1)
    used = np.zeros(len(nodes), bool)
    used[network.tail], used[network.head] = True, True
    walked = np.flatnonzero(near & used)
    side = math.sqrt(span.prod() / max(most, 1)) / 4
    for _ in range(60):
        lived = _squares(situation.people.xy, low, side)
        mine = _squares(nodes[walked], low, side)
        keep = np.isin(mine, lived)
        _, first = np.unique(mine[keep], return_index=True)
        chosen = walked[keep][first]
        if len(chosen) <= most:
            break
        side *= 1.07
    lon, lat = crs.transform_points(
        nodes[chosen, 0], nodes[chosen, 1], network.crs, crs.STORAGE
    )
    lonlat = np.column_stack([lon, lat])
    names = [f"N{node}" for node in chosen]
    return Sites(names, lonlat, _plane(situation, lonlat), None, None)


def _squares(xy: Floats, low: Floats, side: float) -> npt.NDArray[np.int64]:
    at = np.floor((xy - low) / side).astype(np.int64)
    return at[:, 0] * 1_000_003 + at[:, 1]


def _plane(situation: Situation, lonlat: Floats) -> Floats:
    x, y = crs.transform_points(lonlat[:, 0], lonlat[:, 1], crs.STORAGE, situation.crs)
    return np.column_stack([x, y])


def _problem(
    situation: Situation, wish: Wish, sites: Sites, kept: npt.NDArray[np.int64],
    model: Model,
) -> Problem:  # fmt: skip
    from geodata.network.siting import from_pairs

    far = model in (Model.P_MEDIAN, Model.P_CENTER)
    limit = situation.limit_s()
    if wish.minutes is not None or far:
        limit = np.full(len(limit), (wish.minutes or FAR_MINUTES) * 60)
    count = len(sites.name)
    standing = np.arange(count + len(kept)) >= count
    return from_pairs(
        _pairs(situation, sites.xy, kept, limit),
        situation.people.weights[situation.profile.group],
        kept=standing,
        price=None if wish.budget is None else _prices(sites, len(kept)),
        room=_rooms(situation, wish, sites, kept)
        if model is Model.CAPACITATED
        else None,
    )


def _prices(sites: Sites, kept: int) -> Floats:
    if sites.price is None or np.isnan(sites.price).any():
        raise InputError(
            Text("按预算选址，每个候选点都须有造价（price）。",
                 "With a budget every candidate needs a price."),
            Text("请在候选点文件中补全 price 列，或改用数量 -p。",
                 "Complete the column price, or ask for a number with -p."),
        )  # fmt: skip
    return np.concatenate((sites.price, np.zeros(kept)))


def _rooms(
    situation: Situation, wish: Wish, sites: Sites, kept: npt.NDArray[np.int64]
) -> Floats:
    new = np.full(len(sites.name), np.nan) if sites.room is None else sites.room
    old = _numbers(situation.facilities, ("beds_total",))
    there = np.full(len(kept), np.nan) if old is None else old[kept]
    rooms = np.concatenate((new, np.nan_to_num(there, nan=0.0)))
    if wish.room is not None:
        rooms = np.where(np.isnan(rooms), wish.room, rooms)
    if np.isnan(rooms).any():
        raise InputError(
            Text("有候选点没有服务能力（beds）。", "Candidates without room (beds)."),
            Text("请补全 beds 列，或用 --room 给出每处的服务人数。",
                 "Complete the column beds, or give --room."),
        )  # fmt: skip
    return rooms


def _pairs(
    situation: Situation, xy: Floats, kept: npt.NDArray[np.int64], limit: Floats
) -> Pairs:
    """Return candidates, then kept facilities, and the points each reaches in time."""
    from geodata.network.graph import Pairs, Spots
    from geodata.network.reach import pairs
    from geodata.network.snap import snap

    source: list[npt.NDArray[Any]] = []
    target: list[npt.NDArray[Any]] = []
    cost: list[npt.NDArray[Any]] = []
    assert situation.network is not None  # noqa: S101 - looked at before
    for urban, graph, spots, facilities in figures.ways(situation):
        here = np.arange(len(limit))
        if urban is not None:
            here = np.flatnonzero(situation.people.urban == urban)
        if graph is None or not len(here):
            continue
        new = snap(
            situation.network, xy, max_m=situation.profile.snap_m,
            mode="drive" if urban is False else "walk",
        )  # fmt: skip
        old = facilities.take(kept)
        both = Spots(
            np.concatenate((new.edge, old.edge)),
            np.concatenate((new.along_m, old.along_m)),
            np.concatenate((new.snap_m, old.snap_m)),
        )
        found = pairs(graph, both, spots.take(here), float(limit[here].max()))
        near = found.cost_s <= limit[here][found.target]
        source.append(found.source[near])
        target.append(here[found.target[near]])
        cost.append(found.cost_s[near])
    of, place, way = (np.concatenate(each) for each in (source, target, cost))
    order = np.lexsort((place, of))
    counts = np.bincount(of, minlength=len(xy) + len(kept))
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Pairs(indptr, place[order].astype(np.int32), way[order])


def _asked(model: Model, problem: Problem, wish: Wish) -> Sited:
    from geodata.network import siting

    means: dict[str, Any] = {"number": wish.number, "budget": wish.budget}
    match model:
        case Model.LSCP:
            return siting.lscp(problem, most=wish.number, seconds=wish.seconds)
        case Model.MCLP:
            return siting.mclp(problem, **means, seconds=wish.seconds)
        case Model.P_MEDIAN:
            return siting.p_median(problem, **means, seconds=wish.seconds)
        case Model.P_CENTER:
            return siting.p_center(problem, **means, seconds=wish.seconds)
        case Model.CAPACITATED:
            return siting.capacitated_mclp(problem, **means, seconds=wish.seconds)


def _told(
    situation: Situation, wish: Wish, model: Model, sites: Sites,
    kept: npt.NDArray[np.int64], problem: Problem, answer: Sited,
) -> dict[str, Any]:  # fmt: skip
    from boundaries.services.edits import division_of

    weight = problem.weight
    count = len(sites.name)
    before = _before(problem, model)
    opened = [
        {
            "site": sites.name[at],
            "lon": round(float(sites.lonlat[at, 0]), 7),
            "lat": round(float(sites.lonlat[at, 1]), 7),
            "division": division_of(situation, *map(float, sites.lonlat[at])),
            "price": float(problem.price[at]),
            "nearest_for": round(float(weight[answer.site == at].sum()), 3),
        }
        for at in answer.opened.tolist()
    ]
    told = answer.to_dict()
    return {
        "model": model.value,
        "status": told["status"],
        "gap": told["gap"],
        "objective": told["objective"],
        "bound": told["bound"],
        "opened": opened,
        "candidates": count,
        "existing": len(kept),
        "spent": told["spent"],
        "total": {
            "people": round(float(weight.sum()), 3),
            "before": round(float(before.sum()), 3),
            "after": round(float(answer.served.sum()), 3),
            "mean_minutes": _minutes(told["mean_s"]),
            "farthest_minutes": _minutes(told["farthest_s"]),
        },
        "units": _by_unit(situation, wish.level, weight, before, answer.served),
        "dropped": {
            "points": len(answer.dropped),
            "people": round(float(weight[answer.dropped].sum()), 3),
        },
        "omitted": [each.to_dict() for each in situation.omitted(kept)],
        "stamp": situation.stamp,
    }


def _before(problem: Problem, model: Model) -> Floats:
    """Return how many of each place the kept facilities serve, by the same measure."""
    from geodata.network.siting import served_by

    if model is Model.CAPACITATED:
        return served_by(problem, problem.kept)
    reached = np.zeros(problem.places, bool)
    for site in np.flatnonzero(problem.kept):
        reached[problem.place[problem.starts[site] : problem.starts[site + 1]]] = True
    return np.where(reached, problem.weight, 0.0)


def _by_unit(
    situation: Situation, level: str, weight: Floats,
    before: Floats, served: Floats,
) -> list[dict[str, Any]]:  # fmt: skip
    names = figures.unit_of(situation, figures.level_number(level), None)
    known = np.array([name is not None for name in names], bool)
    codes, unit = np.unique(names[known].astype(str), return_inverse=True)
    sums = [
        np.bincount(unit, values[known], len(codes)).round(3).tolist()
        for values in (weight, before, served)
    ]
    return [
        {"code": str(code), "name": situation.tree.name.get(str(code), ""),
         "people": people, "before": was, "after": now}
        for code, people, was, now in zip(codes, *sums, strict=True)
    ]  # fmt: skip


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 3)


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.Series[Any] | None:
    found = next((name for name in names if name in frame), None)
    return None if found is None else frame[found]


def _numbers(frame: pd.DataFrame, names: tuple[str, ...]) -> Floats | None:
    column = _column(frame, names)
    if column is None:
        return None
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    return np.asarray(values, np.float64)
