"""Ellipsoidal area and length against pyproj's geodesics and known figures."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from geodata.crs import area_m2, distance_m, length_m
from tests.support.drawn import coverage_of

GEOD = Geod(a=6378137.0, rf=298.257222101)


def by_geod(geometry: shapely.Geometry, step_deg: float = 1e-4) -> float:
    """Area by pyproj after densifying, so that its geodesics follow our edges."""
    dense = shapely.orient_polygons(shapely.segmentize(geometry, step_deg))
    return float(abs(GEOD.geometry_area_perimeter(dense)[0]))


def test_box_of_domain_j7() -> None:
    box = shapely.box(117.1, 39.0, 117.3, 39.2)
    assert area_m2([box])[0] == pytest.approx(384_139_223.1, abs=1.0)


@pytest.mark.parametrize("lat", [3.0, 22.5, 39.1, 53.0, -33.0, 0.0])
def test_agrees_with_geodesics_to_a_billionth(lat: float) -> None:
    rng = np.random.default_rng(int(lat * 10) + 400)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 60))
    radii = rng.uniform(0.02, 0.05, 60)
    ring = np.column_stack([117 + radii * np.cos(angles), lat + radii * np.sin(angles)])
    polygon = shapely.Polygon(ring, [ring[::7] * 0.2 + np.array([117, lat]) * 0.8])
    assert polygon.is_valid
    assert area_m2([polygon])[0] == pytest.approx(by_geod(polygon), rel=1e-9)


def test_rings_without_a_point_have_no_area() -> None:
    box = shapely.box(117, 39, 118, 40)
    odd = shapely.from_wkt(
        "MULTIPOLYGON (((117 39, 118 39, 118 40, 117 40, 117 39), EMPTY))"
    )
    both = area_m2([odd, box, shapely.Polygon(), odd])
    assert both == pytest.approx([both[1], both[1], 0.0, both[1]])


def test_tiny_polygons_keep_their_precision() -> None:
    sliver = shapely.Polygon([(117, 39), (117.001, 39), (117.001, 39.00000001)])
    expected = 0.5 * 0.001 * 86_627.0 * 1e-8 * 111_013.0
    assert area_m2([sliver])[0] == pytest.approx(expected, rel=1e-3)
    assert expected < 0.05


def test_holes_parts_and_directions() -> None:
    outer = shapely.box(117, 39, 117.3, 39.3)
    hole = shapely.box(117.1, 39.1, 117.2, 39.2)
    island = shapely.box(117.14, 39.14, 117.16, 39.16)
    whole, gone, small = area_m2([outer, hole, island])
    ring = shapely.Polygon(outer.exterior, [hole.exterior])
    turned = shapely.Polygon(outer.exterior.coords[::-1], [hole.exterior.coords])
    many = shapely.MultiPolygon([ring, island])
    nested = shapely.GeometryCollection([many, shapely.GeometryCollection([island])])
    found = area_m2([ring, turned, shapely.reverse(ring), many, nested])
    expected = whole - gone
    assert found == pytest.approx(
        [expected, expected, expected, expected + small, expected + 2 * small],
        rel=1e-12,
    )


def test_what_has_no_area() -> None:
    values = [
        None,
        shapely.Polygon(),
        shapely.Point(117, 39),
        shapely.LineString([(117, 39), (118, 40)]),
        shapely.MultiPolygon(),
        shapely.GeometryCollection([shapely.Point(117, 39)]),
    ]
    assert area_m2(values).tolist() == [0.0] * 6
    assert area_m2([]).shape == (0,)
    assert length_m([None, shapely.Point(117, 39)]).tolist() == [0.0, 0.0]
    assert length_m([]).shape == (0,)


def test_series_and_frames_of_any_index() -> None:
    frame = coverage_of("AAB/CCB").set_index("code")
    areas = area_m2(frame.geometry)
    assert areas.shape == (3,)
    assert areas[0] == pytest.approx(by_geod(frame.geometry["A"]), rel=1e-9)


def test_one_geometry_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="array"):
        area_m2(shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize("degrees", [1e-5, 1e-3, 0.02, 0.5, 20.0])
def test_distances_agree_with_geodesics(degrees: float) -> None:
    rng = np.random.default_rng(3)
    x1, y1 = rng.uniform(73, 135, 3000), rng.uniform(-60, 60, 3000)
    x2, y2 = (v + rng.uniform(-degrees, degrees, 3000) for v in (x1, y1))
    expected = GEOD.inv(x1, y1, x2, y2)[2]
    assert np.allclose(distance_m(x1, y1, x2, y2), expected, rtol=1e-9, atol=1e-7)


def test_lengths_of_lines_rings_and_parts() -> None:
    line = shapely.LineString([(117, 39), (117.2, 39.1), (117.3, 38.9)])
    area = shapely.Polygon(
        shapely.box(117, 39, 117.3, 39.3).exterior,
        [shapely.box(117.1, 39.1, 117.2, 39.2).exterior],
    )
    both = shapely.MultiLineString([line, shapely.LineString([(118, 40), (118, 41)])])
    mixed = shapely.GeometryCollection([line, area])
    expected = [
        GEOD.geometry_length(line),
        sum(GEOD.geometry_length(ring) for ring in shapely.get_rings(area)),
        GEOD.geometry_length(both),
    ]
    expected.append(expected[0] + expected[1])
    assert length_m([line, area, both, mixed]) == pytest.approx(expected, rel=1e-9)


def test_moved_area_of_hexi(data: object) -> None:
    """The demonstration's figure: 河西 909.5 ha between the two vintages."""
    path = f"{data}/tianjin/tianjin.gpkg"
    old = gpd.read_file(path, layer="districts_datav_older").set_index("name")
    new = gpd.read_file(path, layer="districts_datav_areas_v3").set_index("name")
    old["geometry"] = old.geometry.make_valid()
    moved = old.geometry.symmetric_difference(new.geometry.reindex(old.index))
    hectares = dict(zip(old.index, area_m2(moved) / 1e4, strict=True))
    assert hectares["河西区"] == pytest.approx(909.5, abs=0.1)
    assert hectares["津南区"] == pytest.approx(566.5, abs=0.1)
    assert hectares["宁河区"] == pytest.approx(93.3, abs=0.1)
    assert hectares["南开区"] == pytest.approx(41.1, abs=0.1)
