"""Editing on the map: every step is staged on a draft, and can be taken back.

A draft remembers its steps (``editing``) and, beside its ChangeSet, what was staged
after each of them; undo and redo stage one of those again. All steps stand on the
version the draft was made on, so that approving it compares with what others
committed since, and shows both sides where they meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from boundaries import edits, redraw, review
from boundaries.registry import touched
from boundaries.registry.desk import logged, now
from boundaries.registry.drafts import Drafts, newborn, next_id
from boundaries.registry.edit_frame import around, staged_after
from boundaries.registry.edit_log import (
    areas_shown,
    begun,
    chosen,
    focus_of,
    log_of,
    marks_near,
    operands,
    require_rev,
    step_id,
    still_there,
    units_shown,
)
from boundaries.registry.proposals import free_codes
from boundaries.registry.turns import Turns
from boundaries.vocabulary import DraftState
from geodata.crs import gauss_krueger
from geodata.errors import InputError, LimitError, StateError, Text
from geodata.store import dates
from geodata.store.changes import ChangeSet
from geodata.topology.nearby import borders_near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.store.protocol import Transaction

TURNS = Turns(2, 5.0, Text("正在为他人编辑界线。", "Others are editing borders."))
"""One edit may redraw as many vertices as ``edit_frame.MOST_AROUND``."""
MOST_STEPS = 500
MOST_CHANGES = 2_000
"""Units a draft may change: what is staged is kept once more for every step."""


class Editing(Drafts):
    """Begin, show, edit, undo and redo."""

    def begin_edit(
        self,
        actor: str,
        units: Sequence[str],
        *,
        layer: str = "divisions",
        title: str = "",
        effective: str,
        basis: str = "",
    ) -> dict[str, Any]:
        """Open a draft that changes nothing yet, to edit units on the map.

        Parameters
        ----------
        units
            Codes of the divisions to begin with; they must lie in the actor's
            subtree.
        effective
            Valid-time date from which the edited state is to hold.

        Returns
        -------
        dict
            The draft's document.
        """
        with logged("edit", actor, units=len(units)) as said:
            _require_divisions(layer)
            self.may("stage", actor)
            date = dates.parse(effective)
            focus = chosen(units)
            head = self.store.head(layer)
            found = self.store.snapshot(
                layer, in_force=date, keys=focus, geometry=False
            )
            missing = [key for key in focus if key not in found.index]
            if missing:
                raise InputError(
                    Text(
                        f"{date} 没有单位 {', '.join(missing)}。",
                        f"There is no unit {', '.join(missing)} on {date}.",
                    )
                )
            nothing = self.store.snapshot(layer, keys=[])
            nothing = nothing.drop(columns=["valid_from", "valid_to"])
            changes = ChangeSet(layer, head, date, nothing, nothing)
            self._require_place(actor, changes, focus)
            document = {
                "layer": layer,
                "title": title.strip() or f"界线编辑 {'、'.join(found['name'][:3])}",
                "basis": basis,
                "effective": date,
                "base": head,
                **touched.counted(changes),
                "scope": focus,
                "events": [],
                "declared": False,
                "inferred": [],
                "refused": [],
                "original": None,
                "reading": None,
                "confirmed": [],
                "editing": begun(focus, 1),
            }
            with self.store.write(lock=["drafts"]) as tx:
                document |= newborn(actor, next_id(tx))
                tx.stage(document["id"], changes)
                tx.stage(step_id(document["id"], 0), changes)
                document = self.move(tx, document, DraftState.DRAFT, actor)
                self.record(
                    tx, actor, "begin_edit", document["id"], units=focus, effective=date
                )
            said.update(draft=document["id"])
            return document

    def editing(
        self, actor: str, draft: str, units: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return what the editor shows: borders, units, areas, the steps so far.

        Parameters
        ----------
        units
            Codes whose borders are wanted; none: those edited so far.
        """
        document = self.document(draft)
        self.may("view_draft", actor, draft=document)
        _require_divisions(document["layer"])
        changes = self.store.staged(draft)
        focus = chosen(units) if units else focus_of(document, changes)
        frame = around(self.store, changes, focus)
        focus = [key for key in focus if key in frame.index] or focus
        return self._editor(actor, document, changes, frame, focus)

    def edit(self, actor: str, draft: str, body: bytes) -> dict[str, Any]:
        """Do one edit and stage it.

        Parameters
        ----------
        body
            The edit as the browser sends it, see :func:`boundaries.edits.parse`.
            Its ``rev`` is the ``staging`` of the draft the person looked at.

        Returns
        -------
        dict
            As :meth:`editing`, with ``notes`` of this step.

        Raises
        ------
        InputError, LimitError
            What was sent is no edit, or too much.
        StateError
            ``stale``: the draft was edited elsewhere since.
        StoreError
            ``busy``: others are editing, try again.
        GeometryError
            Units would overlap, cross or turn; the message says where.
        ForbiddenError
            A unit that would change, a neighbour too, lies outside the subtree.
        """
        rev, operation = edits.parse(body, region=self.settings.region)
        with logged("edit", actor, draft=draft) as said, TURNS.taken():
            document, changes, frame = self._opened(actor, draft, operation, rev)
            made = self._redrawn(actor, changes, frame, operation)
            if isinstance(operation, edits.Split) and not operation.parts:
                raise InputError(
                    Text("请给出各块的代码和名称。", "Give each piece a code and name.")
                )
            staged = staged_after(self.store, changes, made)
            log = log_of(document)
            step = {
                "op": type(operation).__name__.lower(),
                "said": made.said._asdict(),
                "who": actor,
                "when": now(),
                "keys": [str(key) for key in [*made.rows.index, *made.ended][:50]],
                "focus": operands(operation),
            }
            steps = [*log["steps"][: log["at"]], step]
            if len(steps) > MOST_STEPS:
                raise LimitError(
                    Text(
                        f"一份草稿最多编辑 {MOST_STEPS} 步。",
                        f"A draft has {MOST_STEPS} edits at most.",
                    ),
                    Text("请提交后另建草稿。", "Submit it and begin another."),
                    setting="editing.steps",
                )
            fresh = log | {"steps": steps, "at": len(steps)}
            document = self._enter_step(actor, document, staged, fresh, step, changes)
            said.update(op=step["op"], changes=len(staged))
        focus = still_there(operands(operation), made, document)
        frame = around(self.store, staged, focus)
        shown = self._editor(actor, document, staged, frame, focus)
        return shown | {"notes": [note._asdict() for note in made.notes]}

    def propose_edit(self, actor: str, draft: str, body: bytes) -> dict[str, Any]:
        """Return what an edit would do, keeping nothing.

        For a split: its pieces with area, the units below each, and free codes.
        """
        rev, operation = edits.parse(body, region=self.settings.region)
        with TURNS.taken():
            _, changes, frame = self._opened(actor, draft, operation, rev)
            made = self._redrawn(actor, changes, frame, operation)
        proposed: dict[str, Any] = {
            "said": made.said._asdict(),
            "notes": [note._asdict() for note in made.notes],
            "pieces": list(made.pieces),
            "units": [str(key) for key in made.rows.index],
        }
        if isinstance(operation, edits.Split):
            proposed["codes"] = free_codes(
                self.store, changes, operation.unit, len(made.pieces) - 1
            )
        return proposed

    def undo_edit(self, actor: str, draft: str, rev: int | None) -> dict[str, Any]:
        """Take the last edit back."""
        return self._to_step(actor, draft, rev, -1)

    def redo_edit(self, actor: str, draft: str, rev: int | None) -> dict[str, Any]:
        """Do an edit again that was taken back."""
        return self._to_step(actor, draft, rev, +1)

    def _to_step(
        self, actor: str, draft: str, rev: int | None, by: int
    ) -> dict[str, Any]:
        document = self.document(draft)
        self.may("edit", actor, draft=document)
        require_rev(document, rev)
        log = log_of(document)
        at = log["at"] + by
        if not 0 <= at <= len(log["steps"]):
            word = Text("没有可撤销的编辑。", "There is no edit to take back.")
            if by > 0:
                word = Text("没有可重做的编辑。", "There is no edit to do again.")
            raise StateError(word)
        staged = self.store.staged(step_id(draft, at))
        step: dict[str, Any] = {"op": "undo" if by < 0 else "redo", "keys": []}
        before = self.store.staged(draft)
        moved = self._enter_step(
            actor, document, staged, log | {"at": at}, step, before
        )
        return self.editing(actor, moved["id"])

    def _opened(
        self, actor: str, draft: str, operation: edits.Operation, rev: int | None
    ) -> tuple[dict[str, Any], ChangeSet, gpd.GeoDataFrame]:
        """Return the draft, its change and the units around an operation."""
        document = self.document(draft)
        _require_divisions(document["layer"])
        self.may("edit", actor, draft=document)
        require_rev(document, rev)
        changes = self.store.staged(draft)
        if len(changes) > MOST_CHANGES:
            raise LimitError(
                Text(
                    f"草稿已改动 {len(changes)} 个单位，超过在线编辑的上限 "
                    f"{MOST_CHANGES} 个。",
                    f"The draft changes {len(changes)} units; editing here ends at "
                    f"{MOST_CHANGES}.",
                ),
                Text("请修改文件后重新导入。", "Change the file and import it again."),
                setting="editing.changes",
            )
        return document, changes, around(self.store, changes, operands(operation))

    def _redrawn(
        self,
        actor: str,
        changes: ChangeSet,
        frame: gpd.GeoDataFrame,
        operation: edits.Operation,
    ) -> redraw.Redrawn:
        user, row = self.user(actor), review.verb("edit")
        fixed = review.outside(user, row, list(frame.index), changes.layer)

        def taken(code: str) -> bool:
            known = self.store.history(changes.layer, code)
            return bool(known) or code in changes.keys

        return redraw.redraw(frame, operation, fixed=fixed, taken=taken)

    def _enter_step(
        self,
        actor: str,
        document: dict[str, Any],
        staged: ChangeSet,
        log: dict[str, Any],
        step: dict[str, Any],
        before: ChangeSet,
    ) -> dict[str, Any]:
        """Write one step: what is staged now, the log, the audit."""
        draft = document["id"]
        scope = sorted({*touched.scope(staged.layer, staged), *log["units"]})
        self._require_place(actor, staged, scope)
        with self.store.write() as tx:
            fresh = self.document(draft, tx)
            self.may("edit", actor, draft=fresh, reader=tx)
            require_rev(fresh, document["staging"])
            if log["first"]:
                tx.stage(step_id(draft, 0), before)
            tx.stage(draft, staged)
            if step["op"] not in ("undo", "redo"):
                tx.stage(step_id(draft, log["at"]), staged)
            number = fresh["staging"] + 1
            body = fresh | touched.counted(staged) | {
                "scope": scope,
                "findings": None,
                "events": [],
                "declared": False,
                "conflict": None,
                "staging": number,
                "editing": log | {"staging": number, "first": False},
            }  # fmt: skip
            document = self._put_step(tx, actor, body, str(step["op"]))
            self.record(
                tx,
                actor,
                "edit",
                draft,
                op=step["op"],
                keys=step["keys"],
                step=log["at"],
            )
        return document

    def _put_step(
        self, tx: Transaction, actor: str, body: dict[str, Any], note: str
    ) -> dict[str, Any]:
        """Write the document; a state entered anew goes into its history."""
        if body["state"] == DraftState.DRAFT:
            return self.put_draft(tx, body | {"updated": now()})
        return self.move(tx, body, DraftState.DRAFT, actor, note=note)

    def _editor(
        self,
        actor: str,
        document: dict[str, Any],
        changes: ChangeSet,
        frame: gpd.GeoDataFrame,
        focus: Sequence[str],
    ) -> dict[str, Any]:
        borders = borders_near(frame, focus, most=edits.MOST_VERTICES)
        log = log_of(document)
        user, row = self.user(actor), review.verb("edit")
        foreign = set(review.outside(user, row, list(frame.index), changes.layer))
        middle = float(np.mean(frame.geometry.bounds.loc[list(focus)].iloc[0, [0, 2]]))
        head = self.store.head(changes.layer)
        return {
            "draft": {
                name: document[name]
                for name in ("id", "title", "state", "author", "effective", "basis",
                             "base", "staging", "counts")
            },
            "rev": document["staging"],
            "head": head,
            "moves": self._moves(user, document),
            "focus": list(focus),
            "zone": gauss_krueger(middle).meridian,
            "borders": [border.to_dict() for border in borders],
            "units": units_shown(frame, foreign),
            "areas": areas_shown(changes),
            "marks": marks_near(self.store, frame.loc[list(focus)]),
            "steps": log["steps"],
            "at": log["at"],
            "notes": [],
        }  # fmt: skip


def _require_divisions(layer: str) -> None:
    """Refuse a draft of a register: its records have forms of their own."""
    if layer != "divisions":
        raise InputError(
            Text("地图编辑只用于区划图层。", "Only divisions are edited here.")
        )
