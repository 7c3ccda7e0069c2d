"""Which repairs did harm, by what a check says afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geodata.topology.remedies import NEITHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.topology.bench import Bench
    from geodata.topology.findings import Findings
    from geodata.topology.mender import Job

NEAR_M = 5.0
"""Places this near to each other are one."""
GAPS = ("gap", "sliver_gap", "missing_unit")


def failed(
    bench: Bench, jobs: Sequence[Job], before: Findings, after: Findings
) -> set[int]:
    """Return the numbers of repairs that left their finding, or made another.

    A finding that follows from what a repair was to do is noted in its entry.
    """
    done = [job for job in jobs if job.done]
    return _remaining(bench, done, after) | _worsened(bench, done, before, after)


def _remaining(bench: Bench, done: Sequence[Job], after: Findings) -> set[int]:
    """Return repairs of which the finding is still there.

    Of several between the same units in one cell the next takes over its name.
    """
    table = after.frame
    still = dict(zip(table["fingerprint"], table.geometry, strict=True))
    left = [job for job in done if job.entry["fingerprint"] in still]
    return {
        job.task.number
        for job in left
        if _near(bench, job.task.place, still[job.entry["fingerprint"]])
    }


def _worsened(
    bench: Bench, done: Sequence[Job], before: Findings, after: Findings
) -> set[int]:
    """Return repairs of which the units have findings that they had not before."""
    table = after.frame
    known = set(before.frame["fingerprint"])
    fresh = ~table["fingerprint"].isin(list(known)) & (table["rule"] != "precision")
    worse = table[fresh.to_numpy()]
    if not len(worse):
        return set()
    by_key: dict[str, list[Job]] = {}
    for job in done:
        for key in {*job.entry["keys"], *(bench.keys[row] for row in job.after)}:
            by_key.setdefault(key, []).append(job)
    found = set()
    for rule, mark, who, place in zip(
        worse["rule"],
        worse["fingerprint"],
        worse["participants"],
        worse.geometry,
        strict=True,
    ):
        suspects = {job.task.number: job for key in who for job in by_key.get(key, ())}
        close = [
            job for job in suspects.values() if _near(bench, job.task.place, place)
        ]
        # The parts that a border encloses lie anywhere along it.
        about = suspects.values() if rule == "multipart" else close
        leaving = [job for job in about if _may_leave(job, rule)]
        if leaving:
            leaving[0].entry["leaves"].append(mark)
            continue
        found |= {job.task.number for job in close or suspects.values()}
    return found


def _may_leave(job: Job, rule: str) -> bool:
    """Return whether a finding follows from what a repair was to do.

    Ground that nobody gets is a gap; a border that crosses itself encloses parts.
    """
    if rule in GAPS:
        return job.task.to == NEITHER
    return rule == "multipart" and job.entry["kind"] == "make_valid"


def _near(bench: Bench, one: Any, other: Any) -> bool:
    """Return whether two places are one, or one of them is none."""
    if one is None or other is None:
        return True
    return bool(shapely.dwithin(one, other, bench.metres.units(NEAR_M)))
