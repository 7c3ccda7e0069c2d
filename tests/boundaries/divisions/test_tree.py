"""The tree of divisions."""

from __future__ import annotations

import pandas as pd

from boundaries.divisions import tree, tree_rows


def frame(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "name"])


def test_a_division_hangs_on_the_nearest_superior_there_is() -> None:
    table = frame(
        ("120101001", "劝业场街道"),
        ("120000", "天津市"),
        ("120101", "和平区"),
        ("441900003", "东城街道"),
        ("bad", "坏"),
    )
    rows = tree_rows(table)
    assert [(row["depth"], row["code"], row["parent"]) for row in rows] == [
        (0, "120000", None),
        (1, "120101", "120000"),
        (2, "120101001", "120101"),
        (0, "441900003", None),
    ]
    assert [row["kind"] for row in rows] == [
        "municipality",
        "district",
        "street",
        "street",
    ]


def test_a_declared_superior_is_believed_unless_it_is_not_above() -> None:
    table = frame(("120101", "甲区"), ("120102", "乙区"), ("120102001", "丙街道"))
    declared = table.assign(parent=["120102001", None, "120101"])
    (first, second) = tree(declared)
    assert first.parent is None
    assert [child.code for child in first.children] == ["120102001"]
    assert second.children == []


def test_the_tree_is_plain_values() -> None:
    (root,) = tree(frame(("120000", "天津市"), ("120101", "和平区")))
    assert root.to_dict()["children"][0]["name"] == "和平区"
    assert tree(frame()) == []
