"""What every rule looks at: the layer as it would be, and what the draft changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.rules.levels import Checked, levels
from boundaries.rules.settings import RuleSettings
from geodata.topology.soundness import sound

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.files.reading import Reading

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True)
class Context:
    """The layer with the draft applied (``candidate``), and before it (``base``).

    Both are indexed by code; ``changed`` are the codes the draft adds, alters or
    removes; ``retired`` the codes given up for ever before it; ``lines`` surveyed
    boundary lines with ``key``, ``level``, ``left`` and ``right``.
    """

    candidate: gpd.GeoDataFrame
    base: gpd.GeoDataFrame
    changed: pd.Index[Any]
    settings: RuleSettings = field(default_factory=RuleSettings)
    retired: frozenset[str] = frozenset()
    reading: Reading | None = None
    lines: gpd.GeoDataFrame | None = None

    @cached_property
    def subjects(self) -> gpd.GeoDataFrame:
        """The changed units as they would be."""
        return self.candidate[self.candidate.index.isin(self.changed)]

    @cached_property
    def level(self) -> pd.Series[Any]:
        """Level of every unit: its attribute, else what its code says, else 0."""
        given = self.column("level")
        found = pd.to_numeric(given, errors="coerce")
        unknown = found.isna()
        if unknown.any():
            said = [_level_of(code) for code in self.candidate.index[unknown]]
            values = np.array(found.to_numpy(dtype=float, na_value=0.0))
            values[unknown.to_numpy()] = said
            found = pd.Series(values, index=found.index)
        return found.astype(int)

    @cached_property
    def parent(self) -> pd.Series[Any]:
        """Code of each unit's superior: as given, else the nearest in the layer."""
        given = self.column("parent")
        known = given.notna() & (given.astype(str).str.strip() != "")
        filled = np.array(given, dtype=object)
        present = set(self.candidate.index)
        unsaid = ~known.to_numpy()
        filled[unsaid] = [
            _nearest_above(code, present) for code in self.candidate.index[unsaid]
        ]
        return pd.Series(filled, index=given.index, dtype=object)

    @cached_property
    def name(self) -> dict[Any, str]:
        """Names by code, of the candidate and of what it removes."""
        names: dict[Any, str] = {}
        for table in (self.base, self.candidate):
            if "name" in table.columns:
                known = table["name"].dropna()
                names.update(zip(known.index, known.astype(str), strict=True))
        return names

    @cached_property
    def moved(self) -> pd.Index[Any]:
        """Codes of which the geometry is new, altered or gone."""
        here = self.changed.intersection(self.candidate.index)
        there = self.changed.intersection(self.base.index)
        both = here.intersection(there)
        if not len(both) or not (self.candidate.index.is_unique):
            return self.changed
        now = np.asarray(self.candidate.geometry.reindex(both))
        then = np.asarray(self.base.geometry.reindex(both))
        same = shapely.equals_exact(shapely.normalize(now), shapely.normalize(then))
        return self.changed.difference(both[same])

    @cached_property
    def rehung(self) -> pd.Index[Any]:
        """Codes of :attr:`moved`, and of units put under another superior."""
        both = self.changed.intersection(self.base.index)
        both = both.intersection(self.candidate.index).difference(self.moved)
        if not len(both) or "parent" not in self.base.columns:
            return self.moved
        now, then = self.parent.reindex(both), self.base["parent"].reindex(both)
        other = then.notna() & (now.astype(str) != then.astype(str))
        return self.moved.union(both[other.to_numpy()])

    @cached_property
    def left(self) -> NDArray[Any]:
        """The ground that moved units had before and have no more."""
        gone = self.moved.intersection(self.base.index)
        if not len(gone) or not self.candidate.index.is_unique:
            return np.empty(0, dtype=object)
        before = sound(np.asarray(self.base.geometry.reindex(gone))).polygons
        now = self.places(gone)
        after = np.full(len(gone), shapely.Polygon(), dtype=object)
        after[now >= 0] = self.polygons(now[now >= 0])
        ground = shapely.difference(before, after)
        return np.asarray(ground[~shapely.is_empty(ground)])

    @cached_property
    def levels(self) -> list[Checked]:
        """The checks of every level that the draft may have touched."""
        return levels(self)

    @cached_property
    def above(self) -> NDArray[np.intp]:
        """The superior of every unit by position, -1 for none in the layer."""
        found = self.places(self.parent)
        found[found == np.arange(len(found))] = -1
        return found

    @cached_property
    def astray(self) -> NDArray[np.bool_]:
        """Which units have numbers that cannot be degrees, by position."""
        box = shapely.bounds(np.asarray(self.candidate.geometry.array, dtype=object))
        with np.errstate(invalid="ignore"):
            off = np.abs(box.reshape(-1, 4)) > [180, 90, 180, 90]
        return np.asarray(off.any(axis=1))

    @cached_property
    def families(self) -> frozenset[int]:
        """Superiors, by position, of which the draft moved a unit or themselves.

        A unit that was put under another superior where it lies counts as moved.
        """
        moved = self.candidate.index.isin(self.rehung)
        touched = {*self.above[moved].tolist(), *np.flatnonzero(moved).tolist()}
        if "parent" in self.base.columns:
            gone = self.rehung.intersection(self.base.index)
            before = self.base["parent"].reindex(gone).dropna()
            touched |= set(self.places(before).tolist())
        return frozenset(touched & set(self.above.tolist()) - {-1})

    def polygons(self, places: Any) -> NDArray[Any]:
        """Return valid copies of units by position, empty where there is none."""
        shapes = np.asarray(self.candidate.geometry.to_numpy(), dtype=object)
        return sound(shapes[np.asarray(places, dtype=np.intp)]).polygons

    def areas(self, places: Any) -> NDArray[np.float64]:
        """Return the ellipsoidal areas of units by position."""
        from geodata.crs import area_m2

        return np.asarray(area_m2(self.polygons(places)))

    @cached_property
    def keys(self) -> list[str]:
        """All codes, by position."""
        return [str(key) for key in self.candidate.index]

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How many units of the candidate bear each code given more than once."""
        repeated = self.candidate.index[self.candidate.index.duplicated(keep=False)]
        return {key: int(count) for key, count in repeated.value_counts().items()}

    @cached_property
    def known(self) -> frozenset[str]:
        """Every code the layer has, or had and gave up."""
        return frozenset(self.keys) | self.retired

    @cached_property
    def levels_known(self) -> dict[int, frozenset[str]]:
        """By length of code, the beginnings under which the layer has such units."""
        counties = {key[:2] for key in self.keys if _is_county(key)}
        townships = {key[:6] for key in self.keys if len(key) == TOWNSHIP_DIGITS}
        return {
            COUNTY_DIGITS: frozenset(counties),
            TOWNSHIP_DIGITS: frozenset(townships),
        }

    @cached_property
    def _first(self) -> dict[str, int]:
        """The first place of each code."""
        return {key: at for at, key in reversed(list(enumerate(self.keys)))}

    def places(self, keys: Iterable[Any]) -> NDArray[np.intp]:
        """Return the positions of units by code, -1 for those not in the layer."""
        found = [self._first.get(str(key), -1) for key in keys]
        return np.array(found, dtype=np.intp)

    def column(self, name: str) -> pd.Series[Any]:
        """Return a column of the candidate, or missing values where it has none."""
        if name in self.candidate.columns:
            return self.candidate[name]
        return pd.Series(None, index=self.candidate.index, dtype=object)

    def label(self, key: Any) -> str:
        """Return a unit's name and code for a message."""
        name = self.name.get(key)
        return f"{name}（{key}）" if name else str(key)

    def labels(self, keys: Iterable[Any], *, most: int = 4) -> str:
        """Return the labels of several units, the rest counted."""
        listed = list(keys)
        text = "、".join(self.label(key) for key in listed[:most])
        more = len(listed) - most
        return text if more <= 0 else f"{text} … +{more}"


