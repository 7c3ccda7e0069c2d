"""What an edit makes of divisions: their drawings, who ends, who is under whom.

Pure: a frame of the units around goes in (all levels, indexed by code), the rows
after the edit come out. Succession is stated on the units themselves
(``predecessors``), so that lineage and change events follow from the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes, edits
from boundaries.vocabulary import Kind
from geodata.crs import area_m2
from geodata.errors import InputError, Text
from geodata.topology import joining, parting
from geodata.topology.editing import Edit, move_borders, unit_of
from geodata.topology.mending import given_to

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

FRESH = ("seat", "pinyin", "area_official_km2", "population", "enclave", "remark",
          "successors")  # fmt: skip
"""What a new unit does not take over from the one it was cut from."""
_NUMBERS = {"area_official_km2": float, "population": int}


@dataclass(frozen=True)
class Redrawn:
    """Rows as they are after an edit, keys that ended, what a person should know."""

    rows: gpd.GeoDataFrame
    ended: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    pieces: tuple[dict[str, Any], ...] = ()
    """Of a split: ``{"area_m2", "geometry", "units"}``, the largest first."""
    said: Text = field(default=Text("", ""))


def redraw(
    frame: gpd.GeoDataFrame,
    operation: edits.Operation,
    *,
    fixed: Collection[str] = (),
    taken: Callable[[str], bool] = lambda _: False,
) -> Redrawn:
    """Return what an operation makes of ``frame``.

    Parameters
    ----------
    fixed
        Units that must not be written; a cut ends at vertices they have.
    taken
        Tells whether a code is, or ever was, another unit's.
    """
    match operation:
        case edits.Move():
            return _move(frame, operation)
        case edits.Split():
            return _split(frame, operation, fixed, taken)
        case edits.Merge():
            return _merge(frame, operation)
        case edits.Assign():
            return _assign(frame, operation)
        case edits.Attributes():
            return _attributes(frame, operation)


def _move(frame: gpd.GeoDataFrame, move: edits.Move) -> Redrawn:
    edit = move_borders(frame, move.borders, outer=move.outer)
    rows = _drawn(frame, edit)
    finest = frame["level"].max()
    names = _named(frame, [key for key in rows.index if rows["level"][key] == finest])
    return Redrawn(rows, said=Text(f"移动界线：{names}", f"Move the border of {names}"))


def _split(
    frame: gpd.GeoDataFrame,
    cut: edits.Split,
    fixed: Collection[str],
    taken: Callable[[str], bool],
) -> Redrawn:
    unit_of(frame, cut.unit)
    below = _below(frame, cut.unit)
    if below:
        edit = parting.split_along(frame, cut.unit, cut.line, below)
    else:
        edit = parting.split(frame, cut.unit, cut.line, fixed=fixed)
    pieces = tuple(
        {
            "area_m2": float(area_m2([piece])[0]),
            "geometry": shapely.geometry.mapping(piece),
            "units": [key for key, side in edit.side.items() if side == number],
        }
        for number, piece in enumerate(edit.parts)
    )
    if not cut.parts:
        return Redrawn(_drawn(frame, edit), notes=edit.notes, pieces=pieces)
    _require_names(frame, cut, len(pieces), taken)
    rows = pd.concat([_drawn(frame, edit), _parts(frame, cut, edit)])
    under = frame.loc[list(edit.side)].copy()
    under["parent"] = [cut.parts[side]["code"] for side in edit.side.values()]
    rows = gpd.GeoDataFrame(pd.concat([rows, under]), crs=frame.crs)
    stays = any(part["code"] == cut.unit for part in cut.parts)
    named = "、".join(dict.fromkeys(part["code"] for part in cut.parts))
    return Redrawn(
        rows,
        () if stays else (cut.unit,),
        (*edit.notes, *_recode(under, frame)),
        pieces,
        Text(f"拆分 {_named(frame, [cut.unit])}：{named}",
             f"Split {_named(frame, [cut.unit])}: {named}"),
    )  # fmt: skip


def _parts(frame: gpd.GeoDataFrame, cut: edits.Split, edit: Edit) -> gpd.GeoDataFrame:
    """Return the rows of a split unit's parts; pieces with one code are one unit."""
    shapes: dict[str, list[Any]] = {}
    for part, piece in zip(cut.parts, edit.parts, strict=True):
        shapes.setdefault(part["code"], []).extend(shapely.get_parts(piece))
    rows = []
    for code, polygons in shapes.items():
        row = _row(frame, cut.unit)
        said = next(part for part in cut.parts if part["code"] == code)
        row["geometry"] = shapely.multipolygons(polygons)
        row["name"] = said["name"] or row["name"]
        row["kind"] = _kind(said["kind"]) if said["kind"] else row["kind"]
        if code != cut.unit:
            row |= dict.fromkeys(FRESH)
            row |= {"code": code, "predecessors": [cut.unit], "extra": {}}
        rows.append(row)
    return _rows(frame, list(shapes), rows)


