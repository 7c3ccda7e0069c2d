"""Few colours, different for neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Key = TypeVar("Key", bound=Hashable)


def colours(
    keys: Iterable[Key],
    pairs: Iterable[tuple[Key, Key]],
    *,
    palette: int = 5,
    start: Mapping[Key, int] | None = None,
) -> dict[Key, int]:
    """Return a colour number for each key, different across each pair.

    Smallest-degree-last order, which needs at most six colours on a planar map
    and in practice five; where the palette ends, the least used among the
    neighbours is taken. A key keeps its colour of ``start`` where it can, so that
    maps of two dates look alike. The result depends on nothing but the arguments.
    """
    # dicts, not sets: the order of a set of texts differs from run to run
    neighbours: dict[Key, dict[Key, None]] = defaultdict(dict)
    for a, b in pairs:
        if a != b:
            neighbours[a][b] = None
            neighbours[b][a] = None
    order = _smallest_last(list(dict.fromkeys(keys)), neighbours)
    chosen: dict[Key, int] = {}
    used = [0] * palette
    for key in order:
        taken = [chosen[n] for n in neighbours[key] if n in chosen]
        free = [c for c in range(palette) if c not in taken] or list(range(palette))
        wish = (start or {}).get(key)
        best = min(free, key=lambda c: (taken.count(c), c != wish, used[c], c))
        chosen[key] = best
        used[best] += 1
    return chosen


def _smallest_last(
    keys: list[Key], neighbours: dict[Key, dict[Key, None]]
) -> list[Key]:
    degree = {key: len(neighbours[key]) for key in keys}
    buckets: dict[int, dict[Key, None]] = defaultdict(dict)
    for key in keys:
        buckets[degree[key]][key] = None
    removed: list[Key] = []
    while degree:
        lowest = min(d for d, members in buckets.items() if members)
        key = next(iter(buckets[lowest]))
        del buckets[lowest][key], degree[key]
        removed.append(key)
        for other in neighbours[key]:
            if other in degree:
                del buckets[degree[other]][other]
                degree[other] -= 1
                buckets[degree[other]][other] = None
    return removed[::-1]
