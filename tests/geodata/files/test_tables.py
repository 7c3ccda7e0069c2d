"""Tables as they come: every row kept or refused by name, every guess said."""

from __future__ import annotations

import datetime as dt
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import openpyxl
import pytest
import shapely

from geodata.errors import FileRefusedError, LimitError, UnsupportedFormatError
from geodata.files.limits import UPLOAD
from geodata.files.raw import Raw
from geodata.files.tables import read_table

GK = "4329624.67,517300.87\n4329724.67,517300.87\n4329724.67,517400.87\n"


def _read(folder: Path, text: str | bytes, name: str = "t.csv", **options: Any) -> Raw:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    raw = read_table(path, **options)
    assert raw.read == len(raw.frame) + len(raw.refused)
    return raw


def _guesses(raw: Raw) -> dict[str, Any]:
    return {guess.what: guess.value for guess in raw.guesses}


def _sheet(path: Path, rows: list[list[Any]], title: str = "表") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"]
)
def test_one_table_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = "名称,经度,纬度\n和平区,117°12′34.56″,39°06′00″\n河东区,117.25,39.12\n"
    raw = _read(tmp_path, text.encode(encoding))
    assert raw.frame["名称"].tolist() == ["和平区", "河东区"]
    assert raw.frame.geometry.iloc[0].x == pytest.approx(117.2096, abs=1e-12)
    assert raw.encoding.confidence >= 0.9


@pytest.mark.parametrize("mark", [",", "\t", ";", "|", "，", "、", "  "])
def test_every_delimiter(tmp_path: Path, mark: str) -> None:
    rows = [["名称", "经度", "纬度"], ["甲", "117.2", "39.1"], ["乙", "117.3", "39.2"]]
    raw = _read(tmp_path, "\n".join(mark.join(row) for row in rows), "t.txt")
    assert raw.frame["名称"].tolist() == ["甲", "乙"]
    assert raw.frame.geometry.iloc[1] == shapely.Point(117.3, 39.2)


@pytest.mark.parametrize(
    ("head", "first", "expected", "sure"),
    [
        ("lon,lat", "117.2,39.1", (117.2, 39.1), True),
        ("lat,lon", "39.1,117.2", (117.2, 39.1), True),
        ("JD,WD", "117°12′00″,39°06′00″", (117.2, 39.1), True),
        ("经度（E）,纬度（N）", "117.2,39.1", (117.2, 39.1), True),
        ("东经,北纬", "E117.2,N39.1", (117.2, 39.1), True),
        ("X,Y", "117.2,39.1", (117.2, 39.1), True),
        ("X坐标,Y坐标", "4329624.67,39517300.87", (39517300.87, 4329624.67), True),
        ("X,Y", "4329624.67,517300.87", (517300.87, 4329624.67), True),
        ("X,Y", "517300.87,4329624.67", (517300.87, 4329624.67), True),
        ("ZZB,HZB", "4329624.67,517300.87", (517300.87, 4329624.67), True),
        ("纵坐标X,横坐标Y", "24629.67,17300.87", (17300.87, 24629.67), True),
        ("X,Y", "24629.67,17300.87", (24629.67, 17300.87), False),
        ("X,Y", "13046632.5,4738000.1", (13046632.5, 4738000.1), True),
    ],
)
def test_coordinate_columns(
    tmp_path: Path, head: str, first: str, expected: tuple[float, float], sure: bool
) -> None:
    raw = _read(tmp_path, f"name,{head}\n甲,{first}\n乙,{first}\n")
    point = raw.frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx(expected)
    assert all(guess.sure for guess in raw.guesses) is sure


def test_coordinates_that_begin_after_many_empty_rows_are_found(
    tmp_path: Path,
) -> None:
    empty = "".join(f"空{i},,\n" for i in range(300))
    raw = _read(tmp_path, f"name,X,Y\n{empty}甲,4329624.67,517300.87\n")
    assert raw.frame["name"].tolist() == ["甲"]
    assert raw.frame.geometry.iloc[0] == shapely.Point(517300.87, 4329624.67)
    assert len(raw.refused) == 300


