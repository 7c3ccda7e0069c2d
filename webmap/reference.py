"""What the API's description says, for its document and for the page that lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app

if TYPE_CHECKING:
    from geodata.errors import Text


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
    found: dict[str, Text] = {}
    for part in parts:
        noun, words = getattr(part, "noun", None), getattr(part, "words", None)
        if noun and words:
            found[noun] = words
    return found


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
