"""A facility is found, built anew elsewhere and merged, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from geodata import crs
from tests.support.browsing import serving, visiting
from tests.support.published import publish
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
    """Two districts and two records of one home."""
    registry = office(tmp_path).registry
    add_user(registry, "officer", ["eldercare_officer:120000"])
    boxes = [shapely.box(117, 39, 117.1, 39.1), shapely.box(117.1, 39, 117.2, 39.1)]
    units = gpd.GeoDataFrame(
        {"code": ["120101", "120102"], "name": ["和平区", "河东区"],
         "kind": ["district"] * 2, "level": [3, 3]},
        geometry=boxes, crs=crs.STORAGE,
    )  # fmt: skip
    homes = gpd.GeoDataFrame(
        {"facility": ["Y1", "Y2"], "name": ["康乐养老院", "康乐养老院（分部）"],
         "type": ["INST"] * 2, "status": ["operating"] * 2,
         "division": ["120101"] * 2, "beds_total": [90, None]},
        geometry=gpd.points_from_xy([117.05, 117.0501], [39.05, 39.05]),
        crs=crs.STORAGE,
    )  # fmt: skip
    publish(registry.store, units.set_index("code", drop=False), "2020")
    publish(
        registry.store, homes.set_index("facility", drop=False), "2021",
        layer="facilities",
    )  # fmt: skip
    with serving(create_app(registry, cache=tmp_path / "cache")) as address:
        yield address, registry
    registry.close()


def test_an_officer_finds_a_home_and_gives_it_a_new_site(
    browser: Browser, bureau: tuple[str, Registry]
) -> None:
    address, registry = bureau
    with visiting(browser, address) as visit:
        page = visit.sign_in("officer").page
        page.goto(f"{address}/facilities?lang=zh")
        page.wait_for_selector("#map[data-drawn='2']")
        page.get_by_label("名称、编码、地址或电话").fill("康乐 分部")
        page.get_by_role("button", name="查询").click()
        page.wait_for_selector("#map[data-drawn='1']")
        page.get_by_role("link", name="康乐养老院（分部）").click()
        page.get_by_role("link", name="对照并合并").click()
        page.wait_for_selector("text=保留第一条")
        page.go_back()
        page.get_by_role("link", name="异地还建").click()
        page.get_by_label("设施编码").fill("Y9")
        page.get_by_label("经度").fill("117.15")
        page.get_by_label("纬度").fill("39.05")
        page.get_by_label("生效日期").fill("2026-05")
        page.get_by_role("button", name="放入草稿").click()
        page.wait_for_url("**/drafts/D*")
        draft = page.url.split("/")[-1].split("?")[0]
        assert visit.troubles == []
    new = registry.staged("officer", draft).new
    assert list(new.loc["Y2", ["status", "moved_to"]]) == ["moved", "Y9"]
    assert list(new.loc["Y9", ["moved_from", "division"]]) == ["Y2", "120102"]
