"""Finding names by any character, part, spelling, initials, old or other name.

Every text is kept as one long string of entries, so that a search is a scan of a few
megabytes and nothing has to be cut into words, which Chinese names do not have: one
character finds as well as two. The same for a hundred thousand names in tens of
milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from boundaries.gazetteer.romanise import letters, readings
from boundaries.rules.records import items, text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_END = "\n"
_EXACT, _START, _WITHIN = 0, 1, 2
_RANKS = {
    ("name", _EXACT): 0,
    ("name", _START): 2,
    ("other", _EXACT): 1,
    ("spelt", _EXACT): 3,
    ("initials", _EXACT): 4,
    ("spelt", _START): 5,
    ("name", _WITHIN): 6,
    ("other", _START): 7,
    ("initials", _START): 8,
    ("other", _WITHIN): 9,
    ("spelt", _WITHIN): 10,
}
"""Which kind of match comes first; one not listed (initials within) is none."""


@dataclass(frozen=True)
class _Texts:
    """Entries joined by line ends, with the place and the owner of each."""

    joined: str
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]

    @classmethod
    def of(cls, entries: list[tuple[int, str]]) -> _Texts:
        joined = _END + _END.join(entry for _, entry in entries) + _END
        sizes = np.array([len(entry) + 1 for _, entry in entries], dtype=np.int64)
        starts = 1 + np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        return cls(joined, starts, np.array([at for at, _ in entries], dtype=np.int64))

    def find(self, query: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the owner of each entry that has the query, and how it has it."""
        places = []
        at = self.joined.find(query)
        while at >= 0:
            places.append(at)
            at = self.joined.find(query, self.joined.find(_END, at))
        where = np.array(places, dtype=np.int64)
        entry = np.searchsorted(self.starts, where, side="right") - 1
        begins = self.starts[entry] == where
        last = where + len(query)
        ends = np.array([self.joined[i] == _END for i in last.tolist()], dtype=bool)
        how = np.where(begins & ends, _EXACT, np.where(begins, _START, _WITHIN))
        return self.owners[entry], how


class Index:
    """Names of one version of the layer, ready to be searched."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self.keys = [str(key) for key in frame.index]
        self.names = [text(name) for name in frame["name"]]
        self.divisions = [text(code) for code in frame["division"]]
        self.public = np.array(
            frame["public"].eq(True).fillna(False).astype(bool), dtype=bool
        )
        self._former = np.array([text(s) == "former" for s in frame["status"]])
        self._length = np.array([len(name) for name in self.names])
        spelt = [letters(text(said)) for said in frame["romanised"]]
        others = [
            (at, each)
            for name in ("former_names", "aliases")
            for at, listed in enumerate(frame[name])
            for each in items(listed)
        ]
        scripts = [(at, text(s)) for at, s in enumerate(frame["script"]) if text(s)]
        self._texts = {
            "name": _Texts.of(list(enumerate(self.names))),
            "other": _Texts.of([*others, *scripts]),
            "spelt": _Texts.of(list(enumerate(spelt))),
            "initials": _Texts.of(
                [
                    (at, _initials(name, said))
                    for at, (name, said) in enumerate(
                        zip(self.names, spelt, strict=True)
                    )
                ]
            ),
        }

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each key."""
        return {key: at for at, key in enumerate(self.keys)}

    def search(
        self, query: str, *, limit: int = 20, allowed: NDArray[np.bool_] | None = None
    ) -> list[dict[str, Any]]:
        """Return the best matches: ``{"key", "name", "by"}``, the best first.

        Parameters
        ----------
        query
            Any part of a name, or of its spelling in letters.
        allowed
            Which names may be told of; None: all.
        """
        return self.counted(query, limit=limit, allowed=allowed)[0]

    def counted(
        self, query: str, *, limit: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the best matches as :meth:`search` does, and how many there are."""
        best, by = self.matches(query, allowed=allowed)
        found = np.flatnonzero(best < _NONE)
        order = np.lexsort((found, self._length[found], best[found]))[:limit]
        items = [
            {"key": self.keys[at], "name": self.names[at], "by": _KINDS[by[at]]}
            for at in found[order]
        ]
        return items, len(found)

    def matches(
        self, query: str, *, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return for every name its rank (``inf``: no match) and what it matched by."""
        best = np.full(len(self.keys), _NONE)
        by = np.zeros(len(self.keys), dtype=np.int64)
        for kind, wanted in _wanted(query):
            owners, how = self._texts[kind].find(wanted)
            for way in (_EXACT, _START, _WITHIN):
                rank = _RANKS.get((kind, way))
                mine = owners[how == way]
                if rank is None or not mine.size:
                    continue
                better = mine[best[mine] > rank]
                best[better] = rank
                by[better] = _KINDS.index(kind)
        best[self._former & (best < _NONE)] += 0.5
        if allowed is not None:
            best[~allowed] = _NONE
        return best, by


_NONE = np.inf
_KINDS = ("name", "other", "spelt", "initials")


def _wanted(query: str) -> list[tuple[str, str]]:
    """Return in which texts a query is looked for, and as what."""
    words = "".join(query.split())
    if not words:
        return []
    if not _han(words):
        spelt = letters(words)
        found = [("name", words), ("other", words)]
        return [*found, ("spelt", spelt), ("initials", spelt)] if spelt else found
    return [("name", words), ("other", words)]


def _han(words: str) -> bool:
    return any(ord(char) >= 0x2E80 for char in words)


def _initials(name: str, spelt: str) -> str:
    """Return the first letters of the syllables as this place is spelt."""
    at, found = 0, ""
    for char in name:
        fitting = [each for each in readings(char) if spelt.startswith(each, at)]
        if not fitting:
            return found + _rest(name[len(found) :])
        best = max(fitting, key=len)
        found += best[:1]
        at += len(best)
    return found


def _rest(name: str) -> str:
    return "".join(min(readings(char), default="")[:1] for char in name)
