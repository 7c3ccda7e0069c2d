"""Exports: asked for, made by a job, handed out; who, what and when is kept."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from boundaries import codes, columns, products, review, spoken
from boundaries.jobs.model import JOBS
from boundaries.labels import lent_label
from boundaries.registry.desk import logged, now
from boundaries.registry.jobs import Jobs
from boundaries.registry.reading import Readings, belonging, division_of
from geodata.errors import InputError, NotFoundError, StateError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from boundaries.accounts import User
    from geodata.store.protocol import Reader, Transaction

EXPORTS = "exports"
COUNTERS = "counters"
_LONGEST = 60


class Exports(Readings, Jobs):
    """Ask for an export, make it, list and hand out what was made."""

    def request_export(
        self,
        actor: str,
        layer: str = "divisions",
        driver: str = "GPKG",
        *,
        at: int | str | None = None,
        valid_on: str | None = None,
        known_on: str | None = None,
        scope: str = "",
        keys: Sequence[str] = (),
        fields: Sequence[str] = (),
        encoding: str | None = None,
        language: str = "zh",
    ) -> dict[str, Any]:
        """Queue an export of a layer within the actor's scope; return its document.

        Parameters
        ----------
        at
            Version or tag; None: the newest the actor may see. It is settled now,
            so what goes out is what was asked for.
        valid_on, known_on
            The state in force, or as known, on a date.
        scope
            Only what lies in this division.
        keys
            Only these features, such as a list that was filtered.
        fields
            Only these attributes; none named: all of them.
        language
            Of headings, and of the words beside stored keys.
        """
        user = self.may("export", actor)
        schema = self.store.layers().get(layer)
        if schema is None:
            raise NotFoundError(
                Text(f"没有图层“{layer}”。", f"There is no layer “{layer}”.")
            )
        _require_fields(fields, [field.name for field in schema.fields])
        _require_scope(scope)
        suffix = _suffix(driver)
        # as it is parsed, not as it was written: it becomes part of a file's name
        valid_on = dates.parse(valid_on) if valid_on else None
        # what cannot be seen or parsed is refused now, not by the job
        number = self.store.version(self._visible(user, layer, at), layer).number
        found = self.store.snapshot(
            layer, at=number, valid_on=valid_on, known_on=known_on, geometry=False
        )
        found = self._within(user, found, layer)
        asked = {
            "layer": layer,
            "driver": driver,
            "version": number,
            "valid_on": valid_on,
            "known_on": known_on,
            "scope": scope,
            "keys": list(keys),
            "fields": list(fields),
            "encoding": encoding,
            "language": "en" if language.startswith("en") else "zh",
        }
        name = f"{layer}-v{number}{_dated(valid_on)}{suffix}"
        expected = len(_named(within(found, layer, scope), keys))
        return self._queued(actor, user, asked, name, expected)

    def _queued(
        self, actor: str, user: User, asked: dict[str, Any], name: str, expected: int
    ) -> dict[str, Any]:
        """Keep what was asked for with its job; return its document."""
        with self.store.write(lock=[EXPORTS, JOBS]) as tx:
            export = _next_id(tx)
            job = self.queue_job(tx, actor, "export", export, {})
            document = {
                "id": export,
                "actor": actor,
                "requested": now(),
                "job": job["id"],
                **asked,
                "within": self._lent(user),
                "name": name,
                "expected": expected,
                "made": None,
            }
            tx.put(EXPORTS, export, document, parent=actor, rev=0)
            told = {**asked, "keys": len(asked["keys"])}  # in the document they are all
            self.record(tx, actor, "request_export", export, **told)
        self.wake_worker()
        return self._export_shown(document)

    def make_export(self, actor: str, export: str) -> dict[str, Any]:
        """Write the file that was asked for, unless it was written already.

        The file is kept under its hash; hash, features and version are journalled.
        """
        from geodata import files

        with logged("export", actor, export=export) as said:
            document = self._own_export(actor, export, self.store)
            if document["made"]:
                return self._export_shown(document)
            self.may("export", actor)
            layer, number = document["layer"], document["version"]
            frame = self.snapshot(
                actor, layer, at=number,
                valid_on=document["valid_on"], known_on=document["known_on"],
            )  # fmt: skip
            frame = within(frame, layer, document["scope"])
            frame = _named(frame, document.get("keys") or ())
            version = self.store.version(number, layer)
            notice = products.INTERNAL  # an approval is for the public map, not this
            language = document.get("language", "zh")
            frame, said_so = spoken.spoken(
                frame, layer, document["driver"], self.unit_names(), language
            )
            labelled = products.labelled(products.flattened(frame), version, notice)
            with tempfile.TemporaryDirectory(prefix="quhua-export-") as folder:
                path = Path(folder) / document["name"]
                files.write(
                    labelled, path, document["driver"], layer=layer,
                    encoding=document["encoding"], language=language,
                    fields=_chosen(document["fields"], said_so),
                    headings={**columns.headings(layer), **said_so},
                )  # fmt: skip
                size = path.stat().st_size
                with self.store.write(lock=[EXPORTS]) as tx:
                    document = self._own_export(actor, export, tx)
                    if document["made"]:
                        return self._export_shown(document)
                    document["made"] = {
                        "when": now(),
                        "features": len(labelled),
                        "bytes": size,
                        "digest": tx.put_blob(path),
                        "version_digest": version.digest,
                        "notice": notice._asdict(),
                    }
                    put_export(tx, document)
                    self.record(
                        tx, actor, "export", f"{layer}@{number}", export=export,
                        **document["made"],
                    )  # fmt: skip
            said.update(features=len(labelled), bytes=size)
            return self._export_shown(document)

    def exports(
        self,
        actor: str,
        *,
        everybody: bool = False,
        before: str = "",
        start: int = 0,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return the actor's exports, newest first; everybody's to whoever may see.

        ``before``, ``start`` and ``limit`` give one page, and no more is read.
        """
        found = self.store.find(
            EXPORTS,
            **self._whose_exports(actor, everybody=everybody),
            before=before,
            descending=True,
            start=start,
            limit=limit,
        )
        return [self._export_shown(document) for document in found]

    def export_count(self, actor: str, *, everybody: bool = False) -> int:
        """Return how many exports :meth:`exports` would list."""
        whose = self._whose_exports(actor, everybody=everybody)
        return self.store.count(EXPORTS, **whose)

    def _whose_exports(self, actor: str, *, everybody: bool) -> dict[str, Any]:
        """Return what the store is asked for, if the actor may see it."""
        if everybody:
            self.may("see_exports", actor)
            return {}
        lent = self._lent(self.user(actor))
        labels = [] if lent is None else [[lent_label(lent)]]
        return {"parent": actor, "labels": labels}

    def export_document(self, actor: str, export: str) -> dict[str, Any]:
        """Return an export of the actor's own, or one they may see."""
        return self._export_shown(self._export_seen(actor, export))

    def export_file(self, actor: str, export: str) -> tuple[dict[str, Any], BinaryIO]:
        """Return an export's document and its file, open; that is journalled."""
        document = self._export_seen(actor, export)
        if not self._own(document, self.user(actor)):
            self.may(
                "view_export", actor, keys=[document["scope"]], layer=document["layer"]
            )
        if not document["made"]:
            raise StateError(
                Text(f"导出 {export} 尚未完成。", f"Export {export} is not made yet."),
                Text("请稍后再来。", "Come back in a moment."),
            )
        digest = document["made"]["digest"]
        file = self.store.open_blob(digest)
        with closed_unless_done(file), self.store.write() as tx:
            self.record(tx, actor, "download_export", export, digest=digest)
        return document, file

    def _export_seen(self, actor: str, export: str) -> dict[str, Any]:
        document, user = self.store.get(EXPORTS, export), self.user(actor)
        sees = document is not None and (
            self._own(document, user)
            or review.holds("see_exports", user)
            or _above(user, document)
        )
        if document is None or not sees:
            raise _no_export(export)
        return document

    def _lent(self, user: User) -> list[str] | None:
        """Return what a token is good for, None for the person themselves."""
        return None if self.within is None else [str(grant) for grant in user.grants]

    def _own(self, document: dict[str, Any], user: User) -> bool:
        """Return whether an export is this reader's own.

        A token reads what tokens of its own grants asked for: what its owner took
        out in person may reach further than the token was given.
        """
        lent = self._lent(user)
        mine = bool(document["actor"] == user.name)
        return mine and (lent is None or document.get("within") == lent)

    def _own_export(self, actor: str, export: str, reader: Reader) -> dict[str, Any]:
        document = reader.get(EXPORTS, export)
        if document is None or document["actor"] != actor:
            raise _no_export(export)
        return document

    def _export_shown(self, document: dict[str, Any]) -> dict[str, Any]:
        job = self.store.get(JOBS, document["job"])
        state = "done" if document["made"] else job["state"] if job else "failed"
        kept = {k: v for k, v in document.items() if k not in ("rev", "key", "within")}
        return {**kept, "state": state, "error": job["error"] if job else None}


