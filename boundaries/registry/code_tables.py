"""Code tables: what every code ever stood for, kept as published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry.desk import Desk, logged, now
from boundaries.registry.publishing import tag_of
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.divisions import CodeHistory

CODES = "codes"


class CodeTables(Desk):
    """Import published code tables, and read them back."""

    def import_codes(self, actor: str, folder: Path) -> dict[str, Any]:
        """Keep the history of codes that a folder of tables tells.

        A series imported before is replaced; its bytes stay on record.

        Returns
        -------
        dict
            ``{"source", "records", "events", "retired", "notices"}``, each
            notice ``{"zh", "en"}``.
        """
        from boundaries.divisions import code_history

        with logged("import_codes", actor, folder=folder.name) as said:
            self.may("import_codes", actor)
            history = code_history.read(folder)
            counts = {
                "source": history.source,
                "records": len(history.records),
                "events": len(history.events),
                "retired": len(history.retired),
                "notices": [notice._asdict() for notice in history.notices],
            }
            with self.store.write(lock=[CODES]) as tx:
                self.may("import_codes", actor, reader=tx)
                digest = tx.put_blob(history.to_bytes())
                tx.put(
                    CODES, history.source, {**counts, "blob": digest, "imported": now()}
                )
                self.record(
                    tx,
                    actor,
                    "import_codes",
                    history.source,
                    blob=digest,
                    records=counts["records"],
                )
            said.update(records=counts["records"])
            return counts

    def code_histories(self) -> list[CodeHistory]:
        """Return the series imported, the one that tells most events first."""
        from boundaries.divisions import CodeHistory

        kept = sorted(self.store.find(CODES), key=lambda doc: -doc["events"])
        return [CodeHistory.from_bytes(self.store.blob(doc["blob"])) for doc in kept]

    def lineage(self, actor: str, code: str, on: str | None = None) -> dict[str, Any]:
        """Return what a code was, what it came from and what became of it.

        Returns
        -------
        dict
            ``{"code", "records", "predecessors", "successors", "layer"}``: from the
            code tables where they know the code, and under ``layer`` the same as
                the layer's own versions tell it (None where they do not know it), up to
            the published one for whoever has no working role.

        Raises
        ------
        NotFoundError
            When neither knows the code.
        """
        from boundaries import codes
        from boundaries.divisions import lineage
        from boundaries.registry.lineage import told_by_versions

        user = self.may("view_published", actor)
        published = self.store.tags().get(tag_of("divisions"), 0)
        last = None if review.holds("view", user) else published
        code = codes.parse(code).text
        layer = told_by_versions(self.store, code, last=last)
        try:
            told = lineage(self.codes(code), code, on)
        except NotFoundError:
            if layer is None:
                raise
            told = {name: layer[name] for name in layer}
        return {**told, "layer": layer}

    def codes(self, code: str) -> CodeHistory:
        """Return the series that knows ``code``; raise NotFoundError."""
        histories = self.code_histories()
        for history in histories:
            if history.lookup(code):
                return history
        raise NotFoundError(
            Text(f"代码表中没有 {code}。", f"No code table knows {code}."),
            None
            if histories
            else Text(
                "请先导入代码表：quhua divisions codes-import 目录。",
                "Import code tables first: quhua divisions codes-import FOLDER.",
            ),
        )
