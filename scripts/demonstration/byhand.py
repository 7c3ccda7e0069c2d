"""What people draw by hand: links and barriers on the streets, plans on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demonstration import care, plan
from demonstration.frames import to_degrees, to_plane
from demonstration.land import CORE, KM, MAIN_RIVER

if TYPE_CHECKING:
    from demonstration.relief import Points
    from demonstration.territory import Territory

AS_OF = "2026-06-30"
"""The day the plans stand on: after everything was published."""
_NEAR_M, _NO_BRIDGE_M, _APART_M = 420.0, 450.0, 900.0
_WALL_M = 45.0


def lines(territory: Territory) -> gpd.GeoDataFrame:
    """Return two footbridges over the main river and two walls across streets."""
    streets = territory.streets
    walked = streets[(streets["foot"] == "yes") & (streets["layer"] == 0)]
    shapes = _plane(walked)
    made = [
        ("link", line, "人行桥，道路图层未录") for line in _bridges(territory, shapes)
    ]
    made += [("barrier", line, "封闭小区围墙") for line in _walls(walked, shapes)]
    return gpd.GeoDataFrame(
        {
            "kind": [kind for kind, _, _ in made],
            "remark": [f"{plan.LABEL}：{said}" for _, _, said in made],
        },
        geometry=list(to_degrees(np.array([line for _, line, _ in made]))),
        crs=streets.crs,
    )


def _bridges(territory: Territory, shapes: Any) -> list[Any]:
    """Return lines over the river where no bridge is near, from bank to bank."""
    rivers = territory.rivers.set_index("name")
    river = _plane(rivers.loc[[MAIN_RIVER]])[0]
    built = _plane(territory.streets[territory.streets["bridge"] == 1])
    shapely.prepare(river)
    clear = shapes[~shapely.intersects(shapes, river)]
    ends = shapely.get_coordinates(clear)
    ends = ends[shapely.dwithin(shapely.points(ends), river, _NEAR_M)]
    found: list[Any] = []
    for at in _along(river):
        near = ends[np.hypot(*(ends - at).T) < _NEAR_M]
        if shapely.dwithin(shapely.Point(at), built, _NO_BRIDGE_M).any():
            continue
        if any(shapely.distance(line, shapely.Point(at)) < _APART_M for line in found):
            continue
        pairs = shapely.linestrings(
            np.stack(
                [np.repeat(near, len(near), axis=0), np.tile(near, (len(near), 1))], 1
            )
        )
        over = pairs[shapely.intersects(pairs, river)]
        if len(over):
            found.append(over[shapely.length(over).argmin()])
        if len(found) == 2:
            break
    return found


def _along(river: Any) -> Points:
    """Return places along a river, from the middle of the city outwards."""
    every = shapely.line_interpolate_point(
        river, np.arange(0, shapely.length(river), 150.0)
    )
    places = shapely.get_coordinates(every)
    away = np.hypot(*(places - CORE).T)
    return places[np.argsort(away, kind="stable")][away[np.argsort(away)] < 8 * KM]


def _walls(walked: gpd.GeoDataFrame, shapes: Any) -> list[Any]:
    """Return short lines across the middle of residential streets of the city."""
    home = (walked["class"] == "residential").to_numpy()
    away = shapely.distance(shapes, shapely.Point(CORE))
    long = shapely.length(shapes)
    chosen = np.flatnonzero(home & (away < 4 * KM) & (long > 300) & (long < 700))
    made = []
    for shape in shapes[chosen[[0, len(chosen) // 2]]]:
        middle = float(shapely.length(shape)) / 2
        before, after = shapely.get_coordinates(
            shapely.line_interpolate_point(shape, [middle - 5, middle + 5])
        )
        along = (after - before) / np.hypot(*(after - before))
        aside = np.array([-along[1], along[0]]) * _WALL_M
        made.append(
            shapely.LineString(
                [(before + after) / 2 - aside, (before + after) / 2 + aside]
            )
        )
    return made


def _plane(frame: gpd.GeoDataFrame) -> Any:
    return shapely.transform(frame.geometry.to_numpy(), to_plane)


def scenarios(places: care.Places, people: pd.DataFrame) -> list[dict[str, Any]]:
    """Return plans for the streets where nothing was built yet, as they are saved."""
    aged = people.set_index("区划代码")["60岁及以上"]
    rng = np.random.default_rng(0)
    added = []
    for name in care.BARE:
        unit = places.units.index[places.units["name"] == name][0]
        lon, lat = places.pick(str(aged[aged.index.str.startswith(unit)].idxmax()), rng)
        added.append(
            {
                "do": "add", "facility": f"NEW-{unit}", "type": "REG", "beds": 40,
                "name": f"{name}综合养老服务中心（拟建）", "lon": lon, "lat": lat,
            }
        )  # fmt: skip
    base = {"as_of": AS_OF, "group": "aged_60", "level": "street"}
    titles = (f"{care.BARE[0]}新建一处", f"{'、'.join(care.BARE)}各新建一处")
    return [
        {"title": title, "note": plan.LABEL, "base": base, "edits": added[: n + 1]}
        for n, title in enumerate(titles)
    ]
