"""Divisions: list, record, original and export, as pages and by the API."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from boundaries.registry.desk import DRAFTS
from tests.support.published import publish
from tests.support.registries import Office, office
from tests.support.signed import client_as
from tests.webmap.conftest import drawn
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from boundaries.registry import Registry


def page(client: FlaskClient, address: str) -> str:
    for _ in range(100):
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        if "Refresh" not in answer.headers:
            return answer.get_data(as_text=True)
        time.sleep(0.05)
    pytest.fail(f"{address} is never ready")


@pytest.fixture
def ended(moved: Registry) -> FlaskClient:
    """Since 2024 南区 is no more: 西区 has its ground, and another name."""
    frame = drawn("ABB/AAB/BBB").replace({"name": {"西区": "新西区"}})
    publish(moved.store, frame, "2024-01-01", basis="甲〔2024〕3号")
    return client_as(create_app(moved))


def test_the_list_holds_what_is_in_force_and_finds_what_was(ended: FlaskClient) -> None:
    today = page(ended, "/divisions")
    assert "新西区" in today
    assert "南区" not in today
    before = page(ended, "/divisions?on=2023-01-01")
    assert "南区" in before
    found = page(ended, "/divisions?q=南区")
    assert "2024-01-01 撤销" in found
    assert "现为新西区" in page(ended, "/divisions?q=西区&level=3")
    assert "没有符合的单位" in page(ended, "/divisions?q=nowhere")


def test_an_impossible_filter_is_told_with_its_remedy(ended: FlaskClient) -> None:
    answer = ended.get("/divisions?on=yesterday")
    assert answer.status_code == 400
    assert "yesterday" in answer.get_data(as_text=True)


def test_a_record_keeps_both_areas_apart_and_tells_its_history(
    moved: Registry,
) -> None:
    publish(
        moved.store,
        drawn("ABB/AAB/CCC").assign(area_official_km2=[12_000.0, 11_000.0, 9_000.0]),
        "2023-01-01",
    )
    text = page(client_as(create_app(moved)), "/divisions/120101?lang=en")
    official, computed = re.findall(r'<strong class="figures">([\d,.]+) km²', text)[:2]
    assert official == "12,000.00"
    assert computed != official
    assert "Computed minus official" in text
    for word in ("since 2023-01-01", "甲〔2019〕1号", "西区", "Neighbours"):
        assert word in text


def test_an_ended_division_still_has_its_page(ended: FlaskClient) -> None:
    text = page(ended, "/divisions/120103")
    assert "该单位于 2024-01-01 撤销" in text
    assert "on=2020-01-01" in text, "a link to when it was"
    assert "南区" in page(ended, "/divisions/120103?on=2020-01-01")
    assert ended.get("/divisions/999999").status_code == 404


def test_hostile_names_are_text(moved: Registry) -> None:
    name = "<script>alert(1)</script>{{7*7}}㵐𠅤"
    frame = drawn("ABB/AAB/CCC").replace({"name": {"东区": name}})
    publish(moved.store, frame, "2023-01-01", basis=name)
    client = client_as(create_app(moved))
    for address in ("/divisions", "/divisions/120101", "/divisions?q=%3Cscript", "/"):
        text = page(client, address)
        assert "<script>alert" not in text
        assert "49㵐" not in text


def test_nothing_published_is_an_empty_page_with_the_first_step(
    registry: Registry,
) -> None:
    assert "尚未发布" in page(client_as(create_app(registry)), "/divisions")


@pytest.fixture
def bureau(tmp_path: Path) -> Office:
    """A published version that was made from a file somebody handed in."""
    made = office(tmp_path)
    digest = made.registry.receive("zhao", b"the file", "界线.zip")
    made.commit(original=digest)
    made.registry.publish("chen")
    return made


def test_an_original_goes_to_who_may_see_its_draft(bureau: Office) -> None:
    app = create_app(bureau.registry)
    digest = bureau.registry.store.find(DRAFTS)[0]["original"]["digest"]
    address = f"/divisions/120101001/documents/{digest}"
    with client_as(app, "zhao").get(address) as answer:
        assert answer.data == b"the file"
    assert client_as(app, "zhao").head(address).content_length == 8
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "read_original" in bureau.verbs()
    assert client_as(app, "viewer").get(address).status_code == 403
    # li holds one of the two districts the draft is about
    assert client_as(app, "li").get(address).status_code == 404
    other = address.replace(digest, "sha256:" + "0" * 64)
    assert client_as(app, "zhao").get(other).status_code == 404


def test_the_filtered_list_is_exported_and_recorded(bureau: Office) -> None:
    app = create_app(bureau.registry)
    planner = client_as(app, "planner")
    form = {"driver": "CSV", "q": "东风"}
    answer = planner.post("/divisions/export", data=form)
    assert answer.status_code == 303
    asked = bureau.registry.exports("planner")[0]
    assert (asked["keys"], asked["expected"]) == (["120101001"], 1)
    made = bureau.registry.make_export("planner", asked["id"])
    assert made["made"]["features"] == 1
    assert bureau.verbs()[-1] == "export"
    assert (
        client_as(app, "viewer").post("/divisions/export", data=form).status_code == 403
    )
    refused = planner.post("/divisions/export", data={**form, "driver": "EXE"})
    assert refused.status_code == 400
    empty = planner.post("/divisions/export", data={**form, "q": "nowhere"})
    assert empty.status_code == 400


def test_the_api_lists_finds_and_exports_the_same(bureau: Office) -> None:
    client: Any = client_as(create_app(bureau.registry), "planner")
    found = client.get("/api/v1/divisions/list?q=东风&limit=1").json
    assert (found["total"], found["rows"][0]["code"]) == (1, "120101001")
    assert client.get("/api/v1/divisions/list?level=9").status_code == 422
    asked = {"driver": "CSV", "filter": {"q": "东风"}}
    made = client.post("/api/v1/divisions/export", json=asked)
    assert made.status_code == 202
    assert made.json["expected"] == 1
    documents = client.get("/api/v1/divisions/120101001/documents").json["items"]
    assert documents[0]["basis"] == "津民发〔2020〕1号"
    assert documents[0]["original"] is None, "planners do not see drafts"
