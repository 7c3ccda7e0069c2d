from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata.files import conversion, fields, spelling


def _frame(columns: dict[str, list[object]]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    points = [shapely.Point(117 + i / 10, 39) for i in range(count)]
    index = pd.RangeIndex(1, count + 1)
    return gpd.GeoDataFrame(columns, geometry=points, index=index)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            {"XZQDM": ["120101"], "XZQMC": ["和平区"]},
            {"XZQDM": "code", "XZQMC": "name"},
        ),
        ({"PAC": [120101.0], "NAME": ["和平区"]}, {"PAC": "code", "NAME": "name"}),
        ({"adcode": [120101], "name": ["和平区"]}, {"adcode": "code", "name": "name"}),
        (
            {"行政区 代码": ["120101"], "名称": ["和平"]},
            {"行政区 代码": "code", "名称": "name"},
        ),
        ({"ＸＺＱＤＭ": ["120101"]}, {"ＸＺＱＤＭ": "code"}),
        ({"面积（平方公里）": [9.98]}, {"面积（平方公里）": "area_official_km2"}),
        ({"DCMJ": [9980000.0]}, {"DCMJ": "area_official_km2"}),
        ({"Shape_Area": [0.1], "AREA": [1.0], "JSMJ": [1.0]}, {}),
        ({"code": ["A1", "B2"]}, {}),
        ({"name": [1.5, 2.5]}, {}),
        ({"level": ["district"]}, {"level": "level"}),
        ({"level": ["primary"]}, {}),
        ({"BZ": [None]}, {"BZ": "remark"}),
    ],
)
def test_names_whose_values_fit(
    columns: dict[str, list[object]], expected: dict[str, str]
) -> None:
    assert fields.match(columns, pd.DataFrame(columns)) == expected


def test_dbf_names_cut_at_ten_bytes_are_told_apart_by_their_values() -> None:
    # 行政区代码 and 行政区名称 in UTF-8 are both cut inside the fourth character.
    sample = pd.DataFrame(
        {"行政区": ["120101", "120102"], "行政区_1": ["和平区", "河东区"]}
    )
    assert fields.match(sample.columns, sample) == {
        "行政区": "code",
        "行政区_1": "name",
    }
    gbk = pd.DataFrame({"行政区划代": ["120101"], "行政区划名": ["和平区"]})
    assert fields.match(gbk.columns, gbk) == {
        "行政区划代": "code",
        "行政区划名": "name",
    }
    # GDAL makes room for its number: eight bytes are left, two and a half characters.
    numbered = pd.DataFrame({"行政区": ["120101"], "行政\ufffd_1": ["和平区"]})
    assert fields.match(numbered.columns, numbered) == {
        "行政区": "code",
        "行政\ufffd_1": "name",
    }
    broken = pd.DataFrame({"行政区\ufffd": ["120101"]})
    assert fields.match(broken.columns, broken) == {"行政区\ufffd": "code"}


def test_one_of_ours_is_given_once_and_the_best_claim_wins() -> None:
    sample = pd.DataFrame({"DM": ["120101"], "XZQDM": ["120101"], "PAC": ["120101"]})
    assert fields.match(sample.columns, sample) == {"XZQDM": "code"}
    assert fields.match(reversed(list(sample.columns)), sample) == {"XZQDM": "code"}


def test_a_bureaus_own_alias_wins() -> None:
    sample = pd.DataFrame({"XZQDM": ["120101"], "区号": ["120102"]})
    assert fields.match(sample.columns, sample, aliases={"区号": "code"}) == {
        "区号": "code"
    }


def test_names_of_another_layer_with_units_or_cut_by_a_dbf() -> None:
    own = {
        "建筑面积": "area_m2", "占地面积": "land_m2", "床位数": "beds_total",
        "家庭养老床位": "home_beds", "名称": "name",
    }  # fmt: skip
    sample = pd.DataFrame(
        {
            "建筑面积(㎡)": [1200.5, "一千余"], "占地面积（亩）": ["3", "约2"],
            "床位数（张）": [30, 40], "家庭养老床": [5, 6], "套内面积（㎡）": [9, 9],
            "床位数（其中护理型）": [1, 2], "人口": ["约3000", "2000"],
        }
    )  # fmt: skip
    found = fields.match(sample.columns, sample, aliases=own)
    assert found == {
        "建筑面积(㎡)": "area_m2", "占地面积（亩）": "land_m2",
        "床位数（张）": "beds_total", "家庭养老床": "home_beds",
    }  # fmt: skip
    frame = gpd.GeoDataFrame(sample, geometry=[None, None])
    done = conversion.convert(frame, found)
    assert done.frame["area_m2"].tolist() == [1200.5, "一千余"]
    assert done.frame["land_m2"].tolist() == [2000, "约2"]
    assert [note["zh"] for note in done.notes] == [
        "字段 占地面积（亩） 由 亩 换算为平方米。"
    ]


