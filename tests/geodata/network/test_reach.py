"""Searches against the plain truth: all ways between all places of small networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.errors import InputError
from geodata.network import plain, reach
from geodata.network.graph import Climb, Network, Spots
from geodata.network.kernels import loops, searching
from geodata.network.ordering import morton_order, straight

ENGINES = pytest.mark.parametrize("searches", [loops, plain], ids=["loops", "scipy"])
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Small networks with parallel edges, loops, one-ways, delays and edges of 0 m."""
    nodes = draw(st.integers(1, 7))
    edges = draw(st.integers(0, 14))
    end = st.integers(0, nodes - 1)

    def each(of: st.SearchStrategy) -> np.ndarray:
        return np.array(draw(st.lists(of, min_size=edges, max_size=edges)))

    return Network(
        nodes=np.arange(2.0 * nodes).reshape(nodes, 2),
        tail=each(end).astype(np.int32),
        head=each(end).astype(np.int32),
        length_m=each(st.integers(0, 12)).astype(float),
        delay_s=each(st.sampled_from([0.0, 0.0, 1.5])).astype(float),
        oneway=each(st.sampled_from([0, 0, 1, -1])).astype(np.int8),
        kind=each(st.sampled_from([0, 1, 1, 1, 2])).astype(np.int8),
        coords=np.zeros((2 * edges, 2)),
        offsets=np.arange(0, 2 * edges + 1, 2),
        crs="EPSG:32650",
    )


def places(draw: st.DrawFn, network: Network) -> Spots:
    count = draw(st.integers(0, 5))
    edge = st.integers(-1, network.edge_count - 1)
    of = np.array([draw(edge) for _ in range(count)], np.int32)
    share = np.array([draw(st.sampled_from([0, 0.25, 0.5, 1])) for _ in range(count)])
    along = network.length_m[of] * share if network.edge_count else share
    snap = np.array([draw(st.sampled_from([0.0, 2.0])) for _ in range(count)])
    return Spots(of, along.astype(float), snap)


@st.composite
def cases(draw: st.DrawFn) -> tuple:
    network = draw(networks())
    mode = draw(st.sampled_from(["walk", "drive"]))
    graph = network.graph(speed_mps=draw(st.sampled_from([0.5, 1.0, 2.0])), mode=mode)
    limit = draw(st.sampled_from([0.0, 3.0, 9.0, 30.0, np.inf]))
    return graph, places(draw, network), places(draw, network), limit


def truth(graph, sources, targets):
    """Seconds from each source to each node and to each target, by trying all ways.

    The network is cut at every place: each place is a node of its own, joined to its
    edge by its walk, and edges run from place to place. Then Floyd and Warshall.
    """
    network = graph.network
    nodes, p, q = network.node_count, len(sources), len(targets)
    cost = np.full((nodes + 2 * (p + q),) * 2, np.inf)
    np.fill_diagonal(cost, 0)
    for edge in range(network.edge_count):
        length = network.length_m[edge]
        stops = [(0.0, network.tail[edge]), (1.0, network.head[edge])]
        for first, spots in ((nodes, sources), (nodes + 2 * p, targets)):
            for at in np.flatnonzero(spots.edge == edge):
                share = spots.along_m[at] / length if length else 0.0
                stops.append((share, first + 2 * at))
                walk = spots.snap_m[at] / graph.speed_mps
                for one, other in ((0, 1), (1, 0)):
                    cost[first + 2 * at + one, first + 2 * at + other] = walk
        for share, here in stops:
            for other, there in stops:
                way = graph.ahead_s[edge] if other > share else graph.back_s[edge]
                way = way * abs(other - share) if other != share else 0.0
                if np.isfinite(way) or other != share:
                    cost[here, there] = min(cost[here, there], way)
    for via in range(len(cost)):
        cost = np.minimum(cost, cost[:, via : via + 1] + cost[via])
    begin = nodes + 2 * np.arange(p) + 1
    return cost[begin, :nodes], cost[np.ix_(begin, nodes + 2 * (p + np.arange(q)) + 1)]


