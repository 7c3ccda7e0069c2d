"""The ``area-diff`` notation: what changed between two yearly code tables.

A line begins with ``-`` (a record of the source table ends), ``+`` (a record of the
target table begins), ``=`` (a record stays and its area changes) or ``#`` (the
document, in Markdown). After the record, ``>`` or ``<`` and selectors say whose
area meets its area in the other table. See ``diff-spec.md`` of the areacodes project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundaries.codes import ROOT as ROOT_CODE
from boundaries.codes import ancestors, infer_level
from boundaries.divisions.dates import read_date
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT_NAME = "中华人民共和国"
_LINE = re.compile(r"([-+=])(\d{6}) ([^<>]+?)(?:([<>])(.+))?", re.ASCII)
_META = re.compile(r"(文号|日期|时间|来源)[：:]\s*(.*)")


class NotationError(InputError):
    """A line or a selector breaks the notation; the maintainers should know."""

    code = "area_diff"


@dataclass(frozen=True)
class Document:
    """One section of a description: a title and what follows it."""

    title: str
    number: str
    """文号, or empty."""
    approved: str
    """ISO date to the precision given, or empty."""
    source: str


@dataclass(frozen=True)
class Change:
    """One change line. ``towards`` is ``>`` or ``<``, empty without selectors."""

    sign: str
    code: str
    name: str
    towards: str
    selectors: tuple[str, ...]
    where: str
    """File and line, for messages."""


@dataclass(frozen=True)
class Block:
    """A description and the change lines it describes."""

    text: str
    documents: tuple[Document, ...]
    changes: tuple[Change, ...]
    where: str


class Table:
    """The records of one yearly table, found by code, by name and by parent."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)
        self._codes: dict[str, list[str]] = {}
        for code, name in self.names.items():
            self._codes.setdefault(name, []).append(code)

    def parent(self, code: str) -> str:
        """Return the code of the nearest record above, or the root."""
        above = (above for above in ancestors(code) if above in self.names)
        return next(above, ROOT_CODE)

    def level(self, code: str) -> int:
        """Return the level of a record, 1 province to 5 village."""
        return int(infer_level(code))

    def name(self, code: str) -> str:
        """Return the name of a record, or of the root."""
        return ROOT_NAME if code == ROOT_CODE else self.names[code]

    def named(self, name: str) -> list[str]:
        """Return the codes of all records of this name."""
        return self._codes.get(name, [])


def read_blocks(lines: Iterable[str], where: str) -> Iterator[Block]:
    """Yield the blocks of a difference file.

    A description not followed directly by change lines is a plain comment and
    yields a block without changes; change lines nobody describes yield a block
    without text.

    Raises
    ------
    NotationError
        On a line of no known shape.
    """
    comments: list[str] = []
    changes: list[Change] = []
    start = f"{where}:1"
    for number, raw in enumerate(lines, start=1):
        line, place = raw.rstrip("\r\n"), f"{where}:{number}"
        is_change = line[:1] in {"-", "+", "="}
        if not comments and not changes:
            start = place
        if changes and not is_change:
            yield _block(comments, changes, start)
            comments, changes, start = [], [], place
        if is_change:
            changes.append(_change(line, place))
            continue
        if comments and not line.strip():
            yield _block(comments, [], start)
            comments, start = [], place
        if not line.strip():
            continue
        if not line.startswith("#"):
            raise _broken(line, place)
        comments.append(line[1:].lstrip())
    if comments or changes:
        yield _block(comments, changes, start)


def resolve(change: Change, selector: str, own: Table, other: Table) -> str | None:
    """Return the code in ``other`` that ``selector`` of a line names.

    ``own`` is the table the line's record stands in. None for a selector marked
    ``?`` (known to be without a record).

    Raises
    ------
    NotationError
        When the selector names no record or several.
    """
    if selector.endswith("?"):
        return None
    bare = selector.removesuffix("!")
    if bare == ".":
        found = [change.code] if change.code in other.names else []
    elif bare == "..":
        above = own.parent(change.code)
        found = [above] if above == ROOT_CODE or above in other.names else []
    else:
        name = change.name if bare == "_" else bare
        found = _by_name(name, own.name(own.parent(change.code)), other)
    if len(found) != 1:
        raise _unresolved(change, selector, found)
    return found[0]


def _by_name(name: str, parent_name: str, table: Table) -> list[str]:
    """Return the records called ``name``, told apart by their parent's name."""
    found = table.named(name)
    if len(found) == 1:
        return found
    value = parent_name + name if found else name
    prefixes = [value[:end] for end in range(1, len(value))]
    marked = [(code, pre) for pre in prefixes for code in table.named(pre)]
    if len(marked) != 1:
        return found
    above, pre = marked[0]
    rest = value.removeprefix(pre)
    return [code for code in table.named(rest) if table.parent(code) == above]


def _block(comments: list[str], changes: list[Change], where: str) -> Block:
    text = "\n".join(comments)
    return Block(text, _documents(comments), tuple(changes), where)


def _documents(comments: list[str]) -> tuple[Document, ...]:
    """Return the sections of a description with their metadata."""
    sections: list[tuple[str, dict[str, str]]] = []
    open_head = False
    for line in comments:
        if line.startswith("#"):
            sections.append((line.lstrip("# "), {}))
            open_head = True
        elif open_head and (match := _META.fullmatch(line)):
            key = "日期" if match[1] == "时间" else match[1]
            sections[-1][1].setdefault(key, match[2].strip())
        else:
            open_head = False
    return tuple(
        Document(
            title,
            meta.get("文号", ""),
            read_date(meta.get("日期", "")) or "",
            meta.get("来源", ""),
        )
        for title, meta in sections
    )


def _change(line: str, place: str) -> Change:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _broken(line, place)
    sign, code, name, towards, selectors = match.groups()
    right_way = {"-": (">", None), "+": ("<", None), "=": (">", "<")}[sign]
    parts = tuple(selectors.split(",")) if selectors else ()
    if towards not in right_way or not all(_is_selector(part) for part in parts):
        raise _broken(line, place)
    return Change(sign, code, name, towards or "", parts, place)


def _is_selector(part: str) -> bool:
    bare = part[:-1] if part.endswith(("?", "!")) else part
    return bool(bare) and not re.search(r"[?!\s]", bare)


def _broken(line: str, place: str) -> NotationError:
    return NotationError(
        Text(
            f"差异表 {place} 不合规范：{line[:60]}",
            f"Difference file, {place}: not in the notation: {line[:60]}",
        ),
        Text("请对照 diff-spec.md 修正该行。", "Correct the line by diff-spec.md."),
    )


def _unresolved(change: Change, selector: str, found: list[str]) -> NotationError:
    many_zh = f"选出多条记录（{'、'.join(found)}）" if found else "没有对应的记录"
    many = f"names several records ({', '.join(found)})" if found else "names no record"
    return NotationError(
        Text(
            f"差异表 {change.where}：{change.code} {change.name} 的选择器"
            f"“{selector}”{many_zh}。",
            f"Difference file, {change.where}: selector {selector!r} of "
            f"{change.code} {change.name} {many}.",
        ),
        Text(
            "请写明上级名称，或通知数据维护者。",
            "Write the name of its parent before it, or tell the maintainers.",
        ),
    )
