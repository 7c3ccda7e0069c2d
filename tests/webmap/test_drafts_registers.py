"""Drafts of markers and place names go through the same pages as divisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from geodata import crs
from tests.support.registries import Office, office
from tests.support.signed import client_as
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path)
    registry = made.registry
    for name, role in (("namer", "name_staff"), ("judge", "name_reviewer")):
        registry.add_user("root", name)
        registry.set_roles("keeper", name, [f"{role}:120101"])
    boxes = [shapely.box(117.0, 39.0, 117.1, 39.1), shapely.box(117.1, 39, 117.2, 39.1)]
    frame = gpd.GeoDataFrame(
        {"code": ["120101", "120102"], "name": ["和平区", "河东区"]},
        geometry=boxes,
        crs=crs.STORAGE,
    )
    first = registry.stage("zhao", frame, effective="2020-01-01")["id"]
    made.approve(first)
    yield made
    made.registry.close()


def test_a_marker_and_a_name_are_reviewed(desk: Office, tmp_path: Path) -> None:
    registry = desk.registry
    at = [shapely.Point(117.05, 39.05)]
    marker = gpd.GeoDataFrame(
        {"marker": ["120101-120102-001Q"], "form": ["单立"], "state": ["完好"]},
        geometry=[shapely.Point(117.1, 39.05)],
        crs=crs.STORAGE,
    )
    name = gpd.GeoDataFrame(
        {"name": ["长乐路"], "category": ["街路巷"], "romanised": [""]},
        geometry=at,
        crs=crs.STORAGE,
    )
    app = create_app(registry, cache=tmp_path / "tiles")
    for author, judge, outsider, frame, layer in (
        ("zhao", "chen", "judge", marker, "markers"),
        ("namer", "judge", "chen", name, "place_names"),
    ):
        staged = registry.stage(
            author, frame, layer=layer, effective="2021-01-01", basis="登记表"
        )
        draft = staged["id"]
        registry.check(author, draft)
        reviewer = client_as(app, judge)
        for page in ("", "/findings", "/changes", "/conversation"):
            assert reviewer.get(f"/drafts/{draft}{page}").status_code == 200
        found = reviewer.get(f"/api/v1/drafts/{draft}/changes").json
        assert found["counts"] == {"added": 1, "changed": 0, "removed": 0}
        assert found["moves"] == []
        [unit] = found["drawn"]["units"]["features"]
        assert unit["geometry"]["type"] == "Point"
        assert client_as(app, outsider).get(f"/drafts/{draft}").status_code == 404
        said = reviewer.post(f"/drafts/{draft}/comments", data={"text": "请核对"})
        assert said.status_code == 303
        assert registry.remarks(judge, draft) == 1
