"""Streets as people hand them in: OSM PBF, GraphML, road layers, and what is bad."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from geodata.errors import (
    CRSError,
    FileRefusedError,
    InputError,
    LimitError,
    QuhuaError,
    UnsupportedFormatError,
)
from geodata.files.limits import STREETS
from geodata.network import graphml as reader
from geodata.network import osm
from geodata.network import streets as module
from geodata.network.building import build
from geodata.network.graph import STREET, VEHICLE, WALK
from geodata.network.intake import kind_of, read_streets
from geodata.network.osm import direction_of, use_of
from geodata.network.roads import of_frame
from tests.support.streets import streets_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

X, Y = 116.0, 39.0


def pbf(
    path: Path, nodes: Mapping[int, Any], ways: list[tuple[list[int], Any]]
) -> Path:
    """Write an OSM PBF: ``{id: (lon, lat, tags)}`` and ``(nodes, tags)``."""
    with osmium.SimpleWriter(str(path)) as writer:
        for node, (lon, lat, tags) in nodes.items():
            made = osmium.osm.mutable.Node(id=node, location=(lon, lat), tags=tags)
            writer.add_node(made)
        for number, (refs, tags) in enumerate(ways, 1):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    return path


def grid_nodes(**tags: dict[str, str]) -> dict[int, Any]:
    places = [(X + i * 0.001, Y + j * 0.001) for j in range(3) for i in range(3)]
    return {n: (*at, tags.get(f"n{n}", {})) for n, at in enumerate(places, 1)}


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "residential"}, STREET),
        ({"highway": "footway"}, WALK),
        ({"highway": "motorway"}, VEHICLE),
        ({"highway": "trunk", "motorroad": "yes"}, VEHICLE),
        ({"highway": "primary", "foot": "no"}, VEHICLE),
        ({"highway": "service", "access": "private"}, STREET),
        ({"highway": "service", "access": "no"}, None),
        ({"highway": "service", "access": "no", "foot": "yes"}, STREET),
        ({"highway": "cycleway"}, None),
        ({"highway": "cycleway", "foot": "designated"}, WALK),
        ({"highway": "footway", "access": "no"}, None),
        ({"highway": "construction"}, None),
        ({"highway": "steps"}, WALK),
    ],
)
def test_who_may_walk(tags: dict[str, str], kind: int | None) -> None:
    assert use_of(tags)[0] == kind


@pytest.mark.parametrize(
    ("tags", "way"),
    [
        ({"oneway": "yes"}, 1), ({"oneway": "-1"}, -1), ({}, 0),
        ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "no"}, 0),
    ],
)  # fmt: skip
def test_which_way(tags: dict[str, str], way: int) -> None:
    assert direction_of({"highway": "residential", **tags}) == way


def test_ways_of_a_pbf_meet_at_shared_nodes(tmp_path: Path) -> None:
    nodes = grid_nodes(n5={"highway": "crossing", "crossing": "traffic_signals"})
    nodes[5] = (*nodes[5][:2], {"highway": "crossing", "crossing": "traffic_signals"})
    nodes[10] = (X + 0.001, Y + 0.001, {})  # in the same place as 5, on a bridge
    nodes[8] = (*nodes[8][:2], {"barrier": "gate", "access": "no"})
    ways = [
        ([4, 5, 6], {"highway": "residential"}),
        ([2, 5], {"highway": "footway"}),
        ([1, 10, 9], {"highway": "footway", "bridge": "yes", "layer": "1"}),
        ([7, 8, 9], {"highway": "residential", "oneway": "yes"}),
        ([1, 2], {"building": "yes"}),
        ([3, 99], {"highway": "residential"}),  # 99 is beyond the extract
    ]
    streets = read_streets(pbf(tmp_path / "a.osm.pbf", nodes, ways))
    assert streets.counts["read"] == 5
    assert streets.counts["cut_at_edge"] == 1
    assert streets.counts["left_out"] == {"no_length": 1}
    network, report = build(streets, signals_s=20)
    # the bridge does not meet the street, and the gate parts its street
    assert report.part_count == 3
    assert network.edge_count == 6
    walk = (network.kind == WALK) & (network.length_m < 150)
    assert network.delay_s[walk] == pytest.approx([10.0])
    assert report.near_count == 0


def test_damage_and_nothing_in_a_pbf(tmp_path: Path) -> None:
    path = pbf(
        tmp_path / "a.osm.pbf", grid_nodes(), [([1, 2], {"highway": "proposed"})]
    )
    with pytest.raises(FileRefusedError) as caught:
        inside(path)
    assert caught.value.code == "no_edges"
    ways = [([4, 5, 6], {"highway": "residential"})]
    whole = pbf(tmp_path / "b.osm.pbf", grid_nodes(), ways).read_bytes()
    for content in (whole[:-30], whole[:90] + b"\xff" * 40 + whole[130:]):
        path.write_bytes(content)
        with pytest.raises(FileRefusedError) as caught:
            inside(path)
        assert "PBF" in caught.value.message.en
    path.write_bytes(whole)
    few = dataclasses.replace(STREETS, vertices=2)
    with pytest.raises(LimitError) as limited:
        read_streets(path, limits=few)
    assert limited.value.setting == "limits.vertices"


def test_real_networks(data: Path) -> None:
    helsinki = build(read_streets(data / "helsinki" / "Helsinki.osm.pbf"))[1]
    assert 2_000 < helsinki.nodes < 3_000
    futian = build(read_streets(data / "shenzhen" / "futian_osm_drive.graphml"))[1]
    assert futian.main_share > 0.99
    layer = read_streets(data / "shenzhen" / "shenzhen.gpkg", layer="road_edges")
    again = build(layer)[1]
    # one network as GraphML and as a layer of lines; the layer keeps what the
    # GraphML says nobody may use
    assert again.nodes == pytest.approx(futian.nodes, rel=0.05)
    assert again.length_m == pytest.approx(futian.length_m, rel=0.05)


GRAPH = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{doctype}
<key id="x" for="node" attr.name="x"/><key id="y" for="node" attr.name="y"/>
<key id="g" for="edge" attr.name="geometry"/><key id="o" for="edge" attr.name="oneway"/>
<key id="h" for="edge" attr.name="highway"/><key id="c" for="graph" attr.name="crs"/>
<graph edgedefault="directed"><data key="c">{crs}</data>
{nodes}
{edges}
</graph></graphml>"""


