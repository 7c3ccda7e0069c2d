"""Scenarios: plans that are kept with their figures, talked about and reviewed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry.desk import logged, now
from boundaries.registry.plans import Plans
from boundaries.services import scenarios as plans
from boundaries.services.edits import checked
from boundaries.services.scenario_tables import head
from boundaries.vocabulary import DraftState
from geodata.errors import ConflictError, InputError, NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from boundaries.accounts import User
    from geodata.store.protocol import Reader, Transaction

SCENARIOS, COMMENTS = "scenarios", "scenario_comments"
PLAN_END = "2035"
"""Where the spatial plan (2021-2035) ends."""
LAYER = "scenarios"
"""What the table of verbs calls them."""
_LONGEST_TITLE, _LONGEST_NOTE = 120, 4000
_MOVES = ("submit", "withdraw", "discard", "approve", "return")


class Scenarios(Plans):
    """Save, comment and review what might be."""

    def scenarios(self, actor: str) -> list[dict[str, Any]]:
        """Return every scenario that was not discarded, newest first, as heads."""
        self.may("view", actor)
        rows = self.store.find(SCENARIOS, order="updated", descending=True)
        return [head(row) for row in rows if row["state"] != DraftState.DISCARDED.value]

    def scenario(self, actor: str, scenario: str) -> dict[str, Any]:
        """Return one scenario whole, with its comments and what the actor may do."""
        user = self.may("view", actor)
        found = self._scenario(self.store, scenario)
        remarks = self.store.find(COMMENTS, parent=scenario)
        shown = found["figures"]["facilities"]
        names = {each["facility"]: each.get("name", "") for each in shown}
        return {
            **found,
            "comments": [{k: v for k, v in r.items() if k != "rev"} for r in remarks],
            "moves": self._scenario_moves(user, found),
            "words": [plans.in_words(edit, names)._asdict() for edit in found["edits"]],
        }

    def save_scenario(
        self, actor: str, title: str, base: Mapping[str, Any],
        edits: Sequence[Mapping[str, Any]], *, note: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Keep edits as a new scenario, with their figures and what these stand on."""
        self.may("plan", actor)
        body = self._written(actor, title, base, edits, note)
        with logged("save_scenario", actor), self.store.write(lock=[SCENARIOS]) as tx:
            self.may("plan", actor, reader=tx)
            number = tx.count(SCENARIOS) + 1
            key = f"S{number:04d}"
            made = {
                "id": key,
                **body,
                "state": DraftState.DRAFT.value,
                "author": actor,
                "created": now(),
                "history": [_step(DraftState.DRAFT.value, actor)],
            }
            return self._put(tx, actor, made, "save_scenario", rev=0)

    def change_scenario(
        self, actor: str, scenario: str, *, rev: int, title: str,
        base: Mapping[str, Any], edits: Sequence[Mapping[str, Any]], note: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Replace a scenario's edits by others; ``rev`` is the one they came from."""
        self._may_edit(actor, self._scenario(self.store, scenario))
        body = self._written(actor, title, base, edits, note)
        with self.store.write(lock=[SCENARIOS]) as tx:
            found = self._scenario(tx, scenario)
            self._may_edit(actor, found, tx)
            _require_unchanged(found, rev)
            return self._put(tx, actor, {**found, **body}, "change_scenario", rev=rev)

    def rename_scenario(
        self, actor: str, scenario: str, title: str, note: str | None = None
    ) -> dict[str, Any]:
        """Give a scenario another title, or other words beside it."""
        with self.store.write(lock=[SCENARIOS]) as tx:
            found = self._scenario(tx, scenario)
            self._may_edit(actor, found, tx)
            changed = {**found, "title": _title(title), "updated": now()}
            if note is not None:
                changed["note"] = _note(note)
            return self._put(tx, actor, changed, "rename_scenario", rev=found["rev"])

    def move_scenario(
        self, actor: str, scenario: str, verb: str, note: str = "",
        rev: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Submit, withdraw, discard, approve or return a scenario.

        Parameters
        ----------
        rev
            The one that the actor looked at: what was changed since is not approved
            unseen. None: as it stands.

        Raises
        ------
        InputError
            For another verb, or a return without a reason.
        ForbiddenError, StateError
            As the table of verbs says; nobody approves their own.
        """
        if verb not in _MOVES:
            raise InputError(
                Text(f"没有操作“{verb}”。", f"There is no move “{verb}”."),
                Text(f"可用：{'、'.join(_MOVES)}。", f"Use {', '.join(_MOVES)}."),
            )
        if verb == "return" and not note.strip():
            raise InputError(
                Text("退回须说明理由。", "A return needs a reason."),
                Text("请写明需要修改什么。", "Say what is to be changed."),
            )
        with self.store.write(lock=[SCENARIOS]) as tx:
            found = self._scenario(tx, scenario)
            row = self._allow(verb, self.user(actor, tx), found)
            if rev is not None:
                _require_unchanged(found, rev)
            state = str(row.to.value if row.to is not None else found["state"])
            moved = {
                **found,
                "state": state,
                "updated": now(),
                "history": [*found["history"], _step(state, actor, _note(note))],
            }
            return self._put(
                tx, actor, moved, f"{verb}_scenario", rev=found["rev"], note=note
            )

    def comment_scenario(self, actor: str, scenario: str, text: str) -> dict[str, Any]:
        """Say something about a scenario, whatever its state."""
        said = text.strip()
        if not said or len(said) > _LONGEST_NOTE:
            raise InputError(
                Text(f"留言须有内容，且不超过 {_LONGEST_NOTE} 字。",
                     f"A comment has 1 to {_LONGEST_NOTE} characters."),
            )  # fmt: skip
        with self.store.write(lock=[SCENARIOS]) as tx:
            self._scenario(tx, scenario)
            self.may("plan", actor, reader=tx)
            number = len(tx.find(COMMENTS, parent=scenario)) + 1
            remark = {
                "scenario": scenario, "number": number, "actor": actor, "when": now(),
                "text": said,
            }  # fmt: skip
            key = f"{scenario}/{number:04d}"
            tx.put(COMMENTS, key, remark, parent=scenario, rev=0)
            self.record(tx, actor, "comment_scenario", scenario, number=number)
        return remark

    def phase_scenario(
        self, actor: str, until: str, base: Mapping[str, Any], title: str = ""
    ) -> dict[str, Any]:
        """Keep as a scenario what is planned or being built up to a year."""
        self.may("plan", actor)
        stands = plans.checked_base(base)
        edits = plans.phase_edits(self._facilities(stands["as_of"]), until)
        words = title or f"规划设施（至 {until[:4]} 年）"
        return self.save_scenario(actor, words, base, edits)

    def phase_scenarios(
        self, actor: str, base: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Keep a scenario for every year in which something planned opens.

        Each opens what is to be there by then, so they show a plan year by year.
        """
        stands = plans.checked_base(base)
        rows = self.phases(actor, stands["as_of"])
        years = sorted({row["year"] for row in rows if row["year"]})
        if not years:
            plans.phase_edits(self._facilities(stands["as_of"]), PLAN_END)
        return [self.phase_scenario(actor, year, stands) for year in years]

    def _written(
        self, actor: str, title: str, base: Mapping[str, Any],
        edits: Sequence[Mapping[str, Any]], note: str,
    ) -> dict[str, Any]:  # fmt: skip
        """Return what a scenario says, computed now."""
        words = _title(title)
        sound = checked(edits)
        if not sound:
            raise InputError(
                Text("方案没有改动。", "The scenario changes nothing."),
                Text("请先新增、迁移、关闭设施或调整床位。",
                     "Add, move, close or resize a facility first."),
            )  # fmt: skip
        stands = plans.checked_base(base)
        answer = self._planned(
            actor, "saving", stands, sound, whole=True, indicators=True
        )
        figures = plans.kept_figures(answer)
        return {
            "title": words, "note": _note(note), "edits": sound,
            "base": plans.pinned(stands, answer["stamp"]), "stamp": answer["stamp"],
            "figures": figures, "scope": plans.scope_of(figures), "updated": now(),
        }  # fmt: skip

    def _scenario(self, reader: Reader, scenario: str) -> dict[str, Any]:
        found = reader.get(SCENARIOS, scenario)
        if found is None:
            raise NotFoundError(
                Text(f"没有方案 {scenario}。", f"There is no scenario {scenario}."),
                Text("请从方案列表中选择。", "Choose one from the list."),
            )
        return {k: v for k, v in found.items() if k != "key"}

    def _handed_out(
        self, actor: str, verb: str, subject: str, name: str,
        write: Callable[[Path], None], **said: Any,
    ) -> tuple[str, bytes]:  # fmt: skip
        """Write a file and record that it went out; return its name and content."""
        with tempfile.TemporaryDirectory(prefix="quhua-") as folder:
            path = Path(folder) / name
            write(path)
            content = path.read_bytes()
        with self.store.write() as tx:
            self.record(tx, actor, verb, subject, **said)
        return name, content

    def _put(
        self, tx: Transaction, actor: str, document: dict[str, Any], verb: str, *,
        rev: int, **detail: Any,
    ) -> dict[str, Any]:  # fmt: skip
        body = {k: v for k, v in document.items() if k != "rev"}
        fresh = tx.put(SCENARIOS, document["id"], body, rev=rev)
        told = {"title": body["title"], "stamp": body["stamp"]["id"], **detail}
        self.record(tx, actor, verb, document["id"], **told)
        return {**body, "rev": fresh}

    def _may_edit(
        self, actor: str, found: Mapping[str, Any], reader: Reader | None = None
    ) -> None:
        self._allow("edit_scenario", self.user(actor, reader), found)

    def _allow(self, verb: str, user: User, found: Mapping[str, Any]) -> review.Verb:
        return review.allow(
            verb, user, layer=LAYER, state=found["state"], author=found["author"],
            keys=found["scope"],
        )  # fmt: skip

    def _scenario_moves(self, user: User, found: Mapping[str, Any]) -> list[str]:
        offered = review.moves(
            user, state=found["state"], author=found["author"], keys=found["scope"],
            layer=LAYER,
        )  # fmt: skip
        return [verb for verb in offered if verb in (*_MOVES, "edit_scenario")]


def _require_unchanged(found: Mapping[str, Any], rev: int) -> None:
    if found["rev"] != rev:
        raise ConflictError(
            Text(f"方案 {found['id']} 已被修改。",
                 f"Scenario {found['id']} was changed meanwhile."),
            Text("请查看现在的内容；自己的改动可另存为新方案。",
                 "Look at it as it is now; changes of yours can be saved as another."),
        )  # fmt: skip


def _step(state: str, actor: str, note: str = "") -> dict[str, Any]:
    return {"state": state, "actor": actor, "when": now(), "note": note}


def _title(title: str) -> str:
    words = " ".join(title.split())
    if not words or len(words) > _LONGEST_TITLE:
        raise InputError(
            Text(f"方案须有名称，且不超过 {_LONGEST_TITLE} 字。",
                 f"A scenario has a title of 1 to {_LONGEST_TITLE} characters."),
        )  # fmt: skip
    return words


def _note(note: str) -> str:
    words = note.strip()
    if len(words) > _LONGEST_NOTE:
        raise InputError(
            Text(f"说明不超过 {_LONGEST_NOTE} 字。",
                 f"Words beside it have at most {_LONGEST_NOTE} characters."),
        )  # fmt: skip
    return words


def suffix_of(driver: str, formats: Mapping[str, str]) -> str:
    """Return the suffix of a format; raise InputError for one that is not written."""
    if driver not in formats:
        raise InputError(
            Text(f"不能导出为“{driver}”。", f"Not written: “{driver}”."),
            Text(f"可用：{'、'.join(formats)}。", f"Use {', '.join(formats)}."),
        )
    return formats[driver]
