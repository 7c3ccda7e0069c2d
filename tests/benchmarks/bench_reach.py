"""How fast one finds who reaches what, beside pandana, scipy and networkx.

Every tool gets the same arrays in memory and the same facilities, which stand at
nodes because pandana knows no places on edges; ratios of CPU time, medians of
alternating rounds. The answers are compared, not only the times. ``RESULTS.md`` holds
the figures of the last full run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from geodata.network import keeping, reach
from geodata.network.building import build
from geodata.network.graph import Spots
from geodata.network.intake import read_streets
from geodata.network.ordering import straight
from tests.support.measuring import medians
from tests.support.streets import TILES, porto_alegre, tiled

pytestmark = [pytest.mark.benchmark, pytest.mark.alone, pytest.mark.timeout(7_200)]

FACILITIES = 1_000
HALF_HOUR_S = 1_800.0
HELD = {
    ("city", "scipy", "within"): 3, ("L", "scipy", "within"): 20,
    ("city", "pandana", "within"): 15, ("L", "pandana", "within"): 15,
    ("L", "pandana", "nearest"): 100, ("city", "pandana", "nearest"): 100,
}  # fmt: skip
"""Times as fast as the peer, at least."""
MOST_BYTES = 0.6e9
SCIPY_CELLS = 60_000_000


class Town(NamedTuple):
    """Streets as arrays in no particular order, and nodes with a facility."""

    nodes: np.ndarray
    tail: np.ndarray
    head: np.ndarray
    length_m: np.ndarray
    crs: str
    sites: np.ndarray


REAL = {
    "Futian": ("shenzhen", "futian_osm_drive.graphml"),
    "Helsinki": ("helsinki", "Helsinki.osm.pbf"),
}


def town(data, size):
    if size in REAL:
        streets = read_streets(data.joinpath(*REAL[size]))
        network = build(streets, crossing_s=0, signals_s=0)[0]
    else:
        network = porto_alegre(data)
    if size in TILES:
        network = tiled(network, *TILES[size])
    rng = np.random.default_rng(7)
    mixed = rng.permutation(network.node_count)
    place = np.argsort(mixed)
    degree = np.bincount(network.tail, minlength=network.node_count)
    # not where a barrier parts a node in two: pandana finds nodes by position
    _, at, times = np.unique(
        network.nodes, axis=0, return_index=True, return_counts=True
    )
    degree[np.setdiff1d(np.arange(len(degree)), at[times == 1])] = 0
    joined = place[np.flatnonzero(degree)]
    return Town(
        network.nodes[mixed], place[network.tail], place[network.head],
        network.length_m, network.crs,
        np.sort(rng.choice(joined, min(FACILITIES, len(joined)), replace=False)),
    )  # fmt: skip


class Ours:
    """The network in our order, and facilities at the tails of edges."""

    def __init__(self, given):
        self.network = straight(
            given.nodes, given.tail, given.head, length_m=given.length_m, crs=given.crs
        )
        self.graph = self.network.graph(speed_mps=1.0)
        order = np.lexsort(self.network.nodes.T)
        theirs = np.lexsort(given.nodes.T)
        self.node = np.empty(len(order), np.int64)
        self.node[order] = theirs  # ours -> theirs
        back = np.empty(len(order), np.int64)
        back[self.node] = np.arange(len(order))
        at = back[given.sites]
        first = np.searchsorted(self.network.tail, at)
        begins = self.network.tail[np.minimum(first, len(self.network.tail) - 1)] == at
        ends = np.argsort(self.network.head, kind="stable")
        other = ends[
            np.searchsorted(self.network.head[ends], at).clip(max=len(ends) - 1)
        ]
        edge = np.where(begins, first, other).astype(np.int32)
        along = np.where(begins, 0.0, self.network.length_m[edge])
        self.spots = Spots(edge, along, np.zeros(len(edge)))

    def nearest(self, _=None):
        return reach.nearest(self.graph, self.spots)

    def within(self, _=None):
        return reach.within(self.graph, self.spots, HALF_HOUR_S)


class Scipy:
    """The minimum of parallel edges as a matrix; rows of many sources at once."""

    def __init__(self, given):
        from scipy.sparse import csr_array

        ends = np.concatenate([given.tail, given.head])
        onto = np.concatenate([given.head, given.tail])
        cost = np.concatenate([given.length_m, given.length_m])
        order = np.lexsort((cost, onto, ends))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(ends[order]) != 0) | (np.diff(onto[order]) != 0)
        kept = order[first & (ends[order] != onto[order])]
        size = (len(given.nodes),) * 2
        self.matrix = csr_array((cost[kept], (ends[kept], onto[kept])), shape=size)
        self.sites = given.sites

    def nearest(self, _=None):
        from scipy.sparse import csgraph

        return csgraph.dijkstra(self.matrix, indices=self.sites, min_only=True)

    def within(self, _=None):
        from scipy.sparse import csgraph

        found = []
        step = max(SCIPY_CELLS // self.matrix.shape[0], 1)
        for first in range(0, len(self.sites), step):
            rows = csgraph.dijkstra(
                self.matrix,
                indices=self.sites[first : first + step],
                limit=HALF_HOUR_S,
            )
            source, node = np.nonzero(np.isfinite(rows))
            found.append((source + first, node, rows[source, node]))
        return tuple(np.concatenate(part) for part in zip(*found, strict=True))


class Pandana:
    """pandana's own network, with nodes as points of interest."""

    def __init__(self, given):
        import pandana

        # it keeps positions in 32 bits: from the corner they are exact enough
        x, y = map(pd.Series, (given.nodes - given.nodes.min(axis=0)).T)
        weight = pd.DataFrame({"metres": given.length_m})
        self.network = pandana.Network(
            x, y, pd.Series(given.tail), pd.Series(given.head), weight
        )
        self.sites, self.x, self.y = given.sites, x, y

    def nearest(self, _=None):
        self.network.set_pois("care", 1e6, 1, self.x[self.sites], self.y[self.sites])
        return self.network.nearest_pois(1e6, "care", num_pois=1)[1].to_numpy()

    def within(self, _=None):
        return self.network.nodes_in_range(self.sites, HALF_HOUR_S)


