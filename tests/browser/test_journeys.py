"""What a person does on the page, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import geopandas as gpd
import pytest

from geodata import crs
from tests.support.browsing import visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.browsing import Visit

pytestmark = pytest.mark.browser

HEXI = {"before": "39.06 km²", "after": "48.16 km²", "reason": "津政函〔2021〕95号"}


def query(visit: Visit) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlparse(visit.page.url).query).items()}


def select(visit: Visit, code: str) -> str:
    """Click a division in the tree and return what the detail says."""
    visit.page.locator(f"#tree [data-code='{code}'] > .node").click()
    visit.page.wait_for_selector(f"#detail:has(code:text-is('{code}'))")
    return visit.page.locator("#detail").inner_text()


def test_a_stranger_finds_a_district_and_why_it_changed_in_one_click(
    visit: Visit,
) -> None:
    visit.open("/map")
    said = select(visit, "120103")
    assert all(part in said for part in HEXI.values()), said
    assert "+9.09 km²" in said
    assert re.search(r"自津南区划入\s+\+561\.\d ha", said), said
    assert "公布面积\n未录入" in said
    assert "内部" in said


def test_a_click_on_the_map_selects_what_lies_there(visit: Visit) -> None:
    visit.open("/map?at=12/39.06500/117.25000")
    box = visit.page.locator("#map_divisions").bounding_box()
    assert box is not None
    visit.page.wait_for_timeout(600)
    visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.wait_for_selector("#detail h2:text-is('河西区')")
    assert query(visit)["sel"] == "120103"


def test_every_state_is_in_the_address(browser: Browser, visit: Visit) -> None:
    visit.open("/map")
    select(visit, "120103")
    visit.page.select_option("#date", "2019-12-31")
    visit.page.wait_for_selector("body[data-ready='2019-12-31 ']")
    visit.page.click("#tab-table")
    visit.page.wait_for_selector("#table-panel tr[aria-current]")
    state = query(visit)
    assert {k: state[k] for k in ("date", "sel", "panel")} == {
        "date": "2019-12-31",
        "sel": "120103",
        "panel": "table",
    }
    assert re.fullmatch(r"\d+(\.\d+)?/39\.\d+/11[67]\.\d+", state["at"])
    with visiting(browser, visit.address) as other:
        other.sign_in().open(visit.page.url.removeprefix(visit.address))
        other.page.wait_for_selector("#table-panel tr[aria-current]")
        assert other.page.locator("#date").input_value() == "2019-12-31"
        assert other.page.locator("#detail h2").inner_text() == "河西区"
        assert "39.06 km²" in other.page.locator("#detail").inner_text()
        assert query(other) == state


def test_back_returns_to_the_state_before(visit: Visit) -> None:
    visit.open("/map")
    select(visit, "120103")
    select(visit, "120104")
    visit.page.go_back()
    visit.page.wait_for_selector("#detail h2:text-is('河西区')")
    visit.page.go_back()
    visit.page.wait_for_selector("#detail", state="hidden")


def test_the_language_switch_keeps_the_place(visit: Visit) -> None:
    visit.open("/map?sel=120103&date=2022-01-01")
    visit.page.click("#language")
    visit.ready()
    visit.page.wait_for_selector("#detail h2")
    said = visit.page.locator("body").inner_text()
    assert "Internal use only, not to be made public" in said
    assert "gained from 津南区" in said
    assert visit.page.locator("#detail h2").inner_text() == "河西区"
    assert visit.page.locator("html").get_attribute("lang") == "en"
    visit.open("/map")
    assert visit.page.locator("html").get_attribute("lang") == "en", "cookie"
    visit.page.click("#language")
    visit.ready()
    assert "内部使用，不得公开" in visit.page.locator("body").inner_text()


@pytest.mark.parametrize(
    ("words", "first"),
    [("河西", "河西区"), ("120103", "河西区"), ("hxq", "河西区"), ("滨海", "滨海新区")],
)
def test_search_by_name_code_and_initials(visit: Visit, words: str, first: str) -> None:
    visit.open("/map")
    visit.page.fill("#query", words)
    visit.page.wait_for_selector("#found [role=option]")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(f"#detail h2:text-is('{first}')")


def test_with_the_keyboard_alone(visit: Visit) -> None:
    visit.open("/map")
    press = visit.page.keyboard.press
    press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip"
    press("Enter")
    press("Tab")
    for _ in range(2):
        press("ArrowDown")
    press("Enter")
    visit.page.wait_for_selector("#detail h2:text-is('河西区')")
    assert HEXI["before"] in visit.page.locator("#detail").inner_text()
    press("Escape")
    visit.page.wait_for_selector("#detail", state="hidden")
    press("/")
    visit.page.keyboard.type("nankai")
    press("Escape")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("南开")
    visit.page.wait_for_selector("#found [role=option]")
    press("Enter")
    visit.page.wait_for_selector("#detail h2:text-is('南开区')")
    assert visit.page.evaluate("document.activeElement.id") == "detail-name"


def test_on_a_phone(browser: Browser, tianjin: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with visiting(browser, tianjin, is_mobile=True, **phone) as visit:
        visit.sign_in().open("/map")
        page = visit.page
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, "nothing may stick out sideways"
        page.tap("#open-list")
        page.wait_for_selector("#side.open")
        page.wait_for_timeout(300)
        page.locator("#tree [data-code='120103'] > .node").tap()
        page.wait_for_selector("#detail h2:text-is('河西区')")
        assert HEXI["after"] in page.locator("#detail").inner_text()
        small = page.evaluate(
            """[...document.querySelectorAll('.bar button, .bar select, .bar input')]
            .filter(e => e.offsetParent && e.offsetHeight < 44).map(e => e.id)"""
        )
        assert small == [], "targets are at least 44 px on touch"
        assert visit.troubles == []


def test_a_copied_address_opens_its_panel_on_a_phone(
    browser: Browser, tianjin: str
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with visiting(browser, tianjin, is_mobile=True, **phone) as visit:
        visit.sign_in().open("/map?panel=changes")
        visit.page.wait_for_selector("#changes-panel", state="visible")
        assert visit.page.get_attribute("#open-list", "aria-expanded") == "true"


def test_the_table_says_what_the_map_shows(visit: Visit) -> None:
    visit.open("/map?panel=table")
    visit.page.wait_for_selector("#table-panel tbody tr")
    rows = visit.page.locator("#table-panel tbody tr").all_inner_texts()
    assert len(rows) == 16
    hexi = next(row for row in rows if "120103" in row)
    assert hexi.split() == ["河西区", "120103", "39.06", "48.16", "+9.09"]
    heping = next(row for row in rows if "120101" in row)
    assert heping.split() == ["和平区", "120101", "10.01", "10.01"]


def test_the_changes_name_both_sides_and_the_amount(visit: Visit) -> None:
    visit.open("/map?panel=changes")
    said = visit.page.locator("#changes-panel").inner_text()
    assert re.search(r"津南区 → 河西区\s+56\d\.\d ha", said), said
    assert re.search(r"西青区 → 河西区\s+34\d\.\d ha", said), said
    assert "有变化的单位（9）" in said


def test_the_strip_says_internal_date_and_version(visit: Visit) -> None:
    visit.open("/map")
    strip = visit.page.locator("footer.strip")
    said = strip.inner_text()
    assert "内部使用，不得公开" in said
    assert "数据日期 2022-01-01 · 版本 2" in said
    visit.page.mouse.move(700, 400)
    visit.page.wait_for_timeout(100)
    place = re.search(
        r"(\d+\.\d{5})°E (\d+\.\d{5})°N · 高斯 39 带（117°）X (\d+) Y (\d+)",
        strip.inner_text(),
    )
    assert place is not None, strip.inner_text()
    lon, lat, north, east = map(float, place.groups())
    point = gpd.GeoSeries.from_xy([lon], [lat], crs=crs.STORAGE)
    there = point.to_crs(crs.gauss_krueger(lon, prefixed=True).epsg)[0]
    assert abs(there.x - east) < 2
    assert abs(there.y - north) < 2
