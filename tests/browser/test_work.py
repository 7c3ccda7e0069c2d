"""From the surveyor's file to the public map, through the hands of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import work
from tests.support import browsing, registries, working
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUMBER = "津S(2026)001号"
REASON = "请附批复文件"


@pytest.fixture
def bureau(store_url: str, tmp_path: Path) -> Iterator[tuple[registries.Office, str]]:
    """Four streets of two districts, published, a worker, and a server."""
    made = registries.office(tmp_path, url=store_url)
    made.registry.set_roles("keeper", "sun", ["boundary_manager:120102"])
    made.commit()
    made.registry.publish("chen")
    with (
        working.worker(made.registry.store.url),
        browsing.serving(create_app(made.registry, cache=tmp_path / "c")) as address,
    ):
        yield made, address
    made.registry.close()


def test_from_the_field_to_the_public_map(
    browser: Browser, bureau: tuple[registries.Office, str], tmp_path: Path
) -> None:
    made, address = bureau
    file = work.packed(work.surveyed(), tmp_path)
    with browsing.visiting(browser, address) as visit:
        page = visit.page
        draft = work.uploaded(visit.sign_in("li"), file)
        work.gap_mended(visit, draft)
        work.submitted(visit, draft)

        visit.sign_in("sun").open("/drafts?box=all", ready=False)
        assert draft not in page.inner_text("main")
        answer = page.context.request.get(f"{address}/drafts/{draft}")
        assert answer.status == 404
        assert "东风" not in answer.text()

        visit.sign_in("wang").open("/drafts", ready=False)
        page.click(f"a[href='/drafts/{draft}']")
        page.click("button[data-dialog='return-dialog']")
        page.fill("#return-note", REASON)
        page.click("#return-dialog button[type=submit]")
        page.wait_for_selector(".badge:has-text('已退回')")

        visit.sign_in("li").open(f"/drafts/{draft}/conversation", ready=False)
        assert REASON in page.inner_text("main")
        work.submitted(visit, draft)

        visit.sign_in("wang").open(f"/drafts/{draft}", ready=False)
        page.click("button[data-dialog='approve-dialog']")
        page.click("#approve-dialog button[type=submit]")
        page.wait_for_selector(".badge:has-text('已批准')")
        work.published(visit, draft)

        work.opened_to_the_public(visit, NUMBER)
        visit.context.clear_cookies()
        with work.listening(visit) as heard:
            visit.open(f"/public?at={work.STRIP_AT}", ready=False)
            page.wait_for_selector("body[data-ready='2021-06']")
            assert NUMBER in page.inner_text("footer")
            assert "东风街道" in work.what_lies_in_the_middle(page)
            page.locator("#timeline [role=slider]").focus()
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector("body[data-ready='2020-01-01']")
            assert "南门街道" in work.what_lies_in_the_middle(page)
        assert any("/public/t/" in url for url in heard)
        for url, body in heard.items():
            assert not work.COMPUTED.search(body), url
        assert visit.troubles == []
        assert visit.elsewhere == []
    assert made.verbs().count("return") == 1
