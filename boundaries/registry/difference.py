"""What lies between two states of a layer, in plain values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata import crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.store.changes import ChangeSet, Version


@dataclass(frozen=True)
class Difference:
    """What lies between two states of a layer."""

    layer: str
    old: str
    new: str
    """What was compared: ``version 3`` or a date."""
    basis: tuple[dict[str, Any], ...]
    """The versions in between, each with number, effective date and basis, and
    ``unseen``: keys it changed in a past (or for a while) that no longer shows."""
    changes: ChangeSet
    moves: gpd.GeoDataFrame
    """``from``, ``to``, ``area_m2``, geometry; see :func:`geodata.topology.moves`."""
    areas_m2: pd.Series[float]
    """Symmetric difference by key, of units in both states."""

    def to_dict(self, *, geometry: bool = False) -> dict[str, Any]:
        """Return plain JSON values; with ``geometry`` the moved polygons too."""
        pairs = []
        columns = (self.moves[name] for name in ("from", "to", "area_m2", "geometry"))
        for giver, taker, area, shape in zip(*columns, strict=True):
            pair = {
                "from": giver,
                "from_name": self._name(giver),
                "to": taker,
                "to_name": self._name(taker),
                "area_m2": float(area),
            }
            if geometry:
                pair["geometry"] = shape.__geo_interface__
            pairs.append(pair)
        return {
            "layer": self.layer,
            "old": self.old,
            "new": self.new,
            "basis": list(self.basis),
            "counts": {
                "added": len(self.changes.added),
                "changed": len(self.changes.changed),
                "removed": len(self.changes.removed),
            },
            "features": [self._feature(key) for key in self.changes.keys],
            "moves": pairs,
        }

    def _name(self, key: Any) -> str | None:
        """Return the name of a unit that gave or took ground."""
        for frame in (self.changes.old, self.changes.new):
            if key in frame.index and "name" in frame:
                return str(frame.loc[key, "name"])
        return None

    def _feature(self, key: Any) -> dict[str, Any]:
        old, new = self.changes.old, self.changes.new
        was = old.loc[key] if key in old.index else None
        now = new.loc[key] if key in new.index else None
        named = now if now is not None else was
        found = {
            "key": str(key),
            "name": None if named is None else named.get("name"),
            "change": "changed" if was is not None and now is not None else None,
            "attributes": differing(was, now),
            "symmetric_difference_m2": float(self.areas_m2.get(key, 0.0)),
            "area_before_m2": _area(was),
            "area_after_m2": _area(now),
        }
        found["change"] = found["change"] or ("added" if was is None else "removed")
        return found


def redrawn(changes: ChangeSet) -> pd.Index[Any]:
    """Return the keys whose geometry differs, or that are in one state only."""
    from geodata.store.diffing import same_geometry

    both = changes.changed
    old, new = (
        np.asarray(frame.geometry.loc[both].array, dtype=object)
        for frame in (changes.old, changes.new)
    )
    same = same_geometry(old, new)
    return changes.added.union(changes.removed).union(both[~same])


def differing(was: Any, now: Any) -> dict[str, list[Any]]:
    """Return ``{name: [before, after]}`` of attributes that differ."""
    if was is None or now is None:
        return {}
    names = [name for name in now.index if name not in ("geometry", "extra")]
    pairs = {
        name: [plain_value(was.get(name)), plain_value(now[name])] for name in names
    }
    if "places" in pairs and pairs["places"][0] != pairs["places"][1]:
        pairs["places"] = [_places(cell) for cell in pairs["places"]]
    for name in {**(was.get("extra") or {}), **(now.get("extra") or {})}:
        pairs[f"extra.{name}"] = [
            (was.get("extra") or {}).get(name),
            (now.get("extra") or {}).get(name),
        ]
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _places(cell: Any) -> str | None:
    """Return in few words where in a unit people live: a grid has a thousand cells."""
    if not cell:
        return None
    told = json.dumps(cell, separators=(",", ":")).encode()
    return f"{len(cell)} × [lon, lat, …] #{hashlib.sha256(told).hexdigest()[:8]}"


def plain_value(value: Any) -> Any:
    """Return a cell as JSON would have it: missing is None."""
    if isinstance(value, dict | list | tuple):
        return value
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _area(unit: Any) -> float | None:
    if unit is None or unit.geometry is None:
        return None
    return float(crs.area_m2([unit.geometry])[0])


def why(version: Version) -> dict[str, Any]:
    """Return a version as the reason of a difference."""
    return {
        "version": version.number,
        "effective": version.effective,
        "recorded": version.recorded,
        "basis": version.basis,
        "author": version.author,
        "approver": version.approver,
        "title": version.doc.get("title", ""),
        "events": version.doc.get("events", []),
    }
