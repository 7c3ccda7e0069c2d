"""Units that lie on one another as a whole: drawn twice, or in a host not cut.

What two units share is the sum of all places that both cover, whoever else covers
some of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.coverage import Faces
    from geodata.topology.sizes import Sizes
    from geodata.topology.survey import Survey

Who: TypeAlias = "tuple[int, ...]"
MOST = 8
"""Units over one place, beyond which their pairs are not looked at."""


@dataclass(frozen=True)
class Whole:
    """Units that are duplicates, or an inner unit and its host, and where."""

    word: str
    units: Who
    places: list[int]


def wholes(
    survey: Survey, faces: Faces, sizes: Sizes
) -> tuple[list[Whole], NDArray[np.bool_]]:
    """Return the units that lie on one another, and which places that explains."""
    told = np.zeros(len(faces.units), bool)
    shared = _shared(faces)
    total = {
        who: float(sum(faces.share[place] for place in places))
        for who, places in shared.items()
    }
    words = {who: _word(survey, who, total[who], sizes) for who in shared}
    words = {who: word for who, word in words.items() if word}
    if not words:
        return [], told
    kept = _said_once(survey, words)
    for place in np.flatnonzero(faces.count > 1).tolist():
        who = faces.units[place]
        pairs = itertools.combinations(who, 2)
        told[place] = who in kept or (
            2 < len(who) <= MOST and all(pair in words for pair in pairs)
        )
    return [Whole(words[who], who, shared[who]) for who in kept], told


def _shared(faces: Faces) -> dict[Who, list[int]]:
    """Return the places that units cover together, for all of one and each pair."""
    alone: dict[Who, list[int]] = {}
    for place in np.flatnonzero(faces.count > 1).tolist():
        alone.setdefault(faces.units[place], []).append(place)
    several = [who for who in alone if len(who) > 2]
    found = {who: list(places) for who, places in alone.items()}
    holding: dict[int, list[Who]] = {}
    for who in several:
        for unit in who:
            holding.setdefault(unit, []).append(who)
        if len(who) <= MOST:
            for pair in itertools.combinations(who, 2):
                found.setdefault(pair, []).extend(alone[who])
    for who in several:
        larger = (more for more in holding[who[0]] if len(more) > len(who))
        for more in larger:
            if set(who) < set(more):
                found[who].extend(alone[more])
    return found


def _word(survey: Survey, who: Who, shared: float, sizes: Sizes) -> str:
    small, large = survey.area[list(who)].min(), survey.area[list(who)].max()
    if shared >= sizes.same_share * large:
        return "duplicate"
    if shared >= sizes.near_share * large:
        return "near_duplicate"
    if len(who) == 2 and shared >= sizes.host_share * small:
        return "uncut_host"
    return ""


def _said_once(survey: Survey, words: dict[Who, str]) -> dict[Who, None]:
    """Leave out pairs of a larger group, and hosts around the host."""
    groups = [set(who) for who in words if len(who) > 2]
    hosts: dict[int, list[int]] = {}
    for who, word in words.items():
        if word == "uncut_host":
            inner, outer = _inner_first(survey, who)
            hosts.setdefault(inner, []).append(outer)
    kept: dict[Who, None] = {}
    for who, word in words.items():
        if word == "uncut_host":
            inner, outer = _inner_first(survey, who)
            size = survey.area[outer], outer
            if any(
                (survey.area[host], host) < size
                and tuple(sorted((host, outer))) in words
                for host in hosts[inner]
            ):
                continue
        elif len(who) == 2 and any(set(who) <= group for group in groups):
            continue
        kept[who] = None
    return kept


def _inner_first(survey: Survey, who: Who) -> tuple[int, ...]:
    return tuple(sorted(who, key=lambda row: (survey.area[row], -row)))
