"""Tiles: what is encoded is decoded, borders stay shared, files stay whole."""

from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.tiles import (
    Layer,
    borders,
    colours,
    coverage_tiles,
    encode,
    transition_tiles,
)
from geodata.tiles.borders import OUTSIDE, rank
from geodata.tiles.folders import tiles_over, valid_digest
from geodata.tiles.labels import label_points
from geodata.tiles.mvt import EXTENT, bounds, varints
from geodata.tiles.pyramid import (
    digest_of,
    full_zoom,
    lines_only_in,
    simplified,
)
from tests.support.drawn import coverage_of

if TYPE_CHECKING:
    from pathlib import Path

PREFIXES = (2, 4, 6, 9, 12)


def prepared(picture: str, **columns: Any) -> gpd.GeoDataFrame:
    frame = coverage_of(picture)
    places = label_points(frame.geometry.to_numpy())
    usual = {
        "name": frame["code"],
        "level": 3,
        "colour": range(len(frame)),
        "zoom": 0,
        "natural": 0,
        "label_x": places["x"],
        "label_y": places["y"],
        "room": places["room"],
    }
    codes = [f"1201{ord(c) - 64:02}" for c in frame["code"]]
    return frame.assign(**{**usual, **columns}).set_index(
        gpd.pd.Index(codes, name="key")
    )


@given(st.lists(st.integers(0, 2**56), max_size=50))
def test_varints_are_read_back(values: list[int]) -> None:
    data = varints(np.array(values, np.uint64))
    read, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            read.append(value)
            value, shift = 0, 0
    assert read == values


def test_an_encoded_tile_is_decoded_to_the_same_shapes() -> None:
    z, x, y = 9, 422, 195
    west, south, east, north = bounds(z, x, y, buffer=0)
    width, height = east - west, north - south
    inside = shapely.box(
        west + width * 0.25,
        south + height * 0.25,
        west + width * 0.75,
        north - height * 0.25,
    )
    holed = inside.difference(inside.centroid.buffer(width * 0.1))
    line = shapely.LineString([(west, south), (east, north)])
    point = inside.centroid
    layers = [
        Layer(
            "area", np.array([holed]), {"k": ["甲"], "n": [7], "f": [1.5], "b": [True]}
        ),
        Layer("edge", np.array([line, line]), {"r": [0, 300]}),
        Layer("label", np.array([point]), {"k": ["甲"]}),
    ]
    read = mapbox_vector_tile.decode(
        encode(layers, z, x, y), default_options={"y_coord_down": True}
    )
    area = read["area"]["features"][0]
    assert area["properties"] == {"k": "甲", "n": 7, "f": 1.5, "b": True}
    shape = shapely.geometry.shape(area["geometry"])
    assert shape.is_valid
    assert len(shape.interiors) == 1
    assert shape.bounds == pytest.approx((1024, 1024, 3072, 3072), abs=12)
    assert [f["properties"]["r"] for f in read["edge"]["features"]] == [0, 300]
    drawn = shapely.geometry.shape(read["edge"]["features"][0]["geometry"])
    assert drawn.length == pytest.approx(EXTENT * 2**0.5, rel=0.01)
    place = shapely.geometry.shape(read["label"]["features"][0]["geometry"])
    assert (place.x, place.y) == pytest.approx((2048, 2048), abs=12)


def test_what_lies_outside_or_vanishes_is_left_out() -> None:
    far = np.array([shapely.box(0, 0, 1, 1)])
    tiny = np.array([shapely.box(117.2, 39.1, 117.2 + 1e-7, 39.1 + 1e-7)])
    assert encode([Layer("area", far), Layer("area", tiny)], 9, 422, 195) == b""
    assert encode([Layer("area", np.empty(0, object))], 0, 0, 0) == b""


def test_each_border_is_once_with_both_sides() -> None:
    frame = coverage_of("AAB/AAB/CCC")
    lines = borders(frame.geometry.to_numpy())
    pairs = {(int(a), int(b)) for a, b in zip(lines["a"], lines["b"], strict=True)}
    assert pairs == {(0, 1), (0, 2), (1, 2), (0, OUTSIDE), (1, OUTSIDE), (2, OUTSIDE)}
    outside = (lines["b"] == OUTSIDE).to_numpy()
    lengths = shapely.length(lines.geometry.to_numpy())
    inner = lengths[~outside].sum()
    assert inner == pytest.approx(0.05)  # two cells between A and B, three above C
    whole = shapely.length(shapely.coverage_union_all(frame.geometry.to_numpy()))
    outer = lengths[outside].sum()
    assert outer == pytest.approx(whole)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("ABCD.", min_size=4, max_size=4), min_size=1, max_size=4))