def test_a_person_may_say_which_columns(tmp_path: Path) -> None:
    text = "name,X,Y,a,b\n甲,24629.67,17300.87,1,2\n"
    raw = _read(tmp_path, text, overrides={"fields": {"Y": "x", "X": "y"}})
    assert raw.frame.geometry.iloc[0] == shapely.Point(17300.87, 24629.67)
    raw = _read(tmp_path, text, overrides={"fields": {"a": "x", "b": "y"}})
    assert raw.frame.geometry.iloc[0] == shapely.Point(1, 2)


def test_bad_cells_are_refused_by_row_and_column(tmp_path: Path) -> None:
    raw = _read(
        tmp_path,
        "name,经度,纬度\n甲,117°12′00″,39°06′00″\n乙,117°72′00″,39°06′00″\n"
        "丙,,39°06′00″\n\n丁,117.2,北\n戊,117.2,39.1\n",
    )
    assert raw.frame["name"].tolist() == ["甲", "戊"]
    assert raw.frame.index.tolist() == [1, 6]
    reasons = {item.record: item.reason for item in raw.refused}
    assert list(reasons) == [2, 3, 5]
    assert "经度" in reasons[2]["zh"]
    assert "117°72′00″" in reasons[2]["zh"]
    assert "no coordinate in 经度" in reasons[3]["en"]
    assert "纬度" in reasons[5]["en"]


@pytest.mark.parametrize(
    ("lon", "lat", "form", "sure"),
    [
        ("117 12 36", "39 06 00", "dms", True),
        ("1171236", "390600", "mixed", False),
        (1171236.0, 390600.0, "mixed", False),
        ("117.21", "39.1", "mixed", True),
    ],
)
@pytest.mark.parametrize("head", [("经度", "纬度"), ("X", "Y")])
def test_one_angle_spelled_otherwise_costs_no_other_row(
    tmp_path: Path, head: tuple[str, str], lon: Any, lat: Any, form: str, sure: bool
) -> None:
    rows = [[f"P{i}", f"117°12′{30 + i}.5″", f"39°06′{12 + i}.3″"] for i in range(6)]
    rows.insert(3, ["S", lon, lat])
    raw = read_table(_sheet(tmp_path / "a.xlsx", [["点名", *head], *rows]))
    assert raw.refused == ()
    assert raw.frame["点名"].tolist() == [row[0] for row in rows]
    odd = raw.frame.geometry.iloc[3]
    assert (odd.x, odd.y) == pytest.approx((117.21, 39.1), abs=1e-9)
    assert raw.frame.geometry.iloc[0].x == pytest.approx(117.2084722222)
    guess = next(item for item in raw.guesses if item.what == "angles")
    assert (guess.value, guess.sure) == (form, sure)


def test_angles_parted_by_spaces_are_no_metres(tmp_path: Path) -> None:
    rows = "甲,117 12 36,39 06 00\n乙,117 12 36.0,39 06\n"
    raw = _read(tmp_path, "name,经度,纬度\n" + rows)
    assert [point.x for point in raw.frame.geometry] == pytest.approx([117.21] * 2)
    grouped = _read(tmp_path, "name,X,Y\n甲,4 329 624.67,517 300.87\n")
    assert grouped.frame.geometry.iloc[0] == shapely.Point(517300.87, 4329624.67)


