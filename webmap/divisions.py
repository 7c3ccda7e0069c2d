"""The tree, the search and the record of one division, as the page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.vocabulary import Kind
from geodata import crs
from geodata.errors import NotFoundError, Text
from webmap.pointer import citation, level_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.states import State
    from geodata.store.changes import Version
    from geodata.store.protocol import Store
    from webmap.published import Edition

FOUND_AT_MOST = 40
"""Search results sent; the page says when there are more."""
ROWS_A_PAGE = 200
"""Rows of the table sent at a time."""
GROUPED_ABOVE = 60
"""Topmost divisions above which the tree groups them by the codes above them."""


def children(found: State, parent: str | None) -> dict[str, Any]:
    """Return the divisions under one, or the topmost ones.

    A division whose parent is not in the layer is topmost. Many of those are
    grouped under their parents' codes, so that a list stays readable.
    """
    frame = found.frame
    parents = frame["parent"].fillna("").astype(str)
    if parent is not None and parent in frame.index:
        return {"parent": parent, "nodes": _nodes(frame, frame[parents == parent])}
    orphans = frame[~parents.isin(frame.index)]
    if parent is not None:
        stem = parent.rstrip("0") or parent
        orphans = orphans[orphans.index.astype(str).str.startswith(_prefix(stem))]
    groups = _groups(orphans, parent)
    nodes = groups if groups is not None else _nodes(frame, orphans)
    return {"parent": parent, "nodes": nodes}


def _prefix(stem: str) -> str:
    """Return a group's codes' common beginning: 13 stands for 130000."""
    return stem + "0" * (len(stem) % 2) if len(stem) <= 6 else stem


def _groups(orphans: pd.DataFrame, parent: str | None) -> list[dict[str, Any]] | None:
    """Return nodes for the units above the topmost ones, None when few enough."""
    if len(orphans) <= GROUPED_ABOVE:
        return None
    depth = 2 if parent is None else len(_prefix(parent.rstrip("0"))) + 2
    if depth > 4:
        return None
    stems = orphans.index.astype(str).str[:depth]
    counts = pd.Series(stems).value_counts(sort=False).sort_index()
    if len(counts) < 2 or len(counts) == len(orphans):
        return None
    return [
        {
            "code": str(stem).ljust(6, "0"),
            "name": "",
            "kind": None,
            "children": int(count),
        }
        for stem, count in counts.items()
    ]


def _nodes(frame: pd.DataFrame, rows: pd.DataFrame) -> list[dict[str, Any]]:
    counts = frame["parent"].value_counts()
    return [
        {**_brief(row), "children": int(counts.get(row["code"], 0))}
        for row in rows.sort_index().reset_index().to_dict("records")
    ]


def _brief(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "code": str(row["code"]),
        "name": str(row["name"]),
        "kind": kind_label(row["kind"]),
        "level": int(row["level"]),
        "area_km2": number_or_none(row["area_km2"]),
        "official_km2": number_or_none(row["area_official_km2"]),
        "box": box_of(row),
    }


SORTS = ("code", "name", "kind", "area", "official")
"""Columns a table may be ordered by; ``-`` before one turns it round."""


def page(
    found: State, after: str, *, sort: str = "code", offset: int = 0
) -> dict[str, Any]:
    """Return a page of the divisions in some order, and how many follow.

    In the order of codes a page begins after a code; in any other at an offset.
    """
    frame = found.frame
    rows: pd.DataFrame
    if sort == "code":
        rows = frame[frame.index.astype(str) > after]
    else:
        rows = _sorted(frame, sort).iloc[offset:]
    nodes = _nodes_in_order(rows.head(ROWS_A_PAGE))
    return {"nodes": nodes, "left": max(len(rows) - ROWS_A_PAGE, 0)}


def _sorted(frame: pd.DataFrame, sort: str) -> pd.DataFrame:
    column = {"name": "initials", "area": "area_km2", "official": "area_official_km2"}
    name = sort.removeprefix("-")
    ordered = frame.assign(_code=frame.index.astype(str))
    by = "_code" if name == "code" else column.get(name, name)
    up = not sort.startswith("-")
    return ordered.sort_values([by, "_code"], ascending=[up, True], kind="stable")


def search(found: State, query: str) -> dict[str, Any]:
    """Return divisions whose name holds, or code or initials begin with, the query.

    Exact matches come first, then higher levels, then codes in order.
    """
    words = query.strip().lower()
    if not words:
        return {"query": query, "nodes": [], "more": 0}
    frame = found.frame
    names = frame["name"].astype(str).str.lower()
    codes = frame.index.astype(str)
    spelt = frame["pinyin"].fillna("").astype(str).str.lower().str.replace(" ", "")
    hit = (
        names.str.contains(words, regex=False).to_numpy(bool)
        | codes.str.startswith(words)
        | frame["initials"].str.startswith(words).to_numpy(bool)
        | spelt.str.startswith(words.replace(" ", "")).to_numpy(bool)
    )
    exact = (names == words).to_numpy() | (codes == words)
    rows = frame[hit].assign(
        _exact=~exact[hit], _begins=~names[hit].str.startswith(words)
    )
    rows = rows.sort_values(["_exact", "_begins", "level"], kind="stable")
    nodes = _nodes_in_order(rows.head(FOUND_AT_MOST))
    for node in nodes:
        node["above"] = _names_above(frame, node["code"])
    return {"query": query, "nodes": nodes, "more": max(len(rows) - FOUND_AT_MOST, 0)}


def _nodes_in_order(rows: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rows.assign(code=rows.index)
    return [_brief(row) for row in plain.to_dict("records")]


def _names_above(frame: pd.DataFrame, code: str) -> list[dict[str, str]]:
    """Return the divisions above one, topmost first."""
    above: list[dict[str, str]] = []
    parent = frame["parent"].get(code)
    while isinstance(parent, str) and parent in frame.index and len(above) < 10:
        above.insert(0, {"code": parent, "name": str(frame["name"][parent])})
        parent = frame["parent"].get(parent)
    return above


def detail(store: Store, edition: Edition, found: State, code: str) -> dict[str, Any]:
    """Return one division as it was on a date, and how it came to be so.

    Raises
    ------
    NotFoundError
        When no division had this code on any published date.
    """
    history = _history(store, edition, code)
    if not history:
        raise NotFoundError(
            Text(f"没有代码为 {code} 的区划。", f"No division has the code {code}.")
        )
    present = code in found.frame.index
    row = found.frame.loc[code].to_dict() if present else None
    return {
        "state": "ready",
        "code": code,
        "date": found.date,
        "present": present,
        "division": _record(found, code, row) if row is not None else None,
        "history": history,
    }


def _record(found: State, code: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    frame = found.frame
    return {
        **_brief({**row, "code": code}),
        "level_label": level_label(int(row["level"])),
        "above": _names_above(frame, code),
        "parent": row["parent"] if isinstance(row["parent"], str) else None,
        "children": int((frame["parent"] == code).sum()),
        "seat": text_or_none(row.get("seat")),
        "pinyin": text_or_none(row.get("pinyin")),
        "population": number_or_none(row.get("population")),
        "valid_from": text_or_none(row.get("valid_from")),
        "valid_to": text_or_none(row.get("valid_to")),
        "remark": text_or_none(row.get("remark")),
        "predecessors": _list(row.get("predecessors")),
        "successors": _list(row.get("successors")),
        "neighbours": _neighbours(found, code),
        "label": [number_or_none(row["label_x"]), number_or_none(row["label_y"])],
    }


def _neighbours(found: State, code: str) -> list[dict[str, Any]]:
    pairs = found.neighbours
    mine = pd.concat(
        [
            pairs.loc[pairs["a"] == code, ["b", "length_m"]].set_axis(
                ["code", "m"], axis=1
            ),
            pairs.loc[pairs["b"] == code, ["a", "length_m"]].set_axis(
                ["code", "m"], axis=1
            ),
        ]
    ).sort_values("m", ascending=False)
    names = found.frame["name"]
    return [
        {
            "code": other,
            "name": str(names.get(other, "")),
            "km": round(length / 1000, 2),
        }
        for other, length in zip(mine["code"], mine["m"], strict=True)
    ]


def _history(store: Store, edition: Edition, code: str) -> list[dict[str, Any]]:
    """Return the published states of a division, newest first."""
    number = edition.version.number
    try:
        states = store.history(edition.version.layer, code)
    except NotFoundError:
        return []
    known = [
        item
        for item in states
        if item["version"] <= number
        and not (item["superseded_by"] and item["superseded_by"] <= number)
    ]
    known.sort(key=lambda item: item["valid_from"])
    shapes = np.array([item["geometry"] for item in known], object)
    areas = crs.area_m2(shapes) / 1e6
    rows = [
        {
            "from": item["valid_from"],
            "to": item["valid_to"],
            "name": str(item["properties"].get("name", "")),
            "kind": kind_label(item["properties"].get("kind")),
            "parent": text_or_none(item["properties"].get("parent")),
            "official_km2": number_or_none(item["properties"].get("area_official_km2")),
            "area_km2": number_or_none(area),
            "cited": [citation(v) for v in (_author(edition, states, item),) if v],
        }
        for item, area in zip(known, areas, strict=True)
    ]
    return rows[::-1]


def _author(
    edition: Edition, states: list[dict[str, Any]], item: dict[str, Any]
) -> Version | None:
    """Return the version that first said what a state says from its date on.

    A version that ends a state writes what is left of it anew, with other words
    about another date; it did not make the state.
    """
    first: dict[str, Any] | None = item
    while first is not None:
        made = first
        first = next(
            (
                state
                for state in states
                if state["superseded_by"] == made["version"]
                and state["valid_from"] == made["valid_from"]
                and state["properties"] == made["properties"]
                and state["geometry"] == made["geometry"]
            ),
            None,
        )
    return edition.written_by(made["version"])


def kind_label(value: Any) -> dict[str, str] | None:
    """Return the name of a kind of division in both languages."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return Kind.of(value).label._asdict()
    except ValueError:
        return {"zh": value, "en": value}


def box_of(row: Mapping[Any, Any]) -> list[float] | None:
    """Return a division's box in degrees."""
    sides = [float(row[side]) for side in "wsen"]
    return None if np.isnan(sides).any() else sides


def number_or_none(value: Any) -> float | None:
    """Return a cell of a frame as JSON has it."""
    if value is None or pd.isna(value):
        return None
    return float(value)


def text_or_none(value: Any) -> str | None:
    """Return a cell of text, None when it is empty."""
    return value if isinstance(value, str) and value else None


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []
