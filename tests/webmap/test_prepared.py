"""What publishing draws ahead is read by the server, and drawn by it when absent."""

from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from boundaries import prepared
from boundaries.jobs import drawing, kinds
from geodata.errors import ForbiddenError
from geodata.tiles.folders import TileSet, tiles_over
from tests.support import published
from tests.support.signed import add_user, client_as
from webmap import create_app
from webmap import published as served

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.registry import Registry

DATE = "2022-06-01"


@pytest.fixture
def ahead(moved: Registry, tmp_path: Path) -> Path:
    """A folder of tiles in which the published version was drawn ahead."""
    cache = tmp_path / "tiles"
    assert prepared.prepare(moved.store, 2, "divisions", cache) is not None
    return cache


def _refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("drawn by the server")


def test_the_server_draws_nothing_that_was_drawn_ahead(
    moved: Registry, ahead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "state", _refuse)
    monkeypatch.setattr(TileSet, "_make", _refuse)
    app = create_app(moved, cache=ahead)
    edition = app.extensions["published"].edition()
    state = edition.state(DATE, wait=20)
    client = client_as(app)
    found = client.get(f"/api/v1/dates/{DATE}").json
    assert (found["state"], found["tiles"]) == ("ready", state.digest)
    for zoom in prepared.ahead(state.box):
        x, y = tiles_over(state.box, zoom)[0]
        for column, full in ((x, True), ((x + 2**zoom // 2) % 2**zoom, zoom == 0)):
            answer = client.get(f"/p/{state.digest}/{zoom}/{column}/{y}.mvt")
            assert (answer.status_code, bool(answer.data)) == (200, full), zoom


def crowded(registry: Registry) -> int:
    """Publish a district of 400 streets, too small for a page that opens on it."""
    rows = [("990101", 3, shapely.box(117, 38, 118, 39))]
    for at in range(400):
        x, y = 117 + at % 20 / 20, 38 + at // 20 / 20
        rows.append((f"990101{at:03}", 4, shapely.box(x, y, x + 0.05, y + 0.05)))
    code, level, shapes = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(
        {"code": code, "name": code, "level": level}, geometry=list(shapes), crs=4490
    )
    kinds = ["district", *["street"] * 400]
    frame = published.divisions(frame, kind=kinds, parent=[None] + ["990101"] * 400)
    return published.publish(registry.store, frame, "2020-01-01")


def test_levels_too_small_to_be_drawn_among_all_are_drawn_ahead_alone(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = crowded(registry)
    made = prepared.prepare(registry.store, number, "divisions", tmp_path)
    assert made is not None
    assert made.box is not None
    monkeypatch.setattr(TileSet, "_make", _refuse)
    app = create_app(registry, cache=tmp_path)
    app.extensions["published"].edition().state(made.date, wait=20)
    client = client_as(app)
    behind = [z for z in prepared.ahead(made.box) if z < made.levels[4]]
    assert behind
    for zoom in behind:
        x, y = tiles_over(made.box, zoom)[0]
        for level, address, full in (
            (4, f"{zoom}/{x}/{y}", True),
            (4, f"{zoom}/{(x + 2**zoom // 2) % 2**zoom}/{y}", zoom == 0),
        ):
            answer = client.get(f"/p/{made.digest}/level{level}/{address}.mvt")
            assert (answer.status_code, bool(answer.data)) == (200, full), zoom
    assert client.get(f"/p/{made.digest}/level9/{address}.mvt").status_code == 404


def test_what_is_read_is_what_was_drawn(moved: Registry, ahead: Path) -> None:
    version = moved.store.version(2)
    frame = moved.store.snapshot("divisions", at=2, valid_on=DATE)
    drawn = prepared.state(frame, DATE, ahead, {})
    read = prepared.kept(ahead, version, DATE)
    assert read is not None
    assert (read.digest, read.box, read.levels, read.ranks, read.date) == (
        drawn.digest, drawn.box, drawn.levels, drawn.ranks, DATE,
    )  # fmt: skip
    assert read.frame.geometry.to_wkb().equals(drawn.frame.geometry.to_wkb())
    assert read.frame["extra"].tolist() == drawn.frame["extra"].tolist()
    without = ["geometry", "extra"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(read.frame.drop(columns=without)),
        pd.DataFrame(drawn.frame.drop(columns=without)),
    )
    pd.testing.assert_frame_equal(read.neighbours, drawn.neighbours)


@pytest.mark.parametrize("damage", ["torn", "gone", "elsewhere"])
def test_what_cannot_be_read_is_drawn_again(
    moved: Registry, ahead: Path, damage: str
) -> None:
    (entry,) = (ahead / prepared.INDEX).iterdir()
    (folder,) = (path.parent for path in ahead.glob("*/state.parquet"))
    if damage == "torn":
        (folder / "state.parquet").write_bytes(b"PAR1torn")
    elif damage == "gone":
        folder.rename(ahead / "taken-away")
    else:
        entry.write_text('{"digest": "../../etc"}')
    app = create_app(moved, cache=ahead)
    state = app.extensions["published"].edition().state(DATE, wait=20)
    assert state.digest == folder.name
    x, y = tiles_over(state.box, 9)[0]
    body = app.extensions["published"].tile(state.digest, 9, x, y).body
    assert gzip.decompress(body)


def test_a_disk_without_room_promises_no_tile(
    moved: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.tiles.folders._write", lambda *_: False)
    found = prepared.prepare(moved.store, 2, "divisions", tmp_path / "tiles")
    assert found is not None
    assert found.tiles.complete == frozenset()


def test_what_cannot_be_drawn_does_not_keep_a_version_back(
    moved: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    monkeypatch.setenv("QUHUA_TILES", str(tmp_path / "tiles"))
    work: Any = SimpleNamespace(registry=moved)
    drawing.draw(work, "divisions", 2)
    assert not caplog.records
    assert len(list((tmp_path / "tiles" / prepared.INDEX).glob("*.json"))) == 1
    drawing.draw(work, "divisions", 99)
    assert "published without tiles" in caplog.text
    jobs = replace(moved.settings.jobs, wall_s=0)
    short = SimpleNamespace(store=moved.store, settings=SimpleNamespace(jobs=jobs))
    caplog.clear()
    hurried: Any = SimpleNamespace(registry=short)
    drawing.draw(hurried, "divisions", 2)
    assert "timed out" in caplog.text


def test_nothing_is_drawn_for_who_may_not_publish(
    moved: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "draw", lambda *_: pytest.fail("it was drawn"))
    add_user(moved, "surveyor", ["surveyor:120000"])
    work: Any = SimpleNamespace(
        registry=moved,
        actor="surveyor",
        subject="divisions",
        parameter=lambda _: None,
        written=lambda _: None,
        say=lambda *_: None,
    )
    with pytest.raises(ForbiddenError):
        kinds._publish(work)


def test_dates_nobody_waits_for_any_more_are_not_drawn(
    moved: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for every date after the other is not served them all."""
    drawn, begin = [], threading.Event()
    at_work = threading.Semaphore(1)

    def slow(_: Any, date: str, *__: Any) -> Any:
        assert at_work.acquire(blocking=False), "two at a time"
        begin.wait(20)
        drawn.append(date)
        at_work.release()
        return SimpleNamespace(
            digest=date, frame=pd.DataFrame({"colour": []}), box=None
        )

    monkeypatch.setattr(served, "state", slow)
    turn = threading.Lock()
    editions = [
        served.Edition(moved.store, moved.store.version(number), tmp_path, turn)
        for number in (1, 2)
    ]
    days = [f"2022-06-{day:02d}" for day in range(1, 29)]
    for day in days:
        for edition in editions:
            assert edition.state(day, wait=0) is None
    begin.set()
    for edition in editions:
        edition.wait_until_idle()
    assert len(drawn) <= 2 * (served.KEPT_STATES + 1)
    assert editions[0].state(days[-1], wait=20) is not None
    found = editions[0].state(days[1], wait=20)
    assert found is not None
    assert found.digest == days[1]
    for edition in editions:
        edition.close()
