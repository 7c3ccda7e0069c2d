"""Area of every county of China: our series against one geodesic call each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from geodata.crs import area_m2, length_m


def median_s(run: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


@pytest.mark.benchmark
def test_area_of_989k_vertices(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = gpd.read_parquet(data / "bench/cn_county_2020.parquet").geometry.to_numpy()
    _compare("counties", shapes, capsys, least=3.0)


@pytest.mark.benchmark
def test_area_of_many_small_polygons(capsys: pytest.CaptureFixture[str]) -> None:
    """What diffs and findings ask for: 100 000 slivers of a few vertices."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(75, 130, 100_000), rng.uniform(20, 50, 100_000)
    size = rng.uniform(1e-6, 1e-3, 100_000)
    _compare("slivers", shapely.box(x, y, x + size, y + size), capsys, least=2.0)


def _compare(
    name: str,
    shapes: np.ndarray,
    capsys: pytest.CaptureFixture[str],
    *,
    least: float,
) -> None:
    geod = Geod(a=6378137.0, rf=298.257222101)
    ours = median_s(lambda: area_m2(shapes))
    lengths = median_s(lambda: length_m(shapes))
    theirs = median_s(
        lambda: [geod.geometry_area_perimeter(shape) for shape in shapes], times=3
    )
    vertices = len(shapely.get_coordinates(shapes))
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark reports
            f"\n{name}: {len(shapes)} polygons, {vertices} vertices: "
            f"area {ours:.3f} s, length {lengths:.3f} s, Geod {theirs:.3f} s "
            f"(area {theirs / ours:.1f}x, both {theirs / (ours + lengths):.1f}x)"
        )
    assert ours * least < theirs
    assert ours < 1.0