def graphml(path: Path, nodes: str, edges: str, crs: str = "epsg:4326") -> Path:
    path.write_text(
        GRAPH.format(nodes=nodes, edges=edges, crs=crs, doctype=""), encoding="utf-8"
    )
    return path


def inside(path: Path) -> Any:
    """Read as the guarded process does, without the cost of one."""
    kind = kind_of(path)
    return (osm if kind == "osm" else reader).read(path, STREETS)


def node(name: str, x: float, y: float) -> str:
    return f'<node id="{name}"><data key="x">{x}</data><data key="y">{y}</data></node>'


def edge(one: str, other: str, **values: str) -> str:
    data = "".join(f'<data key="{k}">{v}</data>' for k, v in values.items())
    return f'<edge source="{one}" target="{other}">{data}</edge>'


NODES = node("a", X, Y) + node("b", X + 0.001, Y) + node("c", X + 0.002, Y)


def test_edges_of_graphml_meet_at_nodes_only(tmp_path: Path) -> None:
    bent = f"LINESTRING ({X} {Y}, {X + 0.0005} {Y + 0.0005}, {X + 0.001} {Y})"
    back = f"LINESTRING ({X + 0.001} {Y}, {X + 0.0005} {Y + 0.0005}, {X} {Y})"
    edges = "".join(
        [
            edge("a", "b", h="residential", g=bent, o="False"),
            edge("b", "a", h="residential", g=back, o="False"),
            edge("b", "c", h="['footway', 'steps']"),
            edge("b", "nowhere", h="residential"),
        ]
    )
    streets = read_streets(graphml(tmp_path / "a.graphml", NODES, edges))
    assert streets.counts == {"read": 4, "left_out": {"unknown_node": 1}}
    network, report = build(streets)
    assert network.edge_count == 2
    assert report.counts["doubles"] == 1
    assert sorted(network.kind.tolist()) == [WALK, STREET]
    assert network.length_m.max() == pytest.approx(141.0, abs=1)


