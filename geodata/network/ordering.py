"""Networks whose arrays keep neighbours together, so that a search stays in cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.engine import engine
from geodata.network.graph import STREET, Network

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geodata.network.graph import Ints


def morton_order(xy: npt.ArrayLike) -> Ints:
    """Return the order of (n, 2) positions along the Z curve."""
    positions = np.ascontiguousarray(xy, np.float64)
    order: Ints = engine(len(positions) * 2e-7).morton_order(positions)
    return order


def straight(
    nodes: npt.ArrayLike,
    tail: npt.ArrayLike,
    head: npt.ArrayLike,
    *,
    crs: str,
    length_m: npt.ArrayLike | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Network:
    """Return a network of straight streets between nodes, in Morton order.

    Parameters
    ----------
    nodes
        (n, 2) plane metres of ``crs``, in any order.
    tail, head
        (m,) nodes at the ends of each edge.
    length_m
        (m,) lengths; the straight distance when left out.
    """
    xy = np.ascontiguousarray(nodes, np.float64)
    order = morton_order(xy)
    place = np.empty(len(xy), np.int32)
    place[order] = np.arange(len(xy), dtype=np.int32)
    xy = xy[order]
    begin, end = place[np.asarray(tail)], place[np.asarray(head)]
    by_tail = np.argsort(begin, kind="stable")
    begin, end = begin[by_tail], end[by_tail]
    if length_m is None:
        length = np.hypot(*(xy[end] - xy[begin]).T)
    else:
        length = np.asarray(length_m, np.float64)[by_tail]
    count = len(begin)
    return Network(
        nodes=xy,
        tail=begin,
        head=end,
        length_m=length,
        delay_s=np.zeros(count),
        oneway=np.zeros(count, np.int8),
        kind=np.full(count, STREET, np.int8),
        coords=xy[np.column_stack([begin, end]).ravel()],
        offsets=np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        crs=crs,
        meta=dict(meta or {}),
    )
