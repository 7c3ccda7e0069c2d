"""The one door: every change to what the bureau keeps passes a verb of Registry.

Each verb asks the table in :mod:`boundaries.review` whether the actor may, does
one thing, and writes its link of the audit chain in the same transaction. Reads of
what is published need not pass here: take ``registry.store``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries.registry.audit import Audit
from boundaries.registry.care import PublicCare
from boundaries.registry.code_tables import CodeTables
from boundaries.registry.coverages import Coverages
from boundaries.registry.directory import Directories
from boundaries.registry.editing import Editing
from boundaries.registry.exports import Exports
from boundaries.registry.facilities import Facilities
from boundaries.registry.home import Home
from boundaries.registry.indicators import Indicators
from boundaries.registry.networks import Networks
from boundaries.registry.people import People
from boundaries.registry.population import Population
from boundaries.registry.public import PublicView
from boundaries.registry.publishing import Publishing
from boundaries.registry.reading import Readings
from boundaries.registry.scenario_books import ScenarioBooks
from boundaries.registry.settling import Settling
from boundaries.registry.site import Site
from boundaries.registry.siting import Siting
from boundaries.registry.uploads import Uploads

if TYPE_CHECKING:
    from boundaries.settings import Settings


class Registry(
    PublicCare,
    Siting,
    ScenarioBooks,
    Indicators,
    Coverages,
    Networks,
    Uploads,
    Home,
    Settling,
    Editing,
    Facilities,
    Publishing,
    Population,
    Directories,
    Exports,
    Readings,
    CodeTables,
    PublicView,
    People,
    Site,
    Audit,
):
    """The verbs, by noun: drafts, decisions, publishing, reading, people, audit."""


def open_registry(
    url: str,
    create: bool = False,  # noqa: FBT001, FBT002 - fixed for all callers
    *,
    settings: Settings | None = None,
    digest: str | None = None,
    local: bool = False,
) -> Registry:
    """Open the registry over the store at ``url``.

    Parameters
    ----------
    url
        ``sqlite:///path``, a plain path or ``postgresql://…``.
    create
        Make the store (and its folder) when there is none.
    settings
        None: from ``QUHUA_SETTINGS`` and the environment.
    digest
        Algorithm of the chain, only when creating; None: as the settings say.
    local
        See :class:`boundaries.registry.desk.Desk`; the web never sets it.
    """
    from boundaries.labels import labelled
    from boundaries.layers import LAYERS
    from boundaries.settings import load
    from geodata.store import open_store

    settings = load() if settings is None else settings
    if create:
        digest = digest or settings.audit.digest
        store = open_store(
            url, create=True, layers=LAYERS, digest=digest, labelling=labelled
        )
    else:
        store = open_store(url, layers=LAYERS, labelling=labelled)
    return Registry(store, settings, local=local)


__all__ = ["Registry", "open_registry"]
