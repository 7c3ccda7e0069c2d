"""What the public may see of the published divisions: documents of their own.

Nothing here is an internal document with parts left out: every key is named, so what
is added to the office's pages does not appear in public by itself. Computed areas,
accounts, drafts, remarks, population and moved areas are named nowhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from boundaries.gazetteer.words import NameClass
from webmap.divisions import box_of, kind_label, number_or_none, text_or_none
from webmap.immutable import DOCUMENTS, MARK, keep
from webmap.pointer import event_document, levels_document
from webmap.sweeping import used

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.states import State
    from webmap.published import Edition


LONGEST_QUERY = 100
"""Characters of a search that are looked at."""
NAMES = 8
"""Place names that one search shows."""


def dates_of(edition: Edition) -> list[str]:
    """Return the dates the public may look at: what is not in force yet is not."""
    today = dt.datetime.now(dt.UTC).astimezone().date().isoformat()
    return [date for date in edition.dates if date <= today]


def pointer(edition: Edition | None, site: dict[str, Any], notice: str) -> Any:
    """Return which version is published, its dates and what each rests on."""
    dates = dates_of(edition) if edition else []
    number = site["approval_number"] if site["on"] else ""
    if edition is None or not dates:
        return {"state": "empty", "dates": [], "approval_number": number}
    return {
        "state": "ready",
        "notice": notice,
        "approval_number": number,
        "version": edition.version.number,
        "opens": dates[-1],
        "dates": [
            {"date": date, "cited": [_citation(v) for v in edition.cited(date)]}
            for date in dates
        ],
    }


def _citation(version: Any) -> dict[str, Any]:
    events = version.doc.get("events") or []
    return {
        "basis": version.basis,
        "events": [event_document(item) for item in events],
    }


def state_document(found: State) -> dict[str, Any]:
    """Return a state whole: what to draw, and every division with official figures."""
    parents = found.frame["parent"].value_counts()
    rows = found.frame.assign(code=found.frame.index).sort_index()
    return {
        "date": found.date,
        "tiles": found.digest,
        "box": found.box,
        "ranks": found.ranks,
        "levels": levels_document(found),
        "divisions": [
            {
                "code": str(row["code"]),
                "name": str(row["name"]),
                "kind": kind_label(row["kind"]),
                "level": int(row["level"]),
                "parent": text_or_none(row["parent"]),
                "children": int(parents.get(row["code"], 0)),
                "initials": str(row["initials"]),
                "seat": text_or_none(row.get("seat")),
                "official_km2": number_or_none(row.get("area_official_km2")),
                "valid_from": text_or_none(row.get("valid_from")),
                "box": box_of(row),
            }
            for row in rows.to_dict("records")
        ],
    }


def names_document(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found of the public place names, in words for anybody."""
    return {
        "items": [
            {
                "name": item["name"],
                "kind": _class(item["category"]),
                "division_name": item["division_name"],
                "lon": item["lon"],
                "lat": item["lat"],
            }
            for item in found["items"]
        ],
        "total": found["total"],
    }


def _class(value: str | None) -> dict[str, str] | None:
    known = {word.value: word.label._asdict() for word in NameClass}
    return known.get(value or "")


def publish_state(cache: Path, found: State) -> str:
    """Make a state's document and tiles public; return the document's hash."""
    body = json.dumps(
        state_document(found), ensure_ascii=False, separators=(",", ":")
    ).encode()
    digest = hashlib.sha256(body).hexdigest()[:40]
    path = cache / DOCUMENTS / f"{digest}.json"
    keep(path, body)
    used(path)
    folder = cache / found.digest
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return digest


def is_public(cache: Path, digest: str) -> bool:
    """Return whether anybody may have the tiles under a hash."""
    return (cache / digest / MARK).is_file()
