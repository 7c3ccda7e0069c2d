"""Read GeoParquet with pyarrow: WKB columns and the ``geo`` metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as text_encoding
from geodata.files import geometry
from geodata.files.columns import attributes
from geodata.files.limits import Limits
from geodata.files.raw import Raw
from geodata.files.reading import Guess, Layer, Refusal

_LIKELY = ("geometry", "geom", "wkb_geometry", "wkb", "shape", "the_geom")
_LONLAT = "OGC:CRS84"
_AGAIN = Text(
    "请用 GeoPandas 或 GDAL 重新导出为 GeoParquet（WKB）。",
    "Export it again as GeoParquet with WKB geometry.",
)


def layer_of(path: Path, name: str, limits: Limits) -> Layer:
    """Return the one layer of a Parquet file, from its metadata only."""
    metadata = _metadata(path)
    limits.check("records", metadata.num_rows)
    limits.check("columns", metadata.num_columns)
    geo = _geo(metadata)
    types = geo.get("columns", {}).get(geo.get("primary_column"), {})
    kinds = [str(kind) for kind in types.get("geometry_types", [])]
    polygons = metadata.num_rows if any("Polygon" in kind for kind in kinds) else 0
    word = kinds[0] if len(kinds) == 1 else "Unknown"
    if kinds and all("Polygon" in kind for kind in kinds):
        word = kinds[-1]
    return Layer(name, word, metadata.num_rows, polygons)


def read(path: Path, layer: Layer, limits: Limits) -> Raw:
    """Read a Parquet file.

    Raises
    ------
    FileRefusedError
        Damaged, without a geometry column, or with geometry that is not WKB.
    """
    geo = _geo(_metadata(path))
    try:
        table = pq.ParquetFile(path).read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged() from error
    name = _geometry_name(table, geo)
    described = geo.get("columns", {}).get(name, {})
    if str(described.get("encoding", "WKB")).upper() != "WKB":
        raise FileRefusedError(
            Text(f"GeoParquet 的几何编码 {described['encoding']} 不受支持。",
                 f"The geometry encoding {described['encoding']} is not read."),
            _AGAIN,
        )  # fmt: skip
    examined = geometry.examine(table.column(name), limits)
    columns = attributes(table.drop_columns([name]))
    guesses: tuple[Guess, ...] = ()
    if not geo:
        zh = "没有 GeoParquet 元数据，该列内容为 WKB"
        en = "no GeoParquet metadata; the column holds WKB"
        guesses = (Guess("geometry", name, 0.9, zh, evidence_en=en),)
    return Raw(
        frame=gpd.GeoDataFrame(
            columns.iloc[examined.kept].set_axis(examined.kept + 1, axis=0),
            geometry=examined.geometries,
        ),
        driver="Parquet",
        layers=(layer,),
        layer=layer.name,
        encoding=text_encoding.fixed(),
        read=table.num_rows,
        crs_wkt=_crs(described) if geo else None,
        refused=tuple(
            Refusal(position + 1, why._asdict())
            for position, why in examined.refused.items()
        ),
        z_dropped=examined.z_dropped,
        m_dropped=examined.m_dropped,
        linearised=examined.linearised,
        guesses=guesses,
    )


def _metadata(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged() from error


def _damaged() -> FileRefusedError:
    return FileRefusedError(
        Text(
            "Parquet 文件已损坏或不完整。", "The Parquet file is damaged or not whole."
        ),
        _AGAIN,
    )


def _geo(metadata: pq.FileMetaData) -> dict[str, Any]:
    text = (metadata.metadata or {}).get(b"geo", b"{}")
    try:
        geo = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return geo if isinstance(geo, dict) else {}


def _geometry_name(table: pa.Table, geo: dict[str, Any]) -> str:
    binary = {
        field.name
        for field in table.schema
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
    }
    named = geo.get("primary_column")
    if named in table.column_names:
        return str(named)
    for name in sorted(binary, key=lambda name: name.lower() not in _LIKELY):
        return str(name)
    raise FileRefusedError(
        Text("Parquet 文件没有几何列。", "The Parquet file has no geometry column."),
        _AGAIN,
    )


def _crs(described: dict[str, Any]) -> str | None:
    """Return the declared CRS: absent means lon/lat WGS 84, null means unknown."""
    if "crs" not in described:
        return _LONLAT
    crs = described["crs"]
    if crs is None:
        return None
    identifier = crs.get("id") if isinstance(crs, dict) else None
    if isinstance(identifier, dict) and {"authority", "code"} <= identifier.keys():
        return f"{identifier['authority']}:{identifier['code']}"
    return json.dumps(crs) if isinstance(crs, dict) else str(crs)
