"""One's own account: signing in and out, password, one-time codes, sessions."""

from __future__ import annotations

import io
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, lazy_gettext
from wtforms import (
    HiddenField,
    PasswordField,
    StringField,
)
from wtforms.validators import EqualTo, InputRequired, Length

from geodata.errors import ForbiddenError, InputError, StateError
from webmap import policy, session
from webmap.forms import Form
from webmap.languages import say
from webmap.people import grant_words
from webmap.session import actor, registry

accounts = Blueprint("accounts", __name__)

LONGEST = 256
"""Characters of a password that are looked at: hashing takes time by length."""


def _password(label: Any, complaint: Any, autocomplete: str) -> PasswordField:
    return PasswordField(
        label,
        [InputRequired(complaint), Length(max=LONGEST)],
        render_kw={"autocomplete": autocomplete},
    )


class SignInForm(Form):
    """Name and password."""

    name = StringField(
        lazy_gettext("User name"),
        [InputRequired(lazy_gettext("Enter your user name.")), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = _password(
        lazy_gettext("Password"),
        lazy_gettext("Enter your password."),
        "current-password",
    )
    next = HiddenField()


class CodeForm(Form):
    """A one-time code."""

    code = StringField(
        lazy_gettext("One-time code"),
        [InputRequired(lazy_gettext("Enter the code.")), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )
    next = HiddenField()


class KnownForm(Form):
    """The password again, before something that matters."""

    password = _password(
        lazy_gettext("Password"),
        lazy_gettext("Enter your password."),
        "current-password",
    )


class PasswordForm(Form):
    """The old password, and the new one twice."""

    old = _password(
        lazy_gettext("Present password"),
        lazy_gettext("Enter your password."),
        "current-password",
    )
    new = _password(
        lazy_gettext("New password"),
        lazy_gettext("Enter a new password."),
        "new-password",
    )
    again = PasswordField(
        lazy_gettext("New password again"),
        [EqualTo("new", lazy_gettext("The two are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )


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
    try:
        begun = registry().sign_in(
            form.name.data.strip(),
            form.password.data,
            address=session.address(),
            agent=session.agent(),
        )
    except ForbiddenError:
        page = render_template("accounts/sign_in.html", form=form, refused=True)
        return page, 403
    session.begin(begun["secret"])
    if begun["pending"]:
        return redirect(url_for("accounts.code", next=target), 303)
    return redirect(target, 303)


@accounts.route("/sign-in/code", methods=["GET", "POST"])
@policy.public
def code() -> Any:
    """Ask for the one-time code after the password."""
    secret = session.waiting()
    if not secret:
        return redirect(url_for("accounts.sign_in"), 303)
    form = CodeForm(next=policy.own_path(request.args.get("next")))
    if not form.validate_on_submit():
        return render_template("accounts/code.html", form=form, refused=False)
    try:
        whole = registry().confirm_sign_in(
            secret, form.code.data, address=session.address(), agent=session.agent()
        )
    except ForbiddenError:
        return render_template("accounts/code.html", form=form, refused=True), 403
    except StateError as error:  # the key of the server is another one
        page = render_template("accounts/code.html", form=form, broken=error)
        return page, 409
    session.begin(whole)
    return redirect(policy.own_path(form.next.data), 303)


@accounts.post("/sign-out")
@policy.own(first=True)
def sign_out() -> Any:
    """End the session in the store, so that a copy of the cookie is worth nothing."""
    session.end()
    return redirect(url_for("accounts.sign_in"), 303)


@accounts.get("/account")
@policy.signed_in
def profile() -> Any:
    """Show who one is, and where one is signed in."""
    found = session.identity()
    assert found is not None  # noqa: S101 - the policy has seen to it
    return render_template(
        "accounts/profile.html",
        account=registry().account_document(actor(), actor()),
        roles=[grant_words(grant) for grant in found.user.grants],
        sessions=registry().sessions(actor()),
        here=session.shown_id(),
    )


@accounts.post("/account/sessions/<key>/end")
@policy.own("account.end_session")
def end_session(key: str) -> Any:
    """End a session left open elsewhere."""
    registry().revoke_session(actor(), key)
    flash(gettext("That session is ended."), "success")
    return redirect(url_for("accounts.profile"), 303)


@accounts.route("/account/password", methods=["GET", "POST"])
@policy.own("account.password", first=True)
def password() -> Any:
    """Change one's own password."""
    form = PasswordForm()
    found = session.identity()
    if form.validate_on_submit() and found is not None:
        keep = found.session["key"] if found.session else ""
        try:
            registry().change_password(actor(), form.old.data, form.new.data, keep=keep)
        except ForbiddenError as error:
            form.old.errors = [say(error.message)]
        except InputError as error:
            form.new.errors = [say(error.message)]
        else:
            session.begin(registry().renew_session(session.secret()))
            flash(gettext("The password is changed."), "success")
            return redirect("/", 303)
    access = registry().settings.access
    first = bool(found and found.user.must_change)
    return render_template(
        "accounts/password.html", form=form, access=access, first=first
    )


@accounts.get("/account/second-factor")
@policy.own(first=True)
def second_factor() -> Any:
    """Show whether one-time codes are on, and the code to set them up."""
    return _second_factor()


@accounts.post("/account/second-factor")
@policy.own("account.propose_codes", first=True)
def propose_codes() -> Any:
    """Draw a secret for the device, the password being known."""
    form = KnownForm()
    if form.validate_on_submit():
        try:
            registry().propose_codes(actor(), form.password.data)
        except ForbiddenError as error:
            form.password.errors = [say(error.message)]
        else:
            return redirect(url_for("accounts.second_factor"), 303)
    return _second_factor(known=form)


@accounts.post("/account/second-factor/confirm")
@policy.own("account.accept_codes", first=True)
def accept_codes() -> Any:
    """Turn codes on with a first one; the recovery codes are shown this once."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            recovery = registry().accept_codes(actor(), form.code.data)
        except InputError as error:
            form.code.errors = [say(error.message)]
        else:
            return render_template("accounts/recovery.html", codes=recovery)
    return _second_factor(confirm=form)


@accounts.post("/account/second-factor/drop")
@policy.own("account.drop_codes")
def drop_codes() -> Any:
    """Turn one-time codes off, the password being known."""
    form = KnownForm()
    if form.validate_on_submit():
        try:
            registry().drop_codes(actor(), form.password.data)
        except ForbiddenError as error:
            form.password.errors = [say(error.message)]
        else:
            flash(gettext("One-time codes are off."), "success")
            return redirect(url_for("accounts.second_factor"), 303)
    return _second_factor(known=form)


@accounts.get("/account/second-factor.svg")
@policy.own(first=True)
def second_factor_image() -> Any:
    """Draw the proposed secret for a telephone's camera, until it is confirmed."""
    import segno

    proposed = registry().proposed_codes(actor())
    if proposed is None:
        abort(404)
    drawn = io.BytesIO()
    made = segno.make(proposed["uri"], error="m")
    made.save(drawn, kind="svg", scale=4, border=4, light="#fff")
    response = Response(drawn.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response


def _second_factor(
    known: KnownForm | None = None, confirm: CodeForm | None = None
) -> Any:
    proposed = registry().proposed_codes(actor())
    found = session.identity()
    return render_template(
        "accounts/second_factor.html",
        on=bool(found and found.user.codes.secret),
        left=len(found.user.codes.recovery) if found else 0,
        required=bool(found and registry().needs_codes(found.user)),
        proposed=proposed,
        known=known or KnownForm(formdata=None),
        confirm=confirm or CodeForm(formdata=None),
    )
