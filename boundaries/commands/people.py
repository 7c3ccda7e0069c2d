"""``user``: accounts and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from boundaries.commands.passwords import (
    asked_password,
    password_options,
    read_password,
)
from boundaries.console import (
    Argument,
    Group,
    Option,
    Result,
    Run,
    command,
    group,
)
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


def _name() -> Argument:
    return Argument(["name"], Text("用户名", "user name"))


def _roles(*, required: bool) -> list[click.Parameter]:
    return [
        Option(
            ["--role", "roles"],
            Text(
                "角色，可带区划代码：surveyor:120101",
                "a role, with its division code: surveyor:120101",
            ),
            multiple=True,
            required=required,
            metavar="ROLE[:CODE]",
        ),
        Option(
            ["--scope"],
            Text("未带代码的角色限于此区划", "division of the roles without a code"),
            metavar="CODE",
        ),
    ]


@command(
    "add",
    Text("新建用户。", "Add a user."),
    _name(),
    *_roles(required=False),
    Option(["--display"], Text("姓名", "their name"), default=""),
    *password_options(),
    Option(
        ["--no-change"],
        Text(
            "初始密码首次登录时不必修改（仅用于演示）",
            "the first password need not be changed (for a demonstration)",
        ),
        is_flag=True,
    ),
    writes=True,
)
def add(
    run: Run,
    *,
    name: str,
    roles: Sequence[str],
    scope: str | None,
    display: str,
    password: bool,
    password_stdin: bool,
    no_change: bool,
) -> Result:
    """Add an account."""
    user = run.registry().add_user(
        run.actor,
        name,
        _scoped(roles, scope),
        display=display,
        password=asked_password(run, ask=password, from_stdin=password_stdin),
        must_change=not no_change,
    )
    return _one(user)


@command("list", Text("列出用户。", "List the users."))
def list_(run: Run) -> Result:
    """List accounts and roles."""
    found = run.registry().users(run.reader)
    return Result({"users": found}, [_line(user) for user in found])


@command(
    "role",
    Text("设定用户的角色（取代原有）。", "Set a user's roles, instead of those held."),
    _name(),
    *_roles(required=True),
    writes=True,
)
def role(run: Run, name: str, roles: Sequence[str], scope: str | None) -> Result:
    """Grant roles."""
    return _one(run.registry().set_roles(run.actor, name, _scoped(roles, scope)))


@command(
    "passwd",
    Text("设定密码。", "Set a password."),
    _name(),
    Option(
        ["--stdin", "from_stdin"],
        Text("从标准输入读密码", "read it from standard input"),
        is_flag=True,
    ),
    writes=True,
)
def passwd(run: Run, name: str, from_stdin: bool) -> Result:  # noqa: FBT001
    """Set one's own password, or somebody's first one."""
    return _one(
        run.registry().set_password(
            run.actor, name, read_password(run, from_stdin=from_stdin)
        )
    )


@command("close", Text("停用账号。", "Close an account."), _name(), writes=True)
def close(run: Run, name: str) -> Result:
    """Close an account; what it did stays."""
    return _one(run.registry().set_active(run.actor, name, active=False))


@command("open", Text("启用账号。", "Open an account again."), _name(), writes=True)
def open_(run: Run, name: str) -> Result:
    """Open a closed account."""
    return _one(run.registry().set_active(run.actor, name, active=True))


@command(
    "unlock",
    Text("解锁账号，可立即再试。", "Unlock an account at once."),
    _name(),
    writes=True,
)
def unlock(run: Run, name: str) -> Result:
    """Lift the lock after too many wrong passwords."""
    return _one(run.registry().unlock(run.actor, name))


@command(
    "codes",
    Text(
        "停用账号的动态验证码（设备丢失时）。",
        "Turn an account's one-time codes off, as for a lost device.",
    ),
    _name(),
    writes=True,
)
def codes(run: Run, name: str) -> Result:
    """Reset the second factor; the sessions of the account end."""
    return _one(run.registry().reset_codes(run.actor, name))


@command(
    "tokens",
    Text("列出账号的接口令牌。", "List the API tokens of an account."),
    _name(),
)
def tokens(run: Run, name: str) -> Result:
    """List tokens, never what opens them."""
    found = run.registry().account_tokens(run.reader, name)
    lines = [
        Text(
            f"{each['id']}  {each['name']}：{', '.join(each['roles'])}，"
            f"有效至 {each['expires']}，最近使用 {each['used'] or '—'}",
            f"{each['id']}  {each['name']}: {', '.join(each['roles'])}, until "
            f"{each['expires']}, last used {each['used'] or '—'}",
        )
        for each in found
    ]
    return Result({"tokens": found}, lines or [Text("没有令牌。", "No tokens.")])


@command(
    "revoke",
    Text(
        "撤销账号的接口令牌；不写编号即全部撤销。",
        "Revoke a token of an account, or all of them.",
    ),
    _name(),
    Argument(["token"], Text("令牌编号", "the token's number"), required=False),
    writes=True,
)
def revoke(run: Run, name: str, token: str | None) -> Result:
    """End tokens: the programs that hold them get no further."""
    ended = run.registry().revoke_tokens(run.actor, name, token or "")
    words = Text(f"已撤销 {ended} 个令牌。", f"{ended} tokens are revoked.")
    return Result({"user": name, "revoked": ended}, [words])


def _scoped(roles: Sequence[str], scope: str | None) -> list[str]:
    return [r if ":" in r or not scope else f"{r}:{scope}" for r in roles]


def _one(user: dict[str, Any]) -> Result:
    return Result({"user": user}, [_line(user)])


def _line(user: dict[str, Any]) -> Text:
    roles = ", ".join(user["roles"]) or "—"
    closed = Text("", "") if user["active"] else Text("（已停用）", " (closed)")
    return Text(
        f"{user['name']} {user['display']}：{roles}{closed.zh}",
        f"{user['name']} {user['display']}: {roles}{closed.en}",
    )


USER: Group = group(
    "user",
    Text("用户与角色。", "Users and their roles."),
    [add, list_, role, passwd, unlock, codes, tokens, revoke, close, open_],
)
COMMANDS = (USER,)
