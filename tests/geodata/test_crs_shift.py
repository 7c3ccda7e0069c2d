"""A layer shifted as a whole is found; anything else is not called a shift."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geodata.crs import apply_shift, distance_m, estimate_shift, labelled, transform
from geodata.errors import CRSError
from geodata.files.reading import SURE, Shift
from tests.support.drawn import coverage_of


def country(rows: int = 4, *, seed: int = 11) -> gpd.GeoDataFrame:
    """Neighbours with crooked shared borders, about 20 km wide."""
    picture = "/".join(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i * 6 : i * 6 + 6] for i in range(rows)
    )
    frame = coverage_of(picture, cell=0.04)
    rng = np.random.default_rng(seed)
    waves = rng.uniform(0, 2 * np.pi, (2, 12))
    sizes = 0.0012 / np.arange(1, 13)
    steps = np.arange(1, 13) * 25.0

    def bend(xy: np.ndarray) -> np.ndarray:
        along = xy[:, :1] * 3 + xy[:, 1:] * 5
        dx = (np.sin(along * steps + waves[0]) * sizes).sum(axis=1)
        dy = (np.sin(along[:, ::-1] * steps * 1.3 + waves[1]) * sizes).sum(axis=1)
        return xy + np.column_stack([dx, dy]) * 0.5

    dense = frame.geometry.segmentize(0.0015).to_numpy()
    return frame.assign(geometry=shapely.transform(dense, bend))


@pytest.fixture(scope="module")
def land() -> gpd.GeoDataFrame:
    return country()


@pytest.fixture(scope="module")
def tianjin(data: Path) -> dict[str, gpd.GeoDataFrame]:
    return layers(data / "tianjin/tianjin.gpkg")


@pytest.fixture(scope="module")
def shenzhen(data: Path) -> dict[str, gpd.GeoDataFrame]:
    return layers(data / "shenzhen/shenzhen.gpkg")


def layers(path: Path) -> dict[str, gpd.GeoDataFrame]:
    names = gpd.list_layers(path)["name"]
    return {name: gpd.read_file(path, layer=name) for name in names}


# --- the real cases of the issue


def test_heping_streets_against_districts(tianjin: dict[str, gpd.GeoDataFrame]) -> None:
    """Streets about WGS 84, districts GCJ-02 that call themselves WGS 84."""
    shift = estimate_shift(
        tianjin["heping_streets_c2014"], tianjin["districts_datav_areas_v3"]
    )
    assert shift is not None
    assert shift.kind in {"gcj02", "translation"}
    assert shift.dx_m == pytest.approx(541, abs=15)
    assert shift.dy_m == pytest.approx(135, abs=15)
    assert shift.suspect in {"reference", "unknown"}
    assert shift.confidence < SURE
    assert f"{shift.dx_m:+.0f}" in shift.evidence
    assert f"east {shift.dx_m:+.0f}" in shift.evidence_en


def test_shenzhen_streets_against_districts(
    shenzhen: dict[str, gpd.GeoDataFrame],
) -> None:
    """74 streets in GCJ-02 against 10 districts in WGS 84, within two seconds."""
    started = time.process_time()
    shift = estimate_shift(shenzhen["streets"], shenzhen["districts"])
    assert time.process_time() - started < 2  # about 0.5 s of computing
    assert shift is not None
    assert (shift.kind, shift.suspect) == ("gcj02", "file")
    assert shift.dx_m == pytest.approx(-515, abs=15)
    assert shift.dy_m == pytest.approx(318, abs=15)


def test_shenzhen_the_other_way_round(shenzhen: dict[str, gpd.GeoDataFrame]) -> None:
    shift = estimate_shift(shenzhen["districts"], shenzhen["streets"])
    assert shift is not None
    assert (shift.kind, shift.suspect) == ("gcj02", "reference")
    assert shift.dx_m == pytest.approx(515, abs=15)


def test_corrected_streets_need_no_second_shift(
    shenzhen: dict[str, gpd.GeoDataFrame],
) -> None:
    shift = estimate_shift(shenzhen["streets"], shenzhen["districts"])
    assert shift is not None
    corrected = apply_shift(shenzhen["streets"], shift)
    assert estimate_shift(corrected, shenzhen["districts"]) is None
    expected = apply_shift(shenzhen["streets"], "gcj02")
    assert corrected.geom_equals(expected).all()


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("districts_datav_areas_v3", "districts_datav_older"),
        ("districts_datav_older", "districts_datav_areas_v3"),
        ("heping_streets_c2014", "heping_streets_c2014"),
    ],
)
def test_vintages_of_one_source_agree(
    tianjin: dict[str, gpd.GeoDataFrame], new: str, old: str
) -> None:
    """Moved borders (河西 909.5 ha) are edits, not a shift."""
    assert estimate_shift(tianjin[new], tianjin[old]) is None


def test_no_single_changed_district_looks_shifted(
    tianjin: dict[str, gpd.GeoDataFrame],
) -> None:
    old, new = tianjin["districts_datav_older"], tianjin["districts_datav_areas_v3"]
    for name in old["name"]:
        assert estimate_shift(new[new["name"] == name], old) is None, name
        assert estimate_shift(old[old["name"] == name], new) is None, name


@pytest.mark.parametrize("city", ["wuhu", "yantai", "nantong"])
def test_reorganised_cities_agree(data: Path, city: str) -> None:
    path = data / "change_events/change_events.gpkg"
    new = gpd.read_file(path, layer=f"{city}_new")
    old = gpd.read_file(path, layer=f"{city}_old")
    assert estimate_shift(new, old) is None


def test_cities_against_provinces_agree(data: Path) -> None:
    """Other level, other generalisation, the whole country."""
    path = data / "china_admin/china_province_city_datav.gpkg"
    city, province = (gpd.read_file(path, layer=name) for name in ("city", "province"))
    assert estimate_shift(city, province) is None


@pytest.mark.parametrize("street", range(6))
def test_one_street_alone_is_found_or_left(
    tianjin: dict[str, gpd.GeoDataFrame], street: int
) -> None:
    """Little evidence: the right answer or none, never a wrong one."""
    streets = tianjin["heping_streets_c2014"]
    shift = estimate_shift(streets.iloc[[street]], tianjin["districts_datav_areas_v3"])
    if shift is not None:
        assert np.hypot(shift.dx_m - 541, shift.dy_m - 125) < 45
        assert shift.suspect != "file"


# --- drawn cases


MOVES = [(-3, 76), (12, 0), (30, -40), (-1100, 250)]


@pytest.mark.parametrize(("east", "north"), MOVES)
def test_translation_is_measured(
    land: gpd.GeoDataFrame, east: float, north: float
) -> None:
    moved = apply_shift(land, {"dx_m": -east, "dy_m": -north})
    shift = estimate_shift(moved, land)
    assert shift is not None
    assert (shift.kind, shift.suspect) == ("translation", "unknown")
    assert (shift.dx_m, shift.dy_m) == pytest.approx((east, north), abs=1.0)


@pytest.mark.parametrize("kind", ["gcj02", "bd09"])
def test_service_shifts_are_named(land: gpd.GeoDataFrame, kind: str) -> None:
    corrected = apply_shift(land, kind)  # now `land` is the shifted one
    shift = estimate_shift(land, corrected)
    assert shift is not None
    assert (shift.kind, shift.suspect) == (kind, "file")
    back = estimate_shift(corrected, land)
    assert back is not None
    assert (back.kind, back.suspect) == (kind, "reference")
    assert (back.dx_m, back.dy_m) == pytest.approx((-shift.dx_m, -shift.dy_m), abs=2)
    again = apply_shift(corrected, back)
    gap = distance_m(
        *again.get_coordinates().to_numpy().T, *land.get_coordinates().to_numpy().T
    )
    assert gap.max() < 1e-3


def test_a_layer_agrees_with_itself(land: gpd.GeoDataFrame) -> None:
    assert estimate_shift(land, land) is None


def test_noise_of_digitising_is_no_shift(land: gpd.GeoDataFrame) -> None:
    noisy = shapely.transform(
        land.geometry.to_numpy(), lambda xy: xy + 3e-5 * np.sin(xy[:, ::-1] * 1e6)
    )
    assert estimate_shift(land.assign(geometry=noisy), land) is None


def test_edited_borders_are_no_shift(land: gpd.GeoDataFrame) -> None:
    rows = land.geometry.to_numpy().copy()
    taken = shapely.box(117.05, 39.05, 117.12, 39.12)
    rows[:8] = [shapely.difference(row, taken) for row in rows[:8]]
    assert estimate_shift(land.assign(geometry=rows), land) is None


@pytest.mark.parametrize("shifted", [False, True])
def test_partial_overlap(land: gpd.GeoDataFrame, shifted: bool) -> None:
    """The file holds half of the reference and much beside it."""
    beside = country(seed=12).translate(xoff=0.16)
    inside = land.iloc[: len(land) // 2]
    file = gpd.GeoDataFrame(
        geometry=[*inside.geometry, *beside.iloc[::2]], crs=land.crs
    )
    if shifted:
        file = apply_shift(file, {"dx_m": 60, "dy_m": -70})
    shift = estimate_shift(file, land)
    if not shifted:
        assert shift is None
    else:
        assert shift is not None
        assert (shift.dx_m, shift.dy_m) == pytest.approx((-60, 70), abs=2)


@pytest.mark.parametrize("shifted", [False, True])
def test_other_level(land: gpd.GeoDataFrame, shifted: bool) -> None:
    """Units against the unions of some of them."""
    groups = np.arange(len(land)) // 6
    parents = land.dissolve(by=groups)
    file = apply_shift(land, {"dx_m": 60, "dy_m": -70}) if shifted else land
    shift = estimate_shift(file, parents)
    assert (shift is not None) is shifted


def test_strangers_have_no_shift(land: gpd.GeoDataFrame) -> None:
    """Borders that have nothing to do with each other."""
    for seed in range(20, 23):
        other = country(seed=seed).translate(xoff=0.013, yoff=0.017)
        frame = gpd.GeoDataFrame(geometry=other)
        assert estimate_shift(frame, land) is None
    assert estimate_shift(land.translate(xoff=5).to_frame("geometry"), land) is None


def test_any_crs_on_either_side(land: gpd.GeoDataFrame) -> None:
    moved = apply_shift(transform(land, 4548), {"dx_m": 60, "dy_m": -70})
    assert moved.crs == CRS.from_epsg(4548)
    shift = estimate_shift(moved, transform(land, 3857))
    assert shift is not None
    assert (shift.dx_m, shift.dy_m) == pytest.approx((-60, 70), abs=1)


@pytest.mark.parametrize(
    "geometry",
    [[], [None], [shapely.Point(117, 39)], [shapely.Polygon()]],
)
def test_layers_without_borders(land: gpd.GeoDataFrame, geometry: list[object]) -> None:
    frame = gpd.GeoDataFrame(geometry=geometry, crs=4490)
    assert estimate_shift(frame, land) is None
    assert estimate_shift(land, frame) is None


# --- points that name their unit


@pytest.fixture(scope="module")
def shanghai(data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """7,513 medical places with their district, and the districts."""
    table = pd.read_csv(data / "shanghai_poi/shanghai_hospital.csv")
    places = gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
    )
    folder = data / "upload_fixtures/shanghai_gbk_ldid4d_nocpg"
    path = next(folder.glob("*.shp"))
    return places, gpd.read_file(path, encoding="GBK").to_crs(4326)


def test_places_in_their_districts_agree(
    shanghai: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    places, districts = shanghai
    assert estimate_shift(places, districts) is None
    unlabelled = places[["name", "geometry"]]
    shifted = apply_shift(unlabelled, Shift("gcj02", 0, 0, "reference", ""))
    assert estimate_shift(shifted, districts) is None  # nothing to go by


@pytest.mark.parametrize("kind", ["gcj02", "bd09"])
def test_places_geocoded_by_a_map_service(
    shanghai: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], kind: str
) -> None:
    places, districts = shanghai
    geocoded = apply_shift(places, Shift(kind, 0, 0, "reference", ""))
    shift = estimate_shift(geocoded, districts)
    assert shift is not None
    assert (shift.kind, shift.suspect) == (kind, "file")
    assert shift.confidence < SURE
    assert "7297" in shift.evidence
    assert "7297" in shift.evidence_en
    assert estimate_shift(apply_shift(geocoded, kind), districts) is None
    other = apply_shift(districts, Shift(kind, 0, 0, "reference", ""))
    back = estimate_shift(places, other)
    assert back is not None
    assert (back.kind, back.suspect) == (kind, "reference")


def test_boundary_lines_do_as_well(land: gpd.GeoDataFrame) -> None:
    lines = apply_shift(land.assign(geometry=land.boundary), "gcj02")
    shift = estimate_shift(lines, land)
    assert shift is not None
    assert (shift.kind, shift.suspect) == ("gcj02", "reference")


def test_a_frame_without_crs_is_refused(land: gpd.GeoDataFrame) -> None:
    with pytest.raises(CRSError):
        estimate_shift(land.set_crs(None, allow_override=True), land)


@pytest.mark.parametrize(
    "wrong", ["mars", {"dx_m": 1}, {"dx_m": float("nan"), "dy_m": 1}, None]
)
def test_unknown_shifts_are_refused(land: gpd.GeoDataFrame, wrong: object) -> None:
    with pytest.raises(CRSError, match="not known"):
        apply_shift(land, wrong)


def test_bd09_against_gcj02_moves_by_its_metres(land: gpd.GeoDataFrame) -> None:
    shift = Shift("bd09", 100.0, -50.0, "unknown", "")
    moved = apply_shift(land.iloc[:1], shift)
    start = land.geometry.iloc[0].representative_point()
    gap = distance_m(
        *land.iloc[:1].get_coordinates().to_numpy().T,
        *moved.get_coordinates().to_numpy().T,
    )
    assert not start.is_empty
    assert gap == pytest.approx(np.hypot(100, 50), rel=1e-4)


def test_labels_may_be_numbers_with_some_missing() -> None:
    column = pd.Series([120101, None], dtype="Int64")
    assert labelled._texts(column).tolist() == ["120101", ""]
