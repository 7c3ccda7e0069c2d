"""The description of the API, made from the declarations of its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint

document = ApiBlueprint(
    "openapi", Text("本接口的说明", "This description"), url_prefix="/api/v1"
)


@document.get("/openapi.json", Text("OpenAPI 3.1 文档", "The OpenAPI 3.1 document"))
@policy.signed_in
def openapi() -> Any:
    """Return the OpenAPI document."""
    return description()


@dataclass(frozen=True)
class Route:
    """One route, as the page ``/api`` lists it."""

    method: str
    path: str
    words: dict[str, str]
    arguments: tuple[str, ...]
    body: tuple[str, ...]


def description() -> dict[str, Any]:
    """Return the OpenAPI document of this application."""
    made: dict[str, Any] = current_app.extensions["api"].spec.to_dict()
    return made


def nouns() -> dict[str, Text]:
    """Return what the routes of each noun are about."""
    parts = current_app.blueprints.values()
    return {part.noun: part.words for part in parts if isinstance(part, ApiBlueprint)}


def routes() -> dict[str, list[Route]]:
    """Return the routes by noun, in the order they were declared."""
    told = description()
    found: dict[str, list[Route]] = {}
    for path, operations in told["paths"].items():
        shared = operations.get("parameters", [])
        for method, operation in operations.items():
            if method == "parameters":
                continue
            parameters = [*shared, *operation.get("parameters", [])]
            named = [_named(item) for item in parameters if item["in"] == "query"]
            found.setdefault(operation["tags"][0], []).append(
                Route(
                    method.upper(),
                    path,
                    operation["x-words"],
                    tuple(named),
                    tuple(_body(told, operation)),
                )
            )
    return found


def _named(parameter: dict[str, Any]) -> str:
    return str(parameter["name"]) + ("*" if parameter.get("required") else "")


def _body(told: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """Return the names of what is sent, the needed ones with a star."""
    content = operation.get("requestBody", {}).get("content", {})
    names = []
    for kind, sent in content.items():
        schema = sent["schema"]
        if "$ref" in schema:
            schema = told["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        needed = schema.get("required", ())
        inner = schema.get("properties", {})
        names += [f"{name}*" if name in needed else name for name in inner] or [kind]
    return names
