"""A server and a headless Chromium that tells of everything it asked for."""

from __future__ import annotations

import os
import shutil
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest

from tests.support import signed
from tests.support.lacking import lacking
from webmap.serve import listen
from webmap.session import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-pings",
    (
        "--disable-features=AutofillServerCommunication,NetworkTimeServiceQuerying,"
        "OptimizationHints,MediaRouter,Translate,SigninInterception"
    ),
    # Chromium's own services, which no switch turns off, ask a closed port here
    *(
        f"--{name}=http://127.0.0.1:9/"
        for name in ("gaia-url", "google-apis-url", "variations-server-url")
    ),
    *(
        f"--{name}=http://127.0.0.1:9/"
        for name in ("autofill-server-url", "apps-gallery-update-url")
    ),
    "--component-updater=url-source=http://127.0.0.1:9/",
)


SPELLING = "redirector.gvt1.com"
"""Where Chromium itself wants dictionaries from when a person types in a text area."""
APPS: dict[str, Flask] = {}
"""The applications served, by address: a visit signs in there."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free loopback port; yields its address."""
    server = listen(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"
    APPS[address] = app
    try:
        yield address
    finally:
        del APPS[address]
        server.close()
        thread.join(5)


@dataclass
class Outside:
    """A proxy that carries nothing and remembers who wanted to go out."""

    asked: list[str] = field(default_factory=list)
    port: int = 0


@contextmanager
def no_way_out() -> Iterator[Outside]:
    """Run the sink every request to another host ends in.

    Chromium never sends loopback addresses to a proxy, so what arrives here is
    what the page, or the browser itself, asked of another host.
    """
    outside = Outside()

    class Sink(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            wish = self.rfile.readline().decode("latin-1").strip()
            if SPELLING not in wish:
                outside.asked.append(wish)
            self.wfile.write(b"HTTP/1.1 403 No way out\r\nContent-Length: 0\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.daemon_threads = True
        outside.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield outside
        server.shutdown()


def chromium_path() -> str:
    """Where Chromium is; skips (in CI: fails) where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        lacking("Chromium absent: apt-get install chromium")
    return found


@contextmanager
def chromium(outside: Outside) -> Iterator[Browser]:
    """Start Chromium with a new profile and no way out."""
    path = chromium_path()
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        proxy = f"--proxy-server=http://127.0.0.1:{outside.port}"
        browser = driver.chromium.launch(
            executable_path=path, args=[*FLAGS, proxy], env={**os.environ, "TZ": "UTC"}
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page with everything it said and asked for."""

    page: Page
    context: BrowserContext
    address: str
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def sign_in(self, name: str = "viewer") -> Visit:
        """Give the browser a session, without the form; adds the user if need be."""
        cookie = signed.cookie_of(APPS[self.address], name)
        self.context.add_cookies(
            [{"name": COOKIE, "value": cookie, "url": self.address, "httpOnly": True}]
        )
        return self

    def open(self, path: str = "/", *, ready: bool = True) -> Visit:
        """Go to a path and wait until the map says that it is drawn."""
        response = self.page.goto(self.address + path)
        assert response is not None
        assert response.status == 200, f"{path} answers {response.status}"
        if ready:
            self.ready()
        return self

    def ready(self) -> None:
        """Wait until dates, tree, changes and tiles are there."""
        self.page.wait_for_selector("body[data-ready]", timeout=20_000)

    @property
    def elsewhere(self) -> list[str]:
        """Addresses asked for that are not the server's own."""
        own = urlparse(self.address).netloc
        return [
            url
            for url in self.requests
            if not url.startswith(("data:", "blob:")) and urlparse(url).netloc != own
        ]


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """Open a fresh context and note its requests, errors and policy violations."""
    options = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", **options}
    context = browser.new_context(**options)
    page = context.new_page()
    visit = Visit(page, context, address)
    context.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.troubles.append(str(error)))
    page.on(
        "console",
        lambda said: visit.troubles.append(said.text) if said.type == "error" else None,
    )
    try:
        yield visit
    finally:
        context.close()
