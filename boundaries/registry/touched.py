"""What a change touches: how much, and which divisions it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boundaries import codes
from boundaries.review import EITHER
from geodata.store.diffing import same_geometry

if TYPE_CHECKING:
    from geodata.store.changes import ChangeSet

_MOST = 400
"""Above this many codes a draft's reach is kept by the units above them."""


def counted(changes: ChangeSet) -> dict[str, Any]:
    """Return the counts and the first keys of a change, for its draft's document."""
    return {
        "counts": {
            "added": len(changes.added),
            "changed": len(changes.changed),
            "removed": len(changes.removed),
        },
        "keys": [str(key) for key in changes.keys[:_MOST]],
    }


def scope(layer: str, changes: ChangeSet) -> list[str]:
    """Return the division codes a change touches, at most a few hundred.

    Above that number units are stood for by the units above them, so that a
    draft's document stays small; a subtree that holds those holds the units.
    """
    found = divisions_of(layer, changes)
    while len(found) > _MOST:
        found = {part for code in found for part in code.split(EITHER)}
        above = {code: codes.parent(code) for code in found if codes.is_code(code)}
        deepest = max(len(code) for code in found)
        higher = {
            (above.get(code) or code) if len(code) == deepest else code
            for code in found
        }
        if higher == found:
            break
        found = higher
    return sorted(found)


def divisions_of(layer: str, changes: ChangeSet) -> set[str]:
    """Return the codes of the divisions that features of a change belong to.

    What belongs to no division (``""``) is for those alone whose subtree is all.
    """
    if layer in ("divisions", "population"):
        return {str(key) for key in changes.keys}
    if layer in ("markers", "inspections"):
        return _sides_of(changes, every=layer == "markers")
    columns = {"boundary_lines": ("left", "right"), "place_names": ("division",)}
    columns["facilities"] = ("division",)
    found: set[str] = set()
    for frame in (changes.old, changes.new):
        for name in columns.get(layer, ()):
            found |= {str(code or "") for code in frame[name]}
        if layer not in columns and len(frame):
            found.add("")
    return found


def _sides_of(changes: ChangeSet, *, every: bool) -> set[str]:
    """Return the sides of markers touched, joined where either side may act.

    How a marker fares, either side may record; with ``every`` setting, moving or
    removing one is for those who hold all its sides.
    """
    moved = set(changes.added) | set(changes.removed)
    both = changes.changed
    old, new = (
        np.asarray(frame.geometry.reindex(both).array, dtype=object)
        for frame in (changes.old, changes.new)
    )
    moved |= set(both[~same_geometry(old, new)])
    found: set[str] = set()
    for frame in (changes.old, changes.new):
        for key, units in frame["units"].items():
            codes_ = [str(unit) for unit in units] if isinstance(units, list) else []
            if not codes_:
                found.add("")
            elif every and key in moved:
                found |= set(codes_)
            else:
                found.add(EITHER.join(codes_))
    return found
