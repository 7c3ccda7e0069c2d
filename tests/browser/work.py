"""What the working journeys share: people, files from the field, steps of a page."""

from __future__ import annotations

import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from boundaries.vocabulary import DraftState
from geodata import crs
from tests.support.registries import CODES, streets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Response

    from tests.support.browsing import Visit

MOST_TABS = 120
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
REASON = "请附批复文件"
STRIP_AT = "15/39.17800/117.01000"
"""Where A gains ground from C, as the address of a map says it."""
COMPUTED = re.compile(rb"area_?(km2|m2|computed)|\"area\"")
DATA = (
    *(name for _, name in CODES.values()),
    REASON,
    "界线调整",
    "界线",
    "津民发〔2020〕1号",
    "中文",
)
"""Chinese that is not ours: names, titles, reasons; and the switch back to Chinese."""
PATIENCE_MS = 60_000
"""Long, since the machine may do other things; nothing is waited out."""
ZONE, WRONG_ZONE = "4548", "4549"
"""Gauss-Krueger of 117° and of 120°, both without the zone in the number."""
STRIP, GAP = 0.004, 0.00005
"""Degrees: what A gains from C, and how deep the sliver is that nobody drew."""


def surveyed() -> gpd.GeoDataFrame:
    """Return A and C drawn anew: A takes a strip of C, and a gap is left between."""
    drawn = streets().set_index("code", drop=False)
    drawn = drawn.loc[[CODES["A"][0], CODES["C"][0]]].reset_index(drop=True)
    west, south, east, north = drawn.total_bounds
    border = 39.18 - STRIP
    line = [(x, border) for x in (west, west + 0.005, west + 0.015, east)]
    dented = [*line[:2], (west + 0.01, border - GAP), *line[2:]]
    drawn.geometry = [
        shapely.Polygon([*line, (east, north), (west, north)]),
        shapely.Polygon([*dented, (east, south), (west, south)]),
    ]
    return drawn.set_crs(crs.STORAGE)


