"""What the sheet of coverage says of the versions it stands on."""

from __future__ import annotations

import io

import geopandas as gpd
import pytest
import shapely
from reportlab.pdfgen.canvas import Canvas

from boundaries.documents import fonts
from boundaries.documents.coverage_map import Colours, plane_of
from boundaries.documents.coverage_sheet import PAGE, _Drawing, edition
from boundaries.products import INTERNAL
from geodata import crs

VERSION = {"number": 2, "effective": "2026-03-01", "digest": "sha256:b3dfbe46fa77aa"}


def test_a_version_is_not_said_to_hold_from_after_the_day_asked_for() -> None:
    assert edition(VERSION, "2026-11-22") == "v2 · 2026-03-01 · b3dfbe46fa77"
    assert edition(VERSION, "2025-06-30") == "v2 · b3dfbe46fa77"


def begun() -> tuple[_Drawing, list[str]]:
    """Return a page begun, and what is written on it from now on."""
    canvas = Canvas(io.BytesIO(), pagesize=PAGE)
    drawn: list[str] = []
    canvas.drawString = lambda _x, _y, text: drawn.append(text)
    drawing = _Drawing(canvas, *fonts.for_reportlab(), "zh")
    drawing.y = PAGE[1]
    return drawing, drawn


def test_the_legend_tells_of_units_without_a_figure() -> None:
    for blank in (False, True):
        drawing, drawn = begun()
        drawing.blank = blank
        drawing._legend("路网覆盖率（%）", Colours("share", [20, 40, 60, 80, 100]))
        assert "20 – 40" in drawn
        assert ("无数字" in drawn) is blank


def test_what_has_no_room_beside_the_map_goes_on_on_another_page() -> None:
    """Omissions are printed with the figures they touch, however many they are."""
    why = {"zh": "没有坐标的设施未计入", "en": "facilities without coordinates"}
    what = {"zh": "请补录坐标。" * 20, "en": "Add them."}
    drawing, drawn = begun()
    pages: list[int] = []
    drawing.canvas.showPage = lambda: pages.append(1)
    omitted = [
        {"why": why, "what_to_do": what, "count": 1, "keys": [f"F{n}"]}
        for n in range(60)
    ]
    drawing._omissions(omitted)
    assert len(pages) == 1
    said = "".join(drawn)
    assert all(f"（1：F{n}）" in said for n in range(60))
    assert said.count(INTERNAL.zh) == 1, "the page that is full has its foot"


@pytest.mark.parametrize("place", [(119.7, 38.6), (24.9, 60.2), (-51.2, -30.0)])
def test_north_is_up_and_a_metre_a_metre_on_the_sheet(
    place: tuple[float, float],
) -> None:
    lon, lat = place
    square = shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    frame = gpd.GeoDataFrame(geometry=[square], crs=crs.STORAGE)
    plane = plane_of(frame)
    (x, up_x), (y, up_y) = crs.transform_points(
        [lon, lon], [lat, lat + 0.01], crs.STORAGE, plane
    )
    assert abs(up_x - x) < 0.06 * (up_y - y)
    [metres] = crs.distance_m([lon], [lat], [lon], [lat + 0.01])
    assert up_y - y == pytest.approx(metres, rel=0.002)
