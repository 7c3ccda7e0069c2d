"""Links and barriers drawn by hand, worked into a network.

A link is a way for people that the source lacks: it meets the streets nearest to its
two ends and nothing between, so it may be a footbridge. A barrier is what nobody
crosses: every street it meets is cut there. The network given stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.crs.measure import distance_m
from geodata.errors import InputError, Text
from geodata.network.building import NEAR_M, ordered
from geodata.network.cuts import Cuts, extended
from geodata.network.graph import WALK, Network
from geodata.network.misses import apart_of, kept_apart
from geodata.network.reporting import BuildReport, degrees, report
from geodata.network.snap import positions, snap, to_plane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

Floats = npt.NDArray[np.float64]

LINK, BARRIER = "link", "barrier"
REACH_M = 50.0
"""An end of a link farther from any street than this meets none."""
MOST_LINES, MOST_VERTICES = 5_000, 1_000
_LOOKED_M = 5_000.0


@dataclass(frozen=True)
class Drawn:
    """A line drawn by hand, vertices in degrees (longitude, latitude)."""

    kind: str
    points: tuple[tuple[float, float], ...]
    remark: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "kind": self.kind,
            "points": [list(point) for point in self.points],
            "remark": self.remark,
        }


def drawn(items: Iterable[Any]) -> tuple[Drawn, ...]:
    """Return lines of JSON, checked.

    Raises
    ------
    InputError
        Naming the line that is none.
    """
    made = []
    for at, item in enumerate(items, 1):
        if at > MOST_LINES:
            raise _wrong(at, f"最多 {MOST_LINES} 条", f"at most {MOST_LINES} lines")
        try:
            kind, remark = str(item["kind"]), str(item.get("remark") or "")[:500]
            points = tuple((float(x), float(y)) for x, y in item["points"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _wrong(at, "写法有误", "it is not written as one") from error
        if kind not in {LINK, BARRIER}:
            raise _wrong(at, "类别应为 link 或 barrier", "it is a link or a barrier")
        if not 2 <= len(points) <= MOST_VERTICES:
            raise _wrong(
                at, f"顶点数应为 2 至 {MOST_VERTICES}",
                f"it has 2 to {MOST_VERTICES} vertices",
            )  # fmt: skip
        if not all(abs(x) <= 180 and abs(y) <= 90 for x, y in points):
            raise _wrong(at, "坐标不是经纬度", "its positions are no degrees")
        made.append(Drawn(kind, points, remark))
    return tuple(made)


def of_frame(frame: gpd.GeoDataFrame) -> tuple[Drawn, ...]:
    """Return the links and barriers of a frame of lines.

    Parameters
    ----------
    frame
        With a CRS; its field ``kind`` says ``link``/``barrier`` (or 连接/阻隔).
    """
    import shapely

    from geodata.crs import STORAGE, transform

    words = {"连接": LINK, "连接线": LINK, "阻隔": BARRIER, "阻隔线": BARRIER}
    if "kind" not in frame.columns:
        raise InputError(
            Text("没有字段“kind”：请写明每条线是 link 还是 barrier。",
                 "There is no field 'kind': say of each line whether it is a link "
                 "or a barrier."),
        )  # fmt: skip
    placed = transform(frame, STORAGE)
    items: list[dict[str, Any]] = []
    for kind, shape in zip(frame["kind"], placed.geometry, strict=True):
        word = str(kind).strip()
        items.extend(
            {
                "kind": words.get(word, word.lower()),
                "points": shapely.get_coordinates(part).tolist(),
            }
            for part in shapely.get_parts(shape)
        )
    return drawn(items)


def amend(
    network: Network, lines: Sequence[Drawn], *, near_m: float = NEAR_M
) -> tuple[Network, BuildReport]:
    """Return the network with links and barriers worked in, and its report.

    Raises
    ------
    InputError
        A link an end of which has no street within :data:`REACH_M`: which one, and
        how far the nearest is.
    """
    cuts = Cuts(network)
    ends = _link_ends(network, lines, cuts)
    _barriers(network, lines, cuts)
    made = cuts.cut()
    links = [line for line in lines if line.kind == LINK]
    made = _with_links(made, links, ends)
    made = ordered(made)
    counts = {
        "links": len(links),
        "barriers": len(lines) - len(links),
        "cut": len(cuts.parted),
    }
    before = dict(network.meta.get("counts", {}))
    if cuts.parted:
        places = degrees(np.array(cuts.parted), network.crs)
        apart = kept_apart(apart_of(network), places)
        made = replace(made, meta={**made.meta, "apart": apart})
    said = report(made, counts={**before, **counts}, near_m=near_m)
    meta = {**made.meta, **said.meta(), "amended": network.meta.get("version", "")}
    return replace(made, meta=meta), said


def fitting(
    network: Network, lines: Sequence[Drawn]
) -> tuple[tuple[Drawn, ...], list[dict[str, Any]]]:
    """Return the lines that fit a network, and of the others which and why.

    A link fits whose two ends have a street within :data:`REACH_M`; a barrier always.
    """
    tips = [line.points[end] for line in lines for end in (0, -1)]
    if not tips:
        return (), []
    lon, lat = np.array(tips).T
    spots = snap(network, to_plane(network, lon, lat), max_m=REACH_M)
    meets = np.asarray((spots.edge >= 0).reshape(-1, 2).all(axis=1)).tolist()
    kept: list[Drawn] = []
    left: list[dict[str, Any]] = []
    for at, line in enumerate(lines):
        if line.kind == BARRIER or meets[at]:
            kept.append(line)
            continue
        why = Text(f"端点 {REACH_M:g} 米内没有道路",
                   f"an end has no street within {REACH_M:g} m")  # fmt: skip
        left.append({"line": at + 1, **line.to_dict(), "why": why._asdict()})
    return tuple(kept), left


def _link_ends(
    network: Network, lines: Sequence[Drawn], cuts: Cuts
) -> list[tuple[int, int]]:
    """Return the nodes each link joins; streets are cut where it meets them."""
    numbers = [at for at, line in enumerate(lines) if line.kind == LINK]
    if not numbers:
        return []
    tips = np.array([lines[at].points[end] for at in numbers for end in (0, -1)])
    plane = to_plane(network, tips[:, 0], tips[:, 1])
    spots = snap(network, plane, max_m=_LOOKED_M)
    far = np.flatnonzero(~(spots.snap_m <= REACH_M))
    if len(far):
        at, gap = numbers[far[0] // 2] + 1, min(spots.snap_m[far[0]], _LOOKED_M)
        raise InputError(
            Text(f"第 {at} 条连接线的端点离最近的道路 {gap:.0f} 米，"
                 f"超过 {REACH_M:g} 米，接不上。",
                 f"An end of link {at} is {gap:.0f} m from the nearest street, more "
                 f"than {REACH_M:g} m: it meets none."),
            Text("请把端点画到道路上或路边。",
                 "Draw its ends on a street, or beside one."),
            code="link_end",
        )  # fmt: skip
    places = positions(network, spots)
    nodes = [
        cuts.joint(int(edge), float(along), place)
        for edge, along, place in zip(spots.edge, spots.along_m, places, strict=True)
    ]
    return list(zip(nodes[0::2], nodes[1::2], strict=True))


def _barriers(network: Network, lines: Sequence[Drawn], cuts: Cuts) -> None:
    """Cut every street that a barrier meets."""
    import shapely

    barriers = [line for line in lines if line.kind == BARRIER]
    if not barriers:
        return
    walls = []
    for line in barriers:
        xy = np.array(line.points)
        walls.append(shapely.LineString(to_plane(network, xy[:, 0], xy[:, 1])))
    owner = np.repeat(np.arange(network.edge_count), np.diff(network.offsets))
    streets = np.asarray(shapely.linestrings(network.coords, indices=owner))
    tree = shapely.STRtree(streets)
    wall, edge = tree.query(np.asarray(walls), predicate="intersects")
    meets = shapely.intersection(streets[edge], np.asarray(walls)[wall])
    places, pair = shapely.get_coordinates(meets, return_index=True)
    along = shapely.line_locate_point(streets[edge[pair]], shapely.points(places))
    length = shapely.length(streets[edge[pair]])
    for at, (place, on) in enumerate(zip(places, edge[pair], strict=True)):
        share = along[at] / length[at] if length[at] > 0 else 0.0
        cuts.part(int(on), float(share * network.length_m[on]), place)


def _with_links(
    network: Network, links: Sequence[Drawn], ends: list[tuple[int, int]]
) -> Network:
    """Return the network with links as edges for people."""
    pieces = []
    for line, (tail, head) in zip(links, ends, strict=True):
        xy = np.array(line.points)
        plane = to_plane(network, xy[:, 0], xy[:, 1])
        coords = np.vstack([network.nodes[tail], plane[1:-1], network.nodes[head]])
        lon, lat = degrees(coords, network.crs).T
        length = float(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())
        if tail != head or length > 0:
            pieces.append(
                {
                    "tail": tail,
                    "head": head,
                    "length_m": length,
                    "delay_s": 0.0,
                    "oneway": 0,
                    "kind": WALK,
                    "coords": coords,
                }
            )
    return extended(network, pieces)


def _wrong(at: int, zh: str, en: str) -> InputError:
    return InputError(
        Text(f"第 {at} 条线有误：{zh}。", f"Line {at} is wrong: {en}."), code="drawn"
    )
