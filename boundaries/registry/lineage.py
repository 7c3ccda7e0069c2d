"""Lineage as the layer's own versions tell it: their change events, followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.vocabulary import ChangeType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.store.changes import Version
    from geodata.store.protocol import Reader

_SUCCESSION = {
    kind.value
    for kind in ChangeType
    if kind not in {ChangeType.BORDER, ChangeType.SEAT, ChangeType.RENAME}
}
"""Events after which another unit stands on the ground."""


def told_by_versions(
    store: Reader, code: str, layer: str = "divisions", *, last: int | None = None
) -> Any:
    """Return records, predecessors and successors of a code, or None if unknown.

    Only events that stand (of versions not reverted) count, and only versions up
    to ``last`` (None: all). The shape is that of
    :func:`boundaries.divisions.lineage.lineage`.
    """
    listed = [v for v in store.versions(layer) if last is None or v.number <= last]
    if not listed:
        return None
    last = listed[-1].number
    states = _states(store, layer, code, last)
    versions = _standing(listed)
    events = [(v, event) for v in versions for event in v.doc.get("events", [])]
    found = {
        "code": code,
        "records": [_record(code, state) for state in states],
        "predecessors": _walk(store, layer, events, code, last, ("to", "from")),
        "successors": _walk(store, layer, events, code, last, ("from", "to")),
    }
    known = states or found["predecessors"] or found["successors"]
    return found if known else None


def _states(store: Reader, layer: str, code: str, last: int) -> list[dict[str, Any]]:
    """Return the states of a unit that hold as version ``last`` knows them."""
    found = [
        state
        for state in store.history(layer, code)
        if state["version"] <= last
        and (state["superseded_by"] is None or state["superseded_by"] > last)
    ]
    return sorted(found, key=lambda state: str(state["valid_from"]))


def _standing(versions: Iterable[Version]) -> list[Version]:
    """Return the versions not undone; one whose undoing was undone stands again."""
    listed = list(versions)
    undone: set[int] = set()
    for version in reversed(listed):
        if version.doc.get("reverts") and version.number not in undone:
            undone.add(version.doc["reverts"])
    return [v for v in listed if v.number not in undone and not v.doc.get("reverts")]


def _record(code: str, state: dict[str, Any]) -> dict[str, Any]:
    properties = state["properties"]
    return {
        "code": code,
        "name": properties.get("name", ""),
        "valid_from": state["valid_from"],
        "valid_to": state["valid_to"] or "",
    }


def _walk(
    store: Reader,
    layer: str,
    events: list[tuple[Version, dict[str, Any]]],
    code: str,
    last: int,
    ends: tuple[str, str],
) -> list[dict[str, Any]]:
    """Follow events from a code in one direction, each event once."""
    here, there = ends
    steps: list[dict[str, Any]] = []
    open_codes, seen = [(code, 1)], {code}
    while open_codes:
        current, depth = open_codes.pop(0)
        for version, event in events:
            others = [c for c in event.get(there, ()) if c != current]
            follows = event.get("type") in _SUCCESSION and current in event[here]
            for other in others if follows else ():
                pair = (current, other) if here == "from" else (other, current)
                steps.append(_step(store, layer, version, event, pair, (depth, last)))
                if other not in seen:
                    seen.add(other)
                    open_codes.append((other, depth + 1))
    return steps


def _step(
    store: Reader,
    layer: str,
    version: Version,
    event: dict[str, Any],
    pair: tuple[str, str],
    reach: tuple[int, int],
) -> dict[str, Any]:
    kind = ChangeType.of(event["type"])
    before, after = pair
    depth, last = reach
    return {
        "depth": depth,
        "changed": event.get("effective") or version.effective,
        "type": kind.value,
        "type_zh": kind.label.zh,
        "type_en": kind.label.en,
        "from_code": before,
        "from_name": _name(store, layer, before, last),
        "to_code": after,
        "to_name": _name(store, layer, after, last),
        "document": event.get("document") or event.get("basis") or version.basis,
        "approved": event.get("approved", ""),
        "version": version.number,
    }


def _name(store: Reader, layer: str, code: str, last: int) -> str:
    """Return the last name a unit had, as version ``last`` knows it."""
    states = _states(store, layer, code, last)
    return str(states[-1]["properties"].get("name", "")) if states else ""
