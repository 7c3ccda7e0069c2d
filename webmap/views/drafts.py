"""Drafts: the list, and one draft as a reviewer goes through it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from boundaries.labels import OPEN_LABEL
from boundaries.registry import listing
from boundaries.vocabulary import DraftState, Rule, Severity
from geodata.errors import QuhuaError
from webmap import policy
from webmap.drafts import (
    never_kept,
    turned,
)
from webmap.session import actor, registry
from webmap.views import draft_words

drafts = Blueprint("drafts", __name__)

drafts.context_processor(draft_words.helpers)
drafts.after_request(never_kept)

SIZE = 25
"""Drafts on one page of the list."""


@drafts.get("/drafts")
@policy.may("view_draft")
def index() -> Any:
    """List the drafts: mine, waiting for me, or all in my area."""
    asked = request.args
    sort, descending = turned(asked.get("sort") or "-updated")
    page = max(1, asked.get("page", 1, type=int) or 1)
    words = ("state", "author", "layer", "since", "until")
    box = asked.get("box") or ("waiting" if not asked else "all")
    wanted = listing.Wanted(
        box=box,
        sort=sort,
        descending=descending,
        start=(page - 1) * SIZE,
        limit=SIZE,
        **{name: asked.get(name, "") for name in words},
    )
    found = registry().draft_list(actor(), wanted)
    return render_template(
        "drafts/index.html",
        found=found,
        wanted=wanted,
        page=page,
        size=SIZE,
        states=list(DraftState),
        sorted=asked.get("sort") or "-updated",
    )


@drafts.get("/drafts/<draft>")
@policy.may("view_draft")
def show(draft: str) -> Any:
    """Summarise a draft: what it is, how it was understood, what was found."""
    return page_of("summary", draft)


@drafts.get("/drafts/<draft>/findings")
@policy.may("view_draft")
def findings(draft: str) -> Any:
    """Show the findings on a map and in a table."""
    return page_of(
        "findings",
        draft,
        rules=[(rule.value, rule.label) for rule in Rule],
        severities=[(each.value, each.label) for each in Severity],
    )


@drafts.get("/drafts/<draft>/changes")
@policy.may("view_draft")
def changes(draft: str) -> Any:
    """Show old and new borders and who gives ground to whom."""
    return page_of("changes", draft)


@drafts.get("/drafts/<draft>/conversation")
@policy.may("view_draft")
def conversation(draft: str) -> Any:
    """Show moves, comments and waivers in the order they came."""
    return page_of("conversation", draft, items=registry().conversation(actor(), draft))


@drafts.get("/drafts/<draft>/conflict")
@policy.may("view_draft")
def conflict(draft: str) -> Any:
    """Show base, mine and theirs of what two people changed."""
    return page_of("conflict", draft, conflict=registry().conflict(actor(), draft))


@drafts.get("/waivers")
@policy.may("view_draft")
def waivers() -> Any:
    """List the waivers and whether they still hold."""
    return render_template(
        "drafts/waivers.html", items=registry().waivers_seen(actor())
    )


def page_of(tab: str, draft: str, **more: Any) -> Any:
    """Return a page of one draft: its head, its decisions, and one tab."""
    document = registry().seen(actor(), draft)
    return render_template(
        f"drafts/{tab}.html",
        draft=document,
        tab=tab,
        remarks=registry().remarks(actor(), draft),
        checked=registry().is_checked(document),
        publishable=registry().publishable(actor(), document),
        job=_job(draft, document["layer"]),
        done=_done(draft, document),
        **more,
    )


def _done(draft: str, document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the check that ended while this person looked on, to say how it went."""
    asked = request.args.get("done", "")
    if not asked or not document["findings"]:
        return None
    try:
        job = registry().job(actor(), asked)
    except QuhuaError:  # somebody else's, or of another time
        return None
    said = job["kind"] in ("check", "repair") and job["subject"] == draft
    return job if said and job["state"] in ("done", "failed") else None


def _job(draft: str, layer: str) -> dict[str, Any] | None:
    """Return the job under way that this person started on the draft."""
    for job in registry().jobs(actor(), only=(OPEN_LABEL,)):
        about = job["subject"] == draft or (
            job["kind"] == "publish" and job["subject"] == layer
        )
        if about:
            return job
    return None
