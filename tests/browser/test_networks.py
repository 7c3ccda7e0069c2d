"""A footbridge is drawn between two streets, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browsing import serving, visiting
from tests.support.registries import office
from tests.support.signed import add_user
from tests.support.streets import two_streets
from tests.support.working import inline
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from boundaries.registry import Registry

pytestmark = pytest.mark.browser


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[tuple[str, Registry]]:
    """A network of two streets that nothing joins."""
    registry = office(tmp_path).registry
    add_user(registry, "draws", ["planner"])
    registry.add_network("draws", two_streets(), title="路网")
    with serving(create_app(registry, cache=tmp_path / "cache")) as address:
        yield address, registry
    registry.close()


def test_a_planner_joins_two_streets(
    browser: Browser, bureau: tuple[str, Registry]
) -> None:
    address, registry = bureau
    with visiting(browser, address) as visit:
        page = visit.sign_in("draws").page
        page.goto(f"{address}/networks/lines?lang=zh")
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector("text=2 条路段")
        box = page.locator(".mapkit-map").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.get_by_role("button", name="画连接线").click()
        page.mouse.click(x, y - 55)
        page.mouse.click(x, y + 20)
        page.keyboard.press("Backspace")  # not far enough: taken back
        page.mouse.click(x, y + 55)
        page.keyboard.press("Enter")
        page.get_by_label("第 1 条线的备注").fill("人行天桥")
        page.get_by_label("修改说明").fill("补画天桥")
        page.get_by_role("button", name="保存并生成新版本").click()
        page.wait_for_url("**/jobs/*")
        kept = registry.network_lines("draws")
        assert [line["remark"] for line in kept["lines"]] == ["人行天桥"]
        assert len(kept["lines"][0]["points"]) == 2
        inline(registry)
        page.goto(f"{address}/networks/2?lang=zh")
        page.wait_for_selector("body[data-ready]")
        assert page.get_by_text("全部道路相互连通。").is_visible()
        assert registry.network().meta["number"] == 2
        assert visit.troubles == []
