"""Repairs of a draft: done as a new staging, with their cost, and taken back.

What a batch of repairs replaced is kept beside the draft, unit by unit, so that it
can be taken back while nobody has changed those units since.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.registry import staging, touched
from boundaries.registry.desk import logged, now
from boundaries.registry.drafts import Drafts
from boundaries.rules import repairing
from boundaries.vocabulary import DraftState
from geodata.errors import ConflictError, InputError, NotFoundError, StateError, Text
from geodata.store.changes import ChangeSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.store.protocol import Transaction

MOST_LISTED = 200
"""Repairs that a draft's document names one by one; its log has all."""


class Repairing(Drafts):
    """Do repairs, list what was done, take a batch of them back."""

    def repair(
        self,
        actor: str,
        draft: str,
        fingerprints: Iterable[str] | None = None,
        *,
        to: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Stage the suggested repairs of findings, with what each costs.

        Parameters
        ----------
        fingerprints
            The findings chosen; None: every one that has a suggestion, but for
            duplicates, which end a unit and are named by whoever wants that.
        to
            By fingerprint the unit that gets a gap or an overlap, ``""`` for
            neither; else who has the longest border with it.

        Returns
        -------
        dict
            The draft's document; its ``repairs`` lists what was done, each
            ``{"fingerprint", "kind", "keys", "cost", "batch"}``; its ``mended`` has
            a row a batch, for :meth:`undo_repair`.
        """
        with logged("repair", actor, draft=draft) as said:
            document = self.document(draft)
            self.may("repair", actor, draft=document)
            chosen = _chosen(self.findings(actor, draft), fingerprints)
            changes = self.store.staged(draft)
            base = staging.layer_before(self.store, changes.layer, changes.effective)
            new, mended = staging.repaired(
                self.store, base, changes, chosen, self.settings.rules, to
            )
            made = staging.restaged(base, changes, new, ended=mended.ended)
            scope = touched.scope(document["layer"], made)
            self._require_place(actor, made, scope)
            keys = [*(str(key) for key in mended.rows.index), *mended.ended]
            batch = len(document.get("mended", ())) + 1
            done = [{**entry, "batch": batch} for entry in mended.log if entry["done"]]
            log = {"repairs": list(mended.log), "marks": _marks(made, keys)}
            with self.store.write() as tx:
                fresh = self.document(draft, tx)
                self.may("repair", actor, draft=fresh, reader=tx)
                tx.stage(_kept_id(draft, batch), _part(changes, keys))
                row = {
                    "number": batch,
                    "actor": actor,
                    "when": now(),
                    **totals(mended.log),
                    "log": tx.put_blob(json.dumps(log, ensure_ascii=False).encode()),
                    "undone": None,
                }
                moved = self._restage(
                    tx,
                    actor,
                    document,
                    {
                        **fresh,
                        "repairs": [*fresh["repairs"], *done][:MOST_LISTED],
                        "mended": [*fresh.get("mended", ()), row],
                    },
                    made,
                    f"repair {len(done)}",
                )
                self.record(tx, actor, "repair", draft, repairs=done[:MOST_LISTED])
            said.update(repairs=len(done))
            return moved

    def undo_repair(self, actor: str, draft: str, number: int) -> dict[str, Any]:
        """Take a batch of repairs back: its units are staged as they were before.

        Raises
        ------
        ConflictError
            When a unit was changed since, naming it; nothing is taken back then.
        """
        with logged("undo_repair", actor, draft=draft, batch=number):
            document = self.document(draft)
            self.may("repair", actor, draft=document)
            row = _batch(document, number)
            if row["undone"]:
                raise StateError(
                    Text(
                        f"第 {number} 次修复已撤销。",
                        f"Batch {number} is taken back already.",
                    )
                )
            changes = self.store.staged(draft)
            marks = json.loads(self.store.blob(row["log"]))["marks"]
            _require_unchanged(changes, marks)
            before = self.store.staged(_kept_id(draft, number))
            base = staging.layer_before(self.store, changes.layer, changes.effective)
            made = _taken_back(base, changes, before, list(marks))
            scope = touched.scope(document["layer"], made)
            self._require_place(actor, made, scope)
            with self.store.write() as tx:
                fresh = self.document(draft, tx)
                self.may("repair", actor, draft=fresh, reader=tx)
                undone = {**row, "undone": {"actor": actor, "when": now()}}
                moved = self._restage(
                    tx,
                    actor,
                    document,
                    {
                        **fresh,
                        "repairs": [
                            each
                            for each in fresh["repairs"]
                            if each.get("batch") != number
                        ],
                        "mended": [
                            undone if each["number"] == number else each
                            for each in fresh["mended"]
                        ],
                    },
                    made,
                    f"undo_repair {number}",
                )
                self.record(tx, actor, "undo_repair", draft, batch=number)
            return moved

    def repair_log(self, actor: str, draft: str, number: int) -> list[dict[str, Any]]:
        """Return every repair of a batch: what was done, at what cost, or why not."""
        row = _batch(self.seen(actor, draft), number)
        found: list[dict[str, Any]] = json.loads(self.store.blob(row["log"]))["repairs"]
        return found

    def _restage(
        self,
        tx: Transaction,
        actor: str,
        document: dict[str, Any],
        fresh: dict[str, Any],
        made: ChangeSet,
        note: str,
    ) -> dict[str, Any]:
        """Put a change in place of what was staged; it is to be checked again."""
        tx.stage(document["id"], made)
        scope = touched.scope(document["layer"], made)
        return self.move(
            tx,
            {**fresh, **touched.counted(made), "scope": scope},
            DraftState.DRAFT,
            actor,
            note=note,
            findings=None,
            staging=fresh["staging"] + 1,
            base=made.base,
            rev=document["rev"],
        )


def totals(log: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what repairs cost together: counts, metres and area by unit."""
    done = [entry for entry in log if entry["done"]]
    costs = [entry["cost"] for entry in done]
    gained: dict[str, float] = {}
    lost: dict[str, float] = {}
    for cost in costs:
        for name, into in (("area_gained_m2", gained), ("area_lost_m2", lost)):
            for key, area in cost.get(name, {}).items():
                into[key] = round(into.get(key, 0.0) + area, 3)
    return {
        "done": len(done),
        "refused": len(log) - len(done),
        "vertices_moved": sum(cost.get("vertices_moved", 0) for cost in costs),
        "largest_shift_m": max(
            (cost.get("largest_shift_m", 0.0) for cost in costs), default=0.0
        ),
        "area_gained_m2": round(sum(gained.values()), 3),
        "area_lost_m2": round(sum(lost.values()), 3),
        "units": len({key for entry in done for key in entry["keys"]}),
    }


def _chosen(
    findings: gpd.GeoDataFrame, fingerprints: Iterable[str] | None
) -> gpd.GeoDataFrame:
    """Return the findings whose repair is to be applied."""
    wanted = None if fingerprints is None else set(fingerprints)
    if wanted is not None:
        unknown = wanted - set(findings["fingerprint"])
        if unknown:
            named = ", ".join(sorted(unknown)[:5])
            raise InputError(
                Text(f"没有这些问题：{named}。", f"There is no such finding: {named}.")
            )
        findings = findings[findings["fingerprint"].isin(wanted)]
    can = [
        repairing.mendable(each)
        and (wanted is not None or each["kind"] not in repairing.BY_NAME)
        for each in findings["repair"]
    ]
    found = findings[np.array(can, bool)]
    if found.empty:
        raise InputError(
            Text("没有可采用的修复建议。", "No finding chosen has a suggested repair.")
        )
    return found


def _kept_id(draft: str, batch: int) -> str:
    """Return where what a batch replaced is kept."""
    return f"{draft}~repair{batch}"


def _part(changes: ChangeSet, keys: Sequence[str]) -> ChangeSet:
    """Return what a change says of some keys."""
    old, new = (side[side.index.isin(keys)] for side in (changes.old, changes.new))
    return ChangeSet(changes.layer, changes.base, changes.effective, old, new)


def _marks(changes: ChangeSet, keys: Sequence[str]) -> dict[str, str]:
    """Return a name for the shape each unit has now, ``""`` for none or the base's."""
    return {key: _mark(changes, key) for key in keys}


def _mark(changes: ChangeSet, key: str) -> str:
    if key not in changes.new.index:
        return "ended" if key in changes.old.index else ""
    parts = shapely.get_parts(changes.new.geometry.loc[key])
    drawn: Any = shapely.normalize(shapely.multipolygons(parts))
    return hashlib.sha256(bytes(shapely.to_wkb(drawn))).hexdigest()[:32]


def _require_unchanged(changes: ChangeSet, marks: Mapping[str, str]) -> None:
    """Raise ConflictError when a unit is no longer as the repair left it."""
    others = [key for key, mark in marks.items() if _mark(changes, key) != mark]
    if others:
        named = "、".join(others[:5])
        raise ConflictError(
            Text(
                f"{named} 在修复之后又有改动，不能撤销。",
                f"{named} changed after the repair, which cannot be taken back.",
            ),
            Text("请先撤销之后的修复或编辑。", "Take back what came after it first."),
        )


def _taken_back(
    base: gpd.GeoDataFrame, changes: ChangeSet, before: ChangeSet, keys: list[str]
) -> ChangeSet:
    """Return a change with some units as an earlier one had them."""
    kept = changes.new[~changes.new.index.isin(keys)]
    parts = [part for part in (kept, before.new) if len(part)]
    new = gpd.GeoDataFrame(pd.concat(parts)) if parts else kept
    gone = changes.removed.difference(keys).union(before.removed)
    return staging.restaged(
        base, changes, new.sort_index(), ended=gone, keep_removed=False
    )


def _batch(document: dict[str, Any], number: int) -> dict[str, Any]:
    for row in document.get("mended", ()):
        if row["number"] == number:
            return dict(row)
    raise NotFoundError(
        Text(f"没有第 {number} 次修复。", f"There is no batch {number} of repairs.")
    )
