"""A population table: every row at fault is named, the rest is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

from boundaries import columns, incoming
from boundaries.services import counts
from boundaries.services.persons import refuse_individuals
from boundaries.services.settlement import is_urban
from geodata import crs
from geodata.errors import ForbiddenError, InputError
from geodata.files.limits import OPERATOR
from tests.boundaries.services.frames import divisions

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = ("区划代码", "区划名称", "总人口", "60岁及以上", "80岁及以上")


def table(*rows: Any, headings: tuple[str, ...] = HEADINGS) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(list(rows), columns=list(headings), dtype=object)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=crs.STORAGE)


def taken(*rows: Any, headings: tuple[str, ...] = HEADINGS) -> Any:
    frame = columns.prepared(table(*rows, headings=headings), "population")
    return counts.prepared(frame, divisions())


def reasons(faults: counts.Faults) -> dict[int, str]:
    return {item["record"]: item["reason"]["zh"] for item in faults.refused}


def test_codes_as_numbers_and_with_zeros_are_mended() -> None:
    rows, faults = taken(
        (990101001001.0, "一社区", 1000, 200, 30),
        ("９９０１０１００１００２", "二社区", "1,200", "300人", 40),
        ("990101002000", "东街道", 900, 100, 10),
    )
    assert rows["division"].tolist() == ["990101001001", "990101001002", "990101002"]
    assert rows["total"].tolist() == [1000, 1200, 900]
    assert rows["aged_60"].tolist() == [200, 300, 100]
    assert not faults.refused
    assert faults.mended[0]["field"] == "division"
    assert faults.mended[0]["count"] == 3


def test_every_row_at_fault_says_why_and_what_to_do() -> None:
    rows, faults = taken(
        ("990101001001", "一社区", 1000, 200, 30),
        ("990101001001", "一社区", 1000, 200, 30),
        ("990101001001", "一社区", 1001, 200, 30),
        ("990101001077", "新社区", 10, 2, 0),
        ("990909001001", "外地", 10, 2, 0),
        ("9.90101E+11", "丢位", 10, 2, 0),
        (None, "无码", 10, 2, 0),
        ("", "合计", 5000, 900, 90),
        ("990101001002", "小计", 5000, 900, 90),
        ("990101002001", "三社区", 100, 101, 3),
        ("990101002200", "四村", -5, 1, 0),
    )
    assert rows["division"].tolist() == ["990101001001"]
    said = reasons(faults)
    assert sorted(said) == list(range(2, 12))
    assert "内容相同" in said[2]
    assert "总人口不同" in said[3]
    assert "990101001 之下没有代码 990101001077" in said[4]
    assert "也没有它的上级" in said[5]
    assert "科学计数" in said[6]
    assert "缺少区划代码" in said[7]
    assert "合计行" in said[8]
    assert "合计行" in said[9]
    assert "多于总人口" in said[10]
    assert "负数" in said[11]


def test_a_number_in_words_is_left_empty_and_named() -> None:
    rows, faults = taken(("990101001001", "一社区", 1000, 200, "约三百"))
    assert rows["aged_80"].tolist() == [None]
    [note] = faults.mended
    assert (note["field"], note["keys"]) == ("aged_80", ["990101001001"])
    assert "第 1 条" in note["why"]["zh"]
    assert "约三百" in note["why"]["en"]


def test_communities_of_a_street_that_holds_none_may_be_new() -> None:
    frame = columns.prepared(
        table(("990101001009", "新社区", 10, 2, 0)), "population"
    )  # fmt: skip
    bare = divisions("990101001001", "990101001002")
    rows, faults = counts.prepared(frame, bare)
    assert rows["division"].tolist() == ["990101001009"]
    assert not faults.refused


def test_a_table_without_counts_or_without_a_usable_row_is_refused() -> None:
    with pytest.raises(InputError, match="No column holds counts"):
        taken(("990101001001", "一社区"), headings=("区划代码", "区划名称"))
    with pytest.raises(InputError, match="Not one row"):
        taken(("990909001001", "外地", 10, 2, 0))


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        (("区划代码", "姓名", "60岁及以上"), ("990101001001", "张三", 1)),
        (("区划代码", "身份证号", "60岁及以上"), ("990101001001", "x", 1)),
        (("区划代码", "编号", "60岁及以上"), ("990101001001", "12010119400102001X", 1)),
    ],
)
def test_records_of_persons_are_refused(headings: Any, row: Any) -> None:
    with pytest.raises(ForbiddenError) as error:
        refuse_individuals(table(row, headings=headings))
    assert "汇总" in str(error.value.hint)
    refuse_individuals(table(("990101001001", "一社区", 1, 1, 1)))


@pytest.mark.parametrize(
    ("code", "settlement", "urban"),
    [
        ("990101001200", "111", True),
        ("990101001001", "220", False),
        ("990101001001", None, True),
        ("990101001200", None, False),
        ("990101001", None, True),
        ("990101100", "", False),
        ("990101", None, True),
    ],
)
def test_town_or_countryside(code: str, settlement: str | None, urban: bool) -> None:
    assert is_urban(code, settlement) is urban


def test_a_list_of_persons_is_refused_before_a_sample_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "名册.csv"
    path.write_text("姓名,身份证号,社区代码\n张三,110101195001011234,990101001001\n")
    with pytest.raises(ForbiddenError, match="records of persons"):
        incoming.read(path, target="population", limits=OPERATOR)
