"""The planner's journey: worst street, a centre dragged, saved, compared, printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support import browsing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 60_000


def in_minutes(page: Page, minutes: int) -> None:
    """Ask for a shorter walk than usual: the town is small."""
    page.fill("#ask [name=urban_minutes]", str(minutes))
    page.fill("#ask [name=rural_minutes]", str(minutes))
    page.click("#ask button[type=submit]")


def reached(page: Page) -> float:
    """Return the share of people reached that the page says."""
    return float(page.inner_text("#figures .big strong").rstrip(" %"))


def drag(page: Page, right: int, down: int) -> None:
    """Take the pin of the chosen facility along, a step at a time."""
    box = page.locator(".site-pin").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + right * step / 10, y + down * step / 10)
    page.mouse.up()


def test_from_the_worst_street_to_a_scenario_compared_and_printed(
    browser: Browser, desk: str
) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        # 1. coverage: the street with most people outside stands first
        visit.open("/coverage?lang=zh", ready=False)
        in_minutes(page, 3)
        page.wait_for_selector("#stamp:has-text('城镇 3 分钟')", timeout=PATIENCE_MS)
        worst = page.inner_text("#units tbody tr:first-child th")
        page.wait_for_selector("#sheet:not([disabled])", timeout=PATIENCE_MS)
        # 2. what a new centre would change
        page.click("#plan-it")
        page.wait_for_selector("#planning", timeout=PATIENCE_MS)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        assert (
            page.input_value("[name=urban_minutes]") == "3"
        )  # the question goes along
        answers = int(page.get_attribute("#planning", "data-answers") or 0)
        in_minutes(page, 3)
        page.wait_for_selector(
            f"#planning[data-answers='{answers + 1}']", timeout=PATIENCE_MS
        )
        assert page.inner_text("#units tbody tr:first-child th") in worst
        before = reached(page)
        page.click("[data-tool=add]")
        middle = page.locator("#map .mapkit-map").bounding_box()
        assert middle is not None
        page.mouse.click(
            middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
        )
        page.wait_for_selector("#edits li:has-text('新增点 1')")
        added = reached(page)
        assert added > before
        page.wait_for_selector("#gauges tr[data-indicator=I11]", timeout=PATIENCE_MS)
        assert "有床位可用" in page.inner_text("#figures")
        answers = int(page.get_attribute("#planning", "data-answers") or 0)
        drag(page, 40, 30)
        page.wait_for_selector("#edits li:nth-child(2)")
        assert int(page.get_attribute("#planning", "data-answers") or 0) > answers
        page.click("#undo")
        page.wait_for_selector("#edits li:nth-child(2)", state="detached")
        assert reached(page) == added
        # by keyboard, and by numbers
        page.focus(".site-pin")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("#edits li:nth-child(2)")
        page.fill("#chosen input >> nth=2", "30")
        page.click("#chosen button:has-text('调整')")
        page.wait_for_selector("#edits li:has-text('调整床位')")
        # 3. saved, compared, printed
        page.click("#keep")
        page.fill("#keep-form [name=title]", "东街道新建中心")
        page.click("#keep-form button[type=submit]")
        page.wait_for_url("**/scenarios/S*")
        assert "东街道新建中心" in page.inner_text("h1")
        number = page.url.rsplit("/", 1)[1]
        visit.open(f"/scenarios/compare?ids={number}&lang=zh", ready=False)
        assert "东街道新建中心" in page.inner_text("table.compare thead")
        assert page.pdf().startswith(b"%PDF")
        visit.open(f"/coverage/swipe?scenario={number}&lang=zh", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.focus("#divider")
        page.keyboard.press("Home")
        assert page.inner_text("#right-words") == "东街道新建中心"
        assert page.locator("#units td.good").count()
        # 4. the saved one opened again stands where it was left
        visit.open(f"/planning?scenario={number}&lang=zh", ready=False)
        page.wait_for_selector("#edits li:has-text('调整床位')", timeout=PATIENCE_MS)
        assert page.locator("#edits li").count() == 3
        assert visit.elsewhere == []
        assert visit.troubles == []


def test_a_facility_is_added_without_a_mouse_and_not_lost(
    browser: Browser, desk: str
) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        visit.open("/planning?lang=zh", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.focus("[data-tool=add]")
        page.keyboard.press("Enter")
        page.focus(".adding-form select")
        page.select_option(".adding-form select", "INST")
        for typed in ("新院", "-3"):
            page.keyboard.press("Tab")
            page.keyboard.type(typed)
        page.keyboard.press("Enter")
        assert (
            page.evaluate("document.activeElement.validationMessage")
            == "请填写 0 至 100000 之间的数。"
        )
        assert page.locator("#edits li.none").count() == 1
        page.keyboard.press("Control+A")
        page.keyboard.type("30")
        page.keyboard.press("Enter")
        page.wait_for_selector("#edits li:has-text('新增：新院')")
        assert "养老机构" in page.inner_text("#chosen p.soft")
        page.wait_for_selector(".site-pin:focus")
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("#edits li:has-text('迁移：新院')")
        # a click on a facility that is there adds another at its place
        page.locator("[data-tool=add]").scroll_into_view_if_needed()
        pin = page.locator(".site-pin").bounding_box()
        assert pin is not None
        page.click("[data-tool=add]")
        page.mouse.click(pin["x"] + 15, pin["y"] + 38)
        page.wait_for_selector("#edits li:has-text('新增：新增点 2')")
        # what is not kept is not left without a word
        asked: list[str] = []
        page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        visit.open("/siting?lang=zh", ready=False)
        assert asked == ["beforeunload"]
        assert visit.troubles == []


def test_a_line_that_breaks_while_dragging_is_told_once(
    browser: Browser, desk: str
) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        visit.open("/planning?lang=zh", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.select_option("#chosen select", "F1")
        page.wait_for_selector(".site-pin")
        page.context.set_offline(True)
        for _ in range(3):
            drag(page, 30, 10)
            page.wait_for_timeout(100)
        page.wait_for_selector("#toasts .note.error:has-text('服务器没有响应')")
        assert page.locator("#toasts .note.error").count() == 1
        assert page.locator("#edits li.none").count() == 1
        page.context.set_offline(False)
        # an answer that is late is told, and what stood there comes back
        page.route(
            "**/api/v1/planning", lambda route: (time.sleep(2), route.continue_())
        )
        page.click("#chosen button:has-text('关停')")
        page.wait_for_selector("#state:has-text('正在计算')")
        page.wait_for_selector("#edits li:has-text('关停')")
        assert "未计入" in page.inner_text("#state")


def test_on_a_phone_in_english(browser: Browser, desk: str) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"}
    with browsing.visiting(browser, desk, **options) as visit:
        page = visit.sign_in("judge").page
        visit.open("/planning?lang=en", ready=False)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.select_option("#chosen select", "F1")
        page.click("#chosen button:has-text('Close it')")
        page.wait_for_selector("#edits li:has-text('Closed')")
        assert "No longer reached" in page.inner_text("#figures")
        # the question stands in the address, and comes back from it
        page.click("#asking summary")
        page.select_option("[name=supply]", "day_places")
        page.click("#ask button[type=submit]")
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        assert page.url.endswith("/planning?lang=en&supply=day_places")
        visit.open("/planning?lang=en&supply=day_places", ready=False)
        assert page.input_value("[name=supply]") == "day_places"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, "the page is wider than the phone"
        assert visit.troubles == []
