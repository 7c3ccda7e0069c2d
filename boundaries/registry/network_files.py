"""What a stored network is made of: its streets, and how steep they are."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.jobs import places
from boundaries.registry.desk import today
from boundaries.registry.network_lines import NetworkLines, numbered
from boundaries.registry.recent import Recent
from geodata.errors import NotFoundError, Text
from geodata.files.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.network.graph import Network
    from geodata.store.protocol import Reader, Transaction

NETWORKS = "networks"
_MOST = 10**9
_loaded = Recent(3)
_words: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class Heights:
    """A raster of heights, and what it is called."""

    raster: Path
    name: str


@dataclass(frozen=True)
class Slopes:
    """The slopes of a network as they are kept: the raster, what was made of it."""

    heights: Heights
    climb: Path
    missing: float

    def kept(self, tx: Transaction) -> dict[str, Any]:
        """Write both files; return what the network's document says of them."""
        return {
            "name": self.heights.name[:200],
            "raster": tx.put_blob(self.heights.raster),
            "climb": tx.put_blob(self.climb),
            "missing": round(self.missing, 4),
        }


class NetworkFiles(NetworkLines):
    """Find the network of a date and open it; measure slopes."""

    def network(self, day: str | None = None) -> Network:
        """Return the network of a date, mapped; the same object while it stands.

        The newest that holds from that date or before; where all begin later, the
        earliest, since streets are older than their survey. None: today.

        Raises
        ------
        NotFoundError
            No network is stored.
        """
        row = self._network_on(self.store, day or today())
        return self._opened_network(row)

    def network_words(self, day: str | None = None) -> dict[str, Any]:
        """Return what the network of a date says of itself, as stamps name it.

        A few words are remembered of every network, its arrays only of the last
        ones: a key that names the networks of many years opens none of them again.

        Raises
        ------
        NotFoundError
            No network is stored.
        """
        row = self._network_on(self.store, day or today())
        key = self._name_of(row)
        if key not in _words:
            _words[key] = dict(self._opened_network(row).meta)
        return _words[key]

    def network_number(self) -> int:
        """Return the number of the network of today, 0: none is stored."""
        try:
            return int(self._network_on(self.store, today())["number"])
        except NotFoundError:
            return 0

    def stored_network(self, actor: str, number: int) -> Network:
        """Return a version's network by its number."""
        self.may("view", actor)
        return self._opened_network(self._network_row(self.store, number))

    def _slopes_in(self, folder: Path, network: Network, heights: Heights) -> Slopes:
        """Measure how steep the streets are, and write it to a folder."""
        from geodata.network import slopes

        found = slopes.climb(network, heights.raster, limits=self.settings.streets)
        path = folder / "climb.npz"
        slopes.save(found, path)
        return Slopes(heights, path, found.missing)

    @contextmanager
    def _heights_of(self, row: dict[str, Any]) -> Iterator[Heights | None]:
        """Yield a copy of the raster a version was given, None for none."""
        kept = row.get("heights")
        if not kept:
            yield None
            return
        places.made(places.folder_beside(self.store.url))
        folder = tempfile.mkdtemp(dir=places.folder_beside(self.store.url))
        try:
            copy = Path(folder) / "heights.tif"
            with self.store.open_blob(kept["raster"]) as source, copy.open("wb") as to:
                shutil.copyfileobj(source, to)
            yield Heights(copy, kept["name"])
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _opened_network(self, row: dict[str, Any]) -> Network:
        found: Network = _loaded.get(self._name_of(row), lambda: self._mapped(row))
        return found

    def _mapped(self, row: dict[str, Any]) -> Network:
        """Open a network: the words about it are the store's, its arrays the file's."""
        from geodata.network import keeping, slopes

        found = keeping.load(self._kept_file(row["blob"]))
        said = {name: row[name] for name in ("number", "effective", "title")}
        said["completeness"] = row["completeness"]
        climb, heights = None, row.get("heights")
        if heights:
            climb = slopes.load(self._kept_file(heights["climb"]))
            said["heights"] = {
                "name": heights["name"],
                "digest": heights["raster"].rpartition(":")[2][:16],
                "missing": round(climb.missing, 4),
            }
        return replace(found, meta={**found.meta, **said}, climb=climb)

    def _name_of(self, row: dict[str, Any]) -> str:
        """Return what tells a stored network from every other."""
        heights = row.get("heights")
        known = heights and heights["climb"]
        return f"{self.store.url} {row['blob']} {row['number']} {known}"

    def _kept_file(self, digest: str) -> Path:
        """Return content as a file: the store's own, or a copy made once."""
        own = self.store.blob_path(digest)
        if own is not None:
            return own
        folder = places.made(places.folder_beside(self.store.url) / "networks")
        path = folder / digest.rpartition(":")[2]
        if not path.exists():  # several processes may make it at once
            with (
                self.store.open_blob(digest) as source,
                replacing(path) as copy,
                copy.open("wb") as target,
            ):
                shutil.copyfileobj(source, target)
        return path

    def _networks(self, reader: Reader) -> list[dict[str, Any]]:
        return reader.find(NETWORKS)

    def _network_row(self, reader: Reader, number: int) -> dict[str, Any]:
        row = reader.get(NETWORKS, numbered(number)) if 0 < number < _MOST else None
        if row is None:
            raise _none(Text(f"没有路网版本 {number}。", f"No network {number}."))
        return row

    def _network_on(self, reader: Reader, day: str) -> dict[str, Any]:
        there = [row for row in self._networks(reader) if not row["withdrawn"]]
        if not there:
            raise _none(Text("尚未入库任何路网。", "No street network is stored yet."))
        there.sort(key=lambda row: (row["effective"], row["number"]))
        before = [row for row in there if row["effective"] <= day]
        if before:
            return before[-1]
        first = there[0]["effective"]
        return [row for row in there if row["effective"] == first][-1]


def _none(words: Text) -> NotFoundError:
    return NotFoundError(
        words,
        Text("请在“路网”页面上传道路数据，或用 quhua network add 入库。",
             "Upload streets on the page of networks, or use quhua network add."),
    )  # fmt: skip
