"""Repair what a check found: what each repair costs is told, and all can be undone.

One repair after the other, each on what those before it left. A repair that would
empty or break a unit, move a vertex farther or more ground than allowed, or move
what is pinned, is not done and says why. Afterwards the layer is checked again:
repairs whose units have findings they did not have before are taken back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import ConflictError, GeometryError, Text
from geodata.topology.check import check
from geodata.topology.metres import Metres
from geodata.topology.pinning import Pins
from geodata.topology.remedies import DOABLE, Bench, after_repair

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd

    from geodata.topology.findings import Findings

ROUNDS = 4
"""Of checking again after taking back repairs that made something worse."""
BLOCKING = ("error", "warning")


@dataclass
class _Job:
    """One repair: what it did to which rows."""

    entry: dict[str, Any]
    place: Any = None
    before: dict[int, Any] = field(default_factory=dict)
    after: dict[int, Any] = field(default_factory=dict)


def repair(
    frame: gpd.GeoDataFrame,
    findings: Findings,
    *,
    accept: Collection[str] | None = None,
    max_shift_m: float = np.inf,
    max_area_m2: float = np.inf,
    pin: Any = None,
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
        suggest a repair. Which of two duplicates goes, and where the middle of two
        drawings lies, is for a person.
    max_shift_m, max_area_m2
        Limits of one repair: how far a vertex, or the border, may move, and how
        much ground a unit may gain or lose.
    pin
        ``"outer"``: the outer border and every hole that is no finding stay; or
        lines (array, series or frame in the same coordinates) that stay.

    Returns
    -------
    tuple
        A new frame with the same rows, and the log: for each repair ``fingerprint``,
        ``rule``, ``kind``, ``keys``, ``done``, ``why`` (both languages, when not
        done) and ``cost``: ``vertices_moved``, ``largest_shift_m``, and
        ``area_gained_m2`` and ``area_lost_m2`` by unit.
        ``before`` and ``after`` (WKB and its hash, by row) are what :func:`undo`
        needs. The log is plain JSON.
    """
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    metres = Metres.of(frame.crs, frame.total_bounds)
    bench = Bench(shapes, findings.keys, metres)
    pins = Pins.of(pin, frame, findings, metres)
    jobs = [
        _done(bench, wanted, pins, max_shift_m, max_area_m2)
        for wanted in _wanted(findings, accept)
    ]
    for _ in range(ROUNDS):
        if not _take_back(bench, jobs, _with(frame, bench.shapes), findings):
            break
    else:
        for job in reversed(jobs):  # one may stand on what another left
            _undone(bench, job)
    return _with(frame, bench.shapes), [_logged(job) for job in jobs]


def preview(
    frame: gpd.GeoDataFrame, findings: Findings, fingerprint: str, **limits: Any
) -> dict[str, Any]:
    """Return what one repair would do, without doing it.

    The log's entry, with the shapes ``before`` and ``after`` by key.
    """
    mended, log = repair(frame, findings, accept=[fingerprint], **limits)
    if not log:
        raise GeometryError(
            Text(
                f"问题 {fingerprint} 没有可自动执行的修复。",
                f"Finding {fingerprint} has no repair that can be done.",
            )
        )
    rows = [int(row) for row in log[0]["before"]]
    shapes = {
        name: {findings.keys[row]: each.geometry.iloc[row] for row in rows}
        for name, each in (("before", frame), ("after", mended))
    }
    return {**log[0], **shapes}


