"""Roles and where they hold, and accounts, in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import current_app

from geodata.errors import Text
from webmap import session

if TYPE_CHECKING:
    from boundaries.accounts import Grant

EVERYWHERE = Text("全部辖区", "everywhere")
_KEPT_S = 30.0
"""Seconds for which names of accounts are not asked for again: every map asks."""


def shown(name: str) -> str:
    """Return an account as people read it, in documents that every map asks for."""
    read, names = current_app.extensions.get("shown_names", (-_KEPT_S, {}))
    now = time.monotonic()
    if now - read >= _KEPT_S:
        names = session.base().shown_names()
        current_app.extensions["shown_names"] = (now, names)
    return str(names.get(name, name))


def grant_words(grant: Grant) -> Text:
    """Return a role with its subtree named, such as 测绘员（和平区 120101）."""
    where = subtree_words(grant.subtree)
    label = grant.role.label
    return Text(f"{label.zh}（{where.zh}）", f"{label.en} ({where.en})")


def subtree_words(subtree: str) -> Text:
    """Return a division's name with its code, ``everywhere`` for all of them."""
    if not subtree:
        return EVERYWHERE
    name = _names().get(subtree, "")
    both = f"{name} {subtree}".strip()
    return Text(both, both)


def _names() -> dict[str, str]:
    """Return the names of the published divisions by code, as now in force."""
    edition = current_app.extensions["published"].edition()
    state = (
        edition.state(edition.dates[-1], wait=0) if edition and edition.dates else None
    )
    if state is None:
        return {}
    return dict(zip(state.frame["code"], state.frame["name"], strict=True))
