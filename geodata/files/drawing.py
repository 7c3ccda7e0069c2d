"""A CAD drawing as layers: polygons from closed lines, labels as attributes.

A DXF has one heap of entities. We give it a layer for each kind of shape; a
closed polyline is a polygon, and the texts that stand in it become its name and
its code, because that is how drawings are labelled.
"""

from __future__ import annotations

import dataclasses
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from geodata.files.reading import Layer

if TYPE_CHECKING:
    from geodata.files.datasets import Dataset
    from geodata.files.limits import Limits
    from geodata.files.vector import Choice, Rows

POLYGONS, LINES, POINTS = "polygons", "lines", "points"
_TYPES = {POLYGONS: "Polygon", LINES: "LineString", POINTS: "Point"}
_MTEXT = re.compile(r"\\[A-Za-z][^;\\{}]*;|[{}]|\\[PpLlOoKk~]")
_CODE = re.compile(r"\d{6}(\d{3}){0,2}")


def layers_of(dataset: Dataset, limits: Limits) -> list[Choice]:
    """Return a choice for each kind of shape the drawing holds."""
    from geodata.files import vector

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, table = pyogrio.raw.read_arrow(
            dataset.path, columns=[], max_features=limits.records + 1
        )
    limits.check("records", table.num_rows)
    if table.num_columns == 0:
        return []
    families = _families(_closed(_parsed(table.column(table.num_columns - 1))))
    choices = []
    for family, kind in _TYPES.items():
        count = int((families == family).sum())
        if count:
            named = dataset.name if family == POLYGONS else f"{dataset.name}:{family}"
            layer = Layer(named, kind, count, count if family == POLYGONS else 0)
            choices.append(vector.Choice(dataset, "entities", layer, family))
    return choices


def only(rows: Rows, choice: Choice) -> Rows:
    """Return the rows of the kind wanted, polygons with the labels inside them."""
    geometries = _closed(_parsed(rows.wkb))
    families = _families(geometries)
    wanted = np.flatnonzero(families == choice.family)
    columns = _texts(rows.columns)
    chosen = columns.iloc[wanted]
    if choice.family == POLYGONS and "Text" in columns:
        labels = np.flatnonzero((families == POINTS) & columns["Text"].notna())
        texts = columns["Text"].iloc[labels].tolist()
        inside = _labels(geometries[wanted], geometries[labels], texts)
        chosen = chosen.assign(**inside)
    return dataclasses.replace(
        rows,
        columns=chosen.reset_index(drop=True),
        wkb=pa.array(shapely.to_wkb(geometries[wanted]), pa.large_binary()),
        positions=[rows.positions[int(at)] for at in wanted],
        read=len(wanted),
    )


def _parsed(wkb: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    blobs = np.asarray(wkb.to_numpy(), dtype=object)
    parsed: npt.NDArray[np.object_] = shapely.from_wkb(blobs, on_invalid="ignore")
    return parsed


def _closed(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Turn closed lines into polygons."""
    ring = (
        (shapely.get_type_id(geometries) == shapely.GeometryType.LINESTRING)
        & shapely.is_closed(geometries)
        & (shapely.get_num_coordinates(geometries) >= 4)
    )
    closed = geometries.copy()
    for position in np.flatnonzero(ring):
        closed[position] = shapely.polygons(shapely.get_coordinates(closed[position]))
    return closed


def _families(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    dimension = shapely.get_dimensions(geometries)
    names = np.array([POINTS, LINES, POLYGONS, ""], dtype=object)
    families: npt.NDArray[np.object_] = names[np.where(dimension < 0, 3, dimension)]
    return families


def _texts(columns: pd.DataFrame) -> pd.DataFrame:
    if "Text" not in columns:
        return columns
    plain = columns["Text"].map(_plain, na_action="ignore")
    return columns.assign(Text=plain)


def _plain(text: str) -> str:
    r"""Return a label without the marks of CAD (``\U+597D``, ``\P``, ``{\f…;}``)."""
    from geodata.files import write_dxf  # brings half a second of ezdxf

    return " ".join(_MTEXT.sub(" ", write_dxf.unescape(text)).split())


def _labels(
    polygons: npt.NDArray[np.object_],
    points: npt.NDArray[np.object_],
    texts: list[str],
) -> dict[str, Any]:
    """Return the texts inside each polygon, and name and code where they are plain.

    A label in a polygon inside a polygon belongs to the smaller one.
    """
    found: list[list[str]] = [[] for _ in polygons]
    tree = shapely.STRtree(polygons)
    areas = shapely.area(polygons)
    for text, point in zip(texts, points, strict=True):
        hits = tree.query(point, predicate="intersects")
        if len(hits):
            found[min(hits, key=lambda at: areas[at])].append(text)
    return {
        "Text": [" ".join(own) or None for own in found],
        "name": [_one(own, code=False) for own in found],
        "code": [_one(own, code=True) for own in found],
    }


def _one(texts: list[str], *, code: bool) -> str | None:
    fitting = [text for text in texts if bool(_CODE.fullmatch(text)) is code]
    return fitting[0] if len(fitting) == 1 else None
