"""The style page: every component in every state, to look at and to be tested."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from boundaries.vocabulary import DraftState, Kind, Severity
from geodata.errors import Text
from webmap import policy
from webmap.forms import Form
from webmap.languages import say

style = Blueprint("style", __name__)

PALETTE = (
    "paper", "ground", "ink", "soft", "rule", "edge", "accent", "accent-ink",
    "accent-pale", "red", "red-pale", "amber", "amber-pale", "green", "green-pale",
    "map-0", "map-1", "map-2", "map-3", "map-4",
)  # fmt: skip
LONG = "新疆生产建设兵团第十二师一〇四团"
RARE = "㵐河𠅤村"


class Sample(Form):
    """One field of each kind; some are wrong, to show how that looks."""

    name = StringField(
        lazy_gettext("Division name"),
        [InputRequired(lazy_gettext("Enter a name, such as 鹤汀区."))],
        description=lazy_gettext("The full standard name."),
    )
    seat = StringField(lazy_gettext("Seat"), [Optional()])
    password = PasswordField(lazy_gettext("Password"))
    kind = SelectField(lazy_gettext("Kind of division"))
    basis = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Say what it rests on."))]
    )
    form = RadioField(
        lazy_gettext("Format"),
        choices=[SelectChoice("xlsx", "XLSX"), SelectChoice("csv", "CSV")],
    )
    enclave = BooleanField(
        lazy_gettext("Enclave"), description=lazy_gettext("Has parts apart from it.")
    )


@style.get("/style")
@policy.signed_in
def index() -> Any:
    """Show all components."""
    sample = Sample(None, form="csv", kind=Kind.DISTRICT, meta={"csrf": False})
    sample.kind.choices = [SelectChoice(kind.value, say(kind.label)) for kind in Kind]
    sample.validate()
    return render_template(
        "style/index.html",
        sample=sample,
        palette=PALETTE,
        states=list(DraftState),
        severities=list(Severity),
        names=(LONG, RARE, "鹤汀区"),
        large_print=request.args.get("large") == "1",
        crumbs=[
            (Text("首页", "Home"), "/"),
            (Text("设计", "Design"), None),
        ],
    )
