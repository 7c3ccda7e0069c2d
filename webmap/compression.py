"""Text goes out compressed; what is already compressed is left alone."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

SMALLEST = 1024
"""Bytes under which compressing costs more than it saves."""
LARGEST_KEPT = 64 << 10
"""Bytes up to which an answer is remembered with its compressed form."""
_TEXT = ("text/", "application/json", "image/svg+xml")


def install(app: Flask) -> None:
    """Compress the text answers of an application."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if (
        response.is_streamed  # a file, or a table as long as the audit
        or response.status_code != 200
        or not (response.mimetype or "").startswith(_TEXT)
        or "Content-Encoding" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0:
        return response
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    response.set_data(_gzip(body) if len(body) <= LARGEST_KEPT else _packed(body))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag:  # another representation has another strong tag (RFC 9110, 8.8.3)
        response.set_etag(f"{tag}-gz")
        response.make_conditional(request)
    return response


@lru_cache(maxsize=128)
def _gzip(body: bytes) -> bytes:
    return _packed(body)


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)
