"""Shapes that many routes share: words, errors, pages of a list, jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

MOST = 500
"""Entries of one page of a list, at most."""


class Arguments(Schema):
    """Base of what a caller sends: a name nobody knows is an error, not ignored."""

    @pre_load
    def require_text(self, sent: Any, **_: Any) -> Any:
        """Refuse what JSON can write and no store can keep.

        Halves of characters, zeros in a text, numbers beyond 64 bits.
        """
        _require_kept(sent)
        return sent


def _require_kept(sent: Any) -> None:
    left = [sent]
    while left:
        match left.pop():
            case dict() as found:
                left += [*found, *found.values()]
            case list() as found:
                left += found
            case str() as found if "\x00" in found or _HALF.search(found):
                raise ValidationError("Not a valid UTF-8 string.")
            case int() as found if abs(found) > _LARGEST:
                raise ValidationError(f"Must be less than or equal to {_LARGEST}.")


_HALF = re.compile("[\ud800-\udfff]")
_LARGEST = 2**63 - 1


class Query(Schema):
    """Base of what stands after ``?``: ``lang`` and the like may stand there too."""

    class Meta:
        """Names that are not ours are left alone."""

        unknown = EXCLUDE


class Part(Query):
    """Which part of a list."""

    start = fields.Integer(load_default=0, validate=validate.Range(min=0))
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


def sorting(names: Iterable[str], default: str = "") -> fields.String:
    """Return by what a list is sorted; a dash before a name turns it round."""
    both = [each for name in names for each in (name, f"-{name}")]
    return fields.String(
        load_default=default, validate=validate.OneOf([default, *both])
    )


class Words(Schema):
    """A sentence in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class Problem(Schema):
    """What went wrong, where, and what to do about it."""

    error = fields.String(
        required=True, metadata={"description": "a stable word for programs"}
    )
    message = fields.Nested(Words, required=True)
    hint = fields.Nested(Words, allow_none=True)
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(Words)),
        data_key="fields",
        metadata={"description": "what is wrong with each argument, by its name"},
    )
    setting = fields.String(metadata={"description": "the limit that was reached"})
    details = fields.List(
        fields.Dict(), metadata={"description": "both sides of each conflict"}
    )


class Paging(Query):
    """Which part of a list is asked for."""

    after = fields.String(
        load_default="",
        metadata={"description": "what the page before gave as `next`; empty: first"},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


class Job(Schema):
    """Work done outside the request; ask its address until `state` is final."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    subject = fields.String()
    state = fields.String(required=True)
    progress = fields.Float(metadata={"description": "from 0 to 1"})
    message = fields.Nested(Words, allow_none=True)
    result = fields.Dict(allow_none=True)
    error = fields.Nested(Problem, allow_none=True)


def page_of(items: type[Schema], name: str) -> type[Schema]:
    """Return the shape of one page of a list: ``items`` and where it goes on."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(items), required=True),
            "next": fields.String(
                allow_none=True, metadata={"description": "`after` of the next page"}
            ),
        },
        name=name,
    )


def page(items: list[Any], following: str | int | None) -> dict[str, Any]:
    """Return one page of a list as the API gives it."""
    return {"items": items, "next": None if following is None else str(following)}
