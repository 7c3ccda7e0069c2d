"""A level in parts, each looked at by itself, with all that the others must know.

A halo of neighbours would be a guess: nothing says how far a conflict reaches. A
part sends instead the edges of its units that no other unit *of the part* draws
backwards. Those are its border with the parts beside it and its conflicts, little
beside the part itself; cancelled against those of the other parts they are exactly
the edges that a check of the whole level is left with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from geodata.topology.alone import Alone
from geodata.topology.check import above_of
from geodata.topology.coverage import unmatched
from geodata.topology.metres import Metres
from geodata.topology.nested import differing, superiors
from geodata.topology.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geodata.topology.check import Asked
    from geodata.topology.findings import Place

MOST_VERTICES = 1_000_000
"""Vertices of a part at most, unless one unit alone has more."""
BYTES = 16
"""A vertex takes this much in WKB."""
FIRST = {3: 13, 6: 22}
"""Where the first vertex of a WKB polygon and multipolygon lies."""


@dataclass(frozen=True)
class Part:
    """Some units of a level, as another process gets them.

    ``rows`` are their places in the level, ``table`` their names and WKB; ``family``
    the row of each one's superior, -1 for none. ``usual`` is which way rings of the
    level turn, once that is known, and ``without`` the rows to leave out.
    """

    rows: NDArray[np.intp]
    table: pa.Table
    crs: Any
    metres: Metres
    usual: bool | None = None
    without: tuple[int, ...] = ()
    family: NDArray[np.intp] | None = None

    def units(self) -> Units:
        """Return the units, measured as the whole level is."""
        made = Units(self.table, "name")
        made.crs, made.usual = self.crs, self.usual
        made.__dict__["metres"] = self.metres
        return made


@dataclass(frozen=True)
class Runs:
    """Edges without a reverse within a part, as lines: its borders and conflicts.

    ``start`` has one entry more than there are lines. ``row`` is the unit that draws
    each, ``late`` says that it is a repaired shape of it: those come last.
    """

    xy: NDArray[np.float64]
    start: NDArray[np.int64]
    row: NDArray[np.int32]
    late: NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """What a part has to say; ``usable``, ``area`` and ``boxes`` by row of the part.

    ``boxes`` are those of the usable units, ``lost`` of the others; ``turned`` counts
    the rings that run one way and the other; ``crowded`` are the places of units that
    were left out on demand; ``family`` are edges without a reverse among the units of
    one superior.
    """

    rows: NDArray[np.intp]
    usual: bool
    turned: tuple[int, int]
    bounds: NDArray[np.float64]
    vertices: int
    usable: NDArray[np.bool_]
    area: NDArray[np.float64]
    boxes: NDArray[np.float64]
    repaired: dict[int, bytes]
    lost: list[bytes | None]
    places: list[Place]
    multiparts: list[Place]
    crowded: list[Place]
    left: Runs
    family: Runs | None = None


class Layer:
    """A level of which other processes get parts, and what is asked about it."""

    def __init__(self, frame: Any, asked: Asked) -> None:
        self.frame, self.asked = frame, asked
        self.units = Units(frame, asked.key)
        if self.units.crs is not None:  # bounds would be read for nothing
            self.units.__dict__["metres"] = Metres.of(self.units.crs, np.zeros(4))
        above, given = above_of(frame, asked)
        self.whose = (
            np.full(len(self.units), -1, np.intp)
            if above is None
            else superiors(self.units, above, given)
        )

    def part(
        self,
        rows: NDArray[np.intp],
        usual: bool | None = None,  # noqa: FBT001 - which way, not whether
        without: tuple[int, ...] = (),
    ) -> Part:
        """Return some units as another process gets them."""
        units, keys = self.units, self.units.keys
        if units.wkb is None:
            wkb = pa.array(shapely.to_wkb(units.shapes(rows)), pa.large_binary())
        else:
            wkb = units.wkb.take(pa.array(rows))
        names = [keys[row] for row in rows.tolist()]
        table = pa.table({"name": names, "geometry": wkb})
        family = None if self.asked.parent is None else self.whose[rows]
        return Part(rows, table, units.crs, units.metres, usual, without, family)


def partition(
    layer: Layer, parts: int, most_vertices: int = MOST_VERTICES
) -> list[NDArray[np.intp]]:
    """Return the rows of each part: compact on the ground, alike in vertices.

    What is too large is halved across its longer side; no part has more than
    ``most_vertices`` by much but for a unit that has.
    """
    at, size = _places(layer.units)
    parts = max(parts, int(np.ceil(size.sum() / most_vertices)))
    rows = np.arange(len(layer.units))
    return [np.sort(part) for part in _halved(rows, at, size, parts) if len(part)]


def _halved(
    rows: NDArray[np.intp], at: NDArray[np.float64], size: NDArray[Any], parts: int
) -> Iterator[NDArray[np.intp]]:
    if parts <= 1 or len(rows) < 2:
        yield rows
        return
    here = at[rows]
    axis = int(np.argmax(here.max(axis=0) - here.min(axis=0)))
    rows = rows[np.argsort(here[:, axis], kind="stable")]
    one = parts // 2
    total = np.cumsum(size[rows])
    cut = int(np.searchsorted(total, total[-1] * one / parts, side="right"))
    cut = min(max(cut, 1), len(rows) - 1)
    yield from _halved(rows[:cut], at, size, one)
    yield from _halved(rows[cut:], at, size, parts - one)


def _places(units: Units) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return about where every unit is, and about how many vertices it has."""
    if units.wkb is None:
        box = units.boxes
        at = (box[:, :2] + box[:, 2:]) / 2
        size = shapely.get_num_coordinates(units.shapes()).astype(float)
    else:
        at, size = _peeked(units.wkb)
    return np.where(np.isfinite(at), at, 0.0), size


