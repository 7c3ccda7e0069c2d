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


def told_by_versions(store: Reader, code: str, layer: str = "divisions") -> Any:
    """Return records, predecessors and successors of a code, or None if unknown.

    Only events that stand (of versions not reverted) count. The shape is that of
    :func:`boundaries.divisions.lineage.lineage`.
    """
    states = [s for s in store.history(layer, code) if s["superseded_by"] is None]
    versions = _standing(store.versions(layer))
    events = [(v, event) for v in versions for event in v.doc.get("events", [])]
    found = {
        "code": code,
        "records": [_record(code, state) for state in states],
        "predecessors": _walk(store, layer, events, code, ("to", "from")),
        "successors": _walk(store, layer, events, code, ("from", "to")),
    }
    known = states or found["predecessors"] or found["successors"]
    return found if known else None


def _standing(versions: Iterable[Version]) -> list[Version]:
    listed = list(versions)
    undone = {v.doc.get("reverts") for v in listed}
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
                steps.append(_step(store, layer, version, event, pair, depth))
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
    depth: int,
) -> dict[str, Any]:
    kind = ChangeType.of(event["type"])
    before, after = pair
    return {
        "depth": depth,
        "changed": event.get("effective") or version.effective,
        "type": kind.value,
        "type_zh": kind.label.zh,
        "type_en": kind.label.en,
        "from_code": before,
        "from_name": _name(store, layer, before),
        "to_code": after,
        "to_name": _name(store, layer, after),
        "document": event.get("document") or event.get("basis") or version.basis,
        "approved": event.get("approved", ""),
        "version": version.number,
    }


def _name(store: Reader, layer: str, code: str) -> str:
    states = store.history(layer, code)
    return str(states[-1]["properties"].get("name", "")) if states else ""