def test_plane_graphml_is_transformed_and_lies_are_refused(tmp_path: Path) -> None:
    nodes = node("a", 500_000, 4_300_000) + node("b", 500_100, 4_300_000)
    edges = edge("a", "b", h="residential")
    path = tmp_path / "a.graphml"
    network, _ = build(inside(graphml(path, nodes, edges, "epsg:4548")))
    assert network.length_m.tolist() == pytest.approx([100.0], abs=0.01)
    for crs in ("epsg:4326", ""):
        with pytest.raises(FileRefusedError) as caught:
            inside(graphml(path, nodes, edges, crs))
        assert caught.value.code == "crs"


def test_hostile_graphml(tmp_path: Path) -> None:
    path = tmp_path / "a.graphml"
    doctype = '<!DOCTYPE x [<!ENTITY a "b">]>'
    text = GRAPH.format(doctype="", crs="epsg:4326", nodes=NODES, edges="")
    head, body = text.split("\n", 1)
    deep = text.replace("<graph ", "<a>" * 40 + "<graph ").replace(
        "</graph>", "</graph>" + "</a>" * 40
    )
    for content in (f"{head}\n{doctype}{body}", text[:-30], deep, text):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(FileRefusedError):
            inside(path)
    nowhere = NODES.replace('key="x"', 'key="q"')
    with pytest.raises(FileRefusedError) as caught:
        inside(graphml(path, nowhere, edge("a", "b")))
    assert "坐标" in caught.value.message.zh
    bad = edge("a", "b", h="residential", g="LINESTRING (1e999 2, nan nan, x y)")
    assert len(inside(graphml(path, NODES, bad))) == 1


def test_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text("<?xml version='1.0'?><osm version='0.6'></osm>", encoding="utf-8")
    with pytest.raises(FileRefusedError) as caught:
        kind_of(path)
    assert "osmium cat" in str(caught.value.hint)
    with pytest.raises(FileRefusedError):
        kind_of(tmp_path / "none")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(UnsupportedFormatError):
        read_streets(path)


def test_what_a_guarded_process_hands_over_is_not_believed(tmp_path: Path) -> None:
    good = streets_of([[(X, Y), (X + 1, Y)]])
    wrong = {
        "xy": np.array([[X, 95.0], [X, Y]]),
        "offsets": np.array([0, 1], np.int64),
        "kind": np.array([7], np.int8),
        "vertex": np.array([1.5, 2.5]),
    }
    for name, array in wrong.items():
        folder = tmp_path / name
        module.save(good, folder)
        assert len(module.load(folder)) == 1
        np.save(folder / f"{name}.npy", array)
        with pytest.raises(FileRefusedError):
            module.load(folder)
    (tmp_path / "kind" / "streets.json").write_text("[" * 9000)
    with pytest.raises(FileRefusedError):
        module.load(tmp_path / "kind")


def roads(lines: list[list[tuple[float, float]]], **columns: Any) -> gpd.GeoDataFrame:
    """Return lines given in metres about a place, as a frame in degrees."""
    drawn = [
        shapely.LineString([(X + x / 86_000, Y + y / 111_000) for x, y in line])
        for line in lines
    ]
    return gpd.GeoDataFrame(columns, geometry=drawn, crs=4490)


ALONG, ACROSS = [(0, 0), (100, 0)], [(50, -50), (50, 50)]


