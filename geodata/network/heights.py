"""Heights drawn with roads: which are known, and what is said of them.

A bridge drawn in three dimensions needs no field of levels: where two streets pass
the same position at heights that differ clearly, one is above the other.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.errors import Text
from geodata.files.geometry import HEIGHTS

if TYPE_CHECKING:
    import geopandas as gpd

Floats = npt.NDArray[np.float64]

APART_M = 2.0
"""Streets whose heights differ by so many metres or more pass over one another; two
people cannot pass under less, and surveys err by less."""
_NAMED = 10
_FIELD = Text(
    "如需另行指定，请在上传时或用 --field level=字段 指明立交层。",
    "To say otherwise name the field of levels (--field level=FIELD, or at the "
    "upload).",
)


class Heights(NamedTuple):
    """Height of every vertex of some lines, NaN where none is known."""

    z: Floats
    lines: int
    """How many lines have heights."""


def heights_of(
    frame: gpd.GeoDataFrame, rows: npt.NDArray[np.int64], counts: npt.NDArray[Any]
) -> Heights | None:
    """Return heights of the vertices of some records, None where there are none.

    Parameters
    ----------
    frame
        Lines with heights, or flat ones with the field
        :data:`geodata.files.geometry.HEIGHTS`.
    rows
        Positions of the records.
    counts
        Vertices of each of them.

    Notes
    -----
    A line all of whose heights are 0 has none: that is how programs fill them in.
    """
    import shapely

    told = frame[HEIGHTS].to_numpy() if HEIGHTS in frame.columns else None
    shapes = np.asarray(frame.geometry.values)
    made, lines = [], 0
    for row, count in zip(rows, counts, strict=True):
        z = np.full(int(count), np.nan)
        if told is not None and isinstance(told[row], str):
            found = np.frombuffer(base64.b64decode(told[row]), "<f4").astype(float)
        elif shapely.has_z(shapes[row]):
            found = shapely.get_coordinates(shapes[row], include_z=True)[:, 2]
        else:
            found = z
        if len(found) == len(z) and np.nan_to_num(found).any():
            z, lines = found, lines + 1
        made.append(np.where(np.isfinite(z), z, np.nan))
    return Heights(np.concatenate(made), lines) if lines else None


def said(lines: int, places: Floats, *, levels: bool) -> Text:
    """Say what heights did: of how many lines, and where streets do not meet."""
    if levels:
        return Text(
            f"{lines} 条道路带高程（Z）；上下层已由立交层、桥梁或隧道字段确定，"
            "高程未使用。",
            f"{lines} lines carry heights (Z); fields of levels, bridges or tunnels "
            "say what passes over what, and heights were not used.",
        )
    if not len(places):
        return Text(
            f"{lines} 条道路带高程（Z）：各交叉处高程相差不足 {APART_M:g} 米，"
            f"均按平面相交接合。{_FIELD.zh}",
            f"{lines} lines carry heights (Z): nowhere do they differ by {APART_M:g} m "
            f"where streets cross, so all were joined. {_FIELD.en}",
        )
    named = [f"{lon:.6f} {lat:.6f}" for lon, lat in places[:_NAMED]]
    more = "…" if len(places) > _NAMED else ""
    return Text(
        f"{lines} 条道路带高程（Z）：{len(places)} 处交叉或触点高程相差 {APART_M:g} "
        f"米以上，未相接（{'；'.join(named)}{more}）。{_FIELD.zh}",
        f"{lines} lines carry heights (Z): at {len(places)} crossings or touches they "
        f"differ by {APART_M:g} m or more, and the streets were not joined "
        f"({'; '.join(named)}{more}). {_FIELD.en}",
    )


def unread(lines: int) -> Text:
    """Say that a format's heights were not read, and what to do."""
    return Text(
        f"{lines} 条道路带高程（Z），此格式的高程未读取：所有平面交叉都已接合，"
        "立交处可能误接。请在上传时或用 --field level=字段 指明立交层，"
        "或改交 GeoPackage。",
        f"{lines} lines carry heights (Z), which are not read from this format: all "
        "crossings in the plane were joined, bridges too. Name the field of levels "
        "(--field level=FIELD) or hand in a GeoPackage.",
    )
