"""Links and barriers drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.errors import InputError
from geodata.network.amending import BARRIER, LINK, Drawn, amend, drawn, of_frame
from geodata.network.building import build
from geodata.network.graph import WALK
from geodata.network.reporting import part_of
from tests.support.streets import streets_of, town

X, Y = 116.0, 39.0
ROWS = [
    [(X, Y), (X + 0.01, Y)],
    [(X, Y + 0.001), (X + 0.01, Y + 0.001)],
]


def test_a_link_joins_what_is_apart() -> None:
    base, before = build(streets_of(ROWS))
    assert before.part_count == 2
    over = Drawn(LINK, ((X + 0.005, Y + 0.00001), (X + 0.005, Y + 0.00099)))
    made, after = amend(base, [over])
    assert after.part_count == 1
    assert after.counts["links"] == 1
    assert made.edge_count == 5  # two streets in two, and the link
    link = made.kind == WALK
    assert made.length_m[link] == pytest.approx([111.0], abs=0.5)
    assert made.length_m[~link].sum() == pytest.approx(base.length_m.sum(), abs=1e-6)
    assert base.edge_count == 2  # the network given stays
    assert made.meta["version"] != base.meta["version"] == made.meta["amended"]


def test_a_link_meets_streets_at_its_ends_only() -> None:
    rows = [*ROWS, [(X, Y + 0.002), (X + 0.01, Y + 0.002)]]
    base, _ = build(streets_of(rows))
    _, after = amend(base, [Drawn(LINK, ((X + 0.005, Y), (X + 0.005, Y + 0.002)))])
    assert after.part_count == 2  # the middle one is passed over


def test_links_at_junctions_cut_nothing() -> None:
    base, _ = build(streets_of(ROWS))
    made, _ = amend(base, [Drawn(LINK, ((X, Y), (X, Y + 0.001)))])
    assert (made.node_count, made.edge_count) == (4, 3)
    twice = [Drawn(LINK, ((X + 0.005, Y), (X + 0.005, Y + 0.001)))] * 2
    made, _ = amend(base, twice)
    assert (made.node_count, made.edge_count) == (6, 6)


def test_a_barrier_cuts_every_street_it_meets() -> None:
    base = town(6, 6)
    wall = Drawn(BARRIER, ((X + 0.0025, Y - 0.001), (X + 0.0025, Y + 0.01)))
    made, after = amend(base, [wall])
    assert after.counts["cut"] == 6
    assert after.part_count == 2
    assert after.near_count == 0  # meant, not a mistake
    assert made.length_m.sum() == pytest.approx(base.length_m.sum(), abs=1e-6)
    assert np.bincount(part_of(made)).min() > 10
    tail = made.nodes[made.tail]
    first = made.coords[made.offsets[:-1]]
    assert np.allclose(tail, first)
    assert np.allclose(made.nodes[made.head], made.coords[made.offsets[1:] - 1])


def test_a_barrier_through_a_junction_and_a_link_over_it() -> None:
    base = town(3, 3)
    wall = Drawn(BARRIER, ((X + 0.001, Y - 0.001), (X + 0.001, Y + 0.01)))
    over = Drawn(LINK, ((X + 0.0005, Y + 0.001), (X + 0.0015, Y + 0.001)))
    assert amend(base, [wall])[1].part_count > 1
    _, after = amend(base, [wall, over])
    assert after.part_count < amend(base, [wall])[1].part_count


def test_waiting_is_shared_by_the_pieces_of_a_street() -> None:
    lines = [[(X, Y), (X + 0.01, Y)], [(X + 0.005, Y), (X + 0.005, Y + 0.01)]]
    base, _ = build(streets_of(lines, kind=[WALK, WALK], crossings=[0]), crossing_s=8)
    wall = Drawn(BARRIER, ((X + 0.002, Y - 1e-4), (X + 0.002, Y + 1e-4)))
    made, _ = amend(base, [wall])
    assert made.delay_s.sum() == pytest.approx(base.delay_s.sum())


def test_an_end_in_the_fields_is_refused_with_its_distance() -> None:
    base, _ = build(streets_of(ROWS))
    lines = [
        Drawn(LINK, ((X, Y), (X, Y + 0.001))),
        Drawn(LINK, ((X + 0.005, Y + 0.001), (X + 0.005, Y + 0.003))),
    ]
    with pytest.raises(InputError) as caught:
        amend(base, lines)
    assert caught.value.code == "link_end"
    assert "第 2 条" in caught.value.message.zh
    assert "222" in caught.value.message.zh


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "wall", "points": [[1, 1], [2, 2]]},
        {"kind": "link", "points": [[1, 1]]},
        {"kind": "link", "points": [[1, 1], [1, 200]]},
        {"kind": "link", "points": [[1, 1], [float("nan"), 2]]},
        {"kind": "link"},
        {"kind": "link", "points": "no"},
        7,
    ],
)
def test_what_is_no_line_is_refused(item: object) -> None:
    with pytest.raises(InputError) as caught:
        drawn([{"kind": "link", "points": [[1, 1], [2, 2]]}, item])
    assert "第 2 条" in caught.value.message.zh


def test_a_frame_says_which_is_which() -> None:
    frame = gpd.GeoDataFrame(
        {"kind": ["连接", "barrier"]},
        geometry=[
            shapely.LineString([(X, Y), (X, Y + 0.001)]),
            shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
        ],
        crs=4490,
    )
    assert [line.kind for line in of_frame(frame)] == [LINK, BARRIER, BARRIER]
    with pytest.raises(InputError):
        of_frame(frame.drop(columns="kind"))
