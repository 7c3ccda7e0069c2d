"""The demonstration territory, made once for all tests of the scripts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from demonstration import outputs, territory

SEED = 7


@pytest.fixture(scope="session")
def made() -> territory.Territory:
    """Return the territory of the demonstration's seed."""
    return territory.make(SEED)


@pytest.fixture(scope="session", autouse=True)
def still() -> Iterator[None]:
    """Stop the clock that files are written by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OGR_CURRENT_DATE", outputs.CLOCK)
        yield
