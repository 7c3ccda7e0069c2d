"""The whole way on real data, by command line: file in, two people, map out."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from tests.support.shell import Desk, NearDesk, Visitor

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

PASSWORD = "Heping-2026!"  # noqa: S105


@pytest.fixture
def desk(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Commands over a store: processes of their own on SQLite, else in this one."""
    desk: Desk = Desk(store_url)
    if store_url.startswith("postgres"):
        desk = NearDesk(store_url, monkeypatch)
    desk.run("init", "--admin", "root")
    for name, role in (("zhang", "surveyor"), ("li", "boundary_manager")):
        desk.run(
            *("user", "add", name, "--role", role, "--scope", "120000"),
            *("--password-stdin", "--no-change"),
            as_="root",
            typed=PASSWORD,
        )
    return desk


@pytest.mark.filterwarnings("ignore:.psycopg.Connection object:ResourceWarning")
def test_two_vintages_of_tianjin_become_two_published_versions(
    desk: Desk, data: Path, tmp_path: Path
) -> None:
    tianjin = data / "tianjin" / "tianjin.gpkg"

    draft = bring_in(desk, tianjin, "districts_datav_older", "2019", status=1)
    blocking = errors(desk, draft, status=1)
    assert [row["participants"] for row in blocking] == [["120113"], ["120117"]]
    assert all("°E" in str(row["message"]) for row in blocking)

    desk.run("draft", "submit", draft, as_="zhang", status=1)
    desk.run("draft", "repair", draft, as_="zhang")
    assert errors(desk, draft, status=0) == []
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
    desk.run("export", "--valid-on", "2020-01-01", "--out", out)
    assert len(gpd.read_file(out)) == 16

    with desk.served() as address:
        li = Visitor(address)
        assert "登录" in li.fetch("/").decode()
        li.sign_in("li", PASSWORD)
        assert "行政区划" in li.fetch("/map").decode()
        before, after = (
            detail(li, "120103", date) for date in ("2020-01-01", "2022-01-01")
        )
        pointer = json.loads(li.fetch("/p/current.json"))
    assert [entry["date"] for entry in pointer["dates"]] == ["2019", "2021-06-01"]
    assert before["name"] == after["name"] == "河西区"
    assert before["area_km2"] == pytest.approx(39.06, abs=0.01)
    assert after["area_km2"] == pytest.approx(48.16, abs=0.01)


def detail(visitor: Visitor, code: str, date: str) -> dict[str, Any]:
    """Return what the page shows of a division, once its state is prepared."""
    for _ in range(100):
        answer = json.loads(visitor.fetch(f"/api/v1/divisions/{code}?date={date}"))
        if "division" in answer:
            return dict(answer["division"])
        time.sleep(0.2)
    raise AssertionError(answer)


def bring_in(desk: Desk, path: Path, layer: str, since: str, *, status: int = 0) -> str:
    """Import a layer and return the draft's id."""
    document = desk.json(
        *("import", path, "--layer", "divisions", "--source-layer", layer),
        *("--valid-from", since, "--basis", f"测试依据 {since}", "--yes"),
        as_="zhang",
        status=status,
    )
    return str(document["draft"]["id"])


def errors(desk: Desk, draft: str, *, status: int) -> list[dict[str, object]]:
    """Return the findings of severity error, by participants."""
    document = desk.json("draft", "show", draft, status=status)
    rows = document["findings"]["shown"]
    found = [row for row in rows if row["severity"] == "error"]
    return sorted(found, key=lambda row: str(row["participants"]))


def agree_and_publish(desk: Desk, draft: str) -> None:
    """The second pair of eyes."""
    desk.run("draft", "submit", draft, as_="zhang")
    desk.run("draft", "approve", draft, as_="zhang", status=2)
    desk.run("draft", "approve", draft, as_="li")
    desk.run("publish", as_="li")
