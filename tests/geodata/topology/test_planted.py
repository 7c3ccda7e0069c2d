"""What is planted in a territory is found by kind and participants, no more."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.topology import check, recheck
from geodata.topology.findings import SEVERITY
from tests.support.planting import (
    PLANTINGS,
    Site,
    enclave,
    gap,
    lattice,
    missing_unit,
    multipart,
    overlap,
    plant,
    plant_all,
    score,
    surveyed,
)
from tests.support.townships import above, coverage, hub

HELD_OUT = (90_001, 90_002, 90_003)
"""Seeds never looked at while the engine was written."""
HELD_OUT_WHOLE = (70_111, 70_222, 70_333)
"""Seeds for every kind in one run, never looked at while the engine was written."""
MEASURED = {"area_m2": 0.01, "width_m": 0.05, "length_m": 0.05}


@pytest.mark.parametrize("crs", ["metres", "degrees"])
def test_nothing_is_reported_for_clean_data(crs):
    land = coverage(16, 20, 12, seed=31)
    plant(land, 31, kinds=(enclave,))
    frame = land.frame()
    if crs == "degrees":
        frame = frame.to_crs(4490)
    assert check(frame, key="code").frame.empty


def test_planted_conflicts_are_found_with_their_participants(full_size):
    rows, columns = (121, 161) if full_size else (31, 41)
    total = {}
    for seed in HELD_OUT:
        land = coverage(rows, columns, 12, seed)
        plant(land, seed)
        found = check(land.frame(np.random.default_rng(seed)), key="code").frame
        for rule, counts in score(land, found).items():
            total[rule] = np.add(total.get(rule, 0), counts)
    assert len(total) >= len(PLANTINGS) - 1  # enclaves are clean
    for rule, (planted, hit, extra) in total.items():
        assert planted, f"{rule} reported {extra} times without reason"
        assert hit / planted >= 0.99, rule
        assert hit / (hit + extra) >= 0.99, rule


def test_every_unit_that_geos_flags_is_a_participant():
    land = coverage(16, 20, 12, seed=32)
    plant(land, 32)
    frame = land.frame()
    shapes = frame.geometry.to_numpy()
    fine = np.isfinite(shapely.bounds(shapes)).all(axis=1) & shapely.is_valid(shapes)
    edges = shapely.coverage_invalid_edges(shapes[fine], gap_width=1.0)
    flagged = set(frame["code"][fine][~shapely.is_empty(edges)])
    flagged |= set(frame["code"][~fine])
    named = {
        key for row in check(frame, key="code").frame["participants"] for key in row
    }
    assert flagged <= named


def test_fingerprints_do_not_depend_on_order_or_on_other_edits():
    land = coverage(16, 20, 12, seed=33)
    plant(land, 33)
    first = check(land.frame(), key="code")
    again = check(land.frame(np.random.default_rng(1)), key="code")
    assert list(first.frame["fingerprint"]) == list(again.frame["fingerprint"])
    assert first.frame["fingerprint"].is_unique
    known = first.frame["fingerprint"].iloc[:5]
    rest = check(land.frame(), key="code", exceptions=known)
    assert set(rest.frame["fingerprint"]) == set(first.frame["fingerprint"]) - set(
        known
    )


def test_a_unit_that_touches_all_others():
    import geopandas as gpd

    shapes = hub(300)
    frame = gpd.GeoDataFrame({"code": range(len(shapes))}, geometry=shapes, crs=4547)
    assert check(frame, key="code").frame.empty


def whole(land, seed, exceptions=(), drawn=lambda frame: frame):
    """Check a territory against its superiors and its surveyed lines, in one run."""
    frame = land.frame(np.random.default_rng(seed))
    frame["parent"] = [above(key) for key in frame["code"]]
    return check(
        drawn(frame),
        key="code",
        parent=drawn(land.superiors()),
        lines=drawn(land.line_frame()),
        exceptions=exceptions,
    ).frame


def rounded(decimals, crs=None):
    """Into other coordinates, as a file with so many decimals has them."""

    def drawn(frame):
        frame = frame if crs is None else frame.to_crs(crs)
        with np.errstate(invalid="ignore"):
            shapes = shapely.transform(
                np.array(frame.geometry.to_numpy()), lambda xy: np.round(xy, decimals)
            )
        return frame.set_geometry(type(frame.geometry)(shapes, crs=frame.crs))

    return drawn


@pytest.mark.parametrize(
    "drawn",
    [
        rounded(15, 4490),
        rounded(9, 4490),
        rounded(15, 3857),
        rounded(3),
        rounded(15, "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=GRS80 +units=us-ft"),
    ],
    ids=["degrees", "rounded", "mercator", "millimetres", "feet"],
)
def test_every_kind_is_found_in_any_coordinates(drawn):
    land = coverage(31, 41, 12, 70_444)
    plant_all(land, 70_444)
    found = whole(land, 70_444, drawn=drawn)
    for rule, (planted, hit, extra) in score(land, found).items():
        assert (rule, hit, extra) == (rule, planted, 0)


def test_every_kind_is_found_in_one_run(full_size, capsys):
    size = (121, 161) if full_size else (40, 65)
    total, off = {}, []
    for seed in HELD_OUT_WHOLE:
        land = coverage(*size, 12, seed)
        plant_all(land, seed)
        found = whole(land, seed)
        for rule, counts in score(land, found).items():
            total[rule] = np.add(total.get(rule, 0), counts)
        off += measured_wrong(land, found)
    table = [f"{'rule':20}{'planted':>8}{'found':>8}{'more':>8}"]
    table += [f"{rule:20}" + "".join(f"{n:8}" for n in total[rule]) for rule in total]
    with capsys.disabled():
        print("\n" + "\n".join(table))  # noqa: T201
    assert set(total) == set(SEVERITY) - {"precision"}
    for rule, (planted, hit, extra) in total.items():
        assert planted, f"{rule} reported {extra} times without reason"
        assert hit / planted >= 0.99, rule
        assert hit / (hit + extra) >= 0.99, rule
    assert len(off) <= 0.01 * sum(line[0] for line in total.values()), off


def measured_wrong(land, found):
    """What was found but does not measure what was planted."""
    rows = {
        (rule, who): row
        for rule, who, row in zip(
            found["rule"], found["participants"], found.index, strict=True
        )
    }
    return [
        (mark, name, known, found[name][rows[mark]])
        for mark, measures in land.measures.items()
        if mark in rows
        for name, known in measures.items()
        if found[name][rows[mark]] != pytest.approx(known, rel=MEASURED[name], abs=0.02)
    ]


def test_superiors_and_lines_of_clean_data_are_clean():
    land = coverage(16, 33, 12, seed=34)
    rng = np.random.default_rng(34)
    for row, column in lattice(land):
        surveyed(Site(land, row, column, rng))
    assert whole(land, 34).empty


def test_what_is_registered_is_not_told_again():
    """Lakes and enclaves by fingerprint, whatever else is planted later."""
    land = coverage(40, 33, 12, seed=35)
    rng = np.random.default_rng(35)
    sites = [Site(land, row, column, rng) for row, column in lattice(land)]
    sites = [site for site in sites if above(site.key) == above(site.other)]
    for number, site in enumerate(sites[::2]):
        (missing_unit, multipart)[number % 2](site)
    registered = whole(land, 35)
    assert set(registered["rule"]) == {"missing_unit", "multipart"}
    land.truth.clear()
    for number, site in enumerate(sites[1::2]):
        (missing_unit, multipart, overlap, gap)[number % 4](site)
    found = whole(land, 35, registered["fingerprint"])
    assert sorted(zip(found["rule"], found["participants"], strict=True)) == sorted(
        land.truth
    )


def jittered(land, keys, metres, seed):
    """Move every vertex of some units by up to so much, each unit by itself."""
    rng = np.random.default_rng(seed)
    for key in keys:
        rings = [
            ring[:-1] + rng.uniform(-metres, metres, ring[:-1].shape)
            for ring in land.rings[key]
        ]
        land.rings[key] = [np.concatenate([ring, ring[:1]]) for ring in rings]


@pytest.mark.parametrize("metres", [2e-5, 1e-4])
def test_noise_of_the_whole_file_hides_nothing(metres):
    """One finding about the file names all; what was planted is still told."""
    land = coverage(31, 41, 12, seed=36)
    plant(land, 36)
    exact = {key for _, who in land.truth for key in who}
    noisy = sorted(set(land.rings) - exact)
    jittered(land, noisy, metres, 36)
    frame = land.frame()
    found = check(frame, key="code").frame
    told = found[found["rule"] == "precision"]
    assert len(told) == 1
    assert set(noisy) <= set(told["participants"].iloc[0])
    rest = found[found["rule"] != "precision"]
    for rule, (planted, hit, extra) in score(land, rest).items():
        assert planted == hit, rule
        assert not extra, rule


def test_the_precision_of_a_file_is_measured():
    """Millimetres apart everywhere is the file's noise; here and there it is not."""
    land = coverage(16, 20, 12, seed=37)
    jittered(land, list(land.rings), 0.0015, 37)
    found = check(land.frame(), key="code").frame
    assert list(found["rule"]) == ["precision"]
    assert len(found["participants"].iloc[0]) == len(land.rings)
    assert 0.003 < found["length_m"].iloc[0] <= 0.005
    assert f"{found['length_m'].iloc[0]:.4g} m" in found["message_en"].iloc[0]
    few = coverage(16, 20, 12, seed=37)
    jittered(few, list(few.rings)[::40], 0.0015, 37)
    rules = set(check(few.frame(), key="code").frame["rule"])
    assert rules & {"near_vertex", "redrawn_border"}


def test_noise_is_the_same_in_a_recheck():
    land = coverage(16, 20, 12, seed=38)
    jittered(land, list(land.rings), 0.0015, 38)
    frame = land.frame()
    first = check(frame, key="code")
    row = frame.index[frame["code"] == "00050005"]
    moved = frame.loc[row].copy()
    moved["geometry"] = shapely.transform(
        moved.geometry.to_numpy(), lambda xy: xy + np.array([4.0, 0.0])
    )
    again = recheck(first, moved)
    frame.loc[row, "geometry"] = moved["geometry"]
    whole = check(frame, key="code")
    assert list(again.frame["fingerprint"]) == list(whole.frame["fingerprint"])