@pytest.mark.parametrize(
    ("lines", "columns", "nodes", "edges"),
    [
        ([ALONG, ACROSS], {}, 5, 4),
        ([ALONG, ACROSS], {"layer": [0, 1]}, 4, 2),
        ([ALONG, ACROSS], {"bridge": ["F", "T"]}, 4, 2),
        ([ALONG, ACROSS], {"隧道": ["否", "是"]}, 4, 2),
        ([ALONG, ACROSS], {"f_zlev": [0, 1], "t_zlev": [0, 0]}, 4, 2),
        # ends a little short of one another, and of the middle of a street
        ([ALONG, [(100.3, 0), (200, 0)], [(100, 0.2), (100, 80)]], {}, 4, 3),
        ([ALONG, [(50, 0.4), (50, 50)]], {}, 4, 3),
        ([ALONG, [(50, 1.4), (50, 50)]], {}, 4, 2),
        # a bridge comes down on a street; one in two pieces passes over it
        ([ALONG, [(50, 0.1), (50, 50)]], {"layer": [0, 1]}, 4, 3),
        (
            [ALONG, [(50, -50), (50, 0)], [(50, 0), (50, 50)]],
            {"layer": [0, 1, 1]}, 4, 2,
        ),
        # a line that crosses itself; three streets in one place
        ([[(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)]], {}, 3, 3),
        ([ALONG, ACROSS, [(0, -50), (100, 50)]], {}, 7, 6),
        # the same stretch drawn by two
        ([ALONG, [(50, 0), (150, 0)], [(120, 0), (120, 9)]], {}, 4, 3),
        ([[(0, 0), (100, 0), (100, 50), (0, 50), (0, 0)]], {}, 1, 1),
    ],
)  # fmt: skip
def test_drawn_roads_are_made_to_meet(
    lines: Any, columns: Any, nodes: int, edges: int
) -> None:
    network, _ = build(of_frame(roads(lines, **columns)))
    assert (network.node_count, network.edge_count) == (nodes, edges)
    first = network.coords[network.offsets[:-1]]
    assert np.array_equal(network.nodes[network.tail], first)


def test_fields_say_what_a_road_is() -> None:
    words = ["人行道", "高速公路", "主干路", "规划道路", "footway", None]
    lines = [[(0, 10 * n), (9, 10 * n)] for n in range(6)]
    streets = of_frame(roads(lines, 道路类型=words, 单行=["是", "", "-1", "", "", ""]))
    assert streets.kind.tolist() == [WALK, VEHICLE, STREET, WALK, STREET]
    assert streets.oneway.tolist() == [1, 0, -1, 0, 0]
    assert streets.counts["left_out"] == {"other_highway": 1}
    named = of_frame(roads(lines, a=words), fields={"class": "a"})
    assert named.kind.tolist() == streets.kind.tolist()
    with pytest.raises(InputError):
        of_frame(roads(lines), fields={"class": "none"})
    with pytest.raises(InputError):
        of_frame(roads(lines), snap_m=50)


def test_a_layer_in_degrees_or_metres_gives_the_same_network(tmp_path: Path) -> None:
    frame = roads([ALONG, ACROSS])
    one = build(of_frame(frame))[0]
    other = build(of_frame(frame.to_crs(4548)))[0]
    assert one.crs == other.crs == "EPSG:4548"
    assert one.length_m == pytest.approx(other.length_m, abs=1e-3)
    assert one.length_m.sum() == pytest.approx(202, abs=2)  # metres, not degrees
    path = tmp_path / "roads.geojson"
    frame.to_file(path, driver="GeoJSON")
    assert build(read_streets(path))[0].edge_count == 4


def test_a_layer_without_streets_is_a_clear_error(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(geometry=[shapely.Point(X, Y)], crs=4490)
    with pytest.raises(FileRefusedError) as caught:
        of_frame(points)
    assert caught.value.code == "no_edges"
    assert "没有可用的道路" in caught.value.message.zh
    none = roads([[(0, 0), (9, 0)]], highway=["proposed"])
    with pytest.raises(FileRefusedError):
        of_frame(none)
    with pytest.raises(CRSError):
        of_frame(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])]))
    path = tmp_path / "two.gpkg"
    for name in ("one", "two"):
        roads([ALONG]).to_file(path, layer=name)
    areas = gpd.GeoDataFrame(geometry=[shapely.box(X, Y, X + 1, Y + 1)], crs=4490)
    areas.to_file(path, layer="areas")
    with pytest.raises(QuhuaError) as several:
        read_streets(path)
    assert several.value.code == "layer_needed"
    assert "one" in str(several.value.hint)
    assert len(read_streets(path, layer="two")) == 1
