"""The register of markers, and what inspections say of each: list, record, due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.lines.words import MarkerState
from boundaries.rules.records import items, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

SORTS = ("marker", "state", "last", "due")
STANDINGS = ("unsound", "overdue", "due_now")
"""What a list may be narrowed to: in need of work, joint inspection late, due now."""


@dataclass(frozen=True)
class Wish:
    """What a list of markers is to show."""

    words: str = ""
    state: str = ""
    form: str = ""
    under: str = ""
    standing: str = ""
    sort: str = "marker"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wish:
        """Return the wish of an address; what is unknown is left out."""
        sort = asked.get("sort", "")
        bare = sort.removeprefix("-")
        return cls(
            words=asked.get("q", "").strip()[:100],
            state=asked.get("state", ""),
            form=asked.get("form", ""),
            under=asked.get("under", ""),
            standing=asked.get("standing", ""),
            sort=sort if bare in SORTS else "marker",
        )


@dataclass(frozen=True)
class Register:
    """Markers and inspections that somebody may see, as of ``today``.

    ``names`` are the names of divisions by code.
    """

    markers: gpd.GeoDataFrame
    inspections: gpd.GeoDataFrame
    names: Mapping[str, str]
    today: str
    joint_years: int = 5
    version: int = 0

    @cached_property
    def visits(self) -> dict[str, list[dict[str, Any]]]:
        """Inspections by marker, the newest first."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in records_of(self.inspections):
            found.setdefault(text(row["subject"]), []).append(row)
        for listed in found.values():
            listed.sort(key=lambda row: (text(row["date"]), row["key"]), reverse=True)
        return found

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every marker as the list shows it, by number."""
        return [self._row(row) for row in records_of(self.markers)]

    def page(self, wish: Wish, start: int, size: int) -> dict[str, Any]:
        """Return one page of the list: ``{"rows", "total", "counts"}``."""
        found = [row for row in self.rows if self._fits(row, wish)]
        backwards = wish.sort.startswith("-")
        name = wish.sort.removeprefix("-")
        found.sort(key=lambda row: row["marker"])
        found.sort(key=lambda row: str(row[name] or ""), reverse=backwards)
        return {
            "rows": found[start : start + size],
            "total": len(found),
            "counts": self.counts(),
            "version": self.version,
        }

    def counts(self) -> dict[str, int]:
        """Return how many markers there are, and how many of each standing."""
        return {
            "all": len(self.rows),
            **{
                standing: sum(row[standing] for row in self.rows)
                for standing in STANDINGS
            },
        }

    def record(self, number: str) -> dict[str, Any] | None:
        """Return one marker with its inspections, None when it is not known."""
        if number not in self.markers.index:
            return None
        found = next(records_of(self.markers.loc[[number]]))
        return {
            **found,
            **self._row(found),
            "inspections": [
                {
                    **visit,
                    "party_names": [
                        self.names.get(code, code) for code in items(visit["parties"])
                    ],
                }
                for visit in self.visits.get(number, [])
            ],
        }

    def points(self, wish: Wish) -> list[dict[str, Any]]:
        """Return the markers the list shows that have a place, as GeoJSON features."""
        shapes = np.asarray(self.markers.geometry.array, dtype=object)
        lacking = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        shown = ("marker", "form", "state", "sound", "overdue", "side_names")
        return [
            {
                "type": "Feature",
                "id": row["marker"],
                "geometry": {"type": "Point", "coordinates": [shape.x, shape.y]},
                "properties": {name: row[name] for name in shown},
            }
            for row, shape, gone in zip(self.rows, shapes, lacking, strict=True)
            if not gone and self._fits(row, wish)
        ]

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        visits = self.visits.get(row["key"], [])
        judged = next((v for v in visits if text(v["result"])), None)
        state = text(judged["result"]) if judged else text(row["state"])
        joint = [text(v["date"]) for v in visits if v["kind"] == "joint"]
        last = max(joint, default="")
        due = int(last[:4]) + self.joint_years if last else None
        year = int(self.today[:4])
        return {
            "marker": row["key"],
            "name": text(row["name"]),
            "form": text(row["form"]),
            "state": state,
            "sound": state in _SOUND or not state,
            "unsound": bool(state) and state not in _SOUND,
            "units": items(row["units"]),
            "side_names": [self.names.get(u, u) for u in items(row["units"])],
            "last": max((text(v["date"]) for v in visits), default=""),
            "last_joint": last,
            "due": due,
            "overdue": due is None or due < year,
            "due_now": due == year,
            "lon": row["lon"],
            "lat": row["lat"],
        }

    def _fits(self, row: dict[str, Any], wish: Wish) -> bool:
        words = wish.words.casefold()
        said = " ".join([row["marker"], row["name"], *row["side_names"], *row["units"]])
        return (
            (not words or words in said.casefold())
            and (not wish.state or row["state"] == wish.state)
            and (not wish.form or row["form"] == wish.form)
            and (
                not wish.under
                or any(codes.is_within(unit, wish.under) for unit in row["units"])
            )
            and (wish.standing not in STANDINGS or bool(row[wish.standing]))
        )


_SOUND = frozenset(state.value for state in MarkerState if state.sound)


def records_of(frame: gpd.GeoDataFrame) -> Any:
    """Yield features as plain dictionaries with ``key``, ``lon`` and ``lat``."""
    names = [str(name) for name in frame.columns if name != frame.geometry.name]
    columns = [frame[name].tolist() for name in names]
    shapes = np.asarray(frame.geometry.array, dtype=object)
    lacking = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    cells = zip(*columns, strict=True) if columns else [()] * len(frame)
    for key, shape, gone, row in zip(frame.index, shapes, lacking, cells, strict=True):
        yield {
            **{n: _plain(v) for n, v in zip(names, row, strict=True)},
            "key": str(key),
            "lon": None if gone else float(shape.x),
            "lat": None if gone else float(shape.y),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict | str) or value is None:
        return value
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
