"""Networks in the store: versions, dates, lines drawn by hand, who may."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from boundaries.registry import network_files as module
from boundaries.registry.network_files import Heights
from boundaries.registry.recent import Recent
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from geodata.network.building import build
from tests.support.heights import slope
from tests.support.registries import Office
from tests.support.registries import office as opened
from tests.support.streets import streets_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X, Y = 117.0, 39.0
ROWS = [[(X, Y), (X + 0.01, Y)], [(X, Y + 0.001), (X + 0.01, Y + 0.001)]]
LINK = {"kind": "link", "points": [[X + 0.005, Y], [X + 0.005, Y + 0.001]]}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(module, "_loaded", Recent(3))
    monkeypatch.setattr(module, "_words", {})
    made = opened(tmp_path)
    yield made
    made.registry.close()


def add(office: Office, actor: str = "planner", **more: Any) -> dict[str, Any]:
    network, report = build(streets_of(ROWS))
    return office.registry.add_network(actor, network, report=report, **more)


def test_what_a_file_says_of_itself_is_measured_anew(office: Office) -> None:
    from dataclasses import replace

    network, _ = build(streets_of(ROWS))
    version = network.meta["version"]
    lies = {"counts": ["x"], "source": "s" * 9999, "parts": 1, "version": version}
    kept = office.registry.add_network("planner", replace(network, meta=lies))
    assert kept["parts"] == 2
    assert kept["completeness"]["main_share"] < 1
    assert len(kept["source"]) == 200
    assert kept["version"] == version
    assert office.registry.network().meta["bounds"] == kept["bounds"]


def test_a_network_is_kept_with_its_facts(office: Office) -> None:
    kept = add(office, title="2026 年路网", name="roads.gpkg")
    assert kept["number"] == 1
    assert kept["report"]["parts"] == 2
    again = office.registry.network_document("planner", 1)
    assert again == kept
    (listed,) = office.registry.networks("planner")
    assert listed["report"].startswith("sha256:") or len(listed["report"]) >= 64
    network = office.registry.network()
    assert network.edge_count == 2
    assert network.meta["number"] == 1
    assert network.meta["version"] == kept["version"]
    assert network is office.registry.network()  # mapped once
    assert "add_network" in office.verbs()


def test_the_network_of_a_date(office: Office, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        office.registry.network()
    add(office, effective="2024")
    add(office, effective="2025-06-01")
    add(office, effective="2025-06-01")
    on = {
        day: office.registry.network(day).meta["number"]
        for day in ("2020-01-01", "2024-12-31", "2025-06-01", "2026-01-01")
    }
    # before the first the earliest stands; of one date the newest
    assert on == {"2020-01-01": 1, "2024-12-31": 1, "2025-06-01": 3, "2026-01-01": 3}
    office.registry.withdraw_network("planner", 3, "坐标有误")
    assert office.registry.network("2026-01-01").meta["number"] == 2
    assert (
        office.registry.network_document("planner", 3)["withdrawn"]["by"] == "planner"
    )
    with pytest.raises(StateError):
        office.registry.withdraw_network("planner", 3, "again")
    with pytest.raises(InputError):
        office.registry.withdraw_network("planner", 2, " ")
    with pytest.raises(NotFoundError):
        office.registry.withdraw_network("planner", 9, "none")
    # nor does it come back by a version that is made of it
    with pytest.raises(StateError, match="withdrawn"):
        office.registry.give_heights("planner", 3, Heights(tmp_path, "dem.tif"))


def test_heights_make_walking_slower_on_every_version_that_has_them(
    office: Office, tmp_path: Path
) -> None:
    """A street that rises 10 m in 100 m, uphill to the east."""
    registry = office.registry
    level = add(office)
    raster = slope(tmp_path / "dem.tif", (X, Y, X + 0.01, Y + 0.001), per_degree=8650)
    made = registry.give_heights("planner", 1, Heights(raster, "地形.tif"))
    assert made["number"] == 2
    assert made["version"] == level["version"]  # the same streets
    assert made["heights"]["name"] == "地形.tif"
    assert made["heights"]["missing"] == 0
    written = list(registry.store.journal())[-1]
    assert written.detail["heights"] == "地形.tif"
    steep = registry.network()
    assert steep.meta["heights"]["digest"]
    flat = registry.stored_network("planner", 1)
    assert flat.climb is None
    assert "heights" not in flat.meta
    up, down = steep.graph().ahead_s, steep.graph().back_s
    assert (up / flat.graph().ahead_s).min() == pytest.approx(np.exp(0.35), rel=0.03)
    assert (down < up).all()
    driven = steep.graph(mode="drive").ahead_s
    assert (driven == flat.graph(mode="drive").ahead_s).all()
    registry.draw_network_lines("planner", [LINK], base=0)
    amended = registry.amend_network("planner", 2)
    assert amended["heights"]["name"] == "地形.tif"
    climb = registry.network().climb
    assert climb is not None
    assert len(climb.ahead) == 5
    with pytest.raises(QuhuaError, match="cannot be read"):
        registry.give_heights("planner", 1, Heights(broken(tmp_path), "x.tif"))


def broken(folder: Path) -> Path:
    path = folder / "broken.tif"
    path.write_bytes(b"II*\x00" + b"\x07" * 300)
    return path


def test_lines_are_versions_and_make_a_network(office: Office) -> None:
    add(office)
    registry = office.registry
    assert registry.network_lines("planner")["number"] == 0
    drawn = registry.draw_network_lines("planner", [LINK], base=0, note="人行天桥")
    assert drawn["number"] == 1
    made = registry.amend_network("planner", 1)
    assert made["number"] == 2
    assert made["parts"] == 1
    assert made["lines"] == 1
    assert registry.network().edge_count == 5
    with pytest.raises(StateError):
        registry.amend_network("planner", 2)
    with pytest.raises(ConflictError):
        registry.draw_network_lines("planner", [], base=0)
    registry.draw_network_lines("planner", [], base=1)
    back = registry.amend_network("planner", 2)  # made of the network without lines
    assert back["version"] == registry.network_document("planner", 1)["version"]
    assert registry.network_lines("planner", 1)["lines"][0]["kind"] == "link"
    assert office.verbs().count("draw_network") == 2


def test_lines_are_worked_into_what_comes_later(office: Office) -> None:
    far = {"kind": "link", "points": [[X + 1, Y], [X + 1, Y + 0.001]]}
    office.registry.draw_network_lines("planner", [far, LINK], base=0)
    kept = add(office)
    assert kept["parts"] == 1
    assert [left["line"] for left in kept["report"]["lines_left"]] == [1]
    assert "50" in kept["report"]["lines_left"][0]["why"]["zh"]
    assert add(office, lines=False)["parts"] == 2


@pytest.mark.parametrize(
    "line", [{"kind": "wall", "points": []}, {"points": [[1, 2], [3, 4]]}]
)
def test_what_is_no_line_is_not_kept(office: Office, line: Any) -> None:
    with pytest.raises(InputError):
        office.registry.draw_network_lines("planner", [LINK, line], base=0)
    assert office.registry.network_lines("planner")["number"] == 0


def test_who_may(office: Office) -> None:
    for actor in ("zhao", "chen", "viewer"):
        with pytest.raises(ForbiddenError):
            add(office, actor)
        with pytest.raises(ForbiddenError):
            office.registry.draw_network_lines(actor, [], base=0)
        with pytest.raises(ForbiddenError):
            office.registry.withdraw_network(actor, 1, "no")
    with pytest.raises(ForbiddenError):
        office.registry.networks("viewer")
    assert office.registry.networks("zhao") == []


def test_how_much_of_the_units_has_streets_near(office: Office) -> None:
    office.commit()
    office.registry.publish("chen", 1)
    units = office.registry.store.snapshot("divisions", at=1)
    west, south, east, north = units.total_bounds
    lines = [[(west, south), (west, north)], [(west, north), (east, north)]]
    network, _ = build(streets_of(lines))
    kept = office.registry.add_network("planner", network)
    said = kept["report"]["completeness"]
    assert said["units"] >= 1
    assert 0 <= said["served_share"] < 1
    assert "网" in said["method"]["zh"]


def test_a_damaged_network_is_not_used(office: Office) -> None:
    kept = add(office)
    path = office.registry.store.blob_path(kept["blob"])
    assert path is not None
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(QuhuaError):
        office.registry.network()


def test_arrays_come_back_as_they_went(office: Office) -> None:
    network, _ = build(streets_of(ROWS))
    office.registry.add_network("planner", network)
    found = office.registry.network()
    assert np.array_equal(found.coords, network.coords)
    assert np.array_equal(found.length_m, network.length_m)


def test_naming_networks_of_many_years_opens_each_of_them_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geodata.network import keeping

    years = [str(2020 + at) for at in range(5)]
    for year in years:
        add(office, effective=year)
    monkeypatch.setattr(module, "_loaded", Recent(3))
    opened_files: list[Any] = []
    load = keeping.load
    monkeypatch.setattr(
        keeping, "load", lambda path: opened_files.append(path) or load(path)
    )
    for _ in range(3):
        told = [office.registry.network_words(f"{year}-06-30") for year in years]
    assert [each["effective"] for each in told] == years
    assert [each["number"] for each in told] == list(range(1, len(years) + 1))
    assert len(opened_files) == len(years)


def test_a_store_that_keeps_content_itself_lends_a_copy(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(office)
    store = office.registry.store
    monkeypatch.setattr(type(store), "blob_path", lambda *_: None)
    assert office.registry.network().edge_count == 2
    monkeypatch.setattr(module, "_loaded", Recent(3))
    assert office.registry.network().edge_count == 2  # from the copy


def test_two_processes_copy_the_same_network_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One begins, the other begins and ends, the first ends: both have it whole."""
    add(office)
    store = office.registry.store
    monkeypatch.setattr(type(store), "blob_path", lambda *_: None)
    copy, others = shutil.copyfileobj, []

    def slow(source: Any, target: Any) -> None:
        target.write(source.read(64))
        if not others:
            others.append(None)
            others[0] = office.registry.network().edge_count
        copy(source, target)

    monkeypatch.setattr(shutil, "copyfileobj", slow)
    assert office.registry.network().edge_count == 2
    assert others == [2]


def test_the_network_of_today(office: Office) -> None:
    assert office.registry.current_network("planner") is None
    add(office, effective="2020")
    add(office, effective="2999")
    current = office.registry.current_network("planner")
    assert current is not None
    assert current["number"] == 1
