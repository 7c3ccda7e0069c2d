"""The public view: closed at first, and never more than what is public."""

from __future__ import annotations

import gzip
import json
import re
import time
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import pytest

from boundaries.registry.desk import DRAFTS
from geodata.errors import ForbiddenError, InputError, StateError
from tests.support import published, signed
from tests.webmap.conftest import drawn
from webmap import create_app

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from boundaries.registry import Registry

NUMBER = "津S(2026)001号"
PAGES = ("/public", "/public/current.json", "/public/dates/2022-06-01")


@pytest.fixture
def keeper(moved: Registry) -> str:
    signed.add_user(moved, "keeper", ["system_admin"])
    return "keeper"


@pytest.fixture
def anybody(app: Flask) -> FlaskClient:
    return app.test_client()


def opened(registry: Registry, keeper: str) -> None:
    registry.set_public(keeper, on=True, approval_number=NUMBER, note="批复")


def until_ready(client: FlaskClient, address: str) -> Any:
    for _ in range(200):
        answer = client.get(address)
        if answer.status_code != 202:
            assert answer.status_code == 200, answer.get_data(as_text=True)
            return answer.json
        time.sleep(0.05)
    pytest.fail(f"{address} is never ready")


def every_byte(client: FlaskClient) -> str:
    """All that the public view says of both dates, tiles with their layers."""
    page = client.get("/public").get_data(as_text=True)
    # the catalogue of words is the same for every store
    said = [re.sub(r'<script type="application/json".*?</script>', "", page)]
    pointer = client.get("/public/current.json")
    said.append(pointer.get_data(as_text=True))
    for item in pointer.json["dates"]:
        state = until_ready(client, f"/public/dates/{item['date']}")
        answer = client.get(f"/public/d/{state['document']}.json")
        said.append(answer.get_data(as_text=True))
        tile = client.get(f"/public/t/{answer.json['tiles']}/9/422/195.mvt")
        assert tile.status_code == 200
        said.append(json.dumps(mapbox_vector_tile.decode(tile.data), default=str))
    return "\n".join(said)


def test_it_is_closed_until_it_is_opened(
    moved: Registry, anybody: FlaskClient, keeper: str
) -> None:
    assert [anybody.get(page).status_code for page in PAGES] == [303, 401, 401]
    opened(moved, keeper)
    assert anybody.get("/public").status_code == 200
    assert anybody.get("/public/current.json").json["approval_number"] == NUMBER
    moved.set_public(keeper, on=False, note="改版")
    assert [anybody.get(page).status_code for page in PAGES] == [303, 401, 401]
    verbs = [e for e in moved.store.journal() if e.verb == "set_public"]
    assert [(e.actor, e.detail["on"]) for e in verbs] == [
        ("keeper", True),
        ("keeper", False),
    ]


def test_only_a_system_administrator_opens_it_and_with_a_number(
    moved: Registry, keeper: str
) -> None:
    signed.add_user(moved, "boss", ["boundary_manager:120000"])
    with pytest.raises(ForbiddenError):
        moved.set_public("boss", on=True, approval_number=NUMBER)
    for wrong in ("", "   ", "无", "1" * 200, "GS\x00(2026)1号"):
        with pytest.raises(InputError):
            moved.set_public(keeper, on=True, approval_number=wrong)
    assert moved.public()["on"] is False


def test_there_must_be_something_to_open(registry: Registry) -> None:
    signed.add_user(registry, "keeper", ["system_admin"])
    with pytest.raises(StateError):
        registry.set_public("keeper", on=True, approval_number=NUMBER)


