"""Chinese first, English by a switch: ``?lang=en`` once, then a cookie."""

from __future__ import annotations

import logging
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import request
from flask_babel import Babel

if TYPE_CHECKING:
    from flask import Flask, Response

    from geodata.errors import Text

log = logging.getLogger(__name__)

LANGUAGES = ("zh", "en")
COOKIE = "lang"
CATALOGS = Path(__file__).parent / "translations"


def install(app: Flask) -> None:
    """Give an application its two languages."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compiled())
    Babel(app, locale_selector=chosen)
    app.after_request(_remember)
    app.context_processor(lambda: {"lang": chosen(), "catalog": catalog(chosen())})


def chosen() -> str:
    """Return the language of this request: address, then cookie, then Chinese."""
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return LANGUAGES[0]


def say(text: Text) -> str:
    """Return a sentence in the language of this request."""
    return text.to(chosen())


@lru_cache(maxsize=1)
def compiled() -> Path:
    """Return a folder with up-to-date ``.mo`` files, compiling what is missing.

    A wheel brings them; a checkout gets them from ``scripts/assets``; where the
    package cannot be written to, they go to a temporary folder.
    """
    source = CATALOGS / "zh" / "LC_MESSAGES" / "messages.po"
    target = source.with_suffix(".mo")
    if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
        return CATALOGS
    try:
        _compile(source, target)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="quhua-translations-"))
        target = folder / "zh" / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(parents=True)
        _compile(source, target)
        return folder
    return CATALOGS


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        messages = read_po(file, locale="zh")
    with target.open("wb") as file:
        write_mo(file, messages)
    log.info("compiled %s", target)


@lru_cache(maxsize=2)
def catalog(language: str) -> dict[str, str]:
    """Return the words the page's scripts use, by their English."""
    with (CATALOGS / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = read_po(file, locale="zh")
    script = [m for m in messages if m.id and "script" in m.auto_comments]
    if language == "en":
        return {str(m.id): str(m.id) for m in script}
    return {str(m.id): str(m.string or m.id) for m in script}


def _remember(response: Response) -> Any:
    wish = request.args.get("lang")
    if wish in LANGUAGES and wish != request.cookies.get(COOKIE):
        response.set_cookie(
            COOKIE, wish, max_age=365 * 86400, samesite="Lax", httponly=True,
            secure=request.is_secure,
        )  # fmt: skip
    return response
