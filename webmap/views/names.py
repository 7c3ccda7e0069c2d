"""Place names: finding, the list, one name with its history, editing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from boundaries.gazetteer.listing import Wish
from boundaries.gazetteer.words import NameClass, NameStatus
from geodata.errors import NotFoundError, Text
from webmap import policy, register_words
from webmap.register_forms import NameForm
from webmap.register_pages import FORMATS, PAGE, edited, exported, words
from webmap.session import actor, registry

names = Blueprint("names", __name__, url_prefix="/names")

_FACTS = (
    *("category", "subcategory", "status", "specific", "generic", "script"),
    *("former_names", "aliases", "location", "public", "remark"),
)
_STORY = ("origin", "meaning", "history")
_APPROVAL = ("document", "authority", "approved_on", "named_on")


@names.get("")
@policy.signed_in
def index() -> Any:
    """Show the search and the list that the address asks for."""
    wish = Wish.of(request.args)
    page = max(request.args.get("page", 1, type=int), 1)
    try:
        found = registry().names_page(actor(), wish, (page - 1) * PAGE, PAGE)
    except NotFoundError:
        return render_template("names/nothing.html")
    return render_template(
        "names/index.html",
        wish=wish,
        found=found,
        page=page,
        size=PAGE,
        classes=words(NameClass, Text("全部类别", "all classes")),
        statuses=words(NameStatus, Text("全部", "all")),
        formats=FORMATS,
        shown=register_words.shown,
    )


@names.get("/<place>")
@policy.signed_in
def record(place: str) -> Any:
    """Show one name: facts, place, story, history."""
    found = registry().place_name(actor(), place)
    states = registry().history(actor(), place, "place_names")
    return render_template(
        "names/record.html",
        found=found,
        facts=register_words.facts("place_names", found, _FACTS),
        story=register_words.facts("place_names", found, _STORY),
        approval=register_words.facts("place_names", found, _APPROVAL),
        history=register_words.changes("place_names", states),
        shown=register_words.shown,
        crumbs=_crumbs(),
    )


@names.route("/new", methods=["GET", "POST"])
@policy.may("stage", api="names.save")
def new() -> Any:
    """Add a name to a draft."""
    return _edited(NameForm(data={"status": "in_use"}), {})


@names.route("/<place>/edit", methods=["GET", "POST"])
@policy.may("stage", api="names.save")
def edit(place: str) -> Any:
    """Change a name in a draft."""
    found = registry().place_name(actor(), place)
    return _edited(NameForm(data=NameForm.shown(found)), found)


@names.post("/export")
@policy.may("export", api="exports.request_export")
def export() -> Any:
    """Ask for the register as a file; the exports page hands it out."""
    return exported("place_names")


def _edited(form: NameForm, found: dict[str, Any]) -> Any:
    place = found.get("place")
    heading = gettext("Edit %(name)s", name=found["name"]) if found else None
    return edited(
        form,
        found,
        lambda: {**form.record(found), "place": place},
        heading=heading or gettext("Add a place name"),
        back=url_for("names.record", place=place) if place else url_for("names.index"),
        crumbs=_crumbs(found),
    )


def _crumbs(found: dict[str, Any] | None = None) -> list[tuple[Any, str]]:
    steps: list[tuple[Any, str]] = [
        (Text("地名", "Place names"), url_for("names.index"))
    ]
    if found:
        where = url_for("names.record", place=found["place"])
        steps.append((found["name"], where))
    return steps
