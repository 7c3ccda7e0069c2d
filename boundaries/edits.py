"""Edits of the map as they come from a browser: bounded, finite, in place.

The one reader of geometry that a request brings. Nothing of it reaches a parser of
GeoJSON, WKT or WKB: text is measured before it is parsed (length, depth), names
are known or refused, and coordinates become numpy arrays of which shapely builds
lines. What passes is one of the operations below.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from boundaries import codes
from geodata import regions
from geodata.errors import InputError, LimitError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

MOST_BYTES = 2_000_000
MOST_DEPTH = 8
MOST_VERTICES = 20_000
MOST_BORDERS = 200
MOST_LINE = 2_000
MOST_UNITS = 50
LONGEST_TEXT = 2_000
CHINA = (73.0, 3.0, 136.0, 54.0)
"""Extent of the country in degrees, where the bureau's own is not set."""
MARGIN_DEG = 0.5


@dataclass(frozen=True)
class Move:
    """Draw borders anew. ``units`` are those whose borders were shown."""

    units: tuple[str, ...]
    borders: dict[str, NDArray[np.float64]]
    outer: bool = False


@dataclass(frozen=True)
class Split:
    """Cut a unit; ``parts`` names the pieces in order, empty: only propose."""

    unit: str
    line: NDArray[np.float64]
    parts: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Merge:
    """Join units into the one that goes on."""

    units: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class Assign:
    """Give a unit below, one piece of a unit, a gap or an overlap to a unit."""

    what: str
    to: str
    unit: str = ""
    place: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True)
class Attributes:
    """Write attributes of one unit."""

    unit: str
    words: dict[str, Any]


Operation: TypeAlias = Move | Split | Merge | Assign | Attributes

PIECES = ("unit", "part", "gap", "overlap")
WRITABLE = ("name", "kind", "seat", "pinyin", "area_official_km2", "population",
            "enclave", "remark", "parent")  # fmt: skip
"""Attributes of divisions that the editor may write; code and level it may not."""


def parse(body: bytes, *, region: str = "") -> tuple[int | None, Operation]:
    """Return the revision an edit was made on, and the edit.

    Parameters
    ----------
    body
        ``{"rev": 3, "operation": {"op": "move", …}}`` as bytes, whatever they are.
    region
        Code of the bureau's territory; places must lie in its extent.

    Raises
    ------
    InputError
        Naming what is wrong and where.
    LimitError
        When it is too long, too deep or has too many vertices.
    """
    document = _object(_json(body), "", {"rev", "operation"})
    rev = document.get("rev")
    if rev is not None and (not isinstance(rev, int) or isinstance(rev, bool)):
        raise _wrong("rev", Text("应为整数", "must be a whole number"))
    said = document.get("operation")
    if not isinstance(said, dict):
        raise _wrong("operation", Text("应为对象", "must be an object"))
    name = said.get("op")
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        known = ", ".join(_READERS)
        raise _wrong("op", Text(f"应为 {known} 之一", f"must be one of {known}"))
    return rev, reader(said, _Ground(region))


class _Ground:
    """Where places may lie, and how many vertices are left."""

    def __init__(self, region: str) -> None:
        known = regions.resolve(region) if region else None
        west, south, east, north = known or CHINA
        margin = MARGIN_DEG if known else 0.0
        self.low = np.array([west - margin, south - margin])
        self.high = np.array([east + margin, north + margin])
        self.left = MOST_VERTICES

    def line(self, value: Any, where: str, least: int = 2) -> NDArray[np.float64]:
        """Return ``[[x, y], …]`` as an array, checked."""
        if not isinstance(value, list) or len(value) < least:
            raise _wrong(
                where,
                Text(f"应为至少 {least} 个坐标", f"must be {least} places or more"),
            )
        self.left -= len(value)
        if self.left < 0:
            raise _too_many(Text("顶点", "vertices"), MOST_VERTICES)
        for at, place in enumerate(value):
            if not _is_place(place):
                raise _wrong(
                    f"{where}[{at}]",
                    Text("应为 [经度, 纬度] 两个有限数", "must be two finite numbers"),
                )
        xy = np.array(value, dtype=float)
        outside = np.flatnonzero(((xy < self.low) | (xy > self.high)).any(axis=1))
        if len(outside):
            at = int(outside[0])
            x, y = xy[at].tolist()
            raise _wrong(
                f"{where}[{at}]",
                Text(
                    f"（{x:.6g}, {y:.6g}）在辖区范围之外",
                    f"({x:.6g}, {y:.6g}) lies outside",
                ),
            )
        return xy

    def place(self, value: Any, where: str) -> tuple[float, float]:
        """Return one place, checked."""
        x, y = self.line([value], where, least=1)[0].tolist()
        return x, y


