"""Indicators as pages, files and programs get them: figures beside their targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boundaries.services.indicators import shares
from boundaries.services.indicators.catalogue import INDICATORS, indicator
from boundaries.services.indicators.figures import (
    Members,
    figure,
    lacking,
    plain,
    ratio,
    table,
    within,
)
from boundaries.services.indicators.plan import BOX_1, PLANNED, Planned
from boundaries.services.indicators.targets import Target, Verdict, chosen
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boundaries.services.indicators.inputs import Inputs

Document = dict[str, Any]
SHOWN = 500
"""Rows of a list of what is lacking that one answer holds; the count is exact."""


@dataclass(frozen=True)
class Book:
    """Inputs of one date with the targets and values entered for it.

    Every indicator's members are found once, whatever is asked of them.
    """

    inputs: Inputs
    targets: Sequence[Target] = ()
    values: Sequence[Mapping[str, Any]] = ()
    projects: Sequence[Mapping[str, Any]] = ()
    _found: dict[str, Members] = field(default_factory=dict)

    def members(self, name: str) -> Members:
        """Return an indicator's members."""
        if name not in self._found:
            self._found[name] = indicator(name).members(self.inputs)
        return self._found[name]

    @cached_property
    def top(self) -> str:
        """The unit above all others, ``""`` where there are several."""
        first = self.inputs.units["level"].min() if len(self.inputs.units) else None
        units = self.inputs.units[self.inputs.units["level"] == first]
        return str(units.index[0]) if len(units) == 1 else ""

    def chain(self, scope: str) -> list[str]:
        """Return a unit and those above it, nearest first."""
        code = scope or self.top
        if code not in self.inputs.above.index:
            return [code] if code else []
        above = self.inputs.above.loc[code]
        return [str(each) for each in above[::-1] if isinstance(each, str)]

    # -- one row ---------------------------------------------------------------

    def row(self, name: str, scope: str = "") -> Document:
        """Return one computed indicator for a unit: value, target, verdict, base."""
        chosen_one = indicator(name)
        made = figure(chosen_one, self.inputs, scope or None, self.members(name))
        value, entered = made.value, None
        if value is None:
            entered = self.entered(name, scope)
            value = entered["value"] if entered else None
        gaps = lacking(self.members(name), self.inputs, scope or None)
        return {
            **chosen_one.to_dict(),
            **{k: v for k, v in made.to_dict().items() if k != "members"},
            "value": plain(value),
            "entered": entered,
            "lacking": len(gaps),
            **self.against(name, scope, value),
        }

    def planned(self, row: Planned, scope: str = "") -> Document:
        """Return one of the plan's indicators: computed, counted or entered."""
        value, how, entered = None, "entered", None
        if row.formula:
            source = figure(
                indicator(row.formula), self.inputs, scope or None,
                self.members(row.formula),
            )  # fmt: skip
            value, how = source.value, "computed"
        elif row.types:
            value = self._counted(row, scope)
            how = "counted" if value is not None else "entered"
        if value is None:
            entered = self.entered(row.id, scope)
            value = entered["value"] if entered else None
            how = "entered"
        return {
            "id": row.id,
            "name": row.name._asdict(),
            "unit": {"zh": row.unit, "en": row.unit},
            "formula_of": row.formula,
            "how": how,
            "value": plain(value),
            "entered": entered,
            **self.against(row.id, scope, value, row),
        }

    def against(
        self, name: str, scope: str, value: float | None, row: Planned | None = None
    ) -> Document:
        """Return the target of an indicator in a unit, and how the value stands."""
        year = int(self.inputs.as_of[:4])
        target = chosen(self.targets, name, self.chain(scope), year)
        if target is None and row is not None and row.formula:
            target = chosen(self.targets, row.formula, self.chain(scope), year)
        if target is None:
            return {"target": None, "verdict": _said(Verdict.NO_TARGET)}
        return {
            "target": {
                "words": target.words(),
                "year": target.year,
                "comparator": target.comparator.value,
                "value": target.value,
                "text": target.text,
                "attribute": target.attribute,
                "scope": target.scope,
                "baseline_year": target.baseline_year,
                "baseline_value": target.baseline_value,
                "baseline_text": target.baseline_text,
                "source": target.source,
            },
            "verdict": _said(target.verdict(value)),
        }

    def entered(self, name: str, scope: str) -> Document | None:
        """Return the newest value entered for a unit by the reference date."""
        scopes = {scope} if scope else {"", self.top}
        fitting = [
            row
            for row in self.values
            if row["indicator"] == name
            and row["scope"] in scopes
            and row["on"] <= self.inputs.as_of
        ]
        if not fitting:
            return None
        row = max(fitting, key=lambda each: each["on"])
        return {
            "value": value_of(row), "on": row["on"], "text": row["text"],
            "source": row["source"], "numerator": row["numerator"],
            "denominator": row["denominator"],
        }  # fmt: skip

    def _counted(self, row: Planned, scope: str) -> float | None:
        """Return the share of units with a facility of a type, where any is known."""
        kind, level = row.types or ("", 0)
        if not len(self.inputs.of_type(kind)):
            return None
        if kind == "GRAVE":
            units = shares.farming_districts(self.inputs)
            made = shares.units_with(self.inputs, units, self.inputs.of_type(kind))
        else:
            made = shares.units_with_type(self.inputs, level, kind)
        rows = made.rows
        if scope:
            rows = rows[rows["unit"].isin(within(self.inputs, scope))]
        return ratio(rows["numerator"].sum(), rows["denominator"].sum(), 100.0)

    # -- all of them -----------------------------------------------------------

    def overview(self, level: int, scope: str = "") -> Document:
        """Return every indicator for a unit, and by the units of a level."""
        rows = [self.row(item.id, scope) for item in INDICATORS]
        return {
            "as_of": self.inputs.as_of,
            "level": level,
            "scope": self.unit(scope),
            "stamp": dict(self.inputs.stamp),
            "options": self.inputs.options.to_dict(),
            "indicators": rows,
            "plan": [self.planned(row, scope) for row in BOX_1],
            "units": self.by_units(level, scope),
            "projects": [self.project(row) for row in self.projects],
        }

    def by_units(self, level: int, scope: str = "") -> list[Document]:
        """Return the units of a level with the value of every indicator."""
        units = self.inputs.at_level(level)
        if scope:
            units = units[units.index.isin(within(self.inputs, scope))]
        fitting = [item for item in INDICATORS if item.deepest >= level]
        values = {
            item.id: table(item, self.inputs, level, scope or None,
                           self.members(item.id))["value"]
            for item in fitting
        }  # fmt: skip
        return [
            {
                "code": str(code),
                "name": str(units.loc[code, "name"]),
                "elderly": plain(self.inputs.elderly.get(code)),
                "values": {name: plain(row[code]) for name, row in values.items()},
            }
            for code in units.index
        ]

    def detail(self, name: str, level: int, scope: str = "") -> Document:
        """Return one indicator with its table of units and all that is lacking."""
        found, item = self.members(name), indicator(name)
        rows = table(item, self.inputs, level, scope or None, found)
        gaps = lacking(found, self.inputs, scope or None)
        return {
            **self.row(name, scope),
            "as_of": self.inputs.as_of,
            "level": level,
            "scope": self.unit(scope),
            "stamp": dict(self.inputs.stamp),
            "units": [
                {
                    "code": str(code),
                    **{k: plain(v) if k not in _WORDS else v for k, v in row.items()},
                    "verdict": self.against(name, str(code), plain(row["value"]))[
                        "verdict"
                    ],
                }
                for code, row in zip(rows.index, rows.to_dict("records"), strict=True)
            ],
            "gaps": [
                self._gap(dict(row)) for row in gaps.head(SHOWN).to_dict("records")
            ],
        }

    def _gap(self, row: Mapping[Any, Any]) -> Document:
        chain = self.chain(str(row["unit"]))
        names = self.inputs.units["name"]
        return {
            "member": row["member"],
            "name": row["name"],
            "kind": row["kind"],
            "unit": row["unit"],
            "within": [
                {"code": code, "name": str(names[code])}
                for code in chain
                if code != row["member"] and code in names.index
            ],
            "why": row["why"],
            "elderly": plain(row["elderly"]),
        }

    def project(self, row: Mapping[str, Any]) -> Document:
        """Return an annual project with what is done and its share."""
        done, how = row["done"], "entered"
        if row["types"] and done is None:
            done, how = float(self._opened(row)), "counted"
        share = ratio(done or 0.0, row["target"] or 0.0, 100.0)
        return {**row, "done": plain(done), "how": how, "value": plain(share)}

    def _opened(self, row: Mapping[str, Any]) -> int:
        """Return how many facilities of a project's types opened in its year."""
        rows = self.inputs.of_type(*row["types"])
        if row["scope"]:
            lies = self.inputs.place.loc[rows.index]
            rows = rows[lies.isin(within(self.inputs, row["scope"])).to_numpy()]
        opened = rows.get("opened_on")
        if opened is None:
            return 0
        years = opened.fillna("").astype(str).str.slice(0, 4)
        return sum(year == str(row["year"]) for year in years)

    def unit(self, scope: str) -> Document:
        """Return a unit's code and name and those above it; everywhere without one."""
        units = self.inputs.units
        chain = [
            {
                "code": code,
                "name": str(units.loc[code, "name"]),
                "level": int(str(units.loc[code, "level"])),
            }
            for code in reversed(self.chain(scope))
            if code in units.index
        ]
        here = chain[-1] if chain else {"name": "", "level": None}
        return {**here, "code": scope, "chain": chain}


_WORDS = ("name", "kind")


def value_of(row: Mapping[str, Any]) -> float | None:
    """Return the value of an entry: as given, else numerator over denominator."""
    if row["value"] is not None:
        return float(row["value"])
    if row["numerator"] is None or not row["denominator"]:
        return None
    scale = _scale_of(row["indicator"])
    return float(row["numerator"] / row["denominator"] * scale)


def _scale_of(name: str) -> float:
    if name in PLANNED:
        return 100.0 if PLANNED[name].unit == "%" else 1.0
    return indicator(name).scale


def _said(verdict: Verdict) -> Document:
    words: Text = verdict.label
    return {"is": verdict.value, **words._asdict()}
