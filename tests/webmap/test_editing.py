"""The editor's API and pages: bounded bodies, words with every refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from boundaries.registry import editing
from boundaries.registry.turns import Turns
from geodata.errors import Text
from tests.support.registries import CODES, office
from tests.support.signed import add_user, client_as
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

A, B, C, D = (CODES[letter][0] for letter in "ABCD")
EDITING = "/api/v1/editing"
NOT_A_NUMBER = (
    b'{"rev":1,"operation":{"op":"move","units":["120101001"],"borders":[{"id":'
    b'"000000000000000000000000","coordinates":[[NaN,39],[117,39]]}]}}'
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Four streets of two districts, published; every test begins its own draft."""
    made = office(tmp_path_factory.mktemp("editing"))
    made.commit()
    made.registry.publish("chen")
    yield create_app(made.registry)
    made.registry.close()


def begun(client: Any) -> str:
    """Begin a draft and return its editor's address."""
    sent = {"units": [A], "effective": "2026-01-01", "basis": "批复"}
    answer = client.post(EDITING, json=sent)
    assert answer.status_code == 201, answer.json
    return f"{EDITING}/{answer.json['id']}"


def move(state: Any, dx: float) -> dict[str, Any]:
    """Return a move of the border between the first two streets."""
    line = next(
        each
        for each in state["borders"]
        if {*each["left"].get("4", []), *each["right"].get("4", [])} == {A, B}
    )
    xy = [list(place) for place in line["coordinates"]]
    xy[1][0] += dx
    border = {"id": line["id"], "coordinates": xy}
    said = {"op": "move", "units": [A], "borders": [border]}
    return {"rev": state["rev"], "operation": said}


def test_the_way_of_an_edit_over_the_api(app: Flask) -> None:
    client: Any = client_as(app, "zhao")
    address = begun(client)
    state = client.get(address).json
    after = client.post(f"{address}/edits", json=move(state, 0.001))
    assert {row["code"] for row in after.json["areas"]} == {A, B}
    stale = client.post(f"{address}/edits", json=move(state, 0.002))
    assert stale.status_code == 409
    assert stale.json["error"] == "stale"
    assert stale.json["message"]["zh"]
    far = client.post(f"{address}/edits", json=move(after.json, 0.5))
    assert far.status_code == 422
    assert "117." in far.json["message"]["zh"]
    line = [[116.99, 39.195], [117.05, 39.195]]
    cut = {
        "rev": after.json["rev"],
        "operation": {"op": "split", "unit": A, "line": line},
    }
    tried = client.post(f"{address}/proposals", json=cut)
    assert len(tried.json["pieces"]) == 2
    undone = client.post(f"{address}/undo", json={"rev": after.json["rev"]})
    assert undone.json["areas"] == []
    again = client.post(f"{address}/redo", json={"rev": undone.json["rev"]})
    assert len(again.json["areas"]) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[" * 100_000, 413),
        (b'{"rev":1,"operation":' + b'{"a":' * 50_000, 413),
        (b" " * 3_000_000, 413),
        (NOT_A_NUMBER, 400),
        (b'{"type":"Polygon","coordinates":[]}', 400),
        (b"\xff\xfe\x00", 400),
    ],
)
def test_hostile_bodies_are_refused_in_words(
    app: Flask, body: bytes, status: int
) -> None:
    client: Any = client_as(app, "zhao")
    address = begun(client)
    for verb in ("edits", "proposals"):
        answer = client.post(
            f"{address}/{verb}", data=body, content_type="application/json"
        )
        assert answer.status_code == status
        assert answer.json["message"]["zh"]


def test_others_neither_see_nor_edit_a_draft(app: Flask) -> None:
    client: Any = client_as(app, "zhao")
    address = begun(client)
    edit = move(client.get(address).json, 0.001)
    draft = address.rsplit("/", 1)[1]
    registry = app.extensions["registry"]
    add_user(registry, "elsewhere", ["boundary_manager:330106"])
    for name in ("sun", "viewer", "planner"):
        other: Any = client_as(app, name)
        assert other.get(address).status_code in (403, 404)
        assert other.get(f"/edit/{draft}").status_code in (403, 404)
        assert other.post(f"{address}/edits", json=edit).status_code in (403, 404)
    elsewhere: Any = client_as(app, "elsewhere")
    for answer in (
        elsewhere.get(address),
        elsewhere.get(f"/edit/{draft}"),
        elsewhere.post(f"{address}/edits", json=edit),
        elsewhere.post(f"{address}/undo", json={}),
    ):
        assert answer.status_code == 404, "not told that it is there, nor whose it is"
        assert "zhao" not in answer.text
    bare: Any = app.test_client()
    assert bare.post(f"{address}/edits", json=edit).status_code in (400, 401)
    forged = client.post(f"{address}/edits", json=edit, csrf=False)
    assert forged.status_code == 400
    seen: Any = client.get(address).json
    assert seen["steps"] == []


def test_the_pages_begin_and_show(app: Flask) -> None:
    client: Any = client_as(app, "zhao")
    assert client.get(f"/divisions/{A}/edit").status_code == 200
    wrong = client.post(f"/divisions/{A}/edit", data={"effective": "soon"})
    assert wrong.status_code == 400
    sent = {"effective": "2026-06", "basis": "<b>批复</b>"}
    begin = client.post(f"/divisions/{A}/edit", data=sent)
    assert begin.status_code == 303
    page = client.get(begin.location)
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "&lt;b&gt;批复&lt;/b&gt;" in text
    assert json.dumps("yes") in text
    missing = client.post("/divisions/120101099/edit", data=sent)
    assert missing.status_code == 400


def test_edits_take_turns_and_who_finds_none_is_told_to_come_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = client_as(app, "zhao")
    address = begun(client)
    sent = move(client.get(address).json, 0.001)
    turns = Turns(1, 0.01, Text("忙", "busy"))
    monkeypatch.setattr(editing, "TURNS", turns)
    with turns.taken():
        for verb in ("edits", "proposals"):
            answer = client.post(f"{address}/{verb}", json=sent)
            assert (answer.status_code, answer.json["error"]) == (503, "busy")
            assert answer.headers["Retry-After"] == "5"
        assert client.get(address).status_code == 200, "reading goes on"
    assert client.post(f"{address}/edits", json=sent).status_code == 200
