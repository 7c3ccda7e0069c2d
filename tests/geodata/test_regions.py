"""Extents of divisions, as facts for checks of place."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geodata import regions
from geodata.crs import transform
from geodata.errors import CRSError, InputError

TIANJIN = regions.resolve("12")


@pytest.mark.parametrize(
    "code", ["12", "1201", "120101", "120101001", "120101001001", 12, " 120101 "]
)
def test_any_code_of_tianjin_is_tianjin(code: object) -> None:
    assert regions.resolve(code) == TIANJIN
    west, south, east, north = TIANJIN or (0, 0, 0, 0)
    assert west <= 117.2 <= east
    assert south <= 39.1 <= north


def test_a_county_takes_its_prefecture() -> None:
    assert regions.resolve("340202001") == regions.resolve("3402")
    assert regions.resolve("3402") != regions.resolve("34")


def test_every_prefecture_lies_in_its_province() -> None:
    text = files("geodata").joinpath("regions.csv").read_text(encoding="utf-8")
    codes = [row["code"] for row in csv.DictReader(text.splitlines())]
    assert len({code for code in codes if len(code) == 2}) == 34
    assert len(codes) == len(set(codes)) > 360
    for code in codes:
        bounds = regions.resolve(code)
        assert bounds is not None
        west, south, east, north = bounds
        assert 73 <= west < east <= 136
        assert 3 <= south < north <= 54
        assert not regions.beyond(bounds, code[:2], margin_deg=0.35), code


def test_boxes_hold_the_real_counties(data: Path) -> None:
    counties = gpd.read_parquet(data / "bench/cn_county_2020.parquet")
    bounds = counties.geometry.bounds.to_numpy()
    for code, extent in zip(counties["adcode"].astype(str), bounds, strict=True):
        assert not regions.beyond(tuple(extent), code, margin_deg=0.0), code


def test_bounds_geometries_and_layers() -> None:
    box = (117.0, 39.0, 117.5, 39.5)
    frame = gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=4490)
    assert regions.resolve(box) == box
    assert regions.resolve(list(box)) == box
    assert regions.resolve(shapely.box(*box)) == box
    assert regions.resolve(frame) == box
    assert regions.resolve(frame.geometry) == box
    assert regions.resolve(transform(frame, 4548)) == pytest.approx(box, abs=2e-3)
    assert regions.resolve(None) is None
    assert regions.resolve(frame.iloc[:0]) is None
    assert regions.resolve(shapely.Polygon()) is None


@pytest.mark.parametrize(
    "wrong",
    ["1", "abc", "99", "1234567890123", (1, 2, 3), (5, 5, 4, 6), (0, -91, 1, 1), 3.5],
)
def test_wrong_regions_are_named(wrong: object) -> None:
    with pytest.raises(InputError):
        regions.resolve(wrong)


def test_outside_means_nothing_in_common() -> None:
    assert not regions.outside((117, 39, 118, 40), "12")
    assert not regions.outside((100, 20, 130, 50), "12")
    assert regions.outside((103, 30, 104, 31), "12")
    assert not regions.outside((103, 30, 104, 31), None)
    assert regions.beyond((100, 20, 130, 50), "12")


def test_extent_is_checked_only_where_a_region_is_given() -> None:
    swiss = (5.96, 45.82, 10.49, 47.81)
    regions.check_extent(swiss)
    with pytest.raises(CRSError) as caught:
        regions.check_extent(swiss, "12")
    assert caught.value.code == "extent"
    for text in caught.value.message:
        assert "5.9600" in text
    regions.check_extent((117.0, 39.0, 117.4, 39.4), "120101")


@pytest.mark.parametrize("region", [None, "12"])
def test_wider_than_half_the_globe_is_always_refused(region: str | None) -> None:
    with pytest.raises(CRSError) as caught:
        regions.check_extent((-179.0, 50.0, 179.0, 51.0), region)
    assert caught.value.code == "extent"
    assert "358.0" in caught.value.message.en
