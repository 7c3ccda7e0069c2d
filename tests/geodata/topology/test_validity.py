from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.topology import validity

SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]


def ring(*points: tuple[float, float], holes: list[list[tuple[float, float]]] = ()):
    return shapely.Polygon(points, holes)


def with_vertex(value: float) -> shapely.Polygon:
    box = shapely.box(0, 0, 1, 1)
    xy = shapely.get_coordinates(box)
    xy[2, 0] = value
    return shapely.set_coordinates(box, xy)


CASES = [
    ("self_crossing", ring((0, 0), (1, 1), (1, 0), (0, 1)), (0.5, 0.5)),
    ("spike", ring((0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1)), (1, 2)),
    ("hole_outside", ring(*SQUARE, holes=[[(20, 20), (20, 21), (21, 21)]]), (20, 20)),
    (
        "hole_nested",
        ring(
            *SQUARE, holes=[[(1, 1), (1, 5), (5, 5), (5, 1)], [(2, 2), (3, 3), (3, 2)]]
        ),
        (2, 2),
    ),
    ("too_few_points", shapely.from_wkt("POLYGON((0 0,1 0,0 0,0 0))"), (0, 0)),
    ("not_finite", with_vertex(np.nan), None),
    ("not_finite", with_vertex(np.inf), None),
    (
        "part_nested",
        shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(1, 1, 2, 2)]),
        (2, 1),
    ),
    ("repeated_point", ring((0, 0), (1, 0), (1, 1), (1, 1), (0, 1)), (1, 1)),
    (
        "orientation",
        ring(*SQUARE, holes=[[(1, 1), (5, 1), (5, 5), (1, 5)]]),
        (1, 1),
    ),
    ("empty", None, None),
    ("empty", shapely.Polygon(), None),
    ("not_polygon", shapely.Point(1, 1), None),
]


@pytest.mark.parametrize(("kind", "geometry", "place"), CASES)
def test_each_kind_is_named_with_its_place(kind, geometry, place):
    good = shapely.box(50, 50, 51, 51)
    found = validity([good, geometry, good])
    row = found[found["kind"] == kind]
    assert row["index"].tolist() == [1]
    if place is not None:
        assert (row["x"].item(), row["y"].item()) == pytest.approx(place)
    assert set(found["index"]) == {1}


def test_clean_polygons_have_nothing():
    hole = shapely.Polygon(SQUARE, [[(1, 1), (1, 5), (5, 5), (5, 1)]])
    assert validity([hole, shapely.box(0, 0, 1, 1)]).empty


def test_random_ring_is_unusable_not_endless():
    points = np.random.default_rng(1).random((1000, 2))
    found = validity([shapely.Polygon(points)])
    assert found["kind"].tolist() == ["unusable"]
    assert np.isfinite(found["x"].item())


def test_real_crossings_are_counted():
    bow = ring((0, 0), (1, 1), (2, 0), (2, 1), (1, 0), (0, 1))
    row = validity([bow]).iloc[0]
    assert (row["kind"], row["count"]) == ("self_crossing", 2)
