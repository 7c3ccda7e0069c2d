"""Members, figures and tables: how a sum over members becomes a figure of any unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.services.omissions import told
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from boundaries.services.indicators.inputs import Inputs
    from boundaries.services.omissions import Omission

COLUMNS = ("member", "name", "kind", "unit", "numerator", "denominator", "why")
"""Of a table of members. ``kind`` is ``unit``, ``facility``, ``people``, ``area`` or
``reported``; ``unit`` the division it lies in; ``why`` a word for its being lacking."""


@dataclass(frozen=True)
class Members:
    """Everything that enters one indicator, and what had to be left out."""

    rows: pd.DataFrame
    omitted: tuple[Omission, ...] = ()

    @classmethod
    def of(
        cls, parts: Iterable[pd.DataFrame], omitted: Iterable[Omission] = ()
    ) -> Members:
        """Return the members of several parts together."""
        kept = [part for part in parts if len(part)]
        rows = pd.concat(kept, ignore_index=True) if kept else _NOTHING.copy()
        return cls(rows, told(omitted))


_NOTHING = pd.DataFrame(
    {
        name: pd.Series(dtype=float if name.endswith("ator") else object)
        for name in COLUMNS
    }
)


def part(
    kind: str,
    keys: Any,
    names: Any,
    units: Any,
    *,
    numerator: Any = 0.0,
    denominator: Any = 0.0,
    why: Any = "",
) -> pd.DataFrame:
    """Return rows of one kind as :class:`Members` takes them."""
    made = pd.DataFrame(
        {"member": list(keys), "name": list(names), "unit": list(units)}, dtype=object
    )
    made["kind"], made["why"] = kind, why if isinstance(why, str) else list(why)
    made["numerator"] = np.asarray(numerator, dtype=float) + np.zeros(len(made))
    made["denominator"] = np.asarray(denominator, dtype=float) + np.zeros(len(made))
    return made[list(COLUMNS)]


@dataclass(frozen=True)
class Indicator:
    """One row of the catalogue.

    ``scale`` turns numerator over denominator into the value (100 for per cent);
    ``deepest`` is the lowest level it has a meaning for; ``base`` names what is
    divided by, and by which choice.
    """

    id: str
    name: Text
    unit: Text
    scale: float
    formula: Text
    members: Callable[[Inputs], Members]
    base: Callable[[Inputs], Text]
    deepest: int = 4
    comparator: str = "≥"
    group: Text = field(default_factory=lambda: Text("其他", "other"))

    def to_dict(self) -> dict[str, Any]:
        """Return what a reader must know of it, as plain JSON values."""
        return {
            "id": self.id,
            "name": self.name._asdict(),
            "unit": self.unit._asdict(),
            "formula": self.formula._asdict(),
            "group": self.group._asdict(),
            "deepest": self.deepest,
        }


@dataclass(frozen=True)
class Figure:
    """The value of an indicator for one unit, with all that entered it.

    ``value`` is None when the denominator is 0.
    """

    indicator: Indicator
    scope: str
    numerator: float
    denominator: float
    members: pd.DataFrame
    omitted: tuple[Omission, ...]
    base: Text

    @property
    def value(self) -> float | None:
        """Numerator over denominator in the indicator's unit."""
        return ratio(self.numerator, self.denominator, self.indicator.scale)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, members as their ids."""
        held = {
            kind: list(rows["member"])
            for kind, rows in self.members.groupby("kind", sort=True)
        }
        return {
            "indicator": self.indicator.id,
            "scope": self.scope,
            "numerator": plain(self.numerator),
            "denominator": plain(self.denominator),
            "value": plain(self.value),
            "base": self.base._asdict(),
            "members": held,
            "omitted": [item.to_dict() for item in self.omitted],
        }


def figure(
    chosen: Indicator,
    inputs: Inputs,
    scope: str | None = None,
    members: Members | None = None,
) -> Figure:
    """Return an indicator's figure for a unit; for all units where none is named.

    Parameters
    ----------
    scope
        A unit's code.
    members
        What ``chosen.members(inputs)`` gave, where it was asked before.
    """
    members = members or chosen.members(inputs)
    rows = members.rows
    if scope is not None:
        rows = rows[rows["unit"].isin(within(inputs, scope))]
    return Figure(
        chosen,
        scope or "",
        float(rows["numerator"].sum()),
        float(rows["denominator"].sum()),
        rows,
        members.omitted,
        chosen.base(inputs),
    )


def table(
    chosen: Indicator,
    inputs: Inputs,
    level: int,
    scope: str | None = None,
    members: Members | None = None,
) -> pd.DataFrame:
    """Return an indicator by the units of a level.

    Returns
    -------
    DataFrame
        Indexed by code: ``name``, ``kind``, ``numerator``, ``denominator``,
        ``value`` (NaN when the denominator is 0), ``elderly`` of the unit.
    """
    members = members or chosen.members(inputs)
    units = inputs.at_level(level)
    if scope is not None:
        units = units[units.index.isin(within(inputs, scope))]
    rows = members.rows
    at = rows["unit"].map(inputs.above[level]) if len(rows) else rows["unit"]
    sums = rows.groupby(at)[["numerator", "denominator"]].sum()
    sums = sums.reindex(units.index).fillna(0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = sums["numerator"] / sums["denominator"] * chosen.scale
    return pd.DataFrame(
        {
            "name": units["name"],
            "kind": units["kind"],
            "numerator": sums["numerator"],
            "denominator": sums["denominator"],
            "value": value.where(sums["denominator"] > 0),
            "elderly": inputs.elderly.reindex(units.index),
        }
    )


def lacking(members: Members, inputs: Inputs, scope: str | None = None) -> pd.DataFrame:
    """Return the members that lack what is asked of each, most elderly first.

    Columns of :data:`COLUMNS` and ``elderly``, of the unit it is or lies in; of
    people out of reach, those alone. Empty for ratios: no one member of those is as
    it should be or not.
    """
    rows = members.rows
    rows = rows[rows["why"] != ""]
    if scope is not None:
        rows = rows[rows["unit"].isin(within(inputs, scope))]
    living = rows["unit"].map(inputs.elderly).astype(float)
    beyond = rows["denominator"] - rows["numerator"]
    rows = rows.assign(elderly=living.where(rows["kind"] != "people", beyond))
    return rows.sort_values(
        ["elderly", "member"], ascending=[False, True], na_position="last"
    )


def within(inputs: Inputs, scope: str) -> pd.Index:
    """Return the codes of a unit and of all below it."""
    return inputs.above.index[(inputs.above == scope).any(axis=1)]


def ratio(numerator: float, denominator: float, scale: float = 1.0) -> float | None:
    """Return numerator over denominator times ``scale``; None for no denominator."""
    return None if not denominator else numerator / denominator * scale


def plain(value: float | None) -> float | int | None:
    """Return a number as JSON writes it: whole ones without a point, NaN as None."""
    if value is None or not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)
