"""Whether this server is well, for programs that watch it."""

from __future__ import annotations

from typing import Any

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.health import of_this_server

health = ApiBlueprint("health", Text("服务器状态", "State of the server"))


@health.get("", Text("版本、设置与隔离状态", "Versions, settings and isolation"))
@policy.may("see_health")
def document() -> Any:
    """Return the state of this server and its store."""
    return of_this_server()
