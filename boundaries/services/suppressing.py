"""Figures of few people left out of what readers without a working role are given.

A figure of fewer people than the settings let be shown is left out, and where it is the
only one left out of a sum that is told, one more: else the sum would tell it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_STREET = ("reached", "unreached", "share", "difference", "circle_only", "minutes")
_CIRCLE = ("circle", "uncircled", "circle_share", "difference", "circle_only")
_ROOMED = ("roomed", "unroomed", "roomed_share")
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "people": ("people", "corrected", "need", "per_thousand",
               *_STREET, *_CIRCLE, *_ROOMED),
    "reached": _STREET,
    "circle": _CIRCLE,
    "roomed": _ROOMED,
    "difference": ("difference",),
    "circle_only": ("circle_only",),
    "corrected": ("corrected",),
    "unroomed": ("unroomed",),
}  # fmt: skip
"""What goes with a figure that is left out: all it could be computed from."""
_REST = {"reached": "unreached", "circle": "uncircled", "roomed": "unroomed"}
"""What lacks to the whole; few of these tell as much."""


def suppressed(document: dict[str, Any], least: int) -> dict[str, Any]:
    """Return a document of coverage without figures of fewer people than ``least``.

    Where a figure, or what lacks to its whole, is more than nobody and fewer than
    ``least``, neither is told, nor what they could be computed from, be it a sum.
    """
    found = {**document, **_guarded(document, least)}
    if "omitted" in document:
        found["omitted"] = _emptied(document["omitted"], least)
    if "room" in document:
        found["room"] = {**document["room"], **_guarded(document["room"], least)}
    gone = [unit["code"] for unit in found["units"] if unit.get("suppressed")]
    found["suppressed"] = {"below": least, "units": gone}
    return found


def suppressed_map(document: dict[str, Any], least: int) -> dict[str, Any]:
    """Return the document of the map for readers without a working role."""
    return {
        **document,
        "levels": {
            level: _classed(suppressed(part, least), part["units"])
            for level, part in document["levels"].items()
        },
        "omitted": _emptied(document["omitted"], least),
        "unreached": [
            point for point in document["unreached"] if not _few(point[2], least)
        ],
        "facilities": _emptied(document["facilities"], least),
    }


def _guarded(document: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Return units and total of a document with what must not be known left out."""
    full = document["units"]
    units = [_without(unit, _few_of(unit, least)) for unit in full]
    groups = _sums([str(unit["code"]) for unit in full])
    for name, family in _FAMILIES.items():
        more = True
        while more:
            more = False
            for members in groups:
                at = _companion(name, full, units, members)
                if at is not None:
                    units[at], more = _without(units[at], family), True
    total = document["total"]
    return {
        "units": units,
        "total": _without(total, _few_of(total, least)),
    }


def _sums(names: Sequence[str]) -> list[list[int]]:
    """Return the units of every sum there may be: of all, and of each unit above."""
    groups: dict[str, list[int]] = {"": list(range(len(names)))}
    for at, code in enumerate(names):
        for above in codes.ancestors(code) if codes.is_code(code) else ():
            groups.setdefault(above, []).append(at)
    return list(groups.values())


def _companion(
    name: str,
    full: Sequence[Mapping[str, Any]],
    units: Sequence[Mapping[str, Any]],
    members: Iterable[int],
) -> int | None:
    """Return the unit to leave out beside the only one left out of a sum, or None."""
    there = [at for at in members if full[at].get(name) is not None]
    told = [at for at in there if units[at][name] is not None]
    if len(there) - len(told) != 1 or not told:
        return None
    return min(told, key=lambda at: (not full[at][name], full[at][name], at))


def _few(value: Any, least: int) -> bool:
    return value is not None and 0 < abs(value) < least


def _few_of(unit: Mapping[str, Any], least: int) -> set[str]:
    """Return the figures of a unit that must not be known."""
    gone: set[str] = set()
    for name, family in _FAMILIES.items():
        rest = _REST.get(name, name)
        if _few(unit.get(name), least) or _few(unit.get(rest), least):
            gone |= set(family)
    return gone


def _without(unit: dict[str, Any], gone: Iterable[str]) -> dict[str, Any]:
    there = {name: None for name in gone if name in unit}
    return {**unit, **there, "suppressed": True} if there else unit


def _emptied(rows: Sequence[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    """Return rows with ``people`` left empty where they are few."""
    return [
        {**row, "people": None if _few(row["people"], least) else row["people"]}
        for row in rows
    ]


def _classed(part: dict[str, Any], full: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a level whose classes end at figures that are told: bounds are figures."""
    from boundaries.services.maps import FIXED

    classes = {
        name: bounds
        if name in FIXED
        else _told(bounds, _figures(full, name), _figures(part["units"], name))
        for name, bounds in part["classes"].items()
    }
    return {**part, "classes": classes}


def _told(bounds: Sequence[float], full: set[float], shown: set[float]) -> list[float]:
    """Return bounds, those that are left out put down to the next figure told."""
    found = []
    for bound in bounds:
        below = [each for each in shown if each <= bound]
        if bound in shown or bound not in full:
            found.append(bound)
        elif below:
            found.append(max(below))
    return sorted(set(found))


def _figures(units: Iterable[Mapping[str, Any]], name: str) -> set[float]:
    return {round(unit[name], 3) for unit in units if unit.get(name) is not None}
