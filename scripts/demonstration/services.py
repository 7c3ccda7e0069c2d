"""What the eldercare work of the city stands on: streets, people, facilities."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from demonstration import byhand, care, entered, heights, others, people, plan

if TYPE_CHECKING:
    from demonstration.territory import Territory

STREETS, CANDIDATES = "street_network.gpkg", "候选场地.geojson"
FACILITIES, MEDICAL, HOUSES = (
    "养老服务设施.xlsx",
    "医疗卫生机构.csv",
    "社区服务设施.csv",
)
FAULTY = "设施补充登记_待改正.xlsx"
POPULATION = {"first": "人口_2023.csv", "second": "人口_2025.xlsx"}
FAULTY_POPULATION = "人口_待改正.csv"
HEIGHTS, LINES = "地形.tif", "人工连线.geojson"
SCENARIOS = ("方案1.json", "方案2.json")
ENTERED = {
    "areas": "新建居住区.csv", "projects": "年度项目.csv", "values": "填报数据.csv",
}  # fmt: skip
DECIDES = "planner"
"""Who decides on what the eldercare officer hands in."""
_WRITTEN = "2026-03-01T00:00:00Z"


def write(territory: Territory, folder: Path) -> list[Path]:
    """Write everything on the land of the second vintage; return the paths."""
    folder.mkdir(exist_ok=True)
    divisions = territory.second
    places = care.Places(divisions, territory.streets)
    counted = territory.population["second"]
    register = care.facilities(places, counted, territory.seed)
    tables = {
        POPULATION["first"]: territory.population["first"],
        POPULATION["second"]: counted,
        FAULTY_POPULATION: people.faulty(counted),
        FACILITIES: register,
        MEDICAL: others.medical(places, territory.seed),
        HOUSES: others.houses(places, territory.seed),
        FAULTY: others.faulty(register),
        ENTERED["areas"]: entered.areas(places, territory.seed),
        ENTERED["projects"]: entered.projects(),
        ENTERED["values"]: entered.values(),
    }
    plans = byhand.scenarios(places, counted)
    return [
        _layer(territory.streets, folder / STREETS, "streets"),
        _layer(others.candidates(places, territory.seed), folder / CANDIDATES, None),
        _layer(byhand.lines(territory), folder / LINES, None),
        heights.write(territory.heights, folder / HEIGHTS),
        *(_table(frame, folder / name) for name, frame in tables.items()),
        *(
            _json(each, folder / name)
            for name, each in zip(SCENARIOS, plans, strict=True)
        ),
    ]


def listing() -> list[dict[str, Any]]:
    """Return what is handed in, in order; a layer is published after its ``last``.

    ``approver`` None: left open.
    """
    kept = (
        (POPULATION["first"], "population", "2023年末人口（示例）", plan.FIRST_DAY),
        (POPULATION["second"], "population", "2025年末人口（示例）", plan.SECOND_DAY),
        (FACILITIES, "facilities", "养老服务设施台账（示例）", plan.SECOND_DAY),
        (MEDICAL, "facilities", "医疗卫生机构（示例）", plan.SECOND_DAY),
        (HOUSES, "facilities", "社区服务设施（示例）", plan.SECOND_DAY),
        (FAULTY, "facilities", "设施补充登记（示例，含待改正的问题）", plan.SECOND_DAY),
    )
    return [
        {
            "file": f"services/{file}",
            "target": target,
            "title": title,
            "author": "eldercare",
            "approver": None if file == FAULTY else DECIDES,
            "last": file in (POPULATION["second"], HOUSES),
            "valid_from": day,
            "basis": f"{plan.LABEL} 台账",
            "complete": plan.CITY[0] if file == POPULATION["second"] else None,
        }
        for file, target, title, day in kept
    ]


def network() -> dict[str, Any]:
    """Return the streets that are kept as a network, and by whom."""
    return {
        "file": f"services/{STREETS}",
        "layer": "streets",
        "heights": f"services/{HEIGHTS}",
        "title": "望澜市道路（示例）",
        "effective": plan.FIRST_DAY,
        "author": "eldercare",
    }


def desk() -> dict[str, Any]:
    """Return what is entered, drawn and planned once everything is published."""
    return {
        "scope": plan.CITY[0],
        "as_of": byhand.AS_OF,
        "entered": {kind: f"services/{name}" for kind, name in ENTERED.items()},
        "lines": f"services/{LINES}",
        "scenarios": [f"services/{name}" for name in SCENARIOS],
        "officer": "eldercare",
        "planner": DECIDES,
    }


def _json(value: dict[str, Any], path: Path) -> Path:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _layer(frame: gpd.GeoDataFrame, path: Path, layer: str | None) -> Path:
    path.unlink(missing_ok=True)
    options = {"layer": layer} if layer else {"COORDINATE_PRECISION": 9}
    frame.to_file(path, engine="pyogrio", **options)
    return path


def _table(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
        return path
    buffer = io.BytesIO()
    frame.to_excel(buffer, index=False, sheet_name="台账")
    path.write_bytes(_timeless(buffer.getvalue()))
    return path


def _timeless(workbook: bytes) -> bytes:
    """Return a workbook without the times it was written at."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as before,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(
                    rb">\d{4}-\d\d-\d\dT[\d:]+Z<", f">{_WRITTEN}<".encode(), content
                )
            named = zipfile.ZipInfo(entry.filename)
            after.writestr(named, content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()
