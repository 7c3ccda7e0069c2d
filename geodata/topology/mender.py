"""Does repairs one after the other, and takes back those that do harm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from shapely.errors import GEOSException

from geodata.errors import GeometryError, Text
from geodata.topology import doubling
from geodata.topology.proving import failed
from geodata.topology.recheck import recheck
from geodata.topology.remedies import BROKEN, Task, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geodata.topology.bench import Bench, Changes
    from geodata.topology.findings import Findings
    from geodata.topology.pinning import Pins

ROUNDS = 6
"""Of checking again, after which what stands on a failed repair goes with it."""
TOLD = 500
"""Repairs between two words of progress."""


@dataclass
class Job:
    """One repair: what is to be done, and what it did to which rows."""

    task: Task
    entry: dict[str, Any]
    explicit: bool
    way: int = 0
    """The first of the ways to do it that has not failed."""
    before: Changes = field(default_factory=dict)
    after: Changes = field(default_factory=dict)
    turn: int = 0
    """When it was done."""

    @property
    def done(self) -> bool:
        """Whether it stands."""
        return bool(self.entry["done"])


class Mender:
    """Does repairs within limits, and takes back those that do harm."""

    def __init__(
        self,
        frame: gpd.GeoDataFrame,
        findings: Findings,
        bench: Bench,
        pins: Pins,
        limits: tuple[float, float],
        say: Callable[[Text], None],
    ) -> None:
        self._frame, self._findings = frame, findings
        self.bench, self._pins, self._limits, self._say = bench, pins, limits, say
        self._turn = 0
        self._doubles = doubling.Doubles(findings)

    def work(self, jobs: list[Job]) -> None:
        """Do repairs, one after the other."""
        for at, job in enumerate(jobs):
            if at % TOLD == 0 and at:
                self._say(
                    Text(f"修复 {at}/{len(jobs)}", f"repairing {at} of {len(jobs)}")
                )
            self._do(job)

    def _do(self, job: Job) -> None:
        """Do one repair in the first way that nothing speaks against."""
        self._turn += 1
        job.turn = self._turn
        entry, why = job.entry, None
        entry |= {"done": False, "leaves": []}
        try:
            self._require_decided(job)
            for number, after in enumerate(ways(self.bench, job.task)):
                if number < job.way:
                    continue
                job.way = number
                try:
                    cost = self._cost(job, after)
                except GeometryError as error:
                    why = why or error.message
                    continue
                self._put(job, after)
                entry |= {"cost": cost, "done": True, "why": None}
                return
        except GeometryError as error:
            why = error.message
        except GEOSException:
            why = BROKEN
        entry["why"] = (why or _WORSE)._asdict()

    def _require_decided(self, job: Job) -> None:
        if job.entry["kind"] == "drop":
            if not job.explicit:
                doubling.require_same_record(
                    self._frame, self._findings, job.task.repair
                )
        elif job.entry["kind"] not in ("make_valid", "drop_repeated", "orient"):
            self._doubles.require_decided(job.entry["keys"], self.bench)

    def _cost(self, job: Job, after: Changes) -> dict[str, Any]:
        """Return what a way of doing a repair costs; raise when it is too much."""
        self.bench.require_ground(after)
        cost = self.bench.cost(after, job.task.number)
        job.entry["cost"] = cost.told
        _require_within(cost.told, *self._limits)
        self._pins.require_kept(self.bench, after, job.task, cost.shifted)
        return cost.told

    def _put(self, job: Job, after: Changes) -> None:
        job.before = {row: self.bench.drawn(row) for row in after}
        job.after = dict(after)
        self.bench.put(after)

    def prove(self, jobs: list[Job]) -> None:
        """Check again all that changed, and take back repairs until none did harm."""
        found = self._findings
        rows = set(self.bench.now)
        turn = 0
        while rows:
            self._say(Text("复查", "checking again"))
            found = self._again(found, rows)
            bad = failed(self.bench, jobs, self._findings, found)
            if not bad:
                return
            group = _standing_on([job for job in jobs if job.done], bad)
            rows = self._take_back(group)
            if turn < ROUNDS:
                rows |= self._redo(group, bad)
            turn += 1

    def _redo(self, group: list[Job], bad: set[int]) -> set[int]:
        """Do repairs anew, those that failed in the next way if there is one."""
        for job in group:
            if job.task.number in bad:
                job.way += 1
            self._do(job)
        return {row for job in group for row in job.after}

    def _take_back(self, group: list[Job]) -> set[int]:
        """Put rows back as they were before some repairs, the last one first."""
        rows: set[int] = set()
        for job in reversed(group):
            rows |= set(job.after)
            self.bench.put(job.before)
            job.before, job.after = {}, {}
            job.entry |= {"done": False, "why": _WORSE._asdict(), "leaves": []}
        return rows

    def _again(self, found: Findings, rows: set[int]) -> Findings:
        """Return what a check says now that rows changed."""
        keys = [self.bench.keys[row] for row in sorted(rows)]
        shapes = np.empty(len(keys), dtype=object)
        shapes[:] = [
            None if self.bench.is_gone(row) else self.bench.shape(row)
            for row in sorted(rows)
        ]
        gone = {key for key, shape in zip(keys, shapes, strict=True) if shape is None}
        there = [key not in gone for key in keys]
        changed = gpd.GeoDataFrame(
            {found.key: np.array(keys, dtype=object)[there]},
            geometry=shapes[there],
            crs=found.crs,
        )
        removed = [key for key in gone if key in found.units.place]
        return recheck(found, changed, removed)

    def frame(self) -> gpd.GeoDataFrame:
        """Return the frame as it stands, without the rows that are gone."""
        shapes = self.bench.finished()
        kept = np.array(
            [not self.bench.is_gone(row) for row in range(len(shapes))], bool
        )
        frame = self._frame if kept.all() else self._frame[kept]
        column = type(frame.geometry)(shapes[kept], index=frame.index, crs=frame.crs)
        return frame.set_geometry(column)


def _standing_on(done: list[Job], bad: set[int]) -> list[Job]:
    """Return failed repairs and those done afterwards to the same rows, in order."""
    rows: set[int] = set()
    group = []
    for job in sorted(done, key=lambda job: job.turn):
        if job.task.number in bad or not rows.isdisjoint(job.after):
            group.append(job)
            rows |= set(job.after)
    return group


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


_WORSE = Text(
    "修复后问题仍在或会出现新的问题，未执行。",
    "It would not remove the finding, or cause another; it was not done.",
)
