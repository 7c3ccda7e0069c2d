"""Division codes: parts, parents, subtrees, kinds and repair (domain B1-B3, J1)."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries import codes
from boundaries.vocabulary import NAME_SUFFIXES, Kind, Level


@pytest.mark.parametrize(
    ("code", "level", "above"),
    [
        ("120000", Level.PROVINCE, []),
        ("120100", Level.PREFECTURE, ["120000"]),
        ("120119", Level.COUNTY, ["120100", "120000"]),
        ("120101001", Level.TOWNSHIP, ["120101", "120100", "120000"]),
        (
            "120101001002",
            Level.VILLAGE,
            ["120101001", "120101", "120100", "120000"],
        ),
        ("441900003", Level.TOWNSHIP, ["441900", "440000"]),
        ("460037", Level.COUNTY, ["460000"]),
        ("120101000000", Level.COUNTY, ["120100", "120000"]),
        ("12010100100211112", Level.VILLAGE, ["120101001", "120101"]),
    ],
)
def test_a_code_is_taken_apart(code: str, level: Level, above: list[str]) -> None:
    assert codes.parse(code).level is level
    assert codes.ancestors(code)[: len(above)] == above
    assert codes.parent(code) == (above[0] if above else None)


@pytest.mark.parametrize(
    "text",
    [
        "12010100",
        "",
        "1201",
        "120101600x",
        "120101000001",
        "000000",
        "001101",
        "１２０１０１",
    ],
)
def test_what_is_no_code_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(codes.CodeError) as caught:
        codes.parse(text)
    assert caught.value.message.zh
    assert caught.value.message.en
    assert not codes.is_code(text)
    assert not codes.is_within(text, codes.ROOT)


def test_unassigned_provinces_are_refused_when_asked() -> None:
    assert codes.parse("891001").province == "890000"
    with pytest.raises(codes.CodeError):
        codes.parse("891001", known_provinces=True)
    assert codes.parse("990102", known_provinces=True).text == "990102", "exercise"


@pytest.mark.parametrize(
    ("code", "subtree", "expected"),
    [
        ("120101001", "120000", True),
        ("120101001", "120100", True),
        ("120101", "120101", True),
        ("120101", "120101001", False),
        ("120102001", "120101", False),
        ("120221", "120100", False),
        ("120101001", "000000", True),
        ("120101001", "120101000000", True),
        ("130101", "120000", False),
        ("120101001", "", False),
        ("120101001", "12", False),
        ("120101001", "%", False),
        ("120101%", "120101", False),
        ("", "", False),
    ],
)
def test_a_subtree_holds_what_its_digits_begin(
    code: str, subtree: str, *, expected: bool
) -> None:
    assert codes.is_within(code, subtree) is expected


def test_subtrees_of_a_column() -> None:
    column = pd.Series(["120101", "130101", "bad"])
    assert codes.within(column, "120000").tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("120101001", "120101001"),
        ("120101001.0", "120101001"),
        (120101001.0, "120101001"),
        (120101, "120101"),
        (" 120101 ", "120101"),
        ("'120101", "120101"),
        ("\ufeff120101", "120101"),
        ("１２０１０１", "120101"),
        ("120,101,001", "120101001"),
        ("1.20101001E+08", "120101001"),
        ("1.20101001001E+11", "120101001001"),
        ("2.10E+11", None),
        ("2.1E+11", None),
        ("12010100", None),
        ("120101001.5", None),
        ("和平区", None),
        ("", None),
        (None, None),
        (float("nan"), None),
        ("1E+999999999", None),
    ],
)
def test_spreadsheet_damage_is_mended_or_named(
    cell: object, expected: str | None
) -> None:
    mended, note = codes.repair(cell)
    assert mended == expected
    assert (note is None) == (expected is not None and str(cell) == expected)


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("120000", "天津市", Kind.MUNICIPALITY),
        ("150000", "内蒙古自治区", Kind.AUTONOMOUS_REGION),
        ("810000", "香港特别行政区", Kind.SPECIAL_ADMINISTRATIVE_REGION),
        ("130100", "石家庄市", Kind.CITY),
        ("232700", "大兴安岭地区", Kind.PREFECTURE),
        ("152200", "兴安盟", Kind.LEAGUE),
        ("120101", "和平区", Kind.DISTRICT),
        ("120223", "静海县", Kind.COUNTY),
        ("130181", "辛集市", Kind.COUNTY_CITY),
        ("469001", "五指山市", Kind.COUNTY_CITY),
        ("429021", "神农架林区", Kind.FORESTRY_DISTRICT),
        ("520203", "六枝特区", Kind.SPECIAL_DISTRICT),
        ("150721", "阿荣旗", Kind.BANNER),
        ("150722", "莫力达瓦达斡尔族自治旗", Kind.AUTONOMOUS_BANNER),
        ("120101001", "小白楼街道办事处", Kind.STREET),
        ("110105021", "南磨房地区", Kind.STREET),
        ("120110100", "军粮城镇", Kind.TOWN),
        ("120119203", "孙各庄满族乡", Kind.ETHNIC_TOWNSHIP),
        ("130121200", "北正乡", Kind.TOWNSHIP),
        ("152524200", "乌兰察布苏木", Kind.SUM),
        ("120110400", "空港经济区", Kind.TOWNSHIP_LIKE),
        ("120101001001", "花园路社区居委会", Kind.COMMUNITY),
        ("120119100200", "某村委会", Kind.VILLAGE),
        ("120110400498", "虚拟社区", Kind.COMMUNITY_LIKE),
        ("110100", "市辖区", None),
        ("429000", "省直辖县级行政区划", None),
    ],
)
def test_kind_follows_from_code_and_name(
    code: str, name: str, kind: Kind | None
) -> None:
    assert codes.infer_kind(code, name) is kind


def test_kind_by_name_is_kept_where_the_code_says_another() -> None:
    assert codes.infer_kind("120101001", "某镇") is Kind.TOWN
    assert Kind.TOWN not in codes.kind_range("120101001")


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("120101099", {Kind.STREET}),
        ("120101100", {Kind.TOWN}),
        ("120101199", {Kind.TOWN}),
        ("120101600", set()),
        ("120101999", set()),
        ("120101001199", {Kind.COMMUNITY}),
        ("120101001399", {Kind.VILLAGE}),
        ("120101001600", set()),
    ],
)
def test_code_ranges(code: str, kinds: set[Kind]) -> None:
    assert codes.kind_range(code) == kinds


def test_every_county_of_2024_fits_the_ranges(data: Path) -> None:
    table = data / "codes" / "areacodes_cc0" / "data" / "2024.txt"
    rows = [line.split(" ", 1) for line in table.read_text("utf-8").splitlines()]
    assert len(rows) > 3000
    assert [
        (code, name)
        for code, name in rows
        if codes.infer_kind(code, name) not in codes.kind_range(code)
    ] == []


def test_every_township_of_2023_fits_the_ranges(data: Path) -> None:
    streets = data / "codes" / "china-division" / "streets.csv"
    with streets.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 41_000
    odd = [
        (row["code"], row["name"])
        for row in rows
        if codes.infer_kind(row["code"], row["name"])
        not in codes.kind_range(row["code"])
    ]
    assert odd == []


@given(
    st.from_regex(r"[1-8][1-9][0-9]{4}", fullmatch=True),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
)
def test_law_a_code_reads_back_and_lies_within_its_ancestors(
    county: str, township: str, village: str
) -> None:
    code = county + township
    code += village if township != "000" else ""
    parts = codes.parse(code)
    assert codes.parse(str(parts)) == parts
    assert all(codes.is_within(code, above) for above in codes.ancestors(code))
    levels = [codes.infer_level(above) for above in codes.ancestors(code)]
    assert levels == sorted(set(levels), reverse=True)


def test_every_suffix_belongs_to_a_kind_of_one_level() -> None:
    assert set(NAME_SUFFIXES) <= set(Kind)
    assert all(kind.level in Level for kind in Kind)
