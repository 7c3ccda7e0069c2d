"""One facility is not on record twice."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from boundaries.services.words import Status
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boundaries.rules.records import Records

_DEGREE_M = 111_320.0
_ALIKE = 0.75
"""Names alike so far are perhaps one; 1: the same."""
_PLAIN = re.compile(
    r"[\s()（）\[\]【】·・\-—_,，。.“”\"']|有限(责任)?公司|^.{2,4}(省|市)"
)
_DIGITS = re.compile(r"\D")


def rule(records: Records) -> list[dict[str, Any]]:
    """Propose pairs of like names near each other, or with one telephone number."""
    frame = records.candidate
    frame = frame[~frame["status"].isin([Status.CLOSED, Status.MOVED])]
    if len(frame) < 2:
        return []
    shapes = np.asarray(frame.geometry.array, dtype=object)
    phones = [_phone(value) for value in frame["phone"]]
    names = [_plain(value) for value in frame["name"]]
    changed = frame.index.isin(records.changed)
    found = []
    for one, other in sorted(_near(records, shapes) | _calling(phones)):
        if not (changed[one] or changed[other]) or _linked(frame, one, other):
            continue
        row, second = frame.iloc[one], frame.iloc[other]
        if row["type"] != second["type"]:
            continue  # a centre and the station it runs stand at one door
        if _DIGITS.sub("", names[one]) != _DIGITS.sub("", names[other]):
            continue  # 第一养老院 2 号楼 is not 1 号楼
        alike = SequenceMatcher(None, names[one], names[other]).ratio()
        same_phone = bool(phones[one]) and phones[one] == phones[other]
        if alike < _ALIKE and not (same_phone and alike >= _ALIKE / 2):
            continue
        gap = _gap(shapes[one], shapes[other])
        keys = [str(frame.index[one]), str(frame.index[other])]
        found.append(_row(keys, row, second, alike, gap, phone=same_phone))
    return found


def _near(records: Records, shapes: Any) -> set[tuple[int, int]]:
    limit = records.settings.facility_near_m
    there = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(there):
        return set()
    reach = 2 * limit / _DEGREE_M  # degrees of longitude are shorter
    mine, theirs = shapely.STRtree(shapes[there]).query(
        shapes[there], predicate="dwithin", distance=reach
    )
    return {
        (int(there[one]), int(there[other]))
        for one, other in zip(mine, theirs, strict=True)
        if one < other and _gap(shapes[there[one]], shapes[there[other]]) <= limit
    }


def _calling(phones: list[str]) -> set[tuple[int, int]]:
    by_phone: dict[str, list[int]] = {}
    for at, phone in enumerate(phones):
        if phone:
            by_phone.setdefault(phone, []).append(at)
    return {pair for group in by_phone.values() for pair in _pairs(group)}


def _pairs(group: list[int]) -> Iterator[tuple[int, int]]:
    for first, one in enumerate(group[:_MOST]):
        for other in group[first + 1 : _MOST]:
            yield one, other


_MOST = 20
"""Of one telephone number: a switchboard is not looked at pair by pair."""


def _linked(frame: Any, one: int, other: int) -> bool:
    """Return whether one is the new site of the other."""
    first, second = frame.iloc[one], frame.iloc[other]
    return bool(
        text(first["moved_to"]) == frame.index[other]
        or text(second["moved_to"]) == frame.index[one]
    )


def _gap(one: Any, other: Any) -> float:
    if one is None or other is None:
        return float("nan")
    line = shapely.LineString([one, other])
    return float(crs.length_m([line])[0])


def _plain(name: Any) -> str:
    return _PLAIN.sub("", text(name))


def _phone(value: Any) -> str:
    digits = _DIGITS.sub("", text(value))
    return digits[-8:] if len(digits) >= 7 else ""


def _row(
    keys: list[str], one: Any, other: Any, alike: float, gap: float, *, phone: bool
) -> dict[str, Any]:
    zh, en = [f"名称相似 {alike:.0%}"], [f"names alike by {alike:.0%}"]
    if gap == gap:
        zh.append(f"相距 {gap:.0f} 米")
        en.append(f"{gap:.0f} m apart")
    if phone:
        zh.append("电话相同")
        en.append("one telephone number")
    return finding(
        "facility_repeated",
        "warning",
        keys,
        Text(
            f"“{one['name']}”（{keys[0]}）与“{other['name']}”（{keys[1]}）疑似同一设施"
            f"（{'，'.join(zh)}）。请合并，或确认为两处。",
            f"{one['name']} ({keys[0]}) and {other['name']} ({keys[1]}) are perhaps "
            f"one facility ({', '.join(en)}). Merge them, or waive this.",
        ),
        geometry=one["geometry"] or other["geometry"],
        length_m=gap,
    )
