"""A verified copy of a store while it is used, and a store from such a copy.

A backup is a folder: the content, and ``manifest.json`` with the hash of every
file and the heads of both chains. It appears under its name only when all of it
is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from geodata.errors import StoreError, Text
from geodata.store import dates, digests, disk, migrating, verifying
from geodata.store.documents import unlabelled
from geodata.store.faults import files_translated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geodata.store.backend import Backend
    from geodata.store.documents import Labelling
    from geodata.store.writer import SqlTransaction

FORMAT = 1
MANIFEST = "manifest.json"
_SHAPE = {"format": int, "backend": str, "schema": str, "anchor": dict, "files": dict}


@files_translated()
def write(backend: Backend, target: Path) -> dict[str, Any]:
    """Write a backup to the new folder ``target``; return its manifest."""
    target = target.absolute()
    if target.exists():
        raise StoreError(
            Text(f"{target} 已存在。", f"{target} exists already."),
            Text("请换一个文件夹名。", "Choose another folder name."),
            code="exists",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    part.mkdir(mode=0o700)  # as private as the store
    try:
        kept = backend.dump(part)
        manifest = {
            "format": FORMAT,
            "backend": backend.name,
            "schema": migrating.CURRENT,
            "written": dates.now(),
            **kept,
            "files": _hashes(part),
        }
        (part / MANIFEST).write_text(
            json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8"
        )
        _sync(part)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    disk.sync_folder(target.parent)
    return manifest


@files_translated()
def restore(
    folder: Path,
    url: str,
    accept: Callable[[SqlTransaction], None] = lambda _: None,
    labelling: Labelling = unlabelled,
) -> dict[str, Any]:
    """Make a store at ``url`` from a backup; return the backup's manifest.

    Every file is checked before anything is written, and the chains after.
    ``accept`` is asked in the restore's own transaction: when it raises, no store
    is made; what it writes is there from the store's first moment.
    """
    from geodata.store.opening import backend_for

    manifest = check(folder)
    backend = backend_for(url)
    backend.labelling = labelling
    try:
        if backend.name != manifest["backend"]:
            raise StoreError(
                Text(
                    f"备份来自 {manifest['backend']}，不能恢复到 {backend.name}。",
                    f"This is a backup of {manifest['backend']}, not of "
                    f"{backend.name}.",
                ),
                code="backup",
            )
        if backend.exists():
            raise StoreError(
                Text(f"{url} 里已有数据库。", f"There is a store at {url} already."),
                Text("请恢复到新的位置。", "Restore to a new place."),
                code="exists",
            )
        backend.load(folder, manifest, accept)
    finally:
        backend.close()
    return manifest


def check(folder: Path) -> dict[str, Any]:
    """Return a backup's manifest when every file is as it was written."""
    manifest = manifest_of(folder)
    found = _hashes(folder)
    wrong = sorted(
        name for name, digest in manifest["files"].items() if found.get(name) != digest
    )
    if wrong or manifest["format"] != FORMAT:
        names = ", ".join(wrong[:5]) or f"format {manifest['format']}"
        raise StoreError(
            Text(f"备份已损坏：{names}。", f"The backup is damaged: {names}."),
            Text("请使用另一份备份。", "Use another backup."),
            code="damaged",
        )
    return manifest


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return a backup's manifest; raise StoreError for a folder that is none."""
    try:
        found: Any = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if isinstance(found, dict) and all(
        isinstance(found.get(name), kind) for name, kind in _SHAPE.items()
    ):
        verifying.require_anchor(found["anchor"])
        return found
    raise StoreError(
        Text(f"{folder} 不是备份。", f"{folder} is not a backup."),
        Text(
            f"应含由 quhua backup 写成的 {MANIFEST}。",
            f"It must hold the {MANIFEST} that quhua backup wrote.",
        ),
        code="backup",
    )


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): digests.of_file(path, "sha256")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            disk.sync_folder(path)
        else:
            disk.sync_file(path)
    disk.sync_folder(folder)
