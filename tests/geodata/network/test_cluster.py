"""Streets searched in parts, by processes here and by Dask, give the same answer."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError, WorkersError
from geodata.network.cluster import Whole, fastest, nearest_apart
from geodata.network.graph import Climb, Graph, Spots
from geodata.network.reach import nearest_of
from geodata.workers import Dask, Processes
from tests.geodata.network.test_reach import cases
from tests.support.streets import porto_alegre, tiled, town
from tests.support.workers import Here

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def spots(graph: Graph, count: int, seed: int, lost: int = 3) -> Spots:
    """Places anywhere, at ends of streets too, and some on none."""
    rng = np.random.default_rng(seed)
    edge = rng.integers(0, graph.network.edge_count, count).astype(np.int32)
    share = rng.choice([0.0, 0.5, 1.0, rng.random()], count)
    along = share * graph.network.length_m[edge]
    edge[:lost] = -1
    walk = np.where(edge < 0, np.inf, rng.integers(0, 3, count) * 10.0)
    return Spots(edge, along, walk)


def same(
    graph: Graph, sources: Spots, targets: Spots, limit_s: float, **how: Any
) -> None:
    """The answer of the whole, to the bit."""
    one, two = (
        nearest_of(graph, sources, targets, limit_s),
        nearest_apart(graph, sources, targets, limit_s, **how),
    )
    np.testing.assert_array_equal(one.source, two.source)
    np.testing.assert_array_equal(one.cost_s, two.cost_s)


def steep(graph: Graph) -> Graph:
    """The same with one climb a street: faster one way than the other."""
    rng = np.random.default_rng(8)
    many = graph.network.edge_count
    climb = Climb(rng.uniform(0.7, 1.0, many), rng.uniform(1.0, 2.5, many))
    return graph.network.graph(climb=climb)


@pytest.mark.parametrize("limit_s", [0, 90, 700, np.inf])
def test_parts_of_a_town_give_the_answer_of_the_whole(limit_s: float) -> None:
    graph = town(20, 20).graph()
    workers = Here(7)
    sources, targets = spots(graph, 40, 1), spots(graph, 300, 2)
    same(graph, sources, targets, limit_s, workers=workers, most_nodes=40)
    assert workers.parts >= 7


def test_slopes_and_roads_for_vehicles_in_parts() -> None:
    graph = steep(town(20, 20).graph())
    sources, targets = spots(graph, 30, 3), spots(graph, 200, 4)
    same(graph, sources, targets, 400, workers=Here(5), most_nodes=40)
    back = graph.reverse()
    same(back, sources, targets, 400, workers=Here(5), most_nodes=40)
    drive = graph.network.graph(speed_mps=8.0, mode="drive")
    same(drive, sources, targets, 60, workers=Here(5), most_nodes=40)


def test_a_part_follows_its_targets_and_the_limit() -> None:
    graph = town(40, 40).graph()
    targets = spots(graph, 500, 5)
    whole = Whole(graph, spots(graph, 100, 6), targets, 300)
    rows = whole.partition(2, 200)
    every = np.sort(np.concatenate(rows))
    assert every.tolist() == np.flatnonzero(targets.edge >= 0).tolist()
    nodes = [whole.part(mine).nodes for mine in rows]
    assert max(nodes) < graph.network.node_count / 2
    nearer = Whole(graph, spots(graph, 100, 6), targets, 100)
    assert max(nearer.part(mine).nodes for mine in rows) < max(nodes)


def test_a_way_that_takes_no_time_makes_every_part_the_whole() -> None:
    network = town(12, 12)
    graph = network.graph()
    graph.ahead_s[7] = 0.0
    assert fastest(graph) == np.inf
    made = Graph(network, graph.ahead_s, graph.back_s, 1.0, "walk", 1.0)
    same(made, spots(made, 20, 1), spots(made, 60, 2), 200, workers=Here(3))


def test_nobody_and_nothing() -> None:
    graph = town(4, 4).graph()
    none, lost = spots(graph, 0, 1, lost=0), spots(graph, 5, 1, lost=5)
    some = spots(graph, 5, 1, lost=0)
    for sources, targets in ((none, some), (some, none), (lost, some), (some, lost)):
        same(graph, sources, targets, 500, workers=Here(3))
    with pytest.raises(InputError):
        nearest_apart(graph, some, some, -1, workers=Here())


class Deadly(Processes):
    """Loses a process when so many parts were made for it."""

    def __init__(self, *after: int) -> None:
        super().__init__(2)
        self.after, self.made = after, 0

    def look(self, work: Any, parts: Sequence[Callable[[], Any]]) -> list[Any]:
        def made(part: Callable[[], Any]) -> Any:
            self.made += 1
            if self.made in self.after:
                victim = min(
                    multiprocessing.active_children(), key=lambda p: p.pid or 0
                )
                os.kill(victim.pid or 0, signal.SIGKILL)
            return part()

        return super().look(work, [lambda part=part: made(part) for part in parts])


def test_a_process_killed_on_the_way_changes_nothing() -> None:
    graph = town(20, 20).graph()
    sources, targets = spots(graph, 40, 1), spots(graph, 300, 2)
    workers = Deadly(3, 6)
    found = nearest_apart(graph, sources, targets, 300, workers=workers, most_nodes=100)
    expected = nearest_of(graph, sources, targets, 300)
    np.testing.assert_array_equal(found.source, expected.source)
    np.testing.assert_array_equal(found.cost_s, expected.cost_s)
    parts = Whole(graph, sources, targets, 300).partition(2, 100)
    assert workers.made > len(parts)  # some were given out again
    assert not multiprocessing.active_children()


def test_processes_that_always_die_end_in_an_error() -> None:
    graph = town(6, 6).graph()
    some = spots(graph, 20, 1)
    with pytest.raises(WorkersError, match="died"):
        nearest_apart(graph, some, some, 300, workers=Deadly(*range(100)))
    assert not multiprocessing.active_children()


def test_two_dask_workers_one_of_them_killed() -> None:
    distributed = pytest.importorskip("distributed")
    graph = town(24, 24).graph()
    sources, targets = spots(graph, 60, 1), spots(graph, 400, 2)
    local = {
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
        "threads_per_worker": 1,
    }
    with (
        distributed.LocalCluster(n_workers=2, **local) as cluster,
        distributed.Client(cluster) as client,
    ):
        victim = min(client.run(os.getpid).values())

        class Mortal(Dask):
            made = 0

            def look(self, work: Any, parts: Sequence[Callable[[], Any]]) -> list[Any]:
                def made(part: Callable[[], Any]) -> Any:
                    self.made += 1
                    if self.made == 6:
                        os.kill(victim, signal.SIGKILL)
                    return part()

                return super().look(
                    work, [lambda part=part: made(part) for part in parts]
                )

        workers = Mortal(client)
        how: dict[str, Any] = {"workers": workers, "most_nodes": 100}
        near = nearest_apart(graph, sources, targets, 300, **how)
    expected = nearest_of(graph, sources, targets, 300)
    np.testing.assert_array_equal(near.source, expected.source)
    np.testing.assert_array_equal(near.cost_s, expected.cost_s)
    assert workers.made > 6


@pytest.mark.full
def test_tiles_of_a_real_city_by_processes(data: Path) -> None:
    graph = tiled(porto_alegre(data), 3, 3).graph(speed_mps=1.0)
    sources, targets = spots(graph, 700, 1), spots(graph, 4_000, 2)
    same(graph, sources, targets, 900, workers=Processes(2), most_nodes=20_000)


@settings(max_examples=60, deadline=None)
@given(asked=cases(), most=st.integers(1, 8), count=st.integers(1, 4))
def test_any_network_in_parts(asked: Any, most: int, count: int) -> None:
    """Parallel edges, loops, one-ways, ways that take no time, nodes anywhere."""
    graph, sources, targets, limit_s = asked
    same(graph, sources, targets, limit_s, workers=Here(count), most_nodes=most)
