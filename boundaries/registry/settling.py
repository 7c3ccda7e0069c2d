"""What is said and settled about a draft: comments, waivers, conflicts, publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry import conflicts, listing, staging, touched
from boundaries.registry.desk import WAIVERS, logged, now, today
from boundaries.registry.publishing import reach, tag_of
from boundaries.registry.reviewing import Reviewing
from boundaries.vocabulary import DraftState
from geodata.errors import ForbiddenError, InputError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geodata.store.changes import ChangeSet

COMMENTS = "comments"
LONGEST = 4_000
"""Characters of one comment."""


class Settling(Reviewing):
    """Comment, list waivers, show and settle a conflict, say what publishing means."""

    def comment(
        self, actor: str, draft: str, text: str, finding: str | None = None
    ) -> dict[str, Any]:
        """Say something about a draft, or about one of its findings.

        Parameters
        ----------
        finding
            The fingerprint of the finding it is about.
        """
        said = text.strip()
        if not said or len(said) > LONGEST:
            raise InputError(
                Text(
                    f"留言须有内容，且不超过 {LONGEST} 字。",
                    f"A comment has 1 to {LONGEST} characters.",
                )
            )
        self.may("comment", actor, draft=self.seen(actor, draft))
        if finding is not None:
            report = self.report(actor, draft)
            if finding not in set(report["fingerprint"]):
                raise InputError(Text("没有这个问题。", "There is no such finding."))
        with self.store.write(lock=[f"{COMMENTS}:{draft}"]) as tx:
            fresh = self.document(draft, tx)
            self.may("comment", actor, draft=fresh, reader=tx)
            number = len(tx.find(COMMENTS, parent=draft)) + 1
            remark = {
                "draft": draft,
                "number": number,
                "actor": actor,
                "when": now(),
                "text": said,
                "finding": finding,
                "staging": fresh["staging"],
            }
            tx.put(COMMENTS, f"{draft}/{number:06d}", remark, parent=draft, rev=0)
            self.record(tx, actor, "comment", draft, number=number, finding=finding)
        return remark

    def conversation(self, actor: str, draft: str) -> list[dict[str, Any]]:
        """Return moves, comments and waivers of a draft in the order they came."""
        document = self.seen(actor, draft)
        moves = [{"kind": "move", **each} for each in document["history"]]
        remarks = [
            {"kind": "comment", **each}
            for each in self.store.find(COMMENTS, parent=draft)
        ]
        waived = [
            {
                "kind": "waiver",
                "actor": each["approver"],
                "when": each["granted"],
                **each,
            }
            for each in self.store.find(WAIVERS, parent=document["layer"])
            if each["draft"] == draft
        ]
        return sorted([*moves, *remarks, *waived], key=lambda each: str(each["when"]))

    def remarks(self, actor: str, draft: str) -> int:
        """Return how many comments a draft has."""
        self.seen(actor, draft)
        return len(self.store.find(COMMENTS, parent=draft))

    def waivers_seen(
        self, actor: str, layer: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the waivers of drafts the actor may see, with how they stand.

        ``stands`` is ``holds``, ``expired`` or ``reopened`` (a later check found
        the place changed).
        """
        kept = self.store.find(WAIVERS, parent=layer)
        user = self.may("view_draft", actor, layer=layer or review.ANY_LAYER)
        named = [f"={draft}" for draft in {waiver["draft"] for waiver in kept}]
        drafts = {each["id"]: each for each in self.drafts_with(user, sorted(named))}
        reopened = {
            mark
            for each in drafts.values()
            for mark in (each["findings"] or {}).get("reopened", ())
        }
        return [
            {**waiver, "stands": _stands(waiver, reopened)}
            for waiver in kept
            if waiver["draft"] in drafts
        ]

    def conflict(self, actor: str, draft: str) -> dict[str, Any]:
        """Return base, mine and theirs of each unit of a draft in conflict.

        Returns
        -------
        dict
            ``{"head", "units", "unseen", "by"}``: give ``head`` back to
            :meth:`resolve`; ``unseen`` counts units beyond those shown, ``by`` is
            what others committed since.
        """
        document = self.seen(actor, draft)
        if not document["conflict"]:
            raise StateError(
                Text(f"草稿 {draft} 没有冲突。", f"Draft {draft} is not in conflict.")
            )
        changes = self.store.staged(draft)
        head = self._facing(document, changes)
        units = conflicts.describe(document["conflict"], changes, head)
        shown = {unit["key"] for unit in units}
        return {
            "head": int(head.attrs["head"]),
            "units": units,
            "unseen": len(self._changed_since(document, head) - shown),
            "by": [
                {
                    "version": version.number,
                    "author": version.author,
                    "recorded": version.recorded,
                    "basis": version.basis,
                    "title": version.doc.get("title", ""),
                }
                for version in self.store.versions(changes.layer)
                if version.number > changes.base
            ],
        }

    def resolve(
        self, actor: str, draft: str, choices: Mapping[str, str], *, head: int
    ) -> dict[str, Any]:
        """Stage a draft in conflict again, each unit with the side its author chose.

        Parameters
        ----------
        choices
            ``mine`` or ``theirs`` by key, for every unit :meth:`conflict` shows.
            Units others changed that it did not show stay as they are.
        head
            As :meth:`conflict` gave it: what was committed since is not
            overwritten unseen.
        """
        with logged("resolve", actor, draft=draft):
            document = self.document(draft)
            self.may("resolve", actor, draft=document)
            changes = self.store.staged(draft)
            base = self._facing(document, changes)
            if int(base.attrs["head"]) != head:
                raise StateError(
                    Text("图层又有新的版本。", "The layer moved on meanwhile."),
                    Text("请重新查看冲突后再选择。", "Look at the conflict again."),
                )
            keys = list(
                dict.fromkeys(str(each["key"]) for each in document["conflict"])
            )
            rest = sorted(self._changed_since(document, base) - set(keys))
            made = conflicts.resolved(changes, base, choices, keys, rest)
            scope = touched.scope(document["layer"], made)
            self._require_place(actor, made, scope)
            with self.store.write() as tx:
                fresh = self.document(draft, tx)
                self.may("resolve", actor, draft=fresh, reader=tx)
                tx.stage(draft, made)
                moved = self.move(
                    tx,
                    {**fresh, **touched.counted(made), "scope": scope},
                    DraftState.DRAFT,
                    actor,
                    note=_told(choices, keys),
                    findings=None,
                    conflict=None,
                    staging=fresh["staging"] + 1,
                    base=made.base,
                    rev=document["rev"],
                )
                self.record(
                    tx,
                    actor,
                    "resolve",
                    draft,
                    base=made.base,
                    choices={key: choices[key] for key in keys[:200]},
                    theirs=rest[:200],
                )
            return moved

    def impact(
        self, actor: str, layer: str = "divisions", version: int | None = None
    ) -> dict[str, Any]:
        """Return what publishing a version would change for readers.

        Returns
        -------
        dict
            ``{"version", "previous", "versions", "added", "ended", "changed",
            "names", "products"}``; the lists are of ``{"key", "name"}``.
        """
        self.may("publish", actor, layer=layer)
        number = version or self.store.head(layer)
        before = self.store.tags().get(tag_of(layer), 0)
        between = [
            each
            for each in self.store.versions(layer)
            if before < each.number <= number
        ]
        if not between:
            raise StateError(
                Text("没有待发布的版本。", "No version waits to be published.")
            )
        reached = reach(self.store, layer, before, number)
        self.may("publish", actor, keys=reached, layer=layer)
        return {
            "layer": layer,
            "version": number,
            "previous": before or None,
            "versions": [
                {
                    "version": each.number,
                    "effective": each.effective,
                    "basis": each.basis,
                    "author": each.author,
                    "approver": each.approver,
                    "title": each.doc.get("title", ""),
                    "draft": each.doc.get("draft"),
                    "counts": each.counts,
                }
                for each in between
            ],
            **listing.impact(self.store, layer, before, number),
        }

    def publishable(self, actor: str, document: dict[str, Any]) -> bool:
        """Return whether the actor may publish the version a draft became."""
        number = document["version"]
        if document["state"] != DraftState.APPROVED or number is None:
            return False
        layer = document["layer"]
        before = self.store.tags().get(tag_of(layer), 0)
        try:
            reached = reach(self.store, layer, before, number)
            self.may("publish", actor, keys=reached, layer=layer)
        except ForbiddenError:
            return False
        return bool(number > before)

    def _facing(self, document: dict[str, Any], changes: ChangeSet) -> gpd.GeoDataFrame:
        """Return the layer as it stands, as far as a draft in conflict meets it."""
        keys = {str(key) for key in changes.keys}
        for each in document["conflict"] or ():
            keys |= {str(each[name]) for name in ("key", "other") if name in each}
        return staging.layer_before(
            self.store, changes.layer, changes.effective, keys=sorted(keys)
        )

    def _changed_since(
        self, document: dict[str, Any], head: gpd.GeoDataFrame
    ) -> set[str]:
        changes = self.store.staged(document["id"])
        keys = [str(key) for key in changes.keys]
        then = self.store.snapshot(
            changes.layer, at=changes.base, in_force=changes.effective, keys=keys
        )
        return conflicts.touched(changes, then, head)


def _stands(waiver: dict[str, Any], reopened: set[str]) -> str:
    if waiver["expires"] < today():
        return "expired"
    return "reopened" if waiver["fingerprint"] in reopened else "holds"


def _told(choices: Mapping[str, str], keys: list[str]) -> str:
    said = [f"{key}={choices[key]}" for key in keys[:20]]
    return "resolve " + ", ".join(said) + (" …" if len(keys) > len(said) else "")
