"""What never changes is answered before Flask: tiles, documents, scripts, styles.

Everything here lies under an address that names its content, so an answer can be kept
for ever and a browser that has it is told so (304) before anything else is done.

Who may read is not decided here. The first request of a reader for each kind of
content passes through Flask, whose policies decide (:mod:`webmap.policy`); that it was
let in is remembered for :data:`TICKET_S` seconds under the reader's whole ``Cookie``
and ``Authorization`` headers. A session that ends in this process (every sign-out is a
writing request) makes all that be forgotten at once; one that is ended by another
process, or by idling, is turned away within these seconds. Nobody anonymous ever
holds such a ticket unless Flask let somebody without a cookie in.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import mimetypes
import re
import threading
import time
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import brotli

from geodata.files.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

TICKET_S = 10.0
"""How long a reader who was let in is not asked for again."""
TICKETS = 4096
"""Readers remembered at a time."""
MEMORY = 64 * 2**20
"""Bytes of answers held in memory."""
SMALLEST = 512
"""Bytes under which a static file is sent as it is."""
FOREVER = "max-age=31536000, immutable"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION = "quhua"
"""Name of the session's cookie (:data:`webmap.session.COOKIE`)."""
MARK = "public"
"""A file of this name beside the tiles of a state says that anybody may have them."""
DOCUMENTS = "documents"

_DIGEST = "([0-9a-f]{16,64})"
_TILE = r"\d{1,2}/\d{1,7}/\d{1,7}\.mvt"
_INTERNAL = re.compile(rf"/p/{_DIGEST}/((?:level\d{{1,2}}/)?{_TILE})")
_PUBLIC = re.compile(f"/public/t/{_DIGEST}/({_TILE})")
_DOCUMENT = re.compile(r"/public/d/([0-9a-f]{40}\.json)")
_PLAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*(?:/[\w-]+(?:\.[\w-]+)*)*")
_TEXT = ("text/", "application/json", "image/svg+xml", "application/javascript")
_SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "same-origin"),
)


class Place(NamedTuple):
    """Where an address leads: ``kind`` is ``static``, ``internal`` or ``public``."""

    kind: str
    file: Path
    type: str


class Answer(NamedTuple):
    """One representation, ready to be sent."""

    body: bytes
    etag: str
    headers: list[tuple[str, str]]
    unchanged: list[tuple[str, str]]
    stamp: int


