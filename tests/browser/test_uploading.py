"""Files in the browser: by keyboard, phone, in English; paused; registers."""

from __future__ import annotations

import csv
import hashlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import work
from tests.support import browsing, registries, working
from tests.support.signed import add_user
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from tests.support.browsing import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MEGABYTE = 1 << 20
_FALLBACK = """async (text) => {
  const { digest } = await import(document.querySelector("script[src*='js/uploads/']")
    .src.replace("index.js", "sha256.js"));
  return Array.from(digest(new TextEncoder().encode(text)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""
PLACES = "#sending li progress"


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[tuple[registries.Office, str]]:
    """Four streets, published, and a server; nothing is read without a worker."""
    made = registries.office(tmp_path, url=store_url)
    made.commit()
    made.registry.publish("chen")
    app = create_app(made.registry, cache=tmp_path / "c")
    with browsing.serving(app) as address:
        yield made, address
    made.registry.close()


AT_LENGTH = [pytest.mark.postgis, pytest.mark.full]
ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def walk_keys(visit: Visit, file: Path) -> str:
    """From the file to a draft that is submitted, without ever using a mouse."""
    page = visit.page
    # listening before the page is there: the browser is told of it on its way
    page.on("filechooser", lambda chooser: chooser.set_files(file))
    visit.open("/uploads?lang=zh", ready=False)
    work.press(page, "#files")
    page.wait_for_selector("#told", timeout=work.PATIENCE_MS)
    for zone in (work.WRONG_ZONE, work.ZONE):
        if not page.is_visible("#crs_other"):
            work.press(page, "details:has(#crs_other) summary")
        work.reach(page, "#crs_other")
        page.keyboard.type(zone)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#told >> text=EPSG:{zone}", timeout=work.PATIENCE_MS)
    work.reach(page, "#effective")
    page.keyboard.type("2021-06")
    while page.locator("#stage input[name=confirmed]:not(:checked)").count():
        work.reach(page, "#stage input[name=confirmed]:not(:checked)")
        page.keyboard.press("Space")
    work.press(page, "#stage button[type=submit]")
    page.wait_for_url("**/drafts/D*", timeout=work.PATIENCE_MS)
    draft = page.url.rsplit("/", 1)[1]
    work.press(page, f"a[href='/drafts/{draft}/findings']")
    page.wait_for_selector("body[data-ready]")
    for _ in range(page.locator("#rows tr").count()):
        page.keyboard.press("j")
        if "缝隙" in page.inner_text("#rows tr[aria-current]"):
            break
    work.press(page, "#finding button", "查看修复建议")
    page.wait_for_selector("#preview-table td")
    work.press(page, "#preview-accept:not([disabled])")
    page.wait_for_selector(
        ".progress[data-job]", state="detached", timeout=work.PATIENCE_MS
    )
    work.press(page, "button[data-dialog='submit-dialog']")
    work.press(page, "#submit-dialog button[type=submit]")
    page.wait_for_selector(".badge:has-text('已提交')")
    return draft


def walk(visit: Visit, file: Path, *, english: bool) -> str:
    """The same with a finger on a phone, or in English; each page is looked at."""
    at = work.Desk(visit, english=english)
    at.go("/uploads")
    page = visit.page
    page.set_input_files("#files", file)
    page.wait_for_selector("#told", timeout=work.PATIENCE_MS)
    at.looked_at()
    for zone in (work.WRONG_ZONE, work.ZONE):
        if not page.is_visible("#crs_other"):
            at.press("details:has(#crs_other) summary")
        page.fill("#crs_other", zone)
        at.press("#again button[type=submit]")
        page.wait_for_selector(f"#told >> text=EPSG:{zone}", timeout=work.PATIENCE_MS)
        at.looked_at()
    page.fill("#effective", "2021-06")
    for box in page.locator("#stage input[name=confirmed]").all():
        box.check()
    at.press("#stage button[type=submit]")
    page.wait_for_url("**/drafts/D*", timeout=work.PATIENCE_MS)
    draft = page.url.rsplit("/", 1)[1]
    at.looked_at()
    at.follow(f"/drafts/{draft}/findings")
    page.wait_for_selector("body[data-ready]")
    at.press("#rows tr:has-text('Gap')" if english else "#rows tr:has-text('缝隙')")
    at.looked_at()
    at.press("#finding button:text-matches('查看修复建议|repair', 'i')")
    page.wait_for_selector("#preview-table td")
    at.looked_at()
    at.press("#preview-accept:not([disabled])")
    page.wait_for_selector(
        ".progress[data-job]", state="detached", timeout=work.PATIENCE_MS
    )
    at.go(f"/drafts/{draft}")
    at.decide("submit", "submitted")
    return draft


@pytest.mark.parametrize(
    ("how", "store_url"),
    [
        ("keyboard", "sqlite"),
        pytest.param("phone", "postgis", marks=pytest.mark.postgis),
        ("english", "sqlite"),
        # the other store of each: the way with the mouse runs on both
        pytest.param("keyboard", "postgis", marks=AT_LENGTH),
        pytest.param("phone", "sqlite", marks=pytest.mark.full),
        pytest.param("english", "postgis", marks=AT_LENGTH),
    ],
    indirect=["store_url"],
)  # fmt: skip
def test_from_a_file_to_review(
    browser: Browser, desk: tuple[registries.Office, str], tmp_path: Path, how: str
) -> None:
    made, address = desk
    file = work.packed(work.surveyed(), tmp_path)
    options = {"phone": work.PHONE, "english": {"locale": "en-US"}}.get(how, {})
    with (
        working.worker(made.registry.store.url),
        browsing.visiting(browser, address, **options) as visit,
    ):
        visit.sign_in("li")
        if how == "keyboard":
            draft = walk_keys(visit, file)
        else:
            draft = walk(visit, file, english=how == "english")
        assert visit.troubles == []
        assert visit.elsewhere == []
    document = made.registry.document(draft)
    assert document["state"] == "submitted"
    assert document["effective"] == "2021-06"
    assert document["reading"]["crs"]["epsg"] == int(work.ZONE)
    assert [each["kind"] for each in document["repairs"]] == ["fill"]


class Line:
    """The line to the server: counts the parts sent, and may hold one back."""

    def __init__(self, page: Page) -> None:
        self.starts: list[int] = []
        self.hold_after: int | None = None
        self.held: list[Route] = []
        page.route("**/api/v1/uploads/*/parts/*", self._pass)

    def _pass(self, route: Route) -> None:
        if self.hold_after is not None and len(self.starts) >= self.hold_after:
            self.held.append(route)
            return
        self.starts.append(int(route.request.url.rpartition("/")[2]))
        route.continue_()


@ON_SQLITE
def test_an_upload_is_paused_and_goes_on(
    browser: Browser, desk: tuple[registries.Office, str], tmp_path: Path
) -> None:
    """After a pause and after the page was left, what is there is not sent again."""
    made, address = desk
    file = tmp_path / "界线.zip"
    content = os.urandom(6 * MEGABYTE + 12_345)
    file.write_bytes(content)
    with browsing.visiting(browser, address) as visit:
        page = visit.sign_in("zhao").open("/uploads", ready=False).page
        for text in ("", "abc", "区划" * 500):
            own = hashlib.sha256(text.encode()).hexdigest()
            assert page.evaluate(_FALLBACK, text) == own
        page.on("dialog", lambda dialog: dialog.accept())  # leave in the middle
        line = Line(page)
        line.hold_after = 2
        page.set_input_files("#files", file)
        _until_held(page, line)
        page.click("#sending button:text-is('暂停')")
        page.wait_for_selector("#sending .words:has-text('已暂停')")
        assert page.locator(PLACES).evaluate("e => e.value") == 2 * MEGABYTE
        line.hold_after = 4
        page.click("#sending button:text-is('继续')")
        _until_held(page, line, more=2)
        page.reload()
        assert "66 %" in page.inner_text("#mine")
        line.hold_after = None
        page.set_input_files("#files", file)
        page.wait_for_url("**/uploads/U*", timeout=work.PATIENCE_MS)
        upload = page.url.rsplit("/", 1)[1]
        assert visit.troubles == []
    assert line.starts == [each * MEGABYTE for each in range(7)]
    kept = made.registry.upload("zhao", upload)
    assert made.registry.store.blob(kept["original"]) == content
    assert made.verbs().count("receive") == 1


def _until_held(page: Page, line: Line, more: int = 1) -> None:
    for _ in range(200):
        if len(line.held) >= more:
            return
        page.wait_for_timeout(50)
    pytest.fail("no part is on its way")


MARKERS: list[dict[str, Any]] = [
    {
        "界桩编号": "120101-120102-001Q",
        "界桩类型": "单立",
        "经度": 117.02,
        "纬度": 39.18,
    },
    {
        "界桩编号": "120101-120102-002Q",
        "界桩类型": "单立",
        "经度": 117.02,
        "纬度": 39.19,
    },
]
NAMES: list[dict[str, Any]] = [
    {"标准名称": "长乐路", "地名类别": "街路巷", "经度": 117.01, "纬度": 39.19},
    {"标准名称": "永福里", "地名类别": "街路巷", "经度": 117.03, "纬度": 39.19},
]
REGISTERS = {
    "markers": ("zhao", "界桩成果表", MARKERS, "120101-120102-002Q"),
    "place_names": ("namer", "地名", NAMES, "永福里"),
}


@ON_SQLITE
@pytest.mark.parametrize("layer", sorted(REGISTERS))
def test_a_register_is_uploaded(
    browser: Browser,
    desk: tuple[registries.Office, str],
    tmp_path: Path,
    layer: str,
) -> None:
    """A GBK table with longitude and latitude is seen for what it is."""
    made, address = desk
    add_user(made.registry, "namer", ["name_staff:120000"])
    who, name, rows, told = REGISTERS[layer]
    file = tmp_path / f"{name}.csv"
    with file.open("w", encoding="gbk", newline="") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows(rows)
    with (
        working.worker(made.registry.store.url),
        browsing.visiting(browser, address) as visit,
    ):
        page = visit.sign_in(who).open("/uploads", ready=False).page
        page.set_input_files("#files", file)
        page.wait_for_selector("#told", timeout=work.PATIENCE_MS)
        page.select_option("#target", layer)
        page.click("#again button[type=submit]")
        page.wait_for_selector(
            f"#told >> text={'界桩' if layer == 'markers' else '地名'}",
            timeout=work.PATIENCE_MS,
        )
        assert told in page.inner_text("main")
        page.fill("#effective", "2021")
        for box in page.locator("#stage input[name=confirmed]").all():
            box.check()
        page.click("#stage button[type=submit]")
        page.wait_for_url("**/drafts/D*", timeout=work.PATIENCE_MS)
        draft = page.url.rsplit("/", 1)[1]
        assert visit.troubles == []
        assert visit.elsewhere == []
    document = made.registry.document(draft)
    assert document["layer"] == layer
    assert document["counts"]["added"] == len(rows)
