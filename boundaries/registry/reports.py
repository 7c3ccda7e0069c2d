"""A check's report: kept by columns, summed up, and held against the waivers."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from boundaries.rules import finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_METRES_PER_DEGREE = 111_320.0
_ROUND = 7
"""Digits of a degree a digest looks at: about a centimetre."""


def to_bytes(findings: gpd.GeoDataFrame) -> bytes:
    """Return the report as GeoParquet."""
    stream = io.BytesIO()
    encode = json.JSONEncoder(ensure_ascii=False).encode
    members: Any = [list(found) for found in findings["participants"]]
    repairs: Any = [
        encode(found) if isinstance(found, dict) else None
        for found in findings["repair"]
    ]
    table = findings.assign(participants=members, repair=repairs)
    table.to_parquet(stream, index=False, compression="zstd")
    return stream.getvalue()


def from_bytes(content: bytes) -> gpd.GeoDataFrame:
    """Return the report that :func:`to_bytes` wrote."""
    stream: Any = io.BytesIO(content)
    table = gpd.read_parquet(stream)
    members: Any = [tuple(found) for found in table["participants"]]
    repairs: Any = [
        json.loads(found) if isinstance(found, str) else None
        for found in table["repair"]
    ]
    return table.assign(participants=members, repair=repairs)


def summary(findings: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the counts by rule and severity, and the fingerprints of errors."""
    counts: dict[str, dict[str, int]] = {}
    pairs = Counter(zip(findings["rule"], findings["severity"], strict=True))
    for (rule, severity), count in sorted(pairs.items()):
        counts.setdefault(str(rule), {})[str(severity)] = count
    errors = findings[findings["severity"] == "error"]
    marks = errors["fingerprint"].tolist()
    return {
        "counts": counts,
        "total": len(findings),
        "errors": len(errors),
        "open_errors": int((~errors["waived"]).sum()),
        "warnings": int((findings["severity"] == "warning").sum()),
        "infos": int((findings["severity"] == "info").sum()),
        "error_marks": marks[:_MARKS]
        if len(marks) <= _MARKS
        else [*marks[:_MARKS], _MORE],
    }


_MARKS = 1000
_MORE = "more"
"""Stands for the errors beyond those listed: a mark no waiver can have."""


def hold(
    waivers: Mapping[str, dict[str, Any]],
    findings: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    margin_m: float,
    on: str,
) -> tuple[set[str], set[str]]:
    """Return the fingerprints waived, and those whose waiver no longer holds.

    A waiver is reopened when it has expired or when the participants look other
    than they did near its place.
    """
    waived: set[str] = set()
    reopened: set[str] = set()
    known = findings[findings["fingerprint"].isin(set(waivers))]
    for row in known.itertuples():  # few: only findings that somebody waived
        mark = str(row.fingerprint)
        same = waivers[mark]["near"] == near(row, after, margin_m)
        holds = same and waivers[mark]["expires"] >= on
        (waived if holds else reopened).add(mark)
    return waived, reopened


def near(row: Any, after: gpd.GeoDataFrame, margin_m: float) -> str:
    """Return a digest of what the participants look like near a finding.

    Of their edges within ``margin_m`` of the finding's box, whatever the order,
    direction or start of the rings; for a finding without a place, of their
    attributes.
    """
    digest = hashlib.sha256()
    for key in sorted(map(str, row.participants)):
        digest.update(f"\x1e{key}\x1f".encode())
        if key not in after.index:
            continue
        unit = after.loc[key]
        if row.geometry is None or row.geometry.is_empty:
            words = {c: str(unit[c]) for c in _ATTRIBUTES if c in after.columns}
            digest.update(json.dumps(words, sort_keys=True).encode())
        else:
            digest.update(_edges_in(unit.geometry, _widened(row.geometry, margin_m)))
    return digest.hexdigest()


_ATTRIBUTES = ("name", "kind", "level", "parent", "area_official_km2")


def _widened(place: Any, margin_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = place.bounds
    dy = margin_m / _METRES_PER_DEGREE
    dx = dy / max(0.05, math.cos(math.radians((south + north) / 2)))
    return west - dx, south - dy, east + dx, north + dy


def _edges_in(shape: Any, box: tuple[float, float, float, float]) -> bytes:
    """Return the edges whose own box meets ``box``, in an order of their own."""
    if shape is None:
        return b""
    starts, ends = _edges(shape)
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    west, south, east, north = box
    meets = (
        (low[:, 0] <= east)
        & (high[:, 0] >= west)
        & (low[:, 1] <= north)
        & (high[:, 1] >= south)
    )
    both = np.hstack([starts[meets], ends[meets]]).round(_ROUND) + 0.0
    turned = both[:, [2, 3, 0, 1]]
    flip = (both[:, 0] > both[:, 2]) | (
        (both[:, 0] == both[:, 2]) & (both[:, 1] > both[:, 3])
    )
    both[flip] = turned[flip]
    return np.unique(both, axis=0).tobytes()


def _edges(shape: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return start and end of every edge of every ring or line."""
    lines: Any = shapely.get_rings(shape)
    if len(lines) == 0:
        lines = shapely.get_parts(shape)
    points, line = shapely.get_coordinates(lines, return_index=True)
    within = line[:-1] == line[1:]
    return points[:-1][within], points[1:][within]


def rows(
    findings: gpd.GeoDataFrame, *, most: int | None = None
) -> list[dict[str, Any]]:
    """Return findings as JSON objects with GeoJSON geometry, errors first."""
    order = {name: rank for rank, name in enumerate(finding.SEVERITIES)}
    ranked = findings.iloc[
        np.argsort(findings["severity"].map(order).to_numpy(), kind="stable")
    ]
    shown = ranked if most is None else ranked.head(most)
    return [_row(row) for row in shown.itertuples()]


def _row(row: Any) -> dict[str, Any]:
    place = row.geometry
    point = None if place is None or place.is_empty else place.representative_point()
    return {
        "fingerprint": row.fingerprint,
        "rule": row.rule,
        "severity": row.severity,
        "participants": list(row.participants),
        "message": {"zh": row.message_zh, "en": row.message_en},
        "place": row.place,
        "at": None if point is None else [round(point.x, 7), round(point.y, 7)],
        "area_m2": row.area_m2,
        "width_m": row.width_m,
        "length_m": row.length_m,
        "source": row.source,
        "repair": row.repair,
        "waived": bool(getattr(row, "waived", False)),
    }
