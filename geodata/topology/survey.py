"""What is wrong with single units, and the rings that a check goes on with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.findings import Place
from geodata.topology.kernels import boxes, simple, tidying, wkb
from geodata.topology.soundness import MAX_CROSSINGS, crossings, repairable, repaired
from geodata.topology.units import Rings, rings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.units import Units

SPIKE_DEGREES = 0.01
"""A vertex at which a ring turns back by less than this angle is a spike."""
ROOM = 4096
"""Vertices kept free, besides a share of all, for the rings of repaired units."""
BROKEN = ("Hole lies outside", "Nested holes", "Nested shells", "Duplicate Rings")
"""How GEOS begins to tell of rings that are wrong but cross nothing."""
REASON = re.compile(r"\[(?P<x>\S+) (?P<y>\S+)\]$")


@dataclass(frozen=True)
class Survey:
    """Tidy rings of the usable units (interior to the left), and what was found.

    ``skip`` marks rings that take no part: those of units that cannot be used, and
    those of invalid units, which take part with repaired rings at the end.
    ``area`` is the area of every unit in square units of the coordinates;
    ``turned`` how many rings run clockwise, holes the other way, and how many not.
    """

    rings: Rings
    skip: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    repaired: dict[int, Any]
    area: NDArray[np.float64]
    places: list[Place]
    turned: tuple[int, int] = (0, 0)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north of every usable unit, NaN for others."""
        rings = self.rings
        asked = rings.xy, rings.start, rings.unit, self.skip, len(self.area)
        return np.asarray(boxes.of_rings(*asked))

    @cached_property
    def packed(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The boxes as a tree."""
        order, tree = boxes.packed(self.boxes)
        return order, tree


def survey(units: Units) -> Survey:
    """Look at every unit by itself."""
    raw, count = units.rings, len(units)
    room = np.empty((len(raw.xy) + len(raw.xy) // 16 + ROOM, 2))
    tidy = tidying.tidy(raw.xy, raw.start, raw.hole, room)
    start, state, repeated, first, turned, area = tidy
    xy = room[: start[-1]]
    keys = units.keys
    places = _unusable(units)
    usable = units.kind == wkb.POLYGONS
    odd = np.unique(raw.unit[state == tidying.NOT_FINITE])
    usable[odd] = False
    places += [_not_finite(units, row) for row in odd.tolist()]
    few = state == tidying.TOO_FEW
    places += [_too_few(raw, ring, keys) for ring in _each(raw.unit, few)]
    places += _repeated(raw, repeated, first, keys)
    doubt = simple.doubtful(xy, start)
    rings_of_unit = np.bincount(raw.unit, minlength=count)
    doubtful = np.bincount(raw.unit[doubt], minlength=count) > 0
    flat = np.bincount(raw.unit[~few], minlength=count) == 0
    asked = np.flatnonzero(usable & ((rings_of_unit > 1) | doubtful) & ~flat)
    shapes = units.shapes(asked)
    valid = shapely.is_valid(shapes)
    spiky = np.zeros(count, bool)
    fixed: dict[int, Any] = {}
    tips = _spikes(xy, start, raw.unit, doubt, units)
    for row, shape in zip(asked[~valid].tolist(), shapes[~valid], strict=True):
        found, sound = _invalid(keys[row], row, shape, tips)
        places += found
        if sound is None:
            usable[row] = False
        else:
            fixed[row] = sound
        spiky[row] = True
    for row, tip in tips.items():
        if not spiky[row]:
            places.append(_place("spike", keys[row], shapely.Point(tip)))
    places += _orientation(units, turned, state, usable)
    usable[flat & (units.kind == wkb.POLYGONS)] = False
    skip = ~usable[raw.unit]
    skip[np.isin(raw.unit, np.array(list(fixed), np.int32))] = True
    rings = Rings(xy, start, raw.unit, raw.hole)
    if fixed:
        rings, area, skip = _with(rings, area, skip, fixed, room)
    halves = _left(rings, area)[~skip] / 2
    mine = np.bincount(rings.unit[~skip], weights=halves, minlength=count)
    total = np.asarray(mine, dtype=float)
    fine = state == tidying.FINE
    back = int((turned & fine).sum())
    run = back, int(fine.sum()) - back
    return Survey(rings, skip, usable, fixed, total, places, run)


def _with(
    rings: Rings,
    area: NDArray[np.float64],
    skip: NDArray[np.bool_],
    fixed: dict[int, Any],
    room: NDArray[np.float64],
) -> tuple[Rings, NDArray[np.float64], NDArray[np.bool_]]:
    """Add the rings of repaired units at the end, where there may be room."""
    rows = np.array(list(fixed), np.int32)
    more, _ = rings_of(np.array([*fixed.values(), None], dtype=object)[:-1])
    used = len(rings.xy)
    if len(room) < used + len(more.xy):
        room = np.concatenate([rings.xy, np.empty_like(more.xy)])
    tidy = tidying.tidy(more.xy, more.start, more.hole, room[used:])
    start, state, _, _, _, its = tidy
    both = Rings(
        room[: used + start[-1]],
        np.concatenate([rings.start, start[1:] + rings.start[-1]]),
        np.concatenate([rings.unit, rows[more.unit]]),
        np.concatenate([rings.hole, more.hole]),
    )
    return (
        both,
        np.concatenate([area, its]),
        np.concatenate([skip, state != tidying.FINE]),
    )


def _left(rings: Rings, area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ring areas with the sign of their role."""
    return np.where(rings.hole, -np.abs(area), np.abs(area))


def _place(rule: str, key: str, geometry: Any, **detail: Any) -> Place:
    record = None
    if rule in ("self_crossing", "spike", "too_few_points"):
        record = {"kind": "make_valid", "unit": key, "among": [key]}
    return Place(rule, (key,), geometry, repair=record, detail=detail)


def _unusable(units: Units) -> list[Place]:
    """Report rows without a polygon."""
    places = []
    for row in np.flatnonzero(units.kind != wkb.POLYGONS).tolist():
        shape = units.shapes([row])[0]
        empty = units.kind[row] == wkb.EMPTY
        places.append(
            Place(
                "unusable",
                (units.keys[row],),
                None if empty else shapely.centroid(shape),
                detail={
                    "why_zh": "没有图形" if empty else "不是面",
                    "why_en": "it is empty" if empty else "it is no polygon",
                },
            )
        )
    return places


def _each(unit: NDArray[np.int32], chosen: NDArray[np.bool_]) -> list[int]:
    """Return the first chosen ring of every unit."""
    rings = np.flatnonzero(chosen)
    first = np.unique(unit[rings], return_index=True)[1]
    return [int(ring) for ring in rings[first]]


def _not_finite(units: Units, row: int) -> Place:
    """Say where the last good vertex before the first bad one is."""
    rings = units.rings
    mine = np.flatnonzero(rings.unit == row)
    xy = np.concatenate([rings.xy[rings.start[r] : rings.start[r + 1]] for r in mine])
    bad = ~np.isfinite(xy).all(axis=1)
    good = np.flatnonzero(~bad)
    near = (
        good[max(int(np.searchsorted(good, int(np.argmax(bad)))) - 1, 0)]
        if len(good)
        else 0
    )
    where = shapely.Point(xy[near]) if len(good) else None
    return _place("not_finite", units.keys[row], where, count=int(bad.sum()))


def _too_few(raw: Rings, ring: int, keys: tuple[str, ...]) -> Place:
    where = raw.xy[raw.start[ring]] if raw.start[ring + 1] > raw.start[ring] else None
    point = shapely.Point(where) if where is not None else None
    return _place("too_few_points", keys[raw.unit[ring]], point)


def _repeated(
    raw: Rings,
    repeated: NDArray[np.int32],
    first: NDArray[np.int64],
    keys: tuple[str, ...],
) -> list[Place]:
    """Report units that draw vertices twice in a row."""
    rings = np.flatnonzero(repeated)
    rows, at = np.unique(raw.unit[rings], return_index=True)
    many = np.bincount(raw.unit[rings], weights=repeated[rings])
    return [
        Place(
            "repeated_point",
            (keys[row],),
            shapely.Point(raw.xy[first[rings[place]]]),
            repair={"kind": "drop_repeated", "unit": keys[row], "among": [keys[row]]},
            detail={"count": int(many[row])},
        )
        for row, place in zip(rows.tolist(), at.tolist(), strict=True)
    ]


def _orientation(
    units: Units,
    turned: NDArray[np.bool_],
    state: NDArray[np.uint8],
    usable: NDArray[np.bool_],
) -> list[Place]:
    """Report usable units' rings that turn otherwise than most of the layer's."""
    fine = state == tidying.FINE
    raw, keys = units.rings, units.keys
    if units.usual is None:
        units.usual = bool(turned[fine].mean() > 0.5) if fine.any() else False
    places = []
    odd = fine & (turned != units.usual) & usable[raw.unit]
    for ring in _each(raw.unit, odd):
        key = keys[raw.unit[ring]]
        places.append(
            Place(
                "orientation",
                (key,),
                shapely.Point(raw.xy[raw.start[ring]]),
                repair={
                    "kind": "orient",
                    "unit": key,
                    "clockwise": units.usual,
                    "among": [key],
                },
            )
        )
    return places


def _spikes(
    xy: NDArray[np.float64],
    start: NDArray[np.int64],
    unit: NDArray[np.int32],
    doubt: NDArray[np.bool_],
    units: Units,
) -> dict[int, NDArray[np.float64]]:
    """Return by unit the first vertex at which a ring turns back on itself."""
    tips: dict[int, NDArray[np.float64]] = {}
    for ring in np.flatnonzero(doubt).tolist():  # few
        line = xy[start[ring] : start[ring + 1] - 1]
        scale = units.metres.scale(line[:1])
        back = (np.roll(line, 1, axis=0) - line) * scale
        ahead = (np.roll(line, -1, axis=0) - line) * scale
        dot = (back * ahead).sum(axis=1)
        cross = back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0]
        turned = (dot > 0) & (np.abs(cross) <= np.radians(SPIKE_DEGREES) * dot)
        if turned.any():
            tips.setdefault(int(unit[ring]), line[int(np.argmax(turned))])
    return tips


def _invalid(
    key: str, row: int, shape: Any, tips: dict[int, NDArray[np.float64]]
) -> tuple[list[Place], Any]:
    """Return what to say about an invalid unit, and a sound copy or None."""
    reason = shapely.is_valid_reason(shape)
    said = REASON.search(reason)
    point = shapely.Point(float(said["x"]), float(said["y"])) if said else None
    if not repairable(shape):
        place = Place(
            "unusable",
            (key,),
            point,
            detail={
                "why_zh": f"边界自相交超过 {MAX_CROSSINGS} 处",
                "why_en": f"its border crosses itself over {MAX_CROSSINGS} times",
            },
        )
        return [place], None
    sound = repaired(shape)
    places = []
    if row in tips:
        places.append(_place("spike", key, shapely.Point(tips[row])))
    told = row in tips or reason.startswith("Too few points")
    if not told or crossings(shape) > 0:
        what = next((word for word in BROKEN if reason.startswith(word)), "crossing")
        places.append(_place("self_crossing", key, point, what=what))
    return places, None if sound.is_empty else sound
