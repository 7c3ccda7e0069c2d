"""What officers enter for indicators: targets, values, areas, projects, choices.

Documents, not layers: each keeps its earlier states, and every write is audited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes, review
from boundaries.registry.desk import Desk, logged, now
from boundaries.registry.jobs import Jobs
from boundaries.services.indicators.plan import starting_targets
from boundaries.services.indicators.records import TARGETS, Kind, kind_of, rows_of
from geodata.errors import ConflictError, InputError, NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from geodata.store.protocol import Reader, Transaction

TEMPLATES, OPTIONS = "templates", "options"
LARGEST_TABLE = 4 << 20
"""Bytes of a table of targets or values."""
_MOST_PAST = 200


class IndicatorRecords(Jobs, Desk):
    """Save, list, drop and import what is entered for indicators."""

    def indicator_records(self, actor: str, kind: str) -> list[dict[str, Any]]:
        """Return the records of a kind, each with who wrote it and when.

        Returns
        -------
        list of dict
            ``{"key", "rev", "record", "by", "when", "past"}``, by key; ``past`` are
            its earlier states, oldest first.
        """
        self.may("view", actor)
        kind_of(kind)
        return [_told(row) for row in self._entries(self.store, kind)]

    def save_indicator_record(
        self,
        actor: str,
        kind: str,
        given: Mapping[str, Any],
        *,
        rev: int | None = None,
    ) -> dict[str, Any]:
        """Write one record, new or changed; return it.

        Parameters
        ----------
        given
            Its fields (:data:`boundaries.services.indicators.records.KINDS`).
        rev
            The state it was changed from; None: whatever stands there.

        Raises
        ------
        InputError
            Naming each field that cannot be what it says.
        ConflictError
            When somebody changed it since ``rev``.
        """
        row = kind_of(kind)
        record = row.record(given)
        key = row.key_of(record)
        with self.store.write(lock=[collection(kind)]) as tx:
            self.may("enter_indicators", actor, keys=[scope_of(record)], reader=tx)
            saved = self._put_entry(tx, actor, kind, key, record, rev)
            self.record(tx, actor, "save_indicator", f"{kind}/{key}", **record)
        return saved

    def drop_indicator_record(self, actor: str, kind: str, key: str) -> None:
        """Take a record away; its history stays, and it may be entered again."""
        kind_of(kind)
        with self.store.write(lock=[collection(kind)]) as tx:
            found = tx.get(collection(kind), key)
            if found is None or found["gone"]:
                raise no_record(kind, key)
            self._put_entry(tx, actor, kind, key, found["record"], None, gone=True)
            self.record(tx, actor, "drop_indicator", f"{kind}/{key}")

    def adopt_plan(self, actor: str, scope: str = "") -> dict[str, Any]:
        """Enter the targets of 专栏1 for a unit where none stands yet.

        Returns
        -------
        dict
            ``{"added", "kept"}``: how many were written, how many stood already.
        """
        scope = codes.parse(scope).text if scope else ""
        added = 0
        with self.store.write(lock=[collection("targets")]) as tx:
            self.may("enter_indicators", actor, keys=[scope], reader=tx)
            records = starting_targets()
            for target in records:
                record = {**target, "scope": scope}
                key = TARGETS.key_of(record)
                standing = tx.get(collection("targets"), key)
                if standing is None or standing["gone"]:
                    self._put_entry(tx, actor, "targets", key, record, None)
                    added += 1
            self.record(tx, actor, "adopt_plan", scope, added=added)
        return {"added": added, "kept": len(records) - added}

    # -- tables ----------------------------------------------------------------

    def request_indicator_table(
        self, actor: str, kind: str, content: bytes, name: str
    ) -> dict[str, Any]:
        """Keep a table of records and queue its reading; return the job."""
        row = kind_of(kind)
        self.may("enter_indicators", actor, layer=review.ANY_LAYER)
        if not content or len(content) > LARGEST_TABLE:
            raise InputError(
                Text(f"文件须不为空且不超过 {LARGEST_TABLE >> 20} MB。",
                     f"The file has 1 byte to {LARGEST_TABLE >> 20} MB."),
            )  # fmt: skip
        with self.store.write() as tx:
            digest = tx.put_blob(content)
            self.record(
                tx, actor, "receive", digest, name=name[:200], bytes=len(content)
            )
        return self.start_job(
            actor, "indicators", digest, {"records": row.name, "name": name[:200]}
        )

    def read_indicator_table(
        self, actor: str, kind: str, path: Path, name: str = ""
    ) -> dict[str, Any]:
        """Read a table of records in the guarded process and keep its good rows."""
        from geodata import files
        from geodata.files.limits import UPLOAD

        self.may("enter_indicators", actor, layer=review.ANY_LAYER)
        frame, _ = files.read(path, name=name or path.name, limits=UPLOAD)
        return self.take_indicator_rows(actor, kind, frame, name or path.name)

    def take_indicator_rows(
        self, actor: str, kind: str, frame: pd.DataFrame, name: str = ""
    ) -> dict[str, Any]:
        """Keep the rows of a table that are right; name those that are not.

        Returns
        -------
        dict
            ``{"kind", "read", "kept", "refused"}``, each refused ``{"row",
            "message"}`` with the row as a spreadsheet counts.
        """
        row = kind_of(kind)
        with logged("import_indicators", actor, kind=kind) as said:
            records, refused = rows_of(row, frame)
            with self.store.write(lock=[collection(kind)]) as tx:
                scopes = sorted({scope_of(record) for record in records})
                self.may("enter_indicators", actor, keys=scopes, reader=tx)
                for record in records:
                    self._put_entry(tx, actor, kind, row.key_of(record), record, None)
                done = {
                    "kind": kind,
                    "read": len(frame),
                    "kept": len(records),
                    "refused": refused,
                }
                counts = {**done, "refused": len(refused), "name": name}
                self.record(tx, actor, "import_indicators", kind, **counts)
            said.update(kept=len(records), refused=len(refused))
        return done

    # -- documents ---------------------------------------------------------------

    def _entries(self, reader: Reader, kind: str) -> list[dict[str, Any]]:
        return [row for row in reader.find(collection(kind)) if not row["gone"]]

    def _put_entry(
        self,
        tx: Transaction,
        actor: str,
        kind: str,
        key: str,
        record: Mapping[str, Any],
        rev: int | None,
        *,
        gone: bool = False,
    ) -> dict[str, Any]:
        standing = tx.get(collection(kind), key)
        if standing is not None and rev is not None and standing["rev"] != rev:
            raise ConflictError(
                Text(f"{standing['by']} 已在此期间修改。",
                     f"{standing['by']} changed it meanwhile."),
                Text("请查看后重新填写。", "Look at it and enter yours again."),
            )  # fmt: skip
        if standing is not None and not standing["gone"]:
            was = scope_of(standing["record"])  # another district's stays theirs
            self.may("enter_indicators", actor, keys=[was], reader=tx)
        past = []
        if standing is not None:
            names = ("record", "by", "when", "gone")
            past = [*standing["past"], {name: standing[name] for name in names}]
        row = {
            "record": dict(record),
            "by": actor,
            "when": now(),
            "gone": gone,
            "past": past[-_MOST_PAST:],
        }
        written = tx.put(
            collection(kind), key, row, rev=standing["rev"] if standing else 0
        )
        return _told({**row, "key": key, "rev": written})


def collection(kind: str) -> str:
    """Return the collection that holds a kind of record."""
    return f"indicator_{kind}"


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("key", "rev", "record", "by", "when", "past")
    return {name: row[name] for name in names}


def scope_of(record: Mapping[str, Any]) -> str:
    """Return the unit a record is for."""
    return str(record.get("scope") or record.get("division") or "")


def no_record(kind: str, key: str) -> NotFoundError:
    """Return that there is no such record."""
    words: Kind | None = None if kind in (TEMPLATES, OPTIONS) else kind_of(kind)
    zh = words.label.zh if words else "模板"
    return NotFoundError(
        Text(f"没有{zh} {key}。", f"There is no record {key} of {kind}.")
    )
