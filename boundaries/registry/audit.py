"""The audit log: a chain of links, one for every verb, read by auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import Desk, now
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.store.changes import JournalEntry


class Audit(Desk):
    """Read, verify and anchor the audit log; back the store up."""

    def audit(
        self, actor: str, *, after: int = 0, limit: int | None = None
    ) -> list[JournalEntry]:
        """Return links of the chain, oldest first."""
        self.may("read_audit", actor)
        return self.store.journal(after=after, limit=limit)

    def verify(
        self, actor: str, anchor: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Recompute chain, version digests and attachments; return the breaks.

        Parameters
        ----------
        anchor
            What :meth:`anchor` gave earlier: a chain rewritten as a whole agrees
            with itself but not with a head that was carried away.
        """
        self.may("verify_audit", actor)
        breaks = list(self.store.verify())
        if anchor is not None:
            breaks += _against(anchor, self.store.journal(after=anchor["seq"] - 1))
        with self.store.write() as tx:
            self.record(
                tx, actor, "verify_audit", "", breaks=len(breaks), first=breaks[:1]
            )
        return breaks

    def anchor(self, actor: str) -> dict[str, Any]:
        """Return the head of the chain, to be kept in a second place."""
        self.may("verify_audit", actor)
        with self.store.write() as tx:
            self.record(tx, actor, "anchor_audit", "")
        head = self.store.journal()[-1]
        return {
            "seq": head.seq,
            "recorded": head.recorded,
            "digest": head.digest,
            "exported": now(),
            "store": self.store.url.rsplit("@", 1)[-1],
        }

    def backup(self, actor: str, target: Path) -> dict[str, Any]:
        """Write a verified copy of the store while others read and write."""
        self.may("backup", actor)
        manifest = self.store.backup(target)
        with self.store.write() as tx:
            self.record(tx, actor, "backup", str(target))
        return manifest


def _against(anchor: dict[str, Any], links: list[JournalEntry]) -> list[dict[str, Any]]:
    """Return the break between an anchor and the chain as it is now."""
    if not {"seq", "digest"} <= set(anchor):
        raise InputError(
            Text("锚点文件缺少 seq 或 digest。", "The anchor lacks seq or digest.")
        )
    if links and links[0].seq == anchor["seq"] and links[0].digest == anchor["digest"]:
        return []
    reason = "the anchored link is missing" if not links else "the digest differs"
    return [{"what": "anchor", "id": anchor["seq"], "reason": reason}]
