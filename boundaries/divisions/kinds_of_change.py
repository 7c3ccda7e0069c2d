"""Which kind of change it was, from the units before and after.

The types are those of 行政区划管理条例 arts 7-10 and the compounds bureaus speak of
(撤县设区, 镇改街道, 拆分, 合并).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundaries.vocabulary import ChangeType, Kind

if TYPE_CHECKING:
    from collections.abc import Collection

_COUNTIES = frozenset(
    {Kind.COUNTY, Kind.AUTONOMOUS_COUNTY, Kind.BANNER, Kind.AUTONOMOUS_BANNER}
)
_TOWNSHIPS = frozenset({Kind.TOWNSHIP, Kind.ETHNIC_TOWNSHIP, Kind.SUM, Kind.ETHNIC_SUM})
_REFORMS: tuple[tuple[frozenset[Kind], Kind, ChangeType], ...] = (
    (_COUNTIES, Kind.DISTRICT, ChangeType.COUNTY_TO_DISTRICT),
    (_COUNTIES, Kind.COUNTY_CITY, ChangeType.COUNTY_TO_CITY),
    (frozenset({Kind.COUNTY_CITY}), Kind.DISTRICT, ChangeType.CITY_TO_DISTRICT),
    (
        frozenset({Kind.PREFECTURE, Kind.LEAGUE}),
        Kind.CITY,
        ChangeType.PREFECTURE_TO_CITY,
    ),
    (_TOWNSHIPS, Kind.TOWN, ChangeType.TOWNSHIP_TO_TOWN),
    (frozenset({Kind.TOWN}), Kind.STREET, ChangeType.TOWN_TO_STREET),
    (_TOWNSHIPS, Kind.STREET, ChangeType.TOWNSHIP_TO_STREET),
)


@dataclass(frozen=True)
class Unit:
    """A division on one side of a change. ``stays``: it stands on the other too."""

    code: str
    name: str
    kind: Kind | None
    parent: str
    stays: bool = False


def of_pair(
    old: Unit,
    new: Unit,
    *,
    heirs: Collection[str] = (),
    forebears: Collection[str] = (),
) -> ChangeType:
    """Return what made area of ``old`` area of ``new``.

    Parameters
    ----------
    old, new
        The unit before and the unit after.
    heirs
        Codes of all units that took area of ``old``.
    forebears
        Codes of the units that ended in ``new`` (not those that only gave a part).
    """
    if old.code == new.code:
        return _same_code(old, new)
    if old.stays:
        return ChangeType.BORDER if new.stays else ChangeType.ESTABLISH
    if len(heirs) > 1:
        return ChangeType.SPLIT
    if new.stays or len(forebears) > 1:
        return ChangeType.MERGE
    return _one_to_one(old, new)


def _same_code(old: Unit, new: Unit) -> ChangeType:
    if old.kind != new.kind:
        return reform(old.kind, new.kind)
    if old.name != new.name:
        return ChangeType.RENAME
    if old.parent != new.parent:
        return ChangeType.SUBORDINATION
    return ChangeType.BORDER if old.stays else ChangeType.SUPERIOR


def _one_to_one(old: Unit, new: Unit) -> ChangeType:
    if old.kind != new.kind:
        return reform(old.kind, new.kind)
    if old.parent != new.parent:
        return ChangeType.SUBORDINATION
    return ChangeType.RENAME if old.name != new.name else ChangeType.RECODE


def reform(old: Kind | None, new: Kind | None) -> ChangeType:
    """Return the name of a change of kind; the plain word where it has none."""
    for before, after, word in _REFORMS:
        if old in before and new is after:
            return word
    return ChangeType.KIND
