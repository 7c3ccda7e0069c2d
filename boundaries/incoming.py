"""A file as it was handed in, read for one of our layers: command line and web alike.

What is compared with, the house's own column names and the limits are the same
whoever asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geodata import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from geodata.errors import Text
    from geodata.files.limits import Limits
    from geodata.files.reading import Reading


def read(
    path: Path,
    *,
    limits: Limits,
    name: str | None = None,
    layer: str | None = None,
    target: str = "divisions",
    region: str | None = None,
    compared: tuple[gpd.GeoDataFrame | None, Text | None] = (None, None),
    overrides: Mapping[str, Any] | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Read a file in the guarded process, and note what it was compared with.

    Parameters
    ----------
    name
        What the file is called, when that is not the path's own name.
    layer
        Layer of the file.
    target
        Our layer it is meant for: tells what its columns may mean.
    compared
        What :mod:`boundaries.references` found: a frame and the words that name it.
    overrides
        A person's word over our guesses; see :func:`geodata.files.read`.
    """
    from boundaries import columns  # heavy: nothing of it before a command runs

    reference, words = compared
    frame, reading = files.read(
        path,
        name=name,
        layer=layer,
        region=region or None,
        reference=reference,
        overrides=overrides or None,
        limits=limits,
        aliases=columns.aliases(target),
        cancel=cancel,
        progress=progress,
    )
    if words is not None:
        reading = replace(reading, notes=(*reading.notes, words._asdict()))
    return frame, reading
