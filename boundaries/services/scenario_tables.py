"""Scenarios told: in a list, beside each other, as tables, against a recompute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.services.edits import folded
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIGURES = (
    "people", "reached", "unreached", "share", "circle", "circle_share", "minutes",
    "facilities", "beds", "beds_per_thousand", "need", "roomed", "unroomed",
    "roomed_share", "per_thousand",
)  # fmt: skip
"""What is told of every unit, in the order of tables; scenarios saved before something
was told of have None for it."""
LABELS = {
    "people": Text("人数", "people"),
    "reached": Text("可达人数", "reached"),
    "unreached": Text("未覆盖人数", "not reached"),
    "share": Text("可达率（%）", "reached, %"),
    "circle": Text("直线圈内人数", "in the circle"),
    "circle_share": Text("直线圈覆盖率（%）", "in the circle, %"),
    "minutes": Text("平均步行时间（分钟）", "mean minutes"),
    "facilities": Text("设施数", "facilities"),
    "beds": Text("床位数", "beds"),
    "beds_per_thousand": Text("每千人床位", "beds per thousand"),
    "need": Text("需要床位（名额）的人数", "in need of a place"),
    "roomed": Text("有床位可用的人数", "finding room"),
    "unroomed": Text("无床位可用的人数", "finding no room"),
    "roomed_share": Text("容量受限覆盖率（%）", "finding room, %"),
    "per_thousand": Text(
        "每千人可及床位（两步移动搜索法）", "places within reach per thousand (E2SFCA)"
    ),
}
_INDICATOR_COLUMNS = [
    "indicator", "name", "unit",
    *(f"{name}_{when}" for when in ("before", "after")
      for name in ("numerator", "denominator", "value")),
]  # fmt: skip


def compared(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return scenarios beside each other: totals, and every unit one of them changes.

    ``alike`` tells whether all stand on the same: else differences are not the
    scenarios' alone. ``bases`` are the figures without the edits, each scenario's own;
    ``base`` is the first of them.
    """
    first = scenarios[0]
    changed = sorted(
        {code for each in scenarios for code in each["figures"]["changed"]}
    )
    tables = [
        {unit["code"]: unit for unit in each["figures"]["units"]} for each in scenarios
    ]
    before = [_before(each) for each in scenarios]
    return {
        "scenarios": [head(each) for each in scenarios],
        "alike": len({_ground_of(each) for each in scenarios}) == 1,
        "level": first["base"]["level"],
        "total": {
            "base": first["figures"]["total"]["before"],
            "bases": [each["figures"]["total"]["before"] for each in scenarios],
            "values": [each["figures"]["total"]["after"] for each in scenarios],
        },
        "indicators": _indicators(scenarios),
        "units": [
            {"code": code,
             "name": next((t[code]["name"] for t in tables if code in t), ""),
             "base": before[0].get(code),
             "bases": [own.get(code) for own in before],
             "values": [_row(table.get(code)) for table in tables]}
            for code in changed
        ],
    }  # fmt: skip


def compared_tables(
    found: Mapping[str, Any], language: str = "zh"
) -> dict[str, pd.DataFrame]:
    """Return :func:`compared` as tables by name."""
    names = [each["id"] for each in found["scenarios"]]

    def row(values: Sequence[Any], name: str) -> dict[str, Any]:
        told = (None if each is None else each.get(name) for each in values)
        return dict(zip(names, told, strict=True))

    def now(values: Sequence[Any], name: str) -> dict[str, Any]:
        if found["alike"]:
            return {"now": (values[0] or {}).get(name)}
        return {f"now_{each}": told for each, told in row(values, name).items()}

    total = found["total"]
    own = ["now"] if found["alike"] else [f"now_{name}" for name in names]
    return {
        "scenarios": pd.DataFrame(
            [{name: each[name] for name in ("id", "title", "state", "author",
              "updated", "edits", "gained", "lost", "stamp")}
             for each in found["scenarios"]]
        ),
        "totals": pd.DataFrame(
            [{"figure": name,
              **now(total["bases"], name), **row(total["values"], name)}
             for name in FIGURES]
        ),
        "indicators": pd.DataFrame(
            [{"indicator": each["id"], "name": each["name"][language],
              "unit": each["unit"][language],
              **dict(zip(own, each["bases"], strict=False)),
              **dict(zip(names, each["values"], strict=True))}
             for each in found["indicators"]],
            columns=["indicator", "name", "unit", *own, *names],
        ),
        "units": pd.DataFrame(
            [{"code": unit["code"], "name": unit["name"], "figure": name,
              **now(unit["bases"], name), **row(unit["values"], name)}
             for unit in found["units"] for name in FIGURES],
            columns=["code", "name", "figure", *own, *names],
        ),
    }  # fmt: skip


