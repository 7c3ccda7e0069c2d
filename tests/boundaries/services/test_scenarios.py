"""Scenarios through the one door: tried out, kept, compared, reviewed, exported."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator

import openpyxl
import pytest

from boundaries.services import scenario_tables as tables
from boundaries.services.edits import checked
from boundaries.services.planning import client
from boundaries.services.planning.keeper import Keeper
from boundaries.services.scenarios import checked_base
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from tests.boundaries.services.frames import SOUTH, STEP, WEST
from tests.boundaries.services.towns import town_office
from tests.support.registries import Office
from tests.support.streets import town

BASE = {
    "as_of": "2024-06-30",
    "level": "community",
    "profile": {"urban_minutes": 4, "rural_minutes": 4},
}
CLOSE = [{"do": "close", "facility": "F1"}]
ADD = {"do": "add", "facility": "N1", "type": "DAY", "name": "新站", "beds": 20,
       "lon": WEST + 3 * STEP, "lat": SOUTH + 3 * STEP}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The small town, and a planning process for it."""
    made = town_office(tmp_path_factory.mktemp("planned"))
    yield made
    client.of(made.registry.store.url, made.registry.settings).stop()
    made.registry.close()


def test_a_plan_tells_what_changes_and_what_it_stands_on(served: Office) -> None:
    registry = served.registry
    before = registry.plan("judge", "one", BASE, [], whole=True)
    assert before["units"] == []
    assert [site["id"] for site in before["sites"]] == ["F1", "F2"]
    assert before["stamp"]["population"]["number"] == 3
    after = registry.plan("judge", "one", BASE, CLOSE)
    assert after["total"]["after"]["reached"] < after["total"]["before"]["reached"]
    assert after["lost"]["people"] > 0
    other = registry.plan("judge", "two", BASE, [])
    assert other["units"] == []
    with pytest.raises(ForbiddenError):
        registry.plan("reader", "one", BASE, [])
    with pytest.raises(InputError, match="no such facilities"):
        registry.plan("judge", "one", BASE, [{"do": "close", "facility": "F9"}])
    with pytest.raises(InputError, match="no level"):
        registry.plan("judge", "one", {"level": "planet"}, [])


def test_a_plan_that_can_stand_on_nothing_is_refused_in_words(served: Office) -> None:
    registry = served.registry
    with pytest.raises(NotFoundError, match="no divisions on 1900-12-31"):
        registry.plan("judge", "one", {"as_of": "1900"}, [ADD], indicators=True)
    for profile in ({"urban_minutes": "15"}, {"places": 2.5}, {"rural_mode": 5}):
        with pytest.raises(InputError, match=next(iter(profile)).replace("_", ".")):
            registry.plan("judge", "one", {**BASE, "profile": profile}, [])


def test_nothing_is_lost_when_the_process_dies(served: Office) -> None:
    registry = served.registry
    first = registry.plan("judge", "dies", BASE, CLOSE)
    desk = client.of(registry.store.url, registry.settings)
    before = desk.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    again = registry.plan("judge", "dies", BASE, CLOSE)
    assert again == first
    assert desk.pid not in (None, before)


def test_plans_go_with_the_situation_they_stand_on(
    served: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.registry, "local", True)  # as in its own process
    keeper = Keeper(served.registry, sessions=16)
    for minutes in (3, 4, 5, 6, 7):
        base = checked_base({**BASE, "profile": {"urban_minutes": minutes}})
        said = {"session": "judge:one", "base": base, "edits": checked(CLOSE)}
        [closed] = keeper.answer(said)["facilities"]
        assert not closed["serves"]
    kept = (keeper._fields, keeper._grounds, keeper._plans)
    assert [len(each.values()) for each in kept] == [3, 3, 3]
    searched = [id(each) for each in keeper._fields.values()]
    for level in ("street", "district"):
        base = checked_base({**base, "level": level, "types": ["DAY", "REG"]})
        keeper.answer({"session": "judge:one", "base": base, "edits": []})
    assert [id(each) for each in keeper._fields.values()] == searched


