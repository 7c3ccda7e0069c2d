"""Writing the territory into a folder, and the list of what is there."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd

from demonstration import drafts, plan, registers, services, survey
from demonstration.territory import Territory

CLOCK = "2026-03-01T00:00:00.000Z"
"""Stands in files that record when they were written, so that they stay the same."""

MEASURED, TRACED = "汀南区社区界线_测绘成果.zip", "锦屿区街镇_网络地图描绘.geojson"


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
    written.append(_json(_events(territory), out / "events_2026.json"))
    made = drafts.drafts(territory)
    (out / "drafts").mkdir(exist_ok=True)
    written += [
        _layer(draft.rows, out / "drafts" / f"{draft.name}.gpkg", "divisions")
        for draft in made
    ]
    written += _survey(territory, out / "survey")
    written += registers.write(territory.second, out / "registers", territory.seed)
    written += services.write(territory, out / "services")
    written.append(_json(_listing(territory, made), out / "territory.json"))
    return written


def _survey(territory: Territory, folder: Path) -> list[Path]:
    """Write the surveyor's files: one district measured, another traced."""
    folder.mkdir(exist_ok=True)
    measured = territory.next
    measured = measured[measured["code"].str.startswith("990103")]
    measured = measured[measured["level"] >= 4]
    traced = territory.second[territory.second["parent"] == "990104"]
    with tempfile.TemporaryDirectory() as scratch:
        return [
            survey.gbk_shapefile(measured, folder / MEASURED, Path(scratch)),
            survey.gcj02_geojson(traced, folder / TRACED),
        ]


def _layer(frame: gpd.GeoDataFrame, path: Path, layer: str | None = None) -> Path:
    path.unlink(missing_ok=True)
    options = {"layer": layer} if layer else {"COORDINATE_PRECISION": 9}
    frame.reset_index(drop=True).to_file(path, engine="pyogrio", **options)
    return path


def _json(value: Any, path: Path) -> Path:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _events(territory: Territory) -> dict[str, Any]:
    return {"events": [event.to_dict() for event in territory.events]}


def _listing(territory: Territory, made: list[drafts.Draft]) -> dict[str, Any]:
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
                "author": "surveyor",
                "approver": "manager",
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
                "author": "surveyor",
                "approver": "manager",
            },
        ],
        "drafts": [
            {
                "file": f"drafts/{draft.name}.gpkg",
                "layer": "divisions",
                "title": draft.title,
                "author": draft.author,
                "reviewer": "manager",
                "valid_from": draft.valid_from,
                "basis": draft.basis,
                "complete": draft.complete,
                "then": draft.then,
                "note": draft.note,
                "planted": [planted.to_dict() for planted in draft.planted],
            }
            for draft in made
        ],
        "registers": registers.listing(),
        "survey": [
            {
                "file": f"survey/{MEASURED}",
                "what": "GBK，无 .cpg 与 .prj，高斯-克吕格带号坐标，第三次国土调查字段",
                "expected": {"encoding": "GBK", "rules": ["precision"]},
            },
            {
                "file": f"survey/{TRACED}",
                "what": "在商业地图上描绘，坐标为 GCJ-02 而未说明",
                "expected": {"shift": "gcj02", "rules": ["crs"]},
            },
        ],
        "other": [
            "rivers.geojson",
            "roads.geojson",
        ],
        "services": services.listing(),
        "network": services.network(),
        "desk": services.desk(),
        "users": drafts.USERS,
    }
