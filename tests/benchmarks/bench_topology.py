"""How fast a check is beside what there is: ratios of CPU time in one run.

Every tool gets the same units as WKB in memory, one thread, in alternating rounds;
figures are medians. ``RESULTS.md`` holds those of the last full run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyarrow import feather

from geodata.topology import check, recheck
from tests.support.measuring import medians
from tests.support.planting import PLANTINGS, not_finite, plant, unusable
from tests.support.townships import all_rings, coverage, hub, name

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

ROUNDS = 5
HELD = {
    ("recipe", "clean"): 20, ("recipe", "defective"): 15,
    ("flags", "clean"): 5, ("flags", "defective"): 2.5,
    "hub": 15, "uk_oa2011": 1, "cn_county_2020": 8, "recheck": 200,
}  # fmt: skip
"""Times as fast as the peer at full size, at least: what is wanted."""
MOST_FLAGS = 3
"""cn_county_2020, full of conflicts: so many times GEOS's flags alone at most."""
MOST_POWER = 1.1
MOST_MEMORY = 8e9
PLANTED = tuple(
    kind for kind in PLANTINGS if kind not in (not_finite, unusable)
)  # GEOS crashes on the one and does not end on the other


PEAK = """
import re, sys
from pathlib import Path
from pyarrow import feather
from geodata.topology import check
units = feather.read_table(sys.argv[1], memory_map=False)
check(units, key=units.column_names[0])
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024)
"""
"""A check that says the most memory its process ever had, in bytes.

Not ``ru_maxrss``: a process inherits that from the one that started it.
"""


def table(keys, shapes):
    return pa.table(
        {"code": list(map(str, keys)), "geometry": pa.array(shapely.to_wkb(shapes))}
    )


def clean(vertices):
    """Townships with so many vertices in all, each of about 700."""
    side = max(int((vertices / 705) ** 0.5), 2)
    rings = all_rings(side, side, 88, seed=5)
    shapes = shapely.polygons(rings.reshape(-1, rings.shape[2], 2))
    return table([name(r, c) for r in range(side) for c in range(side)], shapes)


def defective(vertices):
    """The same with a conflict in about 6 units of a hundred."""
    side = max(int((vertices / 705) ** 0.5), 2)
    land = coverage(side, side, 88, seed=6)
    plant(land, 6, most=int(0.06 * side * side), kinds=PLANTED)
    frame = land.frame()
    return table(frame["code"], frame.geometry.to_numpy())


def ours(units):
    return check(units, key=units.column_names[0])


def wkb(units):
    return units["geometry"].to_numpy(zero_copy_only=False)


def flags(units, gap_width=1.0):
    """The edges GEOS calls invalid, and the units it calls invalid."""
    shapes = shapely.from_wkb(wkb(units))
    return shapely.coverage_invalid_edges(
        shapes, gap_width=gap_width
    ), shapely.is_valid(shapes)


