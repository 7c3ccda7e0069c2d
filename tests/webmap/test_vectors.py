"""The figures of the sources (domain A6, J12) as the pages print them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from boundaries.services.profiles import Profile
from boundaries.settings import Settings
from geodata import crs
from tests.support import published
from tests.support.signed import add_user, client_as
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

CITY = "120000"
DISTRICTS = [f"1201{n:02d}" for n in (*range(1, 7), *range(10, 20))]
FIRST = DISTRICTS[0]
STREETS = [f"{FIRST}{n:03d}" for n in (1, 2, 3)]
TOWNS = [f"{FIRST}{n:03d}" for n in (100, 101)]
OTHERS = [f"{code}001" for code in DISTRICTS[1:]]
DAY = "as_of=2025-12-31"
PAGES: dict[str, str] = {}
"""What was fetched before: no test changes anything."""


B01 = {"indicator": "B01", "on": "2020-12-31", "scope": CITY,
       "numerator": str(1010 * 12), "denominator": "31854"}  # fmt: skip
PROJECTS = (
    ("街道养老服务中心", 2021, 15, "", "REG"),
    ("社区居家养老服务站", 2021, 29, "", "STATION"),
    ("养老服务综合体", 2022, 4, 3, ""),
    ("日间照料中心转型升级", 2022, 3, 3, ""),
    ("家庭照护床位", 2022, 200, 150, ""),
    ("家庭适老化改造", 2022, 50, 50, ""),
    ("养老床位", 2025, 100000, 76000, ""),
)
"""Name, year, target, what is done (empty: counted), types."""


def divisions() -> gpd.GeoDataFrame:
    """Return sixteen districts; the first of three streets and two towns."""
    rows = [(CITY, "天津市", "municipality", 1, None)]
    rows += [(code, f"{code}区", "district", 3, CITY) for code in DISTRICTS]
    rows += [(code, f"{code}街道", "street", 4, FIRST) for code in STREETS]
    rows += [(code, f"{code}镇", "town", 4, FIRST) for code in TOWNS]
    rows += [(code, f"{code}街道", "street", 4, code[:6]) for code in OTHERS]
    names = ["code", "name", "kind", "level", "parent"]
    table = pd.DataFrame(rows, columns=names, dtype=object)
    boxes = []
    for at, row in enumerate(rows):
        wide = len(rows) if row[0] == CITY else 1
        boxes.append(shapely.box(117 + at * 0.01, 39, 117 + (at + wide) * 0.01, 39.01))
    frame = gpd.GeoDataFrame(table, geometry=boxes, crs=crs.STORAGE)
    return frame.set_index(frame["code"].rename("key"))


def facilities() -> gpd.GeoDataFrame:
    """Return the facilities that the sources count."""
    rows: list[dict[str, Any]] = []

    def add(kind: str, division: str, **more: Any) -> None:
        rows.append({"type": kind, "division": division, **more})

    for division in (*STREETS[:2], TOWNS[0]):  # 3 of 5 have a comprehensive centre
        add("REG", division, area_m2=1000, opened_on="2021-05-01")
    add("REG", STREETS[2], area_m2=999, opened_on="2020-05-01")
    for number in range(12):
        add("REG", OTHERS[number], area_m2=1200, opened_on="2021-06-01")
        add("CMD", DISTRICTS[number], level=3)
    for number in range(29):
        add("STATION", OTHERS[number % 15], opened_on="2021-07-01")
    for number in range(387):
        beds = 76_000 // 387 + (number < 76_000 % 387)
        nursing = 25_612 // 387 + (number < 25_612 % 387)
        owner = "private" if number < 329 else "public"
        add("INST", OTHERS[number % 15], beds_total=beds, beds_nursing=nursing,
            ownership=owner)  # fmt: skip
    for number in range(1257):
        add("DAY", OTHERS[number % 15])
    for number in range(77):
        add("INST-TK", OTHERS[number % 11], status="planned", phase="2021—2035",
            planned_for="2035")  # fmt: skip
    table = pd.DataFrame(rows, dtype=object)
    table["facility"] = [f"E{n:04d}" for n in range(len(rows))]
    table["name"] = "设施" + table["facility"]
    table["status"] = table["status"].fillna("operating")
    table = table.where(table.notna(), None)
    index = table["facility"].rename("key")
    nowhere: Any = [None] * len(rows)
    return gpd.GeoDataFrame(
        table.set_index(index), geometry=nowhere, crs=crs.STORAGE
    )  # fmt: skip


@pytest.fixture(scope="module")
def officer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """An officer of eldercare and planner of the city."""
    registry = published.registry_at(tmp_path_factory.mktemp("tj") / "store.sqlite")
    published.publish(registry.store, divisions(), "2020")
    published.publish(registry.store, facilities(), "2021", layer="facilities")
    app = create_app(registry)
    add_user(registry, "jin", ["eldercare_officer:000000", "planner:000000"])
    client = client_as(app, "jin")
    PAGES.clear()
    sent = [client.post("/indicators/plan", data={"scope": CITY})]
    sent.append(client.post("/indicators/records/values", data=B01))
    for number, (name, year, target, done, types) in enumerate(PROJECTS):
        given = {"project": f"P{number}", "name": name, "year": year, "target": target,
                 "done": done, "types": types, "scope": ""}  # fmt: skip
        sent.append(client.post("/indicators/records/projects", data=given))
    assert {each.status_code for each in sent} == {303}
    yield client
    registry.close()


def rows(client: FlaskClient, address: str) -> dict[str, str]:
    """Return the text of each row of a page's tables, by the words it begins with."""
    if address not in PAGES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        PAGES[address] = str(answer.get_data(as_text=True))
    page = PAGES[address]
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL):
        text = unescape(re.sub(r"<[^>]+>", " ", row))
        words = text.split()
        for word in words[:4]:
            found.setdefault(word, " ".join(words))
    return found


