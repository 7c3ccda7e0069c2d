"""The vintages as frames of divisions in longitude and latitude."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from demonstration import plan
from demonstration.borders import Borders
from demonstration.land import CORE, KM, Land
from demonstration.naming import romanised
from demonstration.relief import rounded
from demonstration.units import Vintage
from geodata import crs

DIGITS = 9
"""Decimals of a degree that are kept: a tenth of a millimetre."""


def to_degrees(geometries: Any) -> Any:
    """Return plane geometries (metres around the middle) in longitude and latitude.

    Every coordinate is computed for itself, so equal ones stay equal to the bit.
    """
    plane = _plane()
    there = pyproj.Transformer.from_crs(plane, plane.geodetic_crs, always_xy=True)

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = there.transform(points[:, 0], points[:, 1])
        return np.stack([x, y], axis=1).round(DIGITS)

    return shapely.transform(geometries, moved)


def to_plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitudes and latitudes (n, 2) in plane metres around the middle."""
    plane = _plane()
    there = pyproj.Transformer.from_crs(plane.geodetic_crs, plane, always_xy=True)
    return np.stack(there.transform(points[:, 0], points[:, 1]), axis=1)


def _plane() -> pyproj.CRS:
    longitude, latitude = plan.CENTRE
    return pyproj.CRS(
        f"+proj=tmerc +lat_0={latitude} +lon_0={longitude} +k=1 +ellps=GRS80 +units=m"
    )


