"""Move a frame by a known shift or by metres."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs import gcj
from geodata.crs.measure import meridian_m, parallel_m
from geodata.crs.transform import require, transform
from geodata.crs.zones import STORAGE
from geodata.errors import CRSError, Text
from geodata.files.reading import Shift

Floats: TypeAlias = npt.NDArray[np.float64]
Move: TypeAlias = Callable[[Floats], Floats]


class Known(NamedTuple):
    """A shift with a name, as it would be applied to the file."""

    kind: str
    suspect: str
    forward: gcj.Shifter
    inverse: gcj.Shifter


KNOWN = (
    Known("gcj02", "file", gcj.gcj02_to_wgs84, gcj.wgs84_to_gcj02),
    Known("gcj02", "reference", gcj.wgs84_to_gcj02, gcj.gcj02_to_wgs84),
    Known("bd09", "file", gcj.bd09_to_wgs84, gcj.wgs84_to_bd09),
    Known("bd09", "reference", gcj.wgs84_to_bd09, gcj.bd09_to_wgs84),
    Known("bd09", "unknown", gcj.bd09_to_gcj02, gcj.gcj02_to_bd09),
    Known("bd09", "unknown", gcj.gcj02_to_bd09, gcj.bd09_to_gcj02),
)


NAMES = {
    "gcj02": Text("GCJ-02（火星坐标）", "GCJ-02"),
    "bd09": Text("BD-09（百度坐标）", "BD-09"),
    "translation": Text("整体平移", "a translation"),
}
SUSPECTS = {
    "file": Text("疑本文件", "suspect: this file"),
    "reference": Text("疑参考图层", "suspect: the reference"),
    "unknown": Text("哪一方偏移无法判断", "which of the two is off is not known"),
}


def apply_shift(
    frame: gpd.GeoDataFrame, shift: Shift | str | dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return a frame moved by a shift, in its own CRS, index unchanged.

    Parameters
    ----------
    frame
        With a CRS.
    shift
        ``"gcj02"`` or ``"bd09"``: the frame is in these and is brought back;
        ``{"dx_m": …, "dy_m": …}``: metres to add, east and north; or a
        :class:`~geodata.files.reading.Shift`, which is applied so that the
        frame meets the reference.

    Raises
    ------
    CRSError
        When the frame has no CRS or the shift is none of these.
    """
    crs = require(frame)
    move = _move_of(shift)
    lonlat = transform(frame, STORAGE)
    moved = shapely.transform(lonlat.geometry.to_numpy(), move)
    series = gpd.GeoSeries(
        moved, index=frame.index, name=frame.geometry.name, crs=STORAGE
    )
    return transform(lonlat.set_geometry(series), crs)


def _move_of(shift: Shift | str | dict[str, Any]) -> Move:
    if isinstance(shift, str):
        kind, suspect = shift, "file"
    elif isinstance(shift, Shift):
        kind, suspect = shift.kind, shift.suspect
    else:
        kind, suspect = "translation", "file"
    for known in KNOWN:
        if (known.kind, known.suspect) == (kind, suspect) and suspect != "unknown":
            return as_move(known.forward)
    east_m, north_m = _metres(shift)

    def move(points: Floats) -> Floats:
        return translate(points, east_m, north_m)

    return move


def as_move(shifter: gcj.Shifter) -> Move:
    """Return a shifter of coordinates as a move of points of shape (n, 2)."""

    def move(points: Floats) -> Floats:
        return np.column_stack(shifter(points[:, 0], points[:, 1]))

    return move


def _metres(shift: Shift | str | dict[str, Any]) -> tuple[float, float]:
    if isinstance(shift, Shift):
        return shift.dx_m, shift.dy_m
    if isinstance(shift, dict) and {"dx_m", "dy_m"} <= shift.keys():
        east, north = float(shift["dx_m"]), float(shift["dy_m"])
        if np.isfinite([east, north]).all():
            return east, north
    raise CRSError(
        Text(
            zh=f"不认识偏移“{shift}”。",
            en=f"The shift {shift!r} is not known.",
        ),
        Text(
            zh="请写 gcj02、bd09，或给出 dx_m 与 dy_m（米，向东、向北为正）。",
            en="Use gcj02, bd09, or dx_m and dy_m in metres, east and north.",
        ),
    )


def translate(points: Floats, east_m: float, north_m: float) -> Floats:
    """Return points (degrees) moved by metres, east and north positive."""
    lat = points[:, 1]
    moved: Floats = points + np.column_stack(
        [east_m / parallel_m(lat), north_m / meridian_m(lat)]
    )
    return moved
