"""What is compiled at install is all that a search needs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SEARCHES = ("test_reach", "test_areas", "test_access", "test_parts")


@pytest.mark.full
def test_after_the_install_nothing_is_left_to_compile(
    tmp_path: Path, root: Path
) -> None:
    def run(*command: str) -> set[str]:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, *command], cwd=root, env=environment)
        assert done.returncode == 0
        return {path.name for path in tmp_path.rglob("*.nbc")}

    compiled = run("-m", "geodata.network.kernels")
    assert compiled
    tests = [f"tests/geodata/network/{name}.py" for name in SEARCHES]
    assert run("-m", "pytest", "-q", "-p", "no:xdist", *tests) == compiled
