"""What is installed on a closed intranet comes out of one wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "-q", "-w", str(folder)]
    build = [sys.executable, "-m", "pip", "wheel", *options, str(root)]
    subprocess.run(build, check=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "webmap/static/vendor/leaflet/leaflet.js",
        "geodata/regions.csv",
        "geodata/store/migrations/env.py",
        "geodata/py.typed",
    ],
)
def test_the_wheel_carries_what_runs_without_a_network(
    wheel: set[str], name: str
) -> None:
    assert name in wheel


def test_the_wheel_carries_compiled_translations(wheel: set[str]) -> None:
    assert any(name.endswith(".mo") for name in wheel)


def test_the_wheel_carries_no_tests(wheel: set[str]) -> None:
    assert not any(name.startswith("tests/") for name in wheel)
