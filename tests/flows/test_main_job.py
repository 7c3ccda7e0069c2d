"""The whole way on real data, by command line: file in, two people, map out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from tests.support.shell import Desk, fetch

if TYPE_CHECKING:
    from pathlib import Path

MOVED_HA = {
    "120103": 909.5,
    "120112": 566.5,
    "120111": 393.2,
    "120117": 93.3,
    "120104": 41.1,
    "120116": 11.4,
    "120113": 10.4,
    "120114": 10.4,
    "120119": 9.8,
}
"""Symmetric difference by district, ellipsoidal, after repair (issue 1, seen 1)."""


@pytest.fixture
def desk(store_url: str) -> Desk:
    desk = Desk(store_url)
    desk.run("init", "--admin", "root")
    for name, role in (("zhang", "surveyor"), ("li", "boundary_manager")):
        desk.run("user", "add", name, "--role", role, "--scope", "120000", as_="root")
    return desk


def test_two_vintages_of_tianjin_become_two_published_versions(
    desk: Desk, data: Path, tmp_path: Path
) -> None:
    tianjin = data / "tianjin" / "tianjin.gpkg"

    draft = bring_in(desk, tianjin, "districts_datav_older", "2019", status=1)
    blocking = found(desk, draft, "error")
    assert [row["participants"] for row in blocking] == [["120113"], ["120117"]]
    assert all("°E" in row["message_zh"] for row in blocking)

    desk.run("draft", "submit", draft, as_="zhang", status=1)
    desk.run("draft", "repair", draft, as_="zhang")
    assert found(desk, draft, "error") == []
    agree_and_publish(desk, draft)

    draft = bring_in(desk, tianjin, "districts_datav_areas_v3", "2021-06-01")
    agree_and_publish(desk, draft)

    difference = desk.json("diff", "1", "2")
    moved = {
        row["key"]: row["symmetric_difference_m2"] / 1e4
        for row in difference["features"]
    }
    assert moved == pytest.approx(MOVED_HA, abs=0.06)
    pairs = {(row["from"], row["to"]): row["area_m2"] for row in difference["moves"]}
    assert pairs["120112", "120103"] == pytest.approx(561.87e4, abs=100)

    assert desk.json("audit", "verify") == {"breaks": [], "ok": True}
    out = tmp_path / "old.gpkg"
    desk.run("export", "--on", "2020-01-01", "--out", out)
    assert len(gpd.read_file(out)) == 16

    with desk.served() as address:
        assert "区划" in fetch(address + "/").decode()
        pointer = json.loads(fetch(address + "/p/current.json"))
        assert pointer["version"] == 2
        before = json.loads(fetch(address + "/api/divisions/120103?date=2020-01-01"))
        after = json.loads(fetch(address + "/api/divisions/120103?date=2022-01-01"))
    assert before["name"] == after["name"] == "河西区"
    assert before["area_m2"] != after["area_m2"]


def bring_in(desk: Desk, path: Path, layer: str, since: str, *, status: int = 0) -> str:
    """Import a layer and return the draft's id."""
    document = desk.json(
        *("import", path, "--layer", "divisions", "--source-layer", layer),
        *("--valid-from", since, "--basis", f"测试依据 {since}", "--yes"),
        as_="zhang",
        status=status,
    )
    return str(document["draft"]["id"])


def found(desk: Desk, draft: str, severity: str) -> list[dict[str, object]]:
    """Return the findings of one severity, by participants."""
    document = desk.json("draft", "show", draft)
    rows = [row for row in document["findings"]["shown"] if row["severity"] == severity]
    return sorted(rows, key=lambda row: row["participants"])


def agree_and_publish(desk: Desk, draft: str) -> None:
    """The second pair of eyes."""
    desk.run("draft", "submit", draft, as_="zhang")
    desk.run("draft", "approve", draft, as_="zhang", status=2)
    desk.run("draft", "approve", draft, as_="li")
    desk.run("publish", as_="li")
