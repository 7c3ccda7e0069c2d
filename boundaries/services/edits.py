"""What a plan does to facilities: add, open, move, close, resize.

A list of edits is told again and again, as a planner drags; what counts is where each
facility stands after the last one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.services.words import FacilityType, Status
from boundaries.vocabulary import Word
from geodata import crs
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boundaries.services.situation import Situation

MOST_EDITS = 2000
"""Edits of one plan; more is a new register of facilities, not a plan."""
MOST_BEDS = 100_000
_FIELDS = {
    "do": "操作",
    "facility": "设施编号",
    "lon": "经度",
    "lat": "纬度",
    "beds": "床位数",
    "type": "设施类型",
}
_LONGEST = 200


class Do(Word):
    """What an edit does to a facility."""

    ADD = "add", "新增", "add"
    OPEN = "open", "投入运营", "open"
    MOVE = "move", "迁移", "move"
    CLOSE = "close", "关闭", "close"
    RESIZE = "resize", "调整床位", "resize"


_NEEDS = {
    Do.ADD: ("lon", "lat", "type"),
    Do.MOVE: ("lon", "lat"),
    Do.RESIZE: ("beds",),
}


@dataclass(frozen=True)
class Standing:
    """Where a facility stands after all edits.

    ``open`` and ``beds`` (``beds_total``) are None where they stay as on record.
    ``name`` and ``type`` are those of an added one.
    """

    facility: str
    added: bool
    open: bool | None = None
    lon: float | None = None
    lat: float | None = None
    beds: int | None = None
    type: str | None = None
    name: str = ""


def checked(edits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return edits with only what is known of them; raise InputError for a wrong one.

    Each ``{"do", "facility"}`` with ``lon, lat`` (EPSG:4490), ``type, name`` of an
    added one, ``beds`` where it has them, and ``note`` in words.
    """
    if len(edits) > MOST_EDITS:
        raise InputError(
            Text(f"一个方案最多 {MOST_EDITS} 项改动，现有 {len(edits)} 项。",
                 f"A plan holds {MOST_EDITS} edits at most; these are {len(edits)}."),
            Text("请分成几个方案。", "Divide it into several plans."),
        )  # fmt: skip
    return [_checked(number, edit) for number, edit in enumerate(edits, 1)]


def folded(edits: Sequence[Mapping[str, Any]]) -> dict[str, Standing]:
    """Return where each facility that is edited stands in the end, by its number."""
    found: dict[str, Standing] = {}
    for edit in edits:
        name = edit["facility"]
        before = found.get(name) or Standing(name, added=False)
        found[name] = _after(before, edit)
    return found


def applied(
    situation: Situation, edits: Sequence[Mapping[str, Any]]
) -> gpd.GeoDataFrame:
    """Return the situation's facilities as they are after the edits.

    Raises
    ------
    InputError
        For edits of a facility that is not there, or an added one that is.
    """
    frame = situation.facilities.copy()
    standing = folded(edits)
    require_known(standing, frame.index)
    fresh = [each for each in standing.values() if each.added]
    if fresh:
        frame = _with_rows(frame, fresh)
    for each in standing.values():
        if each.lon is not None and each.lat is not None:
            place = shapely.Point(each.lon, each.lat)
            frame.loc[[each.facility], "geometry"] = gpd.GeoSeries(
                [place], index=[each.facility], crs=frame.crs
            )
            frame.loc[each.facility, "division"] = division_of(
                situation, each.lon, each.lat
            )
        if each.beds is not None:
            frame.loc[each.facility, "beds_total"] = each.beds
        if each.open is not None:
            status = Status.OPERATING if each.open else Status.CLOSED
            frame.loc[each.facility, "status"] = status.value
            for name in ("opened_on", "closed_on"):  # the plan says, not the record
                if name in frame:
                    frame.loc[each.facility, name] = None
    return frame


def require_known(standing: Mapping[str, Standing], index: Any) -> None:
    """Raise InputError for edits of a facility that is not there, or is already."""
    unknown = [n for n, each in standing.items() if not each.added and n not in index]
    if unknown:
        raise InputError(
            Text(f"没有这些设施：{'、'.join(unknown[:5])}。",
                 f"There are no such facilities: {', '.join(unknown[:5])}."),
            Text("方案所依据的设施版本里没有它们。",
                 "The version of facilities the plan stands on does not have them."),
        )  # fmt: skip
    doubled = [n for n, each in standing.items() if each.added and n in index]
    if doubled:
        raise InputError(
            Text(f"编号已被使用：{'、'.join(doubled[:5])}。",
                 f"These numbers are taken: {', '.join(doubled[:5])}."),
            Text("请为新增设施另取编号。", "Give the new facilities other numbers."),
        )  # fmt: skip


