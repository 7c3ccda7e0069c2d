"""The SQLite backend; the one place that opens the live file.

Nothing else in a process may open it, with this library or another: POSIX
drops a process's locks on a file when any handle to it is closed, and
acknowledged rows vanish. Everything here follows from what was measured:
``synchronous=FULL`` (NORMAL does not sync before it acknowledges), writers in
``BEGIN IMMEDIATE`` (a plain BEGIN fails when eight write), and a SQLite without
the WAL-reset fault.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import shapely
import sqlalchemy as sa

from geodata.errors import NotFoundError, StoreError, Text
from geodata.store import digests, disk, migrating, verifying
from geodata.store.backend import fork_safe
from geodata.store.documents import unlabelled
from geodata.store.faults import translated
from geodata.store.tables import blob, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from geodata.store.documents import Labelling
    from geodata.store.features import Rows
    from geodata.store.writer import SqlTransaction

OLDEST = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a WAL shared by processes."""
BUSY_SECONDS = 60
_ENGINES = fork_safe()
_OWNER_FOLDER = 0o700
COPY = "store.sqlite"
"""The name of the database file inside a backup."""
SETTINGS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "recursive_triggers": "ON",
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
    "cache_size": "-65536",
    "journal_size_limit": "67108864",
}
"""Set on every connection. ``recursive_triggers`` lets the no-delete triggers
see INSERT OR REPLACE; the cache and what a log may keep are 64 MiB."""


def driver() -> Any:
    """Return the DB-API module whose SQLite is new enough.

    ``pysqlite3`` brings its own SQLite. Where it has no wheel (aarch64) the
    standard library's is used, if new enough.
    """
    found = []
    for module in _modules():
        if module.sqlite_version_info >= OLDEST:
            return module
        found.append(module.sqlite_version)
    oldest = ".".join(map(str, OLDEST))
    raise StoreError(
        Text(
            f"SQLite {'、'.join(found)} 过旧，旧版可能损坏数据，需要 {oldest} 或更新。",
            f"SQLite {', '.join(found)} is too old; {oldest} or newer is needed: "
            "older ones can corrupt the data.",
        ),
        Text(
            "请安装：pip install 'pysqlite3>=0.6.1'；没有该轮子的平台（aarch64）"
            f"请使用自带 SQLite {oldest} 以上的 Python，或使用 PostGIS。",
            "Install it: pip install 'pysqlite3>=0.6.1'. Where it has no wheel "
            f"(aarch64) use a Python whose SQLite is {oldest} or newer, or PostGIS.",
        ),
        code="sqlite_too_old",
    )


def _modules() -> Iterator[Any]:
    with contextlib.suppress(ImportError):
        from pysqlite3 import dbapi2

        yield dbapi2
    import sqlite3

    yield sqlite3


