"""Base maps in one file: raster tiles of an MBTiles or PMTiles archive, read only.

An archive is somebody else's file. It is opened with ``mode=ro`` and ``immutable``,
queries are bounded, and only pictures come out (by their first bytes, whatever the
archive says). The live store is never opened here: a second handle on it would drop
its locks (trust.md F7), so files are told apart by device and inode first.
"""

from __future__ import annotations

import abc
import contextlib
import mmap
import sqlite3
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

LARGEST = 2 * 2**20
"""Bytes of one tile at most."""
DIRECTORY = 2**20
"""Bytes of one directory of an archive, unpacked; written ones have tens of KB."""
_DEPTH = 4
DEEPEST = 22
QUERY_S = 2.0
SUFFIXES = (".mbtiles", ".pmtiles")
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))

Inode = tuple[int, int]


class Picture(NamedTuple):
    """One tile: its bytes, and the type they begin like."""

    body: bytes
    type: str


def picture(body: bytes) -> Picture | None:
    """Return bytes as a picture, None when they are none a map shows."""
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return Picture(body, kind)
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return Picture(body, "image/webp")
    return None


class Archive(abc.ABC):
    """An open archive: ``name``, and the zooms it has."""

    name: str
    zooms: tuple[int, int]

    @abc.abstractmethod
    def tile(self, z: int, x: int, y: int) -> Picture | None:
        """Return a tile (y from the north), None where there is none."""

    @abc.abstractmethod
    def close(self) -> None:
        """Release the file."""


def open_archive(path: Path, *, never: Container[Inode] = ()) -> Archive:
    """Open an archive of raster tiles.

    Parameters
    ----------
    never
        Device and inode of files that must not be opened: those of the live store.

    Raises
    ------
    InputError
        For a file that is no such archive, or holds vector tiles.
    """
    where = path.stat()
    if (where.st_dev, where.st_ino) in never:
        raise _refused(path, Text("这是正在使用的数据库。", "It is the live store."))
    made = MBTiles if path.suffix.lower() == ".mbtiles" else PMTiles
    try:
        return made(path)
    except (OSError, ValueError, KeyError, sqlite3.Error, IndexError) as error:
        raise _refused(path, Text(str(error), str(error))) from error


def inodes(*paths: Path) -> set[Inode]:
    """Return device and inode of files, without opening them."""
    found = set()
    for path in paths:
        with contextlib.suppress(OSError):
            where = path.stat()
            found.add((where.st_dev, where.st_ino))
    return found


class MBTiles(Archive):
    """Tiles in an SQLite file, rows counted from the south (MBTiles 1.3)."""

    def __init__(self, path: Path) -> None:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._lock = threading.Lock()
        self._until = 0.0
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._connection.execute("PRAGMA trusted_schema=OFF")
        self._connection.execute("PRAGMA cell_size_check=ON")
        self._connection.set_progress_handler(self._late, 10_000)
        self.name = path.stem
        said = dict(self._ask("SELECT name, value FROM metadata LIMIT 100"))
        _require_raster(path, str(said.get("format", "")))
        found = self._ask("SELECT min(zoom_level), max(zoom_level) FROM tiles")
        low, high = found[0]
        self.zooms = (int(said.get("minzoom", low)), int(said.get("maxzoom", high)))

    def tile(self, z: int, x: int, y: int) -> Picture | None:
        """Return a tile (y from the north), None where there is none."""
        try:
            rows = self._ask(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? "
                "AND tile_row = ? AND typeof(tile_data) = 'blob' "
                "AND length(tile_data) <= ? LIMIT 1",
                (z, x, 2**z - 1 - y, LARGEST),
            )
        except sqlite3.Error:
            return None  # what is damaged, or takes too long, has no such tile
        return picture(rows[0][0]) if rows else None

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _ask(self, query: str, values: tuple[int, ...] = ()) -> list[Any]:
        with self._lock:
            self._until = time.monotonic() + QUERY_S
            return self._connection.execute(query, values).fetchall()

    def _late(self) -> bool:
        return time.monotonic() > self._until


class PMTiles(Archive):
    """Tiles in one indexed file (PMTiles 3)."""

    def __init__(self, path: Path) -> None:
        from pmtiles.reader import Reader
        from pmtiles.tile import TileType

        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._map[:7] != b"PMTiles":
            raise ValueError("no PMTiles header")
        untyped: Any = Reader
        header = self._header = untyped(self._bytes).header()
        if header["tile_type"] == TileType.MVT:
            _require_raster(path, "pbf")
        self.name = path.stem
        self.zooms = (int(header["min_zoom"]), int(header["max_zoom"]))

    def tile(self, z: int, x: int, y: int) -> Picture | None:
        """Return a tile (y from the north), None where there is none."""
        try:
            body = self._found(z, x, y)
        except (ValueError, KeyError, IndexError, OSError, EOFError, zlib.error):
            return None  # a directory that cannot be read has no such tile
        return picture(body) if body else None

    def close(self) -> None:
        """Release the file."""
        self._map.close()

    def _found(self, z: int, x: int, y: int) -> bytes | None:
        from pmtiles.tile import deserialize_directory, find_tile, zxy_to_tileid

        wanted, header = zxy_to_tileid(z, x, y), self._header
        offset, length = header["root_offset"], header["root_length"]
        for _ in range(_DEPTH):
            packed = self._bytes(offset, length)
            _require_small(packed)
            entry = find_tile(deserialize_directory(packed), wanted)
            if entry is None:
                return None
            if entry.run_length:
                return self._bytes(
                    header["tile_data_offset"] + entry.offset, entry.length
                )
            offset = header["leaf_directory_offset"] + entry.offset
            length = entry.length
        return None

    def _bytes(self, offset: int, length: int) -> bytes:
        if length > LARGEST:
            raise ValueError("a part of the archive is too large")
        return self._map[offset : offset + length]


def _require_small(packed: bytes) -> None:
    """Refuse a directory that would unpack to more than an honest one has.

    Of several gzip members, which its reader would unpack one after the other, an
    honest one has the first.
    """
    unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    size = len(unpacked.decompress(packed, DIRECTORY + 1))
    if size > DIRECTORY or unpacked.unused_data.strip(b"\0"):
        raise ValueError("a directory of the archive is too large")


def _require_raster(path: Path, kind: str) -> None:
    if kind.lower() in ("pbf", "mvt"):
        raise InputError(
            Text(f"底图 {path.name} 是矢量瓦片。", f"{path.name} holds vector tiles."),
            Text(
                "请提供栅格瓦片（PNG、JPEG 或 WebP）。",
                "Give raster tiles: PNG, JPEG or WebP.",
            ),
        )


def _refused(path: Path, why: Text) -> InputError:
    return InputError(
        Text(
            f"底图 {path.name} 无法使用：{why.zh}",
            f"The base map {path.name} cannot be used: {why.en}",
        )
    )
