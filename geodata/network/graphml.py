"""GraphML as OSMnx and networkx write it, to streets, inside the guarded process.

One pass with expat; a document type or an entity ends it. Nodes have ``x`` and
``y`` (or ``lon`` and ``lat``), edges may have a ``geometry`` written as WKT. Lengths
in the file are not believed: they are measured anew.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np

from geodata.crs import STORAGE, WGS84, transform_points
from geodata.errors import FileRefusedError, Text
from geodata.guard.report import progress
from geodata.network.osm import direction_of, use_of
from geodata.network.streets import Gathered, Streets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geodata.files.limits import Limits

_CHUNK = 1 << 20
_DEEPEST = 16
_LONGEST = 4 << 20
"""Characters of one value: a geometry of about 100,000 vertices."""
_LINE = re.compile(r"\s*LINESTRING\s*(?:Z|M|ZM)?\s*\(([^()]*)\)\s*", re.IGNORECASE)
_X, _Y = ("x", "lon", "longitude"), ("y", "lat", "latitude")
_LARGEST = 1e8


class _UnsafeError(Exception):
    """A document type or an entity was declared."""


def read(path: Path, limits: Limits) -> Streets:
    """Return the edges of a GraphML as streets that meet at their ends.

    Raises
    ------
    FileRefusedError
        Not GraphML, cut off, without positions, in an unknown coordinate system, or
        without an edge.
    LimitError
        Too large or too deep.
    """
    found = _Document(limits)
    found.parse(path)
    if found.nodes and not found.places:
        raise FileRefusedError(
            Text("GraphML 的节点没有坐标（x、y 或 lon、lat）。",
                 "The nodes of the GraphML have no positions (x and y, lon and lat)."),
            Text("请由带坐标的路网导出，例如 osmnx.save_graphml。",
                 "Export it from a network with positions, as osmnx.save_graphml."),
        )  # fmt: skip
    return _in_degrees(found.streets(), found.crs)


class _Document:
    """What was met on the way through the text."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.keys: dict[str, str] = {}
        self.crs = ""
        self.nodes = 0
        self.places: dict[str, tuple[int, float, float]] = {}
        self.signals: set[int] = set()
        self.crossings: set[int] = set()
        self.gathered = Gathered(limits)
        self.waiting: list[tuple[str, str, int, dict[str, str]]] = []
        self.counts: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self._depth = 0
        self._in: str | None = None
        self._about: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._key: str | None = None
        self._text: list[str] = []
        self._length = 0

    def parse(self, path: Path) -> None:
        """Go through the whole text."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except _UnsafeError:
            raise FileRefusedError(
                Text("XML 文件含有 DOCTYPE 或实体定义，出于安全不予读取。",
                     "The XML file declares a DOCTYPE or entities and is not read for "
                     "safety."),
                Text("请删除后重新导出。", "Remove them and export it again."),
            ) from None  # fmt: skip
        except expat.ExpatError as error:
            raise FileRefusedError(
                Text(f"XML 文件不完整或格式错误（第 {error.lineno} 行）。",
                     f"The XML file is cut off or not well formed (line "
                     f"{error.lineno})."),
                Text("请重新导出或重新上传。", "Export or send it again."),
            ) from error  # fmt: skip

    def streets(self) -> Streets:
        """Return the edges as streets; inner vertices are nobody's junction."""
        inner: dict[tuple[float, float], int] = {}
        for source, target, number, values in self.waiting:
            begin, end = self.places.get(source), self.places.get(target)
            if begin is None or end is None:
                self.left["unknown_node"] += 1
                continue
            kind, why = _use(values)
            if kind is None:
                self.left[why] += 1
                continue
            (first, *start), (last, *stop) = begin, end
            middle = _middle(values.get("geometry", ""), start, stop)
            xy = [start, *middle, stop]
            known = [inner.setdefault(p, -2 - len(inner)) for p in middle]
            if first == last and not middle:
                self.left["no_length"] += 1
                continue
            self.gathered.add(
                xy, [first, *known, last], kind=kind, oneway=_direction(values),
                record=number,
            )  # fmt: skip
        return self.gathered.streets(
            source="graphml",
            counts={**self.counts, "left_out": dict(self.left)},
            crossings=self.crossings,
            signals=self.signals,
            ends_only=True,
        )

    def _start(self, name: str, about: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.limits.exceeded("depth", f"> {_DEEPEST}")
        local = name.rpartition(":")[2]
        if local == "key":
            self.keys[about.get("id", "")] = about.get("attr.name", "")
            self.limits.check("columns", len(self.keys))
        elif local == "data":
            self._key, self._text, self._length = about.get("key", ""), [], 0
        elif local in {"node", "edge", "graph"}:
            self._in, self._about, self._values = local, about, {}

    def _data(self, text: str) -> None:
        if self._key is None:
            return
        self._length += len(text)
        if self._length > _LONGEST:
            raise self.limits.exceeded("text_kb", self._length >> 10)
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        local = name.rpartition(":")[2]
        if local == "data" and self._key is not None:
            word, value = self.keys.get(self._key, self._key), "".join(self._text)
            self._key = None
            if self._in == "graph" and word == "crs":
                self.crs = value.strip()
            self._values[word] = value
        elif local == "node" and self._in == "node":
            self._node()
            self._in = None
        elif local == "edge" and self._in == "edge":
            self._edge()
            self._in = None

    def _node(self) -> None:
        self.nodes += 1
        self.limits.check("records", self.nodes)
        x, y = _number(self._values, _X), _number(self._values, _Y)
        if x is None or y is None:
            return
        name, at = self._about.get("id", ""), len(self.places)
        self.places[name] = (at, x, y)
        said = self._values.get("highway", "")
        if "crossing" in said:
            self.crossings.add(at)
        elif "traffic_signals" in said:
            self.signals.add(at)

    def _edge(self) -> None:
        self.counts["read"] += 1
        self.limits.check("records", self.counts["read"])
        if self.counts["read"] % 20_000 == 0:
            progress(0.5, "reading")
        ends = self._about.get("source", ""), self._about.get("target", "")
        self.waiting.append((*ends, self.counts["read"], self._values))


def _refuse(*_: Any) -> None:
    raise _UnsafeError


def _number(values: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    for name in names:
        try:
            value = float(values[name])
        except (KeyError, ValueError):
            continue
        if abs(value) < _LARGEST:
            return value
    return None


def _use(values: Mapping[str, str]) -> tuple[int | None, str]:
    """Return the kind of edge; OSMnx writes several classes of one edge as a list."""
    said = re.findall(r"[a-z_]+", values.get("highway", "")) or ["road"]
    tags = {"highway": said[0]}
    for name in ("foot", "access", "motorroad"):
        words = re.findall(r"[a-z_]+", values.get(name, ""))
        if len(words) == 1:  # of several joined ways one may be open
            tags[name] = words[0]
    return use_of(tags)


def _direction(values: Mapping[str, str]) -> int:
    """Return the direction for vehicles; OSMnx turns one-ways along the edge."""
    said = values.get("oneway", "").strip().lower()
    return direction_of({"highway": "road", "oneway": said})


def _middle(
    text: str, start: list[float], stop: list[float]
) -> list[tuple[float, float]]:
    """Return the inner vertices of an edge written as WKT, from its source on."""
    found = _LINE.fullmatch(text)
    if found is None:
        return []
    try:
        points = [
            (float(x), float(y))
            for x, y, *_ in (pair.split() for pair in found.group(1).split(","))
        ]
    except ValueError:
        return []
    if not all(abs(x) < _LARGEST and abs(y) < _LARGEST for x, y in points):
        return []
    if len(points) < 2:
        return []
    if _apart(points[0], start) > _apart(points[-1], start):
        points.reverse()
    inner = points[1:-1]
    if len(points) == 2 and _apart(start, stop) == 0:
        return []
    return inner


def _apart(one: Any, other: Any) -> float:
    return float(abs(one[0] - other[0]) + abs(one[1] - other[1]))


def _in_degrees(streets: Streets, crs: str) -> Streets:
    """Return the streets in longitude and latitude; plane ones are transformed."""
    from dataclasses import replace

    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    x, y = streets.xy.T
    fits = bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all())
    try:
        said = CRS.from_user_input(crs) if crs and len(crs) < 10_000 else None
    except ProjError:
        said = None
    if said is None and not fits:
        raise FileRefusedError(
            Text("GraphML 的坐标不是经纬度，也没有注明坐标系。",
                 "The positions of the GraphML are no degrees, and its coordinate "
                 "system is not named."),
            Text("请在图的属性 crs 中写明，例如 epsg:4549。",
                 "Name it in the graph's attribute crs, for example epsg:4549."),
            code="crs",
        )  # fmt: skip
    if said is not None and said.is_geographic and not fits:
        raise FileRefusedError(
            Text(f"GraphML 注明为经纬度（{said.name}），坐标却不是经纬度。",
                 f"The GraphML says degrees ({said.name}), but its positions are "
                 "none."),
            Text("请核对图的属性 crs。", "Check the graph's attribute crs."),
            code="crs",
        )  # fmt: skip
    source = said if said is not None else CRS.from_epsg(WGS84)
    lon, lat = transform_points(x, y, source, STORAGE)
    return replace(streets, xy=np.column_stack([lon, lat]))