def connect(path: Path) -> Any:
    """Open the live file with the settings every connection must have."""
    module = driver()
    connection = module.connect(
        str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for name, value in SETTINGS.items():
        connection.execute(f"PRAGMA {name}={value}")
    return connection


def connect_frozen(path: Path) -> Any:
    """Open a copy nobody writes, read-only, leaving no file beside it."""
    connection = driver().connect(
        f"{path.as_uri()}?mode=ro&immutable=1",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def require_local(path: Path) -> None:
    """Refuse a file system whose locks another machine may not honour."""
    kind = disk.filesystem(path)
    if disk.is_network(kind):
        raise StoreError(
            Text(
                f"{path} 位于网络文件系统（{kind}），SQLite 库不能放在网络盘上。",
                f"{path} lies on a network file system ({kind}); a SQLite store "
                "must not.",
            ),
            Text(
                "请换到本机磁盘，或改用 postgresql:// 的 PostGIS。",
                "Use a local disk, or PostGIS (postgresql://…).",
            ),
            code="network_disk",
        )


class SQLite:
    """One private file with our tables, and a folder of blobs beside it."""

    name = "sqlite"

    def __init__(self, path: Path, *, frozen: bool = False) -> None:
        path = path.absolute()
        require_local(path)
        self.path = path
        self.files = path.with_name(f"{path.name}.files")
        self.url = f"sqlite:///{path}"
        self.labelling: Labelling = unlabelled
        self.engine = sa.create_engine(
            "sqlite://",
            module=driver(),
            creator=lambda: (connect_frozen if frozen else connect)(path),
            poolclass=sa.pool.QueuePool,
            pool_size=8,
            max_overflow=56,
        )
        sa.event.listen(self.engine, "begin", _begin)
        self._writer = threading.Lock()
        self._turnstile = disk.Turnstile(path.with_name(f"{path.name}.lock"))
        _ENGINES.add(self.engine)

    def prepare(self) -> None:
        """Make the folder and the file, durably; a new file is its owner's alone."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.reading():
            pass
        if new:
            for end in ("", "-wal", "-shm"):  # a later log takes the file's mode
                with contextlib.suppress(FileNotFoundError):
                    self.path.with_name(f"{self.path.name}{end}").chmod(0o600)
        disk.sync_folder(self.path.parent)

    def exists(self) -> bool:
        """Return whether there is a store at this place."""
        return self.path.is_file() and self.path.stat().st_size > 0

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the store throughout."""
        with translated(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, locks: Iterable[str]) -> Iterator[sa.Connection]:  # noqa: ARG002 - there is one writer at all
        """Give a connection holding the write lock; commit at the end."""
        with (
            self._writer,
            translated(),
            self._turnstile.turn(seconds=BUSY_SECONDS),
            self.engine.connect() as connection,
            connection.execution_options(writes=True).begin(),
        ):
            yield connection

    def insert_states(
        self,
        connection: sa.Connection,
        fixed: tuple[str, int],
        ids: Sequence[int],
        times: tuple[Sequence[str], Sequence[str | None]],
        rows: Rows,
        digests: Sequence[str],
    ) -> None:
        """Write new states and their boxes; ``fixed`` is layer and version."""
        layer, version = fixed
        cursor = _cursor(connection)
        cursor.executemany(
            "INSERT INTO state (id, layer, version_from, key, valid_from, valid_to, "
            "digest, props, geom) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (id_, layer, version, *row)
                for id_, *row in zip(
                    ids, rows.keys, *times, digests, rows.props, rows.wkb, strict=True
                )
            ),
        )
        cursor.executemany(
            "INSERT INTO state_box VALUES (?, ?, ?, ?, ?)", _boxes(ids, rows.bounds)
        )

    def copy_states(
        self,
        connection: sa.Connection,
        version: int,
        copies: Sequence[tuple[int, str, str | None, int]],
    ) -> None:
        """Write states ``(id, valid_from, valid_to, id of the content)``."""
        cursor = _cursor(connection)
        cursor.executemany(
            "INSERT INTO state (id, layer, key, valid_from, valid_to, version_from, "
            "digest, props, geom) SELECT ?, layer, key, ?, ?, ?, digest, props, geom "
            "FROM state WHERE id = ?",
            [(new, start, end, version, source) for new, start, end, source in copies],
        )
        cursor.executemany(
            "INSERT INTO state_box SELECT ?, west, east, south, north FROM state_box "
            "WHERE id = ?",
            [(new, source) for new, _, _, source in copies],
        )

    def close_states(
        self, connection: sa.Connection, version: int, ids: Sequence[int]
    ) -> None:
        """Record that states are known to hold no longer."""
        _cursor(connection).executemany(
            "UPDATE state SET version_to = ? WHERE id = ?",
            [(version, id_) for id_ in ids],
        )

    def insert_staged(
        self, connection: sa.Connection, draft: str, side: str, rows: Rows
    ) -> None:
        """Write one side of a staged ChangeSet."""
        _cursor(connection).executemany(
            "INSERT INTO staged_feature (draft, side, key, props, wkb) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                (draft, side, *row)
                for row in zip(rows.keys, rows.props, rows.wkb, strict=True)
            ),
        )

    def box_filter(
        self, bbox: tuple[float, float, float, float]
    ) -> sa.ColumnElement[bool]:
        """Return SQL true for states whose box may meet ``(w, s, e, n)``."""
        west, south, east, north = bbox
        box = sa.table(
            "state_box",
            *(sa.column(c) for c in ("id", "west", "east", "south", "north")),
        )
        return state.c.id.in_(
            sa.select(box.c.id).where(
                box.c.west <= east,
                box.c.east >= west,
                box.c.south <= north,
                box.c.north >= south,
            )
        )

    def key_filter(self, keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return SQL true for states of the keys."""
        import json

        each = sa.func.json_each(json.dumps(list(keys))).table_valued("value")
        return state.c.key.in_(sa.select(each.c.value))

    def keep_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path
    ) -> None:
        """Make the content durable in its file.

        A file that is there may be what a crash or a bad disk left: it counts
        only when its content is right, and is written again when not.
        """
        _ = connection
        place = self.blob_file(digest)
        if _is_whole(place, digest):
            disk.sync_file(place)
            _sync_folders(place.parent, below=self.path.parent)
        else:
            self.files.mkdir(mode=_OWNER_FOLDER, exist_ok=True)
            _write_durably(place, source, below=self.path.parent)

    def note_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path, size: int
    ) -> None:
        """Write the row; the content lies in its file."""
        _ = source
        connection.execute(sa.insert(blob).values(digest=digest, size=size))

    def blob_file(self, digest: str) -> Path:
        """Return the file that holds, or would hold, a blob."""
        hexes = digest.partition(":")[2]
        return self.files / hexes[:2] / hexes[2:]

    def blob_content(self, connection: sa.Connection, digest: str) -> bytes:
        """Return the content as it lies on the disk."""
        with self.open_blob(connection, digest) as file:
            return file.read()

    def open_blob(self, connection: sa.Connection, digest: str) -> BinaryIO:
        """Return the file that holds a blob, open for reading."""
        _ = connection
        try:
            return self.blob_file(digest).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(
                Text(f"附件文件缺失：{digest}。", f"The file of {digest} is missing.")
            ) from error

    def wrong_boxes(self, connection: sa.Connection) -> list[int]:
        """Return states whose R-tree entry is missing, extra or does not hold them."""
        kept = {
            id_: box
            for id_, *box in connection.exec_driver_sql(
                "SELECT id, west, east, south, north FROM state_box"
            )
        }
        wrong = []
        for id_, wkb in connection.exec_driver_sql("SELECT id, geom FROM state"):
            box = kept.pop(id_, None)
            if wkb is None and box is None:
                continue
            bounds = shapely.bounds(shapely.from_wkb(wkb)) if wkb else None
            if not _holds(box, bounds):
                wrong.append(id_)
        return sorted([*wrong, *kept])

    def dump(self, folder: Path) -> dict[str, Any]:
        """Copy file and blobs as of one moment, without holding up writers."""
        copy = folder / COPY
        with contextlib.closing(connect(self.path)) as live, translated():
            live.execute("VACUUM INTO ?", (str(copy),))
        disk.sync_file(copy)
        frozen = SQLite(copy, frozen=True)
        try:
            with frozen.reading() as connection:
                _require_sound(connection)
                for digest in connection.execute(sa.select(blob.c.digest)).scalars():
                    # what is missing here is found missing in the copy, and named
                    with contextlib.suppress(FileNotFoundError):
                        _link(self.blob_file(digest), frozen.blob_file(digest))
                breaks = verifying.verify(frozen, connection)
                if breaks:
                    raise verifying.failure(breaks, verifying.MEND)
                return {"anchor": verifying.anchor(connection)}
        finally:
            frozen.close()

    def load(
        self,
        folder: Path,
        manifest: dict[str, Any],
        accept: Callable[[SqlTransaction], None],
    ) -> None:
        """Put a copy in place: blobs first, then the file, in one rename.

        The copy carries its own revision, and is migrated from there.
        """
        from geodata.store.writer import SqlTransaction

        self._require_no_log()
        part = SQLite(self.path.with_name(f".{self.path.name}.restoring"))
        part.labelling = self.labelling
        source = folder / COPY
        blobs = folder / f"{COPY}.files"
        part.path.parent.mkdir(parents=True, exist_ok=True)
        _remove(part.path)  # what a killed restore left would be replayed too
        part.path.touch(mode=0o600)
        shutil.copyfile(source, part.path)
        try:
            with part.writing(("schema",)) as connection:
                migrating.bring_up(connection, self.labelling)
                accept(SqlTransaction(part, connection))
            self.files.mkdir(mode=_OWNER_FOLDER, exist_ok=True)
            for file in sorted(blobs.rglob("*")) if blobs.is_dir() else ():
                if file.is_file():
                    place = self.files / file.relative_to(blobs)
                    _write_durably(place, file, below=self.path.parent)
            part.files = self.files
            with part.reading() as connection:
                _require_sound(connection)
                breaks = verifying.verify(part, connection, manifest["anchor"])
            if breaks:
                raise verifying.failure(breaks)
            part.close()
            disk.sync_file(part.path)
            self._require_no_log()
            part.path.replace(self.path)
            disk.sync_folder(self.path.parent)
        finally:
            part.close()
            _remove(part.path)

    def _require_no_log(self) -> None:
        """Refuse a place where a lost file's log lies: it would be replayed."""
        for end in ("-wal", "-journal"):
            log = self.path.with_name(f"{self.path.name}{end}")
            if log.exists():
                raise StoreError(
                    Text(
                        f"{log} 是原数据库留下的日志，会改写恢复出来的内容。",
                        f"{log} is the log of a former store; it would be replayed "
                        "over what is restored.",
                    ),
                    Text(
                        "请把它（及同名的 -shm）移到别处保存，或恢复到新的位置。",
                        "Move it (and the -shm beside it) away and keep it, or "
                        "restore to a new place.",
                    ),
                    code="exists",
                )

    def health(self, connection: sa.Connection) -> dict[str, Any]:
        """Return what an administrator should see."""
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in SETTINGS
        }
        wal = self.path.with_name(f"{self.path.name}-wal")
        return {
            "backend": "sqlite",
            "sqlite": driver().sqlite_version,
            "driver": driver().__name__,
            "path": str(self.path),
            "filesystem": disk.filesystem(self.path),
            "bytes": self.path.stat().st_size,
            "wal_bytes": wal.stat().st_size if wal.exists() else 0,
            "busy_timeout_s": BUSY_SECONDS,
            "settings": pragmas,
        }

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._turnstile.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _cursor(connection: sa.Connection) -> Any:
    return connection.connection.cursor()


