"""Markers, inspections and names through the one door: read, checked, agreed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from boundaries import columns
from boundaries.accounts import ANONYMOUS
from geodata import crs, files
from geodata.errors import ForbiddenError, InputError, NotFoundError, StateError
from tests.support.registries import Office, office

WEST, EAST = "120101", "120102"
BORDER = 117.1


@pytest.fixture
def bureau(desk_anywhere: Office) -> Office:
    """Two districts side by side, and people of every register."""
    return _furnished(desk_anywhere)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The same, with a marker and a street agreed on, for many drafts beside it."""
    made = _furnished(office(tmp_path_factory.mktemp("settled")))
    made.registry.add_user("root", "all")
    made.registry.set_roles("keeper", "all", ["surveyor"])
    agreed(made, "zhao", "chen", marker("120101-120102-009Q"), "markers")
    agreed(made, "namer", "judge", name("安宁路", division=WEST), "place_names")
    yield made
    made.registry.close()


def _furnished(made: Office) -> Office:
    registry = made.registry
    for name, role in (
        ("namer", f"name_staff:{WEST}"),
        ("judge", f"name_reviewer:{WEST}"),
        ("chief", "name_reviewer:120000"),
    ):
        registry.add_user("root", name)
        registry.set_roles("keeper", name, [role])
    boxes = [
        shapely.box(117.0, 39.0, BORDER, 39.1),
        shapely.box(BORDER, 39, 117.2, 39.1),
    ]
    frame = gpd.GeoDataFrame(
        {"code": [WEST, EAST], "name": ["和平区", "河东区"]},
        geometry=boxes,
        crs=crs.STORAGE,
    )
    document = registry.stage("zhao", frame, effective="2020-01-01")
    registry.check("zhao", document["id"])
    registry.submit("zhao", document["id"])
    registry.approve("chen", document["id"])
    registry.publish("chen")
    return made


def marker(number: str = "120101-120102-001Q", x: float = BORDER, **more: Any) -> Any:
    row = {"marker": number, "form": "单立", "state": "完好", "accuracy_m": 0.1, **more}
    return points([row], [(x, 39.05)])


def name(
    text: str = "长乐路", at: tuple[float, float] = (117.05, 39.05), **more: Any
) -> Any:
    row = {"name": text, "category": "街路巷", "romanised": "", **more}
    return points([row], [at])


def points(rows: list[dict[str, Any]], at: list[tuple[float, float]]) -> Any:
    shapes = [shapely.Point(each) for each in at]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=crs.STORAGE)


def staged(office: Office, actor: str, frame: Any, layer: str, **more: Any) -> Any:
    options = {"effective": "2021-01-01", "basis": "登记表", **more}
    document = office.registry.stage(actor, frame, layer=layer, **options)
    return document, office.registry.check(actor, document["id"])


def agreed(office: Office, author: str, by: str, frame: Any, layer: str) -> Any:
    document, _ = staged(office, author, frame, layer)
    office.registry.submit(author, document["id"])
    return office.registry.approve(by, document["id"])


def rules(found: Any) -> set[tuple[str, str]]:
    return set(zip(found["rule"], found["severity"], strict=True))


def test_a_marker_gets_its_sides_and_goes_the_whole_way(bureau: Office) -> None:
    registry = bureau.registry
    document, found = staged(bureau, "zhao", marker(), "markers")
    assert document["scope"] == [WEST, EAST]
    assert found.empty
    registry.submit("zhao", document["id"])
    with pytest.raises(ForbiddenError):
        registry.approve("zhao", document["id"])
    registry.approve("chen", document["id"])
    registry.publish("chen", layer="markers")
    row = registry.snapshot("viewer", "markers").loc["120101-120102-001Q"]
    assert (row["form"], row["state"], row["level"]) == ("single", "intact", 3)
    assert row["units"] == [WEST, EAST]
    states = registry.history("zhao", "120101-120102-001Q", "markers")
    assert [state["basis"] for state in states] == ["登记表"]


def test_either_side_records_how_a_marker_fares_but_both_move_it(
    bureau: Office,
) -> None:
    agreed(bureau, "zhao", "chen", marker(), "markers")
    worn = marker(state="轻微破损")
    document, _ = staged(bureau, "li", worn, "markers", effective="2022")
    assert document["scope"] == [f"{WEST}|{EAST}"]
    with pytest.raises(ForbiddenError, match=EAST):
        staged(bureau, "li", marker(x=BORDER + 1e-5), "markers", effective="2022")
    stranger = marker("120103-120104-001Q", units=["120103", "120104"])
    with pytest.raises(ForbiddenError):
        staged(bureau, "li", stranger, "markers")


