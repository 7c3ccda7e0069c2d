"""Compile the loops now, so that the first check of an installation need not.

Run by ``scripts/install``: ``python -m geodata.topology.kernels``.
"""

from __future__ import annotations

import geopandas as gpd
import pyarrow as pa
import shapely

from geodata.topology import check, recheck
from geodata.topology.mending import repair


def main() -> None:
    """Check and repair a layer with something of all that the loops look at."""
    crossing = shapely.from_wkt("POLYGON ((0 0,50 50,50 0,0 50,0 0))")
    drawn_again = [(500 + at % 2 / 2, 10 * at) for at in range(11)]
    shapes = [
        shapely.box(0, 0, 100, 100),
        shapely.box(98, 0, 200, 100),
        shapely.box(0, 100, 99, 200),
        shapely.box(100, 100.01, 200, 200),
        shapely.Polygon([(0, 200), (200, 200), (200, 300), (50, 300), (0, 300)]),
        shapely.box(20, 20, 30, 30),
        shapely.box(1, 1, 101, 101),
        shapely.transform(crossing, lambda xy: xy + 400),
        shapely.box(400, 0, 500.25, 100),
        shapely.Polygon([*drawn_again, (600, 100), (600, 0)]),
    ]
    keys = [str(number) for number in range(len(shapes))]
    frame = gpd.GeoDataFrame({"key": keys}, geometry=shapes)
    parent = gpd.GeoDataFrame({"key": ["0"]}, geometry=[shapely.box(0, 0, 200, 300)])
    border = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 100), (200, 101)])])
    check(frame, key="key", parent=parent, lines=border)
    before = check(frame, key="key")
    moved = frame.iloc[[1]].set_geometry([shapely.box(99, 0, 200, 100)])
    recheck(before, moved)
    repair(frame, before)
    for kind in (pa.binary(), pa.large_binary()):
        wkb = pa.array(shapely.to_wkb(shapes), kind)
        check(pa.table({"key": keys, "geometry": wkb}), key="key")


if __name__ == "__main__":
    main()
