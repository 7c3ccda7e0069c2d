"""The resource handbook (资源手册) of a district: what stands in it, in order.

A handbook is made of what anybody may know (:mod:`boundaries.services.offered`) and
says of which versions it is made. Pages are set by :mod:`boundaries.documents.printed`
(PDF) and :mod:`boundaries.documents.editable` (DOCX) from this one content.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.products import INTERNAL
from boundaries.services.offered import GROUPS, SERVICES
from boundaries.services.words import FacilityType, MedicalMode, Ownership
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from boundaries.services.offered import Offers

SUFFIXES = (".pdf", ".docx")


@dataclass(frozen=True)
class Entry:
    """One facility: its number in the book and on the map, and what is told of it."""

    number: int
    name: str
    kind: str
    group: str
    phone: str
    facts: tuple[tuple[str, str], ...]
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Section:
    """A street or town with its facilities, or those of the district as a whole."""

    code: str
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Handbook:
    """Everything that is printed, in one language."""

    language: str
    district: str
    name: str
    made_on: str
    stamp: str
    """The approval number of the map, or that it is internal."""
    notice: str
    source: str
    """What the book was made from: versions and their dates."""
    version: int
    """Of the register of facilities."""
    sections: tuple[Section, ...]
    units: gpd.GeoDataFrame
    """Streets and towns of the district, by code with ``name``, EPSG:4490."""
    whole: Any
    """The district's own shape."""

    def say(self, zh: str, en: str) -> str:
        """Return one of two texts."""
        return Text(zh, en).to(self.language)

    @property
    def title(self) -> str:
        """What stands on the cover."""
        return self.say(
            f"{self.name}养老服务资源手册", f"{self.name}: eldercare handbook"
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every facility, in the order of the book."""
        return tuple(entry for section in self.sections for entry in section.entries)

    def counts(self) -> list[tuple[str, int]]:
        """Return how many facilities there are of each type, types in order."""
        found = Counter(entry.kind for entry in self.entries)
        order = [each.label.to(self.language) for each in FacilityType]
        return [(kind, found[kind]) for kind in order if kind in found]


def compose(
    offers: Offers,
    divisions: gpd.GeoDataFrame,
    district: str,
    *,
    made_on: str,
    approval: str = "",
    notice: str = "",
    language: str = "zh",
) -> Handbook:
    """Return the handbook of a district.

    Parameters
    ----------
    offers
        What is published.
    divisions
        The published divisions in force, by code, EPSG:4490.
    district
        Code of a district or county, or of a street or town.
    made_on
        The day, as it is printed.
    approval
        Map approval number (审图号); without one the book is internal.
    notice
        A line of the bureau's on every page.
    language
        ``zh`` or ``en``: of the words around what facilities are called.

    Raises
    ------
    NotFoundError
        There is no such division.
    InputError
        The division is of another level.
    """
    if district not in divisions.index:
        raise NotFoundError(
            Text(f"没有区划 {district}。", f"There is no division {district}."),
            Text("请给出已发布的区县代码。", "Give the code of a published district."),
        )
    level = int(divisions["level"].to_dict()[district])
    if level not in (_DISTRICT_LEVEL, _STREET_LEVEL):
        raise InputError(
            Text(
                f"手册按区县或街道编制，{district} 不是。",
                f"A handbook is of a district or a street; {district} is neither.",
            ),
            Text("请给出六位或九位代码。", "Give a code of six or nine digits."),
        )
    inside = divisions.index.str.startswith(district)
    units = divisions[inside & (divisions["level"] == _STREET_LEVEL)].sort_index()
    stamp = (
        Text(f"审图号：{approval}", f"Map approval number: {approval}")
        if approval
        else INTERNAL
    )
    source = Text(
        f"设施登记第 {offers.version} 版（{offers.as_of} 起），"
        f"行政区划第 {offers.divisions_version} 版",
        f"register of facilities version {offers.version} (since {offers.as_of}), "
        f"divisions version {offers.divisions_version}",
    )
    return Handbook(
        language=language,
        district=district,
        name=_full_name(divisions, district),
        made_on=made_on,
        stamp=stamp.to(language),
        notice=notice,
        source=source.to(language),
        version=offers.version,
        sections=tuple(_sections(offers, units, district, language)),
        units=units,
        whole=divisions.geometry[district],
    )


_DISTRICT_LEVEL, _STREET_LEVEL = 3, 4


def _full_name(divisions: gpd.GeoDataFrame, code: str) -> str:
    """Return a unit's name after those of what it lies in, the province left out."""
    levels, parents = divisions["level"].to_dict(), divisions["parent"].to_dict()
    known = divisions["name"].to_dict()
    names: list[str] = []
    at: Any = code
    while int(levels.get(at, 0)) > 1:
        names.insert(0, str(known[at]))
        at = parents[at]
    return "".join(names)


def _sections(
    offers: Offers, units: gpd.GeoDataFrame, district: str, language: str
) -> list[Section]:
    rows = offers.within(district)
    named = Text("全区性设施", "For the whole district").to(language)
    places = [(str(code), str(name)) for code, name in units["name"].items()]
    by_street: dict[str, list[dict[str, Any]]] = {code: [] for code, _ in places}
    for row in rows:
        by_street.setdefault(row["street"] or "", []).append(row)
    order = [(code, name, by_street[code]) for code, name in places]
    if whole := by_street.get(""):
        order.insert(0, (district, named, whole))
    made, number = [], 1
    for code, name, found in order:
        entries = tuple(
            _entry(row, number + n, language) for n, row in enumerate(found)
        )
        number += len(entries)
        made.append(Section(code, name, entries))
    return made


def _entry(row: dict[str, Any], number: int, language: str) -> Entry:
    return Entry(
        number=number,
        name=str(row["name"]),
        kind=FacilityType(row["type"]).label.to(language),
        group=str(row["group"]),
        phone=str(row["phone"] or "—"),
        facts=tuple(_facts(row, language)),
        lon=row["lon"],
        lat=row["lat"],
    )


def _facts(row: dict[str, Any], language: str) -> list[tuple[str, str]]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).to(language)

    names = [SERVICES[each].to(language) for each in row["functions"]]
    facts = [
        (say("地址", "Address"), row["address"]),
        (say("电话", "Telephone"), row["phone"]),
        (say("床位", "Beds"), _beds(row, say)),
        (say("日托位", "Day places"), _many(row["day_places"], say("个", ""))),
        (say("助餐", "Meals a day"), _many(row["meals"], say("人次/日", ""))),
        (say("家庭养老床位", "Beds at home"), _many(row["home_beds"], say("张", ""))),
        (say("服务功能", "Services"), say("、", ", ").join(names)),
        (say("收费", "Price"), _price(row, say)),
        (say("评定等级", "Rating"), _stars(row, say)),
        (say("医疗服务", "Medical care"), _word(MedicalMode, row["medical"], language)),
        (say("举办性质", "Run by"), _word(Ownership, row["ownership"], language)),
        (say("网址", "Website"), row["website"]),
    ]
    return [(term, str(value)) for term, value in facts if value not in (None, "")]