@ENGINES
@FEW
@given(case=cases())
def test_every_search_finds_what_trying_all_ways_finds(monkeypatch, searches, case):
    monkeypatch.setattr(reach, "engine", lambda _: searches)
    graph, sources, targets, limit = case
    to_nodes, to_targets = truth(graph, sources, targets)
    to_nodes[to_nodes > limit] = np.inf
    to_targets[to_targets > limit] = np.inf

    within = reach.within(graph, sources, limit)
    assert np.allclose(
        dense(within.indptr, within.node, within.cost_s, to_nodes.shape), to_nodes
    )

    pairs = reach.pairs(graph, sources, targets, limit)
    found = dense(pairs.indptr, pairs.target, pairs.cost_s, to_targets.shape)
    assert np.allclose(found, to_targets)
    for begin, end in zip(pairs.indptr, pairs.indptr[1:], strict=False):
        assert (np.diff(pairs.target[begin:end]) > 0).all()

    nearest = reach.nearest(graph, sources, limit)
    assert np.allclose(nearest.cost_s, to_nodes.min(axis=0, initial=np.inf))
    assert ((nearest.source >= 0) == np.isfinite(nearest.cost_s)).all()

    for k in (1, 2, 4):
        source, cost = reach.k_nearest(graph, sources, targets, k, limit)
        wanted = np.full((k + len(sources), len(targets)), np.inf)
        wanted[k:] = to_targets
        assert np.allclose(cost, np.sort(wanted, axis=0)[:k].T)
        assert ((source >= 0) == np.isfinite(cost)).all()
        for target, (row, seconds) in enumerate(zip(source, cost, strict=True)):
            known = row[row >= 0]
            assert len(set(known)) == len(known)
            assert np.allclose(to_targets[known, target], seconds[row >= 0])


def dense(indptr, column, cost, shape):
    made = np.full(shape, np.inf)
    made[np.repeat(np.arange(shape[0]), np.diff(indptr)), column] = cost
    return made


@FEW
@given(case=cases())
def test_loops_and_scipy_give_the_same_bits(monkeypatch, case):
    graph, sources, targets, limit = case
    made = []
    for searches in (loops, plain):
        monkeypatch.setattr(reach, "engine", lambda _, found=searches: found)
        made.append(
            [
                *vars(reach.pairs(graph, sources, targets, limit)).values(),
                *vars(reach.nearest(graph, sources, limit)).values(),
                *reach.k_nearest(graph, sources, targets, 3, limit),
            ]
        )
    for ours, theirs in zip(*made, strict=True):
        assert np.array_equal(ours, theirs)


@FEW
@given(
    case=cases(), buckets=st.sampled_from([1, 2, 3]), wide=st.sampled_from([0.01, 9])
)
def test_buckets_that_run_out_change_nothing(monkeypatch, case, buckets, wide):
    graph, sources, targets, limit = case
    whole = reach.pairs(graph, sources, targets, limit)
    near = reach.nearest(graph, sources, limit)
    monkeypatch.setattr(loops, "BUCKETS", buckets + 1)
    monkeypatch.setattr(loops, "A_BUCKET", wide)
    monkeypatch.setattr(loops, "ROOM", 1)
    graph.spare.clear()
    for ours, theirs in (
        (reach.pairs(graph, sources, targets, limit), whole),
        (reach.nearest(graph, sources, limit), near),
    ):
        for one, other in zip(vars(ours).values(), vars(theirs).values(), strict=True):
            assert np.array_equal(one, other)


def test_entries_that_fill_their_room_are_put_in_anew():
    network = lattice(12)
    # ways of all lengths: many a node is found by a long way first
    mixed = np.random.default_rng(4).integers(1, 99, network.edge_count).astype(float)
    graph = replace(network, length_m=mixed).graph()
    nodes = network.node_count
    best = np.full(nodes, np.inf)
    room = nodes + 8
    touched = np.zeros(nodes + 1, np.uint32)
    best[0] = 0.0
    found = searching.spread(
        graph.indptr.view(np.uint64), graph.head.view(np.uint32), graph.cost_s, 1e9,
        1e-9, best, None, np.empty(room), np.empty(room, np.uint32),
        np.empty(room, np.uint32), np.empty(4, np.uint32), touched, np.uint64(1),
    )  # fmt: skip
    assert sorted(touched[:found]) == list(range(nodes))
    matrix = csr_array((graph.cost_s, graph.head, graph.indptr), shape=(nodes, nodes))
    assert np.array_equal(best, dijkstra(matrix, indices=0))


def test_many_targets_of_a_source_ascend():
    network = lattice()
    graph, sources = network.graph(), some_spots(network, 3)
    targets = some_spots(network, 5_000, 3)
    found = reach.pairs(graph, sources, targets, 2_000)
    assert np.diff(found.indptr).min() > 256
    for begin, end in zip(found.indptr, found.indptr[1:], strict=False):
        assert (np.diff(found.target[begin:end]) > 0).all()


