"""Units against their superiors, and borders against surveyed lines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.topology import check

HERE = np.array([500_000.0, 3_300_000.0])


def square(x, y, size=1000, width=None):
    west, south = HERE + np.array([x, y])
    return shapely.box(west, south, west + (width or size), south + size)


def layer(shapes, keys, **columns):
    if shapely.get_type_id(shapes[0]) == shapely.GeometryType.POLYGON:
        shapes = shapely.orient_polygons(shapes)
    return gpd.GeoDataFrame({"code": keys, **columns}, geometry=shapes, crs=4547)


def found(findings):
    rows = zip(findings.frame["rule"], findings.frame["participants"], strict=True)
    return sorted(rows)


GRID = [square(x, y) for y in (0, 1000) for x in (0, 1000, 2000, 3000)]
KEYS = ["A1", "A2", "B1", "B2", "A3", "A4", "B3", "B4"]
ABOVE = [
    shapely.union_all([GRID[place] for place in (0, 1, 4, 5)]),
    shapely.union_all([GRID[place] for place in (2, 3, 6, 7)]),
]


def test_units_that_make_up_their_superiors():
    parents = layer(ABOVE, ["A", "B"])
    assert found(check(layer(GRID, KEYS), key="code", parent=parents)) == []


def test_a_unit_across_its_superior():
    shapes = [*GRID]
    shapes[1] = square(1000, 0, width=1030)
    shapes[2] = shapely.difference(GRID[2], shapes[1])
    parents = layer(ABOVE, ["A", "B"])
    findings = check(layer(shapes, KEYS), key="code", parent=parents)
    assert ("outside_parent", ("A", "A2")) in found(findings)
    assert ("parent_residual", ("B", "B1", "B3")) in found(findings)
    rows = findings.frame.set_index("rule")
    assert rows.loc["outside_parent", "width_m"] == pytest.approx(30, rel=0.05)
    assert rows.loc["outside_parent", "area_m2"] == pytest.approx(30_000, rel=0.002)


def test_a_gap_between_units_is_not_told_twice():
    shapes = [*GRID]
    shapes[0] = shapely.difference(GRID[0], square(900, 400, size=200))
    shapes[1] = shapely.difference(GRID[1], square(900, 400, size=200))
    parents = layer(ABOVE, ["A", "B"])
    rules = [
        rule
        for rule, _ in found(check(layer(shapes, KEYS), key="code", parent=parents))
    ]
    assert "parent_residual" not in rules
    assert set(rules) <= {"gap", "missing_unit"}


def test_superiors_by_column_or_place():
    keys = list("abcdefgh")
    parents = layer(ABOVE, ["X", "Y"])
    column = ["X", "X", "Y", "Y", "X", "X", "Y", "Y"]
    assert (
        found(check(layer(GRID, keys, parent=column), key="code", parent=parents)) == []
    )
    assert found(check(layer(GRID, keys), key="code", parent=parents)) == []
    column[0] = "Y"
    findings = check(layer(GRID, keys, parent=column), key="code", parent=parents)
    assert ("outside_parent", ("Y", "a")) in found(findings)


def line(*points):
    return shapely.LineString(np.array(points, float) + HERE)


def checked(*lines, **columns):
    frame = layer(list(lines), [f"L{at}" for at in range(len(lines))], **columns)
    return check(layer(GRID, KEYS), key="code", lines=frame)


STRAIGHT = line((2000, 0), (2000, 1000))


def test_a_line_on_a_border_between_tripoints():
    findings = checked(STRAIGHT, left=["A2"], right=["B1"])
    assert found(findings) == []


def test_a_border_off_its_line():
    findings = checked(line((2000, 0), (2003, 500), (2000, 1000)))
    (row,) = found(findings)
    assert row == ("off_line", ("A2", "B1", "L0"))
    assert findings.frame["width_m"][0] == pytest.approx(3, rel=0.01)
    assert findings.frame["length_m"][0] == pytest.approx(980, rel=0.05)
    assert "1.5" in findings.frame["message_en"][0]  # the mean


def test_ends_of_lines():
    assert ("line_dangle", ("L0",)) in found(checked(line((2000, 0), (2500, 500))))
    assert found(checked(line((2000, 0), (2000, 700)))) == [("line_end", ("L0",))]


def test_a_line_over_itself():
    back = line((2000, 0), (2000, 600), (2000, 400), (2000, 1000))
    findings = checked(back)
    assert found(findings) == [("line_self_overlap", ("L0",))]
    assert findings.frame["length_m"][0] == pytest.approx(200, rel=0.01)


def test_sides_of_a_line():
    findings = checked(STRAIGHT, left=["B1"], right=["A2"])
    assert found(findings) == [("line_sides", ("A2", "B1", "L0"))]


@pytest.mark.parametrize("nobody", [None, float("nan"), ""])
def test_a_line_that_names_nobody_to_one_side_is_not_wrong(nobody):
    """The outer border as a file has it: nobody's side is blank, or missing."""
    findings = checked(line((0, 0), (0, 1000)), left=[nobody], right=["A1"])
    assert "line_sides" not in set(findings.frame["rule"])
