"""What a machine may lack: a skip that says so, a failure where CI promised it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """Skip the test; with CI=true, where everything is installed, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def command(name: str) -> str:
    """Return where a command is, one that apt-get installs under its own name."""
    found = shutil.which(name)
    if found is None:
        lacking(f"{name} absent: apt-get install {name}")
    return found
