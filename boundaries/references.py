"""What a file's positions are compared with, to find its CRS and any shift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.settings import Settings
    from geodata.store.protocol import Reader


def find(
    reference: str | None,
    layer: str | None,
    *,
    read: tuple[Path, str | None],
    target: tuple[Any, str] | None,
    settings: Settings,
) -> tuple[gpd.GeoDataFrame | None, Text | None]:
    """Return the frame to compare with and words that name it.

    Parameters
    ----------
    reference
        A file, ``FILE#LAYER``, ``none``, or None: the store's published divisions
        (else as they stand) when there is a store.
    layer
        Layer of the reference file.
    read
        File and layer being read; that layer is never its own reference.
    target
        Registry and layer of an import.
    """
    if reference == "none":
        return None, None
    if reference is None:
        return (None, None) if target is None else of_store(target[0].store)
    path, _, named = reference.partition("#")
    return _of_file(Path(path), layer or named or None, read, settings)


def of_store(store: Reader) -> tuple[gpd.GeoDataFrame | None, Text | None]:
    """Return the divisions the store publishes, else those it holds."""
    at = store.tags().get("published/divisions") or store.head("divisions")
    found = store.snapshot("divisions", at=at) if at else None
    if found is None or found.geometry.isna().all():
        return None, None
    return found, Text(
        f"位置与库中区划（版本 {at}）作了比对。",
        f"Positions were compared with the store's divisions (version {at}).",
    )


def _of_file(
    path: Path, layer: str | None, read: tuple[Path, str | None], settings: Settings
) -> tuple[gpd.GeoDataFrame, Text]:
    from geodata import files

    if not path.exists():
        raise InputError(
            Text(f"找不到参考文件 {path}。", f"There is no reference file {path}.")
        )
    if layer is None and path.resolve() == read[0].resolve():
        layer = _another_layer(path, read[1], settings)
    frame, found = files.read(path, layer=layer, limits=settings.operator)
    return frame, Text(
        f"位置与 {path.name} 的图层 {found.layer} 作了比对。",
        f"Positions were compared with layer {found.layer} of {path.name}.",
    )


def _another_layer(path: Path, read: str | None, settings: Settings) -> str:
    """Return the layer with most polygons that is not the one being read."""
    from geodata import files

    reading = files.read(path, layer=read, limits=settings.operator)[1]
    others = [item for item in reading.layers if item.name != reading.layer]
    others.sort(key=lambda item: -item.polygons)
    if not others or not others[0].polygons:
        raise InputError(
            Text(
                f"{path.name} 没有别的面图层可作参考。",
                f"{path.name} has no other layer of polygons to compare with.",
            ),
            Text("请用 --reference-layer 指定。", "Name one with --reference-layer."),
        )
    return others[0].name
