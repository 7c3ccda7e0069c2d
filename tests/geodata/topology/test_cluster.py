"""A level checked in parts, by processes here and by Dask, gives the same answer."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from geodata.errors import InputError, WorkersError
from geodata.topology import check, check_apart
from geodata.topology.check import Asked
from geodata.topology.merging import merge
from geodata.topology.partition import Layer, check_part, partition
from geodata.workers import Dask, Processes
from tests.support.planting import plant
from tests.support.townships import CRS, coverage, name

HERE = np.array([500_000.0, 3_300_000.0])


def square(x, y, size=1000.0):
    west, south = HERE + np.array([x, y])
    return shapely.box(west, south, west + size, south + size)


def layer(shapes, keys=None, crs=CRS, **columns):
    keys = keys or [f"u{place}" for place in range(len(shapes))]
    return gpd.GeoDataFrame({"code": keys, **columns}, geometry=list(shapes), crs=crs)


def planted(seed, size=26):
    land = coverage(size, size, 16, seed)
    plant(land, seed)
    return land.frame(order=np.random.default_rng(seed))


def table(frame):
    return pa.table(
        {"code": frame["code"], "geometry": pa.array(frame.to_wkb()["geometry"])}
    )


def here(frame, parts, **asked):
    """The same functions without other processes."""
    whole = Layer(frame, Asked("code", **asked))
    rows = partition(whole, parts)

    def look(some):
        return [check_part(part) for part in some]

    return merge(whole, look([whole.part(mine) for mine in rows]), look)


def same(one, two):
    """Every finding, to the bit and in order."""
    one, two = one.frame, two.frame
    assert one["fingerprint"].tolist() == two["fingerprint"].tolist()
    assert one.crs == two.crs
    for column in one.columns:
        if column == "geometry":
            wkb = [shapely.to_wkb(each.geometry.to_numpy()) for each in (one, two)]
            assert (wkb[0] == wkb[1]).all()
        elif column.endswith(("_m", "_m2")):
            np.testing.assert_array_equal(one[column], two[column])
        else:
            assert one[column].tolist() == two[column].tolist()


def test_parts_are_compact_alike_and_bounded():
    frame = coverage(26, 26, 16, 1).frame(order=np.random.default_rng(1))
    whole = Layer(frame, Asked("code"))
    for level in (whole, Layer(table(frame), Asked("code"))):
        rows = partition(level, 7)
        assert len(rows) == 7
        assert sorted(np.concatenate(rows).tolist()) == list(range(len(frame)))
        size = [
            shapely.get_num_coordinates(frame.geometry.to_numpy()[mine]).sum()
            for mine in rows
        ]
        assert max(size) < 1.3 * min(size)
        boxes = [shapely.box(*frame.geometry.iloc[mine].total_bounds) for mine in rows]
        assert shapely.area(boxes).sum() < 1.6 * shapely.box(*frame.total_bounds).area
    bounded = partition(whole, 1, most_vertices=20_000)
    size = [
        shapely.get_num_coordinates(frame.geometry.to_numpy()[mine]).sum()
        for mine in bounded
    ]
    assert max(size) < 21_000


@pytest.mark.parametrize("parts", [2, 23])
@pytest.mark.parametrize("seed", [101, 102])
def test_planted_conflicts_in_parts(seed, parts):
    frame = planted(seed)
    expected = check(frame, key="code")
    assert len(expected) > 50
    same(expected, here(frame, parts))


def test_a_table_of_wkb_in_parts():
    units = table(planted(103))
    same(check(units, key="code"), here(units, 9))


def test_registered_exceptions_and_keys_of_two_rows_in_different_parts():
    land = coverage(12, 12, 16, 5)
    frame = land.frame()
    frame.loc[0, "code"] = frame.loc[143, "code"]
    frame.loc[70, "code"] = None
    plain = check(frame, key="code")
    frame = frame.drop(index=[20, 90])
    expected = check(frame, key="code")
    assert len(plain) == 0
    assert len(expected) == 2
    same(expected, here(frame, 8))
    known = frozenset(expected.frame["fingerprint"][:1])
    same(check(frame, key="code", exceptions=known), here(frame, 8, exceptions=known))


def test_a_hole_larger_than_parts_and_an_enclave_far_inside():
    land = coverage(16, 16, 16, 6)
    for row in range(3, 13):
        for column in range(3, 13):
            del land.rings[name(row, column)]
    frame = land.frame()
    expected = check(frame, key="code")
    assert expected.frame["rule"].tolist() == ["missing_unit"]
    same(expected, here(frame, 30))
    island = land.rings[name(0, 0)][0] + 7.5 * np.array([3000, 3000])
    land.rings["island"] = [island]
    expected = check(land.frame(), key="code")
    assert len(expected) == 1
    same(expected, here(land.frame(), 30))


def test_superiors_and_lines_across_parts():
    land = coverage(16, 16, 16, 7)
    plant(land, 7, most=12)
    frame = land.frame()
    parents = [key[:4] + str(int(key[4:]) // 4) for key in frame["code"]]
    above = coverage(16, 16, 16, 7).frame()
    above["parent"] = [key[:4] + str(int(key[4:]) // 4) for key in above["code"]]
    above = above.dissolve("parent", method="coverage").reset_index()
    above = above[["parent", "geometry"]].rename(columns={"parent": "code"})
    border = shapely.intersection(
        above.geometry.iloc[0].boundary, above.geometry.iloc[1].boundary
    )
    lines = layer([shapely.line_merge(border), line(400, 400, 1400, 900)])
    asked = {"parent": above, "lines": lines}
    parents[100] = parents[140]
    for level in (frame.assign(parent=parents), frame):
        expected = check(level, key="code", **asked)
        assert {"outside_parent", "parent_residual"} & set(expected.frame["rule"])
        assert "line_dangle" in set(expected.frame["rule"])
        same(expected, here(level, 6, **asked))


def line(*xy):
    return shapely.LineString(np.array(xy, float).reshape(-1, 2) + HERE)


def test_rings_that_turn_otherwise_than_most_of_their_part():
    shapes = [square(x, y) for x in range(0, 8000, 1000) for y in range(0, 4000, 1000)]
    shapes = [
        shape if place < 8 else shape.reverse() for place, shape in enumerate(shapes)
    ]
    expected = check(layer(shapes), key="code")
    assert expected.frame["rule"].tolist() == ["orientation"] * 8
    same(expected, here(layer(shapes), 4))


def test_units_that_cannot_be_used_in_parts():
    rng = np.random.default_rng(3)
    tangle = shapely.Polygon(
        HERE + rng.uniform(0, 900, (1000, 2)) + np.array([9000, 0])
    )
    bowtie = shapely.from_wkt("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")
    bowtie = shapely.transform(
        bowtie, lambda xy: xy * 1000 + HERE + np.array([3000, 0])
    )
    shapes = [None, shapely.Polygon(), shapely.Point(HERE), tangle, bowtie]
    shapes += [square(x, y) for x in range(0, 3000, 990) for y in (0, 1000)]
    for crs in (CRS, None):
        frame = layer(shapes, crs=crs)
        expected = check(frame, key="code")
        assert {"unusable", "overlap", "self_crossing"} <= set(expected.frame["rule"])
        same(expected, here(frame, 5))


def test_a_crowd_is_left_out_wherever_its_units_are():
    rng = np.random.default_rng(4)
    crowd = [
        square(x, y) for x, y in rng.uniform(0, 700, (900, 2)) + np.array([9000, 0])
    ]
    frame = layer([square(0, 0), square(990, 0), *crowd])
    expected = check(frame, key="code")
    assert (expected.frame["rule"] == "unusable").sum() > 400
    same(expected, here(frame, 5))


def test_noise_is_one_finding_about_the_file():
    rng = np.random.default_rng(5)
    rings = [
        shapely.get_coordinates(square(x, y))[:-1]
        for x in range(0, 4000, 1000)
        for y in (0, 1000)
    ]
    noisy = [shapely.Polygon(xy + rng.uniform(-1e-5, 1e-5, xy.shape)) for xy in rings]
    expected = check(layer(noisy), key="code")
    assert expected.frame["rule"].tolist() == ["precision"]
    same(expected, here(layer(noisy), 3))


def test_nothing_and_one_unit():
    for shapes in ([], [square(0, 0)]):
        same(check(layer(shapes), key="code"), here(layer(shapes), 2))


class Deadly(Processes):
    """Loses a process when so many parts were made for it."""

    def __init__(self, *after):
        super().__init__(2)
        self.after, self.made = after, 0

    def look(self, work, parts):
        def made(part):
            self.made += 1
            if self.made in self.after:
                victim = min(multiprocessing.active_children(), key=lambda p: p.pid)
                os.kill(victim.pid, signal.SIGKILL)
            return part()

        return super().look(work, [lambda part=part: made(part) for part in parts])


def test_a_process_killed_in_the_middle_changes_nothing():
    frame = planted(104)
    expected = check(frame, key="code")
    workers = Deadly(4, 7)
    apart = check_apart(frame, key="code", workers=workers, most_vertices=10_000)
    same(expected, apart)
    parts = partition(Layer(frame, Asked("code")), 2, 10_000)
    assert workers.made > len(parts)  # some were given out again
    assert not multiprocessing.active_children()


def test_processes_that_always_die_end_in_an_error():
    frame = layer([square(x, 0) for x in range(0, 4000, 1000)])
    with pytest.raises(WorkersError, match="died"):
        check_apart(frame, key="code", workers=Deadly(*range(100)))
    assert not multiprocessing.active_children()


def test_an_error_of_a_worker_is_told_here():
    with pytest.raises(AttributeError, match="no attribute"):
        Processes(1).look(check_part, [lambda: "no part"])
    assert not multiprocessing.active_children()


def test_no_process_at_all_is_refused():
    with pytest.raises(InputError, match="At least one"):
        Processes(0)


def test_two_dask_workers_one_of_them_killed():
    distributed = pytest.importorskip("distributed")
    frame = planted(105)
    expected = check(frame, key="code")
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

        class Deadly(Dask):
            made = 0

            def look(self, work, parts):
                def made(part):
                    self.made += 1
                    if self.made == 9:
                        os.kill(victim, signal.SIGKILL)
                    return part()

                return super().look(
                    work, [lambda part=part: made(part) for part in parts]
                )

        workers = Deadly(client)
        assert workers.count == 2
        apart = check_apart(frame, key="code", workers=workers, most_vertices=5_000)
    same(expected, apart)
    assert workers.made > 10


def test_dask_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="not installed") as caught:
        Dask("tcp://127.0.0.1:8786")
    assert "quhua[cluster]" in caught.value.hint.en


def test_a_scheduler_that_is_not_there_is_said():
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no Dask scheduler at nowhere:x"):
        Dask("nowhere:x")


@pytest.mark.full
@pytest.mark.alone
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_the_memory_of_a_worker_follows_its_part_not_the_level():
    whole = Layer(table(coverage(60, 60, 88, 8).frame()), Asked("code"))
    grown = []
    for most in (300_000, 1_200_000):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(check_part, whole.part(np.arange(4))).result()
            before = pool.submit(peak).result()
            for mine in partition(whole, 1, most):
                pool.submit(check_part, whole.part(mine)).result()
            grown.append(pool.submit(peak).result() - before)
    assert grown[0] < 0.5 * grown[1]


def peak():
    """Megabytes this process ever held since it was started (not its parent)."""
    told = Path("/proc/self/status").read_text("utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) / 1024
