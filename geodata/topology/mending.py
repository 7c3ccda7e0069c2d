"""Repair what a check found: what each repair costs is told, and all can be undone.

One repair after the other, each on what those before it left. A repair that would
empty a unit, move a vertex farther or more ground than allowed, or move what is
pinned, is not done and says why. Afterwards all that changed is checked again, once:
repairs after which their finding is still there, or another one, are taken back and
those beside them done anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import GeometryError, InputError, Text
from geodata.topology.bench import Bench
from geodata.topology.mender import Job, Mender
from geodata.topology.metres import Metres
from geodata.topology.pinning import Pins
from geodata.topology.remedies import DOABLE, Task, ways
from geodata.topology.undoing import logged, undo
from geodata.topology.units import unit_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from geodata.topology.findings import Findings

__all__ = ["given_to", "preview", "repair", "undo"]


def repair(
    frame: gpd.GeoDataFrame,
    findings: Findings,
    *,
    accept: Collection[str] | None = None,
    max_shift_m: float = np.inf,
    max_area_m2: float = np.inf,
    pin: Any = None,
    to: Mapping[str, str] | None = None,
    progress: Callable[[Text], None] | None = None,
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Return the frame with accepted repairs done, and a log of each.

    Parameters
    ----------
    frame
        What was checked, in the same order; any CRS.
    findings
        What :func:`geodata.topology.check` returned for it.
    accept
        Rules (``gap``), or fingerprints, of the findings to repair; None: all that
        suggest a repair. Of two records with the same ground but other attributes
        one is dropped only where that is named.
    max_shift_m, max_area_m2
        Limits of one repair: how far a vertex, or the border, may move, and how
        much ground a unit may gain or lose.
    pin
        ``"outer"``: the outer border and every hole that is no finding stay; or
        lines (array, series or frame in the same coordinates) that stay; or a list
        of both.
    to
        By fingerprint: the unit that gets a gap or an overlap, or ``""``: of an
        overlap nobody. Else it is who has the longest border with it.
    progress
        Called with a sentence now and then.

    Returns
    -------
    tuple
        A new frame with the same rows, but for dropped duplicates, and the log: for
        each repair ``fingerprint``, ``rule``, ``kind``, ``keys``, ``done``, ``why``
        (both languages, when not done) and ``cost``: ``vertices_moved``,
        ``largest_shift_m``, and ``area_gained_m2`` and ``area_lost_m2`` by unit;
        ``removed`` names dropped rows, ``leaves`` the fingerprints of what it was
        to leave: a gap that nobody gets, the parts of a border that crossed itself.
        ``before`` and ``after`` (WKB by row) are what :func:`undo` needs.
        The log is plain JSON, in the order in which repairs were done.

    Raises
    ------
    InputError
        When a limit is no number or negative, a pin is none, or the frame is not
        the one that was checked.
    """
    _require_limits(max_shift_m=max_shift_m, max_area_m2=max_area_m2)
    _require_checked(frame, findings)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    jobs = _jobs(findings, accept, to or {})
    places = np.empty(len(jobs), dtype=object)
    places[:] = [job.task.place for job in jobs]
    metres = findings.units.metres
    mender = Mender(
        frame,
        findings,
        Bench(shapes, findings.keys, metres, places, findings.units.noise_m or 0.0),
        Pins.of(pin, shapes, findings, metres),
        (float(max_shift_m), float(max_area_m2)),
        progress or (lambda _: None),
    )
    mender.work(jobs)
    mender.prove(jobs)
    mended = mender.frame()
    order = sorted(jobs, key=lambda job: (job.turn, job.task.number))
    return mended, [logged(job, mender.bench, frame) for job in order]


