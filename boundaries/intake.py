"""From a frame as read to a frame as staged: our columns, our key, our types.

What the file says is never overwritten. What it leaves out is kept from the base
(columns it does not have) or inferred (kind, level, parent of a division), and
each inference is recorded. A row that cannot be keyed is refused by number; the
rest is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.products import LABELS
from boundaries.vocabulary import Kind, Level
from boundaries.words import called
from geodata import crs
from geodata.errors import CRSError, InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.store.changes import Field, LayerSchema

    Infer = Callable[[str, Text, Any], None]

_OWN = ("extra", "valid_from", "valid_to", *LABELS)
_NAMED = 20
"""How many keys an inference lists by name; the count is always exact."""


@dataclass(frozen=True)
class Intake:
    """What :func:`take_in` made of a frame; every list is JSON."""

    frame: gpd.GeoDataFrame
    inferred: tuple[dict[str, Any], ...]
    """Each ``{"field", "count", "keys", "why": {"zh", "en"}}``."""
    refused: tuple[dict[str, Any], ...]
    """Each ``{"record", "reason": {"zh", "en"}}``."""


class _Notes:
    """Collects inferences by field and reason, and refusals."""

    def __init__(self) -> None:
        self._inferred: dict[tuple[str, Text], list[str]] = {}
        self.refused: list[dict[str, Any]] = []

    def infer(self, field: str, why: Text, keys: Any) -> None:
        found = [str(key) for key in keys]
        if found:
            self._inferred.setdefault((field, why), []).extend(found)

    def refuse(self, record: Any, reason: Text) -> None:
        self.refused.append({"record": _number(record), "reason": reason._asdict()})

    @property
    def inferred(self) -> tuple[dict[str, Any], ...]:
        return tuple(
            {
                "field": field,
                "count": len(keys),
                "keys": keys[:_NAMED],
                "why": why._asdict(),
            }
            for (field, why), keys in self._inferred.items()
        )


def take_in(
    frame: gpd.GeoDataFrame,
    schema: LayerSchema,
    base: gpd.GeoDataFrame,
    *,
    complete: Callable[[gpd.GeoDataFrame, Infer], gpd.GeoDataFrame] | None = None,
) -> Intake:
    """Return ``frame`` as features of ``schema``, indexed by its key.

    Parameters
    ----------
    frame
        As read: our column names where known, others kept; EPSG:4490. The index
        is the record number in the file.
    base
        The layer as it stands, for columns the file does not have.
    complete
        Fills what other layers tell, after the base was asked; it says each
        inference: field, why, keys.

    Raises
    ------
    InputError
        When no column holds the layer's key, or no row is left.
    CRSError
        When the coordinate system is unknown or another than the storage's.
    """
    _require_storage(frame)
    notes = _Notes()
    frame = _keyed(frame, schema, base, notes)
    frame = _joined(frame, schema, notes)
    if frame.empty:
        raise InputError(
            Text("没有可导入的记录。", "No record can be staged."),
            _first_reason(notes.refused),
        )
    frame = _typed(frame, schema, notes)
    if schema.name == "divisions":
        frame = _inferred_divisions(frame, base, notes)
    frame = _completed(frame, schema, base)
    if complete is not None:
        frame = complete(frame, notes.infer)
    return Intake(frame, notes.inferred, tuple(notes.refused))


def _require_storage(frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None:
        raise CRSError(
            Text("坐标系未确定，不能入库。", "The coordinate system is not known."),
            Text("请指定坐标系后重新读取。", "Name it and read the file again."),
        )
    if frame.crs != crs.STORAGE:
        raise CRSError(
            Text(
                f"数据应为 {crs.STORAGE}，实际是 {frame.crs.name}。",
                f"The frame is in {frame.crs.name}, not {crs.STORAGE}.",
            )
        )


def _keyed(
    frame: gpd.GeoDataFrame, schema: LayerSchema, base: gpd.GeoDataFrame, notes: _Notes
) -> gpd.GeoDataFrame:
    """Index by the key; rows without one are refused."""
    if schema.key not in frame.columns:
        frame = _keys_by_name(frame, schema, base, notes)
    values, keys = frame[schema.key], []
    for record, value in zip(frame.index, values, strict=True):
        key, note = _key(value, schema)
        if key is None:
            notes.refuse(record, note)
        elif note.zh:
            notes.infer(schema.key, note, [key])
        keys.append(key)
    columns: dict[str, Any] = {schema.key: keys, "__record__": frame.index}
    named = frame.assign(**columns)
    named = named[[key is not None for key in keys]]
    return named.set_index(pd.Index(named[schema.key].tolist(), name="key"))


def _key(value: Any, schema: LayerSchema) -> tuple[str | None, Text]:
    """Return the key and why it was mended, or None and why not."""
    if _missing(value):
        what = called(schema.name, schema.key)
        return None, Text(
            f"没有{what.zh}。请补填后重新导入。",
            f"No {what.en}. Fill it in and import again.",
        )
    if schema.name != "divisions":
        text = str(value).strip()
        return text or None, Text("", "") if text else Text("键为空。", "Empty key.")
    code, note = codes.repair(value)
    if code is None:
        return None, note or Text("不是区划代码。", "Not a division code.")
    short = codes.parse(code).text
    if short != code:
        return short, Text(
            "代码末尾的零已省去。", "Trailing zeros of the code were left out."
        )
    return short, Text("", "") if note is None else _MENDED


_MENDED = Text("代码的写法已修正。", "The spelling of the code was mended.")


def _keys_by_name(
    frame: gpd.GeoDataFrame, schema: LayerSchema, base: gpd.GeoDataFrame, notes: _Notes
) -> gpd.GeoDataFrame:
    """Find codes by name where the file has none and the base knows each name once."""
    if "name" not in frame.columns or base.empty or schema.name != "divisions":
        theirs = [str(name) for name in frame.columns if name != frame.geometry.name]
        have, what = ", ".join(theirs[:12]), called(schema.name, schema.key)
        raise InputError(
            Text(
                f"没有一列是{what.zh}（{schema.key}）。文件的列：{have}。",
                f"No column holds the {what.en} ({schema.key}). The file has: {have}.",
            ),
            Text(
                f"请指定，例如 --map 行政区代码={schema.key}。",
                f"Name it, for example --map XZQDM={schema.key}.",
            ),
        )
    names = frame["name"].map(lambda name: codes.standard_name(str(name)))
    once = base["name"].map(lambda name: codes.standard_name(str(name)))
    once = once[~once.duplicated(keep=False)]
    by_name = pd.Series(once.index, index=once.to_numpy())
    found = names.map(by_name).astype(object)
    found = found.where(found.notna(), None)
    notes.infer(
        schema.key,
        Text("按名称在现有数据中找到代码。", "Code found by its name in the base."),
        found.dropna(),
    )
    return frame.assign(**{schema.key: found})


def _joined(
    frame: gpd.GeoDataFrame, schema: LayerSchema, notes: _Notes
) -> gpd.GeoDataFrame:
    """Join rows of one key that differ in geometry only; refuse the others."""
    doubled = frame.index.duplicated(keep="first")
    if not doubled.any():
        return frame.drop(columns="__record__")
    first = frame[~doubled]
    hidden = {"__record__", frame.geometry.name}
    shown = [str(name) for name in frame.columns if name not in hidden]
    parts: dict[str, list[Any]] = {}
    for key, row in zip(frame.index[doubled], _rows(frame[doubled]), strict=True):
        head = first.loc[key]
        if schema.geometry.startswith("Multi") and all(
            _same(head[c], row[c]) for c in shown
        ):
            shape = row[str(frame.geometry.name)]
            parts.setdefault(key, [head.geometry]).append(shape)
            continue
        notes.refuse(row["__record__"], _doubled(schema, key, head["__record__"]))
    notes.infer(
        "geometry",
        Text("同一单位的多条记录合为多部件。", "Several rows of one unit were joined."),
        parts,
    )
    geometry = first.geometry.copy()
    for key, shapes in parts.items():
        geometry.loc[key] = _multi(shapes)
    return first.set_geometry(geometry).drop(columns="__record__")


def _doubled(schema: LayerSchema, key: Any, first: Any) -> Text:
    what = called(schema.name, schema.key)
    return Text(
        f"{what.zh} {key} 与第 {_number(first)} 条重复而内容不同，只用了前一条。"
        "请改正编码，或删去其中一条后重新导入。",
        f"Record {_number(first)} has the same {what.en} {key} with other attributes, "
        "and was taken. Correct the code or remove one of them, and import again.",
    )


def _rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.to_numpy()]


def _same(a: Any, b: Any) -> bool:
    return (_missing(a) and _missing(b)) or (
        not _missing(a) and not _missing(b) and bool(a == b)
    )


def _multi(shapes: list[Any]) -> Any:
    polygons = shapely.get_parts(shapes)
    makers: dict[int, Any] = {1: shapely.MultiLineString, 0: shapely.MultiPoint}
    dimensions = int(shapely.get_dimensions(polygons[0]))
    return makers.get(dimensions, shapely.MultiPolygon)(list(polygons))


def _typed(
    frame: gpd.GeoDataFrame, schema: LayerSchema, notes: _Notes
) -> gpd.GeoDataFrame:
    """Bring known columns to their types and the rest into ``extra``."""
    ours = {item.name: item for item in schema.fields}
    geometry = _as_schema(frame.geometry, schema)
    columns: dict[str, Any] = {}
    extra: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        values = frame[name].tolist()
        if name == "extra":
            for target, value in zip(extra, values, strict=True):
                target.update(_extra(value))
        elif name in ours:
            columns[name] = _cast(values, ours[name], frame.index, extra, notes)
        elif name not in _OWN:
            for target, value in zip(extra, values, strict=True):
                if not _missing(value):
                    target[str(name)] = _json(value)
    columns[schema.key] = list(frame.index)
    columns["extra"] = extra
    table = pd.DataFrame(columns, index=frame.index, dtype=object)
    return gpd.GeoDataFrame(table, geometry=geometry.to_numpy(), crs=crs.STORAGE)


def _extra(value: Any) -> dict[str, Any]:
    """Return extra attributes as a product or an export has them: JSON text."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return {"extra": value}
    if isinstance(value, dict):
        return value
    return {} if _missing(value) else {"extra": _json(value)}


