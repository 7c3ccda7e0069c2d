"""The PostGIS backend: the same tables, for a server with many writers.

READ COMMITTED with advisory locks taken as the first statement, before anything
is read: SERIALIZABLE let two overlapping polygons through when the check used
the spatial index, and a lock taken inside an older snapshot guards nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from geodata.errors import NotFoundError, StoreError, Text
from geodata.store import migrating, verifying
from geodata.store.backend import fork_safe
from geodata.store.documents import unlabelled
from geodata.store.faults import translated
from geodata.store.tables import SRID, blob, metadata, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from geodata.store.documents import Labelling
    from geodata.store.features import Rows
    from geodata.store.writer import SqlTransaction

WAIT_SECONDS = 60
_PART = 8 << 20
"""Bytes of a blob fetched or sent at a time."""
_MOST = (1 << 30) - (1 << 20)
"""Bytes the server takes in one value at most, with room for the rest of the row."""
_COPY_BEGIN, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""Around the rows of a binary COPY."""
_ENGINES = fork_safe()
SETTINGS = {
    "synchronous_commit": "on",
    "lock_timeout": f"{WAIT_SECONDS}s",
    "client_encoding": "UTF8",
    "timezone": "UTC",
}
"""Set on every connection."""
_SHOWN = (
    "server_version",
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "data_checksums",
    "server_encoding",
    "lock_timeout",
)


