"""Slopes: how much longer an edge takes uphill and downhill, from heights.

Walking speed follows Tobler's hiking function, 6 km/h x exp(-3.5 |S + 0.05|) with S
the slope in the direction of walking (W. Tobler, "Three presentations on geographical
analysis and modeling", NCGIA Technical Report 93-1, 1993). Only its shape is used: the
factor is 1 on level ground, so the speed asked for stays that of level ground.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodata import crs, guard
from geodata.errors import FileRefusedError, InputError, Text
from geodata.files.limits import OPERATOR, Limits
from geodata.network.graph import Climb
from geodata.network.spreading import points_along

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.graph import Floats, Network

STEP_M = 20.0
"""Heights are taken about this far apart: nearer, the noise of a fine model counts."""
STEEPEST = 0.5
"""Steeper is a wall, a bridge over a valley or an error, and counts as this."""
MOST_CELLS = 100_000_000
_PLACES, _HEIGHTS, _RASTER = "places.npy", "heights.npy", "raster"


def climb(network: Network, raster: str | Path, *, limits: Limits = OPERATOR) -> Climb:
    """Return how much longer the edges of a network take for their slopes.

    Parameters
    ----------
    raster
        Heights in metres with a coordinate system; the first band counts. Where it
        has none an edge counts as level; ``Climb.missing`` says for how much.

    Raises
    ------
    FileRefusedError
        The raster cannot be read, has no coordinate system, or does not meet the
        network at all.
    """
    edge, along, starts = _stations(network)
    heights = heights_at(network, points_along(network, edge, along), raster, limits)
    rise = np.diff(heights)
    run = np.diff(along)
    within = np.ones(len(edge), bool)
    within[starts[1:] - 1] = False  # from the end of one edge to the next
    step = np.flatnonzero(within[:-1])
    rise, run, owner = rise[step], run[step], edge[step]
    known = np.isfinite(rise) & (run > 0)
    slope = np.divide(rise, run, out=np.zeros(len(run)), where=known)
    slope = slope.clip(-STEEPEST, STEEPEST)
    count = network.edge_count
    length = np.bincount(owner, run, minlength=count)
    level = length <= 0
    factors = [
        np.where(
            level, 1.0, np.bincount(owner, run * pace(way), minlength=count)
            / np.where(level, 1.0, length),
        )
        for way in (slope, -slope)
    ]  # fmt: skip
    lost = float(run[~known].sum()) / max(float(run.sum()), 1e-9)
    if lost >= 1:
        raise FileRefusedError(
            Text("高程栅格与路网没有重叠。",
                 "The raster of heights does not meet the network."),
            Text("请核对栅格的范围与坐标系。",
                 "Check what the raster covers, and its coordinate system."),
        )  # fmt: skip
    return Climb(factors[0], factors[1], missing=lost)


def save(found: Climb, path: str | Path) -> None:
    """Write the factors of a network's edges."""
    with Path(path).open("wb") as file:
        np.savez(
            file, ahead=found.ahead, back=found.back, missing=np.array(found.missing)
        )  # fmt: skip


def load(path: str | Path) -> Climb:
    """Return factors as :func:`save` wrote them."""
    with np.load(path, allow_pickle=False) as kept:
        return Climb(kept["ahead"], kept["back"], float(kept["missing"]))


def pace(slope: npt.ArrayLike) -> Floats:
    """Return the time on a slope over that on level ground (Tobler 1993)."""
    steep = np.abs(np.asarray(slope, np.float64) + 0.05) - 0.05
    factor: Floats = np.exp(3.5 * steep)
    return factor


