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

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from geodata.store.protocol import Reader

FORMATS = (("GPKG", ".gpkg"), ("GeoJSON", ".geojson"))


@dataclass(frozen=True)
class Product:
    """One file, still in the work folder."""

    name: str
    format: str
    path: Path
    features: int

    def describe(self) -> dict[str, Any]:
        """Return name, format, features and size in bytes."""
        return {
            "name": self.name,
            "format": self.format,
            "features": self.features,
            "bytes": self.path.stat().st_size,
        }


@dataclass(frozen=True)
class Made:
    """The files of one version, in a folder that goes with its context."""

    version_digest: str
    files: tuple[Product, ...]


@contextmanager
def made(store: Reader, layer: str, number: int) -> Iterator[Made]:
    """Write the products of a version into a folder that is removed afterwards."""
    from geodata import files

    version = store.version(number, layer)
    frame = flattened(store.snapshot(layer, at=number)).assign(
        version=number, version_digest=version.digest
    )
    with tempfile.TemporaryDirectory(prefix="quhua-products-") as folder:
        written = []
        for driver, suffix in FORMATS:
            name = f"{layer}-v{number}{suffix}"
            path = Path(folder) / name
            files.write(frame, path, driver, layer=layer)
            written.append(Product(name, driver, path, len(frame)))
        yield Made(version.digest, tuple(written))


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