@pytest.mark.parametrize(
    ("head", "cells", "form", "place"),
    [
        ("经度(D.MMSS),纬度(D.MMSS)", "117.1236,39.0600", "dms_decimal", True),
        ("经度（度.分秒）,纬度（度.分秒）", "117.1236,39.06", "dms_decimal", True),
        ("lon (ddd.mmss),lat (dd.mmss)", "117.1236,39.06", "dms_decimal", True),
        ("Lon (dd mm ss),Lat (dd mm ss)", "117.1236,39.06", "dms_decimal", True),
        ("经度(° ′ ″),纬度(° ′ ″)", "117.1236,39.06", "dms_decimal", True),
        ("坐标(D.MMSS)", '"117.1236,39.06"', "dms_decimal", True),
        ("经度（度分秒）,纬度（度分秒）", "1171236,390600", "packed", True),
        ("经度（度分秒）,纬度（度分秒）", "117.2196,39.1791", "decimal", False),
    ],
)
def test_a_header_of_minutes_and_seconds_is_a_question(
    tmp_path: Path, head: str, cells: str, form: str, place: bool
) -> None:
    raw = _read(tmp_path, f"点名,{head}\n甲,{cells}\n乙,{cells}\n")
    point = raw.frame.geometry.iloc[1]
    expected = (117.21, 39.1) if place else (117.2196, 39.1791)
    assert (point.x, point.y) == pytest.approx(expected, abs=1e-9)
    guess = next(item for item in raw.guesses if item.what == "angles")
    assert (guess.value, guess.sure) == (form, False)
    assert guess.alternatives
    if form != "packed":
        text = f"点名,{head}\n甲,{cells}\n乙,{cells}\n"
        told = _read(tmp_path, text, overrides={"angles": "decimal"})
        degrees = float(cells.strip('"').split(",")[0])
        assert told.frame.geometry.iloc[0].x == degrees
        assert all(guess.sure for guess in told.guesses)


def test_corners_under_a_header_of_minutes_and_seconds_are_a_question(
    tmp_path: Path,
) -> None:
    text = "界址点号,经度(D.MMSS),纬度(D.MMSS)\nJ1,117.1236,39.0600\n"
    text += "J2,117.1300,39.0600\nJ3,117.1300,39.0700\n"
    raw = _read(tmp_path, text)
    assert raw.frame.total_bounds[:2] == pytest.approx((117.21, 39.1), abs=1e-9)
    unsure = [guess.value for guess in raw.guesses if not guess.sure]
    assert unsure == ["dms_decimal"]
    told = _read(tmp_path, text, overrides={"angles": "decimal"})
    assert told.frame.total_bounds[0] == pytest.approx(117.1236)
    assert all(guess.sure for guess in told.guesses)


def test_degrees_and_marks_under_a_header_of_degrees_are_no_question(
    tmp_path: Path,
) -> None:
    for head, cells in (
        ("经度（度）,纬度（度）", "117.1236,39.0600"),
        ("经度（度分秒）,纬度（度分秒）", "117°12′36″,39°06′00″"),
    ):
        raw = _read(tmp_path, f"点名,{head}\n甲,{cells}\n乙,{cells}\n")
        assert all(guess.sure for guess in raw.guesses)


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    rows = ["甲,117,39", "乙,117,39", "丙,117,39"]
    text = ("name,lon,lat\n" + "\n".join(rows)).encode()
    raw = _read(tmp_path, text.replace("乙".encode(), b"\xe4\xff"))
    assert raw.frame["name"].tolist() == ["甲", "丙"]
    assert [item.record for item in raw.refused] == [2]
    assert "解码" in raw.refused[0].reason["zh"]


def test_ragged_rows_are_refused_not_padded(tmp_path: Path) -> None:
    raw = _read(
        tmp_path,
        "name,lon,lat\n甲,117.2,39.1\n乙,117.2\n丙,a,117.2,39.1\n丁,117,39,,\n",
    )
    assert raw.frame["name"].tolist() == ["甲", "丁"]
    assert [item.record for item in raw.refused] == [2, 3]
    assert "4 cells" in raw.refused[1].reason["en"]


@pytest.mark.parametrize(
    ("text", "kept", "refused"),
    [
        # The mark of 乙 would swallow 丙 and stop at the mark of 丁.
        ('甲,117,39\n"乙,117,39\n丙,117,39\n"丁",117,39\n', "甲丙丁", [2]),
        ('甲,117,39\n乙,117,39\n"丙,117,39', "甲乙", [3]),
        ('"甲"x,117,39\n乙,117,39\n', "甲乙", []),
        ('甲,117,39\n"乙\n续",117,39\n"丙,117,39\n丁,117,39\n', "甲乙丁", [3]),
    ],
)
def test_an_unclosed_quotation_costs_one_row(
    tmp_path: Path, text: str, kept: str, refused: list[int]
) -> None:
    raw = _read(tmp_path, "name,lon,lat\n戊,117,39\n" + text)
    assert [name[0] for name in raw.frame["name"]] == list("戊" + kept)
    assert [item.record for item in raw.refused] == [n + 1 for n in refused]


