"""Pages and API of facilities: list, record, form, new sites, merging."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from flask import Flask

from geodata import crs
from tests.support.published import publish
from tests.support.registries import Office, office
from tests.support.signed import add_user, client_as
from webmap.app import create_app

HOSTILE = "<img src=x onerror=alert(1)>${7*7}{{7*7}}"
HOMES = [
    {"facility": "Y1", "name": "康乐养老院", "type": "INST", "status": "operating",
     "beds_total": 90, "beds_nursing": 60, "ownership": "private",
     "functions": ["board", "meals"], "phone": "022-2345678"},
    {"facility": "Y2", "name": "康乐养老院有限公司", "type": "INST",
     "status": "operating", "area_m2": 1200.0, "phone": "0222345678",
     "remark": HOSTILE},
    {"facility": "Y3", "name": "东山敬老院", "type": "INST-TK", "status": "moved",
     "moved_to": "Y4", "beds_total": 40},
    {"facility": "Y4", "name": "东山敬老院（新院）", "type": "INST-TK",
     "status": "building"},
    {"facility": "Y5", "name": "和平区殡仪馆", "type": "FUNERAL",
     "status": "operating", "domain": "funeral"},
]  # fmt: skip
SPOTS = [(117.05, 39.05), (117.0501, 39.05), (117.02, 39.02), (117.15, 39.05), None]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two districts and five facilities, published."""
    made = office(tmp_path_factory.mktemp("facilities"))
    for name, role in (("officer", "eldercare_officer"), ("head", "planner")):
        add_user(made.registry, name, [f"{role}:120000"])
    boxes = [shapely.box(117, 39, 117.1, 39.1), shapely.box(117.1, 39, 117.2, 39.1)]
    units = {"code": ["120101", "120102"], "name": ["和平区", "河东区"],
             "kind": ["district"] * 2, "level": [3, 3]}  # fmt: skip
    frame = gpd.GeoDataFrame(units, geometry=boxes, crs=crs.STORAGE)
    publish(made.registry.store, frame.set_index("code", drop=False), "2020")
    rows = pd.DataFrame(HOMES, dtype=object)
    rows["division"] = ["120101", "120101", "120101", "120102", "120101"]
    points = [None if spot is None else shapely.Point(*spot) for spot in SPOTS]
    homes = gpd.GeoDataFrame(rows, geometry=points, crs=crs.STORAGE)
    publish(
        made.registry.store, homes.set_index("facility", drop=False), "2021",
        layer="facilities",
    )  # fmt: skip
    yield made
    made.registry.close()


@pytest.fixture
def app(bureau: Office, tmp_path: Path) -> Flask:
    return create_app(bureau.registry, cache=tmp_path / "cache")


API = "/api/v1/facilities"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["officer", "head", "viewer"])
def test_every_page_opens_for_who_is_signed_in(
    app: Flask, name: str, lang: str
) -> None:
    client = client_as(app, name)
    for page in ("/facilities", "/facilities/Y2", "/facilities/Y3"):
        answer = client.get(f"{page}?lang={lang}")
        assert answer.status_code == 200
        assert b"onerror=alert(1)>" not in answer.data
    for page in ("/facilities/new", "/facilities/Y1/edit", "/facilities/Y3/relocate"):
        status = 200 if name == "officer" or (name == "head") else 403
        assert client.get(page).status_code == status


def test_nobody_gets_to_the_register_without_signing_in(app: Flask) -> None:
    stranger = app.test_client()
    assert stranger.get("/facilities").status_code == 303
    assert stranger.get(API).status_code == 401
    assert stranger.get(f"{API}/points?bbox=117,39,118,40").status_code == 401


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        ("", {"Y1", "Y2", "Y3", "Y4", "Y5"}),
        ("?q=东山 新院", {"Y4"}),
        ("?q=0222345678", {"Y2"}),
        ("?type=INST-TK", {"Y3", "Y4"}),
        ("?standing=moved", {"Y3"}),
        ("?standing=placeless", {"Y5"}),
        ("?ownership=private", {"Y1"}),
        ("?domain=funeral", {"Y5"}),
        ("?under=120102", {"Y4"}),
        ("?beds=41", {"Y1"}),
    ],
)
def test_the_list_is_searched_and_narrowed(
    app: Flask, wish: str, shown: set[str]
) -> None:
    client = client_as(app, "viewer")
    found = client.get(f"{API}{wish}").json
    assert {row["facility"] for row in found["rows"]} == shown
    assert found["counts"]["all"] == 5
    assert found["counts"]["placeless"] == 1
    box = f"{API}/points{wish or '?'}&bbox=117,39,118,40"
    drawn = client.get(box).json
    assert {item["id"] for item in drawn["features"]} == shown - {"Y5"}


def test_beds_are_added_up_by_kind_and_what_lacks_them_is_said(app: Flask) -> None:
    found = client_as(app, "viewer").get(f"{API}?sort=-beds_total").json
    assert found["sums"]["beds_total"] == {"sum": 130, "lacking": 3}
    assert found["sums"]["beds_nursing"] == {"sum": 60, "lacking": 4}
    assert [row["facility"] for row in found["rows"]][:2] == ["Y1", "Y3"]
    assert client_as(app, "viewer").get(f"{API}?type=nothing").status_code == 422


def test_a_record_shows_its_sites_whichever_says_so(app: Flask) -> None:
    client = client_as(app, "viewer")
    old, new = client.get(f"{API}/Y3").json, client.get(f"{API}/Y4").json
    assert [site["facility"] for site in old["sites"]["to"]] == ["Y4"]
    assert [site["facility"] for site in new["sites"]["from"]] == ["Y3"]
    assert "新址" in client.get("/facilities/Y3").text
    assert "原址" in client.get("/facilities/Y4").text
    assert client.get(f"{API}/Y9").status_code == 404


