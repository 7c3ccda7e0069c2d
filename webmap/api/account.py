"""One's own account, for programs and for the pages' scripts."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from geodata.errors import Text
from webmap import policy, session
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments
from webmap.session import actor, registry

account = ApiBlueprint("account", Text("我的账号", "One's own account"))


class _Known(Arguments):
    password = fields.String(required=True, validate=validate.Length(max=256))


class _Change(Arguments):
    old = fields.String(required=True, validate=validate.Length(max=256))
    new = fields.String(required=True, validate=validate.Length(max=256))


class _Code(Arguments):
    code = fields.String(required=True, validate=validate.Length(max=20))


class _Token(Arguments):
    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    roles = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "surveyor:120101 and so on, within one's own"},
    )
    days = fields.Integer(load_default=30, validate=validate.Range(min=1))


@account.get("", Text("我是谁、有何角色", "Who I am and my roles"))
@policy.signed_in
def me() -> Any:
    """Return the account; with a token only the roles it was given."""
    found = session.identity()
    document = registry().account_document(actor(), actor())
    roles = [str(grant) for grant in found.user.grants] if found else []
    return {**document, "roles": roles}


@account.put("/password", Text("修改密码", "Change the password"), body=_Change)
@policy.own(first=True)
def password(body: dict[str, Any]) -> Any:
    """Change one's own password; other sessions end, this one gets a new secret."""
    found = session.identity()
    keep = found.session["key"] if found and found.session else ""
    done = registry().change_password(actor(), body["old"], body["new"], keep=keep)
    session.begin(registry().renew_session(session.secret()))
    return done


@account.get("/sessions", Text("我的会话", "My sessions"))
@policy.signed_in
def sessions() -> Any:
    """Return one's sessions."""
    return {"items": registry().sessions(actor()), "here": session.shown_id()}


@account.delete("/sessions/<key>", Text("结束会话", "End a session"), status=204)
@policy.own()
def end_session(key: str) -> None:
    """End one of one's sessions."""
    registry().revoke_session(actor(), key)


@account.get("/tokens", Text("我的令牌", "My tokens"))
@policy.signed_in
def tokens() -> Any:
    """Return one's tokens, without what opens them."""
    return {"items": registry().tokens(actor())}


@account.post("/tokens", Text("新建令牌", "Make a token"), body=_Token, status=201)
@policy.own()
def create_token(body: dict[str, Any]) -> Any:
    """Make a token; ``token`` is shown this once."""
    return registry().create_token(
        actor(), body["name"], body["roles"], days=body["days"]
    )


@account.delete("/tokens/<token>", Text("撤销令牌", "Revoke a token"), status=204)
@policy.own()
def revoke_token(token: str) -> None:
    """Revoke a token."""
    registry().revoke_token(actor(), token)


@account.post(
    "/second-factor", Text("开始启用动态验证码", "Begin one-time codes"), body=_Known
)
@policy.own(first=True)
def propose_codes(body: dict[str, Any]) -> Any:
    """Draw a secret; a first code turns the codes on."""
    registry().propose_codes(actor(), body["password"])
    return registry().proposed_codes(actor())


@account.put(
    "/second-factor", Text("确认动态验证码", "Confirm one-time codes"), body=_Code
)
@policy.own(first=True)
def accept_codes(body: dict[str, Any]) -> Any:
    """Turn codes on; the recovery codes are shown this once."""
    return {"recovery": registry().accept_codes(actor(), body["code"])}


@account.post(
    "/second-factor/drop",
    Text("停用动态验证码", "Turn one-time codes off"),
    body=_Known,
    status=204,
)
@policy.own()
def drop_codes(body: dict[str, Any]) -> None:
    """Turn one's own codes off."""
    registry().drop_codes(actor(), body["password"])
