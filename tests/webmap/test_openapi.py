"""The API tells the truth about itself: every route, its words, its errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from markupsafe import escape
from marshmallow import fields, validate

from geodata.errors import Text
from tests.support.signed import client_as
from webmap import api, policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Paging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def told(client: FlaskClient) -> Any:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json


def _operations(told: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def test_the_document_is_whole(told: Any) -> None:
    assert told["openapi"].startswith("3.1")
    assert told["info"]["title"]
    assert told["info"]["version"]
    schemes = set(told["components"]["securitySchemes"])
    assert {name for each in told["security"] for name in each} <= schemes
    for reference in _references(told):
        node = told
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    seen = set()
    for path, method, operation in _operations(told):
        assert operation["operationId"] not in seen, operation["operationId"]
        seen.add(operation["operationId"])
        assert operation["responses"], (path, method)
        for code, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|default", str(code))
            assert "$ref" in response or response["description"]
        shared = told["paths"][path].get("parameters", [])
        named = {
            item["name"]
            for item in [*shared, *operation.get("parameters", [])]
            if item["in"] == "path"
        }
        assert named == set(re.findall(r"{(\w+)}", path)), path


def test_every_route_of_the_api_is_in_it_with_words(app: Flask, told: Any) -> None:
    listed = {(path, method) for path, method, _ in _operations(told)}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            continue
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert (path, method.lower()) in listed, f"{method} {rule.rule}"
    for path, method, operation in _operations(told):
        words = operation["x-words"]
        assert words["zh"], (path, method)
        assert words["en"], (path, method)
        assert operation["summary"] == f"{words['zh']} · {words['en']}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_lists_every_route(
    client: FlaskClient, told: Any, language: str
) -> None:
    page = client.get(f"/api?lang={language}").get_data(as_text=True)
    for path, _, operation in _operations(told):
        assert f"<code>{path}</code>" in page
        assert str(escape(operation["x-words"][language])) in page


class _Sent(Arguments):
    basis = fields.String(required=True)
    days = fields.Integer(validate=validate.Range(min=1))


@pytest.fixture
def tried(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application with a part of its own, to try the frame on."""
    from webmap import create_app

    things = ApiBlueprint("things", Text("物", "things"))

    @things.post("", Text("做一件", "Make one"), body=_Sent, status=201)
    @policy.signed_in
    def made(body: dict[str, Any]) -> Any:
        return body

    @things.get("", Text("列出", "List them"), query=Paging)
    @policy.signed_in
    def listed(query: dict[str, Any]) -> Any:
        return query

    monkeypatch.setattr(api, "API_BLUEPRINTS", (*api.API_BLUEPRINTS, things))
    return client_as(create_app(app.extensions["registry"]))


def test_what_is_declared_is_what_is_taken(tried: Any) -> None:
    answer = tried.post("/api/v1/things", json={"basis": "津", "days": 3})
    assert (answer.status_code, answer.json) == (201, {"basis": "津", "days": 3})
    answer = tried.get("/api/v1/things?limit=5&lang=en")
    assert answer.json == {"after": "", "limit": 5}


@pytest.mark.parametrize(
    ("sent", "field", "zh"),
    [
        ({"days": 1}, "basis", "缺少此项。"),
        ({"basis": "x", "days": 0}, "days", "应不小于 1。"),
        ({"basis": "x", "days": "y"}, "days", "应为整数。"),
        ({"basis": "x", "dayz": 1}, "dayz", "没有这一项。"),
        (["x"], "body", "应为 JSON 对象。"),
    ],
)
def test_an_argument_that_does_not_fit_is_named_in_both_languages(
    tried: Any, sent: Any, field: str, zh: str
) -> None:
    answer = tried.post("/api/v1/things", json=sent)
    assert answer.status_code == 422
    assert answer.json["error"] == "arguments"
    assert answer.json["fields"][field][0]["zh"] == zh
    assert answer.json["fields"][field][0]["en"].isascii()
    assert field in answer.json["message"]["en"]
    assert field in answer.json["message"]["zh"]


def test_a_body_that_is_no_json_is_said_to_be_none(tried: Any) -> None:
    answer = tried.post("/api/v1/things", data="{", content_type="application/json")
    assert answer.status_code in {400, 422}
    assert "JSON" in answer.json["message"]["zh"]


def test_search_engines_are_asked_to_stay_away(app: Flask) -> None:
    answer = app.test_client().get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert answer.text.split() == ["User-agent:", "*", "Disallow:", "/"]
