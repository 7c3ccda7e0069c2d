"""A report as a person goes through it: numbered, filtered, sorted, a page at a time.

The number of a finding is its place in the whole report, errors first and the
largest first, so that it is the same in the table, on the map and in an address.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.geojson import geojson
from boundaries.registry import reports
from boundaries.rules import finding, repairing
from boundaries.vocabulary import Rule
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

SORTS = ("number", "rule", "unit", "area_m2", "width_m", "length_m")
STATES = ("open", "waived", "reopened")
MOST = 500
"""Rows of one page, and shapes of one view."""
MOST_MARKS = 20_000
_KEPT = 4
_kept: OrderedDict[str, gpd.GeoDataFrame] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Wanted:
    """Which findings: empty words do not restrict."""

    rule: str = ""
    severity: str = ""
    state: str = ""
    unit: str = ""
    repair: bool = False

    def __post_init__(self) -> None:
        """Refuse words that are none of ours."""
        for word, known in (
            (self.rule, [rule.value for rule in Rule]),
            (self.severity, list(finding.SEVERITIES)),
            (self.state, list(STATES)),
        ):
            require_word(word, known)


def require_word(word: str, known: Any) -> None:
    """Raise InputError for a word that is not among those known."""
    if word and word not in known:
        raise InputError(
            Text(f"不认识“{word}”。", f"'{word}' is not known here."),
            Text(f"可用：{'、'.join(known)}。", f"Use one of {', '.join(known)}."),
        )


def loaded(digest: str, content: Any) -> gpd.GeoDataFrame:
    """Return the report under a digest, numbered; the last few are kept.

    Parameters
    ----------
    content
        Called for the report's bytes when it is not at hand.
    """
    with _lock:
        if digest in _kept:
            _kept.move_to_end(digest)
            return _kept[digest]
    found = numbered(reports.from_bytes(content()))
    with _lock:
        _kept[digest] = found
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return found


def numbered(report: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the report in the order of its numbers, counted from 1."""
    rank = {name: place for place, name in enumerate(finding.SEVERITIES)}
    order = {rule.value: place for place, rule in enumerate(Rule)}
    keys = report.assign(
        _severity=report["severity"].map(rank),
        _rule=report["rule"].map(order),
        _area=-report["area_m2"].fillna(0.0),
    ).sort_values(["_severity", "_rule", "_area", "fingerprint"], kind="stable")
    found = report.loc[keys.index].reset_index(drop=True)
    return found.assign(number=np.arange(1, len(found) + 1))


def chosen(report: gpd.GeoDataFrame, wanted: Wanted) -> gpd.GeoDataFrame:
    """Return the findings wanted; ``report`` has ``waived`` and ``reopened``."""
    keep = np.ones(len(report), dtype=bool)
    if wanted.rule:
        keep &= (report["rule"] == wanted.rule).to_numpy()
    if wanted.severity:
        keep &= (report["severity"] == wanted.severity).to_numpy()
    if wanted.state:
        flags = {"open": ~report["waived"], "waived": report["waived"]}
        flags["reopened"] = report["reopened"]
        keep &= flags[wanted.state].to_numpy()
    if wanted.repair:
        keep &= np.array([mendable(each) for each in report["repair"]], dtype=bool)
    if wanted.unit:
        text = wanted.unit
        keep &= np.array(
            [
                text in zh or any(str(key).startswith(text) for key in who)
                for who, zh in zip(
                    report["participants"], report["message_zh"], strict=True
                )
            ],
            dtype=bool,
        )
    return report[keep]


def mendable(repair: Any) -> bool:
    """Return whether a finding's suggestion can be done without a person."""
    return repairing.mendable(repair)


def ordered(
    report: gpd.GeoDataFrame, sort: str, *, descending: bool
) -> gpd.GeoDataFrame:
    """Return the findings sorted, unknown measures last."""
    require_word(sort, SORTS)
    if sort == "unit":
        first: Any = [str(who[0]) if len(who) else "" for who in report["participants"]]
        report = report.assign(_sort=first)
        name = "_sort"
    else:
        name = sort
    return report.sort_values(
        name, ascending=not descending, kind="stable", na_position="last"
    )