def _merge(frame: gpd.GeoDataFrame, join: edits.Merge) -> Redrawn:
    parents = {frame["parent"][key] for key in join.units if key in frame.index}
    levels = {frame["level"][key] for key in join.units if key in frame.index}
    for key in join.units:
        unit_of(frame, key)
    if len(levels) > 1:
        raise InputError(
            Text("只能合并同级单位。", "Only units of one level can be merged.")
        )
    if len(parents) > 1:
        raise InputError(
            Text(
                "这些单位分属不同上级，合并会改变上级界线。",
                "They are under different units, whose border would move.",
            ),
            Text(
                "请先用“划归”把单位划到同一上级。",
                "Assign the unit to the other superior first.",
            ),
        )
    edit = joining.merge(frame, join.units, join.into)
    rows = _drawn(frame, edit)
    before = rows["predecessors"][join.into]
    known = list(before) if isinstance(before, list | tuple) else []
    row = _row(rows, join.into) | {"predecessors": [*known, *edit.ended]}
    rows = _rows(frame, [join.into], [row])
    under = frame[frame["parent"].isin(edit.ended)].copy()
    under["parent"] = join.into
    rows = gpd.GeoDataFrame(pd.concat([rows, under]), crs=frame.crs)
    gone, into = _named(frame, edit.ended), _named(frame, [join.into])
    said = Text(f"{gone} 并入 {into}", f"Merge {gone} into {into}")
    return Redrawn(rows, edit.ended, _recode(under, frame), said=said)


def _assign(frame: gpd.GeoDataFrame, given: edits.Assign) -> Redrawn:
    unit_of(frame, given.to)
    to = _named(frame, [given.to])
    if given.what == "gap":
        gap = joining.gap_at(frame, int(frame["level"][given.to]), given.place)
        edit = joining.hand_over(frame, gap, None, given.to, {})
        return Redrawn(
            _drawn(frame, edit), said=Text(f"空隙归入 {to}", f"Give a gap to {to}")
        )
    shape = unit_of(frame, given.unit)
    whose = _named(frame, [given.unit])
    if given.what == "overlap":
        rows = _overlap(frame, given)
        said = Text(f"{whose} 的重叠归 {to}", f"Give the overlap with {whose} to {to}")
        return Redrawn(rows, said=said)
    above = {str(key): value for key, value in frame["parent"].items()}
    if given.what == "unit":
        return _whole_unit(frame, given, shape, above)
    _require_level(frame, given.unit, given.to)
    piece = joining.part_at(shape, given.place, given.unit)
    below = _held(frame, given.unit, piece)
    edit = joining.hand_over(frame, piece, given.unit, given.to, above)
    rows = _drawn(frame, edit)
    under = frame.loc[below].copy()
    under["parent"] = given.to
    rows = gpd.GeoDataFrame(pd.concat([rows, under]), crs=frame.crs)
    said = Text(f"{whose} 的碎片归入 {to}", f"Give a piece of {whose} to {to}")
    return Redrawn(rows, notes=_recode(under, frame), said=said)


