"""Facilities: the list with its map, one with its history, editing, merging."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from boundaries.services import listing
from boundaries.services.words import Domain, FacilityType, Ownership, Status
from boundaries.words import words_of
from geodata.errors import NotFoundError, Text
from webmap import policy, register_words
from webmap.facility_form import FacilityForm
from webmap.register_forms import StagedForm
from webmap.register_pages import FORMATS, PAGE, Crumbs, edited, exported, words
from webmap.session import actor, registry

facilities = Blueprint("facilities", __name__, url_prefix="/facilities")

LAYER = "facilities"
_FACTS = (
    *("type", "domain", "level", "ownership", "nature", "medical_mode", "rating"),
    *("credit", "registered", "comprehensive", "opened_on", "closed_on", "phase"),
    "planned_for",
)
_ROOM = (
    *("beds_total", "beds_nursing", "beds_occupied", "day_places", "home_beds"),
    *("hospital_beds", "meal_capacity", "beds", "area_m2", "land_m2", "acquisition"),
    *("staff", "caregivers", "social_workers", "radius_m", "price_low", "price_high"),
)
_CONTACT = ("address", "contact", "phone", "website")
_PAPERS = ("document", "source", "updated_on", "public", "remark")


_SAME_ELSEWHERE = (
    *("name", "type", "domain", "level", "ownership", "nature", "contact", "phone"),
    *("website", "public", "functions", "medical_mode"),
)


@facilities.get("")
@policy.signed_in
def index() -> Any:
    """Show the map and the list that the address asks for."""
    wish = listing.Wish.of(request.args)
    page = max(request.args.get("page", 1, type=int), 1)
    try:
        found = registry().facilities_page(actor(), wish, (page - 1) * PAGE, PAGE)
    except NotFoundError:
        return render_template("facilities/nothing.html")
    return render_template(
        "facilities/index.html",
        wish=wish,
        found=found,
        page=page,
        size=PAGE,
        types=words(FacilityType, Text("全部类型", "all types")),
        owners=words(Ownership, Text("全部", "all")),
        domains=words(Domain, Text("全部领域", "all services")),
        districts=[("", Text("全部区县", "all districts")), *found["divisions"]],
        standings=_standings(found["counts"]),
        sums=_sums(found["sums"]),
        formats=FORMATS,
        labels=words_of(LAYER),
        shown=register_words.shown,
    )


@facilities.get("/merge")
@policy.may("stage")
def pair() -> Any:
    """Lead to two records side by side; say which of them is not on record yet."""
    kept = request.args.get("kept", "").strip()
    gone = request.args.get("gone", "").strip()
    known = registry().facility_register(actor())[0].index
    lacking = [code for code in (kept, gone) if code not in known]
    if lacking or kept == gone:
        named = "、".join(lacking) or kept or "—"
        flash(gettext("Not two records of the register: %(codes)s", codes=named))
        return redirect(url_for("facilities.index"), 303)
    return redirect(url_for("facilities.merge", facility=kept, other=gone), 303)


@facilities.get("/<facility>")
@policy.signed_in
def record(facility: str) -> Any:
    """Show one facility: facts, beds, functions, sites, place, history."""
    found = registry().facility(actor(), facility)
    states = registry().history(actor(), facility, LAYER)
    return render_template(
        "facilities/record.html",
        found=found,
        facts=register_words.facts(LAYER, found, _FACTS),
        room=register_words.facts(LAYER, found, _ROOM),
        contact=register_words.facts(LAYER, found, _CONTACT),
        papers=register_words.facts(LAYER, found, _PAPERS),
        functions=listing.functions_of(found["functions"]),
        history=register_words.changes(LAYER, states),
        shown=register_words.shown,
        crumbs=_crumbs(),
    )


@facilities.route("/new", methods=["GET", "POST"])
@policy.may("stage", api="facilities.save")
def new() -> Any:
    """Add a facility to a draft."""
    return _edited(FacilityForm(data={"status": Status.OPERATING.value}), {}, new=True)


@facilities.route("/<facility>/edit", methods=["GET", "POST"])
@policy.may("stage", api="facilities.save")
def edit(facility: str) -> Any:
    """Change a facility in a draft."""
    found = registry().facility(actor(), facility)
    form = FacilityForm(data=FacilityForm.shown(found))
    form.facility.render_kw = {"readonly": True}
    return _edited(form, found)


@facilities.route("/<facility>/relocate", methods=["GET", "POST"])
@policy.may("stage", api="facilities.relocate")
def relocate(facility: str) -> Any:
    """Put a facility built anew elsewhere into a draft: old site and new."""
    found = registry().facility(actor(), facility)
    kept = {name: found[name] for name in _SAME_ELSEWHERE}
    shown = FacilityForm.shown({**kept, "moved_from": facility})
    form = FacilityForm(data={**shown, "status": Status.OPERATING.value})
    form.moved_from.render_kw = {"readonly": True}
    del form.draft
    return edited(
        form,
        {},
        lambda: form.record({}),
        heading=gettext("New site of %(name)s", name=found["name"]),
        back=url_for("facilities.record", facility=facility),
        crumbs=_crumbs(found),
        stage=lambda record, **when: registry().relocate_facility(
            actor(), facility, record, **when
        ),
    )


@facilities.route("/<facility>/merge/<other>", methods=["GET", "POST"])
@policy.may("stage", api="facilities.merge")
def merge(facility: str, other: str) -> Any:
    """Show two records side by side, and make them one in a draft."""
    kept = registry().facility(actor(), facility)
    gone = registry().facility(actor(), other)
    return edited(
        StagedForm(),
        {},
        dict,
        heading=gettext("Two records of one facility"),
        back=url_for("facilities.record", facility=facility),
        crumbs=_crumbs(kept),
        stage=lambda _, **when: registry().merge_facilities(
            actor(), facility, other, **when
        ),
        page="facilities/merge.html",
        kept=kept,
        gone=gone,
        rows=register_words.beside(LAYER, kept, gone),
    )


@facilities.post("/export")
@policy.may("export", api="exports.request_export")
def export() -> Any:
    """Ask for the register as a file; the exports page hands it out."""
    return exported(LAYER)


def _edited(form: FacilityForm, found: dict[str, Any], *, new: bool = False) -> Any:
    code = found.get("facility")
    heading = gettext("Edit %(name)s", name=found["name"]) if found else None
    where = url_for("facilities.record", facility=code) if code else None
    return edited(
        form,
        found,
        lambda: {**form.record(found), **({"facility": code} if code else {})},
        heading=heading or gettext("Add a facility"),
        back=where or url_for("facilities.index"),
        crumbs=_crumbs(found or None),
        new=new,
    )


def _standings(counts: dict[str, int]) -> list[tuple[str, Text, int]]:
    """Return value, words and number of each standing; empty ones are left out."""
    found = [("", Text("全部", "all"), counts["all"])]
    found += [(each.value, each.label, counts[each.value]) for each in Status]
    found.append(("placeless", Text("缺坐标", "no position"), counts["placeless"]))
    return [item for item in found if item[2] or not item[0]]


def _sums(sums: dict[str, dict[str, int]]) -> list[tuple[Text, int, int]]:
    labels = words_of(LAYER)
    return [
        (labels[name], found["sum"], found["lacking"])
        for name, found in sums.items()
        if found["sum"]
    ]


def _crumbs(found: dict[str, Any] | None = None) -> Crumbs:
    steps: Crumbs = [(Text("设施", "Facilities"), url_for("facilities.index"))]
    if found:
        where = url_for("facilities.record", facility=found["facility"])
        steps.append((found["name"], where))
    return steps