def test_twelve_of_sixteen_districts_are_75_per_cent(officer: FlaskClient) -> None:
    row = rows(officer, f"/indicators?{DAY}")["I7a"]
    assert "75.00 %" in row
    assert "12 / 16" in row


def test_three_of_five_are_60_and_by_kind_66_67_and_50(officer: FlaskClient) -> None:
    """A centre of 999 ㎡ is none of 1,000."""
    found = rows(officer, f"/indicators?{DAY}&scope={FIRST}")
    for name, value, of in (
        ("I2", "60.00 %", "3 / 5"), ("I2a", "66.67 %", "2 / 3"),
        ("I2b", "50.00 %", "1 / 2"),
    ):  # fmt: skip
        assert value in found[name]
        assert of in found[name]


def test_the_first_of_box_1_is_38_05(officer: FlaskClient) -> None:
    page = rows(officer, f"/indicators/plan?as_of=2020-12-31&scope={CITY}")
    row = page["城乡低保标准占上年度居民消费支出比例"]
    assert row.count("38.05") == 2  # as the plan says, and as computed


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        ("I1", "2025", ("33.70 %", "25,612 / 76,000", "≥60", "未达到")),
        ("I2", "2025", ("100",)),
        ("I2a", "2022", ("100",)),
        ("I2b", "2022", ("40",)),
        ("I3u", "2022", ("90",)),
        ("I3u", "2025", ("100",)),
        ("I3r", "2025", ("70",)),
        ("I4", "2022", ("60",)),
        ("I13", "2025", ("85.01 %", "329 / 387", "≥85", "已达到")),
    ],
)
def test_targets_and_figures_of_the_plan_stand_beside_each_other(
    officer: FlaskClient, name: str, day: str, said: tuple[str, ...]
) -> None:
    row = rows(officer, f"/indicators?as_of={day}-12-31&scope={CITY}")[name]
    for words in said:
        assert words in row


def test_the_box_prints_its_baselines(officer: FlaskClient) -> None:
    found = rows(officer, f"/indicators/plan?{DAY}&scope={CITY}")
    row = found["养老机构护理型床位占比"]
    assert "33.70 (2020)" in row
    assert "60" in row
    assert "80.00 (2020)" in found["乡镇（街道）范围具备综合功能的养老服务机构覆盖率"]


def test_projects_are_counted_or_entered_and_have_a_share(officer: FlaskClient) -> None:
    """15 centres and 29 stations are counted; 4, 3, 200, 50 and 100,000 are told."""
    found = rows(officer, f"/indicators?{DAY}")
    for name, done, share in (
        ("街道养老服务中心", "15", "100.00 %"),
        ("社区居家养老服务站", "29", "100.00 %"), ("养老服务综合体", "3", "75.00 %"),
        ("日间照料中心转型升级", "3", "100.00 %"), ("家庭照护床位", "150", "75.00 %"),
        ("家庭适老化改造", "50", "100.00 %"), ("养老床位", "76,000", "76.00 %"),
    ):  # fmt: skip
        assert f" {done} " in f" {found[name]} "
        assert share in found[name]


def test_the_register_counts_what_the_sources_count(officer: FlaskClient) -> None:
    homes = officer.get("/facilities?type=INST").get_data(as_text=True)
    assert "387" in homes
    assert "76,000" in homes
    days = officer.get("/facilities?type=DAY").get_data(as_text=True)
    assert "1257" in days or "1,257" in days


def test_what_is_planned_up_to_2035_lies_in_eleven_districts(
    officer: FlaskClient,
) -> None:
    (phase,) = officer.get("/api/v1/scenarios/phases").json["items"]
    assert (phase["phase"], phase["year"]) == ("2021—2035", "2035")
    assert len(phase["facilities"]) == 77
    page = officer.get("/facilities?type=INST-TK").get_data(as_text=True)
    assert "77" in page
    lies = set(phase["facilities"])
    frame = facilities()
    assert frame[frame.index.isin(lies)]["division"].str[:6].nunique() == 11


def test_15_and_30_minutes_are_what_a_figure_says_it_stands_on() -> None:
    """1,000 m and 2,000 m at walking speeds of the elderly are about these."""
    words = Profile.of(Settings()).words().zh
    assert "城镇 15 分钟步行" in words
    assert "乡村 30 分钟步行" in words
    assert "900 m / 1800 m" in words
