"""From the worst street to a site the model chooses, a scenario, and a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.boundaries.services.towns import town_office
from tests.support import browsing, working
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 60_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    """A town of two streets with two centres, its worker and its server."""
    made = town_office(tmp_path)
    app = create_app(made.registry, cache=tmp_path / "c")
    with working.worker(made.registry.store.url), browsing.serving(app) as address:
        yield address
    made.registry.close()


def test_from_the_worst_street_to_a_scenario(browser: Browser, desk: str) -> None:
    with browsing.visiting(browser, desk) as visit:
        page = visit.sign_in("judge").page
        visit.open("/coverage?lang=zh", ready=False)
        page.wait_for_selector("#site-unit:not([hidden])", timeout=PATIENCE_MS)
        worst = page.inner_text("#units tbody tr:first-child th")
        page.click("#site-unit")
        page.wait_for_selector("#unit-chosen strong:has-text('街道')")
        assert page.inner_text("#unit-chosen strong").startswith(worst)
        page.fill("#minutes", "3")
        page.click("#find")
        page.wait_for_selector("#sites", timeout=PATIENCE_MS)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        assert "已证明最优" in page.inner_text("#totals")
        newly = page.inner_text("#totals li:first-child strong").lstrip("+")
        page.click("#sites [data-show='0']")
        assert page.locator("#sites tr[aria-current]").count() == 1
        with page.expect_download() as got:
            page.click("#sites a:has-text('XLSX')")
        assert got.value.suggested_filename.endswith(".xlsx")
        # other candidates: marked by hand, by row and by click
        page.click("a:has-text('修改条件重算')")
        page.wait_for_selector("body[data-ready]")
        assert page.input_value("#minutes") == "3"
        page.select_option("#source", "points")
        page.click("#map .mapkit-map", position={"x": 300, "y": 250})
        page.click("#add-point")
        assert page.locator("#points tbody tr").count() == 2
        page.fill("#points tr:nth-child(1) input >> nth=0", "<i>空地</i>")
        page.check("[name=model][value=lscp]")
        assert page.input_value("#number") == ""
        page.check("[name=model][value=mclp]")
        assert page.input_value("#number") == "1"
        page.fill("#number", "")
        page.click("#find")
        page.wait_for_selector("#wrong:has-text('新建数量或预算')")
        # the first answer becomes a plan, and a scenario that reaches as many
        visit.open("/siting?lang=zh", ready=False)
        page.click("#asked tr:has-text('已证明最优') a")
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        page.click("[data-dialog=keep-dialog]")
        page.fill("#keep-dialog [name=title]", "模型选址")
        page.select_option("#keep-dialog [name=kind]", "DAY")
        page.click("#keep-dialog button[type=submit]")
        page.wait_for_url("**/scenarios/S*", timeout=PATIENCE_MS)
        assert f"{newly} 人" in page.inner_text("main .panel >> nth=0")
        assert visit.elsewhere == []
        refused = [said for said in visit.troubles if "400" in said]
        assert visit.troubles == refused