def divisions(
    vintage: Vintage, borders: Borders, people: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Return one vintage as a frame of the divisions layer.

    Areas balance: a community's official area is its ellipsoidal area to 100 m²,
    every larger unit's the sum of those below it. So does the population, given by
    atom in ``people``.
    """
    rows, lands = _rows(vintage)
    shapes = to_degrees(np.array([borders.polygon(land) for land in lands]))
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=crs.STORAGE)
    frame = frame.assign(population=[int(people[land].sum()) for land in lands])
    leaves = frame["level"] == 5
    area = pd.Series(crs.area_m2(shapes) / 1e6, index=frame.index).round(4)
    frame = frame.assign(area_official_km2=area.where(leaves))
    for level in (4, 3, 2):
        summed = frame[frame["level"] == level + 1].groupby("parent")
        totals = summed["area_official_km2"].sum().round(4)
        here = frame["level"] == level
        found = frame["code"].map(totals)
        frame["area_official_km2"] = frame["area_official_km2"].where(~here, found)
    frame["enclave"] = shapely.get_num_geometries(shapes) > 1
    return frame[_COLUMNS].sort_values("code", ignore_index=True)


_COLUMNS = [
    "code", "name", "kind", "level", "parent", "seat", "pinyin",
    "area_official_km2", "population", "enclave", "predecessors", "remark", "geometry",
]  # fmt: skip


def _rows(vintage: Vintage) -> tuple[list[dict[str, Any]], list[NDArray[np.int64]]]:
    townships = np.array(vintage.township_of())
    counties = np.array([code[:6] for code in townships])
    rows = [_row(plan.CITY[0], plan.CITY[1], "city", 2, None, "鹤汀区")]
    lands = [np.flatnonzero(townships != "")]
    for district in plan.DISTRICTS:
        inside = [u for u in vintage.townships.values() if u.district == district.code]
        seat = min(inside, key=lambda unit: unit.code).name
        rows.append(
            _row(district.code, district.name, district.kind, 3, plan.CITY[0], seat)
        )
        lands.append(np.flatnonzero(counties == district.code))
    for unit in vintage.townships.values():
        mine = [c for c in vintage.communities if c.township == unit.code]
        row = _row(unit.code, unit.name, unit.kind, 4, unit.district, mine[0].name)
        rows.append(row | {"predecessors": _listed(unit.predecessors)})
        lands.append(np.flatnonzero(townships == unit.code))
    for number, community in enumerate(vintage.communities):
        if not (vintage.atoms == number).any():
            continue
        row = _row(
            community.code, community.name, community.kind, 5, community.township, None
        )
        rows.append(row | {"predecessors": _listed(community.predecessors)})
        lands.append(vintage.members(number))
    return rows, lands


def _row(
    code: str, name: str, kind: str, level: int, parent: str | None, seat: str | None
) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "level": level,
        "parent": parent,
        "seat": seat,
        "pinyin": romanised(name),
        "predecessors": None,
        "remark": plan.LABEL,
    }


def _listed(codes: tuple[str, ...]) -> str | None:
    return json.dumps(list(codes)) if codes else None


def settled_people(land: Land, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how many people live in each atom: dense in town, thin in the hills."""
    away = np.hypot(*(land.atoms.seeds - CORE).T) / KM
    per_km2 = np.interp(
        away, [0, 3, 6, 9, 14, 25, 45], [17000, 15000, 9500, 3200, 900, 260, 110]
    )
    uneven = np.exp(rng.normal(0, 0.35, len(away)))
    people = per_km2 * uneven * land.atoms.area_m2 / 1e6
    return np.where(land.atoms.land, people, 0).round().astype(np.int64)


def rivers(land: Land, borders: Borders) -> gpd.GeoDataFrame:
    """Return the rivers as lines; where a border follows one, its very points."""
    lines = {}
    main = None
    for name, edges in land.rivers.items():
        inside = edges[land.atoms.land[land.atoms.sides[edges]].any(axis=1)]
        pieces = [shapely.LineString(borders.line(int(edge))) for edge in inside]
        merged = shapely.line_merge(shapely.MultiLineString(pieces))
        lines[name] = _bridged(merged, main)
        main = lines[name] if main is None else main
    return gpd.GeoDataFrame(
        {
            "name": list(lines),
            "class": ["river" if name == "澜水" else "stream" for name in lines],
            "remark": plan.LABEL,
        },
        geometry=list(to_degrees(np.array(list(lines.values())))),
        crs=crs.STORAGE,
    )


def _bridged(line: Any, main: Any) -> Any:
    """Return a river with its gaps closed and, a tributary, led to the main river."""
    parts = list(shapely.get_parts(line))
    whole = parts.pop(int(np.argmax([part.length for part in parts])))
    while parts:
        gaps = [part.distance(whole) for part in parts]
        part = parts.pop(int(np.argmin(gaps)))
        if min(gaps) > 1500:
            continue
        link = shapely.shortest_line(shapely.boundary(whole), shapely.boundary(part))
        whole = shapely.line_merge(shapely.union_all([whole, part, link]))
        if whole.geom_type != "LineString":
            whole = max(shapely.get_parts(whole), key=lambda piece: piece.length)
    if main is not None and shapely.boundary(whole).distance(main) < 2500:
        link = shapely.shortest_line(shapely.boundary(whole), main)
        whole = shapely.line_merge(shapely.union_all([whole, link]))
    return whole


def roads(land: Land, first: Vintage, graph: Any) -> gpd.GeoDataFrame:
    """Return roads between the seats of townships: a tree, and some shorter ways."""
    townships = np.array(first.township_of())
    seats = {}
    for code in first.townships:
        inside = np.flatnonzero(townships == code)
        middle = land.atoms.seeds[inside].mean(axis=0)
        gaps = np.hypot(*(land.atoms.seeds[inside] - middle).T)
        seats[code] = int(inside[gaps.argmin()])
    codes = list(seats)
    places = land.atoms.seeds[[seats[code] for code in codes]]
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    links = _tree(gaps) | {
        tuple(sorted((i, int(j))))
        for i in range(len(codes))
        for j in np.argsort(gaps[i])[1:3]
    }
    rows, lines = [], []
    for number, (i, j) in enumerate(sorted(links)):
        way = graph.way(seats[codes[i]], seats[codes[j]])
        if len(way) < 2:
            continue
        lines.append(shapely.LineString(rounded(land.atoms.seeds[way], 3)))
        is_main = gaps[i, j] > 9 * KM
        rows.append(
            {
                "name": f"{'省' if is_main else '县'}道示例{number + 1}号",
                "class": "primary" if is_main else "secondary",
                "remark": plan.LABEL,
            }
        )
    return gpd.GeoDataFrame(
        rows, geometry=list(to_degrees(np.array(lines))), crs=crs.STORAGE
    )


def _tree(gaps: NDArray[np.float64]) -> set[tuple[int, int]]:
    """Return the links of the shortest tree over all places."""
    joined, links = {0}, set()
    while len(joined) < len(gaps):
        inside = sorted(joined)
        outside = [n for n in range(len(gaps)) if n not in joined]
        part = gaps[np.ix_(inside, outside)]
        i, j = np.unravel_index(part.argmin(), part.shape)
        links.add(tuple(sorted((inside[i], outside[j]))))
        joined.add(outside[j])
    return links
