"""What goes out comes back: geometry to the bit, names letter by letter."""

from __future__ import annotations

import csv
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata import crs, files
from geodata.errors import InputError, QuhuaError
from geodata.files import (
    conversion,
    fields,
    write_dxf,
    write_shapefile,
    write_tables,
)
from geodata.files.formats import FORMATS
from geodata.files.tables import read_table
from geodata.files.writing import write

NAMES = [
    "和平区",
    "=1+1",
    "-河东",
    "@SUM(1)",
    "＝全角",
    "+86",
    "\ufeff=x",
    "'单引号",
    "𠅤㵐村",
    "长" * 80,
]


def _units(names: list[str], *, holes: bool = True) -> gpd.GeoDataFrame:
    """Return squares side by side, one of them in two parts, one with a hole."""
    shapes: list[shapely.Geometry] = []
    for i in range(len(names)):
        square = shapely.box(117 + i / 10, 39.1, 117.1 + i / 10, 39.2 + i / 1e7)
        shapes.append(square)
    if holes and len(shapes) > 2:
        shapes[1] = shapes[1].difference(shapely.box(117.12, 39.12, 117.15, 39.15))
        shapes[2] = shapely.MultiPolygon([shapes[2], shapely.box(120, 40, 120.1, 40.1)])
    return gpd.GeoDataFrame(
        {
            "code": [f"1201{i:02d}" for i in range(1, len(names) + 1)],
            "name": names,
            "level": [3] * len(names),
            "area_official_km2": [1 / 3 + i for i in range(len(names))],
            "enclave": [True, None, False, *[None] * (len(names) - 3)][: len(names)],
            "predecessors": [["120221"], None, *[None] * (len(names) - 2)][
                : len(names)
            ],
            "remark": ["说明\n第二行", None, *["x"] * (len(names) - 2)][: len(names)],
        },
        geometry=shapes,
        crs=crs.STORAGE,
    ).assign(level=lambda f: f["level"].astype("Int64"))


def _back(path: Path) -> gpd.GeoDataFrame:
    """Read a file we wrote with the plainest reader there is for it."""
    if path.suffix in {".csv", ".xlsx"}:
        frame = read_table(path).frame
    elif path.suffix == ".parquet":
        frame = gpd.read_parquet(path)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            stem = next(n[:-4] for n in archive.namelist() if n.endswith(".shp"))
            names = archive.read(stem + write_shapefile.NAMES).decode("utf-8")
        frame = pyogrio.read_dataframe(f"/vsizip/{path}")
        frame = frame.rename(columns=write_shapefile.full_names(names))
    else:
        frame = pyogrio.read_dataframe(path)
    if path.suffix == ".kml":
        frame = frame.rename(columns={"Name": "name"})
    mapping = fields.match([c for c in frame.columns if c != "geometry"], frame)
    return conversion.convert(frame, mapping).frame.sort_values("code")


def _assert_same(
    found: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame, degrees: float
) -> None:
    assert found["code"].tolist() == wanted["code"].tolist()
    assert found["name"].tolist() == [n.replace("\ufeff", "") for n in wanted["name"]]
    assert found["level"].tolist() == wanted["level"].tolist()
    same = shapely.equals_exact(
        _normal(found.geometry), _normal(wanted.geometry), tolerance=degrees
    )
    assert same.all()


def _normal(shapes: gpd.GeoSeries) -> np.ndarray[Any, Any]:
    """Return multipolygons in normal form; one part or several is the same thing."""
    parts = [shapely.multipolygons(shapely.get_parts(shape)) for shape in shapes]
    return np.asarray(shapely.normalize(parts))


ROUND_TRIPS = [
    ("a.gpkg", {}),
    ("a.geojson", {}),
    ("a.zip", {"encoding": "UTF-8"}),
    ("a.fgb", {}),
    ("a.parquet", {}),
    ("a.kml", {}),
    ("a.csv", {}),
    ("a.csv", {"language": "en"}),
    ("a.csv", {"encoding": "gb18030"}),
    ("a.xlsx", {}),
]


