"""Which polygons may be worked with: bounded counts of their crossings."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.topology.soundness import MAX_CROSSINGS, crossings, repairable, repaired


def star(points: int) -> shapely.Polygon:
    turn = np.arange(points) * np.pi * 0.9999
    return shapely.Polygon(np.stack([np.cos(turn), np.sin(turn)], axis=1))


def test_a_bow_tie_falls_into_its_two_sides():
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert repairable(bow)
    fixed = repaired(bow)
    assert fixed.is_valid
    assert shapely.get_num_geometries(fixed) == 2


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon(np.random.default_rng(5).random((1000, 2))),
        shapely.Polygon(np.random.default_rng(5).random((4000, 2))),
        star(5001),
        shapely.MultiPolygon(
            [
                shapely.box(x, y, x + 0.5, y + 0.5)
                for x, y in np.random.default_rng(6).random((5000, 2))
            ]
        ),
    ],
    ids=["ring of 1000", "ring of 4000", "star", "5000 squares"],
)
def test_explosive_shapes_are_not_repaired(shape):
    assert not repairable(shape)


def test_crossings_of_a_simple_ring():
    assert crossings(shapely.box(0, 0, 1, 1)) == 0
    assert crossings(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])) == 1
    assert crossings(star(5001)) > MAX_CROSSINGS
