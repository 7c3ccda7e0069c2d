"""Every code there ever was: when it stood for what, and what followed it.

:func:`read` takes a folder of published code tables (see :mod:`code_tables`) and
gives a :class:`CodeHistory`: records (a code under one name in one stretch of
time), events (the documents) and links (whose area became whose). Dates are texts
to the precision known (:mod:`boundaries.divisions.dates`).
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.divisions.code_tables import Tables, read_tables
from boundaries.divisions.dates import Span, between, span
from boundaries.divisions.notation import Block, Change, Table, resolve
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

RECORD_COLUMNS = (
    "code",
    "name",
    "level",
    "parent",
    "parent_name",
    "valid_from",
    "valid_to",
    "status",
    "earlier",
    "began",
    "ended",
)
"""``valid_to`` is empty while in force; ``status`` in_use, changed (the code stands
again in a later record) or ended; ``earlier``: already in the first table, so
``valid_from`` is only the latest it can be; ``began``, ``ended`` are event ids."""

EVENT_COLUMNS = (
    "event",
    "changed",
    "title",
    "document",
    "approved",
    "source",
    "text",
)
LINK_COLUMNS = (
    "event",
    "changed",
    "from_code",
    "from_name",
    "to_code",
    "to_name",
    "sure",
)
IN_USE, CHANGED, ENDED = "in_use", "changed", "ended"
_FORMAT = "quhua-code-history/2"
_BEFORE = "quhua-code-history/1"
"""Its notices were in one language only."""


@dataclass(frozen=True)
class CodeHistory:
    """Records, events and links of one published series of code tables."""

    records: pd.DataFrame
    events: pd.DataFrame
    links: pd.DataFrame
    source: str
    notices: tuple[Text, ...] = ()
    """What the maintainers of the tables should look at (dangling comments...)."""

    def lookup(self, code: str, on: str | None = None) -> list[dict[str, Any]]:
        """Return the records of ``code``, oldest first; with ``on`` those in force.

        ``certain`` is False where the record began or ended around ``on`` and the
        day is not known well enough to say.
        """
        found = self.records[self.records["code"] == code]
        rows = [_record(row) for row in found.to_dict("records")]
        if on is None:
            return [row | {"certain": True} for row in rows]
        when = _span_of(on)
        judged = [(row, self._in_force(row, when)) for row in rows]
        return [row | {"certain": certain} for row, (may, certain) in judged if may]

    def event(self, event: str) -> dict[str, Any]:
        """Return one event with the text of its document.

        Raises
        ------
        NotFoundError
            When there is none of this id.
        """
        found = self.events[self.events["event"] == event]
        if found.empty:
            raise NotFoundError(Text(f"没有变更事件 {event}。", f"No event {event}."))
        return {str(key): value for key, value in found.iloc[0].items()}

    @property
    def retired(self) -> pd.Series[str]:
        """Codes no longer in use: index code, value the date they ended."""
        last = self.records.drop_duplicates("code", keep="last")
        ended = last[last["status"] == ENDED]
        return ended.set_index("code")["valid_to"]

    def to_bytes(self) -> bytes:
        """Return the whole history as bytes; the same history gives the same."""
        frames = {"records": self.records, "events": self.events, "links": self.links}
        body: dict[str, Any] = {
            name: frame.to_dict("split", index=False) for name, frame in frames.items()
        }
        body |= {
            "format": _FORMAT,
            "source": self.source,
            "notices": [notice._asdict() for notice in self.notices],
        }
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        return zlib.compress(text.encode(), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> CodeHistory:
        """Return the history :meth:`to_bytes` wrote.

        Raises
        ------
        InputError
            When the bytes are something else.
        """
        try:
            body = json.loads(zlib.decompress(data))
            known = body["format"] in {_FORMAT, _BEFORE}
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise _not_ours() from error
        if not known:
            raise _not_ours()
        records, events, links = (
            pd.DataFrame(body[name]["data"], columns=body[name]["columns"])
            for name in ("records", "events", "links")
        )
        notices = tuple(
            Text(notice, notice) if isinstance(notice, str) else Text(**notice)
            for notice in body["notices"]
        )
        return cls(records, events, links, body["source"], notices)

    def _in_force(self, row: dict[str, Any], when: Span) -> tuple[bool, bool]:
        """Tell whether a record may be in force and whether that is certain."""
        began = self._moment(row["valid_from"], row["began"])
        may, certain = began.first <= when.last, began.last <= when.first
        if row["earlier"]:
            certain = certain or when.first >= began.first
        if row["valid_to"]:
            ended = self._moment(row["valid_to"], row["ended"])
            may = may and when.first <= ended.last
            certain = certain and when.last < ended.first
        return may, certain

    def _moment(self, date: str, event: str) -> Span:
        """Return the days on which a change may have come into force.

        It follows its approval: a change of 2015 approved on 23 July 2015 was not
        in force before.
        """
        known = span(date)
        approved = self.event(event)["approved"] if event else ""
        if not approved:
            return known
        first = max(known.first, min(span(approved).first, known.last))
        return Span(first, known.last)


def read(folder: Path) -> CodeHistory:
    """Return the history in a folder of code tables.

    Understood: yearly tables with difference files (areacodes), tables of one
    series (GB2260: ``stats`` or ``mca``), and the CSV of one year (china-division,
    AreaCity). Where no difference files come with the tables there are records but
    no events, and links only where a code was renamed.

    Raises
    ------
    FileRefusedError
        When the folder holds none of these.
    NotationError
        When a difference file cannot be followed.
    """
    return build(read_tables(folder))


def build(tables: Tables) -> CodeHistory:
    """Return the history that tables and their difference files tell."""
    notices = list(tables.notices)
    events: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    ends: dict[str, dict[str, str]] = {}
    begins: dict[str, dict[str, str]] = {}
    for (before, old), (after, new) in _steps(tables):
        changed = _date_of_step(before, after)
        ends[after], begins[after] = {}, {}
        for number, block in enumerate(tables.blocks.get(after, ()), start=1):
            if not (block.changes and block.text):
                notices.append(_notice(block))
            if not block.changes:
                continue
            event = _event(f"{changed}-{number:03d}", changed, block)
            events.append(event)
            for change in block.changes:
                _check_stands(change, old, new)
                if change.sign == "-":
                    ends[after][change.code] = event["event"]
                if change.sign == "+":
                    begins[after][change.code] = event["event"]
                links += _links(change, event, old, new)
        if not tables.has_differences:
            links += _renamings(changed, old, new)
    records = _records(tables, ends, begins)
    frame = pd.DataFrame(links, columns=list(LINK_COLUMNS))
    frame = frame.sort_values(["changed", "from_code", "to_code"], kind="stable")
    frame = frame.drop_duplicates(["changed", "from_code", "to_code"])
    return CodeHistory(
        records=records,
        events=pd.DataFrame(events, columns=list(EVENT_COLUMNS)),
        links=frame.reset_index(drop=True),
        source=tables.source,
        notices=tuple(notices),
    )


def _steps(
    tables: Tables,
) -> Iterator[tuple[tuple[str, Table], tuple[str, Table]]]:
    yield from itertools.pairwise(tables.tables.items())


def _date_of_step(before: str, after: str) -> str:
    """Return when a change between two revisions happened, as far as known."""
    return after if len(after) == 4 else between(before, after)


def _event(identity: str, changed: str, block: Block) -> dict[str, Any]:
    documents = block.documents
    dates = sorted(doc.approved for doc in documents if doc.approved)
    return {
        "event": identity,
        "changed": changed,
        "title": "；".join(doc.title for doc in documents if doc.title),
        "document": "；".join(doc.number for doc in documents if doc.number),
        "approved": dates[0] if dates else "",
        "source": "；".join(doc.source for doc in documents if doc.source),
        "text": block.text,
    }


def _links(
    change: Change, event: dict[str, Any], old: Table, new: Table
) -> list[dict[str, Any]]:
    """Return whose area became whose by one line."""
    forward = change.towards == ">"
    own, other = (old, new) if forward else (new, old)
    links = []
    for selector in change.selectors:
        code = resolve(change, selector, own, other)
        if code is None or (change.sign == "=" and code == change.code):
            continue
        there = (code, other.name(code))
        here = (change.code, change.name)
        source, target = (here, there) if forward else (there, here)
        links.append(
            {
                "event": event["event"],
                "changed": event["changed"],
                "from_code": source[0],
                "from_name": source[1],
                "to_code": target[0],
                "to_name": target[1],
                "sure": not selector.endswith("!"),
            }
        )
    return links


def _renamings(changed: str, old: Table, new: Table) -> list[dict[str, Any]]:
    """Return links of codes that two tables give different names."""
    both = [code for code in new.names if code in old.names]
    return [
        {
            "event": "",
            "changed": changed,
            "from_code": code,
            "from_name": old.names[code],
            "to_code": code,
            "to_name": new.names[code],
            "sure": True,
        }
        for code in both
        if old.names[code] != new.names[code]
    ]


def _records(
    tables: Tables,
    ends: dict[str, dict[str, str]],
    begins: dict[str, dict[str, str]],
) -> pd.DataFrame:
    """Return the stretches of time in which a code bore one name."""
    revisions = list(tables.tables.items())
    first, start = revisions[0]
    rows: list[dict[str, Any]] = []
    open_rows: dict[str, dict[str, Any]] = {}
    for code in start.names:
        open_rows[code] = _opened(code, start, first[:7], "", earlier=True)
    for (before, _), (after, new) in _steps(tables):
        changed = _date_of_step(before, after)
        ended, began = ends.get(after, {}), begins.get(after, {})
        for code, row in list(open_rows.items()):
            if new.names.get(code) == row["name"] and code not in ended:
                continue
            rows.append(row | {"valid_to": changed, "ended": ended.get(code, "")})
            del open_rows[code]
        for code in new.names:
            if code not in open_rows:
                event = began.get(code, "")
                open_rows[code] = _opened(code, new, changed, event, earlier=False)
    rows += open_rows.values()
    last = revisions[-1][1]
    for row in open_rows.values():
        row["parent_name"] = last.name(row["parent"])
    frame = pd.DataFrame(rows, columns=list(RECORD_COLUMNS))
    frame = frame.sort_values(["code", "valid_from"], kind="stable", ignore_index=True)
    return frame.assign(status=_status(frame))


def _status(records: pd.DataFrame) -> pd.Series[str]:
    """Return whether each record stands, gave way to another, or ended its code."""
    followed = records["code"].duplicated(keep="last")
    status = followed.map({True: CHANGED, False: ENDED})
    return status.where(records["valid_to"] != "", IN_USE)


def _opened(
    code: str, table: Table, date: str, event: str, *, earlier: bool
) -> dict[str, Any]:
    parent = table.parent(code)
    return {
        "code": code,
        "name": table.names[code],
        "level": table.level(code),
        "parent": parent,
        "parent_name": table.name(parent),
        "valid_from": date,
        "valid_to": "",
        "earlier": earlier,
        "began": event,
        "ended": "",
    }


def _check_stands(change: Change, old: Table, new: Table) -> None:
    """Refuse a line whose record is not where its sign says it is."""
    missing = [
        table
        for table, signs in ((old, "-="), (new, "+="))
        if change.sign in signs and table.names.get(change.code) != change.name
    ]
    if missing:
        raise InputError(
            Text(
                f"差异表 {change.where}：{change.code} {change.name} 与代码表不符。",
                f"Difference file, {change.where}: {change.code} {change.name} is not "
                "in the table.",
            ),
            code="area_diff",
        )


def _notice(block: Block) -> Text:
    if block.changes:
        return Text(
            f"{block.where}: 变更行没有说明",
            f"{block.where}: change lines without a description",
        )
    return Text(
        f"{block.where}: 注释没有对应的变更：{block.text[:40]}",
        f"{block.where}: comment that describes no change: {block.text[:40]}",
    )


def _record(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items()}


def _span_of(on: str | dt.date) -> Span:
    try:
        return span(str(on))
    except ValueError as error:
        raise InputError(
            Text(f"“{on}”不是日期。", f"{on!r} is not a date."),
            Text("请写成 2015、2015-06 或 2015-06-08。", "Write 2015-06-08."),
        ) from error


def _not_ours() -> InputError:
    return InputError(Text("不是代码沿革数据。", "This is not a code history."))


__all__ = ["CHANGED", "ENDED", "IN_USE", "CodeHistory", "build", "read"]
