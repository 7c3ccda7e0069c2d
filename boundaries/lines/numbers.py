"""Marker numbers: read, checked, written.

Province level: line number (the codes of both provinces, the smaller first), the
sequence along the line from 001, and a letter for the stone: ``Q`` single, ``A`` and
``B`` double, ``C`` ``D`` ``E`` triple. Below it practice differs from province to
province; what is built in (``120101-120102-001Q``) is this program's own, and other
forms are settings (:class:`boundaries.rules.settings.MarkerSettings`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from boundaries.lines.words import Form
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROVINCIAL = re.compile(
    r"(?P<one>\d{2})(?P<other>\d{2})(?P<sequence>\d{3})(?P<stone>[A-EQ])?"
)
_BELOW = re.compile(
    r"(?P<one>\d{4,12})-(?P<other>\d{4,12})-(?P<sequence>\d{3,4})(?P<stone>[A-EQ])?"
)
STONES: dict[str, Form] = {
    "Q": Form.SINGLE,
    "A": Form.DOUBLE,
    "B": Form.DOUBLE,
    "C": Form.TRIPLE,
    "D": Form.TRIPLE,
    "E": Form.TRIPLE,
}
"""The letter of a stone -> the form it belongs to."""


@dataclass(frozen=True)
class MarkerNumber:
    """A number taken apart. ``one`` and ``other`` are the codes of the line's sides."""

    one: str
    other: str
    sequence: int
    stone: str = ""

    @classmethod
    def parse(cls, text: str) -> MarkerNumber:
        """Return the parts of a number in one of the two built-in forms.

        Raises
        ------
        InputError
            For anything else, or a line that names the larger code first.
        """
        squeezed = text.strip().upper().replace("—", "-").replace(" ", "")
        found = _PROVINCIAL.fullmatch(squeezed) or _BELOW.fullmatch(squeezed)
        if found is None:
            raise InputError(
                Text(f"“{text}”不是界桩编号。", f"'{text}' is no marker number."),
                Text(
                    "例：1253165Q（省级），120101-120102-001Q（县级、乡级）。",
                    "Examples: 1253165Q (province), 120101-120102-001Q (below).",
                ),
            )
        parts = found.groupdict()
        number = cls(
            parts["one"], parts["other"], int(parts["sequence"]), parts["stone"] or ""
        )
        number._require_order(text)
        return number

    @property
    def line(self) -> str:
        """The line's number."""
        joint = "" if self._provincial else "-"
        return f"{self.one}{joint}{self.other}"

    @property
    def form(self) -> Form | None:
        """The form its letter says, None without a letter."""
        return STONES.get(self.stone)

    @property
    def point(self) -> MarkerNumber:
        """The number without its letter: what stones of one point share."""
        return replace(self, stone="")

    def __str__(self) -> str:
        joint = "" if self._provincial else "-"
        return f"{self.line}{joint}{self.sequence:03d}{self.stone}"

    @property
    def _provincial(self) -> bool:
        return len(self.one) == len("12")

    def _require_order(self, text: str) -> None:
        if self.sequence < 1 or self.one >= self.other:
            raise InputError(
                Text(
                    f"界桩编号“{text}”有误：两侧代码应小者在前，序号从 001 起。",
                    f"In the marker number '{text}' the smaller code comes first and "
                    "the sequence starts at 001.",
                )
            )


def known(text: str, patterns: Iterable[str] = ()) -> bool:
    """Return whether a number has a built-in form or one the settings add."""
    if any(re.fullmatch(pattern, text.strip()) for pattern in patterns):
        return True
    try:
        MarkerNumber.parse(text)
    except InputError:
        return False
    return True
