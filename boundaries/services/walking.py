"""How long it takes to walk from a place to the facilities around it, along streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.offered import Offers
    from boundaries.services.profiles import ServiceSettings
    from geodata.network.graph import Network

FARTHEST_S = 45 * 60.0
"""Nobody asks the public map for a way longer than this, which bounds every search."""


@dataclass(frozen=True)
class Walk:
    """What one search found: ``times`` are (id, seconds), the nearest first.

    ``snap_m`` is how far the place lies from the street it starts on, None when no
    street is near it.
    """

    snap_m: float | None
    times: tuple[tuple[str, float], ...]


class Walks:
    """Facilities hung on the streets once, so that a search takes milliseconds.

    Parameters
    ----------
    network
        The streets.
    ids, lonlat
        The facilities and (n, 2) degrees, EPSG:4490.
    speed_mps
        Metres a second.
    limit_s
        Nothing farther than this is looked for, which bounds every search.
    snap_m
        A place farther from every street than this reaches nothing.
    crossings
        How often the waiting at crossings is counted.
    """

    def __init__(
        self,
        network: Network,
        ids: Sequence[str],
        lonlat: np.ndarray[Any, np.dtype[np.float64]],
        *,
        speed_mps: float,
        limit_s: float,
        snap_m: float,
        crossings: float = 1.0,
    ) -> None:
        from geodata.network.reach import Places
        from geodata.network.snap import snap_degrees

        self.network = network
        self.ids = tuple(ids)
        self.speed_mps = speed_mps
        self.limit_s = limit_s
        self._snap_m = snap_m
        places = np.asarray(lonlat, np.float64).reshape(-1, 2)
        spots = snap_degrees(network, places[:, 0], places[:, 1], max_m=snap_m)
        graph = network.graph(speed_mps=speed_mps, delay=crossings)
        self._places = Places(graph, spots)

    @classmethod
    def to(cls, offers: Offers, network: Network, settings: ServiceSettings) -> Walks:
        """Return the ways to what is offered, at the speed of somebody of 60."""
        placed = [row for row in offers.rows if row["lon"] is not None]
        return cls(
            network,
            [row["id"] for row in placed],
            np.array([(row["lon"], row["lat"]) for row in placed]),
            speed_mps=settings.speed_60,
            limit_s=FARTHEST_S,
            snap_m=settings.snap_m,
            crossings=settings.crossings,
        )

    def from_place(self, lon: float, lat: float) -> Walk:
        """Return the facilities within the limit of a place, EPSG:4490 degrees."""
        from geodata.network.snap import snap_degrees

        start = snap_degrees(self.network, [lon], [lat], max_m=self._snap_m)
        if start.edge[0] < 0:
            return Walk(None, ())
        found = self._places.pairs(start, self.limit_s)
        order = np.argsort(found.cost_s, kind="stable")
        times = tuple(
            (self.ids[found.target[each]], float(found.cost_s[each]))
            for each in order.tolist()
        )
        return Walk(float(start.snap_m[0]), times)
