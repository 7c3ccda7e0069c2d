"""Scenarios: edits on a base, the figures they gave, and several beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.services.coverage import checked_types, level_number
from boundaries.services.edits import Do, folded
from boundaries.services.profiles import Group
from boundaries.services.room import Supply, checked_supply
from boundaries.services.words import FacilityType, Status
from geodata import crs
from geodata.errors import InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAYERS = ("divisions", "facilities", "population", "network")
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
_PROFILE = ("urban_minutes", "rural_minutes", "speed_mps", "rural_mode", "rural_kmh",
            "crossings", "detour", "snap_m", "places", "placing")  # fmt: skip


def checked_base(base: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plan stands on, with only what is known; raise InputError.

    ``as_of`` (None: today), ``group``, ``level``, ``types``, ``versions`` (layer or
    ``network`` -> number), ``profile`` (what it takes otherwise than the settings),
    ``supply`` (what is counted as room), ``need_per_thousand`` (None: the setting) and
    ``scope`` (the division whose indicators are asked for; "": everywhere).
    """
    level = str(base.get("level") or "street")
    level_number(level)
    group = str(base.get("group") or Group.AGED_60.value)
    if group not in {each.value for each in Group}:
        raise InputError(
            Text(f"没有人群“{group}”。", f"There is no group “{group}”."),
            Text(f"可用：{'、'.join(each.value for each in Group)}。",
                 f"Use {', '.join(each.value for each in Group)}."),
        )  # fmt: skip
    versions = dict(base.get("versions") or {})
    profile = dict(base.get("profile") or {})
    strange = sorted({*versions} - {*LAYERS}) + sorted({*profile} - {*_PROFILE})
    if strange:
        raise InputError(
            Text(f"不认识：{'、'.join(strange)}。",
                 f"Not known: {', '.join(strange)}."),
            Text(f"版本可用 {'、'.join(LAYERS)}；参数可用 {'、'.join(_PROFILE)}。",
                 f"Versions: {', '.join(LAYERS)}; profile: {', '.join(_PROFILE)}."),
        )  # fmt: skip
    day = base.get("as_of")
    return {
        "as_of": dates.parse(str(day)) if day else None,
        "group": group,
        "level": level,
        "types": list(checked_types(tuple(base.get("types") or ()))),
        "versions": {name: _number(name, value) for name, value in versions.items()},
        "profile": profile,
        "supply": checked_supply(str(base.get("supply") or Supply.BEDS.value)),
        "need_per_thousand": _need(base.get("need_per_thousand")),
        "scope": str(base.get("scope") or ""),
    }


def pinned(base: Mapping[str, Any], stamp: Mapping[str, Any]) -> dict[str, Any]:
    """Return a base that names the versions its figures were computed from."""
    numbers = {
        layer: stamp[layer]["number"]
        for layer in LAYERS
        if isinstance(stamp.get(layer), dict) and stamp[layer].get("number")
    }
    need = stamp["need_per_thousand"]
    return {
        **base, "as_of": stamp["as_of"], "versions": numbers, "need_per_thousand": need,
    }  # fmt: skip


def kept_figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a scenario keeps of a plan's answer: figures, not places."""
    return {
        "total": answer["total"],
        "units": answer["all_units"],
        "changed": [unit["code"] for unit in answer["units"]],
        "before": {unit["code"]: unit["before"] for unit in answer["units"]},
        "gained": {name: answer["gained"][name] for name in ("people", "points")},
        "lost": {name: answer["lost"][name] for name in ("people", "points")},
        "facilities": answer["facilities"],
        "omitted": answer.get("omitted", []),
        "indicators": answer["indicators"],
    }


def scope_of(figures: Mapping[str, Any]) -> list[str]:
    """Return the codes of the divisions in which facilities are changed."""
    found = {each["division"] for each in figures["facilities"] if each["division"]}
    return sorted(found)


