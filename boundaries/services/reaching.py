"""Who is reached from facilities of a file, along a network of a file.

What ``quhua reach`` prints: the service area of each facility and of all together,
the people within it, and the same by straight-line circle. Whatever cannot be
computed is named, and the rest is computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.services.omissions import Omission, told
from geodata import crs
from geodata.errors import InputError, Text
from geodata.network import areas, reach, snap, spreading
from geodata.network.graph import Spots

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.files.reading import Reading
    from geodata.network.graph import Climb, Floats, Graph, Mode, Network, Reached

IDENTITIES = ("id", "code", "key", "facility_id", "osm_id", "编号", "设施编号", "代码")
NAMES = ("name", "名称", "设施名称", "机构名称")
COUNTS = ("population", "total", "pop", "people", "人口", "总人口", "常住人口")
_ID, _POINT, _ISOLATED = "quhua_id", "quhua_point", "quhua_isolated"


@dataclass(frozen=True)
class Wish:
    """How far is near, and how one travels."""

    minutes: float = 15.0
    speed_mps: float = 1.0
    mode: Mode = "walk"
    delay: float = 1.0
    snap_m: float = 300.0
    width_m: float = areas.WIDTH_M
    form: str = "polygon"

    @property
    def limit_s(self) -> float:
        """The limit in seconds."""
        return self.minutes * 60

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class People:
    """Points that stand for people: where, on which street, and for how many."""

    xy: Floats
    spots: Spots
    count: Floats
    method: Text
    omitted: tuple[Omission, ...] = ()


@dataclass(frozen=True, eq=False)
class Served:
    """The answer: a frame of service areas (EPSG:4490) and the document."""

    frame: gpd.GeoDataFrame
    document: dict[str, Any] = field(default_factory=dict)


def serve(
    network: Network,
    facilities: gpd.GeoDataFrame,
    wish: Wish,
    *,
    population: gpd.GeoDataFrame | None = None,
    counted_by: str | None = None,
    climb: Climb | None = None,
    omitted: tuple[Omission, ...] = (),
) -> Served:
    """Return what the facilities reach within the minutes.

    Parameters
    ----------
    facilities
        EPSG:4490; of a shape that is no point some point inside counts.
    population
        Points or polygons with a column of counts, EPSG:4490.
    counted_by
        That column; found by its name when None.
    climb
        How much longer edges take uphill and downhill.
    omitted
        What was left out before, in reading.
    """
    graph = network.graph(
        speed_mps=wish.speed_mps, mode=wish.mode, delay=wish.delay, climb=climb
    )
    if climb is not None or wish.mode == "drive":
        graph = graph.reverse()  # people come to the facility
    sites, spots, outside = _sites(network, facilities, wish)
    rows = reach.within(graph, spots, wish.limit_s)
    parts = areas.reached_parts(graph, spots, wish.limit_s, rows)
    land = areas.polygons(network, parts, width_m=wish.width_m)
    people = None
    if population is not None:
        people = _people(network, population, counted_by, wish)
    table = _frame(network, sites, spots, rows, parts, land)
    union = _union(network, table, rows, parts, land)
    if people is not None:
        _count(graph, table, union, people, sites, spots, wish)
    drawn = land if wish.form == "polygon" else areas.streets(network, parts)
    shapes = _degrees(drawn, network.crs)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs.STORAGE)
    left = told((*omitted, *outside, *(people.omitted if people else ())))
    document = _document(network, wish, table, union, people, left)
    document["climb"] = _slopes(climb)
    return Served(frame, document)


def identified(frame: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return what each record is called: a column of identities, else its number."""
    lowered = {str(name).lower(): name for name in frame.columns}
    for name in IDENTITIES:
        if name in lowered:
            said = frame[lowered[name]]
            if said.notna().all() and said.is_unique:
                return said.astype(str).to_numpy(object)
    return frame.index.astype(str).to_numpy(object)


def unread(reading: Reading, layer: str) -> tuple[Omission, ...]:
    """Return what a file held that could not be read, by reason."""
    found: dict[Text, list[str]] = {}
    for refusal in reading.records.refused:
        why = Text(refusal.reason["zh"], refusal.reason["en"])
        found.setdefault(why, []).append(str(refusal.record))
    again = Text("请在文件中改正后再算。", "Mend them in the file and run this again.")
    return tuple(
        Omission.of("unread", layer, why, again, records)
        for why, records in found.items()
    )


