"""Settings of this site, and the words every page shows."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments
from webmap.session import actor, registry

settings = ApiBlueprint("settings", Text("设置", "Settings"))


class Value(Arguments):
    """A setting's new value; null gives it back its default."""

    value = fields.Raw(required=True, allow_none=True)


class Notice(Arguments):
    """The words every page shows; empty for none."""

    text = fields.String(required=True, validate=validate.Length(max=200))


@settings.get(
    "",
    Text("全部设置：值、默认、来源", "Every setting: value, default, where from"),
)
@policy.may("see_settings")
def index() -> Any:
    """Return every setting."""
    return {"items": registry().site_settings(actor())}


@settings.put("/<name>", Text("修改一项设置", "Change one setting"), body=Value)
@policy.may("change_settings", "change_access")
def change(body: dict[str, Any], name: str) -> Any:
    """Change a setting; it holds at once."""
    return registry().change_setting(actor(), name, body["value"])


@settings.put("/notice", Text("设置各页说明", "Set the notice"), body=Notice)
@policy.may("change_settings")
def notice(body: dict[str, Any]) -> Any:
    """Set the words every page shows."""
    return {"text": registry().set_notice(actor(), body["text"])}
