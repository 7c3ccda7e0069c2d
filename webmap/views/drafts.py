"""Drafts: the list, and one draft as a reviewer goes through it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import DateField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from boundaries.labels import OPEN_LABEL
from boundaries.registry import listing
from boundaries.registry.settling import LONGEST
from boundaries.vocabulary import DraftState, Rule, Severity
from geodata.errors import ConflictError, QuhuaError
from webmap import languages, policy
from webmap.drafts import (
    checking,
    never_kept,
    require_named,
    start_publishing,
    turned,
)
from webmap.forms import Form
from webmap.session import actor, registry
from webmap.views import draft_words

drafts = Blueprint("drafts", __name__)

drafts.context_processor(draft_words.helpers)
drafts.after_request(never_kept)

SIZE = 25
"""Drafts on one page of the list."""


class NoteForm(Form):
    """A word that goes with a move."""

    note = TextAreaField(validators=[Length(max=LONGEST)])


class ReasonForm(Form):
    """A reason somebody must give."""

    note = TextAreaField(
        validators=[InputRequired(lazy_gettext("Say why.")), Length(max=LONGEST)]
    )


class ApproveForm(NoteForm):
    """An approval of what was looked at."""

    staging = IntegerField(validators=[InputRequired()])


class DiscardForm(NoteForm):
    """Giving up, confirmed by name."""

    name = StringField(
        validators=[InputRequired(lazy_gettext("Write the draft's number to confirm."))]
    )


class CommentForm(Form):
    """A comment, perhaps on one finding."""

    text = TextAreaField(
        validators=[
            InputRequired(lazy_gettext("Write something.")),
            Length(max=LONGEST),
        ]
    )
    finding = HiddenField()


class WaiveForm(Form):
    """Letting a finding stand."""

    finding = HiddenField(validators=[InputRequired()])
    reason = TextAreaField(
        validators=[
            InputRequired(lazy_gettext("Say why the finding may stand.")),
            Length(max=LONGEST),
        ]
    )
    expires = DateField(validators=[Optional()])


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
    return _page("summary", draft)


@drafts.get("/drafts/<draft>/findings")
@policy.may("view_draft")
def findings(draft: str) -> Any:
    """Show the findings on a map and in a table."""
    return _page(
        "findings",
        draft,
        rules=[(rule.value, rule.label) for rule in Rule],
        severities=[(each.value, each.label) for each in Severity],
    )


@drafts.get("/drafts/<draft>/changes")
@policy.may("view_draft")
def changes(draft: str) -> Any:
    """Show old and new borders and who gives ground to whom."""
    return _page("changes", draft)


@drafts.get("/drafts/<draft>/conversation")
@policy.may("view_draft")
def conversation(draft: str) -> Any:
    """Show moves, comments and waivers in the order they came."""
    return _page("conversation", draft, items=registry().conversation(actor(), draft))


@drafts.get("/drafts/<draft>/conflict")
@policy.may("view_draft")
def conflict(draft: str) -> Any:
    """Show base, mine and theirs of what two people changed."""
    return _page("conflict", draft, conflict=registry().conflict(actor(), draft))


@drafts.post("/drafts/<draft>/submit")
@policy.may("submit", api="drafts.submit")
def submit(draft: str) -> Any:
    """Hand the draft to review, after the check it may need."""
    form = NoteForm()
    return _decided(
        draft,
        form,
        lambda: registry().submit(actor(), draft, form.note.data or ""),
        gettext("Submitted for review."),
        needs_check=True,
    )


@drafts.post("/drafts/<draft>/withdraw")
@policy.may("withdraw", api="drafts.withdraw")
def withdraw(draft: str) -> Any:
    """Take a submitted draft back."""
    form = NoteForm()
    return _decided(
        draft,
        form,
        lambda: registry().withdraw(actor(), draft, form.note.data or ""),
        gettext("Withdrawn."),
    )


@drafts.post("/drafts/<draft>/return")
@policy.may("return", api="drafts.send_back")
def send_back(draft: str) -> Any:
    """Return a draft to its author with the reason."""
    form = ReasonForm()
    return _decided(
        draft,
        form,
        lambda: registry().return_draft(actor(), draft, form.note.data),
        gettext("Returned to the author."),
    )


@drafts.post("/drafts/<draft>/approve")
@policy.may("approve", api="drafts.approve")
def approve(draft: str) -> Any:
    """Approve exactly what was looked at."""
    form = ApproveForm()
    return _decided(
        draft,
        form,
        lambda: registry().approve(
            actor(), draft, form.note.data or "", staging=form.staging.data
        ),
        gettext("Approved. It is a version now and can be published."),
        needs_check=True,
    )


@drafts.post("/drafts/<draft>/discard")
@policy.may("discard", api="drafts.discard")
def discard(draft: str) -> Any:
    """Give a draft up, confirmed by its number."""
    form = DiscardForm()

    def done() -> None:
        require_named(draft, form.name.data)
        registry().discard(actor(), draft, form.note.data or "")

    return _decided(draft, form, done, gettext("Discarded. The draft stays on record."))


@drafts.post("/drafts/<draft>/check")
@policy.may("check", api="drafts.check")
def check(draft: str) -> Any:
    """Queue a check."""
    return _decided(
        draft,
        NoteForm(),
        lambda: registry().start_job(actor(), "check", draft, {}),
        gettext("The check has started."),
        tab=_tab(request.form.get("tab", "")),
    )


@drafts.post("/drafts/<draft>/repairs")
@policy.may("repair", api="drafts.repair")
def repair(draft: str) -> Any:
    """Queue the repairs chosen, or all, and the check after them."""
    chosen = request.form.getlist("finding")
    parameters = {"fingerprints": chosen} if chosen else {}
    return _decided(
        draft,
        NoteForm(),
        lambda: registry().start_job(actor(), "repair", draft, parameters),
        gettext("The repairs are being made; the draft is checked again after them."),
        tab="findings",
    )


@drafts.post("/drafts/<draft>/comments")
@policy.may("comment", api="drafts.comment")
def comment(draft: str) -> Any:
    """Say something about the draft."""
    form = CommentForm()
    return _decided(
        draft,
        form,
        lambda: registry().comment(
            actor(), draft, form.text.data, form.finding.data or None
        ),
        gettext("The comment is kept with the draft."),
        tab="conversation",
    )


@drafts.post("/drafts/<draft>/waivers")
@policy.may("waive", api="drafts.waive")
def waive(draft: str) -> Any:
    """Let a finding stand, with a reason and until a date."""
    form = WaiveForm()

    def done() -> None:
        last = form.expires.data
        registry().waive(
            actor(),
            draft,
            form.finding.data,
            form.reason.data,
            last.isoformat() if last else None,
        )

    return _decided(
        draft,
        form,
        done,
        gettext("Waived. It opens again when the place changes or the time is over."),
        needs_check=True,
        tab="findings",
    )


@drafts.post("/drafts/<draft>/resolve")
@policy.may("resolve", api="drafts.resolve")
def resolve(draft: str) -> Any:
    """Stage the draft again with the side chosen for each unit."""
    chosen = {
        name.removeprefix("side-"): value
        for name, value in request.form.items()
        if name.startswith("side-")
    }
    head = request.form.get("head", -1, type=int)
    return _decided(
        draft,
        NoteForm(),
        lambda: registry().resolve(actor(), draft, chosen, head=head),
        gettext("The conflict is settled. Check the draft and submit it again."),
    )


@drafts.route("/drafts/<draft>/publish", methods=["GET", "POST"])
@policy.may("publish", api="drafts.publish")
def publish(draft: str) -> Any:
    """Show what publishing would change; do it when asked to."""
    document = registry().seen(actor(), draft)
    if request.method == "POST":
        return _decided(
            draft,
            NoteForm(),
            lambda: start_publishing(document),
            gettext("Publishing has started."),
        )
    found = registry().impact(actor(), document["layer"], document["version"])
    return _page("publish", draft, impact=found)


@drafts.get("/waivers")
@policy.may("view_draft")
def waivers() -> Any:
    """List the waivers and whether they still hold."""
    return render_template(
        "drafts/waivers.html", items=registry().waivers_seen(actor())
    )


def _page(tab: str, draft: str, **more: Any) -> Any:
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


def _tab(asked: str) -> str:
    """Return the page of a draft that a button was pressed on."""
    return asked if asked in ("findings", "changes", "conversation") else "show"


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


def _decided(
    draft: str,
    form: Form,
    do: Any,
    said: str,
    *,
    needs_check: bool = False,
    tab: str = "show",
) -> Any:
    """Do one move, say how it went, and go back to the draft."""
    document = registry().seen(actor(), draft)
    back = redirect(url_for(f"drafts.{tab}", draft=draft), 303)
    if not form.validate():
        for _, complaint in form.complaints():
            flash(complaint, "error")
        return back
    if needs_check and (job := checking(document)):
        words = gettext("It is being checked first. Decide again when that is done.")
        flash(words, "info")
        return _followed(draft, tab, job)
    try:
        found = do()
    except ConflictError as error:
        flash(_words(error), "error")
        if error.details:
            return redirect(url_for("drafts.conflict", draft=draft), 303)
    except QuhuaError as error:
        flash(_words(error), "error")
    else:
        flash(said, "success")
        if isinstance(found, dict) and found.get("kind") in ("check", "repair"):
            return _followed(draft, tab, found)
    return back


def _followed(draft: str, tab: str, job: dict[str, Any]) -> Any:
    """Go where a job is followed, and its end is told."""
    return redirect(url_for(f"drafts.{tab}", draft=draft, done=job["id"]), 303)


def _words(error: QuhuaError) -> str:
    """Return a refusal with what to do about it, in this page's language."""
    parts = [error.message, *([error.hint] if error.hint else [])]
    return " ".join(languages.say(part) for part in parts)
