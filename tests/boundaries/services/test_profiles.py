"""How far is near is set, checked and said in words."""

from __future__ import annotations

import pytest

from boundaries.services.profiles import Group, Profile
from boundaries.settings import Settings, changed
from geodata.errors import InputError


def test_each_group_walks_at_its_own_speed() -> None:
    settings = changed(Settings(), "services.speed_80", 0.7)
    assert Profile.of(settings).speed_mps == 1.0
    assert Profile.of(settings, "aged_80").speed_mps == 0.7
    assert Profile.of(settings, Group.TOTAL.value).urban_radius_m == 15 * 60 * 1.2


def test_rural_people_may_go_by_vehicle() -> None:
    by_vehicle = Profile.of(Settings(), rural_mode="vehicle")
    assert by_vehicle.rural_radius_m == pytest.approx(15_000)
    assert "乘车（30 km/h）" in by_vehicle.words().zh
    assert "1800 m" in Profile.of(Settings()).words().en


def test_what_is_not_given_is_as_the_bureau_has_set_it() -> None:
    settings = changed(Settings(), "services.urban_minutes", 10)
    made = Profile.of(settings, urban_minutes=None, detour=1.5)
    assert (made.urban_minutes, made.detour) == (10, 1.5)


@pytest.mark.parametrize(
    ("group", "own"),
    [
        ("aged_70", {}),
        ("aged_60", {"rural_mode": "sledge"}),
        ("aged_60", {"urban_minutes": 0}),
        ("aged_60", {"urban_minutes": float("nan")}),
        ("aged_60", {"placing": "anyhow"}),
        ("aged_60", {"urban_minutes": "15"}),
        ("aged_60", {"speed_mps": [1.0]}),
        ("aged_60", {"detour": True}),
        ("aged_60", {"places": 2.5}),
        ("aged_60", {"places": float("inf")}),
        ("aged_60", {"rural_mode": ["walk"]}),
        ("aged_60", {"colour": 3}),
    ],
)
def test_nonsense_is_refused(group: str, own: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Profile.of(Settings(), group, **own)
