"""Decisions: a second person, on the layer as it stands, with nothing overwritten."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from boundaries.registry import reports
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StateError,
)
from tests.support.registries import Office, streets

HOLE = "AABB/A.BB/CCDD"


def test_author_is_not_approver(desk: Office) -> None:
    """I5: even who holds both roles does not decide on their own draft."""
    desk.registry.set_roles("keeper", "zhao", ["surveyor", "boundary_manager"])
    draft = desk.stage()["id"]
    desk.registry.submit("zhao", draft)
    with pytest.raises(ForbiddenError):
        desk.registry.approve("zhao", draft)
    with pytest.raises(ForbiddenError):
        desk.registry.return_draft("zhao", draft, "mine")
    assert desk.registry.approve("chen", draft)["version"] == 1


@pytest.mark.parametrize(
    "who", ["root", "keeper", "watcher", "auditor", "viewer", "li"]
)
def test_who_never_approves(desk: Office, who: str) -> None:
    draft = desk.stage()["id"]
    desk.registry.submit("zhao", draft)
    # To a surveyor of another district there is no such draft.
    with pytest.raises(NotFoundError if who == "li" else ForbiddenError):
        desk.registry.approve(who, draft)


def test_an_approver_decides_within_their_subtree(desk: Office) -> None:
    draft = desk.stage()["id"]
    desk.registry.submit("zhao", draft)
    for decide in (
        lambda: desk.registry.approve("wang", draft),
        lambda: desk.registry.return_draft("wang", draft, "不明"),
        lambda: desk.registry.waive("wang", draft, "0" * 16, "飞地"),
    ):
        with pytest.raises(NotFoundError) as refused:  # it names nobody and nothing
            decide()
        assert str(refused.value.message.en) == f"There is no draft {draft}."
    assert desk.registry.approve("chen", draft)["state"] == "approved"


def test_the_version_says_how_it_came_to_be(desk: Office) -> None:
    draft = desk.stage(title="首次入库")["id"]
    desk.registry.submit("zhao", draft)
    desk.registry.approve("chen", draft, "同意")
    version = desk.registry.store.version(1)
    assert (version.author, version.approver) == ("zhao", "chen")
    assert version.basis == "津民发〔2020〕1号"
    assert version.message == "同意"
    assert version.doc["draft"] == draft
    assert version.doc["title"] == "首次入库"
    assert desk.registry.store.blob(version.doc["report"])


@pytest.mark.parametrize("verb", ["approve", "waive"])
def test_what_is_decided_is_what_was_seen(
    desk: Office, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Nothing staged while the check runs slips in under its report."""
    registry = desk.registry
    desk.commit()
    draft = desk.stage(picture="AAAB/AABB/CCDD", effective="2021")["id"]
    mark = "f" * 16
    if verb == "waive":
        draft = desk.stage(picture="AAAB/AA.B/CCDD", effective="2021")["id"]
        mark = registry.check("zhao", draft)["fingerprint"].iloc[0]
        registry.waive("ma", draft, mark, "湖面")
    registry.submit("zhao", draft)
    checked = registry.checked

    def slow(actor: str, name: str) -> dict[str, Any]:
        monkeypatch.undo()
        registry.withdraw("zhao", draft)
        again = streets("ABBB/AABB/CCDD")
        registry.stage("zhao", again, effective="2022", draft=draft)
        registry.submit("zhao", draft)
        return checked(actor, name)

    monkeypatch.setattr(registry, "checked", slow)
    more = (mark, "湖面") if verb == "waive" else ()
    with pytest.raises(StateError):
        getattr(registry, verb)("chen", draft, *more)
    assert registry.store.head("divisions") == 1
    assert registry.draft("zhao", draft)["state"] == "submitted"


