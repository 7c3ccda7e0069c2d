"""What comes in wrong: named by row with why and what to do; the rest is computed.

One test for each fault, through the registry or the command as its user meets it; and
what a figure had to leave out stands beside it in JSON, on the page and on the sheet.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from openpyxl import load_workbook

from boundaries.documents import coverage_sheet
from geodata.crs import gcj
from geodata.network.keeping import save
from tests.boundaries.services import frames
from tests.boundaries.services.frames import SOUTH, STEP, WEST
from tests.boundaries.services.towns import town_office
from tests.support.commands import Ran, quhua
from tests.support.published import publish
from tests.support.signed import client_as
from tests.support.streets import town as streets
from webmap.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registries import Office

DAY = "2026-06-30"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The small town, a corner of its streets cut off from the rest."""
    made = town_office(tmp_path_factory.mktemp("faults"))
    registry = made.registry
    finer = streets(22, 22, step=STEP / 3)
    number = registry.add_network("judge", finer, effective="2020-01-01")["number"]
    way = ((6.8, -0.5), (6.8, 0.2), (7.5, 0.2))
    points = [[WEST + x * STEP, SOUTH + y * STEP] for x, y in way]
    wall = {"kind": "barrier", "points": points}
    registry.draw_network_lines("judge", [wall], base=0)
    registry.amend_network("judge", number)
    yield made
    registry.close()


def run(town: Office, *words: object) -> Ran:
    return quhua(*words, "--store", town.path, "--json")


# -- facilities ----------------------------------------------------------------------

HEAD = "设施编码,名称,类型,状态,区划代码,坐标来源,床位数,护理型床位,经度,纬度"


def at(x: float, y: float) -> str:
    """Return the cells of a place in blocks."""
    return f"{WEST + x * STEP:.7f},{SOUTH + y * STEP:.7f}"


def of_a_web_map(x: float, y: float) -> str:
    lon, lat = gcj.wgs84_to_gcj02(WEST + x * STEP, SOUTH + y * STEP)
    return f"{float(lon):.7f},{float(lat):.7f}"


ROWS = {
    "B1": "无坐标养老院,养老机构,运营,990101001001,实地测量,30,10,,",
    "B2": f"网图养老院,养老机构,运营,990101001001,实地测量,30,10,{of_a_web_map(1, 1)}",
    "B3": f"境外养老院,养老机构,运营,,实地测量,30,10,{at(30, 30)}",
    "B4": f"孤岛养老院,养老机构,运营,990101002001,实地测量,30,10,{at(7, 0)}",
    "B5": f"多床养老院,养老机构,运营,990101001002,实地测量,30,42,{at(1, 6)}",
    "B6": f"无误养老院,养老机构,运营,990101001001,实地测量,30,10,{at(2, 2)}",
}


