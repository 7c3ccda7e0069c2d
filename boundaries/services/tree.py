"""Which unit of a level each unit lies below: by the divisions, else by its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries import codes
from boundaries.vocabulary import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

LEVEL_WORDS = {
    "province": Level.PROVINCE,
    "city": Level.PREFECTURE,
    "district": Level.COUNTY,
    "street": Level.TOWNSHIP,
    "community": Level.VILLAGE,
}
"""What a level of a figure is called on the command line and in addresses."""


class Tree:
    """The divisions of a date as a tree that also knows codes it does not hold."""

    def __init__(self, divisions: pd.DataFrame) -> None:
        self.level = {
            str(code): int(level) for code, level in divisions["level"].dropna().items()
        }
        self.name = {str(code): str(name) for code, name in divisions["name"].items()}
        self._parent = {
            str(code): str(parent)
            for code, parent in divisions["parent"].dropna().items()
            if str(parent)
        }
        self._above_known: dict[str, str | None] = {}
        self._level_known: dict[str, int | None] = {}

    def chain(self, code: str) -> list[str]:
        """Return the unit and those above it, nearest first."""
        found = [code]
        while len(found) <= len(Level) + 1:
            above = self._above(found[-1])
            if above is None or above in found:
                break
            found.append(above)
        return found

    def at(self, code: str, level: int) -> str | None:
        """Return the unit of a level that ``code`` is or lies below, else None."""
        for each in self.chain(code):
            own = self.level_of(each)
            if own == level:
                return each
            if own is not None and own < level:
                return None
        return None

    def lowest(self, code: str) -> str | None:
        """Return the unit itself where it is a division in force, else the next up."""
        return next((each for each in self.chain(code) if each in self.level), None)

    def level_of(self, code: str) -> int | None:
        """Return a unit's level: as the divisions have it, else as its code tells."""
        if code not in self._level_known:
            known = self.level.get(code)
            if known is None and codes.is_code(code):
                known = int(codes.infer_level(code))
            self._level_known[code] = known
        return self._level_known[code]

    def parents_of(self, units: Iterable[str]) -> set[str]:
        """Return every unit above any of the units."""
        return {above for code in units for above in self.chain(code)[1:]}

    def _above(self, code: str) -> str | None:
        if code not in self._above_known:
            self._above_known[code] = self._parent.get(code) or self._coded(code)
        return self._above_known[code]

    def _coded(self, code: str) -> str | None:
        """Return the unit above one that the divisions do not hold, by its code."""
        if code in self.level or not codes.is_code(code):
            return None
        return next((up for up in codes.ancestors(code) if up in self.level), None)
