"""What a build says of its network: counts, isolated parts, ends that nearly meet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.crs import STORAGE, transform_points
from geodata.errors import Text
from geodata.network.engine import engine
from geodata.network.graph import VEHICLE, Network
from geodata.network.misses import near_misses

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]

LISTED = 200
"""Parts and near misses named in a report; all are counted."""
METHOD = Text(
    "主体占比 = 最大连通部分的可步行道路长度 ÷ 全部可步行道路长度；"
    "近失端 = 断头路端点 {near_m:g} 米内有另一条未相接的道路。",
    "Share in the main part = length of streets open to people in the largest "
    "connected part ÷ that of all; near misses = dead ends with another street they "
    "do not meet within {near_m:g} m.",
)
LEFT_OUT = {
    "no_access": Text("不允许通行", "closed to people and vehicles"),
    "cycleway": Text("自行车道（未注明可步行）", "cycleways not for walking"),
    "bridleway": Text("马道（未注明可步行）", "bridleways not for walking"),
    "other_highway": Text("规划、在建或其他非道路", "planned, building or no street"),
    "no_length": Text("不足两个不同的顶点", "fewer than two vertices"),
    "no_line": Text("不是线", "not a line"),
    "unknown_node": Text("引用了不存在的节点", "naming a node that is not there"),
}  # fmt: skip
"""Words for why a line was left out."""
MENDED = {
    "doubles": Text("重复绘制而只留一条的路段", "pieces drawn twice, kept once"),
    "joined": Text("无岔口而合并的路段", "pieces joined where nothing branches"),
    "closed": Text("不可通过的点（如上锁的门）", "points nobody passes (as gates)"),
    "cut_at_edge": Text("在数据范围边缘被截断之处", "places where the data end"),
    "noded": Text("同层相交处打断的点", "crossings of one level made junctions"),
    "apart": Text("不同层而未相接的交叉", "crossings of different levels kept apart"),
    "apart_heights": Text(
        "高程相差而未相接的交叉或触点", "crossings kept apart by their heights"
    ),
    "snapped": Text("在容差内接合的端点", "ends joined within the tolerance"),
    "landed": Text("接到另一条路中段的端点", "ends joined to the middle of a street"),
    "links": Text("人工补充的连接线", "links drawn by hand"),
    "barriers": Text("人工绘制的阻隔线", "barriers drawn by hand"),
    "cut": Text("被阻隔线截断之处", "places cut by a barrier"),
}  # fmt: skip
"""Words for what was done."""


@dataclass(frozen=True)
class Part:
    """A part of the network that nothing joins to the others."""

    number: int
    nodes: int
    edges: int
    length_m: float
    lon: float
    lat: float
    bounds: tuple[float, float, float, float]
    """West, south, east, north."""


@dataclass(frozen=True)
class NearMiss:
    """A dead end and the street it nearly meets."""

    lon: float
    lat: float
    gap_m: float
    to_lon: float
    to_lat: float


@dataclass(frozen=True)
class BuildReport:
    """What was read, done and found in a build."""

    source: str
    nodes: int
    edges: int
    length_m: float
    walk_m: float
    bounds: tuple[float, float, float, float]
    counts: Mapping[str, Any]
    part_count: int
    parts: tuple[Part, ...]
    """The largest first; at most :data:`LISTED`."""
    main_share: float
    dead_ends: int
    near_count: int
    near: tuple[NearMiss, ...]
    near_m: float
    notes: tuple[Text, ...] = field(default=())

    def meta(self) -> dict[str, Any]:
        """Return what is kept with the network itself."""
        return {
            "counts": {**_flat(self.counts)},
            "nodes": self.nodes,
            "edges": self.edges,
            "length_m": round(self.length_m, 3),
            "walk_m": round(self.walk_m, 3),
            "bounds": [round(value, 7) for value in self.bounds],
            "parts": self.part_count,
            "completeness": self.completeness(),
        }

    def completeness(self) -> dict[str, Any]:
        """Return the completeness figures with their method."""
        share = self.near_count / self.dead_ends if self.dead_ends else 0.0
        words = [text.format(near_m=self.near_m) for text in METHOD]
        return {
            "main_share": round(self.main_share, 6),
            "dead_ends": self.dead_ends,
            "near_misses": self.near_count,
            "near_share": round(share, 6),
            "near_m": self.near_m,
            "method": Text(*words)._asdict(),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON, words in both languages."""
        counts = dict(self.counts)
        left = counts.pop("left_out", {})
        return {
            **self.meta(),
            "source": self.source,
            "read": counts.get("read", 0),
            "left_out": [_named(LEFT_OUT, *item) for item in sorted(left.items())],
            "done": [
                _named(MENDED, name, counts[name])
                for name in MENDED
                if counts.get(name)
            ],
            "part_list": [asdict(part) for part in self.parts],
            "near_list": [asdict(miss) for miss in self.near],
            "notes": [note._asdict() for note in self.notes],
        }


