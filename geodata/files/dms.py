"""Angles as people write them: 117°12′34.56″ in every spelling, or decimal degrees.

Census exports store two decimals of seconds, about 0.3 m: not survey accuracy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geodata.errors import Text
from geodata.files import spelling

LIMITS = {"lon": 180.0, "lat": 90.0}
"""Largest absolute value of each axis, degrees."""

_DEGREE, _MINUTE, _SECOND = "°", "′", "″"
_MARKS = {
    **dict.fromkeys(map(ord, "°º˚⁰ᵒ∘度dD"), _DEGREE),
    **dict.fromkeys(map(ord, "′'’‘`´ʹ＇分ˊ"), _MINUTE),
    **dict.fromkeys(map(ord, '″"”“¨ʺ＂秒〃'), _SECOND),
    **dict.fromkeys(map(ord, "－–—−‐‑﹣"), "-"),
    ord("．"): ".",
    ord("："): ":",
}
_TABLE = {
    **{code: _MARKS.get(half, half) for code, half in spelling.HALF.items()},
    **_MARKS,
}
_DOUBLED = re.compile("′\\s*′")
_SECOND_INSIDE = re.compile(r"(\d)″\s*\.(\d+)$")
_WORDS = (
    *(("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S")),
    *(("经度", ""), ("纬度", "")),
)
_LABEL = re.compile(r"^(?:LON|LNG|LAT|[LB])?[:=]\s*", re.IGNORECASE)

_SIGN = r"^(?P<sign>[+-])?\s*"
_MARKED = re.compile(
    _SIGN + r"(?P<d>\d{1,3}(?:\.\d+)?)\s*°\s*"
    r"(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*(?:′\s*|$))?"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:″|′)?)?$"
)
_PARTED = re.compile(
    _SIGN + r"(?P<d>\d{1,3})(?:\s*[-:]\s*|\s+)(?P<m>\d{1,2}(?:\.\d+)?)"
    r"(?:(?:\s*[-:]\s*|\s+)(?P<s>\d{1,2}(?:\.\d+)?))?$"
)
_PLAIN = re.compile(_SIGN + r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$|^[+-]?\.\d+$")
_AXIS = {"E": "lon", "W": "lon", "N": "lat", "S": "lat"}

_PACKED_DIGITS = {"lon": (6, 7), "lat": (5, 6)}
_PACKED = Text(
    "每个数都可读作 度分秒（DDDMMSS），分、秒均小于 60",
    "every number reads as DDDMMSS with minutes and seconds below 60",
)
_EITHER = Text(
    "按十进制度读；但每个数也都可读作 度.分秒（DDD.MMSS）",
    "decimal degrees, yet every number would also read as DDD.MMSS",
)
_SAID = Text(
    "表头写明为度分秒，数值按 度.分秒（DDD.MMSS）读",
    "the header says degrees, minutes and seconds; numbers are read as DDD.MMSS",
)
_UNLIKE = Text(
    "表头写明为度分秒，但多数数值的分、秒不小于 60，按十进制度读",
    "the header says degrees, minutes and seconds, yet most numbers would have 60 or "
    "more of them; read as decimal degrees",
)
_DECIMAL = Text("十进制度", "decimal degrees")
_ENOUGH_ROWS = 8
_SURE_DECIMALS = 4


@dataclass(frozen=True)
class Angles:
    """A column of angles.

    Attributes
    ----------
    degrees
        Decimal degrees, west and south negative; NaN where ``reasons`` has a text
        or the cell was empty.
    reasons
        Position in the column -> why that cell was not understood.
    form
        ``decimal``, ``dms`` (marks or separators), ``packed`` (DDDMMSS.ss) or
        ``mixed``.
    confidence
        How sure the form is, 0 to 1.
    letters
        ``"lon"`` or ``"lat"`` if every filled cell says so by E/W or N/S, else None.
    why
        What the form was seen by.
    alternatives
        Other forms that would fit every cell.
    """

    degrees: np.ndarray[Any, np.dtype[np.float64]]
    reasons: dict[int, Text]
    form: str
    confidence: float
    letters: str | None = None
    why: Text | None = None
    alternatives: tuple[str, ...] = field(default=())


def parse(text: object, axis: str | None = None) -> float:
    """Return one angle in decimal degrees.

    Raises
    ------
    ValueError
        With the reason in English, if the text is not an angle.
    """
    angles = parse_column([text], axis=axis)
    if angles.reasons:
        raise ValueError(angles.reasons[0].en)
    return float(angles.degrees[0])


def parse_column(
    values: Sequence[object] | pd.Series[Any],
    *,
    axis: str | None = None,
    form: str | None = None,
    said: str | None = None,
) -> Angles:
    """Read a column of angles, each cell in whatever spelling it has.

    Parameters
    ----------
    values
        Text or numbers.
    axis
        ``"lon"`` or ``"lat"``: what the column is, for ranges and letters.
    form
        ``"packed"`` or ``"dms_decimal"`` (DDD.MMSSss) to read bare numbers so;
        None to find out.
    said
        How bare degrees are to be read, ``"dms_decimal"`` or ``"decimal"``, where a
        header says minutes and seconds: see :func:`dotted`. It stays a guess.
    """
    text = pd.Series([spelling.plain(v) for v in values], dtype="object")
    clean, letters = _normalise(text)
    numbers = _decimal(clean)
    marked = _sexagesimal(clean, numbers)
    bare = numbers.notna().to_numpy()
    chosen, confidence, why, others = _number_form(
        numbers, clean, axis, form=form, said=said
    )
    degrees = np.where(bare, _READ[chosen](numbers.to_numpy()), marked.degrees)
    degrees = degrees * np.where(letters.isin(["W", "S"]), -1.0, 1.0)
    reasons = _reasons(text, marked, bare, degrees, letters, axis)
    if chosen != "decimal":
        reasons |= _unpackable(text, numbers, chosen)
    degrees[list(reasons)] = np.nan
    filled = (text != "").to_numpy()
    return Angles(
        degrees,
        reasons,
        _form_name(bare, filled & ~np.isnan(degrees), chosen),
        confidence if bare.any() else 0.97,
        _common_axis(letters, filled),
        why,
        others,
    )


@dataclass(frozen=True)
class _Marked:
    degrees: np.ndarray[Any, Any]
    minutes: np.ndarray[Any, Any]
    seconds: np.ndarray[Any, Any]
    fractional: np.ndarray[Any, Any]
    understood: np.ndarray[Any, Any]


def _normalise(text: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return texts with one spelling of each mark, and their E/W/N/S letter."""
    pairs = [_cleaned(value) for value in text]
    clean = [body for body, _ in pairs]
    letters = [letter for _, letter in pairs]
    return pd.Series(clean, dtype="object"), pd.Series(letters, dtype="object")


