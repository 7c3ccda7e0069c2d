"""Passwords: signing in, setting them, and the lock after too many wrong ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boundaries import accounts
from boundaries.accounts import SecondFactor, User
from boundaries.registry.desk import SESSIONS, TOKENS, USERS, now, since
from boundaries.registry.sessions import Sessions, end_all, end_tokens
from boundaries.vocabulary import THREE_ADMINISTRATORS, Role
from geodata.errors import ForbiddenError, InputError, NotFoundError, Text

if TYPE_CHECKING:
    from geodata.store.protocol import Reader, Transaction


class Passwords(Sessions):
    """Check, count, lock and set."""

    def sign_in(
        self, name: str, password: str, *, address: str = "", agent: str = ""
    ) -> dict[str, Any]:
        """Begin a session if the password is right.

        Returns
        -------
        dict
            ``{"secret", "pending"}``; while ``pending`` a one-time code is asked for
            and the session opens nothing else.

        Raises
        ------
        ForbiddenError
            See :meth:`authenticate`.
        """
        user = self.authenticate(name, password)
        pending = user["second_factor"]
        secret = self.start_session(name, address=address, agent=agent, pending=pending)
        return {"secret": secret, "pending": pending}

    def authenticate(self, name: str, password: str) -> dict[str, Any]:
        """Return the account if the password is right; count failures, and lock.

        Raises
        ------
        ForbiddenError
            With the same words for an unknown name, a closed account and a wrong
            password; others only while the account is locked, which a page shown
            to anybody must not repeat.
        """
        document = self.store.get(USERS, name)
        user = User.from_document(document) if document else User(name, active=False)
        right = accounts.verify_password(user, password) and user.active
        if document is None:
            self._unknown()
        elif user.locked_until <= now() and (
            user.failures or not right or self._expired(user)
        ):
            user = self.count(name, right=right)
        if user.locked_until > now():
            raise ForbiddenError(
                Text(
                    f"账号已锁定至 {user.locked_until}。",
                    f"The account is locked until {user.locked_until}.",
                ),
                code="locked" if right else "wrong_password",
            )
        if not right:
            raise ForbiddenError(
                Text("用户名或密码不正确。", "Wrong user name or password."),
                code="wrong_password",
            )
        return user.public()

    def count(self, name: str, *, right: bool) -> User:
        """Count a right or wrong password or code, and lock after too many.

        A lock that holds already stays as it is: what is tried meanwhile, with a code
        or at the same moment, must neither lift it nor prolong it. Before a one-time
        code a right password forgives nothing: only the right code does.
        """
        access = self.settings.access
        with self.store.write(lock=[USERS]) as tx:
            user = self.account_of(tx, name)
            if user.locked_until > now():
                if not right:
                    self.record(tx, name, "log_in_failed", name, locked=True)
                return user
            forgiven = right and not user.codes.secret
            failures = 0 if forgiven else user.failures + (not right)
            locked = not right and failures >= access.failures
            until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=access.lock_minutes)
            user = replace(
                user,
                failures=0 if locked else failures,
                locked_until=f"{until:%Y-%m-%dT%H:%M:%SZ}" if locked else "",
                must_change=user.must_change or self._expired(user),
            )
            self.save(tx, user)
            if not right:
                self.record(tx, name, "log_in_failed", name, locked=locked)
        return user

    def unlock(self, actor: str, name: str) -> dict[str, Any]:
        """Let a locked account try again at once."""
        self.in_person()
        with self.store.write(lock=[USERS]) as tx:
            self.may("unlock", actor, reader=tx)
            user = replace(self.account_of(tx, name), failures=0, locked_until="")
            self.save(tx, user)
            self.record(tx, actor, "unlock", name)
        return user.public()

    def change_password(
        self, actor: str, old: str, new: str, *, keep: str = ""
    ) -> dict[str, Any]:
        """Set one's own password, knowing the old one; end one's other sessions.

        Parameters
        ----------
        keep
            Key of the session that goes on.
        """
        self.in_person()
        user = self.user(actor)
        if user.locked_until > now() or not accounts.verify_password(user, old):
            self.count(actor, right=False)
            raise ForbiddenError(
                Text("原密码不正确。", "The old password is wrong."),
                code="wrong_password",
            )
        return self._set(actor, actor, new, keep=keep)

    def set_password(self, actor: str, name: str, password: str) -> dict[str, Any]:
        """Set one's own password, or as an administrator somebody's first one.

        Whoever is given a password must change it before anything else; sessions and
        tokens of the account end: nobody works unseen with what was set for them.
        """
        self.in_person()
        return self._set(actor, name, password)

    def reset_password(self, actor: str, name: str, password: str) -> dict[str, Any]:
        """Set somebody else's first password; see :meth:`set_password`.

        One's own is changed knowing the old one, also by an administrator: a page
        left open is not enough.
        """
        if actor == name:
            raise ForbiddenError(
                Text("自己的密码请用“修改密码”。", "Change your own password as such.")
            )
        return self.set_password(actor, name, password)

    def resets_password(self, actor: str, name: str) -> bool:
        """Return whether an account may set somebody else's password now."""
        if actor == name:
            return False
        try:
            self._require_resetter(self.store, actor, name)
        except (ForbiddenError, NotFoundError):
            return False
        return True

    def _require_resetter(self, reader: Reader, actor: str, name: str) -> None:
        """Refuse to reset an administrator's password to all but one of the three.

        Whoever sets a password can sign in with it first. The system administrator
        makes the accounts of those who draw and decide, and must not become one of
        those who watch over that; the security administrator's own is reset by
        another one. A store that never had one has nobody else than the system
        administrator.
        """
        user = self.account_of(reader, name)
        guarded = bool(user.roles & THREE_ADMINISTRATORS)
        if not guarded or not active_holders(reader, Role.SECURITY_ADMIN):
            self.may("set_password", actor, reader=reader)
            return
        try:
            self.may("set_administrator_password", actor, reader=reader)
        except ForbiddenError as error:
            raise ForbiddenError(
                Text(
                    f"{name} 是管理员，其密码只由安全管理员重置。",
                    f"{name} is an administrator; only the security administrator "
                    "resets their password.",
                ),
                Text(
                    "没有另一名安全管理员时，由 "
                    f"{name} 本人在服务器上运行 quhua user passwd {name} --as {name}，"
                    "审计会记录操作系统账号。",
                    "Without another one, they set it themselves on the server: quhua "
                    f"user passwd {name} --as {name}. The audit keeps the account of "
                    "the operating system.",
                ),
                code="administrator",
            ) from error

    def _set(
        self, actor: str, name: str, password: str, keep: str = ""
    ) -> dict[str, Any]:
        with self.store.write(lock=[SESSIONS, TOKENS, USERS]) as tx:
            if actor != name:
                self._require_resetter(tx, actor, name)
            elif not self.user(actor, tx).active:
                raise ForbiddenError(Text("账号已停用。", "The account is closed."))
            user = self.with_password(
                self.account_of(tx, name), password, must_change=actor != name
            )
            self.save(tx, user)
            ended = end_all(tx, name, keep=keep)
            if actor != name:
                end_tokens(tx, name)
            self.record(tx, actor, "set_password", name, sessions_ended=ended)
        return user.public()

    def with_password(self, user: User, password: str, *, must_change: bool) -> User:
        """Return the user with another password, if it may be one.

        Raises
        ------
        InputError
            For a password that is weak or was the user's lately.
        """
        access = self.settings.access
        accounts.check_password(
            user.name,
            password,
            shortest=access.password_length,
            classes=access.password_classes,
        )
        before = tuple(filter(None, (user.password, *user.history)))
        before = before[: access.password_history]
        if any(accounts.matches(each, password) for each in before):
            raise InputError(
                Text(
                    f"不能使用最近 {access.password_history} 次用过的密码。",
                    f"This is one of the last {access.password_history} passwords.",
                )
            )
        return replace(
            user,
            password=accounts.hash_password(password),
            history=before,
            changed=now(),
            must_change=must_change,
            failures=0,
            locked_until="",
        )

    def account_of(self, tx: Reader, name: str) -> User:
        """Return an account as a reader sees it; raise NotFoundError."""
        document = tx.get(USERS, name)
        if document is None:
            raise NotFoundError(Text(f"没有用户 {name}。", f"There is no user {name}."))
        return User.from_document(document)

    def save(self, tx: Transaction, user: User) -> None:
        """Write an account if nobody wrote it since it was read."""
        tx.put(USERS, user.name, user.to_document(), rev=user.rev)

    def _unknown(self) -> None:
        """Journal an attempt with an unknown name, but not the name.

        People type passwords there, and what is in the chain stays; and it takes as
        long as the write for a name that is known.
        """
        with self.store.write(lock=[USERS]) as tx:
            self.record(tx, accounts.ANONYMOUS, "log_in_failed", "", known=False)

    def _expired(self, user: User) -> bool:
        days = self.settings.access.password_days
        return bool(days and user.changed) and since(user.changed).days >= days


def active_holders(reader: Reader, role: Role) -> list[str]:
    """Return the open accounts that hold a role."""
    users = map(User.from_document, reader.find(USERS))
    return [user.name for user in users if user.active and role in user.roles]


def without_codes(user: User) -> User:
    """Return the user without one-time codes."""
    return replace(user, codes=SecondFactor())
