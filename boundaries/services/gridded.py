"""Population by grid: cells become counts of divisions, and places within them.

A cell of a GeoTIFF or a polygon counts for each of the lowest divisions by the share
of its ground that lies there, a point for the one it lies in. The cells stay with the
division as the places its people are at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.services.counts import COUNTS, NAMES, Faults
from boundaries.services.counts import Method as Counted
from geodata import crs
from geodata.errors import ForbiddenError, InputError, Text
from geodata.files.grids import missed
from geodata.files.reading import (
    CRSChoice,
    Encoding,
    GeometryNotes,
    Layer,
    Reading,
    Records,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from geodata.files.limits import Limits

PLACED = ("total", "aged_60", "aged_65", "aged_80")
"""Groups whose cells are kept as places, in their order."""
MOST_PEOPLE = 1e10
"""No count of people, and no weight of a place they live at, is as large."""
_MANY = 20


def read_grid(
    path: Path,
    name: str,
    divisions: gpd.GeoDataFrame | None,
    *,
    limits: Limits,
    fields: Mapping[str, str] | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Return a GeoTIFF of counts as rows by division, and how it was understood.

    Parameters
    ----------
    divisions
        Whose lowest units the grid is summed by.
    fields
        ``{band: ours}``; a band is called by its description, else ``band_1`` …;
        the first is the total unless something is said.
    """
    from geodata.files import grids

    units = None if divisions is None else lowest(divisions)
    shapes = np.empty(0, object) if units is None else units.geometry.to_numpy(object)
    found = grids.cells(
        path, shapes, limits=limits, cancel=cancel, progress=progress
    )  # fmt: skip
    named = _bands(found.bands, fields or {})
    columns = {ours: found.counts[:, at] for at, ours in named.items()}
    frame = _by_division(
        np.asarray(units.index if units is not None else [])[found.area],
        found.lonlat, columns, found.missed,
    )  # fmt: skip
    about = found.about
    notes = [
        Text(
            f"{about['width']}×{about['height']} 格，按面积占比（exactextract）汇总到 "
            f"{len(frame)} 个单位；值按每格人数理解，不是密度。",
            f"{about['width']} × {about['height']} cells, summed by share of area "
            f"(exactextract) over {len(frame)} units; values are taken as people a "
            "cell, not as density.",
        )
    ]
    if about["outside"] > 0.0005:
        notes.append(
            Text(f"{about['outside']:.1%} 的人数在所有区划之外，未计入。",
                 f"{about['outside']:.1%} of the people lie outside every division "
                 "and are left out.")
        )  # fmt: skip
    if about["negative"]:
        notes.append(
            Text(f"{about['negative']} 格为负值，按无人处理。",
                 f"{about['negative']} cells are below zero and taken as empty.")
        )  # fmt: skip
    reading = Reading(
        driver="GTiff",
        layers=(Layer(name, "Raster", len(frame)),),
        layer=name,
        encoding=Encoding("utf-8", "网格没有文字", 1.0, "a grid has no text"),
        fields={found.bands[at]: ours for at, ours in named.items()},
        crs=CRSChoice(about["epsg"], f"文件声明：{about['crs']}", 1.0,
                      evidence_en=f"declared: {about['crs']}"),
        axis_swapped=False,
        shift=None,
        geometry=GeometryNotes(),
        records=Records(len(frame), len(frame)),
        bounds=None,
        notes=tuple(note._asdict() for note in notes),
    )  # fmt: skip
    return frame, reading


