"""Transform frames, refusing what PROJ would do as a silent no-op.

Between Xian 1980 or Beijing 1954 and CGCS2000 PROJ offers only a "ballpark"
transformation that returns the same degrees: positions would be wrong by tens of
metres without a word. Here that is an error unless the administrator gives
parameters. WGS 84 and CGCS2000 are taken as equal (they agree within
decimetres). Source: domain specification D4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ProjCRSError
from pyproj.exceptions import ProjError

from geodata.crs.declared import LEGACY, datum_family, horizontal
from geodata.crs.parameters import (
    BursaWolf,
    PlaneSimilarity,
    Source,
    load_parameters,
)
from geodata.crs.zones import STORAGE, WGS84
from geodata.errors import CRSError, Text, TransformError

Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[Floats, Floats]
Step: TypeAlias = Callable[[Floats, Floats], Pair]
Steps: TypeAlias = tuple[Step, ...]

_LARGEST = 1e8
"""No grid has such coordinates; PROJ would wrap them round the globe instead."""
_EQUAL = {"wgs84", "cgcs2000"}


def require(frame: gpd.GeoDataFrame) -> CRS:
    """Return the CRS of a frame, or raise CRSError where it has none."""
    if frame.crs is None:
        raise CRSError(
            Text(
                zh="数据没有坐标系，不能计算位置、面积与长度。",
                en="The data has no coordinate reference system.",
            ),
            Text(
                zh="请先指定坐标系（例如 EPSG:4548）。",
                en="Name its CRS first, for example EPSG:4548.",
            ),
        )
    return frame.crs


def transform(
    frame: gpd.GeoDataFrame,
    to: str | int | CRS = STORAGE,
    *,
    parameters: Source | None = None,
) -> gpd.GeoDataFrame:
    """Return the frame in another CRS, x east and y north, index unchanged.

    Parameters
    ----------
    frame
        With a CRS; without one only with plane ``parameters`` whose source is
        ``local``. Heights are dropped.
    to
        Target CRS.
    parameters
        Transformation parameters where the datums need them: a mapping, a TOML
        or JSON file, or a loaded object (:func:`load_parameters`).

    Raises
    ------
    CRSError
        When the frame has no CRS.
    TransformError
        When no real transformation is known, the parameters belong to other
        systems, or a coordinate has no counterpart in the target.
    """
    target = _crs(to)
    loaded = None if parameters is None else load_parameters(parameters)
    if frame.crs is None and isinstance(loaded, PlaneSimilarity):
        steps = _from_local(loaded, target)
    else:
        source = require(frame)
        if source == target or horizontal(source) == target:
            return _with_geometry(
                frame, shapely.force_2d(frame.geometry.to_numpy()), target
            )
        steps = _steps(source, target, loaded)
    moved = _moved(frame.geometry.to_numpy(), steps)
    _refuse_infinite(frame, moved, target)
    return _with_geometry(frame, moved, target)


def transform_points(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    source: str | int | CRS,
    to: str | int | CRS = STORAGE,
    *,
    parameters: Source | None = None,
) -> Pair:
    """Transform coordinate arrays (x east, y north); see :func:`transform`."""
    loaded = None if parameters is None else load_parameters(parameters)
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    for step in _steps(_crs(source), _crs(to), loaded):
        xs, ys = step(xs, ys)
    return xs, ys


def _moved(
    geometries: npt.NDArray[np.object_], steps: Steps
) -> npt.NDArray[np.object_]:
    def run(xy: Floats) -> Floats:
        x, y = np.where(np.abs(xy) > _LARGEST, np.inf, xy).T
        for step in steps:
            x, y = step(x, y)
        return np.column_stack([x, y])

    moved: npt.NDArray[np.object_] = shapely.transform(geometries, run, include_z=False)
    return moved


def _steps(
    source: CRS, target: CRS, parameters: BursaWolf | PlaneSimilarity | None
) -> Steps:
    """Find the real transformation between two systems, or raise."""
    source, target = horizontal(source), horizontal(target)
    if isinstance(parameters, PlaneSimilarity):
        return _by_plane(source, target, parameters)
    before, after = datum_family(source), datum_family(target)
    if _same_datum(source, target) or (before in _EQUAL and after in _EQUAL):
        return _on_one_datum(source, target)
    if before in LEGACY or after in LEGACY:
        return _by_parameters(source, target, parameters)
    return _published(source, target)


def _on_one_datum(source: CRS, target: CRS) -> Steps:
    """Unproject and project; degrees stay what they are."""
    return (*_to_degrees(source), *_from_degrees(target))


def _published(source: CRS, target: CRS) -> Steps:
    """Use a transformation of the EPSG registry, through WGS 84 for our datums."""
    middle = CRS.from_epsg(WGS84)
    if datum_family(target) in _EQUAL:
        return (_operation(source, middle), *_from_degrees(target))
    if datum_family(source) in _EQUAL:
        return (*_to_degrees(source), _operation(middle, target))
    return (_operation(source, target),)


def _by_parameters(source: CRS, target: CRS, parameters: BursaWolf | None) -> Steps:
    """Between a legacy Chinese datum and another one: only with parameters."""
    if parameters is None:
        raise _no_operation(source, target)
    start, end = (
        CRS.from_user_input(parameters.source),
        CRS.from_user_input(parameters.target),
    )
    if _alike(source, start) and _alike(target, end):
        return (*_to_degrees(source), parameters.forward, *_from_degrees(target))
    if _alike(source, end) and _alike(target, start):
        return (*_to_degrees(source), parameters.inverse, *_from_degrees(target))
    raise _foreign_parameters(source, target)


def _by_plane(source: CRS, target: CRS, parameters: PlaneSimilarity) -> Steps:
    """From one plane grid to another, then on to the target."""
    if parameters.source == "local":
        raise _foreign_parameters(source, target)
    start, end = _crs(parameters.source), _crs(parameters.target)
    if _alike(source, start) and _alike(target, end):
        return (
            *_steps(source, start, None),
            parameters.forward,
            *_steps(end, target, None),
        )
    if _alike(source, end) and _alike(target, start):
        return (
            *_steps(source, end, None),
            parameters.inverse,
            *_steps(start, target, None),
        )
    raise _foreign_parameters(source, target)


def _from_local(parameters: PlaneSimilarity, target: CRS) -> Steps:
    """From a local grid without a code."""
    end = _crs(parameters.target)
    if parameters.source != "local":
        raise _foreign_parameters(end, target)
    return (parameters.forward, *_steps(end, target, None))


def _to_degrees(crs: CRS) -> Steps:
    if crs.is_geographic or crs.geodetic_crs is None:
        return ()
    return (_operation(crs, crs.geodetic_crs),)


def _from_degrees(crs: CRS) -> Steps:
    if crs.is_geographic or crs.geodetic_crs is None:
        return ()
    return (_operation(crs.geodetic_crs, crs),)


def _operation(source: CRS, target: CRS) -> Step:
    return _cached_operation(source.to_wkt(), target.to_wkt())


@lru_cache(maxsize=64)
def _cached_operation(source_wkt: str, target_wkt: str) -> Step:
    """PROJ's best operation that is not a ballpark one."""
    source, target = CRS.from_wkt(source_wkt), CRS.from_wkt(target_wkt)
    try:
        transformer = Transformer.from_crs(
            source, target, always_xy=True, allow_ballpark=False
        )
    except ProjError as error:
        raise _no_operation(source, target) from error

    def run(x: Floats, y: Floats) -> Pair:
        east, north = transformer.transform(x, y)
        return np.asarray(east), np.asarray(north)

    return run


