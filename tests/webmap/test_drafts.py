"""The pages and the API of drafts, as each role sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from tests.support.registries import Office, office, streets
from tests.support.signed import client_as
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

HOLE = "AABB/A.BB/CCDD"
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}${1}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path)
    yield made
    made.registry.close()


@pytest.fixture
def app(desk: Office, tmp_path: Path) -> Flask:
    return create_app(desk.registry, cache=tmp_path / "tiles")


class Client:
    """A browser of one person's."""

    def __init__(self, app: Flask, name: str) -> None:
        self.http = client_as(app, name)

    def get(self, path: str) -> Any:
        return self.http.get(path)

    def post(self, path: str, **form: Any) -> Any:
        return self.http.post(path, data=form)

    def send(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body)


@pytest.fixture
def enter(app: Flask) -> Any:
    """Sign somebody in."""
    return lambda name: Client(app, name)


def _gap(desk: Office) -> tuple[str, str]:
    draft = desk.stage(picture=HOLE, title=HOSTILE)["id"]
    mark = desk.registry.check("zhao", draft)["fingerprint"].iloc[0]
    return draft, mark


PAGES = ("", "/findings", "/changes", "/conversation")
READS = ("", "/findings", "/findings.geojson", "/changes", "/conversation")


def test_who_sees_a_draft(desk: Office, enter: Any) -> None:
    draft = desk.stage("li", picture="A", title=HOSTILE)["id"]
    desk.registry.check("li", draft)
    for name, status in (
        ("li", 200), ("wang", 200), ("chen", 200),
        ("sun", 404), ("planner", 404), ("viewer", 403), ("root", 403),
    ):  # fmt: skip
        client = enter(name)
        for page in PAGES:
            answer = client.get(f"/drafts/{draft}{page}")
            assert answer.status_code == status, (name, page)
            if status != 200:
                assert "120101001" not in answer.text
        for read in READS:
            address = f"/api/v1/drafts/{draft}{read}"
            assert client.get(address).status_code == status, (name, read)


def test_pages_are_private_and_show_text_as_it_is(desk: Office, enter: Any) -> None:
    draft, mark = _gap(desk)
    desk.registry.comment("zhao", draft, HOSTILE)
    desk.registry.waive("chen", draft, mark, HOSTILE)
    for page in (*PAGES, "?lang=en"):
        answer = enter("chen").get(f"/drafts/{draft}{page}")
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        assert "<img src=x" not in answer.text
        assert "49" not in answer.text.split("<h1>")[1].split("</h1>")[0]
    listed = enter("chen").get("/waivers").text
    assert "&lt;img src=x" in listed
    data = enter("chen").get(f"/api/v1/drafts/{draft}")
    assert "no-store" in data.headers["Cache-Control"]


def test_the_list_is_filtered_by_its_address(desk: Office, enter: Any) -> None:
    draft = desk.stage()["id"]
    other = desk.stage("li", picture="A")["id"]
    desk.registry.submit("zhao", draft)
    chen = enter("chen")
    assert draft in chen.get("/drafts").text
    waiting = chen.get("/drafts?box=waiting").text
    assert f"/drafts/{other}" not in waiting
    everything = chen.get("/drafts?box=all&sort=title&author=li").text
    assert f"/drafts/{other}" in everything
    assert f"/drafts/{draft}" not in everything
    assert chen.get("/drafts?box=nowhere").status_code == 400
    rows = chen.get("/api/v1/drafts?sort=id").json["rows"]
    assert [row["id"] for row in rows] == [draft, other]
    assert "没有草稿" in enter("sun").get("/drafts?box=all").text


def test_findings_are_paged_and_filtered(desk: Office, enter: Any) -> None:
    draft, _ = _gap(desk)
    chen = enter("chen")
    base = f"/api/v1/drafts/{draft}/findings"
    page = chen.get(f"{base}?limit=1").json
    assert len(page["rows"]) == 1
    assert page["total"] >= 1
    assert chen.get(f"{base}?rule=overlap").json["matching"] == 0
    assert chen.get(f"{base}?rule=nonsense").status_code == 400
    assert chen.get(f"{base}.geojson?bbox=1,2,3").status_code == 400
    shapes = chen.get(f"{base}.geojson?bbox=117,39,118,40").json["features"]
    assert shapes[0]["properties"]["number"] == 1
    assert chen.get(f"{base}.geojson?marks=true").json["marks"][0][0] == 1
    unchecked = desk.stage()["id"]
    assert chen.get(f"/api/v1/drafts/{unchecked}/findings").status_code == 409