@pytest.mark.parametrize(("name", "options"), ROUND_TRIPS)
def test_export_and_import_is_identity(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    units = _units(NAMES)
    written = write(units, tmp_path / name, **options)
    assert written.records == len(units)
    back = _back(tmp_path / name)
    _assert_same(back, units, 0.0)
    # A DBF holds numbers as text with 15 decimals; every other format all digits.
    close = 1e-15 if name.endswith(".zip") else 0.0
    areas = zip(back["area_official_km2"], units["area_official_km2"], strict=True)
    assert all(abs(a - b) <= close for a, b in areas)
    assert back["enclave"].tolist()[0] is True
    assert back["predecessors"].tolist()[0] == ["120221"]
    assert back["remark"].tolist()[0] == "说明\n第二行"


def test_shapefile_in_gbk(tmp_path: Path) -> None:
    units = _units(["和平区", "-河东", "河西区"])
    write(units, tmp_path / "天津.zip", encoding="GBK")
    with zipfile.ZipFile(tmp_path / "天津.zip") as archive:
        assert archive.read("天津.cpg") == b"GBK"
        assert "和平区".encode("gbk") in archive.read("天津.dbf")
        assert {"天津.shp", "天津.shx", "天津.prj"} <= set(archive.namelist())
    _assert_same(_back(tmp_path / "天津.zip"), units, 0.0)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.text(
            st.characters(
                codec="utf-8",
                exclude_categories=("C", "Z"),
                exclude_characters="\u3000",
            ),
            min_size=1,
            max_size=30,
        ).filter(lambda text: text.strip("0123456789.,+-eE_ '＋－．") != ""),
        min_size=3,
        max_size=8,
    )
)
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.geojson", "a.parquet", "a.kml"])
def test_any_name_comes_back(tmp_path: Path, name: str, names: list[str]) -> None:
    import unicodedata

    names = [unicodedata.normalize("NFC", text) for text in names]
    units = _units(names)
    write(units, tmp_path / name)
    _assert_same(_back(tmp_path / name), units, 0.0)


@pytest.mark.parametrize("rare", ["𠅤", "㵐"])
def test_gbk_refuses_characters_it_lacks_by_name(tmp_path: Path, rare: str) -> None:
    units = _units([f"{rare}村", "乙", "丙"])
    with pytest.raises(InputError) as caught:
        write(units, tmp_path / "a.zip", encoding="GBK")
    assert f"{rare}村" in caught.value.text("zh")
    assert "120101" in caught.value.text("en")
    assert list(tmp_path.iterdir()) == []


def test_a_text_too_long_for_a_dbf_is_refused_not_cut(tmp_path: Path) -> None:
    units = _units(["长" * 85, "乙", "丙"])
    with pytest.raises(InputError, match="254 bytes"):
        write(units, tmp_path / "a.zip", encoding="UTF-8")
    write(units, tmp_path / "a.zip", encoding="GBK")
    assert _back(tmp_path / "a.zip")["name"].tolist()[0] == "长" * 85


def test_short_names_are_ascii_and_different() -> None:
    names = ["code", "CODE_of_something", "code_of_something", "面积", "名称", "1st"]
    short = write_shapefile.short_names(names)
    assert short["code"] == "code"
    assert all(len(s) <= 10 and s.isascii() for s in short.values())
    assert len({s.upper() for s in short.values()}) == len(names)


