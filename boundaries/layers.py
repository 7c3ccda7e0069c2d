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
    ),
)

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
    ),
)

LAYERS = (
    DIVISIONS,
    BOUNDARY_LINES,
    MARKERS,
    INSPECTIONS,
    PLACE_NAMES,
    FACILITIES,
    POPULATION,
)
