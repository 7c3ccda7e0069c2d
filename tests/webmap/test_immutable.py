"""The layer before Flask: what never changes, for whom Flask let in."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from tests.support import signed
from tests.support.browsing import serving
from webmap import immutable
from webmap.immutable import SESSION, best_coding

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    Ask = Callable[[str], Any]

WITHOUT_FLASK = "default-src 'none'; frame-ancestors 'none'"


def by_the_layer(answer: Any) -> bool:
    return answer.headers.get("Content-Security-Policy") == WITHOUT_FLASK


@pytest.fixture
def address(ask: Ask) -> str:
    return f"/p/{ask('/api/v1/dates/2022-06-01')['tiles']}/9/422/195.mvt"


def test_the_second_request_of_a_reader_is_answered_before_flask(
    client: FlaskClient, address: str
) -> None:
    client.get(address)
    second = client.get(address)
    assert by_the_layer(second)
    assert second.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    again = client.get(address, headers={"If-None-Match": second.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head(address).headers["Content-Length"] == str(len(second.data))
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.data) == second.data
    assert packed.headers["ETag"] != second.headers["ETag"]


def test_nobody_else_is_let_in_because_somebody_was(
    app: Flask, client: FlaskClient, address: str
) -> None:
    assert client.get(address).status_code == 200
    assert by_the_layer(client.get(address))
    stranger = app.test_client()
    assert stranger.get(address).status_code == 401
    forged = {"Cookie": "quhua=forged"}
    assert stranger.get(address, headers=forged).status_code == 401
    bearer = {"Authorization": "Bearer nothing"}
    assert stranger.get(address, headers=bearer).status_code == 401
    assert stranger.get(address).status_code == 401, "and refusals are not kept"


def test_signing_out_closes_a_copied_cookie_at_once(app: Flask, address: str) -> None:
    client = signed.client_as(app)
    cookie = client.get_cookie("quhua")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("quhua", cookie.value)
    assert thief.get(address).status_code == 200
    assert by_the_layer(thief.get(address))
    assert client.post("/sign-out").status_code == 303
    assert thief.get(address).status_code == 401


def test_a_session_ended_elsewhere_is_turned_away_soon(
    app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(immutable, "TICKET_S", 0.3)
    client = app.test_client()
    secret = signed.sign_in(client)
    client.get(address)
    assert by_the_layer(client.get(address))
    app.extensions["registry"].end_session(secret)
    time.sleep(0.4)
    assert client.get(address).status_code == 401


def test_static_files_are_for_ever_and_nothing_else_is_found(
    app: Flask, client: FlaskClient
) -> None:
    prefix = str(app.static_url_path)
    answer = client.get(f"{prefix}/js/dom.js", headers={"Accept-Encoding": "br"})
    assert by_the_layer(answer)
    assert "public" in answer.headers["Cache-Control"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"export" in brotli.decompress(answer.data)
    for wrong in (
        f"{prefix}/../app.py", f"{prefix}/%2e%2e/app.py",
        f"{prefix}/", f"{prefix}/js", f"{prefix}/.hidden",
        "/static/other/js/dom.js",
    ):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong


def test_memory_is_bounded(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(immutable, "MEMORY", 40_000)
    layer = app.wsgi_app
    assert isinstance(layer, immutable.Immutable)
    prefix = str(app.static_url_path)
    for name in ("canvas", "main", "tree", "words", "dom", "search", "table", "mvt"):
        assert client.get(f"{prefix}/js/{name}.js").status_code == 200
    assert layer._held == sum(len(item.body) for item in layer._answers.values())
    assert layer._held <= 40_000


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("br; q=0.0, identity", ""),
        ("GZIP", "gzip"),
        ("deflate", ""),
    ],
)
def test_the_best_coding_that_is_accepted(accepted: str, coding: str) -> None:
    assert best_coding(accepted) == coding


def test_a_connection_outlives_an_answer_without_a_body(
    app: Flask, address: str
) -> None:
    """A browser asks for each of its tiles whether it still holds."""
    with serving(app) as server:
        link = http.client.HTTPConnection(server.removeprefix("http://"), timeout=30)
        headers = {"Cookie": f"{SESSION}={signed.cookie_of(app)}"}
        for _ in range(2):
            link.request("GET", address, headers=headers)
            answer = link.getresponse()
            answer.read()
        socket = link.sock
        for _ in range(3):
            asked = {**headers, "If-None-Match": str(answer.headers["ETag"])}
            link.request("GET", address, headers=asked)
            unchanged = link.getresponse()
            assert (unchanged.status, unchanged.read()) == (304, b"")
            assert unchanged.headers["Connection"] is None
            assert link.sock is socket
        link.request("GET", address, headers={**asked, "Connection": "close"})
        link.getresponse().read()
        assert link.sock is None, "who asks for the end gets it"
        link.close()
