"""A change as a value with an algebra: apply it, invert it, split it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True)
class ChangeSet:
    """Old features to new features of one layer.

    ``old`` and ``new`` are GeoDataFrames in EPSG:4490 indexed by the layer's
    key (index name ``"key"``), both with the layer's columns. A key in ``old``
    only is removed, in ``new`` only is added, in both is changed.

    ``effective`` is the valid-time date (ISO 8601 to the precision known:
    ``"2016"``, ``"2016-06"`` or ``"2016-06-08"``) from which the new state
    holds. ``base`` is the number of the version ``old`` was read from.
    """

    layer: str
    base: int
    effective: str
    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame

    @property
    def added(self) -> pd.Index[Any]:
        """Keys that come into being."""
        return self.new.index.difference(self.old.index)

    @property
    def removed(self) -> pd.Index[Any]:
        """Keys that end."""
        return self.old.index.difference(self.new.index)

    @property
    def changed(self) -> pd.Index[Any]:
        """Keys whose attributes or geometry change."""
        return self.new.index.intersection(self.old.index)

    @property
    def keys(self) -> pd.Index[Any]:
        """All keys this touches."""
        return self.new.index.union(self.old.index)

    def __invert__(self) -> ChangeSet:
        """Return the change that undoes this one."""
        return replace(self, old=self.new, new=self.old)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Version:
    """One immutable commit. ``number`` counts up from 1 over all layers."""

    number: int
    layer: str
    recorded: str
    """UTC instant, ISO 8601 with ``Z``: when it became known to us."""
    effective: str
    """Valid-time date to the precision known: when it came into force."""
    basis: str
    """The document it rests on (approval number, title)."""
    author: str
    approver: str
    message: str
    digest: str
    """``algorithm:hex`` over the content and the previous version's digest."""
    counts: dict[str, int] = field(default_factory=dict)
    """``{"added", "changed", "removed"}``."""
    doc: dict[str, Any] = field(default_factory=dict)
    """What the layer above keeps with it: draft id, change events, waivers."""


@dataclass(frozen=True)
class Field:
    """One attribute of a layer."""

    name: str
    type: str
    """``text``, ``integer``, ``real``, ``date``, ``boolean`` or ``json``."""
    required: bool = False


@dataclass(frozen=True)
class LayerSchema:
    """A layer the store keeps. Attributes beyond ``fields`` live in ``extra``."""

    name: str
    key: str
    geometry: str
    """``MultiPolygon``, ``MultiLineString``, ``Point`` or ``None``."""
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class JournalEntry:
    """One link of the audit chain."""

    seq: int
    recorded: str
    actor: str
    account: str
    verb: str
    subject: str
    detail: dict[str, Any]
    digest: str
