"""What pages and API of indicators share: files handed out, charts as coordinates."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Response

from webmap.downloads import attached, written
from webmap.languages import chosen
from webmap.session import actor, registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 400, 230, 44, 28, 24, 24
_TICKS = 4


def workbook_of(asked: Mapping[str, Any]) -> Response:
    """Return the workbook of a date and unit as a download; it is recorded."""
    with tempfile.TemporaryDirectory(prefix="quhua-indicators-") as folder:
        path = Path(folder) / "indicators.xlsx"
        done = registry().indicator_workbook(actor(), path, language=chosen(), **asked)
        file = path.open("rb")  # still readable when its folder is gone
    scope = f"-{done['scope']}" if done["scope"] else ""
    return attached(file, f"indicators-{done['as_of']}{scope}.xlsx")


def chart_of(indicator: str, asked: Mapping[str, Any]) -> Response:
    """Return a picture as a download; it is recorded."""
    query = dict(asked)
    what, form = query.pop("chart"), query.pop("form")
    made = registry().indicator_chart(actor(), indicator, what, form, chosen(), **query)
    return written(made, f"{indicator}-{what}.{form}")


def trend_drawing(
    points: Sequence[Mapping[str, Any]], target: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return a trend as coordinates for the page's own SVG; None for no point.

    Returns
    -------
    dict
        ``{"width", "height", "line", "points": [{"x", "y", "value", "year", "how"}],
        "ticks": [{"y", "text"}], "target": {"y", "text"} or None}``.
    """
    known = [each for each in points if each["value"] is not None]
    if not known:
        return None
    years = [_year(str(each["on"])) for each in known]
    aim = target["value"] if target and target["value"] is not None else None
    top = _round_up(max([each["value"] for each in known] + ([aim] if aim else [])))
    first, last = min(years), max(years)
    span = max(last - first, 1.0)

    def x(year: float) -> float:
        share = (year - first) / span if last > first else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP), 1)

    drawn = [
        {
            "x": x(year), "y": y(each["value"]), "value": each["value"],
            "year": str(each["on"])[:4], "how": each["how"], "on": each["on"],
        }
        for year, each in zip(years, known, strict=True)
    ]  # fmt: skip
    steps = [top * n / _TICKS for n in range(_TICKS + 1)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": HEIGHT - BOTTOM,
        "line": " ".join(f"{each['x']},{each['y']}" for each in drawn),
        "points": drawn,
        "ticks": [{"y": y(step), "text": f"{step:g}"} for step in steps],
        "target": None if aim is None else {"y": y(aim)},
    }


def _year(on: str) -> float:
    return int(on[:4]) + (int(on[5:7] or 12) - 12) / 12


def _round_up(value: float) -> float:
    """Return a round number at or above a value, so that a quarter of it is round."""
    if value <= 0:
        return 1.0
    step = 10 ** math.floor(math.log10(value))
    return next(
        float(step * each) for each in (1, 2, 4, 6, 8, 10, 20) if step * each >= value
    )
