"""Faults to plant: each function makes one mistake of one kind at one place."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from demonstration import plan
from geodata import crs

Ring = NDArray[np.float64]
METRE = 1 / 111_320
"""A metre in degrees of latitude, near enough to place a fault."""


@dataclass(frozen=True)
class Planted:
    """A finding the check must make."""

    rule: str
    participants: tuple[str, ...]
    brings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON."""
        return {
            "rule": self.rule,
            "participants": list(self.participants),
            "brings": list(self.brings),
        }


class Work:
    """A copy of the layer being spoiled; places once used are not used again."""

    def __init__(self, base: gpd.GeoDataFrame) -> None:
        self.base = base
        self.changed: dict[str, dict[str, object]] = {}
        self.planted: list[Planted] = []
        leaves = base[base["level"] == 5]
        tree = shapely.STRtree(leaves.geometry.to_numpy())
        one, other = tree.query(leaves.geometry.to_numpy(), predicate="touches")
        codes = leaves.index.to_numpy()
        self._near: dict[str, set[str]] = {code: set() for code in codes}
        for a, b in zip(codes[one], codes[other], strict=True):
            self._near[a].add(b)
        self._taken: set[str] = set()

    def rows(self) -> gpd.GeoDataFrame:
        """Return the changed rows."""
        rows = [{**self._row(code), **values} for code, values in self.changed.items()]
        return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs.STORAGE)

    def set(self, code: str, **values: object) -> None:
        """Change a unit, or add one."""
        self.changed.setdefault(code, {"code": code}).update(values)

    def reshape(self, code: str, shape: shapely.MultiPolygon) -> None:
        """Change the shape of a unit and publish the area it then has."""
        km2 = round(float(crs.area_m2(np.array([shape]))[0]) / 1e6, 6)
        self.set(code, geometry=shape, area_official_km2=km2)

    def plant(
        self, rule: str, *participants: str, brings: tuple[str, ...] = ()
    ) -> None:
        """Write down what the fault must lead to."""
        self.planted.append(Planted(rule, tuple(sorted(participants)), brings))

    def shape(self, code: str) -> shapely.MultiPolygon:
        """Return the shape of a unit as it was."""
        return self.base.geometry[code]

    def neighbours(self, code: str) -> set[str]:
        """Return the communities that touch one."""
        return self._near[code]

    def inner(self, among: gpd.GeoDataFrame | None = None) -> str:
        """Return an unused community, its neighbours all of its own township."""
        leaves = self.base[self.base["level"] == 5] if among is None else among
        for code in leaves.index:
            near = self._near[code]
            around = near | {b for a in near for b in self._near[a]}
            if (
                all(other[:9] == code[:9] for other in near)
                and len(near) > 2
                and not around & self._taken
                and shapely.get_num_geometries(self.shape(code)) == 1
                and self._is_enclosed(code)
            ):
                self._taken |= {code, *near}
                return str(code)
        raise LookupError("no unused community left")

    def _is_enclosed(self, code: str) -> bool:
        """Tell whether other communities lie all around one: no sea, no rim."""
        around = shapely.get_coordinates([self.shape(c) for c in self._near[code]])
        theirs = {tuple(point) for point in around}
        return all(tuple(point) in theirs for point in self.outline(code))

    def pair(self, *, same_township: bool = True) -> tuple[str, str, Ring]:
        """Return two unused neighbours and the points of their border, in order."""
        for code in self.base.index[self.base["level"] == 5]:
            for other in sorted(self._near[code]):
                around = self._near[code] | self._near[other]
                if around & self._taken or (other[:9] == code[:9]) is not same_township:
                    continue
                if other[:6] != code[:6]:
                    continue
                border = self.border(code, other)
                if len(border) >= 14:
                    self._taken |= around | {code, other}
                    return str(code), str(other), border
        raise LookupError("no unused pair left")

    def border(self, one: str, other: str) -> Ring:
        """Return the longest run of points two units share, as the first goes round."""
        ring = self.outline(one)
        theirs = {tuple(p) for p in shapely.get_coordinates(self.shape(other))}
        shared = np.array([tuple(p) in theirs for p in ring])
        if shared.all() or not shared.any():
            return ring[:0]
        start = int(np.flatnonzero(~shared)[0])
        ring, shared = np.roll(ring, -start, axis=0), np.roll(shared, -start)
        runs = np.split(np.arange(len(ring)), np.flatnonzero(np.diff(shared)) + 1)
        best = max((run for run in runs if shared[run[0]]), key=len)
        return ring[best]

    def outline(self, code: str) -> Ring:
        """Return the outer ring of a unit of one part, not closed."""
        part = shapely.get_geometry(self.shape(code), 0)
        return shapely.get_coordinates(shapely.get_exterior_ring(part))[:-1]

    def _row(self, code: str) -> dict[str, object]:
        if code in self.base.index:
            return dict(self.base.loc[code])
        return {"remark": plan.LABEL, "enclave": False}


