"""Uploads, readings and jobs over HTTP: API, pages, words, a full disk."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from boundaries.jobs import attempt, ledger
from boundaries.jobs.model import Holder
from tests.support import registries
from tests.support.signed import SignedClient, add_user, client_as
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registries import Office

API = "/api/v1/uploads"
HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}${7*7}"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = registries.office(tmp_path)
    made.commit()
    made.registry.publish("chen")
    return made


@pytest.fixture
def li(office: Office) -> SignedClient:
    """A surveyor's browser."""
    return client_as(create_app(office.registry), "zhao")


def work(office: Office) -> None:
    """Be the worker until nothing waits."""
    store, settings = office.registry.store, office.registry.settings
    voice = type("Mute", (), {"send": lambda *_: None})()
    while held := ledger.claim(store, Holder.here()):
        job, token = held["id"], held["holder"]["token"]
        try:
            task = attempt.Task(store.url, settings, held)
            ledger.finish(store, job, token, attempt._do(task, voice))
        except attempt.QuhuaError as error:
            ledger.fail(store, job, token, error)


def content(picture: str = "AAAB/AABB/CCDD", **names: str) -> bytes:
    document = json.loads(registries.streets(picture, **names).to_json())
    return json.dumps(document, ensure_ascii=False).encode()


def send(client: Any, body: bytes, name: str = "streets.geojson") -> dict[str, Any]:
    upload = client.post(API, json={"name": name, "size": len(body)}).json
    half = len(body) // 2
    for start, part in ((half, body[half:]), (0, body[:half])):
        answer = put(client, upload["id"], start, part)
        assert answer.status_code == 200, answer.json
    done = client.post(f"{API}/{upload['id']}/finish", json={})
    assert done.status_code == 200, done.json
    found: dict[str, Any] = done.json
    return found


def put(client: Any, upload: str, start: int, part: bytes) -> Any:
    digest = hashlib.sha256(part).hexdigest()
    return client.put(
        f"{API}/{upload}/parts/{start}", data=part, headers={"X-Part-Digest": digest}
    )


def test_from_a_file_to_a_checked_draft(office: Office, li: SignedClient) -> None:
    upload = send(li, content())
    page = li.get(f"/uploads/{upload['id']}")
    assert "正在读取文件" in page.text
    assert f"/api/v1/jobs/{upload['job']}" in page.text
    work(office)
    page = li.get(f"/uploads/{upload['id']}")
    assert page.status_code == 200
    assert "共 4 条记录，可用 4 条" in page.text
    assert "东风街道" in page.text
    told = li.post(
        f"/uploads/{upload['id']}/stage",
        data={"effective": "2021", "basis": "津〔2021〕1号", "title": "调整"},
    )
    assert told.status_code == 303
    assert told.location.endswith("go=1")
    assert li.get(told.location).status_code == 200
    work(office)
    gone = li.get(told.location)
    assert gone.status_code == 303
    draft = gone.location.rpartition("/")[2]
    document = office.registry.draft("zhao", draft)
    assert (document["effective"], document["title"]) == ("2021", "调整")
    assert document["findings"] is not None
    assert document["original"]["digest"] == upload["original"]
    assert draft in li.get("/uploads").text


def test_a_wrong_date_is_told_at_its_field(office: Office, li: SignedClient) -> None:
    upload = send(li, content())
    work(office)
    where = f"/uploads/{upload['id']}/stage"
    assert "请填写自何日起生效" in li.post(where, data={"effective": ""}).text
    told = li.post(where, data={"effective": "2021-13-45"})
    assert told.status_code == 400
    assert "2021-13-45" in told.text
    told = li.post(where, data={"effective": "2021", "complete": "abc"})
    assert told.status_code == 400
    assert office.registry.drafts("zhao", state="draft") == []


