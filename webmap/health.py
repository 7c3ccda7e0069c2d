"""What an administrator should know about this server: versions, store, isolation."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import current_app

from geodata import guard

if TYPE_CHECKING:
    from geodata.store.protocol import Store
    from webmap.published import Edition, Published

LIBRARIES = (
    "quhua",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "fiona",
    "sqlalchemy",
    "flask",
    "folium",
    "waitress",
)
"""Distributions whose versions matter for trust and for reports of faults."""


def health(store: Store, edition: Edition | None) -> dict[str, Any]:
    """Return the state of the server.

    ``ok`` is False where files cannot be read in full isolation; ``guard`` and
    ``store`` are as those packages report themselves.
    """
    isolation = guard.status()
    kept = store.health()
    return {
        "ok": isolation["warning"] is None,
        "published": edition.version.number if edition else None,
        "guard": isolation,
        "store": kept,
        "libraries": {name: version(name) for name in LIBRARIES},
        "outside_hosts": [],
    }


def of_this_server() -> dict[str, Any]:
    """Return the state of the server that answers this request, and of its store."""
    published: Published = current_app.extensions["published"]
    return health(current_app.extensions["registry"].store, published.edition())
