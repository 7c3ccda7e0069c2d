"""Real files of other projects and of Chinese bureaus: read right, or refused why."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.files import encoding, read, shapefile
from tests.support.verdict import ACCEPTED, ASKS, REFUSED, verdict

FOLDER = "upload_fixtures"


SHP = "ESRI Shapefile"
WILD = "Mount Naomi Wilderness"


@pytest.mark.parametrize(
    ("path", "driver", "kept", "name", "outcome"),
    [
        ("shanghai_gbk_ldid4d_nocpg/区县界_area.shp", SHP, 17, "宝山区", ACCEPTED),
        ("sz_utf8_noprj/sz.shp", SHP, 10, "罗湖", ASKS),
        ("metroline2_utf8_noprj/metroline2.shp", SHP, 2, None, ASKS),
        ("fiona_bsd/coutwildrnp.zip", SHP, 67, WILD, ACCEPTED),
        ("fiona_bsd/gre.shp", SHP, 1, "Grenada", ACCEPTED),
        ("fiona_bsd/grenada.geojson", "GeoJSON", 1, "Grenada", ACCEPTED),
        ("fiona_bsd/issue627.geojson", "GeoJSON", 3, WILD, ACCEPTED),
        ("fiona_bsd/testopenfilegdb.gdb.zip", "OpenFileGDB", 9, None, ASKS),
        ("fiona_bsd/multicurve.gml", "GML", 1, None, ASKS),
        ("fiona_bsd/test_gpx.gpx", "GPX", 19, None, ASKS),
        ("mapshaper_mpl2/kml/Albania.kmz", "LIBKML", 63, "KE-839", ACCEPTED),
        ("pyshp_mit/corrupt_too_long.shp", SHP, 10, None, ASKS),
    ],
)
def test_each_is_read(
    data: Path, path: str, driver: str, kept: int, name: str | None, outcome: str
) -> None:
    found = verdict(data / FOLDER / path)
    assert found.outcome == outcome
    assert found.reading is not None
    assert found.frame is not None
    assert found.reading.driver == driver
    assert found.reading.records.kept == found.reading.records.read == kept
    if name is not None:
        assert found.frame["name"].iloc[0] == name


@pytest.mark.parametrize(
    ("path", "outcome", "what"),
    [
        ("pyshp_mit/latin1.shp", REFUSED, ".shx"),
        ("mapshaper_mpl2/dbf/gbk.dbf", REFUSED, ".shp"),
        ("mapshaper_mpl2/dbf/ldid/chinese.shp", ASKS, "EPSG:4326"),
    ],
)
def test_the_others_are_refused_with_a_reason(
    data: Path, path: str, outcome: str, what: str
) -> None:
    found = verdict(data / FOLDER / path)
    assert found.outcome == outcome
    assert what in found.reasons[0].zh
    assert what in found.reasons[0].en


def test_shanghai_is_whole(data: Path) -> None:
    path = data / FOLDER / "shanghai_gbk_ldid4d_nocpg" / "区县界_area.shp"
    frame, reading = read(path, region="310000")
    assert set(frame["name"]) >= {"宝山区", "杨浦区", "静安区", "浦东新区", "崇明县"}
    assert frame["code"].str.fullmatch(r"310\d{3}").all()
    assert (reading.encoding.name, reading.crs.epsg) == ("GB18030", 4326)
    assert "0x4D" in reading.encoding.evidence
    assert reading.undecided == ()


@pytest.mark.parametrize(
    ("path", "codec", "text"),
    [
        ("gbk", "GB18030", "简体国语"),
        ("gb2312", "GB18030", "简体国语"),
        ("big5", "Big5", "繁體國語"),
        ("cpg/big5", "Big5", "國語"),
        ("cpg/euckr", "EUC-KR", "한국말"),
        ("cpg/latin2", "iso8859-2", "čeština"),
        ("cpg/win1251", "cp1251", "РУССКИЙ"),
        ("cpg/win874", "cp874", None),
        ("cpg/shiftjis", "shift_jis", "カタカナひらがな"),
        ("cpg/koi8r", "koi8-r", None),
        ("ldid/chinese", "GB18030", "简体"),
    ],
)
def test_tables_of_every_encoding(
    data: Path, path: str, codec: str, text: str | None
) -> None:
    dbf = data / FOLDER / "mapshaper_mpl2" / "dbf" / f"{path}.dbf"
    table = shapefile.Table.open(dbf)
    found = table.encoding(dbf.with_suffix(".cpg"), None)
    assert found.name == codec
    if text is not None:
        decoded = encoding.decode(table.data, codec)
        assert text in decoded


@pytest.mark.parametrize(
    ("year", "count", "epsg"), [("2010", 2600, 21781), ("2013", 2412, 21781),
                                ("2016", 2298, 21781)]
)  # fmt: skip
def test_swiss_municipalities(data: Path, year: str, count: int, epsg: int) -> None:
    frame, reading = read(data / "swiss_history" / year / "municipalities.shp")
    assert (len(frame), reading.crs.epsg) == (count, epsg)
    west, south, east, north = frame.total_bounds
    assert (5.9 < west < 6.0, 45.8 < south < 45.9) == (True, True)
    assert (10.4 < east < 10.6, 47.8 < north < 47.9) == (True, True)


@pytest.mark.parametrize(
    ("path", "layer", "kept", "invalid"),
    [
        ("tianjin/tianjin.gpkg", "districts_datav_older", 16, 2),
        ("tianjin/tianjin.gpkg", "districts_datav_areas_v3", 16, 0),
        ("tianjin/tianjin.gpkg", "heping_streets_c2014", 6, 0),
        ("shenzhen/shenzhen.gpkg", "streets", 74, 0),
        ("helsinki/helsinki_population_grid_2020.gpkg", None, 92, 0),
        ("bench/cn_county_2020.parquet", None, 2860, 183),
    ],
)
def test_invalid_polygons_of_real_layers(
    data: Path, path: str, layer: str | None, kept: int, invalid: int
) -> None:
    frame, reading = read(data / path, layer=layer)
    assert len(frame) == kept
    assert len(reading.geometry.invalid) == invalid
    assert int((~frame.geometry.is_valid).sum()) == invalid
    assert reading.records.refused == ()


@pytest.mark.full
def test_a_country_of_small_areas(data: Path) -> None:
    frame, reading = read(data / "bench" / "uk_oa2011_england_wales.parquet")
    assert len(frame) == 181_408
    assert len(reading.geometry.invalid) == 318
