"""Editing shared borders: neighbours keep the same bits, the whole stays covered."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import ConflictError, GeometryError, LimitError, NotFoundError
from geodata.topology.editing import move_borders
from geodata.topology.joining import dissolve, gap_at, hand_over, merge, part_at
from geodata.topology.nearby import borders_near, woven
from geodata.topology.parting import split, split_along
from tests.support.drawn import coverage_of

PICTURES = (
    "AAB/AAB/CCC",
    "AAAA/ABBA/ABBA/AAAA",
    "AABB/AABB/CCDD/CCDD",
    "ABA/ABA/AAA",
    "ABCA/AAAA/DDEE/DFEE",
    "AB.BA/ABBBA/CCCCC",
)


def layer_of(picture: str) -> gpd.GeoDataFrame:
    """Return the letters of a picture at level 5."""
    frame = coverage_of(picture).set_index("code")
    return frame.assign(level=5, parent=None)


def nested(picture: str, above: dict[str, str]) -> gpd.GeoDataFrame:
    """Return letters at level 5 and the units above them at level 4."""
    low = layer_of(picture)
    low["parent"] = [above[key] for key in low.index]
    groups = sorted(set(above.values()))
    shapes = [dissolve(list(low.geometry[low["parent"] == key])) for key in groups]
    high = gpd.GeoDataFrame(
        {"level": 4, "parent": None}, index=groups, geometry=shapes, crs=low.crs
    )
    both: Any = gpd.pd.concat([low[["level", "parent", "geometry"]], high])
    return gpd.GeoDataFrame(both, crs=low.crs)


NESTED = ("AABB/AABB/CCDD/CCDD", {"A": "P", "C": "P", "B": "Q", "D": "Q"})


def redrawn(frame: gpd.GeoDataFrame, changed: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return the frame with new drawings."""
    shapes = [changed.get(key, frame.geometry[key]) for key in frame.index]
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def edges(shape: Any) -> list[tuple[Any, Any]]:
    """Return the directed edges of a multipolygon."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    runs = [[tuple(xy) for xy in shapely.get_coordinates(r).tolist()] for r in rings]
    return [pair for run in runs for pair in pairwise(run)]


def outline(frame: gpd.GeoDataFrame, level: int) -> list[Any]:
    """Return the directed edges of a level that meet no reverse, sorted."""
    net: dict[Any, int] = {}
    for shape in frame.geometry[frame["level"] == level]:
        for a, b in edges(shape):
            net[(a, b)] = net.get((a, b), 0) + 1
            net[(b, a)] = net.get((b, a), 0) - 1
    return sorted((pair, count) for pair, count in net.items() if count > 0)


def area(shapes: Any) -> float:
    """Return the sum of areas in square degrees."""
    return float(shapely.area(np.array(shapes)).sum())


def require_coverage(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    """No overlap, no gap, all valid; the outline of each level to the bit."""
    assert after.geometry.is_valid.all()
    for level in set(before["level"]):
        old, new = (f.geometry[f["level"] == level] for f in (before, after))
        assert outline(after, level) == outline(before, level)
        assert area(new) == pytest.approx(area(old), rel=1e-12)
        union = shapely.union_all(np.array(new))
        assert union.area == pytest.approx(area(new), rel=1e-9)


def shared(frame: gpd.GeoDataFrame, unit: str) -> list[Any]:
    """Return the shared borders of a unit."""
    return [b for b in borders_near(frame, [unit]) if b.own and b.shared]


@pytest.mark.parametrize("picture", PICTURES)
def test_weaving_keeps_every_bit(picture: str) -> None:
    frame = layer_of(picture)
    threads = woven(frame)
    for at, key in enumerate(threads.keys):
        again: Any = shapely.normalize(threads.drawn(at))
        given_shape: Any = shapely.multipolygons(shapely.get_parts(frame.geometry[key]))
        assert shapely.to_wkb(again) == shapely.to_wkb(shapely.normalize(given_shape))


def test_borders_name_both_sides_junctions_and_the_outside() -> None:
    frame = layer_of("AAB/AAB/CCC")
    found = borders_near(frame, ["A"])
    pairs = {
        (tuple(b.left.get(5, [])), tuple(b.right.get(5, []))) for b in found if b.own
    }
    flat = [{*left, *right} for left, right in pairs]
    assert {"A", "B"} in flat
    assert {"A", "C"} in flat
    inner = next(b for b in found if {*b.left[5], *b.right.get(5, [])} == {"A", "B"})
    assert inner.shared
    assert ["A", "B", "C"] in inner.ends
    outside = next(b for b in found if b.own and not b.shared)
    assert sum(len(side) for side in (outside.left, outside.right)) == 1


def test_a_border_with_too_many_vertices_is_refused_in_words() -> None:
    with pytest.raises(LimitError, match="vertices"):
        borders_near(layer_of(PICTURES[0]), ["A"], most=3)


@settings(max_examples=60, deadline=None)
@given(
    picture=st.sampled_from(PICTURES),
    pick=st.integers(0, 99),
    vertex=st.integers(0, 99),
    dx=st.floats(-0.012, 0.012),
    dy=st.floats(-0.012, 0.012),
)
def test_any_moved_vertex_leaves_a_coverage_or_is_refused(
    picture: str, pick: int, vertex: int, dx: float, dy: float
) -> None:
    frame = layer_of(picture)
    found = shared(frame, frame.index[pick % len(frame)])
    border = found[pick % len(found)]
    line = border.coordinates.copy()
    at = vertex % len(line)
    line[at] += (dx, dy)
    if (border.coordinates[0] == border.coordinates[-1]).all():
        line[-1] = line[0] if at != len(line) - 1 else line[-1]
        line[0] = line[-1]
    try:
        edit = move_borders(frame, {border.id: line})
    except GeometryError:
        return
    after = redrawn(frame, edit.changed)
    require_coverage(frame, after)
    for key in set(frame.index) - set(edit.changed):
        assert after.geometry[key] is frame.geometry[key]


@settings(max_examples=40, deadline=None)
@given(
    pick=st.integers(0, 99),
    vertex=st.integers(0, 99),
    dx=st.floats(-0.004, 0.004),
    dy=st.floats(-0.004, 0.004),
)
def test_all_levels_move_together(pick: int, vertex: int, dx: float, dy: float) -> None:
    frame = nested(*NESTED)
    found = shared(frame, "P")
    border = found[pick % len(found)]
    line = border.coordinates.copy()
    line[vertex % len(line)] += (dx, dy)
    try:
        edit = move_borders(frame, {border.id: line})
    except GeometryError:
        return
    after = redrawn(frame, edit.changed)
    require_coverage(frame, after)
    for above in ("P", "Q"):
        children = list(after.geometry[after["parent"] == above])
        assert dissolve([after.geometry[above]], children).is_empty


def test_a_moved_junction_moves_all_who_meet_there() -> None:
    frame = layer_of("AAB/AAB/CCC")
    border = next(b for b in shared(frame, "A") if ["A", "B", "C"] in b.ends)
    line = border.coordinates.copy()
    line[0 if border.ends[0] == ["A", "B", "C"] else -1] += (0.002, -0.003)
    edit = move_borders(frame, {border.id: line})
    assert set(edit.changed) == {"A", "B", "C"}
    require_coverage(frame, redrawn(frame, edit.changed))


def test_a_ring_turned_inside_out_is_refused_with_its_place() -> None:
    frame = layer_of("AAAA/ABBA/ABBA/AAAA")
    border = next(b for b in shared(frame, "B"))
    middle = border.coordinates.mean(axis=0)
    mirrored = border.coordinates.copy()
    mirrored[:, 0] = 2 * middle[0] - mirrored[:, 0]
    with pytest.raises(GeometryError, match=r"[AB] would turn inside out at 117\."):
        move_borders(frame, {border.id: mirrored})


def test_the_outer_border_moves_only_when_asked() -> None:
    frame = layer_of("AAB/AAB/CCC")
    outer = next(b for b in borders_near(frame, ["A"]) if b.own and not b.shared)
    line = outer.coordinates.copy()
    line[1] += (-0.001, 0.001)
    with pytest.raises(GeometryError, match="no unit on its other side") as told:
        move_borders(frame, {outer.id: line})
    assert told.value.code == "outer"
    edit = move_borders(frame, {outer.id: line}, outer=True)
    assert edit.changed["A"].area > frame.geometry["A"].area


def test_an_outer_border_may_not_run_over_another_unit() -> None:
    frame = layer_of("A.B/A.B")
    outer = next(b for b in borders_near(frame, ["A"]) if b.own)
    line = outer.coordinates.copy()
    east = line[:, 0].max()
    line[line[:, 0] == east, 0] += 0.015
    with pytest.raises(GeometryError, match="A would overlap B"):
        move_borders(frame, {outer.id: line}, outer=True)


def test_a_border_that_is_gone_is_a_conflict() -> None:
    with pytest.raises(ConflictError):
        move_borders(layer_of("AB"), {"0" * 24: np.array([[117, 39], [117.1, 39]])})


def test_a_level_drawn_with_other_vertices_is_named() -> None:
    frame = nested(*NESTED)
    thin = shapely.simplify(frame.geometry["P"], 0)
    frame = redrawn(frame, {"P": shapely.multipolygons([thin])})
    border = next(b for b in shared(frame, "A") if "B" in str(b.right) + str(b.left))
    line = border.coordinates.copy()
    line[1] += (0.001, 0.0)
    with pytest.raises(GeometryError, match="runs along it with other vertices"):
        move_borders(frame, {border.id: line}, outer=True)


@settings(max_examples=60, deadline=None)
@given(
    picture=st.sampled_from(PICTURES),
    pick=st.integers(0, 99),
    angle=st.floats(0, 3.1),
    dx=st.floats(-0.4, 0.4),
    dy=st.floats(-0.4, 0.4),
)
def test_any_cut_leaves_a_coverage_without_t_junctions(
    picture: str, pick: int, angle: float, dx: float, dy: float
) -> None:
    frame = layer_of(picture)
    unit = frame.index[pick % len(frame)]
    west, south, east, north = frame.geometry[unit].bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    middle += [dx * (east - west), dy * (north - south)]
    way = np.array([np.cos(angle), np.sin(angle)]) * 0.08
    try:
        edit = split(frame, unit, np.array([middle - way, middle + way]))
    except GeometryError:
        return
    assert len(edit.parts) >= 2
    after = redrawn(frame, edit.changed).drop(unit)
    shapes = [*after.geometry, *edit.parts]
    assert all(shapely.is_valid(shapes))
    total = sum(shapely.area(shapes))
    assert total == pytest.approx(area(frame.geometry), rel=1e-9)
    assert dissolve(shapes).area == pytest.approx(total, rel=1e-9)
    whole = dissolve(list(edit.parts))
    assert whole.area == pytest.approx(frame.geometry[unit].area, rel=1e-9)


def test_a_cut_puts_its_ends_into_the_neighbours() -> None:
    frame = layer_of("AAB/AAB/CCC")
    line = np.array([[116.99, 39.187], [117.04, 39.187]])
    edit = split(frame, "A", line)
    assert set(edit.changed) == {"B"}
    ends = {tuple(xy) for xy in shapely.get_coordinates(edit.changed["B"]).tolist()}
    old = {tuple(xy) for xy in shapely.get_coordinates(frame.geometry["B"]).tolist()}
    (added,) = ends - old
    for part in edit.parts:
        assert added in set(map(tuple, shapely.get_coordinates(part).tolist()))


def test_a_cut_spares_units_that_must_not_be_written() -> None:
    frame = layer_of("AAB/AAB/CCC")
    line = np.array([[116.99, 39.187], [117.04, 39.187]])
    edit = split(frame, "A", line, fixed=["B"])
    assert edit.changed == {}
    assert edit.notes
    corners = set(map(tuple, shapely.get_coordinates(frame.geometry["B"]).tolist()))
    shared_ends = [
        tuple(xy)
        for xy in shapely.get_coordinates(edit.parts[0]).tolist()
        if tuple(xy) in corners
    ]
    assert len(shared_ends) >= 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ([[117.005, 39.195], [117.008, 39.195]], "does not part"),
        ([[116.99, 39.3], [117.05, 39.3]], "does not part"),
        ([[116.99, 39.18], [117.05, 39.18]], "runs along the border"),
    ],
)
def test_lines_that_part_nothing_are_told(line: Any, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        split(layer_of("AAB/AAB/CCC"), "A", np.array(line))


def test_a_unit_with_units_below_is_parted_between_them() -> None:
    frame = nested(*NESTED)
    line = np.array([[116.99, 39.183], [117.05, 39.183]])
    edit = split_along(frame, "P", line, ["A", "C"])
    assert edit.side in ({"A": 0, "C": 1}, {"A": 1, "C": 0})
    for key, number in edit.side.items():
        assert dissolve([edit.parts[number]], [frame.geometry[key]]).is_empty
    assert edit.notes
    with pytest.raises(GeometryError, match="fall to one side"):
        split_along(
            frame,
            "P",
            np.array([[116.99, 39.199], [117.05, 39.199]]),
            ["A", "C"],
        )


@pytest.mark.parametrize("picture", PICTURES)
def test_merging_keeps_the_bits_of_the_outline(picture: str) -> None:
    frame = layer_of(picture)
    for border in shared(frame, "A"):
        units = [*border.left[5], *border.right[5]]
        edit = merge(frame, units, units[0])
        after = redrawn(frame, edit.changed).drop(list(edit.ended))
        require_coverage(frame, after)


def test_units_that_only_touch_are_not_merged() -> None:
    with pytest.raises(GeometryError, match="no common border"):
        merge(layer_of("AB/CD"), ["A", "D"], "A")


def test_units_drawn_with_other_vertices_are_not_merged() -> None:
    frame = layer_of("AAB/AAB/CCC")
    frame = redrawn(frame, {"C": shapely.simplify(frame.geometry["C"], 0)})
    with pytest.raises(GeometryError, match="differ in vertices"):
        merge(frame, ["A", "C"], "A")


def test_a_unit_below_changes_hands_at_every_level() -> None:
    frame = nested(*NESTED)
    edit = hand_over(frame, frame.geometry["C"], "P", "Q", {"P": None, "Q": None})
    assert set(edit.changed) == {"P", "Q"}
    require_coverage(frame, redrawn(frame, edit.changed))
    with pytest.raises(GeometryError, match="Nothing of Q"):
        hand_over(frame, frame.geometry["Q"], "Q", "P", {"P": None, "Q": None})


def test_a_piece_apart_goes_to_its_neighbour() -> None:
    frame = layer_of("ABA/ABA/CBC")
    piece = part_at(frame.geometry["A"], (117.025, 39.195), "A")
    edit = hand_over(frame, piece, "A", "B", {})
    assert len(shapely.get_parts(edit.changed["A"])) == 1
    require_coverage(frame, redrawn(frame, edit.changed))
    with pytest.raises(NotFoundError):
        part_at(frame.geometry["A"], (118, 39), "A")


def test_a_gap_is_filled_to_the_bit() -> None:
    frame = layer_of("AAAA/A.BB/AABB")
    gap = gap_at(frame, 5, (117.015, 39.185))
    edit = hand_over(frame, gap, None, "B", {})
    after = redrawn(frame, edit.changed)
    whole = dissolve(list(after.geometry))
    assert len(shapely.get_parts(whole)) == 1
    assert shapely.get_num_interior_rings(shapely.get_parts(whole)[0]) == 0
    with pytest.raises(NotFoundError, match="no gap"):
        gap_at(frame, 5, (117.005, 39.195))


def test_a_scribble_of_twenty_thousand_vertices_is_refused_at_once() -> None:
    """Random rings took minutes to repair (trust.md F4); they are never repaired."""
    frame = layer_of("AAAA/ABBA/ABBA/AAAA")
    border = next(b for b in shared(frame, "B"))
    noise = np.random.default_rng(7).uniform(-0.01, 0.01, (20_000, 2))
    middle = border.coordinates.mean(axis=0) + noise
    scribble = np.concatenate([middle, middle[:1]])
    started = time.process_time()
    with pytest.raises(GeometryError):
        move_borders(frame, {border.id: scribble})
    with pytest.raises(GeometryError, match="crosses itself"):
        split(frame, "B", scribble[:2000])
    assert time.process_time() - started < 10


def real(data: Path) -> gpd.GeoDataFrame:
    """Return Tianjin's districts and the city they make up, as published."""
    source = data / "tianjin" / "tianjin.gpkg"
    found = gpd.read_file(source, layer="districts_datav_areas_v3")
    frame = found.set_index(found["adcode"].astype(str))[["geometry"]]
    frame = frame.set_crs("EPSG:4490", allow_override=True)
    return gpd.GeoDataFrame(frame.assign(level=3, parent="120000"))


