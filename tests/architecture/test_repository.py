"""The house rules a machine can check."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ALLOWED = {"boundaries", "geodata", "webmap", "scripts", "tests"}
DOCUMENTS = re.compile(
    r"^(\..+|[A-Z]+\.md|LICENSE|pyproject\.toml|requirements\.lock)$"
)
FORBIDDEN = (
    r"registry\.npmjs",
    r"pypi\.org/simple",
    r"files\.pythonhosted",
    r"--(extra-)?index-url",
    r"(?<![\w.])/(work|root|home)/",
)


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True
    )
    return [name for name in listed.stdout.decode().split("\0") if name]


def test_the_top_level_holds_what_the_owner_fixed(root: Path) -> None:
    top = {name.split("/")[0] for name in tracked(root)}
    assert {name for name in top - ALLOWED if not DOCUMENTS.match(name)} == set()


def test_imports_run_one_way(root: Path) -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_file_names_a_registry_or_a_path_of_a_machine(
    root: Path, pattern: str
) -> None:
    me = Path(__file__).relative_to(root).as_posix()
    found = [
        name
        for name in tracked(root)
        if name != me
        and (root / name).is_file()
        and (root / name).suffix not in {".png", ".mo"}
        and re.search(pattern, (root / name).read_text("utf-8", "replace"))
    ]
    assert found == []


def test_browser_assets_are_pinned_without_addresses(root: Path) -> None:
    lock = json.loads((root / "webmap/package-lock.json").read_text("utf-8"))
    packages = {name: data for name, data in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in data for data in packages.values())
    assert not any("resolved" in data for data in packages.values())


def test_every_pin_carries_hashes(root: Path) -> None:
    blocks = re.split(r"\n(?=[a-z])", (root / "requirements.lock").read_text("utf-8"))
    pins = [block for block in blocks if "==" in block]
    assert len(pins) > 30
    assert all("--hash=sha256:" in pin for pin in pins)


def test_only_one_module_touches_folium(root: Path) -> None:
    using = [
        path.relative_to(root).as_posix()
        for package in ("geodata", "boundaries", "webmap")
        for path in (root / package).rglob("*.py")
        if re.search(
            r"^\s*(import|from) (folium|branca)", path.read_text("utf-8"), re.M
        )
    ]
    assert using == ["webmap/maps.py"]


def test_large_files_stay_out(root: Path) -> None:
    sizes = {
        name: (root / name).stat().st_size
        for name in tracked(root)
        if (root / name).is_file()
    }
    assert {name for name, size in sizes.items() if size > 3_000_000} == set()