def _cleaned(value: str) -> tuple[str, str]:
    """Return one text with our marks, and its compass letter or nothing."""
    if "经" in value or "纬" in value:
        for word, letter in _WORDS:
            value = value.replace(word, letter)
    body = value.translate(_TABLE).strip(" :,;")
    if body[:1].isalpha() or body[:1] in {"=", ":"}:
        body = _LABEL.sub("", body)
    before = body[0].upper() if body[:1] and body[0] in "EWNSewns" else ""
    after = body[-1] if len(body) > 1 and body[-1] in "EWNS" else ""
    body = body[1 if before else 0 : -1 if after else None].strip(" :")
    if before and after and before != after:
        # Two letters that disagree make the cell unreadable, not one of the two.
        body = "?" + body
    if "′′" in body or "′ ′" in body:
        body = _DOUBLED.sub(_SECOND, body)
    if "″" in body[:-1]:
        body = _SECOND_INSIDE.sub(r"\1.\2″", body)
    return body, before or after


def _decimal(clean: pd.Series[Any]) -> pd.Series[Any]:
    """Return bare numbers (with at most a degree sign), NaN for anything else."""
    bare = clean.str.removesuffix(_DEGREE).str.strip()
    bare = bare.where(bare.map(lambda s: bool(_PLAIN.match(s))).astype(bool))
    return pd.to_numeric(bare, errors="coerce").astype("float64")


