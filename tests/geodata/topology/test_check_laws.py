"""Laws of the check: clean stays clean, what is planted is found, GEOS agrees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.topology import check
from tests.support.planting import PLANTINGS, not_finite, plant, score, unusable
from tests.support.townships import coverage

SEEDS = st.integers(0, 2**31)
FEW = settings(max_examples=12, deadline=None, derandomize=True)
GROUND = {
    "overlap", "sliver_overlap", "gap", "sliver_gap", "redrawn_border", "missing_unit",
    "near_duplicate", "duplicate", "uncut_host",
}  # fmt: skip
"""Kinds of which the place is ground."""


@FEW
@given(
    SEEDS, st.integers(1, 6), st.integers(1, 6), st.integers(1, 9), st.integers(0, 3)
)
def test_a_coverage_from_a_random_grid_is_clean(seed, rows, columns, detail, decimals):
    """Whatever the detail, the coordinates, the order and the rounding."""
    land = coverage(rows, columns, detail, seed)
    for key, (ring,) in land.rings.items():
        land.rings[key] = [np.round(ring, decimals)]
    frame = land.frame(np.random.default_rng(seed))
    if not frame.is_valid.all():
        return  # rounded to metres, a border may touch itself
    assert check(frame, key="code").frame.empty
    assert check(frame.to_crs(4490), key="code").frame.empty
    assert check(frame.set_crs(None, allow_override=True), key="code").frame.empty


@FEW
@given(SEEDS, st.lists(st.sampled_from(PLANTINGS), min_size=1, unique=True))
def test_what_is_planted_is_found(seed, kinds):
    land = coverage(13, 17, 12, seed)
    plant(land, seed, kinds=kinds)
    frame = land.frame(np.random.default_rng(seed))
    for rule, (planted, hit, extra) in score(
        land, check(frame, key="code").frame
    ).items():
        assert (rule, hit, extra) == (rule, planted, 0)


@FEW
@given(SEEDS, st.floats(2.0, 150.0), st.integers(1, 40))
def test_gaps_and_overlaps_are_those_of_geos(seed, metres, count):
    """Vertices moved at random, each in one unit only."""
    land = coverage(4, 5, 6, seed)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        key = rng.choice(list(land.rings))
        ring = land.rings[key][0].copy()
        ring[rng.integers(1, len(ring) - 1)] += rng.uniform(-metres, metres, 2)
        if shapely.is_valid(shapely.Polygon(ring)):
            land.rings[key] = [ring]
    frame = land.frame()
    found = check(frame, key="code").frame
    ours = shapely.union_all(
        shapely.make_valid(found.geometry[found["rule"].isin(GROUND)].to_numpy())
    )
    shapes = frame.geometry.to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    shared = shapely.intersection(shapes[one[one < two]], shapes[two[one < two]])
    parts = shapely.get_parts(shapely.union_all(shapes))
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    holes = shapely.difference(filled, shapely.union_all(shapes))
    theirs = shapely.union_all([*shared, holes])
    apart = shapely.symmetric_difference(ours, theirs)
    # What is narrower than a millimetre on average is noise.
    assert apart.area <= 0.001 * max(theirs.length, 1.0)


CORNER = st.tuples(st.integers(0, 6), st.integers(0, 6))
OVER = GROUND - {"gap", "sliver_gap", "missing_unit"}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.lists(CORNER, min_size=3, max_size=8), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
@example(
    [
        ([(0, 0), (2, 2), (2, 0)], False),
        ([(0, 0), (0, 1), (2, 1)], False),
        ([(0, 1), (2, 2), (0, 0)], False),
        ([(0, 0), (0, 2), (2, 1)], False),
    ]
)  # a point of a face right below a vertex
def test_rings_on_a_lattice(rings):
    """Where everything touches everything: no crash, GEOS's verdicts, its ground."""
    shapes = [
        shapely.MultiPoint(ring).convex_hull if hull else shapely.Polygon(ring)
        for ring, hull in rings
    ]
    shapes = [shape for shape in shapes if shape.geom_type == "Polygon"]
    shapes = shapely.transform(
        np.array(shapes, dtype=object), lambda xy: xy * 10.0 + np.array([5e5, 3.3e6])
    )
    keys = [str(row) for row in range(len(shapes))]
    frame = gpd.GeoDataFrame({"code": keys}, geometry=shapes, crs=4547)
    found = check(frame, key="code").frame
    valid = shapely.is_valid(shapes)
    named = {key for row in found["participants"] for key in row}
    assert {key for key, fine in zip(keys, valid, strict=True) if not fine} <= named
    if valid.all() and "redrawn_border" not in set(found["rule"]):
        one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        shared = shapely.intersection(shapes[one[one < two]], shapes[two[one < two]])
        ours = found.geometry[found["rule"].isin(OVER)].to_numpy()
        apart = shapely.symmetric_difference(
            shapely.union_all(shared), shapely.union_all(shapely.make_valid(ours))
        )
        assert apart.area < 0.01


@FEW
@given(SEEDS, st.floats(-3e5, 3e5), st.floats(-3e5, 3e5))
def test_where_a_layer_lies_changes_nothing(seed, east, north):
    """The same conflicts, participants and measures anywhere in a plane."""
    kinds = [kind for kind in PLANTINGS if kind not in (not_finite, unusable)]
    land = coverage(13, 17, 12, seed)
    plant(land, seed, kinds=kinds)
    frame = land.frame().set_crs(None, allow_override=True)
    # A shift that is exact in binary moves nothing against its neighbour.
    shift = np.round([east, north])
    moved = frame.set_geometry(
        shapely.transform(frame.geometry.to_numpy(), lambda xy: xy + shift)
    )
    first, second = (
        check(each, key="code").frame.sort_values(["rule", "participants", "area_m2"])
        for each in (frame, moved)
    )
    assert list(first["rule"]) == list(second["rule"])
    assert list(first["participants"]) == list(second["participants"])
    np.testing.assert_allclose(first["area_m2"], second["area_m2"], rtol=1e-3)
