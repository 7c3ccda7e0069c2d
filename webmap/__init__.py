"""Pages, maps, the API and the root command line.

The law of this package: it knows no SQL, no drivers and no geometry algorithm.
A view is parse, one call into :mod:`boundaries` or :mod:`geodata`, present. Folium
is touched in :mod:`webmap.maps` only, and no string from data ever enters it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webmap.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import the application only when it is asked for: the commands start quicker."""
    if name == "create_app":
        from webmap.app import create_app

        return create_app
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