def _sexagesimal(clean: pd.Series[Any], numbers: pd.Series[Any]) -> _Marked:
    """Read degrees, minutes and seconds where the cell is not a bare number."""
    rows = np.full((len(clean), 3), np.nan)
    signs = np.ones(len(clean))
    fractional = np.zeros(len(clean), dtype=bool)
    texts = clean.to_list()
    for position in np.flatnonzero(numbers.isna() & (clean != "")):
        value = texts[position]
        found = _MARKED.match(value) or _PARTED.match(value)
        if not found:
            continue
        parts = [found["d"], found["m"], found["s"]]
        rows[position] = [float(part or 0) for part in parts]
        signs[position] = -1.0 if found["sign"] == "-" else 1.0
        # A fraction is only right in the last part: 117.5°12′ says two things.
        given = [part for part in parts if part]
        fractional[position] = any("." in part for part in given[:-1])
    degrees = signs * (rows[:, 0] + rows[:, 1] / 60 + rows[:, 2] / 3600)
    return _Marked(degrees, rows[:, 1], rows[:, 2], fractional, ~np.isnan(rows[:, 0]))


def dotted(values: np.ndarray[Any, Any]) -> str | None:
    """Return how numbers under a header of minutes and seconds are to be read.

    Parameters
    ----------
    values
        The bare numbers, NaN where a cell is none.

    Returns
    -------
    str or None
        ``"dms_decimal"`` (DDD.MMSS) when at least half of the degrees have minutes
        and seconds below 60, else ``"decimal"``; None without such numbers.
    """
    size = np.abs(values[np.isfinite(values)])
    whole = np.floor(np.round(size[size <= LIMITS["lon"]] * 10_000, 8))
    if not len(whole):
        return None
    fits = (whole // 100 % 100 < 60) & (whole % 100 < 60)
    return "dms_decimal" if fits.mean() >= 0.5 else "decimal"


def _number_form(
    numbers: pd.Series[Any],
    clean: pd.Series[Any],
    axis: str | None,
    *,
    form: str | None,
    said: str | None,
) -> tuple[str, float, Text | None, tuple[str, ...]]:
    """Return how bare numbers are to be read, how sure, by what, and what else fits."""
    values = np.abs(numbers.dropna().to_numpy())
    if form in _READ:
        return str(form), 1.0, None, ()
    if not len(values):
        return "decimal", 1.0, None, ()
    if _all_packed(values, axis):
        return (
            "packed",
            0.8 if len(values) >= _ENOUGH_ROWS else 0.6,
            _PACKED,
            (),
        )
    if said == "dms_decimal":
        return said, 0.8, _SAID, ("decimal",)
    if said == "decimal":
        return said, 0.6, _UNLIKE, ("dms_decimal",)
    if _could_be_dms_decimal(values, clean[numbers.notna()]):
        return (
            "decimal",
            0.7,
            _EITHER,
            ("dms_decimal",),
        )
    return "decimal", 0.97, _DECIMAL, ()


def _all_packed(values: np.ndarray[Any, Any], axis: str | None) -> bool:
    """Return whether every number reads as DDDMMSS.ss."""
    least, most = _PACKED_DIGITS.get(axis or "", (5, 7))
    whole = np.floor(values)
    if whole.min() < 10 ** (least - 1) or whole.max() >= 10**most:
        return False
    minutes, seconds = whole // 100 % 100, whole % 100
    limit = LIMITS.get(axis or "lon", 180.0)
    fits = (minutes < 60) & (seconds < 60) & (whole // 10_000 <= limit)
    return bool(fits.all())


def _could_be_dms_decimal(values: np.ndarray[Any, Any], text: pd.Series[Any]) -> bool:
    """Return whether enough numbers all read as DDD.MMSS too, which is no accident."""
    decimals = text.str.extract(r"\.(\d+)", expand=False).fillna("")
    if len(values) < _ENOUGH_ROWS or (decimals.str.len() < _SURE_DECIMALS).any():
        return False
    minutes = decimals.str[:2].astype(int)
    seconds = decimals.str[2:4].astype(int)
    return bool(((minutes < 60) & (seconds < 60)).all()) and values.max() <= 180


def _from_packed(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    size = np.abs(values)
    whole = np.floor(size)
    seconds = size - whole + whole % 100
    degrees = whole // 10_000 + whole // 100 % 100 / 60 + seconds / 3600
    return np.asarray(np.copysign(degrees, values))


def _from_dms_decimal(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return _from_packed(np.round(values * 10_000, 8))


_READ = {
    "decimal": lambda values: values,
    "packed": _from_packed,
    "dms_decimal": _from_dms_decimal,
}


def _unpackable(
    text: pd.Series[Any], numbers: pd.Series[Any], form: str
) -> dict[int, Text]:
    """Return the cells whose packed minutes or seconds reach 60."""
    size = np.abs(numbers.to_numpy())
    whole = np.floor(np.round(size * 10_000, 8) if form == "dms_decimal" else size)
    over = (whole // 100 % 100 >= 60) | (whole % 100 >= 60)
    return {int(i): _sixty(text.iloc[i]) for i in np.flatnonzero(over)}


def _reasons(
    text: pd.Series[Any],
    marked: _Marked,
    bare: np.ndarray[Any, Any],
    degrees: np.ndarray[Any, Any],
    letters: pd.Series[Any],
    axis: str | None,
) -> dict[int, Text]:
    """Return why each cell that cannot be used cannot be used."""
    filled = (text != "").to_numpy()
    reasons: dict[int, Text] = {}
    # The later reason is the plainer one, so it replaces the earlier.
    with np.errstate(invalid="ignore"):
        outside = filled & (np.abs(degrees) > LIMITS.get(axis or "lon", 180.0))
        sixty = ~bare & ((marked.minutes >= 60) | (marked.seconds >= 60))
    other = np.array([axis is not None and _AXIS.get(x, axis) != axis for x in letters])
    unread = filled & ~bare & ~marked.understood
    for mask, reason in (
        (outside, _outside),
        (other, _other_axis),
        (marked.fractional, _not_an_angle),
        (sixty, _sixty),
        (unread, _not_an_angle),
    ):
        reasons |= {int(i): reason(text.iloc[i]) for i in np.flatnonzero(mask)}
    return reasons


def _form_name(
    bare: np.ndarray[Any, Any], filled: np.ndarray[Any, Any], chosen: str
) -> str:
    if not bare.any():
        return "dms"
    return chosen if bare[filled].all() else "mixed"


def _common_axis(letters: pd.Series[Any], filled: np.ndarray[Any, Any]) -> str | None:
    axes = {_AXIS.get(letter) for letter in letters[filled]}
    return axes.pop() if len(axes) == 1 else None


def _not_an_angle(value: str) -> Text:
    return Text(
        f"“{value}”不是可识别的角度；请写作 117°12′34.56″ 或 117.2096。",
        f"“{value}” is not an angle; write 117°12′34.56″ or 117.2096.",
    )


def _sixty(value: str) -> Text:
    return Text(
        f"“{value}”的分或秒不小于 60；请核对原始记录。",
        f"“{value}” has minutes or seconds of 60 or more; check the original record.",
    )


def _outside(value: str) -> Text:
    return Text(
        f"“{value}”超出经纬度范围。",
        f"“{value}” is outside the range of longitude or latitude.",
    )


def _other_axis(value: str) -> Text:
    return Text(
        f"“{value}”的东西南北标记与所在列不符。",
        f"The compass letter of “{value}” does not belong in this column.",
    )
