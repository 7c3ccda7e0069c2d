"""Codes through time, from the tables as they are published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boundaries.divisions import code_history
from boundaries.divisions.code_history import CodeHistory
from boundaries.divisions.code_summary import differences, summary
from boundaries.divisions.lineage import lineage
from boundaries.divisions.notation import NotationError
from geodata.errors import FileRefusedError, InputError, NotFoundError


@pytest.fixture(scope="session")
def history(data: Path) -> CodeHistory:
    return code_history.read(data / "codes" / "areacodes_cc0")


def test_all_rows_of_the_published_summary_are_reproduced(
    history: CodeHistory, data: Path
) -> None:
    published = data / "codes" / "areacodes_cc0" / "result.csv"
    assert len(summary(history)) == 6823
    assert differences(history, published).to_dict("records") == []


def test_a_difference_to_the_summary_would_be_listed(
    history: CodeHistory, data: Path, tmp_path: Path
) -> None:
    text = (data / "codes" / "areacodes_cc0" / "result.csv").read_text("utf-8-sig")
    wrong = tmp_path / "wrong.csv"
    row = "120225,天津市,直辖,蓟县,县级,弃用,1981,2016,120119"
    assert row in text
    wrong.write_text(text.replace(row, row.replace("2016", "2015")), "utf-8")
    found = differences(history, wrong)
    assert sorted(found["side"]) == ["ours", "published"]
    assert set(found["代码"]) == {"120225"}


def test_the_texts_of_all_documents_are_those_of_the_project(
    history: CodeHistory, data: Path
) -> None:
    published = json.loads(
        (data / "codes" / "areacodes_cc0" / "codes.json").read_text("utf-8")
    )["descriptions"]
    ours: dict[str, list[str]] = {}
    for changed, text in history.events[["changed", "text"]].to_numpy():
        if text:
            ours.setdefault(changed, []).append(text)
    assert ours == {year: texts for year, texts in published.items() if texts}


def test_slips_of_the_source_are_reported_not_hidden(history: CodeHistory) -> None:
    slips = ["1982-1983.diff:1952", "1982-1983.diff:1954", "1989-1990.diff:224"]
    for words in zip(*history.notices, strict=True):
        assert [notice.partition(": ")[0] for notice in words] == slips
    assert all("change" in notice.en for notice in history.notices)
    assert all("变更" in notice.zh for notice in history.notices)


@pytest.mark.parametrize(
    ("code", "name", "ended", "heir", "heir_name", "document", "approved"),
    [
        (
            "120223",
            "静海县",
            "2015",
            "120118",
            "静海区",
            "国函〔2015〕119号",
            "2015-07-23",
        ),
        (
            "120221",
            "宁河县",
            "2015",
            "120117",
            "宁河区",
            "国函〔2015〕119号",
            "2015-07-23",
        ),
        (
            "120225",
            "蓟县",
            "2016",
            "120119",
            "蓟州区",
            "国函〔2016〕98号",
            "2016-06-08",
        ),
    ],
)
def test_what_it_was_until_when_and_what_followed(
    history: CodeHistory,
    code: str,
    name: str,
    ended: str,
    heir: str,
    heir_name: str,
    document: str,
    approved: str,
) -> None:
    told = lineage(history, code)
    (record,) = told["records"]
    assert (record["name"], record["valid_to"]) == (name, ended)
    (step,) = told["successors"]
    assert (step["to_code"], step["to_name"]) == (heir, heir_name)
    assert (step["type"], step["type_zh"]) == ("county_to_district", "撤县设区")
    assert (step["document"], step["approved"]) == (document, approved)
    assert step["changed"] == ended, "a year is told as a year"
    (back,) = lineage(history, heir)["predecessors"]
    assert (back["from_code"], back["from_name"]) == (code, name)


def test_which_name_a_code_bore_on_a_day(history: CodeHistory) -> None:
    def names(on: str) -> list[tuple[str, bool]]:
        found = history.lookup("120221", on) + history.lookup("120117", on)
        return [(row["name"], row["certain"]) for row in found]

    assert names("1995-05-05") == [("宁河县", True)]
    assert names("2015-07-22") == [("宁河县", True)], "not yet approved"
    assert names("2015-09-01") == [("宁河县", False), ("宁河区", False)]
    assert names("2016-01-01") == [("宁河区", True)]
    assert names("1975") == []


def test_a_wrong_date_or_event_is_told(history: CodeHistory) -> None:
    with pytest.raises(InputError):
        history.lookup("120221", "last year")
    with pytest.raises(NotFoundError):
        history.event("nothing")


@pytest.mark.parametrize(
    ("code", "direction", "expected"),
    [
        (
            "120116",
            "predecessor",
            [("120107", "merge"), ("120108", "merge"), ("120109", "merge")],
        ),
        (
            "140112",
            "successor",
            [(c, "split") for c in ("140105", "140106", "140107", "140110")],
        ),
        ("320683", "successor", [("320612", "city_to_district")]),
        ("622301", "predecessor", [("622321", "county_to_city")]),
        ("120110", "successor", [("120110", "rename")]),
        ("120106", "successor", [("120113", "border")]),
    ],
)
def test_kinds_of_change(
    history: CodeHistory, code: str, direction: str, expected: list[tuple[str, str]]
) -> None:
    other = "from_code" if direction == "predecessor" else "to_code"
    rows = [
        (row[other], row["type"])
        for row in lineage(history, code)[f"{direction}s"]
        if row["depth"] == 1
    ]
    assert rows == expected


def test_a_chain_is_followed_to_its_end(history: CodeHistory) -> None:
    rows = lineage(history, "142527")["successors"]
    assert [(row["depth"], row["to_name"], row["changed"]) for row in rows] == [
        (1, "晋城市", "1983"),
        (2, "城区", "1985"),
        (2, "郊区", "1985"),
        (3, "泽州县", "1996"),
    ]


def test_retired_codes_never_contain_one_in_use(history: CodeHistory) -> None:
    retired = history.retired
    assert retired["120223"] == "2015"
    latest = history.records[history.records["status"] == "in_use"]["code"]
    assert len(latest) == 3213
    assert not set(latest) & set(retired.index)
    assert len(retired) > 2500


def test_bytes_are_the_same_for_the_same_history(history: CodeHistory) -> None:
    packed = history.to_bytes()
    again = CodeHistory.from_bytes(packed)
    assert again.to_bytes() == packed
    assert lineage(again, "120225") == lineage(history, "120225")
    assert again.notices == history.notices


@pytest.mark.parametrize("bad", [b"", b"x", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_other_bytes_are_refused(bad: bytes) -> None:
    with pytest.raises(InputError):
        CodeHistory.from_bytes(bad)


def test_gb2260_tells_the_month_and_its_slips(data: Path) -> None:
    history = code_history.read(data / "codes" / "gb2260" / "mca")
    (gone,) = history.lookup("120221")
    assert (gone["valid_to"], gone["status"]) == ("2015-11", "ended")
    (later,) = history.lookup("130284")
    assert later["valid_from"] == "2018-02/2019-04", "only known to lie between"
    assert len(history.notices) == 17
    assert history.events.empty


def test_one_year_tables_down_to_the_village(data: Path) -> None:
    history = code_history.read(data / "codes" / "china-division")
    levels = history.records["level"].value_counts().to_dict()
    assert levels[4] == 41351, "one row, 350527000, is a county"
    assert levels[5] > 5617
    (street,) = history.lookup("120101001")
    assert (street["name"], street["parent_name"]) == ("劝业场街道", "和平区")
    area_city = code_history.read(data / "codes" / "areacity")
    assert area_city.lookup("120101001")[0]["level"] == 4


def _folder(tmp_path: Path, old: str, new: str, diff: str) -> Path:
    for part in ("data", "diff"):
        (tmp_path / part).mkdir()
    (tmp_path / "data" / "2000.txt").write_text(old, "utf-8")
    (tmp_path / "data" / "2001.txt").write_text(new, "utf-8")
    (tmp_path / "diff" / "2000-2001.diff").write_text(diff, "utf-8")
    return tmp_path


def test_a_line_about_a_record_that_is_not_there_stops(tmp_path: Path) -> None:
    table = "120000 天津市\n120101 和平区\n"
    folder = _folder(tmp_path, table, table, "# 某事\n-120102 河东区>和平区\n")
    with pytest.raises(InputError, match="120102"):
        code_history.read(folder)


def test_a_doubtful_and_a_disabled_selector(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "120000 天津市\n120101 甲区\n120102 乙区\n",
        "120000 天津市\n120101 甲区\n120103 丙区\n",
        "## 某事\n-120102 乙区>丙区!,丁区?\n+120103 丙区<乙区!\n",
    )
    (link,) = code_history.read(folder).links.to_dict("records")
    assert (link["from_code"], link["to_code"], link["sure"]) == (
        "120102",
        "120103",
        False,
    )


def test_several_records_for_one_selector_stop(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "120000 天津市\n120102 乙区\n",
        "120000 天津市\n130000 河北省\n120103 丙区\n130103 丙区\n",
        "## 某事\n-120102 乙区>丙区\n+120103 丙区<乙区\n"
        "+130103 丙区<乙区\n+130000 河北省\n",
    )
    history = code_history.read(folder)
    assert {link["to_code"] for link in history.links.to_dict("records")} == {
        "120103",
        "130103",
    }
    diff = folder / "diff" / "2000-2001.diff"
    diff.write_text(diff.read_text("utf-8").replace("区>丙", "区>无名"), "utf-8")
    with pytest.raises(NotationError):
        code_history.read(folder)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x", "utf-8")
    with pytest.raises(FileRefusedError):
        code_history.read(tmp_path)
