"""Positions as people write them: degrees, or metres of a zone."""

from __future__ import annotations

import pytest

from boundaries.positions import position
from geodata import crs
from geodata.crs.zones import Zone, gauss_krueger
from geodata.errors import InputError

TIANJIN = (117.2000123, 39.1200456)


def metres(zone: Zone, lon: float, lat: float) -> tuple[float, float]:
    x, y = crs.transform_points([lon], [lat], crs.STORAGE, zone.epsg)
    return round(float(x[0]), 4), round(float(y[0]), 4)


def near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one == pytest.approx(other, abs=2e-9)


def test_degrees_stay_as_they_are() -> None:
    assert position("117.123456789012", 39.1) == (117.123456789012, 39.1)


@pytest.mark.parametrize("width", [3, 6])
def test_metres_with_the_zones_number(width: int) -> None:
    y, x = metres(gauss_krueger(117.2, width=width, prefixed=True), *TIANJIN)
    assert near(position(y, x), TIANJIN)
    assert near(position(f"{x}", f"{y}"), TIANJIN), "either way round"


def test_metres_of_the_local_zone() -> None:
    y, x = metres(gauss_krueger(117.2), *TIANJIN)
    assert near(position(y, x, ["", "120101001"]), TIANJIN)
    west = (118.4, 39.6)  # Tangshan lies in the zones of 117 and 120 degrees
    for zone in (gauss_krueger(117.2), gauss_krueger(119.0)):
        y, x = metres(zone, *west)
        found = position(y, x, ["130200"])
        assert near(found, west)


@pytest.mark.parametrize(
    ("lon", "lat", "codes"),
    [
        ("x", "39", ()),
        ("nan", "39", ()),
        ("inf", "4330000", ("120101",)),
        (181, 39, ()),
        (517_280.5, 4_330_000.0, ()),  # no zone, no division
        (517_280.5, 4_330_000.0, ("99",)),
        (39_990_000.0, 4_330_000.0, ()),  # too far from the middle
        (517_280.5, 900_000.0, ("120101",)),
        (46_500_000.0, 4_330_000.0, ()),  # no such zone
        (4_330_000.0, 4_330_000.0, ("120101",)),
    ],
)
def test_what_is_no_position_is_refused(lon: object, lat: object, codes: tuple) -> None:
    with pytest.raises(InputError, match=r"numbers|range"):
        position(lon, lat, codes)
