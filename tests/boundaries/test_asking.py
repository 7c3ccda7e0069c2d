"""An import at a terminal asks; the answers decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from boundaries.console import Run
from boundaries.registry import open_registry
from tests.support.commands import quhua
from tests.support.registries import office, streets


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pretend a person sits there who says yes and gives a date."""
    questions: list[str] = []

    def answer(value: Any) -> Any:
        def reply(question: str, **_: Any) -> Any:
            questions.append(question)
            return value

        return reply

    monkeypatch.setattr(Run, "interactive", property(lambda _: True))
    monkeypatch.setattr(click, "prompt", answer("2020-06"))
    monkeypatch.setattr(click, "confirm", answer(True))
    return questions


def _import(folder: Path, *more: object) -> Any:
    file = folder / "a.geojson"
    file.write_text(streets().to_json(), encoding="utf-8")
    words = ("import", file, "--as", "zhao", "--store", folder / "store.sqlite")
    return quhua(*words, *more, "--lang", "en")


def test_the_date_is_asked(tmp_path: Path, asked: list[str]) -> None:
    office(tmp_path).registry.close()
    ran = _import(tmp_path)
    assert ran.status == 0, ran.err
    assert "2020-06" in ran.out
    assert asked[0].startswith("In force from")


def test_yes_never_asks(tmp_path: Path, asked: list[str]) -> None:
    office(tmp_path).registry.close()
    ran = _import(tmp_path, "--yes")
    assert ran.status == 1
    assert asked == []


def test_an_unsure_guess_is_asked(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plane coordinates without a .prj: which of several grids, a person says."""
    office(tmp_path).registry.close()
    streets().to_crs(4548).to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    words = ("import", tmp_path / "bare.shp", "--as", "zhao", "--valid-from", "2020")
    place = ("--store", tmp_path / "store.sqlite", "--region", "120000")

    def doubt(question: str, **_: Any) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(click, "confirm", doubt)
    ran = quhua(*words, *place, "--lang", "en")
    assert any("crs" in question for question in asked)
    assert ran.status == 1
    registry = open_registry(str(tmp_path / "store.sqlite"))
    assert registry.store.find("drafts") == []
    registry.close()
