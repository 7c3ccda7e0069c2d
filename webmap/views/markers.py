"""Markers: the list with its map, one marker with its inspections, editing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from boundaries.lines.register import Wish
from boundaries.lines.words import Form, MarkerState
from geodata.errors import InputError, NotFoundError, Text
from webmap import policy, register_words
from webmap.register_forms import InspectionForm, MarkerRecordForm, RecordForm
from webmap.session import actor, registry

markers = Blueprint("markers", __name__, url_prefix="/markers")

PAGE = 100
_FACTS = (
    *("name", "level", "form", "faces", "material", "lines", "location"),
    *("reference_objects", "set_on", "registered_on", "custodian", "public", "remark"),
)
_SURVEY = ("accuracy_m", "height_m", "height_type", "survey_crs", "survey_scale")
FORMATS = ("XLSX", "CSV", "GPKG", "GeoJSON")


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
        states=[("", Text("全部状态", "all states")), *_words(MarkerState)],
        forms=[("", Text("全部类型", "all forms")), *_words(Form)],
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
    layer = request.form.get("layer", "markers")
    driver = request.form.get("driver", "")
    if driver not in FORMATS or layer not in ("markers", "inspections"):
        raise InputError(Text("没有这种格式。", "There is no such format."))
    registry().request_export(actor(), layer, driver)
    flash(gettext("The export has begun; it can be fetched here when it is done."))
    return redirect(url_for("exports.index"), 303)


def save(form: RecordForm, record: dict[str, Any], *, new: bool) -> dict[str, Any]:
    """Stage a record by its form; return the draft."""
    return registry().edit_record(
        actor(),
        form.LAYER,
        record,
        effective=form.effective.data,
        basis=form.basis.data or "",
        draft=form.draft.data or None,
        new=new,
    )


def _edited(form: RecordForm, found: dict[str, Any], *, new: bool = False) -> Any:
    form.offer(registry().open_drafts(actor(), form.LAYER))
    wrong: Text | None = None
    if form.validate_on_submit():
        try:
            document = save(form, form.record(found), new=new)
        except InputError as error:
            wrong = error.message
        else:
            flash(gettext("Kept in the draft. Submit it when all is there."), "success")
            return redirect(url_for("drafts.show", draft=document["id"]), 303)
    back = url_for("markers.record", number=found["marker"]) if found else None
    return render_template(
        "registers/edit.html",
        form=form,
        found=found,
        wrong=wrong,
        heading=_heading(form, found),
        back=back or url_for("markers.index"),
        crumbs=_crumbs(found.get("marker")),
    ), 422 if wrong or form.errors else 200


def _heading(form: RecordForm, found: dict[str, Any]) -> Any:
    if form.LAYER == "inspections":
        return gettext("Add an inspection of %(number)s", number=found["marker"])
    if found:
        return gettext("Edit marker %(number)s", number=found["marker"])
    return gettext("Add a marker")


def _words(kind: Any) -> list[tuple[str, Text]]:
    return [(word.value, word.label) for word in kind]


def _crumbs(number: str | None = None) -> list[tuple[Any, str]]:
    found: list[tuple[Any, str]] = [(Text("界桩", "Markers"), url_for("markers.index"))]
    if number:
        found.append((number, url_for("markers.record", number=number)))
    return found
