"""How fast service areas are drawn, beside buffering and uniting streets.

Both get the same parts of streets, cut where the time is over; ratios of CPU time,
medians of alternating rounds. The land is compared with the exact buffer.
``RESULTS.md`` holds the figures of the last full run.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.network import areas
from geodata.network.graph import STREET, Spots
from tests.support.measuring import medians
from tests.support.streets import TILES, porto_alegre, tiled

pytestmark = [pytest.mark.benchmark, pytest.mark.alone, pytest.mark.timeout(7_200)]

FACILITIES, MINUTES = 1_000, 15
MOST_S = 5.0
LEAST_IOU, WORST_IOU = 0.95, 0.90
TIMES = 10
COMPARED = 60
UNITED = 10


def some_spots(network, count):
    rng = np.random.default_rng(7)
    edge = rng.choice(np.flatnonzero(network.kind <= STREET), count).astype(np.int32)
    return Spots(edge, rng.random(count) * network.length_m[edge], np.zeros(count))


def told(capsys, words):
    with capsys.disabled():
        print(f"\n  {words}")  # noqa: T201 - the figure itself


@pytest.mark.parametrize("size", ["city", "L"])
def test_a_thousand_areas_of_fifteen_minutes(data, capsys, size):
    network = porto_alegre(data)
    if size != "city":
        network = tiled(network, *TILES[size])
    graph, spots = network.graph(speed_mps=1.0), some_spots(network, FACILITIES)

    def drawn(_=None):
        parts = areas.reached_parts(graph, spots, MINUTES * 60)
        return parts, areas.polygons(network, parts)

    parts, land = drawn()
    (took,) = medians(None, 5, drawn)
    lines = areas.streets(network, parts)
    some = np.random.default_rng(1).choice(FACILITIES, COMPARED, replace=False)
    exact = shapely.buffer(lines[some], areas.WIDTH_M, quad_segs=16)
    shared = shapely.area(shapely.intersection(land[some], exact))
    alike = shared / shapely.area(shapely.union(land[some], exact))
    told(
        capsys,
        f"{size}: {FACILITIES} areas {took:.2f} s; IoU {alike.mean():.4f} on average, "
        f"{alike.min():.4f} at worst",
    )
    assert shapely.is_valid(land).all()
    assert shapely.get_num_interior_rings(shapely.get_parts(land)).sum() > FACILITIES
    assert alike.mean() >= LEAST_IOU
    assert alike.min() >= WORST_IOU
    assert took <= MOST_S


def test_beside_buffering_and_uniting(data, capsys):
    network = porto_alegre(data)
    graph, spots = network.graph(speed_mps=1.0), some_spots(network, UNITED)
    parts = areas.reached_parts(graph, spots, MINUTES * 60)
    lines = areas.streets(network, parts)

    def ours(_):
        return areas.polygons(network, parts)

    def united(_):
        pieces = [shapely.get_parts(line) for line in lines]
        return [
            shapely.union_all(shapely.buffer(piece, areas.WIDTH_M, quad_segs=4))
            for piece in pieces
        ]

    def at_once(_):
        return shapely.buffer(lines, areas.WIDTH_M, quad_segs=4)

    mine, apart, whole = medians(None, 3, ours, united, at_once)
    each = 1_000 / UNITED
    told(
        capsys,
        f"one area: ours {mine * each:.2f} ms, edges buffered and united "
        f"{apart * each:.1f} ms x{apart / mine:.0f}, buffered at once "
        f"{whole * each:.0f} ms x{whole / mine:.0f}",
    )
    assert apart / mine >= TIMES
    assert whole / mine >= TIMES
