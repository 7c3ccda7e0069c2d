"""The reading of a grid inside the guarded process: GeoTIFF in, arrays out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata import crs
from geodata.errors import FileRefusedError, Text
from geodata.files.grids import MOST_BANDS, MOST_CELLS, missed
from geodata.guard.report import progress


def work(
    source: str, areas: str, sizes: str, out: str, limits: dict[str, int]
) -> dict[str, Any]:
    """Sum a grid by areas and write the parts of its cells to ``out.npz``.

    Parameters
    ----------
    source, areas, sizes, out
        The grid, the areas as WKB one after the other, the length of each, and the
        name of the result, in the working folder.
    """
    import rasterio
    from rasterio.errors import RasterioError

    del limits  # they hold for the process
    shapes = _areas(Path(areas), Path(sizes))
    try:
        with rasterio.open(source, driver="GTiff") as grid:
            _require(grid)
            progress(0.2, "reading")
            found = _summed(grid, shapes)
            about = {
                "epsg": grid.crs.to_epsg(),
                "crs": crs.label(grid.crs.to_epsg()) if grid.crs.to_epsg() else "WKT",
                "width": grid.width,
                "height": grid.height,
                "bands": [
                    name or f"band_{at}" for at, name in enumerate(grid.descriptions, 1)
                ],
            }
    except RasterioError as error:
        raise FileRefusedError(
            Text("网格文件损坏或不是 GeoTIFF。", "The grid is damaged or no GeoTIFF."),
            Text("请重新导出为 GeoTIFF。", "Export it again as GeoTIFF."),
        ) from error
    progress(0.9, "handing over")
    arrays, told = found
    np.savez(f"{out}.npz", **arrays)
    return {**about, **told}


def _areas(path: Path, sizes: Path) -> Any:
    content, lengths = path.read_bytes(), np.load(sizes, allow_pickle=False)
    ends = np.cumsum(lengths)
    return shapely.from_wkb(
        [content[end - long : end] for end, long in zip(ends, lengths, strict=True)]
    )


def _require(grid: Any) -> None:
    if grid.width * grid.height > MOST_CELLS or grid.count > MOST_BANDS:
        raise FileRefusedError(
            Text(f"网格过大：{grid.width}×{grid.height}，{grid.count} 个波段。",
                 f"The grid is too large: {grid.width} × {grid.height}, {grid.count} "
                 "bands."),
            Text("请裁剪到辖区范围。", "Cut it to the territory."),
        )  # fmt: skip
    if grid.crs is None or grid.transform.is_identity:
        raise FileRefusedError(
            Text("网格没有坐标系或位置。", "The grid does not say where it lies."),
            Text("请导出带坐标系的 GeoTIFF。", "Export it with its coordinate system."),
        )
    if not all(np.issubdtype(np.dtype(kind), np.number) for kind in grid.dtypes):
        raise FileRefusedError(
            Text("网格的值不是数字。", "The values of the grid are no numbers.")
        )


def _summed(grid: Any, shapes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts of cells by area, and what lies in none."""
    import geopandas as gpd
    from exactextract import exact_extract

    frame = gpd.GeoDataFrame(
        {"area": np.arange(len(shapes))}, geometry=shapes, crs=crs.STORAGE
    )
    moved = frame.to_crs(grid.crs)
    answer = exact_extract(
        grid, moved, ["cell_id", "values", "coverage", "center_x", "center_y"],
        include_cols=["area"], output="pandas",
    )  # fmt: skip
    prefix = [f"band_{at}_" for at in range(1, grid.count + 1)]
    if grid.count == 1:
        prefix = [""]
    area, xy, counts, cell, full = [], [], [], [], []
    negative = 0
    for row in answer.to_dict("records"):
        known, parts, places, below = _parts(row, prefix)
        whole = _values(row, prefix[0], known)
        negative += below
        kept = (parts > 0).any(axis=1)
        area.append(np.full(int(kept.sum()), row["area"], np.int32))
        counts.append(parts[kept])
        xy.append(places[kept])
        cell.append(known[kept])
        full.append(whole[kept])
    where = np.concatenate(xy) if xy else np.empty((0, 2))
    points = gpd.GeoSeries(gpd.points_from_xy(*where.T), crs=grid.crs)
    lonlat = shapely.get_coordinates(points.to_crs(crs.STORAGE).to_numpy())
    arrays: dict[str, Any] = {
        "area": np.concatenate(area) if area else np.empty(0, np.int32),
        "lonlat": lonlat,
        "counts": np.concatenate(counts) if counts else np.empty((0, grid.count)),
    }
    arrays["missed"] = (
        missed(np.concatenate(cell), arrays["counts"][:, 0], np.concatenate(full))
        if cell
        else np.empty(0)
    )
    whole = _whole(grid)
    inside = float(arrays["counts"][:, 0].sum()) if len(arrays["area"]) else 0.0
    outside = max(0.0, 1 - inside / whole) if whole > 0 else 0.0
    return arrays, {"negative": negative, "outside": outside}


def _values(row: dict[str, Any], prefix: str, known: Any) -> Any:
    """Return what each of the cells holds of a band."""
    found = np.zeros(len(known))
    ids = np.asarray(row[f"{prefix}cell_id"], np.int64)
    values = np.nan_to_num(np.asarray(row[f"{prefix}values"], float))
    found[np.searchsorted(known, ids)] = np.maximum(values, 0.0)
    return found


def _parts(row: dict[str, Any], prefix: list[str]) -> tuple[Any, Any, Any, int]:
    """Return the cells of an area, what each band holds of them, and where they are.

    A cell without a value in one band is left out of that band's list alone.
    """
    ids = [np.asarray(row[f"{each}cell_id"], np.int64) for each in prefix]
    known = np.unique(np.concatenate(ids))
    parts, places = np.zeros((len(known), len(prefix))), np.zeros((len(known), 2))
    below = np.zeros(len(known), bool)
    for at, each in enumerate(prefix):
        cell = np.searchsorted(known, ids[at])
        values = np.nan_to_num(np.asarray(row[f"{each}values"], float))
        below[cell] |= values < 0
        share = np.asarray(row[f"{each}coverage"], float)
        parts[cell, at] = np.maximum(values, 0.0) * share
        places[cell, 0] = row[f"{each}center_x"]
        places[cell, 1] = row[f"{each}center_y"]
    return known, parts, places, int(below.sum())


def _whole(grid: Any) -> float:
    """Return the sum of the first band, window by window."""
    total = 0.0
    for _, window in grid.block_windows(1):
        block = grid.read(1, window=window, masked=True).astype(float)
        total += float(np.ma.filled(np.ma.masked_less(block, 0), 0.0).sum())
    return total
