"""Street networks over HTTP: uploaded, built by the worker, shown, drawn on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from geodata.network.keeping import save
from tests.support import registries
from tests.support.heights import slope
from tests.support.signed import SignedClient, client_as
from tests.support.streets import two_streets
from tests.support.working import inline
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from tests.support.registries import Office

API = "/api/v1/networks"
X, Y = 117.0, 39.0
LINK = {"kind": "link", "points": [[X + 0.005, Y], [X + 0.005, Y + 0.001]]}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return registries.office(tmp_path)


@pytest.fixture
def app(office: Office) -> Flask:
    return create_app(office.registry)


@pytest.fixture
def planner(app: Flask) -> SignedClient:
    return client_as(app, "planner")


def roads() -> bytes:
    lines = [[[X, Y + up], [X + 0.01, Y + up]] for up in (0, 0.001)]
    features = [
        {
            "type": "Feature",
            "properties": {"class": "residential"},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for line in lines
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def send(client: Any, body: bytes, name: str) -> str:
    """Upload streets; return the upload."""
    wish = {"name": name, "size": len(body), "purpose": "network"}
    upload = str(client.post("/api/v1/uploads", json=wish).json["id"])
    digest = {"X-Part-Digest": hashlib.sha256(body).hexdigest()}
    put = client.put(f"/api/v1/uploads/{upload}/parts/0", data=body, headers=digest)
    assert put.status_code == 200, put.json
    done = client.post(f"/api/v1/uploads/{upload}/finish", json={})
    assert done.json["job"] is None  # streets are not read as a layer
    return upload


def test_streets_are_uploaded_and_become_a_network(
    office: Office, planner: SignedClient
) -> None:
    upload = send(planner, roads(), "道路.geojson")
    assert planner.get("/api/v1/uploads").json["items"] == []
    page = planner.get(f"/networks/new/{upload}").get_data(as_text=True)
    assert "道路" in page
    wrong = planner.post(f"/networks/new/{upload}", data={"snap_m": "99"})
    assert wrong.status_code == 400
    assert "20 米" in wrong.get_data(as_text=True)
    asked = planner.post(
        f"/networks/new/{upload}", data={"title": "城区路网", "effective": "2024-05"}
    )
    assert asked.status_code == 303
    inline(office.registry)
    job = planner.get(asked.location)
    assert job.status_code == 303
    assert job.location.endswith("/networks/1")
    page = planner.get("/networks/1").get_data(as_text=True)
    assert "城区路网" in page
    assert "孤立部分（1 个）" in page
    listed = planner.get(API).json["items"]
    assert [row["effective"] for row in listed] == ["2024-05"]
    assert listed[0]["original"]
    assert "使用中" in planner.get("/networks").get_data(as_text=True)


def test_a_raster_of_heights_is_given_to_a_network(
    office: Office, planner: SignedClient, tmp_path: Path
) -> None:
    raster = slope(tmp_path / "dem.tif", (X, Y, X + 0.01, Y + 0.001), per_degree=8650)
    upload = send(planner, raster.read_bytes(), "地形.tif")
    page = planner.get(f"/networks/new/{upload}").get_data(as_text=True)
    assert "请先添加道路" in page
    streets = send(planner, roads(), "道路.geojson")
    planner.post(f"/networks/new/{streets}", data={"title": "城区路网"})
    inline(office.registry)
    page = planner.get(f"/networks/new/{upload}").get_data(as_text=True)
    assert "1 · 城区路网" in page
    asked = planner.post(f"/networks/new/{upload}", data={"heights_of": "1"})
    inline(office.registry)
    assert planner.get(asked.location).location.endswith("/networks/2")
    page = planner.get("/networks/2").get_data(as_text=True)
    assert "地形.tif" in page
    job = planner.post(API, json={"upload": upload}).json["id"]
    inline(office.registry)
    failed = planner.get(f"/api/v1/jobs/{job}").json
    assert "哪个路网版本" in json.dumps(failed, ensure_ascii=False)


def test_a_network_built_elsewhere_is_taken_as_it_is(
    office: Office, planner: SignedClient, tmp_path: Path
) -> None:
    path = tmp_path / "a.qnet"
    version = save(two_streets(), path)
    for body, state in (
        (path.read_bytes(), "done"),
        (path.read_bytes()[:-64], "failed"),
    ):
        upload = send(planner, body, f"{state}.qnet")
        job = planner.post(API, json={"upload": upload}).json["id"]
        inline(office.registry)
        assert planner.get(f"/api/v1/jobs/{job}").json["state"] == state
    (kept,) = planner.get(API).json["items"]
    assert kept["version"] == version


def test_what_cannot_be_built_says_so(office: Office, planner: SignedClient) -> None:
    empty = b'{"type":"FeatureCollection","features":[]}'
    for body, name in ((empty, "none.geojson"), (b"\x89PNG" + b"\0" * 90, "a.png")):
        upload = send(planner, body, name)
        job = planner.post(API, json={"upload": upload}).json["id"]
        inline(office.registry)
        found = planner.get(f"/api/v1/jobs/{job}").json
        assert found["state"] == "failed"
        assert found["error"]["message"]["zh"]
        assert f"/networks/new/{upload}" in planner.get(f"/jobs/{job}").get_data(
            as_text=True
        )
    assert planner.get(API).json["items"] == []
    bad = {"name": "a", "size": 1, "purpose": "other"}
    assert planner.post("/api/v1/uploads", json=bad).status_code in {400, 422}


def test_lines_are_drawn_and_worked_in(office: Office, planner: SignedClient) -> None:
    assert "尚无路网" in planner.get("/networks/lines").get_data(as_text=True)
    office.registry.add_network("planner", two_streets())
    page = planner.get("/networks/lines").get_data(as_text=True)
    assert '"base": 0' in page
    kept = planner.put(f"{API}/lines", json={"base": 0, "lines": [LINK]})
    assert kept.json["number"] == 1
    late = planner.put(f"{API}/lines", json={"base": 0, "lines": []})
    assert late.status_code == 409
    wrong = {"base": 1, "lines": [{"kind": "link", "points": [[1, 2]]}]}
    assert planner.put(f"{API}/lines", json=wrong).status_code == 400
    planner.post(f"{API}/1/amend")
    inline(office.registry)
    made = planner.get(f"{API}/2").json
    assert made["parts"] == 1
    assert planner.get(f"{API}/lines").json["lines"][0]["kind"] == "link"


def test_a_link_that_meets_no_street_is_told_while_it_is_drawn(
    office: Office, planner: SignedClient
) -> None:
    office.registry.add_network("planner", two_streets())
    far = {"kind": "link", "points": [[X + 0.5, Y], [X + 0.5, Y + 0.1]]}
    answer = planner.post(f"{API}/1/fit", json={"lines": [LINK, far]})
    (left,) = answer.json["left"]
    assert left["line"] == 2
    assert "没有道路" in left["why"]["zh"]
    assert planner.get(f"{API}/lines").json["number"] == 0


def test_a_person_says_which_field_says_what(
    office: Office, planner: SignedClient
) -> None:
    body = json.loads(roads())
    for each in body["features"]:
        each["properties"]["用途"] = "铁路"
    upload = send(planner, json.dumps(body).encode(), "道路.geojson")
    page = planner.get(f"/networks/new/{upload}").get_data(as_text=True)
    assert "道路等级字段" in page
    asked = planner.post(f"/networks/new/{upload}", data={"field_class": "用途"})
    inline(office.registry)
    job = planner.get(f"/api/v1/jobs/{asked.location.split('/')[-1].split('?')[0]}")
    assert job.json["state"] == "failed"  # all of them are railways then
    wish = {"upload": upload, "fields": {"class": "没有这一列"}}
    job = planner.post(API, json=wish).json["id"]
    inline(office.registry)
    failed = planner.get(f"/api/v1/jobs/{job}").json["error"]["message"]["zh"]
    assert "没有这一列" in failed
    wish["fields"] = {"colour": "红"}
    assert planner.post(API, json=wish).status_code == 400
    assert planner.post(API, json={"upload": upload, "fields": {}}).status_code == 202
    inline(office.registry)
    assert len(planner.get(API).json["items"]) == 1


def test_the_streets_of_a_place(office: Office, planner: SignedClient) -> None:
    office.registry.add_network("planner", two_streets())
    box = f"{X - 0.01},{Y - 0.01},{X + 0.02},{Y + 0.02}"
    found = planner.get(f"{API}/1/streets?box={box}").json
    looks = {each["properties"]["look"] for each in found["features"]}
    assert looks == {"street", "isolated"}
    assert found["count"] == 2
    away = planner.get(f"{API}/1/streets?box=10,10,11,11").json
    assert away["features"] == []
    for box in ("1,2,3", "a,b,c,d", "5,5,4,4", "nan,0,1,1", "0,0,999,1"):
        assert planner.get(f"{API}/1/streets?box={box}").status_code == 400


def test_a_network_is_taken_out_of_use(office: Office, planner: SignedClient) -> None:
    office.registry.add_network("planner", two_streets())
    assert planner.post("/networks/1/withdraw", data={}).status_code == 400
    gone = planner.post("/networks/1/withdraw", data={"reason": "位置有误"})
    assert gone.status_code == 303
    assert "位置有误" in planner.get("/networks/1").get_data(as_text=True)
    assert planner.get("/networks/9").status_code == 404


def test_who_may_look_and_who_may_draw(app: Flask, office: Office) -> None:
    office.registry.add_network("planner", two_streets())
    surveyor, viewer = client_as(app, "zhao"), client_as(app, "viewer")
    assert surveyor.get("/networks/1").status_code == 200
    assert "停用" not in surveyor.get("/networks/1").get_data(as_text=True)
    for path in ("/networks", "/networks/1", f"{API}/1"):
        assert viewer.get(path).status_code == 403
    for client in (surveyor, viewer):
        body = {"base": 0, "lines": []}
        assert client.put(f"{API}/lines", json=body).status_code == 403
        assert client.get("/networks/lines").status_code == 403