def test_nobody_outside_sees_where_markers_stand(bureau: Office) -> None:
    agreed(bureau, "zhao", "chen", marker(), "markers")
    bureau.registry.publish("chen", layer="markers")
    with pytest.raises(ForbiddenError):
        bureau.registry.snapshot(ANONYMOUS, "markers")
    with pytest.raises(ForbiddenError):
        bureau.registry.history(ANONYMOUS, "120101-120102-001Q", "markers")


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (marker("桩12"), ("marker_number", "warning")),
        (marker("120101-120102-002A"), ("marker_form", "warning")),
        (marker(x=BORDER + 0.00003), ("marker_off_border", "warning")),
        (marker(x=BORDER + 0.001), ("marker_off_border", "error")),
        (marker(x=10.0), ("marker_place", "error")),
        (marker(accuracy_m=None), ("marker_accuracy", "info")),
        (marker(form="独立"), ("word", "error")),
        (marker(units=[WEST]), ("marker_form", "warning")),
        (marker(units=[WEST, "120103"]), ("marker_number", "error")),
    ],
)
def test_what_is_wrong_with_a_marker_is_found(
    settled: Office, frame: Any, rule: tuple[str, str]
) -> None:
    assert rule in rules(staged(settled, "all", frame, "markers")[1])


def test_two_markers_do_not_stand_at_one_place(bureau: Office) -> None:
    agreed(bureau, "zhao", "chen", marker(), "markers")
    found = staged(bureau, "zhao", marker("120101-120102-002Q"), "markers")[1]
    assert set(found["rule"]) == {"marker_repeated"}
    assert set(found["participants"][0]) == {"120101-120102-001Q", "120101-120102-002Q"}


def visit(**more: Any) -> pd.DataFrame:
    row = {
        "subject": "120101-120102-001Q",
        "date": "2024-05-06",
        "kind": "联合检查",
        "result": "完好",
        "parties": f"{WEST}、{EAST}",
        **more,
    }
    return gpd.GeoDataFrame(pd.DataFrame([row]), geometry=[None], crs=crs.STORAGE)


def test_an_inspection_stands_where_its_marker_stands(bureau: Office) -> None:
    agreed(bureau, "zhao", "chen", marker(), "markers")
    document, found = staged(bureau, "li", visit(), "inspections")
    assert found.empty
    new = bureau.registry.staged("li", document["id"]).new
    assert list(new.index) == ["120101-120102-001Q/2024-05-06/J"]
    assert new.geometry.iloc[0].x == BORDER
    assert (new["kind"].iloc[0], new["units"].iloc[0]) == ("joint", [WEST, EAST])


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"subject": "120101-120102-008Q"}, ("inspection_subject", "error")),
        ({"date": "2999-01-01"}, ("inspection_date", "error")),
        ({"date": "2012-01-01"}, ("inspection_overdue", "info")),
        ({"kind": "抽查"}, ("word", "error")),
        ({"action": "移动", "parties": WEST}, ("inspection_sides", "error")),
        ({"parties": None}, ("inspection_sides", "warning")),
    ],
)
def test_what_is_wrong_with_an_inspection_is_found(
    settled: Office, more: dict[str, Any], rule: tuple[str, str]
) -> None:
    frame = visit(**{"subject": "120101-120102-009Q", **more})
    assert rule in rules(staged(settled, "zhao", frame, "inspections")[1])


def test_a_name_is_the_name_peoples_from_draft_to_publication(bureau: Office) -> None:
    registry = bureau.registry
    for actor in ("zhao", "chen", "planner"):
        with pytest.raises(ForbiddenError):
            staged(bureau, actor, name(), "place_names")
    with pytest.raises(ForbiddenError):
        staged(bureau, "namer", marker(), "markers")
    document, found = staged(bureau, "namer", name(), "place_names")
    assert document["scope"] == [WEST]
    assert rules(found) == {("name_reading", "warning")}
    registry.submit("namer", document["id"])
    for actor, error in (
        ("zhao", NotFoundError),
        ("chen", NotFoundError),
        ("namer", ForbiddenError),
    ):
        with pytest.raises(error):
            registry.approve(actor, document["id"])
    done = registry.approve("judge", document["id"])
    assert done["state"] == "approved"
    registry.publish("chief", layer="place_names")
    row = registry.snapshot("viewer", "place_names").iloc[0]
    assert row.name == "120101000" + "00000" + "000001"
    assert (row["romanised"], row["generic"]) == ("Changle Lu", "路")
    assert registry.snapshot(ANONYMOUS, "place_names").empty
    assert registry.drafts("zhao") != registry.drafts("namer")


