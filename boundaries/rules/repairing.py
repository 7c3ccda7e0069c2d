"""Do the repairs that findings suggest and a person accepted.

Level by level, since only units of one level share borders; a level is checked
before, so that what a repair makes worse is told from what was there already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boundaries.rules.context import Context
from boundaries.rules.levels import MIXED, checked, complete, together
from geodata import topology
from geodata.topology.remedies import DOABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.rules.levels import Checked
    from boundaries.rules.settings import RuleSettings

BY_NAME = frozenset({"drop"})
"""Kinds that are done only for findings a person named: a unit ends by them."""


@dataclass(frozen=True)
class Mended:
    """``rows``: the units altered; ``ended``: keys of dropped duplicates.

    ``log`` has for each finding ``fingerprint``, ``rule``, ``kind``, ``keys``,
    ``done``, ``why`` (both languages, when it was not done) and ``cost``.
    """

    rows: gpd.GeoDataFrame
    ended: tuple[str, ...]
    log: tuple[dict[str, Any], ...]


def mendable(repair: Any) -> bool:
    """Return whether a suggestion can be done without drawing."""
    return isinstance(repair, dict) and repair.get("kind") in DOABLE


def apply(
    candidate: gpd.GeoDataFrame,
    findings: gpd.GeoDataFrame,
    *,
    settings: RuleSettings,
    lines: gpd.GeoDataFrame | None = None,
    to: Mapping[str, str] | None = None,
    whole: bool = True,
) -> Mended:
    """Return what the findings' repairs make of a layer.

    Parameters
    ----------
    candidate
        The layer with the draft applied, indexed by code.
    findings
        Those accepted; ones without a repair that can be done are passed over.
    lines
        Surveyed boundary lines, which no repair moves.
    to
        By fingerprint the unit that gets the ground, ``""`` for none; else who has
        the longest border with it.
    whole
        Whether ``candidate`` is the whole layer. Of a part it is not asked whether
        units still make up their superiors.
    """
    chosen = findings[[mendable(each) for each in findings["repair"]]]
    context = Context(
        candidate=candidate,
        base=candidate.iloc[:0],
        changed=candidate.index,
        settings=settings,
        lines=lines,
    )
    rows: list[gpd.GeoDataFrame] = []
    ended: list[str] = []
    log: list[dict[str, Any]] = []
    for number in sorted({int(value) for value in context.level}, reverse=True):
        places = together(context, number)
        keys = {context.keys[place] for place in places.tolist()}
        mine = [keys.issuperset(who) for who in chosen["participants"]]
        part, chosen = chosen[mine], chosen[~np.array(mine, bool)]
        if part.empty:
            continue
        superiors = complete(context.above, places) if whole else np.empty(0, np.intp)
        level = checked(context, number, places, superiors, touched=number != MIXED)
        altered, gone, told = _of_level(candidate, level, part, settings, lines, to)
        rows.append(altered)
        ended += gone
        log += told
    some = [part for part in rows if len(part)]
    mended = gpd.GeoDataFrame(pd.concat(some)) if some else candidate.iloc[:0]
    return Mended(mended, tuple(ended), tuple(log))


def _of_level(
    candidate: gpd.GeoDataFrame,
    level: Checked,
    chosen: gpd.GeoDataFrame,
    settings: RuleSettings,
    lines: gpd.GeoDataFrame | None,
    to: Mapping[str, str] | None,
) -> tuple[gpd.GeoDataFrame, list[str], list[dict[str, Any]]]:
    """Do the repairs of one level."""
    found = level.found
    marks = chosen["fingerprint"].tolist()
    known = found.frame[~found.frame["fingerprint"].isin(marks)]
    both = pd.concat([chosen[list(known.columns)], known], ignore_index=True)
    frame = gpd.GeoDataFrame(
        {"key": list(found.keys)}, geometry=found.shapes, crs=found.crs
    )
    pins: list[Any] = ["outer"] if settings.repair_pin_outer else []
    if lines is not None and len(lines):
        pins.append(lines)
    made, log = topology.repair(
        frame,
        replace(found, frame=gpd.GeoDataFrame(both, geometry="geometry")),
        accept=marks,
        max_shift_m=settings.repair_shift_m,
        max_area_m2=settings.repair_area_m2,
        pin=pins or None,
        to={mark: to[mark] for mark in marks if mark in to} if to else None,
    )
    return _taken_over(candidate, level, made, log)


def _taken_over(
    candidate: gpd.GeoDataFrame,
    level: Checked,
    made: gpd.GeoDataFrame,
    log: list[dict[str, Any]],
) -> tuple[gpd.GeoDataFrame, list[str], list[dict[str, Any]]]:
    """Return the rows as the repairs left them, the keys that ended, and the log."""
    keys = [candidate.index[place] for place in level.places.tolist()]
    changed = {int(row) for entry in log for row in entry["after"]}
    left = [row for row in sorted(changed) if row in made.index]
    rows = candidate.loc[[keys[row] for row in left]]
    rows = rows.set_geometry(made.loc[left].geometry.to_numpy(), crs=candidate.crs)
    ended = [str(keys[int(row)]) for entry in log for row in entry["removed"]]
    names = ("fingerprint", "rule", "kind", "keys", "done", "why", "cost")
    return rows, ended, [{name: entry[name] for name in names} for entry in log]
