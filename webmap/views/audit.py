"""The audit for those who watch: search, verify, carry the head away."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import stream_with_context as streaming

from boundaries import journal
from geodata.errors import InputError, Text
from webmap import policy
from webmap.audit_table import LARGEST, as_csv, wanted
from webmap.downloads import written
from webmap.languages import say
from webmap.session import actor, registry
from webmap.shell import CHINA

if TYPE_CHECKING:
    from geodata.store.changes import JournalEntry

audit = Blueprint("audit", __name__, url_prefix="/audit")

PAGE = 50
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
            before=_number(before),
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
        checks=registry().jobs(actor(), only=("kind:verify",), limit=3),
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
    return written(body, name)


@audit.post("/export")
@policy.may("read_audit", api="audit.export")
def export() -> Any:
    """Give the links that fit as a table no spreadsheet runs; it is recorded."""
    asked = {name: request.form.get(name, "").strip() for name in _FILTERS}
    pages = registry().export_audit(actor(), **wanted(asked))
    today = dt.datetime.now(CHINA).strftime("%Y-%m-%d")
    return written(streaming(as_csv(pages)), f"quhua-audit-{today}.csv")


def _number(said: str) -> int | None:
    """Return the number of a link, None for what is none."""
    if not said.isdecimal() or len(said) >= len(str(LARGEST)):
        return None
    return int(said)


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
