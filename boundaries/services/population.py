"""Population as a page or a program asks for it, and few people kept from readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries import codes
from boundaries.services.counts import COUNTS, Method
from boundaries.services.settlement import is_urban
from boundaries.vocabulary import Level
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

SHARE = "share_60"
SORTS = ("division", "name", *COUNTS, SHARE, "counted_on")
SETTLEMENTS = ("urban", "rural")
UNTOLD = ("places", "extra")
"""What readers without a working role are never told."""
_COUNTY = 6
"""Digits of a county's code, with which those below it begin."""
_INSIDE = (
    ("aged_60", "total"), ("aged_65", "aged_60"), ("aged_80", "aged_65"),
    ("disabled", "total"),
)  # fmt: skip
"""The first of each pair counts people of the second: the difference is people too."""


@dataclass(frozen=True)
class Wish:
    """What a list of population is to show."""

    on: str
    words: str = ""
    level: int = 0
    under: str = ""
    settlement: str = ""
    method: str = ""
    sort: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, Any], today: str) -> Wish:
        """Return the wish of an address; what is unknown is left out."""
        sort, level = str(asked.get("sort") or ""), str(asked.get("level") or "")
        settlement = str(asked.get("settlement") or "")
        method = str(asked.get("method") or "")
        on = str(asked.get("on") or "").strip()
        return cls(
            on=dates.last_day(dates.parse(on)) if on else today,
            words=str(asked.get("q") or "").strip()[:100],
            level=int(level) if level in {str(int(each)) for each in Level} else 0,
            under=str(asked.get("under") or ""),
            settlement=settlement if settlement in SETTLEMENTS else "",
            method=method if method in {each.value for each in Method} else "",
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )


@dataclass(eq=False)
class Listing:
    """The counts of a date, with what units are called, ready to be asked.

    Parameters
    ----------
    frame
        As the reader may see it.
    hidden
        By column of :data:`COUNTS`, what was kept from the reader.
    names
        Code -> name.
    """

    frame: gpd.GeoDataFrame
    hidden: Mapping[str, Flags]
    names: Mapping[str, str]

    def page(self, wish: Wish, start: int, size: int) -> dict[str, Any]:
        """Return one page: ``{"rows", "total", "levels", "sums"}``.

        ``levels`` are how many units of each level there are, ``sums`` of what is
        listed by level, since a street's people are those of its communities.
        """
        keep = self.fitting(wish)
        at = np.flatnonzero(keep)[self._order(keep, wish.sort)]
        levels = self._levels
        return {
            "rows": [self.row(each) for each in at[start : start + size]],
            "total": len(at),
            "levels": {
                int(each): int((levels == each).sum())
                for each in np.unique(levels).tolist()
            },
            "sums": [
                {"level": int(each), **self._sums(keep & (levels == each))}
                for each in np.unique(levels[keep]).tolist()
            ],
        }

    def districts(self) -> list[tuple[str, str]]:
        """Return code and name of the counties that have counts."""
        held = sorted({str(code)[:_COUNTY] for code in self.frame.index})
        return [(code, self.names[code]) for code in held if code in self.names]

    def _under(self, code: str) -> str:
        """Return the names of the units above one, from its county down."""
        above = codes.ancestors(code)[::-1] if codes.is_code(code) else []
        held = [each for each in above if _level(each) >= Level.COUNTY]
        return " ".join(self.names[each] for each in held if each in self.names)

    def keys(self, wish: Wish) -> list[str]:
        """Return the units a wish asks for."""
        return [str(code) for code in self.frame.index[self.fitting(wish)]]

    def row(self, at: int) -> dict[str, Any]:
        """Return one unit as plain values, with what of it is kept back."""
        state = self.frame.iloc[at]
        code = str(self.frame.index[at])
        counted = {name: _whole(state[name]) for name in COUNTS}
        total, old = counted["total"], counted["aged_60"]
        text = {
            name: None if _missing(state[name]) else str(state[name])
            for name in ("counted_on", "source", "method", "remark", "settlement")
        }
        return {
            "division": code,
            "name": self.names.get(code),
            "under": self._under(code),
            "level": _level(code),
            **counted,
            SHARE: old / total if total and old is not None else None,
            "urban": is_urban(code, text["settlement"]),
            **text,
            "places": len(state["places"]) if _placed(state["places"]) else 0,
            "withheld": [name for name in COUNTS if self.hidden[name][at]],
        }

    def fitting(self, wish: Wish) -> Flags:
        """Return which units a wish asks for."""
        index = [str(code) for code in self.frame.index]
        keep = np.ones(len(index), dtype=bool)
        if wish.level:
            keep &= self._levels == wish.level
        if wish.under:
            keep &= np.array([codes.is_within(code, wish.under) for code in index])
        if wish.method:
            said = self.frame["method"].fillna(Method.TABLE.value)
            keep &= (said == wish.method).to_numpy(dtype=bool)
        if wish.settlement:
            wanted = wish.settlement == SETTLEMENTS[0]
            pairs = zip(index, self.frame["settlement"], strict=True)
            keep &= np.array(
                [is_urban(c, None if _missing(s) else s) == wanted for c, s in pairs]
            )
        if wish.words:
            words = wish.words.casefold().split()
            told = [f"{code} {self.names.get(code, '')}".casefold() for code in index]
            keep &= np.array([all(w in each for w in words) for each in told])
        return keep

    def _order(self, keep: Flags, sort: str) -> NDArray[np.int64]:
        found, by = self.frame[keep], sort.removeprefix("-")
        index = np.array([str(code) for code in found.index], dtype=object)
        keys: Any = index
        if by == "name":
            keys = np.array([self.names.get(code, "") for code in index], dtype=object)
        elif by == "counted_on":
            keys = found[by].fillna("").astype(str).to_numpy(object)
        elif by == SHARE:
            keys = -_numbers(found["aged_60"]) / _numbers(found["total"])
        elif by in COUNTS:
            keys = -_numbers(found[by])
        # counts begin with the largest, names with the first, unknown ones are last
        if by in (*COUNTS, SHARE):
            sign = -1.0 if sort.startswith("-") else 1.0
            return np.argsort(
                np.where(np.isnan(keys), np.inf, sign * keys), kind="stable"
            )
        order = np.argsort(keys, kind="stable")
        return order[::-1] if sort.startswith("-") else order

    @cached_property
    def _levels(self) -> NDArray[np.int64]:
        return np.array([_level(str(code)) for code in self.frame.index], dtype=int)

    def _sums(self, rows: Flags) -> dict[str, Any]:
        """Return the sum of each count, None where part of it is kept back."""
        found: dict[str, Any] = {"units": int(rows.sum())}
        for name in COUNTS:
            values = _numbers(self.frame[name])[rows]
            kept_back = bool(self.hidden[name][rows].any())
            known = values[~np.isnan(values)]
            told = len(known) and not kept_back
            found[name] = int(known.sum()) if told else None
            found[f"{name}_lacking"] = len(values) - len(known)
        return found


