"""Zones and codes against PROJ and the checked examples of domain D1."""

from __future__ import annotations

import pytest
from pyproj import CRS

from geodata import crs
from geodata.crs.declared import epsg_of, grid_parameters
from geodata.crs.zones import DATUMS, gk_zone, same_zone

RANGES = [
    *range(4491, 4555),
    *range(2327, 2391),
    *range(2401, 2443),
    *range(21413, 21424),
    *range(21453, 21464),
]


@pytest.mark.parametrize(
    ("lon", "plain", "prefixed", "number"),
    [(117.2, 4548, 4527, 39), (103.8, 4544, 4523, 35), (106.8, 4545, 4524, 36)],
)
def test_seed_cities_fall_in_their_zones(
    lon: float, plain: int, prefixed: int, number: int
) -> None:
    assert crs.local_gk(lon) == plain
    zone = crs.gauss_krueger(lon, prefixed=True)
    assert (zone.epsg, zone.number) == (prefixed, number)


def test_zones_change_half_way_between_meridians() -> None:
    assert crs.gauss_krueger(118.4999).meridian == 117
    assert crs.gauss_krueger(118.5).meridian == 120
    assert crs.gauss_krueger(119.999, width=6).meridian == 117
    assert crs.gauss_krueger(120.0, width=6).meridian == 123


def test_longitudes_off_china_take_the_outermost_zone() -> None:
    assert crs.gauss_krueger(7.4).meridian == 75
    assert crs.gauss_krueger(179.0).meridian == 135
    with pytest.raises(ValueError, match="finite"):
        crs.gauss_krueger(float("nan"))
    with pytest.raises(ValueError, match="3 or 6"):
        crs.gauss_krueger(117.0, width=5)


@pytest.mark.parametrize("epsg", RANGES)
def test_every_code_means_what_proj_says(epsg: int) -> None:
    zone = gk_zone(epsg)
    definition = CRS.from_epsg(epsg)
    grid = grid_parameters(definition)
    assert zone is not None
    assert grid is not None
    assert zone.epsg == epsg
    assert grid["meridian"] == zone.meridian
    assert grid["easting"] == zone.false_easting
    assert definition.geodetic_crs == CRS.from_epsg(DATUMS[zone.datum].geographic)


@pytest.mark.parametrize("dialect", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("epsg", RANGES[::5])
def test_codes_survive_every_dialect(epsg: int, dialect: str) -> None:
    assert epsg_of(CRS.from_wkt(CRS.from_epsg(epsg).to_wkt(dialect))) == epsg


@pytest.mark.parametrize("epsg", [4490, 4326, 3857, 4555, 32650, 21781, 4412])
def test_other_codes_are_no_zones(epsg: int) -> None:
    assert gk_zone(epsg) is None


def test_the_same_grid_on_another_datum() -> None:
    assert same_zone(4548, "xian80") == 2384
    assert same_zone(4527, "beijing54") == 2415
    assert same_zone(4490, "xian80") == 4610
    assert same_zone(3857, "xian80") is None


def test_labels_are_for_pages() -> None:
    assert crs.label(4548) == "CGCS2000 3° 带 CM 117"
    assert crs.label(4527) == "CGCS2000 3° 带 CM 117 39 带号"
    assert crs.label(4527, "en") == "CGCS2000 3° GK CM 117 zone 39"
    assert crs.label(4490) == "CGCS2000 经纬度"
    assert crs.label(21781) == "CH1903 / LV03"
