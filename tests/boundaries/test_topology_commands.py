"""``borders``, ``simplify`` and ``changes`` on files, without a store."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geodata import files
from tests.support.commands import quhua
from tests.support.drawn import coverage_of


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three units in a plane, under the house's own column names."""
    frame = coverage_of("AAB/AAB/CCC").to_crs("EPSG:4548")
    frame = frame.rename(columns={"code": "XZQDM"}).assign(县=["P", "P", "Q"])
    path = tmp_path_factory.mktemp("layer") / "单位.gpkg"
    files.write(frame, path, language="")
    return path


def test_borders_are_written_once(layer, tmp_path):
    out, points = tmp_path / "界线.gpkg", tmp_path / "三交点.gpkg"
    ran = quhua(
        "borders",
        layer,
        "--out",
        out,
        "--tripoints",
        points,
        "--above",
        "县",
        "--key",
        "XZQDM",
        "--json",
    )
    assert ran.status == 0, ran.err
    assert ran.document["lines"] == 6
    assert ran.document["units"] == 3
    lines, ends = gpd.read_file(out), gpd.read_file(points)
    assert lines.crs == "EPSG:4548"
    sides = {
        frozenset([a, b]) for a, b in zip(lines["left"], lines["right"], strict=True)
    }
    assert {"A", "B"} in sides
    assert set(lines["level"]) == {0, 1}
    assert "A;B;C" in set(ends["units"])
    assert lines["length_m"].sum() == pytest.approx(ran.document["length_m"])


def test_simplified_layer_keeps_its_rows_and_crs(layer, tmp_path):
    out = tmp_path / "s.gpkg"
    ran = quhua("simplify", layer, "--tolerance", "2000", "--out", out, "--json")
    assert ran.status == 0, ran.err
    simple = gpd.read_file(out)
    assert ran.document["vertices_after"] < ran.document["vertices_before"]
    assert simple.crs == "EPSG:4548"
    assert simple["XZQDM"].tolist() == ["A", "B", "C"]
    assert simple.is_valid.all()


def test_changes_between_two_files(layer, tmp_path):
    new = tmp_path / "new.geojson"
    frame = coverage_of("AAB/AAB/DDD").rename(columns={"code": "XZQDM"})
    files.write(frame, new, language="")
    report = tmp_path / "r.json"
    ran = quhua(
        "changes", layer, new, "--key", "XZQDM", "--report", report, "--lang", "en"
    )
    assert ran.status == 0, ran.err
    told = json.loads(report.read_text("utf-8"))
    kinds = {(row["from"], row["to"]): row["kind"] for row in told}
    assert kinds[("A", "A")] == "kept"
    assert kinds[("C", "D")] == "recoded"
    moved = next(row for row in told if row["to"] == "D")
    assert shapely.from_geojson(json.dumps(moved["geometry"])).area > 0
    assert "C → D" in ran.out
    assert "recoded 1" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["borders", "--key", "nope", "--out", "o.gpkg"], "nope"),
        (["borders", "--above", "nope", "--out", "o.gpkg"], "nope"),
        (["simplify", "--tolerance", "0", "--out", "o.gpkg"], "0"),
        (["simplify", "--tolerance", "5", "--level", "县", "--out", "o.gpkg"], "P"),
        (["borders", "--out", "o.xyz"], "xyz"),
        (["changes"], "--key"),
    ],
)
def test_what_cannot_be_is_said(layer, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    again = [layer] if arguments[0] == "changes" else []
    ran = quhua(arguments[0], layer, *again, *arguments[1:])
    assert ran.status == 2
    assert said in ran.err
    assert not list(tmp_path.iterdir())


def test_a_file_without_codes_goes_by_record(tmp_path):
    path, out = tmp_path / "n.geojson", tmp_path / "o.gpkg"
    files.write(coverage_of("AB")[["geometry"]], path, language="")
    assert quhua("borders", path, "--out", out).status == 0
    lines = gpd.read_file(out)
    assert {*lines["left"].dropna(), *lines["right"].dropna()} - {""} == {"#1", "#2"}
