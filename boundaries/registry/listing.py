"""Drafts as a list: boxes, filters, order, pages; and what publishing means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import DRAFTS
from boundaries.registry.findings import require_word
from boundaries.vocabulary import DraftState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geodata.store.protocol import Reader

    Labels = Sequence[Sequence[str]]

BOXES = ("mine", "waiting", "all")
SORTS = ("updated", "created", "id", "title", "author", "effective", "errors")
MOST = 100
BACK = frozenset({DraftState.RETURNED, DraftState.CONFLICT})
"""States in which a draft waits for its author."""
_ORDERS = {"updated": "at", "id": "key", "errors": "findings.open_errors"}
"""What the store orders by; others are members of the document."""


@dataclass(frozen=True)
class Wanted:
    """Which drafts, in which order; empty words do not restrict."""

    box: str = "all"
    state: str = ""
    author: str = ""
    layer: str = ""
    since: str = ""
    until: str = ""
    sort: str = "updated"
    descending: bool = True
    start: int = 0
    limit: int = 25

    def __post_init__(self) -> None:
        """Refuse words that are none of ours."""
        require_word(self.box, BOXES)
        require_word(self.sort, SORTS)
        require_word(self.state, [state.value for state in DraftState])

    def filters(self) -> Labels:
        """Return the labels asked for."""
        asked = {"state": self.state, "author": self.author, "layer": self.layer}
        return [[f"{name}:{value}"] for name, value in asked.items() if value]


def page(
    reader: Reader,
    boxes: Mapping[str, Labels],
    wanted: Wanted,
    shown: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Return one page of drafts; only its own are read.

    Parameters
    ----------
    boxes
        The labels of the drafts in each box.
    shown
        From a draft to its line.
    """
    box, filters = boxes[wanted.box], wanted.filters()
    span = {"since": wanted.since, "until": wanted.until and f"{wanted.until}~"}
    limit = max(1, min(wanted.limit, MOST))
    start = max(0, wanted.start)
    found = reader.find(
        DRAFTS,
        labels=[*box, *filters],
        order=_ORDERS.get(wanted.sort, wanted.sort),
        descending=wanted.descending,
        start=start,
        limit=limit,
        **span,
    )
    return {
        "total": reader.count(DRAFTS, labels=[*box, *filters], **span),
        "start": start,
        "limit": limit,
        "counts": {
            name: reader.count(DRAFTS, labels=labels) for name, labels in boxes.items()
        },
        "states": reader.tally(DRAFTS, "state:", labels=box),
        "authors": list(reader.tally(DRAFTS, "author:", labels=boxes["all"])),
        "layers": list(reader.tally(DRAFTS, "layer:", labels=boxes["all"])),
        "rows": [shown(each) for each in found],
    }


def waits(draft: dict[str, Any], actor: str) -> bool:
    """Return whether a draft waits for something only this person can do."""
    if draft["author"] == actor:
        return draft["state"] in BACK
    return "approve" in draft["moves"]


def brief(draft: dict[str, Any], actor: str) -> dict[str, Any]:
    """Return what a list shows of a draft."""
    report = draft["findings"] or {}
    names = ("id", "title", "author", "state", "layer", "effective", "basis", "base")
    more = ("created", "updated", "version", "counts", "moves")
    return {
        **{name: draft[name] for name in (*names, *more)},
        "errors": report.get("open_errors"),
        "warnings": report.get("warnings"),
        "checked": bool(report),
        "waits": waits(draft, actor),
    }


def impact(reader: Reader, layer: str, before: int, number: int) -> dict[str, Any]:
    """Return which units come, end, change and are renamed from one state to another.

    From attributes and versions alone; drawings are compared by who redrew them.
    """
    old = reader.snapshot(layer, at=before, geometry=False) if before else None
    new = reader.snapshot(layer, at=number, geometry=False)
    was = _in_force(old) if old is not None else {}
    now = _in_force(new)
    return {
        "added": _units(now, [key for key in now if key not in was]),
        "ended": _units(was, [key for key in was if key not in now]),
        "changed": _changed(reader, layer, before, number, was, now),
        "names": [
            {"key": key, "from": was[key], "to": now[key]}
            for key in now
            if key in was and was[key] != now[key]
        ][:MOST],
        "products": ["GeoPackage", "GeoJSON"],
    }


def _in_force(frame: Any) -> dict[str, str]:
    shown = frame[frame["valid_to"].isna()] if "valid_to" in frame else frame
    names = shown.get("name", shown.index)
    return {str(key): str(name) for key, name in zip(shown.index, names, strict=True)}


def _units(named: dict[str, str], keys: list[str]) -> dict[str, Any]:
    listed = [{"key": key, "name": named[key]} for key in keys[:MOST]]
    return {"total": len(keys), "units": listed}


def _changed(
    reader: Reader,
    layer: str,
    before: int,
    number: int,
    was: dict[str, str],
    now: dict[str, str],
) -> dict[str, Any]:
    keys: set[str] = set()
    for version in reader.versions(layer):
        if before < version.number <= number:
            draft = reader.get("drafts", str(version.doc.get("draft"))) or {}
            keys |= {str(key) for key in draft.get("keys", ())}
    return _units(now, sorted(key for key in keys if key in was and key in now))
