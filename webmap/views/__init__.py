"""One blueprint a noun; each view parses, makes one call, presents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmap.views.admin import admin
from webmap.views.audit import audit
from webmap.views.basemap import basemap
from webmap.views.coverage import coverage
from webmap.views.deciding import drafts
from webmap.views.divisions import divisions
from webmap.views.editing import editing
from webmap.views.exports import exports
from webmap.views.facilities import facilities
from webmap.views.home import home
from webmap.views.indicator_records import indicators
from webmap.views.jobs import jobs
from webmap.views.markers import markers
from webmap.views.names import names
from webmap.views.networks import networks
from webmap.views.own_tokens import accounts
from webmap.views.pages import pages
from webmap.views.planning import planning
from webmap.views.population import population
from webmap.views.public import public_view
from webmap.views.public_care import public_care
from webmap.views.reference import reference
from webmap.views.scenarios import scenarios
from webmap.views.siting import siting
from webmap.views.style import style
from webmap.views.tiles import tiles
from webmap.views.uploads import uploads
from webmap.views.users import users

if TYPE_CHECKING:
    from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts,
    divisions,
    exports,
    audit,
    admin,
    drafts,
    basemap,
    coverage,
    editing,
    home,
    indicators,
    jobs,
    markers,
    names,
    networks,
    facilities,
    pages,
    planning,
    population,
    scenarios,
    siting,
    public_view,
    public_care,
    reference,
    style,
    tiles,
    users,
    uploads,
)
"""What the application registers, in this order."""
