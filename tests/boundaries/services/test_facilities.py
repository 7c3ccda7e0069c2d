"""Lists of facilities through the one door: read, placed, checked, agreed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from boundaries import columns, incoming
from boundaries.services import columns as ours
from boundaries.services.words import FacilityType
from geodata import crs, files
from geodata.crs import gcj
from geodata.errors import ForbiddenError, InputError, NotFoundError
from geodata.files.limits import OPERATOR
from tests.support.registries import Office, office

WEST, EAST = "120101", "120102"
BORDER = 117.1


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two districts, one street name, officers of both and a planner over them."""
    made = office(tmp_path_factory.mktemp("facilities"))
    registry = made.registry
    people = {
        "officer": "eldercare_officer:120000",
        "western": f"eldercare_officer:{WEST}",
        "head": "planner:120000",
        "namer": "name_staff:120000",
        "judge": "name_reviewer:120000",
    }
    for name, role in people.items():
        registry.add_user("root", name)
        registry.set_roles("keeper", name, [role])
    boxes = [
        shapely.box(117.0, 39.0, BORDER, 39.1),
        shapely.box(BORDER, 39, 117.2, 39.1),
    ]
    agreed(made, "zhao", "chen", "divisions", frame(
        [{"code": WEST, "name": "和平区"}, {"code": EAST, "name": "河东区"}], boxes
    ))  # fmt: skip
    street = {"name": "长乐路", "category": "街路巷", "romanised": "Changle Lu"}
    agreed(made, "namer", "judge", "place_names", points([street], [(117.02, 39.03)]))
    yield made
    registry.close()


def agreed(made: Office, author: str, by: str, layer: str, rows: Any) -> str:
    registry = made.registry
    draft = registry.stage(author, rows, layer=layer, effective="2020-01-01")["id"]
    registry.submit(author, draft)
    registry.approve(by, draft)
    registry.publish(by, layer=layer)
    return str(draft)


def frame(rows: list[dict[str, Any]], shapes: Any) -> Any:
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, dtype=object), geometry=list(shapes), crs=crs.STORAGE
    )


def points(
    rows: list[dict[str, Any]], at: list[tuple[float, float] | None]
) -> gpd.GeoDataFrame:
    return frame(rows, [None if p is None else shapely.Point(*p) for p in at])


def home(**more: Any) -> dict[str, Any]:
    row = {"facility": "Y1", "name": "康乐养老院", "type": "养老院", "beds_total": 90}
    return {**row, "division": WEST, **more}


def said(made: Office, rows: Any) -> tuple[dict[str, Any], Any]:
    """Return the staged draft and what the rules say of it."""
    registry = made.registry
    draft = registry.stage("officer", rows, layer="facilities", effective="2021")
    found = registry.check("officer", draft["id"])
    staged = registry.staged("officer", draft["id"]).new
    registry.discard("officer", draft["id"])
    return {**draft, "new": staged}, found


def rules(found: Any, severity: str | None = None) -> set[str]:
    kept = found if severity is None else found[found["severity"] == severity]
    return set(kept["rule"])


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def read(made: Office, path: Path, **overrides: Any) -> Any:
    from boundaries import references

    return incoming.read(
        path,
        limits=OPERATOR,
        target="facilities",
        compared=references.of_store(made.registry.store),
        overrides=overrides,
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("养老院", "INST"),
        ("敬老院", "INST-TK"),
        ("街道综合养老服务中心", "REG"),
        ("社区养老服务综合体", "COMPLEX"),
        ("日间照料中心", "DAY"),
        ("社区居家养老服务站", "STATION"),
        ("农村互助幸福院", "HAPPY"),
        ("老年食堂", "MEAL"),
        ("医疗保健服务;综合医院;卫生院", "MED"),
        ("reg", "REG"),
        ("老年活动角", "老年活动角"),
    ],
)
def test_types_are_known_however_they_are_written(said: str, kind: str) -> None:
    assert ours.facility_type(said) == kind


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("beds_total", "1,200张", 1200),
        ("area_m2", "１０５０㎡", 1050),
        ("beds_total", "约六十", "约六十"),
        ("beds_total", "[]", None),
        ("rating", "三级", 3),
        ("rating", "AAAA", 4),
        ("rating", "未评定", None),
        ("address", "[]", None),
        ("status", "正常运营", "operating"),
        ("status", "建设中", "building"),
        ("ownership", "社会办", "private"),
        ("medical_mode", "签约", "contract"),
        ("level", "街道级", 4),
        ("opened_on", "2016年5月", "2016-05"),
        ("functions", "入托、助餐，嵌智", ["board", "meals", "smart"]),
        ("functions", "八项齐全", [each.value for each in ours.Function]),
    ],
)
def test_values_are_read_however_they_are_written(
    name: str, said: Any, value: Any
) -> None:
    read = columns.prepared(points([{name: said}], [None]), "facilities")
    assert read[name].iloc[0] == value


