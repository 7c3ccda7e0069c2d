"""The style page in a real browser: every width, both languages and themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import browsing
from tests.support.published import registry_at
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

WIDTHS = {"phone": (390, 844), "desk": (1366, 768), "wall": (1920, 1080)}
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest(".table-scroll, .tabs"))
  .map((e) => e.outerHTML.slice(0, 80))"""
SMALL = """() => [...document.querySelectorAll("main .button, main select, summary")]
  .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("style")
    registry = registry_at(folder / "store.sqlite")
    with browsing.serving(create_app(registry)) as served:
        yield served
    registry.close()


def options(width: str, **more: Any) -> dict[str, Any]:
    wide, high = WIDTHS[width]
    return {"viewport": {"width": wide, "height": high}, **more}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("query", "scheme"),
    [("", "light"), ("?lang=en", "dark"), ("?large=1", "light")],
    ids=["zh", "en-dark", "large"],
)
def test_it_fits_and_says_nothing_wrong(
    browser: Browser, address: str, width: str, query: str, scheme: str
) -> None:
    look = options(width, color_scheme=scheme, has_touch=width == "phone")
    with browsing.visiting(browser, address, **look) as visit:
        visit.sign_in().open(f"/style{query}", ready=False)
        visit.page.wait_for_selector("body[data-started]")
        assert visit.page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"
        ), visit.page.evaluate(TOO_WIDE)
        picture = visit.page.screenshot(full_page=True)
        assert len(picture) > 20_000, "something is drawn"
        if width == "phone":
            assert visit.page.evaluate(SMALL) == []
        assert visit.troubles == []
        assert visit.elsewhere == []


def test_its_parts_work_by_keyboard(browser: Browser, address: str) -> None:
    with browsing.visiting(browser, address, **options("desk")) as visit:
        visit.sign_in().open("/style?lang=en", ready=False)
        page = visit.page
        page.wait_for_selector("body[data-started]")
        focused = "document.activeElement.textContent.trim()"

        page.focus("[data-dialog='sample-dialog']")
        page.keyboard.press("Enter")
        assert page.is_visible("dialog[open]")
        page.keyboard.press("Escape")
        assert page.query_selector("dialog[open]") is None
        assert page.evaluate(focused) == "Open the dialog"

        page.focus("#first-tab")
        page.keyboard.press("ArrowRight")
        assert page.is_visible("#second-panel")
        assert not page.is_visible("#first-panel")

        page.focus("#ask-first")
        page.keyboard.press("Enter")
        page.click("dialog[open] >> text=Cancel")
        assert page.query_selector("#toasts .note") is None
        page.click("#ask-first")
        page.click("dialog[open] >> text=Discard")
        page.wait_for_selector("#toasts .note")

        figures = "#sample-table tbody td.number"
        page.click("#sample-table >> text=Official area")
        page.click("#sample-table >> text=Official area")
        assert page.text_content(figures) == "3,703.50"
        page.fill("[data-filters]", "㵐")
        assert page.locator("#sample-table tbody tr:visible").count() == 1

        page.click("summary[aria-label^=Account]")
        page.keyboard.press("Escape")
        assert page.query_selector("details.menu[open]") is None
        assert visit.troubles == []


def test_on_paper_there_is_no_chrome(browser: Browser, address: str) -> None:
    with browsing.visiting(browser, address, **options("desk")) as visit:
        visit.sign_in().open("/style", ready=False)
        visit.page.emulate_media(media="print")
        for gone in (".bar", ".breadcrumb", ".actions >> nth=0"):
            assert not visit.page.is_visible(gone), gone
        assert visit.page.is_visible(".internal")
        assert len(visit.page.pdf(format="A4")) > 10_000


NAMELESS = """() => [
  ...[...document.querySelectorAll("a, button")]
    .filter((e) => e.checkVisibility({visibilityProperty: true}))
    .filter((e) => !(e.innerText.trim() || e.getAttribute("aria-label") || e.title
         || e.querySelector("img[alt]:not([alt='']), svg[aria-label]"))),
  ...[...document.querySelectorAll("th")].filter((e) => !e.textContent.trim()),
  ...document.querySelectorAll(".table-scroll[role=region]"),
].map((e) => e.outerHTML.slice(0, 80))"""


def test_links_and_heads_have_names_and_tables_are_no_landmarks(
    browser: Browser, address: str
) -> None:
    """On a phone the word beside the product's mark is not shown."""
    with browsing.visiting(browser, address, **options("phone")) as visit:
        visit.sign_in().open("/style", ready=False)
        visit.page.wait_for_selector("body[data-started]")
        assert visit.page.evaluate(NAMELESS) == []
