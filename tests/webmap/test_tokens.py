"""Text can be read on everything it stands on, in both themes (WCAG: 4.5 to 1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import webmap

TOKENS = (Path(webmap.__file__).parent / "static/css/tokens.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
    for part in TOKENS.split("@media (prefers-color-scheme: dark)", 1)
)
TEXT = [
    *((ink, ground) for ink in ("ink", "soft") for ground in ("paper", "ground")),
    *(("ink", f"{name}-pale") for name in ("accent", "red", "amber", "green")),
    *((name, "paper") for name in ("accent", "red", "amber", "green")),
    *((name, "ground") for name in ("accent", "red", "amber", "green")),
    *((name, f"{name}-pale") for name in ("accent", "red", "amber", "green")),
    ("soft", "accent-pale"),
    ("accent-ink", "accent"),
    *(("label", f"map-{number}") for number in range(5)),
]
PAPER = {"print.css", "sheet.css", "public.css"}
"""Sheets that also speak of paper, which is white."""
MARKS = [("edge", "paper"), ("edge", "ground"), ("accent", "paper")]
"""Edges of fields and focus rings: 3 to 1."""


def light(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
def test_text_and_marks_stand_out(theme: dict[str, str]) -> None:
    weak = {
        pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2)
        for pairs, least in ((TEXT, 4.5), (MARKS, 3.0))
        for pair in pairs
        if contrast(theme[pair[0]], theme[pair[1]]) < least
    }
    assert weak == {}


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_sheet_names_a_colour_of_its_own() -> None:
    folder = Path(webmap.__file__).parent / "static/css"
    named = {
        path.name: found
        for path in folder.glob("*.css")
        if path.name not in {"tokens.css", "mapkit.css", *PAPER}
        and (found := re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", path.read_text()))
    }
    assert named == {}