def head(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario without its edits and the figures of its units."""
    figures = scenario["figures"]
    return {
        **{name: scenario[name] for name in (
            "id", "title", "note", "state", "author", "created", "updated", "base",
            "scope", "rev",
        )},
        "stamp": scenario["stamp"]["id"],
        "edits": len(scenario["edits"]),
        "total": figures["total"],
        "gained": figures["gained"]["people"],
        "lost": figures["lost"]["people"],
    }  # fmt: skip


def differing(figures: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    """Return the units whose figures are not those that coverage tells anew."""
    kept = {unit["code"]: unit for unit in figures["units"]}
    parts = [
        (told, ("people", "reached", "circle", "minutes", "facilities")),
        (told.get("room", {"units": ()}), ("need", "roomed", "per_thousand")),
    ]
    found = {
        unit["code"]
        for part, names in parts
        for unit in part["units"]
        if any(apart(unit[name], kept[unit["code"]][name]) for name in names)
    }
    return sorted(found)


def moved_indicators(
    figures: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return the indicators whose figures are not those that are told anew."""
    kept = {row["id"]: row["after"] for row in figures["indicators"]}
    return [
        row["id"]
        for row in told
        if row["id"] in kept
        and any(
            apart(row[name], kept[row["id"]][name])
            for name in ("numerator", "denominator", "value")
        )
    ]


def apart(one: float | None, other: float | None) -> bool:
    """Tell whether two figures differ by more than how they are rounded."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) > 2e-3 * max(1.0, abs(one))


def tables(
    scenario: Mapping[str, Any], language: str = "zh"
) -> dict[str, pd.DataFrame]:
    """Return a scenario as tables by name: figures, edits, what it stands on."""
    figures = scenario["figures"]
    before = _before(scenario)
    units = [
        {"code": unit["code"], "name": unit["name"],
         **{f"{name}_before": before[unit["code"]].get(name) for name in FIGURES},
         **{f"{name}_after": unit.get(name) for name in FIGURES}}
        for unit in figures["units"]
    ]  # fmt: skip
    total = figures["total"]
    sums = [
        {"figure": name,
         "before": total["before"].get(name), "after": total["after"].get(name)}
        for name in FIGURES
    ]  # fmt: skip
    return {
        "totals": pd.DataFrame(sums),
        "units": pd.DataFrame(units),
        "edits": pd.DataFrame(scenario["edits"]),
        "stamp": pd.DataFrame(_flat({
            "scenario": scenario["id"], "title": scenario["title"],
            "state": scenario["state"], "author": scenario["author"],
            "updated": scenario["updated"], **scenario["stamp"],
        })),
        "indicators": _indicator_table(figures.get("indicators", ()), language),
        "omitted": pd.DataFrame(
            [{"count": each["count"], "why": each["why"][language]}
             for each in figures["omitted"]],
            columns=["count", "why"],
        ),
    }  # fmt: skip


def _indicator_table(rows: Sequence[Mapping[str, Any]], language: str) -> pd.DataFrame:
    made = [
        {"indicator": row["id"], "name": row["name"][language],
         "unit": row["unit"][language],
         **{f"{name}_{when}": row[when][name] for when in ("before", "after")
            for name in ("numerator", "denominator", "value")}}
        for row in rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=_INDICATOR_COLUMNS)


def places(scenario: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the facilities a scenario places, with what it does, as points."""
    stands = folded(scenario["edits"])
    shown = {each["facility"]: each for each in scenario["figures"]["facilities"]}
    rows = [
        {"facility": name, "name": each.name, "type": each.type or "",
         "added": each.added, "serves": shown.get(name, {}).get("serves"),
         "beds_total": each.beds, "scenario": scenario["id"]}
        for name, each in stands.items()
        if each.lon is not None
    ]  # fmt: skip
    points = [
        shapely.Point(each.lon, each.lat)
        for each in stands.values()
        if each.lon is not None and each.lat is not None
    ]
    columns = ["facility", "name", "type", "added", "serves", "beds_total", "scenario"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry=points, crs=crs.STORAGE
    )


def _before(scenario: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every unit's figures without the edits."""
    figures = scenario["figures"]
    return {
        unit["code"]: figures["before"].get(unit["code"]) or _row(unit) or {}
        for unit in figures["units"]
    }


def _row(unit: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if unit is None else {name: unit.get(name) for name in FIGURES}


def _indicators(scenarios: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the indicators that one of the scenarios moves, beside each other."""
    tables = [
        {row["id"]: row for row in each["figures"].get("indicators", ())}
        for each in scenarios
    ]
    return [
        {**{name: row[name] for name in ("id", "name", "unit")},
         "base": row["before"]["value"],
         "bases": [table[name]["before"]["value"] if name in table else None
                   for table in tables],
         "values": [table[name]["after"]["value"] if name in table else None
                    for table in tables]}
        for name, row in tables[0].items()
        if any(name in table and moves(table[name]) for table in tables)
    ]  # fmt: skip


def moves(row: Mapping[str, Any]) -> bool:
    """Tell whether an indicator differs by what a plan does."""
    names = ("numerator", "denominator")
    return any(apart(row["before"][name], row["after"][name]) for name in names)


def _ground_of(scenario: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what figures stand on and count, as a key."""
    base = scenario["base"]
    return scenario["stamp"]["id"], tuple(base["types"]), base.get("scope", "")


def _flat(document: Mapping[str, Any], before: str = "") -> list[dict[str, str]]:
    """Return a document as rows of names and values."""
    rows: list[dict[str, str]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{before}{name}.")
        else:
            rows.append({"name": f"{before}{name}", "value": str(value)})
    return rows
