"""A registry with people for the tests of the one door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.registries import Office, office


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    """A new registry on SQLite with the usual people."""
    made = office(tmp_path)
    yield made
    made.registry.close()
