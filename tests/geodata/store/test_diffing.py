"""What a file changes: upsert, unless it says it is complete."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.errors import InputError
from geodata.store import features
from geodata.store.diffing import apply, changes_between, same_geometry
from tests.support.stores import ZONES, zone, zones


def snapshot(**rows):
    """Return a frame as a snapshot of the layer gives it."""
    encoded = features.encode(zones(**rows), ZONES)
    order = np.argsort(encoded.keys)
    columns = (encoded.keys, encoded.props, encoded.wkb)
    return features.decode(ZONES, *([values[i] for i in order] for values in columns))


def between(base, new, **options):
    return changes_between(
        base, new, layer="zones", base=3, effective="2016", **options
    )


BASE = {
    "A": {"name": "甲", "level": 3, "at": (117, 39), "extra": {"OLD": 1}},
    "B": {"name": "乙", "level": 3, "at": (118, 39)},
    "C": {"name": None, "level": None, "at": (119, 39)},
}


def test_what_a_file_does_not_name_stays():
    changes = between(snapshot(**BASE), zones(A={"name": "新", "level": 3}))
    assert (list(changes.changed), list(changes.added), list(changes.removed)) == (
        ["A"],
        [],
        [],
    )
    assert (changes.layer, changes.base, changes.effective) == ("zones", 3, "2016")


@pytest.mark.parametrize(
    ("complete", "removed"),
    [
        (False, []),
        (True, ["B", "C"]),
        (["A", "B"], ["B"]),
        (pd.Index(["C", "X"]), ["C"]),
    ],
)
def test_what_a_complete_file_leaves_out_ends(complete, removed):
    changes = between(snapshot(**BASE), zones(A={"name": "甲"}), complete=complete)
    assert list(changes.removed) == removed


def test_the_same_again_is_no_change():
    base = snapshot(**BASE)
    assert len(between(base, base)) == 0
    assert len(between(base, zones(**BASE))) == 0
    assert len(between(base, base.astype({"level": "float64", "name": "str"}))) == 0
    assert len(between(base, base.sample(frac=1, random_state=1))) == 0


def test_a_column_the_file_does_not_have_keeps_its_values():
    new = zones(A={"at": (117, 39), "name": "新"})
    changes = between(snapshot(**BASE), new)
    row = changes.new.loc["A"]
    assert (row["name"], row["level"], row["extra"]) == ("新", 3, {"OLD": 1})


def test_a_value_the_file_empties_is_emptied():
    changes = between(snapshot(**BASE), zones(A={"name": None, "level": 3}))
    assert changes.new.loc["A", "name"] is None
    assert changes.old.loc["A", "name"] == "甲"


def test_columns_the_layer_does_not_have_are_laid_over_extra():
    changes = between(snapshot(**BASE), zones(A={"SURVEYOR": "张", "N": np.int64(2)}))
    assert changes.new.loc["A", "extra"] == {"OLD": 1, "SURVEYOR": "张", "N": 2}
    exact = between(snapshot(**BASE), zones(A={"extra": {"ONLY": 1}}))
    assert exact.new.loc["A", "extra"] == {"ONLY": 1}


def test_a_table_without_geometry_leaves_the_drawings_alone():
    table = pd.DataFrame({"code": ["B"], "level": [4]}, index=["B"])
    changes = between(snapshot(**BASE), table)
    assert changes.new.loc["B", "level"] == 4
    assert changes.new.geometry["B"].equals(zone(118, 39))
    assert changes.new.crs == "EPSG:4490"


def test_a_drawing_begun_elsewhere_is_the_same_drawing():
    square = zone(117, 39)
    turned = shapely.Polygon(
        [*square.exterior.coords[2:], *square.exterior.coords[1:3]]
    )
    parts = shapely.MultiPolygon([zone(1, 1), zone(5, 5)])
    swapped = shapely.MultiPolygon([zone(5, 5), zone(1, 1)])
    moved = shapely.transform(square, lambda xy: xy + np.array([0, 1e-12]))
    left = np.array([square, square, parts, square, None, None], dtype=object)
    right = np.array(
        [turned, square.reverse(), swapped, moved, None, square], dtype=object
    )
    assert same_geometry(left, right).tolist() == [True, True, True, False, True, False]


def test_a_drawing_that_only_begins_elsewhere_keeps_the_bases_bytes():
    base = snapshot(**BASE)
    turned = zones(
        A={"name": "新", "level": 3, "geometry": base.geometry["A"].reverse()}
    )
    changes = between(base, turned)
    assert changes.new.geometry["A"].wkb == base.geometry["A"].wkb
    assert len(between(base, turned.assign(name="甲"))) == 0


def test_a_key_twice_is_refused():
    twice = pd.concat([zones(A={}), zones(A={})])
    with pytest.raises(InputError, match="A occurs more than once"):
        between(snapshot(**BASE), gpd.GeoDataFrame(twice))


def test_apply_is_what_the_change_says():
    base = snapshot(**BASE)
    new = zones(
        A={"name": "新", "level": 3}, D={"name": "丁", "level": 1, "at": (120, 39)}
    )
    changes = between(base, new, complete=["B"])
    after = apply(changes, base)
    assert after["name"].to_dict() == {"A": "新", "C": None, "D": "丁"}
    assert after.crs == "EPSG:4490"
    back = apply(~changes, after)
    assert back["name"].to_dict() == base["name"].to_dict()
    assert apply(between(base, base.iloc[:0], complete=True), base).empty


def test_the_first_import_adds_everything():
    changes = between(features.empty(ZONES), zones(**BASE))
    assert list(changes.added) == ["A", "B", "C"]
    assert changes.new["level"].dtype == "Int64"
    assert changes.new.loc["C", "name"] is None
