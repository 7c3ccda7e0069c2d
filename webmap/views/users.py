"""Administration of users: accounts by one administrator, roles by another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from boundaries.accounts import Grant
from boundaries.vocabulary import THREE_ADMINISTRATORS, Role
from geodata.errors import ForbiddenError, InputError, QuhuaError, Text
from webmap import policy
from webmap.forms import Form
from webmap.languages import say
from webmap.people import grant_words
from webmap.session import actor, registry
from webmap.shell import may

users = Blueprint("users", __name__, url_prefix="/admin/users")

SIZE = 50
SPARE_LINES = 2
"""Empty lines after the roles held."""
STATES = (
    ("", Text("全部", "all")),
    ("open", Text("在用", "open")),
    ("locked", Text("锁定", "locked")),
    ("closed", Text("停用", "closed")),
)


class PasswordForm(Form):
    """A first password."""

    password = PasswordField(
        lazy_gettext("First password"),
        [InputRequired(lazy_gettext("Enter a password.")), Length(max=256)],
        description=lazy_gettext("It must be changed at the first sign-in."),
        render_kw={"autocomplete": "new-password"},
    )


class AddForm(PasswordForm):
    """A new account."""

    name = StringField(
        lazy_gettext("User name"),
        [InputRequired(lazy_gettext("Enter your user name.")), Length(max=64)],
        render_kw={"autocomplete": "off"},
    )
    display = StringField(lazy_gettext("Name"), [Length(max=64)])


@users.get("")
@policy.may("see_users")
def index() -> Any:
    """List and search accounts."""
    query = request.args.get("q", "").strip().casefold()
    role, state = request.args.get("role", ""), request.args.get("state", "")
    found = [
        user
        for user in registry().users(actor())
        if (query in user["name"].casefold() or query in user["display"].casefold())
        and (not role or any(each.split(":")[0] == role for each in user["roles"]))
        and (not state or state == _state(user))
    ]
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "users/index.html",
        users=found[(page - 1) * SIZE : page * SIZE],
        total=len(found),
        size=SIZE,
        page=page,
        query=request.args.get("q", ""),
        role=role,
        state=state,
        roles=[("", STATES[0][1]), *((each.value, each.label) for each in Role)],
        states=STATES,
        words=_words,
    )


@users.route("/add", methods=["GET", "POST"])
@policy.may("add_user", api="users.add")
def add() -> Any:
    """Add an account without roles."""
    form = AddForm()
    if form.validate_on_submit():
        try:
            made = registry().add_user(
                actor(),
                form.name.data.strip(),
                display=(form.display.data or "").strip(),
                password=form.password.data,
            )
        except InputError as error:
            form.name.errors = [say(error.message)]
        else:
            flash(gettext("The account is made."), "success")
            return redirect(url_for("users.record", name=made["name"]), 303)
    return render_template("users/add.html", form=form)


@users.get("/<name>")
@policy.may("see_users")
def record(name: str) -> Any:
    """Show one account and what may be done with it."""
    return _record(name)


@users.post("/<name>/roles")
@policy.may("set_roles", api="users.set_roles")
def set_roles(name: str) -> Any:
    """Grant the roles of the form's lines instead of those held."""
    lines = zip(
        request.form.getlist("role"), request.form.getlist("subtree"), strict=False
    )
    wanted = [f"{role}:{subtree.strip()}" for role, subtree in lines if role]
    said = gettext("The roles are saved; the person signs in again.")
    return _done(name, said, lambda: registry().set_roles(actor(), name, wanted))


@users.post("/<name>/active")
@policy.may("set_active", api="users.set_active")
def set_active(name: str) -> Any:
    """Open or close an account."""
    active = request.form.get("active") == "1"
    said = (
        gettext("The account is open.") if active else gettext("The account is closed.")
    )
    return _done(
        name, said, lambda: registry().set_active(actor(), name, active=active)
    )


@users.post("/<name>/unlock")
@policy.may("unlock", api="users.unlock")
def unlock(name: str) -> Any:
    """Let a locked account try again."""
    said = gettext("The account is unlocked.")
    return _done(name, said, lambda: registry().unlock(actor(), name))


@users.post("/<name>/password")
@policy.may("set_password", "set_administrator_password", api="users.set_password")
def set_password(name: str) -> Any:
    """Set a first password."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _record(name, password=form)
    said = gettext("The password is set and must be changed at the next sign-in.")
    secret = form.password.data
    return _done(name, said, lambda: registry().reset_password(actor(), name, secret))


@users.post("/<name>/second-factor/reset")
@policy.may("reset_second_factor", api="users.reset_codes")
def reset_codes(name: str) -> Any:
    """Turn off the one-time codes of somebody who lost the device."""
    said = gettext("One-time codes are off.")
    return _done(name, said, lambda: registry().reset_codes(actor(), name))


@users.post("/<name>/tokens/<token>/revoke")
@policy.may("revoke_tokens", api="users.revoke_token")
def revoke_token(name: str, token: str) -> Any:
    """End a token of somebody whose program misbehaves."""
    said = gettext("The token is revoked.")
    return _done(name, said, lambda: registry().revoke_tokens(actor(), name, token))


def _done(name: str, said: str, work: Any) -> Any:
    try:
        work()
    except (InputError, ForbiddenError) as error:
        return _record(name, error=error)
    flash(said, "success")
    return redirect(url_for("users.record", name=name), 303)


def _record(
    name: str, *, password: PasswordForm | None = None, error: QuhuaError | None = None
) -> Any:
    user = registry().account_document(actor(), name)
    held = [Grant.parse(role) for role in user["roles"]]
    page = render_template(
        "users/record.html",
        user=user,
        own=actor(),
        grants=registry().grants_roles(actor()) and actor() != name,
        resets=registry().resets_password(actor(), name),
        guarded=any(grant.role in THREE_ADMINISTRATORS for grant in held),
        rows=[*((g.role.value, g.subtree) for g in held), *[("", "")] * SPARE_LINES],
        roles=[("", Text("—", "—")), *((each.value, each.label) for each in Role)],
        words=_words,
        tokens=_tokens(name),
        password=password or PasswordForm(formdata=None),
        errors=[("", error.text("zh" if say(Text("zh", "en")) == "zh" else "en"))]
        if error
        else [],
    )
    if error is None:
        return page
    return page, 403 if isinstance(error, ForbiddenError) else 400


def _tokens(name: str) -> list[dict[str, Any]]:
    """Return the tokens that may be revoked here; one's own have a page."""
    if actor() == name or not may("revoke_tokens"):
        return []
    return list(registry().account_tokens(actor(), name))


def _words(roles: list[str]) -> list[Text]:
    return [grant_words(Grant.parse(role)) for role in roles]


def _state(user: dict[str, Any]) -> str:
    if not user["active"]:
        return "closed"
    return "locked" if user["locked"] else "open"
