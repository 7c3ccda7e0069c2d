"""The coverage page: another level, other facilities, circles, the sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import browsing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 60_000
COLOURS = """() => {
  const canvas = document.querySelector("#map .leaflet-overlay-pane canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const found = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 255) continue;
    const key = `${data[at]},${data[at + 1]},${data[at + 2]}`;
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return Object.fromEntries(found);
}"""
"""Colours on the canvas of the units, and how many pixels each has."""

FILLED = """() => {
  const body = document.querySelector("#units tbody");
  for (let n = 0; n < 366; n += 1) body.append(body.rows[0].cloneNode(true));
}"""
"""The table with as many units as a city has communities."""
ROOM = "document.getElementById('units').scrollHeight"
TOP_OF_MAP = "document.getElementById('map').getBoundingClientRect().top + scrollY"
LEFT_OF_TYPES = "document.querySelector('.types .sheet').getBoundingClientRect().left"


def total(page: Page, at: int) -> str:
    """Return one of the totals: streets, circle, difference, unreached, people."""
    return str(page.inner_text(f"#totals li:nth-child({at}) strong"))


def ask_anew(page: Page) -> None:
    """Ask, and wait for the figures."""
    with page.expect_response("**/api/v1/coverage/*", timeout=PATIENCE_MS) as answer:
        page.click("#ask button[type=submit]")
    assert answer.value.ok
    page.wait_for_selector("#preparing", state="hidden")


def test_levels_facilities_circles_and_the_sheet(browser: Browser, desk: str) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        visit.open("/coverage?lang=zh", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.fill("[name=urban_minutes]", "5")
        page.fill("[name=rural_minutes]", "5")
        ask_anew(page)
        assert page.locator("#units tbody tr").count() == 2
        # the circle counts people whom the streets do not reach
        share, circle, more = (total(page, at) for at in (1, 2, 3))
        assert float(share.rstrip(" %")) < float(circle.rstrip(" %"))
        assert int(more.replace(",", "")) > 0
        # what is left out is told above too, where the figures are
        told = page.locator("#totals a[href='#omitted']").count() == 1
        assert told == page.is_visible("#omitted")
        page.check("[name=layer][value=circles]")
        assert "直线圈" in page.inner_text(".mapkit-legend")
        # another level: its units are coloured however far one is away
        page.select_option("select[name=level]", "community")
        assert page.locator("#units tbody tr").count() == 4
        near = page.evaluate(COLOURS)
        with page.expect_response("**/level5/**"):
            for _ in range(6):
                page.click(".leaflet-control-zoom-out")
                page.wait_for_timeout(300)
        page.wait_for_timeout(500)
        far = page.evaluate(COLOURS)
        largest = {colour for colour, pixels in near.items() if pixels > 2000}
        assert largest
        assert largest <= set(far)
        # many units scroll by themselves on a phone, and the page stays short
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_selector("#asking:not([open])")
        assert "5 / 5" in page.inner_text("#asking summary")
        assert page.evaluate(TOP_OF_MAP) < 300
        tall = "document.documentElement.scrollHeight"
        before = page.evaluate(tall)
        page.evaluate(FILLED)
        assert page.evaluate(tall) <= before + 0.7 * 844
        assert page.evaluate(ROOM) > 10_000
        page.set_viewport_size({"width": 1366, "height": 768})
        # what is counted
        page.click("summary:has(#types-count)")
        assert page.evaluate(LEFT_OF_TYPES) >= 0
        for box in page.locator("[name=types]").all():
            box.set_checked(box.get_attribute("value") == "MEAL")
        page.keyboard.press("Escape")
        ask_anew(page)
        assert total(page, 1) == "0.0 %"
        # on paper
        with page.expect_download(timeout=PATIENCE_MS) as sheet:
            page.click("#sheet")
        assert Path(sheet.value.path()).read_bytes().startswith(b"%PDF")
        assert visit.troubles == []


def test_reach_of_a_day_is_computed_at_the_first_look(
    browser: Browser, desk: str
) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        begun: list[str] = []
        page.on(
            "request",
            lambda sent: (
                begun.append(sent.url)
                if "/api/v1/indicators/reach" in sent.url
                else None
            ),
        )
        visit.open("/indicators?lang=zh&as_of=2026-02-03", ready=False)
        shown = "main:not(:has(#reach)) tr:has(a[href*='/I11']) strong"
        page.wait_for_selector(shown, timeout=PATIENCE_MS)
        assert float(page.inner_text(shown)) > 0
        page.reload()
        page.wait_for_selector(shown)
        assert len(begun) == 1
        assert visit.troubles == []


def test_what_is_chosen_stands_in_the_address(browser: Browser, desk: str) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        visit.open("/coverage?lang=zh&urban_minutes=5&rural_minutes=5", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.check("[name=layer][value=circles]")
        page.click("#units tbody tr:nth-child(2) .link")
        chosen = page.get_attribute("#units tr[aria-current]", "data-code")
        assert f"unit={chosen}" in page.url
        assert "layers=areas,circles,facilities" in page.url
        page.reload()
        page.wait_for_selector("#units tr[aria-current]", timeout=PATIENCE_MS)
        assert page.get_attribute("#units tr[aria-current]", "data-code") == chosen
        assert page.is_checked("[name=layer][value=circles]")
        page.click("#units tr[aria-current] .link")
        assert "unit=" not in page.url
        assert visit.troubles == []
