"""The pages and API of indicators: what is shown, entered, refused and handed out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tests.support.signed import add_user, client_as
from tests.support.working import inline
from webmap.indicators import trend_drawing

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

API = "/api/v1/indicators"


@pytest.fixture
def people(app: Flask) -> dict[str, FlaskClient]:
    """A planner, an officer of everywhere, and one of a district."""
    registry = app.extensions["registry"]
    roles = {
        "gu": "planner:000000",
        "jin": "eldercare_officer:000000",
        "he": "eldercare_officer:120101",
    }
    for name, role in roles.items():
        add_user(registry, name, [role])
    return {name: client_as(app, name) for name in roles}


def text(answer: Any, status: int = 200) -> str:
    """Return the page; it must have come with a status."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return str(answer.get_data(as_text=True))


def test_targets_are_adopted_and_figures_stand_beside_them(
    people: dict[str, FlaskClient],
) -> None:
    jin, gu = people["jin"], people["gu"]
    assert "采用专栏1的目标" not in text(gu.get("/indicators/plan"))
    assert jin.post("/indicators/plan", data={"scope": ""}).status_code == 303
    plan = text(gu.get("/indicators/plan"))
    assert "对主动申请且符合条件的对象全覆盖" in plan
    assert "由人认定" in plan
    page = text(gu.get("/indicators?as_of=2023-06-30"))
    assert "一区一中心" in page
    assert "未达到" in page
    assert "截至 2023-06-30" in page
    assert "无数据" in page
    one = text(gu.get("/indicators/I7a?as_of=2023"))
    assert one.count("<tr>") > 6
    assert "0 / 3" in one or ">3<" in one
    english = text(gu.get("/indicators?lang=en"))
    assert "Districts with a centre" in english


def test_what_is_wrong_comes_back_with_what_was_typed(
    people: dict[str, FlaskClient],
) -> None:
    jin = people["jin"]
    given = {"indicator": "I1", "on": "2020", "value": "三成", "scope": ""}
    page = text(jin.post("/indicators/records/values", data=given), 400)
    assert "数值应为数字，现为“三成”。" in page
    assert 'value="三成"' in page
    given["value"] = "33.7"
    answer = jin.post("/indicators/records/values", data=given)
    assert answer.status_code == 303
    assert "33.70" in text(jin.get("/indicators/records/values"))
    page = text(jin.get("/indicators/records/values?key=I1::2020"))
    assert 'name="rev" value="1"' in page
    page = text(people["gu"].get("/indicators/records/values"))
    assert "<form method" not in page.split("<main")[1]
    key = {"key": "I1::2020"}
    assert jin.post("/indicators/records/values/drop", data=key).status_code == 303
    assert "33.70" not in text(jin.get("/indicators/records/values"))


def test_a_table_sent_is_read_by_a_job_that_names_its_bad_rows(
    app: Flask, people: dict[str, FlaskClient]
) -> None:
    table = "编号,名称,年度,任务数,完成数\nP1,综合体,2022,4,3\nP2,床位,2022,二百,0\n"
    sent = {"table": (io.BytesIO(table.encode()), "项目.csv")}
    answer = people["jin"].post("/indicators/records/projects/table", data=sent)
    assert answer.status_code == 303
    inline(app.extensions["registry"])
    page = text(people["jin"].get(answer.headers["Location"]))
    assert "读 2 行，保存 1 行" in page
    assert "第 3 行" in page
    assert "二百" in page
    assert "75.00" in text(people["gu"].get("/indicators"))
    empty = {"table": (io.BytesIO(b""), "空.csv")}
    text(people["jin"].post("/indicators/records/projects/table", data=empty), 400)


def test_networks_are_changed_and_their_gaps_listed(
    people: dict[str, FlaskClient],
) -> None:
    jin, gu = people["jin"], people["gu"]
    listed = text(gu.get("/indicators/templates"))
    assert "1+3+N" in listed
    assert "</strong>：县级，不少于 1 个" in listed
    page = text(gu.get("/indicators/templates/three_levels"))
    assert "0 / 3" in page
    assert gu.get("/indicators/templates/three_levels/edit").status_code == 403
    text(jin.get("/indicators/templates/three_levels/edit"))
    given = {
        "id": "mine", "name": "本市网络", "scope": "", "role": ["中心", ""],
        "level": ["3", "4"], "at_least": ["两", "1"], "least_m2": ["", ""],
        "types-0": ["CMD"],
    }  # fmt: skip
    page = text(jin.post("/indicators/templates/new/edit", data=given), 400)
    assert "模板第 1 项有误" in page
    given["at_least"] = ["2", "1"]
    answer = jin.post("/indicators/templates/new/edit", data=given)
    assert answer.status_code == 303
    assert "东区" in text(gu.get("/indicators/templates/mine"))
    assert jin.post("/indicators/templates/mine/drop").status_code == 303
    assert gu.get("/indicators/templates/mine").status_code == 404


