"""Rules: one rule, one file, each ``rule(context) -> findings``.

A rule looks at the whole :class:`~boundaries.rules.context.Context` and returns
every breach it finds, with its place, measure and participants; it never changes
anything and never stops at the first. :data:`RULES` is their order. Rules do not
know the store, users or pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundaries.rules.checking import RULES, check
    from boundaries.rules.context import Context
    from boundaries.rules.settings import RuleSettings

__all__ = ["RULES", "Context", "RuleSettings", "check"]


def __getattr__(name: str) -> Any:
    """Import on first use: every command reads the settings, few check anything."""
    if name in __all__:
        from boundaries.rules import checking

        return getattr(checking, name)
    raise AttributeError(name)
