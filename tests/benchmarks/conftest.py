"""What is measured against peers may take as long as they do."""

from __future__ import annotations

import faulthandler

import pytest


@pytest.fixture(autouse=True)
def _unhurried():
    """Put off the end that a hanging test meets: each benchmark has its own limit."""
    faulthandler.cancel_dump_traceback_later()
