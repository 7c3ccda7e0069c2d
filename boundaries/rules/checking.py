"""Every rule over a draft, in the order of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.rules import (
    area,
    code,
    code_order,
    code_reused,
    crs,
    finding,
    kind,
    name_scope,
    name_sibling,
    nesting,
    parent,
    required,
    topology,
)
from boundaries.rules.context import Context
from boundaries.rules.settings import RuleSettings
from geodata.collecting import paused

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from geodata.files.reading import Reading

RULES = (
    crs.rule,
    code.rule,
    code_reused.rule,
    code_order.rule,
    kind.rule,
    parent.rule,
    required.rule,
    name_sibling.rule,
    name_scope.rule,
    topology.rule,
    nesting.rule,
    area.rule,
)
"""Every rule, in the order of the report."""


def check(
    candidate: gpd.GeoDataFrame,
    *,
    base: gpd.GeoDataFrame,
    changed: pd.Index[Any],
    settings: RuleSettings | None = None,
    retired: Collection[str] = frozenset(),
    reading: Reading | None = None,
    lines: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return what is wrong with a layer as a draft would leave it.

    Parameters
    ----------
    candidate
        The layer with the draft applied, indexed by code, EPSG:4490.
    base
        The layer before, indexed by code.
    changed
        Codes the draft adds, alters or removes. Only findings that involve one of
        them, or the ground one of them had, are returned.
    settings
        Tolerances; None: the defaults.
    retired
        Codes given up before this draft, for ever.
    reading
        How the file was understood, when the draft came from one.
    lines
        Surveyed boundary lines: ``key``, ``level``, ``left``, ``right``.

    Returns
    -------
    GeoDataFrame
        Findings (:data:`boundaries.rules.finding.COLUMNS`), in the order of
        :data:`RULES`, without those registered as exceptions.
    """
    context = Context(
        candidate=candidate,
        base=base,
        changed=pd.Index(changed),
        settings=settings or RuleSettings(),
        retired=frozenset(retired),
        reading=reading,
        lines=lines,
    )
    with paused():
        found = finding.joined(rule(context) for rule in RULES)
    # A city without counties is looked at on two levels.
    again = found.duplicated("fingerprint")
    excepted = found["fingerprint"].isin(list(context.settings.exceptions))
    return found[~again & ~excepted].reset_index(drop=True)
