"""Further layers the map offers over the divisions: those that hold something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import current_app, url_for

from geodata.errors import Text

if TYPE_CHECKING:
    from geodata.store.protocol import Store


class Overlay(NamedTuple):
    """A layer of points: who gives it (an endpoint that takes ``bbox``), and how."""

    layer: str
    endpoint: str
    label: Text
    style: str
    page: str
    """Address of a record's page, before its key."""


OVERLAYS = (
    Overlay(
        "markers", "api_markers.points", Text("界桩", "Markers"), "marker", "/markers/"
    ),
    Overlay(
        "place_names", "api_names.points", Text("地名", "Place names"), "place",
        "/names/",
    ),
    Overlay(
        "facilities", "api_facilities.points", Text("设施", "Facilities"),
        "facility-open", "/facilities/",
    ),
)  # fmt: skip


def offered(store: Store) -> list[dict[str, Any]]:
    """Return the layers to choose from.

    Versions are never taken back: a layer that held something once is not asked for
    again with every page.
    """
    known: set[str] = current_app.extensions.setdefault("overlays", set())
    known |= {
        item.layer
        for item in OVERLAYS
        if item.layer not in known and store.head(item.layer)
    }
    return [
        {
            "id": item.layer,
            "label": item.label._asdict(),
            "url": url_for(item.endpoint),
            "style": item.style,
            "page": item.page,
        }
        for item in OVERLAYS
        if item.endpoint in current_app.view_functions and item.layer in known
    ]
