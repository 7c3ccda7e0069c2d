"""Folium draws a constant shell; no string from data ever enters it (trust.md F1)."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import published
from tests.support.signed import client_as
from tests.webmap.conftest import drawn
from webmap import create_app, maps

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.registry import Registry

DRAWS_FOLIUM = {"webmap/maps.py"}
BANNED = ("render_template_string", ".explore(", "from_string(")


def modules(root: Path) -> list[Path]:
    return [
        path
        for package in ("geodata", "boundaries", "webmap")
        for path in sorted((root / package).rglob("*.py"))
    ]


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_one_module_imports_folium(root: Path) -> None:
    importing = {
        str(path.relative_to(root))
        for path in modules(root)
        if imported(path) & {"folium", "branca"}
    }
    assert importing == DRAWS_FOLIUM


def test_nothing_compiles_text_as_a_template(root: Path) -> None:
    found = [
        (path.name, word)
        for path in modules(root)
        for word in BANNED
        if word in path.read_text("utf-8")
    ]
    assert found == []
    marked = [p.name for p in modules(root) if "Markup(" in p.read_text("utf-8")]
    assert marked == ["pages.py"], "only the constant shell is marked as safe"
    templates = "".join(
        path.read_text("utf-8") for path in (root / "webmap/templates").rglob("*.html")
    )
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", templates)


def test_the_page_never_makes_markup_from_text(root: Path) -> None:
    code = "".join(
        path.read_text("utf-8") for path in (root / "webmap/static/js").rglob("*.js")
    )
    for word in (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
        "new Function", "bindPopup", "bindTooltip", "DOMParser",
    ):  # fmt: skip
        assert word not in code, word


def test_the_shell_takes_nothing_in() -> None:
    with pytest.raises(TypeError):
        maps.shell("a name")  # type: ignore[call-arg]


def test_the_shell_is_the_same_in_every_process(root: Path) -> None:
    code = "from webmap.maps import shell; import sys; sys.stdout.write(repr(shell()))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=root,
            check=True,
        ).stdout
        for _ in range(2)
    }  # fmt: skip
    assert said == {repr(maps.shell())}


def test_the_page_is_the_same_whatever_the_data(registry: Registry, data: Path) -> None:
    client = client_as(create_app(registry))
    strings = data / "hostile/synthetic/geometry_strings/strings.json"
    corpus = [s for group in json.loads(strings.read_text()).values() for s in group]
    pages = set()
    for number, name in enumerate(["东区", *corpus[:25]]):
        frame = drawn("AB").assign(name=[name.replace("\x00", "") or "x", "乙"])
        published.publish(registry.store, frame, f"20{number + 10}-01-01", basis=name)
        answer = client.get("/map")
        assert answer.status_code == 200, name
        page = answer.get_data(as_text=True)
        nonce = re.search(r'nonce="([^"]+)"', page)
        assert nonce is not None
        page = re.sub(
            r'(name="csrf-token" content|name="csrf_token" value)="[^"]+"', "", page
        )
        pages.add(page.replace(nonce[1], "NONCE"))
    assert len(pages) == 1


def test_the_page_loads_only_its_own_files() -> None:
    parts = maps.shell()
    for address in (*parts.styles, *parts.scripts):
        assert not re.match(r"(https?:)?//", address)
        assert address.startswith("vendor/")
    assert "http" not in parts.body + parts.code