@pytest.fixture(scope="module")
def said(town: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the import of a list with every fault says, by the record's number."""
    path = tmp_path_factory.mktemp("list") / "台账.csv"
    rows = [f"{key},{row}" for key, row in ROWS.items()]
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    done = run(town, "import", path, "--layer", "facilities", "--valid-from", "2026",
               "--yes", "--as", "officer")  # fmt: skip
    assert done.status == 1, done.err
    found: dict[str, Any] = {key: [] for key in ROWS}
    for each in done.document["findings"]["shown"]:
        for key in each["participants"]:
            found[key].append(each)
    return found


@pytest.mark.parametrize(
    ("key", "rule", "severity", "why", "todo"),
    [
        ("B1", "facility_place", "warning", "没有坐标", "请在地图上标出"),
        ("B2", "facility_place", "warning", "按 GCJ-02 纠正后", "请核实后改正"),
        ("B3", "facility_place", "error", "之外 3168 米", "请核对坐标"),
        ("B5", "facility_beds", "error", "42", "请"),
    ],
)  # fmt: skip
def test_a_facility_at_fault_is_named_with_why_and_what_to_do(
    said: dict[str, Any], key: str, rule: str, severity: str, why: str, todo: str
) -> None:
    [finding] = said[key]
    assert (finding["rule"], finding["severity"]) == (rule, severity)
    words = finding["message"]["zh"]
    assert ROWS[key].split(",")[0] in words
    assert why in words
    assert todo in words


def test_what_is_right_in_the_same_list_is_said_nothing_of(
    said: dict[str, Any],
) -> None:
    assert said["B4"] == said["B6"] == []


# -- people --------------------------------------------------------------------------

COUNTED = """区划代码,总人口,60岁及以上
990101001001,1000,200
990101001001,1001,200
990101002099,500,90
990101001002,2000,300
990101002001,3000,400
"""


@pytest.fixture(scope="module")
def counted(town: Office, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the import of a table with a code twice and an unknown one says."""
    path = tmp_path_factory.mktemp("people") / "人口.csv"
    path.write_text(COUNTED, encoding="utf-8")
    done = run(town, "import", path, "--layer", "population", "--valid-from", "2026",
               "--complete", "990101", "--yes", "--as", "officer")  # fmt: skip
    return done.document


@pytest.mark.parametrize(
    ("record", "why", "todo"),
    [(2, "总人口不同", "请"), (3, "没有代码 990101002099", "请")],
)
def test_a_row_of_people_at_fault_is_named(
    counted: Any, record: int, why: str, todo: str
) -> None:
    refused = {row["record"]: row for row in counted["draft"]["refused"]}
    assert sorted(refused) == [2, 3]
    words = json.dumps(refused[record], ensure_ascii=False)
    assert why in words
    assert todo in words
    assert counted["draft"]["counts"]["changed"] >= 2, "the rest is taken in"


def test_people_that_halve_or_double_are_a_warning(counted: Any) -> None:
    odd = [
        each
        for each in counted["findings"]["shown"]
        if each["rule"] == "population_change"
    ]
    [each] = odd
    assert (each["severity"], each["participants"]) == ("warning", ["990101001001"])
    assert "总人口由 20 变为 1,000，变化过大。请核对" in each["message"]["zh"]


# -- figures over all of them --------------------------------------------------------

EXPECTED = {
    "facility_no_place": ["B1"],
    "facility_elsewhere": ["B2"],
    "facility_outside": ["B3"],
    "facility_island": ["B4"],
    "unit_no_people": ["990101002200"],
}


@pytest.fixture(scope="module")
def held(town: Office, counted: Any) -> Office:
    """The same faults in the register, as when somebody waived them."""
    registry = town.registry
    draft = counted["draft"]["id"]
    registry.submit("officer", draft)
    version = registry.approve("judge", draft)["version"]
    rows = []
    for key, row in ROWS.items():
        name, _, _, division, _, beds, nursing, x, y = row.split(",")
        place = (float(x) - WEST, float(y) - SOUTH) if x else None
        rows.append(
            {
                "facility": key, "name": name, "type": "INST", "beds_total": int(beds),
                "beds_nursing": int(nursing), "division": division or None,
                "at": place and tuple(part / STEP for part in place),
            }
        )  # fmt: skip
    frame = frames.facilities(*rows)
    frame["beds_nursing"] = [row["beds_nursing"] for row in rows]
    publish(registry.store, frame, "2026", layer="facilities")
    with registry.store.write() as tx:
        tx.tag("published/population", version)
    return town


def test_figures_are_computed_and_say_what_they_leave_out(held: Office) -> None:
    found = run(held, "coverage", "--as-of", DAY).document
    assert found["total"]["people"] == 900
    assert 0 < found["total"]["reached"] <= found["total"]["circle"]
    said = {each["kind"]: each for each in found["omitted"]}
    assert (
        EXPECTED.items() <= {kind: each["keys"] for kind, each in said.items()}.items()
    )
    for each in said.values():
        assert all(each["why"].values())
        assert all(each["what_to_do"].values())
    printed = quhua("coverage", "--as-of", DAY, "--store", held.path).out
    for kind, keys in EXPECTED.items():
        assert said[kind]["why"]["zh"] in printed
        assert keys[0] in printed


def test_the_page_and_the_sheet_say_the_same(
    held: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, drawn = held.registry, []
    key = registry.make_coverage("judge", as_of=DAY)
    client = client_as(create_app(registry), "judge")
    shown = client.get(f"/api/v1/coverage/{key}").get_json()["omitted"]
    keys = {each["kind"]: each["keys"] for each in shown}
    assert {kind: keys.get(kind) for kind in EXPECTED} == EXPECTED
    write = coverage_sheet._Drawing.paragraph

    def kept(self: Any, words: str, *more: Any) -> None:
        drawn.append(words)
        write(self, words, *more)

    monkeypatch.setattr(coverage_sheet._Drawing, "paragraph", kept)
    registry.make_coverage_sheet(
        "judge", key, level="street", indicator="share", language="zh"
    )
    for each in shown:
        [line] = [line for line in drawn if each["why"]["zh"] in line]
        assert each["keys"][0] in line
        assert each["what_to_do"]["zh"] in line


def test_more_nursing_beds_than_beds_are_left_out_of_the_share(
    held: Office, tmp_path: Path
) -> None:
    book = tmp_path / "指标.xlsx"
    found = run(held, "indicators", "--as-of", DAY, "--out", book).document
    [share] = [row for row in found["indicators"] if row["id"] == "I1"]
    [odd] = [each for each in share["omitted"] if each["kind"] == "beds_odd"]
    assert odd["keys"] == ["B5"]
    assert share["value"] == pytest.approx(100 / 3)
    cells = [str(cell) for row in load_workbook(book).active.values for cell in row]
    assert any(odd["why"]["zh"] in cell for cell in cells)
    client = client_as(create_app(held.registry), "judge")
    for page in ("/indicators", "/indicators/I1"):
        text = client.get(f"{page}?as_of={DAY}").get_data(as_text=True)
        assert odd["why"]["zh"] in text, page


# -- networks ------------------------------------------------------------------------


def roads(path: Path, lines: Any, **columns: Any) -> Path:
    shapes = [shapely.LineString(line) for line in lines]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4490).to_file(path)
    return path


X = 117.0
CROSS = [[(X, 39), (X + 0.002, 39)], [(X + 0.001, 38.999), (X + 0.001, 39.001)]]


def test_a_network_without_edges_is_refused_with_what_is_needed(
    tmp_path: Path,
) -> None:
    path = roads(tmp_path / "none.gpkg", CROSS, highway=["proposed", "construction"])
    out = tmp_path / "n.qnet"
    done = quhua("network", "build", path, "--out", out, "--json")
    assert done.status == 2
    assert done.document["error"] == "no_edges"
    assert "没有可用的道路" in done.document["message"]["zh"]
    assert done.document["hint"]["zh"]
    assert not out.exists()


def test_roads_at_other_levels_and_with_heights_do_not_meet(tmp_path: Path) -> None:
    high = [[(*point, 12.5 * n) for point in line] for n, line in enumerate(CROSS)]
    flat = roads(tmp_path / "flat.gpkg", high)
    levels = roads(tmp_path / "levels.gpkg", high, f_zlev=[0, 1], t_zlev=[0, 1])
    counts = {}
    for path in (flat, levels):
        done = quhua("network", "build", path, "--out", path.with_suffix(".qnet"),
                     "--json")  # fmt: skip
        assert done.status == 0, done.err
        counts[path.stem] = (done.document["nodes"], done.document["edges"])
    assert counts == {"flat": (5, 4), "levels": (4, 2)}


def test_a_network_in_degrees_is_refused_and_a_layer_in_degrees_is_measured(
    town: Office, tmp_path: Path
) -> None:
    path = tmp_path / "degrees.qnet"
    save(replace(streets(), crs="EPSG:4490"), path)
    done = run(town, "coverage", "--network", path)
    assert done.status == 2
    assert "EPSG:4490" in done.document["message"]["zh"]
    assert done.document["hint"]["zh"]
    layer = roads(tmp_path / "degrees.gpkg", CROSS)
    built = quhua("network", "build", layer, "--out", path, "--json").document
    assert built["length_m"] == pytest.approx(173 + 222, abs=3)


def test_streets_of_another_place_are_not_put_in_force(
    town: Office, tmp_path: Path
) -> None:
    away = [[(x - 10, y) for x, y in line] for line in CROSS]
    before = town.registry.networks("judge")
    path = roads(tmp_path / "elsewhere.gpkg", away)
    done = run(town, "network", "add", path, "--effective", "2026-01-01",
               "--as", "judge")  # fmt: skip
    assert (done.status, done.document["error"]) == (2, "elsewhere")
    assert "不在任何已发布区划之内" in done.document["message"]["zh"]
    assert "坐标系" in done.document["hint"]["zh"]
    assert town.registry.networks("judge") == before


# -- targets and siting --------------------------------------------------------------


def test_a_target_in_words_is_kept_for_people_and_a_value_in_words_is_refused(
    held: Office, tmp_path: Path
) -> None:
    for name, text in {
        "targets": "指标,区划代码,目标年,目标值\nI1,990101,2025,基本满足需求\n"
        "I2,990101,去年,80\n",
        "values": "指标,区划代码,统计时点,数值\nB15,990101,2025-12-31,一千多\n"
        "B13,990101,2025-12-31,1.2\n",
    }.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        done = run(held, "indicators-import", path, "--kind", name, "--as", "officer")
        assert (done.status, done.document["kept"]) == (1, 1)
        [refused] = done.document["refused"]
        assert refused["row"] == {"targets": 3, "values": 2}[name]
        assert {"targets": "去年", "values": "一千多"}[name] in refused["message"]["zh"]
    found = run(held, "indicators", "--as-of", DAY).document
    [share] = [row for row in found["indicators"] if row["id"] == "I1"]
    assert share["value"] is not None
    assert share["target"]["words"] == "基本满足需求"
    assert share["verdict"]["is"] not in ("met", "missed")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--model", "p-median", "-p", 9), "2"),
        (("--model", "lscp", "-p", 1, "--minutes", 6), "1 处"),
        (("--model", "mclp", "--budget", 1), "最便宜"),
    ],
)
def test_a_model_without_an_answer_says_why_and_what_to_do(
    held: Office, tmp_path: Path, words: tuple[Any, ...], why: str
) -> None:
    sites = tmp_path / "备选点.csv"
    rows = [f"地块1,{at(1, 1)},5", f"地块2,{at(6, 6)},5"]
    sites.write_text("\n".join(["name,lon,lat,cost", *rows]), encoding="utf-8")
    done = run(
        held, "siting", *words, "--type", "DAY", "--candidates", sites, "--as-of", DAY
    )
    assert done.status == 2
    assert done.document["error"] == "infeasible"
    assert why in done.document["message"]["zh"]
    assert done.document["hint"]["zh"]