def _move(said: dict[str, Any], ground: _Ground) -> Move:
    _object(said, "", {"op", "units", "borders", "outer"})
    outer = said.get("outer", False)
    if not isinstance(outer, bool):
        raise _wrong("outer", Text("应为 true 或 false", "must be true or false"))
    borders = said.get("borders")
    if not isinstance(borders, list) or not borders:
        raise _wrong("borders", Text("应为非空数组", "must be a list of borders"))
    if len(borders) > MOST_BORDERS:
        raise _too_many(Text("界线", "borders"), MOST_BORDERS)
    drawn: dict[str, NDArray[np.float64]] = {}
    for at, item in enumerate(borders):
        where = f"borders[{at}]"
        border = _object(item, where, {"id", "coordinates"})
        name = border.get("id")
        if not isinstance(name, str) or not re.fullmatch("[0-9a-f]{24}", name):
            raise _wrong(f"{where}.id", Text("不是界线编号", "is no border's id"))
        if name in drawn:
            raise _wrong(f"{where}.id", Text("重复", "is there twice"))
        drawn[name] = ground.line(border.get("coordinates"), f"{where}.coordinates")
    return Move(_codes(said.get("units"), "units"), drawn, outer)


def _split(said: dict[str, Any], ground: _Ground) -> Split:
    _object(said, "", {"op", "unit", "line", "parts"})
    parts = said.get("parts", [])
    if not isinstance(parts, list) or len(parts) > MOST_UNITS:
        raise _wrong("parts", Text("应为数组", "must be a list"))
    named = []
    for at, item in enumerate(parts):
        where = f"parts[{at}]"
        part = _object(item, where, {"code", "name", "kind"})
        code = _code(part.get("code"), f"{where}.code")
        words = {k: _text(part.get(k, ""), f"{where}.{k}") for k in ("name", "kind")}
        named.append({"code": code, **words})
    line = ground.line(said.get("line"), "line")
    if len(line) > MOST_LINE:
        raise _too_many(Text("分割线的点", "points of a line"), MOST_LINE)
    return Split(_code(said.get("unit"), "unit"), line, tuple(named))


def _merge(said: dict[str, Any], ground: _Ground) -> Merge:  # noqa: ARG001
    _object(said, "", {"op", "units", "into"})
    units, into = _codes(said.get("units"), "units"), _code(said.get("into"), "into")
    if into not in units:
        raise _wrong("into", Text("应是参与合并的单位", "must be one of the units"))
    return Merge(units, into)


def _assign(said: dict[str, Any], ground: _Ground) -> Assign:
    _object(said, "", {"op", "what", "to", "unit", "place"})
    what = said.get("what")
    if what not in PIECES:
        known = ", ".join(PIECES)
        raise _wrong("what", Text(f"应为 {known} 之一", f"must be one of {known}"))
    unit = _code(said["unit"], "unit") if said.get("unit") else ""
    if not unit and what != "gap":
        raise _wrong("unit", Text("不能为空", "must be given"))
    place = said.get("place")
    if place is None and what != "unit":
        raise _wrong("place", Text("不能为空", "must be given"))
    to = _code(said.get("to"), "to")
    if place is None:
        return Assign(what, to, unit)
    return Assign(what, to, unit, ground.place(place, "place"))


