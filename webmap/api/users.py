"""Administration of users."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments
from webmap.session import actor, registry

users = ApiBlueprint("users", Text("用户管理", "Users"))


class _Password(Arguments):
    password = fields.String(required=True, validate=validate.Length(max=256))


class _Account(Arguments):
    name = fields.String(required=True, validate=validate.Length(max=64))
    display = fields.String(load_default="", validate=validate.Length(max=64))
    password = fields.String(load_default=None, validate=validate.Length(max=256))
    roles = fields.List(fields.String(), load_default=list)


class _Roles(Arguments):
    roles = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "surveyor:120101 and so on, instead of those held"},
    )


class _Active(Arguments):
    active = fields.Boolean(required=True)


@users.get("", Text("全部用户", "All users"))
@policy.may("see_users")
def index() -> Any:
    """Return the accounts, without secrets."""
    return {"items": registry().users(actor())}


@users.get("/<name>", Text("一个用户", "One user"))
@policy.may("see_users")
def record(name: str) -> Any:
    """Return one account."""
    return registry().account_document(actor(), name)


@users.post("", Text("新建用户", "Add a user"), body=_Account, status=201)
@policy.may("add_user")
def add(body: dict[str, Any]) -> Any:
    """Add an account."""
    return registry().add_user(
        actor(),
        body["name"],
        body["roles"],
        display=body["display"],
        password=body["password"],
    )


@users.put("/<name>/roles", Text("授予角色", "Grant roles"), body=_Roles)
@policy.may("set_roles")
def set_roles(body: dict[str, Any], name: str) -> Any:
    """Give an account these roles instead of those it has."""
    return registry().set_roles(actor(), name, body["roles"])


@users.put("/<name>/active", Text("停用或启用", "Close or open"), body=_Active)
@policy.may("set_active")
def set_active(body: dict[str, Any], name: str) -> Any:
    """Open or close an account."""
    return registry().set_active(actor(), name, active=body["active"])


@users.put("/<name>/password", Text("重置密码", "Reset the password"), body=_Password)
@policy.may("set_password", "set_administrator_password")
def set_password(body: dict[str, Any], name: str) -> Any:
    """Set a password that must be changed at the next sign-in."""
    return registry().reset_password(actor(), name, body["password"])


@users.post("/<name>/unlock", Text("解锁账号", "Unlock"))
@policy.may("unlock")
def unlock(name: str) -> Any:
    """Let a locked account try again."""
    return registry().unlock(actor(), name)


@users.delete("/<name>/second-factor", Text("重置动态验证码", "Reset one-time codes"))
@policy.may("reset_second_factor")
def reset_codes(name: str) -> Any:
    """Turn off the one-time codes of somebody who lost the device."""
    return registry().reset_codes(actor(), name)


@users.get("/<name>/tokens", Text("用户的令牌", "Tokens of a user"))
@policy.may("revoke_tokens")
def tokens(name: str) -> Any:
    """Return the tokens of an account, without what opens them."""
    return {"items": registry().account_tokens(actor(), name)}


@users.delete(
    "/<name>/tokens/<token>",
    Text("撤销用户的令牌", "Revoke a user's token"),
    status=204,
)
@policy.may("revoke_tokens")
def revoke_token(name: str, token: str) -> None:
    """End a token of somebody: a program that misbehaves stops at once."""
    registry().revoke_tokens(actor(), name, token)
