"""Uploading files, and the Reading as a person reads it, confirms and corrects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from geodata.errors import InputError, NotFoundError, Text
from webmap import policy, readings
from webmap.forms import Form
from webmap.languages import say
from webmap.session import actor, registry

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

uploads = Blueprint("uploads", __name__)

_HERE = Text("上传", "Upload")


class StageForm(Form):
    """What the draft says."""

    effective = StringField(
        lazy_gettext("In force from"),
        [InputRequired(lazy_gettext("Say from when it holds.")), Length(max=10)],
        description=lazy_gettext(
            "Year, month or day, as precise as the document says: 2026, 2026-06 or "
            "2026-06-08"
        ),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    basis = StringField(
        lazy_gettext("Document it rests on"),
        [Length(max=1000)],
        description=lazy_gettext("Number and title of the approval"),
    )
    title = StringField(lazy_gettext("Title of the draft"), [Length(max=200)])
    complete = StringField(
        lazy_gettext("Complete list of the units under"),
        [Length(max=12)],
        description=lazy_gettext(
            "A division code, only when the file lists every unit under it: units it "
            "lacks are then ended. Leave empty otherwise."
        ),
        render_kw={"inputmode": "numeric"},
    )
    confirmed = SelectMultipleField(choices=[], validate_choice=False)


@uploads.get("/uploads")
@uploads.get("/upload", endpoint="upload")
@policy.may("receive")
def index() -> Any:
    """Show where files are dropped, and what was uploaded before."""
    settings = registry().settings
    target = request.args.get("target", "")
    return render_template(
        "uploads/index.html",
        target=target if target in readings.TARGETS else "",
        readings=readings,
        uploads=registry().uploads(actor()),
        limit_mb=settings.upload.file_mb,
        part_mb=min(settings.uploads.part_mb, 1),
    )


@uploads.get("/uploads/<upload>")
@policy.may("receive")
def show(upload: str) -> Any:
    """Show how a file was understood, or how far its reading is."""
    return _page(upload, StageForm())


@uploads.post("/uploads/<upload>/read")
@policy.may("receive", api="uploads.read")
def read(upload: str) -> Any:
    """Read the file again as the person says."""
    wish = _wish(request.form)
    registry().read_upload(actor(), upload, wish)
    return redirect(url_for("uploads.show", upload=upload), 303)


@uploads.post("/uploads/<upload>/stage")
@policy.may("stage", api="uploads.stage")
def stage(upload: str) -> Any:
    """Make a draft of it."""
    form = StageForm()
    if not form.validate_on_submit():
        return _page(upload, form), 400
    wish = {
        "effective": form.effective.data or "",
        "basis": form.basis.data or "",
        "title": form.title.data or "",
        "complete": form.complete.data or "",
        "confirmed": form.confirmed.data or [],
    }
    try:
        job = registry().stage_upload(actor(), upload, wish)
    except InputError as error:
        return _page(upload, form, error=error), 400
    return redirect(url_for("jobs.show", job=job["id"], go=1), 303)


@uploads.post("/uploads/<upload>/drop")
@policy.may("receive", api="uploads.drop")
def drop(upload: str) -> Any:
    """Forget an upload."""
    registry().drop_upload(actor(), upload)
    gone = Text(
        "已从列表删除；原件仍按规定留存。",
        "Removed from the list; the original stays on record.",
    )
    flash(say(gone), "success")
    return redirect(url_for("uploads.index"), 303)


def _page(upload: str, form: StageForm, error: InputError | None = None) -> str:
    row = registry().upload(actor(), upload)
    job = _job(row)
    found = _found(row, job)
    if found is not None and not form.is_submitted():
        form.title.data = form.title.data or _title(row["name"])
    return render_template(
        "uploads/reading.html",
        upload=row,
        job=job,
        found=found,
        form=form,
        error=error,
        said=row["said"]["overrides"],
        questions=readings.questions(found) if found else [],
        crs_choices=readings.crs_choices(found) if found else [],
        readings=readings,
        crumbs=[(_HERE, url_for("uploads.index"))],
    )


def _job(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return the job that reads it, None when it is forgotten or not begun."""
    if not row["job"]:
        return None
    try:
        return registry().job(actor(), row["job"])
    except NotFoundError:
        return None


def _found(row: dict[str, Any], job: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the reading as it was asked for last; none while one is under way."""
    if row["state"] != "received" or (job is not None and job["state"] != "done"):
        return None
    return registry().reading(actor(), row["id"])


def _title(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return stem if dot else name


def _wish(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return what a person said, leaving out what they left to us."""
    overrides: dict[str, Any] = {}
    if form.get("encoding"):
        overrides["encoding"] = form["encoding"]
    crs = form.get("crs_other", "").strip() or form.get("crs", "")
    if crs:
        overrides["crs"] = crs
    axis = form.get("axis_swapped", "")
    if axis:
        overrides["axis_swapped"] = axis == "yes"
    shift = _shift(form)
    if shift is not _UNSAID:
        overrides["shift"] = shift
    fields = {
        name.removeprefix("field:"): ours
        for name, ours in form.items()
        if name.startswith("field:") and ours
    }
    if fields:
        overrides["fields"] = {
            theirs: theirs if ours == "-" else ours for theirs, ours in fields.items()
        }
    return {
        "target": form.get("target", ""),
        "layer": form.get("layer") or None,
        "overrides": overrides,
    }


_UNSAID = object()


def _shift(form: MultiDict[str, str]) -> Any:
    said = form.get("shift", "")
    if said == "stay":
        return None
    if said == "move":
        return {"dx_m": form.get("dx_m", ""), "dy_m": form.get("dy_m", "")}
    return said or _UNSAID
