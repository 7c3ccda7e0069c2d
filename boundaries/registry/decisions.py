"""Decisions: what a second person says to a submitted draft."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from boundaries.registry import neighbours, reports, staging, touched
from boundaries.registry.desk import WAIVERS, logged, now, today
from boundaries.registry.repairing import Repairing
from boundaries.vocabulary import DraftState
from geodata.errors import ConflictError, InputError, NotFoundError, StateError, Text
from geodata.store import dates
from geodata.store.diffing import changes_between

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.store.changes import ChangeSet, Version
    from geodata.store.protocol import Transaction

_TRIES = 2
"""How often a check is redone outside the lock before it is done inside."""

_LETTERS = 6
"""Fewest letters that name a finding: fewer are soon another one's."""


class Decisions(Repairing):
    """Approve, return, waive, revert."""

    def approve(
        self, actor: str, draft: str, note: str = "", *, staging: int | None = None
    ) -> dict[str, Any]:
        """Commit a submitted draft as a version.

        The layer is checked as it stands at the moment of the commit. A draft
        whose base moved is rebased where nothing touches; else it becomes a
        conflict that shows both sides, and nothing is overwritten.

        Parameters
        ----------
        staging
            The ``staging`` of the draft that the approver looked at: what was
            staged since is not approved unseen. None: as it stands.

        Raises
        ------
        ForbiddenError
            For the author, without the role, or outside the subtree.
        StateError
            ``blocked`` while an error is neither mended nor waived.
        ConflictError
            After the draft was put in conflict.
        """
        with logged("approve", actor, draft=draft) as said:
            seen = self.document(draft)
            self.may("approve", actor, draft=seen)
            if staging is not None:
                _require_same(seen, {"staging": staging})
            try:
                for _ in range(_TRIES):
                    document = self.checked(actor, draft)
                    _require_same(document, seen)
                    self.require_clean(self.store, document)
                    done = self._commit(actor, document, note, wait=False)
                    if done is not None:
                        break
                else:
                    if not self.prompt:
                        done = self._commit(actor, document, note, wait=True)
            except ConflictError as error:
                if not error.details:
                    raise
                self._put_in_conflict(actor, draft, error)
                raise
            if done is None:
                raise StateError(
                    Text("图层正忙，请重试。", "The layer is busy; try again.")
                )
            said.update(version=done["version"])
            return done

    def return_draft(self, actor: str, draft: str, note: str = "") -> dict[str, Any]:
        """Send a submitted draft back to its author, with the reason."""
        if not note.strip():
            raise InputError(
                Text("退回须说明理由。", "Say why the draft is returned."),
                Text("请加 --note。", "Add --note."),
            )
        return self._step(actor, draft, "return", note)

    def waive(
        self,
        actor: str,
        draft: str,
        fingerprint: str,
        reason: str,
        expires: str | None = None,
    ) -> dict[str, Any]:
        """Let a finding stand, with a reason and until a date.

        Parameters
        ----------
        fingerprint
            The finding's, or its beginning if that is unique.
        expires
            Last day it holds (ISO date); None: as the settings say.
        """
        if not reason.strip():
            raise InputError(Text("豁免须说明理由。", "Say why the finding may stand."))
        last = _last_day(expires, self.settings.review.waiver_days)
        seen = self.document(draft)
        self.may("waive", actor, draft=seen)
        document = self.checked(actor, draft)
        _require_same(document, seen)
        row = _one(self.findings(actor, draft), fingerprint)
        changes = self.store.staged(draft)
        named = [str(key) for key in row.participants]
        base = staging.layer_before(
            self.store, changes.layer, changes.effective, keys=named
        )
        after = staging.applied(base, changes)
        waiver = {
            "fingerprint": row.fingerprint,
            "rule": row.rule,
            "severity": row.severity,
            "participants": list(row.participants),
            "message": {"zh": row.message_zh, "en": row.message_en},
            "layer": document["layer"],
            "draft": draft,
            "reason": reason.strip(),
            "requester": document["author"],
            "approver": actor,
            "granted": now(),
            "expires": last,
            "near": reports.near(row, after, self.settings.review.waiver_margin_m),
        }
        with self.store.write() as tx:
            fresh = self.document(draft, tx)
            self.may("waive", actor, draft=fresh, reader=tx)
            _require_same(fresh, seen)
            tx.put(
                WAIVERS,
                f"{document['layer']}/{row.fingerprint}",
                waiver,
                parent=document["layer"],
            )
            report = dict(fresh["findings"])
            report["waived"] = sorted({*report["waived"], row.fingerprint})
            report["reopened"] = sorted({*report["reopened"]} - {row.fingerprint})
            report["open_errors"] = len(
                set(report["error_marks"]) - set(report["waived"])
            )
            self.put_draft(tx, {**fresh, "findings": report})
            self.record(
                tx,
                actor,
                "waive",
                draft,
                fingerprint=row.fingerprint,
                rule=row.rule,
                reason=reason,
                expires=last,
            )
        return waiver

    def waivers(self, actor: str, layer: str = "divisions") -> list[dict[str, Any]]:
        """Return the waivers of a layer with ``holds`` (not yet expired)."""
        self.may("view_draft", actor)
        return [
            {**waiver, "holds": waiver["expires"] >= today()}
            for waiver in self.store.find(WAIVERS, parent=layer)
        ]

    def revert(self, actor: str, version: int | str, note: str = "") -> dict[str, Any]:
        """Stage the undoing of a version, to be reviewed like any change.

        Raises
        ------
        ConflictError
            When a later version changed the same features.
        """
        done = self.store.version(version)
        self.may("revert", actor, layer=done.layer)
        undo = ~self._change_of(done)
        self._require_untouched(undo, done)
        base = staging.layer_before(self.store, done.layer, undo.effective)
        changes = staging.restaged(base, undo, undo.new)
        if not len(changes):
            raise InputError(
                Text(
                    f"版本 {done.number} 已无可恢复的内容。",
                    f"Nothing of version {done.number} is left to revert.",
                ),
                code="unchanged",
            )
        document = {
            "layer": done.layer,
            "title": f"恢复版本 {done.number} / Revert version {done.number}",
            "basis": note or done.basis,
            "effective": changes.effective,
            "base": changes.base,
            **touched.counted(changes),
            "scope": touched.scope(done.layer, changes),
            "events": [],
            "declared": False,
            "inferred": [],
            "refused": [],
            "original": None,
            "reading": None,
            "confirmed": [],
            "reverts": done.number,
        }
        self._require_place(actor, changes, document["scope"])
        with self.store.write(lock=["drafts"]) as tx:
            return self._enter(tx, actor, document, changes, None)

    def _change_of(self, version: Version) -> ChangeSet:
        """Return what a version did to the layer of the date it takes effect."""
        layer, number = version.layer, version.number
        before = max(
            (v.number for v in self.store.versions(layer) if v.number < number),
            default=0,
        )
        old, new = (
            staging.layer_at(self.store, layer, at, version.effective)
            for at in (before, number)
        )
        return changes_between(
            old,
            new,
            layer=layer,
            base=before,
            effective=version.effective,
            complete=True,
        )

    def _require_untouched(self, undo: ChangeSet, version: Version) -> None:
        """Refuse to undo what a later version changed again.

        Neither what the version wrote may have changed, nor how long it holds,
        nor the last state known.
        """
        layer, keys = undo.layer, [str(key) for key in undo.keys]
        again: set[str] = set()
        for date in (undo.effective, None):
            then, now = (
                self.store.snapshot(layer, at=at, in_force=date, keys=keys)
                for at in (version.number, self.store.head(layer))
            )
            again |= _differing(then, now, layer)
        if again:
            raise _changed_again(version.number, sorted(again))

    def _commit(
        self,
        actor: str,
        document: dict[str, Any],
        note: str,
        *,
        wait: bool,
    ) -> dict[str, Any] | None:
        """Commit under the locks, or return None when the layer moved meanwhile.

        With ``wait`` the check is done again inside the locks, where nothing
        that matters can move. What is staged is read after its document: while
        the document's ``staging`` is the same, so is what was read.
        """
        changes = self.store.staged(document["id"])
        names = neighbours.locks(changes, neighbours.around(self.store, changes))
        with self.store.write(lock=names) as tx:
            fresh = self.document(document["id"], tx)
            self.may("approve", actor, draft=fresh, reader=tx)
            _require_same(fresh, document)
            if not self.fresh(tx, fresh):
                if not wait:
                    return None
                fresh = self._examined_inside(tx, fresh)
            self.require_clean(tx, fresh)
            version = tx.commit(
                changes,
                author=fresh["author"],
                approver=actor,
                basis=fresh["basis"],
                message=note or fresh["title"],
                doc=self._version_document(fresh, changes),
            )
            moved = self.move(
                tx, fresh, DraftState.APPROVED, actor, note, version=version.number
            )
            self.record(
                tx,
                actor,
                "approve",
                fresh["id"],
                version=version.number,
                digest=version.digest,
                author=fresh["author"],
                note=note,
            )
        return moved

    def _examined_inside(
        self, tx: Transaction, document: dict[str, Any]
    ) -> dict[str, Any]:
        found, summary = self.examine(tx, document)
        summary["blob"] = tx.put_blob(reports.to_bytes(found))
        events = summary.pop("events")
        return {**document, "findings": summary, "events": events}

    def _version_document(
        self, document: dict[str, Any], changes: ChangeSet
    ) -> dict[str, Any]:
        """Return what a version keeps about how it came to be."""
        held = self._waivers(self.store, document["layer"], document["author"])
        kept = {
            "draft": document["id"],
            "title": document["title"],
            "events": document["events"],
            "waivers": [held[mark] for mark in document["findings"]["waived"]],
            "report": document["findings"].get("blob"),
            "original": (document["original"] or {}).get("digest"),
            "removed": [str(key) for key in changes.removed],
        }
        if document.get("reverts"):
            kept["reverts"] = document["reverts"]
            kept["restored"] = [str(key) for key in changes.added]
        return kept

    def _put_in_conflict(self, actor: str, draft: str, error: ConflictError) -> None:
        with self.store.write() as tx:
            document = self.document(draft, tx)
            self.move(
                tx,
                document,
                DraftState.CONFLICT,
                actor,
                note=error.message.en,
                conflict=list(error.details),
                conflict_head=self.store.head(document["layer"]),
            )
            keys = [
                str(side.get("key") or side.get("border")) for side in error.details
            ]
            self.record(tx, actor, "conflict", draft, keys=keys[:200])


