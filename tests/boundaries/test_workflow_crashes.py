"""The workflow's machine with borders, jobs and the process ending in the middle.

Beside the rules of :mod:`tests.boundaries.test_workflow_machine`: units are edited on
the map, a border between two districts moves, an overlap is waived, jobs do the
work and are killed at it, and the process ends inside a verb's transaction.
"""

# ruff: noqa: PT017 - the machine asserts on whichever outcome comes

from __future__ import annotations

import contextlib
from typing import Any
from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from boundaries.jobs import attempt, ledger
from boundaries.jobs.model import JOBS, Holder
from geodata.errors import (
    ForbiddenError,
    GeometryError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from tests.boundaries.test_editing import body, moved
from tests.boundaries.test_workflow_machine import (
    MANAGERS,
    NAMES,
    PEOPLE,
    STREETS,
    SURVEYORS,
    Workflow,
)
from tests.support.registries import streets
from tests.support.working import inline

BORDERS = st.sampled_from(
    [("120101001", "120102001"), ("120101002", "120102002"), ("120101001", "120101002")]
)
OVERLAP = 0.002
SHIFTS = st.sampled_from([0.001, -0.001, 0.002])
MOVES = ["submit", "approve", "withdraw", "discard", "check", "publish"]


class Killed(BaseException):
    """The process is no more."""


class Crashing(Workflow):
    """Everybody at their desk, and the power fails."""

    torn = False
    """Whether an overlap was waived into a version."""
    looked = 0
    """Versions whose coverage was looked at."""

    @rule(who=PEOPLE, code=st.sampled_from(sorted(STREETS)), name=NAMES)
    def edit(self, who: str, code: str, name: str) -> None:
        """Write another name beside the map."""
        draft = self._opened(who, [code])
        if draft is None:
            return
        registry = self.office.registry
        rev = registry.editing(who, draft)["rev"]
        wish = body(rev, "attributes", unit=code, values={"name": name})
        try:
            registry.edit(who, draft, wish)
        except InputError as error:
            assert error.code == "unchanged"
            assert self.names[code] == name
            return
        self._edited(draft)
        self.drafts[draft]["names"] = {code: name}

    @rule(who=PEOPLE, pair=BORDERS, shift=SHIFTS)
    def border(self, who: str, pair: tuple[str, str], shift: float) -> None:
        """Move a border; both neighbours must lie in the person's subtree."""
        draft = self._opened(who, [pair[0]])
        if draft is None:
            return
        registry = self.office.registry
        state = registry.editing(who, draft)
        try:
            registry.edit(who, draft, moved(state, pair, shift))
        except ForbiddenError:
            assert not self._within(who, *pair)
            return
        except (GeometryError, InputError):
            return
        assert self._within(who, *pair)
        self._edited(draft)
        self.drafts[draft]["codes"] = sorted(pair)

    @rule()
    def tear(self) -> None:
        """Send a file in which two districts overlap."""
        frame = streets("AABB/AABB/CCDD")
        drawn = frame.geometry.to_numpy()
        wide = shapely.union(
            drawn, shapely.transform(drawn, lambda xy: xy - (OVERLAP, 0))
        )
        theirs = (frame["code"] == "120102001").to_numpy()
        frame = frame.set_geometry(np.where(theirs, wide, drawn), crs=frame.crs)
        try:
            draft = self.office.registry.stage("zhao", frame, effective="2021")["id"]
        except InputError as error:
            assert error.code == "unchanged"
            return
        self.acts += 1
        staged = self.office.registry.store.staged(draft).new
        self._begun(draft, "zhao", dict(staged["name"]))

    @precondition(lambda self: self.drafts)
    @rule(pick=st.integers(min_value=0), published=st.booleans())
    def carry(self, pick: int, published: bool) -> None:
        """Take a draft the whole way, so that versions follow each other."""
        _, known = self._picked(pick)
        self.move(known["author"], pick, "submit")
        self.move("chen", pick, "approve")
        if published:
            self.publish("chen")

    @precondition(lambda self: self.drafts)
    @rule(who=PEOPLE, pick=st.integers(min_value=0))
    def waive(self, who: str, pick: int) -> None:
        """Let the first finding stand; never by the author."""
        draft, known = self._picked(pick)
        before = len(self.office.verbs())
        registry = self.office.registry
        try:
            registry.check(known["author"], draft)
            marks = registry.findings(known["author"], draft)["fingerprint"]
            for mark in marks[:1]:
                registry.waive(who, draft, mark, "湖面")
                assert who in MANAGERS
                assert who != known["author"]
                assert self._within(who, *known["codes"])
                known["waived"] = True
        except (ForbiddenError, NotFoundError, StateError, InputError):
            pass
        self.acts += len(self.office.verbs()) - before

    @precondition(lambda self: self.drafts)
    @rule(
        who=PEOPLE,
        pick=st.integers(min_value=0),
        verb=st.sampled_from(MOVES),
        late=st.booleans(),
    )
    def crash(self, who: str, pick: int, verb: str, late: bool) -> None:
        """End inside the verb's transaction: nothing of it stands."""
        draft, _ = self._picked(pick)
        registry = self.office.registry
        record = registry.record
        before = self.office.verbs()

        def dying(*args: Any, **detail: Any) -> None:
            if late:
                record(*args, **detail)
            raise Killed

        with mock.patch.object(registry, "record", dying):
            try:
                if verb == "publish":
                    registry.publish(who)
                else:
                    getattr(registry, verb)(who, draft)
            except (Killed, QuhuaError):
                pass
        self.restart()
        assert self.office.verbs() == before

    @precondition(lambda self: self.drafts)
    @rule(
        who=PEOPLE,
        pick=st.integers(min_value=0),
        kind=st.sampled_from(["check", "publish"]),
        kills=st.integers(min_value=0, max_value=2),
    )
    def job(self, who: str, pick: int, kind: str, kills: int) -> None:
        """Have a job do it; its attempts are killed, the next ones go on."""
        draft, known = self._picked(pick)
        head = self.versions[-1][0]
        before = len(self.office.verbs())
        publishing = kind == "publish"
        subject = "divisions" if publishing else draft
        wish = {"version": head} if publishing else {}
        try:
            asked = self.office.registry.start_job(who, kind, subject, wish)["id"]
        except (ForbiddenError, NotFoundError, StateError):
            assert not publishing or who != "chen" or self.published == head
            return
        for _ in range(kills):
            self._attempt_dies()
        inline(self.office.registry)
        done = self.office.registry.job(who, asked)
        verbs = self.office.verbs()[before:]
        self.acts += len(verbs)
        assert done["state"] in {"done", "failed"}
        assert verbs.count(kind) == (done["state"] == "done")
        if publishing and done["state"] == "done":
            assert who == "chen"
            self._has_published(head)
        elif publishing:
            assert who != "chen" or self.published == head
        elif done["state"] == "done":
            assert self._within(who, *known["codes"])

    @invariant()
    def every_version_is_a_coverage(self) -> None:
        """I2: valid, without overlap and gap, unless somebody waived one."""
        if self.looked == len(self.versions):
            return
        self.looked = len(self.versions)
        self.torn = self.torn or self._waivers_in_the_newest()
        shapes = self.office.registry.store.snapshot("divisions").geometry
        whole = shapely.union_all(shapes)
        assert shapely.is_valid(shapes).all()
        if not self.torn:
            assert shapely.coverage_is_valid(shapes)
            assert shapely.get_num_interior_rings(shapely.get_geometry(whole, 0)) == 0
            assert whole.area == pytest.approx(shapely.convex_hull(whole).area)

    @invariant()
    def each_version_is_published_once(self) -> None:
        """However often a job was killed at it."""
        entries = self.office.registry.store.journal()
        done = [entry.subject for entry in entries if entry.verb == "publish"]
        assert len(done) == len(set(done))

    def _opened(self, who: str, units: list[str]) -> str | None:
        """Begin a draft on the map, where the person may."""
        allowed = who in SURVEYORS | MANAGERS and self._within(who, *units)
        try:
            draft = self.office.registry.begin_edit(who, units, effective="2021")["id"]
        except ForbiddenError:
            assert not allowed
            return None
        assert allowed
        self.acts += 1
        self._begun(draft, who, {})
        self.drafts[draft] |= {"codes": units, "empty": True}
        return str(draft)

    def _edited(self, draft: str) -> None:
        self.acts += 1
        self.drafts[draft]["empty"] = len(self.office.registry.store.staged(draft)) == 0

    def _picked(self, pick: int) -> tuple[str, dict[str, Any]]:
        return sorted(self.drafts.items())[pick % len(self.drafts)]

    def _attempt_dies(self) -> None:
        """Begin the waiting job and be killed in the transaction of its first step."""
        store = self.office.registry.store
        held = ledger.claim(store, Holder.here())
        assert held is not None
        voice: Any = mock.Mock()
        task = attempt.Task(store.url, self.office.registry.settings, held)
        killed = mock.patch.object(ledger, "note", side_effect=Killed)
        with killed, contextlib.suppress(Killed, QuhuaError):
            attempt._do(task, voice)
        with store.write(lock=[JOBS]) as tx:
            ledger.put(tx, held | {"holder": {**held["holder"], "born": "1"}})
        assert ledger.requeue_stale(store, stale_s=60, attempts=3) == [held["id"]]
        self.restart()

    def _waivers_in_the_newest(self) -> bool:
        newest = self.office.registry.store.versions("divisions")[-1]
        return bool(self.drafts.get(newest.doc["draft"], {}).get("waived"))


@pytest.mark.slow
def test_any_sequence_with_crashes_and_jobs(full_size: bool) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Crashing,
        settings=settings(
            max_examples=100 if full_size else 10,
            stateful_step_count=50 if full_size else 20,
            deadline=None,
            derandomize=not full_size,
            suppress_health_check=list(HealthCheck),
        ),
    )