def test_few_wait_while_another_is_computed_and_the_rest_come_again(
    served: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = served.registry
    desk = client.of(registry.store.url, registry.settings)
    monkeypatch.setattr(client, "TURN_S", 0.05)
    desk._turn.acquire()
    try:
        with pytest.raises(QuhuaError) as caught:
            registry.plan("judge", "waits", BASE, [])
    finally:
        desk._turn.release()
    assert caught.value.code == "busy"
    assert registry.plan("judge", "waits", BASE, [])["units"] == []


def test_a_scenario_goes_its_way(served: Office) -> None:
    registry = served.registry
    made = registry.save_scenario("judge", " 新站  方案 ", BASE, [ADD], note="先议")
    name = made["id"]
    assert made["title"] == "新站 方案"
    assert made["scope"] == ["990101001001"]
    assert (
        made["base"]["versions"]["facilities"] == made["stamp"]["facilities"]["number"]
    )
    assert made["figures"]["total"]["after"]["beds"] == 20
    again = registry.recomputed_scenario("judge", name)
    assert (again["same"], again["differ"]) == (True, [])
    assert again["coverage"]["room"]["total"]["roomed"] > 0
    moved = [row["id"] for row in made["figures"]["indicators"] if tables.moves(row)]
    assert {"I11", "I14"} <= set(moved)
    with pytest.raises(ForbiddenError):
        registry.change_scenario(
            "officer", name, rev=made["rev"], title="x", base=BASE, edits=CLOSE
        )
    changed = registry.change_scenario(
        "judge",
        name,
        rev=made["rev"],
        title="改",
        base=made["base"],
        edits=[ADD, *CLOSE],
    )
    with pytest.raises(ConflictError):
        registry.change_scenario(
            "judge", name, rev=made["rev"], title="x", base=BASE, edits=CLOSE
        )
    assert registry.rename_scenario("judge", name, "定名")["title"] == "定名"
    registry.comment_scenario("officer", name, "床位够吗？")
    assert registry.move_scenario("judge", name, "submit")["state"] == "submitted"
    with pytest.raises(StateError):
        registry.rename_scenario("judge", name, "再改")
    with pytest.raises(ForbiddenError):
        registry.move_scenario("judge", name, "approve")
    with pytest.raises(InputError, match="reason"):
        registry.move_scenario("officer", name, "return")
    seen = registry.scenario("officer", name)
    assert set(seen["moves"]) == {"approve", "return"}
    with pytest.raises(ConflictError, match="changed meanwhile"):
        registry.move_scenario("officer", name, "approve", rev=seen["rev"] - 1)
    done = registry.move_scenario("officer", name, "approve", "同意", seen["rev"])
    assert done["state"] == "approved"
    whole = registry.scenario("judge", name)
    assert [step["state"] for step in whole["history"]] == [
        "draft", "submitted", "approved",
    ]  # fmt: skip
    assert whole["comments"][0]["text"] == "床位够吗？"
    assert [said["zh"] for said in whole["words"]] == [
        "新增日间照料中心“新站”", "关闭 中心1",
    ]  # fmt: skip
    assert whole["moves"] == []
    assert len(changed["edits"]) == 2
    verbs = [entry.verb for entry in registry.store.journal()]
    assert "approve_scenario" in verbs


def test_scenarios_beside_each_other(served: Office) -> None:
    registry = served.registry
    one = registry.save_scenario("judge", "关", BASE, CLOSE)
    two = registry.save_scenario("judge", "增", BASE, [ADD])
    found = registry.compare_scenarios("officer", [one["id"], two["id"], one["id"]])
    assert found["alike"]
    assert [each["id"] for each in found["scenarios"]] == [one["id"], two["id"]]
    closed, added = found["total"]["values"]
    assert closed["reached"] < found["total"]["base"]["reached"] < added["reached"]
    for unit in found["units"]:
        assert unit["base"] is not None
        assert len(unit["values"]) == 2
    later = registry.save_scenario(
        "judge", "晚", {**BASE, "as_of": "2026-01-01"}, [ADD]
    )
    unlike = registry.compare_scenarios("judge", [one["id"], later["id"]])
    assert not unlike["alike"]
    assert unlike["total"]["bases"] == [
        made["figures"]["total"]["before"] for made in (one, later)
    ]
    told = tables.compared_tables(unlike)["totals"]
    assert {f"now_{one['id']}", f"now_{later['id']}"} < set(told.columns)
    streets = registry.save_scenario("judge", "街", {**BASE, "level": "street"}, [ADD])
    with pytest.raises(InputError, match="different levels"):
        registry.compare_scenarios("judge", [one["id"], streets["id"]])
    registry.move_scenario("judge", later["id"], "discard")
    assert later["id"] not in {row["id"] for row in registry.scenarios("judge")}
    with pytest.raises(NotFoundError):
        registry.compare_scenarios("judge", ["S9999"])


def test_a_scenario_outlives_the_network_it_stands_on(served: Office) -> None:
    """Withdrawn, it counts for nothing new; what was computed on it stays the same."""
    registry = served.registry
    network = registry.add_network("judge", town(), effective="2020-01-01")["number"]
    one, other = ({**BASE, "profile": {"urban_minutes": n}} for n in (2.5, 3.5))
    made = registry.save_scenario("judge", "路网", one, CLOSE)
    assert made["base"]["versions"]["network"] == network
    registry.withdraw_network("judge", network, "有误")
    assert registry.recomputed_scenario("judge", made["id"])["same"]
    again = registry.plan("judge", "pinned", made["base"], CLOSE)
    assert again["stamp"]["network"]["number"] == network
    found = registry.plan("judge", "fresh", other, CLOSE)  # not asked a moment ago
    assert found["stamp"]["network"]["number"] < network


def test_a_scenario_as_files(served: Office) -> None:
    registry = served.registry
    evil = {**ADD, "name": "=1+1\x01"}
    made = registry.save_scenario("judge", "导出", BASE, [evil])
    name, content = registry.export_scenario("judge", made["id"])
    assert name == f"{made['id']}.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    names = ["合计", "分单位", "变动", "口径与版本", "指标", "未计入", "使用范围"]
    assert book.sheetnames == names
    assert book["使用范围"]["A1"].value == "内部使用，不得公开"
    assert book["合计"].oddHeader.center.text == "内部使用，不得公开"
    held = [(cell.value, cell.data_type) for row in book["变动"] for cell in row]
    assert [cell.value for cell in book["合计"][1]] == ["项目", "现状", "方案"]
    assert book["合计"]["A2"].value == "人数"
    heads = [cell.value for cell in book["分单位"][1]]
    assert "可达率（%）·方案" in heads
    assert not any(str(head).isascii() for head in heads)
    assert ("统计时点", BASE["as_of"]) in book["口径与版本"].values
    _, english = registry.export_scenario("judge", made["id"], language="en")
    assert openpyxl.load_workbook(io.BytesIO(english)).sheetnames[0] == "Totals"
    assert ("=1+1", "s") in held
    _, package = registry.export_scenario("judge", made["id"], "GPKG")
    assert package[:15] == b"SQLite format 3"
    with pytest.raises(InputError, match="Not written"):
        registry.export_scenario("judge", made["id"], "DOC")


def test_a_scenario_that_changes_nothing_is_none(served: Office) -> None:
    registry = served.registry
    with pytest.raises(InputError, match="changes nothing"):
        registry.save_scenario("judge", "空", BASE, [])
    with pytest.raises(InputError, match="title"):
        registry.save_scenario("judge", " ", BASE, CLOSE)
    with pytest.raises(InputError, match="is planned"):
        registry.phase_scenario("judge", "2030", BASE)
    assert registry.phases("judge") == []