def preview(
    frame: gpd.GeoDataFrame, findings: Findings, fingerprint: str, **limits: Any
) -> dict[str, Any]:
    """Return what one repair would do, without doing it.

    The log's entry, with the shapes ``before`` and ``after`` by key; None after:
    the unit is dropped.
    """
    _, log = repair(frame, findings, accept=[fingerprint], **limits)
    if not log:
        raise GeometryError(
            Text(
                f"问题 {fingerprint} 没有可自动执行的修复。",
                f"Finding {fingerprint} has no repair that can be done.",
            )
        )
    shapes = {
        name: {
            findings.keys[int(row)]: None if wkb is None else shapely.from_wkb(wkb)
            for row, wkb in log[0][name].items()
        }
        for name in ("before", "after")
    }
    return {**log[0], **shapes}


def given_to(
    shapes: gpd.GeoSeries, place: Any, among: Sequence[str], to: str
) -> gpd.GeoSeries:
    """Return the units that change when an overlap is left to one of them.

    Raises
    ------
    GeometryError
        When a unit would be left without ground, or cannot be worked with.
    """
    drawn = np.asarray(shapes.to_numpy(), dtype=object)
    where = np.empty(1, dtype=object)
    where[0] = place
    metres = Metres.of(shapes.crs, shapes.total_bounds)
    bench = Bench(drawn, [str(key) for key in shapes.index], metres, where)
    wish = {"kind": "give", "among": list(among)}
    after = next(ways(bench, Task(0, wish, place, to)))
    made: dict[int, Any] = {
        row: None if new is None else new.shape() for row, new in after.items()
    }
    bad = [
        str(shapes.index[row])
        for row, shape in made.items()
        if shape is None or shape.is_empty or not shape.is_valid
    ]
    if bad:
        raise GeometryError(
            Text(
                f"{'、'.join(bad)} 会变空或无效，未执行。",
                f"It would leave {', '.join(bad)} empty or invalid.",
            )
        )
    index = shapes.index[list(made)]
    return gpd.GeoSeries(list(made.values()), index=index, crs=shapes.crs)


def _require_limits(**limits: float) -> None:
    for name, limit in limits.items():
        if math.isnan(limit) or limit < 0:
            raise InputError(
                Text(
                    f"上限 {name} 应为不小于 0 的数，不是 {limit}。",
                    f"The limit {name} is a number not below 0, not {limit}.",
                )
            )


def _require_checked(frame: gpd.GeoDataFrame, findings: Findings) -> None:
    """Raise InputError unless rows are those that were checked, in their order."""
    rows = len(frame) == len(findings.keys)
    if rows and findings.key in frame:
        rows = tuple(unit_keys(frame[findings.key])) == findings.keys
    if not rows:
        raise InputError(
            Text(
                "要修复的图层不是检查过的图层：单元或次序不同。",
                "The layer to repair is not the one that was checked: its units, or "
                "their order, differ.",
            ),
            Text("请先检查这个图层。", "Check this layer first."),
        )


def _jobs(
    findings: Findings, accept: Collection[str] | None, to: Mapping[str, str]
) -> list[Job]:
    """Return the repairs to do, in order."""
    table = findings.frame
    columns = ("rule", "fingerprint", "participants", "repair")
    wanted = [
        (DOABLE.index(repair["kind"]), rule, mark, who, repair, place)
        for rule, mark, who, repair, place in zip(
            *(table[name].tolist() for name in columns),
            table.geometry.to_numpy(),
            strict=True,
        )
        if repair
        and repair["kind"] in DOABLE
        and (accept is None or rule in accept or mark in accept)
    ]
    wanted.sort(key=lambda row: row[0])
    jobs = []
    for number, (_, rule, mark, who, repair, place) in enumerate(wanted):
        task = Task(number, repair, place, to.get(mark, repair.get("to")))
        entry = {
            "fingerprint": mark,
            "rule": rule,
            "kind": repair["kind"],
            "keys": list(who),
            "done": False,
            "why": None,
            "cost": {},
            "leaves": [],
        }
        jobs.append(Job(task, entry, explicit=accept is not None))
    return jobs