def test_guesses_are_corrected_without_a_new_upload(
    office: Office, li: SignedClient
) -> None:
    frame = registries.streets("AAAB/AABB/CCDD").to_crs("EPSG:4527")
    frame = frame.set_crs(None, allow_override=True)
    body = json.dumps(json.loads(frame.to_json()), ensure_ascii=False).encode()
    upload = send(li, body)
    work(office)
    where = f"/uploads/{upload['id']}"
    first = li.get(f"{API}/{upload['id']}/reading").json
    assert first["questions"] == ["crs"]
    assert "须确认或改正：坐标系" in li.get(where).text
    refused = li.post(f"{where}/stage", data={"effective": "2021"})
    work(office)
    job = refused.location.partition("?")[0]
    assert "请回到读取结果" in li.get(job).text
    told = li.post(f"{where}/read", data={"crs_other": "EPSG:4526"})
    assert told.status_code == 303
    work(office)
    page = li.get(where).text  # the wrong zone: the numbers contradict it, in words
    assert "EPSG:4526" in page
    li.post(f"{where}/read", data={"crs": "4527"})
    work(office)
    found = li.get(f"{API}/{upload['id']}/reading").json
    assert found["questions"] == []
    west, south, *_ = found["reading"]["bounds"]
    assert (round(west, 2), round(south, 2)) == (117.0, 39.17)
    assert len(office.registry.uploads("zhao")) == 1


def test_a_zone_too_far_east_is_asked_about_with_its_distance(
    office: Office, li: SignedClient
) -> None:
    frame = registries.streets("AAAB/AABB/CCDD").to_crs("EPSG:4548")
    frame = frame.set_crs(None, allow_override=True)  # no zone in the number
    upload = send(li, json.dumps(json.loads(frame.to_json())).encode())
    where = f"/uploads/{upload['id']}"
    li.post(f"{where}/read", data={"crs": "4549"})
    work(office)
    assert "place" in li.get(f"{API}/{upload['id']}/reading").json["questions"]
    page = li.get(where).text
    assert "没有需要确认的判断" not in page
    assert re.search(r"距已知区划约 2\d\d\.\d 公里", page)
    li.post(f"{where}/stage", data={"effective": "2021"})
    work(office)
    assert office.registry.drafts("zhao", state="draft") == []
    li.post(f"{where}/read", data={"crs": "4548"})
    work(office)
    assert "place" not in li.get(f"{API}/{upload['id']}/reading").json["questions"]


def test_fields_are_mapped_by_hand(office: Office, li: SignedClient) -> None:
    frame = registries.streets("AAAB/AABB/CCDD").rename(columns={"code": "编号甲"})
    body = json.dumps(json.loads(frame.to_json()), ensure_ascii=False).encode()
    upload = send(li, body)
    work(office)
    where = f"/uploads/{upload['id']}"
    li.post(f"{where}/read", data={"field:编号甲": "code", "field:name": "-"})
    work(office)
    fields = li.get(f"{API}/{upload['id']}/reading").json["reading"]["fields"]
    assert fields == {"编号甲": "code", "name": "name"}


NAMES = """标准名称,地名类别,经度,纬度
长乐路,街路巷,117.01,39.19
永福里,街路巷,117.03,39.19
"""


def test_names_go_from_a_table_to_the_public_by_their_own_people(
    office: Office,
) -> None:
    """Who may only change names holds every verb of the way, and for no other layer."""
    registry = office.registry
    app = create_app(registry)
    add_user(registry, "namer", ["name_staff:120000"])
    add_user(registry, "judge", ["name_reviewer:120000"])
    namer, judge = client_as(app, "namer"), client_as(app, "judge")
    upload = send(namer, NAMES.encode("gb18030"), "地名.csv")["id"]
    work(office)
    wish = {"effective": "2021"}
    assert registry.reading("namer", upload)["target"] == "place_names"
    overrides = {"crs": 4490, "encoding": "GB18030"}
    for target in ("divisions", "place_names"):
        said = {"target": target, "overrides": overrides}
        assert namer.post(f"{API}/{upload}/read", json=said).status_code == 202
        work(office)
        asked = namer.post(f"{API}/{upload}/stage", json=wish)
        assert asked.status_code == (403 if target == "divisions" else 202), target
    work(office)
    made = registry.job("namer", asked.json["id"])
    assert made["state"] == "done", made["error"]
    draft = made["result"]["draft"]
    where = f"/api/v1/drafts/{draft}"
    assert namer.post(f"{where}/check").status_code == 202
    work(office)
    assert namer.post(f"{where}/submit", json={}).status_code == 200
    agreed = {"staging": registry.draft("judge", draft)["staging"]}
    told = client_as(app, "chen").post(f"{where}/approve", json=agreed)
    assert told.status_code == 404, "not even seen"
    told = judge.post(f"{where}/approve", json=agreed)
    assert told.status_code == 200, told.json
    assert judge.get(f"{where}/impact").json["added"]
    assert judge.get(f"/drafts/{draft}/publish").status_code == 200
    assert judge.post(f"{where}/publish", json={}).status_code == 202
    work(office)
    published = registry.store.tags()["published/place_names"]
    assert published == registry.store.head("place_names")
    assert len(registry.store.snapshot("place_names")) == 2


