"""What comes back from the worker is believed only as far as it fits together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import FileRefusedError
from geodata.files import transfer
from geodata.files.raw import Raw
from geodata.files.reading import Encoding, Guess, Layer, Refusal

POLYGON = shapely.Polygon(
    [(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2), (1, 1)]]
)
SHAPES = [
    shapely.Point(1, 2),
    shapely.LineString([(0, 0), (1, 1), (2, 0)]),
    POLYGON,
    shapely.MultiPoint([(0, 0), (1, 1)]),
    shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
    shapely.MultiPolygon([POLYGON, shapely.box(20, 20, 21, 21)]),
    shapely.GeometryCollection([shapely.Point(5, 5), shapely.box(0, 0, 1, 1)]),
    None,
]


def raw_of(shapes: list[shapely.Geometry | None]) -> Raw:
    names = [f"第{n}区" for n in range(len(shapes))]
    codes = gpd.pd.array([1, None] * len(shapes), dtype="Int64")[: len(shapes)]
    records = range(1, len(shapes) + 1)
    frame = gpd.GeoDataFrame(
        {"名称": names, "code": codes}, geometry=shapes, index=records
    )
    return Raw(
        frame=frame,
        driver="GPKG",
        layers=(Layer("x", "Unknown", len(shapes)),),
        layer="x",
        encoding=Encoding("UTF-8", "格式规定的编码", 1.0, "the format's own"),
        read=len(shapes) + 1,
        refused=(Refusal(99, {"zh": "空", "en": "empty"}),),
        guesses=(Guess("layer", "x", 0.6, "…", ("y",)),),
        invalid=({"record": 1, "reason": "r", "x": 1.0, "y": None},),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=9))
def test_a_frame_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[shapely.Geometry | None]
) -> None:
    folder = tmp_path_factory.mktemp("raw")
    before = raw_of(shapes)
    transfer.save(before, folder)
    after = transfer.load(folder)
    assert list(after.frame.geometry) == shapes
    assert after.frame.index.tolist() == before.frame.index.tolist()
    assert after.frame["名称"].tolist() == before.frame["名称"].tolist()
    assert after.frame["code"].isna().tolist() == before.frame["code"].isna().tolist()
    for name in ("layers", "encoding", "refused", "guesses", "invalid", "read"):
        assert getattr(after, name) == getattr(before, name)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _backwards(path: Path) -> None:
    np.save(path, np.load(path)[::-1])


def _pickled(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("raw.json", _cut),
        ("raw.json", lambda path: path.write_text("[" * 100_000)),
        ("raw.json", lambda path: path.write_text("{}")),
        ("raw.json", _linked),
        ("columns.arrow", _cut),
        ("types.npy", _cut),
        ("types.npy", _pickled),
        ("types.npy", lambda path: np.save(path, np.array([7] * 9))),
        ("owners.npy", lambda path: np.save(path, np.array([500, 500]))),
        ("3.npy", _cut),
        ("3.0.npy", _backwards),
        ("3.1.npy", Path.unlink),
    ],
)
def test_a_spoilt_result_is_refused_not_trusted(
    tmp_path: Path, name: str, spoil: Callable[[Path], object]
) -> None:
    transfer.save(raw_of(SHAPES), tmp_path)
    spoil(tmp_path / name)
    with pytest.raises(FileRefusedError, match="no whole result"):
        transfer.load(tmp_path)