def test_a_reviewer_returns_then_approves_then_publishes(
    desk: Office, enter: Any
) -> None:
    draft = desk.stage()["id"]
    zhao, chen = enter("zhao"), enter("chen")
    assert zhao.post(f"/drafts/{draft}/submit").status_code == 303
    asked = desk.registry.seen("zhao", draft)
    assert asked["state"] == "draft"  # it is checked first, by the worker
    jobs = [job["kind"] for job in desk.registry.jobs("zhao")]
    assert jobs == ["check"]
    desk.registry.check("zhao", draft)
    zhao.post(f"/drafts/{draft}/submit", note="请审")
    assert desk.registry.seen("zhao", draft)["state"] == "submitted"

    page = chen.get(f"/drafts/{draft}").text
    assert f"/drafts/{draft}/approve" in page
    assert f"/drafts/{draft}/submit" not in page
    assert 'name="staging" value="1"' in page
    chen.post(f"/drafts/{draft}/return", note="")
    assert desk.registry.seen("zhao", draft)["state"] == "submitted"
    chen.post(f"/drafts/{draft}/return", note="请附批复")
    assert desk.registry.seen("zhao", draft)["state"] == "returned"
    assert "请附批复" in zhao.get(f"/drafts/{draft}/conversation").text
    zhao.post(f"/drafts/{draft}/submit")

    staging = desk.registry.seen("chen", draft)["staging"]
    chen.post(f"/drafts/{draft}/approve", staging=staging + 1)
    assert desk.registry.seen("chen", draft)["state"] == "submitted"
    assert chen.send(f"/api/v1/drafts/{draft}/approve").status_code in (400, 422)
    chen.post(f"/drafts/{draft}/approve", staging=staging, note="同意")
    assert desk.registry.seen("chen", draft)["state"] == "approved"

    impact = chen.get(f"/drafts/{draft}/publish")
    assert impact.status_code == 200
    assert "东风街道" in impact.text
    assert enter("zhao").get(f"/drafts/{draft}/publish").status_code == 403
    assert chen.post(f"/drafts/{draft}/publish").status_code == 303
    kinds = [job["kind"] for job in desk.registry.jobs("chen")]
    assert "publish" in kinds


def test_moves_that_are_not_ones_own_change_nothing(desk: Office, enter: Any) -> None:
    draft, mark = _gap(desk)
    other = desk.stage("li", picture="A")["id"]
    moves: dict[str, dict[str, Any]] = {
        "submit": {}, "withdraw": {}, "return": {"note": "x"},
        "approve": {"staging": 1}, "discard": {"name": draft}, "repairs": {},
        "comments": {"text": "x"}, "waivers": {"finding": mark, "reason": "x"},
        "check": {}, "resolve": {"head": 0, "choices": {}},
    }  # fmt: skip
    before = desk.registry.seen("chen", draft)["state"], len(desk.verbs())
    for name in ("li", "sun", "viewer", "planner"):
        client = enter(name)
        started = len(desk.verbs())
        for move, body in moves.items():
            answer = client.send(f"/api/v1/drafts/{draft}/{move}", **body)
            assert answer.status_code in (403, 404), (name, move, answer.status_code)
        assert len(desk.verbs()) == started
    assert desk.registry.seen("chen", draft)["state"] == before[0]
    sun = enter("sun")
    assert sun.post(f"/drafts/{other}/discard", name=other).status_code == 404
    assert desk.registry.seen("li", other)["state"] == "draft"


def test_discarding_is_confirmed_by_name(desk: Office, enter: Any) -> None:
    draft = desk.stage()["id"]
    zhao = enter("zhao")
    assert 'name="name"' in zhao.get(f"/drafts/{draft}").text
    zhao.post(f"/drafts/{draft}/discard", name="D9999")
    assert desk.registry.seen("zhao", draft)["state"] == "draft"
    zhao.post(f"/drafts/{draft}/discard", name=draft)
    assert desk.registry.seen("zhao", draft)["state"] == "discarded"
    assert zhao.get(f"/drafts/{draft}/changes").status_code == 200
    assert zhao.get(f"/api/v1/drafts/{draft}/changes").status_code == 200


