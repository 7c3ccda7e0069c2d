"""What a form offers to count, by what is on record."""

from __future__ import annotations

from boundaries.services.countable import countable
from boundaries.services.coverage import SERVING_TYPES


def test_every_type_on_record_is_offered_by_group_and_eldercare_counts() -> None:
    made = countable(["DAY", "CMD", "MED", "MARRIAGE", "no type of ours"])
    eldercare, medical, other = made.groups
    assert [name.zh for name, _types in made.groups] == [
        "养老服务", "医疗", "其他民政设施",
    ]  # fmt: skip
    assert {kind for kind, _ in eldercare[1]} == {*SERVING_TYPES, "CMD"}
    assert [kind for kind, _ in medical[1]] == ["MED"]
    assert [kind for kind, _ in other[1]] == ["MARRIAGE"]
    assert made.usual == SERVING_TYPES
    assert not made.instead


def test_without_eldercare_what_there_is_counts() -> None:
    made = countable(["MARRIAGE", "MED"])
    assert made.usual == ("MED", "MARRIAGE")
    assert made.instead
    assert [each.zh for each in made.counted] == ["社区卫生服务机构", "婚姻登记处"]


def test_of_an_empty_register_eldercare_is_offered() -> None:
    made = countable([], asked=["RELIEF"])
    assert [name.zh for name, _types in made.groups] == ["养老服务", "其他民政设施"]
    assert made.usual == SERVING_TYPES
    assert not made.instead
