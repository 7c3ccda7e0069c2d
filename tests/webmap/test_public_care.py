"""The public map of eldercare: closed at first, and never more than what is public."""

from __future__ import annotations

import io
import json
import re
import time
from typing import TYPE_CHECKING, Any

import docx
import geopandas as gpd
import pytest
import shapely

from boundaries.settings import Access
from geodata import crs
from tests.support import streets
from tests.support.registries import Office, office
from tests.support.signed import add_user, client_as
from tests.support.working import inline
from webmap.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

NUMBER = "津S(2026)001号"
HOSTILE = "<img src=x onerror=alert(1)>{{7*191}}"
PAGE, POINTER = "/public/eldercare", "/public/eldercare/current.json"
WALK = "/public/eldercare/walk?lon=116.001&lat=39.001"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A district, four facilities of which two are public, and a town's streets."""
    made = office(tmp_path_factory.mktemp("care"))
    registry = made.registry
    for name, role in (
        ("officer", "eldercare_officer:120000"),
        ("judge", "planner:120000"),
        ("opener", "system_admin"),
    ):
        add_user(registry, name, [role])
    district = rows(
        [shapely.box(115.9, 38.9, 116.1, 39.1)], code=["120101"], name=["和平区"]
    )
    agreed(made, "zhao", "chen", "divisions", district)
    kept = rows(
        [shapely.Point(116 + n / 1000, 39.0) for n in range(4)],
        facility=["F1", "F2", "F3", "F4"],
        name=["松鹤养老院", HOSTILE, "未公开养老院", "规划养老院"],
        type=["INST", "DAY", "INST", "INST"],
        status=["operating", "operating", "operating", "planned"],
        division=["120101"] * 4,
        public=[True, True, False, True],
        beds_total=[40, None, 20, 80],
        beds_occupied=[3, None, 5, None],
        contact=["赵秘书"] * 4,
        remark=["内部备注"] * 4,
    )
    agreed(made, "officer", "judge", "facilities", kept)
    yield made
    registry.close()


def rows(shapes: list[Any], **columns: Any) -> Any:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs.STORAGE)


def agreed(made: Office, author: str, by: str, layer: str, frame: Any) -> None:
    registry = made.registry
    draft = registry.stage(author, frame, layer=layer, effective="2020-01-01")["id"]
    registry.submit(author, draft)
    registry.approve(by, draft)
    registry.publish(by, layer=layer)


@pytest.fixture
def app(bureau: Office, tmp_path: Path) -> Iterator[Flask]:
    bureau.registry.set_public("opener", on=True, approval_number=NUMBER)
    yield create_app(bureau.registry, cache=tmp_path / "cache")
    bureau.registry.set_public("opener", on=False)


@pytest.fixture
def anybody(app: Flask) -> FlaskClient:
    return app.test_client()


def document(client: FlaskClient) -> Any:
    pointer = client.get(POINTER).json
    return client.get(f"/public/d/{pointer['document']}.json")


def walked(client: FlaskClient, address: str = WALK) -> Any:
    for _ in range(200):
        answer = client.get(address)
        if answer.status_code != 202:
            return answer
        time.sleep(0.05)
    return pytest.fail("the streets are never ready")


