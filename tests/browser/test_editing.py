"""Editing a shared border in Chromium: with the mouse, with the keyboard, by two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from geodata.errors import ConflictError
from geodata.topology.joining import dissolve
from tests.support import browsing
from tests.support.registries import CODES, Office, office
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

A, B, C, D = (CODES[letter][0] for letter in "ABCD")


@pytest.fixture
def bureau(tmp_path: Any) -> Iterator[tuple[Office, str]]:
    """Four streets of two districts, published, and a server."""
    made = office(tmp_path)
    made.commit()
    made.registry.publish("chen")
    with browsing.serving(create_app(made.registry)) as address:
        yield made, address
    made.registry.close()


def at_work(page: Page, before: str | None = None) -> None:
    """Wait until the editor shows another state than before."""
    known = f":not([data-editor='{before}'])" if before else ""
    page.wait_for_selector(f"body[data-editor]{known}", state="attached")


def shown(page: Page) -> str:
    """Return which state of the draft is shown."""
    return page.get_attribute("body", "data-editor") or ""


def choose(page: Page, *names: str) -> None:
    """Choose a border in the list, by the names beside it."""
    box = page.locator("#tool-panel select")
    for text in box.locator("option").all_inner_texts():
        if all(name in text for name in names):
            box.select_option(label=text)
            return
    pytest.fail(f"no border between {names}")


def drag(page: Page, dx: float, dy: float) -> None:
    """Drag the first vertex that is no junction."""
    box = page.locator(".vertex:not(.junction):not(.middle)").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def begin(visit: browsing.Visit, who: str) -> Page:
    """Begin a draft from a division's page, as a person does."""
    visit.sign_in(who).open(f"/divisions/{A}/edit", ready=False)
    visit.page.fill("#effective", "2026-01-01")
    visit.page.fill("#basis", "津民发〔2026〕1号")
    visit.page.click("main button[type=submit]")
    at_work(visit.page)
    return visit.page


def draft_of(page: Page) -> str:
    """Return the draft that a page is about."""
    return page.url.rstrip("/").rsplit("/", 1)[1]


def test_a_dragged_vertex_moves_both_neighbours(
    browser: Browser, bureau: tuple[Office, str]
) -> None:
    made, address = bureau
    with browsing.visiting(browser, address) as visit:
        page = begin(visit, "zhao")
        before = shown(page)
        choose(page, "东风街道", "西关街道")
        drag(page, 30, 10)
        at_work(page, before)
        areas = page.inner_text("#areas")
        assert A in areas
        assert B in areas
        draft = draft_of(page)
        staged = made.registry.store.staged(draft)
        assert set(staged.keys) == {A, B}
        both = dissolve(list(staged.new.geometry))
        assert dissolve([both], list(staged.old.geometry)).is_empty
        assert made.registry.check("zhao", draft).empty
        page.click("#to-draft")
        page.wait_for_url(f"**/drafts/{draft}")
        assert visit.troubles == []
        assert visit.elsewhere == []


def test_every_tool_works_without_a_mouse(
    browser: Browser, bureau: tuple[Office, str]
) -> None:
    made, address = bureau
    with browsing.visiting(browser, address) as visit:
        page = begin(visit, "zhao")
        draft, before = draft_of(page), shown(page)
        choose(page, "东风街道", "西关街道")
        field = page.locator("tr[data-at='1'] input[name=east]")
        old = float(field.input_value())
        field.fill(f"{old + 25:.3f}")
        field.press("Enter")
        at_work(page, before)
        now = float(page.locator("tr[data-at='1'] input[name=east]").input_value())
        assert now == pytest.approx(old + 25, abs=0.002)
        before = shown(page)
        page.locator("tr[data-at='1'] button").first.press("Enter")
        at_work(page, before)
        before = shown(page)
        page.locator("#undo").focus()
        page.keyboard.press("Control+z")
        at_work(page, before)
        before = shown(page)
        page.locator("[data-tool=split]").press("Enter")
        page.fill("#tool-panel textarea", "116.99, 39.195\n117.05, 39.195")
        page.press("#tool-panel textarea", "Tab")
        page.get_by_role("button", name="试算各块").press("Enter")
        page.wait_for_selector("fieldset.piece")
        page.locator("fieldset.piece input").nth(3).fill("新安街道")
        page.locator("#tool-panel button.primary").press("Enter")
        at_work(page, before)
        assert "120101003" in page.inner_text("#areas")
        before = shown(page)
        page.select_option("#unit", C)
        page.wait_for_selector("#tool-panel h2:has-text('南门街道')")
        page.locator("[data-tool=attributes]").press("Enter")
        page.locator("#tool-panel input").first.fill("<img src=x onerror=alert(1)>")
        page.locator("#tool-panel button.primary").press("Enter")
        at_work(page, before)
        assert "<img src=x" in page.inner_text("#areas")
        assert len(made.registry.editing("zhao", draft)["steps"]) == 3
        assert visit.troubles == []


def test_two_surveyors_of_one_border_meet_in_a_conflict(
    browser: Browser, bureau: tuple[Office, str]
) -> None:
    made, address = bureau
    drafts = []
    for who, way in (("zhao", 25), ("su", -25)):
        if who == "su":
            made.registry.add_user("root", who, ())
            made.registry.set_roles("keeper", who, ["surveyor:120000"])
        with browsing.visiting(browser, address) as visit:
            page = begin(visit, who)
            before = shown(page)
            choose(page, "东风街道", "西关街道")
            drag(page, way, 0)
            at_work(page, before)
            drafts.append((who, draft_of(page)))
    (one, first), (two, second) = drafts
    made.approve(first, author=one)
    made.registry.submit(two, second)
    with pytest.raises(ConflictError):
        made.registry.approve("chen", second)
    with browsing.visiting(browser, address) as visit:
        visit.sign_in(two).open(f"/edit/{second}", ready=False)
        at_work(visit.page)
        assert visit.page.locator("#moved-on").is_visible()
        visit.open(f"/drafts/{second}/conflict", ready=False)
        assert made.registry.document(second)["state"] == "conflict"
