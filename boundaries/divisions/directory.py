"""Every division there is or ever was in a version: to list, to find, to follow.

One row a state; a division that was renamed has several, one that ended has none in
force today. Nothing here needs geometry.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

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
        plain = plain.assign(code=plain.index.astype(str), state=range(len(plain)))
        self.states = plain.sort_values(["code", "valid_from"]).reset_index(drop=True)
        self._names = self.states["name"].fillna("").astype(str)

    @cached_property
    def _spelt(self) -> pd.DataFrame:
        """Pinyin of every name without tones: whole, and the first letters."""
        from pypinyin import lazy_pinyin

        known = {}
        for name in self._names.unique():
            parts = lazy_pinyin(name)
            known[name] = (
                "".join(parts).lower(),
                "".join(part[:1] for part in parts).lower(),
            )
        pairs = [known[name] for name in self._names]
        return pd.DataFrame(
            pairs, columns=["whole", "first"], index=self.states.index, dtype=object
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
        found = rows[mask].assign(in_force=self._in_force(wish.on)[mask])
        if rank is not None:
            found = found.assign(_rank=rank[mask])
            found = found.sort_values(
                ["_rank", "in_force", "valid_from"], ascending=False, kind="stable"
            )
        else:
            found = found.sort_values(["in_force", "valid_from"], ascending=False)
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
        rows = self.states[self.states["code"] == code]
        if rows.empty:
            return None
        holding = rows[self._in_force(on)[rows.index]]
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
        holding = self.states[self._in_force(on)]
        last = self.states.drop_duplicates("code", keep="last")
        names = dict(zip(last["code"], last["name"], strict=True))
        names.update(zip(holding["code"], holding["name"], strict=True))
        return [
            {
                "code": row["code"],
                "name": _value(row["name"]),
                "kind": _value(row["kind"]),
                "kind_label": _label(row["kind"]),
                "level": int(row["level"]),
                "parent": _value(row["parent"]),
                "parent_name": _value(names.get(row["parent"])),
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
        begun, ended = self.states["valid_from"], self.states["valid_to"]
        if on is None:
            return ended.isna()
        moment = dates.last_day(on)
        return (begun <= moment) & (ended.isna() | (ended.fillna("9") > moment))

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
        lower = self._names.str.lower()
        code = self.states["code"]
        said = self.states["pinyin"].fillna("").astype(str).str.lower()
        said = said.str.replace(" ", "", regex=False)
        rank = pd.Series(0, index=self.states.index)
        if plain.isascii():
            fits = said.str.startswith(plain) | self._spelt["whole"].str.startswith(
                plain
            )
            rank = rank.mask(fits, 2).mask(
                self._spelt["first"].str.startswith(plain), 3
            )
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
        return found.sort_values(
            [_COLUMNS.get(name, "code"), "code"],
            ascending=not wish.sort.startswith("-"),
            kind="stable",
        )

    def _told(self, found: pd.DataFrame) -> pd.DataFrame:
        """Add what became of each division found."""
        last = self.states.drop_duplicates("code", keep="last").set_index("code")
        after = last.loc[found["code"]]
        now = after["name"].to_numpy()
        other = now != found["name"].to_numpy()
        shown = pd.Series(now, index=found.index, dtype=object)
        ended = pd.Series(after["valid_to"].to_numpy(), index=found.index, dtype=object)
        return found.assign(
            now=shown.where(other, None),
            ended=ended.where(ended.notna() & ~found["in_force"], None),
        )


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
