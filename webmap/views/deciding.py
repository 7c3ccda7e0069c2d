"""What is decided about a draft: each button of its pages is one move."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from geodata.errors import ConflictError, QuhuaError
from webmap import languages, policy
from webmap.drafts import checking, require_named, start_publishing
from webmap.forms import Form
from webmap.session import actor, registry
from webmap.views.draft_forms import (
    ApproveForm,
    CommentForm,
    DiscardForm,
    NoteForm,
    ReasonForm,
    WaiveForm,
)
from webmap.views.drafts import drafts, page_of

__all__ = ["drafts"]


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
    parameters: dict[str, Any] = {"fingerprints": chosen} if chosen else {}
    wishes = [each.partition("=") for each in request.form.getlist("to")]
    if wishes:
        parameters["to"] = {mark: key for mark, _, key in wishes}
    return _decided(
        draft,
        NoteForm(),
        lambda: registry().start_job(actor(), "repair", draft, parameters),
        gettext("The repairs are being made; the draft is checked again after them."),
        tab="findings",
    )


@drafts.post("/drafts/<draft>/repairs/<int:batch>/undo")
@policy.may("repair", api="drafts.undo_repair")
def undo_repair(draft: str, batch: int) -> Any:
    """Take a batch of repairs back, and check the draft after it."""

    def done() -> Any:
        registry().undo_repair(actor(), draft, batch)
        return registry().start_job(actor(), "check", draft, {})

    return _decided(
        draft,
        NoteForm(),
        done,
        gettext("The repairs are taken back; the draft is checked again."),
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
    return page_of("publish", draft, impact=found)


def _tab(asked: str) -> str:
    """Return the page of a draft that a button was pressed on."""
    return asked if asked in ("findings", "changes", "conversation") else "show"


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