def test_no_spreadsheet_runs_a_cell(tmp_path: Path) -> None:
    risky = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1",
        "-1+1",
        "\t=1",
        "\r=1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
    ]
    units = _units([*risky, "\ufeff=1", "\u200b=1"], holes=False)
    write(units, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes().decode("utf-8-sig")
    cells = [cell for cell in text.split('"') if cell.strip("\u200b\ufeff \t\r\n")]
    assert not [
        c
        for c in cells
        if c.lstrip("\u200b\ufeff \t\r").startswith(tuple("=+-@＝＋－＠"))
    ]
    write(units, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert sheet["B2"].value == risky[0]
    assert sheet["B2"].quotePrefix


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_hostile_strings_come_back_and_none_runs(
    tmp_path: Path, data: Path, suffix: str
) -> None:
    corpus = data / "hostile/synthetic/geometry_strings/strings.json"
    told: dict[str, list[str]] = json.loads(corpus.read_text("utf-8"))
    texts = list(dict.fromkeys(text for group in told.values() for text in group))
    texts = [text for text in texts if not write_tables.FORBIDDEN.search(text)]
    units = _units(["甲"] * len(texts), holes=False).assign(note_of_others=texts)
    path = tmp_path / f"a{suffix}"
    write(units, path)
    back = read_table(path).frame
    assert back["note_of_others"].tolist() == texts
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    else:
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        found = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in found if cell.data_type == "f"]
        cells = [str(cell.value) for cell in found if not cell.quotePrefix]
    bare = [cell.lstrip("\u200b\ufeff ") for cell in cells]
    assert not [cell for cell in bare if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]


@pytest.mark.parametrize(("name", "options"), ROUND_TRIPS)
def test_many_units_with_random_borders_come_back(
    tmp_path: Path, name: str, options: dict[str, Any], full_size: bool
) -> None:
    count = 500 if full_size else 40
    draw = np.random.default_rng(20261122)
    letters = [*"天津和平河东西南北区县镇乡街道=-+@＝ 'aZ9𠅤㵐䶮龘"]
    names = [
        f"{i}{''.join(draw.choice(letters, draw.integers(1, 20)))}x"
        for i in range(count)
    ]
    names = [" ".join(text.split()) for text in names]
    rings = []
    for i in range(count):
        angles = np.sort(draw.uniform(0, 2 * np.pi, 50))
        radii = draw.uniform(0.01, 0.05, 50)
        x = 100 + i % 30 + radii * np.cos(angles)
        y = 20 + i // 30 + radii * np.sin(angles)
        rings.append(shapely.Polygon(np.column_stack([x, y])))
    codes = [f"{120101001001 + i}" for i in range(count)]
    units = gpd.GeoDataFrame(
        {"code": codes, "name": names, "level": [5] * count},
        geometry=rings,
        crs=crs.STORAGE,
    )
    if name == "a.csv" and "encoding" not in options:
        units = units.set_index("code", drop=False)
    write(units, tmp_path / name, **options)
    _assert_same(_back(tmp_path / name), units, 0.0)


def test_geojson_is_rfc_7946_and_says_which_crs(tmp_path: Path) -> None:
    units = _units(["甲", "乙", "丙"])
    write(units, tmp_path / "a.geojson")
    found = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert found["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4490"
    hole = shapely.from_geojson(json.dumps(found["features"][1]["geometry"]))
    assert hole.exterior.is_ccw
    assert not hole.interiors[0].is_ccw
    assert found["features"][0]["properties"]["predecessors"] == '["120221"]'


def test_plane_coordinates_become_degrees_where_a_format_knows_no_other(
    tmp_path: Path,
) -> None:
    units = _units(["甲", "乙", "丙"])
    plane = crs.transform(units, crs.local_gk(117.2))
    for name in ("a.geojson", "a.kml"):
        write(plane, tmp_path / name)
        _assert_same(_back(tmp_path / name), units, 1e-9)
    with pytest.raises(InputError, match="longitude"):
        write(units, tmp_path / "a.kml", crs=crs.local_gk(117.2))


def test_dxf_outlines_labels_and_layers(tmp_path: Path) -> None:
    units = _units(["和平区", "𠅤㵐村", "丙"])
    write(units, tmp_path / "a.dxf")
    entities = pyogrio.read_dataframe(tmp_path / "a.dxf")
    parts = units.explode(ignore_index=True)
    for column, layer in (("name", "QUHUA_3_TEXT"), ("code", "QUHUA_3_CODE")):
        labels = entities[entities["Layer"] == layer]
        texts = [write_dxf.unescape(text) for text in labels["Text"]]
        assert texts == parts[column].tolist()
        x, y = labels.geometry.x, labels.geometry.y
        assert shapely.contains_xy(parts.geometry.to_numpy(), x, y).all()
    lines = entities[entities["Layer"] == "QUHUA_3"].geometry
    rings = [r for part in parts.geometry for r in shapely.get_rings(part)]
    assert len(lines) == len(rings) == 5
    found = [shapely.normalize(shapely.Polygon(line.coords)) for line in lines]
    wanted = [shapely.normalize(shapely.Polygon(ring)) for ring in rings]
    same = shapely.equals_exact(np.array(found), np.array(wanted), tolerance=1e-9)
    assert same.all()


READ_BACK = [
    "a.gpkg",
    "a.geojson",
    "a.zip",
    "a.fgb",
    "a.parquet",
    "a.kml",
    "a.csv",
    "a.xlsx",
]


@pytest.mark.parametrize("name", READ_BACK)
def test_our_own_reader_reads_what_we_write(tmp_path: Path, name: str) -> None:
    units = _units(["和平区", "-河东", "=河西", "𠅤㵐村"])
    units = units.assign(自定义的字段=["甲", "乙", None, "丁"])
    files.write(units, tmp_path / name)
    frame, reading = files.read(tmp_path / name)
    _assert_same(frame.sort_values("code"), units, 0.0)
    assert reading.undecided == ()
    assert reading.records.refused == ()
    extra = frame.sort_values("code")["自定义的字段"]
    assert [None if v != v else v for v in extra] == ["甲", "乙", None, "丁"]
    assert reading.crs.epsg == (4326 if name == "a.kml" else 4490)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.parametrize("declared", [True, False])
def test_chinese_field_names_that_a_dbf_cut_are_understood(
    tmp_path: Path, encoding: str, declared: bool
) -> None:
    theirs = {
        "行政区划代码": ["120101", "120102"],
        "行政区划名称": ["和平区", "河东区"],
        "上级区划代码": ["120000", "120000"],
        "公布面积平方公里": [9.98, 15.06],
        "备注信息": ["甲", None],
    }
    shapes = _units(["甲", "乙"], holes=False).geometry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # GDAL says that it cuts
        pyogrio.write_dataframe(
            gpd.GeoDataFrame(theirs, geometry=shapes),
            tmp_path / "x.shp",
            encoding=encoding,
        )
    if not declared:
        (tmp_path / "x.cpg").unlink()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for part in tmp_path.glob("x.???"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    frame, reading = files.read(tmp_path / "x.zip")
    assert set(reading.fields.values()) >= {
        "code",
        "name",
        "parent",
        "area_official_km2",
    }
    assert frame["code"].tolist() == ["120101", "120102"]
    assert frame["name"].tolist() == ["和平区", "河东区"]
    assert frame["area_official_km2"].tolist() == [9.98, 15.06]


def test_our_own_reader_reads_our_drawings(tmp_path: Path) -> None:
    units = _units(["和平区", "-河东", "𠅤㵐村"], holes=False)
    files.write(units, tmp_path / "a.dxf")
    frame, reading = files.read(tmp_path / "a.dxf", overrides={"crs": 4490})
    frame = frame.sort_values("code")
    assert frame["code"].tolist() == units["code"].tolist()
    assert frame["name"].tolist() == units["name"].tolist()
    same = shapely.equals_exact(_normal(frame.geometry), _normal(units.geometry), 1e-9)
    assert same.all()
    assert reading.records.refused == ()


def test_a_drawing_in_metres_comes_back_to_a_billionth_of_a_degree(
    tmp_path: Path,
) -> None:
    units = _units(["和平区", "河东区", "河西区"], holes=False)
    in_degrees = write(units, tmp_path / "a.dxf")
    assert "经纬度" in in_degrees.notes[0]["zh"]
    plane = crs.local_gk(117.2)
    assert write(units, tmp_path / "a.dxf", crs=plane).notes == ()
    frame, _ = files.read(tmp_path / "a.dxf", overrides={"crs": plane})
    frame = frame.sort_values("code")
    same = shapely.equals_exact(_normal(frame.geometry), _normal(units.geometry), 1e-9)
    assert same.all()


def test_points_lines_and_no_geometry(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"marker": ["1253165Q"], "height_m": [3.5]},
        geometry=[shapely.Point(117.2, 39.1)],
        crs=crs.STORAGE,
    )
    for item in FORMATS:
        path = tmp_path / f"p{item.suffixes[0]}"
        assert write(points, path).records == 1
    raw = read_table(tmp_path / "p.csv")
    assert raw.frame.geometry.iloc[0] == shapely.Point(117.2, 39.1)
    assert raw.frame["marker"].tolist() == ["1253165Q"]
    table = gpd.GeoDataFrame({"code": ["120101"], "population": [5]}, geometry=[None])
    write(table, tmp_path / "t.csv")
    assert "WKT" not in (tmp_path / "t.csv").read_text("utf-8-sig")
    write(table, tmp_path / "t.xlsx")


def test_a_column_without_any_value_is_written(tmp_path: Path) -> None:
    units = _units(["甲", "乙", "丙"]).assign(seat=None, population=None)
    for item in FORMATS:
        path = tmp_path / f"p{item.suffixes[0]}"
        assert write(units, path).records == 3
    assert pyogrio.read_dataframe(tmp_path / "p.gpkg")["seat"].isna().all()


def test_what_gdal_cannot_write_is_said_as_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.files.write_gdal.geometry_type", lambda _: "Nonsense")
    with pytest.raises(QuhuaError) as caught:
        write(_units(["甲", "乙", "丙"]), tmp_path / "a.gpkg")
    assert caught.value.code == "write_failed"
    assert "没有写成" in caught.value.text("zh")
    assert list(tmp_path.iterdir()) == []


def test_chosen_fields_under_chosen_names(tmp_path: Path) -> None:
    units = _units(["甲", "乙", "丙"])
    written = write(
        units, tmp_path / "a.csv", fields={"code": "XZQDM", "name": "XZQMC"}
    )
    head = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[0]
    assert head == '"XZQDM","XZQMC","WKT","CRS"'
    assert written.fields == {"code": "XZQDM", "name": "XZQMC"}
    with pytest.raises(InputError, match="no field nothing"):
        write(units, tmp_path / "b.csv", fields={"nothing": "x"})


def test_control_characters_are_refused_where_xml_cannot_hold_them(
    tmp_path: Path,
) -> None:
    units = _units(["甲\x07", "乙", "丙"])
    for name in ("a.xlsx", "a.kml"):
        with pytest.raises(InputError, match="control characters"):
            write(units, tmp_path / name)


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write(_units(["甲", "乙", "丙"]), path)
    before = path.read_bytes()
    with pytest.raises(InputError):
        write(_units(["𠅤", "乙", "丙"]), path, encoding="GBK")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write(_units(["甲", "乙", "丙"]), tmp_path / "a.dwg")
    assert "GPKG" in caught.value.text("en")


def test_a_geometry_too_long_for_a_cell_is_left_out_and_said(tmp_path: Path) -> None:
    circle = shapely.Point(117, 39).buffer(0.1, quad_segs=400)
    frame = gpd.GeoDataFrame({"code": ["120101"]}, geometry=[circle], crs=crs.STORAGE)
    written = write(frame, tmp_path / "a.xlsx")
    assert "only attributes" in written.notes[0]["en"]
    write(frame, tmp_path / "a.csv")
    back = read_table(tmp_path / "a.csv").frame.geometry.iloc[0]
    assert shapely.equals_exact(back, circle, 0.0)
