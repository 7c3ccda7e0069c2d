"""Pages and API of population: list, one unit, export, files meant for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.boundaries.services.test_gridded import tiff
from tests.boundaries.services.towns import town_office
from tests.support.registries import Office
from tests.support.signed import client_as
from webmap.app import create_app

FIRST = "990101001001"
API = "/api/v1/population"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = town_office(tmp_path_factory.mktemp("population-pages"))
    yield made
    made.registry.close()


@pytest.fixture
def app(bureau: Office, tmp_path: Path) -> Flask:
    return create_app(bureau.registry, cache=tmp_path / "cache")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["officer", "judge", "reader"])
def test_the_pages_open_and_keep_few_people_from_readers(
    app: Flask, name: str, lang: str
) -> None:
    client = client_as(app, name)
    page = client.get(f"/population?lang={lang}").get_data(as_text=True)
    assert FIRST in page
    assert "＊" in page if name == "reader" else "＊" not in page
    assert ("/population/export" in page) is (name != "reader")
    assert ("target=population" in page) is (name != "reader")
    one = client.get(f"/population/{FIRST}?lang={lang}").get_data(as_text=True)
    assert "一社区" in one
    assert "＊" in one if name == "reader" else "＊" not in one
    assert client.get("/population/990199001001").status_code == 404
    assert client.get("/population?on=nonsense").status_code == 400


def test_programs_ask_for_part_of_the_list_on_a_date(app: Flask) -> None:
    client = client_as(app, "officer")
    found = client.get(f"{API}?sort=-total&limit=2&on=2024").get_json()
    assert [row["aged_60"] for row in found["rows"]] == [100, 200]
    assert found["total"] == 4
    assert client.get(f"{API}?sort=nonsense").status_code == 422
    told = client_as(app, "reader").get(f"{API}/{FIRST}").get_json()
    assert told["aged_60"] is None
    assert told["withheld"] == ["aged_60"]
    items = client.get(f"{API}/{FIRST}/history").get_json()["items"]
    assert len(items) >= 2


def test_the_list_is_exported_as_it_is_filtered(app: Flask, bureau: Office) -> None:
    client = client_as(app, "officer")
    token = client.get("/population").get_data(as_text=True)
    token = token.split('name="csrf-token" content="')[1].split('"')[0]
    sent = {"csrf_token": token, "driver": "CSV", "under": "990101001"}
    answer = client.post("/population/export", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exports")
    asked = bureau.registry.exports("officer")[0]
    assert asked["keys"] == [FIRST, "990101001002"]
    assert "places" not in asked["fields"]
    bad = client.post("/population/export", data={**sent, "driver": "DWG"})
    assert bad.status_code == 400
    empty = client.post("/population/export", data={**sent, "q": "没有"})
    assert empty.status_code == 400
    body = {"driver": "XLSX", "filter": {"level": "5"}}
    answer = client.post(f"{API}/export", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == 202
    done = bureau.registry.make_export("officer", asked["id"])
    assert done["made"]["features"] == 2


def test_a_grid_is_taken_for_population_whoever_sends_it(
    bureau: Office, tmp_path: Path
) -> None:
    registry = bureau.registry
    content = tiff(tmp_path / "people.tif", [[1.0] * 8] * 8).read_bytes()
    table = registry.begin_upload("officer", "t.csv", 9, target="population")
    assert table["said"]["target"] == "population"
    begun = registry.begin_upload("officer", "people.tif", len(content))
    assert begun["said"]["target"] == "facilities"
    digest = hashlib.sha256(content).hexdigest()
    registry.put_part("officer", begun["id"], 0, content, digest)
    done = registry.finish_upload("officer", begun["id"])
    assert done["said"]["target"] == "population"