def polygon(ring: Ring, holes: tuple[Ring, ...] = ()) -> shapely.MultiPolygon:
    """Return a shape of one part."""
    return shapely.MultiPolygon([shapely.Polygon(ring, list(holes))])


def _replaced(ring: Ring, old: Ring, new: Ring) -> Ring:
    """Return a ring with a run of its points replaced."""
    at = int(np.flatnonzero((ring == old[0]).all(axis=1))[0])
    ring = np.roll(ring, -at, axis=0)
    return np.concatenate([new, ring[len(old) :]])


def _pushed(border: Ring, metres: float) -> tuple[Ring, Ring]:
    """Return the middle of a border and the same moved outwards by ``metres``."""
    middle = border[3:-3]
    along = border[-1] - border[0]
    outward = np.array([along[1], -along[0]]) / np.hypot(*along)
    return middle, middle + outward * metres * METRE


def _shifted(work: Work, metres: float, rule: str) -> None:
    one, other, border = work.pair()
    old, new = _pushed(border, metres)
    new = np.concatenate([old[:1], new[1:-1], old[-1:]])
    work.reshape(one, polygon(_replaced(work.outline(one), old, new)))
    slight = ("unmatched_vertex", "sliver_overlap", "sliver_gap", "gap", "overlap")
    work.plant(rule, one, other, brings=tuple(word for word in slight if word != rule))


def overlap(work: Work) -> None:
    """Draw a border 25 m into the neighbour."""
    _shifted(work, 25.0, "overlap")


def sliver_overlap(work: Work) -> None:
    """Draw a border 6 cm into the neighbour."""
    _shifted(work, 0.06, "sliver_overlap")


def gap(work: Work) -> None:
    """Leave 25 m of no man's land on a border."""
    _shifted(work, -25.0, "gap")


def sliver_gap(work: Work) -> None:
    """Leave 6 cm of no man's land on a border."""
    _shifted(work, -0.06, "sliver_gap")


def unmatched_vertex(work: Work) -> None:
    """Put a vertex on a border that the neighbour does not have."""
    one, other, border = work.pair()
    a, b = border[6], border[7]
    new = np.stack([a, (a + b) / 2, b])
    ring = _replaced(work.outline(one), border[6:8], new)
    work.set(one, geometry=polygon(ring))
    work.plant("unmatched_vertex", one, other, brings=("precision",))


def noise(work: Work) -> None:
    """Move a border by a fifth of a millimetre, as a round trip of CRS does."""
    one, other, border = work.pair()
    if one < other:
        one, border = other, border[::-1]
    old = border[3:-3]
    shaken = old + np.array([2e-9, -2e-9])
    work.set(one, geometry=polygon(_replaced(work.outline(one), old, shaken)))
    work.plant("precision", one)


def self_crossing(work: Work) -> None:
    """Tie a bow into a border: there, across itself, and on."""
    one, other, border = work.pair()
    a, b = border[6], border[7]
    along = (b - a) / np.hypot(*(b - a))
    aside = np.array([-along[1], along[0]]) * 12 * METRE
    bow = np.stack([a, b + aside, a + aside, b])
    ring = _replaced(work.outline(one), border[6:8], bow)
    work.set(one, geometry=polygon(ring))
    work.plant(
        "self_crossing",
        one,
        brings=("overlap", "gap", "sliver_overlap", "sliver_gap", "unmatched_vertex"),
    )
    del other