def compared(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return scenarios beside each other: totals, and every unit one of them changes.

    ``alike`` tells whether all stand on the same: else differences are not the
    scenarios' alone. The first column, ``base``, is that of the first.
    """
    first = scenarios[0]
    changed = sorted(
        {code for each in scenarios for code in each["figures"]["changed"]}
    )
    tables = [
        {unit["code"]: unit for unit in each["figures"]["units"]} for each in scenarios
    ]
    before = _before(first)
    return {
        "scenarios": [head(each) for each in scenarios],
        "alike": len({_ground_of(each) for each in scenarios}) == 1,
        "level": first["base"]["level"],
        "total": {
            "base": first["figures"]["total"]["before"],
            "values": [each["figures"]["total"]["after"] for each in scenarios],
        },
        "indicators": _indicators(scenarios),
        "units": [
            {"code": code,
             "name": next((t[code]["name"] for t in tables if code in t), ""),
             "base": before.get(code),
             "values": [_row(table.get(code)) for table in tables]}
            for code in changed
        ],
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


def phases(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the phases planned facilities are opened in, earliest first.

    ``{"phase", "year", "facilities"}``; facilities without phase and date come last.
    """
    rows = _planned(frame)
    found: dict[tuple[str, str], list[str]] = {}
    for key, row in rows.iterrows():
        phase, year = _said(row.get("phase")), _said(row.get("planned_for"))[:4]
        found.setdefault((year or "9999", phase), []).append(str(key))
    return [
        {"phase": phase, "year": "" if year == "9999" else year, "facilities": keys}
        for (year, phase), keys in sorted(found.items())
    ]


def phase_edits(frame: gpd.GeoDataFrame, until: str) -> list[dict[str, Any]]:
    """Return edits that open what is planned or being built up to a year.

    Raises
    ------
    InputError
        When nothing is; planned facilities without a date are never opened.
    """
    year = dates.parse(until)[:4]
    rows = _planned(frame)
    opened = [
        {"do": Do.OPEN.value, "facility": str(key)}
        for key, row in rows.iterrows()
        if _said(row.get("planned_for")) and _said(row.get("planned_for"))[:4] <= year
    ]
    if not opened:
        raise InputError(
            Text(f"到 {year} 年没有规划或在建的设施。",
                 f"No facility is planned or being built up to {year}."),
            Text("请在设施资料中填写计划建成时间。",
                 "Enter when planned facilities are to open."),
        )  # fmt: skip
    return opened


def tables(scenario: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
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
        {"figure": name, "label": str(LABELS[name]),
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
        "indicators": _indicator_table(figures.get("indicators", ())),
        "omitted": pd.DataFrame(
            [{"kind": each["kind"], "count": each["count"], "why": each["why"]["zh"]}
             for each in figures["omitted"]],
            columns=["kind", "count", "why"],
        ),
    }  # fmt: skip


def _indicator_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    made = [
        {"indicator": row["id"], "name": row["name"]["zh"], "unit": row["unit"]["zh"],
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


def in_words(edit: Mapping[str, Any]) -> Text:
    """Return one edit as a sentence."""
    do = Do.of(edit["do"])
    what = edit["facility"]
    if do is Do.ADD:
        kind = FacilityType.of(edit["type"]).label
        name = edit.get("name") or what
        return Text(f"新增{kind.zh}“{name}”", f"add the {kind.en} “{name}”")
    if do is Do.RESIZE:
        beds = edit["beds"]
        return Text(f"{what} 床位调整为 {beds} 张", f"give {what} {beds} beds")
    return Text(f"{do.label.zh} {what}", f"{do.label.en} {what}")


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
    """Return what figures stand on, as a key."""
    return scenario["stamp"]["id"], scenario["base"].get("scope", "")


def _planned(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[frame["status"].isin([Status.PLANNED.value, Status.BUILDING.value])]


def _said(value: Any) -> str:
    return str(value).strip() if isinstance(value, str) else ""


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InputError(
            Text(f"{name} 的版本应为数字。", f"The version of {name} is a number.")
        ) from None


def _need(value: Any) -> float | None:
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0 < found <= 1000:
        raise InputError(
            Text("每千人需要床位的人数应大于 0、不超过 1000。",
                 "Of a thousand people, more than 0 and at most 1,000 are in need."),
        )  # fmt: skip
    return found


def _flat(document: Mapping[str, Any], before: str = "") -> list[dict[str, str]]:
    """Return a document as rows of names and values."""
    rows: list[dict[str, str]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{before}{name}.")
        else:
            rows.append({"name": f"{before}{name}", "value": str(value)})
    return rows