def from_cells(
    frame: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Faults]:
    """Return cells or points with counts as rows by division, and the faults.

    Parameters
    ----------
    frame
        Polygons or points with our columns, EPSG:4490; the index is the record.
    divisions
        With shapes; the lowest are summed by.
    """
    faults = Faults()
    names = [name for name in COUNTS if name in frame]
    if not names:
        raise InputError(
            Text("网格中没有一列是人数。", "No column of the grid holds counts."),
            Text("请用 --map 指定，例如 --map pop=total；如是居住区，把建筑面积或户数"
                 "一列指定为 weight，现有合计人口即按其分摊。",
                 "Name it, for example --map pop=total; of residential areas name "
                 "floor space or dwellings as weight: totals stored are shared out."),
        )  # fmt: skip
    counts = frame[names].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    refuse_person_points(frame, counts)
    shapes = frame.geometry.to_numpy(object)
    usable = usable_shapes(frame, faults) & _usable_counts(frame, counts, faults)
    kept = np.flatnonzero(usable)
    units = lowest(divisions)
    cell, unit, share = _shares(shapes[kept], units.geometry.to_numpy(object))
    for at in np.setdiff1d(np.arange(len(kept)), cell):
        faults.refuse(
            frame.index[kept[at]],
            Text("不在任何区划之内，未计入。请核对位置或坐标系。",
                 "Outside every division; left out. Check its position or the "
                 "coordinate system."),
        )  # fmt: skip
    if not len(cell):
        raise InputError(
            Text("网格与区划没有重叠。", "The grid does not meet any division."),
            Text("请核对坐标系和范围。", "Check its coordinate system and extent."),
        )
    whole = np.nan_to_num(counts)[kept[cell]]
    parts = whole * share[:, None]
    first = names.index("total") if "total" in names else 0
    lost = missed(cell, parts[:, first], whole[:, first])
    middles = shapely.get_coordinates(shapely.centroid(shapes[kept[cell]]))
    columns = {name: parts[:, at] for at, name in enumerate(names)}
    made = _by_division(units.index.to_numpy(object)[unit], middles, columns, lost)
    _say_beyond(made.set_index("division")["outside"].dropna(), faults)
    return made, faults


def _say_beyond(lost: pd.Series[Any], faults: Faults) -> None:
    """Note whose cells lie partly outside every division."""
    people = int(lost.sum())
    why = Text(f"边界上的网格单元部分在所有区划之外，共 {people} 人未计入。",
               f"Cells on its border lie partly outside every division; {people} "
               "people there are left out.")  # fmt: skip
    for division in lost.index:
        faults.mend("outside", why, str(division))


