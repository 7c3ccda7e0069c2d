"""A file as it was handed in, read for one of our layers: command line and web alike.

What is compared with, the house's own column names and the limits are the same
whoever asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geodata import files
from geodata.files.reading import Guess

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
    from geodata.files import grids

    reference, words = compared
    if target == "population" and grids.is_grid(path):
        from boundaries.services.gridded import read_grid

        return read_grid(
            path,
            name or path.name,
            reference,
            limits=limits,
            fields=(overrides or {}).get("fields"),
            cancel=cancel,
            progress=progress,
        )
    placeless = {"placeless": True} if target == "facilities" else {}
    frame, reading = files.read(
        path,
        name=name,
        layer=layer,
        region=region or None,
        reference=reference,
        overrides={**placeless, **(overrides or {})} or None,
        limits=limits,
        aliases=columns.aliases(target),
        cancel=cancel,
        progress=progress,
    )
    if target == "population":
        from boundaries.services.persons import refuse_individuals

        # before a sample of it is shown or kept
        refuse_individuals(frame, reading.fields)
    if target == "facilities":
        from boundaries.services import coordinates

        frame, reading = coordinates.settled(frame, reading, reference, overrides or {})
    if reference is not None:
        reading = replace(reading, guesses=(*reading.guesses, *_far(frame, reference)))
    if words is not None:
        reading = replace(reading, notes=(*reading.notes, words._asdict()))
    return frame, reading


FAR_M = 5_000.0
"""Farther than this from every known unit, a record is not where it is expected."""
_SHARE = 0.5


def _far(frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame) -> tuple[Guess, ...]:
    """Return the question whether the file lies where it should, when it is far off.

    A zone number off by one puts everything hundreds of kilometres away, in
    coordinates that look right.
    """
    from geodata import crs

    if frame.crs is None or reference.crs is None:
        return ()
    found = crs.apart(frame, reference, beyond_m=FAR_M)
    if found.far <= found.looked_at * _SHARE:
        return ()
    km = round(found.metres / 1000, 1)
    return (
        Guess(
            "place",
            km,
            0.0,
            f"{found.looked_at} 条记录中有 {found.far} 条远离已知区划（约 {km} 公里）；"
            "请核对投影带和坐标系",
            evidence_en=f"{found.far} of {found.looked_at} records lie about {km} km "
            "away from the known divisions: look at the zone and the coordinate system",
        ),
    )
