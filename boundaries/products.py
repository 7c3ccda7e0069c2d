"""Products of a version: a clean GeoPackage and GeoJSON, never the live store.

Written by the guarded worker from a snapshot. Attributes are the layer's own
fields, the dates between which each state holds, and the version they come from.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from geodata.store.changes import Version
    from geodata.store.protocol import Reader

INTERNAL = Text("内部使用，不得公开", "for internal use, not to be made public")
LABELS = ("version", "version_digest", "state_on", "notice")
"""Columns that say what a file was made from; reading one back leaves them out."""
FORMATS = (("GPKG", ".gpkg"), ("GeoJSON", ".geojson"))


def half(notice: str, language: str) -> str:
    """Return the half of a notice written in both languages, "中文 · English"."""
    halves = notice.split(" · ")
    return halves[language != "zh"] if len(halves) == 2 else notice


def marked(notice: str, language: str) -> str:
    """Return what a picture or table that is handed out says of its own use."""
    words = (INTERNAL.to(language), half(notice, language))
    return " · ".join(word for word in words if word)


@dataclass(frozen=True)
class Product:
    """One file, still in the work folder."""

    name: str
    format: str
    path: Path
    features: int
    state_on: str

    def describe(self) -> dict[str, Any]:
        """Return name, format, features, date of the state and size in bytes."""
        return {
            "name": self.name,
            "format": self.format,
            "features": self.features,
            "state_on": self.state_on,
            "bytes": self.path.stat().st_size,
        }


@dataclass(frozen=True)
class Made:
    """The files of one version, in a folder that goes with its context."""

    version_digest: str
    files: tuple[Product, ...]


@contextmanager
def made(store: Reader, layer: str, number: int, today: str) -> Iterator[Made]:
    """Write the products of a version into a folder that is removed afterwards.

    The files under the version's name hold the state in force ``today``; changes
    decided for later days are in files of their own, named by that day.
    """
    from geodata import files

    version = store.version(number, layer)
    with tempfile.TemporaryDirectory(prefix="quhua-products-") as folder:
        written = []
        for stem, day, frame in _states(store, layer, number, today):
            marked = labelled(flattened(frame), version, INTERNAL, day)
            for driver, suffix in FORMATS:
                path = Path(folder) / f"{stem}{suffix}"
                files.write(marked, path, driver, layer=layer)
                written.append(Product(path.name, driver, path, len(frame), day))
        yield Made(version.digest, tuple(written))


def _states(
    store: Reader, layer: str, number: int, today: str
) -> Iterator[tuple[str, str, gpd.GeoDataFrame]]:
    """Yield name, date and features: what is in force today, then what is to come.

    A layer whose first state is still to come has only the latter.
    """
    later = [day for day in store.dates(layer, at=number) if day > today]
    now = store.snapshot(layer, at=number, valid_on=today)
    if len(now) or not later:
        yield f"{layer}-v{number}", today, now
    for day in later:
        frame = store.snapshot(layer, at=number, in_force=day)
        yield f"{layer}-v{number}-from-{day}", day, frame


def labelled(
    frame: gpd.GeoDataFrame, version: Version, notice: Text, state_on: str | None = None
) -> gpd.GeoDataFrame:
    """Return a frame that says in every row what it was made from."""
    return frame.assign(
        version=version.number,
        version_digest=version.digest,
        state_on=pd.array([state_on] * len(frame), dtype="string"),
        notice=pd.array([notice.zh] * len(frame), dtype="string"),
    )


def flattened(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a snapshot with plain columns: lists and ``extra`` as JSON text.

    A column without any value is still text, not of no type.
    """
    plain = {
        name: pd.array([_text(value) for value in frame[name]], dtype="string")
        for name in frame.columns
        if name != frame.geometry.name and frame[name].dtype == object
    }
    return frame.assign(**plain).reset_index(drop=True)


def _text(value: Any) -> str | None:
    if value is None or value in ({}, []) or value is pd.NA or value != value:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
