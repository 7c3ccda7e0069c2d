"""What is compiled at install is all that a check needs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numba
import pytest

from geodata.compiling import compiled

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = (
    "test_planted",
    "test_check_levels",
    "test_check_bad",
    "test_recheck",
    "test_mending",
    "test_mending_planted",
    "test_mending_choices",
)


def test_a_loop_runs_where_nothing_can_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    njit = numba.njit

    def nowhere(*loops: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*loops, **options)

    monkeypatch.setattr(numba, "njit", nowhere)

    @compiled
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42


@pytest.mark.full
def test_after_the_install_nothing_is_left_to_compile(
    tmp_path: Path, root: Path
) -> None:
    def run(*command: str) -> set[str]:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, *command], cwd=root, env=environment)
        assert done.returncode == 0
        return {path.name for path in tmp_path.rglob("*.nbc")}

    compiled = run("-m", "geodata.topology.kernels")
    assert compiled
    tests = [f"tests/geodata/topology/{name}.py" for name in CHECKS]
    assert run("-m", "pytest", "-q", "-p", "no:xdist", *tests) == compiled
