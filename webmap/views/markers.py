"""Markers: the list with its map, one marker with its inspections, editing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from boundaries.lines.register import Wish
from boundaries.lines.words import Form, MarkerState
from geodata.errors import NotFoundError, Text
from webmap import policy, register_words
from webmap.register_forms import InspectionForm, MarkerRecordForm, RecordForm
from webmap.register_pages import FORMATS, PAGE, edited, exported, words
from webmap.session import actor, registry

markers = Blueprint("markers", __name__, url_prefix="/markers")

_FACTS = (
    *("name", "level", "form", "faces", "material", "lines", "location"),
    *("reference_objects", "set_on", "registered_on", "custodian", "public", "remark"),
)
_SURVEY = ("accuracy_m", "height_m", "height_type", "survey_crs", "survey_scale")


@markers.get("")
@policy.signed_in
def index() -> Any:
    """Show the map and the list that the address asks for."""
    wish = Wish.of(request.args)
    page = max(request.args.get("page", 1, type=int), 1)
    try:
        found = registry().marker_register(actor()).page(wish, (page - 1) * PAGE, PAGE)
    except NotFoundError:
        return render_template("markers/nothing.html")
    return render_template(
        "markers/index.html",
        wish=wish,
        found=found,
        page=page,
        size=PAGE,
        states=words(MarkerState, Text("全部状态", "all states")),
        forms=words(Form, Text("全部类型", "all forms")),
        formats=FORMATS,
        shown=register_words.shown,
    )


@markers.get("/<number>")
@policy.signed_in
def record(number: str) -> Any:
    """Show one marker: facts, place, inspections, history."""
    found = registry().marker(actor(), number)
    states = registry().history(actor(), number, "markers")
    return render_template(
        "markers/record.html",
        found=found,
        facts=register_words.facts("markers", found, _FACTS),
        survey=register_words.facts("markers", found, _SURVEY),
        history=register_words.changes("markers", states),
        shown=register_words.shown,
        crumbs=_crumbs(),
    )


@markers.route("/new", methods=["GET", "POST"])
@policy.may("stage", api="markers.save")
def new() -> Any:
    """Add a marker to a draft."""
    return _edited(MarkerRecordForm(), {}, new=True)


@markers.route("/<number>/edit", methods=["GET", "POST"])
@policy.may("stage", api="markers.save")
def edit(number: str) -> Any:
    """Change a marker in a draft."""
    found = registry().marker(actor(), number)
    form = MarkerRecordForm(data=MarkerRecordForm.shown(found))
    form.marker.render_kw = {"readonly": True}
    return _edited(form, found)


@markers.route("/<number>/inspections/new", methods=["GET", "POST"])
@policy.may("stage", api="markers.inspect")
def inspect(number: str) -> Any:
    """Add an inspection to a draft."""
    found = registry().marker(actor(), number)
    form = InspectionForm(data={"subject": number})
    form.subject.render_kw = {"readonly": True}
    form.parties.choices = [
        SelectChoice(code, name)
        for code, name in zip(found["units"], found["side_names"], strict=True)
    ]
    return _edited(form, found)


@markers.post("/export")
@policy.may("export", api="exports.request_export")
def export() -> Any:
    """Ask for the register as a file; the exports page hands it out."""
    return exported("markers", "inspections")


def _edited(form: RecordForm, found: dict[str, Any], *, new: bool = False) -> Any:
    back = url_for("markers.record", number=found["marker"]) if found else None
    return edited(
        form,
        found,
        lambda: form.record(found),
        heading=_heading(form, found),
        back=back or url_for("markers.index"),
        crumbs=_crumbs(found.get("marker")),
        new=new,
    )


def _heading(form: RecordForm, found: dict[str, Any]) -> Any:
    if form.LAYER == "inspections":
        return gettext("Add an inspection of %(number)s", number=found["marker"])
    if found:
        return gettext("Edit marker %(number)s", number=found["marker"])
    return gettext("Add a marker")


def _crumbs(number: str | None = None) -> list[tuple[Any, str]]:
    found: list[tuple[Any, str]] = [(Text("界桩", "Markers"), url_for("markers.index"))]
    if number:
        found.append((number, url_for("markers.record", number=number)))
    return found
