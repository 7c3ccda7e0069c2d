"""A grid of people goes from the browser through review to the coverage it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.boundaries.services.test_gridded import tiff
from tests.boundaries.services.towns import town_office
from tests.browser.work import PATIENCE_MS
from tests.support import browsing, working
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_people_by_table_and_by_grid_until_they_are_served(
    browser: Browser, tmp_path: Path
) -> None:
    registry = town_office(tmp_path).registry
    before = registry.store.tags()["published/population"]
    people = np.full((8, 8), 10.0)
    grid = tiff(tmp_path / "老年人口.tif", people * 5, people, names=("total", "60+"))
    table = tmp_path / "人口.csv"
    table.write_text(
        "区划代码,总人口,80岁及以上\n990101001001,20,1\n990101009001,5,1\n"
    )
    app = create_app(registry, cache=tmp_path / "cache")
    with working.worker(registry.store.url), browsing.serving(app) as address:
        with browsing.visiting(browser, address) as visit:
            page = visit.sign_in("officer").page
            page.goto(f"{address}/population?lang=zh")
            page.click("a[href*='target=population']")
            page.wait_for_url("**/uploads?target=population")
            page.set_input_files("#files", table)
            page.wait_for_selector("#told >> text=人口", timeout=PATIENCE_MS)
            page.wait_for_selector("text=没有位置的表格")
            page.goto(f"{address}/uploads?lang=zh")
            page.set_input_files("#files", grid)
            page.wait_for_selector("#told >> text=exactextract", timeout=PATIENCE_MS)
            page.wait_for_selector("#fields >> text=60+")
            page.fill("#effective", "2026-02")
            page.click("#stage button[type=submit]")
            page.wait_for_url("**/drafts/D*", timeout=PATIENCE_MS)
            draft = page.url.rsplit("/", 1)[1]
            page.click("button[data-dialog='submit-dialog']")
            page.click("#submit-dialog button[type=submit]")
            page.wait_for_selector(".badge:has-text('已提交')")
            assert visit.troubles == []
        with browsing.visiting(browser, address) as visit:
            page = visit.sign_in("judge").page
            page.goto(f"{address}/drafts/{draft}?lang=zh")
            page.click("button[data-dialog='approve-dialog']")
            page.click("#approve-dialog button[type=submit]")
            page.wait_for_selector(".badge:has-text('已批准')", timeout=PATIENCE_MS)
            page.goto(f"{address}/drafts/{draft}/publish")
            page.click("main button:has-text('发布版本')")
            working.until(
                lambda: registry.store.tags()["published/population"] > before, 60,
                what="the grid published",
            )  # fmt: skip
            page.goto(f"{address}/population?lang=zh&method=grid")
            row = page.locator("[data-unit='990101001001']")
            assert row.locator("td").nth(2).inner_text() == "160"
            page.goto(f"{address}/coverage?lang=zh")
            page.wait_for_selector("text=640 总人数", timeout=PATIENCE_MS)
            assert visit.troubles == []
            assert visit.elsewhere == []
    registry.close()
