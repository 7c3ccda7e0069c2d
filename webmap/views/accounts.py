"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from geodata.errors import ForbiddenError
from webmap import policy, session
from webmap.forms import Form

accounts = Blueprint("accounts", __name__)

LONGEST = 256
"""Characters of a password that is looked at: hashing takes time by length."""


class SignInForm(Form):
    """Name and password."""

    name = StringField(
        lazy_gettext("User name"),
        [InputRequired(lazy_gettext("Enter your user name.")), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(lazy_gettext("Enter your password.")), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


@accounts.route("/sign-in", methods=["GET", "POST"])
@policy.public
def sign_in() -> Any:
    """Ask for name and password; begin a session when they are right."""
    form = SignInForm(next=policy.own_path(request.args.get("next")))
    target = policy.own_path(form.next.data)
    if session.identity() and request.method == "GET":
        return redirect(target, 303)
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form, refused=False)
    registry = session.registry()
    try:
        user = registry.authenticate(form.name.data, form.password.data)
    except ForbiddenError:
        return render_template("accounts/sign_in.html", form=form, refused=True), 403
    secret = registry.start_session(
        user["name"],
        address=request.remote_addr or "",
        agent=request.user_agent.string,
    )
    session.begin(secret)
    return redirect(target, 303)


@accounts.post("/sign-out")
@policy.own(first=True)
def sign_out() -> Any:
    """End the session in the store, so that a copy of the cookie is worth nothing."""
    session.end()
    return redirect("/sign-in", 303)


@accounts.route("/password")
@policy.own(first=True)
def password() -> Any:
    """Change the password."""
    return render_template("accounts/password.html")