def _beds(row: dict[str, Any], say: Any) -> str | None:
    if row["beds"] is None:
        return None
    parts = [say(f"{row['beds']} 张", f"{row['beds']}")]
    if row["beds_nursing"] is not None:
        nursing = row["beds_nursing"]
        parts.append(say(f"其中护理型 {nursing} 张", f"{nursing} of them nursing"))
    if row["beds_free"] is not None:
        free = row["beds_free"]
        parts.append(say(f"空余 {free} 张", f"{free} free"))
    joined: str = say("，", ", ").join(parts)
    return joined


def _many(count: int | None, unit: str) -> str | None:
    return None if count is None else f"{count:,} {unit}".strip()


def _price(row: dict[str, Any], say: Any) -> str | None:
    low, high = row["price_low"], row["price_high"]
    if low is None:
        return None
    words: str = (
        say(f"每月 {low:,} 元起", f"from {low:,} yuan a month")
        if high is None
        else say(f"每月 {low:,}–{high:,} 元", f"{low:,}–{high:,} yuan a month")
    )
    return words


def _stars(row: dict[str, Any], say: Any) -> str | None:
    count = row["rating"]
    stars = "star" if count == 1 else "stars"
    return None if count is None else say(f"{count} 星", f"{count} {stars}")


def _word(words: Any, value: str | None, language: str) -> str | None:
    return None if value is None else str(words(value).label.to(language))


def symbols(entries: Sequence[Entry], language: str) -> list[tuple[str, str]]:
    """Return the symbols a map of some facilities needs, each with its words."""
    there = {entry.group for entry in entries}
    return [(name, label.to(language)) for name, label, _ in GROUPS if name in there]


def about(book: Handbook) -> tuple[str, ...]:
    """Return what a reader is told before the facilities."""
    say = book.say
    return (
        say(
            f"本手册收录{book.name}向社会公开、正在运营的养老服务设施 "
            f"{len(book.entries)} 家，按街道（镇、乡）编排；设施编号与地图一致。",
            f"This handbook lists the {len(book.entries)} eldercare facilities of "
            f"{book.name} that are open and public, by street and town; their "
            "numbers are those on the maps.",
        ),
        say(
            f"资料来源：{book.source}。床位空余数随时变动，请以电话咨询为准；"
            "入住不足五人的设施不列空余数。",
            f"Made from: {book.source}. Free beds change daily, please call; they "
            "are not listed where fewer than five people live.",
        ),
        say(
            "地图坐标系为 CGCS2000 高斯-克吕格 3 度带；图上界线不作为划界依据。",
            "Maps are in CGCS2000, Gauss-Krüger zones of 3 degrees; borders on "
            "them decide nothing.",
        ),
    )


def nobody(book: Handbook) -> str:
    """Return what stands where a street has no facility."""
    return book.say(
        "本辖区尚无公开的养老服务设施，请就近使用相邻街道（镇、乡）的设施。",
        "No facility is public here yet; please use those nearby.",
    )


def index(book: Handbook) -> list[list[str]]:
    """Return the index by type: a head, then number, name, type, telephone."""
    head = [
        book.say("编号", "No."),
        book.say("名称", "Name"),
        book.say("类型", "Type"),
        book.say("电话", "Telephone"),
    ]
    order = {kind: rank for rank, (kind, _) in enumerate(book.counts())}
    entries = sorted(book.entries, key=lambda e: (order[e.kind], e.number))
    return [head, *([str(e.number), e.name, e.kind, e.phone] for e in entries)]
