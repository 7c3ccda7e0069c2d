"""Scenarios: edits on a base, the figures they gave, and several beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from boundaries.services.coverage import checked_types, level_number
from boundaries.services.edits import Do
from boundaries.services.profiles import Group
from boundaries.services.room import checked_supply
from boundaries.services.words import FacilityType, Status, Supply
from geodata.errors import InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYERS = ("divisions", "facilities", "population", "network")
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
    """Return the codes of the divisions in which facilities are changed.

    One that is moved is changed where it goes and where it was.
    """
    found = {
        each.get(name)
        for each in figures["facilities"]
        for name in ("division", "was_in")
    }
    return sorted(found - {None, ""})


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


def in_words(edit: Mapping[str, Any], names: Mapping[str, str]) -> Text:
    """Return one edit as a sentence; ``names`` of facilities by number."""
    do = Do.of(edit["do"])
    what = names.get(edit["facility"]) or edit["facility"]
    if do is Do.ADD:
        kind = FacilityType.of(edit["type"]).label
        name = edit.get("name") or what
        return Text(f"新增{kind.zh}“{name}”", f"add the {kind.en} “{name}”")
    if do is Do.RESIZE:
        beds = edit["beds"]
        return Text(f"{what} 床位调整为 {beds} 张", f"give {what} {beds} beds")
    return Text(f"{do.label.zh} {what}", f"{do.label.en} {what}")


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
