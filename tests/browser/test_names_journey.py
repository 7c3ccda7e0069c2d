"""A place name from search to publication, by two people, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from geodata import crs
from tests.support.browsing import serving, visiting
from tests.support.registries import office
from tests.support.signed import add_user
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from boundaries.registry import Registry

pytestmark = pytest.mark.browser


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[tuple[str, Registry]]:
    """A city of two districts with two streets, published, and its name people."""
    registry = office(tmp_path).registry
    add_user(registry, "namer", ["name_staff:120000"])
    add_user(registry, "judge", ["name_reviewer:120000"])
    boxes = [shapely.box(117, 39, 117.1, 39.1), shapely.box(117.1, 39, 117.2, 39.1)]
    divisions = gpd.GeoDataFrame(
        {"code": ["120101", "120102"], "name": ["和平区", "河东区"]},
        geometry=boxes,
        crs=crs.STORAGE,
    )
    names = gpd.GeoDataFrame(
        {"name": ["长乐路", "安宁巷"], "category": ["街路巷"] * 2},
        geometry=gpd.points_from_xy([117.05, 117.06], [39.05, 39.05]),
        crs=crs.STORAGE,
    )
    for layer, frame, author, by in (
        ("divisions", divisions, "zhao", "chen"),
        ("place_names", names, "namer", "judge"),
    ):
        draft = registry.stage(author, frame, layer=layer, effective="2020")["id"]
        registry.submit(author, draft)
        registry.approve(by, draft)
        registry.publish(by, layer=layer)
    with serving(create_app(registry, cache=tmp_path / "cache")) as address:
        yield address, registry
    registry.close()


def test_a_name_is_found_edited_reviewed_and_published(
    browser: Browser, bureau: tuple[str, Registry]
) -> None:
    address, registry = bureau
    with visiting(browser, address) as staff:
        page = staff.sign_in("namer").page
        page.goto(f"{address}/names?lang=zh")
        page.get_by_role("combobox", name="查找地名").fill("乐")
        page.get_by_role("option", name="长乐路").click()
        page.wait_for_url("**/names/1*")
        page.get_by_role("link", name="修改").click()
        page.get_by_role("textbox", name="名称", exact=True).fill("安宁巷")
        page.wait_for_selector("#hints >> text=个地名叫")
        page.get_by_role("textbox", name="名称", exact=True).fill("永福路")
        page.get_by_role("button", name="采用 Yongfu Lu").click()
        page.wait_for_selector("#hints >> text=未发现问题")
        page.get_by_label("曾用名").fill("长乐路")
        page.get_by_label("生效日期").fill("2026-05-01")
        page.get_by_label("依据").fill("津地名〔2026〕3号")
        page.get_by_role("button", name="放入草稿").click()
        page.wait_for_url("**/drafts/D*")
        draft = page.url.split("/")[-1].split("?")[0]
        assert staff.troubles == []
    registry.submit("namer", draft)
    with visiting(browser, address) as reviewer:
        page = reviewer.sign_in("judge").page
        page.goto(f"{address}/drafts/{draft}/changes?lang=zh")
        page.wait_for_selector("text=永福路")
        page.wait_for_selector("main >> text=长乐路")
        assert reviewer.troubles == []
    registry.approve("judge", draft)
    registry.publish("judge", layer="place_names")
    with visiting(browser, address) as anybody:
        page = anybody.sign_in("viewer").page
        page.goto(f"{address}/names?q=长乐&lang=zh")
        page.get_by_role("link", name="永福路").click()
        history = page.locator("#history").inner_text()
        assert "津地名〔2026〕3号" in history
        assert "长乐路" in history
        assert "2020" in history
        assert anybody.troubles == []


def test_the_map_of_names_shows_what_the_list_shows_and_every_search_finds_them(
    browser: Browser, bureau: tuple[str, Registry]
) -> None:
    """The map beside a list follows its search; /map and the bar find names too."""
    address, _ = bureau
    with visiting(browser, address) as visit:
        page = visit.sign_in("viewer").page
        page.goto(f"{address}/names?q=长乐&lang=zh")
        page.wait_for_selector("#map[data-drawn='1'] .map-name >> text=长乐路")
        assert page.locator(".map-name").all_inner_texts() == ["长乐路"]
        page.goto(f"{address}/map")
        visit.ready()
        page.fill("#query", "安宁")
        page.get_by_role("option", name="安宁巷").click()
        page.wait_for_selector("#notice a[href^='/names/']")
        page.wait_for_selector(".map-name >> text=安宁巷")
        assert "place_names" in page.url
        assert visit.troubles == []