def recipe(units, gap_width=1.0):
    """What people do for a full report."""
    shapes = shapely.from_wkb(wkb(units))
    valid = shapely.is_valid(shapes)
    edges = shapely.coverage_invalid_edges(shapes, gap_width=gap_width)
    sound = np.where(valid, shapes, None)
    whole = shapely.union_all(sound[valid])
    holes = shapely.polygons(shapely.get_rings(shapely.get_parts(whole)))
    one, two = shapely.STRtree(sound).query(sound, predicate="intersects")
    once = one < two
    shared = shapely.intersection(sound[one[once]], sound[two[once]])
    return edges, valid, holes, shared[shapely.area(shared) > 0]


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Numba's cache filled: what compiling takes is not a check's."""
    ours(defective(60_000))


def told(capsys, label, *figures):
    with capsys.disabled():
        print(f"\n{label}: " + ", ".join(figures))  # noqa: T201


@pytest.mark.parametrize("kind", ["clean", "defective"])
def test_full_report_against_the_recipe(kind, full_size, capsys):
    units = {"clean": clean, "defective": defective}[kind](1e6 if full_size else 2e5)
    mine, theirs = medians(units, ROUNDS, ours, recipe)
    told(
        capsys,
        f"recipe {kind}",
        f"{mine:.3f} s, {theirs:.3f} s, {theirs / mine:.1f} times",
    )
    if full_size:
        assert theirs / mine >= HELD["recipe", kind]


@pytest.mark.parametrize("kind", ["clean", "defective"])
def test_full_report_against_flags_alone(kind, full_size, capsys):
    units = {"clean": clean, "defective": defective}[kind](1e7 if full_size else 5e5)
    mine, theirs = medians(units, ROUNDS, ours, flags)
    told(
        capsys,
        f"flags {kind}",
        f"{mine:.3f} s, {theirs:.3f} s, {theirs / mine:.1f} times",
    )
    if full_size:
        assert theirs / mine >= HELD["flags", kind]


def test_a_unit_that_touches_all_others(full_size, capsys):
    shapes = hub(8_000 if full_size else 3_000)  # the peer's time grows as its square
    units = table(range(len(shapes)), shapes)

    def edges(units):
        return shapely.coverage_invalid_edges(
            shapely.from_wkb(wkb(units)), gap_width=1.0
        )

    mine, theirs = medians(units, ROUNDS, ours, edges)
    told(capsys, "hub", f"{mine:.3f} s, {theirs:.3f} s, {theirs / mine:.1f} times")
    if full_size:
        assert theirs / mine >= HELD["hub"]


def test_cost_grows_with_size(full_size, capsys):
    sizes = [1e5, 1e6, 1e7, 3e7] if full_size else [1e5, 4e5]
    spent = [medians(clean(size), ROUNDS, ours)[0] for size in sizes]
    power = np.log(spent[-1] / spent[0]) / np.log(sizes[-1] / sizes[0])
    last = np.log(spent[-1] / spent[-2]) / np.log(sizes[-1] / sizes[-2])
    told(
        capsys,
        "growth",
        *(f"{s:.0e}: {t:.3f} s" for s, t in zip(sizes, spent, strict=True)),
        f"n^{power:.2f}, between the last two n^{last:.2f}",
    )
    if full_size:
        assert power <= MOST_POWER


def test_memory_of_the_largest(tmp_path, full_size, root, capsys):
    """In a process of its own, which reads the units from a file."""
    sizes = {}
    for kind, make in (("clean", clean), ("defective", defective)):
        size = 3e7 if full_size else 4e5
        if kind == "defective":
            size /= 3  # planting holds every ring by itself
        feather.write_feather(make(size), tmp_path / kind, compression="uncompressed")
        done = subprocess.run(
            [sys.executable, "-c", PEAK, tmp_path / kind],
            cwd=root, check=True, capture_output=True, text=True,
        )  # fmt: skip
        sizes[kind] = int(done.stdout)
    told(capsys, "memory", *(f"{kind}: {n / 1e9:.2f} GB" for kind, n in sizes.items()))
    assert sizes["clean"] < MOST_MEMORY
    assert sizes["defective"] < MOST_MEMORY


def test_british_output_areas(data, full_size, capsys):
    units = pq.read_table(data / "bench" / "uk_oa2011_england_wales.parquet")
    rounds = ROUNDS if full_size else 1
    mine, theirs = medians(units, rounds, ours, lambda units: flags(units, 1e-5))
    told(
        capsys, "uk_oa2011", f"{mine:.2f} s, {theirs:.2f} s, {theirs / mine:.1f} times"
    )
    assert theirs / mine > HELD["uk_oa2011"]


def test_chinese_counties(data, full_size, capsys):
    units = pq.read_table(data / "bench" / "cn_county_2020.parquet")
    rounds = ROUNDS if full_size else 1
    tools = (lambda units: flags(units, 1e-5)), (lambda units: recipe(units, 1e-5))
    mine, geos, full = medians(units, rounds, ours, *tools)
    told(
        capsys,
        "cn_county_2020",
        f"{mine:.2f} s, flags {geos:.2f} s ({mine / geos:.1f} times as long)",
        f"recipe {full:.2f} s, {full / mine:.1f} times",
    )
    if full_size:
        assert mine <= MOST_FLAGS * geos
        assert full / mine >= HELD["cn_county_2020"]


def test_recheck_of_one_unit(data, full_size, capsys):
    """Against the full check of the same frame; the first builds the trees."""
    read = pq.read_table(data / "bench" / "uk_oa2011_england_wales.parquet")
    shapes = shapely.from_wkb(wkb(read))
    frame = gpd.GeoDataFrame(
        {"code": read["OA11CD"].to_pandas()}, geometry=shapes, crs=4326
    )
    whole, spent, framed = [], [], []
    for _ in range(ROUNDS if full_size else 1):
        begin = time.process_time()
        findings = check(frame, key="code")
        whole.append(time.process_time() - begin)
    rng = np.random.default_rng(3)
    for row in rng.choice(len(frame), 32, replace=False):
        one = frame.iloc[[row]].copy()
        one["geometry"] = shapely.transform(
            one.geometry.to_numpy(), lambda xy: xy + 2e-5
        )
        shapes[row] = one.geometry.iloc[0]
        begin = time.process_time()
        findings = recheck(findings, one)
        spent.append(time.process_time() - begin)
        begin = time.process_time()
        assert len(findings.frame) == len(findings)
        framed.append(time.process_time() - begin)
    full, typical, table = map(statistics.median, (whole, spent[1:], framed[1:]))
    told(
        capsys,
        "recheck",
        f"{typical * 1e3:.1f} ms, full {full:.2f} s, {full / typical:.0f} times",
        f"with a frame of all {len(findings)} findings {full / (typical + table):.0f}",
        f"the first {spent[0] * 1e3:.0f} ms",
    )
    afresh = check(frame.set_geometry(shapes, crs=4326), key="code")
    assert same(findings, afresh)
    if full_size:
        assert full / typical >= HELD["recheck"]


def same(one, other):
    """Whether two results have the same findings, measures to a part in 1e5."""
    columns = ["rule", "participants", "fingerprint"]
    if not one.frame[columns].equals(other.frame[columns]):
        return False
    sizes = ["area_m2", "width_m", "length_m"]
    return np.allclose(one.frame[sizes], other.frame[sizes], rtol=1e-5, equal_nan=True)
