"""Siting as it is asked by people: kept, answered by a job, used, handed out."""

from __future__ import annotations

import io
import json
import shlex
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from boundaries.registry.siting import ANSWERED, REFUSED
from boundaries.services.edits import checked
from boundaries.services.siting import question
from boundaries.services.siting.using import edits_of
from geodata.errors import ForbiddenError, InputError, StateError
from tests.boundaries.services.frames import SOUTH, STEP, WEST
from tests.boundaries.services.towns import town_office
from tests.support.commands import quhua
from tests.support.registries import Office
from tests.support.working import inline

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTS = [
    {"name": f"地块{at}", "lon": WEST + x * STEP, "lat": SOUTH + y * STEP,
     "price": 2 + at, "beds": 100}
    for at, (x, y) in enumerate([(0, 0), (3, 3), (6, 6), (7, 1), (1, 6)])
]  # fmt: skip
ASK: dict[str, Any] = {
    "model": "mclp", "number": 2, "types": ["DAY"], "minutes": 4, "source": "points",
    "points": POINTS, "level": "community", "as_of": "2024-06-30",
}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = town_office(tmp_path_factory.mktemp("siting"))
    yield made
    made.registry.close()


def answered(town: Office, **other: Any) -> dict[str, Any]:
    """Ask, do the job here, and return the record."""
    asked = town.registry.ask_siting("judge", {**ASK, **other})
    inline(town.registry)
    return town.registry.siting_record("judge", asked["id"])


def test_a_question_is_kept_answered_once_and_used(town: Office) -> None:
    registry = town.registry
    first = registry.ask_siting("judge", ASK)
    assert first["answer"] is None
    assert registry.job("judge", first["job"])["kind"] == "siting"
    assert registry.ask_siting("judge", ASK)["job"] == first["job"]
    with pytest.raises(StateError, match="no answer"):
        registry.siting_plan("judge", first["id"])
    inline(registry)
    found = registry.siting_record("officer", first["id"])
    answer = found["answer"]
    assert found["state"] == ANSWERED
    assert answer["status"] == "optimal"
    assert answer["cost"] == sum(site["price"] for site in answer["opened"])
    total = answer["total"]
    assert total["after"] - total["before"] == pytest.approx(
        sum(site["newly"] for site in answer["opened"]), abs=0.01
    )
    assert registry.ask_siting("judge", ASK)["state"] == ANSWERED
    assert next(row["id"] for row in registry.sitings("judge")) == first["id"]
    plan = registry.siting_plan("judge", first["id"], "COM")
    assert [edit["type"] for edit in plan["edits"]] == ["COM", "COM"]
    assert plan["base"]["versions"]["network"] == 1
    with pytest.raises(InputError, match="no type"):
        registry.siting_plan("judge", first["id"], "SHOP")
    with pytest.raises(ForbiddenError):
        registry.ask_siting("reader", ASK)
    assert "siting" in [entry.verb for entry in registry.store.journal()]


def test_the_command_told_gives_the_same_answer(town: Office, tmp_path: Any) -> None:
    found = answered(town, source="nodes", points=[], most=40)
    asked = shlex.split(question.command_of(found["question"]))
    out = tmp_path / "answer.geojson"
    told = quhua(
        *asked[1:], "--out", out, "--store", town.registry.store.url, "--json"
    ).document
    kept = {k: v for k, v in found["answer"].items() if k not in ("id", "question")}
    assert kept == {k: told[k] for k in kept}
    assert len(json.loads(out.read_text())["features"]) == 2
    book = tmp_path / "answer.xlsx"
    assert quhua(*asked[1:], "--out", book, "--store", town.registry.store.url).out
    basis = openpyxl.load_workbook(book)["口径与版本"]
    assert shlex.join(asked) in [row[1] for row in basis.values]


