"""Writing the territory into a folder, and the list of what is there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import geopandas as gpd

from demonstration import plan
from demonstration.territory import Territory

CLOCK = "2026-03-01T00:00:00.000Z"
"""Stands in files that record when they were written, so that they stay the same."""


def write(territory: Territory, out: Path) -> list[Path]:
    """Write all files of a territory; return their paths, the list last."""
    os.environ["OGR_CURRENT_DATE"] = CLOCK
    out.mkdir(parents=True, exist_ok=True)
    written = [
        _layer(territory.first, out / "divisions_2024.gpkg", "divisions"),
        _layer(territory.second, out / "divisions_2026.gpkg", "divisions"),
        _layer(territory.rivers, out / "rivers.geojson"),
        _layer(territory.roads, out / "roads.geojson"),
    ]
    for name, year in (("first", "2024"), ("second", "2026")):
        path = out / f"population_{year}.csv"
        territory.population[name].to_csv(path, index=False, encoding="utf-8-sig")
        written.append(path)
    written.append(_json(_events(territory), out / "events_2026.json"))
    written.append(_json(_listing(territory), out / "territory.json"))
    return written


def _layer(frame: gpd.GeoDataFrame, path: Path, layer: str | None = None) -> Path:
    path.unlink(missing_ok=True)
    options = {"layer": layer} if layer else {"COORDINATE_PRECISION": 9}
    frame.to_file(path, engine="pyogrio", **options)
    return path


def _json(value: Any, path: Path) -> Path:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _events(territory: Territory) -> dict[str, Any]:
    return {"events": [event.to_dict() for event in territory.events]}


def _listing(territory: Territory) -> dict[str, Any]:
    return {
        "label": {"zh": plan.LABEL, "en": plan.LABEL_EN},
        "seed": territory.seed,
        "city": {"code": plan.CITY[0], "name": plan.CITY[1]},
        "versions": [
            {
                "file": "divisions_2024.gpkg",
                "layer": "divisions",
                "valid_from": plan.FIRST_DAY,
                "basis": plan.FIRST_BASIS,
                "title": "2024年版全市行政区划（示例）",
                "complete": None,
                "events": None,
            },
            {
                "file": "divisions_2026.gpkg",
                "layer": "divisions",
                "valid_from": plan.SECOND_DAY,
                "basis": "；".join(
                    dict.fromkeys(event.document for event in territory.events)
                ),
                "title": "2026年版全市行政区划（示例）",
                "complete": plan.CITY[0],
                "events": "events_2026.json",
            },
        ],
    }