def test_prices_and_columns_of_one_function_each_are_put_together() -> None:
    row = {"收费标准": "2,000-3500元/月", "入托": "√", "嵌餐": "是", "嵌智": ""}
    read = columns.prepared(points([row], [None]), "facilities")
    assert (read["price_low"].iloc[0], read["price_high"].iloc[0]) == (2000, 3500)
    assert read["functions"].iloc[0] == ["board", "meals"]
    odd = columns.prepared(points([{"价格": "面议"}], [None]), "facilities")
    assert odd["price"].iloc[0] == "面议"


def test_what_a_list_leaves_out_is_told_and_said(settled: Office) -> None:
    rows = points(
        [
            {"机构名称": "安宁日间照料中心", "所在区": "和平区", "地址": "长乐路5号"},
            {"机构名称": "安宁老年食堂", "所在区": "河东区", "地址": None},
        ],
        [None, (117.15, 39.05)],
    )
    draft, found = said(settled, rows)
    staged = draft["new"].set_index("name")
    day = staged.loc["安宁日间照料中心"]
    assert (day["type"], day["division"], day["level"]) == ("DAY", WEST, 5)
    assert (day["coord_source"], day["status"]) == ("address", "operating")
    assert (day.geometry.x, day.geometry.y) == (117.02, 39.03)
    assert staged.loc["安宁老年食堂", "division"] == EAST
    assert set(draft["new"].index) == {"F1201010000001", "F1201020000001"}
    told = {item["field"] for item in draft["inferred"]}
    assert told == {
        *("facility", "division", "geometry", "type", "domain", "level", "status"),
    }
    assert rules(found, "error") == set()


FAULTS: list[tuple[Any, ...]] = [
    (home(beds_nursing=120), (117.05, 39.05), "facility_beds", "error"),
    (home(beds_occupied="95人"), (117.05, 39.05), "facility_beds", "error"),
    (home(beds_total=None), (117.05, 39.05), "facility_beds", "warning"),
    (home(staff="约六十"), (117.05, 39.05), "facility_number", "error"),
    (home(rating="7级"), (117.05, 39.05), "facility_number", "error"),
    (home(staff=-1), (117.05, 39.05), "facility_number", "error"),
    (home(type="REG", area_m2=640), (117.05, 39.05), "facility_area", "warning"),
    (home(type="REG"), (117.05, 39.05), "facility_area", "warning"),
    (home(status="已迁建"), (117.05, 39.05), "facility_moved", "error"),
    (home(moved_to="Y9"), (117.05, 39.05), "facility_moved", "error"),
    (home(opened_on="2023-02-30"), (117.05, 39.05), "facility_dates", "error"),
    (
        home(opened_on="2020", closed_on="2019-03"),
        *((117.05, 39.05), "facility_dates", "error"),
    ),
    (home(), (117.15, 39.05), "facility_place", "error"),
    (home(), (117.1005, 39.05), "facility_place", "warning"),
    (home(division="120999"), (117.05, 39.05), "facility_place", "error"),
    (home(), None, "facility_place", "warning"),
    (home(type="老年活动角"), (117.05, 39.05), "word", "error"),
    (home(status="不详"), (117.05, 39.05), "word", "error"),
    (home(functions="入托、跳舞"), (117.05, 39.05), "word", "error"),
]


