"""Indicators of a plan: those that changed facilities can move, and no others.

Each figure is computed by the catalogue itself, from the facilities as the edits leave
them; what is kept is which figures cannot have changed since they were computed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boundaries.services.edits import applied, folded
from boundaries.services.indicators.catalogue import INDICATORS, template_of
from boundaries.services.indicators.figures import figure, plain, ratio
from boundaries.services.indicators.placing import places_of
from boundaries.services.indicators.reaching import questions
from boundaries.services.indicators.shares import truth
from boundaries.services.planning.land import Served
from boundaries.services.planning.plan import Plan
from boundaries.vocabulary import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from boundaries.services.edits import Standing
    from boundaries.services.indicators.inputs import Inputs
    from boundaries.services.omissions import Omission
    from boundaries.services.planning.ground import Ground, Place
    from boundaries.services.planning.sums import Sums
    from boundaries.services.situation import Situation

Counts = tuple[float, float]
"""What stands above and below the line."""

HOME = "registered"
"""Besides its type: a facility registered as a care home."""
STILL = frozenset({"I6a", "I6b", "I8"})
"""What is reported or entered, which no facility moves."""
_SERVED = {"I3u": "day_urban", "I3r": "day_rural", "I5": "meals"}


class Sheet:
    """What plans of one situation and scope share of indicators.

    Parameters
    ----------
    inputs
        Of the situation's date and versions; reach comes from the plans.
    situation
        What the plans stand on.
    asking
        Gives the ground for a set of facility types, by the lowest divisions.
    scope
        The division asked about; ``""``: everywhere.
    """

    def __init__(
        self, inputs: Inputs, situation: Situation,
        asking: Callable[[tuple[str, ...]], Ground], scope: str = "",
    ) -> None:  # fmt: skip
        self.inputs, self.scope = inputs, scope
        self.asked = questions(inputs.options)
        self.grounds = {name: asking(types) for name, types in self.asked.items()}
        known = inputs if len(inputs.facilities) else situation
        self.place = replace(situation, facilities=gpd.GeoDataFrame(known.facilities))
        vars(self.place)["tree"] = situation.tree
        self.types = _types(inputs)
        self.items = [each for each in INDICATORS if each.id not in STILL]

    @cached_property
    def served(self) -> Served:
        """The ground within reach, and after changes."""
        told = self.inputs.stamp.get("reach") or {}
        same = told.get("stamp") == self.place.stamp["id"]
        return Served(self.grounds["reach"], self.inputs.reached if same else None)

    @cached_property
    def scopes(self) -> list[dict[str, str]]:
        """The divisions down to districts, whose indicators may be asked for."""
        units = self.inputs.units
        some = units[units["level"].astype(int) <= Level.COUNTY].sort_index()
        return [
            {"code": str(code), "name": str(name)}
            for code, name in some["name"].items()
        ]

    def along(self, **frames: Any) -> Inputs:
        """Return the inputs with other frames; who lives where is not asked again."""
        made = replace(self.inputs, **frames)
        for name in ("above", "counted", "elderly", "urban"):
            made.__dict__[name] = getattr(self.inputs, name)
        return made


class Gauge:
    """The indicators of one planner's plan."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        grounds = {id(each): each for each in sheet.grounds.values()}
        plans = {key: Plan(each) for key, each in grounds.items()}
        self.plans = {name: plans[id(each)] for name, each in sheet.grounds.items()}
        self._kept: dict[str, tuple[Any, Counts]] = {}
        self._left: dict[str, list[dict[str, Any]]] = {}
        self.before = self.after = self._counted([], self._sums())

    def put(self, edits: Sequence[Mapping[str, Any]]) -> None:
        """Make the figures what they are after all these edits, and no others."""
        for plan in {id(plan): plan for plan in self.plans.values()}.values():
            plan.put(edits)
        self.after = self._counted(edits, self._sums())

    def rows(self) -> list[dict[str, Any]]:
        """Return every indicator before the edits and after them.

        ``left_out`` says which facilities the latter leaves out, and how many.
        """
        return [
            {
                "id": item.id,
                "name": item.name._asdict(),
                "unit": item.unit._asdict(),
                "before": _told(self.before[item.id], item.scale),
                "after": _told(self.after[item.id], item.scale),
                "left_out": self._left[item.id],
            }
            for item in self.sheet.items
        ]

    def _sums(self) -> dict[str, Sums]:
        known: dict[int, Sums] = {}
        for plan in self.plans.values():
            if id(plan) not in known:
                known[id(plan)] = plan.figures()
        return {name: known[id(plan)] for name, plan in self.plans.items()}

    def _counted(
        self, edits: Sequence[Mapping[str, Any]], sums: dict[str, Sums]
    ) -> dict[str, Counts]:
        places = self.plans["reach"].places
        state = _State(self.sheet, folded(edits), edits, sums, places)
        found = {}
        for item in self.sheet.items:
            key = state.key(item.id)
            known = self._kept.get(item.id)
            if known is None or known[0] != key:
                made = figure(item, state.inputs, self.sheet.scope or None)
                self._kept[item.id] = known = key, (made.numerator, made.denominator)
                self._left[item.id] = _left_out(made.omitted)
            found[item.id] = known[1]
        return found


