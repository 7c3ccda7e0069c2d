"""One's own API tokens: what a program of one's own is given."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from boundaries.accounts import Grant
from geodata.errors import ForbiddenError, InputError
from webmap import policy, session
from webmap.forms import Form
from webmap.languages import say
from webmap.people import grant_words
from webmap.session import actor, registry
from webmap.views.accounts import accounts

__all__ = ["accounts"]


class TokenForm(Form):
    """What a program is given."""

    name = StringField(
        lazy_gettext("What it is for"),
        [InputRequired(lazy_gettext("Say what it is for.")), Length(max=60)],
    )
    roles = SelectMultipleField(
        lazy_gettext("Roles"),
        [InputRequired(lazy_gettext("Choose at least one role."))],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    subtree = StringField(
        lazy_gettext("Only within this division (code)"),
        [Length(max=12)],
        description=lazy_gettext("Empty: as wide as the role is."),
    )
    days = IntegerField(
        lazy_gettext("Days it lives"),
        [InputRequired(), NumberRange(min=1)],
        default=30,
    )


@accounts.get("/account/tokens")
@policy.signed_in
def tokens() -> Any:
    """List one's API tokens."""
    return _tokens(_token_form())


@accounts.post("/account/tokens")
@policy.own("account.create_token")
def create_token() -> Any:
    """Make a token; what opens it is shown this once."""
    form = _token_form()
    if form.validate_on_submit():
        try:
            roles = narrowed(form.roles.data, form.subtree.data)
            made = registry().create_token(
                actor(), form.name.data, roles, days=form.days.data
            )
        except (InputError, ForbiddenError) as error:
            form.roles.errors = [say(error.message)]
        else:
            return render_template("accounts/token.html", token=made)
    return _tokens(form)


@accounts.post("/account/tokens/<token>/revoke")
@policy.own("account.revoke_token")
def revoke_token(token: str) -> Any:
    """End a token."""
    registry().revoke_token(actor(), token)
    flash(gettext("The token is revoked."), "success")
    return redirect(url_for("accounts.tokens"), 303)


def narrowed(roles: list[str], subtree: str | None) -> list[Grant]:
    """Return the grants chosen, each within a division if one is given."""
    chosen = [Grant.parse(role) for role in roles]
    if not (subtree or "").strip():
        return chosen
    return [Grant.parse(f"{grant.role.value}:{subtree}") for grant in chosen]


def _token_form() -> TokenForm:
    form = TokenForm()
    found = session.identity()
    grants = found.user.grants if found else ()
    form.roles.choices = [(str(grant), say(grant_words(grant))) for grant in grants]
    return form


def _tokens(form: TokenForm) -> Any:
    return render_template(
        "accounts/tokens.html",
        form=form,
        tokens=registry().tokens(actor()),
        longest=registry().settings.access.token_days,
        words=lambda roles: [grant_words(Grant.parse(role)) for role in roles],
    )