class Immutable:
    """WSGI layer in front of an application.

    Parameters
    ----------
    app
        Decides who may read, and answers everything else.
    cache
        Folder of tiles and documents.
    static, prefix
        Folder of static files, and the address it is served under; the address holds
        a hash of the content of all of them.
    """

    def __init__(self, app: WSGI, *, cache: Path, static: Path, prefix: str) -> None:
        self.app = app
        self._cache = cache
        self._static = static
        self._prefix = prefix.rstrip("/") + "/"
        self._tickets: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._turn = 0
        self._answers: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer from here what is known and allowed; ask the application else."""
        if environ["REQUEST_METHOD"] not in SAFE:
            return self._write(environ, start_response)
        place = self._place(environ["PATH_INFO"])
        if place is None or environ["REQUEST_METHOD"] == "OPTIONS":
            if environ["PATH_INFO"].startswith("/public"):
                return self._public(environ, start_response)
            return self.app(environ, start_response)
        if place.kind != "static":
            key = (
                place.kind,
                environ.get("HTTP_COOKIE", ""),
                environ.get("HTTP_AUTHORIZATION", ""),
            )
            if self._tickets.get(key, 0.0) < time.monotonic():
                return self._first(key, environ, start_response)
        answer = self._answer(environ, place)
        if answer is None:
            return self.app(environ, start_response)
        if _has(environ.get("HTTP_IF_NONE_MATCH"), answer.etag):
            start_response("304 Not Modified", list(answer.unchanged))
            return []
        start_response("200 OK", list(answer.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def forget(self) -> None:
        """Ask everybody again; also drop what is held in memory."""
        with self._lock:
            self._turn += 1
            self._tickets.clear()
            self._answers.clear()
            self._held = 0

    def _write(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass a writing request on; afterwards nobody's ticket holds."""
        try:
            return self.app(environ, start_response)
        finally:
            with self._lock:
                self._turn += 1
                self._tickets.clear()

    def _public(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass a public page on: what others may keep carries nobody's session."""

        def heard(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, _without_session(headers), *rest)

        return self.app(environ, heard)

    def _first(
        self,
        key: tuple[str, str, str],
        environ: dict[str, Any],
        start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        """Let the application decide, and remember whom it let in."""
        turn = self._turn
        said: list[str] = []

        def heard(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            said.append(status[:3])
            return start_response(status, _without_cookies(headers), *rest)

        answer = self.app(environ, heard)
        if said and said[0] in ("200", "304"):
            with self._lock:
                if self._turn == turn:
                    self._tickets[key] = time.monotonic() + TICKET_S
                    while len(self._tickets) > TICKETS:
                        self._tickets.popitem(last=False)
        return answer

    def _place(self, path: str) -> Place | None:
        if path.startswith(self._prefix):
            name = path[len(self._prefix) :]
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            plain = _PLAIN.fullmatch(name)
            return Place("static", self._static / name, kind) if plain else None
        if found := _INTERNAL.fullmatch(path):
            return Place("internal", self._cache / found[1] / found[2], TILE_TYPE)
        if found := _PUBLIC.fullmatch(path):
            return Place("public", self._cache / found[1] / found[2], TILE_TYPE)
        if found := _DOCUMENT.fullmatch(path):
            file = self._cache / DOCUMENTS / found[1]
            return Place("public", file, "application/json")
        return None

    def _answer(self, environ: dict[str, Any], place: Place) -> Answer | None:
        path = environ["PATH_INFO"]
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        held = self._answers.get((path, coding))
        if held is not None and (place.kind != "static" or held.stamp == _stamp(place)):
            return held
        made = _read(place, coding)
        if made is not None and len(made.body) <= MEMORY // 8:
            self._hold((path, coding), made)
        return made

    def _hold(self, key: tuple[str, str], answer: Answer) -> None:
        with self._lock:
            old = self._answers.pop(key, None)
            self._held += len(answer.body) - (len(old.body) if old else 0)
            self._answers[key] = answer
            while self._held > MEMORY:
                _, gone = self._answers.popitem(last=False)
                self._held -= len(gone.body)


TILE_TYPE = "application/vnd.mapbox-vector-tile"


def digest_of_folder(folder: Path) -> str:
    """Return a hash of the names and contents of all files in a folder."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


def keep(path: Path, body: bytes) -> None:
    """Write a document with its compressed variants, unless it is there."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix, content in (
        (".br", brotli.compress(body, quality=9)),
        (".gz", gzip.compress(body, 9, mtime=0)),
        ("", body),  # last: where it is, the others are
    ):
        with replacing(_beside(path, suffix)) as work:
            work.write_bytes(content)


@lru_cache(maxsize=256)
def best_coding(accepted: str) -> str:
    """Return the best of ``br``, ``gzip`` and ``""`` that a header accepts."""
    codings = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        codings[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0")
    for wanted in ("br", "gzip"):
        if codings.get(wanted, False):
            return wanted
    return ""


def _without_cookies(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of what is kept for ever: nobody's cookie is in it."""
    return [
        (name, "Accept-Encoding" if name.lower() == "vary" else value)
        for name, value in headers
        if name.lower() != "set-cookie"
    ]


def _without_session(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in headers
        if name.lower() != "set-cookie" or not value.startswith(f"{SESSION}=")
    ]


def _has(header: str | None, etag: str) -> bool:
    if not header:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return header.strip() == "*" or etag in tags


def _stamp(place: Place) -> int:
    try:
        return place.file.stat().st_mtime_ns
    except OSError:
        return 0


def _read(place: Place, coding: str) -> Answer | None:
    """Return one representation from the disk, None where there is none."""
    try:
        if place.kind == "static":
            body, coding = _compressed(place, coding)
        else:
            body, coding = _variant(place, coding)
    except OSError:
        return None
    scope = "private" if place.kind == "internal" else "public"
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    unchanged = [
        ("ETag", etag),
        ("Cache-Control", f"{scope}, {FOREVER}"),
        ("Vary", "Accept-Encoding"),
    ]
    text = place.type.startswith(("text/", "application/javascript"))
    headers = [
        ("Content-Type", f"{place.type}; charset=utf-8" if text else place.type),
        ("Content-Length", str(len(body))),
        *unchanged,
        *_SECURITY,
    ]
    if coding:
        headers.append(("Content-Encoding", coding))
    return Answer(body, etag, headers, unchanged, _stamp(place))


def _variant(place: Place, coding: str) -> tuple[bytes, str]:
    """Return prepared bytes and their coding: what lacks brotli is sent as gzip."""
    if place.kind == "public" and place.type == TILE_TYPE:
        (place.file.parents[2] / MARK).stat()  # not public: as if it were not there
    if coding == "br":
        with contextlib.suppress(FileNotFoundError):
            return _beside(place.file, ".br").read_bytes(), coding
    if coding:
        return _beside(place.file, ".gz").read_bytes(), "gzip"
    if place.type == TILE_TYPE:
        return gzip.decompress(_beside(place.file, ".gz").read_bytes()), ""
    return place.file.read_bytes(), ""


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _compressed(place: Place, coding: str) -> tuple[bytes, str]:
    body = place.file.read_bytes()
    if not coding or len(body) < SMALLEST or not place.type.startswith(_TEXT):
        return body, ""
    if coding == "br":
        return brotli.compress(body, quality=9), coding
    return gzip.compress(body, 9, mtime=0), coding
