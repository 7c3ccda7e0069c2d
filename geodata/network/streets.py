"""Streets as a source has them: lines with kinds, whose vertices have identities.

Every reader (OSM PBF, GraphML, a road layer) ends here and
:func:`geodata.network.building.build` begins here. Two lines meet where they share
a vertex identity and nowhere else, so a bridge passes over a street without joining
it whatever their coordinates say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.errors import FileRefusedError, Text
from geodata.network.graph import STREET, VEHICLE, WALK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geodata.files.limits import Limits

NOTHING_READ = Text(
    "请确认文件是道路数据（线），并检查导出时的图层与筛选条件。",
    "Check that the file holds roads (lines), and the layer and filter of the export.",
)
_ARRAYS = {
    "xy": np.float64, "vertex": np.int64, "offsets": np.int64, "kind": np.int8,
    "oneway": np.int8, "record": np.int64, "crossings": np.int64, "signals": np.int64,
    "closed": np.int64,
}  # fmt: skip
_SAID = "streets.json"
_MOST_SAID = 1 << 20
_NAMES = 200


@dataclass(frozen=True, eq=False)
class Streets:
    """Lines of one source, in degrees.

    Parameters
    ----------
    xy
        (k, 2) longitude and latitude of the vertices, line after line.
    vertex
        (k,) identity of each vertex; equal where lines share a point.
    offsets
        (m + 1,): line ``i`` is ``xy[offsets[i]:offsets[i + 1]]``.
    kind, oneway
        (m,) as of :class:`~geodata.network.graph.Network`.
    record
        (m,) what the source calls the line: way, record.
    crossings, signals, closed
        Identities of vertices where people wait to cross, where traffic is
        regulated, and where nobody passes.
    ends_only
        Whether lines meet at their ends only, shared vertices aside.
    source
        ``osm``, ``graphml`` or ``roads``.
    counts
        What was read, left out and mended, by a word each.
    told
        What people are told of the reading beside the counts.
    """

    xy: npt.NDArray[np.float64]
    vertex: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    oneway: npt.NDArray[np.int8]
    record: npt.NDArray[np.int64]
    crossings: npt.NDArray[np.int64]
    signals: npt.NDArray[np.int64]
    closed: npt.NDArray[np.int64]
    ends_only: bool = False
    source: str = "roads"
    counts: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return len(self.kind)


class Gathered:
    """Lines collected one by one by a reader, within limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.xy: list[npt.NDArray[np.float64]] = []
        self.vertex: list[npt.NDArray[np.int64]] = []
        self.kind: list[int] = []
        self.oneway: list[int] = []
        self.record: list[int] = []
        self.vertices = 0

    def add(
        self, xy: Any, vertex: Any, *, kind: int, oneway: int = 0, record: int = 0
    ) -> None:
        """Take a line of at least two vertices."""
        self.vertices += len(vertex)
        if self.vertices > self.limits.vertices:
            raise self.limits.exceeded("vertices", f"> {self.limits.vertices}")
        if len(self.kind) >= self.limits.records:
            raise self.limits.exceeded("records", f"> {self.limits.records}")
        self.xy.append(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
        self.vertex.append(np.asarray(vertex, dtype=np.int64))
        self.kind.append(kind)
        self.oneway.append(oneway)
        self.record.append(record)

    def streets(
        self,
        *,
        source: str,
        counts: Mapping[str, Any],
        crossings: Any = (),
        signals: Any = (),
        closed: Any = (),
        ends_only: bool = False,
    ) -> Streets:
        """Return what was collected; raise FileRefusedError where that is nothing."""
        if not self.kind:
            raise no_streets(counts)
        sizes = [len(each) for each in self.vertex]
        return Streets(
            np.concatenate(self.xy),
            np.concatenate(self.vertex),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.asarray(self.kind, dtype=np.int8),
            np.asarray(self.oneway, dtype=np.int8),
            np.asarray(self.record, dtype=np.int64),
            np.asarray(sorted(crossings), dtype=np.int64),
            np.asarray(sorted(signals), dtype=np.int64),
            np.asarray(sorted(closed), dtype=np.int64),
            ends_only,
            source,
            dict(counts),
        )


def no_streets(counts: Mapping[str, Any]) -> FileRefusedError:
    """Return the refusal of a source without a single street."""
    left = sum(value for value in dict(counts.get("left_out", {})).values())
    return FileRefusedError(
        Text(f"文件里没有可用的道路（读到 {counts.get('read', 0)} 条，"
             f"略去 {left} 条），无法建立路网。",
             f"The file holds no usable street ({counts.get('read', 0)} read, "
             f"{left} left out); there is no network to build."),
        NOTHING_READ,
        code="no_edges",
    )  # fmt: skip


def save(streets: Streets, folder: Path) -> None:
    """Write streets for the parent of a guarded process."""
    folder.mkdir(exist_ok=True)
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(streets, name))
    said = {
        "ends_only": streets.ends_only,
        "source": streets.source,
        "counts": streets.counts,
    }
    (folder / _SAID).write_text(json.dumps(said), encoding="utf-8")


def load(folder: Path) -> Streets:
    """Take over what a guarded process wrote, believing none of it.

    Raises
    ------
    FileRefusedError
        Arrays that do not fit together, or positions off the globe.
    """
    try:
        said = _said(folder / _SAID)
        arrays = {name: _array(folder, name, kind) for name, kind in _ARRAYS.items()}
        streets = Streets(
            **arrays,
            ends_only=bool(said["ends_only"]),
            source=str(said["source"])[:_NAMES],
            counts=_counts(said["counts"]),
        )
        require_sound(streets)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileRefusedError(
            Text("文件无法读取：内容损坏或不符合格式。",
                 "The file cannot be read: damaged or not what it claims to be."),
            Text("请检查并重新导出。", "Check it and export it again."),
        ) from error  # fmt: skip
    return streets


def _said(path: Path) -> dict[str, Any]:
    if path.is_symlink() or path.stat().st_size > _MOST_SAID:
        raise ValueError(path.name)
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _array(folder: Path, name: str, kind: Any) -> Any:
    path = folder / f"{name}.npy"
    if path.is_symlink():
        raise ValueError(name)
    found = np.load(path, allow_pickle=False)
    if found.dtype != kind or found.ndim != (2 if name == "xy" else 1):
        raise ValueError(name)
    return found


def _counts(said: Any) -> dict[str, Any]:
    """Return counts as counts: numbers by words, one level deep."""
    made: dict[str, Any] = {}
    for name, value in dict(said).items():
        if isinstance(value, dict):
            made[str(name)] = {str(k)[:_NAMES]: int(v) for k, v in value.items()}
        else:
            made[str(name)] = int(value)
    return made


def require_sound(streets: Streets) -> None:
    """Raise ValueError where the arrays contradict each other."""
    many, offsets = len(streets.kind), streets.offsets
    whole = (
        len(offsets) == many + 1
        and offsets[0] == 0
        and offsets[-1] == len(streets.vertex) == len(streets.xy)
        and streets.xy.shape[1:] == (2,)
        and len(streets.oneway) == len(streets.record) == many
        and bool((np.diff(offsets) >= 2).all())
        and bool(np.isin(streets.kind, (WALK, STREET, VEHICLE)).all())
        and bool(np.isin(streets.oneway, (-1, 0, 1)).all())
    )
    if not whole:
        raise ValueError("arrays")
    lon, lat = streets.xy.T
    if not ((np.abs(lon) <= 180).all() and (np.abs(lat) <= 90).all()):
        raise ValueError("positions")
