"""Conflicts planted in a territory, each with its truth.

A site is a unit with the neighbour east of it. A planting changes their rings and
says which rule must name which units.
"""

from __future__ import annotations

import numpy as np
import shapely

from tests.support.townships import CELL_M, Territory, above, name

STRIPS = frozenset({"overlap", "gap", "sliver_overlap", "sliver_gap", "redrawn_border"})
REST = STRIPS | {"near_vertex", "unmatched_vertex"}


class Site:
    """A unit, its eastern neighbour, and the border between them."""

    def __init__(self, land: Territory, row: int, column: int, rng) -> None:
        self.land, self.row, self.column, self.rng = land, row, column, rng
        self.key, self.other = name(row, column), name(row, column + 1)
        self.detail = land.detail

    @property
    def ring(self):
        return self.land.rings[self.key][0]

    def east(self):
        """Where the unit's eastern border begins and ends in its ring."""
        return 2 * self.detail, 4 * self.detail

    def pick(self, size):
        """A run of so many vertices strictly within the border."""
        low, high = self.east()
        begin = int(self.rng.integers(low + 2, high - size - 2))
        return np.arange(begin, begin + size)

    def set(self, ring):
        self.land.rings[self.key] = [ring, *self.land.rings[self.key][1:]]

    def replace_in_other(self, old, new):
        """Put new vertices for old ones, backwards, into the neighbour's ring."""
        ring = self.land.rings[self.other][0]
        back = old[::-1]
        at = np.flatnonzero((ring == back[0]).all(axis=1))[0]
        ring = np.concatenate([ring[:at], new[::-1], ring[at + len(old) :]])
        self.land.rings[self.other] = [ring, *self.land.rings[self.other][1:]]

    def says(self, rule, *keys, **measures):
        mark = rule, tuple(sorted(keys))
        self.land.truth.append(mark)
        if measures:
            self.land.measures[mark] = measures

    def lets(self, kinds, *keys):
        self.land.allowed.append((frozenset(kinds), frozenset(keys)))

    def around(self):
        """The six neighbours of the unit."""
        shift = self.row % 2
        row, column = self.row, self.column
        sides = [(row, column - 1), (row, column + 1)]
        for other in (row - 1, row + 1):
            sides += [(other, column - 1 + shift), (other, column + shift)]
        return [name(*side) for side in sides]


def _bulge(site, metres, size, *, both=False):
    """Move a run of the border east (out of the unit) by up to so much.

    The neighbour follows if ``both``; returns the area between the two drawings.
    """
    shape = np.sin(np.linspace(0, np.pi, size + 2))[1:-1]
    valid = False
    while not valid:
        run = site.pick(size)
        ring = site.ring.copy()
        ring[run, 0] += metres * np.maximum(shape, 0.4)
        valid = shapely.is_valid(shapely.Polygon(ring))
    old, new = site.ring[run[0] - 1 : run[-1] + 2], ring[run[0] - 1 : run[-1] + 2]
    if both:
        site.replace_in_other(old, new)
    site.set(ring)
    return shapely.Polygon(np.concatenate([old, new[::-1]])).area


def overlap(site):
    size = _bulge(site, site.rng.uniform(5, 60), 9)
    site.says("overlap", site.key, site.other, area_m2=size)


def sliver_overlap(site):
    size = _bulge(site, site.rng.uniform(0.05, 0.3), 9)
    site.says("sliver_overlap", site.key, site.other, area_m2=size)


def gap(site):
    size = _bulge(site, -site.rng.uniform(5, 60), 9)
    site.says("gap", site.key, site.other, area_m2=size)


def sliver_gap(site):
    size = _bulge(site, -(10 ** site.rng.uniform(-2.3, -0.5)), 9)
    site.says("sliver_gap", site.key, site.other, area_m2=size)


