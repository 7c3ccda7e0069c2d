"""Polygons that would take GEOS hours, and layers beyond a job's limits.

The job ends in words, all else goes on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from boundaries.registry.desk import DRAFTS
from tests.support import registries
from tests.support.deployed import deployed, watched
from tests.support.working import finished, worker

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.store.changes import ChangeSet
    from tests.support.registries import Office

pytestmark = [
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux"),
]
TEETH = 1500
"""Of each comb; where they cross lie more than two million pieces."""
CALM = "AAAB/AABB/CCDD"
FINE = 1e-7
"""Degrees from vertex to vertex of a layer too large for a job's limits."""
P95_S = 0.3


def comb(*, turned: bool) -> shapely.Polygon:
    """A valid polygon of a spine and many teeth over the streets A and B."""
    left = 117.0 + np.arange(TEETH) * (0.02 / TEETH)
    width = 0.01 / TEETH
    tops = np.stack([left, left, left + width, left + width], axis=1)
    heights = np.tile([39.181, 39.2, 39.2, 39.181], (TEETH, 1))
    teeth = np.column_stack([tops.ravel(), heights.ravel()])
    ring = np.vstack([teeth, [(117.02, 39.181), (117.02, 39.18), (117.0, 39.18)]])
    if turned:
        middle = np.array([117.01, 39.19])
        ring = (ring - middle)[:, ::-1] + middle
    return shapely.Polygon(ring)


def streets(*, crossing: bool, combs: bool) -> registries.gpd.GeoDataFrame:
    """Streets of which C crosses itself, and A and B are combs across each other."""
    frame = registries.streets(CALM)
    shapes = dict(zip(frame["code"], frame.geometry, strict=True))
    codes = {letter: code for letter, (code, _) in registries.CODES.items()}
    if combs:
        shapes[codes["A"]], shapes[codes["B"]] = comb(turned=False), comb(turned=True)
    if crossing:
        west, south, east, north = shapes[codes["C"]].bounds
        shapes[codes["C"]] = shapely.Polygon(
            [(west, south), (east, north), (east, south), (west, north)]
        )
    return frame.set_geometry([shapes[code] for code in frame["code"]], crs=frame.crs)


def to_repair(office: Office) -> str:
    """A draft whose small repair is offered, and whose next check explodes."""
    registry = office.registry
    wish = {"effective": "2021", "basis": "津民发〔2021〕1号"}
    draft = str(
        registry.stage("zhao", streets(crossing=True, combs=False), **wish)["id"]
    )
    registry.check("zhao", draft)
    other = registry.stage("zhao", streets(crossing=True, combs=True), **wish)["id"]
    bomb: ChangeSet = registry.store.staged(other)
    with registry.store.write(lock=[DRAFTS]) as tx:
        tx.stage(draft, bomb)
    return draft


def test_only_the_job_of_a_hostile_polygon_ends(tmp_path: Path) -> None:
    office = registries.office(tmp_path)
    registry = office.registry
    office.commit()
    repaired = to_repair(office)
    bombed = registry.stage(
        "zhao", streets(crossing=False, combs=True), effective="2021"
    )
    calm = office.stage(picture=CALM, effective="2021")["id"]
    limits = {"QUHUA_JOBS_CPU_S": "30", "QUHUA_JOBS_WORKERS": "1"}
    with deployed(registry, "zhao", **limits) as server, watched(server) as pulse:
        asked = [
            server.ask("POST", f"/api/v1/drafts/{draft}/{what}", {})
            for draft, what in (
                (bombed["id"], "check"), (repaired, "repairs"), (calm, "check"),
            )
        ]  # fmt: skip
        assert {status for status, _ in asked} == {202}, asked
        *failed, done = [server.ended(job["id"]) for _, job in asked]
    for job in failed:
        assert (job["state"], job["error"]["error"]) == ("failed", "geometry"), job
        assert "12010" in job["error"]["message"]["zh"], "which unit"
        assert job["attempts"] == 1
    assert done["state"] == "done", "the worker goes on"
    assert pulse.failures == []
    assert pulse.p95() < P95_S
    assert registry.draft("zhao", bombed["id"])["findings"] is None
    assert office.verbs().count("repair") == 1
    assert registry.store.verify() == []
    registry.close()


@pytest.mark.parametrize(
    ("name", "limit"), [("jobs.cpu_s", "1"), ("jobs.memory_mb", "900")]
)
def test_a_job_that_wants_too_much_says_so(
    name: str, limit: str, tmp_path: Path
) -> None:
    office = registries.office(tmp_path)
    registry = office.registry
    office.commit()
    frame = registries.streets(CALM)
    frame["geometry"] = frame.segmentize(FINE)
    large = registry.stage("zhao", frame, effective="2021")["id"]
    job = registry.start_job("zhao", "check", large, {})["id"]
    variable = f"QUHUA_{name.replace('.', '_').upper()}"
    with worker(registry.store.url, **{variable: limit}):
        failed = finished(registry, "zhao", job)
    assert (failed["state"], failed["error"]["error"]) == ("failed", "limit"), failed
    assert name in failed["error"]["hint"]["zh"]
    assert registry.draft("zhao", large)["findings"] is None
    registry.close()
