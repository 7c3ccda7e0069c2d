"""A wrong zone is seen by how far everything lies from what is known."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely.affinity import translate

from geodata import crs

HERE = [shapely.box(117 + n * 0.1, 39, 117.1 + n * 0.1, 39.1) for n in range(10)]


def frame(shapes: list[shapely.Geometry | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapes, crs=crs.STORAGE)


def moved(degrees: float) -> gpd.GeoDataFrame:
    return frame([translate(one, degrees) for one in HERE])


def test_a_layer_in_its_place_is_near_and_one_three_degrees_off_is_far() -> None:
    assert crs.apart(moved(0), frame(HERE), beyond_m=5_000) == (10, 0, 0.0)
    looked, far, metres = crs.apart(moved(3), frame(HERE), beyond_m=5_000)
    assert (looked, far) == (10, 10)
    # two degrees of longitude at 39 degrees lie between the last and the first
    assert metres == pytest.approx(2.5 * 86_600, rel=0.03)


def test_a_layer_in_a_plane_is_measured_on_the_ellipsoid() -> None:
    plane = crs.transform(moved(3), crs.local_gk(117.5))
    looked, far, _ = crs.apart(plane, frame(HERE), beyond_m=5_000)
    assert looked == far == 10


def test_nothing_to_compare_is_not_far() -> None:
    assert crs.apart(frame([None]), frame(HERE), beyond_m=5_000).far == 0
    assert crs.apart(moved(3), frame([None]), beyond_m=5_000).far == 0
