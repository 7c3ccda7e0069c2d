"""The borders of some units as lines that can be edited, each stored once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import LimitError, Text
from geodata.topology import measure
from geodata.topology.weave import name_of, weave

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from geodata.topology.weave import Coordinates, Weave

MOST_VERTICES = 20_000
"""Vertices that one answer carries, and that one edit may."""


@dataclass(frozen=True)
class Border:
    """A line with the same units to its left and right throughout."""

    id: str
    coordinates: Coordinates
    """Degrees, both ends included; equal ends for a ring without junction."""
    left: dict[int, list[str]]
    """Keys of the units to the left, by level."""
    right: dict[int, list[str]]
    shared: bool
    """False on the outer border, and where a neighbour's vertices differ."""
    ends: tuple[list[str], list[str]]
    """The units that meet at each end; a moved end moves them all."""
    own: bool
    """It is a border of a unit asked for, not only near one."""

    def to_dict(self) -> dict[str, Any]:
        """Return the border as JSON."""
        return {
            "id": self.id,
            "coordinates": self.coordinates.tolist(),
            "left": {str(level): keys for level, keys in self.left.items()},
            "right": {str(level): keys for level, keys in self.right.items()},
            "shared": self.shared,
            "ends": list(self.ends),
            "own": self.own,
            "length_m": length_m(self.coordinates),
        }


def woven(frame: gpd.GeoDataFrame) -> Weave:
    """Return a frame with ``level`` as arcs; its polygons must be valid."""
    levels = frame["level"] if "level" in frame else [0] * len(frame)
    return weave(frame.geometry.to_numpy(), map(str, frame.index), levels)


def borders_near(
    frame: gpd.GeoDataFrame, units: Collection[str], *, most: int = MOST_VERTICES
) -> list[Border]:
    """Return the borders of units, then those of the units they meet.

    Parameters
    ----------
    frame
        The units with all that lies around them, indexed by key, in degrees, with
        ``level``; see :func:`geodata.topology.weave.weave`.
    units
        Keys of those to be edited; their borders always come whole.
    most
        Vertices at most; the neighbours' borders are left out when they would
        pass it.

    Raises
    ------
    LimitError
        When the units' own borders have more vertices.
    """
    threads = woven(frame)
    place = threads.place
    wanted = [place[key] for key in units if key in place]
    own = list(dict.fromkeys(arc for unit in wanted for arc in threads.arcs_of(unit)))
    count = sum(len(threads.arcs[arc]) for arc in own)
    if count > most:
        raise LimitError(
            Text(
                f"界线有 {count} 个顶点，超过在线编辑的上限 {most} 个。",
                f"The borders have {count} vertices; editing here ends at {most}.",
            ),
            Text("请改用文件导入。", "Import a file instead."),
            setting="editing.vertices",
        )
    meeting = {unit for arc in own for unit in threads.beside(arc)} - set(wanted)
    near = {arc for unit in meeting for arc in threads.arcs_of(unit)} - set(own)
    if count + sum(len(threads.arcs[arc]) for arc in near) > most:
        near = set()
    meet = _meeting(threads)
    chosen = [(arc, True) for arc in own] + [(arc, False) for arc in sorted(near)]
    return [_border(threads, arc, meet, own=mine) for arc, mine in chosen]


def length_m(line: Coordinates) -> float:
    """Return the length of a line in metres."""
    step = np.diff(line, axis=0) * measure.metres_per_degree(
        (line[1:, 1] + line[:-1, 1]) / 2
    )
    return float(np.hypot(step[:, 0], step[:, 1]).sum())


def _border(
    threads: Weave, arc: int, meet: dict[tuple[float, float], set[int]], *, own: bool
) -> Border:
    line = threads.arcs[arc]
    first, last = (
        sorted(threads.keys[unit] for unit in meet[tuple(line[at].tolist())])
        for at in (0, -1)
    )
    return Border(
        id=name_of(line),
        coordinates=line,
        left=_by_level(threads, threads.left[arc]),
        right=_by_level(threads, threads.right[arc]),
        shared=threads.is_shared(arc),
        ends=(first, last),
        own=own,
    )


def _by_level(threads: Weave, units: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for unit in sorted(units):
        found.setdefault(threads.levels[unit], []).append(threads.keys[unit])
    return dict(sorted(found.items()))


def _meeting(threads: Weave) -> dict[tuple[float, float], set[int]]:
    """Return the units at each end of an arc."""
    found: dict[tuple[float, float], set[int]] = {}
    for arc, line in enumerate(threads.arcs):
        for at in (0, -1):
            place = tuple(line[at].tolist())
            found.setdefault(place, set()).update(threads.beside(arc))
    return found
