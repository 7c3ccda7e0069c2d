"""Exports: ask for one, fetch it, and see who took out what."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)

from boundaries import review
from boundaries.columns import NAMES
from geodata.errors import QuhuaError, Text
from geodata.files.formats import FORMATS
from webmap import policy
from webmap.downloads import file_of
from webmap.languages import chosen, say
from webmap.readings import ours
from webmap.session import actor, identity, registry

exports = Blueprint("exports", __name__, url_prefix="/exports")

LAYERS = {
    "divisions": Text("行政区划", "Divisions"),
    "boundary_lines": Text("界线", "Boundary lines"),
    "markers": Text("界桩", "Boundary markers"),
    "inspections": Text("联合检查", "Inspections"),
    "place_names": Text("地名", "Place names"),
    "facilities": Text("设施", "Facilities"),
    "population": Text("人口", "Population"),
}
BOOKS = (("HANDBOOK-PDF", "PDF"), ("HANDBOOK-DOCX", "DOCX"))
FORMAT_WORDS = {
    "HANDBOOK-PDF": Text("资源手册（PDF）", "handbook (PDF)"),
    "HANDBOOK-DOCX": Text("资源手册（DOCX）", "handbook (DOCX)"),
}
PAGE = 50


@exports.get("")
@policy.may("export", "see_exports")
def index() -> str:
    """Show the form, one's own exports, and everybody's to those who watch."""
    return _page({})


@exports.post("")
@policy.may("export", api="exports.request_export")
def request_export() -> Any:
    """Queue an export."""
    sent = request.form
    try:
        made = registry().request_export(
            actor(),
            sent.get("layer", "divisions"),
            sent.get("driver", "GPKG"),
            valid_on=sent.get("valid_on") or None,
            scope=sent.get("scope", "").strip(),
            fields=sent.getlist("fields"),
            encoding=sent.get("encoding") or None,
            language=chosen(),
        )
    except QuhuaError as error:
        return _page(sent, error), 400
    flash(
        say(
            Text(
                f"导出 {made['id']} 已排队，完成后可在此下载。",
                f"Export {made['id']} is queued; fetch it here when it is done.",
            )
        ),
        "success",
    )
    return redirect(url_for(".index"), 303)


@exports.post("/handbook")
@policy.may("export", api="exports.request_handbook")
def request_handbook() -> Any:
    """Queue a district's eldercare handbook."""
    sent = request.form
    try:
        made = registry().request_handbook(
            actor(),
            sent.get("district", "").strip(),
            sent.get("driver", "HANDBOOK-PDF"),
            approval=sent.get("approval", ""),
            language="en" if sent.get("language") == "en" else "zh",
        )
    except QuhuaError as error:
        return _page({}, error), 400
    flash(
        say(
            Text(
                f"手册 {made['id']} 已排队，完成后可在此下载。",
                f"Handbook {made['id']} is queued; fetch it here when it is done.",
            )
        ),
        "success",
    )
    return redirect(url_for(".index"), 303)


@exports.get("/<export>/file")
@policy.may("export", "view_export")
def download(export: str) -> Response:
    """Hand a finished export to its owner, or to those above; it is recorded."""
    return file_of(export)


def _page(sent: Any, error: QuhuaError | None = None) -> str:
    found, user = registry(), identity()
    may = {
        verb: user is not None and review.holds(verb, user.user)
        for verb in ("export", "see_exports")
    }
    everybody = may["see_exports"] and request.args.get("all") == "1"
    whose = everybody or not may["export"]
    page = max(1, request.args.get("page", 1, type=int))
    layers = found.store.layers()
    return render_template(
        "exports/index.html",
        may=may,
        everybody=whose,
        rows=found.exports(
            actor(), everybody=whose, start=(page - 1) * PAGE, limit=PAGE
        ),
        total=found.export_count(actor(), everybody=whose),
        page=page,
        size=PAGE,
        layers=[
            (name, LAYERS.get(name, name)) for name in layers if found.store.head(name)
        ],
        formats=[(item.name, f"{item.name} ({item.suffixes[0]})") for item in FORMATS],
        fields={
            name: [(item.name, _called(name, item.name)) for item in layer.fields]
            for name, layer in layers.items()
            if found.store.head(name)
        },
        sent=sent,
        error=error,
        titles=LAYERS,
        districts=found.handbook_districts() if may["export"] else [],
        books=BOOKS,
        driver_words=FORMAT_WORDS,
    )


def _called(layer: str, name: str) -> Text:
    """Return what a field is called: as the registers call it, else as we do."""
    listed = NAMES.get(layer, {}).get(name)
    return Text(f"{listed[0]}（{name}）", name) if listed else ours(name)
