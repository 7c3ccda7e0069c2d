"""Bad files on the command line: a finding or an error that says what and where."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from tests.support.commands import quhua

EAST, NORTH = 117.0, 39.0


def box(x, y, size=0.01):
    return shapely.box(EAST + x, NORTH + y, EAST + x + size, NORTH + y + size)


PAIR = [box(0, 0), box(0.009, 0)]


def written(path: Path, shapes, crs=4490, **columns) -> Path:
    """Write a GeoPackage as another program would, with whatever is in it."""
    columns = columns or {"code": [f"u{row}" for row in range(len(shapes))]}
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, layer="units")
    return path


def rules(ran) -> list[tuple[str, tuple[str, ...]]]:
    assert ran.status in (0, 1), ran.err
    return sorted((row["rule"], tuple(row["participants"])) for row in ran.document)


def checked(path: Path, *more: str):
    return quhua("check", path, "--key", "code", *more, "--json")


OVERLAP = ("overlap", ("u0", "u1"))


def test_metres(tmp_path):
    frame = gpd.GeoSeries(PAIR, crs=4490).to_crs(3857)
    assert rules(checked(written(tmp_path / "a.gpkg", frame, 3857))) == [OVERLAP]


def test_a_file_without_a_crs(tmp_path):
    path = tmp_path / "a.shp"
    written(path, PAIR, None)
    assert rules(checked(path)) == [OVERLAP]


def test_degrees_said_of_metres(tmp_path):
    shapes = gpd.GeoSeries(PAIR, crs=4490).to_crs(4547)
    path = written(tmp_path / "a.gpkg", np.asarray(shapes), 4490)
    ran = checked(path)
    assert ran.status == 2
    assert "--crs" in ran.err
    assert rules(checked(path, "--crs", "4547")) == [OVERLAP]


def test_nothing_in_the_file(tmp_path):
    ran = checked(written(tmp_path / "none.gpkg", []))
    assert ran.status in (0, 2)
    assert ran.status == 0 or ran.err


def test_rows_without_a_polygon_are_told_and_the_rest_is_checked(tmp_path):
    shapes = [*PAIR, None, shapely.Polygon(), shapely.Point(EAST, NORTH)]
    path = written(tmp_path / "a.gpkg", shapes)
    report = tmp_path / "r.json"
    ran = quhua("check", path, "--key", "code", "--report", report, "--lang", "en")
    assert ran.status == 1, ran.err
    told = json.loads(report.read_text("utf-8"))
    assert OVERLAP[0] in [row["rule"] for row in told]
    assert [row["participants"] for row in told if row["rule"] == "unusable"] == [
        ["u4"]
    ]
    left_out = [line for line in ran.err.splitlines() if "was left out" in line]
    assert len(left_out) == 2


def test_heights_and_curves(tmp_path):
    assert rules(
        checked(written(tmp_path / "z.gpkg", shapely.force_3d(np.array(PAIR), 3.0)))
    ) == [OVERLAP]
    ring = "117 39 117.005 39.005 117.01 39 117.005 38.995 117 39"
    rows = "".join(
        f"""<gml:featureMember><ogr:u fid="u.{n}"><ogr:geom>
<gml:Surface srsName="EPSG:4326">
<gml:patches><gml:PolygonPatch><gml:exterior><gml:Ring><gml:curveMember><gml:Curve>
<gml:segments><gml:ArcString><gml:posList>{ring}</gml:posList></gml:ArcString>
</gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior>
</gml:PolygonPatch>
</gml:patches></gml:Surface></ogr:geom><ogr:code>u{n}</ogr:code></ogr:u>
</gml:featureMember>"""
        for n in (0, 1)
    )
    path = tmp_path / "arcs.gml"
    path.write_text(
        f"""<?xml version="1.0"?>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/"
xmlns:gml="http://www.opengis.net/gml">{rows}</ogr:FeatureCollection>""",
        "utf-8",
    )
    assert rules(checked(path)) == [("duplicate", ("u0", "u1"))]


def test_codes_missing_and_repeated(tmp_path):
    path = written(tmp_path / "a.gpkg", [*PAIR, box(0.018, 0)], code=["a", None, "a"])
    assert rules(checked(path)) == [
        ("overlap", ("#1", "a")),
        ("overlap", ("#1", "a#2")),
    ]
    ran = quhua("check", path, "--key", "nothing")
    assert ran.status == 2
    assert "nothing" in ran.err


def test_a_tangle_and_many_squares(tmp_path, full_size):
    rng = np.random.default_rng(8)
    corner = np.array([EAST + 0.1, NORTH])
    tangle = shapely.Polygon(corner + rng.uniform(0, 0.01, (1000, 2)))
    count = 5000 if full_size else 800
    squares = [box(0.2 + x, y) for x, y in rng.uniform(0, 0.007, (count, 2))]
    told = rules(checked(written(tmp_path / "s.gpkg", [*PAIR, tangle, *squares])))
    assert OVERLAP in told
    assert ("unusable", ("u2",)) in told
    assert sum(rule == "unusable" for rule, _ in told) > count / 2


def test_levels_are_whole_numbers(tmp_path):
    path = written(tmp_path / "a.gpkg", PAIR, code=["a", "b"], tier=[1.0, 2.5])
    ran = quhua(
        "simplify",
        path,
        "--tolerance",
        "5",
        "--level",
        "tier",
        "--out",
        tmp_path / "o.gpkg",
    )
    assert ran.status == 2
    assert "2.5" in ran.err


def test_changes_say_what_they_cannot_compare(tmp_path):
    comb = [(x / 6000, (0.01, 1.0)[x % 2]) for x in range(6001)]
    xy = 0.1 * np.array([*comb, (1, 0), (0, 0)])
    one, other = (shapely.Polygon(each) for each in (xy, xy[:, ::-1]))
    old = written(tmp_path / "old.gpkg", [one])
    new = written(tmp_path / "new.gpkg", [other])
    ran = quhua("changes", old, new, "--key", "code")
    assert ran.status == 2
    assert "u0" in ran.err
    report = tmp_path / "r.json"
    rng = np.random.default_rng(9)
    tangle = shapely.Polygon(rng.uniform(0, 0.01, (1000, 2)) + np.array([EAST, NORTH]))
    odd = written(tmp_path / "odd.gpkg", [one, tangle])
    same = quhua("changes", odd, odd, "--key", "code", "--report", report)
    assert same.status == 0, same.err
    assert "odd.gpkg 中 u1 的图形无法使用" in same.err
    kinds = [row["kind"] for row in json.loads(report.read_text("utf-8"))]
    assert kinds == ["kept", "kept"]
