"""Division codes: their parts, their parent, the kinds they admit, their repair.

A code is written with 6 digits down to the county (GB/T 2260-2007), 9 down to the
township (GB/T 10114-2003), 12 down to the village and 17 with the statistical
urban-rural class. Codes say nothing of geometry; everything here is pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from boundaries.vocabulary import (
    KIND_LEVELS,
    NAME_SUFFIXES,
    TOWNSHIP_RANGES,
    VILLAGE_RANGES,
    Kind,
    Level,
)
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    import pandas as pd

ROOT = "000000"
"""The whole country; every code is within it."""

PROVINCES: dict[str, str] = {
    "11": "北京市",
    "12": "天津市",
    "13": "河北省",
    "14": "山西省",
    "15": "内蒙古自治区",
    "21": "辽宁省",
    "22": "吉林省",
    "23": "黑龙江省",
    "31": "上海市",
    "32": "江苏省",
    "33": "浙江省",
    "34": "安徽省",
    "35": "福建省",
    "36": "江西省",
    "37": "山东省",
    "41": "河南省",
    "42": "湖北省",
    "43": "湖南省",
    "44": "广东省",
    "45": "广西壮族自治区",
    "46": "海南省",
    "50": "重庆市",
    "51": "四川省",
    "52": "贵州省",
    "53": "云南省",
    "54": "西藏自治区",
    "61": "陕西省",
    "62": "甘肃省",
    "63": "青海省",
    "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
    "71": "台湾省",
    "81": "香港特别行政区",
    "82": "澳门特别行政区",
}
"""First two digits of every code assigned (GB/T 2260-2007)."""

EXERCISE = "99"
"""First two digits that GB/T 2260 leaves free; the demonstration uses them, so that
no code of it can be taken for a real one."""

_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
_LENGTHS = (6, 9, 12, 17)
_FREELY_NAMED = frozenset({Kind.TOWNSHIP_LIKE, Kind.COMMUNITY_LIKE, Kind.VILLAGE_LIKE})
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_FLOAT = re.compile(r"([0-9]+)\.0*", re.ASCII)
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]*))?[eE]\+?([0-9]+)", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+", re.ASCII)
_AGGREGATES = frozenset(
    {
        "市辖区",
        "市",
        "县",
        "省直辖县级行政区划",
        "自治区直辖县级行政区划",
        "省直辖行政单位",
        "自治区直辖行政单位",
        "省直辖县级行政单位",
        "自治区直辖县级行政单位",
    }
)


class CodeError(InputError):
    """A text is not a division code; the message says why."""

    code = "division_code"


@dataclass(frozen=True)
class Code:
    """A code taken apart. Parts below the code's own level are empty.

    ``text`` is the shortest form that says it: ``120101000000`` is ``120101``.
    """

    text: str
    level: Level
    province: str
    prefecture: str = ""
    county: str = ""
    township: str = ""
    village: str = ""
    urban_rural: str = ""
    """Digits 13-17 of the statistical form, else empty."""

    def __str__(self) -> str:
        return self.text


class Repaired(NamedTuple):
    """What could be made of a damaged cell: a code or None, and why."""

    code: str | None
    note: Text | None


def parse(code: str, *, known_provinces: bool = False) -> Code:
    """Return ``code`` taken apart.

    Parameters
    ----------
    code
        6, 9, 12 or 17 ASCII digits.
    known_provinces
        Also refuse a first pair of digits that GB/T 2260 does not assign, but for
        :data:`EXERCISE`.

    Raises
    ------
    CodeError
        When the text is no code; :func:`repair` may still help.
    """
    if not _DIGITS.fullmatch(code):
        raise CodeError(
            Text(
                f"“{code}”不是行政区划代码：只能由数字组成。",
                f"{code!r} is not a code.",
            ),
            Text("请填写 6、9 或 12 位数字。", "Write 6, 9 or 12 digits."),
        )
    if len(code) not in _LENGTHS:
        raise CodeError(
            Text(
                f"代码“{code}”有 {len(code)} 位，应为 6、9 或 12 位。",
                f"Code {code!r} has {len(code)} digits instead of 6, 9 or 12.",
            ),
            Text("请检查是否缺位。", "See whether digits were lost."),
        )
    _refuse_broken_chain(code)
    if known_provinces and code[:2] not in {*PROVINCES, EXERCISE}:
        raise CodeError(
            Text(f"代码“{code}”的省份 {code[:2]} 未分配。", f"No province {code[:2]}."),
        )
    return _taken_apart(code)


def is_code(text: object) -> bool:
    """Tell whether ``text`` is a well-formed code."""
    if not isinstance(text, str):
        return False
    try:
        parse(text)
    except CodeError:
        return False
    return True


def infer_level(code: str) -> Level:
    """Return the level of ``code``.

    Raises
    ------
    CodeError
        When it is no code.
    """
    return parse(code).level


def parent(code: str) -> str | None:
    """Return the code one level up, or None for a province.

    A county's parent is its prefecture code even where no prefecture exists (the
    districts of a municipality, counties directly under a province): who holds
    the table decides, see :func:`ancestors`.
    """
    above = ancestors(code)
    return above[0] if above else None


def ancestors(code: str) -> list[str]:
    """Return the codes above ``code``, nearest first."""
    parts = parse(code)
    chain = (parts.township, parts.county, parts.prefecture, parts.province)
    return [above for above in chain if above and above != parts.text]


def prefix(subtree: str) -> str:
    """Return the digits that every code within ``subtree`` begins with.

    Raises
    ------
    CodeError
        When ``subtree`` is neither :data:`ROOT` nor a code.
    """
    if subtree == ROOT:
        return ""
    parts = parse(subtree)
    digits = {Level.PROVINCE: 2, Level.PREFECTURE: 4}.get(parts.level)
    return parts.text if digits is None else parts.text[:digits]


def is_within(code: str, subtree: str) -> bool:
    """Tell whether ``code`` is ``subtree`` or lies below it.

    What is not a code lies nowhere: the answer is False, never an error.
    """
    if not is_code(code):
        return False
    try:
        return parse(code).text.startswith(prefix(subtree))
    except CodeError:
        return False


def within(codes: pd.Series[str], subtree: str) -> pd.Series[bool]:
    """Return for each code whether it lies within ``subtree``."""
    return codes.map(lambda code: is_within(code, subtree)).astype(bool)


def kind_range(code: str) -> frozenset[Kind]:
    """Return the kinds that ``code`` admits; empty where none is assigned.

    GB/T 2260-2007 for digits 3-6, GB/T 10114-2003 for 7-9, the statistical rules
    for 10-12.
    """
    parts = parse(code)
    if parts.level is Level.PROVINCE:
        return _province_kinds(parts.province[:2])
    if parts.level is Level.PREFECTURE:
        return _prefecture_kinds(int(parts.text[2:4]))
    if parts.level is Level.COUNTY:
        return _county_kinds(parts.text)
    if parts.level is Level.TOWNSHIP:
        return _in_ranges(int(parts.text[6:9]), TOWNSHIP_RANGES)
    return _in_ranges(int(parts.text[9:12]), VILLAGE_RANGES)


def infer_kind(code: str, name: str) -> Kind | None:
    """Return the kind that ``code`` and the ending of ``name`` make likely.

    The ending decides among the kinds the code admits; where none of them has
    this ending, the ending alone (the rule on kinds then reports the mismatch).
    Statistical units (400-599) may be called anything: their range decides.
    None for statistical aggregates (``市辖区``) and where nothing tells.
    """
    level = infer_level(code)
    if is_aggregate(code, name):
        return None
    admitted = kind_range(code)
    if admitted <= _FREELY_NAMED and admitted:
        return next(iter(admitted))
    endings = _ending_kinds(standard_name(name), level)
    for kind in endings:
        if kind in admitted:
            return kind
    if endings:
        return endings[0]
    return next(iter(admitted)) if len(admitted) == 1 else None


def is_aggregate(code: str, name: str) -> bool:
    """Tell whether this is a heading of a statistical table, not a division."""
    return infer_level(code) is Level.PREFECTURE and name.strip() in _AGGREGATES


def standard_name(name: str) -> str:
    """Return the name of the area where the name of its office was given.

    ``东华门街道办事处`` is the office, ``东华门街道`` its area.
    """
    bare = name.strip()
    for office in ("街道办事处", "街道办", "街办事处"):
        if bare.endswith(office) and len(bare) > len(office):
            return bare[: -len(office)] + "街道"
    return bare


def repair(value: object) -> Repaired:
    """Return the code a spreadsheet or a hand may have damaged.

    Full-width digits, blanks, a leading apostrophe, thousands separators, a
    trailing ``.0`` and a scientific form that still shows every digit are mended;
    anything that lost digits is not: a code is never guessed.
    """
    text = unicodedata.normalize("NFKC", str(value))
    bare = re.sub(r"[\s\u200b-\u200f\ufeff'`’‘]+", "", text)
    digits = _digits_of(bare)
    if digits is None:
        return Repaired(None, _hopeless(str(value)))
    try:
        parse(digits)
    except CodeError as error:
        return Repaired(None, error.message)
    if digits == str(value):
        return Repaired(digits, None)
    note = Text(f"“{value}”已修正为 {digits}。", f"{value!r} was mended to {digits}.")
    return Repaired(digits, note)


def _digits_of(bare: str) -> str | None:
    """Return the digits a cell shows in full, else None."""
    if _DIGITS.fullmatch(bare):
        return bare
    if match := _FLOAT.fullmatch(bare):
        return match[1]
    if _GROUPED.fullmatch(bare):
        return bare.replace(",", "")
    if match := _SCIENTIFIC.fullmatch(bare):
        shown = match[1] + (match[2] or "")
        return shown if len(shown) == int(match[3]) + 1 else None
    return None


def _hopeless(value: str) -> Text:
    """Say why nothing can be made of a cell."""
    if _SCIENTIFIC.fullmatch(value.strip()):
        return Text(
            f"“{value}”是电子表格的科学计数，末尾数字已丢失。请把该列设为文本后重新导出。",
            f"{value!r} is a spreadsheet's scientific form; digits are lost. "
            "Format the column as text and export again.",
        )
    return Text(f"“{value}”不是行政区划代码。", f"{value!r} is not a division code.")


def _refuse_broken_chain(code: str) -> None:
    """Refuse a village without a township, and anything without a province.

    Zeros between are no error: cities without counties hold townships directly
    (``441900003``), and Hainan's counties once hung on the province (``460037``).
    """
    village, township = code[9:12].strip("0"), code[6:9].strip("0")
    if not code[:2].strip("0") or (village and not township):
        raise CodeError(
            Text(
                f"代码“{code}”缺少上级：上级位为 0 而下级位不为 0。",
                f"Code {code!r} skips a level: zeros above digits.",
            )
        )


def _taken_apart(code: str) -> Code:
    """Return the parts of a well-formed code."""
    province = code[:2] + "0000"
    prefecture = code[:4] + "00" if code[2:4] != "00" else ""
    county = code[:6] if code[4:6] != "00" else ""
    township = code[:9] if code[6:9].strip("0") else ""
    village = code[:12] if code[9:12].strip("0") else ""
    parts = (province, prefecture, county, township, village)
    level, text = next(
        (level, part)
        for level, part in zip(reversed(Level), reversed(parts), strict=True)
        if part
    )
    return Code(text, level, *parts, urban_rural=code[12:])


def _in_ranges(
    number: int, ranges: tuple[tuple[range, frozenset[Kind]], ...]
) -> frozenset[Kind]:
    return next((kinds for span, kinds in ranges if number in span), frozenset())


def _province_kinds(pair: str) -> frozenset[Kind]:
    if pair in _MUNICIPALITIES:
        return frozenset({Kind.MUNICIPALITY})
    if pair in {"81", "82"}:
        return frozenset({Kind.SPECIAL_ADMINISTRATIVE_REGION})
    if PROVINCES.get(pair, "").endswith("自治区"):
        return frozenset({Kind.AUTONOMOUS_REGION})
    return frozenset({Kind.PROVINCE})


def _prefecture_kinds(number: int) -> frozenset[Kind]:
    if number in range(1, 21) or number in range(51, 71):
        return frozenset({Kind.CITY})
    if number in range(21, 51):
        return frozenset({Kind.PREFECTURE, Kind.AUTONOMOUS_PREFECTURE, Kind.LEAGUE})
    return frozenset()


_COUNTIES = frozenset(
    {
        Kind.COUNTY,
        Kind.AUTONOMOUS_COUNTY,
        Kind.BANNER,
        Kind.AUTONOMOUS_BANNER,
        Kind.FORESTRY_DISTRICT,
        Kind.SPECIAL_DISTRICT,
    }
)


def _county_kinds(code: str) -> frozenset[Kind]:
    """Return the kinds of digits 5-6, which depend on what digits 3-4 are."""
    above, number = int(code[2:4]), int(code[4:6])
    if number > 80:
        return frozenset({Kind.COUNTY_CITY})
    if code[:2] in _MUNICIPALITIES:
        is_county = number in range(21, 51)
        return _COUNTIES if is_county else frozenset({Kind.DISTRICT})
    if number > 20:
        return _COUNTIES
    if above in range(1, 21) or above in range(51, 71):
        return frozenset({Kind.DISTRICT, Kind.SPECIAL_DISTRICT})
    return frozenset({Kind.COUNTY_CITY})


def _ending_kinds(name: str, level: Level) -> list[Kind]:
    """Return the kinds of ``level`` whose ending ``name`` has, longest first."""
    lengths = {
        kind: max((len(end) for end in ends if name.endswith(end)), default=0)
        for kind, ends in NAME_SUFFIXES.items()
        if KIND_LEVELS[kind] == level
    }
    found = [kind for kind, length in lengths.items() if length]
    return sorted(found, key=lambda kind: -lengths[kind])