def test_borders_measure_what_the_polygons_do(rows: list[str]) -> None:
    picture = "/".join(rows)
    if not set(picture) & set("ABCD"):
        return
    shapes = coverage_of(picture).geometry.to_numpy()
    lines = borders(shapes)
    lengths = shapely.length(lines.geometry.to_numpy())
    twice = lengths * np.where(lines["b"] == OUTSIDE, 1, 2)
    assert twice.sum() == pytest.approx(shapely.length(shapes).sum())


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("120101", "120102", 2),
        ("120101", "130101", 0),
        ("120101", "120201", 1),
        ("120101001", "120101002", 3),
        ("120101001001", "120101001002", 4),
    ],
)
def test_a_border_ranks_by_the_largest_units_it_parts(
    a: str, b: str, expected: int
) -> None:
    assert list(rank([a], [b], PREFIXES)) == [expected]


def test_the_outer_border_ranks_as_the_smallest_unit_holding_all() -> None:
    keys = ["120101", "120102"]
    assert list(rank(keys, [None, None], PREFIXES)) == [1, 1]
    assert list(rank(["120101", "130101"], [None, None], PREFIXES)) == [0, 0]


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_neighbours_differ_whenever_the_palette_allows(
    pairs: set[tuple[int, int]],
) -> None:
    real = [(a, b) for a, b in pairs if a != b]
    chosen = colours(range(13), real, palette=13)
    assert all(chosen[a] != chosen[b] for a, b in real)
    assert chosen == colours(range(13), real, palette=13, start=chosen)


def test_five_colours_do_for_a_real_map(data: Path) -> None:
    frame = gpd.read_file(data / "shenzhen" / "shenzhen.gpkg", layer="streets")
    lines = borders(frame.geometry.to_numpy())
    inner = lines[lines["b"] != OUTSIDE]
    pairs = list(zip(inner["a"].tolist(), inner["b"].tolist(), strict=True))
    chosen = colours(range(len(frame)), pairs)
    assert pairs
    assert all(chosen[a] != chosen[b] for a, b in pairs)
    assert max(chosen.values()) <= 4


def test_simplified_neighbours_still_share_their_border(data: Path) -> None:
    frame = gpd.read_file(
        data / "tianjin/tianjin.gpkg", layer="districts_datav_areas_v3"
    )
    shapes = frame.geometry.to_numpy()
    simple = simplified(shapes, np.zeros(len(shapes)), 0.01)
    assert (
        shapely.get_num_coordinates(simple).sum()
        < shapely.get_num_coordinates(shapes).sum() / 2
    )
    assert shapely.coverage_is_valid(simple)
    assert shapely.is_valid(simple).all()


def test_tiles_are_made_once_and_read_from_their_files(tmp_path: Path) -> None:
    tiles = coverage_tiles(prepared("AAB/AAB/CCC"), tmp_path, prefixes=PREFIXES)
    first = tiles.tile(9, 422, 195)
    path = tmp_path / "9" / "422" / "195.mvt.gz"
    assert path.read_bytes() == first.body
    path.write_bytes(gzip.compress(b"kept", mtime=0))
    assert gzip.decompress(tiles.tile(9, 422, 195).body) == b"kept"
    assert not list(tmp_path.rglob("tmp*")), "nothing half-written is left"


def test_empty_tiles_take_no_room(tmp_path: Path) -> None:
    tiles = coverage_tiles(prepared("AAB/AAB/CCC"), tmp_path, prefixes=PREFIXES)
    bodies = {tiles.tile(15, x, x).body for x in range(0, 2**15, 2**9)}
    assert [gzip.decompress(body) for body in bodies] == [b""]
    assert list(tmp_path.rglob("*")) == []


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    tiles = coverage_tiles(prepared("AB"), blocked, prefixes=PREFIXES)
    assert tiles.tile(9, 422, 195).body == tiles.tile(9, 422, 195).body