def test_quoted_line_ends_belong_to_the_cell(tmp_path: Path) -> None:
    raw = _read(tmp_path, 'name,lon,lat\r\n"a\nb",117,39\r\n"c,""d""",117,39\r\n')
    assert raw.frame["name"].tolist() == ["a\nb", 'c,"d"']


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("甲,117.2,39.1,3", (117.2, 39.1)),
        ("1,39.1,117.2", (117.2, 39.1)),
        ("1253165Q,4329624.67,39517300.87,3.5", (39517300.87, 4329624.67)),
        ("甲,517300.87,4329624.67", (517300.87, 4329624.67)),
    ],
)
def test_places_in_a_table_without_a_header_are_a_question(
    tmp_path: Path, row: str, place: tuple[float, float]
) -> None:
    raw = _read(tmp_path, f"{row}\n{row}\n")
    assert _guesses(raw)["header"] is False
    point = raw.frame.geometry.iloc[0]
    assert (point.x, point.y) == place
    assert [guess.what for guess in raw.guesses if not guess.sure] == ["fields"]


def test_a_table_without_a_header_or_places_keeps_its_cells(tmp_path: Path) -> None:
    raw = _read(tmp_path, "甲,39.1,117.2,38.2\n乙,39.2,117.3,38.3\n")
    assert raw.frame.geometry.isna().all()
    assert raw.frame["column_1"].tolist() == ["甲", "乙"]
    told = _read(
        tmp_path,
        "甲,39.1,117.2,38.2\n乙,39.2,117.3,38.3\n",
        overrides={"fields": {"column_3": "x", "column_2": "y"}},
    )
    assert told.frame.geometry.iloc[0] == shapely.Point(117.2, 39.1)
    named = _read(tmp_path, "甲,a,b\n1,117.2,39.1\n", overrides={"header": True})
    assert list(named.frame.columns[:3]) == ["甲", "a", "b"]


def test_codes_keep_their_digits_and_numbers_are_numbers(tmp_path: Path) -> None:
    raw = _read(
        tmp_path,
        "code,no,beds,rate,lon,lat\n120101001001,007,5,0.5,117,39\n"
        "120101001002,008,,0.25,117,39\n",
    )
    assert raw.frame["code"].tolist() == ["120101001001", "120101001002"]
    assert raw.frame["no"].tolist() == ["007", "008"]
    assert str(raw.frame["beds"].dtype) == "Int64"
    assert raw.frame["rate"].tolist() == [0.5, 0.25]


def test_wkt_geojson_and_ewkt(tmp_path: Path) -> None:
    raw = _read(
        tmp_path,
        'id;wkt\n1;POINT (1 2)\n2;{"type":"Point","coordinates":[3,4]}\n'
        "3;POINT Z (5 6 7)\n4;POLYGON ((0 0, 1 1\n5;POINT EMPTY\n6;POINT (nan 1)\n"
        "7;" + "GEOMETRYCOLLECTION(" * 40 + "POINT(0 0)" + ")" * 40 + "\n",
    )
    assert [p.wkt for p in raw.frame.geometry] == [
        "POINT (1 2)",
        "POINT (3 4)",
        "POINT (5 6)",
    ]
    assert [item.record for item in raw.refused] == [4, 5, 6, 7]
    assert raw.z_dropped == 1
    assert "wkt" not in raw.frame
    named = _read(
        tmp_path, "id;geom\n1;SRID=4490;POINT (1 2)\n".replace("4490;P", "4490,P")
    )
    assert named.frame.geometry.isna().all() or named.crs_wkt is None
    quoted = _read(tmp_path, 'id,geom\n1,"SRID=4490;POINT (1 2)"\n')
    assert quoted.crs_wkt == "EPSG:4490"


def test_a_table_without_coordinates_gives_attributes(tmp_path: Path) -> None:
    raw = _read(tmp_path, "区划代码,人口\n120101,350000\n120102,860000\n")
    assert raw.frame.geometry.isna().all()
    assert raw.layers[0].geometry_type == "None"
    assert "坐标" in raw.notes[0]["zh"]


