"""Borders stored once and simplification, beside what people do with shapely."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.topology import borders, polygons, simplify
from tests.support.measuring import medians
from tests.support.townships import CRS, all_rings, name

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

ROUNDS = 5


def townships(vertices):
    side = max(int((vertices / 705) ** 0.5), 2)
    rings = all_rings(side, side, 88, seed=5)
    shapes = shapely.polygons(rings.reshape(-1, rings.shape[2], 2))
    keys = [name(row, column) for row in range(side) for column in range(side)]
    return gpd.GeoDataFrame({"code": keys}, geometry=shapes, crs=CRS)


def noded(frame):
    """All borders as lines, each once; nothing says whose."""
    return shapely.line_merge(
        shapely.union_all(shapely.boundary(frame.geometry.to_numpy()))
    )


def pairwise(frame):
    """The line between each two neighbours, as most recipes have it."""
    shapes = frame.geometry.to_numpy()
    edge = shapely.boundary(shapes)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="touches")
    once = one < two
    return shapely.line_merge(shapely.intersection(edge[one[once]], edge[two[once]]))


def told(capsys, label, names, times):
    rows = [
        f"{n} {t:.3f} s ({t / times[0]:.1f})" for n, t in zip(names, times, strict=True)
    ]
    with capsys.disabled():
        print(f"\n{label}: " + ", ".join(rows))  # noqa: T201


def test_borders_of_townships(full_size, capsys):
    frame = townships(1e6 if full_size else 1e5)
    found = borders(frame, key="code")
    again = polygons(found).geometry.to_numpy()
    assert shapely.to_wkb(again).tolist() == shapely.to_wkb(frame.geometry).tolist()
    inner = found.lines[~found.lines["outer"]]
    peer = pairwise(frame)
    assert len(inner) == len(peer)
    assert inner.geometry.length.sum() == pytest.approx(shapely.length(peer).sum())
    spent = medians(
        frame,
        ROUNDS if full_size else 1,
        lambda frame: borders(frame, key="code"),
        noded,
        pairwise,
        lambda _: polygons(found),
    )
    told(capsys, "borders", ("ours", "union_all", "pairwise", "back again"), spent)
    assert min(spent[1:3]) > spent[0]


@pytest.mark.parametrize("tolerance", [20.0, 200.0])
def test_simplified_townships(tolerance, full_size, capsys):
    frame = townships(1e6 if full_size else 1e5)
    shapes = frame.geometry.to_numpy()
    simple = simplify(frame, tolerance).geometry.to_numpy()
    peer = shapely.coverage_simplify(shapes, tolerance)
    assert shapely.coverage_is_valid(simple)
    counts = [int(shapely.get_num_coordinates(each).sum()) for each in (simple, peer)]
    assert counts[0] == pytest.approx(counts[1], rel=0.02)
    spent = medians(
        frame,
        ROUNDS if full_size else 1,
        lambda frame: simplify(frame, tolerance),
        lambda frame: shapely.coverage_simplify(frame.geometry.to_numpy(), tolerance),
    )
    told(capsys, f"simplify {tolerance:.0f} m", ("ours", "coverage_simplify"), spent)
    with capsys.disabled():
        print(f"vertices: {counts}", end="")  # noqa: T201


def test_simplified_counties_of_china(data, full_size, capsys):
    """A layer full of conflicts: ours keeps every unit, valid ones valid."""
    frame = gpd.read_parquet(data / "bench" / "cn_county_2020.parquet")
    if not full_size:
        frame = frame.iloc[:300]
    shapes = frame.geometry.to_numpy()
    simple = simplify(frame, 500.0).geometry.to_numpy()
    peer = shapely.coverage_simplify(shapes, 0.005)
    valid = shapely.is_valid(shapes)
    lost = [
        int((shapely.is_empty(each) | ~shapely.is_valid(each))[valid].sum())
        for each in (simple, peer)
    ]
    counts = [int(shapely.get_num_coordinates(each).sum()) for each in (simple, peer)]
    spent = medians(
        frame,
        ROUNDS if full_size else 1,
        lambda frame: simplify(frame, 500.0),
        lambda frame: shapely.coverage_simplify(frame.geometry.to_numpy(), 0.005),
    )
    told(capsys, "cn_county_2020", ("ours", "coverage_simplify"), spent)
    with capsys.disabled():
        print(f"\nvertices {counts}, valid units no longer valid {lost}")  # noqa: T201
    assert lost[0] == 0
    assert np.isfinite(shapely.total_bounds(simple)).all()
