"""The desk of one person: only what is theirs, what waits for them, what is late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from boundaries.registry import home as home_module
from boundaries.settings import Review
from tests.support.registries import Office, office

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bureau(tmp_path: Path) -> Office:
    return office(tmp_path)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_a_draft_waits_for_who_may_approve_it_and_nobody_else(bureau: Office) -> None:
    ask = bureau.registry.desk_of
    draft = bureau.stage()["id"]
    assert ids(ask("zhao")["mine"]) == [draft]
    assert ask("chen")["waiting"] == []
    bureau.registry.submit("zhao", draft)
    assert ids(ask("chen")["waiting"]) == [draft]
    assert ids(ask("zhao")["mine"]) == [draft], "the author sees it is on its way"
    # wang decides in one of its two districts only, the others decide nowhere
    for name in ("wang", "li", "planner", "viewer", "auditor", "root"):
        assert ask(name)["waiting"] == [], name
    assert ask("viewer")["mine"] == []


def test_what_came_back_stands_first_with_the_reason(bureau: Office) -> None:
    back = bureau.stage()["id"]
    bureau.registry.submit("zhao", back)
    bureau.registry.return_draft("chen", back, "缺批复")
    newer = bureau.stage(picture="AABB/AABB/CDDD")["id"]
    mine = bureau.registry.desk_of("zhao")["mine"]
    assert ids(mine) == [back, newer]
    assert (mine[0]["note"], mine[0]["by"]) == ("缺批复", "chen")


def test_a_draft_submitted_long_ago_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = office(tmp_path, review=Review(overdue_days=3))
    draft = bureau.stage()["id"]
    bureau.registry.submit("zhao", draft)
    assert bureau.registry.desk_of("chen")["waiting"][0]["late"] == 0

    def later(instant: str) -> float:
        moment = dt.datetime.fromisoformat(instant.replace("Z", "+00:00"))
        now = dt.datetime.now(dt.UTC) + dt.timedelta(days=4)
        return (now - moment).total_seconds() / 3600

    monkeypatch.setattr(home_module, "hours_since", later)
    assert bureau.registry.desk_of("chen")["waiting"][0]["late"] == 4


def test_approved_drafts_are_offered_to_who_may_publish(bureau: Office) -> None:
    draft = bureau.commit()
    assert ids(bureau.registry.desk_of("chen")["approved"]) == [draft["id"]]
    assert bureau.registry.desk_of("zhao")["approved"] == []
    assert bureau.registry.desk_of("chen")["changes"] == [], "not published yet"
    bureau.registry.publish("chen")
    assert bureau.registry.desk_of("chen")["approved"] == []


def test_changes_are_those_of_ones_own_area(bureau: Office) -> None:
    bureau.commit()
    bureau.registry.publish("chen")
    bureau.commit(
        picture="AABB/AABB/CDDD", effective="2022-01-01", basis="津民发〔2022〕2号"
    )
    bureau.registry.publish("chen")
    told = bureau.registry.desk_of("li")["changes"]
    assert [change["version"] for change in told] == [2, 1]
    assert told[0]["keys"] == ["120101002"], "the neighbour's unit is not theirs"
    assert (told[0]["effective"], told[0]["basis"]) == (
        "2022-01-01",
        "津民发〔2022〕2号",
    )


def test_only_administrators_look_after_the_server(bureau: Office) -> None:
    desk = bureau.registry.desk_of("root")
    assert desk["server"]["backup_late"], "there was never a backup"
    assert desk["server"]["accounts"] == len(bureau.registry.users("root"))
    assert desk["may"] == []
    assert bureau.registry.desk_of("chen")["server"] is None


def test_waivers_that_end_soon_are_told_to_who_may_renew_them(bureau: Office) -> None:
    draft = bureau.stage(picture="AABB/AA.B/CCDD")["id"]
    findings = bureau.registry.check("zhao", draft)
    gap = findings.iloc[0]
    soon = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=10)).isoformat()
    bureau.registry.waive("chen", draft, gap.fingerprint, "水面", soon)
    told = bureau.registry.desk_of("chen")["waivers"]
    assert [(w["draft"], w["rule"], w["expires"]) for w in told] == [
        (draft, gap.rule, soon)
    ]
    assert bureau.registry.desk_of("zhao")["waivers"] == []