def _flat(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {k: dict(v) if isinstance(v, dict) else int(v) for k, v in counts.items()}


def _named(words: Mapping[str, Text], name: str, count: int) -> dict[str, Any]:
    label = words.get(name, Text(name, name))
    return {"what": name, "label": label._asdict(), "count": int(count)}


def part_of(network: Network) -> npt.NDArray[np.int32]:
    """Return the number of the part each node is in, on foot; 0 is the largest.

    By length; -1 for nodes that no street open to people touches.
    """
    open_ = network.kind != VEHICLE
    tail, head = network.tail[open_], network.head[open_]
    label = engine(len(tail) * 2e-7).connected(network.node_count, tail, head)
    found = int(label.max(initial=-1)) + 1
    length = np.bincount(label[tail], network.length_m[open_], minlength=found)
    touched = np.zeros(found, bool)
    touched[label[tail]] = True
    rank = np.empty(found, np.int32)
    rank[np.lexsort((np.arange(found), -length, ~touched))] = np.arange(found)
    part: npt.NDArray[np.int32] = np.where(touched[label], rank[label], -1)
    return part.astype(np.int32)


def report(
    network: Network, *, counts: Mapping[str, Any], near_m: float
) -> BuildReport:
    """Look at a network; see :class:`BuildReport`.

    ``meta["apart"]`` are the positions (degrees) where the source or a barrier keeps
    streets from meeting: no dead end there is a near miss.
    """
    part = part_of(network)
    open_ = network.kind != VEHICLE
    lon, lat = degrees(network.nodes, network.crs).T
    total = int(part.max(initial=-1)) + 1
    of_edge = np.where(open_, part[network.tail], -1)
    walk = np.bincount(of_edge[open_], network.length_m[open_], minlength=max(total, 1))
    walk_m = float(walk.sum())
    dead, misses = near_misses(network, near_m)
    return BuildReport(
        str(network.meta.get("source", "")),
        network.node_count,
        network.edge_count,
        float(network.length_m.sum()),
        walk_m,
        _bounds(lon, lat),
        counts,
        total,
        _parts(part, of_edge, walk, lon, lat),
        float(walk[0] / walk_m) if walk_m else 0.0,
        dead,
        len(misses[0]),
        _missed(network, misses),
        near_m,
        (*_told(network), *_notes(network, total, walk, len(misses[0]))),
    )


def degrees(xy: Floats, crs: str) -> Floats:
    """Return longitude and latitude (n, 2) of plane positions."""
    return np.column_stack(transform_points(xy[:, 0], xy[:, 1], crs, STORAGE))


def _parts(
    part: npt.NDArray[np.int32],
    of_edge: npt.NDArray[np.int32],
    walk: npt.NDArray[Any],
    lon: Floats,
    lat: Floats,
) -> tuple[Part, ...]:
    edges = np.bincount(of_edge[of_edge >= 0], minlength=len(walk))
    shown = np.flatnonzero((part >= 0) & (part < LISTED))
    order = shown[np.argsort(part[shown], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(part[order])) + 1)
    made = []
    for group in groups if len(order) else ():
        number, bounds = int(part[group[0]]), _bounds(lon[group], lat[group])
        # a place on it: the node nearest the middle of its extent
        far = np.hypot(
            lon[group] - (bounds[0] + bounds[2]) / 2,
            lat[group] - (bounds[1] + bounds[3]) / 2,
        )
        at = group[int(np.argmin(far))]
        made.append(
            Part(
                number,
                len(group),
                int(edges[number]),
                round(float(walk[number]), 1),
                round(float(lon[at]), 7),
                round(float(lat[at]), 7),
                bounds,
            )
        )
    return tuple(made)


def _missed(network: Network, misses: tuple[Floats, ...]) -> tuple[NearMiss, ...]:
    ends, places = misses
    gap = np.hypot(*(ends - places).T)
    order = np.argsort(gap, kind="stable")[:LISTED]
    if len(order) == 0:
        return ()
    lon, lat = degrees(ends[order], network.crs).T
    to_lon, to_lat = degrees(places[order], network.crs).T
    rows = zip(lon, lat, gap[order], to_lon, to_lat, strict=True)
    return tuple(
        NearMiss(
            round(float(x), 7),
            round(float(y), 7),
            round(float(d), 2),
            round(float(a), 7),
            round(float(b), 7),
        )
        for x, y, d, a, b in rows
    )


def _bounds(lon: Any, lat: Any) -> tuple[float, float, float, float]:
    return tuple(  # type: ignore[return-value]
        round(float(value), 7) for value in (lon.min(), lat.min(), lon.max(), lat.max())
    )


def _told(network: Network) -> tuple[Text, ...]:
    """Return what the reading of the source has to say."""
    return tuple(
        Text(str(each.get("zh", "")), str(each.get("en", "")))
        for each in network.meta.get("told", ())
    )


def _notes(
    network: Network, parts: int, walk: npt.NDArray[Any], near: int
) -> tuple[Text, ...]:
    notes = []
    if not (network.kind != VEHICLE).any():
        notes.append(
            Text("没有一条道路可以步行：请检查道路类别字段。",
                 "Not one street is open to people: check the field that says what "
                 "kind of road each is.")
        )  # fmt: skip
    elif parts > 1:
        beyond = float(walk[1:].sum())
        notes.append(
            Text(f"除主体外另有 {parts - 1} 个孤立部分，共 {beyond / 1000:.1f} 公里："
                 "其上的设施与居民只在本部分内可达，请核对后补画连接线。",
                 f"Beside the main part there are {parts - 1} isolated ones, "
                 f"{beyond / 1000:.1f} km: facilities and people there reach only each "
                 "other. Check them, and draw the missing links.")
        )  # fmt: skip
    if near:
        notes.append(
            Text(f"{near} 处断头路与另一条道路几乎相接，可能是漏接。",
                 f"{near} dead ends nearly meet another street; they may be missing "
                 "joins.")
        )  # fmt: skip
    return tuple(notes)
