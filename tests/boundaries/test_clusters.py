"""Points of a register as the map gets them: one by one, or many as one."""

from __future__ import annotations

from typing import Any

from boundaries import clusters


def point(number: int, lon: float, lat: float, *, sound: bool = True) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": str(number),
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"sound": sound},
    }


MANY = [
    point(n, 117 + (n % 20) * 0.01, 39 + (n // 20) * 0.01, sound=n % 7 > 0)
    for n in range(clusters.FEW + 50)
]


def test_many_points_become_few_and_none_is_lost() -> None:
    drawn = clusters.gathered(MANY, 9)
    counts = [one["properties"].get("count", 1) for one in drawn]
    assert len(drawn) < clusters.FEW
    assert sum(counts) == len(MANY)
    bad = sum(not one["properties"]["sound"] for one in MANY)
    assert bad == sum(
        one["properties"].get("unsound", not one["properties"].get("sound", True))
        for one in drawn
    )
    for one in drawn:
        assert clusters.inside(
            one, one["properties"].get("box") or (-180, -90, 180, 90)
        )


def test_few_points_and_a_close_look_leave_each_by_itself() -> None:
    assert clusters.gathered(MANY[:20], 3) == MANY[:20]
    assert clusters.gathered(MANY, clusters.DEEPEST) == MANY


def test_moving_the_map_gathers_the_same_points() -> None:
    west = [one for one in MANY if one["geometry"]["coordinates"][0] < 117.15]
    whole = {one["id"] for one in clusters.gathered(MANY, 14) if one["id"]}
    part = {one["id"] for one in clusters.gathered(west, 14) if one["id"]}
    assert part
    assert part <= whole


def test_the_poles_and_no_points_have_squares_and_no_box() -> None:
    ends = [point(n, 180.0, 90.0 if n % 2 else -90.0) for n in range(200)]
    assert sum(one["properties"]["count"] for one in clusters.gathered(ends, 5)) == 200
    assert clusters.box_of([]) is None
