"""Pages and API of markers and place names: what each role sees and may put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from flask import Flask

from geodata import crs
from geodata.crs.zones import gauss_krueger
from tests.support.registries import Office, office
from tests.support.signed import add_user, client_as
from webmap.app import create_app

HOSTILE = "<img src=x onerror=alert(1)>${7*7}{{7*7}}"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two districts, a marker inspected, two names; all published."""
    made = office(tmp_path_factory.mktemp("registers"))
    registry = made.registry
    for name, role in (
        ("namer", "name_staff:120000"),
        ("judge", "name_reviewer:120000"),
        ("yuan", "surveyor:120000"),
    ):
        add_user(registry, name, [role])
    agreed(made, "zhao", "chen", "divisions", districts())
    number = "120101-120102-001Q"
    spot = [shapely.Point(117.1, 39.05)]
    agreed(made, "zhao", "chen", "markers", rows(spot, marker=[number], form=["单立"]))
    visit = rows(
        [None],
        subject=[number],
        date=["2016-05-06"],
        kind=["联检"],
        result=["丢失"],
        damage=[HOSTILE],
    )
    agreed(made, "zhao", "chen", "inspections", visit)
    names = rows(
        [shapely.Point(117.05, 39.05), shapely.Point(117.06, 39.05)],
        name=["长乐路", "安宁巷"],
        category=["街路巷", "街路巷"],
        public=["是", "否"],
        former_names=["太平街", ""],
        origin=[HOSTILE, ""],
    )
    agreed(made, "namer", "judge", "place_names", names)
    yield made
    registry.close()


def districts() -> Any:
    return rows(
        [shapely.box(117.0, 39.0, 117.1, 39.1), shapely.box(117.1, 39, 117.2, 39.1)],
        code=["120101", "120102"],
        name=["和平区", "河东区"],
    )


def rows(shapes: list[Any], **columns: Any) -> Any:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs.STORAGE)


def agreed(made: Office, author: str, by: str, layer: str, frame: Any) -> None:
    registry = made.registry
    draft = registry.stage(author, frame, layer=layer, effective="2020-01-01")["id"]
    registry.submit(author, draft)
    registry.approve(by, draft)
    registry.publish(by, layer=layer)


@pytest.fixture
def app(bureau: Office, tmp_path: Path) -> Flask:
    return create_app(bureau.registry, cache=tmp_path / "cache")


def place(app: Flask, name: str) -> str:
    found = client_as(app, "namer").get(f"/api/v1/names?q={name}").json["rows"]
    return str(found[0]["place"])


PAGES = ("/markers", "/markers/120101-120102-001Q", "/names")
POINTS = "/api/v1/markers/points?bbox=117,39,118,40"
NAMES = "/api/v1/names/points?bbox=117,39,118,40"


def test_nobody_gets_to_a_register_without_signing_in(app: Flask) -> None:
    stranger = app.test_client()
    for page in (*PAGES, "/markers/new", "/names/new"):
        assert stranger.get(page).status_code == 303
    for call in ("/api/v1/markers", POINTS, "/api/v1/names/search?q=长"):
        assert stranger.get(call).status_code == 401


def test_with_the_public_view_on_only_public_names_show(app: Flask) -> None:
    registry = app.extensions["registry"]
    with registry.store.write() as tx:
        tx.put("site", "public", {"on": True})
    stranger = app.test_client()
    found = stranger.get("/api/v1/names/search?q=安").json["items"]
    assert found == []
    names = [i["name"] for i in stranger.get("/api/v1/names/search?q=乐").json["items"]]
    assert names == ["长乐路"]
    box = "/api/v1/names/points?bbox=117,39,118,40"
    shown = stranger.get(box).json["features"]
    assert [f["properties"]["name"] for f in shown] == ["长乐路"]
    assert stranger.get(POINTS).status_code == 401
    with registry.store.write() as tx:
        tx.delete("site", "public")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["viewer", "planner", "yuan", "namer", "judge"])
def test_every_page_opens_for_who_is_signed_in(
    app: Flask, name: str, lang: str
) -> None:
    client = client_as(app, name)
    for page in (*PAGES, f"/names/{place(app, '长乐路')}"):
        answer = client.get(f"{page}?lang={lang}")
        assert answer.status_code == 200
        assert b"onerror=alert(1)>" not in answer.data


@pytest.mark.parametrize(
    ("name", "marker", "named"), [("yuan", 200, 403), ("namer", 403, 200)]
)
def test_only_a_layers_own_people_are_offered_its_forms(
    app: Flask, name: str, marker: int, named: int
) -> None:
    client = client_as(app, name)
    for noun, status in (("markers", marker), ("names", named)):
        assert client.get(f"/{noun}/new").status_code == status
        offered = f'href="/{noun}/new"' in client.get(f"/{noun}").text
        assert offered == (status == 200)


