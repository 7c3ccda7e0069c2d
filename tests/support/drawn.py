"""Coverages drawn as text: tests show what they mean."""

from __future__ import annotations

import geopandas as gpd
import shapely


def coverage_of(
    picture: str, *, cell: float = 0.01, west: float = 117.0, north: float = 39.2
) -> gpd.GeoDataFrame:
    """Return polygons drawn with letters, one per letter; ``.`` is empty.

    ``coverage_of("AAB/AAB/CCC")`` gives A, B and C on a grid whose top left
    corner is (``west``, ``north``), each cell ``cell`` degrees wide. Borders are
    shared to the bit, with a vertex at every cell corner.
    """
    cells: dict[str, list[shapely.Polygon]] = {}
    for row, line in enumerate(picture.split("/")):
        for column, letter in enumerate(line):
            if letter == ".":
                continue
            x0, x1 = west + column * cell, west + (column + 1) * cell
            y0, y1 = north - (row + 1) * cell, north - row * cell
            cells.setdefault(letter, []).append(shapely.box(x0, y0, x1, y1))
    names = sorted(cells)
    shapes = [shapely.coverage_union_all(cells[name]) for name in names]
    corners = shapely.MultiPoint(
        [
            (west + i * cell, north - j * cell)
            for i in range(max(map(len, picture.split("/"))) + 1)
            for j in range(picture.count("/") + 2)
        ]
    )
    shapes = [shapely.snap(shape, corners, cell / 1000) for shape in shapes]
    return gpd.GeoDataFrame({"code": names}, geometry=shapes, crs="EPSG:4490")