class PostGIS:
    """Our tables in the database the URL names."""

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url
        self.labelling: Labelling = unlabelled
        rest = url.partition("://")[2]
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self.engine = sa.create_engine(
            f"postgresql+psycopg://{rest}",
            connect_args={"options": options},
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
        )
        _ENGINES.add(self.engine)

    def exists(self) -> bool:
        """Return whether the database has tables of ours."""
        with translated(), self.engine.connect() as connection:
            return sa.inspect(connection).has_table("alembic_version")

    def prepare(self) -> None:
        """Make sure PostGIS is there and knows our coordinate system."""
        with translated(), self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
            known = connection.exec_driver_sql(
                f"SELECT 1 FROM spatial_ref_sys WHERE srid = {SRID:d}"  # noqa: S608
            ).first()
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if known is None or encoding != "UTF8":
            raise StoreError(
                Text(
                    f"数据库须为 UTF8（现为 {encoding}），且认识坐标系 {SRID}。",
                    f"The database must be UTF8 (it is {encoding}) and know SRID "
                    f"{SRID} in spatial_ref_sys.",
                ),
                code="postgis",
            )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the store throughout."""
        with translated(), self.engine.connect() as connection:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            yield connection

    @contextlib.contextmanager
    def writing(self, locks: Iterable[str]) -> Iterator[sa.Connection]:
        """Give a connection holding the locks; commit at the end."""
        with translated(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                for number in sorted({lock_number(name) for name in locks}):
                    connection.exec_driver_sql(
                        "SELECT pg_advisory_xact_lock(%s, %s)", (SRID, number)
                    )
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
        """Write new states; ``fixed`` is layer and version."""
        layer, version = fixed
        drawn = [None if wkb is None else _ewkb_hex(wkb) for wkb in rows.wkb]
        _copy_in(
            connection,
            "state (id, layer, version_from, key, valid_from, valid_to, digest, "
            "props, geom)",
            (
                (id_, layer, version, *row)
                for id_, *row in zip(
                    ids, rows.keys, *times, digests, rows.props, drawn, strict=True
                )
            ),
        )

    def copy_states(
        self,
        connection: sa.Connection,
        version: int,
        copies: Sequence[tuple[int, str, str | None, int]],
    ) -> None:
        """Write states ``(id, valid_from, valid_to, id of the content)``."""
        if not copies:
            return
        connection.exec_driver_sql(
            "INSERT INTO state (id, layer, key, valid_from, valid_to, version_from, "
            "digest, props, geom) SELECT c.id, s.layer, s.key, c.began, c.ended, %s, "
            "s.digest, s.props, s.geom FROM unnest(%s::bigint[], %s::text[], "
            "%s::text[], %s::bigint[]) AS c(id, began, ended, source) "
            "JOIN state AS s ON s.id = c.source",
            (version, *map(list, zip(*copies, strict=True))),
        )

    def close_states(
        self, connection: sa.Connection, version: int, ids: Sequence[int]
    ) -> None:
        """Record that states are known to hold no longer."""
        connection.exec_driver_sql(
            "UPDATE state SET version_to = %s WHERE id = ANY(%s)", (version, list(ids))
        )

    def insert_staged(
        self, connection: sa.Connection, draft: str, side: str, rows: Rows
    ) -> None:
        """Write one side of a staged ChangeSet."""
        _copy_in(
            connection,
            "staged_feature (draft, side, key, props, wkb)",
            (
                (draft, side, *row)
                for row in zip(rows.keys, rows.props, rows.wkb, strict=True)
            ),
        )

    def box_filter(
        self, bbox: tuple[float, float, float, float]
    ) -> sa.ColumnElement[bool]:
        """Return SQL true for states whose box may meet ``(w, s, e, n)``."""
        return state.c.geom.op("&&", is_comparison=True)(
            sa.func.ST_MakeEnvelope(*bbox, SRID)
        )

    def key_filter(self, keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return SQL true for states of the keys."""
        return state.c.key == sa.any_(sa.literal(list(keys), ARRAY(sa.Text)))

    def keep_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path
    ) -> None:
        """Do nothing: blobs lie in the table."""

    def note_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path, size: int
    ) -> None:
        """Write the row with its content, sent part by part, in this transaction."""
        if size > _MOST:
            raise StoreError(
                Text(
                    f"文件有 {size >> 20} MB，"
                    f"PostGIS 库最多保存 {_MOST >> 20} MB 的文件。",
                    f"The file has {size >> 20} MB; PostGIS keeps {_MOST >> 20} MB at "
                    "most.",
                ),
                code="too_large",
            )
        name = digest.encode()
        head = struct.pack(f">hi{len(name)}siqi", 3, len(name), name, 8, size, size)
        into = "COPY blob (digest, size, content) FROM STDIN (FORMAT BINARY)"
        with (
            contextlib.closing(_opened(source)) as file,
            _cursor(connection).copy(into) as copy,
        ):
            copy.write(_COPY_BEGIN + head)
            while part := file.read(_PART):
                copy.write(part)
            copy.write(_COPY_END)

    def blob_file(self, digest: str) -> Path | None:
        """Return None: blobs lie in the table."""
        _ = digest
        return None

    def blob_content(self, connection: sa.Connection, digest: str) -> bytes:
        """Return a blob's content as it is stored, not verified."""
        content = connection.execute(
            sa.select(blob.c.content).where(blob.c.digest == digest)
        ).scalar()
        if content is None:
            raise _missing(digest)
        return bytes(content)

    def open_blob(self, connection: sa.Connection, digest: str) -> BinaryIO:
        """Return a blob's content copied to a file without a name, part by part."""
        size = connection.execute(
            sa.select(sa.func.length(blob.c.content)).where(blob.c.digest == digest)
        ).scalar()
        if size is None:
            raise _missing(digest)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            for begin in range(1, size + 1, _PART):
                part = sa.func.substr(blob.c.content, begin, _PART)
                query = sa.select(part).where(blob.c.digest == digest)
                file.write(bytes(connection.execute(query).scalar() or b""))
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def wrong_boxes(self, connection: sa.Connection) -> list[int]:
        """Return nothing: the server keeps its own index with the rows."""
        _ = connection
        return []

    def dump(self, folder: Path) -> dict[str, Any]:
        """Write every table as of one moment, one COPY file each."""
        with self.reading() as connection:
            breaks = verifying.verify(self, connection)
            if breaks:
                raise verifying.failure(breaks, verifying.MEND)
            anchor = verifying.anchor(connection)
            for table in metadata.sorted_tables:
                target = folder / f"{table.name}.copy"
                query = f"COPY {_columns(table)} TO STDOUT"
                with (
                    target.open("wb") as file,
                    _cursor(connection).copy(query) as copy,
                ):
                    for chunk in copy:
                        file.write(chunk)
        tables = {
            table.name: [column.name for column in table.columns]
            for table in metadata.sorted_tables
        }
        return {"anchor": anchor, "tables": tables}

    def load(
        self,
        folder: Path,
        manifest: dict[str, Any],
        accept: Callable[[SqlTransaction], None],
    ) -> None:
        """Make the tables and fill them from :meth:`dump`; all of it or nothing.

        The tables are made as they were when the backup was written, filled, and
        migrated then: a backup may be older than this program.
        """
        from geodata.store.writer import SqlTransaction

        self.prepare()
        with self.writing(("schema",)) as connection:
            migrating.run(connection, manifest["schema"])
            for name, columns in _kept(connection, folder, manifest).items():
                query = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
                source = folder / f"{name}.copy"
                with source.open("rb") as file, _cursor(connection).copy(query) as copy:
                    while chunk := file.read(1 << 20):
                        copy.write(chunk)
            migrating.bring_up(connection, self.labelling)
            # before verifying, which leaves the connection to stream results
            accept(SqlTransaction(self, connection))
            breaks = verifying.verify(self, connection, manifest["anchor"])
            if breaks:
                raise verifying.failure(breaks)

    def health(self, connection: sa.Connection) -> dict[str, Any]:
        """Return what an administrator should see."""
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in _SHOWN
        }
        return {
            "backend": "postgresql",
            "postgis": connection.exec_driver_sql("SELECT postgis_version()").scalar(),
            "bytes": connection.exec_driver_sql(
                "SELECT pg_database_size(current_database())"
            ).scalar(),
            "settings": shown,
        }

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _missing(digest: str) -> NotFoundError:
    return NotFoundError(
        Text(f"附件内容缺失：{digest}。", f"The content of {digest} is missing.")
    )


