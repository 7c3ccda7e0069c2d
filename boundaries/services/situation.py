"""What a figure stands on at a date, and the stamp that is printed with it.

Divisions, facilities and people as published, the street network and the profile:
the same stamp gives the same figures, so each of them is named by its version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services.omissions import Omission, told
from boundaries.services.opening import open_on
from boundaries.services.placing import People, place
from boundaries.services.profiles import METHOD, Profile, RuralMode
from boundaries.services.tree import Tree
from boundaries.services.words import Status
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geodata.network.graph import Graph, Network, Spots

Floats = npt.NDArray[np.float64]

SMALL_PART = 0.02
"""A part of the network with a smaller share of its nodes than this is an island."""


@dataclass(frozen=True, eq=False)
class Situation:
    """Everything one figure is computed from.

    Parameters
    ----------
    as_of
        The date, ISO 8601.
    divisions, facilities
        Of that date, EPSG:4490, by code and by number.
    people
        Points that stand for people.
    network
        None where no network is stored: then only circles are computed.
    profile
        Times and speeds.
    versions
        Layer -> what names its version (``number``, ``digest``, ``effective`` …).
    """

    as_of: str
    divisions: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    people: People
    network: Network | None
    profile: Profile
    versions: Mapping[str, Mapping[str, Any]]

    @property
    def stamp(self) -> dict[str, Any]:
        """Return the versions and the profile, with a short name of them all."""
        return self.stamped()

    def stamped(self, **settings: Any) -> dict[str, Any]:
        """Return the stamp of figures that stand on further settings as well."""
        named: dict[str, Any] = {
            "as_of": self.as_of,
            **{layer: dict(said) for layer, said in sorted(self.versions.items())},
            "profile": self.profile.to_dict(),
            "method": METHOD,
            **settings,
        }
        text = json.dumps(named, sort_keys=True, ensure_ascii=False)
        return {"id": hashlib.sha256(text.encode()).hexdigest()[:12], **named}

    @cached_property
    def tree(self) -> Tree:
        """The divisions as a tree."""
        return Tree(self.divisions)

    @cached_property
    def crs(self) -> str:
        """The plane system of ``people.xy`` and :attr:`facility_xy`."""
        return self.people.crs

    @cached_property
    def facility_xy(self) -> Floats:
        """(f, 2) plane metres of the facilities, NaN for those without a place."""
        points = np.asarray(self.facilities.geometry.array, dtype=object)
        there = ~(shapely.is_missing(points) | shapely.is_empty(points))
        found = np.full((len(points), 2), np.nan)
        if there.any():
            lonlat = shapely.get_coordinates(points[there])
            x, y = crs.transform_points(
                lonlat[:, 0], lonlat[:, 1], crs.STORAGE, self.crs
            )
            found[there] = np.column_stack([x, y])
        return found

    @cached_property
    def facility_spots(self) -> Spots | None:
        """Where on the network each facility stands; None without a network."""
        if self.network is None:
            return None
        from geodata.network.snap import snap

        return snap(self.network, self.facility_xy, max_m=self.profile.snap_m)

    @cached_property
    def ride_spots(self) -> Spots | None:
        """Where rural people get on the road; as they walk where they walk."""
        return self._ridden(self.people.xy, self.people.spots)

    @cached_property
    def facility_ride_spots(self) -> Spots | None:
        """Where on the road each facility is come to by vehicle."""
        return self._ridden(self.facility_xy, self.facility_spots)

    def _ridden(self, xy: Floats, walked: Spots | None) -> Spots | None:
        if self.network is None or self.profile.rural_mode == RuralMode.WALK.value:
            return walked
        from geodata.network.snap import snap

        return snap(self.network, xy, max_m=self.profile.snap_m, mode="drive")

    @cached_property
    def walk(self) -> Graph | None:
        """The network as people walk it *to* a facility; None without one."""
        if self.network is None:
            return None
        return self.network.graph(
            speed_mps=self.profile.speed_mps, delay=self.profile.crossings
        ).reverse()

    @cached_property
    def ride(self) -> Graph | None:
        """The network as rural people travel it: by vehicle, or as they walk.

        Between door and street everybody walks.
        """
        if self.network is None or self.profile.rural_mode == RuralMode.WALK.value:
            return self.walk
        return self.network.graph(
            speed_mps=self.profile.rural_mps, mode="drive",
            delay=self.profile.crossings, street_mps=self.profile.speed_mps,
        ).reverse()  # fmt: skip

    @cached_property
    def part(self) -> npt.NDArray[np.int32] | None:
        """(n,) part of the network each node is in on foot, 0 the largest."""
        if self.network is None:
            return None
        from geodata.network.reporting import part_of

        return part_of(self.network)

    def islands(self, spots: Spots) -> npt.NDArray[np.bool_]:
        """Return which places stand on a small part that no other street joins."""
        found = np.zeros(len(spots), bool)
        if self.network is None or self.part is None or not len(self.part):
            return found
        on = spots.edge >= 0
        part = self.part[self.network.tail[spots.edge[on]]]
        sizes = np.bincount(self.part[self.part >= 0], minlength=1)
        found[on] = (part < 0) | (sizes[part] < SMALL_PART * len(self.part))
        return found

    def limit_s(self) -> Floats:
        """Return (p,) the seconds each point's people may take."""
        return np.where(self.people.urban, self.profile.urban_s, self.profile.rural_s)

    def radius_m(self) -> Floats:
        """Return (p,) the radius of the straight circle for each point's people."""
        return np.where(
            self.people.urban, self.profile.urban_radius_m, self.profile.rural_radius_m
        )

    def serving(
        self,
        types: Iterable[str] = (),
        statuses: Iterable[str] = (Status.OPERATING.value,),
    ) -> npt.NDArray[np.int64]:
        """Return the rows of facilities of these types (none: all) that serve.

        A facility whose source says nothing of its status counts as operating; one
        that is not open yet on the date, or not any more, serves nobody.
        """
        wanted, open_ = set(types), set(statuses)
        said = self.facilities["status"].fillna(Status.OPERATING.value)
        served = said.isin(open_) & open_on(self.facilities, self.as_of)
        if wanted:
            served &= self.facilities["type"].isin(wanted)
        return np.flatnonzero(served.to_numpy(bool))

    def with_facilities(self, facilities: gpd.GeoDataFrame, name: str) -> Situation:
        """Return the situation with other facilities, as a scenario has them."""
        versions = {**self.versions, "scenario": {"name": name}}
        return replace(self, facilities=facilities, versions=versions)

    def omitted(self, rows: npt.NDArray[np.int64]) -> tuple[Omission, ...]:
        """Return what figures about these facilities leave out, or assume."""
        return (
            *self._missing(rows),
            *self._omitted_facilities(rows),
            *self._units_without_people(),
            *self.people.omitted,
        )

    def _missing(self, rows: Any) -> tuple[Omission, ...]:
        """Return which of the things every figure needs are not there at all."""
        checked = (
            (len(rows), "no_facility", "facilities",
             Text("没有符合条件的运营设施，覆盖为零。",
                  "No operating facility of these types; nobody is reached."),
             Text("请导入并发布养老设施，或改选类型。",
                  "Import and publish facilities, or choose other types.")),
            (len(self.people), "no_population", "population",
             Text("没有人口数据，人数均为零。", "No population; all counts are zero."),
             Text("请导入并发布人口表。", "Import and publish a population table.")),
            (self.network is not None, "no_network", "network",
             Text("没有路网，只有直线圈的数字。",
                  "No street network; figures are by circle only."),
             Text("请先建立路网。", "Build a street network first.")),
        )  # fmt: skip
        return told(
            Omission.of(kind, layer, why, what, [layer])
            for there, kind, layer, why, what in checked
            if not there
        )

    def _omitted_facilities(self, rows: Any) -> tuple[Omission, ...]:
        keys = self.facilities.index.to_numpy(object)[rows]
        placed = np.isfinite(self.facility_xy[rows]).all(axis=1)
        outside = np.zeros(len(rows), bool)
        outside[placed] = ~self._in_a_division(rows[placed])
        off = island = np.zeros(len(rows), bool)
        if self.facility_spots is not None:
            spots = self.facility_spots.take(rows)
            off, island = placed & (spots.edge < 0), self.islands(spots)
        said = self.facilities["division"].to_numpy(object)[rows]
        nowhere = np.array([not self._is_known(code) for code in said], bool)
        elsewhere = self._elsewhere(rows, said) & placed & ~outside
        move = Text("请核对坐标，或补充路网。",
                    "Check its coordinates, or complete the network.")  # fmt: skip
        return told(
            (
                Omission.of(
                    "facility_no_place", "facilities",
                    Text("没有坐标，不参与计算。", "Without coordinates; not counted."),
                    Text("请在地图上标出位置。", "Mark its place on the map."),
                    keys[~placed],
                ),
                Omission.of(
                    "facility_no_division", "facilities",
                    Text("没有所属区划或代码不在区划中：计入总数，不计入任何单位的设施数。",
                         "Without a division in force: in the total, in the number of "
                         "no unit's facilities."),
                    Text("请填写所属区划代码。", "State its division."),
                    keys[nowhere], left_out=False,
                ),
                Omission.of(
                    "facility_outside", "facilities",
                    Text("在所有区划之外；仍按距离服务附近居民。",
                         "Outside every division; it serves people near it all the "
                         "same."),
                    Text("请核对坐标。", "Check its coordinates."),
                    keys[outside], left_out=False,
                ),
                Omission.of(
                    "facility_elsewhere", "facilities",
                    Text("坐标不在所属区划之内，可能取自互联网地图（GCJ-02）或所属有误："
                         "按坐标服务居民，按所属计数。",
                         "Its coordinates lie outside the division it names; they may "
                         "be a web map's (GCJ-02), or the division is wrong: it serves "
                         "where they say and is counted where it says."),
                    Text("请核对坐标与所属区划。",
                         "Check its coordinates and its division."),
                    keys[elsewhere], left_out=False,
                ),
                Omission.of(
                    "facility_off_street", "facilities",
                    Text("离道路太远，不在路网上，只计入直线圈。",
                         "Too far from any street; counted by circle only."),
                    move, keys[off],
                ),
                Omission.of(
                    "facility_island", "facilities",
                    Text("在与主路网不相连的孤立路段上，只能服务该路段。",
                         "On a part of the network that joins no other street; it "
                         "serves that part only."),
                    move, keys[island], left_out=False,
                ),
            )
        )  # fmt: skip

    def _is_known(self, code: Any) -> bool:
        """Return whether a division, or one above it, is in force."""
        if code is None or pd.isna(code):
            return False
        return any(up in self.tree.level for up in self.tree.chain(str(code)))

    def _elsewhere(self, rows: Any, said: Any) -> npt.NDArray[np.bool_]:
        """Return which facilities lie outside the division their record names."""
        found = np.zeros(len(rows), bool)
        at = self.divisions.index.get_indexer(pd.Index(said))
        named = np.flatnonzero(at >= 0)
        shapes = np.asarray(self.divisions.geometry.array, dtype=object)[at[named]]
        points = np.asarray(self.facilities.geometry.array, dtype=object)[rows[named]]
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        found[named] = there & ~shapely.intersects(shapes, points)
        return found

    def _in_a_division(self, rows: Any) -> npt.NDArray[np.bool_]:
        points = np.asarray(self.facilities.geometry.array, dtype=object)[rows]
        shapes = np.asarray(self.divisions.geometry.array, dtype=object)
        there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        found = np.zeros(len(points), bool)
        if len(there) and len(points):
            at, _ = shapely.STRtree(there).query(points, predicate="intersects")
            found[at] = True
        return found

    def _units_without_people(self) -> tuple[Omission, ...]:
        """Return the lowest divisions for which nobody was counted."""
        parents = self.tree.parents_of(str(code) for code in self.divisions.index)
        leaves = [code for code in self.divisions.index if code not in parents]
        counted = set(self.people.units.index)
        covered = {up for code in counted for up in self.tree.chain(str(code))}
        bare = [
            code
            for code in leaves
            if code not in covered and not counted & set(self.tree.chain(str(code)))
        ]
        return told(
            (
                Omission.of(
                    "unit_no_people", "divisions",
                    Text("没有人口数据，不计入人数。",
                         "Nobody was counted for it; it is in no figure of people."),
                    Text("请导入其人口。", "Import its population."),
                    bare,
                ),
            )
        )  # fmt: skip


def assemble(
    as_of: str,
    divisions: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    population: pd.DataFrame,
    profile: Profile,
    *,
    network: Network | None = None,
    versions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Situation:
    """Return the situation of frames as the store's layers hold them.

    Parameters
    ----------
    divisions, facilities, population
        Indexed by their key, of one date, EPSG:4490.
    versions
        What names each; a network without a name has the digest of its arrays.
    """
    said = dict(versions or {})
    if network is not None and "network" not in said:
        from geodata.network.keeping import digest_of

        version = network.meta.get("version") or digest_of(network)
        said["network"] = {"version": version}
    tree = Tree(divisions)
    people = place(population, divisions, tree, profile, network)
    made = Situation(as_of, divisions, facilities, people, network, profile, said)
    vars(made)["tree"] = tree  # it knows the ways up already
    return made