def division_of(situation: Situation, lon: float, lat: float) -> str | None:
    """Return the code of the lowest division a place lies in, None outside all."""
    found = situation.divisions.sindex.query(
        shapely.Point(lon, lat), predicate="intersects"
    )
    codes = [str(situation.divisions.index[at]) for at in sorted(found)]
    return max(codes, key=lambda code: len(situation.tree.chain(code)), default=None)


def _checked(number: int, edit: Mapping[str, Any]) -> dict[str, Any]:
    try:
        do = Do.of(str(edit.get("do", "")))
    except ValueError:
        words = ", ".join(each.value for each in Do)
        raise _wrong(number, "do", Text(f"可用：{words}。", f"Use {words}.")) from None
    name = str(edit.get("facility") or "").strip()
    if not name or len(name) > _LONGEST:
        raise _wrong(number, "facility", Text("请给出编号。", "Give its number."))
    made: dict[str, Any] = {"do": do.value, "facility": name}
    for field in _NEEDS.get(do, ()):
        if edit.get(field) is None:
            raise _wrong(number, field, Text("此项必填。", "It is needed."))
    if do in (Do.ADD, Do.MOVE):
        made["lon"] = _number(number, "lon", edit["lon"], -180, 180)
        made["lat"] = _number(number, "lat", edit["lat"], -90, 90)
    if do in (Do.ADD, Do.RESIZE) and edit.get("beds") is not None:
        made["beds"] = int(_number(number, "beds", edit["beds"], 0, MOST_BEDS))
    if do is Do.ADD:
        try:
            made["type"] = FacilityType.of(str(edit["type"])).value
        except ValueError:
            kinds = ", ".join(kind.value for kind in FacilityType)
            hint = Text(f"可用：{kinds}。", f"Use {kinds}.")
            raise _wrong(number, "type", hint) from None
        made["name"] = str(edit.get("name") or "")[:_LONGEST]
    if edit.get("note"):
        made["note"] = str(edit["note"])[:_LONGEST]
    return made


def _number(number: int, field: str, value: Any, least: float, most: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if isinstance(value, bool) or not least <= found <= most:
        words = Text(f"应在 {least} 与 {most} 之间。", f"{least} to {most}.")
        raise _wrong(number, field, words)
    return found


def _wrong(number: int, field: str, hint: Text) -> InputError:
    return InputError(
        Text(f"第 {number} 项改动的{_FIELDS[field]}无效。",
             f"Edit {number}: {field} is not valid."),
        hint,
    )  # fmt: skip


def _after(before: Standing, edit: Mapping[str, Any]) -> Standing:
    do = Do.of(edit["do"])
    if do is Do.CLOSE:
        return replace(before, open=False)
    if do is Do.OPEN:
        return replace(before, open=True)
    if do is Do.RESIZE:
        return replace(before, beds=edit["beds"])
    placed = replace(before, lon=edit["lon"], lat=edit["lat"])
    if do is Do.MOVE:
        return placed
    return replace(
        placed, added=True, open=True, type=edit["type"], name=edit.get("name", ""),
        beds=edit.get("beds", before.beds),
    )  # fmt: skip


def _with_rows(frame: gpd.GeoDataFrame, fresh: Sequence[Standing]) -> gpd.GeoDataFrame:
    rows: dict[str, Any] = {
        name: np.full(len(fresh), None, dtype=object) for name in frame.columns
    }
    rows["name"] = [each.name or each.facility for each in fresh]
    rows["type"] = [each.type for each in fresh]
    if "facility" in rows:
        rows["facility"] = [each.facility for each in fresh]
    index = pd.Index([each.facility for each in fresh], name=frame.index.name)
    added = pd.DataFrame({k: v for k, v in rows.items() if k != "geometry"}, index)
    whole = pd.concat([frame.drop(columns="geometry").astype(object), added])
    points = np.concatenate(
        [np.asarray(frame.geometry.array, object), np.full(len(fresh), None)]
    )
    return gpd.GeoDataFrame(whole, geometry=points, crs=frame.crs or crs.STORAGE)
