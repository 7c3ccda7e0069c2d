"""How far grants reach: a token never further than its owner, a viewer as granted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from boundaries.accounts import ANONYMOUS, Grant, User
from boundaries.vocabulary import Role
from geodata.errors import NotFoundError
from tests.support.registries import Office, office
from tests.support.samples import MARKER, OURS, PLACE, THEIRS, registers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boundaries.registry import Registry


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Divisions of two districts, a marker and a name of one of them, published."""
    made = office(tmp_path_factory.mktemp("reach"))
    made.commit()
    made.registry.publish("chen")
    registers(made.registry.store)
    people = {
        "ours": [f"viewer:{OURS}"],
        "theirs": [f"viewer:{THEIRS}"],
        "both": ["viewer", f"surveyor:{THEIRS}"],
    }
    for name, roles in people.items():
        made.registry.add_user("root", name)
        made.registry.set_roles("keeper", name, roles)
    yield made.registry
    made.registry.close()


def seen(registry: Registry, actor: str) -> dict[str, set[str]]:
    """Return the keys of each layer that somebody is shown."""
    layers = ("divisions", "markers", "place_names")
    return {layer: {*registry.snapshot(actor, layer).index} for layer in layers}


def test_registers_are_shown_within_the_subtree_granted(kept: Registry) -> None:
    for actor in ("ours", "viewer", "li", "auditor"):
        found = seen(kept, actor)
        assert (found["markers"], found["place_names"]) == ({MARKER}, {PLACE}), actor
    for actor in ("theirs", "sun", "both"):
        found = seen(kept, actor)
        assert (found["markers"], found["place_names"]) == (set(), set()), actor
        with pytest.raises(NotFoundError):
            kept.marker(actor, MARKER)
        with pytest.raises(NotFoundError):
            kept.place_name(actor, PLACE)
        with pytest.raises(NotFoundError):
            kept.history(actor, MARKER, "markers")
        assert kept.find_names(actor, "长乐路")["items"] == []
    assert {*kept.snapshot(ANONYMOUS, "place_names").index} == {PLACE}
    assert len(seen(kept, "theirs")["divisions"]) == 4  # published, the country's


@pytest.mark.parametrize("lent", [["viewer"], [f"surveyor:{THEIRS}"], []])
def test_a_token_sees_no_more_than_its_owner(kept: Registry, lent: list[str]) -> None:
    """A part of the owner's roles may by itself reach further than all of them."""
    grants = tuple(map(Grant.parse, lent or ["viewer", f"surveyor:{THEIRS}"]))
    token = kept.acting("token x", within=("both", grants))
    for layer, keys in seen(token, "both").items():
        assert keys <= seen(kept, "both")[layer]
    with pytest.raises(NotFoundError):
        token.marker("both", MARKER)


def test_whoever_narrows_twice_keeps_the_first_owner() -> None:
    user = User("li", grants=(Grant(Role.SURVEYOR, OURS), Grant(Role.VIEWER)))
    twice = user.narrowed([Grant(Role.VIEWER)]).narrowed([Grant(Role.VIEWER, THEIRS)])
    assert twice.owner is user
    assert twice.grants == (Grant(Role.VIEWER, THEIRS),)


def test_a_draft_of_another_district_is_not_there(desk: Office) -> None:
    """Neither its layer nor its author is told."""
    draft = desk.stage("li", picture="AA/CC")["id"]
    for attempt in (
        lambda: desk.stage("sun", picture="BB/DD", draft=draft),
        lambda: desk.registry.edit_record(
            "sun", "markers", _marker(), effective="2021", draft=draft
        ),
    ):
        with pytest.raises(NotFoundError) as refused:
            attempt()
        assert "li" not in refused.value.text("en").split()


def _marker() -> dict[str, Any]:
    return {"marker": MARKER, "lon": "117", "lat": "39", "form": "single"}
