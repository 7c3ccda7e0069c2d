"""Which facilities are open on a day, as far as their records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from boundaries.services.omissions import Omission
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable


def open_on(facilities: pd.DataFrame, day: str) -> pd.Series[bool]:
    """Return which facilities had opened by a day (ISO 8601) and not closed.

    One that does not say when it opened or closed counts as open; on the day it
    closes it is closed.
    """
    found = pd.Series(data=True, index=facilities.index)
    for name, gone in (("opened_on", False), ("closed_on", True)):
        if name in facilities:
            said = facilities[name].fillna("").astype(str).str.slice(0, 10)
            found &= (said == "") | ((said > day) == gone)
    return found


def backdated(keys: Iterable[str]) -> Omission:
    """Return what is said of facilities that a later record says were open."""
    return Omission.of(
        "opened_before", "facilities",
        Text("登记自较晚日期生效，按开业日期计入",
             "recorded as of a later date, counted since they opened"),
        Text("如不妥，请更正登记的生效日期。",
             "Correct the date of the record if that is wrong."),
        keys, left_out=False,
    )  # fmt: skip
