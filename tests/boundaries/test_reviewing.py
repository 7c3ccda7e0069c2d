"""What a reviewer looks at: lists, changes, findings, remarks, conflicts, impact."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely

from boundaries.registry import findings, listing, previewing, staging
from boundaries.registry.findings import Wanted
from boundaries.registry.turns import Turns
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LimitError,
    NotFoundError,
    StateError,
    StoreError,
    Text,
)
from tests.support.registries import Office, streets

HOLE = "AABB/A.BB/CCDD"
A, B, C, D = "120101001", "120102001", "120101002", "120102002"


def _conflicting(desk: Office, **more: Any) -> str:
    """A draft of zhao's put in conflict by another of li's or zhao's."""
    desk.commit()
    mine = desk.stage(picture="AAAB/AABB/CCDD", effective="2021")
    theirs = desk.stage(picture="AABB/AAAB/CCDD", effective="2021", **more)
    desk.approve(mine["id"])
    desk.registry.submit("zhao", theirs["id"])
    with pytest.raises(ConflictError):
        desk.registry.approve("chen", theirs["id"])
    return str(theirs["id"])


def _overlapping(desk: Office) -> tuple[str, str]:
    """A draft of zhao's with an overlap, and the fingerprint of that finding."""
    frame = streets()
    shape = frame.geometry.iloc[0]
    _, south, east, north = shape.bounds
    corner = shapely.box(east, south, east + 2e-6, north)
    frame.loc[frame.index[0], "geometry"] = shapely.union(shape, corner)
    draft = desk.registry.stage("zhao", frame, effective="2021")["id"]
    desk.registry.check("zhao", draft)
    page = desk.registry.findings_page("zhao", draft, Wanted(repair=True))
    return str(draft), str(page["rows"][0]["fingerprint"])


def test_a_draft_of_another_district_is_not_there(desk: Office) -> None:
    draft = desk.stage("li", picture="A", effective="2020")["id"]
    registry = desk.registry
    for verb in (registry.seen, registry.draft_changes, registry.conversation):
        with pytest.raises(NotFoundError) as missing:
            verb("sun", draft)
        assert A not in str(missing.value)
        with pytest.raises(NotFoundError):  # decides on services, not on borders
            verb("planner", draft)
    with pytest.raises(NotFoundError):
        registry.comment("sun", draft, "看看")
    assert registry.seen("wang", draft)["id"] == draft
    assert registry.draft_list("sun", listing.Wanted())["total"] == 0


def test_the_lists_are_by_what_one_has_to_do(desk: Office) -> None:
    one, two = desk.stage()["id"], desk.stage("li", picture="A")["id"]
    desk.registry.submit("zhao", one)

    def listed(who: str, **how: Any) -> list[str]:
        page = desk.registry.draft_list(who, listing.Wanted(**how))
        return [row["id"] for row in page["rows"]]

    assert listed("zhao", box="mine") == [one]
    assert listed("chen", box="waiting") == [one]
    assert listed("zhao", box="waiting") == []
    assert listed("wang", box="waiting") == []
    assert listed("chen", sort="id", descending=False) == [one, two]
    assert listed("chen", author="li") == [two]
    assert listed("chen", state="submitted") == [one]
    assert listed("chen", until="2001-01-01") == []
    assert listed("chen", sort="id", descending=False, start=1, limit=1) == [two]
    desk.registry.return_draft("chen", one, "补文件")
    assert listed("zhao", box="waiting") == [one]
    with pytest.raises(InputError):
        listing.Wanted(state="nowhere")


def test_changes_draw_what_moved_and_between_whom(desk: Office) -> None:
    desk.commit()
    draft = desk.stage(picture="AAAB/AABB/CCDD", effective="2021")["id"]
    loose = desk.registry.draft_changes("zhao", draft)
    desk.registry.check("zhao", draft)
    kept = desk.registry.draft_changes("chen", draft)
    assert {**kept} == {**loose}
    [moved] = kept["moves"]
    assert (moved["from"], moved["to"]) == (B, A)
    assert (moved["from_name"], moved["to_name"]) == ("西关街道", "东风街道")
    cell = desk.registry.store.snapshot("divisions").geometry.loc[A].area / 4
    [drawn] = kept["drawn"]["moved"]["features"]
    shape = shapely.geometry.shape(drawn["geometry"])
    assert shape.area == pytest.approx(cell, rel=1e-6)
    old, new = (shapely.geometry.shape(kept["drawn"][each]) for each in ("old", "new"))
    assert old.bounds[0] == pytest.approx(117.02)
    assert new.bounds[2] == pytest.approx(117.03)
    assert old.intersection(new).length == pytest.approx(0, abs=1e-9)
    assert {unit["key"]: unit["change"] for unit in kept["units"]} == {
        A: "changed",
        B: "changed",
    }
    for unit in kept["units"]:
        assert unit["area_after_m2"] != unit["area_before_m2"]


