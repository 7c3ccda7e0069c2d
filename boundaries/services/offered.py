"""What anybody may know of the facilities: for the public map and the handbook.

Every key is named here; what else a facility's record holds is not told. Counts of
people are not among them, and a count of beds that would tell of fewer people than
``suppressed_below`` is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.services.opening import open_on
from boundaries.services.words import (
    Domain,
    FacilityType,
    Function,
    MedicalMode,
    Ownership,
    Status,
)
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from boundaries.vocabulary import Word

GROUPS: tuple[tuple[str, Text, tuple[FacilityType, ...]], ...] = (
    (
        "home",
        Text("养老机构", "Care homes"),
        (FacilityType.INST, FacilityType.INST_TK),
    ),
    (
        "centre",
        Text("综合与嵌入式养老服务", "Care centres"),
        (FacilityType.REG, FacilityType.COMPLEX, FacilityType.COM),
    ),
    (
        "day",
        Text("日间照料与服务站", "Day care and stations"),
        (FacilityType.DAY, FacilityType.STATION, FacilityType.HAPPY),
    ),
    ("meal", Text("老年人助餐", "Meals"), (FacilityType.MEAL,)),
    (
        "other",
        Text("居家、调度与救援", "Care at home, command and rescue"),
        (FacilityType.HOMEBED, FacilityType.CMD, FacilityType.RESCUE),
    ),
)
"""What somebody looks for, each with one symbol on maps; every type is in one."""

SERVICES: Mapping[str, Text] = {
    Function.CARE_BOARD.value: Text("入托（托养）", "day board"),
    Function.CARE_NURSE.value: Text("入照（照料）", "care"),
    Function.CARE_VISIT.value: Text("入户（上门服务）", "visits at home"),
    Function.MEALS.value: Text("嵌餐（助餐）", "meals"),
    Function.SMART.value: Text("嵌智（智慧养老）", "smart services"),
    Function.HEALTH.value: Text("嵌康（康复）", "rehabilitation"),
    Function.NURSING.value: Text("嵌护（护理）", "nursing"),
    Function.HOME_BEDS.value: Text("家庭养老床位", "care beds at home"),
}
"""The eight functions for who does not know what the office calls them."""

DISTRICT, STREET = 6, 9
"""Digits of the codes of a district and of a street or town."""


@dataclass(frozen=True)
class Offers:
    """The facilities anybody may be told of, as one edition of the register has them.

    ``rows`` are documents, in the order of a book: district, street, type, name.
    ``divisions`` names the districts and streets they lie in. ``version`` and
    ``as_of`` are those of the register, ``divisions_version`` of the names.
    """

    rows: tuple[dict[str, Any], ...]
    divisions: Mapping[str, str]
    version: int
    as_of: str
    divisions_version: int

    def within(self, code: str) -> tuple[dict[str, Any], ...]:
        """Return what lies in a division."""
        return tuple(
            row for row in self.rows if str(row["division"] or "").startswith(code)
        )


def offers(
    facilities: gpd.GeoDataFrame,
    names: Mapping[str, str],
    *,
    version: int,
    as_of: str,
    divisions_version: int,
    day: str = "",
    suppressed_below: int = 5,
) -> Offers:
    """Return what anybody may know of published facilities.

    Parameters
    ----------
    facilities
        Rows of the layer with the flag ``public``, by key, EPSG:4490.
    names
        Of the divisions, by code.
    day
        When somebody looks: what is not open yet, or not any more, is no offer. None
        said: the date of the register.
    suppressed_below
        Numbers of people below this are told of no place.
    """
    kept = facilities[facilities["status"].fillna("operating") == Status.OPERATING]
    kept = kept[open_on(kept, day or as_of)]
    kept = kept[kept["type"].map(_is_care)]
    if "public" in kept:
        kept = kept[kept["public"].eq(True).fillna(False).astype(bool)]
    rows = [
        _row(str(key), dict(row), names, suppressed_below)
        for key, row in zip(kept.index, kept.to_dict("records"), strict=True)
    ]
    rows.sort(key=_order)
    codes = {code for row in rows for code in (row["district"], row["street"]) if code}
    return Offers(
        rows=tuple(rows),
        divisions={code: names.get(code, code) for code in sorted(codes)},
        version=version,
        as_of=as_of,
        divisions_version=divisions_version,
    )


def _is_care(value: Any) -> bool:
    known = {each.value for each in FacilityType}
    return value in known and FacilityType(value).domain is Domain.ELDERCARE


_GROUP = {each.value: name for name, _, types in GROUPS for each in types}
_TYPES = [each.value for each in FacilityType]


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["district"] or "~",
        row["street"] or "~",
        _TYPES.index(row["type"]),
        row["name"],
        row["id"],
    )


def _row(
    key: str, row: Mapping[Any, Any], names: Mapping[str, str], least: int
) -> dict[str, Any]:
    code = _text(row.get("division")) or ""
    point = row["geometry"]
    here = point is not None and not point.is_empty
    beds, taken = _count(row.get("beds_total")), _count(row.get("beds_occupied"))
    return {
        "id": key,
        "name": _text(row.get("name")) or key,
        "type": str(row["type"]),
        "group": _GROUP[str(row["type"])],
        "division": code or None,
        "district": _unit(code, DISTRICT, names),
        "street": _unit(code, STREET, names),
        "address": _text(row.get("address")),
        "phone": _text(row.get("phone")),
        "website": _address(row.get("website")),
        "beds": beds,
        "beds_nursing": _count(row.get("beds_nursing")),
        "beds_free": free_beds(beds, taken, least),
        "has_room": beds is not None and taken is not None and taken < beds,
        "day_places": _count(row.get("day_places")),
        "home_beds": _of_people(_count(row.get("home_beds")), least),
        "meals": _count(row.get("meal_capacity")),
        "price_low": _count(row.get("price_low")),
        "price_high": _count(row.get("price_high")),
        "rating": _count(row.get("rating")),
        "functions": [
            each.value for each in Function if each.value in _list(row.get("functions"))
        ],
        "medical": _word(MedicalMode, row.get("medical_mode")),
        "ownership": _word(Ownership, row.get("ownership")),
        "opened_on": _text(row.get("opened_on")),
        "updated_on": _text(row.get("updated_on")),
        "lon": round(float(point.x), 6) if here else None,
        "lat": round(float(point.y), 6) if here else None,
    }


def _unit(code: str, digits: int, names: Mapping[str, str]) -> str | None:
    return code[:digits] if len(code) >= digits and code[:digits] in names else None


def free_beds(beds: int | None, taken: int | None, least: int) -> int | None:
    """Return how many beds are free, unless that tells of fewer people than ``least``.

    The number of beds is public, so the free ones tell how many people live there.
    """
    if beds is None or taken is None or taken > beds or 0 < taken < least:
        return None
    return beds - taken


def _of_people(value: int | None, least: int) -> int | None:
    return None if value is not None and 0 < value < least else value


def _text(value: Any) -> str | None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return str(value).strip() or None


def _address(value: Any) -> str | None:
    """Return a web address of http(s); nothing else becomes a link."""
    found = _text(value)
    return found if found and found.startswith(("https://", "http://")) else None


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else round(float(value))


def _list(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _word(words: type[Word], value: Any) -> str | None:
    known = {each.value for each in words}
    return str(value) if value in known else None
