"""What officers enter for indicators: records and tables of them, templates, basis."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from boundaries.services.indicators.options import Options
from boundaries.services.indicators.records import KINDS, NAMES, kind_of
from boundaries.services.indicators.standards import PARAMETERS, STANDARDS
from boundaries.services.indicators.targets import Attribute, Target
from boundaries.services.words import FacilityType
from boundaries.vocabulary import Level
from geodata.errors import InputError, NotFoundError, QuhuaError, Text
from webmap import policy
from webmap.session import actor, registry
from webmap.views.indicators import indicators, page

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["indicators"]

SPARE_PARTS = 3
"""Empty lines of the form of a template."""


@indicators.get("/records/<kind>")
@policy.may("view")
def records(kind: str) -> str:
    """Show the records of a kind, and the form for one more."""
    return _records(kind, _asked_record(kind))


@indicators.post("/records/<kind>")
@policy.may("enter_indicators", api="indicators.save_record")
def save_record(kind: str) -> Any:
    """Enter one record."""
    sent = _sent(kind)
    rev = request.form.get("rev", type=int)
    try:
        saved = registry().save_indicator_record(actor(), kind, sent, rev=rev)
    except QuhuaError as error:
        return _records(kind, sent, error), 400
    flash(gettext("Saved: %(key)s", key=saved["key"]), "success")
    return redirect(url_for(".records", kind=kind), 303)


@indicators.post("/records/<kind>/drop")
@policy.may("enter_indicators", api="indicators.drop_record")
def drop_record(kind: str) -> Any:
    """Take one record away."""
    key = request.form.get("key", "")
    registry().drop_indicator_record(actor(), kind, key)
    flash(gettext("Taken away: %(key)s", key=key), "success")
    return redirect(url_for(".records", kind=kind), 303)


@indicators.post("/records/<kind>/table")
@policy.may("enter_indicators", api="indicators.import_table")
def import_table(kind: str) -> Any:
    """Take a table in and queue its reading."""
    file = request.files.get("table")
    content = file.read() if file else b""
    name = file.filename or "" if file else ""
    try:
        job = registry().request_indicator_table(actor(), kind, content, name)
    except QuhuaError as error:
        return _records(kind, {}, error), 400
    return redirect(url_for(".records", kind=kind, job=job["id"]), 303)


@indicators.get("/templates/<template>/edit")
@policy.may("enter_indicators")
def edit_template(template: str) -> str:
    """Show the form of a template."""
    return _template(template, _template_of(template))


@indicators.post("/templates/<template>/edit")
@policy.may("enter_indicators", api="indicators.save_template")
def save_template(template: str) -> Any:
    """Write a template."""
    name = request.form.get("id", "").strip() if template == "new" else template
    sent = _sent_template()
    try:
        if not name:
            raise _nameless()
        registry().save_template(
            actor(), name, sent, rev=request.form.get("rev", type=int)
        )
    except QuhuaError as error:
        return _template(template, {**sent, "id": name}, error), 400
    flash(gettext("Saved: %(key)s", key=sent["name"]), "success")
    return redirect(url_for(".template", template=name), 303)


@indicators.post("/templates/<template>/drop")
@policy.may("enter_indicators", api="indicators.drop_template")
def drop_template(template: str) -> Any:
    """Take a template away, or back to how it is built in."""
    registry().drop_template(actor(), template)
    flash(gettext("Taken away: %(key)s", key=template), "success")
    return redirect(url_for(".templates"), 303)


@indicators.get("/options")
@policy.may("view")
def options() -> str:
    """Show the choices every figure is made with."""
    found = registry().indicator_options(actor(), request.args.get("scope", ""))
    return _options(found)


@indicators.post("/options")
@policy.may("enter_indicators", api="indicators.save_options")
def save_options() -> Any:
    """Write the choices of a unit."""
    sent = request.form
    scope = sent.get("scope", "").strip()
    given = {
        item.name: _option(item)
        for item in fields_of(Options)
        if item.name in sent or f"has-{item.name}" in sent
    }
    numbers = {name: sent.get(f"number-{name}", "") for name in PARAMETERS}
    try:
        registry().save_options(
            actor(), scope, given, numbers, rev=sent.get("rev", type=int)
        )
    except QuhuaError as error:
        found = registry().indicator_options(actor(), "")
        shown = {**found, "options": {**found["options"], **given}, "numbers": numbers}
        return _options({**shown, "scope": scope}, error), 400
    flash(gettext("Saved: %(key)s", key=scope or gettext("All divisions")), "success")
    return redirect(url_for(".options", scope=scope or None), 303)


def _records(
    kind: str, sent: Mapping[str, Any], error: QuhuaError | None = None
) -> str:
    row = kind_of(kind)
    rows = registry().indicator_records(actor(), kind)
    for each in rows:
        record = each["record"]
        if kind == "targets":
            words = Target.of(record).words()
            baseline = record["baseline_text"] or record["baseline_value"]
            each["record"] = {**record, "target": words, "baseline": baseline}
    return page(
        "records",
        kind=row,
        kinds=KINDS,
        rows=rows,
        sent=sent,
        error=error,
        names=NAMES,
        attributes=[(word.value, word.label) for word in Attribute],
        types=_types(),
        job=_job(),
    )


def _job() -> dict[str, Any] | None:
    """Return the job that read the table sent last, if the address names one."""
    name = request.args.get("job")
    if not name:
        return None
    try:
        return registry().job(actor(), name)
    except NotFoundError:
        return None


def _asked_record(kind: str) -> dict[str, Any]:
    """Return what the form starts with: a record to change, or what is asked for."""
    key = request.args.get("key")
    if key is not None:
        for row in registry().indicator_records(actor(), kind):
            if row["key"] == key:
                record = row["record"]
                more: dict[str, Any] = {"rev": row["rev"]}
                if kind == "targets":
                    more["target"] = Target.of(record).words()
                    more["baseline"] = (
                        record["baseline_text"] or record["baseline_value"]
                    )
                return {**record, **more}
    return dict(request.args)


def _sent(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in kind_of(kind).fields:
        many = item.kind == "types"
        values = request.form.getlist(item.name)
        found[item.name] = values if many else (values[0] if values else None)
    return found


def _template_of(name: str) -> dict[str, Any]:
    if name == "new":
        return {"id": "", "name": "", "parts": [], "scope": "", "rev": 0}
    rows = registry().network_templates(actor())
    found = next((row for row in rows if row["id"] == name), None)
    if found is None:
        registry().template_fit(actor(), name)  # says that there is none
        raise _nameless()
    return found


def _sent_template() -> dict[str, Any]:
    sent = request.form
    parts = []
    for number in range(len(sent.getlist("role"))):
        role = sent.getlist("role")[number].strip()
        if not role:
            continue
        parts.append(
            {
                "role": role,
                "level": sent.getlist("level")[number],
                "types": sent.getlist(f"types-{number}"),
                "at_least": sent.getlist("at_least")[number],
                "least_m2": sent.getlist("least_m2")[number] or None,
                "own_level": sent.get(f"own_level-{number}") == "1",
            }
        )
    return {
        "name": sent.get("name", ""),
        "scope": sent.get("scope", "").strip(),
        "parts": parts,
    }


def _template(
    template: str, shown: Mapping[str, Any], error: QuhuaError | None = None
) -> str:
    blank = {"role": "", "level": 4, "types": [], "at_least": 1, "least_m2": None}
    rows = [*shown["parts"], *([blank] * SPARE_PARTS)]
    return page(
        "template_form",
        template=template,
        shown=shown,
        rows=rows,
        error=error,
        types=_types(),
        level_words=[(int(level), level.label) for level in Level],
    )


def _options(found: Mapping[str, Any], error: QuhuaError | None = None) -> str:
    return page(
        "options",
        found=found,
        error=error,
        items=list(fields_of(Options)),
        standards=STANDARDS,
        parameters=PARAMETERS,
    )


def _option(item: Any) -> Any:
    """Return what a form sent for an option."""
    if isinstance(item.default, bool):
        return request.form.get(item.name) == "1"
    if isinstance(item.default, tuple):
        values = request.form.getlist(item.name)
        return ",".join(values) if item.metadata["words"] is None else values
    return request.form.get(item.name, "")


def _types() -> dict[str, Any]:
    return {word.value: word.label for word in FacilityType}


def _nameless() -> InputError:
    return InputError(
        Text("请填写模板编号。", "Give the template an id."),
        Text("如 my_network。", "Such as my_network."),
    )
