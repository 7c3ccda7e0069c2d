"""A registry with people and a first version, for jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import registries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path, usual_url: str) -> Iterator[registries.Office]:
    """One committed version of four streets."""
    made = registries.office(tmp_path, usual_url)
    made.commit()
    yield made
    made.registry.close()
