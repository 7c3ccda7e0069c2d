"""What figures of a situation leave out, or hold by an assumption: said beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services.omissions import Omission, told
from boundaries.services.opening import backdated
from boundaries.vocabulary import Level
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.services.situation import Situation


def omitted(place: Situation, rows: npt.NDArray[np.int64]) -> tuple[Omission, ...]:
    """Return what figures about these facilities leave out, or assume."""
    return (
        *_missing(place, rows),
        *_omitted_facilities(place, rows),
        *_units_without_people(place),
        *place.people.omitted,
    )


def without_unit(
    place: Situation, known: npt.NDArray[np.bool_], level: int,
    within: str | None = None,
) -> tuple[Omission, ...]:  # fmt: skip
    """Return who lives in no unit of a level, and so is in no figure of it.

    Parameters
    ----------
    known
        (p,) whether a point of people lies in a unit of the level.
    within
        Only people of this unit are asked about.
    """
    weight = place.people.weights[place.profile.group]
    lost = ~known & (weight > 0)
    homes, at = np.unique(place.people.home[lost].astype(str), return_inverse=True)
    people = np.bincount(at, weight[lost], len(homes))
    asked = np.array(
        [within is None or within in place.tree.chain(home) for home in homes], bool
    )
    words = Level(level).label
    return told(
        (
            Omission.of(
                "no_unit", "population",
                Text(f"不属于任何{words.zh}级单位，不在本级统计之内。",
                     f"In no unit of this level ({words.en}); not in its figures."),
                Text("请改选其他级别，或补充该级区划。",
                     "Choose another level, or import the divisions of this one."),
                homes[asked], people=float(people[asked].sum()),
            ),
        )
    )  # fmt: skip


def _missing(place: Situation, rows: Any) -> tuple[Omission, ...]:
    """Return which of the things every figure needs are not there at all."""
    checked = (
        (len(rows), "no_facility", "facilities",
         Text("没有符合条件的运营设施，覆盖为零。",
              "No operating facility of these types; nobody is reached."),
         Text("请导入并发布养老设施，或改选类型。",
              "Import and publish facilities, or choose other types.")),
        (len(place.people), "no_population", "population",
         Text("没有人口数据，人数均为零。", "No population; all counts are zero."),
         Text("请导入并发布人口表。", "Import and publish a population table.")),
        (place.network is not None, "no_network", "network",
         Text("没有路网，只有直线圈的数字。",
              "No street network; figures are by circle only."),
         Text("请先建立路网。", "Build a street network first.")),
    )  # fmt: skip
    return told(
        Omission.of(kind, layer, why, what, [layer])
        for there, kind, layer, why, what in checked
        if not there
    )


def _omitted_facilities(place: Situation, rows: Any) -> tuple[Omission, ...]:
    keys = place.facilities.index.to_numpy(object)[rows]
    placed = np.isfinite(place.facility_xy[rows]).all(axis=1)
    outside = np.zeros(len(rows), bool)
    outside[placed] = ~_in_a_division(place, rows[placed])
    off = island = np.zeros(len(rows), bool)
    if place.facility_spots is not None:
        spots = place.facility_spots.take(rows)
        off, island = placed & (spots.edge < 0), place.islands(spots)
    said = place.facilities["division"].to_numpy(object)[rows]
    nowhere = np.array([not _is_known(place, code) for code in said], bool)
    elsewhere = _elsewhere(place, rows, said) & placed & ~outside
    move = Text("请核对坐标，或补充路网。",
                "Check its coordinates, or complete the network.")  # fmt: skip
    return told(
        (
            backdated(key for key in keys if key in place.backdated),
            Omission.of(
                "facility_no_place", "facilities",
                Text("没有坐标，不参与计算。", "Without coordinates; not counted."),
                Text("请在地图上标出位置。", "Mark its place on the map."),
                keys[~placed],
            ),
            Omission.of(
                "facility_no_division", "facilities",
                Text("没有所属区划或代码不在区划中：计入总数，不计入任何单位的设施数。",
                     "Without a division in force: in the total, in the number of "
                     "no unit's facilities."),
                Text("请填写所属区划代码。", "State its division."),
                keys[nowhere], left_out=False,
            ),
            Omission.of(
                "facility_outside", "facilities",
                Text("在所有区划之外；仍按距离服务附近居民。",
                     "Outside every division; it serves people near it all the "
                     "same."),
                Text("请核对坐标。", "Check its coordinates."),
                keys[outside], left_out=False,
            ),
            Omission.of(
                "facility_elsewhere", "facilities",
                Text("坐标不在所属区划之内，可能取自互联网地图（GCJ-02）或所属有误："
                     "按坐标服务居民，按所属计数。",
                     "Its coordinates lie outside the division it names; they may "
                     "be a web map's (GCJ-02), or the division is wrong: it serves "
                     "where they say and is counted where it says."),
                Text("请核对坐标与所属区划。",
                     "Check its coordinates and its division."),
                keys[elsewhere], left_out=False,
            ),
            Omission.of(
                "facility_off_street", "facilities",
                Text("离道路太远，不在路网上，只计入直线圈。",
                     "Too far from any street; counted by circle only."),
                move, keys[off],
            ),
            Omission.of(
                "facility_island", "facilities",
                Text("在与主路网不相连的孤立路段上，只能服务该路段。",
                     "On a part of the network that joins no other street; it "
                     "serves that part only."),
                move, keys[island], left_out=False,
            ),
        )
    )  # fmt: skip


def _is_known(place: Situation, code: Any) -> bool:
    """Return whether a division, or one above it, is in force."""
    if code is None or pd.isna(code):
        return False
    return any(up in place.tree.level for up in place.tree.chain(str(code)))


def _elsewhere(place: Situation, rows: Any, said: Any) -> npt.NDArray[np.bool_]:
    """Return which facilities lie outside the division their record names."""
    found = np.zeros(len(rows), bool)
    at = place.divisions.index.get_indexer(pd.Index(said))
    named = np.flatnonzero(at >= 0)
    shapes = np.asarray(place.divisions.geometry.array, dtype=object)[at[named]]
    points = np.asarray(place.facilities.geometry.array, dtype=object)[rows[named]]
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found[named] = there & ~shapely.intersects(shapes, points)
    return found


def _in_a_division(place: Situation, rows: Any) -> npt.NDArray[np.bool_]:
    points = np.asarray(place.facilities.geometry.array, dtype=object)[rows]
    shapes = np.asarray(place.divisions.geometry.array, dtype=object)
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    found = np.zeros(len(points), bool)
    if len(there) and len(points):
        at, _ = shapely.STRtree(there).query(points, predicate="intersects")
        found[at] = True
    return found


def _units_without_people(place: Situation) -> tuple[Omission, ...]:
    """Return the lowest divisions for which nobody was counted."""
    parents = place.tree.parents_of(str(code) for code in place.divisions.index)
    leaves = [code for code in place.divisions.index if code not in parents]
    counted = set(place.people.units.index)
    covered = {up for code in counted for up in place.tree.chain(str(code))}
    bare = [
        code
        for code in leaves
        if code not in covered and not counted & set(place.tree.chain(str(code)))
    ]
    return told(
        (
            Omission.of(
                "unit_no_people", "divisions",
                Text("没有人口数据，不计入人数。",
                     "Nobody was counted for it; it is in no figure of people."),
                Text("请导入其人口。", "Import its population."),
                bare,
            ),
        )
    )  # fmt: skip
