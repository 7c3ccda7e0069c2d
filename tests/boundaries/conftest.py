"""A registry with people for the tests of the one door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.registries import Office, office
from tests.support.stores import postgis_server, postgis_url, store_url, usual_url

__all__ = [
    "desk",
    "desk_anywhere",
    "postgis_server",
    "postgis_url",
    "store_url",
    "usual_url",
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    """A new registry on SQLite with the usual people."""
    made = office(tmp_path)
    yield made
    made.registry.close()


@pytest.fixture
def desk_anywhere(tmp_path: Path, store_url: str) -> Iterator[Office]:
    """A new registry on each backend with the usual people."""
    made = office(tmp_path, store_url)
    yield made
    made.registry.close()
