"""Small stores with published divisions, and a client of the application."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import published
from tests.support.drawn import coverage_of
from tests.support.signed import client_as
from tests.support.stores import postgis_server, postgis_url, usual_url
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from boundaries.registry import Registry

__all__ = ["postgis_server", "postgis_url", "usual_url"]

NAMES = {"A": "东区", "B": "西区", "C": "南区"}
CODES = {"A": "120101", "B": "120102", "C": "120103"}


def drawn(picture: str, **columns: Any) -> Any:
    """A coverage drawn with A, B and C as the districts 东区, 西区 and 南区."""
    frame = coverage_of(picture)
    frame = frame.assign(
        name=[NAMES[letter] for letter in frame["code"]],
        code=[CODES[letter] for letter in frame["code"]],
    )
    return published.divisions(frame, **columns)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """An empty registry."""
    made = published.registry_at(tmp_path / "store.sqlite")
    yield made
    made.store.close()


@pytest.fixture
def moved(registry: Registry) -> Registry:
    """One cell moved from 东区 to 西区 between two published dates."""
    published.publish(
        registry.store, drawn("AAB/AAB/CCC"), "2020-01-01", basis="甲〔2019〕1号"
    )
    published.publish(
        registry.store,
        drawn("ABB/AAB/CCC"),
        "2022-06-01",
        basis="甲〔2022〕9号",
        message="界线调整",
        doc={
            "title": "调整东区西区界线",
            "events": [{"type": "border", "from": ["120101"], "to": ["120102"]}],
        },
    )
    return registry


@pytest.fixture
def app(moved: Registry) -> Flask:
    return create_app(moved)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return client_as(app)


@pytest.fixture
def ask(client: FlaskClient) -> Callable[[str], Any]:
    """Ask the API until the state is prepared."""

    def asked(path: str) -> Any:
        for _ in range(200):
            answer = client.get(path)
            if answer.status_code != 202:
                assert answer.status_code == 200, (path, answer.json)
                return answer.json
            time.sleep(0.05)
        pytest.fail(f"{path} is never ready")

    return asked
