"""A surveyor's file in the browser: sent, read, its zone corrected, a draft made."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import browsing, registries, working
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 120_000
_FALLBACK = """async (text) => {
  const { digest } = await import(document.querySelector("script[src*='js/uploads/']")
    .src.replace("index.js", "sha256.js"));
  return Array.from(digest(new TextEncoder().encode(text)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


def packed(folder: Path) -> Path:
    """A GBK Shapefile without .prj and .cpg, in zone 39 without its number."""
    frame = registries.streets("AAAB/AABB/CCDD").to_crs("EPSG:4548")
    frame.to_file(folder / "界线.shp", encoding="GBK")
    archive = folder / "界线.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for ending in ("shp", "shx", "dbf"):
            written.write(folder / f"界线.{ending}", f"界线.{ending}")
    return archive


def test_a_gbk_zip_without_a_projection_becomes_a_draft(
    browser: Browser, tmp_path: Path
) -> None:
    office = registries.office(tmp_path)
    office.commit()
    office.registry.publish("chen")
    file = packed(tmp_path)
    with (
        working.worker(office.registry.store.url),
        browsing.serving(create_app(office.registry)) as address,
        browsing.visiting(browser, address) as visit,
    ):
        visit.sign_in("zhao").open("/uploads", ready=False)
        page = visit.page
        for text in ("", "abc", "区划" * 500):
            own = hashlib.sha256(text.encode()).hexdigest()
            assert page.evaluate(_FALLBACK, text) == own
        page.set_input_files("#files", file)
        page.wait_for_url("**/uploads/U*", timeout=PATIENCE_MS)
        page.wait_for_selector("#told", timeout=PATIENCE_MS)
        assert "东风街道" in page.inner_text("#guesses")
        if not page.is_visible("#crs_other"):
            page.click("details:has(#crs_other) summary")
        page.fill("#crs_other", "4549")  # one zone too far east
        page.click("#again button[type=submit]")
        page.wait_for_selector("#told, .note.error", timeout=PATIENCE_MS)
        page.fill("#crs_other", "4548")
        page.click("#again button[type=submit], .panel button.primary")
        page.wait_for_selector("#told >> text=EPSG:4548", timeout=PATIENCE_MS)
        page.fill("#effective", "2021-06")
        for box in page.query_selector_all("#stage input[name=confirmed]"):
            box.check()
        page.click("#stage button[type=submit]")
        page.wait_for_url("**/drafts/D*", timeout=PATIENCE_MS)
        assert visit.elsewhere == []
    (draft,) = office.registry.drafts("zhao", state="draft")
    assert draft["effective"] == "2021-06"
    assert draft["reading"]["crs"]["epsg"] == 4548
    assert draft["findings"] is not None
