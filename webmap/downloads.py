"""Files that go out as downloads, copied from where they lie, never held whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from flask import Response, request, send_file

from webmap.session import actor, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = {
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".zip": "application/zip",
    ".csv": "text/csv",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNKNOWN = "application/octet-stream"


def file_of(export: str) -> Response:
    """Return the file of an export as a download."""
    document, file = registry().export_file(actor(), export)
    return attached(file, document["name"])


def attached(file: BinaryIO, name: str) -> Response:
    """Return an open file as a download; the server closes it."""
    answer = send_file(
        file, mimetype=kind_of(name), as_attachment=True, download_name=name
    )
    answer.content_length = os.fstat(file.fileno()).st_size
    answer.headers["Cache-Control"] = "private, no-store"
    if request.method == "HEAD":  # nobody will read it
        file.close()
    return answer


def written(body: bytes | str | Iterable[str], name: str) -> Response:
    """Return content as a download, text as it is written."""
    answer = Response(body, mimetype=kind_of(name))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def kind_of(name: str) -> str:
    """Return the media type of a file by its name."""
    return KINDS.get("." + name.rpartition(".")[2], UNKNOWN)