def test_no_public_byte_holds_what_is_internal(
    moved: Registry, anybody: FlaskClient, keeper: str
) -> None:
    with moved.store.write() as tx:
        secret = {
            "title": "秘密草稿", "layer": "divisions", "scope": ["120101"],
            "state": "draft", "author": "zhang", "updated": "2022-01-01T00:00:00Z",
        }  # fmt: skip
        tx.put(DRAFTS, "D0001", secret, parent="divisions", rev=0)
    opened(moved, keeper)
    said = every_byte(anybody)
    assert "东区" in said
    assert "甲〔2022〕9号" in said
    frame = moved.store.snapshot("divisions")
    state = anybody.application.extensions["published"].edition().state("2022-06-01")
    areas = [f"{area:.2f}" for area in state.frame["area_km2"]]
    hidden = [
        "zhang", "li\"", "keeper", "秘密草稿", "D0001", "area_km2", "remark",
        "population", "author", "approver", "界线调整", "marker", "moves", *areas,
    ]  # fmt: skip
    assert [word for word in hidden if word in said] == []
    assert len(frame) == 3
    layers = set(re.findall(r'"(area|edge|label|moved|old|new)": \{"extent"', said))
    assert layers == {"area", "edge", "label"}


def test_official_areas_are_told_and_only_those(moved: Registry, keeper: str) -> None:
    frame = drawn("ABB/AAB/CCC").assign(area_official_km2=[12.5, None, None])
    published.publish(moved.store, frame, "2023-01-01")
    opened(moved, keeper)
    client = create_app(moved).test_client()
    state = until_ready(client, "/public/dates/2023-01-01")
    document = client.get(f"/public/d/{state['document']}.json").json
    found = {row["code"]: row["official_km2"] for row in document["divisions"]}
    assert found == {"120101": 12.5, "120102": None, "120103": None}


def test_tiles_of_a_change_and_internal_addresses_stay_closed(
    moved: Registry, app: Flask, keeper: str
) -> None:
    opened(moved, keeper)
    inside = signed.client_as(app)
    changed = until_ready(inside, "/api/v1/changes/2020-01-01/2022-06-01")["tiles"]
    anybody = app.test_client()
    state = until_ready(anybody, "/public/dates/2022-06-01")
    digest = anybody.get(f"/public/d/{state['document']}.json").json["tiles"]
    assert inside.get(f"/p/{changed}/9/422/195.mvt").status_code == 200
    assert anybody.get(f"/public/t/{changed}/9/422/195.mvt").status_code == 404
    for address in (
        f"/p/{changed}/9/422/195.mvt", f"/p/{digest}/9/422/195.mvt",
        "/p/current.json", "/api/v1/divisions", "/api/v1/dates/2022-06-01",
        "/api/v1/table", "/api/v1/search?q=x", "/api/v1/divisions/120101",
    ):  # fmt: skip
        assert anybody.get(address).status_code == 401, address
    assert anybody.get("/map").status_code == 303


def test_what_is_not_in_force_yet_is_not_public(moved: Registry, keeper: str) -> None:
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2999-01-01", basis="将来")
    opened(moved, keeper)
    client = create_app(moved).test_client()
    assert "2999" not in client.get("/public/current.json").get_data(as_text=True)
    assert client.get("/public/dates/2999-01-01").status_code == 404


def test_what_may_be_cached_carries_nobodys_session(
    moved: Registry, app: Flask, keeper: str
) -> None:
    opened(moved, keeper)
    client = signed.client_as(app)
    state = until_ready(client, "/public/dates/2022-06-01")
    for _ in range(2):
        for address in ("/public", "/public/current.json", "/public/dates/2022-06-01"):
            answer = client.get(address)
            assert answer.headers["Cache-Control"] == "public, max-age=60"
            assert "quhua=" not in str(answer.headers.getlist("Set-Cookie"))
        answer = client.get(f"/public/d/{state['document']}.json")
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Cache-Control"].startswith("public")
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers["Vary"]


def test_a_preview_says_internal_and_is_not_kept(app: Flask) -> None:
    client = signed.client_as(app)
    answer = client.get("/public")
    assert "内部使用，不得公开" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_document_is_sent_compressed(
    moved: Registry, anybody: FlaskClient, keeper: str
) -> None:
    opened(moved, keeper)
    state = until_ready(anybody, "/public/dates/2022-06-01")
    address = f"/public/d/{state['document']}.json"
    plain = anybody.get(address).data
    anybody.get(address)
    packed = anybody.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain
