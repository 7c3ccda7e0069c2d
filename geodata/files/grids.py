"""Grids of counts (GeoTIFF): which cells lie in which area, and by what share.

The file is opened by the guarded process only. A cell that several areas share
belongs to each by the exact part of its ground (``exactextract``), so what the areas
sum up to is what the grid holds in them.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata import guard
from geodata.errors import FileRefusedError, InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.files.limits import Limits

MOST_CELLS = 200_000_000
MOST_BANDS = 16
_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
Floats = npt.NDArray[np.float64]
_EXACT = 1e-4
"""Shares of cells are no more exact than this."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Parts of cells, by area.

    Parameters
    ----------
    area
        (c,) which of the areas.
    lonlat
        (c, 2) middle of the whole cell, EPSG:4490.
    counts
        (c, bands) what of each band's value lies in the area.
    missed
        (c,) what of the first band's cell lies in no area, said once for each cell.
    bands
        Names of the bands as the file gives them, ``band_1`` where it gives none.
    about
        ``crs`` (words), ``width``, ``height``, ``outside`` (share of the first band's
        sum that no area holds), ``negative`` (cells left out for being below zero).
    """

    area: npt.NDArray[np.int32]
    lonlat: Floats
    counts: Floats
    missed: Floats
    bands: tuple[str, ...]
    about: dict[str, Any]


def is_grid(path: Path) -> bool:
    """Return whether a file begins as a TIFF does."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) in _MAGIC


def cells(
    path: Path,
    areas: npt.NDArray[Any],
    *,
    limits: Limits,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Cells:
    """Return what of a grid lies in areas.

    Parameters
    ----------
    areas
        Polygons, EPSG:4490.

    Raises
    ------
    FileRefusedError
        No GeoTIFF, damaged, over a limit, or without a place on the ground.
    InputError
        No area to sum it by, or nothing of it lies in any.
    """
    import shapely

    if not len(areas):
        raise InputError(
            Text("没有区划可供汇总网格。", "There is no division to sum the grid by."),
            Text("请先导入并发布区划。", "Import and publish divisions first."),
        )
    limits.check("file_mb", path.stat().st_size >> 20)
    with tempfile.TemporaryDirectory(prefix="quhua-grid-") as private:
        folder = Path(private)
        shutil.copyfile(path, folder / "in.tif")
        shapes = shapely.to_wkb(np.asarray(areas, dtype=object))
        (folder / "areas.bin").write_bytes(b"".join(shapes))
        np.save(folder / "sizes.npy", np.array([len(each) for each in shapes]))
        about = guard.run(
            "geodata.files.grid_worker:work", "in.tif", "areas.bin", "sizes.npy", "out",
            asdict(limits), limits=limits, workdir=folder, cancel=cancel,
            progress=progress,
        ).value  # fmt: skip
        return _taken(folder / "out.npz", about, len(areas))


def missed(cell: npt.NDArray[Any], part: Floats, whole: Floats) -> Floats:
    """Return what of each cell no area holds, beside the largest of its parts.

    Parameters
    ----------
    cell
        (c,) which cell each part is of.
    part, whole
        (c,) what of the cell lies in the area, and all of it.
    """
    found = np.zeros(len(cell))
    if not len(cell):
        return found
    order = np.lexsort((-part, cell))
    first = order[np.r_[True, cell[order][1:] != cell[order][:-1]]]
    _, at = np.unique(cell, return_inverse=True)
    rest = whole[first] - np.bincount(at, part)
    found[first] = np.where(rest > _EXACT * whole[first], rest, 0.0)
    return found


def _taken(path: Path, about: Any, count: int) -> Cells:
    """Return what the worker wrote, held against what it must be."""
    try:
        with np.load(path, allow_pickle=False) as found:
            area = found["area"].astype(np.int32)
            lonlat = found["lonlat"].astype(np.float64).reshape(-1, 2)
            bands = tuple(str(name)[:100] for name in about["bands"])
            counts = found["counts"].astype(np.float64).reshape(len(area), len(bands))
            missed = found["missed"].astype(np.float64).reshape(len(area))
        fits = (
            len(lonlat) == len(area)
            and (not len(area) or (area.min() >= 0 and area.max() < count))
            and all(np.isfinite(each).all() for each in (lonlat, counts, missed))
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged() from error
    if not fits:
        raise _damaged()
    if not len(area):
        raise InputError(
            Text("网格与区划没有重叠，或其中没有人。",
                 "The grid does not meet any division, or nobody is in it."),
            Text("请核对坐标系和范围。", "Check its coordinate system and extent."),
        )  # fmt: skip
    return Cells(area, lonlat, counts, missed, bands, dict(about))


def _damaged() -> FileRefusedError:
    return FileRefusedError(
        Text("网格文件无法读取。", "The grid cannot be read."),
        Text("请重新导出为 GeoTIFF。", "Export it again as GeoTIFF."),
    )