SURVEY = """[属性描述]
格式版本号=1.01版本
坐标系={system}
几度分带={width}
投影类型=高斯克吕格
带号={zone}
[地块坐标]
9,1.0,1,地块一,面,,耕地,,@
J1,1,4329624.67,39517300.87
J2,1,4329724.67,39517300.87
J3,1,4329724.67,39517400.87
J4,1,4329624.67,39517400.87
J1,1,4329624.67,39517300.87
J5,2,4329644.67,39517320.87
J6,2,4329664.67,39517320.87
J7,2,4329664.67,39517340.87
J5,2,4329644.67,39517320.87
4,0.5,2,地块二,面,,林地,,@
J1,1,4329624.67,39517500.87
J2,1,4329724.67,39517500.87
J3,1,4329724,x
J4,1,4329724.67,39517600.87
3,0.5,3,地块三,面,,林地,,@
J1,1,4329624.67,39517700.87
J2,1,4329724.67,39517700.87
J3,1,4329724.67,39517800.87
"""


def test_the_exchange_text_of_land_surveys(tmp_path: Path) -> None:
    text = SURVEY.format(system="2000国家大地坐标系", width=3, zone=39)
    raw = _read(tmp_path, text.encode("gbk"), "勘测定界.txt")
    assert raw.frame["name"].tolist() == ["地块一", "地块三"]
    first = raw.frame.geometry.iloc[0]
    assert first.area == pytest.approx(10_000 - 200)
    assert len(first.interiors) == 1
    assert first.bounds == pytest.approx(
        (39517300.87, 4329624.67, 39517400.87, 4329724.67)
    )
    assert "zone 39" in raw.crs_evidence
    assert "CGCS2000 / 3-degree" in str(raw.crs_wkt)
    assert [item.record for item in raw.refused] == [2]
    assert "J3,1,4329724,x" in raw.refused[0].reason["zh"]


@pytest.mark.parametrize(
    ("system", "width", "zone", "name"),
    [
        ("80国家大地坐标系", 3, 39, "Xian 1980 / 3-degree Gauss-Kruger zone 39"),
        ("1954北京坐标系", 6, 20, "Beijing 1954 / Gauss-Kruger zone 20"),
        ("独立坐标系", 3, 39, ""),
    ],
)
def test_the_declared_system_is_kept_whatever_it_is(
    tmp_path: Path, system: str, width: int, zone: int, name: str
) -> None:
    raw = _read(tmp_path, SURVEY.format(system=system, width=width, zone=zone), "a.txt")
    assert name in raw.crs_evidence
    assert (raw.crs_wkt is None) == (name == "")


@pytest.mark.parametrize(
    ("text", "plots", "first"),
    [
        ("J1,{0}\nJ2,{1}\nJ3,{2}\n", 1, 4329624.67),
        ("J1 {0}\nJ2 {1}\nJ3 {2}\nJ1 {0}\n", 1, 4329624.67),
        ("J1,{0}\nJ2,{1}\nJ3,{2}\n\nJ1,{0}\nJ2,{1}\nJ3,{2}\n", 2, 4329624.67),
        ("J1,{0}\nJ2,{1}\nJ3,{2}\nJ1,{0}\nJ1,{1}\nJ2,{0}\nJ3,{2}\n", 2, 4329624.67),
        ("点号,X,Y\nJ1,{0}\nJ2,{1}\nJ3,{2}\n", 1, 4329624.67),
        ("ｊ１，{0}\nJ2，{1}\nJ3，{2}\n", 1, 4329624.67),
    ],
)
def test_plain_lists_of_corners(
    tmp_path: Path, text: str, plots: int, first: float
) -> None:
    raw = _read(tmp_path, text.format(*GK.splitlines()), "a.txt")
    assert list(raw.frame.geometry.geom_type) == ["Polygon"] * plots
    assert raw.frame.geometry.iloc[0].bounds[1] == first
    assert raw.frame.geometry.iloc[0].area == pytest.approx(5000)