def _same_datum(source: CRS, target: CRS) -> bool:
    family = datum_family(source)
    if family is not None:
        return family == datum_family(target)
    first, second = source.geodetic_crs, target.geodetic_crs
    return first is not None and second is not None and first == second


def _alike(crs: CRS, other: CRS) -> bool:
    """Whether two systems share a datum, WGS 84 and CGCS2000 being one."""
    first, second = datum_family(crs), datum_family(other)
    if first in _EQUAL and second in _EQUAL:
        return True
    return first is not None and first == second


def _refuse_infinite(
    frame: gpd.GeoDataFrame, moved: npt.NDArray[np.object_], target: CRS
) -> None:
    """Refuse coordinates that became infinite; those sent so are the reader's."""
    xy, owner = shapely.get_coordinates(moved, return_index=True)
    bad = ~np.isfinite(xy).all(axis=1)
    if not bad.any():
        return
    sent = shapely.get_coordinates(frame.geometry.to_numpy())
    lost = np.unique(owner[bad & np.isfinite(sent).all(axis=1)])
    if len(lost) == 0:
        return
    first = ", ".join(str(value) for value in frame.index[lost[:5]])
    raise TransformError(
        Text(
            zh=f"{len(lost)} 条记录的坐标无法换算到 {target.name}（记录 {first}）。",
            en=f"Coordinates of {len(lost)} records have no counterpart in "
            f"{target.name} (records {first}).",
        ),
        Text(
            zh="请核对这些记录的坐标与所选坐标系。",
            en="Check these records' coordinates and the CRS chosen.",
        ),
        code="out_of_range",
    )


