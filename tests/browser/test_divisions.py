"""Divisions in a real browser: the tree by keyboard, the search box, the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.support import browsing, published
from tests.support.drawn import coverage_of
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

UNITS = {
    "A": ("659012", "新疆生产建设兵团第十二师", "county", 3, "650000"),
    "B": ("659012104", "新疆生产建设兵团第十二师一〇四团", "town", 4, "659012"),
    "C": ("659012105", "㵐河𠅤乡", "township", 4, "659012"),
}


def state(letters: str):
    whole = coverage_of("A" * len(letters)).dissolve()
    parts = coverage_of(letters)
    frame = parts.assign(code=parts["code"].str.upper())
    rows = frame.iloc[:1].assign(code="A").set_geometry(whole.geometry.to_numpy())
    both = pd.concat([rows, frame], ignore_index=True)
    columns = zip(*(UNITS[letter] for letter in both["code"]), strict=True)
    names = ("code", "name", "kind", "level", "parent")
    return published.divisions(
        both.assign(**dict(zip(names, map(list, columns), strict=True)))
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("divisions")
    registry = published.registry_at(folder / "store.sqlite")
    published.publish(
        registry.store, state("BC"), "2020-01-01", basis="兵发〔2019〕1号"
    )
    published.publish(
        registry.store, state("BB"), "2024-01-01", basis="兵发〔2023〕2号"
    )
    with browsing.serving(create_app(registry)) as served:
        yield served
    registry.close()


def test_the_tree_is_walked_by_keyboard_to_a_record(
    browser: Browser, address: str
) -> None:
    with browsing.visiting(browser, address) as visit:
        visit.sign_in().open("/divisions", ready=False)
        page = visit.page
        page.wait_for_selector("#tree [role=treeitem] [role=treeitem]")
        page.focus("#tree [tabindex='0']")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**/divisions/659012104")
        page.wait_for_selector("h1 >> text=一〇四团")
        page.wait_for_selector(".mapkit canvas")
        assert page.is_visible("#neighbours") is False, "it has no neighbour left"
        page.emulate_media(media="print")
        tops = [
            page.locator(f".split {part}").first.bounding_box()
            for part in (".map-frame", "dl.facts")
        ]
        assert tops[0]["y"] < tops[1]["y"], "the map is on the first page"
        assert visit.troubles == []
        assert visit.elsewhere == []


def test_the_search_box_finds_what_has_ended(browser: Browser, address: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with browsing.visiting(browser, address, **phone) as visit:
        visit.sign_in().open("/divisions?lang=en", ready=False)
        page = visit.page
        page.wait_for_selector("body[data-started]")
        page.fill("#query", "㵐")
        page.wait_for_selector("#found [role=option] >> text=ended 2024-01-01")
        page.keyboard.press("Enter")
        page.wait_for_url("**/divisions/659012105")
        page.wait_for_selector("text=it ended on 2024-01-01")
        page.click("text=See it as it was on 2020-01-01")
        page.wait_for_selector("#neighbours >> text=一〇四团")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert visit.troubles == []
