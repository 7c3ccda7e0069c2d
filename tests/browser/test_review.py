"""A reviewer goes through a draft with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.work import press, reach
from tests.support import browsing
from tests.support.registries import Office, office
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path, url=store_url)
    yield made
    made.registry.close()


def test_a_review_with_the_keyboard_alone(
    desk: Office, browser: Browser, tmp_path: Path
) -> None:
    registry = desk.registry
    desk.commit()
    registry.publish("chen")
    draft = desk.stage(picture="AAAB/AA.B/CCDD", effective="2021", title="界线调整")[
        "id"
    ]
    mark = registry.check("zhao", draft)["fingerprint"].iloc[0]
    registry.waive("ma", draft, mark, "湖面")
    registry.submit("zhao", draft)
    app = create_app(registry, cache=tmp_path / "tiles")
    with (
        browsing.serving(app) as address,
        browsing.visiting(browser, address) as visit,
    ):
        page = visit.sign_in("chen").open("/drafts", ready=False).page
        press(page, f"a[href='/drafts/{draft}']")
        page.wait_for_selector("h1:has-text('界线调整')")

        press(page, f"a[href='/drafts/{draft}/findings']")
        page.wait_for_selector("body[data-ready]")
        page.keyboard.press("j")
        page.wait_for_selector("tr[aria-current='true'][data-number='1']")
        assert page.url.endswith("f=1")
        number = page.locator(".map-number.marked")
        assert number.inner_text() == "1"
        assert "豁免" in page.locator("#finding").inner_text()

        press(page, f"a[href='/drafts/{draft}/changes']")
        page.wait_for_selector("body[data-ready]")
        assert "西关街道 → 东风街道" in page.locator("#side").inner_text()
        page.keyboard.press("j")
        page.wait_for_selector("tr[data-move='1'][aria-current='true']")

        press(page, "button[data-dialog='return-dialog']")
        reach(page, "#return-note")
        page.keyboard.type("请附批复文件")
        press(page, "#return-dialog button[type='submit']")
        page.wait_for_selector(".badge:has-text('已退回')")
        assert registry.seen("zhao", draft)["history"][-1]["note"] == "请附批复文件"

        registry.submit("zhao", draft)
        page.reload()
        press(page, "button[data-dialog='approve-dialog']")
        press(page, "#approve-dialog button[type='submit']")
        page.wait_for_selector(".badge:has-text('已批准')")
        assert registry.store.head("divisions") == 2

        press(page, f"a[href='/drafts/{draft}/publish']")
        page.wait_for_selector("h2:has-text('发布版本 2')")
        press(page, f"form[action='/drafts/{draft}/publish'] button")
        page.wait_for_selector(".progress[data-job]")
        [job] = registry.jobs("chen")
        assert (job["kind"], job["parameters"]["version"]) == ("publish", 2)
        assert visit.troubles == []
        assert visit.elsewhere == []
