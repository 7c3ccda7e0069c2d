"""Streets become a network: split, joined, ordered, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.crs.measure import distance_m
from geodata.errors import FileRefusedError, InputError
from geodata.network.building import build
from geodata.network.graph import STREET, VEHICLE, WALK
from geodata.network.reporting import degrees, part_of
from tests.support.streets import porto_alegre, streets_of, tiled, town

if TYPE_CHECKING:
    from pathlib import Path

X, Y = 116.0, 39.0
A, B, C, D = (X, Y), (X + 0.001, Y), (X + 0.002, Y), (X + 0.001, Y + 0.001)


def test_lines_are_split_where_they_share_a_vertex() -> None:
    network, report = build(streets_of([[A, B, C], [B, D]]))
    assert (network.node_count, network.edge_count) == (4, 3)
    assert report.part_count == 1
    assert report.dead_ends == 3


def test_nothing_branches_one_edge_with_all_its_vertices() -> None:
    bent = (X + 0.0005, Y + 0.0004)
    network, report = build(streets_of([[A, bent, B], [C, B]]))
    assert (network.node_count, network.edge_count) == (2, 1)
    assert report.counts["joined"] == 1
    found = degrees(network.coords, network.crs)
    assert np.allclose(found[:: -1 if found[0, 0] > X + 0.001 else 1], [A, bent, B, C])
    whole = sum(float(distance_m(*p, *q)) for p, q in ((A, bent), (bent, B), (B, C)))
    assert network.length_m[0] == pytest.approx(whole, abs=1e-9)


def test_streets_of_two_kinds_are_not_joined() -> None:
    network, _ = build(streets_of([[A, B], [B, C]], kind=[WALK, STREET]))
    assert sorted(network.kind.tolist()) == [WALK, STREET]


def test_parallel_edges_and_loops_are_edges_of_their_own() -> None:
    above, below = (X + 0.0005, Y + 0.0005), (X + 0.0005, Y - 0.0005)
    lines = [[A, above, B], [A, below, B], [A, B], [B, C], [C, D, (X, Y + 0.002), C]]
    network, _ = build(streets_of([*lines, [(X - 0.001, Y), A]]))
    pairs = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    loops = [pair for pair in pairs if pair[0] == pair[1]]
    assert len(loops) == 1
    assert len(pairs) == 6
    assert max(pairs.count(pair) + pairs.count(pair[::-1]) for pair in pairs) == 3


def test_what_is_drawn_twice_is_kept_once_and_counted() -> None:
    lines = [[A, B], [B, A], [B, C], [B, D]]
    network, report = build(streets_of(lines, oneway=[1, 1, 1, 0]))
    assert network.edge_count == 3
    assert report.counts["doubles"] == 1
    # one-way there and one-way back is both ways
    assert sorted(np.abs(network.oneway).tolist()) == [0, 0, 1]


def test_directions_follow_an_edge_that_is_turned_round() -> None:
    # C to B, then B to A: one way from C to A, whichever end the edge begins at
    network, _ = build(streets_of([[A, B], [C, B]], oneway=[-1, 1]))
    assert network.edge_count == 1
    first = degrees(network.coords[:1], network.crs)[0, 0]
    assert network.oneway[0] == (1 if first > X + 0.001 else -1)


def test_a_ring_of_streets_alone_is_one_loop() -> None:
    network, report = build(streets_of([[A, B, C], [C, D, A]]))
    assert (network.node_count, network.edge_count) == (1, 1)
    assert network.tail[0] == network.head[0]
    assert report.dead_ends == 0


def test_nobody_passes_a_closed_vertex() -> None:
    streets = streets_of([[A, B, C]], closed=[1])
    network, report = build(streets)
    assert network.edge_count == 2
    assert report.part_count == 2
    assert report.near_count == 0  # known to be apart, not a mistake


def test_waits_are_charged_to_who_crosses() -> None:
    lines = [[A, B, C], [(X + 0.001, Y - 0.001), B, D]]
    network, _ = build(
        streets_of(lines, kind=[STREET, WALK], crossings=[1]), crossing_s=6
    )
    by_kind = {int(k): network.delay_s[network.kind == k].sum() for k in network.kind}
    assert by_kind == {STREET: 0.0, WALK: 6.0}
    lines = [[A, B, C], [B, D]]
    network, _ = build(streets_of(lines, signals=[1]), signals_s=20)
    assert network.delay_s.tolist() == [10.0, 10.0, 10.0]


def test_parts_are_found_with_their_size_and_place() -> None:
    far = [(X + 0.02, Y), (X + 0.021, Y)]
    network, report = build(streets_of([[A, B, C], [B, D], far]))
    assert report.part_count == 2
    assert [part.edges for part in report.parts] == [3, 1]
    assert report.parts[1].lon == pytest.approx(X + 0.0205, abs=0.0006)
    assert report.main_share == pytest.approx(
        1 - report.parts[1].length_m / report.walk_m, abs=1e-3
    )
    assert np.bincount(part_of(network)).tolist() == [4, 2]
    assert "孤立" in report.notes[0].zh


def test_vehicle_roads_join_no_parts_on_foot() -> None:
    far = (X + 0.003, Y)
    lines = [[A, B], [B, C], [C, far]]
    _, report = build(streets_of(lines, kind=[STREET, VEHICLE, STREET]))
    assert report.part_count == 2


def test_ends_that_nearly_meet_are_reported() -> None:
    short = (X + 0.001, Y + 0.00002)  # 2.2 m above the street
    _, report = build(streets_of([[A, C], [short, D]]))
    assert report.near_count == 1
    assert report.near[0].gap_m == pytest.approx(2.2, abs=0.1)
    assert build(streets_of([[A, C], [short, D]]), near_m=1)[1].near_count == 0


def test_the_report_is_told_in_both_languages() -> None:
    told = build(streets_of([[A, B, C], [B, D]]))[1].to_dict()
    assert told["completeness"]["main_share"] == 1.0
    assert "主体" in told["completeness"]["method"]["zh"]
    assert "main part" in told["completeness"]["method"]["en"]


def test_no_edges_is_a_clear_error() -> None:
    with pytest.raises(FileRefusedError) as caught:
        build(streets_of([[A, A]]))
    assert caught.value.code == "no_edges"
    with pytest.raises(InputError):
        build(streets_of([[A, B]]), near_m=-1)


def test_the_order_of_lines_does_not_change_the_edges() -> None:
    lines = [[A, B, C], [B, D], [C, (X + 0.002, Y + 0.001), D]]
    one, other = build(streets_of(lines))[0], build(streets_of(lines[::-1]))[0]
    assert np.array_equal(one.nodes, other.nodes)
    assert sorted(one.length_m) == pytest.approx(sorted(other.length_m))


def test_porto_alegre_is_the_network_others_found(data: Path) -> None:
    network = porto_alegre(data)
    assert 18_000 < network.node_count < 19_000
    assert 25_000 < network.edge_count < 26_500
    assert (part_of(network) == 0).mean() > 0.98
    two = tiled(network, 2, 1)
    assert two.node_count == 2 * network.node_count
    assert (part_of(two) == 0).sum() == 2 * (part_of(network) == 0).sum()


def test_a_town_of_blocks() -> None:
    network = town(4, 4)
    # the four corners join nothing and become bends
    assert (network.node_count, network.edge_count) == (12, 20)
