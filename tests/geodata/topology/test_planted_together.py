"""Conflicts that meet: at tripoints, over one another, at every border at once."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.topology import check
from tests.support import planting
from tests.support.planting import REST, Site, lattice, score
from tests.support.townships import CELL_M, coverage


def at_node(site):
    """Everybody who draws the unit's south-eastern tripoint, and where that is."""
    at = 2 * site.detail
    node = site.ring[at]
    who = [
        key
        for key in (site.key, *site.around())
        if any((ring == node).all(axis=1).any() for ring in site.land.rings[key])
    ]
    return at, who


def near_vertex_at_a_tripoint(site):
    at, who = at_node(site)
    turn, far = site.rng.uniform(0, 2 * np.pi), 10 ** site.rng.uniform(-2.4, -1.5)
    ring = site.ring.copy()
    ring[at] += far * np.array([np.cos(turn), np.sin(turn)])
    site.set(ring)
    site.says("near_vertex", *who)


def gap_at_a_tripoint(site):
    at, who = at_node(site)
    ring = site.ring.copy()
    inward = ring[:-1].mean(axis=0) - ring[at]
    ring[at] += inward / np.hypot(*inward) * site.rng.uniform(10, 60)
    if shapely.is_valid(shapely.Polygon(ring)):
        site.set(ring)
        site.says("gap", *who)


def several_vertices_missing(site):
    (at,) = site.pick(1)
    ring = site.ring
    more = [ring[at] + share * (ring[at + 1] - ring[at]) for share in (0.2, 0.5, 0.7)]
    site.set(np.insert(ring, at + 1, more, axis=0))
    site.says("unmatched_vertex", site.key, site.other)


def duplicate_drawn_otherwise(site):
    """From another vertex, the other way round."""
    ring = np.roll(site.ring[:-1], 7, axis=0)[::-1]
    site.land.rings[site.key + "D"] = [np.concatenate([ring, ring[:1]])]
    site.says("duplicate", site.key, site.key + "D")
    site.lets({"orientation"}, site.key + "D")


def three_times(site):
    for mark in "DX":
        site.land.rings[site.key + mark] = [site.ring.copy()]
    site.says("duplicate", site.key, site.key + "D", site.key + "X")


def duplicate_that_a_third_overlaps(site):
    ring = site.land.rings[site.other][0]
    planting.overlap(site)
    site.land.truth.pop()
    site.land.rings[site.other + "D"] = [ring.copy()]
    site.says("duplicate", site.other, site.other + "D")
    site.says("overlap", site.key, site.other, site.other + "D")


def near_duplicate_of_another_size(site):
    middle = site.ring[:-1].mean(axis=0)
    site.land.rings[site.key + "N"] = [middle + (site.ring - middle) * 1.002]
    site.says("near_duplicate", site.key, site.key + "N")
    site.lets(REST, site.key, site.key + "N", *site.around())


def inner_units(site, *shapes, hosts):
    for mark, shape in shapes:
        site.land.rings[site.key + mark] = [shape]
    for inner, outer in hosts:
        site.says("uncut_host", site.key + inner, site.key + outer)


def blob(site, radius=600.0):
    return planting._blob(site, radius)


def two_in_one_host(site):
    one = blob(site, 300.0)
    inner_units(
        site,
        ("U", one),
        ("V", one + np.array([800.0, 0.0])),
        hosts=[("U", ""), ("V", "")],
    )


def inner_drawn_twice(site):
    one = blob(site)
    inner_units(site, ("U", one), ("V", one.copy()), hosts=[("U", ""), ("V", "")])
    site.says("duplicate", site.key + "U", site.key + "V")


def inner_in_a_host_drawn_twice(site):
    """The host that stays when the later copy is dropped is named."""
    site.land.rings[site.key + "D"] = [site.ring.copy()]
    site.says("duplicate", site.key, site.key + "D")
    inner_units(site, ("U", blob(site)), hosts=[("U", "")])


def inner_in_an_inner(site):
    one = blob(site)
    middle = one.mean(axis=0)
    small = middle + (one - middle) * 0.4
    inner_units(site, ("U", one), ("V", small), hosts=[("U", ""), ("V", "U")])


def inner_along_the_border(site):
    at = site.pick(6)
    border = site.ring[at[0] : at[-1] + 1]
    inner = np.concatenate([border, [site.ring[:-1].mean(axis=0)], border[:1]])
    shape = shapely.Polygon(inner)
    if shape.is_valid and shapely.covers(shapely.Polygon(site.ring), shape):
        inner_units(site, ("U", inner), hosts=[("U", "")])


def enclave_with_a_gap_around(site):
    inner = blob(site, 0.2 * CELL_M)
    hole = inner.copy()
    hole[5:9] += (hole[5:9] - inner.mean(axis=0)) * 0.1
    site.land.rings[site.key + "E"] = [inner]
    site.land.rings[site.key].append(hole[::-1])
    site.says("gap", site.key, site.key + "E")


def spike_inwards(site):
    (at,) = site.pick(1)
    ring = site.ring
    tip = ring[at] - np.array([site.rng.uniform(20, 80), 0.0])
    touching = shapely.LineString([ring[at], tip]) & shapely.LinearRing(ring)
    if touching.geom_type == "Point":
        site.set(np.insert(ring, at + 1, [tip, ring[at]], axis=0))
        site.says("spike", site.key)


MEETING = (
    near_vertex_at_a_tripoint,
    gap_at_a_tripoint,
    several_vertices_missing,
    duplicate_drawn_otherwise,
    three_times,
    duplicate_that_a_third_overlaps,
    near_duplicate_of_another_size,
    two_in_one_host,
    inner_drawn_twice,
    inner_in_a_host_drawn_twice,
    inner_in_an_inner,
    inner_along_the_border,
    enclave_with_a_gap_around,
    spike_inwards,
)
AT_BORDERS = (
    planting.overlap,
    planting.sliver_overlap,
    planting.gap,
    planting.sliver_gap,
    planting.unmatched_vertex,
    planting.near_vertex,
    planting.redrawn_border,
    planting.repeated_point,
)


def all_found(land):
    frame = land.frame()
    table = score(land, check(frame, key="code").frame)
    assert table
    for rule, (planted, hit, extra) in table.items():
        assert (rule, hit, extra) == (rule, planted, 0)


@pytest.mark.parametrize("kind", MEETING, ids=lambda kind: kind.__name__)
def test_conflicts_that_meet_others(kind):
    land = coverage(16, 21, 12, seed=44_001)
    rng = np.random.default_rng(44_001)
    for row, column in lattice(land):
        kind(Site(land, row, column, rng))
    all_found(land)


@pytest.mark.parametrize("seed", [44_002, 44_003])
def test_a_conflict_at_every_border(seed):
    """Every unit has two, and its neighbours others."""
    land = coverage(16, 21, 20, seed)
    rng = np.random.default_rng(seed)
    for row in range(1, 15):
        for column in range(1, 18):
            rng.choice(AT_BORDERS)(Site(land, row, column, rng))
    all_found(land)
