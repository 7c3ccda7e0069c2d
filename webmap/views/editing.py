"""Editing on the map: begin from a division, and the editor of one draft."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import lazy_gettext
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from boundaries.review import EDITABLE
from boundaries.vocabulary import Kind
from geodata.errors import NotFoundError, QuhuaError, Text
from webmap import languages, policy
from webmap.forms import Form
from webmap.session import actor, registry

editing = Blueprint("editing", __name__)


class BeginForm(Form):
    """What a draft needs to be told before anything is drawn."""

    effective = StringField(
        lazy_gettext("In force from"),
        description=lazy_gettext("2026, 2026-06 or 2026-06-08: as exactly as known"),
        validators=[InputRequired(lazy_gettext("Say from when it holds."))],
    )
    basis = StringField(
        lazy_gettext("Document it rests on"),
        description=lazy_gettext("Number and title of the approval, if there is one"),
        validators=[Optional(), Length(max=1000)],
    )
    title = StringField(lazy_gettext("Title"), validators=[Optional(), Length(max=200)])


@editing.get("/divisions/<code>/edit")
@policy.may("stage")
def start(code: str) -> Any:
    """Ask since when the edited borders hold, and on what they rest."""
    return _form(BeginForm(), code)


@editing.post("/divisions/<code>/edit")
@policy.may("stage", api="editing.begin")
def begin(code: str) -> Any:
    """Open the draft."""
    form = BeginForm()
    if not form.validate():
        return _form(form, code), 400
    try:
        document = registry().begin_edit(
            actor(),
            [code],
            effective=form.effective.data or "",
            basis=form.basis.data or "",
            title=form.title.data or "",
        )
    except QuhuaError as error:
        form.effective.errors = [error.text(languages.chosen())]
        return _form(form, code), 400
    return redirect(url_for("editing.editor", draft=document["id"]), 303)


@editing.get("/edit/<draft>")
@policy.may("view_draft")
def editor(draft: str) -> Any:
    """Show the map with the borders to edit."""
    document = registry().seen(actor(), draft)
    if document["layer"] != "divisions":  # records have forms of their own
        return redirect(url_for("drafts.show", draft=draft), 303)
    mine = document["author"] == actor() and document["state"] in EDITABLE
    return render_template(
        "editing/editor.html",
        document=document,
        writable=mine,
        kinds=[(kind.value, kind.label, int(kind.level)) for kind in Kind],
        crumbs=[(Text("草稿", "Drafts"), url_for("drafts.index")), (_id(draft), None)],
    )


def _form(form: BeginForm, code: str) -> str:
    try:
        known = registry().directory(actor()).last(code)
    except NotFoundError:  # nothing is published yet
        known = None
    name = str(known["name"]) if known else ""
    return render_template("editing/begin.html", form=form, code=code, name=name)


def _id(draft: str) -> Text:
    return Text(draft, draft)
