"""Slopes from a raster of heights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata import crs
from geodata.errors import FileRefusedError
from geodata.network.ordering import straight
from geodata.network.slopes import climb, pace

if TYPE_CHECKING:
    from pathlib import Path

PLANE = "EPSG:32650"


def raster(path: Path, heights: np.ndarray, cell: float = 10.0, **more: object) -> Path:
    import rasterio

    rows, columns = heights.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=columns,
        count=1,
        dtype="float32",
        **{"crs": PLANE, **more},
        transform=rasterio.Affine(cell, 0, 500_000, 0, -cell, 4_000_000 + rows * cell),
    ) as out:
        out.write(heights.astype("float32"), 1)
    return path


def hillside(rise: float) -> np.ndarray:
    """Ground that rises eastward by so many metres a metre."""
    east = (np.arange(100) + 0.5) * 10 * rise
    return np.tile(east, (50, 1))


def line(ends: list[tuple[float, float]]):
    nodes = [(500_000 + x, 4_000_000 + y) for x, y in ends]
    count = len(nodes) - 1
    return straight(nodes, range(count), range(1, count + 1), crs=PLANE)


def test_tobler_is_fastest_slightly_downhill_and_one_on_the_level():
    assert pace(0) == 1
    assert np.isclose(pace(-0.05), np.exp(-0.175))
    assert np.isclose(pace(0.1), np.exp(0.35))
    assert np.isclose(pace(-0.1), 1)
    assert (pace(np.linspace(-1, 1, 201)) >= np.exp(-0.175) - 1e-12).all()


def test_uphill_and_downhill_follow_the_formula(tmp_path):
    network = line([(100, 250), (500, 250)])
    found = climb(network, raster(tmp_path / "hill.tif", hillside(0.1)))
    up, down = np.exp(0.35), 1.0
    eastward = network.nodes[network.tail, 0] < network.nodes[network.head, 0]
    ahead = np.where(eastward, found.ahead, found.back)
    back = np.where(eastward, found.back, found.ahead)
    assert np.allclose(ahead, up, rtol=2e-3)
    assert np.allclose(back, down, rtol=2e-3)
    assert found.missing == 0


def test_along_a_contour_nothing_changes(tmp_path):
    network = line([(300, 100), (300, 400)])
    found = climb(network, raster(tmp_path / "hill.tif", hillside(0.1)))
    assert np.allclose(found.ahead, 1, atol=1e-2)


def test_where_heights_are_missing_an_edge_is_level_and_it_is_said(tmp_path):
    heights = hillside(0.1)
    heights[:, 50:] = -9999
    network = line([(100, 250), (490, 250), (900, 250)])
    found = climb(network, raster(tmp_path / "half.tif", heights, nodata=-9999))
    assert 0.5 < found.missing < 0.65
    level = np.isclose(found.ahead, 1) & np.isclose(found.back, 1)
    assert level.tolist().count(True) == 1


@pytest.mark.parametrize("how", ["elsewhere", "no_crs", "text", "none"])
def test_a_raster_that_says_nothing_is_refused(tmp_path, how):
    path = tmp_path / "heights.tif"
    network = line([(100, 250), (500, 250)])
    if how == "elsewhere":
        network = line([(90_000, 250), (91_000, 250)])
    if how == "text":
        path.write_text("not a raster")
    elif how != "none":
        raster(path, hillside(0.1), **({"crs": None} if how == "no_crs" else {}))
    with pytest.raises(FileRefusedError) as refused:
        climb(network, path)
    assert refused.value.message.zh


def test_real_heights_of_helsinki(data):
    """A city model of 1 m: streets laid over it climb and fall as the ground does."""
    path = data / "helsinki" / "elevation_model_2021_lapinlahti.tif"
    lon, lat = np.meshgrid(
        np.linspace(24.9108, 24.9141, 6), np.linspace(60.1668, 60.1691, 6)
    )
    x, y = crs.transform_points(lon.ravel(), lat.ravel(), 4490, 32635)
    at = np.arange(36).reshape(6, 6)
    network = straight(
        np.column_stack([x, y]),
        np.concatenate([at[:-1].ravel(), at[:, :-1].ravel()]),
        np.concatenate([at[1:].ravel(), at[:, 1:].ravel()]),
        crs="EPSG:32635",
    )
    found = climb(network, path)
    assert found.missing == 0
    assert found.ahead.min() >= np.exp(-0.175) - 1e-9
    assert 1.0 < np.median(found.ahead + found.back) / 2 < 1.6
    graph = network.graph(climb=found)
    assert (graph.ahead_s + graph.back_s >= 2 * network.length_m * 0.99).all()