def test_public_names_are_all_that_anybody_sees(bureau: Office) -> None:
    agreed(bureau, "namer", "judge", name(public="是"), "place_names")
    agreed(bureau, "namer", "judge", name("安宁巷", public="否"), "place_names")
    bureau.registry.publish("judge", layer="place_names")
    assert list(bureau.registry.snapshot(ANONYMOUS, "place_names")["name"]) == [
        "长乐路"
    ]


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (name("威尼斯花园"), ("name_form", "warning")),
        (name("B2路"), ("name_characters", "error")),
        (name("㵐水路"), ("name_characters", "warning")),
        (name("安平路", romanised="Anping Road"), ("name_spelling", "error")),
        (name("安平路", romanised="Anqing Lu"), ("name_spelling", "error")),
        (name("安平路", category=""), ("required", "error")),
        (name("安平路", at=(117.15, 39.05), division=WEST), ("name_place", "error")),
        (name("安宁路"), ("name_repeated", "error")),
        (name("安凝路"), ("name_sound", "warning")),
    ],
)
def test_what_is_wrong_with_a_name_is_found(
    settled: Office, frame: Any, rule: tuple[str, str]
) -> None:
    frame["place"] = "9" * 20
    frame["division"] = frame.get("division", WEST)
    assert rule in rules(staged(settled, "namer", frame, "place_names")[1])


def test_errors_stop_a_name_and_only_its_reviewer_waives(bureau: Office) -> None:
    frame = name("安平路", romanised="Anping Road")
    document, found = staged(bureau, "namer", frame, "place_names")
    with pytest.raises(StateError):
        bureau.registry.submit("namer", document["id"])
    mark = found["fingerprint"][0]
    with pytest.raises(NotFoundError):
        bureau.registry.waive("chen", document["id"], mark, "历史原因")
    bureau.registry.waive("judge", document["id"], mark, "历史原因")
    assert bureau.registry.submit("namer", document["id"])["state"] == "submitted"


def test_a_draft_keeps_to_its_layer(bureau: Office) -> None:
    document, _ = staged(bureau, "zhao", marker(), "markers")
    with pytest.raises(InputError, match="markers"):
        staged(bureau, "zhao", visit(), "inspections", draft=document["id"])


MARKERS = (
    "界桩编号,界桩类型,材质,行政区1,行政区2,经度,纬度,高程,埋设时间,完好情况,方位物1名称,"
    "方位物1方位角,方位物1距离,备注\n"
    "120101-120102-001Q,单立,石质,120101,120102,"
    "117°06′00.0000″,39°03′00.0000″,3.21,2011年5月3日,良好,水塔,227.5,31.2,测试\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_register_is_read_with_its_own_columns(
    bureau: Office, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "界桩成果表.csv"
    path.write_text(MARKERS, encoding=encoding)
    frame, reading = files.read(path, aliases=columns.aliases("markers"))
    assert reading.fields["完好情况"] == "state"
    document, found = staged(
        bureau, "zhao", frame, "markers", reading=reading, confirmed=["crs", "encoding"]
    )
    assert not len(found[found["severity"] == "error"])
    row = bureau.registry.staged("zhao", document["id"]).new.iloc[0]
    assert (row["material"], row["set_on"], row["units"]) == (
        "granite",
        "2011-05-03",
        [WEST, EAST],
    )
    assert row["reference_objects"] == [
        {"name": "水塔", "azimuth_deg": 227.5, "distance_m": 31.2}
    ]
    assert crs.distance_m(row.geometry.x, row.geometry.y, BORDER, 39.05) < 0.01


def test_a_register_in_xian_80_and_a_shapefile_is_brought_over(
    bureau: Office, tmp_path: Path
) -> None:
    """Old marker tables are plane coordinates of another datum in short field names."""
    plane = marker().set_crs(crs.STORAGE).to_crs("EPSG:4527")
    table = gpd.GeoDataFrame(
        {"JZBH": ["120101-120102-001Q"], "JZLX": ["同号双立"], "JZCZ": ["混凝土"]},
        geometry=plane.geometry.to_numpy(),
        crs="EPSG:4527",
    )
    folder = tmp_path / "jz"
    folder.mkdir()
    table.to_file(folder / "jz.shp", engine="pyogrio", encoding="GBK")
    frame, reading = files.read(folder / "jz.shp", aliases=columns.aliases("markers"))
    document, _ = staged(
        bureau, "zhao", frame, "markers", reading=reading, confirmed=["crs", "encoding"]
    )
    row = bureau.registry.staged("zhao", document["id"]).new.iloc[0]
    assert (row["form"], row["material"]) == ("double", "concrete")
    assert abs(row.geometry.x - BORDER) < 1e-7
