"""What an editing session remembers and shows: its log, its units, their areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from boundaries import codes, edits
from geodata.crs import area_m2
from geodata.errors import GeometryError, InputError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from boundaries.redraw import Redrawn
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader

MOST_FOCUS = 5
MOST_MARKS = 500
_SHOWN = ("name", "kind", "level", "parent", *edits.WRITABLE[2:-1])


def chosen(units: Iterable[str]) -> list[str]:
    """Return division codes, checked, each once."""
    found = list(dict.fromkeys(codes.parse(str(key)).text for key in units))
    if not found:
        raise InputError(Text("请选择单位。", "Choose a unit."))
    return found[: edits.MOST_UNITS]


def begun(units: Sequence[str], staged: int) -> dict[str, Any]:
    """Return an empty log; ``first``: the state before the first edit is not kept."""
    return {
        "units": list(units),
        "steps": [],
        "at": 0,
        "staging": staged,
        "first": False,
    }


def log_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the log of edits, begun anew when the draft was staged otherwise."""
    log: dict[str, Any] | None = document.get("editing")
    if log is None or log["staging"] != document["staging"]:
        units = log["units"] if log else []
        return begun(units, document["staging"]) | {"first": True}
    return log


def focus_of(document: dict[str, Any], changes: ChangeSet) -> list[str]:
    """Return the units to show: those of the last step, those begun with."""
    log = log_of(document)
    steps = log["steps"][: log["at"]]
    last = [
        key for key in (steps[-1]["focus"] if steps else []) if _there(changes, key)
    ]
    begun = [key for key in log["units"] if _there(changes, key)]
    drawn = [str(key) for key in changes.new.index]
    return (last or begun or drawn[:MOST_FOCUS] or log["units"])[:MOST_FOCUS]


def _there(changes: ChangeSet, key: str) -> bool:
    return key not in changes.removed


def operands(operation: edits.Operation) -> list[str]:
    """Return the units an operation names; what lies around them is looked at."""
    match operation:
        case edits.Move() | edits.Merge():
            return list(operation.units)
        case edits.Assign():
            return [key for key in (operation.unit, operation.to) if key]
        case edits.Split() | edits.Attributes():
            return [operation.unit]


def still_there(
    focus: Sequence[str], made: Redrawn, document: dict[str, Any]
) -> list[str]:
    """Return the units to show after an edit: those that still are, and their heirs."""
    left = [key for key in focus if key not in made.ended]
    before = {*focus, *made.ended}
    heirs = [
        str(key)
        for key, said in made.rows["predecessors"].items()
        if key not in left and isinstance(said, list) and before & set(said)
    ]
    return [*left, *heirs][:MOST_FOCUS] or list(document["editing"]["units"])


def step_id(draft: str, step: int) -> str:
    """Return where what was staged after a step is kept."""
    return f"{draft}~{step}"


def require_rev(document: dict[str, Any], rev: int | None) -> None:
    """Refuse an edit of a draft that was staged again since it was looked at."""
    if rev is not None and rev != document["staging"]:
        raise StateError(
            Text(
                "草稿已在别处（另一窗口或另一人）改动，这一步未保存。",
                "The draft was changed elsewhere, perhaps in another tab; this step "
                "was not kept.",
            ),
            Text("页面将载入最新内容，请重做这一步。", "Reload, then do it again."),
            code="stale",
        )


def boxes_of(frame: gpd.GeoDataFrame) -> Any:
    """Return the box of each unit."""
    return shapely.box(*frame.geometry.bounds.to_numpy().T)


def sound_units(frame: gpd.GeoDataFrame, focus: Collection[str]) -> gpd.GeoDataFrame:
    """Return the units with valid drawings; those edited must have one."""
    shapes = frame.geometry.to_numpy()
    good = shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    good &= ~shapely.is_empty(shapes)
    bad = [key for key in frame.index[~good] if key in set(focus)]
    if bad:
        raise GeometryError(
            Text(
                f"{', '.join(bad)} 的图形无效，不能在地图上编辑。",
                f"The drawing of {', '.join(bad)} is not valid; it cannot be edited.",
            ),
            Text(
                "请先检查草稿并采用修复建议。", "Check the draft and repair it first."
            ),
        )
    return gpd.GeoDataFrame(frame[good])


def units_shown(
    frame: gpd.GeoDataFrame, foreign: Collection[str]
) -> list[dict[str, Any]]:
    """Return the units around with their attributes and computed areas."""
    names = [name for name in _SHOWN if name in frame]
    areas = area_m2(frame.geometry.to_numpy())
    rows = frame[names].astype(object).where(frame[names].notna(), None)
    return [
        {
            "code": str(key),
            **{str(name): _plain(value) for name, value in row.items()},
            "area_m2": float(area),
            "foreign": key in foreign,
        }
        for (key, row), area in zip(rows.iterrows(), areas, strict=True)
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def areas_shown(changes: ChangeSet) -> list[dict[str, Any]]:
    """Return the area of each unit touched, before and after."""
    found: dict[str, dict[str, Any]] = {}
    for name, frame in (("before", changes.old), ("after", changes.new)):
        shapes = frame.geometry.to_numpy()
        areas = area_m2(shapes) if len(frame) else np.zeros(0)
        for key, area in zip(frame.index, areas, strict=True):
            row = found.setdefault(str(key), {})
            row |= {name: float(area), "name": frame["name"][key]}
    return [
        {
            "code": key,
            "name": row["name"],
            "before_m2": row.get("before"),
            "after_m2": row.get("after"),
        }
        for key, row in sorted(found.items())
    ]


def marks_near(reader: Reader, units: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the boundary markers around units, for a border to be put onto."""
    if "markers" not in reader.layers() or not reader.head("markers"):
        return []
    west, south, east, north = units.total_bounds.tolist()
    found = reader.snapshot("markers", bbox=(west, south, east, north))
    found = found[~found.geometry.is_empty & found.geometry.notna()]
    xy = shapely.get_coordinates(found.geometry.to_numpy()).tolist()
    pairs = zip(found.index[:MOST_MARKS], xy[:MOST_MARKS], strict=True)
    return [{"name": str(key), "place": place} for key, place in pairs]
