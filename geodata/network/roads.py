"""A bureau's own road layer to streets: any format, noded and joined as it needs.

Such layers are drawn, not built as networks: lines cross without a vertex, ends stop
a little short, bridges pass over streets. Lines of one level that cross or touch are
made to meet there; ends are joined within a stated tolerance; lines of different
levels meet at their ends only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.errors import CRSError, FileRefusedError, InputError, Text
from geodata.files.geometry import HEIGHTS
from geodata.network import heights
from geodata.network.fields import Columns, columns_of
from geodata.network.noding import noded
from geodata.network.streets import Streets, no_streets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from geodata.files.limits import Limits
    from geodata.files.reading import Reading

SNAP_M = 0.5
"""Ends this near are one place: what digitising by hand misses."""
MOST_SNAP_M = 20.0


def read(
    path: Path,
    *,
    limits: Limits,
    name: str | None = None,
    layer: str | None = None,
    snap_m: float | None = None,
    fields: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    region: Any = None,
    progress: Callable[[float, str], None] | None = None,
) -> Streets:
    """Read a road layer; see :func:`geodata.network.intake.read_streets`."""
    from geodata import files

    def reading(chosen: str | None) -> tuple[gpd.GeoDataFrame, Any]:
        return files.read(
            path, name=name, layer=chosen, region=region,
            overrides={**(overrides or {}), "heights": True},
            limits=limits, progress=progress,
        )  # fmt: skip

    frame, said = reading(layer)
    if layer is None and not _lines(frame).any():
        lined = [
            each.name for each in said.layers if "line" in each.geometry_type.lower()
        ]
        if len(lined) == 1:
            frame, said = reading(lined[0])
        elif len(said.layers) > 1:
            raise _which(lined or [each.name for each in said.layers])
    if frame.crs is None:
        why = said.crs
        raise CRSError(
            Text(f"道路图层的坐标系无法确定。{why.evidence}。",
                 "The coordinate system of the road layer cannot be told. "
                 f"{why.evidence_en}."),
            Text("请在上传后的“道路图层的选项”中或用 --crs 指定坐标系代码，例如 4549。",
                 "Name it by its EPSG code in the form of the upload, or by --crs 4549 "
                 "and the like."),
        )  # fmt: skip
    made = of_frame(frame, snap_m=snap_m, fields=fields)
    told = [*_assumed(said), *made.told]
    if said.geometry.z_dropped and not made.told:
        lost = said.geometry.z_dropped
        told += [] if HEIGHTS in frame.columns else [heights.unread(lost)]
    return replace(made, told=tuple(told))


def _assumed(said: Reading) -> list[Text]:
    """Say which coordinate system was taken where the file did not declare one."""
    guessed = any(guess.what == "crs" for guess in said.guesses)
    if said.crs.epsg is None or not guessed:
        return []
    code, why = said.crs.epsg, said.crs
    return [
        Text(f"坐标系按 EPSG:{code} 采用。{why.evidence}。如不是，请在上传时或用 "
             "--crs 指定后重新建立。",
             f"The coordinate system is taken to be EPSG:{code}. {why.evidence_en}. If "
             "it is another, name it (--crs, or at the upload) and build again.")
    ]  # fmt: skip


def of_frame(
    frame: gpd.GeoDataFrame,
    *,
    snap_m: float | None = None,
    fields: Mapping[str, str] | None = None,
) -> Streets:
    """Return the streets of a frame of lines in any known coordinate system.

    Parameters
    ----------
    frame
        Lines; other geometries are left out and counted.
    snap_m
        Ends within this many metres are joined; None: :data:`SNAP_M`, 0: only those
        in the same place.
    fields
        ``{"class", "oneway", "level", "from_level", "to_level", "bridge",
        "tunnel", "foot": field}``; what is not said is found by usual names.

    Raises
    ------
    CRSError
        The frame has no coordinate system.
    FileRefusedError
        Not one usable line.
    InputError
        A field that is not there, or a tolerance that is none.
    """
    import shapely

    from geodata.crs import STORAGE, transform

    within = SNAP_M if snap_m is None else float(snap_m)
    if not (np.isfinite(within) and 0 <= within <= MOST_SNAP_M):
        raise InputError(
            Text(f"端点容差应在 0 至 {MOST_SNAP_M:g} 米之间。",
                 f"The tolerance of ends lies between 0 and {MOST_SNAP_M:g} m."),
        )  # fmt: skip
    degrees = transform(frame, STORAGE)
    kept = _lines(degrees)
    counts: dict[str, Any] = {"read": len(frame)}
    left: dict[str, int] = {}
    if not kept.all():
        left["no_line"] = int((~kept).sum())
    columns = columns_of(frame, fields)
    left |= columns.left_out(kept)
    kept &= columns.used
    counts["left_out"] = left
    if not kept.any():
        raise no_streets(counts)
    shapes = np.asarray(degrees.geometry.values)[kept]
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rows = np.flatnonzero(kept)[owner]
    sizes = shapely.get_num_coordinates(shapes)
    risen = heights.heights_of(frame, np.flatnonzero(kept), sizes)
    return _noded(parts, rows, np.asarray(frame.index), columns, within, counts, risen)


def _noded(
    parts: npt.NDArray[Any],
    rows: npt.NDArray[np.int64],
    records: npt.NDArray[Any],
    columns: Columns,
    within: float,
    counts: dict[str, Any],
    risen: heights.Heights | None,
) -> Streets:
    import shapely

    from geodata.crs import STORAGE, plane_at, transform_points

    xy, line = shapely.get_coordinates(parts, return_index=True)
    lon, lat = xy.T
    middle = (float((lon.min() + lon.max()) / 2), float((lat.min() + lat.max()) / 2))
    crs = f"EPSG:{plane_at(*middle)}"
    plane = np.column_stack(transform_points(lon, lat, STORAGE, crs))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(parts)))])
    level, start, stop = (
        each[rows] for each in (columns.level, columns.start, columns.stop)
    )
    levels = bool(level.any() or start.any() or stop.any())
    used = risen is not None and not levels
    made = noded(
        plane, offsets, level, start, stop, within,
        risen.z if risen is not None and used else None,
        heights.APART_M if used else np.inf,
    )  # fmt: skip
    if len(made.offsets) == 1:
        raise no_streets(counts)
    lon, lat = transform_points(made.xy[:, 0], made.xy[:, 1], crs, STORAGE)
    numbers = np.asarray(
        [int(r) if str(r).isdecimal() else at for at, r in enumerate(records)], np.int64
    )
    source = rows[made.line]
    none = np.empty(0, np.int64)
    return Streets(
        np.column_stack([lon, lat]),
        made.vertex,
        made.offsets,
        columns.kind[source],
        columns.oneway[source],
        numbers[source],
        none,
        none,
        none,
        source="roads",
        counts={**counts, **made.counts},
        told=() if risen is None else (_risen(risen, made.over, crs, levels=levels),),
    )


def _risen(
    risen: heights.Heights, places: npt.NDArray[Any], crs: str, *, levels: bool
) -> Text:
    from geodata.crs import STORAGE, transform_points

    lon, lat = transform_points(places[:, 0], places[:, 1], crs, STORAGE)
    return heights.said(risen.lines, np.column_stack([lon, lat]), levels=levels)


def _lines(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which records are lines with something in them."""
    import shapely

    values = np.asarray(frame.geometry.values)
    kind = shapely.get_type_id(values)
    lined: npt.NDArray[np.bool_] = np.isin(
        kind, (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    ) & ~shapely.is_empty(values)
    return lined


def _which(names: list[str]) -> FileRefusedError:
    listed = ", ".join(names[:20])
    return FileRefusedError(
        Text("文件有多个图层，请指明哪一个是道路。",
             "The file has several layers; say which one holds the roads."),
        Text(f"可选：{listed}。", f"There are: {listed}."),
        code="layer_needed",
    )  # fmt: skip