def test_what_is_asked_wrongly_is_named(town: Office) -> None:
    for wrong, why in (
        ({"model": "best"}, "no model"),
        ({"number": None}, "number of new sites or a budget"),
        ({"number": 2.5}, "number"),
        ({"budget": 3}, "number of new sites or a budget"),
        ({"model": "lscp", "number": None, "budget": 3}, "no budget"),
        ({"source": "moon"}, "candidates come from"),
        ({"points": []}, "Mark 1 to"),
        ({"points": [{"lon": 200, "lat": 0}]}, "candidate 1"),
        ({"points": [{"lon": 116}]}, "candidate 1"),
        ({"source": "file"}, "no file"),
        ({"group": "cats"}, "people"),
        ({"minutes": "soon"}, "minutes"),
        ({"within": "990109"}, "990109"),
    ):
        with pytest.raises(InputError, match=why):
            town.registry.ask_siting("judge", {**ASK, **wrong})
    with pytest.raises(InputError, match="no type"):
        question.checked({**ASK, "types": ["SHOP"]})


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"number": 9}, "infeasible", "只有 5 个候选点"),
        ({"model": "lscp", "number": 1}, "infeasible", "多于允许的 1 处"),
        ({"number": None, "budget": 1}, "infeasible", "最便宜的需要 2"),
        ({"model": "capacitated", "points": [{**POINTS[0], "beds": None}], "number": 1},
         "input", "地块0"),
        ({"points": [{**POINTS[0], "lon": 121.0}], "number": 1}, "infeasible", "地块0"),
        ({"within": "990101002", "points": POINTS[:1], "number": 1}, "infeasible",
         "东街道"),
        ({"minutes": 0.1, "points": [{**POINTS[0], "lon": WEST - 5e-4}], "number": 1,
          "keep": False}, "infeasible", "到不了任何有人的地点"),
    ],
)  # fmt: skip
def test_no_answer_says_which_why_and_what_to_do(
    town: Office, wrong: dict[str, Any], code: str, words: str
) -> None:
    found = answered(town, **wrong)
    assert found["state"] == REFUSED
    assert found["answer"] is None
    assert found["refusal"]["error"] == code
    assert words in found["refusal"]["message"]["zh"]
    assert found["refusal"]["hint"]["zh"]


def test_a_candidate_that_can_be_none_is_left_out_by_name(town: Office) -> None:
    far = {**POINTS[0], "name": "湖心", "lon": 121.0}
    found = answered(town, points=[far, *POINTS], number=1)["answer"]
    left = {each["kind"]: each for each in found["omitted"]}
    assert left["candidate_off_street"]["keys"] == ["湖心"]
    inside = answered(town, within="990101001")["answer"]
    left = {each["kind"]: each for each in inside["omitted"]}
    assert left["candidate_outside"]["keys"] == ["地块2", "地块3"]
    assert {unit["code"][:9] for unit in inside["units"]} == {"990101001"}
    assert inside["total"]["people"] == pytest.approx(300)


def test_the_file_holds_sites_units_and_what_they_stand_on(town: Office) -> None:
    found = answered(town)
    name, content = town.registry.export_siting("judge", found["id"])
    assert name.endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    named = ["选址", "分单位", "合计", "未计入", "口径与版本", "使用范围"]
    assert book.sheetnames == named
    assert book["选址"].max_row == 3
    assert book["分单位"].max_row == 5
    _, points = town.registry.export_siting("judge", found["id"], "GeoJSON")
    assert len(json.loads(points)["features"]) == 2
    with pytest.raises(InputError, match="Not written"):
        town.registry.export_siting("judge", found["id"], "DXF")
    with pytest.raises(ForbiddenError):
        town.registry.export_siting("reader", found["id"])


def test_what_is_on_record_is_put_into_service() -> None:
    site = {"site": "规划点", "facility": "F7", "type": "DAY", "lon": 116.0,
            "lat": 39.0, "room": None, "place": "西街道"}  # fmt: skip
    answer = {"id": "abcdef0123", "question": {"types": ["DAY"]},
              "opened": [site, {**site, "type": "INST"}]}  # fmt: skip
    edits = edits_of(answer, beds=20)
    assert [edit["do"] for edit in edits] == ["open", "resize", "add"]
    assert edits[2]["facility"] == "SITE-abcdef-2"
    for beds in ("十张", "-1", "9" * 5000):
        with pytest.raises(InputError, match="beds"):
            checked(edits_of(answer, beds=beds))
    assert checked(edits_of(answer, beds="20"))[1]["beds"] == 20
