"""Rules on shapes: what is reported, about whom, and what is left alone."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.rules import RuleSettings, repairing
from boundaries.rules.finding import COLUMNS
from boundaries.vocabulary import RULES
from tests.boundaries.rules.making import checked, layer, rules_of


def stretched(frame: gpd.GeoDataFrame, key: str, *, east: float) -> gpd.GeoDataFrame:
    """The layer with the eastern side of one unit moved."""
    west, south, right, north = frame.geometry[key].bounds
    shapes = frame.geometry.to_dict()
    ccw = bool(shapely.is_ccw(shapes[key].exterior))
    shapes[key] = shapely.box(west, south, right + east, north, ccw=ccw)
    return frame.set_geometry([shapes[index] for index in frame.index], crs=frame.crs)


@pytest.mark.parametrize("picture", ["A", "AB", "AB/CD", "AAB/ACB/DDD"])
def test_clean_layers_have_no_finding(picture):
    assert checked(layer(picture)).empty


@pytest.mark.parametrize(
    ("east", "expected"),
    [
        (0.001, "overlap"),
        (5e-7, "sliver_overlap"),
        (2e-9, None),
        (-2e-9, None),
    ],
)
def test_overlap_by_width(east, expected):
    frame = stretched(layer("AB"), "120101", east=east)
    rules = [rule for rule in rules_of(checked(frame)) if rule != "precision"]
    assert rules == ([expected] if expected else [])


def test_overlap_names_place_measure_and_what_to_do():
    row = checked(stretched(layer("AB"), "120101", east=0.001)).iloc[0]
    assert row["severity"] == "error"
    assert row["participants"] == ("120101", "120102")
    assert row["area_m2"] == pytest.approx(95_900, rel=0.01)
    assert row["width_m"] == pytest.approx(86.3, rel=0.01)
    assert "和平区（120101）" in row["message_zh"]
    assert "和平区 (120101)" in row["message_en"]
    for words in (row["message_zh"], row["message_en"]):
        assert "9.59 ha" in words
        assert "117.010500°E, 39.195000°N" in words
    assert row["source"]
    assert row.geometry.area > 0


def test_duplicate_host_gap_and_missing_unit():
    frame = layer("AB/CD")
    twin = frame.rename(index={"120101": "120105"}).loc[["120105"]]
    assert "duplicate" in rules_of(checked(pd.concat([frame, twin])))
    inner = layer("D", west=117.002, north=39.198, cell=0.004)
    assert rules_of(checked(pd.concat([layer("AB"), inner]))) == ["uncut_host"]
    ring = layer("AAA/A.B/AAA")
    assert rules_of(checked(ring)) == ["missing_unit"]
    assert rules_of(checked(ring, missing_unit_share=2.0)) == ["gap"]


def test_a_registered_exception_is_no_finding():
    ring = layer("AAA/A.B/AAA")
    mark = checked(ring)["fingerprint"].item()
    assert checked(ring, exceptions=(mark,)).empty


def test_missing_vertex_is_a_warning():
    shapes = [shapely.box(0, 0, 1, 2), shapely.box(1, 1, 2, 2), shapely.box(1, 0, 2, 1)]
    frame = layer("ABC").set_geometry(shapes, crs="EPSG:4490")
    found = checked(frame)
    assert rules_of(found) == ["unmatched_vertex"]
    assert found["participants"].item() == ("120101", "120102", "120103")
    assert set(found["severity"]) == {"warning"}


def test_noise_is_one_finding_about_the_file():
    from tests.support.noise import jittered

    frame = layer("AB/CD")
    noisy = jittered(frame.geometry.to_numpy(), 1e-9)
    found = checked(frame.set_geometry(noisy, crs=frame.crs))
    assert rules_of(found) == ["precision"]
    assert found["severity"].tolist() == ["info"]


def test_only_what_the_draft_touches_is_reported():
    base = stretched(layer("AB/CD"), "120101", east=0.001)
    assert checked(base, base, ["120104"]).empty
    assert checked(base, base, []).empty
    moved = stretched(base, "120103", east=0.001)
    found = checked(moved, base, ["120103"])
    assert found["participants"].tolist() == [("120103", "120104")]


def test_a_removed_unit_leaves_a_gap_where_it_was():
    base = layer("AAA/ACB/AAA")
    after = base.drop(index="120103")
    found = checked(after, base, ["120103"])
    assert rules_of(found) == ["missing_unit"]
    assert "120103" not in found["participants"].item()


def test_an_attribute_alone_does_not_call_up_old_shapes():
    base = stretched(layer("AB"), "120101", east=0.001)
    after = base.assign(name=["和平区", "河东新区"])
    assert checked(after, base, ["120102"]).empty


def test_local_and_whole_checks_agree():
    rng = np.random.default_rng(4)
    letters = [chr(0x4E00 + place) for place in range(400)]
    names = {
        letter: (
            f"1201{place // 20 + 1:02d}{place % 20 + 1:03d}",
            f"{letter}街道",
            "street",
        )
        for place, letter in enumerate(letters)
    }
    picture = "/".join("".join(letters[row * 20 : row * 20 + 20]) for row in range(20))
    base = layer(picture, names)
    for _ in range(5):
        key = base.index[rng.integers(len(base))]
        after = stretched(base, key, east=rng.choice([0.003, -0.003]))
        local = checked(after, base, [key])
        whole = checked(after)
        assert set(local["fingerprint"]) == set(whole["fingerprint"])
        assert len(local)


def test_levels_do_not_overlap_each_other():
    both = pd.concat([layer("AAABBB"), layer("aabcde")])
    assert checked(both).empty


def test_children_outside_and_missing():
    both = pd.concat([layer("AAABBB"), layer("abbcde")])
    wide = stretched(both, "120101002", east=0.0002)
    found = checked(wide)
    assert rules_of(found) == ["outside_parent", "overlap"]
    part = checked(pd.concat([layer("AAABBB"), layer("ab.cde")]))
    assert rules_of(part) == ["parent_residual"]
    assert part["severity"].tolist() == ["info"]
    assert part["participants"].tolist() == [("120101",)]
    all_but = checked(pd.concat([layer("AAABBB"), layer("ab.cde")]), complete_share=0.5)
    assert all_but["severity"].tolist() == ["warning"]


def test_a_unit_put_under_another_superior_where_it_lies_is_looked_at():
    base = pd.concat([layer("AAABBB"), layer("aabcde")])
    moved = base.copy()
    moved.loc["120101002", "parent"] = "120102"
    found = checked(moved, base, ["120101002"])
    residual = found[found["rule"] == "parent_residual"]
    assert residual["participants"].tolist() == [("120101",)]
    enclave = found[(found["rule"] == "parent") & found["area_m2"].notna()]
    assert enclave["participants"].tolist() == [("120101002", "120102")]


def test_a_district_without_streets_is_not_a_gap():
    counties = layer("AAA/ABA/AAA")
    streets = layer("aab/a.b/aab")
    assert checked(pd.concat([counties, streets])).empty


def test_the_hole_of_the_parent_is_reported_once():
    counties, streets = layer("AAA/A.A/AAA"), layer("aab/a.b/aab")
    found = checked(pd.concat([counties, streets]))
    assert found["participants"].tolist() == [("120101",)]


def test_a_unit_in_another_superior_may_be_an_enclave():
    names = {"x": ("120101009", "飞街道", "street")}
    both = pd.concat([layer("AAABBB"), layer("aabcxe", names)])
    found = checked(both)
    parent = found[found["rule"] == "parent"]
    assert parent["participants"].tolist() == [("120101009", "120101")]
    assert parent["severity"].tolist() == ["warning"]


def test_accepted_repairs_close_the_gaps(data):
    streets = gpd.read_file(data / "shenzhen" / "shenzhen.gpkg", layer="streets")
    frame = streets.assign(
        code=(440300001 + np.arange(len(streets))).astype(str),
        name=streets["NAME"],
        kind="street",
        level=4,
    ).set_index("code")
    found = checked(frame)
    holes = found[found["rule"].isin(["gap", "sliver_gap"])]
    assert len(holes) == 38
    assert not found["rule"].isin(["overlap", "sliver_overlap"]).any()
    mended = repairing.apply(frame, holes, settings=RuleSettings())
    assert all(entry["done"] for entry in mended.log)
    assert {entry["fingerprint"] for entry in mended.log} == set(holes["fingerprint"])
    after = frame.copy()
    after.loc[mended.rows.index, "geometry"] = mended.rows.geometry
    left = checked(after)
    assert set(left["rule"]) <= {"multipart", "precision", "name"}


def test_tianjin_older_has_two_broken_polygons(data):
    path = data / "tianjin" / "tianjin.gpkg"
    frame = gpd.read_file(path, layer="districts_datav_older")
    frame = frame.rename(columns={"adcode": "code"}).assign(kind="district", level=3)
    found = checked(frame.set_index("code"))
    errors = found[found["severity"] == "error"]
    assert errors["rule"].tolist() == ["self_crossing"] * 2
    assert errors["participants"].tolist() == [("120113",), ("120117",)]
    assert errors["message_en"].str.contains("crosses itself").all()
    words_of_geos = errors["message_zh"].str.contains("intersection|\\[")
    assert not words_of_geos.any(), "the sentence is Chinese throughout"
    places = [(point.x, point.y) for point in errors.geometry]
    assert places == [
        pytest.approx((117.140775, 39.193224), abs=1e-5),
        pytest.approx((117.805291, 39.373299), abs=1e-5),
    ]
    frame = frame.set_index("code")
    mended = repairing.apply(frame, errors, settings=RuleSettings())
    assert mended.rows.is_valid.all()
    assert [entry["keys"] for entry in mended.log] == [["120113"], ["120117"]]


@pytest.mark.parametrize("city", ["wuhu", "yantai", "nantong"])
@pytest.mark.parametrize("state", ["old", "new"])
def test_reorganised_cities(data, city, state):
    path = data / "change_events" / "change_events.gpkg"
    frame = gpd.read_file(path, layer=f"{city}_{state}")
    found = checked(
        frame.rename(columns={"adcode": "code"}).assign(level=3).set_index("code"),
        required=("name",),
    )
    broken = (~shapely.is_valid(frame.geometry.to_numpy())).sum()
    errors = found[found["severity"] == "error"]
    assert (errors["rule"] == "self_crossing").sum() == broken
    assert set(found["rule"]) <= {"self_crossing", "multipart", "missing_unit"}


HOSTILE = {
    "ring": shapely.Polygon(np.random.default_rng(8).random((1000, 2)) / 50 + 117),
    "squares": shapely.MultiPolygon(
        [
            shapely.box(x, y, x + 0.005, y + 0.005)
            for x, y in np.random.default_rng(9).random((5000, 2)) / 100 + (117, 39.19)
        ]
    ),
    "nan": shapely.set_coordinates(
        shapely.box(0, 0, 1, 1), np.array([[1, 0], [1, np.nan], [0, 1], [0, 0], [1, 0]])
    ),
    "line": shapely.LineString([(117, 39), (118, 39)]),
    "none": None,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_unit_is_reported_and_the_rest_checked(case):
    frame = stretched(layer("ABC"), "120101", east=0.001)
    bad = layer("D").set_geometry([HOSTILE[case]], crs="EPSG:4490")
    start = time.process_time()
    found = checked(pd.concat([frame, bad]))
    assert time.process_time() - start < 20
    assert ("120101", "120102") in set(found["participants"])
    mine = found[found["participants"] == ("120104",)]
    assert (mine["severity"] == "error").any()


def test_shape_of_the_report():
    found = checked(stretched(layer("AB"), "120101", east=0.001))
    assert tuple(found.columns) == COLUMNS
    assert set(found["rule"]) <= set(RULES)
    assert found.crs.to_epsg() == 4490
