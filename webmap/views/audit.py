"""The audit for those who watch: search, verify, carry the head away."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import stream_with_context as streaming

from boundaries import journal
from geodata.errors import InputError, Text
from geodata.files import formulas
from webmap import policy
from webmap.languages import say
from webmap.session import actor, registry
from webmap.shell import CHINA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.store.changes import JournalEntry

audit = Blueprint("audit", __name__, url_prefix="/audit")

PAGE = 50
_HEADINGS = ("seq", "recorded", "actor", "account", "verb", "subject", "detail")
_FILTERS = ("who", "verb", "subject", "since", "until")


@audit.get("")
@policy.may("read_audit")
def index() -> Any:
    """Show links of the chain that fit, newest first."""
    asked = {name: request.args.get(name, "").strip() for name in _FILTERS}
    error, found = None, []
    before = request.args.get("before", "")
    try:
        found = registry().search_audit(
            actor(), **wanted(asked), limit=PAGE + 1,
            before=int(before) if before.isdecimal() else None,
        )  # fmt: skip
    except InputError as caught:
        error = caught
    page = render_template(
        "audit/index.html",
        entries=[_told(entry) for entry in found[:PAGE]],
        following=found[PAGE - 1].seq if len(found) > PAGE else None,
        asked=asked,
        error=error,
        verbs=sorted(journal.labels().items(), key=lambda item: say(item[1])),
        checks=[job for job in registry().jobs(actor()) if job["kind"] == "verify"][:3],
    )
    return page, (400 if error else 200)


@audit.post("/verify")
@policy.may("verify_audit", api="audit.verify")
def verify() -> Any:
    """Begin to recompute the whole chain."""
    registry().start_job(actor(), "verify", "", {})
    flash(say(Text("已开始核验。", "The verification has begun.")), "success")
    return redirect(url_for(".index"), 303)


@audit.post("/anchor")
@policy.may("verify_audit", api="audit.anchor")
def anchor() -> Any:
    """Give the head of the chains as a file, to be kept elsewhere."""
    head = registry().anchor(actor())
    body = json.dumps(head, ensure_ascii=False, indent=1)
    name = f"quhua-anchor-{head['exported'][:10]}.json"
    return _download(body, name, "application/json")


@audit.post("/export")
@policy.may("read_audit", api="audit.export")
def export() -> Any:
    """Give the links that fit as a table no spreadsheet runs; it is recorded."""
    asked = {name: request.form.get(name, "").strip() for name in _FILTERS}
    pages = registry().export_audit(actor(), **wanted(asked))
    today = dt.datetime.now(CHINA).strftime("%Y-%m-%d")
    return _download(streaming(as_csv(pages)), f"quhua-audit-{today}.csv", "text/csv")


def wanted(asked: dict[str, str]) -> dict[str, str]:
    """Return the filters as the registry takes them: days become instants."""
    since, until = asked.get("since", ""), asked.get("until", "")
    return {
        "who": asked.get("who", ""),
        "verb": asked.get("verb", ""),
        "subject": asked.get("subject", ""),
        "since": _instant(since, 0) if since else "",
        "until": _instant(until, 1) if until else "",
    }


def as_csv(pages: Iterator[list[JournalEntry]]) -> Iterator[str]:
    """Yield the table in parts: a mark, the headings, then page by page."""
    yield "\ufeff" + _line(_HEADINGS)
    for page in pages:
        yield "".join(
            _line(
                (
                    str(entry.seq), entry.recorded, entry.actor, entry.account,
                    entry.verb, entry.subject,
                    json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
                )
            )
            for entry in page
        )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(map(formulas.guard, cells))
    return made.getvalue()


def _instant(day: str, later: int) -> str:
    """Return the UTC instant at which a day here begins, or the one after it."""
    try:
        moment = dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=CHINA)
    except ValueError as error:
        raise InputError(
            Text(f"“{day}”不是日期。", f"'{day}' is no date."),
            Text("应为 2026-01-31 的写法。", "Write it like 2026-01-31."),
        ) from error
    moment += dt.timedelta(days=later)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(entry: JournalEntry) -> dict[str, Any]:
    """Return a link as the page shows it: words of its verb, before and after."""
    detail = dict(entry.detail)
    changed = "before" in detail and "after" in detail
    before, after = detail.pop("before", None), detail.pop("after", None)
    return {
        "seq": entry.seq,
        "recorded": entry.recorded,
        "actor": entry.actor,
        "account": entry.account,
        "verb": entry.verb,
        "label": journal.label(entry.verb),
        "subject": entry.subject,
        "digest": entry.digest,
        "changed": [(_text(before), _text(after))] if changed else [],
        "detail": [(name, _text(value)) for name, value in detail.items()],
    }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _download(body: Any, name: str, kind: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
