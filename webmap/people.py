"""Roles and where they hold, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.accounts import Grant

EVERYWHERE = Text("全部辖区", "everywhere")


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
