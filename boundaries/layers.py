"""The layers the bureau keeps, declared once; the store creates them from this.

Layers that later work fills (lines, markers, names, services) already exist so
that nothing moves under the data when they come. A schema grows by a migration.
"""

from __future__ import annotations

from geodata.store.changes import Field, LayerSchema

DIVISIONS = LayerSchema(
    name="divisions",
    key="code",
    geometry="MultiPolygon",
    fields=(
        Field("code", "text", required=True),
        Field("name", "text", required=True),
        Field("kind", "text", required=True),
        Field("level", "integer", required=True),
        Field("parent", "text"),
        Field("seat", "text"),
        Field("pinyin", "text"),
        Field("area_official_km2", "real"),
        Field("population", "integer"),
        Field("enclave", "boolean"),
        Field("predecessors", "json"),
        Field("successors", "json"),
        Field("remark", "text"),
    ),
)

BOUNDARY_LINES = LayerSchema(
    name="boundary_lines",
    key="line",
    geometry="MultiLineString",
    fields=(
        Field("line", "text", required=True),
        Field("name", "text"),
        Field("level", "integer", required=True),
        Field("left", "text", required=True),
        Field("right", "text", required=True),
        Field("stage", "text"),
        Field("nature", "text"),
        Field("agreement", "text"),
    ),
)

MARKERS = LayerSchema(
    name="markers",
    key="marker",
    geometry="Point",
    fields=(
        Field("marker", "text", required=True),
        Field("lines", "json"),
        Field("form", "text"),
        Field("material", "text"),
        Field("state", "text"),
        Field("height_m", "real"),
        Field("accuracy_m", "real"),
        Field("public", "boolean"),
        Field("name", "text"),
        Field("level", "integer"),
        Field("faces", "text"),
        Field("units", "json"),
        Field("height_type", "text"),
        Field("survey_crs", "text"),
        Field("survey_scale", "integer"),
        Field("location", "text"),
        Field("reference_objects", "json"),
        Field("set_on", "date"),
        Field("registered_on", "date"),
        Field("custodian", "text"),
        Field("photos", "json"),
        Field("remark", "text"),
    ),
)
"""``units`` are the codes of the divisions it stands between, ``lines`` those of its
boundary lines; ``reference_objects`` (方位物) are each ``{"name", "azimuth_deg",
"azimuth_type", "distance_m"}``; ``survey_crs`` is what its coordinates were measured
in, they are stored as EPSG:4490 like all."""

INSPECTIONS = LayerSchema(
    name="inspections",
    key="inspection",
    geometry="Point",
    fields=(
        Field("inspection", "text", required=True),
        Field("subject", "text", required=True),
        Field("date", "date", required=True),
        Field("kind", "text"),
        Field("result", "text"),
        Field("damage", "text"),
        Field("action", "text"),
        Field("units", "json"),
        Field("parties", "json"),
        Field("inspectors", "text"),
        Field("document", "text"),
        Field("photos", "json"),
        Field("remark", "text"),
    ),
)
"""``subject`` is a marker's number, ``units`` the sides it had that day, ``parties``
those of them that were present."""

PLACE_NAMES = LayerSchema(
    name="place_names",
    key="place",
    geometry="Point",
    fields=(
        Field("place", "text", required=True),
        Field("name", "text", required=True),
        Field("category", "text"),
        Field("romanised", "text"),
        Field("division", "text"),
        Field("former_names", "json"),
        Field("subcategory", "text"),
        Field("romanised_confirmed", "boolean"),
        Field("specific", "text"),
        Field("generic", "text"),
        Field("aliases", "json"),
        Field("script", "text"),
        Field("location", "text"),
        Field("origin", "text"),
        Field("meaning", "text"),
        Field("history", "text"),
        Field("status", "text"),
        Field("document", "text"),
        Field("authority", "text"),
        Field("approved_on", "date"),
        Field("named_on", "date"),
        Field("public", "boolean"),
        Field("remark", "text"),
    ),
)
"""``category`` is one of the eight classes of 地名管理条例 art 3, ``subcategory`` the
five digits of the category table; ``specific`` and ``generic`` are 专名 and 通名;
``script`` is the name in a minority language's own writing."""

FACILITIES = LayerSchema(
    name="facilities",
    key="facility",
    geometry="Point",
    fields=(
        Field("facility", "text", required=True),
        Field("name", "text", required=True),
        Field("type", "text", required=True),
        Field("division", "text"),
        Field("beds", "integer"),
        Field("area_m2", "real"),
        Field("domain", "text"),
        Field("level", "integer"),
        Field("status", "text"),
        Field("moved_to", "text"),
        Field("moved_from", "text"),
        Field("ownership", "text"),
        Field("nature", "text"),
        Field("acquisition", "text"),
        Field("address", "text"),
        Field("coord_source", "text"),
        Field("land_m2", "real"),
        Field("beds_total", "integer"),
        Field("beds_nursing", "integer"),
        Field("beds_occupied", "integer"),
        Field("day_places", "integer"),
        Field("home_beds", "integer"),
        Field("hospital_beds", "integer"),
        Field("meal_capacity", "integer"),
        Field("functions", "json"),
        Field("comprehensive", "boolean"),
        Field("registered", "boolean"),
        Field("medical_mode", "text"),
        Field("staff", "integer"),
        Field("caregivers", "integer"),
        Field("social_workers", "integer"),
        Field("radius_m", "real"),
        Field("rating", "integer"),
        Field("credit", "text"),
        Field("contact", "text"),
        Field("phone", "text"),
        Field("website", "text"),
        Field("price_low", "real"),
        Field("price_high", "real"),
        Field("phase", "text"),
        Field("planned_for", "date"),
        Field("opened_on", "date"),
        Field("closed_on", "date"),
        Field("document", "text"),
        Field("public", "boolean"),
        Field("source", "text"),
        Field("updated_on", "date"),
        Field("photos", "json"),
        Field("remark", "text"),
    ),
)
"""Every kind of bed has its own attribute and none is the sum of others: ``beds_total``
are those of the institution (``beds_nursing`` and ``beds_occupied`` of them),
``beds`` is what a source calls beds of all kinds without saying which. ``area_m2`` is
floor area, ``level`` that of the unit it serves, ``functions`` those of 三入四嵌一床位,
prices are yuan a month, ``moved_to`` and ``moved_from`` are facilities. The lists
are in :mod:`boundaries.services.words`."""

POPULATION = LayerSchema(
    name="population",
    key="division",
    geometry="None",
    fields=(
        Field("division", "text", required=True),
        Field("total", "integer"),
        Field("aged_60", "integer"),
        Field("aged_65", "integer"),
        Field("aged_80", "integer"),
        Field("households", "integer"),
        Field("disabled", "integer"),
        Field("settlement", "text"),
        Field("counted_on", "date"),
        Field("source", "text"),
        Field("method", "text"),
        Field("places", "json"),
        Field("outside", "integer"),
        Field("remark", "text"),
    ),
)
"""Counts of a community or a unit above it, never of persons. ``settlement`` is the
城乡分类 of a community, three digits (111 … 220), None: as its code tells; ``method``
is how the counts were come by, ``places`` where in the unit people live:
``[lon, lat, total, aged_60, aged_65, aged_80]`` each, None: along its streets.
``outside`` is how many people of the cells on its border lie in no division, and are
counted nowhere."""

LAYERS = (
    DIVISIONS,
    BOUNDARY_LINES,
    MARKERS,
    INSPECTIONS,
    PLACE_NAMES,
    FACILITIES,
    POPULATION,
)
