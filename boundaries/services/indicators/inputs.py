"""The frames that indicators are computed from, with who lies in what settled once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries import codes
from boundaries.services.indicators.options import Options
from boundaries.services.omissions import Omission
from boundaries.services.opening import open_on
from boundaries.services.profiles import Group
from boundaries.services.settlement import is_urban
from boundaries.vocabulary import Kind, Level

if TYPE_CHECKING:
    from collections.abc import Mapping

STREETS = frozenset({Kind.STREET.value})
_COUNTS = (*(group.value for group in Group), "households")
_NO_ENTRIES = pd.DataFrame({"key": pd.Series(dtype=object)})


@dataclass(frozen=True)
class Inputs:
    """What one computation stands on.

    Parameters
    ----------
    as_of
        The reference date, ISO 8601.
    units
        Divisions in force that day, indexed by code: ``name``, ``kind``, ``level``
        (1-5) and ``parent``; with ``geometry`` (longitude and latitude) facilities
        that name no unit in force are placed by where they stand.
    facilities
        Facilities known that day, indexed by id, with the attributes of
        :data:`boundaries.layers.FACILITIES` (those that are there).
    population
        Counts by division code (``total``, ``aged_60`` …, ``households``,
        ``settlement``), indexed by it.
    reported
        Counts entered by hand: ``indicator``, ``scope``, ``numerator``,
        ``denominator``.
    areas
        New residential areas, indexed by id: ``name``, ``division``, ``households``,
        ``required_m2``, ``built_m2`` and the four of 四同步 (``planned_sync``,
        ``built_sync``, ``accepted_sync``, ``handed_sync``).
    served
        By set of facility types (sorted, joined with ``+``): share (0-1) of a
        community's elderly within reach, indexed by its code.
    reached
        Elderly and area within reach, indexed by the code of the lowest units:
        ``elderly``, ``elderly_reached``, ``area_km2``, ``area_reached_km2``.
    unreached
        What the coverage had to leave out of ``reached``.
    medical_m
        Metres from each facility to the next medical site; None: computed.
    templates
        Network templates by id, see :mod:`~boundaries.services.indicators.templates`.
    stamp
        The versions all this was taken from.
    assumed
        What the frames hold by an assumption, said beside every figure of facilities.
    """

    as_of: str
    units: pd.DataFrame
    facilities: pd.DataFrame
    population: pd.DataFrame = field(default_factory=pd.DataFrame)
    reported: pd.DataFrame = field(default_factory=lambda: _NO_ENTRIES)
    areas: pd.DataFrame = field(default_factory=lambda: _NO_ENTRIES)
    served: Mapping[str, pd.Series[float]] = field(default_factory=dict)
    reached: pd.DataFrame | None = None
    unreached: tuple[Omission, ...] = ()
    medical_m: pd.Series[float] | None = None
    templates: Mapping[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    standard: Mapping[str, float] = field(default_factory=dict)
    stamp: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[Omission, ...] = ()

    def along(self, **changes: Any) -> Inputs:
        """Return the same units and facilities with other records and choices.

        Who lies in what depends on these frames only, and is not settled again.
        """
        made = replace(self, **changes)
        for name in ("above", "place", "counted"):
            made.__dict__[name] = getattr(self, name)
        return made

    @cached_property
    def above(self) -> pd.DataFrame:
        """The unit of each level (columns 1-5) that each unit is or lies in.

        By ``parent``; where that is not among the units, by the code. None where
        there is no such unit.
        """
        units, level = self.units, self.units["level"].astype(int)
        known = set(units.index)
        parent = pd.Series(
            [_parent(code, up, known) for code, up in _pairs(units)],
            index=units.index, dtype=object,
        )  # fmt: skip
        found = pd.DataFrame(None, index=units.index, columns=range(1, 6), dtype=object)
        here = pd.Series(units.index, index=units.index, dtype=object)
        for _ in range(5):
            at = here.map(level)
            for each in range(1, 6):
                mask = (at == each) & found[each].isna()
                found.loc[mask, each] = here[mask]
            here = here.map(parent)
        return found.astype(object).where(found.notna(), None)

    @cached_property
    def place(self) -> pd.Series[str]:
        """The unit each facility lies in, the lowest that is known; None for none.

        The division it names while that is in force, else the nearest unit above
        it, else where its point lies.
        """
        from boundaries.services.indicators.placing import places_of

        return places_of(self.facilities, self.units, self.above)

    @cached_property
    def operating(self) -> pd.DataFrame:
        """Facilities in operation on the reference date and in some unit."""
        rows = self.facilities
        running = column(rows, "status", "operating").fillna("operating")
        mask = (running == "operating") & open_on(rows, self.as_of)
        return rows[mask.to_numpy() & self.place.notna().to_numpy()]

    @cached_property
    def adrift(self) -> list[str]:
        """Ids of facilities that lie in no unit."""
        return list(self.facilities.index[self.place.isna()])

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Population rows that count: of units in force, none of them told twice.

        A row is left out when units below it have rows of their own. Communities of a
        street that has none among the units count for the street together, as they
        do in coverage.
        """
        rows = self.population
        if rows.empty:
            return rows
        streets = self._street_of
        told = set(self.above.loc[streets.unique()].to_numpy().ravel()) - {None}
        rows = rows[rows.index.isin(self.units.index)]
        above = self.above.loc[rows.index]
        level = self.units.loc[rows.index, "level"].astype(int)
        for each in range(1, 5):
            told |= set(above.loc[level > each, each].dropna())
        rows = rows[~rows.index.isin(told)]
        if streets.empty:
            return rows
        names = [name for name in _COUNTS if name in rows]
        below = self.population.loc[streets.index, names]
        below = below.apply(pd.to_numeric, errors="coerce")
        summed = below.groupby(streets).sum(min_count=1)
        made: pd.DataFrame = pd.concat([rows, summed])
        return made

    @cached_property
    def uncounted_codes(self) -> pd.Index:
        """Codes of the population that are of no unit in force, and of no street."""
        known = self.units.index.union(self._street_of.index)
        return self.population.index[~self.population.index.isin(known)]

    @cached_property
    def _street_of(self) -> pd.Series[str]:
        """The unit above each row that is of no unit, where it has none below it."""
        known = set(self.units.index)
        above = {
            code: codes.parent(code)
            for code in self.population.index
            if code not in known and codes.is_code(code)
        }
        alone = known - set(self.units.index[self.parted]) if above else known
        return pd.Series(
            {code: up for code, up in above.items() if up in alone}, dtype=object
        )

    @cached_property
    def parted(self) -> pd.Series[bool]:
        """Whether there are units below each unit."""
        level, units = self.units["level"].astype(int), self.units.index
        above = [self.above.loc[level > each, each] for each in range(1, 5)]
        return pd.Series(units.isin(pd.concat(above)), index=units)

    def people(self, group: str) -> pd.Series[float]:
        """Return a count of people by unit of every level; NaN where nothing is known.

        Parameters
        ----------
        group
            A column of the population: ``aged_60``, ``households`` …
        """
        rows = self.counted
        if rows.empty or group not in rows:
            return pd.Series(np.nan, index=self.units.index, dtype=float)
        values = pd.to_numeric(rows[group], errors="coerce").dropna()
        above = self.above.loc[values.index]
        sums = [values.groupby(above[each]).sum() for each in range(1, 6)]
        every: pd.Series[float] = pd.concat(sums)
        return every.reindex(self.units.index).astype(float)

    @cached_property
    def elderly(self) -> pd.Series[float]:
        """The elderly of every unit, by the group chosen in the options."""
        return self.people(self.options.elderly)

    @cached_property
    def urban(self) -> pd.Series[bool]:
        """Whether each community is urban: by 城乡分类, without one by its code."""
        units = self.at_level(Level.VILLAGE)
        told = column(self.population, "settlement", None).reindex(units.index)
        said = [is_urban(*pair) for pair in zip(units.index, told, strict=True)]
        return pd.Series(said, index=units.index, dtype=bool)

    def at_level(self, level: int) -> pd.DataFrame:
        """Return the units of one level."""
        return self.units[self.units["level"] == level]

    def of_type(self, *types: str) -> pd.DataFrame:
        """Return the operating facilities of these types."""
        return self.operating[self.operating["type"].isin(types)]


def digest(inputs: Inputs) -> str:
    """Return what the members of indicators are made from, as a key."""
    return hashlib.sha256(f"{inputs.stamp['id']}{entered(inputs)}".encode()).hexdigest()


def entered(inputs: Inputs) -> str:
    """Return what people entered beside the layers, as a short key."""
    said = [
        inputs.reported.to_json(),
        inputs.areas.to_json(),
        sorted((name, made.to_dict()) for name, made in inputs.templates.items()),
    ]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def column(rows: pd.DataFrame, name: str, default: Any) -> pd.Series[Any]:
    """Return a column, filled with a default where the frame has none."""
    if name in rows:
        return rows[name]
    return pd.Series([default] * len(rows), index=rows.index, dtype=object)


def _pairs(units: pd.DataFrame) -> zip[tuple[str, Any]]:
    return zip(units.index, column(units, "parent", None), strict=True)


def _parent(code: str, named: Any, known: set[str]) -> str | None:
    if isinstance(named, str) and named in known and named != code:
        return named
    if not codes.is_code(code):
        return None
    return next((up for up in codes.ancestors(code) if up in known), None)