def test_the_editor_of_borders_leaves_records_to_their_forms(app: Flask) -> None:
    yuan = client_as(app, "yuan")
    wish = {"record": {"marker": "120101-120102-001Q", "remark": "新"}}
    draft = yuan.post("/api/v1/markers", json={**wish, "effective": "2023"}).json["id"]
    assert yuan.get(f"/edit/{draft}").location == f"/drafts/{draft}"
    shown = yuan.get(f"/api/v1/editing/{draft}")
    assert (shown.status_code, shown.json["error"]) == (400, "input")


def test_only_a_layers_own_people_may_edit_it(app: Flask) -> None:
    record = {"record": {"name": "安平路", "division": "120101"}, "effective": "2024"}
    lost = {"record": {"name": "安平路"}, "effective": "2024"}
    said = client_as(app, "namer").post("/api/v1/names", json=lost)
    assert said.status_code == 400
    assert "位置" in said.json["message"]["zh"]
    for name, marker, named in (
        ("viewer", 403, 403), ("planner", 403, 403),
        ("yuan", 200, 403), ("namer", 403, 200),
    ):  # fmt: skip
        client = client_as(app, name)
        edit = {
            "record": {"marker": "120101-120102-001Q", "remark": name},
            "effective": "2024",
        }
        assert client.post("/api/v1/markers", json=edit).status_code == marker
        assert client.post("/api/v1/names", json=record).status_code == named


def test_the_list_of_markers_is_filtered_and_tells_what_is_due(app: Flask) -> None:
    client = client_as(app, "planner")
    found = client.get("/api/v1/markers?standing=overdue").json
    assert found["counts"] == {"all": 1, "unsound": 1, "overdue": 1, "due_now": 0}
    row = found["rows"][0]
    assert (row["state"], row["due"], row["last"]) == ("lost", 2021, "2016-05-06")
    assert client.get("/api/v1/markers?q=河东").json["total"] == 1
    assert client.get("/api/v1/markers?state=intact").json["total"] == 0
    assert len(client.get(POINTS).json["features"]) == 1
    assert client.get("/api/v1/markers/points?bbox=1,2,3").status_code == 400
    assert client.get("/api/v1/markers/points?bbox=").status_code == 400


@pytest.mark.parametrize(
    ("address", "wish", "shown"),
    [
        (POINTS, "&q=河东", 1),
        (POINTS, "&q=没有", 0),
        (POINTS, "&state=intact", 0),
        (f"{POINTS}&zoom=9", "&standing=overdue", 1),
        (NAMES, "&q=长乐", 1),
        (NAMES, "&q=没有", 0),
        (NAMES, "&category=park", 0),
    ],
)
def test_the_map_shows_what_the_list_beside_it_shows(
    app: Flask, address: str, wish: str, shown: int
) -> None:
    client = client_as(app, "viewer")
    found = client.get(address + wish).json
    rows = client.get(f"{address.split('/points', maxsplit=1)[0]}?{wish}").json
    assert len(found["features"]) == found["total"] == rows["total"] == shown
    assert (found["box"] is None) == (shown == 0)


def test_the_public_finds_public_names_with_their_place(app: Flask) -> None:
    registry = app.extensions["registry"]
    with registry.store.write() as tx:
        tx.put("site", "public", {"on": True})
    stranger = app.test_client()
    assert stranger.get("/public/names?q=安").json == {"items": [], "total": 0}
    found = stranger.get("/public/names?q=长").json
    assert found["total"] == 1
    assert set(found["items"][0]) == {"name", "kind", "division_name", "lon", "lat"}
    # who is signed in sees in the preview what the public sees
    assert client_as(app, "viewer").get("/public/names?q=安").json["total"] == 0
    with registry.store.write() as tx:
        tx.delete("site", "public")