def _as_schema(geometry: gpd.GeoSeries, schema: LayerSchema) -> gpd.GeoSeries:
    """Return single parts as multi parts where the schema keeps those."""
    if schema.geometry != "MultiPolygon":
        return geometry
    shapes = np.asarray(geometry.to_numpy(), dtype=object).copy()
    single = shapely.get_type_id(shapes) == int(shapely.GeometryType.POLYGON)
    if single.any():
        shapes[single] = shapely.multipolygons(
            shapes[single], indices=np.arange(single.sum())
        )
    return gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs)


def _cast(
    values: list[Any],
    field: Field,
    keys: pd.Index[Any],
    extra: list[dict[str, Any]],
    notes: _Notes,
) -> list[Any]:
    """Return values of the field's type; what does not fit is kept in ``extra``."""
    cast = _CASTS[field.type]
    found: list[Any] = []
    misfits: list[Any] = []
    for key, value, target in zip(keys, values, extra, strict=True):
        if _missing(value):
            found.append(None)
            continue
        try:
            found.append(cast(value))
        except (TypeError, ValueError):
            found.append(None)
            target[field.name] = _json(value)
            misfits.append(key)
    notes.infer(
        field.name,
        Text(
            f"值不是{_TYPE_WORDS[field.type].zh}，未采用，原值保留在附加属性中。",
            f"Values are no {_TYPE_WORDS[field.type].en} and were not taken; kept as "
            "sent among the extra attributes.",
        ),
        misfits,
    )
    return found


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _integer(value: Any) -> int:
    number = float(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _real(value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(value)
    return number


_TRUE = frozenset({"1", "true", "yes", "y", "是", "t"})
_FALSE = frozenset({"0", "false", "no", "n", "否", "f"})


def _boolean(value: Any) -> bool:
    word = _text(value).lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(value)
    return word in _TRUE


def _as_json(value: Any) -> Any:
    if isinstance(value, str):
        return json.loads(value) if value[:1] in "[{" else [value]
    return _json(value)


def _date(value: Any) -> str:
    try:
        return dates.parse(_text(value)[:10])
    except InputError as error:
        raise ValueError(value) from error


_TYPE_WORDS: dict[str, Text] = {
    "text": Text("文字", "text"),
    "integer": Text("整数", "whole number"),
    "real": Text("数", "number"),
    "boolean": Text("“是”或“否”", "yes or no"),
    "date": Text("日期", "date"),
    "json": Text("列表", "list"),
}
_CASTS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "real": _real,
    "boolean": _boolean,
    "date": _date,
    "json": _as_json,
}


def _inferred_divisions(
    frame: gpd.GeoDataFrame, base: gpd.GeoDataFrame, notes: _Notes
) -> gpd.GeoDataFrame:
    """Fill kind, level and parent from code and name where the file says nothing."""
    frame = _words_to_kinds(frame, notes)
    known = set(base.index) | set(frame.index)
    fills: tuple[tuple[str, Callable[[str, str], Any], Text], ...] = (
        ("level", lambda code, _: int(codes.infer_level(code)), _LEVEL_WHY),
        ("kind", _kind, _KIND_WHY),
        ("parent", lambda code, _: _parent(code, known), _PARENT_WHY),
    )
    names = frame["name"] if "name" in frame else pd.Series("", index=frame.index)
    for field, rule, why in fills:
        given = frame[field] if field in frame else _nothing(frame)
        kept = _in_base(frame.index, base, field, in_file=field in frame)
        empty = given.isna() & ~kept
        if not empty.any():
            continue
        values = [
            rule(code, name or "")
            for code, name in zip(frame.index[empty], names[empty], strict=True)
        ]
        filled = given.astype(object).copy()
        filled[empty] = values
        # the column exists from here on: what the base says must come along
        filled[kept] = base[field].reindex(frame.index[kept]).to_numpy(dtype=object)
        notes.infer(
            field,
            why,
            [k for k, v in zip(frame.index[empty], values, strict=True) if v],
        )
        frame = frame.assign(**{field: filled})
    return frame


_LEVEL_WHY = Text("级别由代码推定。", "Level told from the code.")
_KIND_WHY = Text("类别由代码和名称推定。", "Kind told from code and name.")
_PARENT_WHY = Text("上级由代码推定。", "Parent told from the code.")


def _nothing(frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def _in_base(
    index: pd.Index[Any], base: gpd.GeoDataFrame, field: str, *, in_file: bool
) -> Any:
    """Tell which keys take the column from the base because the file lacks it."""
    if in_file or base.empty:
        return np.zeros(len(index), dtype=bool)
    return index.isin(base.index[base[field].notna()])


def _words_to_kinds(frame: gpd.GeoDataFrame, notes: _Notes) -> gpd.GeoDataFrame:
    """Read kinds written as labels, and a level column that holds words."""
    if "kind" in frame:
        kinds: Any = [_as_kind(value) for value in frame["kind"]]
        frame = frame.assign(kind=kinds)
    words = pd.Series([e.get("level") for e in frame["extra"]], index=frame.index)
    said = words.dropna()
    if said.empty:
        return frame
    kinds_said = said.map(_kind_word).dropna()
    levels_said = said.map(_level_word).dropna()
    if "kind" not in frame and not kinds_said.empty:
        notes.infer(
            "kind",
            Text(
                "类别取自文件的 level 列。", "Kind read from the file's level column."
            ),
            kinds_said.index,
        )
        frame = frame.assign(kind=kinds_said.reindex(frame.index).astype(object))
        frame["kind"] = frame["kind"].where(frame["kind"].notna(), None)
    if not levels_said.empty:
        levels = frame["level"].where(frame["level"].notna(), levels_said)
        frame = frame.assign(level=levels.astype(object))
    return frame


def _as_kind(value: Any) -> str | None:
    if _missing(value):
        return None
    return _kind_word(value) or str(value)


def _kind_word(value: Any) -> str | None:
    try:
        return Kind.of(str(value)).value
    except ValueError:
        return None


def _level_word(value: Any) -> int | None:
    labels = {word: int(level) for level in Level for word in level.label}
    return labels.get(str(value).strip())


def _kind(code: str, name: str) -> str | None:
    found = codes.infer_kind(code, name)
    return found.value if found else None


def _parent(code: str, known: set[str]) -> str | None:
    """Return the nearest code above that is known, else the one the code names."""
    above = codes.ancestors(code)
    if not above:
        return None
    found = next((code for code in above if code in known), None)
    if found is None and Kind.MUNICIPALITY in codes.kind_range(above[-1]):
        return above[0] if codes.infer_level(above[0]) > Level.PREFECTURE else above[-1]
    return found or above[0]


def _completed(
    frame: gpd.GeoDataFrame, schema: LayerSchema, base: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Add the columns the file does not have, from the base where the key stands."""
    columns: dict[str, Any] = {}
    for item in schema.fields:
        if item.name in frame:
            columns[item.name] = frame[item.name].tolist()
        elif item.name in base:
            kept = base[item.name].reindex(frame.index).astype(object)
            columns[item.name] = kept.where(kept.notna(), None).tolist()
        else:
            columns[item.name] = [None] * len(frame)
    if "extra" in base:
        before = base["extra"].reindex(frame.index)
        extra = [
            {**(old if isinstance(old, dict) else {}), **new}
            for old, new in zip(before, frame["extra"], strict=True)
        ]
    else:
        extra = frame["extra"].tolist()
    columns["extra"] = extra
    table = pd.DataFrame(columns, index=frame.index, dtype=object)
    shapes: Any = frame.geometry
    if shapes.isna().all() and not base.empty:
        shapes = base.geometry.reindex(frame.index)
    return gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=crs.STORAGE)


def _missing(value: Any) -> bool:
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, float):
        return bool(np.isnan(value))
    return isinstance(value, str) and not value.strip()


def _json(value: Any) -> Any:
    """Return a value of a file as plain JSON."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)


def _number(record: Any) -> Any:
    return int(record) if isinstance(record, int | np.integer) else str(record)


def _first_reason(refused: list[dict[str, Any]]) -> Text | None:
    if not refused:
        return None
    first = refused[0]
    reason = first["reason"]
    return Text(
        f"第 {first['record']} 条：{reason['zh']}",
        f"Record {first['record']}: {reason['en']}",
    )
