"""Rules on codes, kinds, names, areas: a table of cases each."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geodata.crs import area_m2
from tests.boundaries.rules.making import checked, layer, units

SHAPES = {"unusable"}


def attributes(findings):
    """The findings but those on missing shapes."""
    return findings[~findings["rule"].isin(SHAPES)]


def found(code, name, kind, *, others=(), **known):
    rows = [(code, name, kind), *others]
    frame = units(
        code=[row[0] for row in rows],
        name=[row[1] for row in rows],
        kind=[row[2] for row in rows],
    ).assign(level=None)
    result = attributes(checked(frame, changed=[code], required=("name",), **known))
    return [(row.rule, row.severity) for row in result.itertuples()]


@pytest.mark.parametrize(
    ("code", "name", "kind", "expected"),
    [
        ("120101", "和平区", "district", []),
        ("120101001", "劝业场街道", "street", []),
        ("120110100", "军粮城镇", "town", []),
        ("120101001", "劝业场街道", "town", ["kind", "name"]),
        ("120110200", "军粮城镇", "town", ["kind"]),
        ("120101", "和平县", "county", ["kind"]),
        ("120101", "和平区", "city", ["kind", "name"]),
        ("120101", "和平区", "volcano", ["kind"]),
        ("120101001", "劝业场街道办事处", "street", ["name"]),
        ("120110100", "军粮城", "town", ["name"]),
        ("12010", "和平区", None, ["code"]),
        ("120101.0", "和平区", None, ["code"]),
        ("980101", "和平区", None, ["code"]),
        ("120101001000", "劝业场街道", "street", ["code"]),
        ("120101", "", None, ["required"]),
        ("120101", None, None, ["required"]),
    ],
)
def test_one_unit(code, name, kind, expected):
    assert sorted(rule for rule, _ in found(code, name, kind)) == expected


def test_unassigned_ranges_only_warn():
    assert found("120101401", "某农场", "town") == [
        ("kind", "warning"),
        ("name", "warning"),
    ]
    assert found("120101601", "某镇", "town") == [("kind", "warning")]


def test_level_against_code():
    frame = units(code=["120101"], name=["和平区"], kind=["district"], level=[4])
    assert attributes(checked(frame))["rule"].tolist() == ["level"]


def test_superior_must_exist_where_its_like_do():
    street = ("120199001", "某街道", "street")
    county = ("120101", "和平区", "district")
    assert found(*street) == []
    assert found(*street, others=[county]) == [("code", "error")]
    assert found("120101001", "某街道", "street", others=[county]) == []


def test_retired_code_and_sequence():
    base = units(
        code=["120101001", "120101005"], name=["甲街道", "乙街道"], kind=["street"] * 2
    )
    new = units(code=["120101003"], name=["丙街道"], kind=["street"])
    import pandas as pd

    candidate = gpd.GeoDataFrame(pd.concat([base, new]))

    def of(retired):
        result = attributes(
            checked(
                candidate,
                base,
                ["120101003"],
                retired=frozenset(retired),
                required=("name",),
            )
        )
        return [(row.rule, row.severity) for row in result.itertuples()]

    assert of([]) == [("code_order", "warning")]
    assert of(["120101003"]) == [("code_reused", "error")]


NAMES = [
    ("siblings", ["120101001", "120101002"], ["甲街道", "甲街道"], ["name_sibling"]),
    (
        "same name, two districts",
        ["120110100", "120111100"],
        ["太平镇", "太平镇"],
        ["name_scope"],
    ),
    ("streets of one name", ["120101001", "120102001"], ["甲街道", "甲街道"], []),
    (
        "same sound",
        ["120110100", "120111100"],
        ["李家镇", "黎家镇"],
        ["name_homophone"],
    ),
    (
        "same sound, same district",
        ["120110100", "120110101"],
        ["李家镇", "黎家镇"],
        ["name_homophone"],
    ),
    ("two provinces", ["120110100", "130102100"], ["太平镇", "太平镇"], []),
    ("counties of two provinces", ["120101", "230102"], ["和平区", "和平区"], []),
]


@pytest.mark.parametrize(("case", "codes", "names", "expected"), NAMES)
def test_names_in_their_scope(case, codes, names, expected):
    kinds = [
        "street" if n.endswith("街道") else "town" if n.endswith("镇") else "district"
        for n in names
    ]
    frame = units(code=codes, name=names, kind=kinds)
    result = attributes(checked(frame, required=("name",)))
    assert result["rule"].tolist() == expected, case
    if expected:
        assert set(result["participants"].iloc[0]) == set(codes)
        assert "art 9" in result["source"].iloc[0]


def test_the_scope_is_in_the_message():
    frame = units(
        code=["120110100", "120111100", "120000"],
        name=["太平镇", "太平镇", "天津市"],
        kind=["town", "town", "municipality"],
    )
    row = attributes(checked(frame, required=("name",))).iloc[0]
    assert "天津市（120000）" in row["message_zh"]
    assert "天津市（120000）" in row["message_en"]


def test_unchanged_neighbours_are_left_alone():
    frame = units(
        code=["120101001", "120101002", "120101003"],
        name=["甲街道", "甲街道", "乙街道"],
        kind=["street"] * 3,
    )
    assert attributes(checked(frame, frame, ["120101003"], required=("name",))).empty


def test_official_area():
    frame = layer("AB")
    real = area_m2(frame.geometry.to_numpy())[0] / 1e6
    frame["area_official_km2"] = [real * 1.0005, real * 1.002]
    result = checked(frame)
    assert result["rule"].tolist() == ["area"]
    assert result["participants"].tolist() == [("120102",)]
    assert result["severity"].tolist() == ["warning"]
    assert checked(frame, area_share=0.01).empty


def test_undeclared_parts():
    frame = layer("ABA")
    assert checked(frame)["rule"].tolist() == ["multipart"]
    frame["enclave"] = [True, None]
    assert checked(frame).empty


def test_coordinates_that_are_no_degrees():
    frame = layer("A")
    moved = frame.set_geometry(
        [shapely.box(500_000, 4_000_000, 501_000, 4_001_000)], crs=frame.crs
    )
    assert "crs" in checked(moved)["rule"].tolist()


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ("120101", []),
        ("120000", []),
        (None, []),
        ("", []),
        ("120102", [("parent", "warning")]),
        ("120199", [("parent", "error")]),
        ("和平区", [("parent", "error")]),
        ("120101001", [("parent", "error")]),
    ],
)
def test_superior_named(parent, expected):
    frame = units(
        code=["120101001", "120101", "120102"],
        name=["甲街道", "和平区", "河东区"],
        kind=["street", "district", "district"],
        parent=[parent, None, None],
    )
    result = attributes(checked(frame, changed=["120101001"], required=("name",)))
    assert [(row.rule, row.severity) for row in result.itertuples()] == expected


def test_every_tolerance_has_unit_and_help():
    from boundaries.rules import RuleSettings

    rows = {row["name"]: row for row in RuleSettings().describe()}
    assert all(row["help"]["zh"] and row["help"]["en"] for row in rows.values())
    assert rows["sliver_width_m"]["unit"] == "m"
    assert rows["sliver_area_m2"]["unit"] == "m²"
    assert RuleSettings(**{n: r["default"] for n, r in rows.items()}) == RuleSettings()
