"""Every division there is or ever was in a version: to list, to find, to follow.

One row a state; a division that was renamed has several, one that ended has none in
force today. Nothing here needs geometry.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.vocabulary import Kind, Level
from geodata.errors import InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

SORTS = ("code", "name", "kind", "level", "parent", "official", "population", "since")
"""What a list can be sorted by; with ``-`` before it the other way round."""
_COLUMNS = {
    "name": "name", "kind": "kind", "level": "level", "parent": "parent",
    "official": "area_official_km2", "population": "population",
    "since": "valid_from",
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What of the directory somebody wants to see.

    ``on`` a date (None: the last state of each division); ``ended`` also those no
    longer in force then; ``under`` a division whose subtree it is about.
    """

    words: str = ""
    level: int | None = None
    kind: str = ""
    under: str = ""
    on: str | None = None
    ended: bool = False
    sort: str = "code"

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Wish:
        """Return the wish that arguments of an address express.

        Raises
        ------
        InputError
            For a level, kind, date or order there is not.
        """
        sort = str(asked.get("sort") or "code")
        if sort.removeprefix("-") not in SORTS:
            raise _no("排序", "order", sort, ", ".join(SORTS))
        kind = str(asked.get("kind") or "")
        if kind and kind not in set(Kind):
            raise _no("类别", "kind", kind, ", ".join(Kind))
        level = str(asked.get("level") or "")
        if level and level not in {str(int(one)) for one in Level}:
            raise _no("级别", "level", level, "1-5")
        on = str(asked.get("on") or "").strip() or None
        return cls(
            words=str(asked.get("q") or "").strip()[:100],
            level=int(level) if level else None,
            kind=kind,
            under=str(asked.get("under") or "").strip(),
            on=dates.parse(on) if on else dt.datetime.now(dt.UTC).date().isoformat(),
            ended=str(asked.get("ended") or "") in {"1", "true", "True", "on"},
            sort=sort,
        )


