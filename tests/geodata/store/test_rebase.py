"""Two people change the map at once: what may follow, what must be shown."""

from __future__ import annotations

import pytest
import shapely

from geodata.errors import ConflictError
from geodata.store import rebase
from geodata.store.diffing import changes_between
from tests.support.drawn import coverage_of
from tests.support.stores import change, commit, zone, zones

MAP = "AABBCC/AABBCC/DDEEFF"


def drawn(picture, **columns):
    frame = coverage_of(picture).set_index("code", drop=False)
    return frame.assign(**columns) if columns else frame


@pytest.fixture
def base(store):
    """The map at version 1, as two people took it away."""
    commit(store, change(store, drawn(MAP, name="旧"), "2010"))
    return store.snapshot("zones")


def from_base(base, frame, effective="2016"):
    return changes_between(base, frame, layer="zones", base=1, effective=effective)


def one(frame, *keys, **columns):
    return frame.loc[list(keys)].assign(**columns)


def test_changes_far_apart_follow_each_other(store, base):
    mine = from_base(base, drawn("ABBBCC/AABBCC/DDEEFF"))
    theirs = from_base(base, drawn("AABBCC/AABBCC/DDEEEF"))
    assert (list(mine.keys), list(theirs.keys)) == (["A", "B"], ["E", "F"])
    commit(store, theirs)
    commit(store, mine)
    now = store.snapshot("zones").geometry
    wanted = drawn("ABBBCC/AABBCC/DDEEEF").geometry
    assert all(
        now[key].normalize() == shapely.MultiPolygon([wanted[key]]).normalize()
        for key in wanted.index
    )


def test_the_same_feature_is_a_conflict_that_shows_both_sides(store, base):
    commit(store, from_base(base, one(base, "A", name="他们")))
    with pytest.raises(ConflictError) as caught:
        commit(store, from_base(base, one(base, "A", "F", name="我们")))
    (detail,) = caught.value.details
    assert (detail["kind"], detail["key"]) == ("feature", "A")
    sides = [detail[side]["properties"]["name"] for side in ("base", "mine", "theirs")]
    assert sides == ["旧", "我们", "他们"]
    assert detail["theirs"]["geometry"]["type"] == "MultiPolygon"
    assert "A" in caught.value.text("zh")
    assert store.head("zones") == 2


def test_the_same_border_from_its_two_sides_is_a_conflict(store, base):
    """Mine redraws only B towards A, theirs only A towards B."""
    mine = from_base(base, one(drawn("AABBCC/ABBBCC/DDEEFF"), "B"))
    theirs = from_base(base, one(drawn("AAABCC/AABBCC/DDEEFF"), "A"))
    commit(store, theirs)
    with pytest.raises(ConflictError) as caught:
        commit(store, mine)
    (detail,) = caught.value.details
    assert (detail["kind"], detail["key"], detail["other"]) == ("border", "B", "A")
    strip = shapely.geometry.shape(detail["strip"])
    assert strip.area == pytest.approx(2 * 0.01**2)
    assert detail["base"]["B"]["geometry"] != detail["mine"]["geometry"]
    assert store.head("zones") == 2


def test_borders_that_meet_in_one_point_are_a_conflict(store, base):
    mine = from_base(base, one(drawn("AABBCC/AAABCC/DDEEFF"), "A", "B"))
    theirs = from_base(base, one(drawn("AABBCC/AABBCC/DDDEFF"), "D", "E"))
    commit(store, theirs)
    with pytest.raises(ConflictError, match="same border"):
        commit(store, mine)


def test_words_changed_beside_a_moved_border_follow(store, base):
    commit(store, from_base(base, drawn("ABBBCC/AABBCC/DDEEFF")))
    commit(store, from_base(base, one(base, "D", "E", name="改名")))
    assert store.snapshot("zones")["name"].to_dict() == {
        **dict.fromkeys("ABCF", "旧"),
        **dict.fromkeys("DE", "改名"),
    }


def test_the_same_change_by_both_is_no_conflict(store, base):
    twice = from_base(base, one(base, "A", name="新"))
    commit(store, twice)
    commit(store, twice)
    assert len(store.history("zones", "A")) == 3
    assert store.snapshot("zones").loc["A", "name"] == "新"


