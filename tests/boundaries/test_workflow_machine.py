"""The workflow against a model: any sequence of verbs by anybody, and a restart.

The model and the invariants are :mod:`tests.support.workflow`. A run says how often
it came to what it is for, and fails where it never did.
"""

# ruff: noqa: PT017 - the machine asserts on whichever outcome comes

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from geodata import crs
from geodata.errors import ForbiddenError, InputError, StateError
from tests.support.workflow import NAMERS, STREETS, WHERE, Modelled, surveyor

PEOPLE = st.sampled_from([*WHERE, "viewer", "root", "auditor"])
WHO = st.none() | PEOPLE
"""None: whoever may, as most tries of people at random are refusals."""
CODES = st.sampled_from(sorted(STREETS))
NAMES = st.sampled_from(["东大街道", "东小街道", "和平街道", "友谊街道"])
PICKS = st.integers(0, 9)
"""Drafts from the newest back. Whole numbers without an end are drawn from those
in the modules that happen to be loaded, and no two runs would be the same."""

SIDES = ("mine", "theirs")
MOVES = ["submit", "approve", "return", "withdraw", "discard"]
_AGAIN = ("submit", "comment", "submit", "discard")
NEXT = {
    "draft": _AGAIN,
    "returned": _AGAIN,
    "withdrawn": _AGAIN,
    "submitted": ("approve", "return", "withdraw", "comment", "approve"),
    "conflict": ("resolve", "comment", "resolve", "discard"),
}
"""What may be done in a state; what leads on more than once."""
REACHED = {
    *("submit", "approve", "return", "withdraw", "discard", "publish", "comment"),
    *("conflict", "resolve", "settled", "rebased", "refused", "names approved"),
    "restart",
}
"""What a whole run must have come to; else it proves less than it says."""


class Workflow(Modelled):
    """Everybody at their desk."""

    @rule(who=WHO, code=CODES, name=NAMES)
    def stage(self, who: str | None, code: str, name: str) -> None:
        """Propose another name for one street."""
        self.propose(who or surveyor(code), code, name)

    @rule(who=WHO, name=NAMES, agreed=st.booleans())
    def name_place(self, who: str | None, name: str, agreed: bool) -> None:
        """Put a place name in: only who is of that layer may."""
        who = who or "namer"
        frame = gpd.GeoDataFrame(
            {"name": [f"{name[:2]}里"], "category": ["街路巷"]},
            geometry=[shapely.Point(117.01, 39.19)], crs=crs.STORAGE,
        )  # fmt: skip
        registry = self.office.registry
        try:
            staged = registry.stage(who, frame, layer="place_names", effective="2021")
        except ForbiddenError:
            assert who not in NAMERS
            return
        except InputError as error:
            assert error.code == "unchanged"
            assert name in self.placed
            return
        assert who in NAMERS
        self.acts += 1
        draft = self.has_begun(staged["id"], who, {}, "place_names")
        self.drafts[draft]["place"] = name
        if agreed:
            self.go(draft, "submit", "approve")

    @rule(
        first=CODES,
        other=st.none() | CODES,
        names=st.lists(NAMES, min_size=2, max_size=2, unique=True),
        side=st.sampled_from(SIDES),
        back=st.sampled_from(["return", "withdraw", None]),
    )
    def clash(
        self,
        first: str,
        other: str | None,
        names: list[str],
        side: str,
        back: str | None,
    ) -> None:
        """Two change a street at a time; of the same one, the second settles it.

        ``back``: nothing is agreed on before it went back with a word once.
        """
        second = other or first
        asked = (("zhao", first), (surveyor(second), second))
        staged = [
            self.propose(who, code, name)
            for (who, code), name in zip(asked, names, strict=True)
        ]
        ours = [draft for draft in staged if draft]
        for verb in ("submit", *((back, "comment", "submit") if back else ())):
            for draft in ours:
                self.go(draft, verb)
        for draft in ours:
            self.go(draft, "approve")
            known = self.drafts[draft]
            if known["state"] == "conflict":
                self.settle(known["author"], draft, side)
                held = known["state"] == "conflict"
                self.go(draft, *(("discard",) if held else ("submit", "approve")))

    @precondition(lambda self: self.drafts)
    @rule(pick=PICKS, ways=st.lists(st.integers(0, 19), min_size=2, max_size=6))
    def live(self, pick: int, ways: list[int]) -> None:
        """Have a draft live on, with what may be done in its state."""
        draft, known = self.picked(pick, alive=True)
        for way in ways:
            verbs = NEXT.get(known["state"], ())
            if verbs:
                self.go(draft, verbs[way % len(verbs)])

    @precondition(lambda self: self.drafts)
    @rule(who=WHO, pick=PICKS, verb=st.sampled_from(MOVES))
    def move(self, who: str | None, pick: int, verb: str) -> None:
        """Try a verb on a draft; the model says whether it may succeed."""
        draft, known = self.picked(pick)
        self.attempt(who or self.lawful(known, verb), draft, verb)

    @precondition(lambda self: self.drafts)
    @rule(who=WHO, pick=PICKS)
    def comment(self, who: str | None, pick: int) -> None:
        """Say something: the author, and who may decide, while it is open."""
        draft, known = self.picked(pick)
        self.remark(who or self.lawful(known, "comment"), draft)

    @precondition(lambda self: self.of("conflict"))
    @rule(who=WHO, pick=PICKS, side=st.sampled_from(SIDES))
    def resolve(self, who: str | None, pick: int, side: str) -> None:
        """Settle a conflict: nothing of the layer is touched by that."""
        found = self.of("conflict")
        draft = found[pick % len(found)]
        self.settle(who or self.drafts[draft]["author"], draft, side)

    @rule(who=WHO)
    def publish(self, who: str | None) -> None:
        """Move the tag to the newest version."""
        who = who or "chen"
        head = self.versions[-1][0]
        try:
            self.office.registry.publish(who)
        except ForbiddenError:
            assert not self.may_publish(who)
            return
        except StateError:
            assert self.published == head
            return
        assert self.may_publish(who)
        assert self.published != head
        self.acts += 1
        self.reached["publish"] += 1
        self.has_published(head)

    @rule()
    def restart(self) -> None:
        """Close everything and open it again: all that was told stands."""
        self.reached["restart"] += 1
        self.reopen()


def run(
    machine: type[Workflow], reached: set[str], size: tuple[int, int], *, full: bool
) -> None:
    """Run a machine and hold it to what it must have come to.

    ``size``: runs and steps of a run, where the full size is not asked for.
    """
    runs, steps = (25, 40) if full else size
    machine.reached.clear()
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not full,
            suppress_health_check=list(HealthCheck),
        ),
    )
    missed = reached - set(+machine.reached)
    assert not missed, f"never came to {sorted(missed)}: {machine.reached}"


@pytest.mark.slow
def test_any_sequence_of_verbs(full_size: bool) -> None:
    run(Workflow, REACHED, (10, 15), full=full_size)