def packed(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    """Write a GBK Shapefile in a zip, without .prj and .cpg."""
    frame.to_crs(f"EPSG:{ZONE}").to_file(folder / "界线.shp", encoding="GBK")
    archive = folder / "界线.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for ending in ("shp", "shx", "dbf"):
            written.write(folder / f"界线.{ending}", f"界线.{ending}")
    return archive


def read_as(page: Page, zone: str) -> None:
    """Say the zone on the Reading page and wait for the new reading."""
    page.wait_for_selector("#told, .note.warning, .note.error", timeout=PATIENCE_MS)
    if not page.is_visible("#crs_other"):
        page.click("details:has(#crs_other) summary")
    page.fill("#crs_other", zone)
    page.click(
        "#again button[type=submit], .panel form[action$='/read'] button.primary"
    )


def uploaded(visit: Visit, file: Path) -> str:
    """Send a file, correct the zone it is read in, and make a draft of it."""
    visit.open("/uploads", ready=False)
    page = visit.page
    page.set_input_files("#files", file)
    page.wait_for_url("**/uploads/U*", timeout=PATIENCE_MS)
    page.wait_for_selector("#told", timeout=PATIENCE_MS)
    assert "东风街道" in page.inner_text("#guesses")
    read_as(page, WRONG_ZONE)
    page.wait_for_selector(f"#told >> text=EPSG:{WRONG_ZONE}", timeout=PATIENCE_MS)
    read_as(page, ZONE)
    page.wait_for_selector(f"#told >> text=EPSG:{ZONE}", timeout=PATIENCE_MS)
    page.fill("#effective", "2021-06")
    page.fill("#basis", "津民发〔2021〕6号")
    for box in page.query_selector_all("#stage input[name=confirmed]"):
        box.check()
    page.click("#stage button[type=submit]")
    page.wait_for_url("**/drafts/D*", timeout=PATIENCE_MS)
    return page.url.rsplit("/", 1)[1]


def gap_mended(visit: Visit, draft: str) -> None:
    """Find the gap in the table and on the map, look at the repair, accept it."""
    page = visit.page
    page.click(f"a[href='/drafts/{draft}/findings']")
    page.wait_for_selector("body[data-ready]")
    row = page.locator("#rows tr", has_text="缝隙")
    row.click()
    number = page.locator(".map-number.marked")
    assert number.inner_text() == row.get_attribute("data-number")
    page.get_by_role("button", name="查看修复建议").click()
    page.wait_for_selector("#preview-table td")
    page.click("#preview-accept:not([disabled])")
    page.wait_for_selector(".progress[data-job]", state="detached", timeout=PATIENCE_MS)


def submitted(visit: Visit, draft: str) -> None:
    """Hand a draft to review."""
    page = visit.page
    visit.open(f"/drafts/{draft}", ready=False)
    page.click("button[data-dialog='submit-dialog']")
    page.click("#submit-dialog button[type=submit]")
    page.wait_for_selector(".badge:has-text('已提交')")


def checked(visit: Visit, draft: str) -> None:
    """Check a draft and wait until that is done."""
    page = visit.page
    page.wait_for_url(f"**/drafts/{draft}")
    page.click(f"form[action='/drafts/{draft}/check'] button")
    page.wait_for_selector("button[data-dialog='submit-dialog']", timeout=PATIENCE_MS)


def tried_to_approve(visit: Visit) -> None:
    """Press approve on the page of a draft, and in its dialog."""
    visit.page.click("button[data-dialog='approve-dialog']")
    visit.page.click("#approve-dialog button[type=submit]")


def approved(visit: Visit, draft: str) -> None:
    """Approve a draft that was submitted."""
    page = visit.open(f"/drafts/{draft}", ready=False).page
    tried_to_approve(visit)
    page.wait_for_selector(".badge:has-text('已批准')")


def published(visit: Visit, draft: str) -> None:
    """Publish an approved draft and wait until readers have it."""
    page = visit.page
    page.click(f"a[href='/drafts/{draft}/publish']")
    page.click(f"form[action='/drafts/{draft}/publish'] button")
    page.wait_for_selector(".badge:has-text('已发布')", timeout=PATIENCE_MS)


def opened_to_the_public(visit: Visit, number: str) -> None:
    """Open the public view as the system administrator does."""
    page = visit.sign_in("root").open("/admin/public", ready=False).page
    page.fill("input[name=approval_number]", number)
    page.get_by_role("button", name="开放").click()
    page.wait_for_selector(f"text={number}")


@contextmanager
def listening(visit: Visit) -> Iterator[dict[str, bytes]]:
    """Collect what the public is sent, by address; scripts and styles aside."""
    heard: dict[str, bytes] = {}
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    visit.page.on("response", note)
    try:
        yield heard
    finally:
        visit.page.remove_listener("response", note)
    for answer in answers:
        if answer.status == 200 and "/static/" not in answer.url:
            heard[answer.url] = answer.body()


def what_lies_in_the_middle(page: Page) -> str:
    """Click the middle of the public map and return what is said of it."""
    box = page.locator("#map_divisions").bounding_box()
    assert box
    page.wait_for_timeout(600)  # the tiles are drawn after the state is known
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#detail h2")
    return page.locator("#detail").inner_text()


_FOCUSED = """([selector, text]) => document.activeElement?.matches(selector)
  && document.activeElement.textContent.includes(text)"""


def reach(page: Page, selector: str, text: str = "") -> None:
    """Press Tab until the element, with this text on it, has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(_FOCUSED, [selector, text]):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {selector} {text} with Tab")


def press(page: Page, selector: str, text: str = "") -> None:
    """Reach a button or link and press Enter on it."""
    reach(page, selector, text)
    page.keyboard.press("Enter")


def pages(pdf: bytes) -> int:
    """Return how many pages a PDF of Chromium has."""
    return len(re.findall(rb"/Type /Page\b", pdf))


@dataclass
class Desk:
    """Somebody at work whose every page is looked at: its width, its language."""

    visit: Visit
    english: bool

    def go(self, path: str, *, drawn: bool = False) -> None:
        """Open a page and look at it."""
        more = "lang=en" if self.english else "lang=zh"
        self.visit.open(f"{path}?{more}", ready=drawn)
        self.looked_at()

    def press(self, selector: str) -> None:
        """Click, or tap where there is no mouse."""
        place = self.visit.page.locator(selector).first
        if self.english:
            place.click()
        else:
            place.tap()

    def follow(self, path: str) -> None:
        """Press the link to a page and look at it."""
        self.press(f"a[href='{path}']")
        self.visit.page.wait_for_url(f"**{path}")
        self.looked_at()

    def decide(self, verb: str, state: str, note: str = "") -> None:
        """Open the dialog of a verb, fill it in, and see where the draft stands."""
        self.press(f"button[data-dialog='{verb}-dialog']")
        self.looked_at()
        if note:
            self.visit.page.fill(f"#{verb}-note", note)
        self.press(f"#{verb}-dialog button[type=submit]")
        self.stands(state)

    def stands(self, state: str) -> None:
        """Wait until the page says that the draft stands there."""
        label = DraftState(state).label
        words = label.en if self.english else label.zh
        self.visit.page.wait_for_selector(
            f".draft-lead .badge:text-is('{words}')", timeout=PATIENCE_MS
        )
        self.looked_at()

    def looked_at(self) -> None:
        """Hold the page to its width and its language."""
        page = self.visit.page
        here = page.url
        room, wide = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
        assert wide <= room, f"{here} sticks out: {wide} > {room}"
        if self.english:
            assert page.get_attribute("html", "lang") == "en"
            said = page.inner_text("body")
            for datum in DATA:
                said = said.replace(datum, "")
            left = re.findall(r".*[\u4e00-\u9fff].*", said)
            assert left == [], f"{here}: {left}"