def _whole_unit(
    frame: gpd.GeoDataFrame, given: edits.Assign, shape: Any, above: dict[str, Any]
) -> Redrawn:
    """Put a unit under another: every level above hands its ground over."""
    old = above.get(given.unit)
    if not old or old not in frame.index:
        raise InputError(
            Text(f"{given.unit} 没有上级单位。", f"{given.unit} has no superior here.")
        )
    _require_level(frame, str(old), given.to)
    if old == given.to:
        raise InputError(
            Text(
                f"{given.unit} 已属于 {old}。", f"{given.unit} is under {old} already."
            )
        )
    edit = joining.hand_over(frame, shape, str(old), given.to, above)
    rows = _drawn(frame, edit)
    moved = frame.loc[[given.unit]].copy()
    moved["parent"] = given.to
    rows = gpd.GeoDataFrame(pd.concat([rows, moved]), crs=frame.crs)
    names = _named(frame, [given.unit]), _named(frame, [given.to])
    return Redrawn(
        rows,
        notes=_recode(moved, frame),
        said=Text(f"{names[0]} 划归 {names[1]}", f"Put {names[0]} under {names[1]}"),
    )


def _overlap(frame: gpd.GeoDataFrame, given: edits.Assign) -> gpd.GeoDataFrame:
    _require_level(frame, given.unit, given.to)
    for key in (given.unit, given.to):
        if _below(frame, key):
            raise InputError(
                Text(
                    f"{key} 有下级单位，重叠须先在下级处理。",
                    f"{key} has units below; resolve the overlap there first.",
                )
            )
    both = shapely.intersection(frame.geometry[given.unit], frame.geometry[given.to])
    parts = shapely.get_parts(both)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    point = shapely.points(given.place)
    held = parts[shapely.covers(parts, point)] if len(parts) else parts
    if not len(held):
        raise InputError(
            Text("此处没有重叠。", "Nothing overlaps here."),
            Text("请点在重叠之内。", "Point inside the overlap."),
        )
    drawn = given_to(frame.geometry, held[0], [given.unit, given.to], given.to)
    return gpd.GeoDataFrame(frame.loc[drawn.index].set_geometry(drawn))


def _attributes(frame: gpd.GeoDataFrame, said: edits.Attributes) -> Redrawn:
    unit_of(frame, said.unit)
    row = _row(frame, said.unit)
    for name, value in said.words.items():
        row[name] = _value(name, value)
    if not row["name"]:
        raise InputError(Text("名称不能为空。", "The name must not be empty."))
    above = row["parent"]
    if "parent" in said.words and above and not codes.is_code(above):
        raise InputError(
            Text(f"上级“{above}”不是区划代码。", f"{above!r} is no division code.")
        )
    whose = _named(frame, [said.unit])
    what = ", ".join(said.words)
    return Redrawn(
        _rows(frame, [said.unit], [row]),
        said=Text(f"修改 {whose} 的属性（{what}）", f"Edit {what} of {whose}"),
    )


def _value(name: str, value: Any) -> Any:
    """Return an attribute's value in its type."""
    if value is None or value == "":
        return None
    if name == "kind":
        return _kind(str(value))
    if name == "enclave":
        if isinstance(value, bool):
            return value
        raise _not_a(name, value)
    if name in _NUMBERS:
        try:
            number = _NUMBERS[name](value)
        except (TypeError, ValueError, OverflowError) as error:
            raise _not_a(name, value) from error
        if isinstance(value, bool) or not np.isfinite(number) or number < 0:
            raise _not_a(name, value)
        return number
    return str(value).strip()


def _kind(text: str) -> str:
    try:
        return Kind.of(text).value
    except ValueError as error:
        raise _not_a("kind", text) from error


def _not_a(name: str, value: Any) -> InputError:
    return InputError(
        Text(f"{name} 不能是“{value}”。", f"{name} cannot be {str(value)!r}.")
    )


def _drawn(frame: gpd.GeoDataFrame, edit: Edit) -> gpd.GeoDataFrame:
    """Return the rows that an edit draws otherwise."""
    rows = frame.loc[list(edit.changed)].copy()
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = list(edit.changed.values())
    return rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=frame.crs))


def _row(frame: gpd.GeoDataFrame, key: str) -> dict[str, Any]:
    return {str(name): value for name, value in frame.loc[key].items()}