def _level_of(code: Any) -> int:
    """Return the level a code says, 0 for what is no code."""
    if not codes.is_code(code):
        return 0
    return int(codes.infer_level(code))


def _nearest_above(code: Any, present: set[Any]) -> str | None:
    """Return the nearest superior that the layer holds."""
    if not codes.is_code(code):
        return None
    above = codes.ancestors(code)
    return next((up for up in above if up in present), above[0] if above else None)


def _is_county(key: str) -> bool:
    return len(key) == COUNTY_DIGITS and not key.endswith("00")


def missing(value: Any) -> bool:
    """Return whether an attribute has no value: None, NaN, NA or blank text."""
    return value is None or bool(pd.isna(value)) or str(value).strip() == ""


def at(x: float, y: float) -> str:
    """Return a position for a message."""
    return f"{x:.6f}°E, {y:.6f}°N"


def middles_of(geometries: NDArray[Any]) -> list[str]:
    """Return the middle of each geometry's box for messages."""
    box = shapely.bounds(geometries).reshape(-1, 4)
    middle = (box[:, :2] + box[:, 2:]) / 2
    return [at(x, y) for x, y in middle.tolist()]


def square_metres(area: float) -> str:
    """Return an area for a message: m², ha or km², whichever reads best."""
    if area >= 1e6:
        return f"{area / 1e6:.2f} km²"
    if area >= 1e4:
        return f"{area / 1e4:.2f} ha"
    return f"{area:.2f} m²"
