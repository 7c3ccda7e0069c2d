"""A layer as its file has it: its own coordinates and columns, nothing moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from geodata.crs import WGS84
from geodata.crs.declared import read_declared
from geodata.errors import CRSError, FileRefusedError, Text
from geodata.files import fields
from geodata.files.reader import read_raw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from geodata.files.limits import Limits
    from geodata.files.reading import Refusal

KEY = "record"
"""The column that names records of a file without codes: ``#1``, ``#2``…"""


@dataclass(frozen=True)
class AsIs:
    """A layer in the file's CRS (or none), and what was left out of it.

    ``key`` is the column that holds the codes (:data:`KEY` when the file has
    none), ``name`` that of the names, or None.
    """

    frame: gpd.GeoDataFrame
    key: str
    name: str | None
    layer: str
    refused: tuple[Refusal, ...]


def read_as_is(
    path: Path,
    *,
    limits: Limits,
    layer: str | None = None,
    key: str | None = None,
    crs: Any = None,
    encoding: str | None = None,
    aliases: Mapping[str, str] | None = None,
) -> AsIs:
    """Read a layer without interpreting its coordinates.

    Parameters
    ----------
    key
        Column of the file with the units' codes; None to find it.
    crs
        In place of what the file declares.
    aliases
        See :func:`geodata.files.read`.

    Raises
    ------
    FileRefusedError
        As :func:`geodata.files.read`, and when the file has no column ``key``.
    CRSError
        When coordinates are no degrees although the CRS says so.
    """
    overrides = {"encoding": encoding} if encoding else {}
    raw = read_raw(path, layer=layer, overrides=overrides, limits=limits)
    frame = raw.frame
    if raw.axis_swapped:
        turned = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
        frame = frame.set_geometry(turned, crs=None)
    declared = crs or raw.crs_wkt or (WGS84 if raw.implied else None)
    known = read_declared(declared).crs if declared else None
    if known is not None:
        frame = frame.set_crs(known, allow_override=True)
    _require_degrees(frame)
    attributes = frame.drop(columns=frame.geometry.name)
    ours = {
        mine: theirs
        for theirs, mine in fields.match(
            attributes.columns, attributes.head(200), aliases=aliases
        ).items()
    }
    chosen = key or ours.get("code")
    if chosen is None:
        frame = frame.assign(**{KEY: [f"#{number}" for number in frame.index]})
        chosen = KEY
    if chosen not in frame.columns:
        raise _no_column(chosen, list(map(str, attributes.columns)))
    return AsIs(frame, chosen, ours.get("name"), raw.layer, raw.refused)


def _require_degrees(frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None or not frame.crs.is_geographic or not len(frame):
        return
    _, south, _, north = frame.total_bounds
    if max(abs(south), abs(north)) > 90.0:
        raise CRSError(
            Text(
                f"坐标系为经纬度，但纬度达到 {max(south, north, key=abs):.3f}。",
                "The CRS is longitude and latitude, yet a latitude is "
                f"{max(south, north, key=abs):.3f}.",
            ),
            Text(
                "经纬度可能颠倒，或坐标系有误：用 --crs 指明实际坐标系。",
                "Longitude and latitude may be swapped, or the CRS is wrong: name "
                "the true one with --crs.",
            ),
        )


def _no_column(column: str, have: list[str]) -> FileRefusedError:
    return FileRefusedError(
        Text(f"文件里没有字段 {column}。", f"The file has no field {column}."),
        Text(f"可用字段：{'、'.join(have)}。", f"Its fields: {', '.join(have)}."),
    )
