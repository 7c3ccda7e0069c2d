"""Finding names: any character, spelling, initials, old names; the best first."""

from __future__ import annotations

import random
import time
from typing import Any

import geopandas as gpd
import pytest

from boundaries.gazetteer.index import Index
from boundaries.layers import PLACE_NAMES
from geodata import crs

ROWS = (
    ("1", "长乐路", "Changle Lu", ["太平街"], None),
    ("2", "长乐路小学", "Changle Lu Xiaoxue", None, None),
    ("3", "安乐村", "Anlecun", None, ["老安"]),
    ("4", "乐山", "Le Shan", None, None),
    ("5", "吕梁巷", "Lüliang Xiang", None, None),
)


def frame(rows: Any) -> gpd.GeoDataFrame:
    table: dict[str, list[Any]] = {
        field.name: [None] * len(rows) for field in PLACE_NAMES.fields
    }
    names = ("place", "name", "romanised", "former_names", "aliases")
    for at, name in enumerate(names):
        table[name] = [row[at] for row in rows]
    keys = [row[0] for row in rows]
    return gpd.GeoDataFrame(
        table, geometry=[None] * len(rows), crs=crs.STORAGE, index=keys
    )


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("乐", ["4", "1", "3", "2"]),
        ("长乐路", ["1", "2"]),
        ("乐路", ["1", "2"]),
        ("太平", ["1"]),
        ("老安", ["3"]),
        ("changle", ["1", "2"]),
        ("Chang Le Lu", ["1", "2"]),
        ("cll", ["1", "2"]),
        ("lvliang", ["5"]),
        ("lüliang", ["5"]),
        ("lesh", ["4"]),
        ("没有", []),
        ("", []),
        ("\n", []),
        ("'", []),
    ],
)
def test_names_are_found_in_order(query: str, keys: list[str]) -> None:
    assert [found["key"] for found in Index(frame(ROWS)).search(query)] == keys


def test_every_part_of_every_name_finds_it() -> None:
    index = Index(frame(ROWS))
    for key, name, *_ in ROWS:
        for start in range(len(name)):
            for end in range(start + 1, len(name) + 1):
                found = index.search(name[start:end], limit=9)
                assert key in {each["key"] for each in found}


def test_what_may_not_be_told_is_not_found() -> None:
    import numpy as np

    index = Index(frame(ROWS))
    allowed = np.array([True, False, False, False, False])
    assert [f["key"] for f in index.search("乐", allowed=allowed)] == ["1"]


def test_a_search_of_many_names_does_not_read_them_one_by_one() -> None:
    """Bounded in processor time, so that a busy machine does not fail it."""
    draw = random.Random(7)  # noqa: S311
    signs = "安平乐阳泉波兴宁和义仁信昌盛华丰秀明远新庆春康泰福祥瑞长重朝"
    rows = [
        (str(n), "".join(draw.choices(signs, k=3)) + "村", None, None, None)
        for n in range(20_000)
    ]
    index = Index(frame(rows))
    began = time.process_time()
    for query in ("村", "安", "安平", "ap"):
        index.search(query)
    assert time.process_time() - began < 1.0
