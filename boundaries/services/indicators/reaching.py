"""Who and how much ground is within reach, as indicators take it from the coverage.

I11 and I12, and which communities are wholly served (I3, I5). Along streets where a
network is stored, by straight circles where none is; the document says which.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries.services import coverage as figures
from boundaries.services.ground import ground
from boundaries.services.omissions import Omission
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from boundaries.services.indicators.inputs import Inputs
    from boundaries.services.indicators.options import Options
    from boundaries.services.situation import Situation

COLUMNS = ("elderly", "elderly_reached", "area_km2", "area_reached_km2")


def questions(options: Options) -> dict[str, tuple[str, ...]]:
    """Return the sets of facility types whose reach the indicators ask for."""
    return {
        "reach": tuple(options.reach),
        "day_urban": tuple(options.day_urban),
        "day_rural": tuple(options.day_rural),
        "meals": ("MEAL",),
    }


def reach_document(situation: Situation, options: Options) -> dict[str, Any]:
    """Return what is within reach by the lowest units, as plain JSON values.

    Returns
    -------
    dict
        ``{"stamp", "method", "units": {code: [elderly, reached, area, reached]},
        "served": {types: {code: share}}, "omitted"}``; ``method`` is ``network`` or
        ``circle``.
    """
    require_divisions(situation)
    asked = questions(options)
    by_network = situation.network is not None
    column = "reached" if by_network else "circle"
    first = _coverage(situation, asked.pop("reach"))
    people, reached = first.units["people"], first.units[column]
    areas = _ground(situation, first.reach.rows)
    rows = pd.concat([people, reached, areas], axis=1).fillna(0.0)
    served = {}
    for types in asked.values():
        found = _coverage(situation, types).units
        share = found[column] / found["people"].where(found["people"] > 0)
        served["+".join(sorted(types))] = {
            str(code): round(float(value), 6) for code, value in share.dropna().items()
        }
    return {
        "stamp": situation.stamp,
        "method": "network" if by_network else "circle",
        "units": {
            str(code): [round(float(cell), 6) for cell in row]
            for code, row in zip(rows.index, rows.to_numpy(), strict=True)
        },
        "served": served,
        "omitted": [each.to_dict() for each in first.omitted],
    }


def stands_on(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the stamp of indicators says of what is within reach."""
    stamp = document["stamp"]
    return {
        "method": document["method"],
        "network": (stamp.get("network") or {}).get("number"),
        "profile": stamp["profile"],
        "stamp": stamp["id"],
    }


def frames_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``reached``, ``served`` and ``unreached`` as the inputs take them."""
    rows = pd.DataFrame.from_dict(
        document["units"], orient="index", columns=list(COLUMNS)
    )
    served = {
        types: pd.Series(shares, dtype=float)
        for types, shares in document["served"].items()
    }
    left = tuple(Omission.of_dict(each) for each in document["omitted"])
    return {"reached": rows, "served": served, "unreached": left}


def anew(
    inputs: Inputs, situation: Situation, edits: Sequence[Mapping[str, Any]], scope: str
) -> list[dict[str, Any]]:
    """Return every indicator as it is after edits of facilities, from nothing.

    Parameters
    ----------
    inputs
        Of the situation's date and versions.
    situation
        As it stands without the edits.
    scope
        The division asked about; ``""``: everywhere.
    """
    from boundaries.services.edits import applied
    from boundaries.services.indicators.catalogue import INDICATORS
    from boundaries.services.indicators.figures import figure

    after = situation.with_facilities(applied(situation, edits), "plan")
    known = replace(situation, facilities=gpd.GeoDataFrame(inputs.facilities))
    made = replace(
        inputs, units=situation.divisions, facilities=applied(known, edits),
        **frames_of(reach_document(after, inputs.options)),
    )  # fmt: skip
    rows = [figure(item, made, scope or None).to_dict() for item in INDICATORS]
    names = ("numerator", "denominator", "value")
    return [{"id": row["indicator"], **{k: row[k] for k in names}} for row in rows]


def _coverage(situation: Situation, types: Iterable[str]) -> figures.Coverage:
    lowest = figures.LOWEST
    return figures.coverages(situation, (lowest,), types=tuple(types))[lowest]


def require_divisions(situation: Situation) -> None:
    """Raise NotFoundError when there are no divisions on the date."""
    if situation.divisions.empty:
        raise NotFoundError(
            Text(f"{situation.as_of} 没有区划。",
                 f"There are no divisions on {situation.as_of}."),
            Text("请核对日期。", "See whether the date is right."),
        )  # fmt: skip


def _ground(situation: Situation, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return km² of the lowest units and what of it is served."""
    found = ground(situation, rows, figures.LOWEST)
    return found[["area_m2", "served_m2"]] / 1e6