def unmatched_vertex(site):
    (at,) = site.pick(1)
    ring = site.ring
    share = site.rng.uniform(0.2, 0.8)
    middle = ring[at] + share * (ring[at + 1] - ring[at])
    site.set(np.insert(ring, at + 1, middle, axis=0))
    site.says("unmatched_vertex", site.key, site.other)


def near_vertex(site):
    (at,) = site.pick(1)
    turn, far = site.rng.uniform(0, 2 * np.pi), 10 ** site.rng.uniform(-2.5, -1.4)
    ring = site.ring.copy()
    ring[at] += far * np.array([np.cos(turn), np.sin(turn)])
    site.set(ring)
    site.says("near_vertex", site.key, site.other)


def redrawn_border(site):
    ring = site.ring
    valid = False
    while not valid:
        run = site.pick(14)
        old = ring[run[0] : run[-1] + 1]
        t = np.sort(site.rng.uniform(0.03, 0.97, 17)) * (len(old) - 1)
        new = [np.interp(t, np.arange(len(old)), old[:, axis]) for axis in (0, 1)]
        aside = site.rng.uniform(1, 4) * np.where(np.arange(17) % 2, 1, -1)
        new = np.stack(new, axis=1) + aside[:, None]
        drawn = np.concatenate([ring[: run[0] + 1], new, ring[run[-1] :]])
        valid = shapely.is_valid(shapely.Polygon(drawn))
    site.set(drawn)
    site.says("redrawn_border", site.key, site.other)


def self_crossing(site):
    ring = site.ring
    while shapely.is_valid(shapely.Polygon(ring)):
        run = site.pick(4)
        ring = site.ring.copy()
        ring[run[1]], ring[run[2]] = ring[run[2]].copy(), ring[run[1]].copy()
    site.set(ring)
    site.says("self_crossing", site.key)
    # Vertices swapped on a straight stretch go out and back.
    site.lets(REST | {"spike"}, site.key, site.other)


def spike(site):
    ring = site.ring
    touching = None
    while touching is None or touching.geom_type != "Point":
        (at,) = site.pick(1)
        tip = ring[at] + np.array([site.rng.uniform(20, 80), site.rng.uniform(-5, 5)])
        touching = shapely.LineString([ring[at], tip]) & shapely.LinearRing(ring)
    site.set(np.insert(ring, at + 1, [tip, ring[at]], axis=0))
    site.says("spike", site.key)


def repeated_point(site):
    (at,) = site.pick(1)
    site.set(np.insert(site.ring, at, site.ring[at], axis=0))
    site.says("repeated_point", site.key)


def orientation(site):
    site.set(site.ring[::-1])
    site.says("orientation", site.key)


def too_few_points(site):
    middle = site.ring[:-1].mean(axis=0)
    hole = middle + np.array([[0, 0], [5, 5], [0, 0], [0, 0]])
    site.land.rings[site.key].append(hole)
    site.says("too_few_points", site.key)
    site.lets({"repeated_point"}, site.key)


def not_finite(site):
    (at,) = site.pick(1)
    ring = site.ring.copy()
    ring[at, site.rng.integers(0, 2)] = site.rng.choice([np.nan, np.inf])
    site.set(ring)
    site.says("not_finite", site.key)


def duplicate(site):
    site.land.rings[site.key + "D"] = [site.ring.copy()]
    site.says("duplicate", site.key, site.key + "D")


def near_duplicate(site):
    ring = site.ring.copy()
    ring[1:-1] += site.rng.uniform(-1.5, 1.5, (len(ring) - 2, 2))
    site.land.rings[site.key + "N"] = [ring]
    site.says("near_duplicate", site.key, site.key + "N")
    site.lets(REST, site.key, site.key + "N", *site.around())


def missing_unit(site):
    del site.land.rings[site.key]
    site.says("missing_unit", *site.around())