def test_the_deepest_of_province_city_county_town_names_the_record() -> None:
    frame = _frame(
        {"省": ["天津市"] * 2, "县": ["和平区"] * 2, "乡": ["小白楼街道", "体育馆街道"]}
    )
    assert fields.match(["省", "县", "乡"], frame) == {"乡": "name"}


def test_an_empty_step_of_the_ladder_is_named_from_above() -> None:
    frame = _frame(
        {"市": ["天津市"] * 6, "县": ["和平区"] * 6, "乡": [*"甲乙丙丁戊", None]}
    )
    done = conversion.convert(frame, {"乡": "name"})
    assert done.frame["name"].tolist() == [*"甲乙丙丁戊", "和平区"]
    assert "1 records" in done.notes[0]["en"]


def test_values_get_our_spelling() -> None:
    frame = _frame(
        {
            "adcode": [120101.0, 120102.0],
            "名称": [" 和平区 ", "河东区\u200b"],
            "level": ["district", "市辖区"],
            "parent": ["120000", 120000],
            "DCMJ": [9_980_000.0, None],
            "人口": ["1,234", "2345"],
            "飞地": ["是", "否"],
            "前身": ["120221、120223", None],
        }
    )
    mapping = fields.match(frame.columns, frame)
    done = conversion.convert(frame, mapping)
    first, second = done.frame.to_dict("records")
    assert (first["code"], second["code"]) == ("120101", "120102")
    assert (first["name"], second["name"]) == ("和平区", "河东区")
    assert (first["level"], second["level"]) == (3, 3)
    assert (first["parent"], second["parent"]) == ("120000", "120000")
    assert first["area_official_km2"] == pytest.approx(9.98)
    assert (first["population"], second["population"]) == (1234, 2345)
    assert (first["enclave"], second["enclave"]) == (True, False)
    assert first["predecessors"] == ["120221", "120223"]
    assert any("km²" in note["en"] for note in done.notes)
    assert list(frame["adcode"]) == [120101.0, 120102.0]


def test_a_code_in_scientific_notation_is_refused_and_the_rest_kept() -> None:
    frame = _frame(
        {"代码": ["1.2E+11", "1.20101E+05", "120102"], "名称": ["甲", "乙", "丙"]}
    )
    mapping = fields.match(frame.columns, frame)
    done = conversion.convert(frame, mapping)
    assert done.frame["code"].tolist() == ["120101", "120102"]
    assert [item.record for item in done.refused] == [1]
    assert "1.2E+11" in done.refused[0].reason["zh"]
    assert len(done.frame) + len(done.refused) == len(frame)


def test_a_column_in_the_way_keeps_its_values_under_another_name() -> None:
    frame = _frame({"code": ["A", "B"], "XZQDM": ["120101", "120102"]})
    done = conversion.convert(frame, fields.match(frame.columns, frame))
    assert done.frame["code"].tolist() == ["120101", "120102"]
    assert done.frame["code_1"].tolist() == ["A", "B"]


def test_values_that_do_not_fit_are_left_empty_and_counted() -> None:
    frame = _frame({"level": [3, 3, 3, 3, 9]})
    done = conversion.convert(frame, {"level": "level"})
    assert done.frame["level"].isna().tolist() == [False] * 4 + [True]
    assert "9" in done.notes[0]["en"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("120101", "120101"),
        (120101, "120101"),
        (120101.0, "120101"),
        ("120101001.0", "120101001"),
        ("１２０１０１", "120101"),
        ("'120101", "120101"),
        ("1.20101E+05", "120101"),
        ("2.10E+11", None),
        ("12010A", None),
        ("", None),
    ],
)
def test_codes_are_repaired_only_when_every_digit_is_there(
    value: object, code: str | None
) -> None:
    assert spelling.code(value) == code


@pytest.mark.parametrize(
    ("file", "layer", "expected"),
    [
        (
            "tianjin/tianjin.gpkg",
            "districts_datav_older",
            {"adcode": "code", "name": "name", "level": "level", "parent": "parent"},
        ),
        ("tianjin/tianjin.gpkg", "heping_streets_c2014", {"乡": "name"}),
        ("shenzhen/shenzhen.gpkg", "streets", {"NAME": "name"}),
        ("shenzhen/shenzhen.gpkg", "districts", {"qh": "name"}),
    ],
)
def test_real_files(
    data: Path, file: str, layer: str, expected: dict[str, str]
) -> None:
    frame = pyogrio.read_dataframe(data / file, layer=layer)
    columns = [name for name in frame.columns if name != "geometry"]
    assert fields.match(columns, frame) == expected
    done = conversion.convert(frame, expected)
    assert len(done.frame) == len(frame)
    assert done.frame["name"].notna().all()
    if "level" in done.frame:
        assert set(done.frame["level"]) == {3}
