"""The public map of eldercare on a phone, without sign-in, as somebody seeking care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from geodata import crs
from tests.support import streets
from tests.support.browsing import serving, visiting
from tests.support.registries import office
from tests.support.signed import add_user
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

NUMBER = "津S(2026)001号"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[str]:
    """The address of a server with two open facilities, a park, and streets."""
    registry = office(tmp_path).registry
    for name, role in (
        ("officer", "eldercare_officer:120000"),
        ("planner", "planner:120000"),
        ("namer", "name_staff:120000"),
        ("judge", "name_reviewer:120000"),
        ("opener", "system_admin"),
    ):
        add_user(registry, name, [role])
    district = gpd.GeoDataFrame(
        {"code": ["120101"], "name": ["和平区"]},
        geometry=[shapely.box(115.99, 38.99, 116.02, 39.02)],
        crs=crs.STORAGE,
    )
    facilities = gpd.GeoDataFrame(
        {
            "facility": ["F1", "F2"],
            "name": ["松鹤养老院", "长乐日间照料中心"],
            "type": ["INST", "DAY"],
            "status": ["operating"] * 2,
            "division": ["120101"] * 2,
            "public": [True] * 2,
            "beds_total": [40, None],
            "beds_occupied": [30, None],
            "price_low": [2600, None],
            "phone": ["022-1234567", None],
        },
        geometry=gpd.points_from_xy([116.006, 116.001], [39.006, 39.001]),
        crs=crs.STORAGE,
    )
    park = gpd.GeoDataFrame(
        {"name": ["安宁公园"], "category": ["街路巷"], "public": ["是"]},
        geometry=gpd.points_from_xy([116.0], [39.0]),
        crs=crs.STORAGE,
    )
    for layer, frame, author, by in (
        ("divisions", district, "zhao", "chen"),
        ("facilities", facilities, "officer", "planner"),
        ("place_names", park, "namer", "judge"),
    ):
        draft = registry.stage(author, frame, layer=layer, effective="2020")["id"]
        registry.submit(author, draft)
        registry.approve(by, draft)
        registry.publish(by, layer=layer)
    registry.add_network("planner", streets.town(8, 8), title="路网")
    registry.set_public("opener", on=True, approval_number=NUMBER)
    with serving(create_app(registry, cache=tmp_path / "cache")) as address:
        yield address
    registry.close()


def test_a_home_is_found_filtered_and_called_on_a_phone(
    browser: Browser, town: str
) -> None:
    with visiting(browser, town, viewport=PHONE) as visit:
        page = visit.page
        page.goto(f"{town}/public/eldercare?lang=zh")
        page.wait_for_selector("body[data-ready]")
        assert NUMBER in page.inner_text("#approval")
        assert page.locator("#facilities li").count() == 2

        page.fill("#place", "安宁")
        page.click("#places button")
        page.wait_for_selector("#facilities .walk >> text=步行约")
        first, second = page.locator("#facilities li").all()
        assert "长乐日间照料中心" in first.inner_text()
        assert "步行约 3 分钟" in first.inner_text()
        assert "松鹤养老院" in second.inner_text()

        page.click("#more > summary")
        page.check("[name=free]")
        page.select_option("#price", "3500")
        assert page.locator("#facilities li").count() == 1
        page.keyboard.press("Tab")
        page.click("#facilities button.name")
        assert page.get_attribute("#detail a.call", "href") == "tel:0221234567"
        assert "空余床位" in page.inner_text("#detail")
        assert "sel=F1" in page.url
        assert "116.00" not in page.url.split("at=")[0], "nobody's place is told"
        assert page.locator("#detail h2:focus").inner_text() == "松鹤养老院"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        assert page.locator("#facilities button:focus").inner_text() == "松鹤养老院"

        page.click("#large")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        small = page.evaluate(
            """[...document.querySelectorAll("button, select, input, summary")]
            .filter((one) => one.offsetParent && one.type !== "checkbox")
            .map((one) => [one.id || one.className, one.getBoundingClientRect().height])
            .filter(([, high]) => high < 32)"""
        )
        assert small == []
        assert visit.troubles == []
        assert visit.elsewhere == []
