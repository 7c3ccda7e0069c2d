"""What is entered for indicators: fields, tables, roles, history; and the workbook."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from boundaries.registry import open_registry
from boundaries.services.indicators.records import KINDS, kind_of, rows_of
from boundaries.services.indicators.report import value_of
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StateError,
)
from tests.boundaries.services.towns import town_office
from tests.support.commands import quhua
from tests.support.registries import Office, office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "000000"
B01 = {
    "indicator": "B01", "on": "2020", "numerator": 12120, "denominator": 31854,
    "scope": "", "source": "1010×12/31854",
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with four streets in two districts and people of eldercare."""
    made = office(tmp_path_factory.mktemp("drawn"))
    made.commit()
    made.registry.publish("chen")
    for name, role in (
        ("jin", f"eldercare_officer:{ROOT}"),
        ("he", "eldercare_officer:120101"),
        ("gu", f"planner:{ROOT}"),
    ):
        made.registry.add_user("root", name, [])
        made.registry.set_roles("keeper", name, [role])
    made.registry.close()
    return made.path.parent


@pytest.fixture
def bureau(drawn: Path, tmp_path: Path) -> Iterator[Office]:
    """The drawn store, one's own."""
    folder = shutil.copytree(drawn, tmp_path / "own")
    path = folder / "store.sqlite"
    registry = open_registry(str(path))
    yield Office(registry, path)
    registry.close()


# -- fields ------------------------------------------------------------------------