def test_the_choices_are_a_form(people: dict[str, FlaskClient]) -> None:
    jin, gu = people["jin"], people["gu"]
    page = text(gu.get("/indicators/options"))
    assert "GB 50437" in page
    given = {
        "scope": "", "elderly": "aged_65", "standard": "henan", "has-by_radius": "1",
        "has-comprehensive": "1", "comprehensive": ["flag", "area"],
        "number-beds_per_thousand": "45",
    }  # fmt: skip
    assert jin.post("/indicators/options", data=given).status_code == 303
    found = gu.get(f"{API}/options").json
    assert found["options"]["elderly"] == "aged_65"
    assert found["options"]["comprehensive"] == ["flag", "area"]
    assert not found["options"]["by_radius"]
    assert found["numbers"]["beds_per_thousand"] == 45
    assert found["numbers"]["new_m2_per_100_households"] == 30
    given["comprehensive_m2"] = "大"
    page = text(jin.post("/indicators/options", data=given), 400)
    assert "大" in page
    assert people["he"].post("/indicators/options", data=given).status_code in {
        400,
        403,
    }


def test_files_are_handed_out_and_recorded(
    app: Flask, people: dict[str, FlaskClient]
) -> None:
    gu = people["gu"]
    with gu.get("/indicators/workbook?as_of=2023&level=district") as answer:
        assert answer.status_code == 200
        assert "indicators-2023-12-31.xlsx" in answer.headers["Content-Disposition"]
        book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book["分单位"].max_row == 4
    svg = gu.get("/indicators/I7a/chart.svg?chart=units")
    assert svg.mimetype == "image/svg+xml"
    assert gu.get("/indicators/I7a/chart.gif").status_code == 400
    verbs = [entry.verb for entry in app.extensions["registry"].store.journal()]
    assert verbs.count("export_indicators") == 2


def test_the_api_says_the_same(people: dict[str, FlaskClient]) -> None:
    jin, gu = people["jin"], people["gu"]
    record = {"indicator": "B13", "on": "2024", "value": 1.2}
    made = jin.post(f"{API}/records/values", json={"record": record})
    assert made.status_code == 201
    found = gu.get(API, query_string={"as_of": "2024", "level": "district"}).json
    (row,) = [each for each in found["plan"] if each["id"] == "B13"]
    assert row["value"] == 1.2
    assert {unit["name"] for unit in found["units"]} == {"东区", "西区", "南区"}
    assert gu.get(f"{API}/I7a").json["lacking"] == 3
    assert gu.get(f"{API}/B13/trend?as_of=2025").json["items"] == [
        {"on": "2024-12-31", "value": 1.2, "how": "entered"}
    ]
    assert gu.get(f"{API}/checks").json["total"] == 0
    assert len(gu.get(f"{API}/kinds").json["items"]) == 4
    assert gu.get(f"{API}/I99").status_code == 404
    assert gu.get(API, query_string={"level": "planet"}).status_code == 422
    assert gu.post(f"{API}/records/values", json={"record": record}).status_code == 403
    assert jin.delete(f"{API}/records/values/B13::2024").status_code == 204
    job = gu.post(f"{API}/reach", json={"as_of": "2024"})
    assert job.status_code == 202
    assert job.json["kind"] == "indicator_reach"
    job = gu.post(f"{API}/trends", json={"as_of": "2024"})
    assert (job.status_code, job.json["kind"]) == (202, "indicator_trend")
    page = gu.get("/indicators/I2?as_of=2024").text
    assert "计算趋势" in page
    sent = gu.post("/indicators/I2/trend", data={"as_of": "2024"})
    assert "job=" in sent.headers["Location"]


def test_a_trend_is_drawn_within_its_frame() -> None:
    points = [
        {"on": "2020-12-31", "value": 33.7, "how": "baseline"},
        {"on": "2024-06-30", "value": None, "how": "computed"},
        {"on": "2025-12-31", "value": 61.0, "how": "computed"},
    ]
    made = trend_drawing(points, {"value": 60.0})
    assert made is not None
    assert [each["year"] for each in made["points"]] == ["2020", "2025"]
    for each in made["points"]:
        assert 0 < each["x"] < made["width"]
        assert 0 < each["y"] < made["base"]
    assert made["points"][1]["y"] < made["target"]["y"] < made["points"][0]["y"]
    assert trend_drawing([], None) is None
    nought = trend_drawing([{"on": "2025-12-31", "value": 0, "how": "entered"}], None)
    assert nought is not None
    assert nought["points"][0]["y"] == nought["base"]