def rows(page: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return a page of findings as JSON values, without shapes."""
    each: Iterable[Any] = page.itertuples()
    return [
        {
            "number": int(row.number),
            "fingerprint": row.fingerprint,
            "rule": row.rule,
            "rule_label": _pair(Rule.of(row.rule).label),
            "severity": row.severity,
            "participants": [str(key) for key in row.participants],
            "message": {"zh": row.message_zh, "en": row.message_en},
            "source": cited(row.source),
            "area_m2": _figure(row.area_m2),
            "width_m": _figure(row.width_m),
            "length_m": _figure(row.length_m),
            "box": _box(row.geometry),
            "waived": bool(row.waived),
            "reopened": bool(row.reopened),
            "repair": _suggested(row.repair),
        }
        for row in each
    ]


def marks(report: gpd.GeoDataFrame) -> list[list[Any]]:
    """Return ``[number, lon, lat, severity, kind, settled]`` of findings with a place.

    ``severity`` counts from 0 (error); ``kind`` is what it is drawn as.
    """
    report = report.head(MOST_MARKS)
    shapes = report.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    some = report[there]
    box = shapely.bounds(shapes[there]).reshape(-1, 4)
    places = np.round((box[:, :2] + box[:, 2:]) / 2, 6)
    rank = {name: place for place, name in enumerate(finding.SEVERITIES)}
    return [
        [int(number), x, y, rank[severity], kind_of(rule), bool(waived)]
        for number, (x, y), severity, rule, waived in zip(
            some["number"],
            places.tolist(),
            some["severity"],
            some["rule"],
            some["waived"],
            strict=True,
        )
        if np.isfinite(x) and np.isfinite(y)
    ]


def shapes(
    report: gpd.GeoDataFrame, box: tuple[float, float, float, float] | None
) -> dict[str, Any]:
    """Return the drawings of findings that meet a box as GeoJSON, the first ones."""
    some = report
    if box is not None:
        bounds = shapely.bounds(report.geometry.to_numpy()).reshape(-1, 4)
        west, south, east, north = box
        with np.errstate(invalid="ignore"):
            meets = (
                (bounds[:, 0] <= east)
                & (bounds[:, 2] >= west)
                & (bounds[:, 1] <= north)
                & (bounds[:, 3] >= south)
            )
        some = report[meets]
    shown = some.head(MOST)
    each: Iterable[Any] = shown.itertuples()
    features = [
        {
            "type": "Feature",
            "geometry": geojson(row.geometry),
            "properties": {
                "number": int(row.number),
                "severity": row.severity,
                "kind": kind_of(row.rule),
                "waived": bool(row.waived),
            },
        }
        for row in each
    ]
    return {
        "type": "FeatureCollection",
        "features": [one for one in features if one["geometry"]],
        "left": len(some) - len(shown),
    }


_BORDERS = frozenset(
    {"unmatched_vertex", "near_vertex", "redrawn_border", "off_line", "line_end"}
)
_OVERLAPS = frozenset({"overlap", "sliver_overlap", "duplicate", "near_duplicate"}) | {
    "uncut_host",
    "outside_parent",
}
_GAPS = frozenset({"gap", "sliver_gap", "missing_unit", "parent_residual"})


def kind_of(rule: str) -> str:
    """Return how a rule's findings are drawn: overlap, gap, border or place."""
    if rule in _BORDERS:
        return "border"
    if rule in _OVERLAPS:
        return "overlap"
    return "gap" if rule in _GAPS else "place"


_ARTICLE = " art "


def cited(source: str) -> dict[str, str]:
    """Return the article or standard a rule rests on, in both languages.

    Our own notes (``domain …``) tell a reader nothing and are left out.
    """
    parts = [part.strip() for part in source.split(";")]
    known = [part for part in parts if part and not part.startswith("domain")]
    chinese = []
    for part in known:
        law, article, number = part.partition(_ARTICLE)
        chinese.append(f"《{law}》第{number}条" if article else part)
    return {"zh": "；".join(chinese), "en": "; ".join(known)}


def _suggested(repair: Any) -> dict[str, Any] | None:
    if not isinstance(repair, dict):
        return None
    words = {name: repair.get(name) for name in ("kind", "unit", "host", "to", "among")}
    return {**words, "automatic": mendable(repair)}


def _pair(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _figure(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _box(shape: Any) -> list[float] | None:
    if shape is None or shape.is_empty:
        return None
    bounds = np.round(shapely.bounds(shape), 7)
    return bounds.tolist() if np.isfinite(bounds).all() else None