def test_what_is_filled_in_and_left_out_is_said_in_words(settled: Office) -> None:
    rows = [home(facility="W1"), home(facility="W1", name="另一家养老院"),
            home(facility=None, name="无号养老院", staff="约60")]  # fmt: skip
    spots = [(117.05, 39.05), (117.06, 39.05), (117.07, 39.06)]
    draft, _ = said(settled, points(rows, spots))
    [twice] = draft["refused"]
    assert twice["record"] == 1
    assert twice["reason"]["zh"].startswith("设施编码 W1 与第 0 条重复而内容不同")
    told = {each["field"]: each for each in draft["inferred"]}
    assert told["facility"]["keys"] == ["F1201010000001"]
    assert "由系统编号" in told["facility"]["why"]["zh"]
    assert "值不是整数" in told["staff"]["why"]["zh"]


def test_grounds_drawn_as_areas_become_points(tmp_path: Path) -> None:
    path = tmp_path / "院区.gpkg"
    shapes = [shapely.box(117.05, 39.05, 117.051, 39.051), shapely.Point(117.06, 39.06)]
    rows = [home(facility="A1"), home(facility="A2")]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=crs.STORAGE).to_file(path)
    found, reading = incoming.read(path, target="facilities", limits=OPERATOR)
    assert found.geom_type.tolist() == ["Point", "Point"]
    assert shapes[0].contains(found.geometry.iloc[0])
    assert any("1 条记录是面" in note["zh"] for note in reading.notes)


def test_every_fault_is_named_with_its_row(settled: Office) -> None:
    """All in one list, so that none hides another."""
    rows = [
        {**row, "facility": f"Z{at}", "name": f"康乐{at}号养老院"}
        for at, (row, *_) in enumerate(FAULTS)
    ]
    _, found = said(settled, points(rows, [spot for _, spot, *_ in FAULTS]))
    by_row = {
        f"Z{at}": {(rule, severity)} for at, (_, _, rule, severity) in enumerate(FAULTS)
    }
    named: dict[str, set[tuple[str, str]]] = {}
    for keys, rule, severity, text in zip(
        found["participants"], found["rule"], found["severity"], found["message_zh"],
        strict=True,
    ):  # fmt: skip
        named.setdefault(keys[0], set()).add((rule, severity))
        assert keys[0] in text or f"康乐{keys[0][1:]}号" in text
    assert named == by_row


def test_a_place_from_a_web_map_is_told_by_its_division(settled: Office) -> None:
    lon, lat = gcj.wgs84_to_gcj02(BORDER - 0.002, 39.05)
    _, found = said(settled, points([home()], [(float(lon), float(lat))]))
    assert rules(found) == {"facility_place"}
    assert "GCJ-02" in found["message_zh"].iloc[0]
    assert "117.098000" in found["message_en"].iloc[0]


def test_one_facility_twice_is_proposed_as_a_pair(settled: Office) -> None:
    near = (117.0502, 39.05)
    rows = [
        home(phone="022-2345678"),
        home(facility="Y2", name="天津市康乐养老院有限公司", phone="(022)2345678"),
        home(facility="Y3", name="康乐日间照料中心", type="DAY"),
        home(facility="Y4", name="康乐2号养老院"),
        home(facility="Y5", name="康乐养老院", status="停业"),
    ]
    _, found = said(settled, points(rows, [(117.05, 39.05), near, near, near, near]))
    twice = found[found["rule"] == "facility_repeated"]
    assert [tuple(keys) for keys in twice["participants"]] == [("Y1", "Y2")]
    assert "电话相同" in twice["message_zh"].iloc[0]


