"""Town or countryside: the 城乡分类 of a community, or what its code tells.

The three-digit class of the statistical rules (统计上划分城乡的规定) decides: 1xx is
urban (城镇), 2xx rural (乡村). Where no class is given, a residents' committee or a
subdistrict is taken for urban and the rest for rural; the figure says so.
"""

from __future__ import annotations

from typing import Any

from boundaries import codes
from boundaries.vocabulary import Kind, Word


class Settlement(Word):
    """城乡分类代码."""

    CENTRE = "111", "主城区", "main urban area"
    FRINGE = "112", "城乡结合区", "urban fringe"
    TOWN = "121", "镇中心区", "town centre"
    TOWN_FRINGE = "122", "镇乡结合区", "town fringe"
    SPECIAL = "123", "特殊区域", "special area"
    TOWNSHIP = "210", "乡中心区", "township centre"
    VILLAGE = "220", "村庄", "village"


_URBAN_KINDS = frozenset(
    {Kind.STREET, Kind.COMMUNITY, Kind.COMMUNITY_LIKE, Kind.DISTRICT}
)


def is_urban(code: str, settlement: Any = None) -> bool:
    """Return whether a unit's people are urban, by its class, else by its code."""
    said = str(settlement or "").strip()
    if said[:1] in ("1", "2"):
        return said[0] == "1"
    if not codes.is_code(code):
        return True
    kinds = codes.kind_range(code)
    return bool(kinds & _URBAN_KINDS) or not kinds
