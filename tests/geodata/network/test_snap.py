"""Places are put on the nearest street, and told how far and on which part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from geodata.errors import InputError
from geodata.network import snap as module
from geodata.network.building import build
from geodata.network.graph import STREET, VEHICLE
from geodata.network.snap import parts_of, positions, snap, snap_degrees, to_plane
from tests.support.streets import porto_alegre, streets_of, town

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network

X, Y = 116.0, 39.0


def lines_of(network: Network) -> Any:
    owner = np.repeat(np.arange(network.edge_count), np.diff(network.offsets))
    return np.asarray(shapely.linestrings(network.coords, indices=owner))


@pytest.fixture(params=["grid", "tree"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to find the nearest, the compiled one and the other."""
    if request.param == "tree":
        monkeypatch.setattr(module, "_by_grid", module._by_tree)
    return str(request.param)


def require_nearest(network: Network, xy: Any, max_m: float) -> None:
    """Compare with every edge, by GEOS."""
    found = snap(network, xy, max_m=max_m)
    lines, points = lines_of(network), shapely.points(xy)
    open_ = np.flatnonzero(network.kind != VEHICLE)
    gaps = shapely.distance(np.asarray(points)[:, None], lines[open_][None])
    least = gaps.min(axis=1)
    assert np.array_equal(found.edge >= 0, least <= max_m)
    there = found.edge >= 0
    assert np.allclose(found.snap_m[there], least[there], atol=1e-6)
    assert np.isinf(found.snap_m[~there]).all()
    own = shapely.distance(np.asarray(points)[there], lines[found.edge[there]])
    assert np.allclose(own, found.snap_m[there], atol=1e-6)
    put = positions(network, found)
    assert np.allclose(np.hypot(*(put - xy)[there].T), found.snap_m[there], atol=1e-6)
    assert np.isnan(put[~there]).all()
    assert (found.along_m >= 0).all()
    assert (found.along_m[there] <= network.length_m[found.edge[there]]).all()


@pytest.mark.usefixtures("way")
def test_the_nearest_edge_is_found() -> None:
    network = town(9, 7)
    rng = np.random.default_rng(5)
    low, high = network.coords.min(axis=0), network.coords.max(axis=0)
    xy = low - 300 + rng.random((400, 2)) * (high - low + 600)
    for max_m in (20.0, 200.0):
        require_nearest(network, xy, max_m)


@pytest.mark.usefixtures("way")
def test_the_nearest_edge_of_a_city(data: Path) -> None:
    network = porto_alegre(data)
    rng = np.random.default_rng(7)
    some = network.nodes[rng.integers(0, network.node_count, 60)]
    require_nearest(network, some + rng.normal(0, 120, some.shape), 150.0)


def test_a_place_is_as_far_along_as_the_street_is_long() -> None:
    bent = [(X, Y), (X + 0.001, Y), (X + 0.001, Y + 0.001)]
    network = build(streets_of([bent]))[0]
    spots = snap_degrees(network, [X + 0.001], [Y])
    first = network.length_m[0] * 85.0 / (85.0 + 111.0)
    along = spots.along_m[0]
    assert min(along, network.length_m[0] - along) == pytest.approx(first, rel=0.02)
    ends = snap(network, network.nodes[[network.tail[0], network.head[0]]])
    assert ends.along_m == pytest.approx([0.0, network.length_m[0]], abs=1e-6)


def test_nobody_is_put_on_a_motorway() -> None:
    lines = [[(X, Y), (X + 0.01, Y)], [(X, Y + 0.001), (X + 0.01, Y + 0.001)]]
    network = build(streets_of(lines, kind=[VEHICLE, STREET]))[0]
    spot = snap_degrees(network, [X + 0.005], [Y + 0.0001])
    assert network.kind[spot.edge[0]] == STREET
    assert spot.snap_m[0] == pytest.approx(100, abs=1)
    assert snap_degrees(network, [X], [Y], mode="drive").snap_m[0] < 1e-3


def test_who_is_on_an_isolated_part_is_told() -> None:
    lines = [[(X, Y), (X + 0.01, Y)], [(X, Y + 0.01), (X + 0.001, Y + 0.01)]]
    network = build(streets_of(lines))[0]
    spots = snap_degrees(network, [X, X, X], [Y, Y + 0.01, Y + 1.0])
    assert parts_of(network, spots).tolist() == [0, 1, -1]


@pytest.mark.usefixtures("way")
def test_what_is_no_position_is_on_no_edge() -> None:
    network = town()
    spots = snap(network, [[np.nan, 0.0], [np.inf, 1.0], network.nodes[0]])
    assert (spots.edge >= 0).tolist() == [False, False, True]
    assert len(snap(network, np.empty((0, 2)))) == 0
    with pytest.raises(InputError):
        snap(network, network.nodes[:1], max_m=float("nan"))


def test_degrees_become_plane_metres() -> None:
    network = town()
    assert to_plane(network, [X], [Y])[0] == pytest.approx(
        network.coords.min(axis=0), abs=60
    )
