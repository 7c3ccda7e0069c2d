"""Stores with published divisions, written straight through the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from boundaries.registry import Registry, open_registry
from boundaries.settings import Settings
from geodata.store.diffing import changes_between
from geodata.topology.soundness import repaired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geodata.store.protocol import Store


def registry_at(path: Path | str) -> Registry:
    """A new registry over an empty store, at a path or an address."""
    return open_registry(str(path), create=True, settings=Settings())


def divisions(frame: gpd.GeoDataFrame, **columns: Any) -> gpd.GeoDataFrame:
    """A frame with ``code``, ``name`` and geometry as the layer wants it."""
    usual = {"kind": "district", "level": 3, "parent": "120000"}
    made = frame.assign(**{k: v for k, v in usual.items() if k not in frame})
    made = made.assign(**columns).set_crs("EPSG:4490", allow_override=True)
    return made.set_index(made["code"].astype(str).rename("key"))


def publish(
    store: Store,
    frame: gpd.GeoDataFrame,
    effective: str,
    *,
    basis: str = "",
    message: str = "",
    complete: bool = True,
    doc: dict[str, Any] | None = None,
    layer: str = "divisions",
) -> int:
    """Commit a whole layer as it holds from a date, and publish it."""
    head = store.head(layer)
    base = store.snapshot(layer) if head else store.snapshot(layer, at=0)
    listed: Sequence[str] | bool = list(base.index) if complete else False
    changes = changes_between(
        base, frame, layer=layer, base=head, effective=effective, complete=listed
    )
    with store.write() as tx:
        version = tx.commit(
            changes,
            author="zhang",
            approver="li",
            basis=basis,
            message=message,
            doc=doc,
        )
        tx.tag(f"published/{layer}", version.number)
    return version.number


def tianjin(store: Store, data: Path) -> None:
    """The two vintages of Tianjin's districts, the second as the successor."""
    source = data / "tianjin" / "tianjin.gpkg"
    for layer, date, basis in (
        ("districts_datav_older", "2019-12-31", "津政函〔2019〕18号"),
        (
            "districts_datav_areas_v3",
            "2022-01-01",
            "津政函〔2021〕95号 关于调整河西区等区界线的批复",
        ),
    ):
        frame = gpd.read_file(source, layer=layer).rename(columns={"adcode": "code"})
        mended = [
            shape if shape.is_valid else repaired(shape) for shape in frame.geometry
        ]
        frame = frame.assign(code=frame["code"].astype(str)).set_geometry(
            gpd.GeoSeries(mended, index=frame.index, crs=frame.crs)
        )
        publish(
            store,
            divisions(frame[["code", "name", "geometry"]]),
            date,
            basis=basis,
            message="首次入库" if date < "2020" else "按现行界线更新",
        )
