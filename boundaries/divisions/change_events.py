"""What happened to divisions between two states of our own layer.

Declared succession (``predecessors``, ``successors`` of a division) is believed;
where none is declared it follows from which unit gave area to which.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from boundaries.codes import infer_kind, infer_level, is_code
from boundaries.divisions.kinds_of_change import Unit, of_pair
from boundaries.vocabulary import ChangeType, Kind, Level

if TYPE_CHECKING:
    import pandas as pd

    from geodata.store.changes import ChangeSet

WHOLE = 0.5
"""Share of an ended unit's area an heir must take to be its successor by area."""


@dataclass(frozen=True)
class Event:
    """One change of one or several divisions."""

    type: ChangeType
    before: tuple[str, ...]
    """Codes of the units before, sorted."""
    after: tuple[str, ...]
    effective: str
    area_m2: float = float("nan")
    """Area that moved, where a border moved (ellipsoidal)."""
    declared: bool = True
    """False where it was concluded from areas alone."""

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON with its name in both languages."""
        plain = asdict(self) | {
            "type": self.type.value,
            "type_zh": self.type.label.zh,
            "type_en": self.type.label.en,
            "before": list(self.before),
            "after": list(self.after),
        }
        if self.area_m2 != self.area_m2:
            plain["area_m2"] = None
        return plain


def infer(changes: ChangeSet, moves: pd.DataFrame | None = None) -> list[Event]:
    """Return the events a change amounts to, by type and code.

    Parameters
    ----------
    changes
        A change of the divisions layer.
    moves
        Which unit gave which area (m²) to which, columns ``from``, ``to``,
        ``area_m2`` (``geodata.topology.moves``); without it only what is declared
        or visible in the attributes is told.
    """
    units = _Units(changes)
    given = _given(moves)
    links = _declared(changes) | _concluded(units, given)
    declared = _declared(changes)
    events = [_attribute_event(units, code) for code in sorted(units.kept)]
    events += _successions(units, links, declared)
    events += _borders(units, given, links)
    linked = {code for link in links for code in link}
    events += [
        Event(ChangeType.ESTABLISH, (), (code,), changes.effective)
        for code in sorted(set(changes.added) - linked)
    ]
    events += [
        Event(ChangeType.ABOLISH, (code,), (), changes.effective)
        for code in sorted(set(changes.removed) - linked)
    ]
    return [event for event in events if event is not None]


class _Units:
    """The units on both sides of a change."""

    def __init__(self, changes: ChangeSet) -> None:
        self.changes = changes
        self.kept = {code for code in changes.changed if is_code(code)}
        self.old = {code: self._unit(changes.old, code) for code in changes.old.index}
        self.new = {code: self._unit(changes.new, code) for code in changes.new.index}

    def before(self, code: str) -> Unit:
        """Return a unit before the change; one it does not touch stays."""
        return self.old.get(code) or Unit(code, "", None, "", stays=True)

    def after(self, code: str) -> Unit:
        """Return a unit after the change; one it does not touch stays."""
        return self.new.get(code) or Unit(code, "", None, "", stays=True)

    def _unit(self, frame: pd.DataFrame, code: str) -> Unit:
        row = frame.loc[code]
        name = str(row.get("name") or "")
        parent = row.get("parent")
        return Unit(
            code,
            name,
            _kind(row.get("kind"), code, name),
            parent if isinstance(parent, str) else "",
            stays=code in self.kept,
        )


def _kind(stored: object, code: str, name: str) -> Kind | None:
    if isinstance(stored, str):
        try:
            return Kind.of(stored)
        except ValueError:
            pass
    return infer_kind(code, name) if is_code(code) else None


def _declared(changes: ChangeSet) -> set[tuple[str, str]]:
    """Return (before, after) codes that the units themselves state.

    Only what this change brings: succession already stated before is no news.
    """
    stated = {
        (old, code)
        for code in changes.new.index
        for old in codes_in(changes.new.loc[code].get("predecessors"))
        if not (
            code in changes.old.index
            and old in codes_in(changes.old.loc[code].get("predecessors"))
        )
    }
    stated |= {
        (code, new)
        for code in changes.removed
        for new in codes_in(changes.old.loc[code].get("successors"))
    }
    return {(old, new) for old, new in stated if old != new}


def codes_in(value: object) -> list[str]:
    """Return the codes in a stored list: JSON text, a list, or nothing."""
    items = _listed(value) if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        return []
    found = [item.get("code") if isinstance(item, dict) else item for item in items]
    return [str(code).strip() for code in found if code]


def _listed(text: str) -> Any:
    """Return the list that JSON text holds, else the parts between separators."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, (list, dict)):
        return found
    return re.split(r"[;,；，、\s]+", text.strip())


