"""The table of verbs: who may do what, from which state, and where it leads.

One row a verb. The registry asks :func:`allow` before every verb; pages and the
command line ask :func:`moves` for the buttons to show. Nothing else decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from boundaries.codes import ROOT, is_within
from boundaries.vocabulary import THREE_ADMINISTRATORS, DraftState, Role
from geodata.errors import ForbiddenError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boundaries.accounts import User


class Who(Enum):
    """How the actor stands to the draft's author."""

    ANYONE = "anyone"
    AUTHOR = "author"
    NOT_AUTHOR = "not_author"
    PARTY = "party"
    """The author, or else somebody who may decide on the draft."""


@dataclass(frozen=True)
class Verb:
    """One row: ``roles`` may do ``name``.

    ``of`` are the draft states it starts from (empty: it concerns no draft),
    ``to`` the state it leads to (None: the state stays), ``who`` how the actor
    stands to the author, ``scoped`` whether the keys touched must lie in the
    actor's subtree, ``whole`` whether the role must be held over the whole country
    because what the verb writes is the country's, ``layers`` the only layers it is for
    (empty: all). Verbs that only read (``reads``) are open to whoever runs the command
    line on the store itself, without an account.
    """

    name: str
    roles: frozenset[Role]
    label: Text
    of: frozenset[DraftState] = frozenset()
    to: DraftState | None = None
    who: Who = Who.ANYONE
    scoped: bool = True
    reads: bool = False
    whole: bool = False
    layers: frozenset[str] = frozenset()

    def on(self, layer: str) -> frozenset[Role]:
        """Return the roles that may do it to a layer (:data:`LAYER_ROLES`).

        ``ANY_LAYER``: those that may do it to some layer.
        """
        if self.layers and layer not in {ANY_LAYER, *self.layers}:
            return frozenset()
        if self.whole or not self.roles <= _EDITORS:
            return self.roles  # neither editing nor deciding: the same for all layers
        if layer == ANY_LAYER:
            return self.roles.union(*map(self.on, LAYER_ROLES))
        stand_in = LAYER_ROLES.get(layer, {})
        return frozenset(stand_in.get(role, role) for role in self.roles)


ANY_LAYER = ""
DIVISIONS = "divisions"

_OF_SERVICES = {
    Role.SURVEYOR: Role.ELDERCARE_OFFICER,
    Role.BOUNDARY_MANAGER: Role.PLANNER,
}
LAYER_ROLES: dict[str, dict[Role, Role]] = {
    "place_names": {
        Role.SURVEYOR: Role.NAME_STAFF,
        Role.BOUNDARY_MANAGER: Role.NAME_REVIEWER,
    },
    "facilities": _OF_SERVICES,
    "population": _OF_SERVICES,
    "scenarios": {
        Role.SURVEYOR: Role.PLANNER,
        Role.BOUNDARY_MANAGER: Role.ELDERCARE_OFFICER,
    },
}
"""Who edits and who decides on layers that are not the surveyors' and the boundary
managers': in the rows below each of these roles is stood in for by the other."""

_S = DraftState
_EDITORS = frozenset({Role.SURVEYOR, Role.BOUNDARY_MANAGER})
_DECIDERS = frozenset({Role.BOUNDARY_MANAGER})
_STAFF = _EDITORS | {
    Role.NAME_STAFF,
    Role.NAME_REVIEWER,
    Role.PLANNER,
    Role.ELDERCARE_OFFICER,
}
_PLANNERS = frozenset({Role.PLANNER, Role.ELDERCARE_OFFICER})
_AUDITORS = frozenset({Role.AUDITOR, Role.AUDIT_ADMIN})
_KEEPERS = frozenset({Role.SYSTEM_ADMIN})
_GRANTERS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
_EVERYONE = frozenset(Role)

EDITABLE = frozenset({_S.DRAFT, _S.RETURNED, _S.WITHDRAWN, _S.CONFLICT})
"""States in which the author may still change what is staged."""
_OPEN = EDITABLE | {_S.SUBMITTED}
_ALL = frozenset(DraftState)

