"""Ways from places on edges, as far as a limit.

A source enters the graph by the nodes at the ends of its edge: ``seed_ptr`` says
which of ``seed_node`` and ``seed_s`` are its. A target hangs on nodes the same way:
the hooks of node ``v`` are ``hook_ptr[v]:hook_ptr[v + 1]``.

What waits lies in buckets by its seconds, unordered, and a node whose seconds become
less while its bucket is worked on waits again. In the end the seconds of a node are
the least sum over all ways to it, added up from the source: those of Dijkstra's
search, to the bit, without a heap. Narrow buckets keep what is done twice rare.

Two habits make the loops three times as fast. Indices are unsigned, so that nobody
asks whether they count from the end. And what follows from a comparison that falls
either way is computed for both and stored anyhow: a jump guessed wrong costs more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked

NONE = np.uint32(0xFFFFFFFF)
"""No entry, no source."""
_ONE = np.uint32(1)
_BITS, _DIGIT, _MANY = np.uint32(11), 1 << 11, 256
"""Names are sorted by digits of 11 bits when there are this many of them."""


@unlocked
def spread(
    indptr: Any, head: Any, cost_s: Any, limit_s: float, scale: float, best: Any,
    owner: Any, waiting_s: Any, waiting: Any, after: Any, first: Any, node: Any,
    count: Any,
) -> Any:  # fmt: skip
    """Search on from the ``count`` nodes where one enters; return how many are reached.

    They stand in ``node``, in no order, and their seconds in ``best``, infinite
    everywhere else. ``first`` is the first entry of each bucket, of ``1 / scale``
    seconds each; it comes anyhow and goes empty. With ``owner`` the source by which
    one enters goes along, and of equally near ones the lower counts as less.
    """
    last = np.float64(len(first) - 1)
    room = np.uint64(len(waiting))
    done, bucket = np.uint64(0), np.uint64(0)
    base, used = refilled(
        node[:count], best, 0.0, scale, bucket, waiting_s, waiting, after, first
    )
    while done < used:
        at = first[bucket]
        if at == NONE:
            bucket += _ONE
            continue
        first[bucket] = NONE
        full = bucket == last
        while at != NONE and not full:
            here, way = waiting[at], waiting_s[at]
            at = after[at]
            done += _ONE
            if way > best[here]:
                continue
            begin, end = indptr[here], indptr[here + _ONE]
            if used + (end - begin) > room:
                full = True
                break
            for arc in range(begin, end):
                there = head[arc]
                new = way + cost_s[arc]
                old = best[there]
                less = new < old
                if owner is not None:
                    source, other = owner[here], owner[there]
                    less |= (new == old) & (source < other)
                less &= new <= limit_s
                node[count] = there
                count += np.uint64(less & (old == np.inf))
                best[there] = new if less else old
                if owner is not None:
                    owner[there] = source if less else other
                into = np.uint32(np.int32(min((new - base) * scale, last)))
                before = first[into]
                waiting_s[used], waiting[used], after[used] = new, there, before
                first[into] = np.uint32(used) if less else before
                used += np.uint64(less)
        if full:
            base, used = refilled(
                node[:count], best, base, scale, bucket, waiting_s, waiting, after,
                first,
            )  # fmt: skip
            done, bucket = np.uint64(0), np.uint64(0)
    return count


@unlocked
def refilled(
    node: Any, best: Any, base: float, scale: float, bucket: Any, waiting_s: Any,
    waiting: Any, after: Any, first: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Put into buckets anew what lies in ``bucket`` or beyond; return base, entries.

    Done when the last bucket is reached, which holds all that is farther, or when the
    entries, most of them outdated by then, have filled their room. The first bucket
    then begins at the new base.
    """
    last = np.float64(len(first) - 1)
    least = np.inf
    for at in range(len(node)):
        way = best[node[at]]
        if way >= base and np.int32(min((way - base) * scale, last)) >= bucket:
            least = min(least, way)
    for at in range(len(first)):
        first[at] = NONE
    used = np.uint64(0)
    for at in range(len(node)):
        way = best[node[at]]
        if way >= least:
            into = np.uint32(np.int32(min((way - least) * scale, last)))
            waiting_s[used], waiting[used], after[used] = way, node[at], first[into]
            first[into] = np.uint32(used)
            used += _ONE
    return least, used


@unlocked
def _entered(
    seed_node: Any, seed_s: Any, limit_s: float, source: Any, best: Any, owner: Any,
    node: Any, count: Any,
) -> Any:  # fmt: skip
    """Enter by the seeds of a source; return how many nodes were entered by now."""
    for at in range(len(seed_node)):
        start, way = seed_node[at], seed_s[at]
        if way <= limit_s and way < best[start]:
            node[count] = start
            count += np.uint64(best[start] == np.inf)
            best[start] = way
            if owner is not None:
                owner[start] = source
    return count