def _given(moves: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    """Return the area each unit gave each other, in m²."""
    if moves is None or moves.empty:
        return {}
    known = moves.dropna(subset=["from", "to"])
    totals: dict[tuple[str, str], float] = {}
    for old, new, area in known[["from", "to", "area_m2"]].to_numpy():
        totals[str(old), str(new)] = totals.get((str(old), str(new)), 0.0) + float(area)
    return totals


def _concluded(
    units: _Units, given: dict[tuple[str, str], float]
) -> set[tuple[str, str]]:
    """Return the succession that areas show, among units of one level."""
    out: dict[str, float] = {}
    for (old, new), area in given.items():
        if old != new and _level(old) == _level(new):
            out[old] = out.get(old, 0.0) + area
    removed, added = set(units.changes.removed), set(units.changes.added)
    found = set()
    for (old, new), area in given.items():
        if old == new or _level(old) != _level(new) or not out.get(old):
            continue
        share = area / out[old]
        if old in removed and (share > WHOLE or (new in added and share > 0.01)):
            found.add((old, new))
        if old not in removed and new in added:
            found.add((old, new))
    return found


def _successions(
    units: _Units,
    links: set[tuple[str, str]],
    declared: set[tuple[str, str]],
) -> list[Event]:
    """Return one event for each unit split, group merged or pair replaced."""
    grouped: dict[tuple[ChangeType, str], set[tuple[str, str]]] = {}
    for old, new in sorted(links):
        heirs = {b for a, b in links if a == old}
        forebears = {a for a, b in links if b == new and not units.before(a).stays}
        word = of_pair(
            units.before(old), units.after(new), heirs=heirs, forebears=forebears
        )
        hub = old if word is ChangeType.SPLIT else new
        grouped.setdefault((word, hub), set()).add((old, new))
    return [
        Event(
            word,
            tuple(sorted({old for old, _ in pairs})),
            tuple(sorted({new for _, new in pairs})),
            units.changes.effective,
            declared=pairs <= declared,
        )
        for (word, _), pairs in grouped.items()
    ]


def _attribute_event(units: _Units, code: str) -> Event | None:
    """Return what happened to the attributes of a unit that keeps its code."""
    old, new = units.old[code], units.new[code]
    same = (old.kind, old.name, old.parent) == (new.kind, new.name, new.parent)
    if not same:
        word = of_pair(old, new)
        return Event(word, (code,), (code,), units.changes.effective)
    before, after = units.changes.old.loc[code], units.changes.new.loc[code]
    seats = before.get("seat"), after.get("seat")
    if all(isinstance(seat, str) for seat in seats) and seats[0] != seats[1]:
        return Event(ChangeType.SEAT, (code,), (code,), units.changes.effective)
    return None


def _borders(
    units: _Units,
    given: dict[tuple[str, str], float],
    links: set[tuple[str, str]],
) -> list[Event]:
    """Return the strips that moved between units that both stay."""
    strips = [
        (old, new, area)
        for (old, new), area in sorted(given.items())
        if old != new
        and (old, new) not in links
        and _level(old) == _level(new)
        and units.before(old).stays
        and units.after(new).stays
    ]
    effective = units.changes.effective
    return [
        Event(ChangeType.BORDER, (old,), (new,), effective, area, declared=False)
        for old, new, area in strips
    ]


def _level(code: str) -> Level | None:
    return infer_level(code) if is_code(code) else None