def test_many_may_ask_at_once(tmp_path: Path) -> None:
    tiles = coverage_tiles(prepared("AAB/AAB/CCC"), tmp_path, prefixes=PREFIXES)
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(tiles.tile(9, 422, 195).body))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_level_is_drawn_from_its_zoom_on(tmp_path: Path) -> None:
    frame = prepared("AAB/AAB/CCC", zoom=[0, 0, 8])
    tiles = coverage_tiles(frame, tmp_path, prefixes=PREFIXES)
    shown = {}
    for z, x, y in ((7, 105, 48), (9, 422, 195)):
        layers = mapbox_vector_tile.decode(gzip.decompress(tiles.tile(z, x, y).body))
        shown[z] = {f["properties"]["k"] for f in layers["area"]["features"]}
    assert shown == {7: {"120101", "120102"}, 9: {"120101", "120102", "120103"}}


def test_a_level_alone_is_drawn_however_small_its_units_are(tmp_path: Path) -> None:
    frame = prepared("AAB/AAB/CCC", zoom=[0, 8, 8], level=[3, 4, 4])
    tiles = coverage_tiles(frame, tmp_path, prefixes=PREFIXES)
    for z, x, y in ((6, 52, 24), (9, 422, 195)):
        body = gzip.decompress(tiles.levels[4].tile(z, x, y).body)
        (layer,) = mapbox_vector_tile.decode(body).items()
        found = {
            f["properties"]["k"]: f["properties"]["l"] for f in layer[1]["features"]
        }
        assert (layer[0], found) == ("area", {"120102": 4, "120103": 4}), z
    assert (tmp_path / "level4" / "9" / "422" / "195.mvt.gz").is_file()
    assert not (tmp_path / "9").exists()


def test_a_transition_draws_old_and_new_borders_and_what_moved(tmp_path: Path) -> None:
    old, new = coverage_of("AAB/AAB/CCC"), coverage_of("ABB/AAB/CCC")
    gone, come = lines_only_in(old, new), lines_only_in(new, old)
    assert shapely.length(gone).sum() == pytest.approx(0.01)
    assert shapely.length(come).sum() == pytest.approx(0.02)
    cell = shapely.box(117.01, 39.19, 117.02, 39.2)
    moves = gpd.GeoDataFrame(
        {"from": ["A"], "to": [None], "area_m2": [12345.0]}, geometry=[cell], crs=4490
    )
    tiles = transition_tiles(old, new, moves, tmp_path)
    layers = mapbox_vector_tile.decode(
        gzip.decompress(tiles.tile(10, *tiles_over(cell.bounds, 10)[0]).body)
    )
    assert set(layers) == {"moved", "old", "new"}
    (feature,) = layers["moved"]["features"]
    assert feature["properties"] == {"f": "A", "t": "", "h": 1.2345, "i": 0}


def test_the_digest_follows_the_content() -> None:
    one, same, other = (prepared(p) for p in ("AAB", "AAB", "ABB"))
    assert digest_of(one, ["name"]) == digest_of(same, ["name"])
    assert digest_of(one, ["name"]) != digest_of(other, ["name"])
    renamed = one.assign(name=["x", "y"])
    assert digest_of(one, ["name"]) != digest_of(renamed, ["name"])
    assert valid_digest(digest_of(one, ["name"]))


@pytest.mark.parametrize(
    "text", ["", "..", "../x", "0123456789ABCDEF", "a" * 65, "g" * 20]
)
def test_other_names_are_no_digests(text: str) -> None:
    assert not valid_digest(text)


def test_label_points_lie_inside_and_say_how_much_room_there_is() -> None:
    frame = coverage_of("AAAA/A..A/AAAA/BBBB")
    places = label_points(frame.geometry.to_numpy())
    points = shapely.points(places["x"], places["y"])
    assert shapely.contains(frame.geometry.to_numpy(), points).all()
    assert places["room"].to_numpy() == pytest.approx(0.005, rel=0.5)
    nothing = label_points(np.array([None, shapely.Polygon()], object))
    assert nothing.isna().all(axis=None)


def test_fine_borders_are_drawn_in_full_only_when_near() -> None:
    coarse = np.array([shapely.box(117, 39, 118, 40)])
    fine = shapely.segmentize(coarse, 1e-4)
    assert full_zoom(coarse) < full_zoom(fine)


def test_the_tiles_over_a_box() -> None:
    assert tiles_over((-180, -85, 180, 85), 0) == [(0, 0)]
    assert (422, 195) in tiles_over((117.0, 39.1, 117.1, 39.2), 9)
