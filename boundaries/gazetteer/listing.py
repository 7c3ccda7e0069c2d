"""The list of place names that a page or a program asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boundaries import codes
from boundaries.lines.register import records_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.gazetteer.index import Index

SORTS = ("name", "romanised", "category", "division", "status")


@dataclass(frozen=True)
class Wish:
    """What a list of names is to show."""

    words: str = ""
    category: str = ""
    status: str = ""
    under: str = ""
    unconfirmed: bool = False
    sort: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wish:
        """Return the wish of an address; what is unknown is left out."""
        sort = asked.get("sort", "")
        return cls(
            words=asked.get("q", "").strip()[:100],
            category=asked.get("category", ""),
            status=asked.get("status", ""),
            under=asked.get("under", ""),
            unconfirmed=bool(asked.get("unconfirmed")),
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )


def page(
    frame: gpd.GeoDataFrame, index: Index, wish: Wish, start: int, size: int
) -> dict[str, Any]:
    """Return one page of the list: ``{"rows", "total"}``.

    By rank while words are looked for and no order is asked, else by spelling.
    """
    keep, rank = _fitting(frame, index, wish)
    found, rank = frame[keep], rank[keep]
    order = np.argsort(rank, kind="stable")
    if wish.sort or not wish.words:
        by = wish.sort.removeprefix("-") or "romanised"
        texts = np.array([str(value or "") for value in found[by]], dtype=object)
        order = np.argsort(texts, kind="stable")
        order = order[::-1] if wish.sort.startswith("-") else order
    shown = found.iloc[order[start : start + size]]
    return {"rows": list(records_of(shown)), "total": len(found)}


def points(frame: gpd.GeoDataFrame, index: Index, wish: Wish) -> list[dict[str, Any]]:
    """Return the names the list shows that have a place, as GeoJSON features."""
    keep, _ = _fitting(frame, index, wish)
    return [
        {
            "type": "Feature",
            "id": row["key"],
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {name: row[name] for name in ("name", "category", "status")},
        }
        for row in records_of(frame[keep])
        if row["lon"] is not None
    ]


def _fitting(
    frame: gpd.GeoDataFrame, index: Index, wish: Wish
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which names a wish asks for, and the rank of each."""
    keep = np.ones(len(frame), dtype=bool)
    rank = np.zeros(len(frame))
    if wish.words:
        best, _ = index.matches(wish.words)
        rank = best[[index.positions[str(key)] for key in frame.index]]
        keep &= np.isfinite(rank)
    for name, wanted in (("category", wish.category), ("status", wish.status)):
        if wanted:
            keep &= (frame[name] == wanted).to_numpy(dtype=bool)
    if wish.under:
        inside = [codes.is_within(str(c or ""), wish.under) for c in frame["division"]]
        keep &= np.array(inside, dtype=bool)
    if wish.unconfirmed:
        confirmed = frame["romanised_confirmed"].fillna(False).to_numpy(dtype=bool)
        keep &= ~confirmed
    return keep, rank