def test_corners_in_degrees_or_east_first_are_turned(tmp_path: Path) -> None:
    raw = _read(tmp_path, "J1,117.2,39.1\nJ2,117.3,39.1\nJ3,117.3,39.2\n", "a.txt")
    assert raw.frame.geometry.iloc[0].bounds == pytest.approx(
        (117.2, 39.1, 117.3, 39.2)
    )
    raw = _read(tmp_path, "J1,39.1,117.2\nJ2,39.1,117.3\nJ3,39.2,117.3\n", "a.txt")
    assert raw.frame.geometry.iloc[0].bounds == pytest.approx(
        (117.2, 39.1, 117.3, 39.2)
    )


def test_corners_in_a_table_with_plots(tmp_path: Path) -> None:
    lines = [
        f"{plot},J{i},{xy}" for plot in "一二" for i, xy in enumerate(GK.split(), 1)
    ]
    lines[4] = lines[4].replace("4329724.67", "x")
    raw = _read(tmp_path, "地块号,点号,X,Y\n" + "\n".join(lines))
    assert raw.frame["地块号"].tolist() == ["一"]
    assert raw.frame.geometry.iloc[0].area == pytest.approx(5000)
    assert [item.record for item in raw.refused] == [2]
    assert "Row 5" in raw.refused[0].reason["en"]
    points = _read(
        tmp_path,
        "地块号,点号,X,Y\n" + "\n".join(lines),
        overrides={"geometry": "Point"},
    )
    assert set(points.frame.geometry.geom_type) == {"Point"}


def test_two_points_make_no_polygon(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="2 different points"):
        _read(tmp_path, "J1,1,2\nJ2,1,3\nJ1,1,2\n", "a.txt")


def test_marker_registers_stay_points(tmp_path: Path) -> None:
    raw = _read(
        tmp_path,
        "JZBH,ZZB,HZB,GC\n1253165Q,4329624.67,39517300.87,3.5\n"
        "1253166A,4329724.67,39517300.87,4.25\n1253166B,4329724.67,39517301.87,4.5\n",
    )
    assert set(raw.frame.geometry.geom_type) == {"Point"}
    assert raw.frame["JZBH"].tolist()[0] == "1253165Q"


def test_worksheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    note = book.active
    assert note is not None
    note.title = "说明"
    note.append(["请勿修改"])
    sheet = book.create_sheet("界桩")
    sheet.append(["天津市界桩一览表"])
    sheet.merge_cells("A1:D1")
    sheet.append(["编号", "坐标", None, "备注"])
    sheet.append([None, "经度", "纬度", None])
    sheet.append([120101001001, "117°12′34.56″", "39°06′00″", "=甲"])
    sheet.append([120101001002.0, 117.25, 39.12, None])
    book.save(tmp_path / "a.xlsx")
    raw = read_table(tmp_path / "a.xlsx")
    assert [layer.name for layer in raw.layers] == ["说明", "界桩"]
    assert raw.layer == "界桩"
    assert _guesses(raw)["layer"] == "界桩"
    assert raw.frame["编号"].tolist() == [120101001001, 120101001002]
    assert raw.frame.geometry.iloc[0].x == pytest.approx(117.2096)
    named = read_table(tmp_path / "a.xlsx", layer="界桩")
    assert "layer" not in _guesses(named)
    with pytest.raises(FileRefusedError, match="no sheet called x"):
        read_table(tmp_path / "a.xlsx", layer="x")


TITLED = [
    ["望澜市养老服务设施台账", *[None] * 4],
    ["填报单位：望澜市民政局", None, "单位：张", None, None],
    ["序号", "设施编码", "名称", "经度", "纬度"],
    [1, "H1", "安宁养老院", 117.2, 39.1],
    ["合 计", None, "1家", None, None],
    [2, "H2", "松鹤养老院", 117.3, 39.2],
    ["备注：截至3月底", *[None] * 4],
    ["填表人：张三", None, None, "审核人：李四", None],
]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_titles_sums_and_remarks_of_a_form_are_no_records(
    tmp_path: Path, ending: str
) -> None:
    if ending == "xlsx":
        raw = read_table(_sheet(tmp_path / "a.xlsx", TITLED))
    else:
        lines = [",".join("" if c is None else str(c) for c in row) for row in TITLED]
        raw = _read(tmp_path, "\n".join(lines))
        assert "delimiter" not in _guesses(raw)
    assert list(raw.frame.columns)[:3] == ["序号", "设施编码", "名称"]
    assert raw.frame["设施编码"].tolist() == ["H1", "H2"]
    assert [item.record for item in raw.refused] == [2, 4, 5]
    assert "“合 计”，不是记录" in raw.refused[0].reason["zh"]
    assert "表下说明" in raw.refused[2].reason["zh"]
    assert "表头之上的 2 行按标题略过：“望澜市养老服务设施台账”" in raw.notes[0]["zh"]