def lowest(divisions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the divisions that have a shape and none below them."""
    parents = {str(each) for each in divisions["parent"].dropna()}
    shaped = divisions.geometry.notna() & ~divisions.geometry.is_empty
    return divisions[shaped & ~divisions.index.isin(parents)]


def _bands(bands: tuple[str, ...], fields: Mapping[str, str]) -> dict[int, str]:
    """Return which band is which of ours."""
    known = {theirs: ours for ours, listed in NAMES.items() for theirs in listed}
    found: dict[int, str] = {}
    for at, name in enumerate(bands):
        ours = fields.get(name) or fields.get(f"band_{at + 1}") or known.get(name)
        if ours is None and at == 0 and not fields:
            ours = "total"
        if ours in COUNTS and ours not in found.values():
            found[at] = ours
    if not found:
        raise InputError(
            Text(f"没有一个波段是人数：{'、'.join(bands)}。",
                 f"No band holds counts: {', '.join(bands)}."),
            Text("请用 --map 指定，例如 --map band_1=total。",
                 "Name it, for example --map band_1=total."),
        )  # fmt: skip
    return found


def refuse_person_points(frame: gpd.GeoDataFrame, counts: Any) -> None:
    """Refuse points that are one person each."""
    points = frame.geom_type.isin(["Point", "MultiPoint"]).all()
    if points and len(frame) >= _MANY and (np.nan_to_num(counts) <= 1).all():
        raise ForbiddenError(
            Text("每个点只有一人，这像是个人位置，记录没有登记。",
                 "Every point is one person: these look like places of persons; "
                 "no record was taken."),
            Text("请汇总为网格或社区人数后再提交。",
                 "Sum them up to a grid or to communities, and send that."),
            code="individuals",
        )  # fmt: skip


def usable_shapes(frame: gpd.GeoDataFrame, faults: Faults) -> npt.NDArray[np.bool_]:
    """Return which rows have a shape whose parts can be measured; refuse the others."""
    shapes: Any = frame.geometry.to_numpy(object)
    there = np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    sound = np.asarray(shapely.is_valid(shapes))
    for at in np.flatnonzero(~there):
        faults.refuse(
            frame.index[int(at)],
            Text("没有位置，未计入。请补充图形。", "Without a place; left out."),
        )
    for at in np.flatnonzero(there & ~sound):
        faults.refuse(
            frame.index[int(at)],
            Text("图形自相交或有重叠，未计入。请修正图形。",
                 "Its shape crosses or overlaps itself; left out. Mend the shape."),
        )  # fmt: skip
    return np.asarray(there & sound, bool)


def _usable_counts(
    frame: gpd.GeoDataFrame, counts: Any, faults: Faults
) -> npt.NDArray[np.bool_]:
    """Return which rows count people or say nothing; refuse the others."""
    wrong = ~(np.isnan(counts) | ((counts >= 0) & (counts < MOST_PEOPLE))).all(axis=1)
    for at in np.flatnonzero(wrong):
        faults.refuse(
            frame.index[int(at)],
            Text("人数为负或过大，未计入。请改正。",
                 "A count below zero or beyond all people; left out. Mend it."),
        )  # fmt: skip
    return np.asarray(~wrong, bool)


def _shares(cells: Any, units: Any) -> tuple[Any, Any, Any]:
    """Return cell, unit and share of every cell that meets a unit."""
    shapely.prepare(units)
    cell, unit = shapely.STRtree(units).query(cells, predicate="intersects")
    area = shapely.area(cells)
    flat = area[cell] <= 0
    both = np.empty(len(cell))
    both[flat] = 1.0
    whole = shapely.covers(units[unit], cells[cell]) & ~flat
    both[whole] = 1.0
    cut = ~flat & ~whole
    both[cut] = (
        shapely.area(shapely.intersection(cells[cell[cut]], units[unit[cut]]))
        / area[cell[cut]]
    )
    kept = both > 0
    cell, unit, both, flat = cell[kept], unit[kept], both[kept], flat[kept]
    # a point on a border is in several units: the first has it
    first = np.zeros(len(cell), bool)
    first[np.unique(cell, return_index=True)[1]] = True
    once = ~flat | first
    return cell[once], unit[once], both[once]


def _by_division(
    codes: Any, lonlat: Any, columns: Mapping[str, Any], lost: Any
) -> gpd.GeoDataFrame:
    """Return a row for each division: sums, rounded, and its cells as places.

    ``lost`` is what of each part's cell lies in no division.
    """
    order = np.argsort(codes.astype(str), kind="stable")
    codes = codes.astype(str)[order]
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    rows: dict[str, list[Any]] = {"division": [], "method": [], "places": []}
    rows["outside"] = []
    rows |= {name: [] for name in columns}
    first = next(iter(columns))
    for start, end in zip(starts, np.r_[starts[1:], len(codes)], strict=True):
        these = order[start:end]
        rows["division"].append(codes[start])
        rows["method"].append(Counted.GRID.value)
        rows["outside"].append(round(float(lost[these].sum())) or None)
        for name, values in columns.items():
            rows[name].append(round(float(values[these].sum())))
        groups = [columns.get(name) for name in PLACED]
        groups[0] = columns.get("total", columns[first])
        rows["places"].append(
            [
                [
                    round(float(lonlat[at, 0]), 6), round(float(lonlat[at, 1]), 6),
                    *(None if g is None else round(float(g[at]), 3) for g in groups),
                ]
                for at in these
            ]
        )  # fmt: skip
    count = len(rows["division"])
    table = pd.DataFrame(rows, dtype=object, index=pd.RangeIndex(1, count + 1))
    nowhere: Any = [None] * count
    return gpd.GeoDataFrame(table, geometry=nowhere, crs=crs.STORAGE)
