"""Taking in: types, words for kinds, what is kept beside our columns."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from boundaries.intake import Intake, take_in
from boundaries.layers import DIVISIONS, POPULATION
from geodata import crs
from geodata.errors import InputError
from geodata.store import features

BOX = shapely.box(117, 39, 117.1, 39.1)


def frame(**columns: Any) -> gpd.GeoDataFrame:
    """Return two districts with these columns."""
    given = {"code": ["120101", "120102"], "name": ["和平区", "河东区"], **columns}
    return gpd.GeoDataFrame(given, geometry=[BOX, BOX], crs=crs.STORAGE, index=[1, 2])


def taken(given: gpd.GeoDataFrame, base: gpd.GeoDataFrame | None = None) -> Intake:
    """Take a frame in on an empty layer or on ``base``."""
    return take_in(
        given, DIVISIONS, features.empty(DIVISIONS) if base is None else base
    )


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("population", ["1200", 3.0], [1200, 3]),
        ("population", ["1,200", 3], [None, 3]),
        ("area_official_km2", ["12.5", float("nan")], [12.5, None]),
        ("area_official_km2", ["inf", 1], [None, 1.0]),
        ("enclave", ["是", "no"], [True, False]),
        ("enclave", ["maybe", 1], [None, True]),
        ("predecessors", ['["120221"]', "120222"], [["120221"], ["120222"]]),
        ("seat", [" 甲路 ", 12.0], ["甲路", "12"]),
        ("kind", ["市辖区", "district"], ["district", "district"]),
        ("kind", ["不明", None], ["不明", "district"]),
        ("level", [3, "3"], [3, 3]),
        ("level", ["district", "县级"], [3, 3]),
        ("parent", [None, "120000"], ["120000", "120000"]),
    ],
)
def test_values_come_to_their_types(
    column: str, values: list[Any], expected: list[Any]
) -> None:
    found = taken(frame(**{column: values})).frame[column].tolist()
    assert found == expected


def test_what_does_not_fit_is_kept_as_sent() -> None:
    made = taken(frame(population=["约1200", 3], 备注栏=["甲", None]))
    assert made.frame["extra"].tolist() == [
        {"population": "约1200", "备注栏": "甲"},
        {},
    ]
    assert [item["field"] for item in made.inferred if item["keys"] == ["120101"]] == [
        "population"
    ]


def test_the_files_word_is_never_overwritten() -> None:
    made = taken(frame(kind=["county", "district"], parent=["120100", "990000"]))
    assert made.frame["kind"].tolist() == ["county", "district"]
    assert made.frame["parent"].tolist() == ["120100", "990000"]


def test_the_parent_is_the_nearest_known() -> None:
    base = taken(
        gpd.GeoDataFrame(
            {"code": ["120000", "120101"], "name": ["天津市", "和平区"]},
            geometry=[BOX, BOX],
            crs=crs.STORAGE,
        )
    ).frame
    streets = frame(code=["120101001", "120102001"], name=["甲街道", "乙街道"])
    assert taken(streets, base).frame["parent"].tolist() == ["120101", "120000"]
    assert taken(streets).frame["parent"].tolist() == ["120101", "120102"]


def test_records_are_kept_or_refused_and_counted() -> None:
    many = pd.concat([frame(), frame(), frame(code=[None, "x"])])
    many = gpd.GeoDataFrame(many.reset_index(drop=True), crs=crs.STORAGE)
    made = taken(many)
    joined = sum(i["count"] for i in made.inferred if i["field"] == "geometry")
    assert (len(made.frame), joined, len(made.refused)) == (2, 2, 2)
    assert [row["record"] for row in made.refused] == [4, 5]
    for row in made.refused:
        assert row["reason"]["zh"]
        assert row["reason"]["en"]


def test_nothing_left_names_the_first_reason() -> None:
    with pytest.raises(InputError) as refused:
        taken(frame(code=["", "2.1E+11"]))
    assert refused.value.hint is not None
    assert "1" in refused.value.hint.en


def test_a_layer_without_geometry() -> None:
    table = gpd.GeoDataFrame(
        {"division": ["120101"], "total": [5]}, geometry=[None], crs=crs.STORAGE
    )
    made = take_in(table, POPULATION, features.empty(POPULATION))
    assert made.frame.loc["120101", "total"] == 5


def test_inferring_for_new_units_leaves_the_others_what_the_base_says() -> None:
    base = taken(frame(kind=["district", "county"]).iloc[:1]).frame
    made = taken(frame(), base)
    assert made.frame["kind"].tolist() == ["district", "district"]
    inferred = next(item for item in made.inferred if item["field"] == "kind")
    assert list(inferred["keys"]) == ["120102"]
