"""Uploads: files that come in parts, are kept whole, read, and become drafts."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.jobs import places
from boundaries.jobs.model import JOBS, age_s
from boundaries.layers import LAYERS
from boundaries.registry.desk import ORIGINALS, now
from boundaries.registry.jobs import Jobs
from boundaries.uploads import names, parts, said, whole
from geodata.errors import InputError, NotFoundError, StateError, Text
from geodata.files.grids import is_grid
from geodata.store.faults import translated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from boundaries.accounts import User
    from geodata.store.protocol import Reader, Transaction

UPLOADS, READINGS = "uploads", "readings"
RECEIVING, RECEIVED = "receiving", "received"
FOR_NETWORK = "network"
"""The purpose of an upload that holds streets."""
FOR_CANDIDATES = "candidates"
"""The purpose of one that holds sites a siting model may open."""


class Uploads(Jobs):
    """Begin an upload, put its parts, finish it; read it and stage it by jobs."""

    def begin_upload(
        self,
        actor: str,
        name: str,
        size: int,
        digest: str = "",
        *,
        modified: str = "",
        members: Sequence[dict[str, Any]] = (),
        purpose: str = "",
        target: str = "",
    ) -> dict[str, Any]:
        """Announce a file; return its upload, the same one for the same file.

        Parameters
        ----------
        name
            For display only; it never becomes a path.
        size
            Bytes in all.
        digest
            ``sha256`` of the whole in hex, when the sender knows it.
        modified
            When the file was last changed, as the sender's system says: tells a
            file sent again from another of the same name and size.
        members
            Files that belong together, each ``{"name", "size"}``, sent one after
            the other as one upload and kept as one zip.
        purpose
            :data:`FOR_NETWORK` for streets, :data:`FOR_CANDIDATES` for sites: these
            are not read as a layer.
        target
            Our layer the file is for; empty: one its sender may change.

        Raises
        ------
        LimitError
            For a file larger than an upload may be.
        StateError
            Code ``too_many_uploads``: finish or drop others first.
        """
        user = self.may("receive", actor, layer=review.ANY_LAYER)
        described = {
            **names.described(name, size, digest, modified, members),
            "purpose": _purpose(purpose),
        }
        self.settings.upload.check("file_mb", -(-described["size"] >> 20))
        with self.store.write(lock=[UPLOADS]) as tx:
            mine = [row for row in tx.find(UPLOADS, parent=actor) if _is_open(row)]
            for row in mine:
                if all(row.get(key) == value for key, value in described.items()):
                    return self._told(row)
            self._require_few(mine, size)
            upload = {
                "id": f"U{secrets.token_hex(8)}",
                "actor": actor,
                **described,
                "state": RECEIVING,
                "created": now(),
                "original": None,
                "said": said.checked({"target": target or _usual_target(user)}),
                "job": None,
                "drafts": [],
            }
            tx.put(UPLOADS, upload["id"], upload, parent=actor, rev=0)
            self.record(
                tx, actor, "begin_upload", upload["id"], name=described["name"],
                bytes=size,
            )  # fmt: skip
        with translated():
            places.made(self._parts_in(upload["id"]))
        return self._told(upload)

    def put_part(
        self, actor: str, upload: str, offset: int, content: bytes, digest: str
    ) -> dict[str, Any]:
        """Keep a part, durable before this returns; the same again is fine.

        Raises
        ------
        InputError
            For a part damaged on the way, too large, or beyond the file's end.
        ConflictError
            When it differs from what was acknowledged at this place.
        StoreError
            Code ``disk_full``: what was acknowledged stays; send it again later.
        """
        row = self._upload_of(self.store, actor, upload)
        if row["state"] != RECEIVING:
            return self._told(row)
        most = self.settings.uploads.part_mb << 20
        if offset < 0 or not content or offset + len(content) > row["size"]:
            raise InputError(
                Text("这一段超出了文件。", "This part does not lie in the file.")
            )
        if len(content) > most:
            raise InputError(
                Text(
                    f"一段最多 {most >> 20} MB。", f"A part is {most >> 20} MB at most."
                )
            )
        with translated():
            folder = places.made(self._parts_in(upload))
            whole.require_free(folder, len(content))
            parts.put(folder, offset, content, digest, row["size"])
        return self._told(row)

    def finish_upload(self, actor: str, upload: str) -> dict[str, Any]:
        """Keep the whole file as an original, and queue its reading.

        The answer comes when the original is durable under its hash. Finished
        twice, it is finished once.
        """
        row = self._upload_of(self.store, actor, upload)
        if row["state"] == RECEIVED:
            return self._told(row)
        self.may("receive", actor, layer=review.ANY_LAYER)
        with translated(), whole.given(self._parts_in(upload), row) as path:
            row = self._keep_whole(actor, upload, path)
        parts.drop(self._parts_in(upload))
        self.wake_worker()
        return self._told(row)

    def uploads(self, actor: str) -> list[dict[str, Any]]:
        """Return the actor's uploads, newest first."""
        self.may("receive", actor, layer=review.ANY_LAYER)
        found = self.store.find(UPLOADS, parent=actor)
        mine = [row for row in found if not row.get("purpose")]
        mine.sort(key=lambda row: row["created"], reverse=True)
        return [self._told(row) for row in mine]

    def upload(self, actor: str, upload: str) -> dict[str, Any]:
        """Return one of the actor's uploads, with the ranges that are here."""
        return self._told(self._upload_of(self.store, actor, upload))

    def drop_upload(self, actor: str, upload: str) -> None:
        """Forget an upload; an original once kept stays on record."""
        with self.store.write(lock=[UPLOADS, JOBS]) as tx:
            row = self._upload_of(tx, actor, upload)
            self._forget_upload(tx, row)
            self.record(tx, actor, "drop_upload", upload, name=row["name"])
        parts.drop(self._parts_in(upload))

    def read_upload(
        self, actor: str, upload: str, wish: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Queue a reading with a person's word over our guesses; return the job.

        Parameters
        ----------
        wish
            ``target`` (our layer), ``layer`` (the file's) and ``overrides``; see
            :mod:`boundaries.uploads.said`. None: as it was read last.
        """
        self.may("receive", actor, layer=review.ANY_LAYER)
        with self.store.write(lock=[UPLOADS, JOBS]) as tx:
            row = self._upload_of(tx, actor, upload)
            require_received(row)
            spoken = row["said"] if wish is None else said.checked(wish)
            job = self._queue_reading(tx, {**row, "said": spoken})
        self.wake_worker()
        return self.shown(self.store, job)

    def reading(self, actor: str, upload: str) -> dict[str, Any]:
        """Return how the file was understood, with samples and a preview."""
        row = self._upload_of(self.store, actor, upload)
        found = self.store.get(READINGS, upload)
        if found is None:
            raise NotFoundError(
                Text(f"{row['name']} 尚未读取。", f"{row['name']} was not read yet.")
            )
        return found

    def keep_reading(self, actor: str, upload: str, found: dict[str, Any]) -> None:
        """Keep what a reading job found, if nobody asked for another since."""
        with self.store.write(lock=[UPLOADS]) as tx:
            row = self._upload_of(tx, actor, upload)
            if self.claimed is not None and row["job"] != self.claimed[0]:
                return
            tx.put(READINGS, upload, found, parent=actor)
            records = found["reading"]["records"]
            self.record(
                tx, actor, "read_upload", upload,
                read=records["read"], kept=records["kept"],
            )  # fmt: skip

    def stage_upload(
        self, actor: str, upload: str, wish: dict[str, Any]
    ) -> dict[str, Any]:
        """Queue the making of a draft from the file as it was read; return the job.

        Parameters
        ----------
        wish
            ``effective``, ``basis``, ``title``, ``complete``, ``confirmed`` (the
            guesses a person confirmed) and ``draft`` (to replace what it holds).
        """
        with self.store.write(lock=[UPLOADS, JOBS]) as tx:
            row = self._upload_of(tx, actor, upload)
            self.may("stage", actor, reader=tx, layer=row["said"]["target"])
            require_received(row)
            parameters = said.staging(wish, row)
            job = self.queue_job(
                tx, actor, "stage", upload, parameters, about=row["name"]
            )
        self.wake_worker()
        return self.shown(self.store, job)

    def note_draft(self, actor: str, upload: str, draft: str) -> None:
        """Note on an upload which draft was made of it."""
        with self.store.write(lock=[UPLOADS]) as tx:
            row = tx.get(UPLOADS, upload)
            if row is None or row["actor"] != actor or draft in row["drafts"]:
                return
            tx.put(
                UPLOADS, upload, {**row, "drafts": [*row["drafts"], draft]},
                parent=actor,
            )  # fmt: skip
            self.record(tx, actor, "note_draft", upload, draft=draft)

    def original_of(self, actor: str, upload: str) -> tuple[str, dict[str, Any]]:
        """Return the digest of the kept file and the upload's row."""
        row = self._upload_of(self.store, actor, upload)
        return require_received(row), row

    def sweep_uploads(self) -> None:
        """Forget uploads nobody went on with, and parts no upload owns."""
        hours = self.settings.uploads.keep_hours
        stale = [
            row
            for row in self.store.find(UPLOADS)
            if _is_open(row) and self._idle_s(row) > hours * 3600
        ]
        for row in stale:
            with self.store.write(lock=[UPLOADS]) as tx:
                self._forget_upload(tx, row)
                self.record(tx, row["actor"], "drop_upload", row["id"], idle=True)
        base = places.folder_beside(self.store.url) / "uploads"
        for folder in base.iterdir() if base.is_dir() else ():
            owner = self.store.get(UPLOADS, folder.name)
            if owner is None or owner["state"] == RECEIVED:
                parts.drop(folder)

    def _idle_s(self, row: dict[str, Any]) -> float:
        """Return how long nothing came."""
        import time

        try:
            return time.time() - self._parts_in(row["id"]).stat().st_mtime
        except OSError:
            return age_s(row["created"])

    def _keep_whole(self, actor: str, upload: str, path: Path) -> dict[str, Any]:
        with self.store.write(lock=[UPLOADS, JOBS]) as tx:
            row = self._upload_of(tx, actor, upload)
            if row["state"] == RECEIVED:
                return row
            digest, size = tx.put_blob(path), path.stat().st_size
            kept = names.kept(row)
            tx.put(ORIGINALS, digest, {"name": kept, "bytes": size})
            self.record(tx, actor, "receive", digest, name=kept, bytes=size)
            row = {**row, "state": RECEIVED, "original": digest, "finished": now()}
            if row.get("purpose"):
                tx.put(UPLOADS, upload, row, parent=actor)
                return row
            if is_grid(path):  # nothing else is read from one
                row["said"] = said.checked({"target": "population"})
            job = self._queue_reading(tx, row)
            return {**row, "job": job["id"]}

    def _queue_reading(self, tx: Transaction, row: dict[str, Any]) -> dict[str, Any]:
        """Queue the reading of an upload and note the job on it."""
        job = self.queue_job(
            tx, row["actor"], "read", row["id"], row["said"], about=row["name"]
        )
        row = {**row, "job": job["id"]}
        tx.put(UPLOADS, row["id"], row, parent=row["actor"])
        return job

    def _require_few(self, mine: list[dict[str, Any]], size: int) -> None:
        held = self.settings.uploads
        total = sum(row["size"] for row in mine) + size
        if len(mine) >= held.open or total > held.open_mb << 20:
            raise StateError(
                Text(
                    f"未完成的上传过多（{len(mine)} 个）。",
                    f"Too many uploads are unfinished ({len(mine)}).",
                ),
                Text("请先完成或删除其中一些。", "Finish or drop some of them first."),
                code="too_many_uploads",
            )

    def _parts_in(self, upload: str) -> Path:
        return places.folder_beside(self.store.url) / "uploads" / upload

    def _forget_upload(self, tx: Transaction, row: dict[str, Any]) -> None:
        tx.delete(UPLOADS, row["id"])
        tx.delete(READINGS, row["id"])

    def _upload_of(self, reader: Reader, actor: str, upload: str) -> dict[str, Any]:
        row = reader.get(UPLOADS, upload)
        if row is None or row["actor"] != actor:
            raise NotFoundError(
                Text("没有这个上传，或已删除。", "There is no such upload (any more).")
            )
        return row

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return what its owner may see, with the ranges that are here."""
        shown = {k: v for k, v in row.items() if k not in ("key", "rev", "actor")}
        if not _is_open(row):
            return {**shown, "received": [[0, row["size"]]], "bytes_here": row["size"]}
        ranges = parts.covered(parts.listed(self._parts_in(row["id"])))
        here = sum(end - start for start, end in ranges)
        return {**shown, "received": ranges, "bytes_here": here}


def _purpose(said: str) -> str:
    if said not in ("", FOR_NETWORK, FOR_CANDIDATES):
        raise InputError(
            Text(f"没有“{said[:40]}”这种用途。", f"There is no purpose '{said[:40]}'.")
        )
    return said


def _is_open(row: dict[str, Any]) -> bool:
    return bool(row["state"] == RECEIVING)


def _usual_target(user: User) -> str:
    """Return the layer a file is for until a person says: one they may change."""
    mine = (each.name for each in LAYERS if review.holds("stage", user, each.name))
    return next(mine, review.DIVISIONS)


def require_received(row: dict[str, Any]) -> str:
    """Return the digest of the whole file; raise StateError while parts are missing."""
    if row["state"] != RECEIVED:
        raise StateError(
            Text("文件还没有传完。", "The file is not whole yet."),
            Text("请继续上传。", "Go on sending it."),
        )
    return str(row["original"])
