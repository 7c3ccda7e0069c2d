"""Any sequence of edits: levels stay nested, nothing overlaps, nothing is left out."""

from __future__ import annotations

import random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries import edits, redraw
from geodata import topology
from geodata.errors import QuhuaError
from geodata.topology.joining import dissolve
from geodata.topology.nearby import borders_near
from tests.support.drawn import coverage_of

PICTURE = "AABBCC/ADDBEC/FDGGEE/FFGHHI/JJKKLI/JMMKLL"
STREETS = {"ADFJM": "001", "BGKH": "002", "CELI": "003"}
DISTRICT = "120101"


def territory() -> gpd.GeoDataFrame:
    """Return communities, their streets and the district they make up."""
    low = coverage_of(PICTURE)
    rows: list[dict[str, Any]] = []
    for number, (letter, shape) in enumerate(
        zip(low["code"], low.geometry, strict=True)
    ):
        street = next(DISTRICT + end for held, end in STREETS.items() if letter in held)
        rows.append(_row(f"{street}{number + 1:03d}", 5, street, shape))
    for end in STREETS.values():
        street = DISTRICT + end
        parts = [row["geometry"] for row in rows if row["parent"] == street]
        rows.append(_row(street, 4, DISTRICT, dissolve(parts)))
    parts = [row["geometry"] for row in rows if row["level"] == 4]
    rows.append(_row(DISTRICT, 3, None, dissolve(parts)))
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=low.crs)
    return frame.set_index(frame["code"].rename("key")).sort_index()


def _row(code: str, level: int, parent: str | None, shape: Any) -> dict[str, Any]:
    kind = {3: "district", 4: "street", 5: "community"}[level]
    known = {"code": code, "name": code, "kind": kind, "level": level, "parent": parent}
    fresh = dict.fromkeys(redraw.FRESH)
    return {**known, **fresh, "predecessors": None, "extra": {}, "geometry": shape}


def any_edit(frame: gpd.GeoDataFrame, draw: random.Random) -> edits.Operation | None:
    """Return some edit of some unit."""
    unit = draw.choice(list(frame.index[frame["level"] >= 4]))
    what = draw.choice(["move", "move", "split", "merge", "assign"])
    if what == "move":
        found = [each for each in borders_near(frame, [unit]) if each.own]
        border = draw.choice(found)
        line = border.coordinates.copy()
        line[draw.randrange(len(line))] += (draw.gauss(0, 0.002), draw.gauss(0, 0.002))
        return edits.Move((unit,), {border.id: line})
    if what == "split":
        west, south, east, north = frame.geometry[unit].bounds
        y = south + (north - south) * draw.uniform(0.2, 0.8)
        line = np.array([[west - 0.001, y], [east + 0.001, y + 0.001]])
        count = len(redraw.redraw(frame, edits.Split(unit, line)).pieces)
        named = [{"code": unit, "name": "", "kind": ""}]
        for _ in range(count - 1):
            code = f"{unit[:-3]}{draw.randrange(400, 999)}"
            named.append({"code": code, "name": code, "kind": ""})
        return edits.Split(unit, line, tuple(named))
    level = frame["level"][unit]
    if what == "merge":
        others = frame.index[(frame["parent"] == frame["parent"][unit])]
        return edits.Merge((unit, draw.choice(list(others))), unit)
    above = list(frame.index[frame["level"] == level - 1])
    return edits.Assign("unit", draw.choice(above), unit)


def after(frame: gpd.GeoDataFrame, made: redraw.Redrawn) -> gpd.GeoDataFrame:
    """Return the units after an edit."""
    rest = frame.drop([k for k in [*made.rows.index, *made.ended] if k in frame.index])
    joined: Any = pd.concat([rest, made.rows]).sort_index()
    return gpd.GeoDataFrame(joined, crs=frame.crs)


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_edits_keeps_a_nested_coverage(seed: int) -> None:
    frame, draw = territory(), random.Random(seed)  # noqa: S311 - no secret
    whole = shapely.area(frame.geometry[DISTRICT])
    done: dict[str, int] = {}
    for _ in range(40):
        try:
            edit = any_edit(frame, draw)
            assert edit is not None
            known = set(frame.index)
            frame = after(frame, redraw.redraw(frame, edit, taken=known.__contains__))
        except QuhuaError:
            continue
        done[type(edit).__name__] = done.get(type(edit).__name__, 0) + 1
    assert set(done) == {"Move", "Split", "Merge", "Assign"}
    for level in (3, 4, 5):
        units = frame[frame["level"] == level].reset_index(drop=True)
        shapes = np.array(units.geometry)
        assert shapely.is_valid(shapes).all()
        assert shapely.area(shapes).sum() == pytest.approx(whole, rel=1e-9)
        found = set(topology.check(units, key="code").frame["rule"])
        assert found <= {"multipart", "orientation"}
    for unit in frame.index[frame["level"] < 5]:
        below = list(frame.geometry[frame["parent"] == unit])
        assert dissolve([frame.geometry[unit]], below).is_empty


def test_an_overlap_is_left_to_the_unit_named_and_corners_stay_shared():
    frame = territory()
    one, other = "120101001001", "120101002002"
    shapes = frame.geometry.to_dict()
    *_, east, north = shapes[one].bounds
    shapes[one] = shapely.union(
        shapes[one], shapely.box(east - 0.001, north - 0.004, east + 0.002, north)
    )
    frame = frame.set_geometry([shapes[key] for key in frame.index], crs=frame.crs)
    place = (east + 0.001, north - 0.002)
    made = after(
        frame, redraw.redraw(frame, edits.Assign("overlap", other, one, place))
    )
    level = made[made["level"] == 5]
    assert (
        shapely.area(shapely.intersection(made.geometry[one], made.geometry[other]))
        == 0
    )
    assert shapely.equals(made.geometry[other], frame.geometry[other])
    found = topology.check(level.reset_index(drop=True), key="code").frame
    assert not found["rule"].isin(["overlap", "gap", "unmatched_vertex"]).any()
