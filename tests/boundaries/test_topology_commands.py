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


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Two units with a gap of some metres between them, as a file in a plane."""
    frame = coverage_of("AB/AB").rename(columns={"code": "dm"}).to_crs("EPSG:4548")
    shapes = shapely.orient_polygons(frame.geometry.to_numpy())
    xy = shapely.get_coordinates(shapes[0])
    middle = abs(xy - shapely.get_coordinates(shapes[0].centroid)).argmin(axis=0)[1]
    east = xy[:, 0] > xy[:, 0].mean()
    moved = xy - (east & (abs(xy[:, 1] - xy[middle, 1]) < 1.0))[:, None] * [4.0, 0.0]
    shapes[0] = shapely.Polygon(moved)
    path = tmp_path / "坏.gpkg"
    files.write(frame.set_geometry(shapes, crs=frame.crs), path, language="")
    return path


def test_check_repair_and_undo(broken, tmp_path):
    report = tmp_path / "问题.json"
    ran = quhua("check", broken, "--key", "dm", "--report", report, "--lang", "en")
    assert ran.status == 0, ran.err
    told = json.loads(report.read_text("utf-8"))
    assert [one["rule"] for one in told] in (["gap"], ["sliver_gap"])
    assert told[0]["participants"] == ["A", "B"]
    assert told[0]["width_m"] == pytest.approx(2.0, rel=0.2)
    assert "gap 1" in ran.out
    out, log = tmp_path / "好.gpkg", tmp_path / "log.json"
    mended = quhua(
        "repair", broken, "--key", "dm", "--out", out, "--log", log, "--json"
    )
    assert mended.status == 0, mended.err
    assert mended.document["repaired"] == 1
    assert mended.document["left"] == 0
    assert quhua("check", out, "--key", "dm", "--json").document == []
    again = tmp_path / "又.gpkg"
    back = quhua("repair", out, "--key", "dm", "--undo", log, "--out", again)
    assert back.status == 0, back.err
    was, now = (gpd.read_file(path).geometry for path in (broken, again))
    assert [shapely.to_wkb(s) for s in now] == [shapely.to_wkb(s) for s in was]


def test_repair_keeps_to_its_limits(broken, tmp_path):
    out = tmp_path / "o.gpkg"
    ran = quhua(
        "repair", broken, "--key", "dm", "--out", out, "--max-shift", "0.5", "--json"
    )
    assert ran.document["repaired"] == 0
    assert ran.document["refused"] == 1
    assert "limit" in ran.document["log"][0]["why"]["en"]


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--pin", "nowhere.gpkg"], "nowhere"), (["--undo", "x.json"], "x.json")],
)
def test_repair_says_what_it_cannot_use(broken, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.json").write_text("[{}]", "utf-8")
    ran = quhua("repair", broken, "--key", "dm", "--out", "o.gpkg", *more)
    assert ran.status == 2
    assert said in ran.err


def test_errors_of_a_file_end_with_status_one(tmp_path):
    frame = coverage_of("AB").rename(columns={"code": "dm"})
    bow = shapely.Polygon([(117, 39), (117.1, 39.1), (117.1, 39), (117, 39.1)])
    path = tmp_path / "b.geojson"
    shapes = [bow, frame.geometry.iloc[1]]
    files.write(frame.set_geometry(shapes, crs=frame.crs), path, language="")
    ran = quhua("check", path, "--key", "dm")
    assert ran.status == 1
    assert "self_crossing" in ran.out


def test_superiors_may_have_a_column_called_like_our_key(tmp_path):
    units, above = tmp_path / "街道.gpkg", tmp_path / "区县.gpkg"
    frame = coverage_of("AB").rename(columns={"code": "dm"})
    files.write(frame, units, language="")
    whole = gpd.GeoDataFrame(
        {"code": ["120101"], "dm": ["别的"]},
        geometry=[shapely.union_all(frame.geometry.to_numpy())],
        crs=frame.crs,
    )
    files.write(whole, above, language="")
    ran = quhua("check", units, "--key", "dm", "--parent", above, "--json")
    assert (ran.status, ran.document) == (0, []), ran.err


def test_several_processes_say_what_one_says(broken):
    plain = quhua("check", broken, "--key", "dm", "--json")
    apart = quhua("check", broken, "--key", "dm", "--json", "--workers", "2")
    assert apart.status == plain.status == 0, apart.err
    assert plain.document
    assert apart.document == plain.document
    assert quhua("check", broken, "--workers", "0").status == 2
