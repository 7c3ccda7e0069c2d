"""Editing on the map through the registry: place, author, revision, lineage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LimitError,
    NotFoundError,
    StateError,
)
from geodata.topology.joining import dissolve
from tests.support.registries import CODES, Office

A, B, C, D = (CODES[letter][0] for letter in "ABCD")
SINCE = "2026-01-01"


def body(rev: int | None, op: str, **said: Any) -> bytes:
    """Return an edit as a browser sends it."""
    return json.dumps({"rev": rev, "operation": {"op": op, **said}}).encode()


def begun(desk: Office, actor: str = "zhao", unit: str = A) -> dict[str, Any]:
    """Return the editor of a new draft over the usual four streets."""
    if not desk.registry.store.head("divisions"):
        desk.commit()
    draft = desk.registry.begin_edit(actor, [unit], effective=SINCE, basis="批复")
    return desk.registry.editing(actor, draft["id"])


def border(state: dict[str, Any], *units: str) -> dict[str, Any]:
    """Return the border between two units."""
    return next(
        each
        for each in state["borders"]
        if {*each["left"].get("4", []), *each["right"].get("4", [])} == set(units)
    )


def moved(state: dict[str, Any], units: tuple[str, str], dx: float) -> bytes:
    """Return a move of the middle vertex of a border."""
    line = border(state, *units)
    xy = [list(place) for place in line["coordinates"]]
    xy[len(xy) // 2][0] += dx
    said = [{"id": line["id"], "coordinates": xy}]
    return body(state["rev"], "move", units=[units[0]], borders=said)


def test_a_moved_border_changes_both_and_finds_nothing(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    after = desk.registry.edit("zhao", draft, moved(state, (A, B), 0.002))
    changed = {row["code"]: row for row in after["areas"]}
    assert set(changed) == {A, B}
    assert changed[A]["after_m2"] > changed[A]["before_m2"]
    total = [
        sum(row[name] for row in after["areas"]) for name in changed[A] if "m2" in name
    ]
    assert total[0] == pytest.approx(total[1], abs=0.01)
    staged = desk.registry.store.staged(draft)
    both = dissolve(list(staged.new.geometry))
    assert dissolve([both], list(staged.old.geometry)).is_empty
    assert desk.registry.check("zhao", draft).empty
    done = desk.approve(draft)
    events = desk.registry.store.version(done["version"]).doc["events"]
    assert [event["type"] for event in events] == ["border"]
    assert desk.verbs()[-5:] == ["begin_edit", "edit", "check", "submit", "approve"]


def test_an_author_of_another_district_is_refused(desk: Office) -> None:
    state = begun(desk, "li")
    with pytest.raises(ForbiddenError, match=B):
        desk.registry.edit("li", state["draft"]["id"], moved(state, (A, B), 0.002))
    assert not len(desk.registry.store.staged(state["draft"]["id"]))
    with pytest.raises(ForbiddenError):
        desk.registry.begin_edit("li", [B], effective=SINCE)
    with pytest.raises(ForbiddenError):
        desk.registry.begin_edit("planner", [A], effective=SINCE)
    for other, error in (
        ("sun", NotFoundError),
        ("ma", ForbiddenError),
        ("viewer", ForbiddenError),
    ):
        with pytest.raises(error):
            desk.registry.edit(other, state["draft"]["id"], moved(state, (A, C), 0))


def test_a_border_within_the_district_is_the_surveyors_own(desk: Office) -> None:
    state = begun(desk, "li")
    line = border(state, A, C)
    xy = [list(place) for place in line["coordinates"]]
    xy[1][1] += 0.003
    said = [{"id": line["id"], "coordinates": xy}]
    edit = body(state["rev"], "move", units=[A], borders=said)
    after = desk.registry.edit("li", state["draft"]["id"], edit)
    assert {row["code"] for row in after["areas"]} == {A, C}
    marked = {unit["code"]: unit["foreign"] for unit in after["units"]}
    assert marked == {A: False, B: True, C: False, D: True}


def test_a_cut_writes_nobody_outside_the_subtree(desk: Office) -> None:
    state = begun(desk, "li")
    draft = state["draft"]["id"]
    line = [[116.99, 39.1951], [117.05, 39.1949]]
    said = {"unit": A, "line": line}
    proposed = desk.registry.propose_edit("li", draft, body(None, "split", **said))
    assert proposed["codes"] == ["120101003"]
    assert [piece["units"] for piece in proposed["pieces"]] == [[], []]
    assert proposed["notes"]
    parts = [{"code": A}, {"code": "120101003", "name": "新安街道"}]
    edit = body(state["rev"], "split", **said, parts=parts)
    after = desk.registry.edit("li", draft, edit)
    assert {row["code"] for row in after["areas"]} == {A, "120101003"}
    findings = desk.registry.check("li", draft)
    assert findings.empty
    (event,) = desk.registry.document(draft)["events"]
    assert (event["from"], event["to"]) == ([A], ["120101003"])


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"code": A}], "2 pieces; 1 codes"),
        ([{"code": A}, {"code": A}], "no split"),
        ([{"code": A}, {"code": C, "name": "x"}], "used before"),
        ([{"code": A}, {"code": "120101003"}], "a name"),
        ([{"code": A}, {"code": "120101003001", "name": "x"}], "another level"),
        ([{"code": A}, {"code": "120102009", "name": "x"}], "not under"),
    ],
)
def test_codes_that_do_not_fit_are_told(desk: Office, parts: Any, words: str) -> None:
    state = begun(desk)
    line = [[116.99, 39.195], [117.05, 39.195]]
    edit = body(state["rev"], "split", unit=A, line=line, parts=parts)
    with pytest.raises(InputError, match=words):
        desk.registry.edit("zhao", state["draft"]["id"], edit)


def test_merging_ends_one_and_says_so_in_the_lineage(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    edit = body(state["rev"], "merge", units=[A, C], into=A)
    after = desk.registry.edit("zhao", draft, edit)
    assert [row["code"] for row in after["areas"] if row["after_m2"] is None] == [C]
    desk.registry.check("zhao", draft)
    (event,) = desk.registry.document(draft)["events"]
    assert (event["type"], event["from"], event["to"]) == ("merge", [C], [A])
    other = body(after["rev"], "merge", units=[A, B], into=A)
    with pytest.raises(InputError, match="under different units"):
        desk.registry.edit("zhao", draft, other)


def test_attributes_are_edited_beside(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    values = {"name": "新东风街道", "area_official_km2": "3.2", "remark": "经核"}
    after = desk.registry.edit(
        "zhao", draft, body(state["rev"], "attributes", unit=A, values=values)
    )
    row = desk.registry.store.staged(draft).new.loc[A]
    assert (row["name"], row["area_official_km2"]) == ("新东风街道", 3.2)
    for wrong in ({"kind": "moon"}, {"population": "many"}, {"name": ""}):
        edit = body(after["rev"], "attributes", unit=A, values=wrong)
        with pytest.raises(InputError):
            desk.registry.edit("zhao", draft, edit)


def test_steps_are_undone_and_done_again_to_the_bit(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    one = desk.registry.edit("zhao", draft, moved(state, (A, B), 0.002))
    first = desk.registry.store.staged(draft).new
    two = desk.registry.edit("zhao", draft, moved(one, (A, C), 0.001))
    assert two["at"] == 2
    back = desk.registry.undo_edit("zhao", draft, two["rev"])
    again = desk.registry.store.staged(draft).new
    assert again.equals(first)
    nothing = desk.registry.undo_edit("zhao", draft, back["rev"])
    assert nothing["areas"] == []
    with pytest.raises(StateError, match="no edit to take back"):
        desk.registry.undo_edit("zhao", draft, nothing["rev"])
    with pytest.raises(StateError, match="changes nothing"):
        desk.registry.submit("zhao", draft)
    redone = desk.registry.redo_edit("zhao", draft, nothing["rev"])
    assert desk.registry.store.staged(draft).new.equals(first)
    other = desk.registry.edit("zhao", draft, moved(redone, (A, B), -0.004))
    assert [step["op"] for step in other["steps"]] == ["move", "move"]
    with pytest.raises(StateError, match="no edit to do again"):
        desk.registry.redo_edit("zhao", draft, other["rev"])


def test_an_edit_of_another_tab_is_not_lost(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    desk.registry.edit("zhao", draft, moved(state, (A, B), 0.002))
    with pytest.raises(StateError, match="changed elsewhere") as told:
        desk.registry.edit("zhao", draft, moved(state, (A, C), 0.002))
    assert told.value.code == "stale"
    unread = body(
        None,
        *["move"],
        units=[A],
        borders=[
            {
                "id": border(state, A, B)["id"],
                "coordinates": [[117.02, 39.2], [117.02, 39.18]],
            }
        ],
    )
    with pytest.raises(ConflictError, match="have changed"):
        desk.registry.edit("zhao", draft, unread)


def test_two_who_move_one_border_meet_at_the_approval(desk: Office) -> None:
    mine, theirs = begun(desk), begun(desk)
    desk.registry.edit("zhao", mine["draft"]["id"], moved(mine, (A, B), 0.002))
    desk.registry.edit("zhao", theirs["draft"]["id"], moved(theirs, (A, B), -0.002))
    desk.approve(mine["draft"]["id"])
    late = theirs["draft"]["id"]
    assert desk.registry.editing("zhao", late)["head"] > theirs["draft"]["base"]
    desk.registry.submit("zhao", late)
    with pytest.raises(ConflictError):
        desk.registry.approve("chen", late)
    document = desk.registry.document(late)
    assert document["state"] == "conflict"
    assert {side["key"] for side in document["conflict"]} >= {A}
    desk.registry.rebase("zhao", late)
    state = desk.registry.editing("zhao", late, [A])
    assert state["steps"] == []
    after = desk.registry.edit("zhao", late, moved(state, (A, B), 0.001))
    undone = desk.registry.undo_edit("zhao", late, after["rev"])
    assert {row["code"] for row in undone["areas"]} == {A, B}
    assert desk.approve(late)["state"] == "approved"


def test_a_returned_upload_is_edited_on(desk: Office) -> None:
    desk.commit()
    draft = desk.stage(picture="AAAB/AABB/CCDD", effective=SINCE)["id"]
    state = desk.registry.editing("zhao", draft, [A])
    after = desk.registry.edit("zhao", draft, moved(state, (A, C), 0.001))
    back = desk.registry.undo_edit("zhao", draft, after["rev"])
    assert back["at"] == 0
    assert {row["code"] for row in back["areas"]} == {A, B}


def test_a_submitted_draft_is_not_edited(desk: Office) -> None:
    state = begun(desk)
    draft = state["draft"]["id"]
    after = desk.registry.edit("zhao", draft, moved(state, (A, B), 0.002))
    desk.registry.submit("zhao", draft)
    with pytest.raises(StateError):
        desk.registry.edit("zhao", draft, moved(after, (A, B), 0.002))


def test_what_is_too_large_is_left_to_files(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = begun(desk)
    monkeypatch.setattr("boundaries.registry.edit_frame.MOST_AROUND", 5)
    with pytest.raises(LimitError):
        desk.registry.edit("zhao", state["draft"]["id"], moved(state, (A, B), 0.002))


def test_nothing_is_begun_where_nothing_is(desk: Office) -> None:
    desk.commit()
    for wrong in ([], ["120101099"], ["x"]):
        with pytest.raises(InputError):
            desk.registry.begin_edit("zhao", wrong, effective=SINCE)
