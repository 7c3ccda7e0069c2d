"""The public view: whether anybody may look, and under which approval number."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments
from webmap.session import actor, registry

public = ApiBlueprint("public", Text("公众查看", "The public view"))


class Switch(Arguments):
    """Open under a map approval number, or close."""

    on = fields.Boolean(required=True)
    approval_number = fields.String(load_default="", validate=validate.Length(max=60))
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    rev = fields.Integer(load_default=None, allow_none=True)


@public.get("", Text("公众查看是否开放", "Whether the public view is open"))
@policy.signed_in
def show() -> Any:
    """Return the state of the public view."""
    return registry().public()


@public.put(
    "", Text("开放或关闭公众查看", "Open or close the public view"), body=Switch
)
@policy.may("set_public")
def switch(body: dict[str, Any]) -> Any:
    """Open or close the public view."""
    return registry().set_public(actor(), **body)