def test_a_form_puts_a_facility_into_a_draft(app: Flask, bureau: Office) -> None:
    client = client_as(app, "officer")
    sent = {
        "name": "长乐日间照料中心", "type": "DAY", "status": "operating",
        "lon": "117.03", "lat": "39.03", "functions": ["board", "nurse"],
        "day_places": "30", "comprehensive": "false", "effective": "2024",
    }  # fmt: skip
    first = client.post("/facilities/new", data=sent)
    assert first.status_code == 303, first.text
    draft = first.location.rsplit("/", 1)[-1]
    row = bureau.registry.staged("officer", draft).new.iloc[0]
    assert (row["facility"], row["division"]) == ("F1201010000001", "120101")
    assert (row["functions"], row["day_places"]) == (["board", "nurse"], 30)
    assert (row["comprehensive"], row["level"]) == (False, 5)
    wrong = client.post("/facilities/new", data={**sent, "day_places": "-3"})
    assert wrong.status_code == 422
    bureau.registry.discard("officer", draft)


def test_what_a_form_leaves_alone_stays(app: Flask, bureau: Office) -> None:
    client = client_as(app, "officer")
    found = client.get(f"{API}/Y1").json
    sent = {
        name: value
        for name, value in found.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    } | {"functions": found["functions"], "beds_total": 95, "effective": "2024"}
    answer = client.post("/facilities/Y1/edit", data=sent)
    assert answer.status_code == 303, answer.text
    draft = answer.location.rsplit("/", 1)[-1]
    changes = bureau.registry.staged("officer", draft)
    new, old = changes.new.astype(object), changes.old.astype(object)
    same = new.eq(old) | (new.isna() & old.isna())
    differ = set(new.columns[~same.loc["Y1"]])
    assert differ - {"geometry"} == {"beds_total", "domain"}
    bureau.registry.discard("officer", draft)


def test_a_facility_built_anew_elsewhere_is_two_linked_records(
    app: Flask, bureau: Office
) -> None:
    client = client_as(app, "officer")
    assert "康乐养老院" in client.get("/facilities/Y1/relocate").text
    sent = {
        "facility": "Y9", "name": "康乐养老院", "type": "INST", "beds_total": "120",
        "status": "building", "lon": "117.15", "lat": "39.04", "effective": "2025-03",
        "basis": "津民〔2025〕3号",
    }  # fmt: skip
    answer = client.post("/facilities/Y1/relocate", data=sent)
    assert answer.status_code == 303, answer.text
    draft = answer.location.rsplit("/", 1)[-1]
    changes = bureau.registry.staged("officer", draft)
    assert list(changes.new.loc["Y1", ["status", "moved_to"]]) == ["moved", "Y9"]
    assert changes.new.loc["Y1", "beds_total"] == 90
    new = changes.new.loc["Y9"]
    assert (new["moved_from"], new["division"]) == ("Y1", "120102")
    found = bureau.registry.check("officer", draft)
    assert not (found["severity"] == "error").any()
    again = client.post(
        f"{API}/Y1/relocate",
        json={"record": {"facility": "Y3", "name": "x"}, "effective": "2025"},
    )
    assert again.status_code == 400, "a code that is taken"
    bureau.registry.discard("officer", draft)


def test_two_records_of_one_facility_become_one(app: Flask, bureau: Office) -> None:
    client = client_as(app, "officer")
    found = client.get(f"{API}/Y1").json["perhaps"]
    assert [item["facility"] for item in found] == ["Y2"]
    page = client.get("/facilities/Y1/merge/Y2")
    assert page.status_code == 200
    assert "1,200" in page.text
    answer = client.post("/facilities/Y1/merge/Y2", data={"effective": "2024"})
    assert answer.status_code == 303
    draft = answer.location.rsplit("/", 1)[-1]
    changes = bureau.registry.staged("officer", draft)
    assert list(changes.removed) == ["Y2"]
    assert list(changes.new.loc["Y1", ["beds_total", "area_m2"]]) == [90, 1200.0]
    bureau.registry.discard("officer", draft)
    same = client.post(f"{API}/Y1/merge/Y1", json={"effective": "2024"})
    assert same.status_code == 400
    denied = client_as(app, "viewer").post(
        f"{API}/Y1/merge/Y2", json={"effective": "2024"}
    )
    assert denied.status_code == 403


def test_merging_moves_the_links_of_others(app: Flask, bureau: Office) -> None:
    client = client_as(app, "officer")
    sent = {"effective": "2024"}
    draft = client.post(f"{API}/Y1/merge/Y4", json=sent).json["id"]
    changes = bureau.registry.staged("officer", draft)
    assert changes.new.loc["Y3", "moved_to"] == "Y1"
    bureau.registry.discard("officer", draft)


def test_two_records_are_chosen_from_the_list_and_compared(app: Flask) -> None:
    client = client_as(app, "officer")
    page = client.get("/facilities?lang=zh").get_data(as_text=True)
    assert "合并两条记录" in page
    found = client.get("/facilities/merge?kept=Y1&gone=Y2")
    assert found.headers["Location"] == "/facilities/Y1/merge/Y2"
    for asked in ("kept=Y1&gone=Y1", "kept=Y1&gone=Y99", ""):
        found = client.get(f"/facilities/merge?{asked}&lang=zh")
        assert found.headers["Location"] == "/facilities"
    told = client.get("/facilities?lang=zh").get_data(as_text=True)
    assert "不是登记中的两条记录：Y99" in told
    assert client_as(app, "viewer").get("/facilities/merge").status_code == 403
