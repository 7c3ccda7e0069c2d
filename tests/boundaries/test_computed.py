"""What was computed is kept, bounded, and written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries.registry import computed
from tests.support.registries import office

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_oldest_goes_and_the_first_of_two_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed, "KEPT", 2)
    made = office(tmp_path)
    store = made.registry.store
    for at, (key, content) in enumerate(
        (("a", b"1"), ("b", b"2"), ("b", b"again"), ("c", b"3"))
    ):
        monkeypatch.setattr(computed, "now", lambda at=at: f"2026-01-0{at + 1}")
        with store.write(lock=["documents"]) as tx:
            computed.keep(tx, "documents", key, content, stamp=at)
    rows = {row["key"]: row for row in store.find("documents")}
    assert sorted(rows) == ["b", "c"]
    assert store.blob(rows["b"]["blob"]) == b"2"
    assert rows["c"]["stamp"] == 3
    made.registry.close()
