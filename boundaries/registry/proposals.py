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
    parts = codes.parse(unit)
    low, high = _OWN_DIGITS[parts.level]
    head, tail = unit[:low], unit[high:]
    used = _used(reader, changes, head)
    kinds = codes.kind_range(unit)
    width = high - low
    top = max(
        (int(code[low:high]) for code in used if _alike(code, unit, kinds)), default=0
    )
    found: list[str] = []
    for number in range(top + 1, 10**width):
        code = f"{head}{number:0{width}d}{tail}"
        if len(found) == count or codes.kind_range(code) != kinds:
            break
        if code not in used:
            found.append(code)
    return found


def _used(reader: Reader, changes: ChangeSet, head: str) -> set[str]:
    """Return the codes beginning with ``head`` that are or were in use."""
    now = reader.snapshot(changes.layer, geometry=False)
    used = {str(key) for key in now.index} | {str(key) for key in changes.keys}
    for version in reader.versions(changes.layer):
        used |= {str(key) for key in version.doc.get("removed", ())}
    return {code for code in used if code.startswith(head)}


def _alike(code: str, unit: str, kinds: frozenset[object]) -> bool:
    return (
        len(code) == len(unit)
        and codes.is_code(code)
        and codes.parse(code).level == codes.parse(unit).level
        and codes.kind_range(code) == kinds
    )
