"""The site itself: settings that administrators change, and its backups."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries import settings as declared
from boundaries.accounts import LOCAL
from boundaries.registry.audit import Audit
from boundaries.registry.desk import now
from boundaries.registry.people import NOTICE
from boundaries.site import SITE, VALUES
from geodata.errors import InputError, NotFoundError, QuhuaError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.store.protocol import Transaction

BACKUPS, WORKER = "backups", "worker"
SILENT_H = 0.1
"""A worker not heard of for so long is thought to be gone; it beats every minute."""
FIXED = {
    "store": Text(
        "在启动时指定，运行中不能更改", "named at the start; it cannot change meanwhile"
    ),
    "audit.digest": Text(
        "建库时确定，不能更改", "chosen when the store was made; it cannot change"
    ),
}
"""Settings that no page changes, and why."""
_PINNED = {
    "file": Text("由部署的设置文件固定", "fixed by the deployment's settings file"),
    "environment": Text("由环境变量固定", "fixed by an environment variable"),
}
HIDDEN = "••••••"
_LONGEST_NOTICE = 200


class Site(Audit):
    """Settings, the notice, and the backups of this store."""

    def site_settings(self, actor: str) -> list[dict[str, Any]]:
        """Return every setting: value, default, help, where from, who may change it.

        ``fixed`` says why a setting cannot be changed here (None: it can), ``verb``
        which verb changes it, ``by`` and ``when`` who changed it last.
        """
        self.may("see_settings", actor)
        document = self.store.get(SITE, VALUES) or {"values": {}, "log": {}}
        rows = []
        for row in self.settings.describe():
            name, said = row["name"], document["log"].get(row["name"], {})
            fixed = FIXED.get(name) or _PINNED.get(row["origin"])
            ours = name in document["values"] and fixed is None
            rows.append(
                {
                    **row,
                    "origin": "site" if ours else row["origin"],
                    "value": _shown(name, row["value"]),
                    "default": _plain(row["default"]),
                    "secret": is_secret(name),
                    "fixed": fixed._asdict() if fixed else None,
                    "verb": _verb(name),
                    "by": said.get("by"),
                    "when": said.get("when"),
                }
            )
        return rows

    def change_setting(self, actor: str, name: str, value: Any) -> dict[str, Any]:
        """Change one setting of this store, or give it back its default (None).

        It holds in every process within a second, without a restart.

        Raises
        ------
        InputError
            For a setting that is none, that the deployment fixes, or a value it
            cannot have.
        """
        with self.store.write(lock=[SITE]) as tx:
            self.may(_verb(name), actor, reader=tx)
            row = self._setting(name)
            document = tx.get(SITE, VALUES) or {"values": {}, "log": {}, "rev": 0}
            values = dict(document["values"])
            if value is None:
                values.pop(name, None)
            else:
                values[name] = self._setting_value(name, value, row["value"])
            after = row["default"] if value is None else values[name]
            kept = {
                "values": values,
                "log": {**document["log"], name: {"by": actor, "when": now()}},
            }
            rev = tx.put(SITE, VALUES, kept, rev=document["rev"])
            self.record(
                tx, actor, "change_setting", name,
                before=_shown(name, row["value"]), after=_shown(name, after),
            )  # fmt: skip
        self.site.take({**kept, "rev": rev})
        made = self._setting(name)
        return {**made, "value": _shown(name, made["value"])}

    def set_notice(self, actor: str, text: str) -> str:
        """Set the words every page of this store shows, ``""`` for none."""
        text = " ".join(text.split())
        if len(text) > _LONGEST_NOTICE:
            raise InputError(
                Text(f"说明不能超过 {_LONGEST_NOTICE} 字。",
                     f"The notice is at most {_LONGEST_NOTICE} characters long."),
            )  # fmt: skip
        with self.store.write(lock=[SITE]) as tx:
            self.may("change_settings", actor, reader=tx)
            before = (tx.get(*NOTICE) or {"text": ""})["text"]
            tx.put(*NOTICE, {"text": text})
            self.record(tx, actor, "set_notice", "", before=before, after=text)
        return text

    def backups(self, actor: str) -> list[dict[str, Any]]:
        """Return the backups in the site's folder, newest first, as their manifests.

        ``verified`` is what the last look at every file said, None when nobody
        looked since it was written.
        """
        self.may("backup", actor)
        return list(self._backups())

    def newest_backup(self) -> str | None:
        """Return when the newest backup was written, None without any."""
        return max((item["written"] for item in self._backups()), default=None)

    def due_backup(self) -> bool:
        """Return whether the schedule asks for a backup now."""
        every = self.settings.backup.every_hours
        newest = self.newest_backup()
        return bool(every) and (newest is None or hours_since(newest) >= every)

    def back_up_when_due(self) -> Path | None:
        """Make the scheduled backup if it is due, and forget those beyond the number.

        Nobody asks for it but the machine itself: the worker calls this, and the
        audit names the operator with the account ``schedule``.
        """
        if not self.due_backup():
            return None
        itself = self.acting("schedule")
        itself.local = True
        stamp = "".join(letter for letter in now() if letter.isalnum())
        target = self.backup_folder() / f"quhua-{stamp}"
        itself.backup(LOCAL, target)
        itself.forget_backups(LOCAL)
        return target

    def beat(self) -> None:
        """Note that the worker is alive, for the health page."""
        told = {"at": now(), "pid": os.getpid(), "host": socket.gethostname()}
        with self.store.write() as tx:
            tx.put(SITE, WORKER, told)

    def worker(self) -> dict[str, Any] | None:
        """Return when the worker was last heard of, None when it never was."""
        return self.store.get(SITE, WORKER)

    def verify_backup(self, actor: str, name: str) -> dict[str, Any]:
        """Compare every file of a backup with its manifest; return what was found."""
        from geodata.store.backup import check

        self.may("backup", actor)
        folder = self._backup(name)
        error: QuhuaError | None = None
        try:
            check(folder)
        except QuhuaError as caught:
            error = caught
        found = {
            "when": now(),
            "by": actor,
            "ok": error is None,
            "error": error.to_dict() if error else None,
        }
        with self.store.write() as tx:
            tx.put(BACKUPS, name, found)
            self.record(tx, actor, "verify_backup", name, ok=found["ok"])
        return found

    def forget_backups(self, actor: str) -> list[str]:
        """Remove the oldest backups beyond the number kept; return their names."""
        self.may("backup", actor)
        most = self.settings.backup.keep
        old = [item["name"] for item in self._backups()][most:] if most else []
        for name in old:
            with self.store.write() as tx:
                self.record(tx, actor, "forget_backup", name)
                _forget(tx, name)
            shutil.rmtree(self._backup(name))
        return old

    def backup_folder(self) -> Path:
        """Return where this store's backups lie."""
        from boundaries.jobs import places

        named = self.settings.backup.folder
        beside = places.folder_beside(self.store.url)
        return Path(named) if named else beside.with_suffix(".backups")

    def _backups(self) -> Iterator[dict[str, Any]]:
        folder = self.backup_folder()
        if not folder.is_dir():
            return
        for place in sorted(folder.iterdir(), reverse=True):
            manifest = _manifest(place)
            if manifest is not None:
                yield {
                    "name": place.name,
                    "folder": str(place),
                    "written": manifest["written"],
                    "schema": manifest["schema"],
                    "backend": manifest["backend"],
                    "anchor": manifest["anchor"],
                    "files": len(manifest["files"]),
                    "bytes": sum(
                        part.stat().st_size
                        for part in place.rglob("*")
                        if part.is_file()
                    ),
                    "verified": self.store.get(BACKUPS, place.name),
                }

    def _backup(self, name: str) -> Path:
        place = self.backup_folder() / name
        if Path(name).name != name or _manifest(place) is None:
            raise NotFoundError(
                Text(f"没有备份 {name}。", f"There is no backup {name}.")
            )
        return place

    def _setting(self, name: str) -> dict[str, Any]:
        """Return a setting's row; refuse one that cannot be changed here."""
        found = next((r for r in self.settings.describe() if r["name"] == name), None)
        if found is None:
            raise InputError(
                Text(f"没有“{name}”这项设置。", f"There is no setting '{name}'."),
            )
        fixed = FIXED.get(name) or _PINNED.get(found["origin"])
        if fixed is not None:
            raise InputError(
                Text(f"设置 {name} 不能在此更改：{fixed.zh}。",
                     f"Setting {name} cannot be changed here: {fixed.en}."),
                code="fixed",
            )  # fmt: skip
        return found

    def _setting_value(self, name: str, value: Any, before: Any) -> Any:
        """Return a value as the setting keeps it; JSON text stands for a table."""
        if isinstance(before, dict) and isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise InputError(
                    Text(f"设置 {name} 应为 JSON 对象。",
                         f"Setting {name} is a JSON object."),
                ) from error  # fmt: skip
        made: Any = declared.changed(self.settings, name, value)
        for part in name.split("."):
            made = getattr(made, part)
        return _plain(made)


def hours_since(instant: str) -> float:
    """Return the hours since an instant (ISO 8601, UTC)."""
    then = dt.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return (dt.datetime.now(dt.UTC) - then).total_seconds() / 3600


def _verb(name: str) -> str:
    return "change_access" if name.startswith("access.") else "change_settings"


def is_secret(name: str) -> bool:
    """Return whether a setting's value is told to nobody."""
    return name.rpartition(".")[2].endswith(("key", "secret", "password", "token"))


def _shown(name: str, value: Any) -> Any:
    """Return a value as a page may show it: no secret, no address's password."""
    from geodata.store.migrating import shown

    if is_secret(name):
        return HIDDEN if value else ""
    return shown(value) if name == "store" else _plain(value)


def _plain(value: Any) -> Any:
    """Return a setting's value as JSON has it."""
    return (
        sorted(value)
        if isinstance(value, frozenset | set)
        else (list(value) if isinstance(value, tuple) else value)
    )


def _forget(tx: Transaction, name: str) -> None:
    if tx.get(BACKUPS, name) is not None:
        tx.delete(BACKUPS, name)


def _manifest(place: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder that is a backup."""
    from geodata.store.backup import manifest_of

    try:
        return manifest_of(place)
    except QuhuaError:
        return None
