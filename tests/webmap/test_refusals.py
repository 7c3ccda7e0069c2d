"""Errors say what, where and what to do, in the shell and in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import abort

from geodata.errors import ConflictError, StoreError, Text
from tests.support.signed import add_user, client_as
from webmap import create_app, policy
from webmap.app import MOST_SENT
from webmap.refusals import WORDS
from webmap.serve import WAITRESS

if TYPE_CHECKING:
    from flask import Flask

    from boundaries.registry import Registry


def raising(error: Exception) -> Any:
    @policy.public
    def view() -> Any:
        raise error

    return view


@pytest.fixture
def failing(registry: Registry) -> Flask:
    app = create_app(registry)

    @policy.public
    def refuse(status: int) -> Any:
        abort(status)

    app.add_url_rule("/refuse/<int:status>", "refuse", refuse)
    full = StoreError(Text("磁盘已满。", "The disk is full."), code="disk_full")
    app.add_url_rule("/full", "full", raising(full))
    app.add_url_rule("/api/v1/full", "api_full", raising(full))
    both = ConflictError(Text("界线已被改动。", "The border was moved."))
    app.add_url_rule("/conflict", "conflict", raising(both))
    app.add_url_rule("/broken", "broken", raising(RuntimeError("secret detail")))
    return app


@pytest.mark.parametrize("status", sorted(set(WORDS) - {507}))
def test_each_status_has_its_words_in_both_languages(
    failing: Flask, status: int
) -> None:
    client = client_as(failing)
    for language in ("zh", "en"):
        answer = client.get(f"/refuse/{status}?lang={language}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == status
        assert getattr(WORDS[status].message, language) in text
        assert getattr(WORDS[status].hint, language) in text
        assert f"/refuse/{status}" in text, "where"
        assert '<header class="bar">' in text


def test_what_the_store_says_has_its_status(failing: Flask) -> None:
    client = client_as(failing)
    full = client.get("/full")
    assert full.status_code == 507
    assert "磁盘已满。" in full.get_data(as_text=True)
    assert "腾出空间" in full.get_data(as_text=True), "what to do"
    assert client.get("/conflict").status_code == 409
    told = client.get("/api/v1/full")
    assert told.status_code == 507
    assert told.json["error"] == "disk_full"
    assert told.json["reference"]


def test_a_fault_tells_a_number_and_nothing_of_the_inside(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    text = client_as(failing).get("/broken").get_data(as_text=True)
    assert "secret detail" not in text
    logged = [r for r in caplog.records if "secret detail" in str(r.exc_info)]
    number = logged[0].getMessage().split()[1]
    assert f"编号：{number}" in text


def test_the_page_stands_when_the_store_does_not(
    failing: Flask, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(failing)

    def gone(*_: Any, **__: Any) -> Any:
        raise StoreError(Text("数据库无响应。", "The store does not answer."))

    for name in ("get", "find", "tags"):
        monkeypatch.setattr(registry.store, name, gone)
    answer = client.get("/")
    assert answer.status_code == 500
    text = answer.get_data(as_text=True)
    assert "数据库无响应。" in text
    assert "返回首页" in text


def test_a_body_is_bounded_before_it_is_parsed(registry: Registry) -> None:
    app = create_app(registry)
    add_user(registry, "operator", ["system_admin"])
    client = client_as(app, "operator")
    long = {"text": "界" * MOST_SENT}
    answer = client.put("/api/v1/settings/notice", json=long)
    assert answer.status_code == 413
    assert answer.json["message"]["zh"] == WORDS[413].message.zh
    form = client.post("/sign-in", data={"name": "x" * (MOST_SENT + 1)})
    assert form.status_code == 413
    assert MOST_SENT < WAITRESS["max_request_body_size"] <= 64 << 20


@pytest.mark.parametrize("address", ["/jobs/%00", "/map?date=%00", "/public/d/%00"])
def test_no_address_holds_a_zero(registry: Registry, address: str) -> None:
    """PostgreSQL has no text with one in it: it would be an error 500 there."""
    assert client_as(create_app(registry)).get(address).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        r'{"text": "\ud800"}',
        r'{"text": "a\u0000b"}',
        r'{"text": "x", "\udfff": 1}',
        '{"text": 1' + "0" * 30 + "}",
        '{"text": 1' + "0" * 5_000 + "}",
        "[" * 100_000,
        '{"text": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_what_no_store_keeps_is_refused_in_words(registry: Registry, body: str) -> None:
    app = create_app(registry)
    add_user(registry, "operator", ["system_admin"])
    answer = client_as(app, "operator").put(
        "/api/v1/settings/notice", data=body, content_type="application/json"
    )
    assert answer.status_code in (400, 422)
    assert answer.json["message"]["zh"]