def test_a_sum_that_names_its_unit_is_a_record(tmp_path: Path) -> None:
    rows = [["区划代码", "名称", "人数"], ["990101001", "小计", 5], [None, "合计", 5]]
    raw = read_table(_sheet(tmp_path / "a.xlsx", rows))
    assert raw.frame["区划代码"].tolist() == ["990101001"]
    assert [item.record for item in raw.refused] == [2]


def test_a_header_with_gaps_is_no_title(tmp_path: Path) -> None:
    rows = [["甲", "乙", None, None, None, None], [1, 2, 3, 4, 5, 6]]
    raw = read_table(_sheet(tmp_path / "a.xlsx", rows))
    assert list(raw.frame.columns)[:3] == ["甲", "乙", "column_3"]
    assert raw.notes[0]["zh"].startswith("表中没有找到坐标列")


def test_sheet_values_keep_their_meaning(tmp_path: Path) -> None:
    # Cells of a sheet have no time zone.
    midnight = dt.datetime(2026, 1, 2)  # noqa: DTZ001
    rows = [
        ["name", "date", "ok", "mixed", "lon", "lat"],
        ["甲", midnight, True, 1, 117.2, 39.1],
        ["乙", midnight + dt.timedelta(hours=3, minutes=4), False, "a", 117.3, 39.2],
    ]
    raw = read_table(_sheet(tmp_path / "a.xlsx", rows))
    assert raw.frame["date"].tolist() == ["2026-01-02", "2026-01-02 03:04:00"]
    assert raw.frame["ok"].tolist() == [True, False]
    assert raw.frame["mixed"].tolist() == ["1", "a"]


def test_formulas_are_read_by_their_results_and_said(tmp_path: Path) -> None:
    rows = [["name", "sum", "lon", "lat"], ["甲", "=1+1", 117.2, 39.1]]
    raw = read_table(_sheet(tmp_path / "a.xlsx", rows))
    assert raw.frame["sum"].isna().all()
    assert "1 formulas have no stored result" in raw.notes[1]["en"]


def test_a_cell_longer_than_allowed_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(LimitError) as caught:
        _read(tmp_path, "name,lon,lat\n" + "长" * 70_000 + ",117,39\n")
    assert caught.value.setting == "limits.text_kb"
    long = "LINESTRING (" + ", ".join(f"{i} {i}" for i in range(20_000)) + ")"
    raw = _read(tmp_path, f'name,wkt\n甲,"{long}"\n')
    assert shapely.get_num_coordinates(raw.frame.geometry.iloc[0]) == 20_000


