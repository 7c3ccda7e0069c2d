"""Stores for tests: one of each backend, a small layer, changes to it.

A folder's ``conftest.py`` imports the fixtures it wants.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from geodata.store import open_store
from geodata.store.changes import ChangeSet, Field, LayerSchema
from geodata.store.diffing import changes_between
from tests.support import postgis
from tests.support.lacking import lacking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geodata.store.sql import SqlStore

ZONES = LayerSchema(
    "zones",
    "code",
    "MultiPolygon",
    (
        Field("code", "text", required=True),
        Field("name", "text"),
        Field("level", "integer"),
        Field("area_km2", "real"),
        Field("enclave", "boolean"),
        Field("since", "date"),
        Field("parts", "json"),
    ),
)
POSTS = LayerSchema("posts", "post", "Point", (Field("post", "text", required=True),))
COUNTS = LayerSchema("counts", "code", "None", (Field("total", "integer"),))
LAYERS = (ZONES, POSTS, COUNTS)
BACKENDS = ("sqlite", pytest.param("postgis", marks=pytest.mark.postgis))


@functools.cache
def _running() -> postgis.Server:
    """Start the server once, however many folders import the fixture."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgis.server())


@pytest.fixture(scope="session")
def postgis_server() -> postgis.Server:
    """A PostgreSQL of our own for the session, or a skip that says why."""
    reason = postgis.why_absent()
    if reason is not None:
        lacking(reason)
    return _running()


@pytest.fixture(scope="session")
def postgis_url(postgis_server: postgis.Server) -> str:
    """One database for the tests that leave it as empty as they found it."""
    return postgis_server.database()


@pytest.fixture(params=BACKENDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a place for a store that is not there yet."""
    yield from _place(request, tmp_path)


@pytest.fixture
def usual_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same on SQLite; on each backend for a test that is :data:`ON_BOTH`."""
    yield from _place(request, tmp_path)


ON_BOTH = pytest.mark.parametrize("usual_url", BACKENDS, indirect=True)
"""What rests on the store's locks or transactions is held to on each backend."""


def _place(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{folder / 'store.sqlite'}"
        return
    url: str = request.getfixturevalue("postgis_url")
    yield url
    request.getfixturevalue("postgis_server").empty(url)


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    """A new store of either backend with the small layers."""
    opened = open_store(store_url, create=True, layers=LAYERS)
    yield opened
    opened.close()


def zone(west: float, south: float, size: float = 1.0) -> shapely.Polygon:
    """Return a square, degrees."""
    return shapely.box(west, south, west + size, south + size)


def zones(**rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return a frame of zones by code: ``zones(A={"name": "甲", "at": (117, 39)})``."""
    codes = list(rows)
    names = sorted({name for row in rows.values() for name in row} - {"at", "geometry"})
    columns: dict[str, Any] = {
        name: [row.get(name) for row in rows.values()] for name in names
    }
    shapes = [
        row["geometry"] if "geometry" in row else zone(*row.get("at", (117, 39)))
        for row in rows.values()
    ]
    return gpd.GeoDataFrame(
        {"code": codes, **columns}, geometry=shapes, crs="EPSG:4490", index=codes
    )


def change(
    store: SqlStore,
    frame: gpd.GeoDataFrame,
    effective: str = "2016",
    *,
    layer: str = "zones",
    complete: bool = False,
) -> ChangeSet:
    """Return the change that makes the layer say what ``frame`` says."""
    return changes_between(
        store.snapshot(layer),
        frame,
        layer=layer,
        base=store.head(layer),
        effective=effective,
        complete=complete,
    )


def commit(store: SqlStore, changes: ChangeSet, **options: Any) -> int:
    """Write a version in a block of its own; return its number."""
    with store.write() as transaction:
        version = transaction.commit(
            changes, author="zhang", approver="li", basis="津政函1号", **options
        )
    return version.number