class Directory:
    """The states of all divisions of one version, ready to be asked.

    Parameters
    ----------
    states
        As :meth:`geodata.store.protocol.Reader.states` returns them.
    version
        Number of the version they are of.
    """

    def __init__(self, states: gpd.GeoDataFrame, version: int) -> None:
        self.version = version
        plain = pd.DataFrame(states.drop(columns=["geometry", "extra"]))
        plain = plain.assign(code=plain.index.astype(str)).reset_index(drop=True)
        rows = plain.sort_values(["code", "valid_from"], ignore_index=True)
        ends = np.flatnonzero(~rows["code"].duplicated(keep="last"))
        starts = np.append(0, ends + 1)[: len(ends)]
        self._places = dict(
            zip(
                rows["code"].iloc[ends], zip(starts, ends + 1, strict=True), strict=True
            )
        )
        last = np.repeat(ends, ends + 1 - starts)
        self.states = rows.assign(
            last_name=rows["name"].to_numpy()[last],
            last_end=rows["valid_to"].to_numpy()[last],
        )
        self._names = rows["name"].fillna("").astype(str).str.lower()

    @cached_property
    def _spelt(self) -> pd.DataFrame:
        """Pinyin of every name without tones: whole, and the first letters."""
        from pypinyin import lazy_pinyin

        known = {}
        for name in self._names.unique():
            parts = [part.lower() for part in lazy_pinyin(name)]
            known[name] = ("".join(parts), "".join(part[:1] for part in parts))
        said = self.states["pinyin"].fillna("").astype(str).str.lower()
        return pd.DataFrame(
            {
                "whole": [known[name][0] for name in self._names],
                "first": [known[name][1] for name in self._names],
                "said": said.str.replace(" ", "", regex=False),
            },
            index=self.states.index,
            dtype=object,
        )

    def find(self, wish: Wish) -> pd.DataFrame:
        """Return one row a division: the state that fits, best first.

        Besides the layer's columns: ``in_force`` (on the date wished for), ``ended``
        (the day it ended, None while in force), ``now`` (its last name) where an
        older one was found.
        """
        rows = self.states
        mask = self._in_question(wish) & self._fitting(wish)
        rank = self._rank(wish.words) if wish.words else None
        if rank is not None:
            mask &= rank > 0
        found = rows[mask].assign(
            in_force=self._in_force(wish.on)[mask],
            _rank=0 if rank is None else rank[mask],
        )
        if found["code"].duplicated().any():
            best = ["_rank", "in_force", "valid_from"]
            found = found.sort_values(best, ascending=False, kind="stable")
            found = found.drop_duplicates("code")
        return self._told(self._sorted(found, wish))

    def page(self, wish: Wish, start: int = 0, limit: int = 100) -> dict[str, Any]:
        """Return a part of what :meth:`find` finds as JSON values.

        Returns
        -------
        dict
            ``{"version", "on", "total", "start", "rows"}``.
        """
        found = self.find(wish)
        return {
            "version": self.version,
            "on": wish.on,
            "total": len(found),
            "start": start,
            "rows": self._rows(found.iloc[start : start + limit], wish.on),
        }

    def below(self, code: str, on: str | None = None) -> list[dict[str, Any]]:
        """Return the divisions directly under one on a date, by code."""
        mask = self._in_force(on) & (self.states["parent"] == code)
        found = self.states[mask].assign(in_force=True).sort_values("code")
        return self._rows(self._told(found), on)

    def dates(self) -> list[str]:
        """Return the dates on which something changed, newest first."""
        both = pd.concat([self.states["valid_from"], self.states["valid_to"]])
        return sorted(both.dropna().unique(), reverse=True)

    def last(self, code: str, on: str | None = None) -> dict[str, Any] | None:
        """Return a division's state on a date, else its last one; None if unknown."""
        if code not in self._places:
            return None
        start, stop = self._places[code]
        rows = self.states.iloc[start:stop]
        holding = rows[_holds(rows, on)]
        chosen = holding if len(holding) else rows
        return {str(k): v for k, v in chosen.iloc[-1].to_dict().items()}

    def above(self, code: str, on: str | None = None) -> list[dict[str, str]]:
        """Return the divisions above one, topmost first, as on a date."""
        found: list[dict[str, str]] = []
        state = self.last(code, on)
        while state and isinstance(state["parent"], str) and len(found) < len(Level):
            code = state["parent"]
            state = self.last(code, on)
            if state is not None:
                found.insert(0, {"code": code, "name": str(state["name"])})
        return found

    def _rows(self, found: pd.DataFrame, on: str | None) -> list[dict[str, Any]]:
        """Return rows of a list as JSON values, with the parent's name."""
        above = {
            code: self.last(code, on) for code in found["parent"].dropna().unique()
        }
        return [
            {
                "code": row["code"],
                "name": _value(row["name"]),
                "kind": _value(row["kind"]),
                "kind_label": _label(row["kind"]),
                "level": int(row["level"]),
                "parent": _value(row["parent"]),
                "parent_name": _value((above.get(row["parent"]) or {}).get("name")),
                "official_km2": _value(row["area_official_km2"]),
                "population": _value(row["population"]),
                "valid_from": row["valid_from"],
                "valid_to": _value(row["valid_to"]),
                "in_force": bool(row["in_force"]),
                "ended": _value(row["ended"]),
                "now": _value(row["now"]),
            }
            for row in found.to_dict("records")
        ]

    def _in_force(self, on: str | None) -> pd.Series[bool]:
        return _holds(self.states, on)

    def _in_question(self, wish: Wish) -> pd.Series[bool]:
        """Return which states are looked at at all."""
        if wish.words or wish.ended:
            begun = self.states["valid_from"]
            return begun <= (dates.last_day(wish.on) if wish.on else "9999")
        return self._in_force(wish.on)

    def _fitting(self, wish: Wish) -> pd.Series[bool]:
        rows = self.states
        mask = pd.Series(data=True, index=rows.index)
        if wish.level is not None:
            mask &= rows["level"] == wish.level
        if wish.kind:
            mask &= rows["kind"] == wish.kind
        if wish.under:
            mask &= rows["code"].isin(self._subtree(wish.under))
        return mask

    def _subtree(self, code: str) -> set[str]:
        """Return the codes below one, by every parent they ever had."""
        below: set[str] = set()
        pairs = self.states[["code", "parent"]].drop_duplicates()
        edge = {code}
        while edge:
            edge = set(pairs.loc[pairs["parent"].isin(edge), "code"]) - below
            below |= edge
        return below

    def _rank(self, words: str) -> pd.Series[int]:
        """Return how well each state fits the words, 0 for not at all."""
        wanted = words.lower()
        plain = "".join(wanted.split())
        lower, code = self._names, self.states["code"]
        rank = pd.Series(0, index=self.states.index)
        if plain.isascii():
            for column, worth in (("said", 2), ("whole", 2), ("first", 3)):
                rank = rank.mask(self._spelt[column].str.startswith(plain), worth)
        rank = rank.mask(lower.str.contains(wanted, regex=False), 4)
        rank = rank.mask(code.str.startswith(wanted), 4)
        rank = rank.mask(lower.str.startswith(wanted), 5)
        return rank.mask((lower == wanted) | (code == wanted), 6).astype(int)

    def _sorted(self, found: pd.DataFrame, wish: Wish) -> pd.DataFrame:
        name = wish.sort.removeprefix("-")
        if wish.words and wish.sort == "code":
            return found.sort_values(
                ["_rank", "in_force", "level", "code"],
                ascending=[False, False, True, True],
            )
        if wish.sort == "code":
            return found.sort_index()  # the states are kept in this order
        return found.sort_values(
            [_COLUMNS.get(name, "code"), "code"],
            ascending=not wish.sort.startswith("-"),
            kind="stable",
        )

    def _told(self, found: pd.DataFrame) -> pd.DataFrame:
        """Add what became of each division found."""
        renamed = found["last_name"] != found["name"]
        gone = found["last_end"].notna() & ~found["in_force"]
        return found.assign(
            now=found["last_name"].astype(object).where(renamed, None),
            ended=found["last_end"].astype(object).where(gone, None),
        )


def _holds(rows: pd.DataFrame, on: str | None) -> pd.Series[bool]:
    """Return which states are in force on a date; None: which have no end."""
    begun, ended = rows["valid_from"], rows["valid_to"]
    if on is None:
        return ended.isna()
    moment = dates.last_day(on)
    return (begun <= moment) & (ended.isna() | (ended.fillna("9") > moment))


def _label(kind: Any) -> dict[str, str]:
    known = kind in set(Kind)
    return (Kind(kind).label if known else Text(str(kind), str(kind)))._asdict()


def _value(cell: Any) -> Any:
    """Return a cell as JSON has it: missing is None."""
    if cell is None or pd.isna(cell):
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _no(zh: str, en: str, value: str, known: str) -> InputError:
    return InputError(
        Text(f"没有{zh}“{value}”。", f"There is no {en} “{value}”."),
        Text(f"可用：{known}。", f"Use one of: {known}."),
    )
