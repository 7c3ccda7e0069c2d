"""``repair`` as its user runs it: limits, names, formats, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata import files
from tests.support.commands import quhua

HERE = np.array([500_000.0, 3_300_000.0])


def at_night(*values: object) -> Any:
    """Return a case of the full run: every reading starts a guarded process."""
    return pytest.param(*values, marks=pytest.mark.full)


def written(path: Path, crs: int = 4547, **columns: Any) -> Path:
    """A has a gap of 200 m by 50 m beside B; C is there twice."""
    gap = shapely.box(800, 400, 1000, 450)
    corners = [(0, 1000), (1000, 1000), (2000, 1000), (2000, 2000), (0, 2000)]
    third = shapely.Polygon(corners)
    shapes = [
        shapely.difference(shapely.box(0, 0, 1000, 1000), gap),
        shapely.box(1000, 0, 2000, 1000),
        third,
        third,
    ]
    placed = shapely.transform(np.array(shapes), lambda xy: xy + HERE)
    frame = gpd.GeoDataFrame(
        {"dm": ["A", "B", "C", "C"], **columns},
        geometry=shapely.orient_polygons(placed),
        crs=4547,
    )
    files.write(frame.to_crs(crs), path, language="")
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return written(tmp_path / "坏.gpkg")


def test_what_was_dropped_and_moved_is_told(broken, tmp_path):
    was = broken.read_bytes()
    out, log = tmp_path / "好.gpkg", tmp_path / "log.json"
    ran = quhua(
        "repair", broken, "--key", "dm", "--out", out, "--log", log, "--lang", "zh"
    )
    assert ran.status == 0, ran.err
    assert "已删除重复单元 C#2" in ran.out
    assert "界线最大移动 " in ran.out
    assert broken.read_bytes() == was
    assert gpd.read_file(out)["dm"].tolist() == ["A", "B", "C"]
    assert quhua("check", out, "--key", "dm", "--json").document == []


@pytest.mark.parametrize(
    "suffix", [".zip", at_night(".gpkg"), at_night(".geojson"), at_night(".parquet")]
)
def test_each_format_has_a_way_back(tmp_path, suffix):
    degrees = written(tmp_path / "in.gpkg", 4326, note=["x", "y", "z", "z"])
    out, log, back = (tmp_path / name for name in (f"o{suffix}", "l.json", "b.gpkg"))
    ran = quhua("repair", degrees, "--key", "dm", "--out", out, "--log", log, "--json")
    assert ran.status == 0, ran.err
    assert ran.document["undoable"] is True
    assert ran.document["removed"] == ["C#2"]
    done = quhua("repair", out, "--key", "dm", "--undo", log, "--out", back, "--json")
    assert done.status == 0, done.err
    first, again = gpd.read_file(degrees), gpd.read_file(back)
    assert again["dm"].tolist() == ["A", "B", "C", "C"]
    assert again["note"].tolist() == first["note"].tolist()
    mended = {
        row for entry in json.loads(log.read_text("utf-8")) for row in entry["before"]
    }
    for row in map(int, mended):
        assert shapely.to_wkb(again.geometry[row]) == shapely.to_wkb(
            first.geometry[row]
        )


@pytest.mark.parametrize("suffix", [".geojson", at_night(".fgb")])
def test_a_format_that_turns_places_or_rows_is_said_to(broken, tmp_path, suffix):
    out, log, back = (tmp_path / name for name in (f"o{suffix}", "l.json", "b.gpkg"))
    words = ("repair", broken, "--key", "dm", "--out", out, "--log", log)
    ran = quhua(*words, "--lang", "en")
    assert ran.status == 0, ran.err
    assert "--undo will not work" in ran.out
    undone = quhua("repair", out, "--key", "dm", "--undo", log, "--out", back)
    assert undone.status == 2
    assert "GeoJSON" in undone.err
    assert not back.exists()


def test_who_gets_the_ground_and_what_stays(broken, tmp_path):
    told = quhua("check", broken, "--key", "dm", "--json").document
    mark = next(one["fingerprint"] for one in told if one["rule"] == "gap")
    out = tmp_path / "o.gpkg"
    words = ("repair", broken, "--key", "dm", "--out", out, "--accept", mark, "--json")
    ran = quhua(*words, "--to", f"{mark}=B")
    assert ran.status == 1  # the duplicate is left
    assert ran.document["log"][0]["cost"]["area_gained_m2"]["B"] == pytest.approx(
        1e4, rel=2e-3
    )
    lines = tmp_path / "线.gpkg"
    border = shapely.transform(
        shapely.LineString([(1000, 0), (1000, 1000)]), lambda xy: xy + HERE
    )
    files.write(
        gpd.GeoDataFrame({"n": [1]}, geometry=[border], crs=4547), lines, language=""
    )
    held = quhua(*words, "--to", f"{mark}=B", "--pin", lines, "--pin", "outer")
    assert held.document["repaired"] == 0
    assert "pinned" in held.document["log"][0]["why"]["en"]


def test_duplicates_that_differ_are_dropped_by_name(tmp_path):
    path = written(tmp_path / "a.gpkg", people=[1, 2, 3, 4])
    out = tmp_path / "o.gpkg"
    ran = quhua("repair", path, "--key", "dm", "--out", out, "--lang", "en")
    assert ran.status == 1
    assert "people" in ran.out
    assert len(gpd.read_file(out)) == 4
    ran = quhua("repair", path, "--key", "dm", "--out", out, "--accept", "duplicate")
    assert ran.status == 0, ran.err
    assert gpd.read_file(out)["people"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--max-shift", "nan"], "nan"),
        (["--max-shift", "-1"], "-1"),
        (["--max-area", "inf"], "inf"),
        (["--accept", "gapp"], "gapp"),
        at_night(["--pin", "inner"], "inner"),
        at_night(["--to", "x"], "x"),
        (["--to", "0123456789abcdef=A"], "0123456789abcdef"),
        (["--undo", "{log}", "--accept", "gap"], "--accept"),
        (["--undo", "{log}"], "log.json"),
        (["--log", "{out}"], "o.gpkg"),
        (["--undo", "{file}"], "坏.gpkg"),
        (["--tolerance", "inf"], "inf"),
        (["--out", "{shp}"], "ESRI Shapefile (.zip)"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(broken, tmp_path, words, said):
    log, out = tmp_path / "log.json", tmp_path / "o.gpkg"
    log.write_text('[{"rule": "gap"}]', "utf-8")
    places = {"log": log, "out": out, "file": broken, "shp": tmp_path / "o.shp"}
    named = [word.format(**places) for word in words]
    ran = quhua("repair", broken, "--key", "dm", "--out", out, *named, "--lang", "en")
    assert ran.status == 2
    assert said in ran.err
    assert not out.exists()


def test_the_original_cannot_be_written_over(broken):
    was = broken.read_bytes()
    ran = quhua("repair", broken, "--key", "dm", "--out", broken)
    assert ran.status == 2
    assert broken.read_bytes() == was


def test_records_of_two_files_without_codes_are_told_apart(tmp_path):
    """Else a superior has the name of a unit, and is found by its number."""
    units = [shapely.box(1000 * at, 0, 1000 * at + 1000, 1000) for at in range(2)]
    over = shapely.box(0, 0, 1500, 1000)
    paths = []
    for name, shapes in (("in", units), ("above", [over])):
        placed = shapely.transform(np.array(shapes), lambda xy: xy + HERE)
        frame = gpd.GeoDataFrame(
            {"note": ["x"] * len(shapes)}, geometry=placed, crs=4547
        )
        paths.append(tmp_path / f"{name}.gpkg")
        files.write(frame, paths[-1], language="")
    told = quhua("check", paths[0], "--parent", paths[1], "--json").document
    keys = {key for one in told for key in one["participants"]}
    assert keys - {"#1", "#2"} == {"above #1"}


def test_the_number_of_a_record_is_no_attribute(tmp_path):
    """Two records that say the same are one, in a file without codes too."""
    shapes = [shapely.box(1000 * at, 0, 1000 * at + 1000, 1000) for at in (0, 0, 1)]
    placed = shapely.transform(np.array(shapes), lambda xy: xy + HERE)
    frame = gpd.GeoDataFrame({"note": ["x", "x", "y"]}, geometry=placed, crs=4547)
    path, out, log = (tmp_path / name for name in ("i.gpkg", "o.gpkg", "l.json"))
    files.write(frame, path, language="")
    ran = quhua("repair", path, "--out", out, "--log", log)
    assert ran.status == 0, ran.err
    assert gpd.read_file(out)["note"].tolist() == ["x", "y"]
    back = tmp_path / "b.gpkg"
    assert quhua("repair", out, "--undo", log, "--out", back).status == 0
    assert gpd.read_file(back)["note"].tolist() == ["x", "x", "y"]
