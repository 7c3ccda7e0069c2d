"""Hostile text in every field, every page by every role: shown as it is, never run."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.support import hostile
from tests.support.browsing import serving, visiting
from tests.support.signed import client_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flask.testing import FlaskClient
    from playwright.sync_api import Browser

    from tests.support.browsing import Visit

pytestmark = pytest.mark.browser

BY_HASH = {"public.document", "accounts.second_factor_image"}
ASKED_FIRST = {"file value"}
"""Rows of a file of two layers: which layer is asked before any row is shown."""
WALKERS = ("", *hostile.PEOPLE)
LANGUAGES = ("zh", "en")
FORMULA = tuple("=+-@＝＋－＠\t\r")
NUMBER = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?")
READ_ALL = """() => {
  const said = [document.title];
  for (const e of document.querySelectorAll("input, textarea")) said.push(e.value);
  for (const e of document.querySelectorAll("[title], [aria-label], [alt]"))
    said.push(e.title, e.getAttribute("aria-label") ?? "", e.alt ?? "");
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  let row = "";
  while (walk.nextNode())
    if (!walk.currentNode.parentElement.closest("script, style"))
      row += walk.currentNode.data;
  return [...said, row].join(" ");
}"""
OPEN_ALL = """() => {
  addEventListener("click", (e) => e.target.closest("a[href]") && e.preventDefault(),
    true);
  addEventListener("submit", (e) => { e.preventDefault(); e.stopPropagation(); }, true);
  for (const e of document.querySelectorAll("details")) e.open = true;
  for (const e of document.querySelectorAll("[role=tab], [data-dialog]")) e.click();
  for (const e of document.querySelectorAll(".leaflet-marker-icon, path, tr, li, a"))
    for (const kind of ["mouseover", "mouseenter", "mousemove", "focus"])
      e.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
}"""


@dataclass
class Seen:
    """What a walk gathered."""

    text: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def called() -> Iterator[tuple[str, list[str]]]:
    with hostile.beacon() as (address, hits):
        yield address, hits
        assert hits == []


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory,
    data: Path,
    called: tuple[str, list[str]],
) -> Iterator[hostile.Filled]:
    made = hostile.filled(
        tmp_path_factory.mktemp("hostile"), hostile.corpus(data, called[0])
    )
    yield made
    made.office.registry.close()


@pytest.fixture(scope="module")
def clients(filled: hostile.Filled) -> dict[str, FlaskClient]:
    return {
        who: client_as(filled.app, who) if who else filled.app.test_client()
        for who in WALKERS
    }


def addresses(filled: hostile.Filled, *, api: bool) -> list[str]:
    """Every address that can be asked for, its variable parts filled in."""
    found = []
    dates = {"date": ["2022-01-01"], "old": ["2020-01-01"], "new": ["2022-01-01"]}
    known = {**dates, **filled.values}
    adapter = filled.app.url_map.bind("")
    for rule in filled.app.url_map.iter_rules():
        files = {"digest", "filename", "z"} & rule.arguments
        if "GET" not in (rule.methods or ()) or files or rule.endpoint in BY_HASH:
            continue
        if rule.endpoint.startswith("api_") != api:
            continue
        names = sorted(rule.arguments)
        for values in product(*(known[name] for name in names)):
            parts = dict(zip(names, values, strict=True))
            found.append(adapter.build(rule.endpoint, parts))
    return sorted(set(found))


def readers(
    path: str, clients: dict[str, FlaskClient], order: Sequence[str]
) -> Iterator[str]:
    """Who of these people is answered a page there, as each is asked."""
    for who in order:
        with clients[who].get(path, follow_redirects=bool(who)) as answer:
            assert answer.status_code < 500, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield who


def walks(
    filled: hostile.Filled, clients: dict[str, FlaskClient], *, whole: bool
) -> dict[tuple[str, str], list[str]]:
    """Who opens which pages in which language.

    Every page once, languages and people in turn; its home each role sees. ``whole``:
    everybody every page in both.
    """
    found: dict[tuple[str, str], list[str]] = {}
    others = filled.values["draft"][1:]
    for number, path in enumerate(addresses(filled, api=False)):
        telling = path.endswith(("/conflict", "/changes"))
        if not (whole or telling) and any(draft in path for draft in others):
            continue  # the same pages as of the first draft
        turn = number % len(WALKERS)
        order = (*WALKERS[turn:], *WALKERS[:turn])
        most = None if whole or path == "/" else 1
        for who in itertools.islice(readers(path, clients, order), most):
            for lang in LANGUAGES if whole else (LANGUAGES[number % 2],):
                found.setdefault((who, lang), []).append(path)
    return found


def flat(text: str) -> str:
    """Return text with white space as HTML takes it."""
    return " ".join(text.split())


def look(visit: Visit, path: str, seen: Seen) -> None:
    """Open a page and all that opens on it, on the screen and on paper."""
    page = visit.page
    before = len(visit.troubles)
    answer = page.goto(visit.address + path, wait_until="load")
    if answer is None or answer.status != 200:
        seen.faults.append(f"{path}: {answer and answer.status}")
    chart = page.locator(".leaflet-container").first
    if chart.count():
        page.wait_for_timeout(200)
    seen.text.append(page.evaluate(READ_ALL))
    page.evaluate(OPEN_ALL)
    if chart.count():
        chart.hover(force=True)
        chart.click(force=True)
        page.wait_for_timeout(100)
    page.emulate_media(media="print")
    seen.text.append(page.evaluate(READ_ALL))
    page.emulate_media(media="screen")
    if page.evaluate("window.ran"):
        seen.faults.append(f"{path}: something ran")
    seen.faults += [f"{path}: {each}" for each in visit.troubles[before:]]


def test_no_text_runs_on_any_page(
    browser: Browser,
    filled: hostile.Filled,
    clients: dict[str, FlaskClient],
    full_size: bool,
) -> None:
    seen = Seen()
    with serving(filled.app) as address:
        for (who, lang), paths in walks(filled, clients, whole=full_size).items():
            with visiting(browser, address) as visit:
                if who:
                    visit.sign_in(who)
                visit.page.on("dialog", lambda dialog: dialog.dismiss())
                for path in paths:
                    look(visit, f"{path}?lang={lang}", seen)
                seen.faults += visit.elsewhere
    assert seen.faults == []
    said = flat("\n".join(seen.text))
    never = {
        where
        for where, texts in filled.planted.texts.items()
        if not any(flat(text) in said for text in texts)
    }
    assert never <= ASKED_FIRST, "fields whose text no page shows as it is"


def test_no_export_holds_a_formula(
    filled: hostile.Filled, clients: dict[str, FlaskClient]
) -> None:
    said: list[str] = []
    for export in filled.values["export"]:
        with clients["decider"].get(f"/exports/{export}/file") as answer:
            content = answer.data
        assert answer.status_code == 200
        name = answer.headers["Content-Disposition"]
        if ".csv" in name:
            cells = [c for row in _rows_of(content) for c in row]
        else:
            book = openpyxl.load_workbook(io.BytesIO(content))
            found = [c for sheet in book for row in sheet.iter_rows() for c in row]
            assert {c.data_type for c in found} <= {"s", "n", "inlineStr", "b"}
            said += [str(c.value) for c in found]
            continue
        said += [c.removeprefix("'") for c in cells]
        assert [c for c in cells if c.startswith(FORMULA) and not _is_number(c)] == []
    whole = flat(" ".join(said))
    for where in ("division name", "marker remark", "inspection damage", "place name"):
        assert any(flat(text) in whole for text in filled.planted.texts[where]), where
    audit = clients["audits"].post("/audit/export")
    assert audit.status_code == 200
    cells = [c for row in _rows_of(audit.data) for c in row]
    assert [c for c in cells if c.startswith(FORMULA) and not _is_number(c)] == []


def test_no_answer_of_the_api_is_taken_for_a_page(
    filled: hostile.Filled, clients: dict[str, FlaskClient]
) -> None:
    for path in addresses(filled, api=True):
        for who in ("decider", "audits"):
            with clients[who].get(path) as answer:
                assert answer.status_code < 500, path
                assert answer.mimetype != "text/html", path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


def _rows_of(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None