def told(capsys, *words):
    with capsys.disabled():
        print("\n  " + "  ".join(map(str, words)))  # noqa: T201 - the figure itself


def spent(work):
    begin = time.process_time()
    made = work()
    return made, time.process_time() - begin


def held(capsys, size, peer, what, ours, theirs):
    times = theirs / ours
    told(capsys, f"{what} {size}: ours {ours:.4f} {peer} {theirs:.3f} x{times:.0f}")
    assert times >= HELD.get((size, peer, what), 0), (size, peer, what, times)


@pytest.mark.parametrize("size", ["city", "M", "L", *REAL])
def test_all_within_half_an_hour_beside_scipy(data, capsys, size):
    given = town(data, size)
    ours, scipy = Ours(given), Scipy(given)
    rows, (source, node, cost) = ours.within(), scipy.within()
    order = np.lexsort((ours.node[rows.node], rows_source(rows)))
    assert np.array_equal(rows_source(rows)[order], source)
    assert np.array_equal(ours.node[rows.node][order], node)
    assert np.allclose(rows.cost_s[order], cost, rtol=1e-12)
    took = medians(None, 3 if size == "L" else 5, ours.within, scipy.within)
    told(capsys, f"{len(node):,} pairs of {len(given.nodes):,} nodes")
    held(capsys, size, "scipy", "within", *took)
    near, theirs = ours.nearest(), scipy.nearest()
    assert np.allclose(near.cost_s, theirs[ours.node], rtol=1e-12)
    held(
        capsys, size, "scipy", "nearest", *medians(None, 3, ours.nearest, scipy.nearest)
    )


def rows_source(rows):
    return np.repeat(np.arange(len(rows)), np.diff(rows.indptr))


@pytest.mark.parametrize("size", ["city", "L"])
def test_build_and_nearest_beside_pandana(data, capsys, size):
    given = town(data, size)
    ours, built = spent(lambda: Ours(given))
    build, near = medians(
        None, 5,
        lambda _: straight(given.nodes, given.tail, given.head,
                           length_m=given.length_m, crs=given.crs).graph(),
        ours.nearest,
    )  # fmt: skip
    peer, peer_build = spent(lambda: Pandana(given))
    found, peer_near = spent(peer.nearest)
    gap = np.abs(ours.nearest().cost_s - found[ours.node])
    told(capsys, f"build {size}: ours {build:.3f} pandana {peer_build:.1f}; nearest "
                 f"{near:.3f} and {peer_near:.2f}")  # fmt: skip
    reached = np.isfinite(ours.nearest().cost_s)
    assert (gap[reached] < 0.5).mean() > 0.999  # it rounds lengths on its way
    held(capsys, size, "pandana", "nearest", build + near, peer_build + peer_near)
    ours_s, peer_s = medians(None, 3, ours.within, peer.within)
    pairs = peer.within()
    counted = np.bincount(rows_source(ours.within()), minlength=FACILITIES)
    theirs = pairs.groupby("source").size().reindex(given.sites).to_numpy()
    assert np.abs(counted - theirs).max() <= 0.01 * counted.max()
    held(capsys, size, "pandana", "within", ours_s, peer_s)
    assert built < peer_build


def test_nearest_beside_networkx(data, capsys):
    networkx = pytest.importorskip("networkx")
    given = town(data, "city")
    ours = Ours(given)
    graph = networkx.MultiGraph()
    graph.add_weighted_edges_from(
        zip(given.tail.tolist(), given.head.tolist(), given.length_m.tolist(),
            strict=True),
        weight="metres",
    )  # fmt: skip

    def theirs(_):
        return networkx.multi_source_dijkstra_path_length(
            graph, given.sites.tolist(), weight="metres"
        )

    found = theirs(None)
    mine = dict(zip(ours.node.tolist(), ours.nearest().cost_s, strict=True))
    assert all(abs(mine[node] - cost) < 1e-6 for node, cost in found.items())
    held(capsys, "city", "networkx", "nearest", *medians(None, 3, ours.nearest, theirs))


PEAK = """
import json, re, sys
import numpy as np
from pathlib import Path
from geodata.network import reach
from geodata.network.graph import Spots
from geodata.network.keeping import load
network = load(sys.argv[1])
graph = network.graph(speed_mps=1.0)
rng = np.random.default_rng(7)
edge = rng.choice(network.edge_count, 1000).astype(np.int32)
spots = Spots(edge, np.zeros(1000), np.zeros(1000))
reach.nearest(graph, spots)
pairs = reach.within(graph, spots, 1800.0)
status = Path("/proc/self/status").read_text()
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024
print(json.dumps({"peak": peak, "pairs": len(pairs.node)}))
"""


def test_memory_on_the_largest(data, tmp_path, capsys):
    keeping.save(tiled(porto_alegre(data), *TILES["L"]), tmp_path / "L.qnet")
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "L.qnet")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    told(capsys, f"memory L: {found['peak'] / 1e9:.2f} GB, {found['pairs']:,} pairs")
    assert found["peak"] <= MOST_BYTES
