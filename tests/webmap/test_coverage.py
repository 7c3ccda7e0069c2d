"""The page of coverage and its API: asked for, computed by a job, drawn as a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from boundaries.services.coverage import SERVING_TYPES
from tests.boundaries.services import frames
from tests.boundaries.services.towns import town_office
from tests.support.published import publish
from tests.support.registries import Office
from tests.support.signed import client_as
from webmap.app import create_app

DAY = "2026-01-01"
QUESTION: dict[str, Any] = {"as_of": DAY, "types": ["DAY"], "group": "aged_60"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The small town in a store."""
    made = town_office(tmp_path_factory.mktemp("page"))
    yield made
    made.registry.close()


@pytest.fixture(scope="module")
def app(served: Office) -> Flask:
    return create_app(served.registry)


def test_the_page_offers_types_people_and_levels(app: Flask) -> None:
    page = client_as(app, "judge").get("/coverage?type=DAY").get_data(as_text=True)
    assert "日间照料中心" in page
    assert page.count('name="types"') == 9
    assert page.count(" checked") >= 1
    drawn = client_as(app, "judge").get("/coverage?layers=circles,unreached").text
    ticked = re.findall(r'name="layer" value="([a-z]+)" checked', drawn)
    assert ticked == ["circles", "unreached"]
    english = client_as(app, "judge").get("/coverage?lang=en").get_data(as_text=True)
    assert "people not reached" in english
    assert app.test_client().get("/coverage").status_code == 303


def test_a_register_without_eldercare_counts_what_it_has(tmp_path: Path) -> None:
    """Medical sites alone: 0 % of nothing would be shown where they are not chosen."""
    made = town_office(tmp_path)
    try:
        sites = frames.facilities((0.0, 0.0)).assign(type="MED")
        publish(made.registry.store, sites, "2024", layer="facilities")
        client = client_as(create_app(made.registry), "judge")
        for address in ("/coverage", "/planning", "/siting"):
            page = client.get(address).get_data(as_text=True)
            assert 'value="MED" checked' in page, address
            assert 'value="DAY" checked' not in page, address
            assert "没有养老服务设施" in page, address
        assert 'data-types="MED"' in client.get("/coverage/swipe").get_data(
            as_text=True
        )
    finally:
        made.registry.close()


def test_pages_begin_with_the_same_facilities_that_count(app: Flask) -> None:
    """The same unit must not be reached on one page and not on the next."""
    client = client_as(app, "judge")
    ticked = [
        set(
            re.findall(
                r'value="([A-Z-]+)"(?: data-usual)? checked', client.get(page).text
            )
        )
        for page in ("/coverage", "/planning", "/siting")
    ]
    assert ticked[0] == ticked[1] == ticked[2] == set(SERVING_TYPES)


def test_planning_opens_with_the_question_of_its_address(app: Flask) -> None:
    asked = (
        "group=aged_80&level=district&as_of=2024-06-30&urban_minutes=10&type=STATION"
    )
    page = client_as(app, "judge").get(f"/planning?{asked}").get_data(as_text=True)
    assert '<option value="aged_80" selected>' in page
    assert '<option value="district" selected>' in page
    assert 'name="as_of" type="date" value="2024-06-30"' in page
    assert 'name="urban_minutes" type="number" value="10"' in page
    assert (
        'value="STATION" checked' in page
        or 'value="STATION" data-usual checked' in page
    )
    assert 'value="DAY" data-usual checked' not in page


def test_two_dates_are_compared_by_whoever_sees_what_is_published(app: Flask) -> None:
    for name in ("judge", "reader"):
        page = client_as(app, name).get("/coverage/swipe")
        assert page.status_code == 200, name
        assert 'id="divider"' in page.get_data(as_text=True)


def test_without_dates_the_state_before_is_on_the_left(
    app: Flask, served: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides would be of today, and show no difference."""
    registry, client = served.registry, client_as(app, "judge")
    assert registry.earlier_state("judge") == "2024-01-01"
    page = client.get("/coverage/swipe?lang=zh").get_data(as_text=True)
    assert 'value="2024-01-01"' in page
    assert "与此前有记录的 2024-01-01 对照" in page
    asked = client.get("/coverage/swipe?right=2025-06-30").get_data(as_text=True)
    assert 'id="begun"' not in asked
    assert 'value="2024-01-01"' not in asked
    # the present state is the first with people and divisions
    monkeypatch.setattr("boundaries.registry.coverages.today", lambda: "2024-03-01")
    assert registry.earlier_state("judge") is None
    assert "两侧均为今日" in client.get("/coverage/swipe").get_data(as_text=True)
    monkeypatch.setattr("boundaries.registry.coverages.today", lambda: "2023-12-31")
    assert registry.earlier_state("judge") is None


def test_figures_are_asked_for_computed_and_fetched(app: Flask, served: Office) -> None:
    client = client_as(app, "judge")
    question = QUESTION
    asked = client.post("/api/v1/coverage", json=question).get_json()
    assert not asked["ready"]
    assert asked["job"]["kind"] == "coverage"
    address = f"/api/v1/coverage/{asked['key']}"
    assert client.get(address).status_code == 404
    served.registry.make_coverage("judge", **question)
    assert client.post("/api/v1/coverage", json=question).get_json()["ready"]
    document = client.get(address).get_json()
    [district] = document["levels"]["district"]["units"]
    assert district["people"] == pytest.approx(505)
    assert district["reached"] + district["unreached"] == pytest.approx(505)
    assert (
        client_as(app, "reader")
        .get(address)
        .get_json()["levels"]["community"]["suppressed"]["units"]
    )
    assert app.test_client().get(address).status_code == 401


def test_nonsense_is_refused_in_words(app: Flask) -> None:
    client = client_as(app, "judge")
    for question in (
        {"types": ["CAFE"]}, {"as_of": "yesterday"}, {"group": "aged_70"},
        {"urban_minutes": -1}, {"urban_minutes": "soon"}, {"colour": 1},
        {"types": ["DAY"] * 99},
    ):  # fmt: skip
        answer = client.post("/api/v1/coverage", json=question)
        assert answer.status_code in (400, 422), question
        assert answer.get_json()["message"]["zh"]


def test_a_sheet_is_asked_for_and_handed_out(app: Flask, served: Office) -> None:
    client = client_as(app, "judge")
    key = served.registry.make_coverage("judge", **QUESTION)
    wish = {"level": "street", "indicator": "share", "language": "en"}
    asked = client.post(f"/api/v1/coverage/{key}/sheet", json=wish).get_json()
    assert asked["job"]["kind"] == "coverage_sheet"
    served.registry.make_coverage_sheet("judge", key, **wish)
    answer = client.get(f"/coverage/sheets/{asked['key']}.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    reader = client_as(app, "reader")
    assert reader.get(f"/coverage/sheets/{asked['key']}.pdf").status_code == 404
