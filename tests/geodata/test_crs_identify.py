"""Every row of the decision list (domain D3) with each kind of declaration."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geodata import crs
from geodata.crs import identify, strays, transform
from geodata.errors import CRSError
from geodata.files.reading import SURE
from tests.support.drawn import coverage_of

TIANJIN = "120101"
LON_LAT = (117.2, 39.1)
PLAIN = (517300.87, 4329624.67)
ZONE3 = (39517300.87, 4329624.67)
ZONE6 = (20517300.87, 4329624.67)
MERCATOR = (13046644.4, 4736029.9)
LOCAL = (51234.0, 30211.0)


def esri(epsg: int) -> str:
    return str(CRS.from_epsg(epsg).to_wkt("WKT1_ESRI"))


def around(point: tuple[float, float], *, swap: bool = False) -> np.ndarray:
    """Four points around one, as a file would hold them."""
    size = 0.001 if max(np.abs(point)) < 181 else 100.0
    x, y = point
    xy = np.array([[x, y], [x + size, y], [x + size, y + size], [x, y + size]])
    return xy[:, ::-1] if swap else xy


# numbers, declared, region -> epsg (None: ask), swapped, sure enough to go on
MATRIX = [
    # row 1: longitude and latitude
    (LON_LAT, False, None, None, 4490, False, False),
    (LON_LAT, False, None, TIANJIN, 4490, False, False),
    (LON_LAT, False, 4490, None, 4490, False, True),
    (LON_LAT, False, 4326, TIANJIN, 4326, False, True),
    (LON_LAT, False, 4610, None, 4610, False, True),
    (LON_LAT, True, None, None, 4490, True, False),
    (LON_LAT, True, None, TIANJIN, 4490, True, False),
    (LON_LAT, True, 4490, None, 4490, True, False),
    (LON_LAT, True, 4490, TIANJIN, 4490, True, True),
    # row 2: Gauss-Krueger without zone number
    (PLAIN, False, None, None, None, False, False),
    (PLAIN, False, None, TIANJIN, 4548, False, False),
    (PLAIN, False, None, "510118", None, False, False),
    (PLAIN, False, 4548, None, 4548, False, True),
    (PLAIN, False, 4509, None, 4509, False, True),
    (PLAIN, False, 2384, TIANJIN, 2384, False, True),
    (PLAIN, True, None, None, None, True, False),
    (PLAIN, True, None, TIANJIN, 4548, True, False),
    (PLAIN, True, 4548, None, 4548, True, False),
    (PLAIN, True, 4548, TIANJIN, 4548, True, True),
    # row 3: with zone number, 3 and 6 degrees
    (ZONE3, False, None, None, 4527, False, False),
    (ZONE3, False, None, TIANJIN, 4527, False, False),
    (ZONE3, False, 4527, None, 4527, False, True),
    (ZONE6, False, None, None, 4498, False, False),
    (ZONE6, False, 4498, None, 4498, False, True),
    # row 4: northing first
    (ZONE3, True, None, None, 4527, True, False),
    (ZONE3, True, None, TIANJIN, 4527, True, False),
    (ZONE3, True, 4527, None, 4527, True, False),
    (ZONE6, True, None, None, 4498, True, False),
    # row 5: Web Mercator
    (MERCATOR, False, None, None, 3857, False, False),
    (MERCATOR, False, None, TIANJIN, 3857, False, False),
    (MERCATOR, False, 3857, None, 3857, False, True),
    (MERCATOR, True, 3857, TIANJIN, 3857, True, True),
    # row 6: local grids
    (LOCAL, False, None, None, None, False, False),
    (LOCAL, False, None, TIANJIN, None, False, False),
    (LOCAL, True, None, None, None, False, False),
]


@pytest.mark.parametrize(
    ("point", "swap", "declared", "region", "epsg", "swapped", "sure"), MATRIX
)
def test_decision_list(
    point: tuple[float, float],
    swap: bool,
    declared: int | None,
    region: str | None,
    epsg: int | None,
    swapped: bool,
    sure: bool,
) -> None:
    wkt = None if declared is None else esri(declared)
    choice, turned = identify(around(point, swap=swap), wkt=wkt, region=region)
    assert (choice.epsg, turned) == (epsg, swapped)
    assert (choice.confidence >= SURE) is sure
    number = f"{around(point, swap=swap)[0, 0]:.6f}".rstrip("0").rstrip(".")
    assert number in choice.evidence
    assert number in choice.evidence_en
    assert not CHINESE.search(choice.evidence_en)
    for item in choice.alternatives:
        assert not CHINESE.search(item["name_en"] + item["why_en"])


CHINESE = re.compile("[\u4e00-\u9fff]")
CONTRADICTIONS = [
    (ZONE3, 4548),  # .prj without zone number, numbers with it
    (PLAIN, 4527),  # the other way round
    (ZONE6, 4527),
    (ZONE3, 4528),  # another zone
    (ZONE3, 4498),
    (PLAIN, 4490),  # degrees declared, metres sent
    (ZONE3, 4326),
    (MERCATOR, 4490),
    (LOCAL, 4490),
    (LON_LAT, 4548),  # metres declared, degrees sent
    (LON_LAT, 3857),
    (MERCATOR, 4548),
    ((2600000.0, 1200000.0), 21781),  # the new Swiss grid under the old name
]


@pytest.mark.parametrize(("point", "declared"), CONTRADICTIONS)
@pytest.mark.parametrize("region", [None, TIANJIN])
def test_contradiction_names_both_sides(
    point: tuple[float, float], declared: int, region: str | None
) -> None:
    with pytest.raises(CRSError) as caught:
        identify(around(point), wkt=esri(declared), region=region)
    assert caught.value.code == "crs_contradiction"
    assert not CHINESE.search(caught.value.text("en"))
    for text in caught.value.message:
        assert f"EPSG:{declared}" in text
        assert f"{point[0]:.6f}".rstrip("0").rstrip(".")[:6] in text


@pytest.mark.parametrize("point", [PLAIN, ZONE3, MERCATOR, LOCAL])
def test_metres_in_geojson_are_a_question_never_degrees(
    point: tuple[float, float],
) -> None:
    choice, _ = identify(around(point), implied="GeoJSON (RFC 7946)", region=TIANJIN)
    assert choice.epsg not in {4326, 4490}
    assert choice.confidence < SURE
    assert "RFC 7946" in choice.evidence


def test_degrees_in_geojson_need_no_question() -> None:
    choice, swapped = identify(around(LON_LAT), implied="GeoJSON (RFC 7946)")
    assert (choice.epsg, swapped) == (4326, False)
    assert choice.confidence >= SURE


def test_swapped_geojson_is_a_question() -> None:
    choice, swapped = identify(around((39.9, 116.3)), implied="GeoJSON (RFC 7946)")
    assert swapped
    assert choice.confidence < SURE


def test_hostile_geojson_in_metres(data: Path) -> None:
    path = data / "hostile/synthetic/geometry_strings/gk_zone39.geojson"
    xy = shapely.get_coordinates(pyogrio.read_dataframe(path).geometry.to_numpy())
    choice, swapped = identify(xy, implied="GeoJSON (RFC 7946)")
    assert (choice.epsg, swapped) == (4527, False)
    assert choice.confidence < SURE


@pytest.mark.parametrize("cm", [111, 114, 117, 120])
def test_plain_zone_follows_the_region(cm: int) -> None:
    """The same numbers are four places; the region says which."""
    lon = cm + 0.2
    bounds = (lon - 0.3, 38.8, lon + 0.3, 39.4)
    choice, _ = identify(around(PLAIN), region=bounds)
    assert choice.epsg == crs.local_gk(lon)
    assert str(cm) in choice.evidence


def test_far_from_the_meridian_means_a_six_degree_zone() -> None:
    choice, _ = identify(
        around((250000.0, 4330000.0)), region=(113.8, 38.8, 114.4, 39.4)
    )
    assert choice.epsg == 4509
    assert "6° 带 CM 117" in choice.evidence
    offered = {item["epsg"] for item in choice.alternatives}
    assert {2345, 21460, 32650} <= offered


def test_plain_zone_without_region_offers_every_meridian() -> None:
    choice, _ = identify(around(PLAIN))
    offered = {item["epsg"] for item in choice.alternatives}
    assert set(range(4534, 4555)) <= offered
    assert all(item["name"] for item in choice.alternatives)


def test_other_datums_are_offered_not_guessed() -> None:
    choice, _ = identify(around(ZONE3))
    offered = {item["epsg"]: item for item in choice.alternatives}
    assert {2363, 2415} <= offered.keys()
    assert all(item["confidence"] <= 0.1 for item in offered.values())
    assert "77 m" in choice.evidence


@pytest.mark.parametrize(("east", "expected"), [(13482000, 3857), (13500000, 3857)])
def test_first_six_degree_zone_looks_like_web_mercator(
    east: float, expected: int
) -> None:
    xy = around((east, 4500000.0))
    choice, _ = identify(xy)
    assert choice.epsg == expected
    assert 4491 in {item["epsg"] for item in choice.alternatives}
    kashgar, _ = identify(xy, region=(74.0, 38.0, 77.0, 41.0))
    assert kashgar.epsg == 4491


def test_reference_borders_confirm_what_magnitudes_cannot() -> None:
    """Coinciding borders are the only evidence good enough without a .prj."""
    reference = coverage_of("AABB/CCDD", cell=0.02)
    drawn = reference.assign(geometry=reference.geometry.segmentize(0.0005))
    numbers = transform(drawn.iloc[:2], 4548)
    xy = shapely.get_coordinates(numbers.geometry.to_numpy())
    choice, swapped = identify(xy, reference=reference)
    assert (choice.epsg, swapped) == (4548, False)
    assert choice.confidence >= SURE
    turned, swapped = identify(xy[:, ::-1], reference=reference)
    assert (turned.epsg, swapped) == (4548, True)
    assert turned.confidence >= SURE
    elsewhere, _ = identify(xy + 400.0, reference=reference)
    assert elsewhere.epsg == 4548
    assert elsewhere.confidence < SURE


def test_a_reference_in_metres_is_as_good() -> None:
    reference = coverage_of("AB", cell=0.02)
    xy = shapely.get_coordinates(reference.geometry.segmentize(0.0005).to_numpy())
    choice, _ = identify(xy, reference=transform(reference, 4548))
    assert choice.epsg == 4490
    assert choice.confidence >= SURE


def test_numbers_off_the_region_are_said_to_be() -> None:
    choice, _ = identify(around((103.8, 30.4)), region=TIANJIN)
    assert choice.confidence < 0.5
    assert "不在给定范围内" in choice.evidence


UNKNOWN = esri(4548).replace("CGCS2000_3_Degree_GK_CM_117E", "Custom")
UNKNOWN = UNKNOWN.replace("D_China_2000", "Unknown_Datum").replace(
    "GCS_China_Geodetic_Coordinate_System_2000", "Unknown"
)


def test_unknown_datum_counts_as_missing_and_says_so() -> None:
    choice, _ = identify(around(PLAIN), wkt=UNKNOWN)
    assert choice.epsg == 4548  # its central meridian is still a hint
    assert choice.confidence < SURE
    assert "Custom" in choice.evidence


@pytest.mark.parametrize(
    "declared",
    [
        "hello",
        'LOCAL_CS["Unknown",UNIT["metre",1]]',
        "+init=/etc/passwd:1",
        "/etc/passwd",
        "+proj=longlat +nadgrids=/etc/passwd",
        "x" * 200_000,
    ],
)
def test_unusable_declarations_count_as_missing(declared: str) -> None:
    choice, _ = identify(around(LON_LAT), wkt=declared)
    assert choice.epsg == 4490
    assert choice.confidence < SURE
    assert "没有声明" not in choice.evidence


@pytest.mark.parametrize(
    ("wkt", "epsg"),
    [
        (esri(4548), 4548),
        (esri(4527), 4527),
        (UNKNOWN.replace("Unknown_Datum", "D_CGCS_2000"), 4548),
        (esri(2384).replace("D_Xian_1980", "Xian_1980"), 2384),
        (CRS.from_epsg(4548).to_json(), 4548),
        (CRS.from_epsg(4548).to_json_dict(), 4548),
        ("EPSG:4548", 4548),
        ("urn:ogc:def:crs:EPSG::4548", 4548),
        (4548, 4548),
        ("EPSG:4548+5737", 4548),
    ],
)
def test_vendors_spellings(wkt: object, epsg: int) -> None:
    point = ZONE3 if epsg == 4527 else PLAIN
    choice, _ = identify(around(point), wkt=wkt)
    assert choice.epsg == epsg
    assert choice.confidence >= SURE


@pytest.mark.parametrize(
    ("declared", "epsg"), [("OGC:CRS84", 4326), (4979, 4326), (4480, 4490)]
)
def test_heights_and_crs84_reduce_to_two_dimensions(
    declared: object, epsg: int
) -> None:
    choice, swapped = identify(around(LON_LAT), wkt=declared)
    assert (choice.epsg, swapped) == (epsg, False)


def test_declared_grid_without_code_is_usable() -> None:
    wkt = esri(4548).replace("117.0", "117.5").replace("CM_117E", "CM_117_5")
    choice, _ = identify(around(PLAIN), wkt=wkt)
    assert choice.epsg is None
    assert choice.confidence >= SURE
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*np.array([PLAIN]).T))
    moved = transform(frame.set_crs(choice.wkt))
    assert moved.geometry.x[0] == pytest.approx(117.7, abs=1e-3)


@pytest.mark.parametrize("year", [2010, 2013, 2016])
def test_swiss_files_read(data: Path, year: int) -> None:
    """Another country's file is fine where its declaration is (2016: compound)."""
    frame = gpd.read_file(data / f"swiss_history/{year}/municipalities.shp", rows=200)
    xy = frame.get_coordinates().to_numpy()
    choice, swapped = identify(xy, wkt=frame.crs.to_wkt())
    assert (choice.epsg, swapped, choice.confidence) == (21781, False, 1.0)