def test_one_ends_what_the_other_changes(store, base):
    ended = from_base(base, base.iloc[:0].copy(), "2016")
    ended = changes_between(
        base,
        base.drop(index="A"),
        layer="zones",
        base=1,
        effective="2016",
        complete=True,
    )
    commit(store, ended)
    with pytest.raises(ConflictError) as caught:
        commit(store, from_base(base, one(base, "A", name="新")))
    assert caught.value.details[0]["theirs"] is None


def test_two_add_the_same_code(store, base):
    far = zones(Z={"name": "一", "at": (90, 30)})
    mine = from_base(base, far.assign(name="二"))
    commit(store, from_base(base, far))
    with pytest.raises(ConflictError) as caught:
        commit(store, mine)
    assert caught.value.details[0]["base"] is None
    assert caught.value.details[0]["theirs"]["properties"]["name"] == "一"


def test_a_change_not_made_from_what_the_store_holds_is_refused(store, base):
    lying = changes_between(
        base.assign(name="别的"),
        one(base, "A", name="新"),
        layer="zones",
        base=1,
        effective="2016",
    )
    with pytest.raises(ConflictError):
        commit(store, lying)
    unseen = changes_between(
        base.iloc[:0],
        one(base, "A", name="新"),
        layer="zones",
        base=1,
        effective="2016",
    )
    with pytest.raises(ConflictError):
        commit(store, unseen)


def test_a_later_change_of_the_same_unit_by_another_is_not_slipped_under(store, base):
    """They changed A from 2020; mine, made before, would change it from 2015."""
    commit(store, from_base(base, one(base, "A", name="二〇"), "2020"))
    with pytest.raises(ConflictError):
        commit(store, from_base(base, one(base, "A", name="一五"), "2015"))


def test_todays_record_is_not_written_into_the_past(store, base):
    """Only a name, as of 2015, of a unit whose border moved in 2020."""
    commit(store, from_base(base, drawn("ABBBCC/AABBCC/DDEEFF", name="旧"), "2020"))
    last = store.snapshot("zones")
    backdated = changes_between(
        last, one(last, "B", name="一五"), layer="zones", base=2, effective="2015"
    )
    with pytest.raises(ConflictError):
        commit(store, backdated)
    then = store.snapshot("zones", valid_on="2015")
    commit(
        store,
        changes_between(
            then, one(then, "B", name="一五"), layer="zones", base=2, effective="2015"
        ),
    )
    found = store.snapshot("zones", valid_on="2016")
    assert found.loc["B", "name"] == "一五"
    assert found.geometry["B"].equals(base.geometry["B"])
    assert store.snapshot("zones").geometry["B"].equals(last.geometry["B"])
    assert store.snapshot("zones").loc["B", "name"] == "旧"


def test_a_correction_mends_the_record_that_was_seen(store, base):
    """Also as of a date before it; not one that another's change replaced."""
    seen = one(base, "A", name="正")
    commit(store, from_base(base, seen, "2005"), correction=True)
    assert store.snapshot("zones", valid_on="2010").loc["A", "name"] == "正"
    with pytest.raises(ConflictError):
        commit(
            store,
            from_base(base, one(base, "A", name="误"), "2005"),
            correction=True,
        )


def test_reverting_an_old_version_works_until_somebody_built_on_it(store, base):
    commit(store, from_base(base, one(base, "A", name="新")))
    commit(store, change(store, one(store.snapshot("zones"), "F", name="远"), "2017"))
    commit(store, ~store.diff("zones", 1, 2))
    assert store.snapshot("zones")["name"].to_dict() == {
        **dict.fromkeys("ABCDE", "旧"),
        "F": "远",
    }
    commit(store, change(store, one(store.snapshot("zones"), "F", name="更远"), "2018"))
    with pytest.raises(ConflictError):
        commit(store, ~store.diff("zones", 2, 3))


def test_strips_are_what_two_drawings_do_not_share():
    square, wider = zone(0, 0), shapely.box(0, 0, 1.5, 1)
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    found = rebase.strips(
        [square, square, None, bow, None], [wider, square, square, square, None]
    )
    assert found[0].equals(shapely.box(1, 0, 1.5, 1))
    assert found[1].is_empty
    assert found[2].equals(square)
    assert found[3].equals(shapely.box(0, 0, 1, 1))
    assert found[4].is_empty
