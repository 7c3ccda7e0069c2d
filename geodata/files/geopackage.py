"""Look into a GeoPackage before GDAL does, and take the live parts out.

A GeoPackage is a SQLite database: it can carry views that never end, triggers
that fire on us, virtual tables that open other files. The private copy is checked
with a plain SQLite, read-only habits and a clock; what acts is removed, and a
layer that *is* a view is refused.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from geodata.errors import FileRefusedError, Text
from geodata.files.limits import Limits

_WAL = 2
_CHECK_S = 10.0
_AGAIN = Text("请在原软件中重新导出为 GeoPackage。", "Export the GeoPackage again.")


@dataclass(frozen=True)
class Package:
    """Row counts of the feature tables, and what was taken out."""

    counts: dict[str, int]
    notes: tuple[Text, ...]


def prepare(path: Path, limits: Limits) -> Package:
    """Check the private copy at ``path`` and make it safe for GDAL.

    Raises
    ------
    FileRefusedError
        Cut off, damaged, its newest rows left in a missing ``-wal``, a layer that
        is a view or a foreign virtual table.
    """
    _check_whole(path)
    try:
        return _prepare(path, limits)
    except (sqlite3.Error, ValueError, OverflowError) as error:  # text not UTF-8
        raise _damaged(str(error)[:120]) from error


def _check_whole(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\x00"):
        raise _damaged("no SQLite header")
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    pages = int.from_bytes(head[28:32], "big")
    wal = path.with_name(path.name + "-wal")
    if _WAL in head[18:20] and not (wal.is_file() and wal.stat().st_size):
        raise FileRefusedError(
            Text("GeoPackage 处于 WAL 模式但没有附带 -wal 文件，最新的修改可能缺失。",
                 "The GeoPackage is in WAL mode and came without its -wal file: the "
                 "newest edits may be missing."),
            Text("请先关闭 QGIS 再复制该文件，或把 -wal 一起打包为 zip。",
                 "Close QGIS before copying the file, or zip the -wal with it."),
        )  # fmt: skip
    if not wal.is_file() and size < page * pages:
        raise _damaged(f"{page * pages} bytes claimed, {size} there")


def _prepare(path: Path, limits: Limits) -> Package:
    with closing(_open(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()
        if answer != ("ok",):
            raise _damaged(str(answer[0]))
        layers = _layers(connection)
        limits.check("layers", len(layers))
        _refuse_acting_layers(connection, layers)
        notes = _strip(connection)
        counts = {name: _count(connection, name) for name in layers}
    return Package(counts, notes)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    deadline = time.monotonic() + _CHECK_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    return connection


def _layers(connection: sqlite3.Connection) -> tuple[str, ...]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "gpkg_contents" not in tables:
        raise _damaged("no gpkg_contents")
    if "gpkg_geometry_columns" not in tables:
        return ()
    rows = connection.execute(
        "SELECT c.table_name FROM gpkg_contents c "
        "JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
        "WHERE c.data_type = 'features'"
    )
    return tuple(name for (name,) in rows)


def _refuse_acting_layers(
    connection: sqlite3.Connection, layers: tuple[str, ...]
) -> None:
    """Refuse registered views and virtual tables that are not R-trees."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    kinds = {str(name).lower(): kind for kind, name, _ in rows}
    listed = {str(name).lower() for name in layers} | _contents(connection)
    for name in listed:
        if kinds.get(name) == "view":
            raise _acting(f"图层 {name} 是视图", f"its layer {name} is a view")
    for kind, name, sql in rows:
        text = " ".join(str(sql or "").lower().split())
        if (
            kind == "table"
            and text.startswith("create virtual table")
            and not ("using rtree" in text or "using gpkg_rtree" in text)
        ):
            raise _acting(f"{name} 是虚拟表", f"{name} is a virtual table")


def _contents(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT table_name FROM gpkg_contents")
    return {str(name).lower() for (name,) in rows}


def _strip(connection: sqlite3.Connection) -> tuple[Text, ...]:
    """Remove views and triggers from the private copy, without running them."""
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
    ).fetchall()
    if not rows:
        return ()
    version = connection.execute("PRAGMA schema_version").fetchone()[0]
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("DELETE FROM sqlite_master WHERE type IN ('view', 'trigger')")
    connection.execute(f"PRAGMA schema_version={int(version) + 1}")
    connection.execute("PRAGMA writable_schema=OFF")
    foreign = sorted(name for kind, name in rows if not _is_usual(name))
    if not foreign:
        return ()
    named = ", ".join(foreign[:5])
    return (
        Text(f"已忽略文件中的触发器或视图：{named}。",
             f"Triggers or views in the file were left out: {named}."),
    )  # fmt: skip


def _is_usual(name: str) -> bool:
    """Return whether GDAL, QGIS or the standard put this trigger or view there."""
    usual = ("rtree_", "gpkg_", "trigger_insert_feature_count_",
             "trigger_delete_feature_count_", "st_", "fts_")  # fmt: skip
    return str(name).lower().startswith(usual)


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    query = f'SELECT count(*) FROM "{quoted}"'  # noqa: S608 - quoted identifier
    return int(connection.execute(query).fetchone()[0])


def fids(path: Path, table: str) -> list[int]:
    """Return the feature ids of a table in order, for reading one by one."""
    quoted = table.replace('"', '""')
    with closing(_open(path)) as connection:
        rows = connection.execute(f'SELECT rowid FROM "{quoted}"').fetchall()  # noqa: S608 - quoted identifier
    return [int(row[0]) for row in rows]


def _acting(zh: str, en: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"GeoPackage 不予读取：{zh}。", f"The GeoPackage is refused: {en}."),
        Text("请把图层另存为普通的 GeoPackage 图层（QGIS：导出 → 要素另存为）。",
             "Save the layer as a plain GeoPackage layer (QGIS: Export, Save "
             "Features As)."),
    )  # fmt: skip


def _damaged(why: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"GeoPackage 已损坏或不完整（{why}）。",
             f"The GeoPackage is damaged or not whole ({why})."),
        _AGAIN,
    )  # fmt: skip
