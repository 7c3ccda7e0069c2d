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

from boundaries.services import reach_drawn as drawing
from boundaries.services.omissions import Omission, told
from boundaries.services.reach_drawn import UNION, degrees
from boundaries.services.reach_people import People, placed
from geodata import crs
from geodata.errors import Text
from geodata.network import areas, reach, snap
from geodata.network.graph import Spots

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.files.reading import Reading
    from geodata.network.graph import Climb, Floats, Graph, Mode, Network, Reached

IDENTITIES = ("id", "code", "key", "facility_id", "osm_id", "编号", "设施编号", "代码")
NAMES = ("name", "名称", "设施名称", "机构名称")
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
    form: str = drawing.POLYGON
    cell_m: float = 50.0
    """The side of a cell, for the form of a grid."""

    @property
    def limit_s(self) -> float:
        """The limit in seconds."""
        return self.minutes * 60

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Served:
    """The answer: a frame of what is reached, and all together (EPSG:4490)."""

    frame: gpd.GeoDataFrame
    union: gpd.GeoDataFrame
    """One row: the outline of what all facilities reach."""
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
        people = placed(network, population, counted_by, wish.snap_m, wish.mode)
    table = _frame(network, sites, spots, rows, parts, land)
    outline = areas.together(land)
    union = _union(network, table, rows, parts, outline)
    if people is not None:
        _count(graph, table, union, people, sites, spots, wish)
    if wish.form == drawing.GRID:
        frame = drawing.by_cell(
            graph, spots, table, wish.limit_s, cell_m=wish.cell_m, width_m=wish.width_m
        )
    else:
        frame = drawing.by_facility(network, table, parts, land, wish.form)
    left = told((*omitted, *outside, *(people.omitted if people else ())))
    document = _document(network, wish, table, union, people, left)
    document["climb"] = _slopes(climb)
    if wish.form == drawing.GRID:
        document["cells"] = len(frame)
    figures = {"minutes": wish.minutes, **union}
    return Served(frame, drawing.together(outline, network.crs, figures), document)


def warm(network: Network) -> None:
    """Do what asks for no facility, while another process reads them."""
    import contourpy  # noqa: F401 - draws the areas

    snap.parts_of_nodes(network)


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
        "area_m2": crs.area_m2(degrees(land, network.crs)).round(1),
    })  # fmt: skip


def _union(
    network: Network,
    frame: pd.DataFrame,
    rows: Reached,
    parts: areas.Parts,
    outline: shapely.Geometry,
) -> dict[str, Any]:
    whole = np.array([outline], object)
    return {
        "facilities": len(frame),
        "reached_nodes": len(np.unique(rows.node)),
        "reached_length_m": round(float(parts.together().length_m(network)[0]), 2),
        "area_m2": round(float(crs.area_m2(degrees(whole, network.crs))[0]), 1),
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


__all__ = ["UNION", "Served", "Wish", "identified", "serve", "unread"]