def _boxes(
    ids: Sequence[int], bounds: NDArray[np.float64]
) -> Iterator[tuple[Any, ...]]:
    for id_, (west, south, east, north) in zip(ids, bounds.tolist(), strict=True):
        if west == west:
            yield id_, west, east, south, north


def _require_sound(connection: sa.Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    if found != ["ok"]:
        raise StoreError(
            Text(
                f"数据库文件已损坏：{found[0]}", f"The database is damaged: {found[0]}"
            ),
            Text("请使用另一份备份。", "Use another backup."),
            code="damaged",
        )


def _remove(path: Path) -> None:
    """Remove a database nobody uses, with the files beside it."""
    for end in ("", "-wal", "-shm", "-journal", ".lock"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _link(source: Path, place: Path) -> None:
    """Put an immutable file at a second place, by hard link where possible."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def _holds(box: list[float] | None, bounds: NDArray[np.float64] | None) -> bool:
    """Return whether an R-tree box (32-bit, rounded outwards) is that of bounds."""
    if bounds is None or np.isnan(bounds).any():
        return box is None
    if box is None:
        return False
    west, south, east, north = bounds.tolist()
    slack = [abs(value) * 1e-6 + 1e-30 for value in (west, east, south, north)]
    off = [west - box[0], box[1] - east, south - box[2], box[3] - north]
    return all(0 <= o <= s for o, s in zip(off, slack, strict=True))


def _write_durably(place: Path, source: bytes | Path, *, below: Path) -> None:
    """Write beside, sync, rename, sync the folders; then it is there for good."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with part.open("xb") as out:
            if isinstance(source, bytes):
                out.write(source)
            else:
                with source.open("rb") as file:
                    while chunk := file.read(1 << 20):
                        out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    _sync_folders(place.parent, below=below)


def _is_whole(place: Path, digest: str) -> bool:
    """Return whether a file is there and holds what ``digest`` names."""
    algorithm = digest.partition(":")[0]
    return place.is_file() and digests.of_file(place, algorithm) == digest


def _sync_folders(folder: Path, *, below: Path) -> None:
    """Make the names in a folder and those above it durable, ``below`` the last."""
    while folder != below:
        disk.sync_folder(folder)
        folder = folder.parent
    disk.sync_folder(below)
