"""A check that runs over several processes here, or over machines by Dask.

The parts of a level are looked at by whoever is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.topology.check import Asked
from geodata.topology.merging import merge
from geodata.topology.partition import MOST_VERTICES, Layer, check_part, partition
from geodata.topology.sizes import USUAL, Sizes
from geodata.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geodata.topology.findings import Findings
    from geodata.topology.partition import Part


def check_apart(
    frame: Any,
    *,
    key: str,
    workers: Workers,
    most_vertices: int = MOST_VERTICES,
    parent: Any = None,
    lines: Any = None,
    exceptions: Iterable[str] = (),
    tolerance_m: float = 0.05,
    sizes: Sizes = USUAL,
    names: Mapping[str, str] | None = None,
) -> Findings:
    """Return what :func:`geodata.topology.check` returns, by several workers.

    Parameters
    ----------
    workers
        :class:`Processes` of this machine, or those of :class:`Dask`.
    most_vertices
        How large a part is at most, which bounds the memory of a worker.
    """
    asked = Asked(key, parent, lines, frozenset(exceptions), tolerance_m, sizes, names)
    layer = Layer(frame, asked)
    rows = partition(layer, workers.count, most_vertices)
    seen = workers.look(check_part, [_later(layer, mine) for mine in rows])
    return merge(
        layer, seen, lambda parts: workers.look(check_part, [_given(p) for p in parts])
    )


def _later(layer: Layer, rows: Any) -> Callable[[], Part]:
    return lambda: layer.part(rows)


def _given(part: Part) -> Callable[[], Part]:
    return lambda: part
