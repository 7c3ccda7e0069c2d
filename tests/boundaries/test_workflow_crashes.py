"""The workflow's machine with borders, jobs and the process ending in the middle.

Beside the rules of :mod:`tests.boundaries.test_workflow_machine`: units are edited on
the map, a border between two districts moves, an overlap is waived, jobs do the
work and are killed at it, and the process ends inside a verb's transaction.
"""

# ruff: noqa: PT017 - the machine asserts on whichever outcome comes

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

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
    CODES,
    NAMES,
    NEXT,
    PICKS,
    REACHED,
    WHO,
    Workflow,
    run,
)
from tests.support.registries import streets
from tests.support.workflow import DECIDERS, MANAGERS, OPEN, SURVEYORS, surveyor
from tests.support.working import inline

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C, D = "120101001", "120102001", "120101002", "120102002"
BORDERS = st.sampled_from([(A, B), (C, D), (A, C)])
OVERLAP = 0.002
SHIFTS = st.sampled_from([0.001, -0.001, 0.002])
VERBS = ["submit", "approve", "return", "withdraw", "discard", "check", "publish"]
OF_CRASHES = {
    *("ended in submit", "ended in approve", "ended in publish", "border"),
    *("waive", "waived into a version", "checked by a job", "published by a job"),
    "killed at a job",
}
"""What a whole run must have come to besides."""


class Killed(BaseException):
    """The process is no more."""