@unlocked
def reached(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    limit_s: float, scale: float, best: Any, waiting_s: Any, waiting: Any, after: Any,
    first: Any, touched: Any,
    order: Any, at_first: int, free: int, counts: Any, node: Any, seconds: Any,
) -> tuple[int, int]:  # fmt: skip
    """Write the nodes and seconds of sources ``order[at_first:]``, row after row.

    Returns
    -------
    at, free
        How far it came: to the end, or to the row that finds no room; and how much
        of ``node`` and ``seconds`` is written.
    """
    for at in range(at_first, len(order)):
        source = order[at]
        begin, end = seed_ptr[source], seed_ptr[source + _ONE]
        found = _entered(
            seed_node[begin:end], seed_s[begin:end], limit_s, source, best, None,
            touched, np.uint64(0),
        )  # fmt: skip
        found = spread(
            indptr, head, cost_s, limit_s, scale, best, None, waiting_s, waiting,
            after, first, touched, found,
        )  # fmt: skip
        if not _written(touched[:found], best, free, node, seconds):
            return at, free
        counts[at] = found
        free += found
    return len(order), free


@unlocked
def paired(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    hook_ptr: Any, hook_target: Any, hook_s: Any,
    straight_ptr: Any, straight_target: Any, straight_s: Any,
    limit_s: float, scale: float, best: Any, waiting_s: Any, waiting: Any, after: Any,
    first: Any, touched: Any, least: Any, found: Any, spare: Any,
    order: Any, at_first: int, free: Any, counts: Any, target: Any, seconds: Any,
) -> tuple[int, int]:  # fmt: skip
    """As :func:`reached` for targets, which ascend in each row.

    ``straight`` are the targets of each source on its own edge.
    """
    for at in range(at_first, len(order)):
        source = order[at]
        begin, end = seed_ptr[source], seed_ptr[source + _ONE]
        nodes = _entered(
            seed_node[begin:end], seed_s[begin:end], limit_s, source, best, None,
            touched, np.uint64(0),
        )  # fmt: skip
        nodes = spread(
            indptr, head, cost_s, limit_s, scale, best, None, waiting_s, waiting,
            after, first, touched, nodes,
        )  # fmt: skip
        size = np.uint64(0)
        for near in range(straight_ptr[source], straight_ptr[source + _ONE]):
            size = _meet(
                straight_target[near], straight_s[near], limit_s, least, found, size
            )
        for one in range(nodes):
            here = touched[one]
            way = best[here]
            best[here] = np.inf
            for hook in range(hook_ptr[here], hook_ptr[here + _ONE]):
                size = _meet(
                    hook_target[hook], way + hook_s[hook], limit_s, least, found, size
                )
        _sort(found[:size], spare, np.uint32(len(least)))
        if not _written(found[:size], least, free, target, seconds):
            return at, free
        counts[at] = size
        free += size
    return len(order), free


@unlocked
def _written(names: Any, ways: Any, free: int, item: Any, seconds: Any) -> bool:
    """Write names and their ways where they fit, and make the ways infinite."""
    fits = free + len(names) <= len(item)
    for at in range(len(names)):
        if fits:
            item[free + at], seconds[free + at] = names[at], ways[names[at]]
        ways[names[at]] = np.inf
    return fits


@unlocked
def placed(
    order: Any, counts: Any, item: Any, seconds: Any, starts: Any, items: Any,
    ways: Any,
) -> None:  # fmt: skip
    """Put rows, written in some order of their sources, where they belong."""
    begin = 0
    for at in range(len(order)):
        end = begin + counts[at]
        into = starts[order[at]]
        items[into : into + counts[at]] = item[begin:end]
        ways[into : into + counts[at]] = seconds[begin:end]
        begin = end


@unlocked
def _meet(
    there: Any, way: float, limit_s: float, least: Any, found: Any, size: Any
) -> Any:
    """Note a way to a target; return how many targets were met by now."""
    old = least[there]
    less = (way <= limit_s) & (way < old)
    found[size] = there
    least[there] = way if less else old
    return size + np.uint64(less & (old == np.inf))


@unlocked
def _sort(names: Any, spare: Any, most: Any) -> None:
    """Put names up to ``most`` in order, by counting their digits when many."""
    if len(names) < _MANY:
        names.sort()
        return
    starts = np.empty(_DIGIT + 1, np.uint32)
    shift: Any = np.uint32(0)
    mask = np.uint32(_DIGIT - 1)
    while shift == 0 or most >> shift:
        starts[:] = 0
        for at in range(len(names)):
            starts[((names[at] >> shift) & mask) + _ONE] += _ONE
        for digit in range(_DIGIT):
            starts[digit + 1] += starts[digit]
        for at in range(len(names)):
            digit = (names[at] >> shift) & mask
            spare[starts[digit]] = names[at]
            starts[digit] += _ONE
        names[:] = spare[: len(names)]
        shift += _BITS


@unlocked
def nearest(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    limit_s: float, scale: float, best: Any, owner: Any, waiting_s: Any, waiting: Any,
    after: Any, first: Any, touched: Any,
) -> None:  # fmt: skip
    """Write the nearest source of each node (:data:`NONE`: none) and the seconds.

    Of equally near ones it is the first. ``best`` comes infinite, ``owner`` none.
    """
    count = np.uint64(0)
    for source in range(len(seed_ptr) - 1):
        begin, end = seed_ptr[source], seed_ptr[source + 1]
        count = _entered(
            seed_node[begin:end], seed_s[begin:end], limit_s, np.uint32(source), best,
            owner, touched, count,
        )  # fmt: skip
    spread(
        indptr, head, cost_s, limit_s, scale, best, owner, waiting_s, waiting, after,
        first, touched, count,
    )  # fmt: skip
