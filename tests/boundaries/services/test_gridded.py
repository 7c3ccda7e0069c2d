"""Population by grid: GeoTIFF by exact shares, cells and points of a vector file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries import incoming
from boundaries.services import gridded
from boundaries.services.placing import place
from boundaries.services.profiles import Profile
from boundaries.services.tree import Tree
from geodata import crs
from geodata.errors import FileRefusedError, ForbiddenError, InputError
from geodata.files import grids
from geodata.files.limits import OPERATOR
from tests.boundaries.services.frames import SOUTH, STEP, WEST, divisions

LEAVES = ["990101001001", "990101001002", "990101002001", "990101002200"]


def tiff(path: Path, *bands: Any, names: tuple[str, ...] = (), **more: Any) -> Path:
    """Write cells of one block, 8 by 8 over the town, north up."""
    import rasterio
    from rasterio import Affine

    north, west = SOUTH + 7.5 * STEP, WEST - 0.5 * STEP
    options: dict[str, Any] = {
        "driver": "GTiff", "height": 8, "width": 8, "count": len(bands),
        "dtype": "float32", "crs": "EPSG:4490", "nodata": -9999,
        "transform": Affine(STEP, 0, west, 0, -STEP, north), **more,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as grid:
        for at, band in enumerate(bands, 1):
            grid.write(np.asarray(band, "float32"), at)
        for at, name in enumerate(names, 1):
            grid.set_band_description(at, name)
    return path


def test_a_geotiff_is_summed_by_the_share_of_each_cell(tmp_path: Path) -> None:
    people = np.full((8, 8), 10.0)
    people[0, 0] = -9999
    path = tiff(tmp_path / "pop.tif", people, people / 5, names=("total", "60+"))
    frame, reading = incoming.read(
        path, limits=OPERATOR, target="population", compared=(divisions(), None)
    )
    assert frame["division"].tolist() == LEAVES
    assert reading.fields == {"total": "total", "60+": "aged_60"}
    assert reading.driver == "GTiff"
    assert frame["total"].tolist() == [160, 150, 160, 160]
    assert frame["aged_60"].tolist() == [32, 30, 32, 32]
    assert sum(cell[2] for cell in frame["places"].iloc[0]) == pytest.approx(160)
    assert set(frame["method"]) == {"grid"}


def test_a_cell_on_a_border_counts_for_both_sides(tmp_path: Path) -> None:
    people = np.zeros((1, 1))
    people[0, 0] = 100
    from rasterio import Affine

    west = WEST + 3.0 * STEP  # half a block on either side of the streets' border
    path = tiff(
        tmp_path / "one.tif", people, height=1, width=1,
        transform=Affine(STEP, 0, west, 0, -STEP, SOUTH + 3 * STEP),
    )  # fmt: skip
    units = gridded.lowest(divisions())
    found = grids.cells(path, units.geometry.to_numpy(object), limits=OPERATOR)
    assert units.index[found.area].tolist() == ["990101001001", "990101002001"]
    assert found.counts.ravel().tolist() == pytest.approx([50, 50], rel=1e-4)


def test_what_is_no_geotiff_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "bad.tif"
    path.write_bytes(b"II*\x00" + b"\x07" * 400)
    with pytest.raises(FileRefusedError) as error:
        incoming.read(
            path, limits=OPERATOR, target="population", compared=(divisions(), None)
        )
    assert "GeoTIFF" in str(error.value.hint)


def test_a_grid_elsewhere_without_place_or_divisions_says_so(tmp_path: Path) -> None:
    far = tiff(tmp_path / "far.tif", np.ones((8, 8)))
    moved = divisions().set_geometry(divisions().geometry.translate(5, 0))
    with pytest.raises(InputError, match="does not meet"):
        gridded.read_grid(far, "far.tif", moved, limits=OPERATOR)
    with pytest.raises(InputError, match="no division"):
        gridded.read_grid(far, "far.tif", None, limits=OPERATOR)
    with pytest.raises(InputError, match="No band"):
        gridded.read_grid(
            far, "far.tif", divisions(), limits=OPERATOR, fields={"other": "total"}
        )


def cells(*boxes: tuple[float, float, float, float], **columns: Any) -> Any:
    shapes = [
        shapely.box(
            WEST + a * STEP, SOUTH + b * STEP, WEST + c * STEP, SOUTH + d * STEP
        )
        for a, b, c, d in boxes
    ]
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs.STORAGE)
    frame.index = range(1, len(frame) + 1)
    return frame


def middles(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    points = shapely.centroid(frame.geometry.to_numpy())
    return frame.set_geometry(gpd.GeoSeries(points, frame.index, crs.STORAGE))


def test_polygons_are_shared_by_area_and_faults_named() -> None:
    frame = cells(
        (0, 0, 1, 1), (3, 0, 4, 1), (90, 90, 91, 91), (1, 1, 2, 2),
        total=[10, 100, 7, -4], aged_60=[2, 20, 1, 1],
    )  # fmt: skip
    frame.loc[5] = {"total": 3, "aged_60": 1, "geometry": None}
    rows, faults = gridded.from_cells(frame, divisions())
    assert rows["division"].tolist() == ["990101001001", "990101002001"]
    assert rows["total"].tolist() == [60, 50]
    assert rows["aged_60"].tolist() == [12, 10]
    assert sorted(each["record"] for each in faults.refused) == [3, 4, 5]


def cut_divisions() -> gpd.GeoDataFrame:
    """Return the town without what lies west or south of its corner."""
    ground = shapely.box(WEST, SOUTH, WEST + 8 * STEP, SOUTH + 8 * STEP)
    shapes = divisions()
    return shapes.set_geometry(shapes.geometry.intersection(ground))


def test_a_cell_that_crosses_itself_is_named_and_the_rest_counted() -> None:
    """Also a count that no people are: a figure of it would be nonsense."""
    west, east = WEST, WEST + 4 * STEP
    crossed = shapely.Polygon(
        [(west, SOUTH), (east, SOUTH), (WEST + STEP, SOUTH + 5 * STEP),
         (WEST + 3 * STEP, SOUTH + 9 * STEP), (WEST + 2 * STEP, SOUTH - 2 * STEP)]
    )  # fmt: skip
    sound = shapely.box(WEST, SOUTH, WEST + STEP, SOUTH + STEP)
    frame = gpd.GeoDataFrame(
        {"total": [5.0, 6.0, float("inf"), 7.0]},
        geometry=[crossed, sound, sound, sound], crs=crs.STORAGE, index=[1, 2, 3, 4],
    )  # fmt: skip
    made, faults = gridded.from_cells(frame, divisions())
    assert [(each["record"], each["reason"]["en"][:14]) for each in faults.refused] == [
        (1, "Its shape cros"), (3, "A count below "),
    ]  # fmt: skip
    assert made["total"].tolist() == [13]


def test_what_of_a_cell_lies_in_no_division_is_counted_and_told() -> None:
    """Half of the first cell lies west of everything, and half of the third south."""
    frame = cells(
        (-0.5, 0, 0.5, 1), (1, 1, 2, 2), (2, -0.5, 3, 0.5), (-2, -2, -1, -1),
        total=[100, 40, 60, 9], aged_60=[20, 4, 10, 9],
    )  # fmt: skip
    shapes = cut_divisions()
    rows, faults = gridded.from_cells(frame, shapes)
    assert rows["division"].tolist() == ["990101001001"]
    assert rows["total"].tolist() == [50 + 40 + 30]
    assert rows["outside"].tolist() == [50 + 30]
    (note,) = faults.mended
    assert note["keys"] == ["990101001001"]
    assert "80" in note["why"]["en"]
    assert [each["record"] for each in faults.refused] == [4]
    made = place(rows.set_index("division"), shapes, Tree(shapes), Profile())
    told = {each.kind: each for each in made.omitted}["cells_outside"]
    assert told.keys == ("990101001001",)
    assert told.people == pytest.approx(80 * 19 / 120)
    assert told.left_out


def test_a_geotiff_tells_what_of_its_cells_no_division_holds(tmp_path: Path) -> None:
    from rasterio import Affine

    path = tiff(
        tmp_path / "edge.tif", np.array([[100.0, 30.0]]), height=1, width=2,
        transform=Affine(STEP, 0, WEST - 0.5 * STEP, 0, -STEP, SOUTH + 2 * STEP),
    )  # fmt: skip
    shapes = cut_divisions()
    frame, _ = gridded.read_grid(path, "edge.tif", shapes, limits=OPERATOR)
    assert frame["total"].tolist() == [80]
    assert frame["outside"].tolist() == [50]


def test_points_belong_to_the_unit_they_are_in() -> None:
    frame = cells((0, 0, 1, 1), (5, 5, 6, 6), total=[10, 20])
    rows, faults = gridded.from_cells(middles(frame), divisions())
    assert rows["division"].tolist() == ["990101001001", "990101002200"]
    assert rows["places"].iloc[1][0][2] == 20
    assert not faults.refused


def test_points_of_one_person_each_are_refused() -> None:
    boxes = [(n / 10, 0, n / 10 + 0.1, 0.1) for n in range(30)]
    frame = cells(*boxes, total=[1] * 30)
    with pytest.raises(ForbiddenError, match="one person"):
        gridded.from_cells(middles(frame), divisions())
