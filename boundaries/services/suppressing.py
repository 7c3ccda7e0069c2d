"""Figures of few people left out of what readers without a working role are given.

What must not be told is found by :mod:`boundaries.services.guarding`; here it is taken
out of documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.services.guarding import WHOLE, Guard, few

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def suppressed(
    document: dict[str, Any], guard: Guard, within: str | None = None
) -> dict[str, Any]:
    """Return a document of coverage without the figures that must not be told.

    Parameters
    ----------
    within
        The unit that the document was asked for; its total is of that unit.
    """
    found = {**document, **_guarded(document, guard, within)}
    if "omitted" in document:
        found["omitted"] = _emptied(document["omitted"], guard)
    if "room" in document:
        room = document["room"]
        found["room"] = {**room, **_guarded(room, guard, within)}
    gone = [unit["code"] for unit in found["units"] if unit.get("suppressed")]
    found["suppressed"] = {"below": guard.below, "units": gone}
    return found


def suppressed_map(document: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """Return the document of the map for readers without a working role.

    Of the places where people lack only where they are is told: how many live at each
    would add up to what is left out of units, and to what is few.
    """
    return {
        **document,
        "levels": {
            level: _classed(suppressed(part, guard), part["units"])
            for level, part in document["levels"].items()
        },
        "omitted": _emptied(document["omitted"], guard),
        "unreached": [
            [*point[:2], None]
            for point in document["unreached"]
            if not few(point[2], guard.below)
        ],
        "facilities": [
            {**row, "people": None} if row["id"] in guard.facilities else row
            for row in document["facilities"]
        ],
    }


def _guarded(
    document: Mapping[str, Any], guard: Guard, within: str | None
) -> dict[str, Any]:
    """Return units and total of a document with what must not be told left out.

    Of a unit above the one asked for only that part is counted: it is told where
    both are.
    """
    own = guard.figures.get(within or WHOLE, set())
    units = []
    for unit in document["units"]:
        gone = guard.figures.get(str(unit["code"]), set())
        alone = within is not None and len(document["units"]) == 1
        units.append(_without(unit, gone | own if alone else gone))
    return {"units": units, "total": _without(document["total"], own)}


def _without(unit: dict[str, Any], gone: Iterable[str]) -> dict[str, Any]:
    there = {name: None for name in gone if name in unit}
    return {**unit, **there, "suppressed": True} if there else unit


def _emptied(rows: Sequence[dict[str, Any]], guard: Guard) -> list[dict[str, Any]]:
    """Return rows with ``people`` left empty where they would tell what must not be.

    They are few, or some of them live in a unit whose people are not told.
    """
    return [
        {**row, "people": None}
        if few(row["people"], guard.below)
        or any(guard.hides(str(key), "people") for key in row.get("keys", ()))
        else row
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
