"""Divisions: the tree, their codes through time, and what changes amount to.

Everything here is pure: frames and folders in, values out. Nothing knows the store
or the registry.
"""

from __future__ import annotations

from boundaries.divisions.code_history import CodeHistory
from boundaries.divisions.lineage import lineage
from boundaries.divisions.tree import Node, tree, tree_rows

__all__ = ["CodeHistory", "Node", "lineage", "tree", "tree_rows"]