def _peeked(wkb: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first vertex of every record, NaN where that is not plain."""
    large = pa.types.is_large_binary(wkb.type)
    buffers = wkb.buffers()
    offsets = np.frombuffer(buffers[1], np.int64 if large else np.int32)
    offsets = offsets[wkb.offset : wkb.offset + len(wkb) + 1].astype(np.int64)
    data = np.frombuffer(buffers[2] or b"\0", np.uint8)
    size = np.diff(offsets)
    at = np.full((len(wkb), 2), np.nan)
    long = np.flatnonzero(size >= max(FIRST.values()) + BYTES)
    begin = offsets[long]
    little = data[begin] == 1
    for kind, skip in FIRST.items():
        mine = little & (data[begin + 1] == kind)
        place = begin[mine][:, None] + skip + np.arange(BYTES)
        at[long[mine]] = data[place].view(np.float64)
    return at, size / BYTES


def check_part(part: Part) -> Seen:
    """Look at some units of a level by themselves."""
    units = part.units()
    looked = Alone(units)
    crowded: list[Place] = []
    if part.without:
        crowded = looked.leave_out(
            np.flatnonzero(np.isin(part.rows, np.array(part.without)))
        )
    seen = looked.survey
    last = len(units.rings.start) - 1
    edge, _ = unmatched(seen)
    left = _runs(seen.rings, edge, part.rows, last)
    family = None
    if part.family is not None:
        whose = np.where(seen.skip, -1, part.family[seen.rings.unit])
        edge, _ = differing(seen.rings, whose.astype(np.int64))
        family = _runs(seen.rings, edge, part.rows, last)
    rows = part.rows.tolist()
    return Seen(
        rows=part.rows,
        usual=bool(units.usual),
        turned=seen.turned,
        bounds=units.bounds,
        vertices=units.vertices,
        usable=seen.usable,
        area=seen.area,
        boxes=seen.boxes,
        repaired={
            rows[row]: shapely.to_wkb(shape) for row, shape in seen.repaired.items()
        },
        lost=[None if box is None else shapely.to_wkb(box) for box in looked.lost()],
        places=seen.places,
        multiparts=looked.multiparts(),
        crowded=crowded,
        left=left,
        family=family,
    )


def _runs(
    rings: Any, edge: NDArray[np.intp], rows: NDArray[np.intp], last: int
) -> Runs:
    """Return edges as lines; rings from number ``last`` on are repaired ones."""
    new = np.ones(len(edge), bool)
    new[1:] = np.diff(edge) != 1
    begin = np.flatnonzero(new)
    first = edge[begin]
    size = np.diff(np.append(begin, len(edge))) + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    within = np.arange(start[-1]) - np.repeat(start[:-1], size)
    xy = rings.xy[np.repeat(first, size) + within]
    ring = np.searchsorted(rings.start, first, side="right") - 1
    row = rows[rings.unit[ring]].astype(np.int32)
    return Runs(xy, start, row, ring >= last)
