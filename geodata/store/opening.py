"""From a URL to a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import InputError, Text
from geodata.store import migrating
from geodata.store.documents import unlabelled
from geodata.store.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geodata.store.backend import Backend
    from geodata.store.changes import LayerSchema
    from geodata.store.documents import Labelling
    from geodata.store.writer import SqlTransaction


def backend_for(url: str) -> Backend:
    """Return the backend a URL names: PostGIS, or a file for SQLite."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return _sqlite(url)
    if scheme == "sqlite":
        return _sqlite(rest.removeprefix("/"))
    if scheme in {"postgresql", "postgres"} or scheme.startswith("postgresql+"):
        from geodata.store.postgis import PostGIS

        return PostGIS(url)
    raise InputError(
        Text(
            f"不认识的数据库地址：{migrating.shown(url)}。",
            f"Unknown store address: {migrating.shown(url)}.",
        ),
        Text(
            "请写文件路径、sqlite:///路径 或 postgresql://…。",
            "Give a file's path, sqlite:///path or postgresql://….",
        ),
        code="store_url",
    )


def open_store(
    url: str,
    *,
    create: bool = False,
    layers: Iterable[LayerSchema] = (),
    digest: str = "sha256",
    labelling: Labelling = unlabelled,
) -> SqlStore:
    """Open a store, or make one with these layers when ``create`` and absent.

    One that lacks fields of ``layers`` is refused: :func:`migrate` adds them.
    """
    backend = backend_for(url)
    backend.labelling = labelling
    try:
        if create and not _has_tables(backend):
            migrating.upgrade(backend, layers, digest=digest)
        _require_store(backend, url, layers)
    except BaseException:
        backend.close()
        raise
    return SqlStore(backend)


def _require_store(backend: Backend, url: str, layers: Iterable[LayerSchema]) -> None:
    """Refuse a place without a store, or with one this program does not know."""
    if not backend.exists():
        raise migrating.no_store(url)
    with backend.reading() as connection:
        migrating.require_current(connection, url)
        migrating.require_layers(connection, layers)
        migrating.require_labels(connection, backend.labelling)


def _has_tables(backend: Backend) -> bool:
    """Return whether a store was made here, all of it."""
    if not backend.exists():
        return False
    with backend.reading() as connection:
        return migrating.revision(connection) is not None


def migrate(
    url: str,
    *,
    dry_run: bool = False,
    layers: Iterable[LayerSchema] = (),
    accept: Callable[[SqlTransaction, str], None] = lambda _, __: None,
    labelling: Labelling = unlabelled,
) -> str:
    """Bring a store up to date; return what ran, or with ``dry_run`` the SQL."""
    backend = backend_for(url)
    backend.labelling = labelling
    try:
        if dry_run:
            return migrating.dry_run(backend, layers)
        if not _has_tables(backend):
            raise migrating.no_store(url)
        return "\n".join(migrating.upgrade(backend, layers, accept=accept))
    finally:
        backend.close()


def _sqlite(path: str) -> Backend:
    from geodata.store.sqlite import SQLite

    return SQLite(Path(path).expanduser().absolute())