def _attributes(said: dict[str, Any], ground: _Ground) -> Attributes:  # noqa: ARG001
    _object(said, "", {"op", "unit", "values"})
    values = _object(said.get("values"), "values", set(WRITABLE))
    if not values:
        raise _wrong("values", Text("不能为空", "must not be empty"))
    for name, value in values.items():
        if isinstance(value, str):
            _text(value, f"values.{name}")
        elif not (value is None or isinstance(value, bool | int | float)):
            raise _wrong(f"values.{name}", Text("类型不对", "is of the wrong type"))
    return Attributes(_code(said.get("unit"), "unit"), values)


_READERS: dict[str, Callable[[dict[str, Any], _Ground], Operation]] = {
    "move": _move,
    "split": _split,
    "merge": _merge,
    "assign": _assign,
    "attributes": _attributes,
}


def _json(body: bytes) -> Any:
    """Return a JSON value that was measured before it was parsed."""
    if len(body) > MOST_BYTES:
        raise _too_many(Text("字节", "bytes"), MOST_BYTES)
    if _depth(body) > MOST_DEPTH:
        raise _too_many(Text("层嵌套", "levels of nesting"), MOST_DEPTH)
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            Text("编辑内容不是有效的 JSON。", "The edit is not valid JSON."),
            Text("请刷新页面后重做。", "Reload the page and do it again."),
        ) from error


def _depth(body: bytes) -> int:
    """Return how deep brackets nest, outside of strings; flat, never recursive."""
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"?', b"", body, flags=re.DOTALL)
    text = np.frombuffer(bare, dtype=np.uint8)
    opens = np.isin(text, [ord("["), ord("{")]).astype(np.int32)
    closes = np.isin(text, [ord("]"), ord("}")]).astype(np.int32)
    depth = np.cumsum(opens - closes)
    return int(depth.max()) if len(depth) else 0


def _no_constant(word: str) -> Any:
    raise _wrong(word, Text("不是有限的数", "is no finite number"))


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(
            isinstance(part, int | float)
            and not isinstance(part, bool)
            and abs(part) < 1e9
            and math.isfinite(part)
            for part in value
        )
    )


def _object(value: Any, where: str, known: Collection[str]) -> dict[str, Any]:
    """Return an object that has no names but those known."""
    if not isinstance(value, dict):
        raise _wrong(where or "body", Text("应为对象", "must be an object"))
    unknown = sorted(set(value) - set(known))
    if unknown:
        named = ", ".join(name[:40] for name in unknown[:5])
        raise _wrong(
            where or "operation",
            Text(f"有未知项 {named}", f"has unknown names: {named}"),
        )
    return value


def _codes(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_UNITS:
        raise _wrong(
            where,
            Text(f"应为 1 至 {MOST_UNITS} 个代码", f"must be 1 to {MOST_UNITS} codes"),
        )
    found = [_code(item, f"{where}[{at}]") for at, item in enumerate(value)]
    return tuple(dict.fromkeys(found))


def _code(value: Any, where: str) -> str:
    if not isinstance(value, str) or not codes.is_code(value):
        raise _wrong(where, Text("不是区划代码", "is no division code"))
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise _wrong(
            where,
            Text(
                f"应为不超过 {LONGEST_TEXT} 字的文字",
                f"must be text up to {LONGEST_TEXT}",
            ),
        )
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", value):
        raise _wrong(where, Text("含控制字符", "has control characters"))
    return value.strip()


def _wrong(where: str, what: Text) -> InputError:
    return InputError(
        Text(f"{where}：{what.zh}。", f"{where} {what.en}."),
        Text("请更正后重试。", "Correct it and try again."),
        code="edit",
    )


def _too_many(what: Text, most: int) -> LimitError:
    return LimitError(
        Text(
            f"一次编辑最多 {most} 个{what.zh}。",
            f"One edit has {most} {what.en} at most.",
        ),
        Text("请分几次编辑，或用文件导入。", "Edit in steps, or import a file."),
        setting="editing.vertices",
    )
