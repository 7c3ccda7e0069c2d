"""How the values of a register's record are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.columns import WORDS
from boundaries.services.words import Function
from boundaries.vocabulary import Level
from boundaries.words import words_of
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BOOLEANS = frozenset({"public", "romanised_confirmed", "comprehensive", "registered"})


def shown(layer: str, name: str, value: Any) -> Any:
    """Return a value as a person reads it; None when there is none."""
    if value is None or value == "" or value == []:
        return None
    kind = WORDS.get(layer, {}).get(name)
    if kind is not None:
        listed = {word.value: word.label for word in kind}
        return listed.get(str(value), str(value))
    if name in _BOOLEANS:
        return Text("是", "yes") if value else Text("否", "no")
    if name == "functions" and isinstance(value, list):
        labels = {word.value: word.label for word in Function}
        found = [labels.get(each, Text(str(each), str(each))) for each in value]
        return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))
    if name == "rating":
        return Text(f"{value} 级", f"grade {value}")
    if name == "level":
        return Level(int(value)).label if value in list(Level) else str(value)
    if name == "reference_objects":
        return "；".join(map(_object, value)) if isinstance(value, list) else str(value)
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, list):
        return "、".join(map(str, value))
    return str(value)


def facts(
    layer: str, record: Mapping[str, Any], names: Iterable[str]
) -> list[tuple[Text, Any]]:
    """Return label and shown value of attributes that have one."""
    labels = words_of(layer)
    pairs = ((labels[n], shown(layer, n, record.get(n))) for n in names)
    return [(label, value) for label, value in pairs if value is not None]


def beside(
    layer: str, one: Mapping[str, Any], other: Mapping[str, Any]
) -> list[tuple[Text, Any, Any, bool]]:
    """Return label, both values and whether they differ, where either has one."""
    rows = [
        (label, shown(layer, name, one.get(name)), shown(layer, name, other.get(name)))
        for name, label in words_of(layer).items()
    ]
    return [
        (
            label,
            mine,
            theirs,
            mine is not None and theirs is not None and mine != theirs,
        )
        for label, mine, theirs in rows
        if mine is not None or theirs is not None
    ]


def changes(layer: str, states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each state of a record, newest first, with what it changed.

    One that a later version only shortened is shown once, as it stands now.
    """
    standing = {
        (state["made_by"], state["valid_from"])
        for state in states
        if state["superseded_by"] is None
    }
    states = [
        state
        for state in states
        if state["superseded_by"] is None
        or (state["made_by"], state["valid_from"]) not in standing
    ]
    found: list[dict[str, Any]] = []
    labels = words_of(layer)
    before: dict[str, Any] = {}
    spot: Any = None
    for state in states:
        now = state["properties"]
        names = [n for n in labels if before.get(n) != now.get(n)]
        moved = spot is not None and state["geometry"] is not None
        moved = moved and not state["geometry"].equals(spot)
        found.append(
            {
                "from": state["valid_from"],
                "to": state["valid_to"],
                "version": state["made_by"],
                "basis": state["basis"],
                "first": not found,
                "moved": moved,
                "superseded": state["superseded_by"],
                "fields": [
                    {
                        "label": labels[n],
                        "before": shown(layer, n, before.get(n)),
                        "after": shown(layer, n, now.get(n)),
                    }
                    for n in names
                ],
            }
        )
        before, spot = now, state["geometry"]
    return found[::-1]


def _object(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    parts = [
        str(item.get("name", "")),
        f"{item['azimuth_deg']}°" if item.get("azimuth_deg") is not None else "",
        f"{item['distance_m']} m" if item.get("distance_m") is not None else "",
    ]
    return " ".join(part for part in parts if part)
