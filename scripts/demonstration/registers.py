"""Registers of the city as its bureaus keep them: markers, inspections, place names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from demonstration import places, plan, stones

if TYPE_CHECKING:
    import geopandas as gpd

MARKERS, INSPECTIONS = "界桩成果表.csv", "界桩检查记录.csv"
NAMES, ADDED = "标准地名.csv", "地名补充.csv"


def write(divisions: gpd.GeoDataFrame, folder: Path, seed: int) -> list[Path]:
    """Write the registers on the land of one vintage; return their paths."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    markers = stones.markers(divisions, rng)
    inspections = stones.inspections(markers, rng)
    names = places.places(divisions, rng)
    tables = (
        (MARKERS, markers.drop(columns="_units"), "gb18030"),
        (INSPECTIONS, inspections, "gb18030"),
        (NAMES, names, "utf-8-sig"),
        (ADDED, places.additions(names), "utf-8-sig"),
    )
    for name, table, encoding in tables:
        table.to_csv(folder / name, index=False, encoding=encoding)
    return [folder / name for name, *_ in tables]


def listing() -> list[dict[str, Any]]:
    """Return who hands in which register, and who decides; ``approver`` None: open."""
    surveyors, namers = ("surveyor", "manager"), ("name_staff", "name_reviewer")
    kept = (
        (MARKERS, "markers", "县级界桩登记（示例）", *surveyors),
        (INSPECTIONS, "inspections", "界桩检查记录（示例）", *surveyors),
        (NAMES, "place_names", "标准地名（示例）", *namers),
        (ADDED, "place_names", "新增地名（示例，含待改正的问题）", "name_staff", None),
    )
    return [
        {
            "file": f"registers/{file}",
            "target": target,
            "title": title,
            "author": author,
            "approver": approver,
            "last": approver is not None,
            "valid_from": plan.SECOND_DAY,
            "basis": f"{plan.LABEL} 登记表",
        }
        for file, target, title, author, approver in kept
    ]
