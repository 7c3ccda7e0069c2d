"""From the surveyor's file to the public map, through the hands of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import test_editing as editor
from tests.browser import work
from tests.support import browsing, registries, working
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUMBER = "津S(2026)001号"
POSTGIS = pytest.mark.postgis
LATER_ON_POSTGIS = pytest.param("postgis", marks=[POSTGIS, pytest.mark.full])
LATER_ON_SQLITE = pytest.param("sqlite", marks=pytest.mark.full)
"""The first journey runs on both stores always, each other one on one of them."""


@pytest.fixture
def bureau(store_url: str, tmp_path: Path) -> Iterator[tuple[registries.Office, str]]:
    """Four streets of two districts, published, a worker, and a server."""
    made = registries.office(tmp_path, url=store_url)
    made.registry.set_roles("keeper", "sun", ["boundary_manager:120102"])
    made.commit()
    made.registry.publish("chen")
    with (
        working.worker(made.registry.store.url),
        browsing.serving(create_app(made.registry, cache=tmp_path / "c")) as address,
    ):
        yield made, address
    made.registry.close()


def test_from_the_field_to_the_public_map(
    browser: Browser, bureau: tuple[registries.Office, str], tmp_path: Path
) -> None:
    made, address = bureau
    file = work.packed(work.surveyed(), tmp_path)
    with browsing.visiting(browser, address) as visit:
        page = visit.page
        draft = work.uploaded(visit.sign_in("li"), file)
        work.gap_mended(visit, draft)
        work.submitted(visit, draft)

        visit.sign_in("sun").open("/drafts?box=all", ready=False)
        assert draft not in page.inner_text("main")
        answer = page.context.request.get(f"{address}/drafts/{draft}")
        assert answer.status == 404
        assert "东风" not in answer.text()

        visit.sign_in("wang").open("/drafts", ready=False)
        page.click(f"a[href='/drafts/{draft}']")
        page.click("button[data-dialog='return-dialog']")
        page.fill("#return-note", work.REASON)
        page.click("#return-dialog button[type=submit]")
        page.wait_for_selector(".badge:has-text('已退回')")

        visit.sign_in("li").open(f"/drafts/{draft}/conversation", ready=False)
        assert work.REASON in page.inner_text("main")
        work.submitted(visit, draft)

        visit.sign_in("wang")
        work.approved(visit, draft)
        work.published(visit, draft)

        work.opened_to_the_public(visit, NUMBER)
        visit.context.clear_cookies()
        with work.listening(visit) as heard:
            visit.open(f"/public?at={work.STRIP_AT}", ready=False)
            page.wait_for_selector("body[data-ready='2021-06']")
            assert NUMBER in page.inner_text("footer")
            assert "东风街道" in work.what_lies_in_the_middle(page)
            page.locator("#timeline [role=slider]").focus()
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector("body[data-ready='2020-01-01']")
            assert "南门街道" in work.what_lies_in_the_middle(page)
        assert any("/public/t/" in url for url in heard)
        for url, body in heard.items():
            assert not work.COMPUTED.search(body), url
        assert visit.troubles == []
        assert visit.elsewhere == []
    assert made.verbs().count("return") == 1


@pytest.mark.parametrize("store_url", ["sqlite", LATER_ON_POSTGIS], indirect=True)
def test_two_surveyors_settle_the_border_they_both_moved(
    browser: Browser, bureau: tuple[registries.Office, str]
) -> None:
    made, address = bureau
    made.registry.add_user("root", "su", ())
    made.registry.set_roles("keeper", "su", ["surveyor:120000"])
    drafts = []
    with browsing.visiting(browser, address) as visit:
        page = visit.page
        for who, east in (("zhao", 30), ("su", -40)):
            editor.begin(visit, who)
            before = editor.shown(page)
            editor.choose(page, "东风街道", "西关街道")
            editor.drag(page, east, 0)
            editor.at_work(page, before)
            drafts.append(editor.draft_of(page))
            page.click("#to-draft")
            work.checked(visit, drafts[-1])
            work.submitted(visit, drafts[-1])
        first, second = drafts
        visit.sign_in("chen")
        work.approved(visit, first)
        visit.open(f"/drafts/{second}", ready=False)
        # the layer moved on: what is approved is seen checked on it first
        assert page.locator("button[data-dialog='approve-dialog']").count() == 0
        page.click(f"form[action='/drafts/{second}/check'] button")
        page.wait_for_selector(
            "button[data-dialog='approve-dialog']", timeout=work.PATIENCE_MS
        )
        work.tried_to_approve(visit)
        page.wait_for_url(f"**/drafts/{second}/conflict")
        assert page.locator("form#resolve-form button.primary").count() == 0

        visit.sign_in("su").open(f"/drafts/{second}", ready=False)
        assert "没有任何内容被覆盖" in page.inner_text("main")
        page.click(f"main a.primary[href='/drafts/{second}/conflict']")
        page.wait_for_selector("body[data-ready]")
        said = page.inner_text("#conflict")
        for side in ("基准", "己方", "对方", "双方画法之间"):
            assert side in said
        assert "zhao" in page.inner_text("main")
        for choice in page.locator("input[type=radio][value=mine]").all():
            choice.check()
        page.click("#resolve-form button.primary")
        page.wait_for_url(f"**/drafts/{second}")
        work.checked(visit, second)
        work.submitted(visit, second)
        visit.sign_in("chen")
        work.approved(visit, second)
        assert visit.troubles == []
    assert made.registry.store.head("divisions") == 3
    drawn = made.registry.store.snapshot("divisions").geometry
    mine = made.registry.store.staged(second).new.geometry
    for code in (editor.A, editor.B):
        assert drawn[code].equals(mine[code])


@pytest.mark.parametrize(
    "store_url",
    [pytest.param("postgis", marks=POSTGIS), LATER_ON_SQLITE],
    indirect=True,
)
def test_a_planner_compares_two_dates_and_prints(
    browser: Browser, bureau: tuple[registries.Office, str]
) -> None:
    made, address = bureau
    made.commit("AAAB/AABB/CCDD", effective="2021", basis="津民发〔2021〕6号")
    made.registry.publish("chen")
    with browsing.visiting(browser, address) as visit:
        page = visit.sign_in("planner").open("/map").page
        page.wait_for_selector("body[data-ready^='2021']")
        page.click("#beside")
        page.wait_for_selector("#other .side-date:text-is('2020-01-01')")
        assert page.inner_text("#side-date") == "2021"
        page.click("#tab-changes")
        assert "西关街道 → 东风街道" in page.inner_text("#changes-panel")
        page.click("#print")
        page.wait_for_selector(".sheet-foot .internal")
        assert work.pages(page.pdf(prefer_css_page_size=True)) == 1
        page.emulate_media(media="print")
        said = page.inner_text("body")
        for part in ("2020-01-01 与 2021", "内部使用", "津民发〔2021〕6号", "图例"):
            assert part in said, part
        assert visit.troubles == []
        assert visit.elsewhere == []


@pytest.mark.parametrize(
    ("how", "store_url"),
    [
        pytest.param("phone", "postgis", marks=POSTGIS),
        ("english", "sqlite"),
        pytest.param("phone", "sqlite", marks=pytest.mark.full),
        pytest.param("english", "postgis", marks=[POSTGIS, pytest.mark.full]),
    ],
    indirect=["store_url"],
)
def test_a_whole_review(
    browser: Browser, bureau: tuple[registries.Office, str], how: str
) -> None:
    """On a phone nothing sticks out; in English no word of ours stays Chinese."""
    made, address = bureau
    registry = made.registry
    draft = made.stage(picture="AAAB/AA.B/CCDD", effective="2021", title="界线调整")
    draft = draft["id"]
    mark = registry.check("zhao", draft)["fingerprint"].iloc[0]
    options = work.PHONE if how == "phone" else {"locale": "en-US"}
    with browsing.visiting(browser, address, **options) as visit:
        desk = work.Desk(visit, english=how == "english")
        page = visit.page
        visit.sign_in("ma")
        desk.go(f"/drafts/{draft}/findings", drawn=True)
        desk.press("#rows tr[data-number='1']")
        desk.press("#finding button:text-is('豁免'), #finding button:text-is('Waive')")
        assert page.is_visible("#waive-dialog")
        page.fill("#waive-reason", work.REASON)
        desk.press("#waive-dialog button.primary")
        page.wait_for_selector("#waive-dialog", state="hidden")
        desk.looked_at()
        assert mark in {row["fingerprint"] for row in registry.waivers_seen("ma")}

        visit.sign_in("zhao")
        desk.go(f"/drafts/{draft}")
        desk.decide("submit", "submitted")
        visit.sign_in("chen")
        desk.go("/")
        desk.go("/drafts")
        desk.follow(f"/drafts/{draft}")
        desk.follow(f"/drafts/{draft}/changes")
        page.wait_for_selector("body[data-ready]")
        assert "西关街道 → 东风街道" in page.inner_text("#side")
        desk.looked_at()
        desk.decide("return", "returned", work.REASON)
        visit.sign_in("zhao")
        desk.go(f"/drafts/{draft}/conversation")
        assert work.REASON in page.inner_text("main")
        desk.decide("submit", "submitted")
        visit.sign_in("chen")
        desk.go(f"/drafts/{draft}")
        desk.decide("approve", "approved")
        desk.follow(f"/drafts/{draft}/publish")
        desk.press(f"form[action='/drafts/{draft}/publish'] button")
        desk.stands("published")
        assert visit.troubles == []
        assert visit.elsewhere == []
    assert registry.document(draft)["state"] == "published"
