"""GCJ-02 and BD-09, forward and back."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from geodata import crs

GEOD = Geod(a=6378137.0, rf=298.257222101)


@pytest.mark.parametrize(
    ("lon", "lat", "gcj_m", "bd_m"),
    [(117.2, 39.1, 556.6, 1350), (103.8, 30.4, 367.9, 921), (106.8, 39.67, 421, 1248)],
)
def test_sizes_of_domain_d5(lon: float, lat: float, gcj_m: float, bd_m: float) -> None:
    gcj = crs.wgs84_to_gcj02(lon, lat)
    bd = crs.wgs84_to_bd09(lon, lat)
    assert GEOD.inv(lon, lat, *gcj)[2] == pytest.approx(gcj_m, abs=0.5)
    assert GEOD.inv(lon, lat, *bd)[2] == pytest.approx(bd_m, abs=1)


def test_direction_of_domain_j8() -> None:
    azimuth, _, distance = GEOD.inv(117.2, 39.1, *crs.wgs84_to_gcj02(117.2, 39.1))
    assert azimuth == pytest.approx(78, abs=0.5)
    assert distance == pytest.approx(556.6, abs=0.1)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.gcj02_to_bd09, crs.bd09_to_gcj02),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
    ],
)
def test_back_to_a_micrometre(there, back) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    x, y = rng.uniform(74, 135, 20_000), rng.uniform(4, 53, 20_000)
    lon, lat = back(*there(x, y))
    assert np.abs(GEOD.inv(x, y, lon, lat)[2]).max() < 1e-6


def test_shift_stays_within_its_known_size() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(74, 135, 50_000), rng.uniform(4, 53, 50_000)
    size = GEOD.inv(x, y, *crs.wgs84_to_gcj02(x, y))[2]
    assert 10 < size.min() < size.max() < 2000


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(8.5, 47.4), (-75.0, 40.0), (140.0, 36.0), (117.0, 60.0), (72.0, 1)],
)
def test_nothing_happens_outside_china(lon: float, lat: float) -> None:
    for function in (
        crs.wgs84_to_gcj02,
        crs.gcj02_to_wgs84,
        crs.wgs84_to_bd09,
        crs.bd09_to_wgs84,
    ):
        x, y = function([lon], [lat])
        assert (x[0], y[0]) == (lon, lat)
    assert not crs.shifted_here(lon, lat)


def test_missing_coordinates_pass_through() -> None:
    x, y = crs.gcj02_to_wgs84([np.nan, np.inf, 117.2], [39.0, 39.0, 39.1])
    assert np.isnan(x[0])
    assert np.isinf(x[1])
    assert 0.005 < 117.2 - x[2] < 0.007
    assert y[2] != 39.1
