"""Who somebody is: a user, what they may be, and where (a division subtree).

Values and pure checks only; the registry stores and asks. Passwords are for the
web's sessions (argon2id); the command line trusts the operating system's account
and records it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from boundaries import codes
from boundaries.vocabulary import THREE_ADMINISTRATORS, Role
from boundaries.weak import is_weak
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

ANONYMOUS = "public"
"""The reader nobody vouches for: published data only."""
LOCAL = "operator:local"
"""Whoever can open the store's file on the command line: reads all, writes nothing
but what is written about reading. No account can be called so."""

_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True, order=True)
class Grant:
    """A role in a subtree of divisions; subtree ``""`` is everything."""

    role: Role
    subtree: str = ""

    @classmethod
    def parse(cls, text: str) -> Grant:
        """Return the grant written ``role`` or ``role:division code``.

        Raises
        ------
        InputError
            For an unknown role or something that is no division code.
        """
        word, _, subtree = text.partition(":")
        subtree = "" if subtree.strip() in {"*", codes.ROOT} else subtree.strip()
        if subtree and not codes.is_code(subtree):
            raise InputError(
                Text(
                    f"“{subtree}”不是区划代码，角色“{text}”未授予。",
                    f"'{subtree}' is not a division code in the role '{text}'.",
                ),
                Text("例：surveyor:120101。", "Example: surveyor:120101."),
            )
        try:
            role = Role.of(word)
        except ValueError as error:
            known = "、".join(f"{role.value}（{role.label.zh}）" for role in Role)
            raise InputError(
                Text(f"没有“{word}”这一角色。", f"There is no role '{word}'."),
                Text(f"可用：{known}。", f"Use one of {', '.join(Role)}."),
            ) from error
        return cls(role, subtree)

    def __str__(self) -> str:
        return f"{self.role.value}:{self.subtree}" if self.subtree else self.role.value


@dataclass(frozen=True)
class SecondFactor:
    """One-time codes of an account: their secret, and what was used of them.

    Both secrets are encrypted (:mod:`boundaries.vault`); ``proposed`` is one not
    confirmed by a code yet, ``step`` the time step of the last code taken (none is
    taken twice), ``recovery`` digests of the codes for whoever has lost the device.
    """

    secret: str = ""
    proposed: str = ""
    step: int = 0
    recovery: tuple[str, ...] = ()


@dataclass(frozen=True)
class User:
    """An account. ``password`` is an argon2 hash or empty (cannot log in).

    ``changed`` is when it was set, ``history`` are the hashes before it.
    """

    name: str
    display: str = ""
    grants: tuple[Grant, ...] = ()
    active: bool = True
    password: str = ""
    must_change: bool = False
    failures: int = 0
    locked_until: str = ""
    created: str = ""
    changed: str = ""
    history: tuple[str, ...] = ()
    codes: SecondFactor = SecondFactor()
    local: bool = field(default=False, compare=False)
    owner: User | None = field(default=None, compare=False, repr=False)
    """Whose token acts, with all they hold: it reaches no further than they do."""
    rev: int | None = field(default=None, compare=False)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held, wherever they hold."""
        return frozenset(grant.role for grant in self.grants)

    def subtrees(self, roles: Iterable[Role]) -> tuple[str, ...]:
        """Return the subtrees in which one of ``roles`` is held, ``""`` for all."""
        if self.local:
            return ("",)
        wanted = frozenset(roles)
        found = {grant.subtree for grant in self.grants if grant.role in wanted}
        return ("",) if "" in found else tuple(sorted(found))

    def narrowed(self, grants: Iterable[Grant]) -> User:
        """Return the user with only what their grants and these have in common."""
        common = {
            Grant(mine.role, both)
            for mine in self.grants
            for other in grants
            if mine.role == other.role
            and (both := _common(mine.subtree, other.subtree)) is not None
        }
        return replace(self, grants=tuple(sorted(common)), owner=self.owner or self)

    def public(self) -> dict[str, Any]:
        """Return what others may see of the account: never the hash."""
        return {
            "name": self.name,
            "display": self.display,
            "roles": [str(grant) for grant in self.grants],
            "active": self.active,
            "can_log_in": bool(self.password),
            "must_change": self.must_change,
            "locked": self.locked_until
            > f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "locked_until": self.locked_until,
            "created": self.created,
            "second_factor": bool(self.codes.secret),
        }

    def to_document(self) -> dict[str, Any]:
        """Return the account as a document for the store."""
        return {
            **self.public(),
            "password": self.password,
            "failures": self.failures,
            "changed": self.changed,
            "history": list(self.history),
            "codes": {**asdict(self.codes), "recovery": list(self.codes.recovery)},
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> User:
        """Build a user from what :meth:`to_document` gave."""
        return cls(
            name=document["name"],
            display=document.get("display", ""),
            grants=tuple(Grant.parse(text) for text in document["roles"]),
            active=document.get("active", True),
            password=document.get("password", ""),
            must_change=document.get("must_change", False),
            failures=document.get("failures", 0),
            locked_until=document.get("locked_until", ""),
            created=document.get("created", ""),
            changed=document.get("changed", ""),
            history=tuple(document.get("history", ())),
            codes=_codes(document.get("codes", {})),
            rev=document.get("rev"),
        )

    def with_grants(self, grants: Iterable[Grant]) -> User:
        """Return the user with these grants instead.

        Raises
        ------
        InputError
            When the grants break the separation of the three administrators.
        """
        wanted = tuple(sorted(set(grants)))
        check_separation(wanted)
        return replace(self, grants=wanted)


def _codes(document: dict[str, Any]) -> SecondFactor:
    return SecondFactor(**{**document, "recovery": tuple(document.get("recovery", ()))})


def _common(one: str, other: str) -> str | None:
    """Return the subtree that lies in both, None when they do not meet."""
    if not one or (other and codes.is_within(other, one)):
        return other
    return one if not other or codes.is_within(one, other) else None


def check_name(name: str) -> str:
    """Return ``name`` if an account may be called so; raise InputError."""
    if not _NAME.fullmatch(name) or name == ANONYMOUS:
        raise InputError(
            Text(f"用户名“{name}”不可用。", f"'{name}' cannot be a user name."),
            Text(
                "请用 1–64 个汉字、字母、数字、点、下划线或连字符。",
                "Use 1 to 64 letters, digits, dots, underscores or hyphens.",
            ),
        )
    return name


def check_separation(grants: Iterable[Grant]) -> None:
    """Refuse an account that is an administrator and something else (三员分立)."""
    roles = {grant.role for grant in grants}
    administrators = roles & THREE_ADMINISTRATORS
    if administrators and len(roles) > 1:
        names = sorted(roles)
        raise InputError(
            Text(
                "三员不得互兼，也不得兼任业务角色："
                + "、".join(role.label.zh for role in names),
                "An administrator holds that one role only, not also: "
                + ", ".join(role.label.en for role in names),
            ),
            Text("请分设账号。", "Use separate accounts."),
        )


def check_password(name: str, password: str, *, shortest: int, classes: int) -> None:
    """Refuse a password that is short, plain, usual or the user's name.

    Parameters
    ----------
    shortest
        Fewest characters.
    classes
        Fewest kinds of character of: lower case, upper case, digits, others.
    """
    kinds = sum(
        any(test(c) for c in password)
        for test in (
            str.islower,
            str.isupper,
            str.isdigit,
            lambda c: not c.isalnum(),
        )
    )
    if len(password) < shortest or kinds < classes or name.lower() in password.lower():
        raise InputError(
            Text(
                f"密码过于简单：至少 {shortest} 个字符、{classes} 类字符，"
                "且不含用户名。",
                f"The password is too weak: at least {shortest} characters of "
                f"{classes} kinds, without the user name.",
            )
        )
    if is_weak(password):
        raise InputError(
            Text(
                "密码由常用词和常见数字组成，容易被猜到。",
                "The password is a usual word with usual digits, easy to guess.",
            ),
            Text("请换一个，例如几个不相关的词。", "Choose another: unrelated words."),
        )


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def verify_password(user: User, password: str) -> bool:
    """Return whether ``password`` is the user's, taking as long when it is not.

    Whoever has no password is held against a hash made once, so that the time
    an answer takes tells nobody which names there are.
    """
    return matches(user.password or _nobody(), password) and bool(user.password)


def matches(hashed: str, password: str) -> bool:
    """Return whether a password is the one a hash was made of."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return hash_password("nobody")
