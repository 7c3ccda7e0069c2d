"""The front page by role, and the frame every page has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.registries import Office, office
from tests.support.signed import client_as
from webmap import create_app
from webmap.shell import part_of

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask


@pytest.fixture
def bureau(tmp_path: Path) -> Office:
    return office(tmp_path)


@pytest.fixture
def app(bureau: Office) -> Flask:
    return create_app(bureau.registry)


def page(app: Flask, name: str, address: str = "/") -> str:
    answer = client_as(app, name).get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_each_role_sees_its_own_desk(app: Flask, bureau: Office) -> None:
    draft = bureau.stage(title="河西界线<b>")["id"]
    mine = page(app, "zhao")
    assert f"/drafts/{draft}" in mine
    assert "河西界线&lt;b&gt;" in mine
    bureau.registry.submit("zhao", draft)
    assert f"/drafts/{draft}" in page(app, "chen")
    assert f"/drafts/{draft}" not in page(app, "wang"), "it reaches beyond 120101"
    admin = page(app, "root", "/?lang=en")
    assert "Newest backup" in admin
    assert "河西界线" not in admin
    assert "Open the map" in page(app, "viewer", "/?lang=en")


def test_no_browser_keeps_the_desk(app: Flask) -> None:
    """After signing out, "back" must not show it to whoever sits there next."""
    answer = client_as(app, "zhao").get("/")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_nobody_signed_in_is_sent_on(app: Flask) -> None:
    answer = app.test_client().get("/")
    assert answer.status_code in (302, 303)
    assert "sign-in" in answer.headers["Location"], "the public view is off"


def test_the_navigation_offers_what_the_role_may(app: Flask) -> None:
    def offered(name: str) -> set[str]:
        text = page(app, name)
        bar = text[text.index("<header") : text.index("</header>")]
        return {
            noun
            for noun in ("drafts", "uploads", "audit", "admin", "divisions")
            if f'href="/{noun}"' in bar
        }

    assert offered("viewer") == {"divisions"}
    assert {"drafts", "uploads"} <= offered("zhao")
    assert "audit" in offered("auditor")
    assert "drafts" not in offered("root")


def test_the_language_switch_keeps_the_address(app: Flask) -> None:
    text = page(app, "viewer", "/divisions?q=%E4%B8%9C&level=4")
    assert 'href="/divisions?q=%E4%B8%9C&amp;level=4&amp;lang=en"' in text


@pytest.mark.parametrize(
    ("notice", "zh", "en"),
    [
        ("示例数据（虚构） · illustrative data",
         "示例数据（虚构）", "illustrative data"),
        ("仅供测试", "仅供测试", "仅供测试"),
        ("test data", "test data", "test data"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_notice_in_two_languages_is_shown_in_one(
    notice: str, zh: str, en: str
) -> None:
    assert (part_of(notice, "zh"), part_of(notice, "en")) == (zh, en)


def test_signing_out_is_a_form(app: Flask) -> None:
    text = page(app, "viewer")
    start = text.index('action="/sign-out"')
    assert 'method="post"' in text[start - 40 : start]
    assert "csrf_token" in text[start : start + 200]
