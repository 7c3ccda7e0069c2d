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

from boundaries.services.omissions import Omission
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
    backdated
        Facilities whose record begins later, open on the date as it says.
    """

    as_of: str
    divisions: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    people: People
    network: Network | None
    profile: Profile
    versions: Mapping[str, Mapping[str, Any]]
    backdated: frozenset[str] = frozenset()

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

    def words(self) -> Text:
        """Return how people travel as one sentence for page, sheet and document."""
        said = self.profile.words()
        heights = None if self.network is None else self.network.meta.get("heights")
        if not heights:
            return said
        level = f"{heights['missing']:.1%}"
        return Text(
            f"{said.zh}；步行计坡度（高程 {heights['name']}，{level} 的路长无高程，"
            "按平路计）",
            f"{said.en}; walking counts slopes (heights {heights['name']}; {level} of "
            "the length has none and counts as level)",
        )

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

    def serving(self, types: Iterable[str] = ()) -> npt.NDArray[np.int64]:
        """Return the rows of facilities of these types (none: all) that serve.

        A facility whose source says nothing of its status counts as operating; one
        that is not open yet on the date, or not any more, serves nobody.
        """
        wanted, operating = set(types), Status.OPERATING.value
        said = self.facilities["status"].fillna(operating)
        served = (said == operating) & open_on(self.facilities, self.as_of)
        if wanted:
            served &= self.facilities["type"].isin(wanted)
        return np.flatnonzero(served.to_numpy(bool))

    def with_facilities(self, facilities: gpd.GeoDataFrame, name: str) -> Situation:
        """Return the situation with other facilities, as a scenario has them."""
        versions = {**self.versions, "scenario": {"name": name}}
        return replace(self, facilities=facilities, versions=versions)

    def omitted(self, rows: npt.NDArray[np.int64]) -> tuple[Omission, ...]:
        """Return what figures about these facilities leave out, or assume."""
        from boundaries.services.left_out import omitted

        return omitted(self, rows)


def assemble(
    as_of: str,
    divisions: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    population: pd.DataFrame,
    profile: Profile,
    *,
    network: Network | None = None,
    versions: Mapping[str, Mapping[str, Any]] | None = None,
    backdated: Iterable[str] = (),
) -> Situation:
    """Return the situation of frames as the store's layers hold them.

    Parameters
    ----------
    divisions, facilities, population
        Indexed by their key, of one date, EPSG:4490.
    versions
        What names each; a network without a name has the digest of its arrays.
    backdated
        Facilities whose record begins after the date, open by then as it says.
    """
    said = dict(versions or {})
    if network is not None and "network" not in said:
        from geodata.network.keeping import digest_of

        version = network.meta.get("version") or digest_of(network)
        said["network"] = {"version": version}
    tree = Tree(divisions)
    people = place(population, divisions, tree, profile, network)
    made = Situation(
        as_of, divisions, facilities, people, network, profile, said,
        frozenset(backdated),
    )  # fmt: skip
    vars(made)["tree"] = tree  # it knows the ways up already
    return made