def test_borders_of_tianjin_move_with_both_districts(data: Path) -> None:
    frame = real(data)
    moved = 0
    for unit in frame.index[:6]:
        for border in shared(frame, unit):
            if len(border.coordinates) < 5:
                continue
            line = border.coordinates.copy()
            line[len(line) // 2] += (2e-5, -1e-5)
            try:
                edit = move_borders(frame, {border.id: line})
            except GeometryError:
                continue
            moved += 1
            pair = {*border.left[3], *border.right[3]}
            assert set(edit.changed) == pair
            old = [frame.geometry[key] for key in pair]
            assert dissolve([*edit.changed.values()], old).is_empty
    assert moved >= 10


def test_districts_of_tianjin_are_split_and_merged_again(data: Path) -> None:
    frame = real(data)
    for unit in frame.index[:8]:
        west, south, east, north = frame.geometry[unit].bounds
        y = (south + north) / 2
        line = np.array([[west - 0.01, y], [east + 0.01, y + 0.003]])
        edit = split(frame, unit, line)
        assert area(edit.parts) == pytest.approx(frame.geometry[unit].area, rel=1e-12)
        whole = dissolve(list(edit.parts))
        gained = {tuple(xy) for xy in shapely.get_coordinates(whole).tolist()}
        had = shapely.get_coordinates(frame.geometry[unit]).tolist()
        assert gained >= {tuple(xy) for xy in had}
        for key, shape in edit.changed.items():
            assert shapely.symmetric_difference(
                shape, frame.geometry[key]
            ).area == pytest.approx(0, abs=1e-14)
