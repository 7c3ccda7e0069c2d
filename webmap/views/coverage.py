"""The map of coverage: its script asks for the figures, this gives form and sheet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, send_file

from boundaries.services.maps import INDICATORS
from boundaries.services.profiles import Group
from geodata.errors import ForbiddenError, Text
from webmap import policy
from webmap.session import actor, registry

if TYPE_CHECKING:
    from boundaries.services.countable import Countable

coverage = Blueprint("coverage", __name__, url_prefix="/coverage")

LEVELS = (
    ("street", Text("街道（乡镇）", "street or town")),
    ("community", Text("社区（村）", "community or village")),
    ("district", Text("区县", "district")),
)


@coverage.get("")
@policy.signed_in
def index() -> Any:
    """Show the form and the frames its script fills."""
    asked = request.args.getlist("type")
    countable = registry().countable_types(actor(), asked=asked)
    return render_template(
        "coverage/index.html",
        countable=countable,
        counted=asked or countable.usual,
        groups=[(each.value, each.label) for each in Group],
        levels=LEVELS,
        indicators=list(INDICATORS.items()),
        asked=request.args,
        settings=registry().settings.services,
    )


@coverage.get("/swipe")
@policy.signed_in
def swipe() -> Any:
    """Show two dates, or a scenario and what is, with a divider between."""
    try:
        saved = [(row["id"], row["title"]) for row in registry().scenarios(actor())]
    except ForbiddenError:  # who may only see what is published compares dates
        saved = []
    chosen = any(request.args.get(name) for name in ("left", "right", "scenario"))
    return render_template(
        "coverage/swipe.html",
        types=_instead(registry().countable_types(actor())),
        begun=None if chosen else _begun([number for number, _title in saved]),
        scenarios=[("", Text("（不选）", "(none)")), *saved],
        levels=LEVELS,
        asked=request.args,
    )


def _begun(saved: list[str]) -> dict[str, str]:
    """Return what is compared before anybody chose: two dates, else a scenario."""
    earlier = registry().earlier_state(actor())
    if earlier:
        return {"left": earlier}
    return {"scenario": saved[0]} if saved else {}


def _instead(countable: Countable) -> tuple[str, ...]:
    """Return what counts where no eldercare facility is on record; else nothing."""
    return countable.usual if countable.instead else ()


@coverage.get("/sheets/<sheet>.pdf")
@policy.signed_in
def drawn(sheet: str) -> Any:
    """Return a sheet that was drawn."""
    content, name = registry().coverage_sheet(actor(), sheet)
    return send_file(
        io.BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=name,
    )
