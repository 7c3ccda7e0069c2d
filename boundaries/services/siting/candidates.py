"""Sites that may be opened: of a file or drawn, on record, or junctions of streets.

A candidate that cannot be one (no place, outside the unit asked about, no street
near) is left out and named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services.omissions import Omission, told
from boundaries.services.words import Ownership, Status
from boundaries.vocabulary import Word
from geodata import crs
from geodata.errors import InfeasibleError, InputError, Text

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from boundaries.services.situation import Situation

Floats = npt.NDArray[np.float64]
MOST_CANDIDATES = 5000
LIVED_M = 300.0
"""How near somebody lives to a junction that is offered, in metres."""
NAMES = ("name", "名称", "facility", "编号", "候选点")
PRICES = ("price", "cost", "造价", "投资", "投资额")
ROOMS = ("beds", "beds_total", "room", "capacity", "床位数", "床位", "服务能力")


class Source(Word):
    """Where candidates come from, when no frame of them is given."""

    NODES = "nodes", "道路节点", "junctions of the streets"
    OWNED = "owned", "本局已有用地和设施", "sites the bureau owns"
    LAYER = (
        "layer",
        "登记册中未提供服务的设施",
        "facilities on record that do not serve",
    )


@dataclass(frozen=True, eq=False)
class Sites:
    """Candidates: names, places in degrees and plane metres, prices and rooms.

    ``facility`` is the number of those on record, None for others; ``omitted`` what
    was offered and cannot be one.
    """

    name: list[str]
    facility: list[str | None]
    lonlat: Floats
    xy: Floats
    price: Floats | None
    room: Floats | None
    omitted: tuple[Omission, ...] = ()

    def __len__(self) -> int:
        return len(self.name)

    def take(self, rows: npt.NDArray[np.bool_], *why: Omission) -> Sites:
        """Return some of them; ``why`` says what became of the others."""
        at = np.flatnonzero(rows)
        return replace(
            self,
            name=[self.name[row] for row in at],
            facility=[self.facility[row] for row in at],
            lonlat=self.lonlat[at],
            xy=self.xy[at],
            price=None if self.price is None else self.price[at],
            room=None if self.room is None else self.room[at],
            omitted=(*self.omitted, *told(why)),
        )


def read_file(path: Path, name: str | None = None, *, upload: bool) -> gpd.GeoDataFrame:
    """Return the candidates of a file; records that lie nowhere stay, to be named."""
    from geodata.files import read

    frame, _ = read(
        path, name=name, overrides={"placeless": True},
        limits="upload" if upload else "operator",
    )  # fmt: skip
    return frame


def offered(
    situation: Situation, given: gpd.GeoDataFrame | str, kinds: tuple[str, ...],
    *, most: int, within: str | None,
) -> Sites:  # fmt: skip
    """Return the candidates of a source or frame that lie in a unit.

    Raises
    ------
    InfeasibleError
        When there are none; the hint says why those offered are not.
    InputError
        For another source, or too many.
    """
    if isinstance(given, str):
        found = _of_source(situation, _source(given), kinds, most, within)
    else:
        found = of_frame(situation, given)
    if within is not None:
        found = _inside(situation, found, within)
    if not found.name:
        raise _none(found.omitted)
    if len(found) > MOST_CANDIDATES:
        raise InputError(
            Text(f"候选点 {len(found)} 个，超过 {MOST_CANDIDATES} 个。",
                 f"{len(found)} candidates are more than {MOST_CANDIDATES}."),
            Text("请缩小范围。", "Offer fewer."),
        )  # fmt: skip
    return found


def _source(text: str) -> Source:
    try:
        return Source.of(text)
    except ValueError:
        words = ", ".join(each.value for each in Source)
        raise InputError(
            Text(f"没有候选来源“{text}”。", f"There is no source “{text}”."),
            Text(f"可用：{words}，或候选点。", f"Use {words}, or points."),
        ) from None


def _of_source(
    situation: Situation, source: Source, kinds: tuple[str, ...], most: int,
    within: str | None,
) -> Sites:  # fmt: skip
    if source is Source.NODES:
        return _junctions(situation, most, within)
    frame = situation.facilities
    free = np.ones(len(frame), bool)
    free[situation.serving(kinds)] = False
    if source is Source.OWNED:
        free &= _public(frame) & ~frame["status"].eq(Status.MOVED.value).to_numpy(bool)
    return of_frame(situation, frame[free], on_record=True)


def _public(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "ownership" not in frame:
        return np.zeros(len(frame), bool)
    ours = [Ownership.PUBLIC.value, Ownership.PUBLIC_PRIVATE.value]
    return frame["ownership"].isin(ours).to_numpy(bool)


def of_frame(
    situation: Situation, frame: gpd.GeoDataFrame, *, on_record: bool = False
) -> Sites:
    """Return points (EPSG:4490) as candidates, with what their columns say."""
    points = np.asarray(frame.geometry.array, dtype=object)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    said = _column(frame, NAMES)
    keys = [str(key) for key in frame.index]
    labels = keys if said is None else said.fillna(pd.Series(keys, frame.index))
    names = np.array([str(label) for label in labels], dtype=object)
    lost = Omission.of(
        "candidate_no_place", "facilities",
        Text("候选点没有坐标，不参与选址。",
             "Candidates without a place; not offered."),
        Text("请补全坐标。", "Give them coordinates."),
        names[~there],
    )  # fmt: skip
    price, room = numbers_of(frame[there], PRICES), numbers_of(frame[there], ROOMS)
    _require_counts(names[there], price, Text("造价", "price"))
    _require_counts(names[there], room, Text("床位", "number of beds"))
    middle = np.asarray(shapely.centroid(points[there]), dtype=object)
    lonlat = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    numbers = np.flatnonzero(there)
    return Sites(
        names[there].tolist(),
        [keys[at] if on_record else None for at in numbers],
        lonlat,
        plane(situation, lonlat),
        price,
        room,
        told([lost]),
    )


def _require_counts(
    names: npt.NDArray[np.object_], values: Floats | None, what: Text
) -> None:
    """Refuse prices and rooms below zero or without an end, naming whose they are."""
    if values is None:
        return
    wrong = names[(values < 0) | np.isinf(values)]
    if len(wrong):
        told_of = "、".join(map(str, wrong[:5])) + (" …" if len(wrong) > 5 else "")
        raise InputError(
            Text(f"{len(wrong)} 个候选点的{what.zh}为负或不是数：{told_of}。",
                 f"The {what.en} of {len(wrong)} candidates is below zero or no "
                 f"number: {told_of}."),
            Text("请改正后再试。", "Correct them and try again."),
        )  # fmt: skip


def _inside(situation: Situation, found: Sites, unit: str) -> Sites:
    shape = _shape(situation, unit)
    rows = np.asarray(
        shapely.intersects_xy(shape, found.lonlat[:, 0], found.lonlat[:, 1]), bool
    )
    name = situation.tree.name.get(unit, unit)
    outside = Omission.of(
        "candidate_outside", "facilities",
        Text(f"候选点不在{name}内，不参与选址。",
             f"Candidates outside {name}; not offered."),
        Text("请核对位置，或放宽范围。", "Check where they are, or ask about more."),
        np.array(found.name, dtype=object)[~rows],
    )  # fmt: skip
    return found.take(rows, outside)


def _shape(situation: Situation, unit: str) -> Any:
    """Return the area of a unit, prepared; raise InputError for one there is not."""
    frame = situation.divisions
    shape = frame.geometry.get(unit) if unit in frame.index else None
    if shape is None or shape.is_empty:
        raise InputError(
            Text(f"当日没有区划 {unit}，或它没有边界。",
                 f"There is no division {unit} with an area on that date."),
            Text("请从区划列表中选择。", "Choose one from the list of divisions."),
        )  # fmt: skip
    shapely.prepare(shape)
    return shape


def _junctions(situation: Situation, most: int, within: str | None) -> Sites:
    """Return junctions of the streets near which people live."""
    network, xy = situation.network, situation.people.xy
    assert network is not None  # noqa: S101 - looked at before
    shape = None if within is None else _shape(situation, within)
    if shape is not None:
        lonlat = situation.people.lonlat
        xy = xy[shapely.intersects_xy(shape, lonlat[:, 0], lonlat[:, 1])]
    if not len(xy):
        return Sites([], [], np.empty((0, 2)), np.empty((0, 2)), None, None)
    low = xy.min(axis=0)
    span = np.maximum(xy.max(axis=0) - low, 1.0)
    nodes = network.nodes
    near = ((nodes >= low - 500) & (nodes <= low + span + 500)).all(axis=1)
    used = np.zeros(len(nodes), bool)
    used[network.tail], used[network.head] = True, True
    walked = np.flatnonzero(near & used)
    lonlat = _degrees(nodes[walked], network.crs)
    if shape is not None:
        inside = shapely.intersects_xy(shape, lonlat[:, 0], lonlat[:, 1])
        walked, lonlat = walked[inside], lonlat[inside]
    chosen = _thinned(nodes[walked], xy, most)
    at = lonlat[chosen]
    names = [f"N{node}" for node in walked[chosen]]
    return Sites(names, [None] * len(names), at, plane(situation, at), None, None)


def _thinned(nodes: Floats, people: Floats, most: int) -> npt.NDArray[np.int64]:
    """Return junctions people live at, one of each square where there are too many."""
    from scipy.spatial import cKDTree

    far, _ = cKDTree(people).query(nodes, distance_upper_bound=LIVED_M)
    chosen = np.flatnonzero(np.isfinite(far))
    if len(chosen) <= most:
        return chosen
    lived, low = nodes[chosen], nodes[chosen].min(axis=0)
    side = math.sqrt(np.maximum(np.ptp(lived, axis=0), 1.0).prod() / most) / 4
    while True:
        first = np.unique(_squares(lived, low, side), return_index=True)[1]
        if len(first) <= most:
            return chosen[np.sort(first)]
        side *= 1.07


def _squares(xy: Floats, low: Floats, side: float) -> npt.NDArray[np.int64]:
    at = np.floor((xy - low) / side).astype(np.int64)
    return at[:, 0] * 1_000_003 + at[:, 1]


def _degrees(xy: Floats, system: Any) -> Floats:
    lon, lat = crs.transform_points(xy[:, 0], xy[:, 1], system, crs.STORAGE)
    return np.column_stack([lon, lat])


def plane(situation: Situation, lonlat: Floats) -> Floats:
    """Return places in the situation's plane metres."""
    x, y = crs.transform_points(lonlat[:, 0], lonlat[:, 1], crs.STORAGE, situation.crs)
    return np.column_stack([x, y])


def numbers_of(frame: pd.DataFrame, names: tuple[str, ...]) -> Floats | None:
    """Return the first of these columns as numbers, NaN where none; None: no column."""
    column = _column(frame, names)
    if column is None:
        return None
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    return np.asarray(values, np.float64)


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.Series[Any] | None:
    found = next((name for name in names if name in frame), None)
    return None if found is None else frame[found]


def _none(omitted: tuple[Omission, ...]) -> InfeasibleError:
    """Return the refusal of a question nothing is offered for, with what fell out."""
    zh = "".join(f"{each.count} 处{each.why.zh}" for each in omitted)
    en = " ".join(f"{each.count}: {each.why.en}" for each in omitted)
    return InfeasibleError(
        Text(f"没有候选点。{zh}", f"There are no candidates. {en}".strip()),
        Text("请换一个候选来源，或提供候选点。",
             "Take them from elsewhere, or give points."),
    )  # fmt: skip