def test_an_old_workbook_says_what_to_save_as(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    with pytest.raises(UnsupportedFormatError) as caught:
        read_table(tmp_path / "a.xls")
    assert ".xlsx" in caught.value.text("zh")


def _workbook(path: Path, sheet: str, **parts: str) -> Path:
    """Write the least workbook around the XML of one sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rel = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    sml = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{kinds}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            f'ContentType="{sml}.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{sml}.worksheet+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{rel}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{rel}"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            parts.get("head", "") + f'<worksheet xmlns="{main}">{sheet}</worksheet>',
        )
    return path


def _cells(*references: str) -> str:
    rows = "".join(
        f'<row r="{ref.lstrip(ascii_uppercase)}"><c r="{ref}"><v>1</v></c></row>'
        for ref in references
    )
    return f"<sheetData>{rows}</sheetData>"


@pytest.mark.parametrize(
    ("references", "setting"),
    [
        (("A1", "XFD1048576"), "limits.sheet_rows"),
        (("A1", "XFD2"), "limits.sheet_columns"),
        (("A1", "A1048576"), "limits.sheet_rows"),
        (("A1", "ZZZZ1"), "limits.sheet_columns"),
    ],
)
def test_a_far_cell_is_refused_before_room_is_made_for_it(
    tmp_path: Path, references: tuple[str, ...], setting: str
) -> None:
    path = _workbook(tmp_path / "a.xlsx", _cells(*references))
    started = time.process_time()
    with pytest.raises(LimitError) as caught:
        read_table(path)
    assert caught.value.setting == setting
    assert time.process_time() - started < 2


def test_bombs_and_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c></row>" * 300_000
    path = _workbook(tmp_path / "rows.xlsx", f"<sheetData>{rows}</sheetData>")
    with pytest.raises(LimitError):
        read_table(path)
    blank = _workbook(
        tmp_path / "blank.xlsx", "<sheetData>" + " " * 40_000_000 + "</sheetData>"
    )
    with pytest.raises(LimitError) as caught:
        read_table(blank)
    assert caught.value.setting == "limits.ratio"
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    path = _workbook(tmp_path / "xxe.xlsx", _cells("A1"), head=entity)
    with pytest.raises(FileRefusedError, match="DOCTYPE"):
        read_table(path)


def test_limits_of_text_tables_name_the_setting(tmp_path: Path) -> None:
    small = replace(UPLOAD, sheet_rows=10, sheet_columns=3)
    with pytest.raises(LimitError) as caught:
        _read(tmp_path, "lon,lat\n" + "117,39\n" * 20, limits=small)
    assert caught.value.setting == "limits.sheet_rows"
    with pytest.raises(LimitError) as caught:
        _read(tmp_path, "a,b,c,d\n1,2,3,4\n", limits=small)
    assert caught.value.setting == "limits.sheet_columns"


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"a,b\x00c\n1,2\n", b"lon,lat\n"])
def test_nothing_to_read_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileRefusedError):
        _read(tmp_path, content)


def test_text_in_no_known_encoding_is_refused_or_unsure(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError):
        _read(
            tmp_path,
            "名称,lon,lat\n甲,117,39\n".encode(),
            overrides={"encoding": "ascii"},
        )


def test_real_and_hostile_tables(data: Path) -> None:
    folder = data / "hostile"
    accepted = {
        "csv_blank_rows.csv": 2,
        "csv_fails_datacouch_dc8364385fc612b847d66ca7886519749c.csv": 38,
        "csv_geojson_double_quote_escape.csv": 9,
        "csv_geojson_single_quote.csv": 9,
        "csv_mac_newlines.csv": 1,
        "csv_quote-detection-1.csv": 2,
        "csv_quoted_numbers-mixed-mac.csv": 5,
        "csv_quoted_numbers-single-dos.csv": 5,
        "csv_warns_feature_id_counting.csv": 2,
        "csv_fails_invalid_geometries.csv": 1,
    }
    for path in sorted((folder / "real" / "mapnik_csv").glob("*.csv")):
        try:
            raw = read_table(path)
        except FileRefusedError:
            assert path.name not in accepted
            continue
        assert raw.read == len(raw.frame) + len(raw.refused), path.name
        if path.name in accepted:
            assert len(raw.frame) == accepted[path.name], path.name
    malformed = folder / "synthetic" / "malformed"
    formula = read_table(malformed / "formula.csv")
    assert formula.frame["name"].tolist() == ["=cmd|' /C calc'!A0", "@SUM(1)"]
    with pytest.raises(FileRefusedError):
        read_table(malformed / "longline.csv")
    with pytest.raises(LimitError):
        read_table(malformed / "bomb.xlsx")
    clinics = read_table(data / "shanghai_poi" / "shanghai_hospital.csv")
    assert len(clinics.frame) == 7513
    assert clinics.refused == ()


def test_a_long_table_is_read_in_seconds(tmp_path: Path, full_size: bool) -> None:
    count = 199_000 if full_size else 20_000
    rows = (
        f"12010100{i},名称{i},117°12′{i % 6000 / 100:05.2f}″,39°06′12.5″"
        for i in range(count)
    )
    limits = replace(UPLOAD, records=250_000)
    started = time.process_time()
    raw = _read(tmp_path, "code,name,经度,纬度\n" + "\n".join(rows), limits=limits)
    assert len(raw.frame) == count
    assert time.process_time() - started < count / 5_000
