"""What every format reader returns: the file as it is, before we interpret it.

A reader runs inside the guarded worker. It decodes text, drops what cannot be
stored (Z, M, curves) with counts, names each record it had to refuse, and leaves
coordinates, column names and geometry otherwise as the file has them. What the
coordinates and the columns *mean* is decided afterwards, outside the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd

from geodata.files.reading import Encoding, Guess, Layer, Refusal


@dataclass(frozen=True)
class Raw:
    """One layer of a file, in the file's own coordinates and column names.

    Attributes
    ----------
    frame
        Geometry in file coordinates (two dimensions, no CRS set, no null or empty
        geometry), the file's own column names, and as index the number of each
        record in the file, counted from 1 (data rows of a table: 1 is the first
        row below the header).
    read
        Records in the file; always ``len(frame) + len(refused)``. Blank ones, with
        neither a shape nor a value, do not count and are told in ``notes``. A table
        in which several rows make one feature (rings from "J1,X,Y") counts features.
    fields
        ``{theirs: ours}`` only where the reader itself knows (a table's lon/lat
        columns need no entry); aliases are mapped afterwards.
    crs_wkt
        The declared CRS (WKT, or ``"EPSG:n"``), or None when none is declared.
    crs_evidence
        Where the declaration stands.
    implied
        The standard that says WGS 84 where nothing is declared (GeoJSON, KML, GPX).
    axis_swapped
        True or False only where the reader knows (a header that says X=north),
        None to have it found from the numbers. With True the frame is *not* yet
        swapped; readers that already put east first leave it None or False.
    """

    frame: gpd.GeoDataFrame
    driver: str
    layers: tuple[Layer, ...]
    layer: str
    encoding: Encoding
    read: int
    blank: int = 0
    crs_wkt: str | None = None
    crs_evidence: str = ""
    implied: str = ""
    axis_swapped: bool | None = None
    refused: tuple[Refusal, ...] = ()
    z_dropped: int = 0
    m_dropped: int = 0
    linearised: int = 0
    invalid: tuple[dict[str, Any], ...] = ()
    """Each ``{"record", "reason", "x", "y"}``; filled by the worker for all readers."""
    fields: dict[str, str] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    notes: tuple[dict[str, str], ...] = ()
    """Plain remarks in both languages (``{"zh", "en"}``)."""
