"""One blueprint a noun; each view parses, makes one call, presents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmap.views.accounts import accounts
from webmap.views.basemap import basemap
from webmap.views.home import home
from webmap.views.pages import pages
from webmap.views.public import public_view
from webmap.views.reference import reference
from webmap.views.tiles import tiles

if TYPE_CHECKING:
    from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts,
    basemap,
    home,
    pages,
    public_view,
    reference,
    tiles,
)
"""What the application registers, in this order."""
