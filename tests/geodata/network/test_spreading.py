"""Points that stand for people lie on the streets and add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from geodata.network.graph import STREET, VEHICLE, WALK, Network
from geodata.network.spreading import along_streets, evenly, points_along


def grid(side: int = 5, step: float = 100.0, kind: int = STREET) -> Network:
    """Return a square grid of streets, ``side`` nodes each way."""
    xs, ys = np.meshgrid(np.arange(side) * step, np.arange(side) * step)
    nodes = np.column_stack([xs.ravel(), ys.ravel()])
    at = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()]).astype(np.int32)
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()]).astype(np.int32)
    count = len(tail)
    coords = np.stack([nodes[tail], nodes[head]], axis=1).reshape(-1, 2)
    return Network(
        nodes, tail, head, np.full(count, step), np.zeros(count),
        np.zeros(count, np.int8), np.full(count, kind, np.int8), coords,
        np.arange(count + 1, dtype=np.int64) * 2, "EPSG:4549",
    )  # fmt: skip


def areas(*boxes: tuple[float, float, float, float]) -> Any:
    return np.array([shapely.box(*box) for box in boxes], dtype=object)


def test_points_along_an_edge_of_several_pieces() -> None:
    """A bent edge, measured by its own length, which the plane may stretch."""
    network = Network(
        np.array([[0.0, 0.0], [10.0, 10.0]]), np.array([0, 0], np.int32),
        np.array([1, 1], np.int32), np.array([40.0, 10.0]), np.zeros(2),
        np.zeros(2, np.int8), np.zeros(2, np.int8),
        np.array([[0, 0], [10, 0], [10, 10], [0, 0], [0, 10], [10, 10]], float),
        np.array([0, 3, 6]), "EPSG:4549",
    )  # fmt: skip
    found = points_along(
        network, np.array([0, 0, 0, 0, 1, 1]), np.array([0.0, 20.0, 30.0, 99.0, 5, 2.5])
    )
    assert found.tolist() == [[0, 0], [10, 0], [10, 5], [10, 10], [0, 10], [0, 5]]


def test_people_stand_along_the_streets_of_their_area() -> None:
    found = along_streets(grid(), areas((0, 0, 199, 400), (199, 0, 400, 400)))
    assert np.bincount(found.area, weights=found.share).tolist() == pytest.approx(
        [1, 1]
    )
    assert (found.xy[found.area == 0][:, 0] < 199).all()
    on_street = (found.xy % 100 == 0).any(axis=1)
    assert on_street.all()
    assert np.allclose(points_along(grid(), found.edge, found.along_m), found.xy)


def test_a_point_on_a_common_border_counts_once() -> None:
    found = along_streets(grid(), areas((0, 0, 200, 400), (200, 0, 400, 400)), most=999)
    spots = set(map(tuple, found.xy.tolist()))
    assert len(spots) == len(found) == 40 * 2


def test_never_more_points_than_asked_for_and_evenly_by_length() -> None:
    whole = along_streets(grid(9), areas((0, 0, 800, 800)), most=10)
    assert len(whole) <= 10
    assert whole.share.sum() == pytest.approx(1)
    again = along_streets(grid(9), areas((0, 0, 800, 800)), most=10)
    assert again.xy.tolist() == whole.xy.tolist()


def test_nobody_lives_on_a_motorway_nor_where_no_street_is() -> None:
    assert not len(along_streets(grid(kind=VEHICLE), areas((0, 0, 400, 400))))
    assert not len(along_streets(grid(), areas((1000, 1000, 1400, 1400))))
    assert len(along_streets(grid(kind=WALK), areas((0, 0, 400, 400))))
    assert not len(along_streets(grid(), np.empty(0, object)))


def test_evenly_over_an_area_and_once_in_a_sliver() -> None:
    sliver = shapely.box(0, 0, 1000, 0.01)
    shapes = np.array([shapely.box(0, 0, 100, 100), sliver, None], dtype=object)
    found = evenly(shapes, most=25)
    assert (found.area == 0).sum() == 25
    assert (found.area == 1).sum() >= 1
    assert np.bincount(found.area, weights=found.share).tolist() == pytest.approx(
        [1, 1]
    )
    assert (found.edge == -1).all()
    assert shapely.contains_xy(shapes[0], found.xy[found.area == 0]).all()
