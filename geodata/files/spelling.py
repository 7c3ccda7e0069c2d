"""How people and spreadsheets spell one value: codes, numbers, levels, yes and no."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation

CODE_LENGTHS = frozenset({2, 4, 6, 9, 12})
"""Digits of a division code: province, prefecture, county, township, village."""

LEVELS: dict[str, int] = {
    "PROVINCE": 1,
    "省": 1,
    "省级": 1,
    "直辖市": 1,
    "自治区": 1,
    "特别行政区": 1,
    "CITY": 2,
    "PREFECTURE": 2,
    "市": 2,
    "市级": 2,
    "地级": 2,
    "地级市": 2,
    "地区": 2,
    "自治州": 2,
    "盟": 2,
    "DISTRICT": 3,
    "COUNTY": 3,
    "区": 3,
    "县": 3,
    "区县": 3,
    "县级": 3,
    "区级": 3,
    "市辖区": 3,
    "县级市": 3,
    "自治县": 3,
    "旗": 3,
    "自治旗": 3,
    "特区": 3,
    "林区": 3,
    "STREET": 4,
    "TOWN": 4,
    "TOWNSHIP": 4,
    "SUBDISTRICT": 4,
    "街道": 4,
    "镇": 4,
    "乡": 4,
    "乡镇": 4,
    "乡级": 4,
    "乡镇级": 4,
    "街道级": 4,
    "民族乡": 4,
    "苏木": 4,
    "民族苏木": 4,
    "县辖区": 4,
    "VILLAGE": 5,
    "COMMUNITY": 5,
    "村": 5,
    "社区": 5,
    "村级": 5,
    "社区级": 5,
    "村委会": 5,
    "居委会": 5,
    "嘎查": 5,
}
"""Words for a level -> 1 (province) to 5 (village), as the division code counts."""

_TRUE = frozenset({"是", "TRUE", "T", "YES", "Y", "1", "有", "√"})
_FALSE = frozenset({"否", "FALSE", "F", "NO", "N", "0", "无", "×"})

HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Code point of a full-width letter, digit or mark -> its half-width one."""
_INVISIBLE = re.compile("[\ufeff\u200b\u200c\u200d\u2060]")
_DIGITS = re.compile(r"^\d+$")
_WHOLE_FLOAT = re.compile(r"^(\d+)\.0*$")
_SCIENTIFIC = re.compile(r"^(\d)(?:\.(\d+))?E\+?(\d{1,2})$", re.IGNORECASE)
_GROUPED = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")


def half_width(text: str) -> str:
    """Return ``text`` with full-width letters, digits and marks in half width."""
    return text.translate(HALF)


def blank(value: object) -> bool:
    """Return whether a cell holds nothing: None, NaN, or only white space."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return repr(value) in {"NaT", "<NA>"}


def plain(value: object) -> str:
    """Return a cell as text: 120101 for 120101.0, no outer space, "" for nothing."""
    if blank(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", str(value))).strip()


def as_text(value: object) -> str:
    """Return a cell as text, letter by letter; whole floats without ``.0``."""
    return value if isinstance(value, str) else plain(value)


def code(value: object) -> str | None:
    """Return a division code as digits, or None when it cannot be known.

    ``120101.0`` and ``1.20101E+05`` are repaired because every digit is there;
    ``2.10E+11`` is not: a spreadsheet has thrown its digits away.
    """
    text = half_width(plain(value)).replace(" ", "").lstrip("'")
    if _DIGITS.match(text):
        return text
    whole = _WHOLE_FLOAT.match(text)
    if whole:
        return whole.group(1)
    parts = _SCIENTIFIC.match(text)
    if parts is None:
        return None
    fraction, power = parts.group(2) or "", int(parts.group(3))
    if len(fraction) < power:
        return None
    return (
        parts.group(1) + fraction[:power] if not fraction[power:].strip("0") else None
    )


def looks_like_code(value: object) -> bool:
    """Return whether the value has the digits of a division code."""
    digits = code(value)
    return digits is not None and len(digits) in CODE_LENGTHS and digits[0] != "0"


def damaged_code(value: object) -> bool:
    """Return whether a spreadsheet turned a code into scientific notation."""
    text = half_width(plain(value)).replace(" ", "")
    return bool(_SCIENTIFIC.match(text)) and code(text) is None


def number(value: object) -> float | None:
    """Return a finite number, with thousands separators and full width allowed."""
    text = half_width(plain(value)).replace(" ", "")
    if _GROUPED.match(text):
        text = text.replace(",", "")
    try:
        found = float(Decimal(text))
    except (InvalidOperation, OverflowError):
        return None
    return found if math.isfinite(found) else None


def integer(value: object) -> int | None:
    """Return a whole number, or None."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def level(value: object) -> int | None:
    """Return 1 (province) to 5 (village) for a number or a word, or None."""
    whole = integer(value)
    if whole is not None:
        return whole if 1 <= whole <= 5 else None
    return LEVELS.get(half_width(plain(value)).replace(" ", "").upper())


def flag(value: object) -> bool | None:
    """Return yes or no, or None."""
    if isinstance(value, bool):
        return value
    text = half_width(plain(value)).upper()
    if text in _TRUE:
        return True
    return False if text in _FALSE else None
