"""The table decides, whoever asks: every verb × role × state × place × author."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from boundaries import review
from boundaries.accounts import Grant, User
from boundaries.vocabulary import THREE_ADMINISTRATORS, DraftState, Role
from geodata.errors import ForbiddenError, StateError

HOME, ABROAD = "120101001", "120102001"
SUBTREES = ("", "120000", "120101", "120102", "110000")
WITHIN = {"": {HOME, ABROAD}, "120000": {HOME, ABROAD}, "120101": {HOME}}
WITHIN |= {"120102": {ABROAD}, "110000": set()}


@pytest.mark.parametrize("row", review.VERBS, ids=lambda row: row.name)
def test_every_cell_of_the_matrix(row: review.Verb) -> None:
    """An oracle written apart from the code says who may; nothing else may."""
    for role, subtree, state, keys, own in itertools.product(
        Role, SUBTREES, DraftState, ((HOME,), (ABROAD,), (HOME, ABROAD)), (True, False)
    ):
        user = User("li", grants=(Grant(role, subtree),))
        author = "li" if own else "wang"
        lawful = (
            role in row.roles
            and (not row.scoped or set(keys) <= WITHIN[subtree])
            and (not row.whole or subtree == "")
            and _stands(row, role, own=own)
        )
        timely = not row.of or state in row.of
        try:
            layer = min(row.layers, default=review.DIVISIONS)
            review.allow(
                row.name, user, layer=layer, state=state, author=author, keys=keys
            )
            allowed = True
        except ForbiddenError:
            allowed = False
            assert not lawful
        except StateError:
            allowed = False
            assert lawful
            assert not timely
        assert allowed == (lawful and timely)


def _stands(row: review.Verb, role: Role, *, own: bool) -> bool:
    """Whether somebody with a role stands to the author as the verb asks."""
    if row.who is review.Who.PARTY:
        return own or role is Role.BOUNDARY_MANAGER
    return row.who is review.Who.ANYONE or (row.who is review.Who.AUTHOR) == own


def test_who_decides_is_never_the_author() -> None:
    for name in ("approve", "return", "waive"):
        assert review.verb(name).who is review.Who.NOT_AUTHOR
        assert review.verb(name).roles == {Role.BOUNDARY_MANAGER}


def test_administrators_and_auditors_touch_no_boundary() -> None:
    apart = THREE_ADMINISTRATORS | {Role.AUDITOR}
    for row in review.VERBS:
        if row.of or row.to is not None or row.name in {"publish", "import_codes"}:
            assert not row.roles & apart, row.name


def test_states_only_move_along_the_law() -> None:
    """I5: draft → submitted → approved → published → superseded, and side ways."""
    edges = {
        (str(start), str(row.to))
        for row in review.VERBS
        if row.to is not None
        for start in row.of
    }
    assert ("submitted", "approved") in edges
    assert {end for start, end in edges if start == "submitted"} == {
        "approved",
        "returned",
        "withdrawn",
    }
    final = {"approved", "published", "superseded", "discarded"}
    assert not {edge for edge in edges if edge[0] in final}
    assert {start for start, end in edges if end == "approved"} == {"submitted"}


def test_the_code_tables_are_the_whole_countrys() -> None:
    provincial = User("li", grants=(Grant(Role.BOUNDARY_MANAGER, "120000"),))
    with pytest.raises(ForbiddenError) as refused:
        review.allow("import_codes", provincial)
    assert "000000" in refused.value.message.en
    assert "120000" in refused.value.message.zh
    for whole in ("boundary_manager", "boundary_manager:000000"):
        review.allow("import_codes", User("li", grants=(Grant.parse(whole),)))
    mixed = (Grant.parse("viewer"), Grant.parse("boundary_manager:120000"))
    with pytest.raises(ForbiddenError):
        review.allow("import_codes", User("li", grants=mixed))


def test_two_grants_cover_together() -> None:
    both = User(
        "li", grants=(Grant(Role.SURVEYOR, "120101"), Grant(Role.SURVEYOR, "120102"))
    )
    review.allow("stage", both, keys=[HOME, ABROAD])
    mixed = User(
        "li", grants=(Grant(Role.SURVEYOR, "120101"), Grant(Role.VIEWER, "120102"))
    )
    with pytest.raises(ForbiddenError) as refused:
        review.allow("stage", mixed, keys=[HOME, ABROAD])
    assert ABROAD in refused.value.message.en
    assert HOME not in refused.value.message.en


def test_a_closed_account_may_nothing() -> None:
    closed = User("li", grants=(Grant(Role.BOUNDARY_MANAGER),), active=False)
    for row in review.VERBS:
        with pytest.raises(ForbiddenError):
            review.allow(row.name, closed)


def test_moves_are_what_allow_allows() -> None:
    user = User("wang", grants=(Grant(Role.BOUNDARY_MANAGER),))
    assert review.moves(user, state="submitted", author="li") == [
        "check",
        "approve",
        "return",
        "waive",
        "comment",
    ]
    assert review.moves(user, state="submitted", author="wang") == [
        "check",
        "withdraw",
        "comment",
    ]
    assert review.moves(user, state="published", author="li") == []


@pytest.mark.parametrize(
    ("layer", "editors", "deciders"),
    [
        ("divisions", {"surveyor", "boundary_manager"}, {"boundary_manager"}),
        ("markers", {"surveyor", "boundary_manager"}, {"boundary_manager"}),
        ("inspections", {"surveyor", "boundary_manager"}, {"boundary_manager"}),
        ("place_names", {"name_staff", "name_reviewer"}, {"name_reviewer"}),
    ],
)
def test_every_layer_has_its_own_editors_and_deciders(
    layer: str, editors: set[str], deciders: set[str]
) -> None:
    """Every role × layer × verb of a draft; planners and others read only."""
    for role in Role:
        user = User("li", grants=(Grant(role, "120000"),))
        for verbs, lawful in (
            (("stage", "restage", "check", "repair", "submit", "discard"), editors),
            (("view_draft", "withdraw", "revert"), editors),
            (("approve", "return", "waive", "publish"), deciders),
        ):
            for name in verbs:
                row = review.verb(name)
                state = next(iter(row.of), None)
                author = "wang" if row.who is review.Who.NOT_AUTHOR else "li"
                try:
                    review.allow(
                        name, user, layer=layer, state=state, author=author, keys=[HOME]
                    )
                    allowed = True
                except ForbiddenError:
                    allowed = False
                assert allowed == (role.value in lawful), (name, role, layer)
                assert not allowed or review.holds(name, user)
        assert review.holds("export", user, layer) == (
            role in review.verb("export").roles
        )


@pytest.mark.parametrize("layer", ["markers", "inspections", "place_names"])
def test_a_draft_of_a_register_is_not_edited_on_the_map(layer: str) -> None:
    user = User(
        "li",
        grants=(Grant(Role.SURVEYOR, "120000"), Grant(Role.NAME_STAFF, "120000")),
    )
    about: dict[str, Any] = {"state": "draft", "author": "li", "keys": [HOME]}
    assert "edit" in review.moves(user, **about)
    offered = review.moves(user, layer=layer, **about)
    assert "restage" in offered
    assert "edit" not in offered
    with pytest.raises(StateError, match=r"edit on the map|在地图上编辑"):
        review.allow("edit", user, layer=layer, **about)


def test_either_side_of_a_marker_suffices_and_none_elsewhere() -> None:
    row = review.verb("stage")
    user = User("li", grants=(Grant(Role.SURVEYOR, "120101"),))
    assert review.outside(user, row, ["120102|120101", "120101"], "markers") == []
    assert review.outside(user, row, ["120102|120103"], "markers") == ["120102|120103"]