def test_a_form_puts_several_edits_into_one_draft(app: Flask, bureau: Office) -> None:
    client = client_as(app, "namer")
    one = place(app, "长乐路")
    sent = {"effective": "2024-01-01", "category": "street", "basis": "测试〔2024〕1号"}
    sent |= {"lon": "117.05", "lat": "39.05", "romanised": "Changle Lu"}
    first = client.post(
        f"/names/{one}/edit",
        data={
            **sent,
            "name": "长乐路",
            "romanised_confirmed": "y",
            "origin": "新",
            "former_names": "",
        },
    )
    assert first.status_code == 303
    draft = first.location.rsplit("/", 1)[-1]
    again = {**sent, "draft": draft, "name": "永福路", "romanised": "Yongfu Lu"}
    assert client.post("/names/new", data=again).location == first.location
    changes = bureau.registry.staged("namer", draft)
    assert (len(changes.changed), len(changes.added)) == (1, 1)
    assert changes.new.loc[one, "origin"] == "新"
    assert changes.new.loc[one, "former_names"] is None
    assert bureau.registry.check("namer", draft)["severity"].ne("error").all()
    bureau.registry.submit("namer", draft)
    bureau.registry.approve("judge", draft)
    page = client.get(f"/names/{one}").text
    assert "测试〔2024〕1号" in page
    assert "太平街" in page


def test_a_form_takes_metres_and_shows_the_digits_that_matter(
    app: Flask, bureau: Office
) -> None:
    client = client_as(app, "namer")
    one = place(app, "长乐路")
    at = bureau.registry.place_name("namer", one)
    shown = client.get(f"/names/{one}/edit").text
    values = [
        float(re.search(rf'name="{name}"[^>]*value="([^"]*)"', shown)[1])
        for name in ("lon", "lat")
    ]
    assert values == [round(at[name], 9) for name in ("lon", "lat")]
    zone = gauss_krueger(117.05, prefixed=True)
    y, x = crs.transform_points([117.05], [39.05], crs.STORAGE, zone.epsg)
    sent = {"effective": "2024-02-01", "category": "street", "name": "长乐路"}
    sent |= {"lon": f"{y[0]:.3f}", "lat": f"{x[0]:.3f}", "romanised": "Changle Lu"}
    first = client.post(f"/names/{one}/edit", data=sent)
    assert first.status_code == 303, first.text
    draft = first.location.rsplit("/", 1)[-1]
    point = bureau.registry.staged("namer", draft).new.loc[one, "geometry"]
    assert (point.x, point.y) == pytest.approx((117.05, 39.05), abs=2e-8)
    bureau.registry.discard("namer", draft)
    wrong = client.post(f"/names/{one}/edit", data={**sent, "lat": "17"})
    assert wrong.status_code == 422
    assert "坐标超出范围" in wrong.text


def test_a_form_says_what_is_missing(app: Flask) -> None:
    client = client_as(app, "namer")
    answer = client.post("/names/new", data={"name": "", "effective": "昨天"})
    assert answer.status_code == 422
    assert "请填写" in answer.text
    assert "2026-06-08" in answer.text
    assert client.post("/names/new", data={}, csrf=False).status_code == 400


def test_an_inspection_is_added_by_form(app: Flask, bureau: Office) -> None:
    client = client_as(app, "yuan")
    page = "/markers/120101-120102-001Q/inspections/new"
    shown = client.get(page).text
    for code in ("120101", "120102"):
        box = rf'<input[^>]*name="parties"[^>]*type="checkbox"[^>]*value="{code}"'
        assert re.search(box, shown), "who was there is ticked"
    sent = {
        "subject": "120101-120102-001Q", "date": "2024-03-04", "kind": "joint",
        "result": "intact", "parties": ["120101", "120102"], "effective": "2024-03-04",
    }  # fmt: skip
    answer = client.post(page, data=sent)
    assert answer.status_code == 303
    draft = answer.location.rsplit("/", 1)[-1]
    assert bureau.registry.check("yuan", draft).empty


def test_rules_answer_while_a_name_is_typed(app: Flask) -> None:
    client = client_as(app, "namer")
    typed = {"name": "安宁巷", "category": "street", "lon": 117.07, "lat": 39.05}
    said = client.post("/api/v1/names/check", json={**typed, "division": "120101"}).json
    assert {f["rule"] for f in said["findings"]} == {"name_repeated"}
    assert said["romanised"]["text"] == "Anning Xiang"
    typed["name"] = "威尼斯路"
    said = client.post("/api/v1/names/check", json=typed).json
    assert [f["rule"] for f in said["findings"]] == ["name_form"]
    assert (
        client_as(app, "yuan").post("/api/v1/names/check", json=typed).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("query", "by"),
    [("乐", "name"), ("太平", "other"), ("changle", "spelt"), ("cll", "initials")],
)
def test_a_name_is_found_by_any_of_its_ways(app: Flask, query: str, by: str) -> None:
    found = (
        client_as(app, "viewer").get(f"/api/v1/names/search?q={query}").json["items"]
    )
    assert [(f["name"], f["by"]) for f in found][:1] == [("长乐路", by)]
