"""Names in letters (domain E6, J): suggestions, and what a person must confirm."""

from __future__ import annotations

import pytest

from boundaries.gazetteer.romanise import initials, letters, may_spell, romanise


@pytest.mark.parametrize(
    ("name", "category", "text"),
    [
        ("太湖", "natural", "Tai Hu"),
        ("京津公路", "facility", "Jingjin Gonglu"),
        ("王村", "committee", "Wangcun"),
        ("六合区", "division", "Luhe Qu"),
        ("西安路", "street", "Xi'an Lu"),
        ("建瓯市", "division", "Jian'ou Shi"),
        ("朝阳街", "street", "Chaoyang Jie"),
        ("吕梁市", "division", "Lüliang Shi"),
        ("大黄堡乡", "division", "Dahuangbao Xiang"),
        ("呼和浩特市", "division", "Hohhot Shi"),
    ],
)
def test_the_suggestion_follows_the_rules(name: str, category: str, text: str) -> None:
    assert romanise(name, category).text == text


def test_polyphones_are_named_unless_the_reading_is_known() -> None:
    assert romanise("长乐路", "street").polyphones == ("长", "乐")
    assert romanise("朝阳路", "street").sure
    assert romanise("安平路", "street").sure


def test_a_spelling_is_held_against_every_reading() -> None:
    assert may_spell("Changyue Lu", "长乐路")
    assert may_spell("Zhang Le Lu", "长乐路")
    assert not may_spell("Chang'an Lu", "长乐路")
    assert may_spell("Sanba Lu", "三八路")
    assert may_spell("3 Huanlu", "三环路")
    assert may_spell("Penr Hutong", "盆儿胡同")


def test_keys_are_letters_only() -> None:
    assert letters("Lǚliáng Shì") == letters("Lvliang Shi") == "lvliangshi"
    assert letters("Xi'an") == "xian"
    assert initials("长乐路") == "cll"
