"""The area-diff notation, line by line (diff-spec.md of the areacodes project)."""

from __future__ import annotations

import pytest

from boundaries.divisions.notation import (
    Change,
    NotationError,
    Table,
    read_blocks,
    resolve,
)

OLD = Table(
    {
        "410000": "河南省",
        "410500": "鹤壁市",
        "410600": "焦作市",
        "410611": "郊区",
        "410622": "修武县",
        "320000": "江苏省",
        "320600": "南通市",
        "320602": "崇川区",
        "320611": "港闸区",
    }
)
NEW = Table(
    {
        "410000": "河南省",
        "410600": "鹤壁市",
        "410611": "郊区",
        "410800": "焦作市",
        "410811": "郊区",
        "410821": "修武县",
        "320000": "江苏省",
        "320600": "南通市",
        "320613": "崇川区",
    }
)


def change(line: str) -> Change:
    (block,) = read_blocks(["## 某件事", line], "x.diff")
    (only,) = block.changes
    return only


def selected(line: str) -> list[str | None]:
    one = change(line)
    own, other = (OLD, NEW) if one.towards == ">" else (NEW, OLD)
    return [resolve(one, selector, own, other) for selector in one.selectors]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("-320602 崇川区>_", ["320613"]),
        ("-320611 港闸区>崇川区", ["320613"]),
        ("+320613 崇川区<_,港闸区", ["320602", "320611"]),
        ("-410622 修武县>修武县!", ["410821"]),
        ("-410622 修武县>无此县?", [None]),
        ("-410611 郊区>.", ["410611"]),
        ("-410622 修武县>..", ["410600"]),
        ("-410622 修武县>鹤壁市郊区", ["410611"]),
        ("-410622 修武县>焦作市郊区,鹤壁市", ["410811", "410600"]),
        ("=320600 南通市>崇川区", ["320613"]),
        ("=320600 南通市<港闸区", ["320611"]),
        ("+410811 郊区<_", ["410611"]),
    ],
)
def test_selectors(line: str, codes: list[str | None]) -> None:
    assert selected(line) == codes


def test_a_repeated_name_is_told_apart_by_the_parent_of_the_line() -> None:
    """``_`` of 焦作市's 郊区 means 焦作市's 郊区 in the other table."""
    assert selected("-410611 郊区>_") == ["410811"]


@pytest.mark.parametrize(
    "line", ["-410622 修武县>无此县", "-410622 修武县>.", "-320602 崇川区>郊区"]
)
def test_a_selector_of_no_record_or_of_several_stops(line: str) -> None:
    with pytest.raises(NotationError) as caught:
        selected(line)
    assert line[1:7] in caught.value.message.zh
    assert "x.diff:2" in caught.value.message.en


@pytest.mark.parametrize(
    "line",
    [
        "-32060 崇川区>_",
        "-320602 崇川区<_",
        "+320613 崇川区>_",
        "-320602 崇川区>",
        "-320602 崇川区>_,",
        "-320602 崇川区>a??",
        "~320602 崇川区>_",
        "崇川区",
    ],
)
def test_a_line_of_another_shape_stops_with_its_place(line: str) -> None:
    with pytest.raises(NotationError, match=r"x\.diff:3"):
        list(read_blocks(["## 一", "-410500 鹤壁市", line], "x.diff"))


def test_a_description_holds_its_documents_with_dates() -> None:
    lines = """\
## 国务院关于同意甘肃省撤销武威县设立武威市给甘肃省人民政府的批复
# 文号：（85）国函字53号
# 日期：一九八五年四月十五日
# 来源：《国务院公报》1985年第12号第32页
#
# 你省报告收悉。日期：这不是元数据
# # 第二份
# 时间：2015年7月23日
-622321 武威县>武威市
+622301 武威市<武威县
""".splitlines()
    (block,) = read_blocks(lines, "x.diff")
    first, second = block.documents
    assert first.number == "（85）国函字53号"
    assert first.approved == "1985-04-15"
    assert first.source.startswith("《国务院公报》")
    assert (second.title, second.number, second.approved) == (
        "第二份",
        "",
        "2015-07-23",
    )
    assert [one.code for one in block.changes] == ["622321", "622301"]


def test_a_comment_before_a_blank_line_hangs_in_the_air() -> None:
    lines = ["# 注", "", "-622321 武威县>_", "# 末尾"]
    dangling, undescribed, last = read_blocks(lines, "x.diff")
    assert (dangling.text, dangling.changes) == ("注", ())
    assert (undescribed.text, len(undescribed.changes)) == ("", 1)
    assert (last.text, last.changes) == ("末尾", ())