def _require_same(document: dict[str, Any], seen: dict[str, Any]) -> None:
    """Refuse to decide on what was staged after the decider looked."""
    if document["staging"] != seen["staging"]:
        raise StateError(
            Text("草稿已重新导入。", "The draft was staged again."),
            Text("请重新查看后再决定。", "Look at it again, then decide."),
        )


def _differing(then: gpd.GeoDataFrame, now: gpd.GeoDataFrame, layer: str) -> set[str]:
    """Return the keys whose content or times differ."""
    changes = changes_between(
        then, now, layer=layer, base=0, effective="1949", complete=True
    )
    both = then.index.intersection(now.index)
    times = ["valid_from", "valid_to"]
    one, other = (frame.loc[both, times].fillna("") for frame in (then, now))
    moved = both[(one != other).any(axis=1)]
    return {str(key) for key in changes.keys.union(moved)}


def _changed_again(number: int, keys: list[str]) -> ConflictError:
    return ConflictError(
        Text(
            f"版本 {number} 之后又改动了：{', '.join(keys[:5])}，不能直接恢复。",
            f"Changed again since version {number}: {', '.join(keys[:5])}.",
        ),
        Text("请先恢复较新的版本。", "Revert the newer version first."),
        details=tuple({"key": key} for key in keys),
    )


def _one(findings: Any, fingerprint: str) -> Any:
    """Return the one finding whose fingerprint begins so."""
    if len(fingerprint) < _LETTERS:
        raise InputError(
            Text(
                f"指纹至少写 {_LETTERS} 位。",
                f"Give at least {_LETTERS} letters of the fingerprint.",
            ),
            Text("quhua draft show 列出指纹。", "See: quhua draft show."),
        )
    found = findings[findings["fingerprint"].str.startswith(fingerprint)]
    if len(found) != 1:
        raise NotFoundError(
            Text(
                f"以“{fingerprint}”开头的问题有 {len(found)} 个。",
                f"{len(found)} findings begin with '{fingerprint}'.",
            ),
            Text("quhua draft show 列出指纹。", "See: quhua draft show."),
        )
    return next(found.itertuples())


def _last_day(expires: str | None, days: int) -> str:
    if expires is None:
        end = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
        return end.isoformat()
    last = dates.last_day(dates.parse(expires))
    if last < today():
        raise InputError(
            Text(f"失效日期 {last} 已过。", f"The expiry date {last} has passed.")
        )
    return last
