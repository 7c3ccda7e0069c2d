"""Which figures of few people must not be told, and which would tell of them.

Units of every level and the whole are taken together, whatever level is asked for: a
figure left out of one answer cannot be had from another, be it from the figure of the
unit above, from that of an only child, or from what is told of the facilities.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from boundaries.services.coverage import Coverage
    from boundaries.services.room import Room
    from boundaries.services.tree import Tree

WHOLE = ""
"""What the total is called among the units."""
_STREET = ("reached", "unreached", "share", "difference", "circle_only", "minutes")
_CIRCLE = ("circle", "uncircled", "circle_share", "difference", "circle_only")
_ROOMED = ("roomed", "unroomed", "roomed_share")
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "people": ("people", "corrected", "need", "per_thousand",
               *_STREET, *_CIRCLE, *_ROOMED),
    "reached": _STREET,
    "circle": _CIRCLE,
    "roomed": _ROOMED,
    "difference": _CIRCLE,
    "circle_only": _CIRCLE,
    "corrected": ("corrected",),
    "unroomed": _ROOMED,
}  # fmt: skip
"""What goes with a figure that is left out: all it could be computed from."""
_LESS = (
    ("people", "reached"), ("people", "circle"), ("people", "corrected"),
    ("circle", "corrected"), ("need", "roomed"),
)  # fmt: skip
"""Whole and part: what lacks to the whole is a figure too, told or not."""
_ADDED = ("people", "reached", "circle", "corrected", "roomed")
"""The figures that add up; the others are told only where these are."""


@dataclass(frozen=True)
class Sum:
    """A figure that others add up to: ``whole`` is None where nobody is told it."""

    whole: str | None
    parts: tuple[str, ...]


@dataclass
class Guard:
    """What is not told.

    Parameters
    ----------
    below
        Figures of fewer people than this are few.
    figures
        Code of a unit (:data:`WHOLE`: the total) -> the figures not told of it.
    facilities
        Those whose people are not told.
    """

    below: int
    figures: dict[str, set[str]] = field(default_factory=dict)
    facilities: set[str] = field(default_factory=set)

    def hides(self, code: str, name: str) -> bool:
        """Tell whether a figure of a unit is not told."""
        return name in self.figures.get(code, ())

    def hide(self, code: str, names: Iterable[str]) -> None:
        """Tell figures of a unit no more."""
        self.figures.setdefault(code, set()).update(names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "below": self.below,
            "figures": {code: sorted(names) for code, names in self.figures.items()},
            "facilities": sorted(self.facilities),
        }

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Guard:
        """Return the guard of a document that :meth:`to_dict` made."""
        figures = {code: set(names) for code, names in document["figures"].items()}
        return cls(document["below"], figures, set(document["facilities"]))


def guard(
    levels: Sequence[Sequence[Mapping[str, Any]]],
    total: Mapping[str, Any],
    least: int,
    *,
    tree: Tree,
    facilities: Sequence[Mapping[str, Any]] = (),
    kept: Iterable[str] = (),
) -> Guard:
    """Return what readers without a working role must not be told.

    Parameters
    ----------
    levels
        Documents of the units of every level, the widest units first.
    total
        The figures of all together.
    least
        Figures of fewer people than this are few.
    facilities
        With ``id`` and ``people``, who add up to those reached (or circled).
    kept
        Units whose people are told nowhere else, and so not here either: two pages
        that each keep another unit back would tell of both.
    """
    cells = {str(unit["code"]): unit for units in levels for unit in units}
    cells[WHOLE] = total
    made = Guard(least)
    for code in kept:
        made.hide(code, FAMILIES["people"])
    for code, unit in cells.items():
        gone = _few_of(unit, least)
        if gone:
            made.hide(code, gone)
    sums = _sums(levels, tree)
    changed = True
    while changed:
        changed = False
        for name in _ADDED:
            for each in sums:
                changed |= _close(made, cells, name, each)
    made.facilities = _few_facilities(made, facilities, total)
    return made


def guard_of(
    made: Mapping[str, Coverage],
    beds: Mapping[str, Room] | None,
    least: int,
    *,
    tree: Tree,
    facilities: Sequence[Mapping[str, Any]] = (),
    kept: Iterable[str] = (),
) -> Guard:
    """Return the guard of what was computed for every level, the widest first."""
    beds = beds or {}
    levels = [
        _units(found) if level not in beds else _joined(found, beds[level])
        for level, found in made.items()
    ]
    first = next(iter(made))
    total = {**made[first].to_dict()["total"]}
    if first in beds:
        total |= beds[first].to_dict()["total"]
    return guard(
        levels, total, least, tree=tree, facilities=facilities, kept=kept
    )  # fmt: skip


def _units(found: Coverage | Room) -> list[dict[str, Any]]:
    units: list[dict[str, Any]] = found.to_dict()["units"]
    return units


def _joined(found: Coverage, beds: Room) -> list[dict[str, Any]]:
    known = {unit["code"]: unit for unit in _units(beds)}
    return [{**known.get(unit["code"], {}), **unit} for unit in _units(found)]


def _sums(levels: Sequence[Sequence[Mapping[str, Any]]], tree: Tree) -> list[Sum]:
    """Return which units add up to which, those of the lowest level first."""
    found: list[Sum] = []
    wider: set[str] = set()
    for units in levels:
        below: dict[str | None, list[str]] = {}
        for unit in units:
            code = str(unit["code"])
            above = next((up for up in tree.chain(code)[1:] if up in wider), None)
            below.setdefault(above if wider else WHOLE, []).append(code)
        found += [Sum(above, tuple(codes)) for above, codes in below.items()]
        wider |= {str(unit["code"]) for unit in units}
    return found[::-1]


def _close(
    made: Guard, cells: Mapping[str, Mapping[str, Any]], name: str, each: Sum
) -> bool:
    """Leave out of a sum what would tell of the only figure it lacks.

    Returns
    -------
    bool
        Whether anything more was left out.
    """
    parts = [code for code in each.parts if cells[code].get(name) is not None]
    whole = None if each.whole is None else cells[each.whole]
    if whole is not None and whole.get(name) is None:
        return False
    changed = False
    while _tells(made, cells, name, each.whole, parts):
        told = [code for code in parts if not made.hides(code, name)]
        if told:
            more = min(told, key=lambda code: _dearness(cells[code], name, made.below))
        elif each.whole is not None and not made.hides(each.whole, name):
            more = each.whole
        else:
            break
        made.hide(more, FAMILIES[name])
        changed = True
    return changed


def _tells(
    made: Guard, cells: Mapping[str, Mapping[str, Any]], name: str,
    whole: str | None, parts: Sequence[str],
) -> bool:  # fmt: skip
    """Tell whether a sum gives away a figure that is left out of it."""
    hidden = [code for code in parts if made.hides(code, name)]
    if whole is not None and made.hides(whole, name):
        kept = sum(float(cells[code].get(name) or 0.0) for code in hidden)
        return bool(parts) and (not hidden or _bounds(cells[whole], name, kept, made))
    if not hidden:
        return False
    if len(hidden) == 1:
        return True
    return any(
        few(sum(_value(cells[code]) for code in hidden), made.below)
        for _value in _measures(name)
    )


def _bounds(
    whole: Mapping[str, Any], name: str, kept: float, made: Guard
) -> bool:  # fmt: skip
    """Tell whether parts that are told give nearly all of a whole that is not.

    It was left out to hide a few beside it, and would be told but for some nobodies.
    """
    return float(whole.get(name) or 0.0) >= made.below > round(kept, 6)


def _measures(name: str) -> list[Callable[[Mapping[str, Any]], float]]:
    """Return the figure, and what lacks to its wholes, as functions of a unit."""
    found: list[Callable[[Mapping[str, Any]], float]] = [
        lambda unit: float(unit.get(name) or 0.0)
    ]
    for whole, part in _LESS:
        if part == name:
            found.append(
                lambda unit, whole=whole: float(  # type: ignore[misc]
                    (unit.get(whole) or 0.0) - (unit.get(name) or 0.0)
                )
            )
    return found


def _dearness(unit: Mapping[str, Any], name: str, least: int) -> tuple[Any, ...]:
    """Return what makes a figure worth telling: the least of these goes first.

    One that is nobody, or that lacks nobody, hides little of what is beside it.
    """
    poor = sum(abs(measure(unit)) < least for measure in _measures(name))
    return (poor, float(unit[name]), str(unit.get("code", "")))


def few(value: Any, least: int) -> bool:
    """Tell whether a figure is of more than nobody and fewer than ``least``."""
    return value is not None and 0 < round(abs(value), 6) < least


def _few_of(unit: Mapping[str, Any], least: int) -> set[str]:
    """Return the figures of a unit that must not be known by themselves."""
    gone: set[str] = set()
    for name, family in FAMILIES.items():
        if few(unit.get(name), least):
            gone |= set(family)
    for whole, part in _LESS:
        both = unit.get(whole), unit.get(part)
        if None not in both and few(unit[whole] - unit[part], least):
            gone |= set(FAMILIES[part])
    for rest, of in (("unreached", "reached"), ("uncircled", "circle")):
        if few(unit.get(rest), least):
            gone |= set(FAMILIES[of])
    return gone


def _few_facilities(
    made: Guard, facilities: Sequence[Mapping[str, Any]], total: Mapping[str, Any]
) -> set[str]:
    """Return the facilities whose people are not told."""
    name = "reached" if total.get("reached") is not None else "circle"
    cells: dict[str, Mapping[str, Any]] = {
        f"#{each['id']}": {"code": f"#{each['id']}", name: each["people"]}
        for each in facilities
    }
    own = Guard(made.below)
    for code, each in cells.items():
        if few(each[name], made.below):
            own.hide(code, (name,))
    if made.hides(WHOLE, name):
        own.hide(WHOLE, (name,))
    _close(own, {**cells, WHOLE: total}, name, Sum(WHOLE, tuple(cells)))
    return {code[1:] for code in own.figures if code != WHOLE}
