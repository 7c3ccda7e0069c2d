"""What the frame around every page knows: navigation, who is signed in, notices."""

from __future__ import annotations

import datetime as dt
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from flask import current_app, g, request, url_for

from boundaries import review
from boundaries.vocabulary import (
    ChangeType,
    DraftState,
    Kind,
    Level,
    Role,
    Rule,
    Severity,
)
from geodata.errors import Text
from webmap import languages, overlays, people, policy, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

log = logging.getLogger(__name__)

CHINA = dt.timezone(dt.timedelta(hours=8))
"""The country keeps one time; instants are stored in UTC and shown in this."""
SHOWN_EN = 7
"""Entries of the navigation that fit beside search and account in English."""


@dataclass(frozen=True)
class Entry:
    """A place to go; it is offered where its page exists and lets the user in."""

    endpoint: str
    label: Text
    noun: str = ""
    """First part of the addresses that belong to it."""


MAIN = (
    Entry("home.front", Text("首页", "Home")),
    Entry("pages.map_page", Text("地图", "Map"), "map"),
    Entry("uploads.index", Text("上传", "Upload"), "uploads"),
    Entry("drafts.index", Text("草稿", "Drafts"), "drafts"),
    Entry("divisions.index", Text("区划", "Divisions"), "divisions"),
    Entry("markers.index", Text("界桩", "Markers"), "markers"),
    Entry("names.index", Text("地名", "Place names"), "names"),
)
ELDERCARE = (
    Entry("coverage.index", Text("服务覆盖", "Service coverage"), "coverage"),
    Entry("indicators.index", Text("指标", "Indicators"), "indicators"),
    Entry("planning.index", Text("布局推演", "What-if planning"), "planning"),
    Entry("siting.index", Text("选址", "Where to build"), "siting"),
    Entry("scenarios.index", Text("方案", "Scenarios"), "scenarios"),
    Entry("facilities.index", Text("设施", "Facilities"), "facilities"),
    Entry("population.index", Text("人口", "Population"), "population"),
    Entry("networks.index", Text("路网", "Street networks"), "networks"),
)
"""One menu of the bar: what concerns services rather than territory."""
TOOLS = (
    Entry("exports.index", Text("导出", "Exports"), "exports"),
    Entry("jobs.index", Text("任务", "Jobs"), "jobs"),
    Entry("audit.index", Text("审计", "Audit"), "audit"),
    Entry("admin.index", Text("管理", "Administration"), "admin"),
)
PERSONAL = (
    Entry("accounts.profile", Text("我的账号", "My account")),
    Entry("accounts.tokens", Text("接口令牌", "API tokens")),
    Entry("style.index", Text("样式页", "Style page")),
)
_WORDS = {
    "severity": Severity, "draft": DraftState, "role": Role, "kind": Kind,
    "change": ChangeType, "level": Level, "rule": Rule,
}  # fmt: skip


def install(app: Flask) -> None:
    """Give every template the shell's words."""
    app.context_processor(_context)
    app.jinja_env.filters.update(
        say=say, day=day, when=when, fixed=fixed, signed=signed, person=person
    )
    app.jinja_env.globals.update(address=address, link=link, words_of=words_of, may=may)


def may(verb: str, layer: str = review.ANY_LAYER) -> bool:
    """Return whether who is signed in holds a verb somewhere."""
    found = session.identity()
    return bool(found and review.holds(verb, found.user, layer))


def address(**changes: Any) -> str:
    """Return the address of this page with other arguments; None takes one away."""
    asked = request.args.to_dict(flat=False)
    for name, value in changes.items():
        asked.pop(name, None)
        if value is not None:
            asked[name] = [str(value)]
    if not asked:
        return quote(request.path)
    return f"{quote(request.path)}?{urlencode(asked, doseq=True)}"


def say(words: Any) -> str:
    """Return a :class:`Text`, its JSON document, or plain text in this language."""
    if isinstance(words, Text):
        return languages.say(words)
    if isinstance(words, dict) and "zh" in words:
        return str(words.get(languages.chosen()) or words["zh"])
    if isinstance(words, str):
        return words  # as it is: what gettext escaped must not be escaped twice
    return "" if words is None else str(words)


