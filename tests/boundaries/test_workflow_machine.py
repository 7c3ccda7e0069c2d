"""The workflow against a model: any sequence of verbs by anybody, and a restart.

The model is written apart from the table in ``review``: it knows who the author
is, where a draft stands and what each person may, and says beforehand whether a
verb will be allowed. After every step the invariants are held: one published
version, versions never change, nobody approves their own, the chain verifies, no
street outside a person's subtree changed by their hand.
"""

# ruff: noqa: PT017 - the machine asserts on whichever outcome comes

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from boundaries.registry import open_registry
from geodata.errors import (
    ForbiddenError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from tests.support.registries import Office, office, streets

WHERE = {
    "li": "120101",
    "sun": "120102",
    "zhao": "120",
    "wang": "120101",
    "chen": "120",
}
SURVEYORS = {"li", "sun", "zhao"}
MANAGERS = {"wang", "chen"}
PEOPLE = st.sampled_from([*WHERE, "viewer", "root", "auditor"])
STREETS = {
    "120101001": "A",
    "120102001": "B",
    "120101002": "C",
    "120102002": "D",
}
NAMES = st.sampled_from(["东大街道", "东小街道", "和平街道", "友谊街道"])


OPEN = {"draft", "returned", "withdrawn", "conflict"}
SIDES = ("mine", "theirs")


class Workflow(RuleBasedStateMachine):
    """Everybody at their desk."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="quhua-machine-"))
        self.office: Office = office(self.folder)
        self.drafts: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}
        self.published: int | None = None
        self.versions: list[tuple[int, str]] = []
        self.acts = len(self.office.verbs())

    @initialize()
    def first(self) -> None:
        """Put the four streets in."""
        self.office.commit()
        self.names = dict(self.office.registry.store.snapshot("divisions")["name"])
        self.versions = self._versions()
        self.acts = len(self.office.verbs())

    @rule(who=PEOPLE, code=st.sampled_from(sorted(STREETS)), name=NAMES)
    def stage(self, who: str, code: str, name: str) -> None:
        """Propose another name for one street."""
        frame = streets(**{STREETS[code]: name})
        frame = frame[frame["code"] == code]
        allowed = (who in SURVEYORS or who in MANAGERS) and self._within(who, code)
        try:
            draft = self.office.registry.stage(who, frame, effective="2021")
        except ForbiddenError:
            assert not allowed
            return
        except InputError as error:
            assert error.code == "unchanged"
            assert self.names[code] == name
            return
        assert allowed
        self.acts += 1
        self._begun(draft["id"], who, {code: name})

    @precondition(lambda self: self.drafts)
    @rule(
        who=PEOPLE,
        pick=st.integers(min_value=0),
        verb=st.sampled_from(["submit", "approve", "return", "withdraw", "discard"]),
    )
    def move(self, who: str, pick: int, verb: str) -> None:
        """Try a verb on a draft; the model says whether it may succeed."""
        draft, known = sorted(self.drafts.items())[pick % len(self.drafts)]
        registry = self.office.registry
        functions = {
            "submit": registry.submit,
            "approve": registry.approve,
            "return": lambda a, d: registry.return_draft(a, d, "复核"),
            "withdraw": registry.withdraw,
            "discard": registry.discard,
        }
        before = len(self.office.verbs())
        lawful, timely, target = self._model(who, known, verb)
        try:
            functions[verb](who, draft)
        except ForbiddenError:
            assert not lawful
        except StateError as error:
            assert lawful
            assert not timely or error.code == "blocked" or known["empty"]
        except QuhuaError as error:
            assert (verb, error.code) == ("approve", "conflict")
            known["state"] = "conflict"
        else:
            assert lawful
            assert timely
            known["state"] = target
            if verb == "approve":
                self.names |= known["names"]
                self.versions = self._versions()
            assert self.office.verbs()[-1] == verb
        self.acts += len(self.office.verbs()) - before

    @precondition(lambda self: self.drafts)
    @rule(who=PEOPLE, pick=st.integers(min_value=0))
    def comment(self, who: str, pick: int) -> None:
        """Say something: the author, and who may decide, while it is open."""
        draft, known = sorted(self.drafts.items())[pick % len(self.drafts)]
        here, mine = self._within(who, *known["codes"]), who == known["author"]
        lawful = here and (mine or who in MANAGERS)
        timely = known["state"] in {*OPEN, "submitted"}
        try:
            said = self.office.registry.comment(who, draft, "看一下")
        except (ForbiddenError, NotFoundError):
            assert not lawful
            return
        except StateError:
            assert lawful
            assert not timely
            return
        assert lawful
        assert timely
        self.acts += 1
        known["said"] = known.get("said", 0) + 1
        assert said["number"] == known["said"]

    @precondition(lambda self: self._of("conflict"))
    @rule(who=PEOPLE, pick=st.integers(min_value=0), side=st.sampled_from(SIDES))
    def resolve(self, who: str, pick: int, side: str) -> None:
        """Settle a conflict: nothing of the layer is touched by that."""
        found = self._of("conflict")
        draft, known = found[pick % len(found)]
        registry = self.office.registry
        lawful = who == known["author"] and self._within(who, *known["codes"])
        head = self.versions[-1][0]
        units = registry.conflict(known["author"], draft)["units"]
        choices = dict.fromkeys([unit["key"] for unit in units], side)
        try:
            registry.resolve(who, draft, choices, head=head)
        except ForbiddenError:
            assert not lawful
            return
        except InputError as error:
            assert lawful
            assert error.code == "unchanged"
            assert side == "theirs" or known["names"].items() <= self.names.items()
            return
        assert lawful
        self.acts += 1
        known["state"] = "draft"
        staged = registry.store.staged(draft).new
        known["names"] = dict(staged["name"])
        known["codes"] = sorted(staged.index)

    @rule(who=PEOPLE)
    def publish(self, who: str) -> None:
        """Move the tag to the newest version."""
        head = self.versions[-1][0]
        try:
            self.office.registry.publish(who)
        except (ForbiddenError, StateError):
            assert who != "chen" or self.published == head
            return
        self.acts += 1
        self._has_published(head)

    @rule()
    def restart(self) -> None:
        """Close everything and open it again: all that was told stands."""
        self.office.registry.close()
        self.office.registry = open_registry(str(self.office.path))

    @invariant()
    def what_was_told_stands(self) -> None:
        """I1, I3, I4, I8 and the journal."""
        store = self.office.registry.store
        assert dict(store.snapshot("divisions")["name"]) == self.names
        assert self._versions() == self.versions
        assert store.tags().get("published/divisions") == self.published
        assert len(self.office.verbs()) == self.acts
        for version in store.versions("divisions"):
            assert version.author != version.approver
        for draft, known in self.drafts.items():
            document = store.get("drafts", draft)
            assert document is not None
            assert document["state"] == known["state"]

    def teardown(self) -> None:
        """I7: the chain holds at the end."""
        assert self.office.registry.store.verify() == []
        self.office.registry.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _of(self, state: str) -> list[tuple[str, dict[str, Any]]]:
        """The drafts the model knows in a state."""
        drafts = sorted(self.drafts.items())
        return [(name, each) for name, each in drafts if each["state"] == state]

    def _begun(self, draft: str, who: str, names: dict[str, str]) -> None:
        """Know a new draft by the names it gives."""
        self.drafts[draft] = {
            "state": "draft",
            "author": who,
            "codes": sorted(names),
            "names": names,
            "empty": False,
        }

    def _has_published(self, head: int) -> None:
        """Follow what publishing does to the drafts."""
        self.published = head
        for known in self.drafts.values():
            if known["state"] in {"approved", "published"}:
                known["state"] = "superseded"
        newest = self.office.registry.store.version(head).doc["draft"]
        if newest in self.drafts:
            self.drafts[newest]["state"] = "published"

    def _within(self, who: str, *units: str) -> bool:
        return who in WHERE and all(code.startswith(WHERE[who]) for code in units)

    def _model(
        self, who: str, known: dict[str, Any], verb: str
    ) -> tuple[bool, bool, str]:
        """Return whether the verb is lawful, timely, and where it leads."""
        mine, here = who == known["author"], self._within(who, *known["codes"])
        starts, target = {
            "submit": ({"draft", "returned", "withdrawn"}, "submitted"),
            "approve": ({"submitted"}, "approved"),
            "return": ({"submitted"}, "returned"),
            "withdraw": ({"submitted"}, "withdrawn"),
            "discard": ({"draft", "returned", "withdrawn", "conflict"}, "discarded"),
        }[verb]
        if verb in {"approve", "return"}:
            lawful = who in MANAGERS and here and not mine
        else:
            lawful = mine and here
        return lawful, known["state"] in starts, target

    def _versions(self) -> list[tuple[int, str]]:
        store = self.office.registry.store
        return [(v.number, v.digest) for v in store.versions("divisions")]


@pytest.mark.slow
def test_any_sequence_of_verbs(full_size: bool) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Workflow,
        settings=settings(
            max_examples=100 if full_size else 3,
            stateful_step_count=50 if full_size else 12,
            deadline=None,
            derandomize=not full_size,
            suppress_health_check=list(HealthCheck),
        ),
    )
