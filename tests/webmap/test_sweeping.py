"""Old tiles go, those in use and those lately used stay."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import published
from tests.webmap.conftest import drawn
from webmap import create_app, sweeping

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.registry import Registry

NOW = 2_000_000_000.0


def folder(cache: Path, number: int, age_s: float) -> Path:
    made = cache / f"{number:040x}" / "3" / "1"
    made.mkdir(parents=True)
    (made / "1.mvt.gz").write_bytes(b"x")
    os.utime(made.parents[1], (NOW - age_s, NOW - age_s))
    return made.parents[1]


def test_what_is_in_use_or_lately_used_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "KEPT", 2)
    lately = [folder(tmp_path, number, 60.0 * number) for number in range(4)]
    old = [folder(tmp_path, 100 + number, 86400.0 + number) for number in range(3)]
    stray = tmp_path / "notes.txt"
    stray.write_text("mine")
    left_over = tmp_path / f"{sweeping.GONE}{'a' * 40}"
    left_over.mkdir()
    assert sweeping.sweep(tmp_path, {old[0].name}, now=NOW) == 2
    assert [path.is_dir() for path in (*lately, *old)] == [True] * 5 + [False] * 2
    assert stray.is_file()
    assert not left_over.exists()


def test_documents_are_swept_with_their_variants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "KEPT_DOCUMENTS", 1)
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(3):
        for suffix in ("", ".gz", ".br"):
            path = documents / f"{number:040x}.json{suffix}"
            path.write_bytes(b"{}")
            os.utime(path, (NOW - 86400 - number, NOW - 86400 - number))
    assert sweeping.sweep(tmp_path, (), now=NOW) == 2
    assert {path.name[:40] for path in documents.iterdir()} == {"0" * 40}


def test_a_new_version_sweeps_and_goes_on_answering(
    moved: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "KEPT", 0)
    monkeypatch.setattr(sweeping, "GRACE_S", 0.0)
    cache = tmp_path / "tiles"
    stale = cache / ("b" * 40)
    stale.mkdir(parents=True)
    served = create_app(moved, cache=cache).extensions["published"]
    served.edition().state("2022-06-01", wait=20)
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2023-01-01")
    until = time.monotonic() + 20
    while served.edition().version.number != 3 or stale.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    state = served.edition().state("2023-01-01", wait=20)
    assert served.tile(state.digest, 9, 422, 195).body