def test_a_moved_base_is_rebased_where_nothing_touches(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    desk.commit("AAAABBBB/CCCCDDDD")
    mine = desk.registry.stage(
        "zhao", streets("AAAABBBB/CCCCDDDD", A="东大街道"), effective="2021"
    )
    theirs = desk.registry.stage(
        "zhao", streets("AAAABBBB/CCCCDDDD", D="北大街道"), effective="2021"
    )
    desk.approve(mine["id"])
    done = desk.approve(theirs["id"])
    assert done["state"] == "approved"
    names = desk.registry.store.snapshot("divisions")["name"]
    assert (names["120101001"], names["120102002"]) == ("东大街道", "北大街道")


def test_a_conflict_shows_both_sides_and_overwrites_nothing(
    desk_anywhere: Office,
) -> None:
    desk = desk_anywhere
    desk.commit()
    mine = desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")
    theirs = desk.registry.stage("zhao", streets(A="东小街道"), effective="2021")
    desk.approve(mine["id"])
    desk.registry.submit("zhao", theirs["id"])
    with pytest.raises(ConflictError) as conflict:
        desk.registry.approve("chen", theirs["id"])
    assert conflict.value.details
    document = desk.registry.draft("zhao", theirs["id"])
    assert document["state"] == "conflict"
    side = document["conflict"][0]
    assert side["key"] == "120101001"
    assert side["mine"]["properties"]["name"] == "东小街道"
    assert side["theirs"]["properties"]["name"] == "东大街道"
    assert (
        desk.registry.store.snapshot("divisions").loc["120101001", "name"] == "东大街道"
    )
    assert desk.verbs()[-1] == "conflict"

    desk.registry.rebase("zhao", theirs["id"])
    done = desk.approve(theirs["id"])
    assert done["version"] == 3
    assert (
        desk.registry.store.snapshot("divisions").loc["120101001", "name"] == "东小街道"
    )


def test_who_waits_for_the_answer_is_not_kept_by_a_check(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a web request a decision never checks: a job does, before it."""
    registry = desk.registry
    draft = desk.stage()["id"]
    registry.submit("zhao", draft)
    document = registry.document(draft)
    with registry.store.write() as tx:
        old = {**document["findings"], "base": -1}
        registry.put_draft(tx, {**document, "findings": old})
    mark = "0" * 16
    registry.prompt = True
    monkeypatch.setattr(
        type(registry), "examine", lambda *_: pytest.fail("it was checked")
    )
    for decide in (
        lambda: registry.approve("chen", draft),
        lambda: registry.waive("chen", draft, mark, "法定飞地"),
    ):
        with pytest.raises(StateError) as caught:
            decide()
        assert caught.value.code == "unchecked"
    with registry.store.write() as tx:
        fresh = registry.document(draft, tx)
        registry.put_draft(tx, {**fresh, "findings": document["findings"]})
    monkeypatch.setattr(type(registry), "_commit", lambda *_, **__: None)
    with pytest.raises(StateError, match="busy"):
        registry.approve("chen", draft)


def test_a_waiver_names_reason_approver_and_expiry(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    draft = desk.stage(picture="AABB/AA.B/CCDD")["id"]
    findings = desk.registry.check("zhao", draft)
    mark = findings["fingerprint"].iloc[0]
    with pytest.raises(ForbiddenError):
        desk.registry.waive("zhao", draft, mark, "湖面")
    with pytest.raises(NotFoundError):
        desk.registry.waive("chen", draft, "f" * 16, "湖面")
    waiver = desk.registry.waive("chen", draft, mark[:8], "湖面", "2099-12")
    assert waiver["expires"] == "2099-12-31"
    assert (waiver["requester"], waiver["approver"]) == ("zhao", "chen")
    kept = desk.registry.findings("zhao", draft)
    assert kept.loc[kept["fingerprint"] == mark, "waived"].all()
    done = desk.approve(draft)
    doc = desk.registry.store.version(done["version"]).doc
    assert [w["fingerprint"] for w in doc["waivers"]] == [mark]


def test_a_waiver_outlives_re_upload_but_not_a_change_near_it(desk: Office) -> None:
    gap = "AABB/AA.B/CCDD"
    draft = desk.stage(picture=gap)["id"]
    mark = desk.registry.check("zhao", draft)["fingerprint"].iloc[0]
    desk.registry.waive("chen", draft, mark, "湖面")
    shuffled = streets(gap).iloc[::-1]
    desk.registry.stage("zhao", shuffled, effective="2020", draft=draft)
    found = desk.registry.check("zhao", draft)
    assert found.set_index("fingerprint").loc[mark, "waived"]

    near = streets(gap)
    moved = near.geometry.copy()
    index = near.index[near["code"] == "120102001"][0]
    coords = moved[index].exterior.coords
    nudged = [
        (x + 1e-5, y) if (round(x, 4), round(y, 4)) == (117.03, 39.19) else (x, y)
        for x, y in coords
    ]
    moved[index] = type(moved[index])(nudged)
    desk.registry.stage("zhao", near.set_geometry(moved), effective="2020", draft=draft)
    desk.registry.check("zhao", draft)
    report = desk.registry.draft("zhao", draft)["findings"]
    assert mark not in report["waived"]


def test_near_sees_edges_whatever_their_order() -> None:
    frame = streets().set_index("code")
    turned = frame.assign(geometry=frame.geometry.reverse())
    row = type(
        "Row",
        (),
        {"participants": ("120101001",), "geometry": frame.geometry.iloc[0].centroid},
    )
    wide = 5_000
    assert reports.near(row, frame, wide) == reports.near(row, turned, wide)
    far = frame.assign(geometry=frame.geometry.translate(1e-6, 0))
    assert reports.near(row, frame, wide) != reports.near(row, far, wide)


def test_an_expired_waiver_no_longer_frees(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = streets()
    frame.loc[0, "name"] = None
    draft = desk.registry.stage("zhao", frame, effective="2020")["id"]
    found = desk.registry.check("zhao", draft)
    errors = found[found["severity"] == "error"]
    assert len(errors)
    for mark in errors["fingerprint"]:
        desk.registry.waive("chen", draft, mark, "待定名", "2099")
    desk.registry.submit("zhao", draft)
    for module in ("checking", "decisions"):
        monkeypatch.setattr(f"boundaries.registry.{module}.today", lambda: "2100-01-01")
    with pytest.raises(StateError) as stopped:
        desk.registry.approve("chen", draft)
    assert stopped.value.code == "blocked"


def test_revert_is_a_new_version_through_the_same_review(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    desk.commit()
    desk.approve(
        desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    )
    draft = desk.registry.revert("zhao", 2)
    assert draft["reverts"] == 2
    assert draft["state"] == "draft"
    done = desk.approve(draft["id"])
    assert done["version"] == 3
    store = desk.registry.store
    assert store.snapshot("divisions").loc["120101001", "name"] == "东风街道"
    assert store.snapshot("divisions", at=2).loc["120101001", "name"] == "东大街道"


def test_revert_refuses_what_changed_again(desk: Office) -> None:
    desk.commit()
    for year, name in (("2021", "东大街道"), ("2022", "东小街道")):
        desk.approve(desk.registry.stage("zhao", streets(A=name), effective=year)["id"])
    with pytest.raises(ConflictError) as refused:
        desk.registry.revert("zhao", 2)
    assert "120101001" in refused.value.message.en


def test_a_code_given_up_is_never_given_again(desk: Office) -> None:
    desk.commit()
    kept = streets("AABB/AABB/CCCC")
    ended = desk.registry.stage("zhao", kept, effective="2021", complete="120102")
    desk.approve(ended["id"])
    again = desk.registry.stage("zhao", streets(), effective="2022")["id"]
    found = desk.registry.check("zhao", again)
    assert "120102002" in [
        key
        for row in found[found["rule"] == "code_reused"].itertuples()
        for key in row.participants
    ]
    with pytest.raises(StateError):
        desk.registry.submit("zhao", again)


def test_the_first_version_can_be_reverted_too(desk: Office) -> None:
    desk.commit()
    undo = desk.registry.revert("zhao", 1)
    assert undo["counts"] == {"added": 0, "changed": 0, "removed": 4}
    desk.approve(undo["id"])
    assert desk.registry.store.snapshot("divisions").empty
    assert len(desk.registry.store.snapshot("divisions", at=1)) == 4


def test_an_earlier_state_learned_later_does_not_touch_the_present(
    desk: Office,
) -> None:
    desk.commit(effective="2020")
    old = desk.registry.stage("zhao", streets(A="东大街道"), effective="2015")
    desk.approve(old["id"])
    store = desk.registry.store
    name = {
        on: store.snapshot("divisions", valid_on=on).loc["120101001", "name"]
        for on in ("2016", "2021")
    }
    assert name == {"2016": "东大街道", "2021": "东风街道"}


def only(code: str, picture: str = "AABB/AABB/CCDD", **names: str) -> Any:
    """Return one unit of a picture as a file without the others."""
    drawn = streets(picture, **names)
    return drawn[drawn["code"] == code]


@pytest.fixture
def moved(desk: Office) -> Office:
    """A layer of 2010 whose border between A and B moved in 2020."""
    desk.commit(effective="2010-01-01")
    desk.commit("AAAB/AABB/CCDD", effective="2020-01-01")
    return desk


def whole(desk: Office, on: str) -> bool:
    """Return whether the layer of a date has neither a hole nor an overlap."""
    drawn = desk.registry.store.snapshot("divisions", valid_on=on).geometry.to_numpy()
    together = shapely.union_all(drawn).area
    return bool(together == pytest.approx(12e-4) == shapely.area(drawn).sum())


def test_a_name_of_the_past_leaves_the_border_of_the_past(moved: Office) -> None:
    """What the file does not mention stays what it was then."""
    frame = only("120102001", B="旧西关街道")
    draft = moved.registry.stage("zhao", frame, effective="2015")
    assert draft["counts"] == {"added": 0, "changed": 1, "removed": 0}
    moved.approve(draft["id"])
    names = {
        on: moved.registry.store.snapshot("divisions", valid_on=on)["name"]["120102001"]
        for on in ("2012", "2016", "2021")
    }
    assert names == {"2012": "西关街道", "2016": "旧西关街道", "2021": "西关街道"}
    assert all(whole(moved, on) for on in names)


def test_the_past_is_checked_too(moved: Office) -> None:
    """Today's border handed in for 2015 without its neighbour overlaps it then."""
    frame = only("120101001", "AAAB/AABB/CCDD")
    draft = moved.registry.stage("zhao", frame, effective="2015")["id"]
    found = moved.registry.check("zhao", draft)
    assert "overlap" in set(found.loc[found["severity"] == "error", "rule"])
    with pytest.raises(StateError):
        moved.registry.submit("zhao", draft)


def test_what_of_the_past_holds_on_is_checked_today(moved: Office) -> None:
    """A and C changed ground in 2015: A has a later border, C would keep it."""
    frame = streets("AABB/CABB/CCDD").query("code in ['120101001', '120101002']")
    draft = moved.registry.stage("zhao", frame, effective="2015")["id"]
    found = moved.registry.check("zhao", draft)
    assert "overlap" in set(found["rule"])


def test_a_version_of_the_past_can_be_reverted(moved: Office) -> None:
    frame = streets("ABBB/AABB/CCDD")
    moved.approve(moved.registry.stage("zhao", frame, effective="2015")["id"])
    undo = moved.registry.revert("zhao", 3)
    assert undo["counts"] == {"added": 0, "changed": 2, "removed": 0}
    moved.approve(undo["id"])
    store = moved.registry.store
    for on in ("2012", "2016", "2021"):
        now, then = (store.snapshot("divisions", at=at, valid_on=on) for at in (4, 2))
        assert now.geometry.geom_equals(then.geometry).all()


def test_a_version_that_ended_units_can_be_reverted(desk: Office) -> None:
    """Its codes are taken back, not given anew; unless the draft is restaged."""
    desk.commit()
    merged = streets("AABB/AABB/CCCC")
    ended = desk.registry.stage("zhao", merged, effective="2021", complete="120102")
    desk.approve(ended["id"])
    undo = desk.registry.revert("zhao", 2)
    again = desk.registry.revert("zhao", 2)["id"]
    desk.registry.stage("zhao", streets(), effective="2022", draft=again)
    assert "code_reused" in set(desk.registry.check("zhao", again)["rule"])
    desk.approve(undo["id"])
    assert len(desk.registry.store.snapshot("divisions")) == 4


def test_nobody_waives_their_own_finding_on_another_draft(desk: Office) -> None:
    desk.registry.set_roles("keeper", "zhao", ["surveyor", "boundary_manager"])
    desk.registry.set_roles("keeper", "sun", ["surveyor"])
    gap = "AABB/AA.B/CCDD"
    mine = desk.stage(picture=gap)["id"]
    theirs = desk.stage("sun", picture=gap)["id"]
    mark = desk.registry.check("sun", theirs)["fingerprint"].iloc[0]
    desk.registry.waive("zhao", theirs, mark, "湖面")
    desk.registry.check("zhao", mine)
    assert mark not in desk.registry.draft("zhao", mine)["findings"]["waived"]
    assert mark in desk.registry.draft("sun", theirs)["findings"]["waived"]


def test_a_waiver_names_its_finding(desk: Office) -> None:
    draft = desk.stage(picture="AABB/AA.B/CCDD")["id"]
    mark = desk.registry.check("zhao", draft)["fingerprint"].iloc[0]
    with pytest.raises(InputError):
        desk.registry.waive("chen", draft, mark[:1], "湖面")
