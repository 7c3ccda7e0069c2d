"""``read`` on one file of each format: what comes out and what is said of it."""

from __future__ import annotations

import hashlib
import shutil
import struct
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from geodata import crs
from geodata.errors import CRSError, FileRefusedError, InputError, LimitError
from geodata.files import read, shapefile
from geodata.files.limits import UPLOAD
from geodata.files.reading import Reading

NAMES = ["和平区", "河东区", "河西区"]
CODES = ["120101", "120102", "120103"]


def districts(**columns: Any) -> gpd.GeoDataFrame:
    shapes = [shapely.box(117.1 + n / 10, 39.0, 117.2 + n / 10, 39.1) for n in range(3)]
    return gpd.GeoDataFrame(
        {"name": NAMES, "code": CODES, **columns}, geometry=shapes, crs=crs.STORAGE
    )


def written(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **options)
    return path


def zipped(path: Path, folder: Path, *, inside: str = "上报/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                packed.write(item, inside + item.relative_to(folder).as_posix())
    return path


def names_and_codes(frame: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    return set(zip(frame["name"], frame["code"].astype(str), strict=True))


DRIVERS = {
    "gpkg": {},
    "geojson": {},
    "geojsonl": {"driver": "GeoJSONSeq"},
    "fgb": {},
    "gml": {},
    "kml": {"driver": "LIBKML"},
    "gdb": {"driver": "OpenFileGDB"},
    "mif": {"driver": "MapInfo File", "encoding": "GBK"},
    "tab": {"driver": "MapInfo File", "encoding": "GBK"},
}


@pytest.mark.parametrize("suffix", [*DRIVERS, "parquet"])
def test_every_format_gives_the_same_districts(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / f"区划.{suffix}"
    if suffix == "parquet":
        districts().to_parquet(path)
    else:
        written(districts(), path, **DRIVERS[suffix])
    if suffix in {"gdb", "tab", "mif"}:
        path = zipped(tmp_path / f"区划.{suffix}.zip", folder)
    frame, reading = read(path)
    assert names_and_codes(frame) == set(zip(NAMES, CODES, strict=True))
    assert frame.crs.to_epsg() == 4490
    assert reading.records.kept == reading.records.read == 3
    expected = districts().set_index("code").geometry
    found = frame.set_index("code").geometry
    for code in CODES:
        assert found[code].normalize().equals_exact(expected[code].normalize(), 1e-9)


def test_reading_survives_the_trip_through_json(tmp_path: Path) -> None:
    _, reading = read(written(districts(), tmp_path / "a.gpkg"))
    assert Reading.from_dict(reading.to_dict()) == reading


def test_the_file_handed_in_is_never_changed(tmp_path: Path) -> None:
    path = written(districts(), tmp_path / "a.gpkg")
    before = hashlib.sha256(path.read_bytes()).digest()
    read(path)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize(
    ("cpg", "ldid"), [("GBK", None), (None, 0), (None, 0x4D), ("UTF-8", None)]
)
def test_gbk_shapefiles_come_out_right(
    tmp_path: Path, cpg: str | None, ldid: int | None
) -> None:
    path = written(districts(), tmp_path / "a.shp", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = ldid or 0
    path.with_suffix(".dbf").write_bytes(dbf)
    frame, reading = read(path)
    assert frame["name"].tolist() == NAMES
    assert reading.encoding.name == "GB18030"
    said = [guess.what for guess in reading.guesses]
    assert ("encoding" in said) is (cpg == "UTF-8" or (cpg is None and not ldid))
    assert ("encoding" in [g.what for g in reading.undecided]) is (cpg == "UTF-8")


def test_a_person_overrides_the_encoding(tmp_path: Path) -> None:
    path = written(districts(), tmp_path / "a.shp", encoding="GBK")
    _, reading = read(path, overrides={"encoding": "Big5"})
    assert reading.encoding.name == "Big5"
    assert reading.encoding.evidence == "人工指定"


def test_field_names_cut_in_a_character_are_mended(tmp_path: Path) -> None:
    path = written(districts(), tmp_path / "a.shp", encoding="UTF-8")
    table = shapefile.Table.open(path.with_suffix(".dbf"))
    dbf = bytearray(table.data)
    whole = "行政区代码".encode()[:10], "行政区名称".encode()[:10]
    for at, name in zip((64, 32), whole, strict=True):
        dbf[at : at + 11] = name.ljust(11, b"\x00")
    path.with_suffix(".dbf").write_bytes(dbf)
    frame, reading = read(path)
    assert names_and_codes(frame) == set(zip(NAMES, CODES, strict=True))
    assert set(reading.fields.values()) >= {"name", "code"}


def test_upper_case_parts_nested_folders_and_gbk_names_in_a_zip(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = written(districts(), folder / "区划.shp", encoding="GBK")
    for item in list(folder.iterdir()):
        item.rename(item.with_suffix(item.suffix.upper()))
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for item in sorted(folder.iterdir()):
            archive.write(item, f"天津/2024/{item.name}")
            archive.writestr(f"__MACOSX/天津/2024/._{item.name}", b"junk")
    raw = packed.read_bytes()
    for text in ("天津/2024/区划", "天津/2024/._区划"):
        old = text.encode()
        new = text.encode("gbk").ljust(len(old), b"_")
        assert len(new) == len(old)
        raw = raw.replace(old, new)
    packed.write_bytes(raw.replace(struct.pack("<H", 0x800), b"\x00\x00"))
    frame, reading = read(packed)
    assert frame["name"].tolist() == NAMES
    assert reading.layer.startswith("区划")
    assert path.suffix == ".shp"


def test_of_several_layers_the_one_with_most_polygons_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    written(districts().iloc[:1], path, layer="旧")
    written(districts(), path, layer="新")
    points = districts().assign(geometry=shapely.centroid(districts().geometry.values))
    many = gpd.GeoDataFrame(gpd.pd.concat([points] * 4), crs=crs.STORAGE)
    written(many, path, layer="界桩")
    frame, reading = read(path)
    assert reading.layer == "新"
    assert {layer.name: (layer.count, layer.polygons) for layer in reading.layers} == {
        "旧": (1, 1), "新": (3, 3), "界桩": (12, 0),
    }  # fmt: skip
    (guess,) = [item for item in reading.guesses if item.what == "layer"]
    assert guess.value == "新"
    assert set(guess.alternatives) == {"旧", "界桩"}
    assert len(frame) == 3
    chosen, told = read(path, layer="界桩")
    assert len(chosen) == 12
    assert "layer" not in [item.what for item in told.guesses]
    with pytest.raises(InputError, match="no layer") as caught:
        read(path, layer="没有")
    assert "界桩" in caught.value.hint.zh


def test_several_shapefiles_in_one_zip_are_layers(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    written(districts().iloc[:2], folder / "甲.shp", encoding="GBK")
    written(districts(), folder / "乙.shp", encoding="UTF-8")
    path = zipped(tmp_path / "a.zip", folder)
    frame, reading = read(path)
    assert sorted(layer.name for layer in reading.layers) == ["乙", "甲"]
    assert reading.layer == "乙"
    assert read(path, layer="甲")[0]["name"].tolist() == NAMES[:2]
    assert len(frame) == 3


def test_heights_are_dropped_and_counted(tmp_path: Path) -> None:
    shapes = shapely.force_3d(districts().geometry.values, 5.0)
    frame, reading = read(
        written(districts().set_geometry(shapes), tmp_path / "a.gpkg")
    )
    assert reading.geometry.z_dropped == 3
    assert not frame.geometry.has_z.any()


def test_records_without_usable_geometry_are_refused_by_number(tmp_path: Path) -> None:
    shapes = list(districts().geometry)
    ring = [(117, 39), (float("nan"), 39), (118, 40), (117, 39)]
    with np.errstate(invalid="ignore"):
        nan = shapely.Polygon(ring)
    frame, reading = read(
        written(
            districts().set_geometry([shapes[0], None, nan]), tmp_path / "a.fgb",
            spatial_index="NO",
        )
    )  # fmt: skip
    assert frame["name"].tolist() == NAMES[:1]
    refused = {item.record: item.reason for item in reading.records.refused}
    assert set(refused) == {2, 3}
    assert refused[2]["zh"] == "没有几何图形"
    assert "not a number" in refused[3]["en"]


def test_a_record_with_neither_shape_nor_value_is_blank(tmp_path: Path) -> None:
    """As an empty row of a table is; with a value it is a record without its place."""
    frame = districts()
    frame.loc[0, "geometry"] = None
    frame.loc[1, ["name", "code", "geometry"]] = None
    kept, reading = read(written(frame, tmp_path / "a.geojson"))
    assert kept["code"].tolist() == ["120103"]
    assert (reading.records.read, reading.records.kept) == (2, 1)
    assert [refusal.record for refusal in reading.records.refused] == [1]
    assert any("空行" in note["zh"] and "1 条" in note["zh"] for note in reading.notes)


def test_invalid_polygons_are_kept_as_sent_with_their_place(tmp_path: Path) -> None:
    bow = shapely.Polygon([(117, 39), (118, 40), (118, 39), (117, 40), (117, 39)])
    shapes = [bow, *districts().geometry[1:]]
    plane = districts().set_geometry(shapes).to_crs(4527)
    frame, reading = read(written(plane, tmp_path / "a.gpkg"))
    assert not frame.geometry.iloc[0].is_valid
    (fault,) = reading.geometry.invalid
    assert (fault["record"], fault["reason"]) == (1, "Self-intersection")
    assert fault["x"] == pytest.approx(117.5, abs=0.01)
    assert fault["y"] == pytest.approx(39.5, abs=0.01)


def test_features_that_are_none_are_named_and_the_others_kept(tmp_path: Path) -> None:
    good = districts().iloc[:1].to_json()
    text = good.replace('"features": [', '"features": [null, 7, {"type": "X"}, ')
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    frame, reading = read(path)
    assert frame.index.tolist() == [4]
    assert frame["name"].tolist() == NAMES[:1]
    assert [item.record for item in reading.records.refused] == [1, 2, 3]
    assert reading.records.read == 4


def test_closed_lines_of_a_drawing_are_polygons_with_their_labels(
    tmp_path: Path,
) -> None:
    pairs: list[tuple[int, object]] = [(0, "SECTION"), (2, "ENTITIES")]
    for number, name in enumerate(NAMES):
        west = 39_517_000 + 1000 * number
        pairs += [(0, "LWPOLYLINE"), (8, "界线"), (90, 4), (70, 1)]
        for x, y in ((0, 0), (1000, 0), (1000, 1000), (0, 1000)):
            pairs += [(10, west + x), (20, 4_329_000 + y)]
        for shift, text in ((0, name), (100, CODES[number])):
            pairs += [(0, "TEXT"), (8, "注记"), (10, west + 500), (40, 10), (1, text),
                      (20, 4_329_500 + shift)]  # fmt: skip
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    text = "\n".join(f"{code}\n{value}" for code, value in pairs) + "\n"
    path = tmp_path / "图.dxf"
    path.write_bytes(text.encode("gbk"))
    frame, reading = read(path)
    assert names_and_codes(frame) == set(zip(NAMES, CODES, strict=True))
    assert reading.crs.epsg == 4527
    assert reading.layer == "图"
    assert {layer.name for layer in reading.layers} == {"图", "图:points"}
    assert set(frame["Layer"]) == {"界线"}


def test_a_limit_names_its_setting(tmp_path: Path) -> None:
    path = written(districts(), tmp_path / "a.gpkg")
    for change, setting in (
        ({"records": 2}, "records"),
        ({"vertices": 10}, "vertices"),
        ({"record_vertices": 4}, "record_vertices"),
        ({"columns": 1}, "columns"),
    ):
        with pytest.raises(LimitError) as caught:
            read(path, limits=replace(UPLOAD, **change))
        assert caught.value.setting == f"limits.{setting}"


def test_a_region_refuses_what_lies_elsewhere(tmp_path: Path) -> None:
    path = written(districts(), tmp_path / "a.gpkg")
    assert len(read(path, region="120000")[0]) == 3
    with pytest.raises(CRSError) as caught:
        read(path, region="440300")
    assert caught.value.code == "extent"


def test_field_and_crs_overrides(tmp_path: Path) -> None:
    plain = districts(甲=["a", "b", "c"]).to_crs(4548)
    path = written(plain, tmp_path / "a.shp", encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    unknown, reading = read(path)
    assert unknown.crs is None
    assert "crs" in [guess.what for guess in reading.undecided]
    overrides = {"crs": "EPSG:4548", "fields": {"甲": "note"}}
    frame, told = read(path, overrides=overrides)
    assert frame.total_bounds == pytest.approx(districts().total_bounds, abs=1e-6)
    assert told.undecided == ()
    assert frame["note"].tolist() == ["a", "b", "c"]
    with pytest.raises(InputError, match="no field"):
        read(path, overrides={"fields": {"乙": "note"}})


def test_rows_of_a_table_that_no_system_can_hold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lon,lat\n甲,117.2,39.1\n乙,1e300,39.1\n", encoding="utf-8")
    frame, reading = read(path)
    assert frame["name"].tolist() == ["甲"]
    (refused,) = reading.records.refused
    assert refused.record == 2
    assert reading.records.read == 2


def test_a_missing_or_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="no file"):
        read(tmp_path / "a.shp")
    (tmp_path / "b.geojson").write_bytes(b"")
    with pytest.raises(FileRefusedError, match="empty"):
        read(tmp_path / "b.geojson")


def test_a_zip_with_one_bad_and_one_good_dataset_notes_the_bad(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    written(districts(), folder / "好.gpkg")
    shutil.copyfile(folder / "好.gpkg", folder / "坏.gpkg")
    (folder / "坏.gpkg").write_bytes((folder / "坏.gpkg").read_bytes()[:5000])
    frame, reading = read(zipped(tmp_path / "a.zip", folder, inside=""))
    assert len(frame) == 3
    assert any("坏.gpkg" in note["zh"] for note in reading.notes)
