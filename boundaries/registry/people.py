"""People: accounts, their roles, their passwords."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boundaries import accounts
from boundaries.accounts import Grant, User
from boundaries.registry.desk import USERS, Desk, now
from boundaries.vocabulary import Role
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.store.protocol import Transaction


_NOTICE = ("site", "notice")


class People(Desk):
    """Add users, grant roles, set and check passwords."""

    def init(
        self, admin: str, *, display: str = "", notice: str = ""
    ) -> dict[str, Any]:
        """Make the first account, a system administrator, in a new store.

        Parameters
        ----------
        notice
            Words every page of this store shows, such as that its data are
            illustrative; see :meth:`notice`.

        Raises
        ------
        ConflictError
            When the store has users already.
        """
        user = User(
            accounts.check_name(admin),
            display,
            (Grant(Role.SYSTEM_ADMIN),),
            created=now(),
        )
        with self.store.write(lock=[USERS]) as tx:
            if tx.find(USERS):
                raise ConflictError(
                    Text("数据库已初始化。", "The store has users already."),
                    Text(
                        "请由管理员用 quhua user add 新建用户。",
                        "Let an administrator add users: quhua user add.",
                    ),
                )
            tx.put(USERS, admin, user.to_document(), rev=0)
            if notice.strip():
                tx.put(*_NOTICE, {"text": notice.strip()}, rev=0)
            roles = [Role.SYSTEM_ADMIN.value]
            self.record(tx, admin, "init", admin, roles=roles, notice=notice.strip())
        return user.public()

    def notice(self) -> str:
        """Return the words every page of this store must show, ``""`` for none."""
        return str((self.store.get(*_NOTICE) or {"text": ""})["text"])

    def users(self, actor: str) -> list[dict[str, Any]]:
        """Return the accounts, without secrets."""
        self.may("see_users", actor)
        return [User.from_document(doc).public() for doc in self.store.find(USERS)]

    def add_user(
        self,
        actor: str,
        name: str,
        roles: Iterable[str | Grant] = (),
        *,
        display: str = "",
        password: str | None = None,
    ) -> dict[str, Any]:
        """Add an account with roles written ``role`` or ``role:division code``.

        Without a password it cannot log in on the web; the command line needs
        none.
        """
        user = User(accounts.check_name(name), display, created=now())
        user = user.with_grants(map(_grant, roles))
        if password is not None:
            user = self._with_password(user, password, must_change=True)
        with self.store.write(lock=[USERS]) as tx:
            self.may("add_user", actor, reader=tx)
            if tx.get(USERS, name) is not None:
                raise InputError(
                    Text(f"用户 {name} 已存在。", f"There is a user {name} already.")
                )
            tx.put(USERS, name, user.to_document(), rev=0)
            self.record(
                tx, actor, "add_user", name, roles=[str(g) for g in user.grants]
            )
        return user.public()

    def set_roles(
        self, actor: str, name: str, roles: Iterable[str | Grant]
    ) -> dict[str, Any]:
        """Give an account these roles instead of those it has."""
        grants = [_grant(role) for role in roles]
        with self.store.write(lock=[USERS]) as tx:
            self.may("set_roles", actor, reader=tx)
            old = self._account(tx, name)
            new = old.with_grants(grants)
            if actor == name and old.grants != new.grants:
                raise ForbiddenError(
                    Text("不能给自己授权。", "Nobody grants roles to themselves."),
                    Text("请另一位管理员办理。", "Ask another administrator."),
                )
            self._save(tx, new)
            self.record(
                tx,
                actor,
                "set_roles",
                name,
                before=[str(g) for g in old.grants],
                after=[str(g) for g in new.grants],
            )
        return new.public()

    def set_active(self, actor: str, name: str, *, active: bool) -> dict[str, Any]:
        """Open or close an account; nothing it did is touched."""
        with self.store.write(lock=[USERS]) as tx:
            self.may("set_roles", actor, reader=tx)
            user = replace(self._account(tx, name), active=active)
            self._save(tx, user)
            self.record(tx, actor, "set_active", name, active=active)
        return user.public()

    def set_password(self, actor: str, name: str, password: str) -> dict[str, Any]:
        """Set one's own password, or as an administrator somebody's first one."""
        with self.store.write(lock=[USERS]) as tx:
            if actor != name:
                self.may("add_user", actor, reader=tx)
            elif not self.user(actor, tx).active:
                raise ForbiddenError(Text("账号已停用。", "The account is closed."))
            user = self._with_password(
                self._account(tx, name), password, must_change=actor != name
            )
            self._save(tx, user)
            self.record(tx, actor, "set_password", name)
        return user.public()

    def authenticate(self, name: str, password: str) -> dict[str, Any]:
        """Return the account if the password is right; count failures, and lock.

        Raises
        ------
        ForbiddenError
            With the same words for an unknown name, a closed account and a wrong
            password; others only while the account is locked.
        """
        document = self.store.get(USERS, name)
        user = User.from_document(document) if document else User(name, active=False)
        right = accounts.verify_password(user, password) and user.active
        if user.locked_until > now():
            raise ForbiddenError(
                Text(
                    f"账号已锁定至 {user.locked_until}。",
                    f"The account is locked until {user.locked_until}.",
                ),
                code="locked",
            )
        if document is not None and (user.failures or not right):
            self._count(name, right=right)
        if not right:
            raise ForbiddenError(
                Text("用户名或密码不正确。", "Wrong user name or password."),
                code="wrong_password",
            )
        return user.public()

    def _count(self, name: str, *, right: bool) -> None:
        access = self.settings.access
        with self.store.write(lock=[USERS]) as tx:
            user = self._account(tx, name)
            failures = 0 if right else user.failures + 1
            locked = failures >= access.failures
            until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=access.lock_minutes)
            self._save(
                tx,
                replace(
                    user,
                    failures=0 if locked else failures,
                    locked_until=f"{until:%Y-%m-%dT%H:%M:%SZ}" if locked else "",
                ),
            )
            if not right:
                self.record(tx, name, "log_in_failed", name, locked=locked)

    def _with_password(self, user: User, password: str, *, must_change: bool) -> User:
        access = self.settings.access
        accounts.check_password(
            user.name,
            password,
            shortest=access.password_length,
            classes=access.password_classes,
        )
        hashed = accounts.hash_password(password)
        return replace(
            user, password=hashed, must_change=must_change, failures=0, locked_until=""
        )

    def _account(self, tx: Transaction, name: str) -> User:
        document = tx.get(USERS, name)
        if document is None:
            raise NotFoundError(Text(f"没有用户 {name}。", f"There is no user {name}."))
        return User.from_document(document)

    def _save(self, tx: Transaction, user: User) -> None:
        tx.put(USERS, user.name, user.to_document(), rev=user.rev)


def _grant(role: str | Grant) -> Grant:
    return role if isinstance(role, Grant) else Grant.parse(role)
