"""What a reviewer looks at: lists, what a draft changes, its findings, its repairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry import (
    draft_changes,
    findings,
    listing,
    previewing,
    staging,
)
from boundaries.registry.decisions import Decisions
from boundaries.registry.desk import logged
from boundaries.vocabulary import DraftState
from geodata.errors import (
    InputError,
    StateError,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

MOST_PREVIEWED = 20
"""Repairs tried at once while somebody waits."""


class Reviewing(Decisions):
    """Draft lists, one draft, what it changes, its findings, repairs tried."""

    def draft_list(self, actor: str, wanted: listing.Wanted) -> dict[str, Any]:
        """Return one page of the drafts the actor may see, newest first.

        Returns
        -------
        dict
            ``{"total", "counts": {box: number}, "authors", "rows"}``.
        """
        user = self.may("view_draft", actor, layer=review.ANY_LAYER)
        sees, mine = self.sees_drafts(user), [f"author:{actor}"]
        waiting = self.drafts_with(
            user, mine, [f"state:{each}" for each in listing.BACK]
        )
        if review.holds("approve", user):
            waiting += self.drafts_with(user, [f"state:{DraftState.SUBMITTED}"])
        named = [f"={each['id']}" for each in waiting if listing.waits(each, actor)]
        boxes = {"all": sees, "mine": [*sees, mine], "waiting": [*sees, named]}
        return listing.page(
            self.store,
            boxes,
            wanted,
            lambda each: listing.brief(
                {**each, "moves": self._moves(user, each)}, actor
            ),
        )

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
            "mendable": sum(map(findings.mendable, report["repair"])),
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
        self,
        actor: str,
        draft: str,
        fingerprints: Iterable[str],
        *,
        to: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return what the suggested repairs of findings would do, and do nothing.

        They are tried in a guarded process, on the layer with the draft. ``to`` as
        in :meth:`repair`.

        Returns
        -------
        dict
            ``{"staging", "names", "places", "repairs", "units"}``; see
            :func:`.previewing.preview`; each unit with its name, ``names`` of those
            that take part, and the findings drawn.
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
            after = previewing.around(self.store, changes, chosen)
            drop = [name for name in ("waived", "reopened", "number") if name in chosen]
            tried = previewing.preview(
                after,
                chosen.drop(columns=drop),
                settings=self.settings.rules,
                lines=staging.surveyed(self.store, changes.effective),
                to=to,
            )
            said.update(repairs=len(tried["repairs"]))
            known: Any = after["name"].dropna() if "name" in after else {}
            for unit in tried["units"]:
                unit["name"] = str(known.get(unit["key"]) or "")
            keys = {key for who in chosen["participants"] for key in who}
            names = {key: str(known.get(key) or "") for key in sorted(keys)}
            places = findings.shapes(chosen, None)
            return {
                "staging": document["staging"],
                "names": names,
                "places": places,
                **tried,
            }

    def is_checked(self, document: dict[str, Any]) -> bool:
        """Return whether the kept report is of this staging on today's layer."""
        return self.fresh(self.store, document)
