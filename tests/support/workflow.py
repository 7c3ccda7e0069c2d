"""The workflow as a model knows it: who may do what, and what must stand.

The model is written apart from the table in ``review``: it knows who the author
is, where a draft stands and what each person may, and says beforehand whether a
verb will be allowed. After every step the invariants are held: one published
version, versions never change, nobody approves their own, no street outside a
person's subtree changed by their hand, what others agreed on meanwhile is never
written over, nothing told is forgotten, and the chain verifies.
"""

# ruff: noqa: PT017 - the machine asserts on whichever outcome comes

from __future__ import annotations

import functools
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import shapely
from hypothesis.stateful import RuleBasedStateMachine, invariant

from boundaries.registry import open_registry
from geodata.errors import (
    ForbiddenError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from tests.support.registries import Office, office, streets
from tests.support.signed import add_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

WHERE = {
    "li": "120101",
    "sun": "120102",
    "zhao": "120",
    "wang": "120101",
    "chen": "120",
    "ma": "120",
    "namer": "120",
    "judge": "120",
}
SURVEYORS = {"li", "sun", "zhao"}
MANAGERS = {"wang", "chen", "ma"}
DECIDERS = {"divisions": MANAGERS, "place_names": {"judge"}}
"""Who decides over a layer; whoever decides may also stage."""
NAMERS = {"namer", "judge"}
STREETS = {
    "120101001": "A",
    "120102001": "B",
    "120101002": "C",
    "120102002": "D",
}
OPEN = {"draft", "returned", "withdrawn", "conflict"}


@functools.cache
def _begun() -> Path:
    """Make the store all runs begin with: the people, and the four streets."""
    folder = Path(tempfile.mkdtemp(prefix="quhua-machine-"))
    desk = office(folder)
    add_user(desk.registry, "namer", ["name_staff:120000"])
    add_user(desk.registry, "judge", ["name_reviewer:120000"])
    desk.commit()
    desk.registry.close()
    return folder


class Modelled(RuleBasedStateMachine):
    """A store, and what is known of it."""

    reached: ClassVar[Counter[str]] = Counter()
    """How often a whole run came to what it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="quhua-machine-"))
        shutil.copytree(_begun(), self.folder, dirs_exist_ok=True)
        path = self.folder / "store.sqlite"
        self.office = Office(open_registry(str(path)), path)
        self.drafts: dict[str, dict[str, Any]] = {}
        self.names = dict(self.layer()["name"])
        self.published: int | None = None
        self.waiting = set(STREETS)
        """Streets changed since the last publication."""
        self.placed: set[str] = set()
        self.versions = self._versions()
        self.told = self._journal()
        self.acts = len(self.told)

    @invariant()
    def what_was_told_stands(self) -> None:
        """I1, I3, I4, I8 and the journal."""
        store = self.office.registry.store
        assert dict(self.layer()["name"]) == self.names
        assert self._versions() == self.versions
        assert store.tags().get("published/divisions") == self.published
        journal = self._journal()
        assert journal[: len(self.told)] == self.told
        assert len(journal) == self.acts
        self.told = journal
        for version in store.versions("divisions"):
            assert version.author != version.approver
        for draft, known in self.drafts.items():
            document = store.get("drafts", draft)
            assert document is not None
            assert document["state"] == known["state"]

    @invariant()
    def each_version_is_published_once(self) -> None:
        """However often somebody, or a job that was killed, was at it."""
        done = [subject for verb, subject, _ in self.told if verb == "publish"]
        assert len(done) == len(set(done))

    def reopen(self) -> None:
        """Be another process on the same store."""
        self.office.registry.close()
        self.office.registry = open_registry(str(self.office.path))
        self._nothing_is_forgotten()

    def teardown(self) -> None:
        """I7: the chain holds at the end."""
        self._nothing_is_forgotten()
        self.office.registry.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def go(self, draft: str, *verbs: str) -> None:
        """Have verbs tried by whoever may."""
        known = self.drafts[draft]
        for verb in verbs:
            who = self.lawful(known, verb)
            if verb == "comment":
                self.remark(who, draft)
            elif verb == "resolve":
                self.settle(who, draft, "mine")
            else:
                self.attempt(who, draft, verb)

    def propose(self, who: str, code: str, name: str) -> str | None:
        """Stage another name; return the draft, if there is one."""
        frame = streets(**{STREETS[code]: name})
        drawn = self.layer().geometry.reindex(list(frame["code"]))
        frame = frame.set_geometry(list(drawn), crs=frame.crs)
        frame = frame[frame["code"] == code]
        allowed = who in SURVEYORS | MANAGERS and self.within(who, code)
        try:
            draft = self.office.registry.stage(who, frame, effective="2021")
        except ForbiddenError:
            assert not allowed
            return None
        except InputError as error:
            assert error.code == "unchanged"
            assert self.names[code] == name
            return None
        assert allowed
        self.acts += 1
        return self.has_begun(draft["id"], who, {code: name})

    def attempt(self, who: str, draft: str, verb: str) -> None:
        """Try a verb and follow it in the model."""
        known, registry = self.drafts[draft], self.office.registry
        functions = {
            "submit": registry.submit,
            "approve": registry.approve,
            "return": lambda a, d: registry.return_draft(a, d, "复核"),
            "withdraw": registry.withdraw,
            "discard": registry.discard,
        }
        before, layer = len(self.office.verbs()), self.layer()
        lawful, timely, target = self._model(who, known, verb)
        try:
            functions[verb](who, draft)
        except (ForbiddenError, NotFoundError):
            assert not lawful
            self.reached["refused"] += 1
        except StateError as error:
            assert lawful
            assert not timely or error.code == "blocked" or known["empty"]
        except QuhuaError as error:
            assert (verb, error.code) == ("approve", "conflict")
            assert lawful
            assert timely
            assert known["layer"] == "divisions"
            assert not self._seen(draft, layer) or self._redraws(draft)
            known |= {"state": "conflict", "clashed": True}
            self.reached["conflict"] += 1
        else:
            assert lawful
            assert timely
            known["state"] = target
            self.reached[verb] += 1
            if verb == "approve":
                self._approved(who, draft, layer)
            assert self.office.verbs()[-1] == verb
        self.acts += len(self.office.verbs()) - before

    def remark(self, who: str, draft: str) -> None:
        """Say something about a draft."""
        known = self.drafts[draft]
        here, mine = self.within(who, *known["codes"]), who == known["author"]
        lawful = here and (mine or who in DECIDERS[known["layer"]])
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
        self.reached["comment"] += 1
        known["said"] += 1
        assert said["number"] == known["said"]

    def settle(self, who: str, draft: str, side: str) -> None:
        """Take one side of a conflict."""
        known, registry = self.drafts[draft], self.office.registry
        lawful = who == known["author"] and self.within(who, *known["codes"])
        head = self.versions[-1][0]
        units = registry.conflict(known["author"], draft)["units"]
        choices = dict.fromkeys([unit["key"] for unit in units], side)
        try:
            registry.resolve(who, draft, choices, head=head)
        except (ForbiddenError, NotFoundError):
            assert not lawful
            return
        except InputError as error:
            assert lawful
            assert error.code == "unchanged"
            assert side == "theirs" or known["names"].items() <= self.names.items()
            return
        assert lawful
        self.acts += 1
        self.reached["resolve"] += 1
        staged = registry.store.staged(draft).new
        known |= {
            "state": "draft",
            "names": dict(staged["name"]),
            "codes": sorted(staged.index),
        }

    def lawful(self, known: dict[str, Any], verb: str) -> str:
        """Return the author, or somebody else who decides over the layer."""
        author = str(known["author"])
        if verb not in {"approve", "return", "comment", "waive"}:
            return author
        deciders = ("chen", "ma") if known["layer"] == "divisions" else ("judge",)
        return next((who for who in deciders if who != author), deciders[0])

    def picked(self, pick: int, *, alive: bool = False) -> tuple[str, dict[str, Any]]:
        """Return a draft and what is known of it, counted from the newest.

        ``alive``: of those with which something may be done, if there are any.
        """
        drafts = sorted(self.drafts.items(), reverse=True)
        states = {*OPEN, "submitted"}
        living = [each for each in drafts if each[1]["state"] in states]
        among = living if alive and living else drafts
        return among[pick % len(among)]

    def layer(self) -> gpd.GeoDataFrame:
        """Return the streets as they stand."""
        return self.office.registry.store.snapshot("divisions")

    def may_publish(self, who: str) -> bool:
        """Return whether all that waits lies in the subtree of who decides."""
        return who in MANAGERS and self.within(who, *self.waiting)

    def has_published(self, head: int) -> None:
        """Follow what publishing does to the drafts."""
        self.published = head
        self.waiting = set()
        for known in self.drafts.values():
            if known["layer"] != "divisions":
                continue
            if known["state"] in {"approved", "published"}:
                known["state"] = "superseded"
        newest = self.office.registry.store.version(head).doc["draft"]
        if newest in self.drafts:
            self.drafts[newest]["state"] = "published"

    def of(self, state: str) -> list[str]:
        """The drafts the model knows in a state."""
        return sorted(n for n, known in self.drafts.items() if known["state"] == state)

    def has_begun(
        self, draft: str, who: str, names: dict[str, str], layer: str = "divisions"
    ) -> str:
        """Know a new draft by the names it gives."""
        self.drafts[draft] = {
            "state": "draft",
            "author": who,
            "codes": sorted(names),
            "names": names,
            "layer": layer,
            "empty": False,
            "clashed": False,
            "said": 0,
        }
        return draft

    def _approved(self, who: str, draft: str, before: gpd.GeoDataFrame) -> None:
        """Hold a version to its draft: that and nothing else, on what was seen."""
        known, store = self.drafts[draft], self.office.registry.store
        if known["layer"] != "divisions":
            self.reached["names approved"] += 1
            self.placed.add(known["place"])
            return
        assert self._seen(draft, before)
        staged, after = store.staged(draft), self.layer()
        others = before.index.difference(list(staged.keys))
        assert _content(after, others) == _content(before, others)
        assert _content(after, staged.new.index) == _content(
            staged.new, staged.new.index
        )
        newest = store.versions("divisions")[-1]
        assert (newest.author, newest.approver) == (known["author"], who)
        self.reached["rebased"] += staged.base < self.versions[-1][0]
        self.reached["settled"] += known["clashed"]
        self.names |= known["names"]
        self.waiting |= set(known["codes"])
        former, self.versions = self.versions, self._versions()
        assert self.versions[:-1] == former

    def _seen(self, draft: str, layer: gpd.GeoDataFrame) -> bool:
        """Return whether each street stands as the author saw it, or wants it."""
        staged = self.office.registry.store.staged(draft)
        keys = list(staged.keys)
        now, old, new = (
            _content(each, keys) for each in (layer, staged.old, staged.new)
        )
        return all(now.get(k) in (old.get(k), new.get(k)) for k in keys)

    def _redraws(self, draft: str) -> bool:
        """Return whether a border moves: two that meet may conflict as well."""
        staged = self.office.registry.store.staged(draft)
        keys = list(staged.keys)
        old, new = (_content(each, keys) for each in (staged.old, staged.new))
        return any(key in old and old[key][1] != new[key][1] for key in new)

    def _nothing_is_forgotten(self) -> None:
        """What was said is there, and the chain of the journal holds."""
        registry = self.office.registry
        for draft, known in self.drafts.items():
            assert registry.remarks(known["author"], draft) == known["said"]
        assert registry.store.verify() == []

    def within(self, who: str, *units: str) -> bool:
        return who in WHERE and all(code.startswith(WHERE[who]) for code in units)

    def _model(
        self, who: str, known: dict[str, Any], verb: str
    ) -> tuple[bool, bool, str]:
        """Return whether the verb is lawful, timely, and where it leads."""
        mine, here = who == known["author"], self.within(who, *known["codes"])
        starts, target = {
            "submit": ({"draft", "returned", "withdrawn"}, "submitted"),
            "approve": ({"submitted"}, "approved"),
            "return": ({"submitted"}, "returned"),
            "withdraw": ({"submitted"}, "withdrawn"),
            "discard": ({"draft", "returned", "withdrawn", "conflict"}, "discarded"),
        }[verb]
        if verb in {"approve", "return"}:
            lawful = who in DECIDERS[known["layer"]] and here and not mine
        else:
            lawful = mine and here
        return lawful, known["state"] in starts, target

    def _versions(self) -> list[tuple[int, str]]:
        store = self.office.registry.store
        return [(v.number, v.digest) for v in store.versions("divisions")]

    def _journal(self) -> list[tuple[str, str, str]]:
        entries = self.office.registry.store.journal()
        return [(each.verb, each.subject, each.digest) for each in entries]


def surveyor(code: str) -> str:
    """Return the surveyor of a street's district."""
    return "li" if code.startswith(WHERE["li"]) else "sun"


def _content(frame: gpd.GeoDataFrame, keys: Iterable[Any]) -> dict[str, Any]:
    """Return name and drawing of those keys that are there."""
    there = frame[frame.index.isin(list(keys))]
    drawn = shapely.to_wkb(shapely.normalize(there.geometry.to_numpy()))
    return dict(zip(there.index, zip(there["name"], drawn, strict=True), strict=True))