def hole_outside(work: Work) -> None:
    """Draw a lake where the unit is not."""
    one = work.inner()
    ring = work.outline(one)
    east = np.array([work.base.total_bounds[2] + 0.05, ring[0, 1]])
    lake = east + np.array([[0, 0], [20, 20], [30, 0]]) * METRE
    work.set(one, geometry=polygon(ring, (lake,)))
    work.plant("self_crossing", one, brings=("multipart", "overlap", "outside_parent"))


def spike(work: Work) -> None:
    """Go into the own land from a vertex and come back the same way."""
    one, _, border = work.pair()
    at = border[6]
    inside = shapely.get_coordinates(shapely.point_on_surface(work.shape(one)))[0]
    tip = at + (inside - at) * 0.3
    ring = _replaced(work.outline(one), border[6:7], np.stack([at, tip, at]))
    work.set(one, geometry=polygon(ring))
    work.plant("spike", one)


def repeated_point(work: Work) -> None:
    """Draw one vertex twice."""
    one, _, border = work.pair()
    ring = _replaced(work.outline(one), border[6:7], border[[6, 6]])
    work.set(one, geometry=polygon(ring))
    work.plant("repeated_point", one)


def orientation(work: Work) -> None:
    """Draw a lake whose ring turns the same way as the outer ring."""
    one = work.inner()
    lake = _blob(work.shape(one), 0.12)
    lake = lake if shapely.is_ccw(shapely.LinearRing(lake)) else lake[::-1]
    work.set(one, geometry=polygon(work.outline(one), (lake,)))
    work.plant("orientation", one, brings=("gap", "missing_unit", "area"))


def too_few_points(work: Work) -> None:
    """Leave a remnant of two points beside the unit."""
    one = work.inner()
    inside = shapely.get_coordinates(shapely.point_on_surface(work.shape(one)))[0]
    step = np.array([5, 0]) * METRE
    remnant = shapely.Polygon(np.stack([inside, inside + step, inside, inside]))
    body = shapely.get_geometry(work.shape(one), 0)
    work.set(one, geometry=shapely.MultiPolygon([body, remnant]))
    work.plant("too_few_points", one, brings=("multipart", "repeated_point"))


def duplicate(work: Work) -> None:
    """Hand a community in a second time under a new code."""
    one = work.inner()
    code = _new_code(work, one)
    work.set(
        code, **_new_unit(work, one, "重复"), geometry=work.shape(one),
        area_official_km2=work.base.loc[one, "area_official_km2"],
    )  # fmt: skip
    work.plant("duplicate", one, code)


def uncut_host(work: Work) -> None:
    """Draw a new unit inside a community that keeps its land."""
    one = work.inner()
    blob = polygon(_blob(work.shape(one), 0.3))
    code = _new_code(work, one)
    work.set(code, **_new_unit(work, one, "内嵌"))
    work.reshape(code, blob)
    work.plant("uncut_host", one, code)


def multipart(work: Work) -> None:
    """Give a piece in the middle of a neighbour to a unit, undeclared."""
    one, other, _ = work.pair()
    blob = _blob(work.shape(other), 0.25)
    body = shapely.get_geometry(work.shape(one), 0)
    hole = blob if not shapely.is_ccw(shapely.LinearRing(blob)) else blob[::-1]
    work.reshape(one, shapely.MultiPolygon([body, shapely.Polygon(hole[::-1])]))
    work.reshape(other, polygon(work.outline(other), (hole,)))
    work.plant("multipart", one)


def outside_parent(work: Work) -> None:
    """Move the border of two communities across that of their townships."""
    one, other, border = work.pair(same_township=False)
    old, new = _pushed(border, 60.0)
    new = np.concatenate([old[:1], new[1:-1], old[-1:]])
    work.reshape(one, polygon(_replaced(work.outline(one), old, new)))
    work.reshape(other, polygon(_replaced(work.outline(other), old[::-1], new[::-1])))
    work.plant("outside_parent", one, one[:9], brings=("parent_residual",))
    work.plant("parent_residual", other[:9], other, brings=("outside_parent",))