def heights_at(
    network: Network, xy: Floats, raster: str | Path, limits: Limits = OPERATOR
) -> Floats:
    """Return the heights at (p, 2) plane positions, nan where there is none.

    The raster is read in a guarded process; between cells heights are bilinear.
    """
    path = Path(raster)
    if not path.is_file():
        raise FileRefusedError(
            Text(f"找不到高程栅格 {path.name}。", f"There is no raster {path.name}."),
        )
    limits.check("file_mb", path.stat().st_size >> 20)
    lon, lat = crs.transform_points(xy[:, 0], xy[:, 1], network.crs)
    with tempfile.TemporaryDirectory(prefix="quhua-heights-") as private:
        folder = Path(private)
        shutil.copyfile(path, folder / (_RASTER + path.suffix))
        np.save(folder / _PLACES, np.column_stack([lon, lat]))
        guard.run(
            "geodata.network.slopes:work",
            _RASTER + path.suffix,
            limits=limits,
            workdir=folder,
        )
        heights: Floats = np.load(folder / _HEIGHTS, allow_pickle=False)
        return heights


def work(source: str) -> int:
    """Read heights inside the guarded process; return how many there are."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    lon, lat = np.load(_PLACES, allow_pickle=False).T
    try:
        with rasterio.open(source) as opened:
            if opened.crs is None:
                raise FileRefusedError(
                    Text("高程栅格没有坐标系。",
                         "The raster of heights has no coordinate system."),
                    Text("请用带坐标系的 GeoTIFF。",
                         "Give a GeoTIFF with a coordinate system."),
                )  # fmt: skip
            x, y = crs.transform_points(lon, lat, crs.STORAGE, opened.crs.to_wkt())
            column, row = ~opened.transform * (x, y)
            column, row = column - 0.5, row - 0.5
            left, top = (max(int(np.floor(_least(v))), 0) for v in (column, row))
            right = min(int(np.ceil(-_least(-column))) + 2, opened.width)
            bottom = min(int(np.ceil(-_least(-row))) + 2, opened.height)
            if right <= left or bottom <= top:
                heights = np.full(len(lon), np.nan)
            else:
                if (right - left) * (bottom - top) > MOST_CELLS:
                    raise InputError(
                        Text("高程栅格在路网范围内的像元过多。",
                             "The raster has too many cells over the network."),
                        Text("请先降低分辨率。", "Give a coarser one."),
                    )  # fmt: skip
                window = Window(left, top, right - left, bottom - top)
                band = opened.read(1, window=window, masked=True).astype(np.float64)
                heights = _between(band.filled(np.nan), column - left, row - top)
    except RasterioError as error:
        raise FileRefusedError(
            Text("高程栅格无法读取。", "The raster of heights cannot be read."),
            Text("请用 GeoTIFF。", "Give a GeoTIFF."),
        ) from error
    np.save(_HEIGHTS, heights)
    return len(heights)


def _least(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else 0.0


def _between(band: Floats, column: Floats, row: Floats) -> Floats:
    """Return bilinear values; nan beyond the band or beside a cell without one."""
    rows, columns = band.shape
    inside = (column >= 0) & (row >= 0) & (column <= columns - 1) & (row <= rows - 1)
    at_x = np.where(inside, column, 0.0)
    at_y = np.where(inside, row, 0.0)
    left = np.minimum(at_x.astype(np.int64), max(columns - 2, 0))
    top = np.minimum(at_y.astype(np.int64), max(rows - 2, 0))
    right, below = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    u, v = at_x - left, at_y - top
    upper = band[top, left] * (1 - u) + band[top, right] * u
    lower = band[below, left] * (1 - u) + band[below, right] * u
    return np.where(inside, upper * (1 - v) + lower * v, np.nan)


def _stations(
    network: Network,
) -> tuple[npt.NDArray[np.int32], Floats, npt.NDArray[np.int64]]:
    """Return places along every edge, tail and head included, equally far apart."""
    steps = np.maximum(np.round(network.length_m / STEP_M), 1).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(steps + 1)]).astype(np.int64)
    edge = np.repeat(np.arange(network.edge_count, dtype=np.int32), steps + 1)
    nth = np.arange(starts[-1]) - np.repeat(starts[:-1], steps + 1)
    along = network.length_m[edge] * nth / np.repeat(steps, steps + 1)
    return edge, along, starts
