"""The description of the API, made from the declarations of its routes."""

from __future__ import annotations

from typing import Any

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.reference import description

document = ApiBlueprint(
    "openapi", Text("本接口的说明", "This description"), url_prefix="/api/v1"
)


@document.get("/openapi.json", Text("OpenAPI 3.1 文档", "The OpenAPI 3.1 document"))
@policy.signed_in
def openapi() -> Any:
    """Return the OpenAPI document."""
    return description()