@FEW
@given(case=cases())
def test_ways_to_a_place_are_ways_from_it_turned_round(case):
    graph, sources, targets, limit = case
    there = reach.pairs(graph, sources, targets, limit)
    back = reach.pairs(graph.reverse(), targets, sources, limit)
    shape = (len(sources), len(targets))
    assert np.allclose(
        dense(there.indptr, there.target, there.cost_s, shape),
        dense(back.indptr, back.target, back.cost_s, shape[::-1]).T,
    )


def lattice(side=30, step=100.0):
    """A square of streets, nodes in a random order."""
    at = np.arange(side * side).reshape(side, side)
    xy = np.column_stack([at.ravel() // side, at.ravel() % side]) * step
    tail = np.concatenate([at[:-1].ravel(), at[:, :-1].ravel()])
    head = np.concatenate([at[1:].ravel(), at[:, 1:].ravel()])
    mixed = np.random.default_rng(1).permutation(side * side)
    place = np.argsort(mixed)
    return straight(xy[mixed], place[tail], place[head], crs="EPSG:32650")


def some_spots(network, count, seed=2):
    rng = np.random.default_rng(seed)
    edge = rng.integers(0, network.edge_count, count).astype(np.int32)
    return Spots(edge, rng.random(count) * network.length_m[edge], rng.random(count))


def test_threads_and_used_workspaces_change_nothing():
    network = lattice()
    graph = network.graph()
    sources, targets = some_spots(network, 200), some_spots(network, 300, 3)
    first = reach.pairs(graph, sources, targets, 500)
    assert len(graph.spare) > 0
    again = reach.Places(graph, targets)
    one_by_one = [again.pairs(sources.take(np.array([at])), 500) for at in range(200)]
    assert np.array_equal(first.target, np.concatenate([p.target for p in one_by_one]))
    assert np.array_equal(first.cost_s, np.concatenate([p.cost_s for p in one_by_one]))
    assert np.array_equal(first.source[:1], [0])


def test_neighbours_on_the_ground_are_neighbours_in_the_arrays():
    network = lattice(64)
    apart = np.abs(network.tail - network.head)
    assert np.median(apart) <= 4
    xy = np.random.default_rng(5).random((500, 2)) * 1000
    assert np.array_equal(morton_order(xy), plain.morton_order(xy))
    assert sorted(morton_order(xy)) == list(range(500))
    assert len(plain.morton_order(np.zeros((0, 2)))) == 0


def test_uphill_takes_longer_than_downhill():
    network = straight([(0, 0), (100, 0)], [0], [1], crs="EPSG:32650")
    up, down = np.array([2.0]), np.array([0.5])
    graph = network.graph(climb=Climb(up, down))
    spots = Spots(np.array([0], np.int32), np.array([50.0]), np.array([0.0]))
    assert reach.within(graph, spots, 99).cost_s.tolist() == [
        25,
    ]
    assert sorted(reach.within(graph, spots, 100).cost_s) == [25, 100]
    assert sorted(reach.within(graph.reverse(), spots, 100).cost_s) == [25, 100]


def test_delays_count_as_often_as_asked():
    network = straight([(0, 0), (100, 0)], [0], [1], crs="EPSG:32650")
    slow = Network(**{**vars(network), "delay_s": np.array([30.0])})
    assert slow.graph().ahead_s.tolist() == [130]
    assert slow.graph(delay=0.5).ahead_s.tolist() == [115]
    assert slow.graph(delay=0).ahead_s.tolist() == [100]


def test_what_cannot_be_asked_is_refused_with_what_to_do():
    network = lattice(3)
    graph, spots = network.graph(), some_spots(network, 2)
    beyond = Spots(np.array([99], np.int32), np.zeros(1), np.zeros(1))
    for asked in (
        lambda: network.graph(speed_mps=0),
        lambda: network.graph(speed_mps=float("nan")),
        lambda: network.graph(mode="fly"),
        lambda: reach.within(graph, spots, -1),
        lambda: reach.within(graph, spots, float("nan")),
        lambda: reach.k_nearest(graph, spots, spots, 0),
        lambda: reach.pairs(graph, spots, beyond, 10),
    ):
        with pytest.raises(InputError) as refused:
            asked()
        assert refused.value.hint