def test_what_a_file_says_is_text(office: Office, li: SignedClient) -> None:
    upload = send(li, content(A=HOSTILE), name=f"{HOSTILE}.geojson")
    work(office)
    for page in ("/uploads", f"/uploads/{upload['id']}", "/jobs"):
        answer = li.get(page)
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
    assert "{{ 7*7 }}" in li.get(f"/uploads/{upload['id']}").text


def test_a_refused_file_says_why_and_stays(office: Office, li: SignedClient) -> None:
    upload = send(li, b"AC1032 this is a drawing of another program", "plan.dwg")
    work(office)
    page = li.get(f"/uploads/{upload['id']}")
    assert page.status_code == 200
    assert "文件未能读取" in page.text
    assert "DWG" in page.text
    kept = office.registry.store.blob(upload["original"])
    assert kept.startswith(b"AC1032")


def test_nothing_of_the_server_can_be_named(office: Office, li: SignedClient) -> None:
    upload = send(li, content())
    work(office)
    for overrides in ({"parameters": "/etc/passwd"}, {"crs": "+proj=x"}, {"shift": 1}):
        body = {"overrides": overrides}
        answer = li.post(f"{API}/{upload['id']}/read", json=body)
        assert answer.status_code == 400, overrides


def test_others_see_neither_uploads_nor_jobs(li: SignedClient) -> None:
    upload = send(li, content())
    app = li.application
    sun, viewer = client_as(app, "sun"), client_as(app, "viewer")
    for path in ("", "/reading"):
        assert sun.get(f"{API}/{upload['id']}{path}").status_code == 404
    assert sun.get(f"/uploads/{upload['id']}").status_code == 404
    assert sun.delete(f"{API}/{upload['id']}").status_code == 404
    assert put(sun, upload["id"], 0, b"x").status_code == 404
    assert sun.get(f"/api/v1/jobs/{upload['job']}").status_code == 404
    assert sun.post(f"/api/v1/jobs/{upload['job']}/cancel").status_code == 404
    assert viewer.get("/uploads").status_code == 403
    assert viewer.post(API, json={"name": "a", "size": 1}).status_code == 403


def test_cancelling_and_dropping(office: Office, li: SignedClient) -> None:
    upload = send(li, content())
    told = li.post(f"/jobs/{upload['job']}/cancel")
    assert told.status_code == 303
    assert "已取消" in li.get(told.location).text
    assert "读取已取消" in li.get(f"/uploads/{upload['id']}").text
    assert li.post(f"/uploads/{upload['id']}/drop").status_code == 303
    assert li.get(f"/uploads/{upload['id']}").status_code == 404
    assert office.registry.store.blob(upload["original"]) == content()


def test_parts_are_bounded_and_named_by_their_digest(li: SignedClient) -> None:
    upload = li.post(API, json={"name": "a", "size": 20 << 20}).json["id"]
    assert put(li, upload, 0, bytes((4 << 20) + 1)).status_code == 413
    where = f"{API}/{upload}/parts/0"
    assert li.put(where, data=b"x").status_code == 400
    wrong = {"X-Part-Digest": "0" * 64}
    assert li.put(where, data=b"x", headers=wrong).json["error"] == "part_damaged"
    assert put(li, upload, 0, b"x").status_code == 200
    assert put(li, upload, 0, b"y").status_code == 409
    assert li.post(f"{API}/{upload}/finish").json["error"] == "incomplete"
    assert li.post(API, json={"name": "a", "size": 101 << 20}).status_code == 413