def _blob(site, radius, points=40):
    turn = np.linspace(0, 2 * np.pi, points + 1)
    far = radius * site.rng.uniform(0.8, 1.2, points)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)[:-1] * far[:, None]
    middle = site.ring[:-1].mean(axis=0)
    ring = np.round(ring + middle, 4)
    return np.concatenate([ring, ring[:1]])


def uncut_host(site):
    inner = _blob(site, site.rng.uniform(0.1, 0.25) * CELL_M)
    site.land.rings[site.key + "U"] = [inner]
    site.says("uncut_host", site.key, site.key + "U")


def enclave(site):
    """A clean one: the host is cut."""
    inner = _blob(site, site.rng.uniform(0.1, 0.25) * CELL_M)
    site.land.rings[site.key + "E"] = [inner]
    site.land.rings[site.key].append(inner[::-1])


def multipart(site):
    inner = _blob(site, site.rng.uniform(0.05, 0.1) * CELL_M)
    site.land.rings[site.key].append(inner[::-1])
    site.land.parts[site.other] = [[inner]]
    site.says("multipart", site.other)


def unusable(site):
    """Nothing, no polygon, or a ring that crosses itself everywhere."""
    kind = site.rng.integers(0, 4)
    middle = site.ring[:-1].mean(axis=0)
    tangle = middle + site.rng.uniform(-0.4, 0.4, (1_000, 2)) * CELL_M
    shape = (None, shapely.Polygon(), shapely.Point(middle), shapely.Polygon(tangle))
    site.land.ruined[site.key] = shape[kind]
    site.says("unusable", site.key)
    site.lets({"missing_unit"}, *site.around())


def outside_parent(site):
    """The border with a unit of another superior moved, and both units with it."""
    size = _bulge(site, site.rng.uniform(5, 60), 9, both=True)
    one, other = above(site.key), above(site.other)
    site.says("outside_parent", site.key, one, area_m2=size)
    site.says("parent_residual", site.other, other, area_m2=size)


def parent_residual(site):
    """The same the other way: the unit gives up ground of its superior."""
    size = _bulge(site, -site.rng.uniform(5, 60), 9, both=True)
    one, other = above(site.key), above(site.other)
    site.says("parent_residual", site.key, one, area_m2=size)
    site.says("outside_parent", site.other, other, area_m2=size)


def _surveyed(site, xy, left=None, right=None):
    """Draw a line for the border; whoever walks it has the unit to the left."""
    key = f"L{site.key}"
    site.land.lines.append((key, xy, left or site.key, right or site.other))
    return key


def _border(site):
    low, high = site.east()
    return site.ring[low : high + 1].copy()


def surveyed(site):
    """A clean one: the line is the border."""
    _surveyed(site, _border(site))


def off_line(site):
    """The border left the line over a run of it, to one side."""
    xy, size = _border(site), 7
    begin = int(site.rng.integers(2, len(xy) - size - 2))
    run = slice(begin, begin + size)
    far = site.rng.uniform(2, 20) * site.rng.choice([-1, 1])
    xy[run, 0] += far
    key = _surveyed(site, xy)
    line = shapely.LineString(xy)
    border = shapely.LineString(_border(site))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(line, 1.0)))
    away = shapely.distance(points, border)
    site.says(
        "off_line",
        key,
        site.key,
        site.other,
        width_m=float(away.max()),
        length_m=line.length * float((away > 0.05).mean()),
    )


def line_dangle(site):
    """A line that leaves the border and ends within the unit."""
    xy = _border(site)
    begin = int(site.rng.integers(4, len(xy) - 4))
    middle = site.ring[:-1].mean(axis=0)
    end = xy[begin] + site.rng.uniform(0.3, 0.6) * (middle - xy[begin])
    key = _surveyed(site, np.concatenate([xy[: begin + 1], [end]]))
    site.says("line_dangle", key)
    site.lets({"line_sides"}, key, site.key, site.other)


