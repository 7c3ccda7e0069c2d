"""Checking: what the rules say of a draft, kept, and held against the waivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries import columns
from boundaries.registry import draft_changes, reports, staging, taken
from boundaries.registry.desk import WAIVERS, Desk, logged, now, today
from boundaries.rules import finding, population
from boundaries.vocabulary import Rule
from boundaries.words import called
from geodata.errors import StateError, Text

if TYPE_CHECKING:
    from boundaries.settings import Settings
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader


class Checking(Desk):
    """Run the rules on the layer with a draft applied; tell what blocks."""

    def check(self, actor: str, draft: str) -> gpd.GeoDataFrame:
        """Run every rule on the layer with the draft applied; keep the report.

        Returns
        -------
        GeoDataFrame
            Findings (:data:`boundaries.rules.finding.COLUMNS`) and ``waived``.
        """
        with logged("check", actor, draft=draft) as said:
            document = self.document(draft)
            self.may("check", actor, draft=document)
            findings, summary = self.examine(self.store, document)
            content = reports.to_bytes(findings)
            drawn = draft_changes.describe(self.store.staged(draft))
            with self.store.write() as tx:
                fresh = self.document(draft, tx)
                if fresh["staging"] != document["staging"]:
                    raise StateError(
                        Text(
                            f"检查期间草稿 {draft} 已重新导入。",
                            f"Draft {draft} was staged again while it was checked.",
                        ),
                        Text("请重新检查。", "Check again."),
                    )
                summary["blob"] = tx.put_blob(content)
                summary["changes"] = tx.put_blob(draft_changes.to_bytes(drawn))
                events = summary.pop("events")
                self.put_draft(tx, {**fresh, "findings": summary, "events": events})
                self.record(
                    tx,
                    actor,
                    "check",
                    draft,
                    report=summary["blob"],
                    errors=summary["errors"],
                    waived=len(summary["waived"]),
                )
            said.update(findings=len(findings), errors=summary["errors"])
            return findings

    def findings(self, actor: str, draft: str) -> gpd.GeoDataFrame:
        """Return the kept report of a draft's last check, with ``waived`` as now."""
        document = self.document(draft)
        self.may("view_draft", actor, draft=document)
        if not document["findings"]:
            raise StateError(
                Text(f"草稿 {draft} 尚未检查。", f"Draft {draft} was not checked yet."),
                Text("quhua draft check", "Run: quhua draft check."),
            )
        findings = reports.from_bytes(self.store.blob(document["findings"]["blob"]))
        waived = set(self.waived(self.store, document))
        return findings.assign(waived=findings["fingerprint"].isin(waived))

    def examine(
        self, reader: Reader, document: dict[str, Any]
    ) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
        """Return the findings of a draft on the layer's head, and their summary."""
        changes = reader.staged(document["id"])
        base = staging.layer_before(reader, document["layer"], changes.effective)
        after = staging.applied(base, changes)
        findings = self._found(reader, document, base, after, changes)
        waived, reopened = reports.hold(
            self._waivers(reader, document["layer"], document["author"]),
            findings,
            after,
            margin_m=self.settings.review.waiver_margin_m,
            on=today(),
        )
        findings = findings.assign(waived=findings["fingerprint"].isin(waived))
        return findings, {
            **reports.summary(findings),
            "waived": sorted(waived),
            "reopened": sorted(reopened),
            "checked": now(),
            "base": base.attrs["head"],
            "staging": document["staging"],
            "events": document["events"]
            if document["declared"]
            else staging.concluded(
                base, changes, floor_m2=self.settings.review.event_area_m2
            ),
        }

    def _found(
        self,
        reader: Reader,
        document: dict[str, Any],
        base: gpd.GeoDataFrame,
        after: gpd.GeoDataFrame,
        changes: ChangeSet,
    ) -> gpd.GeoDataFrame:
        """Return the findings when the draft takes effect, and those it has today.

        The same place found twice is one finding.
        """
        settings = self.settings
        found = findings(reader, document, base, after, changes, settings)
        lasting = staging.still_holding(reader, changes)
        if lasting is None:
            return found
        now = staging.layer_at(reader, changes.layer, int(base.attrs["head"]))
        today_ = staging.applied(now, lasting)
        more = findings(reader, document, now, today_, lasting, settings)
        more = more[~more["fingerprint"].isin(found["fingerprint"])]
        if more.empty or found.empty:
            return found if more.empty else more
        return gpd.GeoDataFrame(pd.concat([found, more], ignore_index=True))

    def checked(self, actor: str, draft: str) -> dict[str, Any]:
        """Return the document with a report of this staging on this head.

        Raises
        ------
        StateError
            ``unchecked`` when there is none, and somebody waits for the answer.
        """
        document = self.document(draft)
        if not self.fresh(self.store, document):
            if self.prompt:
                raise StateError(
                    Text(
                        f"草稿 {draft} 须先按当前图层检查。",
                        f"Draft {draft} must first be checked on today's layer.",
                    ),
                    Text("请检查后再决定。", "Check it, then decide."),
                    code="unchecked",
                )
            self.check(actor, draft)
            document = self.document(draft)
        return document

    def fresh(self, reader: Reader, document: dict[str, Any]) -> bool:
        """Tell whether the kept report is of this staging on this head."""
        report = document["findings"]
        return bool(
            report
            and report["staging"] == document["staging"]
            and report["base"] == reader.head(document["layer"])
        )

    def waived(self, reader: Reader, document: dict[str, Any]) -> list[str]:
        """Return the fingerprints of a checked draft waived and not yet expired."""
        held = self._waivers(reader, document["layer"], document["author"])
        return [
            mark
            for mark in document["findings"]["waived"]
            if mark in held and held[mark]["expires"] >= today()
        ]

    def require_clean(self, reader: Reader, document: dict[str, Any]) -> None:
        """Raise StateError while an error of the kept report is not waived."""
        blocking = set(document["findings"]["error_marks"]) - set(
            self.waived(reader, document)
        )
        count = document["findings"]["errors"]
        if blocking:
            rules = [
                Rule(rule).label
                for rule, found in document["findings"]["counts"].items()
                if found.get("error")
            ]
            raise StateError(
                Text(
                    f"草稿 {document['id']} 有 {len(blocking)} 个错误未处理"
                    f"（共 {count} 个：{'、'.join(rule.zh for rule in rules)}）。",
                    f"Draft {document['id']} has {len(blocking)} open errors "
                    f"(of {count}: {', '.join(rule.en for rule in rules)}).",
                ),
                Text(
                    "请修改后重新导入、采用修复建议，或由有权审核的人豁免。",
                    "Correct and import again, accept the repairs, or have one who "
                    "may approve waive them.",
                ),
                code="blocked",
            )

    def _waivers(
        self, reader: Reader, layer: str, author: str
    ) -> dict[str, dict[str, Any]]:
        """Return the waivers that may hold for an author: not those they granted."""
        return {
            waiver["fingerprint"]: waiver
            for waiver in reader.find(WAIVERS, parent=layer)
            if waiver["approver"] != author
        }


