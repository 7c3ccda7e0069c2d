"""Every unit that GEOS flags in a real layer takes part in a finding.

The outer frame is never a finding: where GEOS calls an edge of it invalid, because
a narrow tongue of one unit lies between the frame and the next unit, nothing is
wrong and nothing need be said.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from geodata.topology import check

FILES = (
    "tianjin/tianjin.gpkg",
    "shenzhen/shenzhen.gpkg",
    "change_events/change_events.gpkg",
    "china_admin/china_province_city_datav.gpkg",
    "helsinki/helsinki_population_grid_2020.gpkg",
    "swiss_history/2010/municipalities.shp",
    "swiss_history/2013/municipalities.shp",
    "swiss_history/2016/municipalities.shp",
    "upload_fixtures/shanghai_gbk_ldid4d_nocpg/区县界_area.shp",
    "upload_fixtures/sz_utf8_noprj/sz.shp",
    "upload_fixtures/fiona_bsd/coutwildrnp.zip",
    "upload_fixtures/fiona_bsd/issue627.geojson",
    "upload_fixtures/fiona_bsd/testopenfilegdb.gdb.zip",
)
LARGE = ("cn_county_2020", "cn_county_2022", "uk_oa2011_england_wales")
CLEAN = {"heping_streets_c2014"}
"""Layers in which people and GEOS find nothing."""


def layers(path):
    """The polygon layers of a file, each with its name."""
    for name, kind in pyogrio.list_layers(path):
        if "Polygon" in str(kind):
            yield name, gpd.read_file(path, layer=name)


def agrees(frame, label):
    """Check one layer; every unit GEOS flags must be named."""
    keys = np.array([f"u{row}" for row in range(len(frame))])
    found = check(frame.assign(code=keys), key="code").frame
    named = {key for row in found["participants"] for key in row}
    shapes = frame.geometry.to_numpy()
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    valid = shapely.is_valid(shapes)
    assert set(keys[there & ~valid]) <= named, label
    fine = np.flatnonzero(there)
    degrees = frame.crs is None or frame.crs.is_geographic
    if frame.crs is None:
        degrees = bool(np.abs(frame.total_bounds).max() <= 360)
    for width in (0.0, 1e-5 if degrees else 1.0):
        edges = shapely.coverage_invalid_edges(shapes[fine], gap_width=width)
        some = ~shapely.is_empty(edges)
        missed = [
            (key, edge)
            for key, edge in zip(keys[fine][some], edges[some], strict=True)
            if key not in named
        ]
        if missed:
            frames = outer_frame(shapes[fine][valid[fine]])
            for key, edge in missed:
                assert shapely.length(shapely.difference(edge, frames)) < 1e-12, (
                    label,
                    key,
                    edge.wkt,
                )
    return found


def outer_frame(shapes):
    """The outer rings of all units together."""
    parts = shapely.get_parts(shapely.union_all(shapes))
    return shapely.union_all(shapely.get_exterior_ring(parts))


@pytest.mark.filterwarnings("ignore:Measured")
@pytest.mark.parametrize("file", FILES)
def test_units_flagged_by_geos_are_named(file, data):
    count = 0
    for name, frame in layers(data / file):
        found = agrees(frame, name)
        count += len(frame)
        if name in CLEAN:
            assert found.empty
    assert count


@pytest.mark.full
@pytest.mark.parametrize("name", LARGE)
def test_units_flagged_by_geos_in_large_layers_are_named(name, data):
    agrees(gpd.read_parquet(data / "bench" / f"{name}.parquet"), name)