@contextlib.contextmanager
def closed_unless_done(file: BinaryIO) -> Iterator[None]:
    """Close a file that is about to be handed out when that fails."""
    with contextlib.ExitStack() as stack:
        stack.callback(file.close)
        yield
        stack.pop_all()


def within(frame: Any, layer: str, scope: str) -> Any:
    """Return the features that lie in a division; all of them without one."""
    if not scope:
        return frame
    column = division_of(layer)
    if column not in frame:
        return frame.iloc[:0]
    inside = [
        any(codes.is_within(code, scope) for code in belonging(cell))
        for cell in frame[column]
    ]
    return frame[inside]


def _named(frame: Any, keys: Sequence[str]) -> Any:
    """Return the features named; all of them where none are."""
    return frame[frame.index.isin(list(keys))] if keys else frame


def _above(user: Any, document: dict[str, Any]) -> bool:
    row = review.verb("view_export")
    held = bool(user.roles & row.on(document["layer"]))
    return held and not review.outside(
        user, row, [document["scope"]], document["layer"]
    )


def put_export(tx: Transaction, document: dict[str, Any]) -> None:
    """Write an export's document."""
    tx.put(
        EXPORTS, document["id"], document,
        parent=document["actor"], rev=document["rev"],
    )  # fmt: skip


