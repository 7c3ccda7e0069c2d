"""What the page is told: dates, changes, the tree, one division, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from geodata import crs
from tests.support import published
from tests.support.signed import client_as
from tests.webmap.conftest import drawn
from webmap import create_app
from webmap.divisions import detail

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from boundaries.registry import Registry

    Ask = Callable[[str], Any]

CELL_HA = float(crs.area_m2(drawn("A").geometry.to_numpy())[0]) / 1e4
"""About one cell of the drawing; cells further south are a little larger."""


def test_the_pointer_names_the_dates_and_what_each_rests_on(ask: Ask) -> None:
    found = ask("/p/current.json")
    assert [item["date"] for item in found["dates"]] == ["2020-01-01", "2022-06-01"]
    cited = found["dates"][1]["cited"][0]
    assert cited["basis"] == "甲〔2022〕9号"
    assert (cited["author"], cited["approver"]) == ("zhang", "li")
    assert cited["events"][0]["label"]["zh"] == "行政区域界线变更"
    assert found["version"] == 2


def test_a_change_names_who_gave_what_to_whom(ask: Ask) -> None:
    found = ask("/api/v1/changes/2020-01-01/2022-06-01")
    assert [row["code"] for row in found["changed"]] == ["120101", "120102"]
    (move,) = found["moves"]
    assert move["from"] == {"code": "120101", "name": "东区"}
    assert move["to"] == {"code": "120102", "name": "西区"}
    assert move["ha"] == pytest.approx(CELL_HA, rel=1e-3)
    west, south, east, north = move["box"]
    assert west < move["at"][0] < east
    assert south < move["at"][1] < north
    lost, gained = (row["after_km2"] - row["before_km2"] for row in found["changed"])
    assert lost == pytest.approx(-CELL_HA / 100, rel=1e-3)
    assert gained == pytest.approx(CELL_HA / 100, rel=1e-3)


def test_the_same_change_backwards_gives_the_area_back(ask: Ask) -> None:
    (move,) = ask("/api/v1/changes/2022-06-01/2020-01-01")["moves"]
    assert move["from"]["name"] == "西区"
    assert move["to"]["name"] == "东区"


def test_the_state_is_the_one_in_force_on_the_date(ask: Ask) -> None:
    assert ask("/api/v1/dates/2021-03-05")["date"] == "2020-01-01"
    assert ask("/api/v1/dates/2022-06-01")["date"] == "2022-06-01"
    assert ask("/api/v1/dates/2030-01-01")["date"] == "2022-06-01"


def test_before_the_first_date_there_is_nothing(client: FlaskClient) -> None:
    answer = client.get("/api/v1/dates/1999-01-01")
    assert answer.status_code == 404
    assert answer.json["message"]["zh"] == "1999-01-01 之前没有已发布的区划。"
    assert "2020-01-01" in answer.json["hint"]["en"]


def test_a_division_tells_its_history_and_neighbours(ask: Ask) -> None:
    found = ask("/api/v1/divisions/120101?date=2022-06-01")
    history = [(item["from"], item["to"]) for item in found["history"]]
    assert history == [("2022-06-01", None), ("2020-01-01", "2022-06-01")]
    now, before = (item["area_km2"] for item in found["history"])
    assert before - now == pytest.approx(CELL_HA / 100, rel=1e-3)
    assert found["history"][0]["cited"][0]["basis"] == "甲〔2022〕9号"
    neighbours = {item["name"] for item in found["division"]["neighbours"]}
    assert neighbours == {"西区", "南区"}
    assert found["division"]["official_km2"] is None


def test_a_state_cites_the_version_that_made_it(registry: Registry) -> None:
    """Not another of that day, nor one that only ended it."""
    store, frame = registry.store, drawn("AAB/AAB/CCC")
    for date, basis, changed in (
        ("2020-01-01", "founding", frame),
        ("2021-01-01", "A is renamed", frame[:1].assign(name="东一区")),
        ("2021-01-01", "B is renamed", frame[1:2].assign(name="西一区")),
        ("2022-01-01", "A again", frame[:1].assign(name="东二区")),
    ):
        published.publish(store, changed, date, basis=basis, complete=False)
    app = create_app(registry)
    edition = app.extensions["published"].edition()
    shown = edition.state("2022-01-01", wait=20)
    with app.app_context():
        history = detail(store, edition, shown, "120101")["history"]
    cited = [
        (item["from"][:4], [each["basis"] for each in item["cited"]])
        for item in history
    ]
    assert cited == [
        ("2022", ["A again"]),
        ("2021", ["A is renamed"]),
        ("2020", ["founding"]),
    ]


def test_an_unknown_division_is_said_to_be_unknown(client: FlaskClient) -> None:
    client.application.extensions["published"].edition().state("2022-06-01", wait=20)
    answer = client.get("/api/v1/divisions/999999")
    assert answer.status_code == 404
    assert "999999" in answer.json["message"]["zh"]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("东区", ["120101"]),
        ("区", ["120101", "120102", "120103"]),
        ("dq", ["120101"]),
        ("12010", ["120101", "120102", "120103"]),
        ("120103", ["120103"]),
        ("zzz", []),
        ("   ", []),
        (".*", []),
    ],
)
def test_search(ask: Ask, query: str, codes: list[str]) -> None:
    found = ask(f"/api/v1/search?q={query}")
    assert [item["code"] for item in found["nodes"]] == codes


def test_the_tree_opens_level_by_level(registry: Registry) -> None:
    import geopandas as gpd
    import pandas as pd

    districts = drawn("AAB/AAB/CCC", parent="120000")
    streets = drawn("AAB").assign(
        code=["120101001", "120101002"], parent="120101", level=4, kind="street"
    )
    streets.index = pd.Index(streets["code"], name="key")
    both = gpd.GeoDataFrame(pd.concat([districts, streets]), crs=districts.crs)
    published.publish(registry.store, both, "2020-01-01")
    client = client_as(create_app(registry))
    edition = client.application.extensions["published"].edition()
    edition.state("2020-01-01", wait=20)
    top = client.get("/api/v1/divisions").json["nodes"]
    assert [(n["code"], n["children"]) for n in top] == [
        ("120101", 2),
        ("120102", 0),
        ("120103", 0),
    ]
    below = client.get("/api/v1/divisions?parent=120101").json["nodes"]
    assert [n["code"] for n in below] == ["120101001", "120101002"]
    assert below[0]["kind"] == {"zh": "街道", "en": "street (subdistrict)"}
    levels = client.get("/api/v1/dates/2020-01-01").json["levels"]
    assert [item["level"] for item in levels] == [3, 4]
    assert levels[0]["zoom"] == 0


def test_many_topmost_divisions_are_grouped_by_what_is_above() -> None:
    import pandas as pd

    from webmap import divisions

    codes = [f"{p}{c:02}{n:02}" for p in (13, 14) for c in (1, 2) for n in range(1, 21)]
    frame = pd.DataFrame(
        {
            "code": codes,
            "name": codes,
            "kind": "county",
            "level": 3,
            "parent": [code[:4] + "00" for code in codes],
            "area_km2": 1.0,
            "area_official_km2": None,
            **dict.fromkeys("wsen", 0.0),
        },
        index=pd.Index(codes, name="key"),
    )
    state: Any = type("Drawn", (), {"frame": frame})()
    top = divisions.children(state, None)["nodes"]
    assert [(n["code"], n["children"]) for n in top] == [("130000", 40), ("140000", 40)]
    below = divisions.children(state, "130000")["nodes"]
    assert len(below) == 40
    assert all(node["code"].startswith("13") for node in below)


def test_a_recoded_division_is_a_succession_not_an_area_that_moved(
    registry: Registry,
) -> None:
    import geopandas as gpd
    import pandas as pd

    def layer(street: str, picture: str) -> Any:
        districts = drawn(picture, parent="120000")
        streets = drawn(picture).assign(
            code=[street, "120102001", "120103001"],
            parent=["120101", "120102", "120103"],
            level=4,
            kind="street",
        )
        streets.index = pd.Index(streets["code"], name="key")
        return gpd.GeoDataFrame(pd.concat([districts, streets]), crs=districts.crs)

    published.publish(registry.store, layer("120101101", "AAB/AAB/CCC"), "2020-01-01")
    published.publish(registry.store, layer("120101001", "AAB/AAB/CCC"), "2021-01-01")
    published.publish(registry.store, layer("120101001", "ABB/AAB/CCC"), "2022-01-01")
    client = client_as(create_app(registry))
    edition = client.application.extensions["published"].edition()
    for old, new in (("2020-01-01", "2021-01-01"), ("2021-01-01", "2022-01-01")):
        edition.transition(old, new, wait=20)
        for date in (old, new):
            edition.state(date, wait=20)
    recoded = client.get("/api/v1/changes/2020-01-01/2021-01-01").json
    assert recoded["moves"] == []
    (succession,) = recoded["successions"]
    assert succession["from"] == {"code": "120101101", "name": "东区"}
    assert succession["to"] == {"code": "120101001", "name": "东区"}
    moved = client.get("/api/v1/changes/2021-01-01/2022-01-01").json
    assert moved["successions"] == []
    sides = [(m["from"]["code"], m["level"], m["within"]) for m in moved["moves"]]
    assert sides == [("120101", 3, -1), ("120101001", 4, 0)]
