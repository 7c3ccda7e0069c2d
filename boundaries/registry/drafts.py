"""Drafts: what somebody proposes, before anybody decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.labels import visible as labels_of_visible
from boundaries.registry import neighbours, staging, taken, touched
from boundaries.registry.checking import Checking
from boundaries.registry.desk import DRAFTS, ORIGINALS, logged, now
from boundaries.services.persons import refuse_individuals
from boundaries.vocabulary import DraftState
from geodata.errors import InputError, StateError, Text
from geodata.files.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from boundaries.accounts import User
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Transaction


class Drafts(Checking):
    """Receive, stage, check, submit, withdraw, discard."""

    def receive(self, actor: str, content: bytes | Path, name: str = "") -> str:
        """Keep a file byte for byte before anything is acknowledged.

        Returns
        -------
        str
            The digest to give to :meth:`stage` as ``original``.
        """
        self.may("receive", actor, layer=review.ANY_LAYER)
        with self.store.write() as tx:
            digest = tx.put_blob(content)
            size = _size(content)
            tx.put(ORIGINALS, digest, {"name": name, "bytes": size})
            self.record(tx, actor, "receive", digest, name=name, bytes=size)
        return digest

    def stage(
        self,
        actor: str,
        frame: gpd.GeoDataFrame,
        *,
        layer: str = "divisions",
        effective: str,
        basis: str = "",
        title: str = "",
        reading: Reading | None = None,
        original: str | bytes | Path | None = None,
        complete: str | Sequence[str] | None = None,
        draft: str | None = None,
        confirmed: Iterable[str] = (),
        events: Sequence[dict[str, Any]] = (),
    ) -> dict[str, Any]:
        """Stage what a frame changes against the layer as it stands.

        Parameters
        ----------
        frame
            EPSG:4490, our column names where known; see
            :func:`boundaries.intake.take_in`. Geometry is staged as sent.
        effective
            Valid-time date (to the year, month or day) from which it holds.
        basis
            The document it rests on.
        reading, original
            How the file was understood, and its bytes (or the digest that
            :meth:`receive` gave): both are kept with the draft.
        complete
            A division code: units below it, of the levels the frame has, that the
            frame lacks are ended. Or the base keys to be ended if lacking.
        draft
            Replace what this draft (still the actor's own) has staged.
        confirmed
            The guesses of ``reading`` (by ``what``) that a person confirmed.
        events
            Declared changes, each ``{"type", "from", "to", "basis"}``.

        Returns
        -------
        dict
            The draft's document.

        Raises
        ------
        InputError
            ``decision_needed`` while a guess is undecided, ``unchanged`` when the
            frame says what is known already; or for a date, key or event at fault.
        ForbiddenError
            Without the role, or naming the units outside the actor's subtree.
        """
        with logged("stage", actor, layer=layer) as said:
            old = self._restaged(actor, draft, layer)
            taken.require_decided(reading, confirmed)
            if layer == "population":  # before anything of it is kept
                refuse_individuals(frame, reading.fields if reading else ())
            digest = self._kept(actor, original)
            made = taken.prepare(
                self.store,
                frame,
                layer=layer,
                effective=effective,
                complete=complete,
                events=events,
                named=reading.fields if reading else None,
            )
            document = {
                **_description(made, layer=layer, basis=basis, title=title),
                "original": digest,
                "reading": reading.to_dict() if reading else None,
                "confirmed": sorted(confirmed),
            }
            self._require_place(actor, made.changes, document["scope"])
            with self.store.write(lock=["drafts"]) as tx:
                document = self._enter(tx, actor, document, made.changes, old)
            said.update(draft=document["id"], changes=len(made.changes))
            return document

    def look(self, actor: str, draft: str) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
        """Return a draft and what a check of it now would find, keeping nothing."""
        document = self.draft(actor, draft)
        findings, summary = self.examine(self.store, document)
        events = summary.pop("events")
        return {**document, "findings": summary, "events": events}, findings

    def drafts(
        self, actor: str, *, layer: str | None = None, state: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the drafts the actor may see, oldest first, with ``moves``."""
        user = self.may("view_draft", actor, layer=layer or review.ANY_LAYER)
        return self.drafts_with(
            user,
            [f"layer:{layer}"] if layer else None,
            [f"state:{state}"] if state else None,
        )

    def drafts_with(
        self, user: User, *labels: Sequence[str] | None, **page: Any
    ) -> list[dict[str, Any]]:
        """Return the drafts ``user`` may see that have a label of each group.

        ``page`` as the store's ``find`` takes it; nothing else is read.
        """
        groups = [*self.sees_drafts(user), *filter(None, labels)]
        return [
            {**document, "moves": self._moves(user, document)}
            for document in self.store.find(DRAFTS, labels=groups, **page)
        ]

    def sees_drafts(self, user: User) -> list[list[str]]:
        """Return the groups of labels that are those of the drafts ``user`` may see.

        Exact: what several subtrees hold only together is asked about here.
        """
        if not review.holds("view_draft", user):
            return [[]]
        [words] = labels_of_visible(user)
        over = [word for word in words if word.startswith("over:")]
        if not over:
            return [words]
        row = review.verb("view_draft")
        together = [
            f"={document['id']}"
            for document in self.store.find(DRAFTS, labels=[over])
            if not review.outside(user, row, document["scope"], document["layer"])
        ]
        return [[word for word in words if word not in over] + together]

    def draft(self, actor: str, draft: str) -> dict[str, Any]:
        """Return a draft's document with ``moves``, what the actor may do with it."""
        document = self.document(draft)
        user = self.may("view_draft", actor, draft=document)
        return {**document, "moves": self._moves(user, document)}

    def seen(self, actor: str, draft: str) -> dict[str, Any]:
        """Return a draft as :meth:`draft` does; one out of sight is not there.

        Raises
        ------
        NotFoundError
            Also for a draft of another subtree: whoever may not see it is not told
            that it exists, nor which units it has.
        """
        user = self.user(actor)
        review.allow("view_draft", user, layer=review.ANY_LAYER)
        document = self.document(draft)
        self.require_sight(user, document)
        return {**document, "moves": self._moves(user, document)}

    def staged(self, actor: str, draft: str) -> ChangeSet:
        """Return the ChangeSet staged under a draft."""
        self.may("view_draft", actor, draft=self.document(draft))
        return self.store.staged(draft)

    def moves(self, actor: str, draft: str) -> list[str]:
        """Return the verbs the actor may do with a draft as it stands."""
        return self._moves(self.user(actor), self.document(draft))

    def rebase(self, actor: str, draft: str) -> dict[str, Any]:
        """Stage the draft's own side again on the layer as it stands now.

        For a draft in conflict: the author, having seen both sides, keeps theirs.
        """
        document = self.document(draft)
        self.may("restage", actor, draft=document)
        changes = self.store.staged(draft)
        base = staging.layer_before(self.store, changes.layer, changes.effective)
        made = staging.restaged(base, changes, changes.new)
        scope = touched.scope(document["layer"], made)
        self._require_place(actor, made, scope)
        with self.store.write() as tx:
            fresh = self.document(draft, tx)
            self.may("restage", actor, draft=fresh, reader=tx)
            tx.stage(draft, made)
            moved = self.move(
                tx,
                {**fresh, **touched.counted(made), "scope": scope},
                DraftState.DRAFT,
                actor,
                note=f"rebase {made.base}",
                findings=None,
                conflict=None,
                staging=fresh["staging"] + 1,
                base=made.base,
                rev=document["rev"],
            )
            self.record(tx, actor, "rebase", draft, base=made.base)
        return moved

    def submit(self, actor: str, draft: str, note: str = "") -> dict[str, Any]:
        """Hand the draft to review; errors not waived stop it (StateError)."""
        document = self.document(draft)
        self.may("submit", actor, draft=document)
        if not any(document["counts"].values()):
            raise StateError(
                Text(f"草稿 {draft} 没有任何变化。", f"Draft {draft} changes nothing."),
                Text("请先编辑或导入，或将其作废。", "Edit, import or discard it."),
            )
        document = self.checked(actor, draft)
        self.require_clean(self.store, document)
        return self._step(actor, draft, "submit", note)

    def withdraw(self, actor: str, draft: str, note: str = "") -> dict[str, Any]:
        """Take a submitted draft back."""
        return self._step(actor, draft, "withdraw", note)

    def discard(self, actor: str, draft: str, note: str = "") -> dict[str, Any]:
        """Give a draft up; it stays on record."""
        return self._step(actor, draft, "discard", note)

    def _restaged(
        self, actor: str, draft: str | None, layer: str
    ) -> dict[str, Any] | None:
        if draft is None:
            self.may("stage", actor, layer=layer)
            return None
        document = self.seen(actor, draft)
        if document["layer"] != layer:
            raise InputError(
                Text(
                    f"草稿 {draft} 属于图层 {document['layer']}，不是 {layer}。",
                    f"Draft {draft} is of the layer {document['layer']}, not {layer}.",
                )
            )
        self.may("restage", actor, draft=document)
        return document

    def _kept(self, actor: str, original: str | bytes | Path | None) -> Any:
        if original is None:
            return None
        if isinstance(original, str):
            self.store.blob_path(original)  # raises for what was never handed in
            said = self.store.get(ORIGINALS, original) or {}
            known = {name: said[name] for name in ("name", "bytes") if name in said}
            return {"digest": original, **known}
        name = original.name if isinstance(original, Path) else ""
        size = _size(original)
        return {
            "digest": self.receive(actor, original, name),
            "name": name,
            "bytes": size,
        }

    def _require_place(
        self, actor: str, changes: ChangeSet, scope: Sequence[str]
    ) -> None:
        """Refuse units outside the subtree, and neighbours there losing ground."""
        user = self.user(actor)
        row = review.verb("stage")
        review.require_scope(row, user, scope, changes.layer)
        if "" not in user.subtrees(row.on(changes.layer)):
            neighbours.require_neighbours(
                self.store,
                changes,
                lambda keys: review.outside(user, row, keys),
                tolerance_m2=self.settings.review.foreign_area_m2,
            )

    def _enter(
        self,
        tx: Transaction,
        actor: str,
        document: dict[str, Any],
        changes: ChangeSet,
        old: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Write a staged draft, new or in place of what ``old`` had."""
        if old is None:
            document = {**document, **newborn(actor, next_id(tx))}
            verb = "stage"
        else:
            fresh = self.document(old["id"], tx)
            self.may("restage", actor, draft=fresh, reader=tx)
            document = {**fresh, **document, "rev": old["rev"], "conflict": None}
            document |= {"findings": None, "staging": fresh["staging"] + 1}
            document["reverts"] = None  # what was restaged is no undoing any more
            verb = "restage"
        tx.stage(document["id"], changes)
        document = self.move(tx, document, DraftState.DRAFT, actor)
        self.record(
            tx,
            actor,
            verb,
            document["id"],
            layer=document["layer"],
            effective=document["effective"],
            original=(document["original"] or {}).get("digest"),
            **document["counts"],
        )
        return document

    def _step(self, actor: str, draft: str, verb: str, note: str) -> dict[str, Any]:
        """Make one move of the table that changes nothing but the state."""
        with logged(verb, actor, draft=draft), self.store.write() as tx:
            document = self.document(draft, tx)
            self.may(verb, actor, draft=document, reader=tx)
            row = review.verb(verb)
            if verb == "submit":
                self._still_checked(tx, document)
            moved = self.move(tx, document, str(row.to), actor, note)
            self.record(tx, actor, verb, draft, note=note)
            return moved

    def _still_checked(self, tx: Transaction, document: dict[str, Any]) -> None:
        report = document["findings"]
        if not report or report["staging"] != document["staging"]:
            raise StateError(
                Text(
                    "草稿在提交时被改动。", "The draft changed while it was submitted."
                ),
                Text("请再次提交。", "Submit again."),
            )
        self.require_clean(tx, document)

    def _moves(self, user: Any, document: dict[str, Any]) -> list[str]:
        return review.moves(
            user,
            layer=document["layer"],
            state=document["state"],
            author=document["author"],
            keys=document["scope"],
        )


def _description(
    made: taken.Prepared, *, layer: str, basis: str, title: str
) -> dict[str, Any]:
    changes = made.changes
    return {
        "layer": layer,
        "title": title,
        "basis": basis,
        "effective": changes.effective,
        "base": changes.base,
        **touched.counted(changes),
        "scope": touched.scope(layer, changes),
        "events": list(made.events),
        "declared": bool(made.events),
        "inferred": list(made.inferred),
        "refused": list(made.refused),
    }


def newborn(actor: str, draft: str) -> dict[str, Any]:
    """Return what every new draft's document begins with."""
    return {
        "id": draft,
        "author": actor,
        "created": now(),
        "history": [],
        "findings": None,
        "repairs": [],
        "mended": [],
        "version": None,
        "conflict": None,
        "staging": 1,
        "rev": 0,
    }


def next_id(tx: Transaction) -> str:
    """Return the next draft number; the transaction holds the lock of drafts."""
    counter = tx.get("counters", DRAFTS) or {"last": 0, "rev": 0}
    number = counter["last"] + 1
    tx.put("counters", DRAFTS, {"last": number}, rev=counter["rev"])
    return f"D{number:04d}"


def _size(content: bytes | Path) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)
