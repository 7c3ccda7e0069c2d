"""The handbook: what stands in it, in which order, and that nothing in it is markup."""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import docx
import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries.documents import editable, handbook, printed, sheet
from boundaries.services.offered import offers
from geodata import crs
from geodata.errors import InputError, NotFoundError

HOSTILE = '<img src="/nowhere.png"/><b>&amp;{{7*7}}\x07\U0001f600'
UNITS = {
    "120100": ("天津市", 2, None),
    "120101": ("和平区", 3, "120100"),
    "120101001": ("劝业场街道", 4, "120101"),
    "120101002": ("小白楼街道", 4, "120101"),
    "120101001001": ("滨江道社区", 5, "120101001"),
}


def divisions() -> gpd.GeoDataFrame:
    west = shapely.box(117.0, 39.0, 117.1, 39.1)
    east = shapely.box(117.1, 39.0, 117.2, 39.1)
    whole = shapely.box(117.0, 39.0, 117.2, 39.1)
    rows = {
        "name": [name for name, _, _ in UNITS.values()],
        "level": [level for _, level, _ in UNITS.values()],
        "parent": [parent for _, _, parent in UNITS.values()],
    }
    shapes = [whole, whole, west, east, west]
    return gpd.GeoDataFrame(rows, index=list(UNITS), geometry=shapes, crs=crs.STORAGE)


def book(**wanted: Any) -> handbook.Handbook:
    facilities = gpd.GeoDataFrame(
        {
            "name": ["松鹤养老院", HOSTILE, "区指挥中心"],
            "type": ["INST", "DAY", "CMD"],
            "status": ["operating"] * 3,
            "public": [True] * 3,
            "division": ["120101001001", "120101001", "120101"],
            "address": ["滨江道1号", HOSTILE, None],
            "phone": ["022-1234", None, None],
            "beds_total": [40, None, None],
            "beds_nursing": [10, None, None],
            "beds_occupied": [30, None, None],
            "price_low": [2500, None, None],
            "price_high": [4000, None, None],
            "functions": [["board", "meals"], None, None],
            "medical_mode": ["inside", None, None],
        },
        index=["F1", "F2", "F3"],
        geometry=[shapely.Point(117.05, 39.05), shapely.Point(117.051, 39.05), None],
        crs=crs.STORAGE,
    )
    units = divisions()
    found = offers(
        facilities, dict(units["name"]), version=3, as_of="2026-03-01",
        divisions_version=2,
    )  # fmt: skip
    options: dict[str, Any] = {"made_on": "2026-11-22", "notice": "示例"} | wanted
    return handbook.compose(found, units, options.pop("district", "120101"), **options)


def test_the_district_comes_first_then_its_streets_and_numbers_run_through() -> None:
    made = book()
    assert made.title == "天津市和平区养老服务资源手册"
    assert [(part.name, len(part.entries)) for part in made.sections] == [
        ("全区性设施", 1), ("劝业场街道", 2), ("小白楼街道", 0),
    ]  # fmt: skip
    assert [entry.number for entry in made.entries] == [1, 2, 3]
    home = made.entries[1]
    assert dict(home.facts) == {
        "地址": "滨江道1号",
        "电话": "022-1234",
        "床位": "40 张，其中护理型 10 张，空余 10 张",
        "服务功能": "入托（托养）、嵌餐（助餐）",
        "收费": "每月 2,500–4,000 元",
        "医疗服务": "内设",
    }
    assert made.counts() == [
        ("养老机构", 1), ("日间照料中心", 1), ("养老服务指挥调度中心", 1),
    ]  # fmt: skip


def test_without_an_approval_number_it_is_internal() -> None:
    assert book().stamp == "内部使用，不得公开"
    assert book(approval="津S(2026)001号").stamp == "审图号：津S(2026)001号"
    said = book(approval="津S(2026)001号", language="en")
    assert said.stamp == "Map approval number: 津S(2026)001号"
    assert "version 3" in said.source
    assert said.sections[0].name == "For the whole district"


def test_a_street_has_a_handbook_too_and_a_community_or_none_has_not() -> None:
    made = book(district="120101001")
    assert [part.code for part in made.sections] == ["120101001"]
    with pytest.raises(InputError, match="neither"):
        book(district="120101001001")
    with pytest.raises(NotFoundError):
        book(district="999999")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pdf_has_its_pages_and_is_the_same_every_time(
    tmp_path: Path, language: str
) -> None:
    made = book(language=language)
    pages = printed.write(made, tmp_path / "one.pdf")
    printed.write(made, tmp_path / "two.pdf")
    content = (tmp_path / "one.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content == (tmp_path / "two.pdf").read_bytes()
    assert pages == len(re.findall(rb"/Type /Page\b", content)) >= 6
    assert b"NotoSansSC" in content


def test_what_facilities_are_called_is_text_in_the_docx(tmp_path: Path) -> None:
    path = tmp_path / "book.docx"
    editable.write(book(), path)
    document = docx.Document(str(path))
    heads = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert heads == [
        "编制说明",
        "天津市和平区养老服务设施分布图",
        "全区性设施",
        "1\u3000区指挥中心",
        "劝业场街道",
        "2\u3000松鹤养老院",
        "3\u3000" + HOSTILE.replace("\x07", ""),
        "小白楼街道",
        "按类型索引",
    ]
    assert len(document.inline_shapes) == 2
    told = [p.text for p in document.paragraphs]
    assert handbook.nobody(book()) in told
    assert document.sections[0].first_page_footer.paragraphs[0].text == book().stamp
    faces = document.styles["Normal"].element.rPr.rFonts.attrib.values()
    assert set(faces) == {"Noto Sans SC"}


def test_the_scale_on_a_sheet_is_round_and_holds_the_district() -> None:
    made = sheet.draw(book(), book().entries, width_mm=170, height_mm=200)
    assert made.scale == 150_000  # 17.3 km and a margin on 170 mm
    pixels = sheet_pixels(made.png)
    assert pixels == (int(170 / 25.4 * sheet.DPI), int(200 / 25.4 * sheet.DPI))


def sheet_pixels(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_neighbours_have_other_fills() -> None:
    squares = np.array(
        [shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in (0, 1)]
    )
    fills = sheet._fills(squares)
    for a, b in itertools.combinations(range(len(squares)), 2):
        assert fills[a] != fills[b] or not squares[a].intersects(squares[b])


def test_a_text_longer_than_a_page_goes_on_on_the_next(tmp_path: Path) -> None:
    made = book()
    first = made.sections[1].entries[0]
    long = dataclasses.replace(first, facts=(("地址", "很长的地址" * 900),))
    part = dataclasses.replace(made.sections[1], entries=(long,))
    grown = dataclasses.replace(
        made, sections=(part,), name="新疆生产建设兵团第十二师一〇四团" * 3
    )
    plain = printed.write(made, tmp_path / "plain.pdf")
    assert printed.write(grown, tmp_path / "long.pdf") >= plain
    said = (tmp_path / "long.pdf").read_bytes()
    assert b"/Helvetica" not in said, "every face is embedded"
    assert b"zh-CN" in said


def test_the_docx_is_chinese_and_its_pictures_keep_to_the_margin(
    tmp_path: Path,
) -> None:
    editable.write(book(), tmp_path / "book.docx")
    made = docx.Document(str(tmp_path / "book.docx"))
    styles = made.styles.element.xml
    assert 'w:eastAsia="zh-CN"' in styles
    assert all(each._inline.get("distL") == "0" for each in made.inline_shapes)
    assert made.sections[0].footer.paragraphs[0].text.count("\t") == 2
