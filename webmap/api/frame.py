"""What every part of the API is declared with: one line a route, words in it.

A route's declaration is its documentation: the OpenAPI document and the page
``/api`` are made from it, so neither can tell something else than the code does.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import abort, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.errors import Text

    View = TypeVar("View", bound=Callable[..., Any])
    SchemaKind = Schema | type[Schema]

JSON = "application/json"


class _Parser(FlaskParser):
    """The usual parser; JSON too deep, or with endless digits, is no JSON either."""

    def load_json(self, req: Any, schema: Any) -> Any:
        """Return what a request holds."""
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError):
            abort(400)


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """The API routes of one noun, under ``/api/v1/<noun>``.

    Parameters
    ----------
    noun
        Name in the address and, with ``api_`` before it, in the endpoints.
    words
        What these routes are about.
    url_prefix
        None: ``/api/v1/<noun>``.
    """

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, noun: str, words: Text, *, url_prefix: str | None = None):
        where = f"/api/v1/{noun}" if url_prefix is None else url_prefix
        super().__init__(
            f"api_{noun}", __name__, url_prefix=where, description=_both(words)
        )
        self.noun = noun
        self.words = words

    def operation(
        self,
        method: str,
        rule: str,
        words: Text,
        *,
        body: SchemaKind | None = None,
        query: SchemaKind | None = None,
        raw: str | None = None,
        answer: SchemaKind | None = None,
        content: str = JSON,
        status: int = 200,
        also: dict[int, Text] | None = None,
    ) -> Callable[[View], View]:
        """Declare a route; the view's first arguments are ``body``, then ``query``.

        Parameters
        ----------
        words
            What it does, as a person would say it.
        body, query
            Schemas of the JSON sent and of the part of the address after ``?``.
        raw
            Media type of a body the view reads itself.
        answer
            Schema of the answer, to document it; nothing is left out of a
            document the registry gave because a schema does not name it.
        content, status
            Media type and status of the answer when all went well.
        also
            Other answers one must expect, by status.
        """

        def decorate(view: View) -> View:
            made: Any = _answering(view, status)
            if query is not None:
                made = self.arguments(query, location="query")(made)
            if body is not None:
                made = self.arguments(body)(made)
            made = self.alt_response(
                status, schema=answer or _anything(content), content_type=content,
                description=_both(words), success=True,
            )(made)  # fmt: skip
            for code, said in (also or {}).items():
                made = self.alt_response(code, description=_both(said))(made)
            manual: dict[str, Any] = {
                "summary": _both(words),
                "description": "",
                "operationId": f"{self.noun}.{view.__name__}",
                "x-words": words._asdict(),
            }
            if raw is not None:
                manual["requestBody"] = {
                    "required": True,
                    "content": {raw: {"schema": _anything(raw)}},
                }
            made = self.doc(**manual)(made)
            self.route(rule, methods=[method], tags=[self.noun])(made)
            return view

        return decorate

    def get(self, rule: str, words: Text, **how: Any) -> Callable[[View], View]:
        """Declare a route that only reads."""
        return self.operation("GET", rule, words, **how)

    def post(self, rule: str, words: Text, **how: Any) -> Callable[[View], View]:
        """Declare a route that does something."""
        return self.operation("POST", rule, words, **how)

    def put(self, rule: str, words: Text, **how: Any) -> Callable[[View], View]:
        """Declare a route that writes what is at its address."""
        return self.operation("PUT", rule, words, **how)

    def patch(self, rule: str, words: Text, **how: Any) -> Callable[[View], View]:
        """Declare a route that changes part of what is at its address."""
        return self.operation("PATCH", rule, words, **how)

    def delete(self, rule: str, words: Text, **how: Any) -> Callable[[View], View]:
        """Declare a route that removes what is at its address."""
        return self.operation("DELETE", rule, words, **how)


def _answering(view: Callable[..., Any], status: int) -> Callable[..., Any]:
    """Give a view's document as JSON under the status it declares."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        made = view(*args, **kwargs)
        if isinstance(made, Response | tuple):
            return made
        return (jsonify(made), status) if status != 204 else ("", 204)

    return answer


def _both(words: Text) -> str:
    return f"{words.zh} · {words.en}"


def _anything(content: str) -> dict[str, Any]:
    if content == JSON or content.endswith("+json"):
        return {}
    return {"type": "string", "format": "binary"}
