"""Totals shared out over residential areas: where people live, and nobody lost."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.services import residential
from boundaries.services.coverage import coverage
from boundaries.services.maps import placing_words
from geodata import crs
from geodata.errors import InputError
from tests.boundaries.services.frames import (
    SOUTH,
    STEP,
    WEST,
    divisions,
    population,
    situation,
)
from tests.boundaries.services.towns import town_office

STREET = "990101001"
TOTALS = {STREET: {"aged_60": 33, "total": 100}, "990101002": {"aged_60": 7}}


def homes(*rows: tuple[float, float, float, float, Any]) -> gpd.GeoDataFrame:
    """Return areas in blocks (left, low, right, high) and their weight."""
    shapes = [
        shapely.box(
            WEST + a * STEP, SOUTH + b * STEP, WEST + c * STEP, SOUTH + d * STEP
        )
        for a, b, c, d, _ in rows
    ]
    return gpd.GeoDataFrame(
        {"weight": [row[4] for row in rows]}, geometry=shapes, crs=crs.STORAGE,
        index=range(1, len(rows) + 1),
    )  # fmt: skip


def totals() -> pd.DataFrame:
    made = population(**{f"_{code}": row for code, row in TOTALS.items()})
    return made.assign(method="table", places=None)


def shared(frame: gpd.GeoDataFrame) -> tuple[pd.DataFrame, Any]:
    rows, faults = residential.shared_out(frame, divisions(), totals())
    return rows.set_index("division"), faults


def test_a_total_goes_where_the_housing_is() -> None:
    """Three quarters of the street's housing stand in its second community."""
    rows, faults = shared(homes((0, 0, 1, 1, 1000), (0, 5, 1, 6, 3000)))
    places = rows.loc[STREET, "places"]
    assert [place[2:4] for place in places] == [[25, 8.25], [75, 24.75]]
    assert [place[5] for place in places] == [None, None]
    assert rows.loc[STREET, "method"] == "residential"
    (left,) = faults.mended
    assert left["keys"] == ["990101002"]
    people = totals().assign(**{name: rows[name].reindex(totals().index)
                                for name in ("places", "method")})  # fmt: skip
    town = situation((0.0, 0.0), people=people)
    found = coverage(town, level="community").units
    assert found.loc["990101001001", "people"] == pytest.approx(8.25)
    assert found.loc["990101001002", "people"] == pytest.approx(24.75)
    assert found["people"].sum() == pytest.approx(40)
    assert "按权重" in placing_words(town).zh
    told = {each.kind: each for each in town.people.omitted}["interpolated"]
    assert STREET in told.keys


def test_an_area_across_a_border_counts_for_both_by_its_parts() -> None:
    rows, _ = shared(homes((3, 0, 4, 1, 10), (6, 0, 7, 1, 5)))
    assert [place[2] for place in rows.loc[STREET, "places"]] == [100]
    assert [place[3] for place in rows.loc["990101002", "places"]] == [3.5, 3.5]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=12))
def test_nobody_is_lost_or_made(weights: list[float]) -> None:
    spots = [(n % 3, n // 3, n % 3 + 0.9, n // 3 + 0.9, w)
             for n, w in enumerate(weights)]  # fmt: skip
    rows, _ = shared(homes(*spots))
    for at, name in ((2, "total"), (3, "aged_60")):
        parts = [place[at] for place in rows.loc[STREET, "places"]]
        assert sum(parts) == pytest.approx(TOTALS[STREET][name], abs=1e-6)
        assert min(parts) >= -1e-9


def test_an_area_that_crosses_itself_or_weighs_too_much_is_named() -> None:
    frame = homes((0, 0, 1, 1, 10), (0, 5, 1, 6, 30), (0, 5, 1, 6, float("inf")))
    frame.loc[1, "geometry"] = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 2 * STEP, SOUTH + 7 * STEP), (WEST + 2 * STEP, SOUTH),
         (WEST, SOUTH + 7 * STEP)]
    )  # fmt: skip
    rows, faults = shared(frame)
    assert [each["record"] for each in faults.refused] == [1, 3]
    assert [place[2] for place in rows.loc[STREET, "places"]] == [100.0]


def test_what_cannot_be_used_is_named() -> None:
    _, faults = shared(
        homes((0, 0, 1, 1, 5), (0, 1, 1, 2, 0), (40, 40, 41, 41, 5), (0, 0, 1, 1, "x"))
    )
    assert sorted(each["record"] for each in faults.refused) == [2, 3, 4]
    with pytest.raises(InputError, match="Not one area"):
        shared(homes((40, 40, 41, 41, 5)))
    with pytest.raises(InputError, match="no total"):
        residential.shared_out(homes((0, 0, 1, 1, 5)), divisions(), totals().iloc[:0])


def test_areas_are_staged_for_the_totals_that_are_stored(tmp_path: Any) -> None:
    made = town_office(tmp_path)
    registry = made.registry
    frame = homes((0, 0, 1, 1, 1), (2, 2, 3, 3, 3))
    draft = registry.stage("officer", frame, layer="population", effective="2026")
    registry.check("officer", draft["id"])
    registry.submit("officer", draft["id"])
    number = registry.approve("judge", draft["id"])["version"]
    rows = registry.store.snapshot("population", at=number, geometry=False)
    row = rows.loc["990101001001"]
    assert row["total"] == 20  # as it was counted
    assert [place[2] for place in row["places"]] == [5, 15]
    assert row["method"] == "residential"
    assert rows.loc["990101001002", "method"] != "residential"
    registry.close()