def test_waiving_and_commenting(desk: Office, enter: Any) -> None:
    draft, mark = _gap(desk)
    chen = enter("chen")
    chen.post(
        f"/drafts/{draft}/waivers", finding=mark, reason="湖面", expires="2099-01-31"
    )
    [waiver] = desk.registry.waivers_seen("chen")
    assert waiver["expires"] == "2099-01-31"
    assert "湖面" in chen.get("/waivers").text
    assert enter("li").get("/api/v1/waivers").json["items"] == []
    said = chen.send(f"/api/v1/drafts/{draft}/comments", text="请核对", finding=mark)
    assert said.status_code == 201
    assert "请核对" in chen.get(f"/drafts/{draft}/conversation").text


def test_a_conflict_page_has_three_sides(desk: Office, enter: Any) -> None:
    desk.commit()
    mine = desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    theirs = desk.registry.stage("zhao", streets(A="东小街道"), effective="2021")["id"]
    desk.approve(mine)
    zhao, chen = enter("zhao"), enter("chen")
    desk.registry.submit("zhao", theirs)
    staging = desk.registry.seen("chen", theirs)["staging"]
    desk.registry.check("zhao", theirs)
    gone = chen.post(f"/drafts/{theirs}/approve", staging=staging)
    assert gone.headers["Location"].endswith(f"/drafts/{theirs}/conflict")
    page = zhao.get(f"/drafts/{theirs}/conflict").text
    for name in ("东风街道", "东小街道", "东大街道"):
        assert name in page
    assert "disabled" in chen.get(f"/drafts/{theirs}/conflict").text
    head = desk.registry.conflict("zhao", theirs)["head"]
    zhao.post(f"/drafts/{theirs}/resolve", **{"side-120101001": "mine", "head": head})
    assert desk.registry.seen("zhao", theirs)["state"] == "draft"
    assert desk.registry.store.snapshot("divisions")["name"].iloc[0] == "东大街道"
    assert zhao.get(f"/api/v1/drafts/{mine}/conflict").status_code == 409


def test_a_draft_names_its_author_as_people_know_them(desk: Office) -> None:
    desk.registry.add_user("root", "wei", display="魏测绘")
    desk.registry.add_user("root", "wei2", display="魏测绘")
    shown = desk.registry.shown_names()
    assert shown["wei"] == "魏测绘 (wei)", "two of a name are told apart"
    assert shown["zhao"] == "zhao", "an account without a name keeps its own"
    desk.registry.add_user("root", "lone", display="独名")
    assert desk.registry.shown_names()["lone"] == "独名"


def test_a_batch_of_repairs_is_listed_logged_and_taken_back(
    desk: Office, enter: Any
) -> None:
    frame = streets()
    shapes = frame.geometry.to_list()
    at = list(frame["code"]).index("120101001")
    *_, east, north = shapes[at].bounds
    hole = shapely.box(east - 0.0001, north - 0.004, east, north - 0.002)
    shapes[at] = shapely.difference(shapes[at], hole)
    frame = frame.set_geometry(shapes, crs=frame.crs)
    registry = desk.registry
    draft = registry.stage("zhao", frame, effective="2020")["id"]
    found = registry.check("zhao", draft)
    mark = found.loc[found["rule"] == "gap", "fingerprint"].item()
    zhao, address = enter("zhao"), f"/api/v1/drafts/{draft}/repairs"
    tried = zhao.send(f"{address}/preview", findings=[mark], to={mark: "120101001"})
    assert tried.status_code == 200
    assert [each["why"] for each in tried.json["repairs"]] == [None]
    assert tried.json["names"]["120101001"] == "东风街道"
    assert tried.json["places"]["features"]
    registry.repair("zhao", draft, [mark], to={mark: "120101001"})
    page = zhao.get(f"/drafts/{draft}").text
    assert f"/drafts/{draft}/repairs/1/undo" in page
    (entry,) = zhao.get(f"{address}/1").json
    assert entry["cost"]["area_gained_m2"].keys() == {"120101001"}
    assert zhao.get(f"{address}/2").status_code == 404
    for name in ("li", "viewer"):
        assert enter(name).send(f"{address}/1/undo").status_code in (403, 404)
    assert zhao.post(f"/drafts/{draft}/repairs/1/undo").status_code == 303
    assert registry.draft("zhao", draft)["mended"][0]["undone"]["actor"] == "zhao"
    assert f"/drafts/{draft}/repairs/1/undo" not in zhao.get(f"/drafts/{draft}").text
    assert [job["kind"] for job in registry.jobs("zhao")] == ["check"]
    assert zhao.send(f"{address}/1/undo").status_code == 409
