"""What the pages of every register have in common: editing a record, exporting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geodata.errors import InputError, Text
from webmap.languages import chosen
from webmap.session import actor, registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from boundaries.vocabulary import Word
    from webmap.register_forms import StagedForm

PAGE = 100
"""Records a page of a list."""
FORMATS = ("XLSX", "CSV", "GPKG", "GeoJSON")
"""What a register is exported as."""

Crumbs = list[tuple[Any, str]]


def words(kind: type[Word], everything: Text) -> list[tuple[str, Text]]:
    """Return the choices of a filter: all, then each word of a list."""
    return [("", everything), *((word.value, word.label) for word in kind)]


def edited(
    form: StagedForm,
    found: dict[str, Any],
    record: Callable[[], dict[str, Any]],
    *,
    heading: str,
    back: str,
    crumbs: Crumbs,
    new: bool = False,
    stage: Callable[..., dict[str, Any]] | None = None,
    page: str = "registers/edit.html",
    **more: Any,
) -> Any:
    """Show a record's form, or put what was sent into a draft and go there.

    Parameters
    ----------
    found
        The record as it stands; empty for a new one.
    record
        Gives what was sent as the registry takes it, once it is valid.
    heading, back, crumbs
        What the page is called, where cancelling leads, what lies above it.
    new
        The record must not be there yet.
    stage
        Stages what was sent, ``stage(record, effective=…, basis=…)``; None: one
        record, into the draft that was chosen.
    page, more
        The template, and what it shows besides.
    """
    if "draft" in form:
        form.offer(registry().open_drafts(actor(), form.LAYER))
    wrong: Text | None = None
    if form.validate_on_submit():
        try:
            document = (stage or _into_draft(form, new=new))(
                record(),
                effective=form.effective.data,
                basis=form.basis.data or "",
            )
        except InputError as error:
            wrong = error.message
        else:
            flash(gettext("Kept in the draft. Submit it when all is there."), "success")
            return redirect(url_for("drafts.show", draft=document["id"]), 303)
    return render_template(
        page,
        form=form,
        found=found,
        wrong=wrong,
        heading=heading,
        back=back,
        crumbs=crumbs,
        **more,
    ), 422 if wrong or form.errors else 200


def _into_draft(form: StagedForm, *, new: bool) -> Callable[..., dict[str, Any]]:
    draft = form.draft.data or None
    return partial(registry().edit_record, actor(), form.LAYER, draft=draft, new=new)


def exported(*layers: str) -> Any:
    """Ask for one of the layers as a file; the exports page hands it out."""
    layer = request.form.get("layer", layers[0])
    driver = request.form.get("driver", "")
    if driver not in FORMATS or layer not in layers:
        raise InputError(Text("没有这种格式。", "There is no such format."))
    registry().request_export(actor(), layer, driver, language=chosen())
    flash(gettext("The export has begun; it can be fetched here when it is done."))
    return redirect(url_for("exports.index"), 303)
