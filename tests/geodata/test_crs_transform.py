"""Nothing is transformed by a silent no-op."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geodata import crs
from geodata.crs import load_parameters, transform, transform_points
from geodata.errors import CRSError, TransformError

BURSA_WOLF = {
    "kind": "bursa_wolf",
    "source": "EPSG:4610",
    "target": "EPSG:4490",
    "dx_m": 11.25,
    "dy_m": -21.5,
    "dz_m": 31.75,
    "rx_s": 0.5,
    "ry_s": -0.25,
    "rz_s": 0.75,
    "scale_ppm": 1.5,
}
PLANE = {
    "kind": "plane",
    "source": "EPSG:2384",
    "target": "EPSG:4548",
    "dx_m": 117.5,
    "dy_m": 3.25,
    "rotation_s": 0.4,
    "scale_ppm": -2.0,
}


def points(epsg: int | None, *xy: tuple[float, float]) -> gpd.GeoDataFrame:
    x, y = np.array(xy or [(117.2, 39.1)]).T
    return gpd.GeoDataFrame(
        {"name": ["a"] * len(x)}, geometry=gpd.points_from_xy(x, y)
    ).set_crs(epsg)


@pytest.mark.parametrize(
    ("epsg", "east", "north", "lonlat"),
    [
        (4548, 517300.87, 4329624.67, (117.2, 39.1)),
        (4527, 39517300.87, 4329624.67, (117.2, 39.1)),
        (4544, 384679.5, 3365066.9, (103.8, 30.4)),
        (4523, 35384679.5, 3365066.9, (103.8, 30.4)),
        (4545, 397034.4, 4393577.0, (106.8, 39.67)),
    ],
)
def test_checked_examples_of_domain_d1(
    epsg: int, east: float, north: float, lonlat: tuple[float, float]
) -> None:
    moved = transform(points(4490, lonlat), epsg)
    assert moved.geometry.x[0] == pytest.approx(east, abs=0.06)
    assert moved.geometry.y[0] == pytest.approx(north, abs=0.06)


@pytest.mark.parametrize("source", [4326, 4979])
def test_wgs84_and_cgcs2000_are_taken_as_equal(source: int) -> None:
    there = transform(points(source))
    assert there.crs == CRS.from_user_input(crs.STORAGE)
    assert shapely.equals_exact(there.geometry[0], shapely.Point(117.2, 39.1))
    back = transform(there, 4326)
    assert shapely.equals_exact(back.geometry[0], shapely.Point(117.2, 39.1))


@pytest.mark.parametrize("epsg", [3857, 32650, 4548, 4527, 4498])
def test_projected_wgs84_and_cgcs2000_agree_with_proj(epsg: int) -> None:
    start = points(4490, (117.2, 39.1), (116.8, 38.7))
    there = transform(start, epsg)
    plain = start.set_crs(CRS.from_epsg(epsg).geodetic_crs, allow_override=True)
    expected = plain.to_crs(epsg)
    assert np.allclose(there.get_coordinates(), expected.get_coordinates(), atol=1e-6)
    back = transform(there, 4490)
    assert np.allclose(back.get_coordinates(), start.get_coordinates(), atol=1e-11)


LEGACY = [4610, 4214, 4555, 2384, 2363, 2415, 21420]


@pytest.mark.parametrize("legacy", LEGACY)
@pytest.mark.parametrize("modern", [4490, 4326, 4548, 3857, 32650, 21781])
def test_old_chinese_datums_are_refused(legacy: int, modern: int) -> None:
    metres = CRS.from_epsg(legacy).is_projected
    start = points(legacy, (517300.0, 4329000.0) if metres else (117.2, 39.1))
    with pytest.raises(TransformError) as caught:
        transform(start, modern)
    assert caught.value.code == "transform"
    assert "参数" in caught.value.text("zh")
    assert "parameters" in caught.value.text("en")
    with pytest.raises(TransformError):
        transform(points(modern, (500000.0, 4000000.0)), legacy)


def test_a_vendors_spelling_of_an_old_datum_is_refused_too() -> None:
    wkt = CRS.from_epsg(2384).to_wkt("WKT1_ESRI").replace("D_Xian_1980", "西安80")
    start = points(None, (517300.0, 4329000.0)).set_crs(wkt)
    with pytest.raises(TransformError):
        transform(start)


def test_projecting_within_an_old_datum_is_no_transformation() -> None:
    there = transform(points(4610), 2384)
    assert there.geometry.y[0] == pytest.approx(4329626.7, abs=0.1)
    back = transform(there, 4610)
    assert np.allclose(back.get_coordinates(), [[117.2, 39.1]], atol=1e-10)


@pytest.mark.parametrize(
    ("epsg", "xy", "lonlat"),
    [
        (21781, (600072.37, 200147.07), (7.439583, 46.952406)),
        (2056, (2600072.37, 1200147.07), (7.439583, 46.952406)),
        (3067, (385000.0, 6672000.0), (24.929, 60.168)),
        (27700, (530000.0, 180000.0), (-0.1292, 51.5037)),
    ],
)
def test_other_countries_come_in_through_published_transformations(
    epsg: int, xy: tuple[float, float], lonlat: tuple[float, float]
) -> None:
    there = transform(points(epsg, xy))
    assert there.crs == CRS.from_user_input(crs.STORAGE)
    assert there.geometry.x[0] == pytest.approx(lonlat[0], abs=2e-3)
    assert there.geometry.y[0] == pytest.approx(lonlat[1], abs=2e-3)
    back = transform(there, epsg)
    assert np.allclose(back.get_coordinates(), [xy], atol=0.01)


def test_swiss_layer_lands_in_switzerland(data: Path) -> None:
    frame = pyogrio.read_dataframe(data / "swiss_history/2016/municipalities.shp")
    west, south, east, north = transform(frame).total_bounds
    assert 5.9 < west < 6.0
    assert 45.8 < south < 45.9
    assert 10.4 < east < 10.5
    assert 47.8 < north < 47.9


def test_frame_stays_aligned() -> None:
    start = points(4490, (117.1, 39.0), (117.2, 39.1), (117.3, 39.2))
    start.index = ["c", "a", "a"]
    start = start.rename_geometry("shape")
    there = transform(start, 4548)
    assert list(there.index) == ["c", "a", "a"]
    assert list(there.columns) == list(start.columns)
    assert there.geometry.name == "shape"
    assert list(there.geometry.x) == sorted(there.geometry.x)
    assert start.crs == CRS.from_epsg(4490)  # the frame given is not changed
    assert start.geometry.x.iloc[0] == 117.1


def test_heights_missing_and_empty_geometries() -> None:
    start = gpd.GeoDataFrame(
        geometry=[shapely.Point(117.2, 39.1, 8.0), None, shapely.Polygon()], crs=4490
    )
    for target in (4548, 4490):
        there = transform(start, target)
        assert not there.geometry.iloc[0].has_z
        assert there.geometry.iloc[1] is None
        assert there.geometry.iloc[2].is_empty


def test_unreachable_coordinates_are_named() -> None:
    start = points(3857, (13046644.0, 4736029.0), (1e30, 1e30))
    start.index = ["ok", "far"]
    with pytest.raises(TransformError) as caught:
        transform(start)
    assert caught.value.code == "out_of_range"
    assert "far" in caught.value.message.en
    assert "ok" not in caught.value.message.en


def test_no_crs_no_transformation() -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        transform(points(None))
    with pytest.raises(CRSError, match="not known"):
        transform(points(4490), "EPSG:999999")


def test_arrays_transform_like_frames() -> None:
    x, y = transform_points([117.2], [39.1], 4490, 4548)
    assert (x[0], y[0]) == pytest.approx((517300.87, 4329624.67), abs=0.01)


# --- parameters of the administrator


def test_seven_parameters_move_and_come_back() -> None:
    start = points(2384, (517300.0, 4329000.0))
    there = transform(start, parameters=BURSA_WOLF)
    unmoved = transform(start, 4610)
    gap = crs.distance_m(
        *there.get_coordinates().to_numpy()[0], *unmoved.get_coordinates().to_numpy()[0]
    )
    assert 10 < float(gap) < 120
    back = transform(there, 2384, parameters=BURSA_WOLF)
    assert np.allclose(back.get_coordinates(), start.get_coordinates(), atol=1e-3)


def test_seven_parameters_follow_the_textbook() -> None:
    """Against the Helmert formula written out (position vector)."""
    lon, lat = np.radians([117.2, 39.1])

    def cart(a: float, rf: float) -> np.ndarray:
        e2 = (2 - 1 / rf) / rf
        n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
        return np.array(
            [
                n * np.cos(lat) * np.cos(lon),
                n * np.cos(lat) * np.sin(lon),
                n * (1 - e2) * np.sin(lat),
            ]
        )

    rx, ry, rz = np.radians(np.array([0.5, -0.25, 0.75]) / 3600)
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    moved = np.array([11.25, -21.5, 31.75]) + (1 + 1.5e-6) * turn @ cart(
        6378140, 298.257
    )
    expected = np.degrees(np.arctan2(moved[1], moved[0]))
    there = transform(points(4610), parameters=BURSA_WOLF)
    assert there.geometry.x[0] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", ["p.toml", "p.json"])
def test_parameter_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("json"):
        path.write_text(json.dumps(BURSA_WOLF), encoding="utf-8")
    else:
        lines = [f"{key} = {json.dumps(value)}" for key, value in BURSA_WOLF.items()]
        path.write_text("\n".join(lines), encoding="utf-8")
    by_file = transform(points(4610), parameters=path)
    by_dict = transform(points(4610), parameters=BURSA_WOLF)
    assert by_file.geometry.equals(by_dict.geometry)


def test_four_parameters_between_grids() -> None:
    start = points(2384, (517300.0, 4329000.0))
    there = transform(start, 4548, parameters=PLANE)
    assert there.geometry.x[0] == pytest.approx(
        517300.0 + 117.5 - 1.0346 - 8.395, abs=0.01
    )
    back = transform(there, 2384, parameters=PLANE)
    assert np.allclose(back.get_coordinates(), start.get_coordinates(), atol=1e-6)


def test_four_parameters_bring_a_local_grid_in() -> None:
    local = points(None, (51234.0, 30211.0))
    parameters = {**PLANE, "source": "local", "dx_m": 466066.87, "dy_m": 4299413.67}
    there = transform(local, parameters=parameters)
    assert there.geometry.x[0] == pytest.approx(117.2, abs=1e-4)
    assert there.geometry.y[0] == pytest.approx(39.1, abs=1e-4)


def test_parameters_of_other_systems_are_refused() -> None:
    with pytest.raises(TransformError) as caught:
        transform(points(4214), parameters=BURSA_WOLF)
    assert caught.value.code == "parameters"
    with pytest.raises(TransformError):
        transform(points(4610), 4548, parameters={**PLANE, "source": "local"})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"dx_m": "11.25"},
        {"dx_m": float("nan")},
        {"dx_m": True},
        {"rz_s": None},
        {"source": "EPSG:banana"},
        {"source": "EPSG:2384"},
        {"convention": "left"},
    ],
)
def test_wrong_parameters_are_named_but_never_repeated(
    change: dict[str, object],
) -> None:
    with pytest.raises(TransformError) as caught:
        load_parameters({**BURSA_WOLF, **change})
    text = (
        caught.value.text("en") + caught.value.text("zh") + str(caught.value.__cause__)
    )
    assert "31.75" not in text
    assert "11.25" not in text


@pytest.mark.parametrize("content", ["{", "[1, 2]", "x" * 70_000])
def test_wrong_parameter_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TransformError):
        load_parameters(path)
    with pytest.raises(TransformError):
        load_parameters(tmp_path / "absent.toml")


def test_parameters_never_show(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for values in (BURSA_WOLF, PLANE):
            loaded = load_parameters(values)
            text = f"{loaded!r} {loaded}"
            for key, value in values.items():
                if key.endswith(("_m", "_s", "_ppm")):
                    assert str(value) not in text
        transform(points(4610), parameters=BURSA_WOLF)
    assert "31.75" not in caplog.text