class Crashing(Workflow):
    """Everybody at their desk, and the power fails."""

    torn = False
    """Whether an overlap was waived into the layer, and is still there."""
    looked = 0
    """Versions whose coverage was looked at."""

    @rule(who=WHO, code=CODES, name=NAMES, agreed=st.booleans())
    def edit(self, who: str | None, code: str, name: str, agreed: bool) -> None:
        """Write another name beside the map."""
        who = who or "zhao"
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
        if agreed:
            self.go(draft, "submit", "approve")

    @rule(who=WHO, pair=BORDERS, shift=SHIFTS, agreed=st.booleans())
    def border(
        self, who: str | None, pair: tuple[str, str], shift: float, agreed: bool
    ) -> None:
        """Move a border; both neighbours must lie in the person's subtree."""
        who = who or "zhao"
        draft = self._opened(who, [pair[0]])
        if draft is None:
            return
        registry = self.office.registry
        state = registry.editing(who, draft)
        try:
            registry.edit(who, draft, moved(state, pair, shift))
        except ForbiddenError:
            assert not self.within(who, *pair)
            return
        except (GeometryError, InputError):
            return
        assert self.within(who, *pair)
        self._edited(draft)
        self.reached["border"] += 1
        self.drafts[draft]["codes"] = sorted(pair)
        if agreed:
            self.go(draft, "submit", "approve")

    @rule(agreed=st.booleans())
    def tear(self, agreed: bool) -> None:
        """Send a file in which two districts overlap; it may be let stand."""
        frame = streets("AABB/AABB/CCDD")
        drawn = frame.geometry.to_numpy()
        wide = shapely.union(
            drawn, shapely.transform(drawn, lambda xy: xy - (OVERLAP, 0))
        )
        theirs = (frame["code"] == B).to_numpy()
        frame = frame.set_geometry(np.where(theirs, wide, drawn), crs=frame.crs)
        try:
            staged = self.office.registry.stage("zhao", frame, effective="2021")
        except InputError as error:
            assert error.code == "unchanged"
            return
        self.acts += 1
        new = self.office.registry.store.staged(staged["id"]).new
        draft = self.has_begun(staged["id"], "zhao", dict(new["name"]))
        if agreed:
            self._let_stand("chen", draft, marks=10)
            self.go(draft, "submit", "approve")

    @rule(
        code=CODES,
        name=NAMES,
        kills=st.none() | st.integers(0, 2),
        late=st.booleans(),
    )
    def carry(self, code: str, name: str, kills: int | None, late: bool) -> None:
        """Take a draft the whole way, so that versions follow each other.

        ``kills``: the process ends at each step, which is then taken again.
        """
        draft = self.propose(surveyor(code), code, name)
        if draft is None:
            return
        if kills is None:
            self.go(draft, "submit", "approve")
            self.publish("chen")
            return
        newest = 0
        self.job(None, newest, "check", kills)
        for verb in ("submit", "approve"):
            self.crash(None, newest, verb, late)
            self.go(draft, verb)
        self.crash(None, newest, "publish", late)
        self.job(None, newest, "publish", kills)

    @precondition(lambda self: self.drafts)
    @rule(who=WHO, pick=PICKS)
    def waive(self, who: str | None, pick: int) -> None:
        """Let the first finding stand; never by the author."""
        draft, known = self.picked(pick)
        self._let_stand(who or self.lawful(known, "waive"), draft, marks=1)

    @precondition(lambda self: self.drafts)
    @rule(
        who=WHO,
        pick=PICKS,
        verb=st.none() | st.sampled_from(VERBS),
        late=st.booleans(),
    )
    def crash(self, who: str | None, pick: int, verb: str | None, late: bool) -> None:
        """End inside the verb's transaction: nothing of it stands.

        Without a verb, the one the draft's state asks for first.
        """
        draft, known = self.picked(pick, alive=True)
        verb = verb or NEXT.get(known["state"], ("publish",))[0]
        who = who or ("chen" if verb == "publish" else self.lawful(known, verb))
        registry = self.office.registry
        record = registry.record
        before = self.office.verbs()
        functions: dict[str, Callable[[], Any]] = {
            "publish": lambda: registry.publish(who),
            "return": lambda: registry.return_draft(who, draft, "复核"),
            "resolve": lambda: self.settle(who, draft, "mine"),
        }

        def dying(*args: Any, **detail: Any) -> None:
            if late:
                record(*args, **detail)
            raise Killed

        with mock.patch.object(registry, "record", dying):
            try:
                functions.get(verb, lambda: getattr(registry, verb)(who, draft))()
            except Killed:
                self.reached[f"ended in {verb}"] += 1
            except QuhuaError:
                pass
        self.restart()
        assert self.office.verbs() == before

    @precondition(lambda self: self.drafts)
    @rule(
        who=WHO,
        pick=PICKS,
        kind=st.sampled_from(["check", "publish"]),
        kills=st.integers(0, 2),
    )
    def job(self, who: str | None, pick: int, kind: str, kills: int) -> None:
        """Have a job do it; its attempts are killed, the next ones go on."""
        draft, known = self.picked(pick)
        head = self.versions[-1][0]
        before = len(self.office.verbs())
        publishing = kind == "publish"
        who = who or ("chen" if publishing else known["author"])
        subject = "divisions" if publishing else draft
        wish = {"version": head} if publishing else {}
        try:
            asked = self.office.registry.start_job(who, kind, subject, wish)["id"]
        except (ForbiddenError, NotFoundError, StateError):
            assert not publishing or who not in MANAGERS | DECIDERS["place_names"]
            return
        for _ in range(kills):
            self._attempt_dies()
        inline(self.office.registry)
        done = self.office.registry.job(who, asked)
        verbs = self.office.verbs()[before:]
        self.acts += len(verbs)
        assert done["state"] in {"done", "failed"}
        assert verbs.count(kind) == (done["state"] == "done")
        if done["state"] == "done":
            self.reached[f"{kind}ed by a job"] += 1
        if not publishing:
            assert done["state"] == "failed" or self.within(who, *known["codes"])
        elif done["state"] == "done":
            assert self.may_publish(who)
            assert self.published != head
            self.has_published(head)
        else:
            assert self.published == head or not self.may_publish(who)

    @invariant()
    def every_version_is_a_coverage(self) -> None:
        """I2: valid, without overlap and gap, unless somebody waived one."""
        for number, _ in self.versions[self.looked :]:
            self._is_a_coverage(number)
        self.looked = len(self.versions)

    def _is_a_coverage(self, number: int) -> None:
        store = self.office.registry.store
        waived = bool(store.version(number).doc["waivers"])
        self.reached["waived into a version"] += waived
        shapes = store.snapshot("divisions", at=number).geometry
        whole = shapely.union_all(shapes)
        assert shapely.is_valid(shapes).all()
        assert shapely.get_num_interior_rings(shapely.get_geometry(whole, 0)) == 0
        assert whole.area == pytest.approx(shapely.convex_hull(whole).area)
        kept = bool(shapely.coverage_is_valid(shapes))
        assert kept or self.torn or waived
        self.torn = not kept

    def _opened(self, who: str, units: list[str]) -> str | None:
        """Begin a draft on the map, where the person may."""
        allowed = who in SURVEYORS | MANAGERS and self.within(who, *units)
        try:
            draft = self.office.registry.begin_edit(who, units, effective="2021")["id"]
        except ForbiddenError:
            assert not allowed
            return None
        assert allowed
        self.acts += 1
        self.has_begun(draft, who, {})
        self.drafts[draft] |= {"codes": units, "empty": True}
        return str(draft)

    def _let_stand(self, who: str, draft: str, *, marks: int) -> None:
        """Waive findings of a draft."""
        known, registry = self.drafts[draft], self.office.registry
        before = len(self.office.verbs())
        try:
            registry.check(known["author"], draft)
            found = list(registry.findings(known["author"], draft)["fingerprint"])
        except StateError:
            assert known["state"] not in {*OPEN, "submitted"}
            return
        here, mine = self.within(who, *known["codes"]), who == known["author"]
        for mark in found[:marks]:
            try:
                registry.waive(who, draft, mark, "湖面")
            except (ForbiddenError, NotFoundError):
                assert mine or not here or who not in DECIDERS[known["layer"]]
                break
            assert who in DECIDERS[known["layer"]]
            assert here
            assert not mine
            self.reached["waive"] += 1
        self.acts += len(self.office.verbs()) - before

    def _edited(self, draft: str) -> None:
        self.acts += 1
        self.drafts[draft]["empty"] = len(self.office.registry.store.staged(draft)) == 0

    def _picked(self, pick: int) -> tuple[str, dict[str, Any]]:
        return sorted(self.drafts.items())[pick % len(self.drafts)]

    def _attempt_dies(self) -> None:
        """Begin the waiting job and be killed in the transaction of its first step."""
        self.reached["killed at a job"] += 1
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


@pytest.mark.slow
def test_any_sequence_with_crashes_and_jobs(full_size: bool) -> None:
    run(Crashing, REACHED | OF_CRASHES, (9, 12), full=full_size)