def scribble(work: Work) -> None:
    """Replace a community by a ring of a thousand random points."""
    one = work.inner()
    west, south, east, north = shapely.bounds(work.shape(one))
    points = np.random.default_rng(5).uniform((west, south), (east, north), (1000, 2))
    work.set(one, geometry=polygon(points.round(8)))
    work.plant("unusable", one)


def code(work: Work, _gone: Collection[str]) -> None:
    """Give a new community a code under a street that does not exist."""
    urban = work.base[work.base["kind"] == "community"]
    _divided(work, work.inner(urban), "990105050001", "无依")
    work.plant("code", "990105050001", brings=("parent",))


def code_reused(work: Work, gone: Collection[str]) -> None:
    """Give a new community the code of one that was merged away."""
    living = set(work.base.index)
    old = min(code for code in gone if len(code) == 12 and code[:9] in living)
    siblings = work.base[work.base["parent"] == old[:9]]
    _divided(work, _free(work, siblings), old, "再用")
    work.plant("code_reused", old)


def code_order(work: Work, _gone: Collection[str]) -> None:
    """Give a new village a number that was passed over."""
    names = work.base["name"]
    farm = names.index[names == plan.ENCLAVE_NAME + "村"][0]
    skipped = f"{farm[:9]}{int(farm[9:]) - 1:03d}"
    siblings = work.base[work.base["parent"] == farm[:9]]
    siblings = siblings[siblings["kind"] == "village"].drop(index=farm)
    _divided(work, _free(work, siblings), skipped, "补号")
    work.plant("code_order", skipped)


def kind(work: Work, _gone: Collection[str]) -> None:
    """Call a town a street and keep its code."""
    town = _township(work, "town", 0)
    name = str(work.base.loc[town, "name"]).removesuffix("镇") + "街道"
    work.set(town, kind="street", name=name)
    work.plant("kind", town)


def name(work: Work, _gone: Collection[str]) -> None:
    """Leave the generic part of a name out."""
    one = work.inner()
    work.set(one, name=str(work.base.loc[one, "name"]).removesuffix("社区"))
    work.plant("name", one)


def required(work: Work, _gone: Collection[str]) -> None:
    """Leave a name out."""
    one = work.inner()
    work.set(one, name=None)
    work.plant("required", one)


def name_sibling(work: Work, _gone: Collection[str]) -> None:
    """Give two communities of one street the same name."""
    one, other, _ = work.pair()
    work.set(one, name=work.base.loc[other, "name"])
    work.plant("name_sibling", one, other)


def name_scope(work: Work, _gone: Collection[str]) -> None:
    """Give a town the name of one in another district."""
    one, other = _township(work, "town", 1), _township(work, "town", -1)
    work.set(one, name=work.base.loc[other, "name"])
    work.plant("name_scope", one, other)


def name_homophone(work: Work, _gone: Collection[str]) -> None:
    """Give a town a name that sounds like another's (栗坪 and 立坪)."""
    names = work.base["name"]
    alike = names.index[names == "栗坪镇"][0]
    one = _township(work, "town", 3)
    work.set(one, name="立坪镇")
    work.plant("name_homophone", alike, one)


def area(work: Work, _gone: Collection[str]) -> None:
    """Publish an area two per cent too large."""
    one = work.inner()
    work.set(
        one, area_official_km2=round(work.base.loc[one, "area_official_km2"] * 1.02, 4)
    )
    work.plant("area", one)


def parent(work: Work, _gone: Collection[str]) -> None:
    """Hang a community on the street next door, without a reason."""
    one, other, _ = work.pair(same_township=False)
    work.set(one, parent=other[:9])
    work.plant("parent", one, brings=("parent", "parent_residual", "outside_parent"))
    work.plant("parent_residual", one[:9])


