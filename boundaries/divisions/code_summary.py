"""The summary table of the areacodes project, made from a history and compared.

The project publishes one row a record (``result.csv``). Making the same rows from
the yearly tables and the difference files proves that the notation was followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.codes import ROOT
from boundaries.divisions.code_history import CHANGED, ENDED, IN_USE, CodeHistory
from boundaries.vocabulary import Level

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "代码",
    "一级行政区",
    "二级行政区",
    "名称",
    "级别",
    "状态",
    "启用时间",
    "变更/弃用时间",
    "新代码",
)
_STATUS = {IN_USE: "在用", CHANGED: "变更", ENDED: "弃用"}
_LEVELS = {level.value: level.label.zh for level in Level}


def summary(history: CodeHistory) -> pd.DataFrame:
    """Return one row a record in the columns of ``result.csv``, all text."""
    successors = _successors(history)
    provinces = _province_names(history)
    rows = [
        (
            row["code"],
            provinces[row["code"][:2]],
            _second_level(row),
            row["name"],
            _LEVELS[row["level"]],
            _STATUS[row["status"]],
            row["valid_from"],
            row["valid_to"],
            _written(successors.get(index, []), row["valid_to"]),
        )
        for index, row in enumerate(history.records.to_dict("records"))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str)


def differences(history: CodeHistory, published: Path) -> pd.DataFrame:
    """Return the rows that only we or only the published table has.

    Column ``side`` says which (``ours`` or ``published``); the order of rows does
    not matter, every cell does.
    """
    theirs = pd.read_csv(
        published, dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )
    both = summary(history).merge(
        theirs, how="outer", on=list(COLUMNS), indicator="side"
    )
    apart = both[both["side"] != "both"].astype({"side": str})
    named = apart["side"].map({"left_only": "ours", "right_only": "published"})
    return apart.assign(side=named).reset_index(drop=True)


def _second_level(row: dict[Any, Any]) -> str:
    """Return the prefecture of a record: itself, its parent's name or 直辖."""
    if row["level"] == Level.PROVINCE:
        return ""
    if row["level"] == Level.PREFECTURE:
        return str(row["name"])
    above = row["parent"]
    under_prefecture = above != ROOT and not above.endswith("0000")
    return str(row["parent_name"]) if under_prefecture else "直辖"


def _province_names(history: CodeHistory) -> dict[str, str]:
    """Return the latest name of each province by the first two digits."""
    provinces = history.records[history.records["level"] == Level.PROVINCE]
    latest = provinces.drop_duplicates("code", keep="last")
    return dict(zip(latest["code"].str[:2], latest["name"], strict=True))


def _successors(history: CodeHistory) -> dict[int, list[tuple[str, str]]]:
    """Return (date, code) of what followed, by the record's position."""
    records = history.records
    joined = history.links.merge(
        records.reset_index(names="record"), left_on="from_code", right_on="code"
    )
    stood = (joined["valid_from"] < joined["changed"]) & (
        (joined["valid_to"] == "") | (joined["changed"] <= joined["valid_to"])
    )
    found: dict[int, list[tuple[str, str]]] = {}
    ordered = joined[stood].sort_values(["changed", "to_code"])
    for record, *step in ordered[["record", "changed", "to_code"]].to_numpy():
        found.setdefault(int(record), []).append((step[0], step[1]))
    return found


def _written(successors: list[tuple[str, str]], valid_to: str) -> str:
    """Write successors as the table does: the year only where it is not the end."""
    return ";".join(
        code if date == valid_to else f"{code}[{date}]" for date, code in successors
    )