def line_self_overlap(site):
    """A line that goes back over some of its vertices, and on."""
    xy = _border(site)
    begin = int(site.rng.integers(5, len(xy) - 5))
    twice = xy[begin - 3 : begin + 1]
    path = [xy[: begin + 1], twice[::-1][1:], twice[1:], xy[begin + 1 :]]
    key = _surveyed(site, np.concatenate(path))
    length = shapely.LineString(twice).length
    site.says("line_self_overlap", key, length_m=length)


def line_end(site):
    """A line that stops on the border between two units."""
    xy = _border(site)
    key = _surveyed(site, xy[: int(site.rng.integers(4, len(xy) - 4))])
    site.says("line_end", key)


def line_sides(site):
    """A line that names its units the wrong way round, or another unit."""
    if site.rng.random() < 0.5:
        key = _surveyed(site, _border(site), site.other, site.key)
        site.says("line_sides", key, site.key, site.other)
    else:
        wrong = site.around()[0]
        key = _surveyed(site, _border(site), site.key, wrong)
        site.says("line_sides", key, site.key, site.other, wrong)


PLANTINGS = (
    overlap,
    sliver_overlap,
    gap,
    sliver_gap,
    unmatched_vertex,
    near_vertex,
    redrawn_border,
    self_crossing,
    spike,
    repeated_point,
    orientation,
    too_few_points,
    not_finite,
    duplicate,
    near_duplicate,
    missing_unit,
    uncut_host,
    multipart,
    enclave,
    unusable,
)
BETWEEN_SUPERIORS = (outside_parent, parent_residual)
ALONG_LINES = (
    surveyed,
    off_line,
    line_dangle,
    line_self_overlap,
    line_end,
    line_sides,
)


def lattice(land: Territory):
    """Return where conflicts may be planted without meeting each other."""
    return [
        (row, column)
        for row in range(1, land.rows - 1, 3)
        for column in range(1 + row % 2, land.columns - 2, 4)
    ]


def plant_all(land: Territory, seed: int) -> None:
    """Plant every kind: those of superiors and lines where two superiors meet."""
    rng = np.random.default_rng(seed)
    sites = [Site(land, row, column, rng) for row, column in lattice(land)]
    rng.shuffle(sites)
    meeting = [site for site in sites if above(site.key) != above(site.other)]
    within = [site for site in sites if above(site.key) == above(site.other)]
    for number, site in enumerate(within):
        PLANTINGS[number % len(PLANTINGS)](site)
    higher = BETWEEN_SUPERIORS + ALONG_LINES
    for number, site in enumerate(meeting):
        higher[number % len(higher)](site)


def plant(
    land: Territory, seed: int, *, most: int | None = None, kinds=PLANTINGS
) -> int:
    """Plant one conflict in every site of a lattice; return how many sites."""
    rng = np.random.default_rng(seed)
    sites = lattice(land)
    rng.shuffle(sites)
    for number, (row, column) in enumerate(sites[:most]):
        kinds[number % len(kinds)](Site(land, row, column, rng))
    return len(sites[:most])


def score(land: Territory, frame) -> dict[str, tuple[int, int, int]]:
    """Return by rule how many were planted, found, and reported without reason."""
    said = list(zip(frame["rule"], frame["participants"], strict=True))
    counted: dict[tuple[str, tuple[str, ...]], int] = {}
    for row in said:
        counted[row] = counted.get(row, 0) + 1
    table: dict[str, list[int]] = {}
    for rule, keys in land.truth:
        line = table.setdefault(rule, [0, 0, 0])
        line[0] += 1
        if counted.get((rule, keys), 0) > 0:
            counted[rule, keys] -= 1
            line[1] += 1
    for (rule, keys), more in counted.items():
        if more and not any(
            rule in kinds and set(keys) <= units for kinds, units in land.allowed
        ):
            table.setdefault(rule, [0, 0, 0])[2] += more
    return {rule: tuple(line) for rule, line in sorted(table.items())}
