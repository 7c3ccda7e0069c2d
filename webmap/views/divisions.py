"""Divisions: the tree and the list, the record of one, what a record rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from boundaries.divisions.directory import Wish
from boundaries.vocabulary import Kind, Level
from geodata.errors import InputError, NotFoundError, Text
from webmap import divisions as published_divisions
from webmap import policy
from webmap.divisions_record import areas, told
from webmap.downloads import attached
from webmap.languages import chosen, say
from webmap.session import actor, registry

if TYPE_CHECKING:
    from webmap.published import Edition, Published

divisions = Blueprint("divisions", __name__, url_prefix="/divisions")

PAGE = 100
FORMATS = (
    ("XLSX", Text("Excel 表格（XLSX）", "Excel table (XLSX)")),
    ("CSV", Text("CSV 表格", "CSV table")),
    ("GPKG", Text("GeoPackage（含图形）", "GeoPackage (with shapes)")),
)


@divisions.get("")
@policy.signed_in
def index() -> Any:
    """Show the tree beside the list that the address asks for."""
    try:
        directory = registry().directory(actor())
    except NotFoundError:
        return render_template("divisions/nothing.html")
    wish = Wish.of(request.args)
    page = max(request.args.get("page", 1, type=int), 1)
    found = directory.page(wish, (page - 1) * PAGE, PAGE)
    under = directory.last(wish.under, wish.on) if wish.under else None
    return render_template(
        "divisions/index.html",
        wish=wish,
        found=found,
        page=page,
        size=PAGE,
        under=under,
        dates=directory.dates(),
        levels=[("", Text("全部级别", "all levels")), *_levels()],
        kinds=[("", Text("全部类别", "all kinds")), *((k, k.label) for k in Kind)],
        formats=FORMATS,
    )


@divisions.get("/<code>")
@policy.signed_in
def record(code: str) -> Any:
    """Show one division as on a date: facts, neighbours, history, documents."""
    directory = registry().directory(actor())
    edition = _edition()
    on = edition.at(request.args.get("on") or None)
    state = edition.state(on)
    if state is None:
        waiting = make_response(render_template("divisions/waiting.html", code=code))
        waiting.headers["Refresh"] = "2"
        return waiting
    found = published_divisions.detail(registry().store, edition, state, code)
    for past in found["history"]:
        above = directory.last(past["parent"] or "", past["from"])
        past["parent_name"] = above["name"] if above else None
    last = directory.last(code, on)
    below = directory.below(code, on)
    return render_template(
        "divisions/record.html",
        found=found,
        last=last,
        shown=found["division"],
        areas=areas(found["division"]),
        above=directory.above(code, on),
        below=told(below, state.frame),
        dates=directory.dates(),
        lineage=_lineage(code),
        documents=registry().division_documents(actor(), code),
        crumbs=_crumbs(directory.above(code, on), request.args.get("on")),
    )


@divisions.get("/<code>/documents/<digest>")
@policy.may("view_draft")
def original(code: str, digest: str) -> Any:
    """Hand out a file that a version of this division was made from."""
    known = registry().division_documents(actor(), code)
    if not any((item["original"] or {}).get("digest") == digest for item in known):
        raise NotFoundError(Text("没有这份原件。", "There is no such original."))
    name, file = registry().original(actor(), digest)
    return attached(file, name)


@divisions.post("/export")
@policy.may("export", api="divisions.export")
def export() -> Any:
    """Ask for the list as it is filtered, as a file; the exports page hands it out."""
    asked = request.form.to_dict()
    driver = asked.get("driver", "")
    if driver not in {name for name, _ in FORMATS}:
        raise InputError(Text("没有这种格式。", "There is no such format."))
    registry().export_divisions(actor(), Wish.of(asked), driver, language=chosen())
    flash(
        say(
            Text(
                "已开始导出，完成后可在此下载。",
                "The export has begun; it can be fetched here when it is done.",
            )
        ),
        "success",
    )
    return redirect(url_for("exports.index"), 303)


def _edition() -> Edition:
    published: Published = current_app.extensions["published"]
    edition = published.edition()
    if edition is None or not edition.dates:
        raise NotFoundError(Text("还没有发布任何区划。", "Nothing is published yet."))
    return edition


def _lineage(code: str) -> dict[str, Any] | None:
    try:
        return registry().lineage(actor(), code)
    except (NotFoundError, InputError):
        return None  # nobody has told anything of this code


def _levels() -> list[tuple[str, Text]]:
    return [(str(int(level)), level.label) for level in Level]


def _crumbs(above: list[dict[str, str]], on: str | None) -> list[tuple[Any, str]]:
    start = (Text("区划", "Divisions"), url_for("divisions.index"))
    return [
        start,
        *(
            (item["name"], url_for("divisions.record", code=item["code"], on=on))
            for item in above
        ),
    ]
