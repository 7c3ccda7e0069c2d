"""Street networks: what is stored, how complete it is, links and barriers on a map."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from geodata.errors import InputError, Text
from webmap import policy
from webmap.forms import Form
from webmap.languages import say
from webmap.session import actor, registry

networks = Blueprint("networks", __name__, url_prefix="/networks")

FIELDS = ("class", "oneway", "level", "bridge", "tunnel", "foot")
"""What fields of a road layer say, where a person names the field."""
_HERE = Text("路网", "Street networks")


class BuildForm(Form):
    """What is said of a network when it is built."""

    title = StringField(lazy_gettext("Title"), [Length(max=200)])
    effective = StringField(
        lazy_gettext("Stands for the streets from"),
        [Length(max=10)],
        description=lazy_gettext(
            "Year, month or day of the survey, as precise as known: 2026, 2026-06 or "
            "2026-06-08; today if empty"
        ),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    layer = StringField(
        lazy_gettext("Layer of the file"),
        [Length(max=200)],
        description=lazy_gettext("Only where the file has several layers of lines"),
    )
    crs = StringField(
        lazy_gettext("Coordinate system (EPSG)"),
        [Length(max=12)],
        description=lazy_gettext("Only where the file does not say it, e.g. 4549"),
        render_kw={"inputmode": "numeric"},
    )
    snap_m = StringField(
        lazy_gettext("Join ends within (m)"),
        [Length(max=8)],
        description=lazy_gettext("Of road layers; 0.5 if empty, at most 20"),
        render_kw={"inputmode": "decimal"},
    )
    field_class = StringField(lazy_gettext("Field of the class"), [Length(max=200)])
    field_oneway = StringField(lazy_gettext("Field of one-way"), [Length(max=200)])
    field_level = StringField(lazy_gettext("Field of the level"), [Length(max=200)])
    field_bridge = StringField(lazy_gettext("Field of bridges"), [Length(max=200)])
    field_tunnel = StringField(lazy_gettext("Field of tunnels"), [Length(max=200)])
    field_foot = StringField(lazy_gettext("Field of who may walk"), [Length(max=200)])
    remark = StringField(lazy_gettext("Remark"), [Length(max=4000)])
    heights_of = SelectField(
        lazy_gettext("Network the heights are for"),
        coerce=str,
        validate_choice=False,
        description=lazy_gettext(
            "A new version is made of it, on which all walking counts slopes"
        ),
    )
    lines = BooleanField(
        lazy_gettext("Work in the links and barriers drawn by hand"), default=True
    )


@networks.get("")
@policy.may("view")
def index() -> Any:
    """List the versions, and show where streets are dropped."""
    settings = registry().settings
    return render_template(
        "networks/index.html",
        networks=registry().networks(actor()),
        current=registry().current_network(actor()),
        lines=registry().network_lines(actor()),
        limit_mb=settings.upload.file_mb,
        part_mb=min(settings.uploads.part_mb, 1),
    )


@networks.get("/new/<upload>")
@policy.may("add_network")
def new(upload: str) -> Any:
    """Ask what is to be said of the network."""
    row = registry().upload(actor(), upload)
    form = BuildForm()
    form.title.data = row["name"].rpartition(".")[0] or row["name"]
    return _form(row, form)


@networks.post("/new/<upload>")
@policy.may("add_network", api="networks.build")
def build(upload: str) -> Any:
    """Queue the building."""
    form = BuildForm()
    row = registry().upload(actor(), upload)
    if not form.validate_on_submit():
        return _form(row, form), 400
    wish = {
        name: getattr(form, name).data
        for name in ("title", "effective", "remark", "layer", "crs", "snap_m", "lines",
                     "heights_of")
    }  # fmt: skip
    wish["fields"] = {what: form[f"field_{what}"].data or "" for what in FIELDS}
    try:
        job = registry().build_network(actor(), upload, wish)
    except InputError as error:
        return _form(row, form, error), 400
    return redirect(url_for("jobs.show", job=job["id"], go=1), 303)


@networks.get("/<int:network>")
@policy.may("view")
def show(network: int) -> Any:
    """Show a version: its report, its parts and near misses on the map."""
    found = registry().network_document(actor(), network)
    return render_template(
        "networks/network.html", network=found, report=found["report"],
        crumbs=[(_HERE, url_for("networks.index"))],
    )  # fmt: skip


@networks.post("/<int:network>/withdraw")
@policy.may("withdraw_network", api="networks.withdraw")
def withdraw(network: int) -> Any:
    """Take a version out of use."""
    registry().withdraw_network(actor(), network, request.form.get("reason", ""))
    done = Text("已停用；该版本仍留存可查。", "Withdrawn; it stays on record.")
    flash(say(done), "success")
    return redirect(url_for("networks.show", network=network), 303)


@networks.post("/<int:network>/amend")
@policy.may("add_network", api="networks.amend")
def amend(network: int) -> Any:
    """Queue a version with the lines as they stand."""
    job = registry().start_amending(actor(), network)
    return redirect(url_for("jobs.show", job=job["id"], go=1), 303)


@networks.get("/lines")
@policy.may("draw_network")
def lines() -> Any:
    """Show the map on which links and barriers are drawn."""
    return render_template(
        "networks/lines.html",
        network=registry().current_network(actor()),
        lines=registry().network_lines(actor()),
        crumbs=[(_HERE, url_for("networks.index"))],
    )


def _form(row: dict[str, Any], form: BuildForm, error: InputError | None = None) -> str:
    heights = row["name"].lower().endswith((".tif", ".tiff"))
    there = registry().networks(actor()) if heights else []
    form.heights_of.choices = [
        (str(each["number"]), f"{each['number']} · {each['title']}")
        for each in there
        if not each["withdrawn"]
    ]
    return render_template(
        "networks/new.html", upload=row, form=form, error=error, heights=heights,
        fields=FIELDS,
        crumbs=[(_HERE, url_for("networks.index"))],
    )  # fmt: skip
