"""What the pages and the API of drafts share: small steps around the registry's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.errors import InputError, Text
from webmap.session import actor, registry

if TYPE_CHECKING:
    from flask import Response


def never_kept(response: Response) -> Response:
    """Have no browser and no proxy keep what is not published."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def checking(document: dict[str, Any]) -> Any:
    """Return the job of a check a decision needs first, None when it needs none."""
    open_ = document["state"] not in ("approved", "published", "superseded")
    if registry().is_checked(document) or not (open_ and "check" in document["moves"]):
        return None
    return registry().start_job(actor(), "check", document["id"], {})


def start_publishing(document: dict[str, Any]) -> Any:
    """Queue the publishing of the version a draft became."""
    if document["version"] is None:
        raise InputError(
            Text("草稿尚未批准，没有可发布的版本。", "The draft is no version yet.")
        )
    parameters = {"version": document["version"]}
    return registry().start_job(actor(), "publish", document["layer"], parameters)


def turned(sort: str) -> tuple[str, bool]:
    """Return the column and whether downwards, of ``-updated`` and the like."""
    return sort.lstrip("-"), sort.startswith("-")


def box_of(text: str) -> tuple[float, float, float, float] | None:
    """Return the box written ``west,south,east,north``."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            Text(f"范围“{text}”有误。", f"'{text}' is no box."),
            Text("例：119.7,38.5,119.8,38.6", "Example: 119.7,38.5,119.8,38.6"),
        ) from error
    return west, south, east, north


def require_named(draft: str, name: str) -> None:
    """Refuse to give a draft up whose id was not written out."""
    if name.strip() != draft:
        raise InputError(
            Text(f"请写出草稿编号 {draft} 以确认。", f"Write {draft} to confirm."),
            code="confirm",
        )