def test_an_officer_edits_and_a_second_person_decides(settled: Office) -> None:
    registry = settled.registry
    rows = points([home(facility="Y7", division=EAST)], [(117.15, 39.05)])
    for actor in ("zhao", "viewer", "western"):
        with pytest.raises(ForbiddenError):
            registry.stage(actor, rows, layer="facilities", effective="2021")
    draft = registry.stage("officer", rows, layer="facilities", effective="2021")["id"]
    registry.submit("officer", draft)
    for actor in ("officer", "chen"):
        with pytest.raises((ForbiddenError, NotFoundError)):
            registry.approve(actor, draft)
    assert registry.approve("head", draft)["state"] == "approved"


def test_a_later_list_is_joined_by_code_and_keeps_places(settled: Office) -> None:
    registry = settled.registry
    agreed(settled, "officer", "head", "facilities", points(
        [
            home(facility="Y20", name="安康养老院"),
            home(facility=None, name="乐康养老院"),
        ],
        [(117.05, 39.05), (117.06, 39.06)],
    ))  # fmt: skip
    later = points(
        [
            {"facility": "Y20", "name": "安康养老院", "床位数": 120},
            {"name": "乐康养老院", "所在区": "和平区", "床位数": 60},
        ],
        [None, None],
    )
    draft, _ = said(settled, later)
    staged = draft["new"]
    assert len(draft["new"]) == draft["counts"]["changed"] == 2
    assert list(staged.loc["Y20", ["beds_total", "type"]]) == [120, "INST"]
    assert not staged.geometry.isna().any()
    assert registry.store.head("facilities")


def test_rows_without_coordinates_stay_and_are_named(
    settled: Office, tmp_path: Path
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["机构名称", "类型", "所在区", "经度", "纬度"],
            ["甲养老院", "养老院", "和平区", 117.05, 39.05],
            ["乙养老院", "养老院", "和平区", None, None],
            ["丙养老院", "养老院", "和平区", "不详", ""],
        ],
    )
    read_frame, reading = read(settled, path)
    assert (reading.records.read, len(reading.records.refused)) == (3, 0)
    assert list(read_frame.geometry.isna()) == [False, True, True]
    assert any("第 2、3 条" in note["zh"] for note in reading.notes)
    other, plain = files.read(path)
    assert len(other) == 1, "other layers still refuse them"
    assert len(plain.records.refused) == 2


def test_null_shapes_of_a_geopackage_stay_too(settled: Office, tmp_path: Path) -> None:
    rows = points([{"name": "甲养老院"}, {"name": "乙养老院"}], [(117.05, 39.05), None])
    rows.to_file(tmp_path / "a.gpkg")
    kept, reading = read(settled, tmp_path / "a.gpkg")
    assert list(kept["name"]) == ["甲养老院", "乙养老院"]
    assert reading.records.refused == ()


def shifted(count: int, forward: Any) -> list[list[Any]]:
    """Return rows on both sides of the border, in a web map's coordinates."""
    spots = np.linspace(-0.02, 0.02, count)
    lon, lat = forward(BORDER + spots, np.full(count, 39.05))
    names = ["和平区" if spot < 0 else "河东区" for spot in spots]
    return [
        [f"第{at}养老院", "养老院", name, float(x), float(y)]
        for at, (name, x, y) in enumerate(zip(names, lon, lat, strict=True))
    ]


HEAD = ["机构名称", "类型", "所在区", "经度", "纬度"]


@pytest.mark.parametrize(
    ("kind", "forward"),
    [
        ("gcj02", gcj.wgs84_to_gcj02),
        pytest.param("bd09", gcj.wgs84_to_bd09, marks=pytest.mark.full),
    ],
)
def test_a_web_maps_list_is_asked_about_with_evidence(
    settled: Office, tmp_path: Path, kind: str, forward: Any
) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEAD, *shifted(41, forward)])
    _, reading = read(settled, path)
    guess = next(item for item in reading.guesses if item.what == "shift")
    assert guess.value["kind"] == kind
    assert "落在所注区划内的点由" in guess.evidence
    moved, again = read(settled, path, shift=kind)
    assert not [item for item in again.guesses if item.what == "shift"]
    assert set(moved["coord_source"]) == {kind}
    assert moved.geometry.x.iloc[0] == pytest.approx(BORDER - 0.02, abs=1e-7)


