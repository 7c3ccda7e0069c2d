"""The command groups that need no browser; ``webmap.cli`` mounts them.

``build()`` makes the root with whatever else is to be mounted; ``console.main``
runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries import console
from boundaries.commands import (
    audit,
    conflicts,
    coverage,
    divisions,
    drafts,
    files,
    handbook,
    indicators,
    jobs,
    mending,
    networks,
    people,
    reaching,
    scenarios,
    siting,
    store,
    topology,
    versions,
)
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

commands: tuple[click.Command, ...] = (
    *store.COMMANDS[:1],
    *files.COMMANDS,
    *conflicts.COMMANDS,
    *mending.COMMANDS,
    *topology.COMMANDS,
    *drafts.COMMANDS,
    *versions.COMMANDS,
    *divisions.COMMANDS,
    *networks.COMMANDS,
    *reaching.COMMANDS,
    *coverage.COMMANDS,
    *siting.COMMANDS,
    *scenarios.COMMANDS,
    *handbook.COMMANDS,
    *indicators.COMMANDS,
    *store.COMMANDS[1:],
    *audit.COMMANDS,
    *people.COMMANDS,
    *jobs.COMMANDS,
)
"""Every command of this package, in the order help shows them."""


def build(more: Sequence[click.Command] = ()) -> console.Group:
    """Return the root command with ``more`` mounted beside ours."""
    return console.group(
        "quhua",
        Text(
            "区划：把边界文件变成两人核准、可追溯的版本。",
            "Quhua: boundary files become versions two people agreed on.",
        ),
        [*commands, *more],
    )