VERBS: tuple[Verb, ...] = (
    Verb("receive", _EDITORS, Text("接收文件", "receive a file"), scoped=False),
    Verb("stage", _EDITORS, Text("建立草稿", "stage a draft"), to=_S.DRAFT),
    Verb(
        "restage",
        _EDITORS,
        Text("重新导入", "stage again"),
        EDITABLE,
        _S.DRAFT,
        Who.AUTHOR,
    ),
    Verb(
        "edit",
        _EDITORS,
        Text("在地图上编辑", "edit on the map"),
        EDITABLE,
        _S.DRAFT,
        Who.AUTHOR,
        layers=frozenset({DIVISIONS}),
    ),
    Verb("check", _EDITORS, Text("检查", "check"), _OPEN),
    Verb(
        "repair",
        _EDITORS,
        Text("采用修复建议", "accept repairs"),
        EDITABLE,
        _S.DRAFT,
        Who.AUTHOR,
    ),
    Verb(
        "submit",
        _EDITORS,
        Text("提交", "submit"),
        frozenset({_S.DRAFT, _S.RETURNED, _S.WITHDRAWN}),
        _S.SUBMITTED,
        Who.AUTHOR,
    ),
    Verb(
        "withdraw",
        _EDITORS,
        Text("撤回", "withdraw"),
        frozenset({_S.SUBMITTED}),
        _S.WITHDRAWN,
        Who.AUTHOR,
    ),
    Verb(
        "discard",
        _EDITORS,
        Text("作废", "discard"),
        EDITABLE,
        _S.DISCARDED,
        Who.AUTHOR,
    ),
    Verb(
        "approve",
        _DECIDERS,
        Text("批准", "approve"),
        frozenset({_S.SUBMITTED}),
        _S.APPROVED,
        Who.NOT_AUTHOR,
    ),
    Verb(
        "return",
        _DECIDERS,
        Text("退回", "return"),
        frozenset({_S.SUBMITTED}),
        _S.RETURNED,
        Who.NOT_AUTHOR,
    ),
    Verb(
        "waive",
        _DECIDERS,
        Text("豁免", "waive"),
        _OPEN,
        who=Who.NOT_AUTHOR,
    ),
    Verb("comment", _EDITORS, Text("留言", "comment"), _OPEN, who=Who.PARTY),
    Verb(
        "resolve",
        _EDITORS,
        Text("解决冲突", "resolve the conflict"),
        frozenset({_S.CONFLICT}),
        _S.DRAFT,
        Who.AUTHOR,
    ),
    Verb("publish", _DECIDERS, Text("发布", "publish")),
    Verb("revert", _EDITORS, Text("恢复", "revert"), to=_S.DRAFT),
    Verb("view_draft", _EDITORS, Text("查看草稿", "see drafts"), _ALL, reads=True),
    Verb(
        "view",
        _STAFF,
        Text("查看未发布数据", "see unpublished data"),
        scoped=False,
        reads=True,
    ),
    Verb(
        "view_published",
        _EVERYONE,
        Text("查看", "see published data"),
        scoped=False,
        reads=True,
    ),
    Verb("export", _STAFF, Text("导出", "export"), scoped=False, reads=True),
    Verb(
        "import_codes", _DECIDERS, Text("导入代码表", "import code tables"), whole=True
    ),
    Verb(
        "read_audit",
        _AUDITORS,
        Text("查看审计", "read the audit"),
        scoped=False,
        reads=True,
    ),
    Verb(
        "verify_audit",
        _AUDITORS | _KEEPERS,
        Text("核验审计", "verify the audit"),
        scoped=False,
        reads=True,
    ),
    Verb(
        "see_users",
        _GRANTERS | _AUDITORS,
        Text("查看用户", "see users"),
        scoped=False,
        reads=True,
    ),
    Verb("add_user", _KEEPERS, Text("新建用户", "add users"), scoped=False),
    Verb("set_password", _KEEPERS, Text("重置密码", "reset passwords"), scoped=False),
    Verb(
        "set_administrator_password",
        frozenset({Role.SECURITY_ADMIN}),
        Text("重置管理员的密码", "reset an administrator's password"),
        scoped=False,
    ),
    Verb(
        "set_active", _GRANTERS, Text("停用或启用账号", "close accounts"), scoped=False
    ),
    Verb("unlock", _GRANTERS, Text("解锁账号", "unlock accounts"), scoped=False),
    Verb(
        "revoke_tokens",
        _GRANTERS,
        Text("撤销他人的令牌", "revoke others' tokens"),
        scoped=False,
    ),
    Verb(
        "reset_second_factor",
        frozenset({Role.SECURITY_ADMIN}),
        Text("重置动态验证码", "reset one-time codes"),
        scoped=False,
    ),
    Verb("set_roles", _GRANTERS, Text("授权", "grant roles"), scoped=False),
    Verb(
        "see_health",
        THREE_ADMINISTRATORS,
        Text("查看服务器状态", "see the state of the server"),
        scoped=False,
        reads=True,
    ),
    Verb(
        "set_public",
        _KEEPERS,
        Text("开放公众查看", "open the public view"),
        scoped=False,
    ),
    Verb(
        "see_jobs",
        _KEEPERS,
        Text("查看所有人的任务", "see everybody's jobs"),
        scoped=False,
        reads=True,
    ),
    Verb("backup", _KEEPERS, Text("备份", "back up"), scoped=False, reads=True),
    Verb(
        "see_settings",
        THREE_ADMINISTRATORS,
        Text("查看设置", "see the settings"),
        scoped=False,
        reads=True,
    ),
    Verb(
        "change_settings", _KEEPERS, Text("修改设置", "change settings"), scoped=False
    ),
    Verb(
        "change_access",
        frozenset({Role.SECURITY_ADMIN}),
        Text("修改登录与密码设置", "change settings of sign-in and passwords"),
        scoped=False,
    ),
    Verb(
        "see_exports",
        _AUDITORS | THREE_ADMINISTRATORS,
        Text("查看导出记录", "see who exported what"),
        scoped=False,
        reads=True,
    ),
    Verb("plan", _PLANNERS, Text("推演方案", "try out plans"), scoped=False),
    Verb(
        "edit_scenario",
        _PLANNERS,
        Text("修改方案", "change a scenario"),
        EDITABLE,
        who=Who.AUTHOR,
        layers=frozenset({"scenarios"}),
    ),
    Verb(
        "enter_indicators",
        frozenset({Role.ELDERCARE_OFFICER}),
        Text("填报指标", "enter indicators"),
    ),
    Verb("add_network", _PLANNERS, Text("路网入库", "add networks"), scoped=False),
    Verb(
        "draw_network",
        _PLANNERS,
        Text("绘制连接线与阻隔线", "draw links and barriers"),
        scoped=False,
    ),
    Verb(
        "withdraw_network",
        _PLANNERS,
        Text("停用路网版本", "withdraw networks"),
        scoped=False,
    ),
    Verb("view_export", _DECIDERS, Text("下载他人的导出", "download others' exports")),
)