def lock_number(name: str) -> int:
    """Return the signed 32-bit number an advisory lock's name stands for."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], signed=True)


def _kept(
    connection: sa.Connection, folder: Path, manifest: dict[str, Any]
) -> dict[str, list[str]]:
    """Return the columns of each table in a backup, in the order they were written.

    The names go into SQL: only those that the tables of that time have pass. A
    backup that does not name them is of a time when there were but ours, in the order
    of the declaration.
    """
    there: dict[str, list[str]] = {}
    for name, column in connection.exec_driver_sql(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() ORDER BY ordinal_position"
    ):
        there.setdefault(name, []).append(column)
    named = manifest.get("tables") or {
        table.name: [
            c.name for c in table.columns if c.name in there.get(table.name, ())
        ]
        for table in metadata.sorted_tables
        if (folder / f"{table.name}.copy").is_file()
    }
    for name, columns in named.items():
        if not set(columns) <= set(there.get(name, ())):
            raise StoreError(
                Text(f"备份中的表 {name} 与其结构版本不符。",
                     f"The table {name} of the backup is not of its schema."),
                code="backup",
            )  # fmt: skip
    return named


def _columns(table: sa.Table) -> str:
    return f"{table.name} ({', '.join(column.name for column in table.columns)})"


def _cursor(connection: sa.Connection) -> Any:
    return connection.connection.cursor()


def _opened(source: bytes | Path) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _copy_in(
    connection: sa.Connection, target: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    with _cursor(connection).copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _ewkb_hex(wkb: bytes) -> str:
    """Return little-endian WKB as the hexadecimal EWKB PostGIS reads."""
    kind = int.from_bytes(wkb[1:5], "little") | 0x20000000
    head = b"\x01" + kind.to_bytes(4, "little") + SRID.to_bytes(4, "little")
    return (head + wkb[5:]).hex()