def _sites(
    network: Network, facilities: gpd.GeoDataFrame, wish: Wish
) -> tuple[gpd.GeoDataFrame, Spots, tuple[Omission, ...]]:
    """Return the facilities on the network, where, and who is not or barely."""
    shapes = facilities.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    points = shapely.point_on_surface(shapes[placed])
    known = facilities.assign(**{_ID: identified(facilities)})
    nowhere = known.loc[~placed, _ID]
    known = known[placed]
    spots = snap.snap_degrees(
        network, shapely.get_x(points), shapely.get_y(points),
        max_m=wish.snap_m, mode=wish.mode,
    )  # fmt: skip
    on = spots.edge >= 0
    island = snap.parts_of(network, spots) > 0
    told_of = (
        Omission.of(
            "no_coordinates", "facilities",
            Text("设施没有坐标。", "The facilities have no coordinates."),
            Text("请补充坐标。", "Give them coordinates."), nowhere,
        ),
        Omission.of(
            "outside", "facilities",
            Text(f"设施距最近道路超过 {wish.snap_m:g} 米，不在路网范围内。",
                 f"The facilities lie more than {wish.snap_m:g} m from any street."),
            Text("请核对坐标（包括 GCJ-02 偏移）、路网范围或 --max-snap。",
                 "Check their coordinates (GCJ-02 too), what the network covers, "
                 "or --max-snap."),
            known.loc[~on, _ID],
        ),
        Omission.of(
            "isolated", "facilities",
            Text("设施在与主体不相连的路网孤立部分上，只服务该部分。",
                 "The facilities lie on a part of the network that is not connected "
                 "to the main part, and serve that part only."),
            Text("请检查路网是否缺少连接线。", "See whether the network lacks a link."),
            known.loc[island, _ID], left_out=False,
        ),
    )  # fmt: skip
    known = known.assign(**{_POINT: points, _ISOLATED: island})[on]
    return known, spots.take(on), told_of


def _people(
    network: Network, population: gpd.GeoDataFrame, counted_by: str | None, wish: Wish
) -> People:
    """Return the people of a frame as points on streets."""
    count = _counts(population, counted_by)
    shapes = population.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & (count > 0)
    areal = placed & (shapely.get_dimensions(shapes) == 2)
    points = np.flatnonzero(placed & ~areal)
    at = shapely.point_on_surface(shapes[points])
    xy = snap.to_plane(network, shapely.get_x(at), shapely.get_y(at))
    weight, method = count[points], Text("按点位", "at their points")
    record = points
    if areal.any():
        rows = np.flatnonzero(areal)
        plane = _moved(shapes[rows], crs.STORAGE, network.crs)
        spread = spreading.along_streets(network, plane)
        without = np.setdiff1d(np.arange(len(rows)), spread.area)
        even = spreading.evenly(plane[without])
        xy = np.concatenate([xy, spread.xy, even.xy])
        weight = np.concatenate([
            weight,
            count[rows[spread.area]] * spread.share,
            count[rows[without[even.area]]] * even.share,
        ])  # fmt: skip
        record = np.concatenate([
            record, rows[spread.area], rows[without[even.area]]
        ])  # fmt: skip
        method = Text(
            "面内人口沿道路按长度布设，面内没有道路的按面积均匀布设",
            "people of polygons stand along their streets by length, evenly over "
            "the area where there is none",
        )
    spots = snap.snap(network, xy, max_m=wish.snap_m, mode=wish.mode)
    off = float(weight[spots.edge < 0].sum())
    lost = population.index[~placed & (count > 0)]
    return People(
        xy, spots, weight, method,
        (
            Omission.of(
                "no_place", "population",
                Text("人口记录没有位置。", "Records of population have no place."),
                Text("请补充坐标或边界。", "Give them a point or an outline."), lost,
                people=float(count[~placed].sum()),
            ),
            Omission.of(
                "off_streets", "population",
                Text(f"人口点离道路超过 {wish.snap_m:g} 米，计为未到达。",
                     f"People live more than {wish.snap_m:g} m from any street and "
                     "count as not reached."),
                Text("请检查路网是否完整。", "See whether the network is complete."),
                population.index[np.unique(record[spots.edge < 0])],
                people=off, left_out=False,
            ),
        ),
    )  # fmt: skip


def _counts(population: gpd.GeoDataFrame, counted_by: str | None) -> Floats:
    """Return the column of counts as numbers, missing ones as none."""
    table = pd.DataFrame(population.drop(columns=population.geometry.name))
    lowered = {str(name).lower(): name for name in table.columns}
    chosen = (
        [counted_by] if counted_by else [lowered[n] for n in COUNTS if n in lowered]
    )
    if not chosen or chosen[0] not in table.columns:
        listed = "、".join(map(str, table.columns))
        raise InputError(
            Text("人口文件没有可识别的人数字段。", "No column of people was found."),
            Text(f"请用 --count 指明字段；现有：{listed}",
                 f"Name it with --count; there are: {listed}"),
        )  # fmt: skip
    count = pd.to_numeric(table[chosen[0]], errors="coerce").to_numpy(float)
    wrong = population.index[~(count >= 0) & table[chosen[0]].notna()]
    if len(wrong):
        listed = ", ".join(map(str, wrong[:10]))
        raise InputError(
            Text(f"字段“{chosen[0]}”有不是人数的值，记录 {listed}。",
                 f"Column {chosen[0]!r} holds no counts in records {listed}."),
            Text("请改正后再算。", "Mend them and run this again."),
        )  # fmt: skip
    kept: Floats = np.nan_to_num(count)
    return kept


