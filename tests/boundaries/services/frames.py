"""A small town for figures of coverage: two streets, four communities, 8 x 8 blocks."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.services.profiles import Profile
from boundaries.services.situation import Situation, assemble
from boundaries.settings import Settings
from geodata import crs
from tests.support.streets import town

WEST, SOUTH, STEP = 116.0, 39.0, 0.001
EDGE = STEP * 7


def box(left: float, low: float, right: float, high: float) -> Any:
    """Return a rectangle in blocks from the town's corner."""
    return shapely.MultiPolygon(
        [
            shapely.box(
                WEST + left * STEP, SOUTH + low * STEP,
                WEST + right * STEP, SOUTH + high * STEP,
            )
        ]
    )  # fmt: skip


UNITS = {
    "990101": ("东城区", 3, None, box(-0.5, -0.5, 7.5, 7.5)),
    "990101001": ("西街道", 4, "990101", box(-0.5, -0.5, 3.5, 7.5)),
    "990101002": ("东街道", 4, "990101", box(3.5, -0.5, 7.5, 7.5)),
    "990101001001": ("一社区", 5, "990101001", box(-0.5, -0.5, 3.5, 3.5)),
    "990101001002": ("二社区", 5, "990101001", box(-0.5, 3.5, 3.5, 7.5)),
    "990101002001": ("三社区", 5, "990101002", box(3.5, -0.5, 7.5, 3.5)),
    "990101002200": ("四村", 5, "990101002", box(3.5, 3.5, 7.5, 7.5)),
}


def divisions(*left_out: str) -> gpd.GeoDataFrame:
    """Return the divisions, but for some."""
    rows = {code: row for code, row in UNITS.items() if code not in left_out}
    table = pd.DataFrame(
        [row[:3] for row in rows.values()],
        columns=["name", "level", "parent"], index=pd.Index(rows, name="key"),
    )  # fmt: skip
    shapes = [row[3] for row in rows.values()]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.STORAGE)


def population(**rows: Any) -> pd.DataFrame:
    """Return counts by code; ``_990101…`` = people of 60 and over, or a mapping."""
    made = {}
    for code, said in rows.items():
        counts = said if isinstance(said, dict) else {"aged_60": said}
        made[code.strip("_")] = {"total": 10 * counts.get("aged_60", 0), **counts}
    table = pd.DataFrame.from_dict(made, orient="index").astype(object)
    return table.rename_axis("key")


EVERYBODY = {
    "_990101001001": 100, "_990101001002": 200, "_990101002001": 300,
    "_990101002200": 400,
}  # fmt: skip


def facilities(*rows: tuple[float, float] | dict[str, Any] | None) -> gpd.GeoDataFrame:
    """Return day-care centres at blocks (x, y); a dict adds columns, None: no place."""
    table, points = [], []
    for at, said in enumerate(rows, 1):
        row = said if isinstance(said, dict) else {"at": said}
        place = row.get("at")
        points.append(
            None
            if place is None
            else shapely.Point(WEST + place[0] * STEP, SOUTH + place[1] * STEP)
        )
        table.append(
            {
                "facility": f"F{at}", "name": f"中心{at}", "type": "DAY",
                "status": "operating", "division": None, "radius_m": None,
                "beds_total": None, "day_places": None,
                **{name: value for name, value in row.items() if name != "at"},
            }
        )  # fmt: skip
    columns = ["facility", "name", "type", "status", "division", "radius_m",
               "beds_total", "day_places"]  # fmt: skip
    frame = pd.DataFrame(table, columns=columns, dtype=object)
    index = pd.Index(frame["facility"], name="key")
    return gpd.GeoDataFrame(
        frame.set_index(index), geometry=points, crs=crs.STORAGE
    )  # fmt: skip


def situation(
    *rows: Any, people: Any = None, network: Any = "town", units: Any = None, **own: Any
) -> Situation:
    """Return the town with facilities at blocks and everybody at home."""
    return assemble(
        "2026-01-01",
        divisions() if units is None else units,
        facilities(*rows),
        population(**EVERYBODY) if people is None else people,
        Profile.of(Settings(), **own),
        network=town() if network == "town" else network,
        versions={"divisions": {"number": 1}},
    )
