"""One Chromium for all browser tests; after each, nothing may have left the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.boundaries.services.towns import town_office
from tests.support import browsing, published, stores, working
from tests.support.stores import postgis_server, postgis_url, store_url
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support import postgis

__all__ = ["postgis_server", "postgis_url", "store_url"]


@pytest.fixture(scope="session")
def outside() -> Iterator[browsing.Outside]:
    with browsing.no_way_out() as sink:
        yield sink


@pytest.fixture(scope="session")
def browser(outside: browsing.Outside) -> Iterator[Browser]:
    with browsing.chromium(outside) as started:
        yield started


@pytest.fixture(autouse=True)
def nothing_left(outside: browsing.Outside) -> Iterator[None]:
    """Fail every test during which another host was asked for anything."""
    before = len(outside.asked)
    yield
    assert outside.asked[before:] == []


@pytest.fixture(scope="session", params=stores.BACKENDS)
def journey_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The address of an empty place for a store, on each backend in turn."""
    if request.param == "sqlite":
        return str(tmp_path_factory.mktemp("journey") / "store.sqlite")
    server: postgis.Server = request.getfixturevalue("postgis_server")
    return server.database()


@pytest.fixture(scope="session")
def tianjin(journey_url: str, data: Path) -> Iterator[str]:
    """The address of a server with Tianjin's districts on two dates."""
    registry = published.registry_at(journey_url)
    published.tianjin(registry.store, data)
    with browsing.serving(create_app(registry)) as address:
        yield address
    registry.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    """A town of two streets with two centres, its worker and its server."""
    made = town_office(tmp_path)
    app = create_app(made.registry, cache=tmp_path / "c")
    with working.worker(made.registry.store.url), browsing.serving(app) as address:
        yield address
    made.registry.close()


@pytest.fixture
def visit(browser: Browser, tianjin: str) -> Iterator[browsing.Visit]:
    """A desktop visit that must end without an error on the page."""
    with browsing.visiting(browser, tianjin) as made:
        yield made.sign_in()
        assert made.troubles == []
        assert made.elsewhere == []
