"""Drafts as a list: boxes, filters, order, pages; and what publishing means."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.registry.findings import require_word
from boundaries.vocabulary import DraftState

if TYPE_CHECKING:
    from geodata.store.protocol import Reader

BOXES = ("mine", "waiting", "all")
SORTS = ("updated", "created", "id", "title", "author", "effective", "errors")
MOST = 100
_BACK = frozenset({DraftState.RETURNED, DraftState.CONFLICT})


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


def page(drafts: list[dict[str, Any]], actor: str, wanted: Wanted) -> dict[str, Any]:
    """Return one page of ``drafts`` (each with ``moves``) as the actor sees them."""
    boxes = {box: [d for d in drafts if _in(box, d, actor)] for box in BOXES}
    found = [each for each in boxes[wanted.box] if _matches(each, wanted)]
    found.sort(key=lambda each: _rank(each, wanted.sort), reverse=wanted.descending)
    limit = max(1, min(wanted.limit, MOST))
    start = max(0, wanted.start)
    return {
        "total": len(found),
        "start": start,
        "limit": limit,
        "counts": {box: len(each) for box, each in boxes.items()},
        "states": dict(Counter(each["state"] for each in boxes[wanted.box])),
        "authors": sorted({each["author"] for each in drafts}),
        "layers": sorted({each["layer"] for each in drafts}),
        "rows": [brief(each, actor) for each in found[start : start + limit]],
    }


def waits(draft: dict[str, Any], actor: str) -> bool:
    """Return whether a draft waits for something only this person can do."""
    if draft["author"] == actor:
        return draft["state"] in _BACK
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


def _in(box: str, draft: dict[str, Any], actor: str) -> bool:
    if box == "mine":
        return bool(draft["author"] == actor)
    return box == "all" or waits(draft, actor)


def _matches(draft: dict[str, Any], wanted: Wanted) -> bool:
    day = str(draft["updated"])[:10]
    return bool(
        (not wanted.state or draft["state"] == wanted.state)
        and (not wanted.author or draft["author"] == wanted.author)
        and (not wanted.layer or draft["layer"] == wanted.layer)
        and (not wanted.since or day >= wanted.since)
        and (not wanted.until or day <= wanted.until)
    )


def _rank(draft: dict[str, Any], sort: str) -> tuple[Any, str]:
    if sort == "errors":
        return (draft["findings"] or {}).get("open_errors", -1), draft["id"]
    return draft[sort], draft["id"]


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