def test_a_first_import_and_a_rename_have_no_moves(desk: Office) -> None:
    first = desk.stage()["id"]
    found = desk.registry.draft_changes("zhao", first)
    assert found["first"]
    assert found["moves"] == []
    assert found["counts"]["added"] == 4
    desk.approve(first)
    renamed = desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    found = desk.registry.draft_changes("zhao", renamed)
    assert found["moves"] == []
    assert found["units"][0]["attributes"]["name"] == ["东风街道", "东大街道"]
    assert not found["units"][0]["redrawn"]
    assert found["drawn"]["units"]["features"] == []


def test_a_large_change_waits_for_its_check(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boundaries.registry import draft_changes

    monkeypatch.setattr(draft_changes, "SMALL", 5)
    monkeypatch.setattr(draft_changes, "MOST_VERTICES", 20)
    draft = desk.stage()["id"]
    assert desk.registry.draft_changes("zhao", draft) == {"ready": False, "staging": 1}
    desk.registry.check("zhao", draft)
    found = desk.registry.draft_changes("zhao", draft)
    assert found["ready"]
    assert found["simplified_m"] > 0


def test_what_can_be_mended_is_counted_on_every_page(desk: Office) -> None:
    """A page without a repair must not hide those on other pages."""
    draft, _ = _overlapping(desk)
    ask = desk.registry.findings_page
    can = ask("zhao", draft, Wanted(repair=True))["matching"]
    other = ask("zhao", draft, Wanted(rule="off_line"))
    assert other["matching"] == 0
    assert other["mendable"] == can > 0


def test_findings_keep_their_number_whatever_is_asked(desk: Office) -> None:
    draft = desk.stage(picture="AABB/A.BB/CC.D/CCDD", effective="2020")["id"]
    with pytest.raises(StateError) as unchecked:
        desk.registry.findings_page("zhao", draft, Wanted())
    assert unchecked.value.code == "unchecked"
    desk.registry.check("zhao", draft)
    ask = desk.registry.findings_page
    page = ask("zhao", draft, Wanted())
    numbers = [row["number"] for row in page["rows"]]
    assert numbers == list(range(1, page["total"] + 1))
    ranks = [("error", "warning", "info").index(r["severity"]) for r in page["rows"]]
    assert ranks == sorted(ranks)
    turned = ask("zhao", draft, Wanted(), sort="number", descending=True, limit=1)
    assert turned["rows"][0]["number"] == page["total"]
    gaps = ask("zhao", draft, Wanted(rule="gap"))
    assert {row["rule"] for row in gaps["rows"]} <= {"gap"}
    by_number = {row["number"]: row["fingerprint"] for row in page["rows"]}
    assert all(by_number[r["number"]] == r["fingerprint"] for r in gaps["rows"])
    named = ask("zhao", draft, Wanted(unit="东风"))
    assert named["matching"]
    assert all("东风" in row["message"]["zh"] for row in named["rows"])
    drawn = desk.registry.findings_drawn("zhao", draft, Wanted())
    marks = desk.registry.findings_drawn("zhao", draft, Wanted(), marks=True)["marks"]
    assert {mark[0] for mark in marks} == {
        feature["properties"]["number"] for feature in drawn["features"]
    }
    far = desk.registry.findings_drawn("zhao", draft, Wanted(), (100, 20, 101, 21))
    assert far["features"] == []
    assert json.dumps(drawn, allow_nan=False)


def test_sources_are_cited_and_our_own_notes_are_not() -> None:
    said = findings.cited("行政区域界线管理条例 art 2; domain H7")
    assert said == {
        "zh": "《行政区域界线管理条例》第2条",
        "en": "行政区域界线管理条例 art 2",
    }
    assert findings.cited("domain H7, C6") == {"zh": "", "en": ""}


def test_comments_are_kept_in_the_conversation_and_journalled(
    desk_anywhere: Office,
) -> None:
    desk = desk_anywhere
    draft = desk.stage(picture=HOLE)["id"]
    mark = desk.registry.check("zhao", draft)["fingerprint"].iloc[0]
    desk.registry.comment("zhao", draft, "  湖面  ")
    said = desk.registry.comment("chen", draft, "<b>请附图</b>", finding=mark)
    assert (said["number"], said["finding"]) == (2, mark)
    assert desk.verbs()[-1] == "comment"
    words = [
        each["text"]
        for each in desk.registry.conversation("zhao", draft)
        if each["kind"] == "comment"
    ]
    assert words == ["湖面", "<b>请附图</b>"]
    for text, finding in (("", None), ("x" * 5000, None), ("x", "f" * 16)):
        with pytest.raises(InputError):
            desk.registry.comment("zhao", draft, text, finding)
    desk.registry.discard("zhao", draft)
    with pytest.raises(StateError):
        desk.registry.comment("zhao", draft, "late")


def test_a_colleague_without_a_part_in_it_may_not_comment(desk: Office) -> None:
    desk.registry.add_user("root", "qian", [])
    desk.registry.set_roles("keeper", "qian", ["surveyor:120000"])
    draft = desk.stage()["id"]
    with pytest.raises(ForbiddenError):
        desk.registry.comment("qian", draft, "我也说两句")


def test_what_is_approved_is_the_staging_that_was_seen(desk: Office) -> None:
    draft = desk.stage()["id"]
    desk.registry.submit("zhao", draft)
    seen = desk.registry.seen("chen", draft)["staging"]
    desk.registry.withdraw("zhao", draft)
    desk.registry.stage("zhao", streets(A="东大街道"), effective="2020", draft=draft)
    desk.registry.submit("zhao", draft)
    with pytest.raises(StateError):
        desk.registry.approve("chen", draft, staging=seen)
    assert desk.registry.store.head("divisions") == 0
    assert desk.registry.approve("chen", draft, staging=seen + 1)["version"] == 1


def test_a_preview_of_repairs_shows_cost_and_changes_nothing(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.commit()
    draft, mark = _overlapping(desk)
    before = len(desk.verbs())
    found = desk.registry.repair_preview("zhao", draft, [mark])
    [entry] = found["repairs"]
    assert entry["done"]
    assert entry["cost"]["largest_shift_m"] < 1
    assert {unit["key"] for unit in found["units"]} & {A, B}
    for unit in found["units"]:
        assert unit["before"] != unit["after"]
        assert unit["name"].endswith("街道"), "people know a unit by its name"
    assert len(desk.verbs()) == before
    assert desk.registry.seen("zhao", draft)["staging"] == 1
    with pytest.raises(InputError):
        desk.registry.repair_preview("zhao", draft, ["f" * 16])
    with pytest.raises(InputError):
        desk.registry.repair_preview("zhao", draft, [])
    turns = Turns(1, 0.01, Text("忙", "busy"))
    monkeypatch.setattr(previewing, "TURNS", turns)
    with turns.taken(), pytest.raises(StoreError) as busy:
        desk.registry.repair_preview("zhao", draft, [mark])
    assert busy.value.code == "busy", "not eight processes of three gigabytes"


def test_a_preview_reads_only_what_is_around_and_tries_the_same(
    desk_anywhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_anywhere
    desk.commit()
    draft, mark = _overlapping(desk)
    store = desk.registry.store
    report = desk.registry.report("zhao", draft)
    chosen = report[report["fingerprint"] == mark]
    changes = store.staged(draft)
    layer = staging.layer_before(store, "divisions", changes.effective)
    whole = previewing._near(staging.applied(layer, changes), chosen)
    near = previewing._near(previewing.around(store, changes, chosen), chosen)
    assert list(near.index) == list(whole.index)
    assert near.geometry.to_wkb().equals(whole.geometry.to_wkb())
    assert near.drop(columns="geometry").equals(whole.drop(columns="geometry"))
    monkeypatch.setattr(previewing, "MOST_AROUND", 5)
    with pytest.raises(LimitError, match="vertices"):
        previewing.around(store, changes, chosen)


@pytest.mark.parametrize(
    "verb", ["repair_preview", "conflict", "resolve", "waive", "approve"]
)
def test_no_request_reads_the_whole_layer(
    desk: Office, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    asked = []
    if verb in ("repair_preview", "waive"):
        desk.commit()
        draft, mark = _overlapping(desk)
        call: tuple[Any, ...] = (draft, [mark])
    elif verb == "approve":
        desk.commit()
        draft = desk.stage(picture="AAAB/AABB/CCDD", effective="2021")["id"]
        desk.registry.check("zhao", draft)
        desk.registry.submit("zhao", draft)
    else:
        draft = _conflicting(desk)
        call = (draft,)
    head = desk.registry.store.head("divisions")
    snapshot = type(desk.registry.store).snapshot

    def seen(self: Any, layer: str, **how: Any) -> Any:
        asked.append(how.get("keys") is not None or how.get("bbox") is not None)
        return snapshot(self, layer, **how)

    monkeypatch.setattr(type(desk.registry.store), "snapshot", seen)
    if verb == "resolve":
        sides = dict.fromkeys((A, B), "mine")
        desk.registry.resolve("zhao", *call, sides, head=head)
    elif verb == "waive":
        desk.registry.waive("chen", draft, mark, "临时")
    elif verb == "approve":
        desk.registry.approve("chen", draft)
    else:
        getattr(desk.registry, verb)("zhao", *call)
    assert asked
    assert all(asked)


def test_a_conflict_is_settled_unit_by_unit(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    draft = _conflicting(desk)
    found = desk.registry.conflict("zhao", draft)
    assert {unit["key"] for unit in found["units"]} == {A, B}
    unit = next(each for each in found["units"] if each["key"] == A)
    assert unit["strip_m2"] > 1e5
    assert all(unit["sides"][side] for side in ("base", "mine", "theirs"))
    assert [each["author"] for each in found["by"]] == ["zhao"]
    head = found["head"]
    resolve = desk.registry.resolve
    with pytest.raises(InputError):
        resolve("zhao", draft, {A: "mine"}, head=head)
    with pytest.raises(StateError):
        resolve("zhao", draft, {A: "mine", B: "mine"}, head=head - 1)
    with pytest.raises(InputError) as nothing:
        resolve("zhao", draft, {A: "theirs", B: "theirs"}, head=head)
    assert nothing.value.code == "unchanged"
    with pytest.raises(ForbiddenError):
        resolve("chen", draft, {A: "mine", B: "mine"}, head=head)
    moved = resolve("zhao", draft, {A: "mine", B: "mine"}, head=head)
    assert (moved["state"], moved["base"], moved["conflict"]) == ("draft", head, None)
    assert desk.verbs()[-1] == "resolve"
    done = desk.approve(draft)
    assert done["version"] == 3


def test_theirs_leaves_the_draft(desk: Office) -> None:
    desk.commit()
    mine = desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")
    both = desk.registry.stage(
        "zhao", streets(A="东小街道", D="北大街道"), effective="2021"
    )
    desk.approve(mine["id"])
    desk.registry.submit("zhao", both["id"])
    with pytest.raises(ConflictError):
        desk.registry.approve("chen", both["id"])
    found = desk.registry.conflict("zhao", both["id"])
    assert found["units"][0]["attributes"]["name"] == [
        "东风街道",
        "东小街道",
        "东大街道",
    ]
    desk.registry.resolve("zhao", both["id"], {A: "theirs"}, head=found["head"])
    desk.approve(both["id"])
    names = desk.registry.store.snapshot("divisions")["name"]
    assert (names[A], names[D]) == ("东大街道", "北大街道")


def test_impact_says_what_readers_will_see(desk: Office) -> None:
    desk.commit()
    desk.registry.publish("chen")
    with pytest.raises(StateError):
        desk.registry.impact("chen")
    draft = desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    desk.approve(draft)
    seen = desk.registry.seen("chen", draft)
    assert desk.registry.publishable("chen", seen)
    assert not desk.registry.publishable("wang", seen) or seen["scope"] == [A]
    found = desk.registry.impact("chen")
    assert (found["version"], found["previous"]) == (2, 1)
    assert found["names"] == [{"key": A, "from": "东风街道", "to": "东大街道"}]
    assert found["changed"]["units"] == [{"key": A, "name": "东大街道"}]
    assert found["added"]["total"] == found["ended"]["total"] == 0
    with pytest.raises(ForbiddenError):
        desk.registry.impact("zhao")


def test_waivers_in_force_are_listed_where_their_drafts_are_seen(desk: Office) -> None:
    draft = desk.stage(picture=HOLE)["id"]
    mark = desk.registry.check("zhao", draft)["fingerprint"].iloc[0]
    desk.registry.waive("chen", draft, mark, "湖面")
    [waiver] = desk.registry.waivers_seen("zhao")
    assert (waiver["fingerprint"], waiver["stands"]) == (mark, "holds")
    assert desk.registry.waivers_seen("li") == []
    kinds = [e["kind"] for e in desk.registry.conversation("zhao", draft)]
    assert kinds == ["move", "waiver"]
