"""Service areas: the parts of streets that are reached, and the land along them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.network import areas, plain, reach
from geodata.network.graph import Network, Spots
from geodata.network.kernels import loops
from geodata.network.ordering import straight
from tests.geodata.network.test_reach import FEW, cases, lattice, some_spots

STEPS = 64


def moments(graph, sources, limit):
    """For each source and edge: which of many moments along the edge it reaches.

    The truth by brute force: a target at every moment, asked of the search.
    """
    network = graph.network
    at = (np.arange(STEPS) + 0.5) / STEPS
    edge = np.repeat(np.arange(network.edge_count, dtype=np.int32), STEPS)
    along = np.tile(at, network.edge_count) * network.length_m[edge]
    targets = Spots(edge, along, np.zeros(len(edge)))
    found = reach.pairs(graph, sources, targets, limit)
    hit = np.zeros((len(sources), len(edge)), bool)
    hit[found.source, found.target] = True
    return hit.reshape(len(sources), network.edge_count, STEPS)


@FEW
@given(case=cases(), limit=st.sampled_from([0.0, 3.3, 9.1, 30.7]))
def test_parts_are_what_a_search_for_every_moment_finds(monkeypatch, case, limit):
    graph, sources, _, _ = case
    kept = graph.network.length_m > 0
    hit = moments(graph, sources, limit)
    at = (np.arange(STEPS) + 0.5) / STEPS
    made = []
    for searches in (loops, plain):
        monkeypatch.setattr(areas, "engine", lambda _, found=searches: found)
        parts = areas.reached_parts(graph, sources, limit)
        drawn = np.zeros(hit.shape, int)
        source = np.repeat(np.arange(len(parts)), np.diff(parts.indptr))
        for row, edge, begin, end in zip(
            source, parts.edge, parts.begin, parts.end, strict=True
        ):
            drawn[row, edge] += (at >= begin) & (at <= end)
        assert drawn.max(initial=0) <= 1
        assert np.array_equal(drawn.astype(bool)[:, kept], hit[:, kept])
        made.append(
            sorted(zip(source, parts.edge, parts.begin, parts.end, strict=True))
        )
    assert made[0] == made[1]


@pytest.mark.parametrize("searches", [loops, plain], ids=["loops", "scipy"])
def test_a_polygon_is_the_land_along_the_reached_streets(monkeypatch, searches):
    monkeypatch.setattr(areas, "engine", lambda _: searches)
    network = lattice(40, 140.0)
    graph = network.graph()
    parts = areas.reached_parts(graph, some_spots(network, 12), 600)
    lines = areas.streets(network, parts)
    made = areas.polygons(network, parts)
    exact = shapely.buffer(lines, areas.WIDTH_M)
    shared = shapely.area(shapely.intersection(made, exact))
    alike = shared / shapely.area(shapely.union(made, exact))
    assert alike.min() > 0.98
    assert shapely.is_valid(made).all()
    holes, wanted = (
        shapely.get_num_interior_rings(shapely.get_parts(land)).sum()
        for land in (made, exact)
    )
    assert abs(holes - wanted) <= 0.03 * wanted  # some blocks just fail to close
    assert np.allclose(shapely.length(lines), parts.length_m(network))
    once = shapely.length(shapely.union_all(lines))
    assert np.isclose(parts.together().length_m(network)[0], once)
    whole = areas.together(made)
    assert shapely.area(whole) <= shapely.area(made).sum()
    assert shapely.is_valid(whole)


def test_streets_are_cut_where_the_time_is_over():
    network = straight([(0, 0), (100, 0), (300, 0)], [0, 1], [1, 2], crs="EPSG:32650")
    bent = Network(
        **{
            **vars(network),
            "coords": np.array([(0, 0), (50, 30), (100, 0), (100, 0), (300, 0)], float),
            "offsets": np.array([0, 3, 5]),
        }
    )
    spot = Spots(np.array([0], np.int32), np.array([50.0]), np.array([10.0]))
    parts = areas.reached_parts(bent.graph(), spot, 120)
    line = areas.streets(bent, parts)[0]
    wanted = shapely.from_wkt("MULTILINESTRING((0 0,50 30,100 0),(100 0,160 0))")
    assert shapely.equals(line, wanted)
    assert parts.length_m(bent).tolist() == [160]


def test_who_reaches_nothing_has_no_area():
    network = straight([(0, 0), (100, 0)], [0], [1], crs="EPSG:32650")
    far = Spots(np.array([-1, 0], np.int32), np.zeros(2), np.array([np.inf, 90.0]))
    parts = areas.reached_parts(network.graph(), far, 60)
    assert len(parts.edge) == 0
    assert shapely.is_empty(areas.polygons(network, parts)).tolist() == [True, True]
    assert shapely.is_empty(areas.streets(network, parts)).tolist() == [True, True]
    assert shapely.is_empty(areas.together(areas.polygons(network, parts)))


def test_the_grid_says_how_long_it_takes_to_each_cell():
    network = straight([(0, 0), (300, 0)], [0], [1], crs="EPSG:32650")
    spot = Spots(np.array([0], np.int32), np.array([0.0]), np.array([0.0]))
    grid = areas.grid(network.graph(), spot, 120, cell_m=10)
    x, y = grid.centres()
    on_street = np.abs(y) < 1e-9
    assert np.allclose(
        grid.cost_s[on_street & (x >= 0) & (x <= 120)],
        x[on_street & (x >= 0) & (x <= 120)],
    )
    assert np.isinf(grid.cost_s[x > 121]).all()
    aside = (np.abs(x - 50) < 1e-9) & (np.abs(y - 30) < 1e-9)
    assert np.allclose(grid.cost_s[aside], 80)
    assert np.isinf(grid.cost_s[np.abs(y) > 50.001]).all()


@pytest.mark.parametrize("mesh", [0, -1, 60])
def test_a_mesh_wider_than_the_streets_is_refused(mesh):
    network = lattice(3)
    parts = areas.reached_parts(network.graph(), some_spots(network, 1), 60)
    with pytest.raises(InputError):
        areas.polygons(network, parts, cell_m=mesh)
