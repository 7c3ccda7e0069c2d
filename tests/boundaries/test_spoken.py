"""Words beside stored keys in what is handed out; which reads back as it was."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest

from boundaries import incoming, references
from boundaries.spoken import spoken
from geodata.errors import InputError
from geodata.files.limits import OPERATOR
from tests.boundaries.services import frames
from tests.boundaries.services.towns import town_office
from tests.support.published import publish
from tests.support.registries import Office


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = town_office(tmp_path_factory.mktemp("spoken"))
    made.registry.add_user("root", "drawer")
    made.registry.set_roles("keeper", "drawer", ["surveyor:990000"])
    homes = frames.facilities((0.0, 0.0), (7.0, 7.0))
    homes["division"] = ["990101001001", "990101002200"]
    homes["domain"], homes["level"] = "eldercare", 5
    publish(made.registry.store, homes, "2025", layer="facilities")
    return made


def written(town: Office, path: Path, layer: str, **more: Any) -> dict[str, str]:
    """Export a layer and return its first row."""
    town.registry.export("judge", path, layer=layer, **more)
    if path.suffix == ".xlsx":
        heads, row = list(openpyxl.load_workbook(path).active.values)[:2]
        return dict(zip(heads, row, strict=True))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.DictReader(file))


def test_a_table_of_facilities_says_keys_words_and_positions(
    town: Office, tmp_path: Path
) -> None:
    row = written(town, tmp_path / "a.csv", "facilities")
    assert (row["设施类型"], row["设施类型（文字）"]) == ("DAY", "日间照料中心")
    assert row["状态（文字）"] == "运营"
    assert float(row["经度"]) == 116.0
    assert float(row["纬度"]) == 39.0
    row = written(town, tmp_path / "b.xlsx", "facilities", language="en")
    assert row["type (words)"] == "day-care centre"
    assert row["lon"] == 116.0
    town.registry.export("judge", tmp_path / "c.gpkg", layer="facilities")
    frame = gpd.read_file(tmp_path / "c.gpkg")
    assert frame["type_words"].tolist() == ["日间照料中心"] * 2
    assert "lon" not in frame


def test_divisions_and_people_are_said_in_words_too(
    town: Office, tmp_path: Path
) -> None:
    row = written(town, tmp_path / "d.csv", "divisions")
    assert row["级别（文字）"] == "县级"
    row = written(town, tmp_path / "p.csv", "population")
    assert row["所属区划（文字）"] == "一社区"
    assert "经度" not in row


@pytest.mark.parametrize(
    ("layer", "suffix"),
    [
        ("facilities", "csv"),
        pytest.param("facilities", "xlsx", marks=pytest.mark.full),
        ("facilities", "gpkg"),
        ("divisions", "csv"),
        pytest.param("divisions", "gpkg", marks=pytest.mark.full),
        ("population", "xlsx"),
    ],
)
def test_what_was_handed_out_changes_nothing_when_it_comes_back(
    town: Office, tmp_path: Path, layer: str, suffix: str
) -> None:
    path = tmp_path / f"{layer}.{suffix}"
    town.registry.export("judge", path, layer=layer)
    frame, reading = incoming.read(
        path, limits=OPERATOR, target=layer,
        compared=references.of_store(town.registry.store),
    )  # fmt: skip
    who = "drawer" if layer == "divisions" else "officer"
    stage = partial(
        town.registry.stage, who, frame, layer=layer, effective="2026",
        reading=reading, confirmed=[guess.what for guess in reading.guesses],
    )  # fmt: skip
    if layer != "divisions":
        with pytest.raises(InputError, match="Nothing differs"):
            stage()
        return
    staged = town.registry.staged(who, stage()["id"])
    assert list(staged.keys) == ["990101"]  # whose prefecture its code tells
    assert staged.new["extra"].tolist() == [{}]


def test_other_formats_stay_as_they_are(town: Office) -> None:
    frame = town.registry.snapshot("judge", "facilities")
    same, headings = spoken(frame, "facilities", "GeoJSON", {})
    assert same is frame
    assert headings == {}