@pytest.mark.parametrize(
    ("epsg", "point"),
    [
        (3067, (385000.0, 6672000.0)),
        (27700, (530000.0, 180000.0)),
        (2056, (2600000.0, 1200000.0)),
        (32650, (517300.0, 4329000.0)),
        (4326, (-0.1, 51.5)),
        (4490, (8.5, 47.4)),
        (4490, (85.0, 45.0)),
    ],
)
def test_any_country_is_accepted_as_declared(
    epsg: int, point: tuple[float, float]
) -> None:
    choice, swapped = identify(around(point), wkt=esri(epsg))
    assert (choice.epsg, swapped, choice.confidence) == (epsg, False, 1.0)


def test_bounds_do_as_well_as_points() -> None:
    choice, swapped = identify((39.0, 117.0, 39.3, 117.4))
    assert (choice.epsg, swapped) == (4490, True)


def test_one_wild_vertex_of_many_does_not_decide() -> None:
    rng = np.random.default_rng(7)
    xy = np.column_stack([rng.uniform(117, 118, 400), rng.uniform(39, 40, 400)])
    xy[17] = (1e9, -1e9)
    xy[18] = (np.nan, np.inf)
    choice, _ = identify(xy, wkt=esri(4490))
    assert choice.epsg == 4490


@pytest.mark.parametrize(
    ("wkt", "implied"), [(4490, None), (None, "GeoJSON"), (None, None)]
)
def test_a_few_strays_do_not_speak_for_the_file(
    wkt: int | None, implied: str | None
) -> None:
    """They are refused by name; the rest is understood as declared."""
    good = [shapely.box(117 + i / 100, 39, 117.01 + i / 100, 39.1) for i in range(30)]
    frame = gpd.GeoDataFrame(geometry=[*good, shapely.box(500, 39, 501, 40)], crs=4490)
    xy = frame.get_coordinates().to_numpy()
    choice, swapped = identify(xy, wkt=wkt, implied=implied)
    assert choice.epsg in {4490, 4326}
    assert not swapped
    assert "500" not in choice.evidence
    assert strays(frame).tolist() == [False] * 30 + [True]
    many = frame.iloc[25:].get_coordinates().to_numpy()
    if wkt:
        with pytest.raises(CRSError):
            identify(many, wkt=wkt)
    else:
        assert identify(many, implied=implied)[0].epsg is None


def test_strays_of_grids_and_other_countries() -> None:
    plain = gpd.GeoDataFrame(
        geometry=[*gpd.points_from_xy(*np.array([PLAIN, ZONE3, LON_LAT]).T), None],
        crs=4548,
    )
    assert strays(plain).tolist() == [False, True, False, False]
    swiss = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([600000, 2600000, 1e30], [200000, 1200000, 1e30]),
        crs=21781,
    )
    assert strays(swiss).tolist() == [False, True, True]
    assert strays(swiss.set_crs(None, allow_override=True)).tolist() == [False] * 3


@pytest.mark.parametrize("wkt", [None, "EPSG:4548"])
def test_no_coordinates(wkt: str | None) -> None:
    choice, swapped = identify(np.empty((0, 2)), wkt=wkt)
    assert choice.epsg == (4548 if wkt else None)
    assert not swapped


def test_absurd_numbers_are_asked_about() -> None:
    choice, _ = identify((0.0, 0.0, 1e300, 1e300))
    assert choice.epsg is None
    assert "1e+300" in choice.evidence


def test_wrong_shape_is_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="shape"):
        identify((1.0, 2.0, 3.0))