def test_a_true_list_is_not_asked_about(settled: Office, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEAD, *shifted(41, lambda x, y: (x, y))])
    _, reading = read(settled, path)
    assert not [item for item in reading.guesses if item.what == "shift"]


def test_rows_that_say_so_are_put_right_one_by_one(
    settled: Office, tmp_path: Path
) -> None:
    web = shifted(41, gcj.wgs84_to_gcj02)
    true = shifted(41, lambda x, y: (x, y))
    rows = [
        [*(web if at % 2 else true)[at], "高德" if at % 2 else "CGCS2000"]
        for at in range(41)
    ]
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, "坐标系"], *rows])
    moved, reading = read(settled, path)
    assert not [item for item in reading.guesses if item.what == "shift"]
    assert any("20 条记录注明坐标为 GCJ-02" in note["zh"] for note in reading.notes)
    assert moved["coord_source"].notna().sum() == 20
    x = moved.geometry.x.to_numpy()
    assert np.abs(x - BORDER - np.linspace(-0.02, 0.02, 41)).max() < 1e-7


def test_the_types_of_the_plan_are_all_there() -> None:
    wanted = "INST INST-TK REG COM COMPLEX DAY STATION HAPPY MEAL HOMEBED CMD RESCUE"
    assert {*wanted.split(), "MED"} <= {kind.value for kind in FacilityType}
    assert FacilityType.GRAVE.domain == "funeral"
    assert FacilityType.REG.level == 4


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        pytest.param("xlsx", marks=pytest.mark.full),
        pytest.param("gpkg", marks=pytest.mark.full),
    ],
)
def test_what_is_exported_comes_back_as_it_was(
    settled: Office, tmp_path: Path, suffix: str
) -> None:
    row = home(
        facility=f"X{suffix}", name=f"往返{suffix}院", functions=["入托"], rating="三级"
    )
    agreed(settled, "officer", "head", "facilities", points([row], [(117.02, 39.02)]))
    path = tmp_path / f"a.{suffix}"
    settled.registry.export("officer", path, layer="facilities")
    if suffix == "csv":
        heads = path.read_text(encoding="utf-8-sig").splitlines()[0]
        assert '"设施编码","设施名称","设施类型"' in heads
    kept, reading = read(settled, path)
    with pytest.raises(InputError, match="Nothing differs"):
        settled.registry.stage(
            "officer", kept, layer="facilities", effective="2022", reading=reading
        )


def test_a_record_whose_division_nothing_tells_is_named_and_the_rest_kept(
    settled: Office,
) -> None:
    rows = [
        home(facility="N1", name="甲院", division=None),
        home(facility="N2", name="乙院", division="火星街道"),
    ]
    draft, _ = said(settled, points(rows, [(117.05, 39.05), (117.05, 39.05)]))
    inferred = [
        each["keys"] for each in draft["inferred"] if each["field"] == "division"
    ]
    assert inferred == [["N1"]]
    (gone,) = draft["refused"]
    assert gone["record"] == 1
    assert "乙院" in gone["reason"]["zh"]
    assert "火星街道" in gone["reason"]["zh"]
    assert "请填写区划代码" in gone["reason"]["zh"]


def test_a_list_of_which_nothing_tells_a_division_names_its_records(
    settled: Office,
) -> None:
    away = {"facility": None, "division": None}
    rows = [home(name="远方院", **away), home(name="无址院", **away)]
    with pytest.raises(InputError, match="远方院, 无址院") as caught:
        said(settled, points(rows, [(10.0, 10.0), None]))
    assert "10.000000" in str(caught.value.hint)
