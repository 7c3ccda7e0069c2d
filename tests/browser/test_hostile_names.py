"""Hostile names through the whole page: nothing runs, the text is shown as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from tests.support import hostile, published
from tests.support.browsing import serving, visiting
from webmap import create_app

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


def test_no_name_runs_and_each_is_shown_literally(
    browser: Browser,
    data: Path,
    tmp_path: Path,
    beacon: tuple[str, list[str]],
) -> None:
    address, hits = beacon
    names = hostile.corpus(data, address)
    registry = published.registry_at(tmp_path / "store.sqlite")
    boxes = [
        shapely.box(
            117 + i % 12 * 0.1,
            39 + i // 12 * 0.1,
            117.1 + i % 12 * 0.1,
            39.1 + i // 12 * 0.1,
        )
        for i in range(len(names))
    ]
    frame = gpd.GeoDataFrame(
        {"code": [f"1201{i:08}" for i in range(len(names))], "name": names},
        geometry=boxes,
        crs="EPSG:4490",
    )
    first = published.divisions(frame, remark=names, seat=names)
    published.publish(registry.store, first, "2020-01-01", basis="一")
    moved = frame.geometry.to_numpy().copy()
    moved[0] = shapely.box(117, 39, 117.05, 39.1)
    moved[1] = shapely.box(117.05, 39, 117.2, 39.1)
    second = published.divisions(frame.set_geometry(moved), remark=names, seat=names)
    events = [
        {"type": text, "from": [text], "to": [text], "basis": text} for text in names
    ]
    published.publish(
        registry.store, second, "2022-01-01", basis=names[0], message=names[1],
        doc={"title": names[2], "events": events},
    )  # fmt: skip
    with (
        serving(create_app(registry)) as server,
        visiting(browser, server) as visit,
    ):
        visit.sign_in().open("/map?panel=table")
        page = visit.page
        page.wait_for_selector("#table-panel tbody tr")
        in_table = page.locator("#table-panel tbody tr .link").all_text_contents()
        assert sorted(in_table) == sorted(names)
        page.click("#tab-tree")
        in_tree = page.evaluate(
            "[...document.querySelectorAll('#tree .name')].map(e => e.firstChild.data)"
        )
        assert sorted(in_tree) == sorted(names)
        page.click("#tab-changes")
        assert names[0] in page.locator("#changes-panel").text_content()
        for number, name in enumerate(names):
            page.click("#tab-tree")
            page.locator(f"#tree [data-code='1201{number:08}'] > .node .name").click()
            page.wait_for_selector(f"#detail:has(code:text-is('1201{number:08}'))")
            said = page.locator("#detail")
            assert said.locator("h2").evaluate("e => e.textContent") == name
            assert name in said.evaluate("e => e.textContent")
        page.fill("#query", names[0])
        page.wait_for_selector("#found [role=option]")
        assert names[0] in page.locator("#found").evaluate("e => e.textContent")
        page.mouse.move(700, 400)
        page.wait_for_timeout(500)
        assert hits == []
        assert visit.elsewhere == []
        assert visit.troubles == [], "no error and no policy violation"
    registry.store.close()
