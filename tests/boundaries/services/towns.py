"""The small town of :mod:`tests.boundaries.services.frames` in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geodata import crs
from tests.boundaries.services import frames
from tests.support.published import publish
from tests.support.registries import Office, office
from tests.support.streets import town

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {3: "district", 4: "street", 5: "community"}


def town_office(folder: Path, *, register_from: str = "2024") -> Office:
    """Return a store with divisions, people of two years, two centres, streets."""
    made = office(folder)
    registry = made.registry
    for name, role in (
        ("officer", "eldercare_officer:990000"), ("judge", "planner:990000"),
        ("reader", "viewer:990000"),
    ):  # fmt: skip
        registry.add_user("root", name)
        registry.set_roles("keeper", name, [role])
    units = frames.divisions()
    units["code"] = units.index
    units["kind"] = [
        "village" if code[9:] == "200" else _KINDS[level]
        for code, level in zip(units["code"], units["level"], strict=True)
    ]
    publish(registry.store, units, "2020")
    take_in(made, table(100, 200, 300, 400), "2024")
    take_in(made, table(2, 200, 300, 3), "2025")
    sites = frames.facilities((0.0, 0.0), (7.0, 7.0))
    publish(registry.store, sites, register_from, layer="facilities")
    registry.add_network("judge", town(), title="town", effective="2020-01-01")
    return made


def table(*elderly: int) -> gpd.GeoDataFrame:
    """Return a table of the four communities as a bureau's file is read."""
    codes = [code for code, row in frames.UNITS.items() if row[1] == 5]
    rows: Any = pd.DataFrame(
        {"区划代码": codes, "总人口": [10 * n for n in elderly], "60岁及以上": elderly}
    )
    return gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs=crs.STORAGE)


def take_in(made: Office, frame: gpd.GeoDataFrame, effective: str) -> None:
    """Take a table in as its officer and a second person do."""
    registry, layer = made.registry, "population"
    draft = registry.stage("officer", frame, layer=layer, effective=effective)["id"]
    registry.check("officer", draft)
    registry.submit("officer", draft)
    version = registry.approve("judge", draft)["version"]
    with registry.store.write() as tx:  # without the files, which take a process each
        tx.tag(f"published/{layer}", version)
