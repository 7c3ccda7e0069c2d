"""The tree of divisions, made from the codes of a frame."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.codes import ancestors, infer_kind, infer_level, is_code

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOLD = ("area_official_km2", "population")


@dataclass
class Node:
    """A division with those below it, in the order of their codes."""

    code: str
    name: str
    kind: str
    level: int
    parent: str | None
    """Code of the nearest division above it that the frame holds."""
    children: list[Node] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """Official area in km² and population, where the frame has them."""

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """Yield this division and all below it with their depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the node and its children as plain values."""
        return asdict(self)


def tree(frame: pd.DataFrame) -> list[Node]:
    """Return the roots of the tree of a frame of divisions.

    A division hangs on the nearest of its superiors that is in the frame: a
    declared ``parent`` first, else by its code. One whose superiors are all absent
    is a root. A row whose code is no code is left out (the rule on codes tells).

    Parameters
    ----------
    frame
        Divisions with ``code`` and ``name``; ``kind`` and ``parent`` if known.
    """
    nodes = {
        row["code"]: _node(row)
        for row in map(_text_keys, frame.to_dict("records"))
        if is_code(row["code"])
    }
    roots: list[Node] = []
    for code in sorted(nodes):
        node = nodes[code]
        node.parent = _above(node, nodes)
        (nodes[node.parent].children if node.parent else roots).append(node)
    return roots


def tree_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the tree as flat rows, each with its depth, top to bottom."""
    return [
        {
            "depth": depth,
            "code": node.code,
            "name": node.name,
            "kind": node.kind,
            "level": node.level,
            "parent": node.parent,
            "children": len(node.children),
            **node.facts,
        }
        for root in tree(frame)
        for depth, node in root.walk()
    ]


def _node(row: dict[str, Any]) -> Node:
    code, name = row["code"], str(row.get("name") or "")
    kind = row.get("kind")
    if not isinstance(kind, str) or not kind:
        inferred = infer_kind(code, name)
        kind = inferred.value if inferred else ""
    facts = {key: row[key] for key in _TOLD if key in row and pd.notna(row[key])}
    declared = row.get("parent")
    parent = declared if isinstance(declared, str) and declared else None
    return Node(code, name, kind, int(infer_level(code)), parent, facts=facts)


def _above(node: Node, nodes: dict[str, Node]) -> str | None:
    """Return the superior a node hangs on; never one of its own level or lower."""
    if node.parent in nodes and nodes[node.parent].level < node.level:
        return node.parent
    return next((code for code in ancestors(node.code) if code in nodes), None)


def _text_keys(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items()}
