"""What a code was, until when, what followed and what came before.

A lineage is a list of steps, nearest first in each direction. A step is followed
further only where the whole unit went on: a strip of land moved to a neighbour is
told, the neighbour's later fate is not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from boundaries.codes import infer_kind
from boundaries.divisions.dates import span
from boundaries.divisions.kinds_of_change import Unit, of_pair
from boundaries.divisions.notation import ROOT_NAME
from boundaries.vocabulary import ChangeType

if TYPE_CHECKING:
    from boundaries.divisions.code_history import CodeHistory


@dataclass(frozen=True)
class Step:
    """Area of one unit became area of another on a date known as well as it is."""

    direction: str
    """``predecessor`` or ``successor`` of the code asked for."""
    depth: int
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    changed: str
    type: ChangeType
    whole: bool
    """Whether the unit before ended with this step (else a part of it moved)."""
    sure: bool
    """False where no document says so but the maintainers of the table do."""
    event: str
    title: str
    document: str
    approved: str


def steps(history: CodeHistory, code: str, on: str | None = None) -> list[Step]:
    """Return the steps before and after ``code``.

    With ``on`` only those of the record in force then; else those of every record
    the code ever had.
    """
    walk = _Walk(history)
    found: list[Step] = []
    for record in history.lookup(code, on):
        found += walk.forward(record, 1)
        found += walk.backward(record, 1)
    unique = {(s.direction, s.changed, s.from_code, s.to_code): s for s in found}
    return sorted(unique.values(), key=lambda s: (s.direction, s.depth, s.changed))


def lineage(history: CodeHistory, code: str, on: str | None = None) -> dict[str, Any]:
    """Return records, predecessors and successors of ``code`` as plain values."""
    found = [_plain(step) for step in steps(history, code, on)]
    return {
        "code": code,
        "records": history.lookup(code, on),
        "predecessors": [s for s in found if s["direction"] == "predecessor"],
        "successors": [s for s in found if s["direction"] == "successor"],
    }


def _plain(step: Step) -> dict[str, Any]:
    return asdict(step) | {
        "type": step.type.value,
        "type_zh": step.type.label.zh,
        "type_en": step.type.label.en,
    }


class _Walk:
    """Follows links through the records of one history."""

    def __init__(self, history: CodeHistory) -> None:
        self.history = history
        self.links = [_text_keys(row) for row in history.links.to_dict("records")]
        self.events = {
            row["event"]: row
            for row in map(_text_keys, history.events.to_dict("records"))
        }
        self.from_code: dict[str, list[dict[str, Any]]] = {}
        self.to_code: dict[str, list[dict[str, Any]]] = {}
        for link in self.links:
            self.from_code.setdefault(link["from_code"], []).append(link)
            self.to_code.setdefault(link["to_code"], []).append(link)
        self.records: dict[str, list[dict[str, Any]]] = {}
        for row in map(_text_keys, history.records.to_dict("records")):
            self.records.setdefault(row["code"], []).append(row)
        self.seen: set[tuple[str, str, str]] = set()

    def forward(self, record: dict[str, Any], depth: int) -> list[Step]:
        """Return what followed a record, and what followed that."""
        if not self._first_visit("successor", record):
            return []
        found: list[Step] = []
        for link in self.from_code.get(record["code"], []):
            if not _within(link["changed"], record, ends=True):
                continue
            whole = link["changed"] == record["valid_to"]
            found.append(self._step("successor", link, depth, whole=whole))
            after = self._record(link["to_code"], link["changed"], begins=True)
            if whole and after is not None:
                found += self.forward(after, depth + 1)
        return found

    def backward(self, record: dict[str, Any], depth: int) -> list[Step]:
        """Return what came before a record, and what came before that."""
        if not self._first_visit("predecessor", record):
            return []
        found: list[Step] = []
        for link in self.to_code.get(record["code"], []):
            if not _within(link["changed"], record, ends=False):
                continue
            before = self._record(link["from_code"], link["changed"], begins=False)
            whole = before is not None and before["valid_to"] == link["changed"]
            found.append(self._step("predecessor", link, depth, whole=whole))
            if whole and before is not None and link["changed"] == record["valid_from"]:
                found += self.backward(before, depth + 1)
        return found

    def _first_visit(self, direction: str, record: dict[str, Any]) -> bool:
        visit = (direction, record["code"], record["valid_from"])
        is_first = visit not in self.seen
        self.seen.add(visit)
        return is_first

    def _record(
        self, code: str, changed: str, *, begins: bool
    ) -> dict[str, Any] | None:
        """Return the record of ``code`` after (``begins``) or before a change."""
        for row in self.records.get(code, []):
            if _within(changed, row, ends=not begins):
                return row
        return None

    def _step(
        self, direction: str, link: dict[str, Any], depth: int, *, whole: bool
    ) -> Step:
        event = self.events.get(link["event"], {})
        return Step(
            direction=direction,
            depth=depth,
            from_code=link["from_code"],
            from_name=link["from_name"],
            to_code=link["to_code"],
            to_name=link["to_name"],
            changed=link["changed"],
            type=self._type(link),
            whole=whole,
            sure=bool(link["sure"]),
            event=link["event"],
            title=event.get("title", ""),
            document=event.get("document", ""),
            approved=event.get("approved", ""),
        )

    def _type(self, link: dict[str, Any]) -> ChangeType:
        changed = link["changed"]
        old = self._unit(link["from_code"], changed, before=True)
        new = self._unit(link["to_code"], changed, before=False)
        heirs = {
            other["to_code"]
            for other in self.from_code[link["from_code"]]
            if other["changed"] == changed
        }
        forebears = {
            other["from_code"]
            for other in self.to_code[link["to_code"]]
            if other["changed"] == changed
            and not self._unit(other["from_code"], changed, before=True).stays
        }
        return of_pair(old, new, heirs=heirs, forebears=forebears)

    def _unit(self, code: str, changed: str, *, before: bool) -> Unit:
        """Return the unit of ``code`` on one side of a change."""
        row = self._record(code, changed, begins=not before)
        if row is None:
            return Unit(code, ROOT_NAME, None, "", stays=True)
        edge = row["valid_to"] if before else row["valid_from"]
        name = row["name"]
        stays = edge != changed
        return Unit(code, name, infer_kind(code, name), row["parent"], stays=stays)


def _within(changed: str, record: dict[str, Any], *, ends: bool) -> bool:
    """Tell whether a record stood before (``ends``) or after a change.

    A record begun by a change stands after it, one ended by it before it.
    """
    day = span(changed).last
    first = span(record["valid_from"]).last
    last = span(record["valid_to"]).last if record["valid_to"] else None
    if ends:
        return first < day and (last is None or day <= last)
    return first <= day and (last is None or day < last)


def _text_keys(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items()}