def test_it_is_closed_until_the_public_view_is_opened(
    app: Flask, bureau: Office, anybody: FlaskClient
) -> None:
    bureau.registry.set_public("opener", on=False)
    found = [anybody.get(address).status_code for address in (PAGE, POINTER, WALK)]
    assert found == [303, 401, 401]
    preview = client_as(app, "viewer").get(PAGE)
    assert preview.status_code == 200
    assert "内部使用" in preview.get_data(as_text=True)
    assert preview.headers["Cache-Control"] == "private, no-store"
    bureau.registry.set_public("opener", on=True, approval_number=NUMBER)
    page = anybody.get(PAGE)
    assert page.status_code == 200
    assert NUMBER in page.get_data(as_text=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_public_byte_holds_what_is_internal(anybody: FlaskClient, lang: str) -> None:
    page = anybody.get(f"{PAGE}?lang={lang}").get_data(as_text=True)
    # the catalogue of words is the same for every store
    page = re.sub(r'<script type="application/json".*?</script>', "", page)
    answer = document(anybody)
    said = page + anybody.get(POINTER).get_data(as_text=True) + str(answer.json)
    assert "松鹤养老院" in said
    for secret in ("未公开", "规划养老院", "赵秘书", "内部备注", "csrf", "viewer"):
        assert secret not in said, secret
    assert HOSTILE not in page
    assert answer.headers["Cache-Control"].startswith("public, max-age=31536000")


def test_three_people_in_a_home_are_not_told_of(anybody: FlaskClient) -> None:
    found = document(anybody).json
    assert [row["id"] for row in found["facilities"]] == ["F1", "F2"]
    home = found["facilities"][0]
    assert (home["beds"], home["beds_free"], home["has_room"]) == (40, None, True)
    assert found["divisions"] == {"120101": "和平区"}
    assert list(found["types"]) == ["INST", "DAY"]


def test_without_streets_it_says_so_and_with_them_how_far_it_is(
    app: Flask, bureau: Office
) -> None:
    client = app.test_client()
    first = walked(client)
    assert first.json == {"state": "no_network", "times": []}
    kept = bureau.registry.add_network("officer", streets.town(8, 8), title="路网")
    found = walked(client)
    assert found.headers["Cache-Control"] == "private, no-store"
    assert [key for key, _ in found.json["times"]] == ["F2", "F1"]
    assert found.json["state"] == "ready"
    assert found.json["times"][0][1] == pytest.approx(111 / 60, abs=0.1)
    again = walked(client, WALK.replace("116.001", "116.00100001"))
    assert again.json == found.json
    away = walked(client, WALK.replace("116", "110"))
    assert (away.json["state"], away.json["times"]) == ("no_street", [])
    bureau.registry.withdraw_network("officer", kept["number"], "有误")
    assert walked(client).json == first.json


@pytest.mark.parametrize(
    "query", ["", "?lon=116", "?lon=x&lat=39", "?lon=nan&lat=39", "?lon=200&lat=39",
              "?lon=116&lat=1e309"]
)  # fmt: skip
def test_a_place_that_is_none_is_refused_in_words(
    anybody: FlaskClient, query: str
) -> None:
    answer = anybody.get(f"/public/eldercare/walk{query}")
    assert answer.status_code == 400
    assert "经度" in json.dumps(answer.json, ensure_ascii=False)


def test_a_handbook_is_asked_for_made_by_a_job_and_fetched(
    app: Flask, bureau: Office
) -> None:
    planner = client_as(app, "judge")
    page = planner.get("/exports").get_data(as_text=True)
    assert "养老服务资源手册" in page
    form = {"district": "120101", "driver": "HANDBOOK-DOCX", "approval": ""}
    assert planner.post("/exports/handbook", data=form).status_code == 303
    sent = {"district": "120101", "approval": "津S(2026)007号"}
    asked = planner.post("/api/v1/exports/handbooks", json=sent)
    assert asked.status_code == 202
    inline(bureau.registry)
    made = planner.get(f"/api/v1/exports/{asked.json['id']}").json
    assert made["state"] == "done"
    assert made["made"]["features"] == 2
    listed = planner.get("/exports").get_data(as_text=True)
    assert "设施 · 资源手册（PDF）" in listed
    assert made["made"]["notice"]["zh"] == "审图号：津S(2026)007号"
    with planner.get(f"/exports/{asked.json['id']}/file") as file:
        assert file.mimetype == "application/pdf"
        assert file.data.startswith(b"%PDF-")
    first = planner.get("/api/v1/exports").json["items"][-1]
    with planner.get(f"/exports/{first['id']}/file") as file:
        document = docx.Document(io.BytesIO(file.data))
    assert "内部使用" in document.sections[0].footer.paragraphs[0].text
    said = [e for e in bureau.registry.store.journal() if e.verb == "request_export"]
    assert said[-1].detail["approval"] == "津S(2026)007号"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"district": "129999"}, 404),
        ({"district": "120101", "driver": "GPKG"}, 400),
        ({"district": "120101", "approval": "无"}, 400),
        ({"district": "120101", "language": "fr"}, 422),
        ({}, 422),
    ],
)
def test_a_handbook_that_cannot_be_made_is_refused_before_it_is_queued(
    app: Flask, bureau: Office, sent: dict[str, str], status: int
) -> None:
    before = bureau.registry.export_count("judge")
    planner = client_as(app, "judge")
    answer = planner.post("/api/v1/exports/handbooks", json=sent)
    assert answer.status_code == status
    assert bureau.registry.export_count("judge") == before
    form = planner.post("/exports/handbook", data=sent)
    if sent.get("language") is None:
        assert form.status_code == 400


def test_who_may_not_export_may_not_ask_for_a_handbook(app: Flask) -> None:
    viewer = client_as(app, "viewer")
    sent = {"district": "120101"}
    assert viewer.post("/exports/handbook", data=sent).status_code == 403
    assert viewer.post("/api/v1/exports/handbooks", json=sent).status_code == 403


def test_one_address_searches_so_often_and_no_more(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(public_rate="2 per minute"))
    client = client_as(create_app(made.registry, cache=tmp_path / "cache"), "viewer")
    asked = ["/public/names?q=a", WALK, WALK, "/public/names?q=a"]
    answers = [client.get(address) for address in asked]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert "请求过于频繁" in answers[2].json["message"]["zh"]
    assert client.get(PAGE).status_code == 200, (
        "what is the same for all is not counted"
    )
    made.registry.close()