def test_a_target_is_a_number_a_comparison_or_a_sentence() -> None:
    kind = kind_of("targets")
    given = {"indicator": "养老机构护理型床位占比", "year": "2025年"}

    def read(target: str) -> Any:
        record = kind.record({**given, "target": target})
        return record["comparator"], record["value"], record["text"]

    assert read("≥60") == ("≥", 60.0, "")
    assert read("全覆盖") == ("text", None, "全覆盖")
    assert read("") == ("=", None, "")
    record = kind.record({**given, "target": "60", "baseline": ">33"})
    assert (record["indicator"], record["year"]) == ("I1", 2025)
    assert (record["baseline_value"], record["baseline_text"]) == (33.0, ">33")


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("values", {"indicator": "I1", "on": "2020", "value": "三成"}, "三成"),
        ("values", {"indicator": "I99", "on": "2020", "value": 1}, "I99"),
        ("values", {"indicator": "I1", "on": "去年", "value": 1}, "去年"),
        ("values", {"indicator": "I1", "on": "2020"}, "分子"),
        ("values", {**B01, "denominator": 0}, "分母为 0"),
        ("values", {**B01, "numerator": -1}, "不能为负"),
        ("targets", {"indicator": "I1", "year": "20255"}, "20255"),
        ("targets", {"indicator": "I1", "year": 2025, "attribute": "指导性"}, "指导性"),
        ("targets", {"indicator": "I1", "year": 2025, "scope": "12"}, "“12”"),
        ("areas", {"area": "A 1", "name": "甲", "division": "120101"}, "A 1"),
        ("areas", {"area": "A1", "name": "甲"}, "区划代码"),
        ("projects", {"project": "P", "name": "甲", "year": 2025, "target": "x"}, "x"),
        ("projects", {"project": "P", "name": "甲", "year": 2025, "target": 1,
                      "types": "车站"}, "车站"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(kind: str, given: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        kind_of(kind).record(given)
    assert said in caught.value.message.zh


def test_every_wrong_field_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        kind_of("values").record({"indicator": "?", "on": "?", "value": "?"})
    assert len(re.findall(r"“\?”", caught.value.message.zh)) == 3


def test_rows_that_are_wrong_are_named_and_the_rest_kept() -> None:
    frame = pd.DataFrame(
        {
            "指标编号": ["B15", "B07", "B13", "B15"],
            "目标年份": [2025, 2025, "二〇二五", 2025],
            "2025年目标": [">1500", "全覆盖", 1.5, ">1600"],
            "属性": ["预期性", "约束性", "预期性", "预期性"],
        },
        index=[1, 2, 3, 4],
    )
    kept, refused = rows_of(kind_of("targets"), frame)
    assert [row["indicator"] for row in kept] == ["B15", "B07"]
    assert [row["row"] for row in refused] == [4, 5]
    assert "第 2 行" in refused[1]["message"]["zh"]
    with pytest.raises(InputError, match="Indicator"):
        rows_of(kind_of("targets"), frame.drop(columns="指标编号"))


def test_every_field_of_every_kind_says_itself_in_both_languages() -> None:
    for kind in KINDS.values():
        assert {kind.key[0], *kind.key} <= {field.name for field in kind.fields}
        for field in kind.fields:
            assert field.label.zh != field.label.en


# -- the registry ------------------------------------------------------------------


def test_j12_minimum_income_is_what_was_entered(bureau: Office) -> None:
    registry = bureau.registry
    saved = registry.save_indicator_record("jin", "values", B01)
    assert round(value_of(saved["record"]) or 0, 2) == 38.05
    registry.adopt_plan("jin")
    found = registry.indicators("gu", "2024-06-30")
    (row,) = [each for each in found["plan"] if each["id"] == "B01"]
    assert round(row["value"], 2) == 38.05
    assert (row["target"]["words"], row["verdict"]["is"]) == ("≥30", "reached")
    (seven,) = [each for each in found["plan"] if each["id"] == "B07"]
    assert seven["verdict"]["is"] == "by_people"
    (twelve,) = [each for each in found["plan"] if each["id"] == "B12"]
    assert twelve["target"]["baseline_value"] is None
    assert registry.indicators("gu", "2019")["plan"][0]["value"] is None


def test_who_may_enter_and_where(bureau: Office) -> None:
    registry = bureau.registry
    own = {**B01, "scope": "120101"}
    assert registry.save_indicator_record("he", "values", own)["by"] == "he"
    for actor, record in (("he", B01), ("he", {**B01, "scope": "120102"}), ("gu", own)):
        with pytest.raises(ForbiddenError):
            registry.save_indicator_record(actor, "values", record)
    with pytest.raises(ForbiddenError):
        registry.indicators("viewer")
    with pytest.raises(ForbiddenError):
        registry.adopt_plan("he")
    with pytest.raises(ForbiddenError):
        registry.save_options("he", "", {})
    registry.save_options("he", "120101", {"elderly": "aged_65"})
    assert registry.indicator_options("gu", "120101001")["options"]["elderly"] == (
        "aged_65"
    )
    assert registry.indicator_options("gu")["options"]["elderly"] == "aged_60"


def test_a_number_of_another_district_is_not_taken_over(bureau: Office) -> None:
    """Areas and projects are kept under their number alone, templates under a name."""
    registry = bureau.registry
    theirs = {"project": "P1", "name": "助餐点", "year": 2026, "target": 3,
              "scope": "120102"}  # fmt: skip
    registry.save_indicator_record("jin", "projects", theirs)
    mine = {**theirs, "scope": "120101", "target": 1}
    with pytest.raises(ForbiddenError, match="120102"):
        registry.save_indicator_record("he", "projects", mine)
    with pytest.raises(ForbiddenError, match="120102"):
        registry.take_indicator_rows("he", "projects", pd.DataFrame([mine], [1]))
    with pytest.raises(ForbiddenError, match="120102"):
        registry.drop_indicator_record("he", "projects", "P1")
    [kept] = registry.indicator_records("gu", "projects")
    assert (kept["record"]["scope"], kept["record"]["target"]) == ("120102", 3)
    registry.drop_indicator_record("jin", "projects", "P1")
    again = registry.save_indicator_record("he", "projects", mine)
    assert again["record"]["scope"] == "120101"


def test_nothing_entered_is_lost(bureau: Office) -> None:
    registry = bureau.registry
    first = registry.save_indicator_record("jin", "values", B01)
    key = first["key"]
    changed = registry.save_indicator_record(
        "jin", "values", {**B01, "numerator": 12000}, rev=first["rev"]
    )
    with pytest.raises(ConflictError):
        registry.save_indicator_record("jin", "values", B01, rev=first["rev"])
    registry.drop_indicator_record("jin", "values", key)
    assert registry.indicator_records("gu", "values") == []
    with pytest.raises(NotFoundError):
        registry.drop_indicator_record("jin", "values", key)
    again = registry.save_indicator_record("jin", "values", B01)
    assert [past["record"]["numerator"] for past in again["past"]] == [
        *(12120, 12000, 12000)
    ]
    assert changed["rev"] < again["rev"]
    verbs = bureau.verbs()
    assert verbs.count("save_indicator") == 3
    assert verbs.count("drop_indicator") == 1
    assert registry.verify("watcher") == []


def test_a_table_is_read_and_its_bad_rows_are_said(
    bureau: Office, tmp_path: Path
) -> None:
    path = tmp_path / "填报.csv"
    path.write_text(
        "指标,区划代码,统计时点,数值\nI1,120101001,2020,33.7\nI1,120101001,2021,三成\n"
        "I2,120102001,2020,80\n",
        encoding="gb18030",
    )
    done = bureau.registry.read_indicator_table("jin", "values", path)
    assert (done["read"], done["kept"]) == (3, 2)
    assert [row["row"] for row in done["refused"]] == [3]
    assert "三成" in done["refused"][0]["message"]["zh"]
    with pytest.raises(ForbiddenError, match="120102"):
        bureau.registry.read_indicator_table("he", "values", path)
    trend = bureau.registry.indicator_trend("gu", "I1", "2022", "120101001")
    point = {"on": "2020-12-31", "value": 33.7, "how": "entered"}
    assert trend == {"ready": False, "items": [point]}


def test_templates_are_changed_kept_and_given_back(bureau: Office) -> None:
    registry = bureau.registry
    part = {"role": "一中心", "level": 4, "types": ["DAY"], "at_least": 1}
    registry.save_template("jin", "one_n", {"name": "改", "parts": [part]})
    assert registry.template_fit("gu", "one_n")["lacking"] == 4
    own = {"name": "本区", "parts": [part], "scope": "120101"}
    registry.save_template("he", "mine", own)
    with pytest.raises(NotFoundError):
        registry.template_fit("gu", "mine", scope="120102001")
    assert registry.template_fit("gu", "mine", scope="120101001")["units"] == 1
    with pytest.raises(ForbiddenError):
        registry.save_template("he", "one_n", own)
    registry.drop_template("jin", "one_n")
    rows = {row["id"]: row for row in registry.network_templates("gu")}
    assert not rows["one_n"]["changed"]
    assert rows["mine"]["scope"] == "120101"


def test_figures_name_the_versions_and_choices_they_stand_on(bureau: Office) -> None:
    registry = bureau.registry
    first = registry.indicators("gu", "2023", "street")
    again = registry.indicators("gu", "2023", "district")
    assert first["stamp"] == again["stamp"]
    assert first["stamp"]["versions"] == {
        "divisions": 1, "facilities": 0, "population": 0,
    }  # fmt: skip
    assert first["as_of"] == "2023-12-31"
    assert [unit["values"]["I2"] for unit in first["units"]] == [0, 0, 0, 0]
    registry.save_options("jin", "", {"comprehensive": []})
    assert registry.indicators("gu", "2023")["stamp"]["id"] != first["stamp"]["id"]
    with pytest.raises(NotFoundError, match="130000"):
        registry.indicators("gu", "2023", scope="130000")
    with pytest.raises(InputError):
        registry.indicators("gu", "2023", "county")
    with pytest.raises(NotFoundError):
        registry.indicator("gu", "I99")


def test_projects_of_the_year(bureau: Office) -> None:
    for number, (target, done) in enumerate([(4, 4), (3, 2), (200, 150), (50, 0)]):
        record = {
            "project": f"P{number}", "name": f"项目{number}", "year": 2022,
            "target": target, "done": done, "scope": "",
        }  # fmt: skip
        bureau.registry.save_indicator_record("jin", "projects", record)
    found = bureau.registry.indicators("gu")["projects"]
    assert [row["value"] for row in found] == [100, pytest.approx(200 / 3), 75, 0]


def test_the_workbook_computes_its_figures_from_its_inputs(
    bureau: Office, tmp_path: Path
) -> None:
    path = tmp_path / "out.xlsx"
    bureau.registry.adopt_plan("jin")
    record = {**B01, "source": "=1+1"}
    bureau.registry.save_indicator_record("jin", "values", record)
    done = bureau.registry.indicator_workbook("gu", path, "2023", "street")
    assert done["bytes"] == path.stat().st_size
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        *("指标", "专栏1", "分单位", "计算输入", "缺口清单", "口径与版本")
    ]
    inputs = list(book["计算输入"].iter_rows(min_row=2, values_only=True))
    told = {
        row["id"]: row for row in bureau.registry.indicators("gu", "2023")["indicators"]
    }
    for cells in book["指标"].iter_rows(min_row=2):
        row, at = told[cells[0].value], cells[0].row
        sums = [_sumifs(cells[n].value, inputs, book["指标"]) for n in (2, 3)]
        assert sums == [row["numerator"], row["denominator"]]
        assert cells[5].value == f'=IF(D{at}=0,"",C{at}/D{at}*E{at})'
    units = book["分单位"]
    assert units["A2"].value == "120101001"
    formulas = [
        cell for line in book["计算输入"].iter_rows() for cell in line
        if cell.data_type == "f"
    ]  # fmt: skip
    assert formulas == []
    assert "export_indicators" in bureau.verbs()


def test_a_workbook_nobody_should_wait_for_is_refused_at_a_page(
    bureau: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boundaries.registry import indicators

    monkeypatch.setattr(indicators, "LARGEST", 3)
    path = tmp_path / "out.xlsx"
    bureau.registry.indicator_workbook("gu", path, "2023", "street")
    bureau.registry.prompt = True
    with pytest.raises(InputError, match="4 units"):
        bureau.registry.indicator_workbook("gu", path, "2023", "street")


def _sumifs(formula: str, rows: list[Any], sheet: Any) -> float:
    """Compute a SUMIFS over the sheet of inputs as a spreadsheet does."""
    found = re.fullmatch(
        r"=SUMIFS\('计算输入'!\$(\w)\$2:\$\w\$(\d+),'计算输入'!\$A\$2:\$A\$\d+,(A\d+)\)",
        formula,
    )
    assert found
    column, last, key = found.groups()
    assert int(last) == len(rows) + 1
    wanted = sheet[key].value
    return sum(row["ABCDEFG".index(column)] for row in rows if row[0] == wanted)


def test_pictures_are_drawn_in_both_forms(bureau: Office) -> None:
    bureau.registry.adopt_plan("jin")
    with pytest.raises(StateError, match="not computed yet"):
        bureau.registry.indicator_chart("gu", "I2", "trend", "svg", as_of="2023")
    bureau.registry.make_trend("gu", "2023")
    svg = bureau.registry.indicator_chart("gu", "I2", "trend", "svg", as_of="2023")
    png = bureau.registry.indicator_chart("gu", "I2", "units", "png", level="street")
    assert svg.startswith(b"<?xml")
    assert b"<script" not in svg
    assert png.startswith(b"\x89PNG")
    again = bureau.registry.indicator_chart("gu", "I2", "trend", "svg", as_of="2023")
    assert again == svg
    with pytest.raises(InputError):
        bureau.registry.indicator_chart("gu", "I2", "trend", "pdf", as_of="2023")


# -- reach -------------------------------------------------------------------------


def test_reach_is_that_of_the_coverage_once_it_was_computed(tmp_path: Path) -> None:
    made = town_office(tmp_path)
    registry = made.registry

    def figures(name: str, scope: str = "") -> Any:
        return registry.indicator("officer", name, "2025", "community", scope)

    before = figures("I11")
    assert before["value"] is None
    assert [each["kind"] for each in before["omitted"]] == ["no_coverage"]
    done = registry.make_reach("officer", "2025")
    assert done["method"] == "network"
    assert registry.make_reach("officer", "2025") == done
    covered = registry.coverage("officer", "2025", level="community")
    found = figures("I11")
    reach = found["stamp"]["reach"]
    assert reach["network"] == covered["stamp"]["network"]["number"] == 1
    assert found["numerator"] == pytest.approx(covered["total"]["reached"], abs=0.01)
    assert found["denominator"] == pytest.approx(covered["total"]["people"])
    by_unit = {each["code"]: each["reached"] for each in covered["units"]}
    for unit in found["units"]:
        assert unit["numerator"] == pytest.approx(by_unit[unit["code"]], abs=0.01)
    assert not found["trend_ready"]
    done = registry.make_trend("officer", "2025")
    assert registry.make_trend("officer", "2025") == done
    again = figures("I11")
    assert again["trend_ready"]
    assert again["trend"][-1] == {
        "on": "2025-12-31", "value": found["value"], "how": "computed",
    }  # fmt: skip
    assert "沿路网" in found["base"]["zh"]
    assert len(found["omitted"]) == len(covered["omitted"])
    assert 0 < figures("I12")["value"] < 100

    gaps = {each["member"]: each["elderly"] for each in found["gaps"]}
    assert list(gaps.values()) == sorted(gaps.values(), reverse=True)
    left = {each["code"]: each["unreached"] for each in covered["units"]}
    assert gaps == {
        code: pytest.approx(many, abs=0.01) for code, many in left.items() if many > 1
    }
    registry.close()


def test_former_indicators_come_out_again_by_their_stamp(tmp_path: Path) -> None:
    made = town_office(tmp_path / "store")
    registry, file = made.registry, tmp_path / "former.json"
    registry.make_reach("officer", "2025")
    told = quhua("indicators", "--as-of", "2025", "--level", "street", "--json",
                 "--store", made.path)  # fmt: skip
    file.write_text(told.out, encoding="utf-8")
    again = ("indicators", "--stamp", file, "--json", "--store", made.path)
    same = quhua(*again)
    assert same.status == 0
    assert same.document["same"]
    assert same.document["stamp"] == told.document["stamp"]
    assert same.document["indicators"] == told.document["indicators"]
    # another choice now does not matter, another entry does and is told
    registry.save_options("officer", "990000", {"private": ["public"]})
    assert quhua(*again).document["same"]
    registry.save_indicator_record(
        "officer", "values", {**B01, "indicator": "I6a", "scope": "990101"}
    )
    other = quhua(*again)
    assert other.status == 1
    assert other.document["differing"] == ["I6a"]
    file.write_text(json.dumps({"stamp": {"id": "x"}}), encoding="utf-8")
    refused = quhua(*again)
    assert refused.status == 2
    assert "quhua indicators --json" in refused.out + refused.err
    registry.close()
