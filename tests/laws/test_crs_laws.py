"""Laws of coordinates that hold for any input."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import crs
from geodata.crs.parameters import BursaWolf, PlaneSimilarity
from geodata.crs.zones import MERIDIANS3, MERIDIANS6, Zone, gk_zone

LON = st.floats(73.6, 135.0)
LAT = st.floats(3.5, 53.5)


@given(lon=LON, lat=LAT, width=st.sampled_from([3, 6]), prefixed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_to_any_zone_and_back(
    lon: float, lat: float, width: int, prefixed: bool
) -> None:
    zone = crs.gauss_krueger(lon, width=width, prefixed=prefixed)
    x, y = crs.transform_points(lon, lat, crs.STORAGE, zone.epsg)
    assert abs(float(x) - zone.false_easting) < 400_000
    back = crs.transform_points(x, y, zone.epsg)
    assert (float(back[0]), float(back[1])) == pytest.approx((lon, lat), abs=1e-10)


@given(
    meridian=st.sampled_from(list(MERIDIANS3)),
    datum=st.sampled_from(["cgcs2000", "xian80", "beijing54"]),
    prefixed=st.booleans(),
)
def test_zone_and_code_are_one(meridian: int, datum: str, prefixed: bool) -> None:
    for width in (3, 6):
        if width == 6 and meridian not in MERIDIANS6:
            continue
        zone = Zone(datum, width, meridian, prefixed)
        assert gk_zone(zone.epsg) == zone


@given(lon=LON, lat=LAT, swap=st.booleans(), prefixed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_was_projected_is_identified(
    lon: float, lat: float, swap: bool, prefixed: bool
) -> None:
    """The region finds the zone again, whichever axis comes first."""
    zone = crs.gauss_krueger(lon, prefixed=prefixed)
    lat = max(lat, 18.2)  # the decision list begins at northing 2 000 km
    x, y = crs.transform_points([lon], [lat], crs.STORAGE, zone.epsg)
    xy = np.column_stack([y, x] if swap else [x, y])
    region = (lon - 0.2, lat - 0.2, lon + 0.2, lat + 0.2)
    choice, swapped = crs.identify(xy, region=region)
    assert choice.epsg is not None
    assert swapped is swap
    assert choice.confidence < 0.9
    there = crs.transform_points([lon], [lat], crs.STORAGE, choice.epsg)
    assert np.allclose(there, (x, y), atol=1e-6)


@given(lon=LON, lat=LAT)
def test_services_shift_and_shift_back(lon: float, lat: float) -> None:
    for there, back in (
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
    ):
        x, y = back(*there(lon, lat))
        assert float(crs.distance_m(lon, lat, x, y)) < 1e-6


@st.composite
def stars(draw: st.DrawFn) -> shapely.Polygon:
    """A valid polygon: rays of drawn lengths around a drawn centre."""
    lon, lat = draw(st.floats(80, 130)), draw(st.floats(5, 52))
    radii = draw(st.lists(st.floats(0.01, 0.3), min_size=5, max_size=24))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    ring = np.column_stack(
        [lon + radii * np.cos(angles), lat + np.array(radii) * np.sin(angles)]
    )
    return shapely.Polygon(ring)


@given(star=stars(), share=st.floats(0.1, 0.9), turn=st.floats(0, np.pi))
@settings(max_examples=60, deadline=None)
def test_areas_of_the_pieces_add_up(
    star: shapely.Polygon, share: float, turn: float
) -> None:
    centre = shapely.get_coordinates(star.centroid)[0]
    along = np.array([np.cos(turn), np.sin(turn)]) * 2
    offset = np.array([-along[1], along[0]]) * (share - 0.5) * 0.05
    blade = shapely.LineString([centre + offset - along, centre + offset + along])
    pieces = shapely.get_parts(shapely.ops.split(star, blade))
    whole = crs.area_m2([star])[0]
    assert crs.area_m2(pieces).sum() == pytest.approx(whole, rel=1e-10)


@given(star=stars(), count=st.integers(2, 9))
@settings(max_examples=40, deadline=None)
def test_extra_vertices_change_no_area_and_start_does_not_matter(
    star: shapely.Polygon, count: int
) -> None:
    dense = shapely.segmentize(star, star.length / (10 * count))
    ring = shapely.get_coordinates(star.exterior)[:-1]
    rolled = shapely.Polygon(np.roll(ring, count, axis=0))
    whole, more, turned, back = crs.area_m2(
        [star, dense, rolled, shapely.reverse(star)]
    )
    assert (more, turned, back) == pytest.approx((whole, whole, whole), rel=1e-10)


@given(star=stars())
@settings(max_examples=40, deadline=None)
def test_length_is_the_sum_over_the_vertices(star: shapely.Polygon) -> None:
    ring = shapely.get_coordinates(star.exterior)
    edges = crs.distance_m(*ring[:-1].T, *ring[1:].T)
    assert crs.length_m([star])[0] == pytest.approx(edges.sum(), rel=1e-12)
    assert (edges >= 0).all()


small = st.floats(-100, 100)
tiny = st.floats(-5, 5)


@given(
    shifts=st.tuples(small, small, small), turns=st.tuples(tiny, tiny, tiny), ppm=tiny
)
@settings(max_examples=40, deadline=None)
def test_seven_parameters_undo_themselves(
    shifts: tuple[float, float, float], turns: tuple[float, float, float], ppm: float
) -> None:
    model = BursaWolf("EPSG:4610", "EPSG:4490", shifts, turns, ppm)
    x, y = np.array([117.2]), np.array([39.1])
    back = model.inverse(*model.forward(x, y))
    # heights are taken as zero on both sides: some 100 m of height change cost mm
    assert float(crs.distance_m(x, y, *back)[0]) < 0.05


@given(dx=small, dy=small, turn=tiny, ppm=tiny)
def test_four_parameters_undo_themselves(
    dx: float, dy: float, turn: float, ppm: float
) -> None:
    model = PlaneSimilarity("EPSG:2384", "EPSG:4548", dx, dy, turn, ppm)
    x, y = np.array([517300.87]), np.array([4329624.67])
    assert np.allclose(model.inverse(*model.forward(x, y)), (x, y), atol=1e-6)


@given(east=st.floats(-1000, 1000), north=st.floats(-1000, 1000), lon=LON, lat=LAT)
@settings(max_examples=40, deadline=None)
def test_moving_by_metres_moves_that_far(
    east: float, north: float, lon: float, lat: float
) -> None:
    start = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=crs.STORAGE)
    there = crs.apply_shift(start, {"dx_m": east, "dy_m": north})
    gap = crs.distance_m(lon, lat, there.geometry.x[0], there.geometry.y[0])
    assert float(gap) == pytest.approx(np.hypot(east, north), rel=1e-3, abs=1e-3)
