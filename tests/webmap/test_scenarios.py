"""Pages and API of plans: the way of a scenario, as its people go it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from boundaries.services.planning import client
from tests.boundaries.services.frames import SOUTH, STEP, WEST
from tests.boundaries.services.towns import town_office
from tests.support.registries import Office
from tests.support.signed import client_as
from webmap import create_app

BASE = {"as_of": "2024-06-30", "level": "community",
        "profile": {"urban_minutes": 4, "rural_minutes": 4}}  # fmt: skip
ADD = {"do": "add", "facility": "N1", "type": "DAY", "name": "<b>站</b>",
       "lon": WEST + 3 * STEP, "lat": SOUTH + 3 * STEP}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = town_office(tmp_path_factory.mktemp("pages"))
    yield made
    client.of(made.registry.store.url, made.registry.settings).stop()
    made.registry.close()


@pytest.fixture(scope="module")
def app(served: Office) -> Flask:
    return create_app(served.registry)


def test_a_plan_is_tried_saved_reviewed_and_compared(app: Flask) -> None:
    judge, officer = client_as(app, "judge"), client_as(app, "officer")
    asked: dict[str, Any] = {"session": "a", "base": BASE, "edits": [ADD]}
    told = judge.post("/api/v1/planning", json=asked).json
    assert told["total"]["after"]["reached"] > told["total"]["before"]["reached"]
    wrong = {**asked, "edits": [{"do": "close", "facility": "F9"}]}
    assert judge.post("/api/v1/planning", json=wrong).status_code == 400
    assert judge.post("/api/v1/planning", json={"base": {}}).status_code == 422
    sent = {"title": "<i>方案</i>", "base": BASE, "edits": [ADD], "note": "说明"}
    made = judge.post("/api/v1/scenarios", json=sent)
    assert made.status_code == 201
    name = made.json["id"]
    other = judge.post("/api/v1/scenarios", json={**sent, "title": "另一"}).json["id"]
    assert "方案" in judge.get("/scenarios").text
    page = judge.get(f"/scenarios/{name}").text
    assert "&lt;i&gt;方案&lt;/i&gt;" in page
    assert "&lt;b&gt;站&lt;/b&gt;" in page
    assert (
        "全部可前往的养老服务设施" in page
    )  # what counts is part of what it stands on
    judge.post(f"/scenarios/{name}/title", data={"title": "定名", "note": "新"})
    judge.post(f"/scenarios/{name}/submit", data={"note": "请审"})
    officer.post(f"/scenarios/{name}/comments", data={"text": "好"})
    assert officer.post(f"/scenarios/{name}/return", data={}).status_code == 303
    assert officer.get(f"/api/v1/scenarios/{name}").json["state"] == "submitted"
    [stale, *_] = re.findall(r'name="rev" value="(\d+)"', page)  # of before
    officer.post(f"/scenarios/{name}/approve", data={"note": "同意", "rev": stale})
    assert officer.get(f"/api/v1/scenarios/{name}").json["state"] == "submitted"
    page = officer.get(f"/scenarios/{name}").text
    [rev, *_] = re.findall(r'name="rev" value="(\d+)"', page)
    officer.post(f"/scenarios/{name}/approve", data={"note": "同意", "rev": rev})
    whole = officer.get(f"/api/v1/scenarios/{name}").json
    assert (whole["state"], whole["title"]) == ("approved", "定名")
    assert whole["comments"][0]["text"] == "好"
    table = officer.get(f"/scenarios/compare?ids={name}&ids={other}").text
    assert "定名" in table
    assert '<th scope="col" class="number">现状</th>' in table
    assert "另一" in table
    earlier = {**sent, "base": {**BASE, "as_of": "2026-01-01"}}
    third = judge.post("/api/v1/scenarios", json=earlier).json["id"]
    unlike = officer.get(f"/scenarios/compare?ids={name}&ids={third}").text
    assert '<th scope="col" class="number">现状</th>' not in unlike
    assert "各方案自身日期" in unlike
    assert "→" in unlike
    assert officer.get("/scenarios/compare").status_code == 303
    none = judge.post(
        "/scenarios/phases", data={"until": "2035"}, follow_redirects=True
    )
    assert "规划或在建" in none.text
    file = officer.get(f"/scenarios/{name}/file?driver=GPKG")
    assert file.data[:6] == b"SQLite"
    assert judge.post(f"/scenarios/{other}/discard").headers["Location"] == "/scenarios"
    assert client_as(app, "reader").get(f"/scenarios/{name}").status_code == 403


def test_figures_are_printed_with_thousands(app: Flask) -> None:
    shown = app.jinja_env.get_template("scenarios/figures.html").module
    assert shown.value("people", 1234567.4) == "1,234,567"
    assert shown.value("minutes", 1234.56) == "1,234.6"
    assert "−12,345<" in shown.change("reached", 20000, 7655, {})
    assert shown.exact(54321.678) == "54,321.68"
    assert shown.exact(None) == "—"
    assert "+10,000.50<" in shown.difference(1, 10001.5)