def sheltered(
    frame: gpd.GeoDataFrame, least: int
) -> tuple[gpd.GeoDataFrame, dict[str, Flags]]:
    """Return population as readers without a working role see it, and what is hidden.

    A count of fewer people than ``least`` is left out, and so is one that differs by
    fewer from the count it is part of. Where a count is the only one left out of a
    sum, or those left out are few together, one more is. Where in a unit people live
    is not told at all, nor what a file had besides: that may count people too.
    ``least`` of 0 keeps nothing back.
    """
    if not least:
        return frame, {name: np.zeros(len(frame), dtype=bool) for name in COUNTS}
    index = [str(code) for code in frame.index]
    counts = {name: _numbers(frame[name]) for name in COUNTS}
    hidden = {name: _few(values, least) for name, values in counts.items()}
    for part, whole in _INSIDE:
        hidden[part] |= _few(counts[whole] - counts[part], least)
    for name in COUNTS:
        _add_companions(index, counts[name], hidden[name], least)
    shown = {
        name: frame[name].mask(gone, other=pd.NA) if gone.any() else frame[name]
        for name, gone in hidden.items()
    }
    if "outside" in frame:
        lost = _few(_numbers(frame["outside"]), least)
        shown["outside"] = frame["outside"].mask(lost, other=pd.NA)
    for name in UNTOLD:
        if name in frame:
            shown[name] = pd.Series([None] * len(frame), frame.index, dtype=object)
    return frame.assign(**shown), hidden


def _few(values: Floats, least: int) -> Flags:
    return np.asarray((values > 0) & (values < least))


def _add_companions(
    index: Sequence[str], values: Floats, hidden: Flags, least: int
) -> None:
    """Hide more of every sum that tells of what is hidden of it, until none does."""
    open_ones = np.flatnonzero(hidden).tolist()
    places = {code: at for at, code in enumerate(index)}
    sums = _sums_of(index) if open_ones else {}
    while open_ones:
        code = index[open_ones.pop()]
        # the nearest first: fewest others are hidden; then those it is the sum of
        whole = [(above, _level(code)) for above in _above(code)]
        for each in (*whole, *((code, int(level)) for level in Level)):
            members = sums.get(each, np.empty(0, np.int64))
            known = members[~np.isnan(values[members])]
            above = places.get(each[0])
            while _tells(known, above, values, hidden, least):
                more = _companion(known, above, values, hidden)
                if more is None:
                    break
                hidden[more] = True
                open_ones.append(more)


def _tells(
    known: NDArray[np.int64], above: int | None, values: Floats, hidden: Flags,
    least: int,
) -> bool:  # fmt: skip
    """Tell whether a sum gives away what is hidden of it.

    A unit above that has no row is taken for known: other pages may tell it.
    """
    gone = known[hidden[known]]
    if above is not None and hidden[above]:
        return not len(gone) and bool(len(known))
    return len(gone) == 1 or bool(0 < values[gone].sum() < least)


def _companion(
    known: NDArray[np.int64], above: int | None, values: Floats, hidden: Flags
) -> int | None:
    """Return what is hidden besides: the smallest part, else the unit above.

    That of an only child says the same as the child.
    """
    told = known[~hidden[known]].tolist()
    if told:
        return int(min(told, key=lambda at: (not values[at], values[at], at)))
    return above if above is not None and not hidden[above] else None


def _sums_of(index: Sequence[str]) -> dict[tuple[str, int], NDArray[np.int64]]:
    """Return the units that make up each unit above and the whole, level by level."""
    found: dict[tuple[str, int], list[int]] = {}
    for at, code in enumerate(index):
        for above in _above(code):
            found.setdefault((above, _level(code)), []).append(at)
    return {key: np.array(members) for key, members in found.items()}


def _above(code: str) -> list[str]:
    """Return the units above one, nearest first; last the whole, which is ``""``."""
    return [*(codes.ancestors(code) if codes.is_code(code) else ()), ""]


def _level(code: str) -> int:
    return int(codes.infer_level(code)) if codes.is_code(code) else 0


def _numbers(column: Any) -> Floats:
    numbers = pd.to_numeric(column, errors="coerce")
    return np.asarray(numbers.to_numpy(float, na_value=np.nan))


def _whole(value: Any) -> int | None:
    return None if _missing(value) else int(value)


def _placed(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
