"""What a reviewer looks at and says: lists, changes, findings, remarks, conflicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry import (
    conflicts,
    draft_changes,
    findings,
    listing,
    previewing,
    staging,
)
from boundaries.registry.decisions import Decisions
from boundaries.registry.desk import WAIVERS, logged, now, today
from boundaries.registry.publishing import _reach, tag_of
from boundaries.vocabulary import DraftState
from geodata.errors import (
    ForbiddenError,
    InputError,
    NotFoundError,
    StateError,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

COMMENTS = "comments"
LONGEST = 4_000
"""Characters of one comment."""
MOST_PREVIEWED = 20
"""Repairs tried at once while somebody waits."""


class Reviewing(Decisions):
    """Draft lists, what a draft changes, its findings, comments, conflict, impact."""

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
        row, layer = review.verb("view_draft"), document["layer"]
        if not review.holds("view_draft", user, layer) or review.outside(
            user, row, document["scope"], layer
        ):
            raise NotFoundError(
                Text(f"没有草稿 {draft}。", f"There is no draft {draft}.")
            )
        return {**document, "moves": self._moves(user, document)}

    def draft_list(self, actor: str, wanted: listing.Wanted) -> dict[str, Any]:
        """Return one page of the drafts the actor may see, newest first.

        Returns
        -------
        dict
            ``{"total", "counts": {box: number}, "authors", "rows"}``.
        """
        return listing.page(self.drafts(actor), actor, wanted)

    def draft_changes(self, actor: str, draft: str) -> dict[str, Any]:
        """Return what a draft changes, drawn; see :mod:`.draft_changes`.

        Large ones are prepared by a check; ``{"ready": False}`` until then.
        """
        document = self.seen(actor, draft)
        kept = (document["findings"] or {}).get("changes")
        if kept and document["findings"]["staging"] == document["staging"]:
            found: dict[str, Any] = json.loads(self.store.blob(kept))
            return {"ready": True, "staging": document["staging"], **found}
        if document["state"] == DraftState.DISCARDED:
            return {"ready": False, "staging": document["staging"]}
        changes = self.store.staged(draft)
        if draft_changes.vertices(changes) > draft_changes.SMALL:
            return {"ready": False, "staging": document["staging"]}
        return {
            "ready": True,
            "staging": document["staging"],
            **draft_changes.describe(changes),
        }

    def report(self, actor: str, draft: str) -> gpd.GeoDataFrame:
        """Return the kept report numbered, with ``waived`` and ``reopened`` as now."""
        document = self.seen(actor, draft)
        kept = document["findings"]
        if not kept:
            raise StateError(
                Text(f"草稿 {draft} 尚未检查。", f"Draft {draft} was not checked yet."),
                Text("请先检查。", "Check it first."),
                code="unchecked",
            )
        found = findings.loaded(kept["blob"], lambda: self.store.blob(kept["blob"]))
        waived = set(self.waived(self.store, document))
        reopened = set(kept["reopened"]) | (set(kept["waived"]) - waived)
        marks = found["fingerprint"]
        return found.assign(waived=marks.isin(waived), reopened=marks.isin(reopened))

    def findings_page(
        self,
        actor: str,
        draft: str,
        wanted: findings.Wanted,
        *,
        sort: str = "number",
        descending: bool = False,
        start: int = 0,
        limit: int = 100,
    ) -> dict[str, Any]:
        """Return a page of findings, the numbers of all that match, and counts."""
        report = self.report(actor, draft)
        found = findings.ordered(
            findings.chosen(report, wanted), sort, descending=descending
        )
        limit = max(1, min(limit, findings.MOST))
        return {
            "total": len(report),
            "matching": len(found),
            "start": start,
            "numbers": found["number"].head(findings.MOST_MARKS).tolist(),
            "rows": findings.rows(found.iloc[max(0, start) :][:limit]),
        }

    def findings_drawn(
        self,
        actor: str,
        draft: str,
        wanted: findings.Wanted,
        box: tuple[float, float, float, float] | None = None,
        *,
        marks: bool = False,
    ) -> dict[str, Any]:
        """Return the findings' shapes within a box, or with ``marks`` their places."""
        found = findings.chosen(self.report(actor, draft), wanted)
        if marks:
            return {"marks": findings.marks(found)}
        return findings.shapes(found, box)

    def repair_preview(
        self, actor: str, draft: str, fingerprints: Iterable[str]
    ) -> dict[str, Any]:
        """Return what the suggested repairs of findings would do, and do nothing.

        They are tried in a guarded process, on the layer with the draft.

        Returns
        -------
        dict
            ``{"staging", "repairs", "units"}``; see :func:`.previewing.preview`.
        """
        with logged("preview", actor, draft=draft) as said:
            document = self.seen(actor, draft)
            wanted = list(dict.fromkeys(fingerprints))
            if not 0 < len(wanted) <= MOST_PREVIEWED:
                raise InputError(
                    Text(
                        f"一次预览 1 至 {MOST_PREVIEWED} 项修复。",
                        f"Preview 1 to {MOST_PREVIEWED} repairs at a time.",
                    )
                )
            report = self.report(actor, draft)
            chosen = report[report["fingerprint"].isin(wanted)]
            chosen = chosen[[findings.mendable(each) for each in chosen["repair"]]]
            if len(chosen) != len(wanted):
                raise InputError(
                    Text(
                        "所选问题中有的没有可自动完成的修复。",
                        "Some finding chosen has no repair that can be done.",
                    )
                )
            changes = self.store.staged(draft)
            base = staging.layer_before(self.store, changes.layer, changes.effective)
            after = staging.applied(base, changes)
            drop = [name for name in ("waived", "reopened", "number") if name in chosen]
            tried = previewing.preview(after, chosen.drop(columns=drop))
            said.update(repairs=len(tried["repairs"]))
            return {"staging": document["staging"], **tried}

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
        drafts = {each["id"]: each for each in self.drafts(actor, layer=layer)}
        reopened = {
            mark
            for each in drafts.values()
            for mark in (each["findings"] or {}).get("reopened", ())
        }
        return [
            {**waiver, "stands": _stands(waiver, reopened)}
            for waiver in self.store.find(WAIVERS, parent=layer)
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
        head = staging.layer_before(self.store, changes.layer, changes.effective)
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
            base = staging.layer_before(self.store, changes.layer, changes.effective)
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
            scope = staging.scope(document["layer"], made)
            self._require_place(actor, made, scope)
            with self.store.write() as tx:
                fresh = self.document(draft, tx)
                self.may("resolve", actor, draft=fresh, reader=tx)
                tx.stage(draft, made)
                moved = self.move(
                    tx,
                    {**fresh, **staging.counted(made), "scope": scope},
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
        self.may("publish", actor)
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
        self.may("publish", actor, keys=_reach(self.store, layer, before, number))
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

    def is_checked(self, document: dict[str, Any]) -> bool:
        """Return whether the kept report is of this staging on today's layer."""
        return self.fresh(self.store, document)

    def publishable(self, actor: str, document: dict[str, Any]) -> bool:
        """Return whether the actor may publish the version a draft became."""
        number = document["version"]
        if document["state"] != DraftState.APPROVED or number is None:
            return False
        layer = document["layer"]
        before = self.store.tags().get(tag_of(layer), 0)
        try:
            self.may("publish", actor, keys=_reach(self.store, layer, before, number))
        except ForbiddenError:
            return False
        return bool(number > before)

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