def _rows(
    frame: gpd.GeoDataFrame, keys: Sequence[str], rows: Sequence[dict[str, Any]]
) -> gpd.GeoDataFrame:
    """Return rows as a frame of the layer's columns."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        values = np.empty(len(rows), dtype=object)
        values[:] = [row[name] for row in rows]
        columns[name] = values
    index = pd.Index(list(keys), name=frame.index.name, dtype=object)
    made = pd.DataFrame(columns, index=index)
    return gpd.GeoDataFrame(made, geometry="geometry", crs=frame.crs)


def _below(frame: gpd.GeoDataFrame, unit: str) -> list[str]:
    return [str(key) for key in frame.index[frame["parent"] == unit]]


def _held(frame: gpd.GeoDataFrame, unit: str, piece: Any) -> list[str]:
    """Return the units below ``unit`` inside a piece; none may be cut by it."""
    below = _below(frame, unit)
    if not below:
        return []
    shapes = np.array(frame.geometry[below], dtype=object)
    inside = shapely.area(shapely.intersection(shapes, piece))
    part = inside / shapely.area(shapes)
    cut = [key for key, share in zip(below, part, strict=True) if 1e-6 < share < 0.999]
    if cut:
        names = _named(frame, cut)
        raise InputError(
            Text(f"{names} 只有一部分在碎片内。", f"{names} lies only partly in it."),
            Text("请先拆分下级单位。", "Split the units below first."),
        )
    return [key for key, share in zip(below, part, strict=True) if share >= 0.999]


def _require_level(frame: gpd.GeoDataFrame, one: str, other: str) -> None:
    if frame["level"][one] != frame["level"][other]:
        raise InputError(
            Text(f"{one} 与 {other} 不同级。", f"{one} and {other} differ in level.")
        )


def _require_names(
    frame: gpd.GeoDataFrame,
    cut: edits.Split,
    pieces: int,
    taken: Callable[[str], bool],
) -> None:
    """Refuse codes that do not fit the parts of a split unit."""
    if len(cut.parts) != pieces:
        raise InputError(
            Text(
                f"线分出 {pieces} 块，给出了 {len(cut.parts)} 个代码。",
                f"The line makes {pieces} pieces; {len(cut.parts)} codes were given.",
            )
        )
    named = {part["code"] for part in cut.parts}
    if len(named) < 2:
        raise InputError(
            Text("各块代码相同，没有拆分。", "All pieces have one code: no split.")
        )
    level, above = codes.parse(cut.unit).level, frame["parent"][cut.unit]
    for part in cut.parts:
        code = part["code"]
        if code == cut.unit:
            continue
        if codes.parse(code).level != level:
            raise InputError(
                Text(f"{code} 与 {cut.unit} 不同级。", f"{code} is of another level.")
            )
        if above and not codes.is_within(code, str(above)):
            raise InputError(
                Text(f"{code} 不在上级 {above} 之下。", f"{code} is not under {above}.")
            )
        if taken(code):
            raise InputError(
                Text(f"代码 {code} 已用过。", f"The code {code} was used before."),
                Text("代码不得重复使用，请另选。", "Codes are never reused."),
            )
        if not part["name"]:
            raise InputError(Text(f"请填写 {code} 的名称。", f"Give {code} a name."))


def _recode(moved: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> tuple[Text, ...]:
    """Say which units keep a code that names another superior."""
    odd = [
        key
        for key, above in moved["parent"].items()
        if above and codes.is_code(str(key)) and above not in codes.ancestors(str(key))
    ]
    if not odd:
        return ()
    names = _named(frame, [str(key) for key in odd])
    return (
        Text(
            f"{names} 的代码仍属原上级，请按批复另行变更代码。",
            f"The codes of {names} still name the former superior; recode them as "
            "approved.",
        ),
    )


def _named(frame: gpd.GeoDataFrame, keys: Collection[str]) -> str:
    """Return the names of units, the first few."""
    shown = [str(frame["name"][key]) if key in frame.index else key for key in keys]
    more = "…" if len(shown) > 3 else ""
    return "、".join(shown[:3]) + more