def words_of(which: str, value: Any) -> str:
    """Return the label of a stored word; the word itself when it is not known."""
    words: Any = _WORDS[which]
    try:
        found = words(int(value) if which == "level" else value)
    except (TypeError, ValueError):
        return "" if value is None else str(value)
    return languages.say(found.label)


def person(name: str | None) -> str:
    """Return an account as people read it; the name itself of who is no account."""
    if "people" not in g:
        g.people = session.base().shown_names()
    return str(g.people.get(name, name or ""))


def when(instant: str | None) -> str:
    """Return a stored UTC instant as people here read it: date and minute."""
    moment = _moment(instant)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else str(instant or "")


def day(instant: str | None) -> str:
    """Return the day of a stored UTC instant, by the country's time."""
    moment = _moment(instant)
    return f"{moment:%Y-%m-%d}" if moment else str(instant or "")


def fixed(value: float | None, digits: int = 2) -> str:
    """Return a number with thousands and a fixed number of decimals, ``—`` for none."""
    return "—" if value is None else f"{value:,.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    """Return a difference with its sign, ``±`` where it rounds to nothing."""
    if round(value, digits) == 0:
        return f"±{0:.{digits}f}"
    return f"{'+' if value > 0 else '−'}{abs(value):,.{digits}f}"


def part_of(notice: str, language: str) -> str:
    """Return the part of a notice written ``中文 · English`` in one language."""
    parts = [part.strip() for part in re.split(r"\s[·|/]\s", notice) if part.strip()]
    chinese = [part for part in parts if re.search(r"[\u3400-\u9fff]", part)]
    other = [part for part in parts if part not in chinese]
    fitting = chinese if language == "zh" else other
    return " · ".join(fitting or parts)


def _moment(instant: str | None) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(instant))
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return aware.astimezone(CHINA)


def _context() -> dict[str, Any]:
    """Return what the frame shows; little when an error is all there is to say."""
    if g.get("bare"):
        return {"navigation": _folded([], [], []), "who": None}
    found = session.identity()
    main, care, tools = (
        _open(entries) if found else [] for entries in (MAIN, ELDERCARE, TOOLS)
    )
    signing = "accounts.sign_in"
    return {
        "who": _who(found) if found else None,
        "navigation": _folded(main, care, tools),
        "personal": _open(PERSONAL) if found else [],
        "sign_in": None if found or request.endpoint == signing else link(signing),
        "sign_out": link("accounts.sign_out"),
        "search_page": link("divisions.index") if found else None,
        "registers": [item["id"] for item in overlays.offered(session.base().store)]
        if found
        else [],
        "notice": part_of(session.base().notice(), languages.chosen()),
        "shown_version": _published() if found else None,
    }


def _who(found: session.Identity) -> dict[str, Any]:
    roles = [people.grant_words(grant) for grant in found.user.grants]
    return {"name": found.name, "label": found.display, "roles": roles}


def _published() -> dict[str, Any] | None:
    edition = current_app.extensions["published"].edition()
    if edition is None:
        return None
    return {"number": edition.version.number, "recorded": edition.version.recorded}


def _open(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """Return the entries whose pages exist and let in who asks."""
    found = session.identity()
    first = request.path.split("/")[1]
    listed = []
    for entry in entries:
        asked = policy.policy_of(current_app, entry.endpoint, "GET")
        if asked is None or not asked.lets_in(found):
            continue
        href = link(entry.endpoint)
        here = request.endpoint == entry.endpoint or bool(
            entry.noun and first == entry.noun
        )
        listed.append({"label": entry.label, "href": href, "here": here})
    return listed


def _folded(
    main: list[dict[str, Any]], care: list[dict[str, Any]], tools: list[dict[str, Any]]
) -> Mapping[str, Any]:
    """Return what stands in the bar, the menu of services, and what is under 'more'."""
    entries = main + tools
    fitting = SHOWN_EN - bool(care)
    roomy = languages.chosen() == "zh" or len(entries) <= fitting
    shown = entries if roomy else entries[: fitting - 1]
    return {
        "all": main + care + tools,
        "shown": [entry for entry in shown if entry in main],
        "care": care,
        "tools": [entry for entry in shown if entry not in main],
        "folded": entries[len(shown) :],
    }


def link(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page, None where this server has no such page."""
    known = endpoint in current_app.view_functions
    return url_for(endpoint, **values) if known else None
