"""The audit log: a chain of links, one for every verb, read by auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from boundaries.registry.desk import Desk, now
from boundaries.registry.standing import deviations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geodata.store.changes import JournalEntry
    from geodata.store.protocol import Store, Transaction


_PAGE = 1000


class Audit(Desk):
    """Read, verify and anchor the audit log; back the store up."""

    def audit(
        self, actor: str, *, after: int = 0, limit: int | None = None
    ) -> list[JournalEntry]:
        """Return links of the chain, oldest first."""
        self.may("read_audit", actor)
        return self.store.journal(after=after, limit=limit)

    def search_audit(
        self,
        actor: str,
        *,
        who: str = "",
        verb: str = "",
        subject: str = "",
        since: str = "",
        until: str = "",
        before: int | None = None,
        limit: int = 100,
    ) -> list[JournalEntry]:
        """Return the links that fit, newest first; ``before`` gives the next page.

        Parameters
        ----------
        who, verb
            Exactly this actor, this verb.
        subject
            What the subject begins with.
        since, until
            Instants (UTC): recorded at or after the one, before the other.
        """
        self.may("read_audit", actor)
        return self.store.search_journal(
            actor=who, verb=verb, subject=subject,
            since=since, until=until, before=before, limit=limit,
        )  # fmt: skip

    def export_audit(self, actor: str, **wanted: str) -> Iterator[list[JournalEntry]]:
        """Record that a selection is taken out, then give it, newest first.

        It comes in pages, so a journal of any length never lies in memory; what is
        recorded meanwhile is not in it.
        """
        self.may("read_audit", actor)
        with self.store.write() as tx:
            self.record(tx, actor, "export_audit", "", selection=wanted)
        return self._audit_pages(actor, wanted)

    def _audit_pages(
        self, actor: str, wanted: dict[str, str]
    ) -> Iterator[list[JournalEntry]]:
        before: int | None = None
        while True:
            page = self.search_audit(actor, **wanted, before=before, limit=_PAGE)
            if not page:
                return
            yield page
            before = page[-1].seq

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
        breaks = [*self.store.verify(anchor=anchor), *deviations(self.store)]
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


def restoring(actor: str, backup: Path) -> Callable[[Transaction], None]:
    """Return who is asked, and what is recorded, in a restore's own transaction.

    The users are those of the backup: no store comes to be, and no old one is
    altered, at the word of somebody who may not.
    """

    def accept(tx: Transaction) -> None:
        _within(tx, actor, "restore", str(backup))

    return accept


def migrating(actor: str) -> Callable[[Transaction, str], None]:
    """Return who is asked, and what is recorded, in a migration's transaction."""

    def accept(tx: Transaction, done: str) -> None:
        _within(tx, actor, "migrate", "", done=done)

    return accept


def _within(
    tx: Transaction, actor: str, verb: str, subject: str, **detail: Any
) -> None:
    """Allow and journal a verb on a store that is not open yet."""
    desk = Desk(cast("Store", tx), local=True)
    desk.may("backup", actor, reader=tx)
    desk.record(tx, actor, verb, subject, **detail)
