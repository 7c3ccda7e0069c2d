"""What is kept while facilities change, against a computation from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError, NotFoundError
from geodata.network import planning
from geodata.network.graph import Spots
from geodata.network.reach import nearest_of
from tests.geodata.network.test_reach import FEW, networks, places


@st.composite
def plans(draw):
    """People with limits, facilities, and what is done to the facilities."""
    network = draw(networks())
    people, first, spare = (places(draw, network) for _ in range(3))
    limit = np.array([draw(st.sampled_from([2.0, 6.0, 15.0])) for _ in people.edge])
    edit = st.tuples(
        st.sampled_from(["move", "close", "add"]), st.integers(0, 9), st.integers(0, 9)
    )
    return network, people, first, spare, limit, draw(st.lists(edit, max_size=8))


def anew(graph, people, facilities, limit):
    """The same from nothing: everything that stands, in its order."""
    most = float(limit.max(initial=0.0))
    found = nearest_of(graph, facilities, people, most)
    near = found.cost_s <= limit
    return np.where(near, found.source, -1), np.where(near, found.cost_s, np.inf)


@FEW
@given(plans())
def test_changes_leave_what_a_computation_from_nothing_gives(drawn):
    network, people, first, spare, limit, edits = drawn
    graph = network.graph()
    plan = planning.Planning(graph, people, limit)
    plan.add(first)
    rows = list(zip(first.edge, first.along_m, first.snap_m, strict=True))
    for verb, at, other in edits:
        spot = (
            spare.take([other % len(spare)])
            if len(spare)
            else planning.one(-1, 0.0, 0.0)
        )
        here = (int(spot.edge[0]), float(spot.along_m[0]), float(spot.snap_m[0]))
        if verb == "add":
            plan.add(spot)
            rows.append(here)
        elif rows and verb == "move":
            plan.move(at % len(rows), spot)
            rows[at % len(rows)] = here
        elif rows:
            plan.close(at % len(rows))
            rows[at % len(rows)] = (-1, 0.0, 0.0)
    stands = Spots(
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], float),
        np.array([row[2] for row in rows], float),
    )
    source, cost = anew(graph, people, stands, limit)
    assert plan.cost_s.tolist() == cost.tolist()
    assert plan.source.tolist() == source.tolist()


@FEW
@given(plans())
def test_a_copy_changes_apart(drawn):
    network, people, first, _, limit, _ = drawn
    plan = planning.Planning(network.graph(), people, limit)
    plan.add(first)
    before = plan.cost_s.tolist()
    other = plan.copy()
    for number in range(len(first)):
        other.close(number)
    assert np.isinf(other.cost_s).all()
    assert plan.cost_s.tolist() == before


def test_a_facility_may_have_a_limit_of_its_own():
    network = line()
    people = Spots(np.zeros(3, np.int32), np.array([10.0, 50, 90]), np.zeros(3))
    plan = planning.Planning(network.graph(), people, 20.0)
    plan.add(planning.one(0, 0.0, 0.0), 60.0)
    assert plan.source.tolist() == [0, 0, -1]
    assert plan.reached_by(0)[0].tolist() == [0, 1]


def test_what_is_not_there_is_said():
    network = line()
    people = Spots(np.zeros(1, np.int32), np.zeros(1), np.zeros(1))
    plan = planning.Planning(network.graph(), people, 20.0)
    with pytest.raises(NotFoundError):
        plan.close(0)
    with pytest.raises(InputError):
        planning.one(0, float("nan"), 0.0)


def line():
    from geodata.network.ordering import straight

    return straight([(0, 0), (100, 0)], [0], [1], crs="EPSG:32650")
