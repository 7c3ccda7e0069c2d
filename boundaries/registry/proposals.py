"""Codes that are free for a new unit: proposed by the rules, entered by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries import codes
from boundaries.vocabulary import Level

if TYPE_CHECKING:
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader

_OWN_DIGITS = {
    Level.PROVINCE: (0, 2),
    Level.PREFECTURE: (2, 4),
    Level.COUNTY: (4, 6),
    Level.TOWNSHIP: (6, 9),
    Level.VILLAGE: (9, 12),
}
"""Where in a code its level's own number stands."""


def free_codes(reader: Reader, changes: ChangeSet, unit: str, count: int) -> list[str]:
    """Return codes beside a unit's that no unit has or ever had.

    The next numbers after the highest in use, as long as they admit the same kinds
    of unit; numbers between are left to their history.
    """
    level = codes.parse(unit).level
    low, high = _OWN_DIGITS[level]
    kinds = codes.kind_range(unit)
    used = [
        code for code in _beside(reader, changes, unit) if _alike(code, unit, kinds)
    ]
    top = max((int(code[low:high]) for code in used), default=int(unit[low:high]))
    found: list[str] = []
    for number in range(top + 1, 10 ** (high - low)):
        code = f"{unit[:low]}{number:0{high - low}d}{unit[high:]}"
        if len(found) == count or codes.kind_range(code) != kinds:
            break
        if not reader.history(changes.layer, code):
            found.append(code)
    return found


def _beside(reader: Reader, changes: ChangeSet, unit: str) -> set[str]:
    """Return the codes in use around a unit, in its superior's box if it has one."""
    layer = changes.layer
    own = reader.snapshot(layer, keys=[unit])
    own = own if len(own) else changes.new[changes.new.index == unit]
    above = [str(code) for code in own["parent"] if code]
    place = reader.snapshot(layer, keys=above) if above else own
    west, south, east, north = (place if len(place) else own).total_bounds.tolist()
    near = reader.snapshot(layer, bbox=(west, south, east, north), geometry=False)
    return {str(key) for key in near.index.union(changes.keys)}


def _alike(code: str, unit: str, kinds: frozenset[object]) -> bool:
    """Tell whether a code is of the unit's level, superior and range of kinds."""
    low = _OWN_DIGITS[codes.parse(unit).level][0]
    return (
        len(code) == len(unit)
        and code[:low] == unit[:low]
        and codes.is_code(code)
        and codes.parse(code).level == codes.parse(unit).level
        and codes.kind_range(code) == kinds
    )
