"""Coordinates through the whole of ``files.read``: every way they arrive."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geodata import files
from geodata.crs import transform
from geodata.errors import CRSError, InputError, TransformError
from geodata.files.reading import SURE
from tests.support.drawn import coverage_of

LOCAL = {
    "kind": "plane",
    "source": "local",
    "target": "EPSG:4548",
    "dx_m": 460000.0,
    "dy_m": 4290000.0,
    "rotation_s": 0.0,
    "scale_ppm": 0.0,
}
BURSA_WOLF = {
    "kind": "bursa_wolf",
    "source": "EPSG:4610",
    "target": "EPSG:4490",
    **dict.fromkeys(("dx_m", "dy_m", "dz_m", "rx_s", "ry_s", "rz_s"), 0.0),
    "scale_ppm": 0.0,
}


def sent(tmp_path: Path, frame: gpd.GeoDataFrame, crs: int | None) -> Path:
    """Write numbers as a file that declares ``crs``, whatever they are in."""
    path = tmp_path / "sent.gpkg"
    frame.set_crs(crs, allow_override=True).to_file(path)
    return path


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    """Two towns with a bow tie as the third."""
    frame = coverage_of("AB", cell=0.02)
    knot = shapely.Polygon(
        [(117.1, 39.1), (117.11, 39.11), (117.11, 39.1), (117.1, 39.11)]
    )
    extra = gpd.GeoDataFrame({"code": ["C"]}, geometry=[knot], crs=frame.crs)
    return gpd.GeoDataFrame(
        {"code": [*frame["code"], *extra["code"]]},
        geometry=[*frame.geometry, *extra.geometry],
        crs=frame.crs,
    )


def test_a_grid_comes_in_with_its_faults_in_place(
    tmp_path: Path, towns: gpd.GeoDataFrame
) -> None:
    path = sent(tmp_path, transform(towns, 4527), 4527)
    frame, reading = files.read(path)
    assert reading.crs.epsg == 4527
    assert reading.crs.confidence >= SURE
    found = frame.geometry.to_numpy()
    assert shapely.equals_exact(found, towns.geometry.to_numpy(), 1e-9).all()
    (fault,) = reading.geometry.invalid
    assert (fault["x"], fault["y"]) == pytest.approx((117.105, 39.105), abs=1e-4)


def test_exchanged_axes_are_found_and_put_right(
    tmp_path: Path, towns: gpd.GeoDataFrame
) -> None:
    turned = transform(towns, 4548)
    turned["geometry"] = shapely.transform(turned.geometry, lambda xy: xy[:, ::-1])
    path = sent(tmp_path, turned, 4548)
    frame, reading = files.read(path, region="120101")
    assert reading.axis_swapped
    assert "axis_swapped" in {guess.what for guess in reading.guesses}
    found = frame.geometry.to_numpy()
    assert shapely.equals_exact(found, towns.geometry.to_numpy(), 1e-9).all()
    _, unsure = files.read(path)
    assert "axis_swapped" in {guess.what for guess in unsure.undecided}


def test_a_contradiction_is_an_error(tmp_path: Path, towns: gpd.GeoDataFrame) -> None:
    path = sent(tmp_path, transform(towns, 4527), 4548)
    with pytest.raises(CRSError) as caught:
        files.read(path)
    assert caught.value.code == "crs_contradiction"
    frame, _ = files.read(path, overrides={"crs": 4527})
    assert frame.total_bounds == pytest.approx(towns.total_bounds, abs=1e-9)


@pytest.mark.parametrize("asked", [99999, "EPSG:99999", "abc", ""])
def test_a_crs_that_nobody_knows_is_refused(
    tmp_path: Path, towns: gpd.GeoDataFrame, asked: int | str
) -> None:
    path = sent(tmp_path, towns, 4490)
    with pytest.raises(InputError) as caught:
        files.read(path, overrides={"crs": asked})
    assert f"没有坐标系“{asked}”" in caught.value.text("zh")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"axis_swapped": "maybe"}, "maybe"),
        ({"fields": {"code": "name", "geo": "name"}}, "code, geo"),
    ],
)
def test_words_that_cannot_be_followed_are_refused(
    tmp_path: Path, overrides: dict[str, object], said: str
) -> None:
    frame = coverage_of("AB", cell=0.02)
    path = sent(tmp_path, frame.assign(geo="x"), 4490)
    with pytest.raises(InputError, match=said):
        files.read(path, overrides=overrides)


def test_a_crs_set_by_hand_is_the_one_that_is_used(
    tmp_path: Path, towns: gpd.GeoDataFrame
) -> None:
    path = sent(tmp_path, towns, 4490)
    for asked in (4326, "EPSG:4326"):
        _, reading = files.read(path, overrides={"crs": asked})
        assert (reading.crs.epsg, reading.crs.evidence) == (4326, "人工指定")
        assert reading.guesses == ()


def test_a_local_grid_is_asked_about_and_comes_in_by_parameters(
    tmp_path: Path, towns: gpd.GeoDataFrame
) -> None:
    local = transform(towns, 4548).translate(-460000, -4290000)
    path = tmp_path / "local.geojson"
    path.write_text(local.set_crs(None, allow_override=True).to_json())
    frame, reading = files.read(path)
    assert frame.crs is None
    assert reading.crs.epsg is None
    assert "crs" in {guess.what for guess in reading.undecided}
    frame, reading = files.read(path, overrides={"parameters": LOCAL})
    assert frame.total_bounds == pytest.approx(towns.total_bounds, abs=1e-7)
    assert reading.crs.epsg == 4548
    assert reading.undecided == ()
    (fault,) = reading.geometry.invalid
    assert (fault["x"], fault["y"]) == pytest.approx((117.105, 39.105), abs=1e-4)
    assert "460000" not in str(reading.to_dict())


def test_an_old_datum_is_refused_without_parameters(
    tmp_path: Path, towns: gpd.GeoDataFrame
) -> None:
    old = transform(towns.set_crs(4610, allow_override=True), 2384)
    path = sent(tmp_path, old, 2384)
    with pytest.raises(TransformError):
        files.read(path)
    frame, reading = files.read(path, overrides={"parameters": BURSA_WOLF})
    assert frame.total_bounds == pytest.approx(towns.total_bounds, abs=1e-4)
    assert reading.crs.epsg == 2384
    assert len(reading.geometry.invalid) == 1


def test_refusals_come_in_the_order_of_the_records(tmp_path: Path) -> None:
    rows = ["117.1,39.1", *["117.1,北"] * 10, "117.1,39.2"]
    path = tmp_path / "t.csv"
    text = "".join(f"{i},{row}\n" for i, row in enumerate(rows))
    path.write_text("name,lon,lat\n" + text, encoding="utf-8")
    overrides = {"fields": {"lon": "x", "lat": "y"}}
    _, reading = files.read(path, overrides=overrides)
    assert [item.record for item in reading.records.refused] == list(range(2, 12))


def test_strays_are_refused_by_name(tmp_path: Path) -> None:
    good = [shapely.box(117 + i / 50, 39, 117.01 + i / 50, 39.1) for i in range(20)]
    swapped = shapely.box(39, 117, 39.1, 117.1)
    rows = [*good[:7], swapped, *good[7:]]
    codes = [f"{i:06d}" for i in range(21)]
    path = sent(tmp_path, gpd.GeoDataFrame({"code": codes}, geometry=rows), 4490)
    frame, reading = files.read(path)
    assert (reading.records.read, reading.records.kept) == (21, 20)
    (refusal,) = reading.records.refused
    assert str(refusal.record) == "8"
    assert "x 39, y 117" in refusal.reason["en"]
    assert "x 39, y 117" in refusal.reason["zh"]
    assert "000007" not in set(frame["code"])