def _no_export(export: str) -> NotFoundError:
    return NotFoundError(
        Text(f"没有导出 {export}。", f"There is no export {export}."),
        Text("只能看到自己的导出。", "You see your own."),
    )


def _chosen(
    fields: Sequence[str], headings: Mapping[str, Text]
) -> dict[str, str] | None:
    """Return the columns to write; every file says what it is made from."""
    if not fields:
        return None
    names = [*fields, "valid_from", "valid_to", *products.LABELS]
    return spoken.chosen({name: name for name in dict.fromkeys(names)}, headings)


def _require_fields(fields: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise InputError(
            Text(
                f"没有字段 {'、'.join(unknown)}。",
                f"There are no fields {', '.join(unknown)}.",
            ),
            Text(f"可用：{'、'.join(known)}。", f"One of: {', '.join(known)}."),
        )


def _require_scope(scope: str) -> None:
    if scope and not (scope.isdigit() and len(scope) <= _LONGEST):
        raise InputError(
            Text(f"“{scope}”不是区划代码。", f"'{scope}' is no division code.")
        )


def _suffix(driver: str) -> str:
    from geodata.files.formats import FORMATS

    for item in FORMATS:
        if item.name == driver:
            return item.suffixes[0]
    known = "、".join(item.name for item in FORMATS)
    raise InputError(
        Text(f"不能写出格式 {driver}。", f"The format {driver} cannot be written."),
        Text(f"可用：{known}。", f"Use one of: {known}."),
    )


def _dated(valid_on: str | None) -> str:
    return f"-{valid_on}" if valid_on else ""


def _next_id(tx: Transaction) -> str:
    """Return the next number; the transaction holds the lock of exports."""
    counter = tx.get(COUNTERS, EXPORTS) or {"last": 0, "rev": 0}
    number = counter["last"] + 1
    tx.put(COUNTERS, EXPORTS, {"last": number}, rev=counter["rev"])
    return f"E{number:06d}"
