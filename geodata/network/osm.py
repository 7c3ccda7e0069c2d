"""OpenStreetMap PBF to streets, inside the guarded process.

Which ways people may walk follows OSM's own access tags: ``foot`` before
``access``, both before what the kind of way suggests. Ways that are private are
kept: those who live there walk there, and a gated estate without its ways would be
outside the network. Ways meet where they share a node of OSM; bridges and tunnels
share none with what they cross.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from geodata.errors import FileRefusedError, Text
from geodata.guard.report import progress
from geodata.network.graph import STREET, VEHICLE, WALK
from geodata.network.streets import Gathered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geodata.files.limits import Limits
    from geodata.network.streets import Streets

PEOPLE = frozenset(
    {
        *("footway", "path", "pedestrian", "steps", "corridor", "platform"),
        *("elevator", "bridleway", "cycleway"),
    }
)
"""Ways without motor traffic."""
TRAFFIC = frozenset(
    {
        *("trunk", "primary", "secondary", "tertiary", "unclassified", "residential"),
        *("trunk_link", "primary_link", "secondary_link", "tertiary_link"),
        *("living_street", "service", "track", "road", "busway"),
    }
)
MOTORWAYS = frozenset({"motorway", "motorway_link"})
_ON_FOOT = frozenset({"yes", "designated", "permissive", "official", "destination"})
_NOT_ON_FOOT = frozenset({"no", "use_sidepath", "agricultural", "forestry"})
_FORWARD = frozenset({"yes", "true", "1"})
_BACK = frozenset({"-1", "reverse"})
_ROUND = frozenset({"roundabout", "circular"})
_EVERY = 20_000


def read(path: Path, limits: Limits) -> Streets:
    """Return the ways of a PBF that people or vehicles may use.

    Raises
    ------
    FileRefusedError
        Damaged, or without such a way.
    LimitError
        More ways or vertices than a file may have.
    """
    import osmium

    gathered, nodes = Gathered(limits), _Nodes(limits)
    counts: Counter[str] = Counter()
    left: Counter[str] = Counter()
    try:
        source = osmium.FileProcessor(osmium.io.File(str(path), "pbf"))
        wanted = osmium.filter.KeyFilter("highway", "barrier")
        things: Any = source.with_locations().with_filter(wanted)
        for thing in things:
            if thing.is_node():
                nodes.look(thing.id, thing.tags)
            elif thing.is_way() and "highway" in thing.tags:
                counts["read"] += 1
                if counts["read"] % _EVERY == 0:
                    progress(min(0.2 + counts["read"] / limits.records, 0.8), "reading")
                _take(thing, gathered, left, counts)
    except (RuntimeError, ValueError) as error:
        raise FileRefusedError(
            Text("OSM PBF 文件损坏或不完整，无法读取。",
                 "The OSM PBF file is damaged or cut off."),
            Text("请重新下载或重新截取（osmium extract）。",
                 "Download it again, or cut it out again (osmium extract)."),
        ) from error  # fmt: skip
    return gathered.streets(
        source="osm",
        counts={**counts, "left_out": dict(left)},
        crossings=nodes.crossings,
        signals=nodes.signals,
        closed=nodes.closed,
    )


def use_of(tags: Mapping[str, str]) -> tuple[int | None, str]:
    """Return the kind of edge a way's tags make, or None and why it is left out."""
    highway = tags["highway"]
    foot, access = tags.get("foot", ""), tags.get("access", "")
    walkable = foot in _ON_FOOT or not (
        foot in _NOT_ON_FOOT or (access in {"no", "emergency"} and not foot)
    )
    if highway in PEOPLE:
        if highway in {"cycleway", "bridleway"} and foot not in _ON_FOOT:
            return None, highway
        return (WALK, "") if walkable else (None, "no_access")
    if highway in MOTORWAYS or tags.get("motorroad") == "yes":
        return (STREET if foot in _ON_FOOT else VEHICLE), ""
    if highway in TRAFFIC:
        if walkable:
            return STREET, ""
        driven = access != "no" or tags.get("motor_vehicle", "") in _ON_FOOT
        return (VEHICLE, "") if driven else (None, "no_access")
    return None, "other_highway"


def direction_of(tags: Mapping[str, str]) -> int:
    """Return 1 or -1 for a one-way for vehicles along or against the way, else 0."""
    said = tags.get("oneway", "")
    if said in _FORWARD:
        return 1
    if said in _BACK:
        return -1
    implied = tags.get("junction", "") in _ROUND or tags["highway"] == "motorway"
    return 1 if implied and said != "no" else 0


class _Nodes:
    """The nodes that say something about passing them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.crossings: set[int] = set()
        self.signals: set[int] = set()
        self.closed: set[int] = set()

    def look(self, node: int, tags: Any) -> None:
        """Note a node by its tags."""
        highway, crossing = tags.get("highway", ""), tags.get("crossing", "")
        if "crossing" in highway:
            signals = "signal" in crossing or "signal" in highway
            (self.signals if signals else self.crossings).add(node)
        elif "traffic_signals" in highway:
            self.signals.add(node)
        if "barrier" in tags and _shut(tags):
            self.closed.add(node)
        if len(self.crossings) + len(self.signals) > self.limits.vertices:
            raise self.limits.exceeded("vertices", f"> {self.limits.vertices}")


def _shut(tags: Any) -> bool:
    foot, access = tags.get("foot", ""), tags.get("access", "")
    if foot:
        return bool(foot == "no")
    return bool(access == "no" or tags.get("locked", "") == "yes")


def _take(
    way: Any, gathered: Gathered, left: Counter[str], counts: Counter[str]
) -> None:
    tags = {tag.k: tag.v for tag in way.tags}
    kind, why = use_of(tags)
    if kind is None:
        left[why] += 1
        return
    before = len(gathered.kind)
    run: list[tuple[float, float]] = []
    refs: list[int] = []
    for node in way.nodes:
        place = node.location
        if place.valid():
            run.append((place.lon_without_check(), place.lat_without_check()))
            refs.append(node.ref)
            continue
        # beyond the edge of the extract: what is here is kept as pieces
        counts["cut_at_edge"] += 1
        _keep(gathered, run, refs, kind, tags, way.id)
        run, refs = [], []
    _keep(gathered, run, refs, kind, tags, way.id)
    if len(gathered.kind) == before:
        left["no_length"] += 1


def _keep(
    gathered: Gathered,
    run: list[tuple[float, float]],
    refs: list[int],
    kind: int,
    tags: Mapping[str, str],
    record: int,
) -> None:
    if len(refs) >= 2:
        gathered.add(run, refs, kind=kind, oneway=direction_of(tags), record=record)
