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
    ),
)

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
    ),
)

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
    ),
)

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
