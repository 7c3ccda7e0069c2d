"""Pages and API of siting: asked, waited for, answered, handed out.

Saving an answer is in tests/browser: it takes a planning process.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.boundaries.services.test_siting_questions import ASK, POINTS
from tests.boundaries.services.towns import town_office
from tests.support.signed import client_as
from tests.support.working import inline
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.support.registries import Office

API = "/api/v1/siting"
HOSTILE = "<b>地块</b>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = town_office(tmp_path_factory.mktemp("siting"))
    yield made
    made.registry.close()


@pytest.fixture(scope="module")
def app(served: Office) -> Flask:
    return create_app(served.registry)


def test_a_question_is_answered_and_handed_out(app: Flask, served: Office) -> None:
    judge, reader = client_as(app, "judge"), client_as(app, "reader")
    points = [{**POINTS[0], "name": HOSTILE}, *POINTS[1:]]
    asked = judge.post(API, json={**ASK, "points": points})
    assert asked.status_code == 202
    key = asked.json["id"]
    page = judge.get(f"/siting/{key}").text
    assert asked.json["job"] in page
    assert judge.get(f"{API}/{key}/plan").status_code == 409
    assert "计算中" in judge.get("/siting").text
    inline(served.registry)
    found = judge.get(f"{API}/{key}").json
    assert found["answer"]["status"] == "optimal"
    page = judge.get(f"/siting/{key}").text
    assert "已证明最优" in page
    assert HOSTILE not in page
    assert "已证明最优" in judge.get("/siting").text
    assert "社区" in page
    plan = judge.get(f"{API}/{key}/plan?kind=COM&beds=9").json
    assert {edit["type"] for edit in plan["edits"]} == {"COM"}
    wrong = judge.post(f"/siting/{key}/scenario", data={"title": "", "kind": "DAY"})
    assert wrong.headers["Location"] == f"/siting/{key}"
    unknown = {"title": "选址", "kind": "SHOP", "beds": 20}
    assert judge.post(f"{API}/{key}/scenario", json=unknown).status_code == 400
    for driver, begins in (("XLSX", b"PK"), ("GPKG", b"SQLite"), ("GeoJSON", b"{")):
        file = judge.get(f"/siting/{key}/file?driver={driver}")
        assert file.data.startswith(begins)
    assert judge.get(f"{API}/{key}/file?language=en").data.startswith(b"PK")
    assert [row["id"] for row in judge.get(API).json["items"]] == [key]
    for address in ("/siting", f"/siting/{key}", f"{API}/{key}"):
        assert reader.get(address).status_code == 403
    assert reader.post(API, json=ASK).status_code == 403
    assert judge.get(f"{API}/nothing").status_code == 404


def test_what_cannot_be_answered_is_told_with_what_to_do(
    app: Flask, served: Office
) -> None:
    judge = client_as(app, "judge")
    for wrong, status in (
        ({"model": "best"}, 422), ({"number": None}, 400), ({"most": 0}, 422),
        ({"source": "file"}, 400), ({"points": [{"lat": 1}]}, 422),
        ({"source": "file", "upload": "U0"}, 404),
    ):  # fmt: skip
        assert judge.post(API, json={**ASK, **wrong}).status_code == status
    key = judge.post(API, json={**ASK, "model": "lscp", "number": 1}).json["id"]
    inline(served.registry)
    page = judge.get(f"/siting/{key}").text
    assert "没有可行方案" in page
    assert "覆盖人数最多）求 1 处" in page
    assert "无可行方案" in judge.get("/siting").text
    refused = judge.post(f"/siting/{key}/scenario", data={"title": "x"})
    assert refused.headers["Location"] == f"/siting/{key}"
    form = judge.get(f"/siting?copy={key}").text
    assert '"lscp"' in form


def test_candidates_come_from_an_upload(app: Flask, served: Office) -> None:
    judge, registry = client_as(app, "judge"), served.registry
    lines = ["名称,经度,纬度,造价,床位"]
    lines += [f"{p['name']},{p['lon']},{p['lat']},{p['price']},10" for p in POINTS]
    content = ("\n".join([*lines, "无坐标,,,5,10"]) + "\n").encode()
    body: dict[str, Any] = {
        "name": "候选.csv", "size": len(content), "purpose": "candidates"
    }  # fmt: skip
    upload = judge.post("/api/v1/uploads", json=body).json["id"]
    registry.put_part("judge", upload, 0, content, sha256(content).hexdigest())
    registry.finish_upload("judge", upload)
    asked = {**ASK, "source": "file", "upload": upload, "number": None, "budget": 6}
    key = judge.post(API, json=asked).json["id"]
    inline(registry)
    found = judge.get(f"{API}/{key}").json
    assert found["refusal"] is None
    answer = found["answer"]
    assert answer["cost"] <= 6
    assert answer["candidates"] == len(POINTS)
    left = {each["kind"]: each["keys"] for each in answer["omitted"]}
    assert left["candidate_no_place"] == ["无坐标"]
    assert "候选.csv" in judge.get(f"/siting/{key}").text
