"""The rules of the registers: markers, inspections, place names, facilities.

Like those of divisions: one rule, one file, each ``rule(records) -> rows``; this
module is their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules import finding
from boundaries.rules.facilities import (
    area,
    beds,
    dates,
    functions,
    moved,
    numbers,
)
from boundaries.rules.facilities import place as facility_place
from boundaries.rules.facilities import repeated as facility_repeated
from boundaries.rules.inspections import date, overdue, sides, subject
from boundaries.rules.markers import accuracy, border, form, number, place, same_place
from boundaries.rules.names import characters, naming, reading, repeated, spelling
from boundaries.rules.names import place as name_place
from boundaries.rules.record import required, words
from boundaries.rules.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from boundaries.rules.settings import RegisterSettings

RULES: dict[str, tuple[Callable[[Records], list[dict[str, Any]]], ...]] = {
    "markers": (
        required.rule,
        number.rule,
        place.rule,
        same_place.rule,
        border.rule,
        form.rule,
        accuracy.rule,
        words.rule,
    ),
    "inspections": (
        required.rule,
        subject.rule,
        date.rule,
        sides.rule,
        overdue.rule,
        words.rule,
    ),
    "place_names": (
        required.rule,
        repeated.rule,
        characters.rule,
        naming.rule,
        spelling.rule,
        reading.rule,
        name_place.rule,
        words.rule,
    ),
    "facilities": (
        required.rule,
        words.rule,
        functions.rule,
        facility_place.rule,
        numbers.rule,
        beds.rule,
        area.rule,
        moved.rule,
        dates.rule,
        facility_repeated.rule,
    ),
}
"""By layer, every rule in the order of the report."""


def check_register(
    layer: str,
    candidate: gpd.GeoDataFrame,
    *,
    base: gpd.GeoDataFrame,
    changed: pd.Index[Any],
    divisions: gpd.GeoDataFrame,
    markers: gpd.GeoDataFrame,
    settings: RegisterSettings,
) -> gpd.GeoDataFrame:
    """Return what is wrong with the records a draft adds or alters.

    Parameters
    ----------
    candidate, base
        The register with the draft applied and before it, indexed by key.
    changed
        Keys the draft touches.
    divisions, markers
        The other layers as the draft finds them.
    """
    records = Records(layer, candidate, base, changed, divisions, markers, settings)
    rows = [row for rule in RULES[layer] for row in rule(records)]
    found = finding.frame(rows)
    return found[~found.duplicated("fingerprint")].reset_index(drop=True)
