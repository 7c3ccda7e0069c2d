"""One facility is not on record twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from boundaries.services.words import Status
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.rules.records import Records
    from boundaries.rules.settings import RegisterSettings

_DEGREE_M = 111_320.0
_ALIKE = 0.75
"""Names alike so far are perhaps one; 1: the same."""
_MOST = 20
"""Of one telephone number: a switchboard is not looked at pair by pair."""
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
    homes = _Homes.of(frame[running])
    wanted = np.asarray(wanted)[running]
    near = homes.near(wanted, settings.facility_near_m)
    pairs = sorted(near | homes.calling(wanted))
    alike = [(pair, share) for pair in pairs if (share := homes.alike(*pair))]
    gaps = homes.gaps_m([pair for pair, _ in alike])
    return [
        homes.finding(*pair, share, gap)
        for (pair, share), gap in zip(alike, gaps, strict=True)
    ]


@dataclass(frozen=True)
class _Homes:
    """Facilities column by column: a register has tens of thousands."""

    keys: list[str]
    names: list[str]
    plain: list[str]
    digits: list[str]
    phones: list[str]
    types: list[str]
    moved_to: list[str]
    shapes: NDArray[Any]

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame) -> _Homes:
        plain = [_plain(value) for value in frame["name"]]
        return cls(
            keys=[str(key) for key in frame.index],
            names=[text(value) for value in frame["name"]],
            plain=plain,
            digits=[_DIGITS.sub("", name) for name in plain],
            phones=[_phone(value) for value in frame["phone"]],
            types=[text(value) for value in frame["type"]],
            moved_to=[text(value) for value in frame["moved_to"]],
            shapes=np.asarray(frame.geometry.array, dtype=object),
        )

    def near(self, wanted: NDArray[np.bool_], limit: float) -> set[tuple[int, int]]:
        """Return the pairs within a distance."""
        there = np.flatnonzero(~shapely.is_missing(self.shapes))
        mine = there[wanted[there]]
        if not len(mine):
            return set()
        reach = 2 * limit / _DEGREE_M  # degrees of longitude are shorter
        ours, theirs = shapely.STRtree(self.shapes[there]).query(
            self.shapes[mine], predicate="dwithin", distance=reach
        )
        both = np.sort(np.column_stack([mine[ours], there[theirs]]), axis=1)
        both = np.unique(both[both[:, 0] != both[:, 1]], axis=0)
        pairs = [(int(one), int(other)) for one, other in both]
        gaps = self.gaps_m(pairs)
        return {pair for pair, gap in zip(pairs, gaps, strict=True) if gap <= limit}

    def calling(self, wanted: NDArray[np.bool_]) -> set[tuple[int, int]]:
        """Return the pairs with one telephone number."""
        by_phone: dict[str, list[int]] = {}
        for at, phone in enumerate(self.phones):
            if phone:
                by_phone.setdefault(phone, []).append(at)
        return {
            (one, other)
            for group in by_phone.values()
            for one, other in combinations(group[:_MOST], 2)
            if wanted[one] or wanted[other]
        }

    def gaps_m(self, pairs: list[tuple[int, int]]) -> list[float]:
        """Return the metres between the two of each pair, NaN without a place."""
        if not pairs:
            return []
        gaps = np.full(len(pairs), np.nan)
        ends = self.shapes[np.array(pairs)]
        known = ~shapely.is_missing(ends).any(axis=1)
        if known.any():
            xy = shapely.get_coordinates(ends[known].ravel()).reshape(-1, 2, 2)
            gaps[known] = crs.length_m(shapely.linestrings(xy))
        return [float(gap) for gap in gaps]

    def alike(self, one: int, other: int) -> float:
        """Return how like two names are, 0 where the two are surely not one."""
        if (
            self.types[one] != self.types[other]  # a centre and its station
            or self.digits[one] != self.digits[other]  # 第 1 and 第 2 养老院
            or self.moved_to[one] == self.keys[other]
            or self.moved_to[other] == self.keys[one]
        ):
            return 0.0
        least = _ALIKE
        if self.phones[one] and self.phones[one] == self.phones[other]:
            least /= 2
        match = SequenceMatcher(None, self.plain[one], self.plain[other])
        if match.real_quick_ratio() < least or match.quick_ratio() < least:
            return 0.0
        share = match.ratio()
        return share if share >= least else 0.0

    def finding(self, one: int, other: int, alike: float, gap: float) -> dict[str, Any]:
        """Return the finding of a pair."""
        zh, en = [f"名称相似 {alike:.0%}"], [f"names alike by {alike:.0%}"]
        if not np.isnan(gap):
            zh.append(f"相距 {gap:.0f} 米")
            en.append(f"{gap:.0f} m apart")
        if self.phones[one] and self.phones[one] == self.phones[other]:
            zh.append("电话相同")
            en.append("one telephone number")
        first, second = (f"{self.names[at]}" for at in (one, other))
        keys = [self.keys[one], self.keys[other]]
        words = Text(
            f"“{first}”（{keys[0]}）与“{second}”（{keys[1]}）疑似同一设施"
            f"（{'，'.join(zh)}）。请合并，或确认为两处。",
            f"{first} ({keys[0]}) and {second} ({keys[1]}) are perhaps one facility "
            f"({', '.join(en)}). Merge them, or waive this.",
        )
        place = self.shapes[one]
        return finding(
            "facility_repeated",
            "warning",
            keys,
            words,
            geometry=self.shapes[other] if place is None else place,
            length_m=gap,
        )


def _plain(name: Any) -> str:
    return _PLAIN.sub("", text(name))


def _phone(value: Any) -> str:
    digits = _DIGITS.sub("", text(value))
    return digits[-8:] if len(digits) >= 7 else ""