def _divided(work: Work, one: str, code: str, name: str) -> None:
    """Split a community in two along existing vertices; the second half is new."""
    ring = work.outline(one)
    first, second = _halves(ring)
    shapes = np.array([polygon(first), polygon(second)])
    total = float(work.base.loc[one, "area_official_km2"])
    new = round(float(crs.area_m2(shapes)[1]) / 1e6, 4)
    people = int(work.base.loc[one, "population"])
    work.set(
        one, geometry=shapes[0], area_official_km2=round(total - new, 4),
        population=people - people // 2,
    )  # fmt: skip
    unit = _new_unit(work, one, name) | {"population": people // 2}
    work.set(code, **unit, geometry=shapes[1], area_official_km2=new)


def _halves(ring: Ring) -> tuple[Ring, Ring]:
    """Return two rings that a straight line between two vertices makes of one."""
    whole = shapely.Polygon(ring)
    best, best_share = None, 0.0
    step = max(1, len(ring) // 40)
    for i in range(0, len(ring), step):
        for j in range(i + len(ring) // 4, i + len(ring) // 2, step):
            ends = ring[[i, j % len(ring)]]
            cut = shapely.LineString(ends)
            if not whole.covers(cut) or cut.length < 1e-4:
                continue
            inner = shapely.LineString(ends + (ends[::-1] - ends) * 0.02)
            if inner.distance(whole.exterior) < 1e-6:
                continue
            turned = np.roll(ring, -i, axis=0)
            one, other = (
                turned[: j - i + 1],
                np.concatenate([turned[j - i :], turned[:1]]),
            )
            share = shapely.Polygon(one).area / whole.area
            if min(share, 1 - share) > best_share:
                best, best_share = (one, other), min(share, 1 - share)
    if best is None:
        raise LookupError("no straight line divides the community")
    return best


def _blob(shape: shapely.MultiPolygon, size: float) -> Ring:
    """Return an uneven ring well inside a shape, ``size`` of its inner radius."""
    body = shapely.get_geometry(shape, 0)
    circle = shapely.maximum_inscribed_circle(body)
    centre, rim = shapely.get_coordinates(circle)
    radius = float(np.hypot(*(rim - centre))) * size * 2
    angles = np.linspace(0, 2 * np.pi, 17)[:-1]
    uneven = 1 + 0.18 * np.sin(3 * angles) + 0.1 * np.cos(5 * angles)
    points = np.stack([np.cos(angles) * 1.15, np.sin(angles)], axis=1)
    return (centre + points * (radius * uneven * 0.7)[:, None]).round(9)


def _new_code(work: Work, like: str) -> str:
    """Return the next free code beside a community."""
    same = [
        c
        for c in [*work.base.index, *work.changed]
        if c[:9] == like[:9] and len(c) == 12 and (c[9] < "2") == (like[9] < "2")
    ]
    return f"{like[:9]}{max(int(c[9:]) for c in same) + 1:03d}"


def _new_unit(work: Work, like: str, name: str) -> dict[str, object]:
    row = work.base.loc[like]
    return {
        "name": name + ("社区" if row["kind"] == "community" else "村"),
        "kind": row["kind"],
        "level": 5,
        "parent": row["parent"],
        "pinyin": None,
        "population": 0,
    }


def _free(work: Work, among: gpd.GeoDataFrame) -> str:
    """Return a community of one part among some, as yet unchanged."""
    for code in among.index:
        if code not in work.changed and len(work.outline(code)) > 60:
            if shapely.get_num_geometries(work.shape(code)) > 1:
                continue
            if shapely.get_num_interior_rings(work.shape(code).geoms[0]):
                continue
            try:
                _halves(work.outline(code))
            except LookupError:
                continue
            return str(code)
    raise LookupError("no community to divide")


def _township(work: Work, kind: str, number: int) -> str:
    codes = work.base.index[
        (work.base["level"] == 4)
        & (work.base["kind"] == kind)
        & (work.base["name"] != "栗坪镇")
    ]
    return str(codes[number])


SHAPES: tuple[Callable[[Work], None], ...] = (
    overlap,
    sliver_overlap,
    gap,
    sliver_gap,
    unmatched_vertex,
    noise,
    self_crossing,
    hole_outside,
    spike,
    repeated_point,
    orientation,
    too_few_points,
    duplicate,
    uncut_host,
    multipart,
    outside_parent,
)
ATTRIBUTES: tuple[Callable[[Work, Collection[str]], None], ...] = (
    code,
    code_reused,
    code_order,
    kind,
    name,
    required,
    name_sibling,
    name_scope,
    name_homophone,
    area,
    parent,
)
