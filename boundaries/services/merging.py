"""Two records of one facility become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from boundaries.rules.records import text
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
    one, other = frame.loc[kept].to_dict(), frame.loc[gone].to_dict()
    row: dict[Hashable, Any] = {
        name: other.get(name) if _blank(value) else value
        for name, value in one.items()
        if name not in ("valid_from", "valid_to")
    }
    row["extra"] = {**(other.get("extra") or {}), **(one.get("extra") or {})}
    for link in LINKS:
        if row[link] in (kept, gone):
            row[link] = None
    rows = [{**row, "facility": kept}]
    for code, linked in frame.drop(index=[kept, gone]).iterrows():
        named = [link for link in LINKS if linked[link] == gone]
        if named:
            rows.append(
                {
                    **linked.drop(labels=["valid_from", "valid_to"]).to_dict(),
                    **dict.fromkeys(named, kept),
                    "facility": str(code),
                }
            )
    made = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs.STORAGE)
    return made.astype(dict.fromkeys(made.columns.difference(["geometry"]), object))


def _blank(value: Any) -> bool:
    if isinstance(value, np.ndarray | list | dict):
        return not len(value)
    if hasattr(value, "is_empty"):
        return bool(value.is_empty)
    return not text(value)