def undo(frame: gpd.GeoDataFrame, log: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Return the frame as it was before the repairs of a log, to the bit.

    Raises
    ------
    ConflictError
        When a unit was changed since, naming it; nothing is undone then.
    """
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    for entry in reversed(log):
        for row, mark in entry["after"].items():
            if int(row) >= len(shapes) or _mark(shapes[int(row)]) != mark:
                raise _changed_since(entry)
        for row, wkb in entry["before"].items():
            shapes[int(row)] = shapely.from_wkb(wkb)
    return _with(frame, shapes)


def _wanted(findings: Findings, accept: Collection[str] | None) -> list[Any]:
    """Return the findings to repair, in the order repairs are done."""
    table = findings.frame
    every: Any = table.itertuples(index=False)
    rows = [
        row
        for row in every
        if row.repair
        and row.repair["kind"] in DOABLE
        and (accept is None or row.rule in accept or row.fingerprint in accept)
    ]
    return sorted(rows, key=lambda row: DOABLE.index(row.repair["kind"]))


def _done(
    bench: Bench, wanted: Any, pins: Pins, max_shift_m: float, max_area_m2: float
) -> _Job:
    """Do one repair on the bench, unless something speaks against it."""
    entry: dict[str, Any] = {
        "fingerprint": wanted.fingerprint,
        "rule": wanted.rule,
        "kind": wanted.repair["kind"],
        "keys": list(wanted.participants),
        "done": False,
        "why": None,
        "cost": {},
    }
    job = _Job(entry, wanted.geometry)
    try:
        after = after_repair(bench, wanted.repair, wanted.geometry)
        bench.require_sound(after)
        cost = bench.cost(after)
        entry["cost"] = cost
        _require_within(cost, max_shift_m, max_area_m2)
        pins.require_kept(bench, after)
    except GeometryError as error:
        entry["why"] = error.message._asdict()
        return job
    job.before = {row: bench.shapes[row] for row in after}
    job.after = after
    bench.put(after)
    entry["done"] = True
    return job


def _require_within(
    cost: Mapping[str, Any], max_shift_m: float, max_area_m2: float
) -> None:
    shift = cost["largest_shift_m"]
    if shift > max_shift_m:
        raise GeometryError(
            Text(
                f"界线将移动 {shift:.2f} 米，超过上限 {max_shift_m:g} 米。",
                f"The border would move {shift:.2f} m; the limit is {max_shift_m:g} m.",
            )
        )
    moved = [*cost["area_gained_m2"].values(), *cost["area_lost_m2"].values()]
    if max(moved, default=0.0) > max_area_m2:
        raise GeometryError(
            Text(
                f"面积将变动 {max(moved):.1f} 平方米，超过上限 {max_area_m2:g}。",
                f"{max(moved):.1f} m² would move; the limit is {max_area_m2:g} m².",
            )
        )


def _take_back(
    bench: Bench, jobs: list[_Job], mended: gpd.GeoDataFrame, findings: Findings
) -> bool:
    """Take back repairs that made something worse; return whether any did."""
    done = [job for job in jobs if job.entry["done"]]
    if not done:
        return False
    again = check(
        mended[[mended.geometry.name]].assign(key=list(findings.keys)),
        key="key",
        exceptions=findings.exceptions,
        tolerance_m=findings.tolerance_m,
    ).frame
    fresh = ~again["fingerprint"].isin(list(findings.frame["fingerprint"]))
    worse = again[fresh & again["severity"].isin(BLOCKING)]
    still = dict(zip(again["fingerprint"], again.geometry, strict=True))
    taken = [
        at
        for at, job in enumerate(done)
        if _remains(bench, job, still) or _worsened(bench, job, worse)
    ]
    if not taken:
        return False
    # What was done to the same units afterwards stands on it: back with it.
    rows: set[int] = set()
    back = []
    for at in range(taken[0], len(done)):
        if at in taken or rows & set(done[at].after):
            rows |= set(done[at].after)
            back.append(done[at])
    for job in reversed(back):
        _undone(bench, job)
    return True


def _remains(bench: Bench, job: _Job, still: Mapping[str, Any]) -> bool:
    """Return whether a finding is still there after its repair.

    Of several between the same units in one cell the next takes over its name.
    """
    mark = job.entry["fingerprint"]
    if mark not in still:
        return False
    place = still[mark]
    return job.place is None or place is None or bench.near(job.place, place)


def _worsened(bench: Bench, job: _Job, worse: gpd.GeoDataFrame) -> bool:
    """Return whether a new finding concerns a repair's units, at its place."""
    names = {bench.keys[row] for row in job.after}
    for who, place in zip(worse["participants"], worse.geometry, strict=True):
        if names & set(who) and bench.near(job.place, place):
            return True
    return False


def _undone(bench: Bench, job: _Job) -> None:
    if not job.entry["done"]:
        return
    bench.put(job.before)
    job.before, job.after = {}, {}
    job.entry |= {"done": False, "why": _WORSE._asdict()}


def _with(frame: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    column = type(frame.geometry)(shapes.copy(), index=frame.index, crs=frame.crs)
    return frame.set_geometry(column)


def _logged(job: _Job) -> dict[str, Any]:
    """Return the log's entry, with what it takes to undo it."""
    before = {
        str(row): shapely.to_wkb(shape, hex=True) for row, shape in job.before.items()
    }
    after = {str(row): _mark(shape) for row, shape in job.after.items()}
    return {**job.entry, "before": before, "after": after}


def _mark(shape: Any) -> str:
    """Return a name for the bits of a shape, as one part or as a polygon alike."""
    if shapely.get_type_id(shape) == shapely.GeometryType.POLYGON:
        shape = shapely.multipolygons([shape])
    return hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:32]


def _changed_since(entry: Mapping[str, Any]) -> ConflictError:
    names = "、".join(map(str, entry["keys"]))
    return ConflictError(
        Text(
            f"{names} 在修复之后又有改动，不能撤销。",
            f"{names} changed after the repair, which cannot be undone.",
        ),
        Text("请用修复后写出的文件。", "Undo it on the file that the repair wrote."),
    )


_WORSE = Text(
    "修复后会出现新的问题，未执行。",
    "It would not remove the finding, or cause another; it was not done.",
)
