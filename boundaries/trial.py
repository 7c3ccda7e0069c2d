"""A file checked by itself: what the rules say of it before it is anybody's draft.

A file without division codes cannot be staged, but its gaps and overlaps can be
shown; its records then go by their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries.intake import take_in
from boundaries.layers import DIVISIONS
from boundaries.rules import check
from boundaries.vocabulary import Level, Rule
from geodata.store import features

if TYPE_CHECKING:
    from boundaries.rules.settings import RuleSettings
    from geodata.files.reading import Reading

_OF_CODES = frozenset(
    {
        Rule.CODE,
        Rule.CODE_ORDER,
        Rule.CODE_REUSED,
        Rule.KIND,
        Rule.LEVEL,
        Rule.PARENT,
        Rule.REQUIRED,
    }
)
"""What cannot be said of records that have no code."""


def findings_of(
    frame: gpd.GeoDataFrame, reading: Reading, rules: RuleSettings
) -> gpd.GeoDataFrame:
    """Return the findings of a file alone, as one layer of divisions.

    Parameters
    ----------
    frame
        As read, EPSG:4490; without a column ``code`` its records are taken as
        units of one level, named ``#1``, ``#2``… by their number.
    """
    empty = features.empty(DIVISIONS)
    coded = "code" in frame.columns
    units = take_in(frame, DIVISIONS, empty).frame if coded else _numbered(frame)
    found = check(
        units, base=empty, changed=units.index, settings=rules, reading=reading
    )
    if coded:
        return found
    return found[~found["rule"].isin(_OF_CODES)].reset_index(drop=True)


def _numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the records as units without codes, keyed by their number."""
    keys = [f"#{number}" for number in frame.index]
    names = frame["name"] if "name" in frame.columns else pd.Series(keys)
    columns: dict[str, Any] = {
        item.name: [None] * len(frame) for item in DIVISIONS.fields
    }
    columns |= {
        "code": keys,
        "name": names.tolist(),
        "level": pd.array([int(Level.TOWNSHIP)] * len(frame), dtype="Int64"),
        "extra": [{} for _ in keys],
    }
    table = pd.DataFrame(columns, index=pd.Index(keys, name="key", dtype=object))
    return gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=frame.crs)