def _with_geometry(
    frame: gpd.GeoDataFrame, values: npt.NDArray[np.object_], crs: CRS
) -> gpd.GeoDataFrame:
    series = gpd.GeoSeries(values, index=frame.index, name=frame.geometry.name, crs=crs)
    return frame.set_geometry(series)


def _crs(value: str | int | CRS) -> CRS:
    try:
        return CRS.from_user_input(value)
    except ProjCRSError as error:
        raise CRSError(
            Text(
                zh=f"不认识坐标系“{value}”。",
                en=f"The coordinate reference system {value!r} is not known.",
            ),
            Text(zh="请写成 EPSG:4548 的形式。", en="Write it as EPSG:4548."),
        ) from error


def _no_operation(source: CRS, target: CRS) -> TransformError:
    legacy = [
        LEGACY[family]
        for family in (datum_family(source), datum_family(target))
        if family in LEGACY
    ]
    if not legacy:
        return TransformError(
            Text(
                zh=f"没有从“{source.name}”到“{target.name}”的可靠转换。",
                en=f"No reliable transformation is known from {source.name} to "
                f"{target.name}.",
            ),
            Text(
                zh="请先改算到 CGCS2000 或 WGS 84 再提交。",
                en="Convert the data to CGCS2000 or WGS 84 first.",
            ),
        )
    return TransformError(
        Text(
            zh=f"“{source.name}”到“{target.name}”没有公开的转换参数："
            f"{legacy[0]}与 CGCS2000 相差数十米，软件不会把两者当作相同。",
            en=f"No transformation from {source.name} to {target.name} is public: the "
            "datums differ by tens of metres and are never taken as equal.",
        ),
        Text(
            zh="请由管理员提供七参数（布尔莎）或四参数文件，"
            "或请测绘单位改算为 CGCS2000 后再提交。",
            en="The administrator may supply a file with seven (Bursa-Wolf) or four "
            "plane parameters, or have the surveyor convert it to CGCS2000.",
        ),
    )


def _foreign_parameters(source: CRS, target: CRS) -> TransformError:
    return TransformError(
        Text(
            zh=f"所给转换参数不适用于“{source.name}”到“{target.name}”。",
            en=f"The parameters given are not for {source.name} to {target.name}.",
        ),
        Text(
            zh="请核对参数的源坐标系与目标坐标系。",
            en="Check the source and target systems of the parameters.",
        ),
        code="parameters",
    )