def findings(
    reader: Reader,
    document: dict[str, Any],
    base: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    changes: ChangeSet,
    settings: Settings,
) -> gpd.GeoDataFrame:
    """Return the findings of the layer after a draft that involve the draft."""
    if changes.layer in columns.REGISTERS:
        from boundaries.rules.registers import check_register

        around = taken.around_registers(reader, changes.effective)
        return check_register(
            changes.layer,
            after,
            base=base,
            changed=changes.keys,
            divisions=around.divisions,
            markers=around.markers,
            settings=settings.registers,
        )
    if changes.layer != "divisions":
        found = _missing_values(reader, changes)
        if changes.layer == "population":
            found += population.rows(changes)
        return finding.frame(found)
    if after.empty:
        return finding.frame()
    from boundaries.rules import check
    from geodata.files.reading import Reading

    reading = document.get("reading")
    return check(
        after,
        base=base,
        changed=changes.keys,
        settings=settings.rules,
        retired=frozenset() if document.get("reverts") else retired(reader, changes),
        reading=Reading.from_dict(reading) if reading else None,
        lines=staging.surveyed(reader, changes.effective),
    )


def retired(reader: Reader, changes: ChangeSet) -> frozenset[str]:
    """Return the codes given up before the change takes effect, never to be reused.

    Not to be asked of a revert: it gives no code anew, it takes back that one ended.
    """
    ended: set[str] = set()
    for version in reader.versions(changes.layer):
        if version.effective > changes.effective:
            continue
        ended |= set(version.doc.get("removed", ()))
        if version.doc.get("reverts"):
            ended -= set(version.doc.get("restored", ()))
    added = set(changes.added)
    if added - ended:
        ended |= _retired_by_tables(reader, changes.effective)
    return frozenset(ended & added)


def _retired_by_tables(reader: Reader, effective: str) -> set[str]:
    """Return the codes that imported code tables say had ended by a date."""
    from boundaries.divisions import CodeHistory
    from boundaries.divisions.dates import span

    latest = span(effective).last
    ended: set[str] = set()
    for document in reader.find("codes"):
        retired = CodeHistory.from_bytes(reader.blob(document["blob"])).retired
        ended |= {
            str(code) for code, date in retired.items() if span(date).last <= latest
        }
    return ended


def _missing_values(reader: Reader, changes: ChangeSet) -> list[dict[str, Any]]:
    """Return one finding per required value a feature lacks."""
    schema = reader.layers()[changes.layer]
    return [
        finding.finding(
            "required",
            "error",
            [str(key)],
            Text(
                f"{key} 缺少{called(changes.layer, item.name).zh}。请补填。",
                f"{key} has no {called(changes.layer, item.name).en}. Fill it in.",
            ),
            place=item.name,
            geometry=changes.new.geometry.loc[key],
        )
        for item in schema.fields
        if item.required
        for key in changes.new.index[changes.new[item.name].isna()]
    ]
