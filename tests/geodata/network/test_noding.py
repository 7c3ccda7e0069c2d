"""Whatever is drawn: nothing lost, nothing added, and what touches is joined."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.network.building import build
from geodata.network.roads import of_frame


def drawn(seed: int) -> gpd.GeoDataFrame:
    """Return lines between the points of a small grid: they cross, touch, overlap."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(random.integers(2, 14)):
        points = random.integers(0, 7, (random.integers(2, 6), 2)) * 20.0
        lines.append(points / (86_000, 111_000) + (117.0, 39.0))
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame(geometry=shapes, crs=4490)


@pytest.mark.parametrize("seed", range(30))
def test_the_network_is_what_was_drawn(seed: int) -> None:
    frame = drawn(seed)
    network, report = build(of_frame(frame))
    whole = shapely.union_all(np.asarray(frame.to_crs(network.crs).geometry))
    pieces = [
        shapely.LineString(part)
        for part in np.split(network.coords, network.offsets[1:-1])
    ]
    streets = shapely.multilinestrings(pieces)
    assert whole.difference(streets.buffer(0.05)).length == 0
    assert streets.difference(whole.buffer(0.05)).length == 0
    touching = shapely.get_parts(shapely.union_all(whole.buffer(0.05)))
    assert report.part_count == len(touching)
    ends = network.coords[network.offsets[1:] - 1]
    assert np.array_equal(network.nodes[network.head], ends)


def test_a_corner_drawn_onto_a_long_street_meets_it() -> None:
    """Straight in degrees is bent in a plane, by centimetres in a kilometre."""
    street = shapely.LineString([(117.0, 39.0), (117.01, 39.002)])
    corner = shapely.LineString(
        [(117.004, 39.003), (117.005, 39.001), (117.006, 39.003)]
    )
    frame = gpd.GeoDataFrame(geometry=[street, corner], crs=4490)
    network, report = build(of_frame(frame))
    assert report.part_count == 1
    assert network.edge_count == 4
