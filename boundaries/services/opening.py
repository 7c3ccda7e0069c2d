"""Which facilities are open on a day, as far as their records say."""

from __future__ import annotations

import pandas as pd


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
