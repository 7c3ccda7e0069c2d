"""Hostile names through the whole page: nothing runs, the text is shown as it is."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from tests.support import published
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
    hits: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/HIT", hits
        server.shutdown()


def corpus(data: Path, address: str) -> list[str]:
    """The strings of the corpus, armed with the listener's address."""
    path = data / "hostile/synthetic/geometry_strings/strings.json"
    found = [
        text for group in json.loads(path.read_text("utf-8")).values() for text in group
    ]
    call = f"new Image().src='{address}'"
    armed = [
        text.replace("alert(1)", call).replace("/HIT/.source", f"'{address}'")
        for text in found
    ]
    extra = [
        f'<img src=x onerror="{call}">',
        f"<script src='{address}'></script>",
        f"{{{{ cycler.__init__.__globals__.os.popen('curl {address}') }}}}",
        f"${{fetch('{address}')}}",
    ]
    clean = [text.replace("\x00", "")[:200].strip() for text in [*armed, *extra]]
    return list(dict.fromkeys(text for text in clean if text))


def test_no_name_runs_and_each_is_shown_literally(
    browser: Browser,
    data: Path,
    tmp_path: Path,
    beacon: tuple[str, list[str]],
) -> None:
    address, hits = beacon
    names = corpus(data, address)
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
