"""The page of ``quhua check --map``, opened from the disk, asks nobody for anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from boundaries import console
from geodata import files
from tests.support import hostile
from tests.support.browsing import visiting
from webmap.cli import root as quhua

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def beacon() -> Iterator[tuple[str, list[str]]]:
    """A listener that a name's code would call if it ran."""
    with hostile.beacon() as listening:
        yield listening


def checked(path: Path, *more: str) -> Path:
    """Check a file and return the page that was written."""
    page = path.with_suffix(".html")
    assert console.main(quhua, ["check", str(path), "--map", str(page), *more]) in (
        0,
        1,
    )
    return page


def test_findings_are_listed_filtered_and_zoomed_to(
    browser: Browser, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "深圳街道.gpkg"
    path.write_bytes((data / "shenzhen" / "shenzhen.gpkg").read_bytes())
    page = checked(path, "--layer", "streets")
    assert page.name in capsys.readouterr().out
    text = page.read_text("utf-8")
    assert "</script><" not in re.sub(r"</script>\n<", "", text)
    with visiting(browser, "http://127.0.0.1") as visit:
        visit.page.goto(page.as_uri())
        assert visit.page.locator("#title").inner_text() == "拓扑检查：深圳街道.gpkg"
        buttons = visit.page.locator("#list button")
        assert buttons.count() == 40
        visit.page.locator("summary").click()
        visit.page.get_by_label("狭长缝隙").uncheck()
        assert buttons.count() == 5
        visit.page.locator("#search").fill("石岩")
        assert buttons.count() == 2
        before = visit.page.evaluate("map_divisions.getZoom()")
        buttons.first.click()
        visit.page.wait_for_function(f"map_divisions.getZoom() > {before} + 4")
        told = visit.page.locator("#told")
        assert "大浪" in told.inner_text()
        assert "283.5 m²" in told.inner_text()
        visit.page.locator("#language").click()
        assert "Mean width" in told.inner_text()
        assert visit.page.locator("html").get_attribute("lang") == "en"
        assert visit.troubles == []
        assert [url for url in visit.requests if not url.startswith("data:")] == [
            page.as_uri()
        ]


def test_hostile_names_are_shown_literally(
    browser: Browser, data: Path, tmp_path: Path, beacon: tuple[str, list[str]]
) -> None:
    address, hits = beacon
    names = hostile.corpus(data, address)
    shapes = [
        shapely.box(117 + n / 50, 39, 117.021 + n / 50, 39.01)
        for n in range(len(names))
    ]
    frame = gpd.GeoDataFrame(
        {"code": [str(n) for n in range(len(names))], "name": names},
        geometry=shapes,
        crs=4490,
    )
    path = tmp_path / "n.gpkg"
    files.write(frame, path, language="")
    page = checked(path)
    with visiting(browser, "http://127.0.0.1") as visit:
        visit.page.goto(page.as_uri())
        buttons = visit.page.locator("#list button[data-at]")
        for place in range(0, buttons.count(), 9):
            buttons.nth(place).click()
        shown = visit.page.locator("#list").inner_text()
        data_block = visit.page.evaluate("document.getElementById('data').textContent")
        known = {name for name in json.loads(data_block)["units"]["names"] if name}
        plain = {" ".join(n.split()) for n in known}
        seen = " ".join(shown.split())
        assert sum(name in seen for name in plain) > 0.9 * len(plain)
        assert visit.troubles == []
    assert hits == []