_BY_NAME = {verb.name: verb for verb in VERBS}


def verb(name: str) -> Verb:
    """Return the row of the verb called ``name``."""
    return _BY_NAME[name]


def allow(
    name: str,
    user: User,
    *,
    layer: str = DIVISIONS,
    state: str | None = None,
    author: str | None = None,
    keys: Iterable[str] = (),
) -> Verb:
    """Return the verb's row if ``user`` may do it now and there.

    Parameters
    ----------
    name
        A verb of :data:`VERBS`.
    layer
        The layer concerned; ``ANY_LAYER`` asks for the role on one of them.
    state, author
        Of the draft concerned.
    keys
        Division codes touched.

    Raises
    ------
    ForbiddenError
        For an account that is closed, lacks the role, is (or is not) the author,
        or reaches outside its subtree; the first codes outside are named.
    StateError
        When the draft does not stand where the verb starts.
    """
    row = _BY_NAME[name]
    if user.local and row.reads:
        return row
    if row.who is Who.PARTY and author not in (None, user.name):
        row = replace(row, roles=row.roles & _DECIDERS)
    _require_role(row, user, layer)
    _require_author(row, user, author)
    if row.scoped:
        require_scope(row, user, keys, layer)
    if row.of and state is not None and DraftState.of(state) not in row.of:
        here, there = DraftState.of(state).label, [s.label for s in sorted(row.of)]
        raise StateError(
            Text(
                f"草稿处于“{here.zh}”状态，不能{row.label.zh}。",
                f"The draft is {here.en}; it cannot {row.label.en} now.",
            ),
            Text(
                f"须处于：{'、'.join(s.zh for s in there)}。",
                f"It must be one of: {', '.join(s.en for s in there)}.",
            ),
        )
    return row


def holds(name: str, user: User, layer: str = ANY_LAYER) -> bool:
    """Return whether ``user`` may do a verb somewhere."""
    return user.active and bool(user.local or user.roles & _BY_NAME[name].on(layer))