def _frame(
    network: Network,
    sites: gpd.GeoDataFrame,
    spots: Spots,
    rows: Reached,
    parts: areas.Parts,
    land: areas.Geometries,
) -> pd.DataFrame:
    lowered = {str(name).lower(): name for name in sites.columns}
    named = next((lowered[name] for name in NAMES if name in lowered), None)
    return pd.DataFrame({
        "id": sites[_ID].to_numpy(object),
        "name": sites[named].to_numpy(object) if named else None,
        "snap_m": spots.snap_m.round(2),
        "isolated": sites[_ISOLATED].to_numpy(bool),
        "reached_nodes": np.diff(rows.indptr),
        "reached_length_m": parts.length_m(network).round(2),
        "area_m2": crs.area_m2(_degrees(land, network.crs)).round(1),
    })  # fmt: skip


def _union(
    network: Network,
    frame: pd.DataFrame,
    rows: Reached,
    parts: areas.Parts,
    land: areas.Geometries,
) -> dict[str, Any]:
    whole = np.array([areas.together(land)], object)
    return {
        "facilities": len(frame),
        "reached_nodes": len(np.unique(rows.node)),
        "reached_length_m": round(float(parts.together().length_m(network)[0]), 2),
        "area_m2": round(float(crs.area_m2(_degrees(whole, network.crs))[0]), 1),
    }


def _count(
    graph: Graph,
    frame: pd.DataFrame,
    union: dict[str, Any],
    people: People,
    sites: gpd.GeoDataFrame,
    spots: Spots,
    wish: Wish,
) -> None:
    """Write the people reached along streets, and within the circle, beside each."""
    found = reach.pairs(graph, spots, people.spots, wish.limit_s)
    each = np.bincount(found.source, people.count[found.target], minlength=len(spots))
    frame["population"] = each.round(3)
    union["population"] = _sum(people.count, np.unique(found.target))
    points = sites[_POINT].to_numpy(object)
    at = snap.to_plane(graph.network, shapely.get_x(points), shapely.get_y(points))
    radius = wish.limit_s * wish.speed_mps
    inside = np.zeros(len(people.xy), bool)
    circle = np.zeros(len(at))
    for row, (x, y) in enumerate(at):
        near = np.hypot(people.xy[:, 0] - x, people.xy[:, 1] - y) <= radius
        circle[row] = people.count[near].sum()
        inside |= near
    frame["circle_population"] = circle.round(3)
    union["circle_population"] = _sum(people.count, inside)


def _sum(count: Floats, which: Any) -> float:
    return round(float(count[which].sum()), 3)


def _degrees(geometries: areas.Geometries, plane: str) -> areas.Geometries:
    return _moved(geometries, plane, crs.STORAGE)


def _moved(geometries: areas.Geometries, source: Any, to: Any) -> areas.Geometries:
    def run(xy: Floats) -> Floats:
        return np.column_stack(crs.transform_points(xy[:, 0], xy[:, 1], source, to))

    moved: areas.Geometries = shapely.transform(geometries, run)
    return moved


def _slopes(climb: Climb | None) -> dict[str, Any] | None:
    if climb is None:
        return None
    return {
        "missing_share": round(climb.missing, 4),
        "method": Text(
            "步行时间按 Tobler（1993）徒步函数的形状随坡度变化，平地系数为 1；"
            "没有高程的路段按平地计",
            "times follow the shape of Tobler's hiking function (1993), 1 on level "
            "ground; streets without heights count as level",
        )._asdict(),
    }


def _document(
    network: Network,
    wish: Wish,
    frame: pd.DataFrame,
    union: dict[str, Any],
    people: People | None,
    left: tuple[Omission, ...],
) -> dict[str, Any]:
    rows = frame.astype(object).where(frame.notna(), None)
    return {
        "network": {
            "nodes": network.node_count,
            "edges": network.edge_count,
            "length_m": round(float(network.length_m.sum()), 2),
            "version": network.meta.get("version"),
            "source": network.meta.get("source"),
            "completeness": network.meta.get("completeness"),
        },
        "profile": wish.to_dict(),
        "facilities": rows.to_dict("records"),
        "union": union,
        "population": None
        if people is None
        else {
            "people": round(float(people.count.sum()), 3),
            "points": len(people.count),
            "method": people.method._asdict(),
        },
        "omitted": [omission.to_dict() for omission in left],
    }
