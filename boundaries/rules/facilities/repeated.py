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

    import geopandas as gpd

    from boundaries.rules.records import Records
    from boundaries.rules.settings import RegisterSettings

_DEGREE_M = 111_320.0
_ALIKE = 0.75
"""Names alike so far are perhaps one; 1: the same."""
_PLAIN = re.compile(
    r"[\s()（）\[\]【】·・\-—_,，。.“”\"']|有限(责任)?公司|^.{2,4}(省|市)"
)
_DIGITS = re.compile(r"\D")


def rule(records: Records) -> list[dict[str, Any]]:
    """Propose pairs of like names near each other, or with one telephone number."""
    changed = records.candidate.index.isin(records.changed)
    return _pairs(records.candidate, changed, records.settings)


def perhaps_twice(
    frame: gpd.GeoDataFrame, code: str, settings: RegisterSettings
) -> list[dict[str, Any]]:
    """Return the findings of one facility of a register with any other of it."""
    return _pairs(frame, frame.index == code, settings)


def _pairs(
    frame: gpd.GeoDataFrame, wanted: Any, settings: RegisterSettings
) -> list[dict[str, Any]]:
    """Return the findings of pairs of which one is ``wanted``."""
    running = ~frame["status"].isin([Status.CLOSED, Status.MOVED]).to_numpy(dtype=bool)
    frame, wanted = frame[running], np.asarray(wanted)[running]
    if len(frame) < 2 or not wanted.any():
        return []
    shapes = np.asarray(frame.geometry.array, dtype=object)
    phones = [_phone(value) for value in frame["phone"]]
    names = [_plain(value) for value in frame["name"]]
    near = _near(shapes, wanted, settings.facility_near_m)
    found = []
    for one, other in sorted(near | _calling(phones)):
        if not (wanted[one] or wanted[other]) or _linked(frame, one, other):
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


def _near(shapes: Any, wanted: Any, limit: float) -> set[tuple[int, int]]:
    there = np.flatnonzero(~shapely.is_missing(shapes))
    mine = np.flatnonzero(~shapely.is_missing(shapes) & wanted)
    if not len(mine):
        return set()
    reach = 2 * limit / _DEGREE_M  # degrees of longitude are shorter
    ours, theirs = shapely.STRtree(shapes[there]).query(
        shapes[mine], predicate="dwithin", distance=reach
    )
    pairs = {
        (min(one, other), max(one, other))
        for one, other in zip(mine[ours].tolist(), there[theirs].tolist(), strict=True)
        if one != other
    }
    return {pair for pair in pairs if _gap(shapes[pair[0]], shapes[pair[1]]) <= limit}


def _calling(phones: list[str]) -> set[tuple[int, int]]:
    by_phone: dict[str, list[int]] = {}
    for at, phone in enumerate(phones):
        if phone:
            by_phone.setdefault(phone, []).append(at)
    return {pair for group in by_phone.values() for pair in _couples(group)}


def _couples(group: list[int]) -> Iterator[tuple[int, int]]:
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
