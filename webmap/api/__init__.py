"""The JSON API: what pages do, for programs, described by its OpenAPI document.

A part declares its routes on an :class:`~webmap.api.frame.ApiBlueprint` and is
listed in :data:`API_BLUEPRINTS`; errors, documentation and the page that lists all
routes come with the frame.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask_smorest import Api

from webmap.api import (
    account,
    audit,
    backups,
    coverage,
    divisions,
    document,
    drafts,
    editing,
    exports,
    facilities,
    health,
    indicators,
    jobs,
    markers,
    names,
    networks,
    planning,
    population,
    public,
    published,
    scenarios,
    settings,
    siting,
    uploads,
    users,
)
from webmap.api.schemas import Problem

if TYPE_CHECKING:
    from flask import Flask

    from webmap.api.frame import ApiBlueprint

API_BLUEPRINTS: tuple[ApiBlueprint, ...] = (
    published.published,
    account.account,
    users.users,
    divisions.divisions,
    markers.markers,
    names.names,
    networks.networks,
    facilities.facilities,
    coverage.coverage,
    indicators.indicators,
    planning.planning,
    population.population,
    scenarios.scenarios,
    siting.siting,
    health.health,
    audit.audit,
    backups.backups,
    exports.exports,
    public.public,
    settings.settings,
    document.document,
    drafts.drafts,
    drafts.waivers,
    editing.editing,
    jobs.jobs,
    uploads.uploads,
)

OPENAPI = "3.1.0"
SCHEMES: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "一个用户自建的令牌，限于其角色与辖区的一部分 · a token a user "
        "made for themselves, bound to some of their roles and subtree",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "quhua",
        "description": "浏览器登录后的会话 · the session of a signed-in browser",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "用会话写入时必需；在页面的 meta csrf-token 中 · needed to "
        "write with a session; in the page's meta csrf-token",
    },
}


class _Api(Api):  # type: ignore[misc]
    """The frame's collector; errors are told by the application itself."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave errors to :mod:`webmap.app`: one form for pages and API."""


def install(app: Flask) -> _Api:
    """Register every part of the API and its description."""
    app.config.update(
        API_TITLE="区划 quhua",
        API_VERSION="v1",
        OPENAPI_VERSION=OPENAPI,
        API_SPEC_OPTIONS={
            "info": {
                "description": f"quhua {version('quhua')}",
                "x-conditions": "内部使用 · for internal use",
            },
            "components": {"securitySchemes": SCHEMES},
            "security": [{"token": []}, {"session": [], "csrf": []}],
        },
    )
    made = _Api(app)
    for blueprint in API_BLUEPRINTS:
        made.register_blueprint(blueprint)
    app.extensions["api"] = made
    return made


__all__ = ["API_BLUEPRINTS", "install"]
