"""The ways between sites that may be opened, facilities that are kept, and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boundaries.services import nearness
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from boundaries.services.siting.candidates import Sites
    from boundaries.services.situation import Situation
    from geodata.network.graph import Graph, Pairs, Spots

Bools = npt.NDArray[np.bool_]
FAR_MINUTES = 60.0
"""How far p-median and p-center look: beyond, people count as not served."""
MOST_WAYS = 30_000_000
"""Ways of one question; more do not fit where other people's jobs run too."""
_AT_ONCE = 256


@dataclass(frozen=True)
class _Found:
    """Ways as columns: which site, which point of people, seconds, whether in time."""

    site: npt.NDArray[np.int32]
    point: npt.NDArray[np.int32]
    seconds: npt.NDArray[np.float64]
    close: Bools


def ways(
    situation: Situation, sites: Sites, kept: npt.NDArray[np.int64], *,
    minutes: float | None, far: bool, most: int | None = None,
) -> tuple[Pairs, Bools]:  # fmt: skip
    """Return candidates, then kept facilities, with the points each comes to.

    Parameters
    ----------
    minutes
        Instead of the profile's limits; a facility with a radius of its own serves
        within that.
    far
        Also ways that take longer, up to :data:`FAR_MINUTES`.
    most
        How many there may be; None: :data:`MOST_WAYS`.

    Returns
    -------
    tuple
        The ways, and which of them are in time.

    Raises
    ------
    InputError
        When there are too many.
    """
    from geodata.network.graph import Pairs

    limit = situation.limit_s()
    if minutes is not None:
        limit = np.full(len(limit), minutes * 60)
    own = np.concatenate(
        (np.full(len(sites), np.nan), nearness.own_radius(situation, kept))
    )
    left = MOST_WAYS if most is None else most
    parts: list[_Found] = []
    for urban, graph, spots, facilities in nearness.ways(situation):
        here = np.arange(len(limit))
        if urban is not None:
            here = np.flatnonzero(situation.people.urban == urban)
        if graph is None or not len(here):
            continue
        both = _spots(situation, sites, facilities.take(kept), urban)
        asked = _Asked(graph, both, spots.take(here), here, limit, own)
        for part in asked.found(far=far):
            parts.append(part)
            left -= len(part.site)
            if left < 0:
                raise _too_many(len(sites), len(limit))
    site, point, seconds, close = (_joined(parts, name) for name in
                                   ("site", "point", "seconds", "close"))  # fmt: skip
    order = np.lexsort((point, site))
    counts = np.bincount(site, minlength=len(sites) + len(kept))
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Pairs(indptr, point[order], seconds[order]), close[order].astype(bool)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One way of travelling: who gets where, and how long they may take."""

    graph: Graph
    both: Spots
    spots: Spots
    here: npt.NDArray[np.int64]
    limit: npt.NDArray[np.float64]
    own: npt.NDArray[np.float64]

    def found(self, *, far: bool) -> Any:
        """Yield the ways of some sites after the other."""
        from geodata.network.reach import Places

        reach = self.own / self.graph.speed_mps
        longest = np.fmax(self.limit[self.here].max(),
                          np.fmax.reduce(reach, initial=0.0))  # fmt: skip
        if far:
            longest = max(longest, FAR_MINUTES * 60)
        places = Places(self.graph, self.spots)
        for first in range(0, len(self.both), _AT_ONCE):
            some = np.arange(first, min(first + _AT_ONCE, len(self.both)))
            made = places.pairs(self.both.take(some), float(longest))
            site, point = some[made.source], self.here[made.target]
            allowed = np.where(np.isnan(reach[site]), self.limit[point], reach[site])
            close = made.cost_s <= allowed
            keep = np.ones(len(close), bool) if far else close
            yield _Found(site[keep].astype(np.int32), point[keep].astype(np.int32),
                         made.cost_s[keep], close[keep])  # fmt: skip


def _spots(situation: Situation, sites: Sites, old: Spots, urban: bool | None) -> Spots:  # noqa: FBT001
    """Return candidates and then facilities on the streets people travel by."""
    from geodata.network.graph import Spots
    from geodata.network.snap import snap

    assert situation.network is not None  # noqa: S101 - looked at before
    new = snap(
        situation.network, sites.xy, max_m=situation.profile.snap_m,
        mode="drive" if urban is False else "walk",
    )  # fmt: skip
    return Spots(*(
        np.concatenate((getattr(new, name), getattr(old, name)))
        for name in ("edge", "along_m", "snap_m")
    ))  # fmt: skip


def _joined(parts: list[_Found], name: str) -> npt.NDArray[Any]:
    whole = [getattr(part, name) for part in parts]
    return np.concatenate(whole) if whole else np.empty(0, np.int32)


def _too_many(sites: int, points: int) -> InputError:
    return InputError(
        Text(f"{sites} 个候选点和现有设施到 {points} 处人口的路径过多，无法一次求解。",
             f"{sites} candidates and what serves already have too many ways to "
             f"{points} places of people for one question."),
        Text("请限于一个区划，减少候选点，或缩短时限。",
             "Ask about one division, offer fewer candidates, or allow less time."),
    )  # fmt: skip
