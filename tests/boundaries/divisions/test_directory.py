"""The directory: every division there is or was, found by any name it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boundaries.divisions.directory import Directory, Wish
from geodata.errors import InputError
from tests.support import published
from tests.support.drawn import coverage_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LETTERS = {"A": "120101", "B": "120102", "C": "120103"}
NAMES = {"A": "柳林区", "B": "㵐河区", "C": "南门区"}


def state(picture: str, **names: str):
    drawn = coverage_of(picture)
    letters = list(drawn["code"])
    return published.divisions(
        drawn.assign(
            name=[names.get(each, NAMES[each]) for each in letters],
            code=[LETTERS[each] for each in letters],
        )
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    path: Path = tmp_path_factory.mktemp("directory") / "store.sqlite"
    store = published.registry_at(path).store
    published.publish(store, state("ABC"), "2016")
    published.publish(store, state("ABB", A="柳园区"), "2020-06-01")
    number = store.tags()["published/divisions"]
    yield Directory(store.states("divisions", at=number), number)
    store.close()


def codes(directory: Directory, **wish: object) -> list[str]:
    return list(directory.find(Wish.of(wish))["code"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("柳园区", ["120101"]),
        ("柳林区", ["120101"]),  # its old name
        ("liulin", ["120101"]),
        ("lyq", ["120101"]),
        ("120102", ["120102"]),
        ("南门", ["120103"]),  # ended
        ("nmq", ["120103"]),
        ("㵐", ["120102"]),
        ("没有", []),
        ("%_", []),
    ],
)
def test_it_finds_by_name_code_pinyin_and_former_names(
    directory: Directory, words: str, found: list[str]
) -> None:
    assert codes(directory, q=words) == found


def test_an_old_name_tells_todays_and_an_ended_unit_its_end(
    directory: Directory,
) -> None:
    old = directory.find(Wish(words="柳林区")).iloc[0]
    assert (old["name"], old["now"], bool(old["in_force"])) == (
        "柳林区",
        "柳园区",
        False,
    )
    gone = directory.find(Wish(words="南门区")).iloc[0]
    assert (gone["ended"], gone["now"]) == ("2020-06-01", None)
    assert directory.find(Wish(words="柳园区")).iloc[0]["now"] is None


def test_a_list_holds_what_is_in_force_on_its_date(directory: Directory) -> None:
    assert codes(directory) == ["120101", "120102"]
    assert codes(directory, ended="1") == ["120101", "120102", "120103"]
    assert codes(directory, on="2018") == ["120101", "120102", "120103"]
    assert codes(directory, on="2015") == []
    names = directory.find(Wish(on="2018"))["name"]
    assert list(names) == ["柳林区", "㵐河区", "南门区"]


def test_a_list_is_sorted_and_narrowed_as_asked(directory: Directory) -> None:
    assert codes(directory, sort="-code", on="2018") == ["120103", "120102", "120101"]
    assert codes(directory, level="3") == ["120101", "120102"]
    assert codes(directory, level="4") == []
    assert codes(directory, kind="county") == []
    assert codes(directory, under="120000") == ["120101", "120102"]
    assert codes(directory, under="130000") == []


@pytest.mark.parametrize(
    "wish", [{"sort": "area"}, {"kind": "Kreis"}, {"level": "9"}, {"on": "gestern"}]
)
def test_a_wish_that_means_nothing_is_refused(wish: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Wish.of(wish)


def test_the_last_state_and_what_is_above(directory: Directory) -> None:
    last = directory.last("120101")
    assert last is not None
    assert last["name"] == "柳园区"
    before = directory.last("120101", "2018")
    assert before is not None
    assert before["name"] == "柳林区"
    assert directory.last("999999") is None
    assert directory.above("120101") == [], "the municipality is not in the layer"
