"""Record by record gives what bulk gives, and names what bulk cannot read."""

from __future__ import annotations

import sqlite3
import sys
import warnings
import zipfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geodata import guard
from geodata.errors import FileRefusedError
from geodata.files import read, salvage
from geodata.files.limits import UPLOAD

NAMES = ["和平区", "河东区", "河西区", "南开区"]
DRIVERS = {
    "gpkg": {}, "fgb": {}, "gml": {}, "shp": {"encoding": "GBK"},
    "geojsonl": {"driver": "GeoJSONSeq"}, "gdb": {"driver": "OpenFileGDB"},
    "mif": {"driver": "MapInfo File", "encoding": "GBK"},
    "tab": {"driver": "MapInfo File", "encoding": "GBK"},
}  # fmt: skip


def made(folder: Path, suffix: str) -> Path:
    folder.mkdir()
    shapes = [shapely.box(117 + n / 9, 39, 117.1 + n / 9, 39.1) for n in range(4)]
    frame = gpd.GeoDataFrame({"name": NAMES}, geometry=shapes, crs="EPSG:4490")
    path = folder / f"a.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **DRIVERS[suffix])
    if suffix not in {"shp", "gdb", "mif", "tab"}:
        return path
    packed = folder / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for item in sorted(folder.rglob("*")):
            if item.is_file() and item != packed:
                archive.write(item, item.relative_to(folder).as_posix())
    return packed


def both_ways(path: Path) -> dict[str, Any]:
    # the module must be known to the parent to be found by the guarded process
    return guard.call(
        "tests.support.salvaging:both_ways",
        path.name,
        limits=UPLOAD,
        workdir=path.parent,
    )


@pytest.mark.parametrize("suffix", list(DRIVERS))
def test_both_ways_agree(tmp_path: Path, suffix: str) -> None:
    told = both_ways(made(tmp_path / "in", suffix))
    assert sorted(told["bulk"]["names"]) == sorted(NAMES)
    assert told["slow"] == told["bulk"] | {"read": 4}


def torn(path: Path) -> Path:
    """Tear the geometry of the third record of a GeoPackage."""
    with closing(sqlite3.connect(path)) as writer:
        names = writer.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for (name,) in names:
            writer.execute(f'DROP TRIGGER "{name}"')
        writer.execute("UPDATE a SET geom = x'4750000100' WHERE fid = 3")
        writer.commit()
    return path


def test_the_torn_record_is_named_by_both(tmp_path: Path) -> None:
    path = torn(made(tmp_path / "in", "gpkg"))
    told = both_ways(path)
    for way in ("bulk", "slow"):
        assert told[way]["bad"] == [2]
        assert told[way]["names"] == [name for name in NAMES if name != "河西区"]


def test_reading_keeps_the_others(tmp_path: Path) -> None:
    frame, reading = read(torn(made(tmp_path / "in", "gpkg")))
    assert frame.index.tolist() == [1, 2, 4]
    (refused,) = reading.records.refused
    assert refused.record == 3
    assert reading.records.read == 4


def test_without_fiona_a_damaged_file_is_refused_with_what_to_do(monkeypatch, tmp_path):
    """There is no wheel of it for Linux on aarch64."""
    monkeypatch.setitem(sys.modules, "fiona", None)
    place = SimpleNamespace(path=tmp_path / "d.shp", driver="ESRI Shapefile")
    with pytest.raises(FileRefusedError) as caught:
        salvage.read(SimpleNamespace(dataset=place), UPLOAD)
    assert "d.shp" in caught.value.text("zh")
    assert "x86-64" in caught.value.text("en")
