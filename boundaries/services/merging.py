"""Records that concern two sites: two of one facility, one built anew elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from boundaries.rules.records import text
from boundaries.services.words import Status
from geodata import crs
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Hashable

LINKS = ("moved_to", "moved_from")


def merged(frame: gpd.GeoDataFrame, kept: str, gone: str) -> gpd.GeoDataFrame:
    """Return the record that stays, with what only the other says, and its links.

    Parameters
    ----------
    frame
        Facilities by code.
    kept, gone
        The record that stays, and the one that will end.

    Returns
    -------
    GeoDataFrame
        The record of ``kept``, and of every facility linked with ``gone``, as they
        become; the column ``facility`` holds their codes.
    """
    if kept == gone:
        raise InputError(
            Text("请选择两处不同的设施。", "Choose two different facilities.")
        )
    one, other = _row(frame, kept), _row(frame, gone)
    row = {
        name: other.get(name) if _blank(value) else value for name, value in one.items()
    }
    row["extra"] = {**(other.get("extra") or {}), **(one.get("extra") or {})}
    for link in LINKS:
        if row[link] in (kept, gone):
            row[link] = None
    rows = [row]
    for code, linked in frame.drop(index=[kept, gone]).iterrows():
        named = [link for link in LINKS if linked[link] == gone]
        if named:
            linked_row = _row(frame, str(code))
            rows.append({**linked_row, **dict.fromkeys(named, kept)})
    return _frame(rows)


def moved(
    frame: gpd.GeoDataFrame, old: str, site: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the record of a facility that moved and that of its new site.

    Parameters
    ----------
    frame
        Facilities by code.
    old
        The facility that moved.
    site
        One record, its code in ``facility``; what it leaves out of the facility's
        type, service and ownership stays as it was.
    """
    gone = _row(frame, old)
    new = site.iloc[0].to_dict()
    for name in _KEPT:
        if _blank(new.get(name)):
            new[name] = gone[name]
    gone |= {"status": Status.MOVED.value, "moved_to": new["facility"]}
    return _frame([gone, new])


_KEPT = ("name", "type", "domain", "level", "ownership", "nature")


def _row(frame: gpd.GeoDataFrame, code: str) -> dict[Hashable, Any]:
    """Return a record as it would be staged again."""
    times = ["valid_from", "valid_to"]
    row = frame.loc[code].drop(labels=times, errors="ignore").to_dict()
    return {**row, "facility": code}


def _frame(rows: list[dict[Hashable, Any]]) -> gpd.GeoDataFrame:
    made = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs.STORAGE)
    return made.astype(dict.fromkeys(made.columns.difference(["geometry"]), object))


def _blank(value: Any) -> bool:
    if isinstance(value, np.ndarray | list | dict):
        return not len(value)
    if hasattr(value, "is_empty"):
        return bool(value.is_empty)
    return not text(value)
