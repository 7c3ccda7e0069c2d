"""The published edition as JSON: dates, what changed on each, and on whose word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.vocabulary import ChangeType, Level
from geodata.errors import Text
from webmap.people import shown

if TYPE_CHECKING:
    from boundaries.states import State, Transition
    from geodata.store.changes import Version
    from webmap.published import Edition

MOVES_SENT = 500
"""Moved areas listed, the largest first; all of them are drawn."""


def pointer(edition: Edition | None, notice: str = "") -> dict[str, Any]:
    """Return what a page asks first: the version, and the dates it can show.

    ``notice`` is what every page must say of the data, such as that they are
    illustrative.
    """
    if edition is None or not edition.dates:
        return {"state": "empty", "dates": []}
    version = edition.version
    return {
        "state": "ready",
        "notice": notice,
        "layer": version.layer,
        "version": version.number,
        "digest": version.digest,
        "recorded": version.recorded,
        "opens": edition.at(None),
        "versions": [
            {"version": v.number, "recorded": v.recorded, "effective": v.effective}
            for v in edition.versions()
        ],
        "dates": [
            {"date": date, "cited": [citation(v) for v in edition.cited(date)]}
            for date in edition.dates
        ],
    }


def citation(version: Version) -> dict[str, Any]:
    """Return what a change rests on."""
    return {
        "version": version.number,
        "recorded": version.recorded,
        "basis": version.basis,
        "message": version.message,
        "title": str(version.doc.get("title") or ""),
        "author": version.author,
        "approver": version.approver,
        "author_name": shown(version.author),
        "approver_name": shown(version.approver),
        "counts": version.counts,
        "events": [event_document(item) for item in version.doc.get("events") or []],
    }


def event_document(item: dict[str, Any]) -> dict[str, Any]:
    """Return a change event with its type's name in both languages."""
    kind = str(item.get("type", ""))
    known = kind in set(ChangeType)
    label = ChangeType.of(kind).label if known else Text(kind, kind)
    return {
        "type": kind,
        "label": label._asdict(),
        "from": [str(code) for code in item.get("from") or ()],
        "to": [str(code) for code in item.get("to") or ()],
        "document": str(item.get("document") or item.get("basis") or ""),
    }


def state_document(found: State) -> dict[str, Any]:
    """Return what the map needs to draw a state."""
    return {
        "state": "ready",
        "date": found.date,
        "tiles": found.digest,
        "box": found.box,
        "units": len(found.frame),
        "ranks": found.ranks,
        "levels": levels_document(found),
    }


def levels_document(found: State) -> list[dict[str, Any]]:
    """Return the levels of a state and the zooms at which each is drawn."""
    return [
        {
            "level": level,
            "zoom": 0 if level == min(found.levels) else zoom,
            "natural": zoom,
            "label": level_label(level),
        }
        for level, zoom in found.levels.items()
    ]


def transition_document(found: Transition, old: State, new: State) -> dict[str, Any]:
    """Return who gave which area to whom, and every division that differs."""
    names = {**_names(old), **_names(new)}
    tints = {**_colours(old), **_colours(new)}
    moves = found.moves.head(MOVES_SENT)
    return {
        "state": "ready",
        "old": found.old,
        "new": found.new,
        "tiles": found.digest,
        "moves": [
            {
                "from": _party(row["from"], names),
                "to": _party(row["to"], names),
                "ha": row["area_m2"] / 1e4,
                "box": [row["w"], row["s"], row["e"], row["n"]],
                "at": [row["x"], row["y"]],
                "level": int(row["level"]),
                "within": int(row["within"]),
                "colour": int(tints.get(row["to"] or row["from"], 0)),
            }
            for row in moves.to_dict("records")
        ],
        "successions": [
            {
                "from": _party(row["from"], names),
                "to": _party(row["to"], names),
            }
            for row in found.successions.to_dict("records")
        ],
        "more_moves": max(len(found.moves) - MOVES_SENT, 0),
        "changed": [
            {
                "code": row["code"],
                "name": names.get(row["code"], ""),
                "before_km2": _number(row["before_km2"]),
                "after_km2": _number(row["after_km2"]),
            }
            for row in found.changed.to_dict("records")
        ],
    }


def level_label(level: int) -> dict[str, str]:
    """Return the name of a level in both languages."""
    try:
        return Level(level).label._asdict()
    except ValueError:
        return {"zh": f"{level} 级", "en": f"level {level}"}


def _names(found: State) -> dict[str, str]:
    return dict(zip(found.frame.index, found.frame["name"], strict=True))


def _colours(found: State) -> dict[str, int]:
    return dict(zip(found.frame.index, found.frame["colour"], strict=True))


def _party(code: str, names: dict[str, str]) -> dict[str, str] | None:
    return {"code": code, "name": names.get(code, "")} if code else None


def _number(value: float) -> float | None:
    return None if value != value else round(float(value), 6)
