"""The audit log: a chain of links, one for every verb, read by auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import Desk, now

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
        breaks = self.store.verify(anchor=anchor)
        with self.store.write() as tx:
            self.record(
                tx, actor, "verify_audit", "", breaks=len(breaks), first=breaks[:1]
            )
        return breaks

    def anchor(self, actor: str) -> dict[str, Any]:
        """Return the heads of the chains, to be kept in a second place."""
        self.may("verify_audit", actor)
        with self.store.write() as tx:
            self.record(tx, actor, "anchor_audit", "")
        where = self.store.url.rsplit("@", 1)[-1]
        return {**self.store.anchor(), "exported": now(), "store": where}

    def backup(self, actor: str, target: Path) -> dict[str, Any]:
        """Write a verified copy of the store while others read and write."""
        self.may("backup", actor)
        manifest = self.store.backup(target)
        with self.store.write() as tx:
            self.record(tx, actor, "backup", str(target))
        return manifest

    def restored(self, actor: str, backup: Path) -> None:
        """Record in a restored store that it was restored, and from what."""
        self.may("backup", actor)
        with self.store.write() as tx:
            self.record(tx, actor, "restore", str(backup))

    def migrated(self, actor: str, done: str) -> None:
        """Record that the store's tables were brought up to date."""
        self.may("backup", actor)
        with self.store.write() as tx:
            self.record(tx, actor, "migrate", "", done=done)
