"""People: accounts and their roles."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boundaries import accounts, review
from boundaries.accounts import Grant, User
from boundaries.registry.desk import SESSIONS, TOKENS, USERS, now
from boundaries.registry.passwords import active_holders
from boundaries.registry.sessions import end_all, end_tokens
from boundaries.registry.tokens import Tokens
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


NOTICE = ("site", "notice")


class People(Tokens):
    """Add users, grant roles, open and close accounts."""

    def init(
        self,
        admin: str,
        *,
        display: str = "",
        notice: str = "",
        password: str | None = None,
    ) -> dict[str, Any]:
        """Make the first account, a system administrator, in a new store.

        Parameters
        ----------
        password
            Chosen by whoever runs this for themselves: it need not be changed.
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
        if password is not None:
            user = self.with_password(user, password, must_change=False)
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
                tx.put(*NOTICE, {"text": notice.strip()}, rev=0)
            roles = [Role.SYSTEM_ADMIN.value]
            self.record(tx, admin, "init", admin, roles=roles, notice=notice.strip())
        return user.public()

    def notice(self) -> str:
        """Return the words every page of this store must show, ``""`` for none."""
        return str((self.store.get(*NOTICE) or {"text": ""})["text"])

    def shown_names(self) -> dict[str, str]:
        """Return every account's name as people read it, by the name it signs with.

        Two accounts of the same display name keep their own beside it: who wrote
        and who approved must stay apart.
        """
        shown = {
            document["name"]: document.get("display") or document["name"]
            for document in self.store.find(USERS)
        }
        taken = Counter(shown.values())
        return {
            name: f"{display} ({name})" if taken[display] > 1 else display
            for name, display in shown.items()
        }

    def users(self, actor: str) -> list[dict[str, Any]]:
        """Return the accounts, without secrets."""
        self.may("see_users", actor)
        return [User.from_document(doc).public() for doc in self.store.find(USERS)]

    def account_document(self, actor: str, name: str) -> dict[str, Any]:
        """Return one account, without secrets; one's own is always seen."""
        if actor != name:
            self.may("see_users", actor)
        document = self.store.get(USERS, name)
        if document is None:
            raise NotFoundError(Text(f"没有用户 {name}。", f"There is no user {name}."))
        return User.from_document(document).public()

    def add_user(
        self,
        actor: str,
        name: str,
        roles: Iterable[str | Grant] = (),
        *,
        display: str = "",
        password: str | None = None,
        must_change: bool = True,
    ) -> dict[str, Any]:
        """Add an account with roles written ``role`` or ``role:division code``.

        Without a password it cannot log in on the web; the command line needs
        none. A first password must be changed at once unless ``must_change`` is
        False, as for a demonstration.
        """
        self.in_person()
        user = User(accounts.check_name(name), display, created=now())
        user = user.with_grants(map(_grant, roles))
        if password is not None:
            user = self.with_password(user, password, must_change=must_change)
        with self.store.write(lock=[USERS]) as tx:
            self.may("add_user", actor, reader=tx)
            if user.grants:
                self._require_granter(tx, actor)
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
        self.in_person()
        grants = [_grant(role) for role in roles]
        with self.store.write(lock=[SESSIONS, USERS]) as tx:
            self._require_granter(tx, actor)
            old = self.account_of(tx, name)
            new = old.with_grants(grants)
            if actor == name and old.grants != new.grants:
                raise ForbiddenError(
                    Text("不能给自己授权。", "Nobody grants roles to themselves."),
                    Text("请另一位管理员办理。", "Ask another administrator."),
                )
            self._require_left(tx, old, new)
            self.save(tx, new)
            end_all(tx, name)
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
        """Open or close an account; nothing it did is touched.

        Its sessions and tokens end either way: an account opened again begins anew.
        """
        self.in_person()
        with self.store.write(lock=[SESSIONS, TOKENS, USERS]) as tx:
            self.may("set_active", actor, reader=tx)
            old = self.account_of(tx, name)
            user = replace(old, active=active)
            self._require_left(tx, old, user)
            self.save(tx, user)
            end_all(tx, name)
            end_tokens(tx, name)
            self.record(tx, actor, "set_active", name, active=active)
        return user.public()

    def grants_roles(self, actor: str) -> bool:
        """Return whether an account may grant roles now."""
        user = self.user(actor)
        if not review.holds("set_roles", user):
            return False
        granting = Role.SECURITY_ADMIN in user.roles
        return granting or not active_holders(self.store, Role.SECURITY_ADMIN)

    def _require_granter(self, tx: Transaction, actor: str) -> None:
        """Refuse a system administrator the granting once there is who does it.

        In a new store there is nobody else to begin with; from then on making
        accounts and giving them rights are two people's work.
        """
        user = self.may("set_roles", actor, reader=tx)
        if Role.SECURITY_ADMIN in user.roles:
            return
        if active_holders(tx, Role.SECURITY_ADMIN):
            raise ForbiddenError(
                Text(
                    "角色由安全管理员授予，系统管理员只建立账号。",
                    "The security administrator grants roles; the system "
                    "administrator makes the accounts.",
                ),
                Text("请安全管理员办理。", "Ask the security administrator."),
            )

    def _require_left(self, tx: Transaction, old: User, new: User) -> None:
        """Refuse to close or strip the last who can make accounts or grant roles."""
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
            lost = (
                role in old.roles
                and old.active
                and not (new.active and role in new.roles)
            )
            if lost and active_holders(tx, role) == [old.name]:
                raise ForbiddenError(
                    Text(
                        f"{old.name} 是最后一名在用的{role.label.zh}，"
                        "不能停用或改换角色。",
                        f"{old.name} is the last active {role.label.en} and cannot be "
                        "closed or given another role.",
                    ),
                    Text("请先设立另一名。", "Make another one first."),
                    code="last_administrator",
                )


def _grant(role: str | Grant) -> Grant:
    return role if isinstance(role, Grant) else Grant.parse(role)
