"""The map page's tools, and the public view, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import shapely

from geodata import crs
from tests.browser.test_journeys import query
from tests.support import published, signed
from tests.support.browsing import serving, visiting
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support.browsing import Visit

pytestmark = pytest.mark.browser

NUMBER = "津S(2026)001号"


def test_the_slider_shows_every_day_and_says_what_changed(visit: Visit) -> None:
    visit.open("/map?sel=120103")
    thumb = visit.page.locator("#timeline [role=slider]")
    assert "津政函〔2021〕95号" in visit.page.locator("#timeline").inner_text()
    thumb.focus()
    visit.page.keyboard.press("ArrowLeft")
    visit.page.wait_for_selector("body[data-ready^='2019-12-31']")
    assert "津政函〔2019〕18号" in str(thumb.get_attribute("aria-valuetext"))
    assert "39.06 km²" in visit.page.locator("#detail").inner_text()
    visit.page.keyboard.press("PageUp")
    visit.page.wait_for_timeout(400)
    assert query(visit)["date"] == "2020-12-31"
    assert "沿用 2019-12-31" in visit.page.locator("#timeline").inner_text()
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_selector("body[data-ready^='2022-01-01']")
    visit.page.wait_for_function(
        "document.querySelector('#detail').innerText.includes('48.16 km²')"
    )


def test_two_dates_side_by_side_move_together(visit: Visit) -> None:
    visit.open("/map?sel=120103")
    visit.page.click("#beside")
    visit.page.wait_for_selector("#other .side-date:text-is('2019-12-31')")
    assert query(visit)["side"] == "1"
    visit.page.wait_for_timeout(500)
    before = query(visit)["at"]
    box = visit.page.locator("#other").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.move(*middle)
    visit.page.mouse.down()
    visit.page.mouse.move(middle[0] + 60, middle[1] + 20, steps=4)
    visit.page.mouse.up()
    visit.page.wait_for_timeout(600)
    assert query(visit)["at"] != before, "the first map followed the second"
    visit.page.click("#tab-table")
    assert "39.06" in visit.page.locator("#table-panel tr[aria-current]").inner_text()


def test_measuring_with_the_keyboard_agrees_with_the_server(visit: Visit) -> None:
    ring = [(117.2, 39.1), (117.4, 39.1), (117.4, 39.25), (117.1, 39.3)]
    text = ";".join(f"{lon},{lat}" for lon, lat in ring)
    visit.open(f"/map?m=a:{text}&at=11/39.2/117.25")
    said = visit.page.locator("#measure .measured").inner_text()
    real = float(crs.area_m2([shapely.Polygon(ring)])[0]) / 1e6
    assert said == f"{real:,.2f} km²"
    legs = visit.page.evaluate(
        """async () => { const { length } = await import(document.querySelector(
        'link[href*="/js/geodesy.js"]').href); return length([[117.2, 39.1],
        [117.4, 39.25], [118.9, 38.1]]); }"""
    )
    line = shapely.LineString([(117.2, 39.1), (117.4, 39.25), (118.9, 38.1)])
    assert legs == pytest.approx(float(crs.length_m([line])[0]), abs=0.01)
    visit.page.locator("#map_divisions").focus()
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_selector("#measure", state="hidden")
    visit.page.get_by_role("button", name="量距离").click()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_timeout(500)
    visit.page.keyboard.press("Enter")
    assert re.search(r"[\d,.]+ k?m", visit.page.locator("#measure").inner_text())
    assert re.match(r"l:117\.25\d*,39\.2\d*;117\.3", query(visit)["m"])
    assert "sel" not in query(visit), "measuring selects nothing"


def test_the_printed_sheet_says_what_it_may_be_used_for(visit: Visit) -> None:
    visit.open("/map?side=1&print=a4l")
    visit.page.wait_for_selector(".sheet-foot .internal")
    visit.page.emulate_media(media="print")
    said = visit.page.locator("body").inner_text()
    for part in (
        "2019-12-31 与 2022-01-01",
        "内部使用，不得公开",
        "数据日期",
        "图例",
        "北",
    ):
        assert part in said, part
    assert not visit.page.locator("#sheet-bar").is_visible()
    pdf = visit.page.pdf(prefer_css_page_size=True, print_background=True)
    assert b"/MediaBox [0 0 841.9" in pdf
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


def test_recorded_time_shows_what_was_known(visit: Visit) -> None:
    visit.open("/map?panel=layers")
    options = visit.page.locator("#known option").all_inner_texts()
    assert len(options) == 3, options
    visit.page.locator("#known").select_option(index=2)
    visit.page.wait_for_selector("#known-notice:not([hidden])")
    visit.page.wait_for_selector("body[data-ready^='2019-12-31']")
    assert visit.page.locator("#date option").count() == 1
    assert "known" in query(visit)


def test_the_public_sees_published_borders_and_the_approval_number(
    browser: Browser, data: Path, tmp_path: Path
) -> None:
    registry = published.registry_at(tmp_path / "store.sqlite")
    published.tianjin(registry.store, data)
    signed.add_user(registry, "keeper", ["system_admin"])
    registry.set_public("keeper", on=True, approval_number=NUMBER)
    with (
        serving(create_app(registry)) as address,
        visiting(browser, address) as visit,
    ):
        visit.sign_in("keeper")
        visit.open("/map")
        inside = visit.page.locator("#mark").inner_text()
        assert inside == "内部使用，不得公开", "computed areas were never approved"
        visit.context.clear_cookies()
        visit.requests.clear()
        visit.open("/public")
        page = visit.page
        assert NUMBER in page.locator("footer").inner_text()
        page.click("#table button:text-is('河西区')")
        said = page.locator("#detail").inner_text()
        assert "未录入" in said
        assert "km²" not in said, "no area but the official one"
        page.locator("#timeline [role=slider]").focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("body[data-ready='2019-12-31']")
        page.click("#large")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
        page.click("#contrast")
        page.emulate_media(media="print")
        assert NUMBER in page.locator("body").inner_text()
        assert visit.troubles == []
        paths = {url.removeprefix(address).split("/")[1] for url in visit.requests}
        assert {path.split("?")[0] for path in paths} <= {
            "public",
            "static",
            "favicon.ico",
        }
    registry.store.close()