def moves(
    user: User,
    *,
    state: str,
    author: str,
    keys: Iterable[str] = (),
    layer: str = DIVISIONS,
) -> list[str]:
    """Return the verbs ``user`` may do with a draft as it stands."""
    keys = list(keys)
    offered = [row for row in VERBS if row.of and row.name != "view_draft"]
    return [row.name for row in offered if _may(row, user, layer, state, author, keys)]


EITHER = "|"
"""Parts the codes of one key of which any one suffices: the sides of a marker."""


def outside(
    user: User, row: Verb, keys: Iterable[str], layer: str = DIVISIONS
) -> list[str]:
    """Return the codes of ``keys`` where ``user`` holds none of the verb's roles."""
    subtrees = user.subtrees(row.on(layer))
    if "" in subtrees:
        return []
    return [
        key
        for key in keys
        if not any(
            is_within(code, subtree)
            for code in key.split(EITHER)
            for subtree in subtrees
        )
    ]


def require_scope(
    row: Verb, user: User, keys: Iterable[str], layer: str = DIVISIONS
) -> None:
    """Raise ForbiddenError naming the codes that lie outside the user's subtree."""
    if row.whole and "" not in user.subtrees(row.on(layer)):
        raise _needs_whole(row, user)
    beyond = outside(user, row, keys, layer)
    if beyond:
        named = ", ".join(code or "∅" for code in beyond[:5])
        named += " …" if len(beyond) > 5 else ""
        scope = ", ".join(user.subtrees(row.on(layer)))
        raise ForbiddenError(
            Text(
                f"{user.name} 不能{row.label.zh}：{len(beyond)} 个单位不在其辖区"
                f"（{scope}）内：{named}。",
                f"{user.name} may not {row.label.en}: {len(beyond)} units lie outside "
                f"their subtree ({scope}): {named}.",
            ),
            Text(
                "请由上级或相关单位的人员办理。",
                "Ask somebody whose subtree holds them all.",
            ),
        )


def _needs_whole(row: Verb, user: User) -> ForbiddenError:
    scope, role = ", ".join(user.subtrees(row.roles)), min(row.roles)
    return ForbiddenError(
        Text(
            f"{user.name} 不能{row.label.zh}：涉及全国，其辖区只是 {scope}。",
            f"{user.name} may not {row.label.en}: it concerns the whole country "
            f"({ROOT}), their subtree is {scope}.",
        ),
        Text(
            f"请由角色 {role} 不限辖区（{ROOT}）的人员办理。",
            f"Ask somebody with the role {role} over the whole country.",
        ),
    )


def _may(
    row: Verb, user: User, layer: str, state: str, author: str, keys: list[str]
) -> bool:
    try:
        allow(row.name, user, layer=layer, state=state, author=author, keys=keys)
    except (ForbiddenError, StateError):
        return False
    return True


def _require_role(row: Verb, user: User, layer: str) -> None:
    if not user.active:
        raise ForbiddenError(
            Text(f"账号 {user.name} 已停用。", f"The account {user.name} is closed.")
        )
    if row.layers and layer not in {ANY_LAYER, *row.layers}:
        raise StateError(
            Text(
                f"登记资料的草稿不能{row.label.zh}。",
                f"A draft of a register cannot be used to {row.label.en}.",
            ),
            Text(
                "请在登记页面修改，或重新上传。",
                "Change it on the register's page, or upload it again.",
            ),
        )
    if not user.roles & row.on(layer):
        needed = sorted(row.on(layer))
        raise ForbiddenError(
            Text(
                f"{user.name} 不能{row.label.zh}：需要角色"
                f"{'或'.join(role.label.zh for role in needed)}。",
                f"{user.name} may not {row.label.en}: this needs the role "
                f"{' or '.join(role.label.en for role in needed)}.",
            ),
            Text("请管理员授权。", "Ask an administrator to grant it."),
        )


def _require_author(row: Verb, user: User, author: str | None) -> None:
    if author is None or row.who is Who.ANYONE:
        return
    if row.who is Who.AUTHOR and user.name != author:
        raise ForbiddenError(
            Text(
                f"只有编制人 {author} 可以{row.label.zh}。",
                f"Only the author, {author}, may {row.label.en} this draft.",
            )
        )
    if row.who is Who.NOT_AUTHOR and user.name == author:
        raise ForbiddenError(
            Text(
                f"编制人 {author} 不能{row.label.zh}自己的草稿。",
                f"The author, {author}, may not {row.label.en} their own draft.",
            ),
            Text("须由另一人办理。", "A second person must do it."),
        )
