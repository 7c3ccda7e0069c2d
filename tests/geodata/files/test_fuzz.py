"""Byte flips and cuts of every format: refused, or read with every record told."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geodata import guard
from geodata.errors import FileRefusedError
from geodata.files.limits import UPLOAD
from tests.support import fuzzing

BATCH = 20
_SHAPES = {
    "polygons": [shapely.box(117 + n / 9, 39, 117.1 + n / 9, 39.1) for n in range(12)],
    "lines": [shapely.LineString([(117, 39 + n / 9), (118, 39)]) for n in range(12)],
    "multi": [
        shapely.MultiPolygon(
            [shapely.box(117, 39 + n, 117.5, 39.5 + n), shapely.box(118, 39, 119, 40)]
        )
        for n in range(4)
    ],
}
_DRIVERS = {
    "gpkg": {}, "geojson": {}, "geojsonl": {"driver": "GeoJSONSeq"}, "fgb": {},
    "gml": {}, "kml": {"driver": "LIBKML"}, "shp": {"encoding": "GBK"},
    "mif": {"driver": "MapInfo File", "encoding": "GBK"},
    "tab": {"driver": "MapInfo File", "encoding": "GBK"},
    "gdb": {"driver": "OpenFileGDB"}, "gpx": {"driver": "GPX"},
}  # fmt: skip
_ZIPPED = {"shp", "mif", "tab", "gdb", "kml"}


def _frame(kind: str) -> gpd.GeoDataFrame:
    shapes = _SHAPES[kind]
    names = [f"第{n}街道办事处" for n in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"name": names, "area": 1.5}, geometry=shapes, crs="EPSG:4490"
    )


def _seed(folder: Path, kind: str, suffix: str) -> Path | None:
    folder.mkdir(parents=True)
    frame = _frame(kind)
    if suffix == "parquet":
        frame.to_parquet(folder / "a.parquet")
        return folder / "a.parquet"
    if suffix in {"csv", "xlsx"}:
        table = frame.drop(columns="geometry").assign(lon=117.2, lat=39.1)
        path = folder / f"a.{suffix}"
        table.to_csv(path, index=False) if suffix == "csv" else table.to_excel(path)
        return path
    if suffix == "gpx":
        frame = frame[["name", "geometry"]]
        if kind != "lines":
            return None
    path = folder / f"a.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **_DRIVERS[suffix])
    if suffix not in _ZIPPED:
        return path
    packed = folder.parent / f"{kind}-{suffix}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                archive.write(item, item.relative_to(folder).as_posix())
    return packed


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small whole files of every format and three kinds of shapes."""
    root = tmp_path_factory.mktemp("seeds")
    suffixes = [*_DRIVERS, "parquet", "csv", "xlsx"]
    made = [
        _seed(root / kind / suffix, kind, suffix)
        for kind in _SHAPES
        for suffix in suffixes
    ]
    return [path for path in made if path is not None]


def _mutants(seeds: list[Path], each: int, folder: Path) -> list[str]:
    names = []
    for number, path in enumerate(seeds):
        for turn in range(each):
            seed = 1000 * number + turn
            name = f"{number}-{turn}{path.suffix}"
            target = folder / name
            if path.suffix == ".zip" and turn % 3:
                fuzzing.damaged_inside(path, seed, target)
            else:
                target.write_bytes(fuzzing.damaged(path.read_bytes(), seed))
            names.append(name)
    return names


def _outcomes(folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """Read in batches; where a batch dies, one by one: a death is a refusal."""
    try:
        limits = replace(UPLOAD, cpu_s=60, wall_s=240)
        return guard.call(
            "tests.support.fuzzing:read_batch", names, limits=limits, workdir=folder,
        )  # fmt: skip
    except FileRefusedError:
        if len(names) == 1:
            return [{"name": names[0], "outcome": "refused", "why": "died"}]
        half = len(names) // 2
        return _outcomes(folder, names[:half]) + _outcomes(folder, names[half:])


def test_damaged_files_are_refused_or_told_record_by_record(
    seeds: list[Path], tmp_path: Path, full_size: bool
) -> None:
    names = _mutants(seeds, 50 if full_size else 3, tmp_path)
    outcomes = [
        outcome
        for start in range(0, len(names), BATCH)
        for outcome in _outcomes(tmp_path, names[start : start + BATCH])
    ]
    assert len(outcomes) == len(names)
    assert [item for item in outcomes if item["outcome"] == "untranslated"] == []
    read = [item for item in outcomes if item["outcome"] == "read"]
    assert read, "no mutant was mild enough: the test would prove nothing"
    assert all(item["adds_up"] for item in read)
    assert not any(item["null"] for item in read)
    assert all(item["finite"] for item in read)


def test_the_whole_seeds_are_read(seeds: list[Path], tmp_path: Path) -> None:
    names = []
    for number, path in enumerate(seeds):
        name = f"{number}{path.suffix}"
        (tmp_path / name).write_bytes(path.read_bytes())
        names.append(name)
    outcomes = _outcomes(tmp_path, names)
    assert [item for item in outcomes if item["outcome"] != "read"] == []