class _State:
    """The facilities as edits leave them, and who is reached then."""

    def __init__(
        self, sheet: Sheet, stands: Mapping[str, Standing],
        edits: Sequence[Mapping[str, Any]], sums: dict[str, Sums],
        places: Mapping[str, Place],
    ) -> None:  # fmt: skip
        self.sheet, self.stands, self.sums = sheet, stands, sums
        self.edits, self.places = edits, places

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        return applied(self.sheet.place, self.edits)

    @cached_property
    def facts(self) -> list[tuple[frozenset[str], Any, Any]]:
        """Of each changed facility what it is, what is said of it, where it stands."""
        found = []
        rows = self.facilities.loc[list(self.stands)]
        homes = truth(rows["registered"]) if "registered" in rows else None
        types, units = rows["type"].to_dict(), rows["division"].to_dict()
        for key, each in self.stands.items():
            kinds = {str(types[key])}
            kinds |= {HOME} if homes is not None and homes[key] else set()
            unit = units[key] if each.lon is not None else None
            said = (key, each.added, each.open, each.beds, each.type, unit)
            found.append((frozenset(kinds), said, (each.lon, each.lat)))
        return found

    def key(self, name: str) -> Any:
        """Return what an indicator's figure depends on, as far as it can change."""
        types = self.sheet.types.get(name)
        mine = [
            (said, place if name == "C2" else None)
            for kinds, said, place in (self.facts if self.stands else ())
            if types is None or kinds & types
        ]
        if name == "I11":
            return mine, self.sums["reach"].reached.tobytes(), self._circled("reach")
        if name == "I12":
            return self.land["area_reached_km2"].to_numpy().tobytes()
        if name in _SERVED:
            return mine, self._whole(_SERVED[name])
        return mine

    def _circled(self, question: str) -> bytes:
        return self.sums[question].circle.tobytes()

    def _whole(self, question: str) -> bytes:
        """Return which communities are served whole, as a key."""
        met: npt.NDArray[np.bool_] = _shares(self.sums[question]) >= 1.0 - 1e-9
        return met.tobytes()

    @cached_property
    def inputs(self) -> Inputs:
        """What the catalogue computes from."""
        sheet = self.sheet
        frames: dict[str, Any] = {"reached": self._reached(), "served": self._served()}
        if not self.stands:
            made = sheet.along(**frames)
            made.__dict__["place"] = sheet.inputs.place
            return made
        made = sheet.along(facilities=self.facilities, **frames)
        place = sheet.inputs.place.reindex(self.facilities.index).astype(object)
        moved = [key for key, each in self.stands.items() if each.lon is not None]
        if moved:
            named = self.facilities.loc[moved].drop(columns="geometry")
            units = sheet.inputs.units
            place[moved] = places_of(pd.DataFrame(named), units, made.above)
        made.__dict__["place"] = place.where(place.notna(), None)
        return made

    @cached_property
    def land(self) -> pd.DataFrame:
        """Of each of the lowest divisions the ground, and what is within reach."""
        return self.sheet.served.km2(self.stands, self.places)

    def _reached(self) -> pd.DataFrame:
        sums, ground = self.sums["reach"], self.sheet.grounds["reach"]
        reached = sums.reached if sums.streets else sums.circle
        people = pd.DataFrame(
            {"elderly": sums.people.round(6), "elderly_reached": reached.round(6)},
            index=ground.codes,
        )
        return people.join(self.land.round(6), how="outer").fillna(0.0)

    def _served(self) -> dict[str, pd.Series[float]]:
        found = {}
        for name, types in self.sheet.asked.items():
            if name != "reach":
                share = _shares(self.sums[name]).round(6)
                codes = self.sheet.grounds[name].codes
                series = pd.Series(share, index=codes, dtype=float).dropna()
                found["+".join(sorted(types))] = series
        return found


def _shares(sums: Sums) -> Any:
    reached = sums.reached if sums.streets else sums.circle
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums.people > 0, reached / sums.people, np.nan)


def _told(counts: Counts, scale: float) -> dict[str, Any]:
    above, below = counts
    return {
        "numerator": plain(above),
        "denominator": plain(below),
        "value": plain(ratio(above, below, scale)),
    }


def _left_out(omitted: Sequence[Omission]) -> list[dict[str, Any]]:
    """Return what facilities do not state; that one lies nowhere is no plan's doing."""
    return [
        {"why": each.why._asdict(), "count": each.count}
        for each in omitted
        if each.left_out and each.layer == "facilities" and each.kind != "outside"
    ]


def _types(inputs: Inputs) -> dict[str, frozenset[str]]:
    """Return which facilities an indicator can depend on; not named: on any."""
    options = inputs.options
    homes = {*options.institutions, *((HOME,) if options.registered else ())}
    three, centre = (
        [set(part.types) for part in template_of(inputs, name).parts]
        for name in ("three_levels", "home_centre_stations")
    )
    said: dict[str, set[str]] = {
        **dict.fromkeys(("I1", "I4", "I13", "I15b"), homes),
        **{name: set(options.comprehensive_types)
           for name in ("I2", "I2a", "I2b", "C3")},
        "I3u": set(options.day_urban),
        "I3r": set(options.day_rural),
        "I5": {"MEAL"},
        **dict(zip(("I7a", "I7b", "I7c"), three, strict=False)),
        "I10": set(options.community_space),
        "I11": set(),
        "I14": {*homes, "DAY"},
        "I16": set[str]().union(*centre),
        "C1": {"INST-TK"},
        "C2": {"MED", *options.near_medical},
    }  # fmt: skip
    return {name: frozenset(types) for name, types in said.items()}
