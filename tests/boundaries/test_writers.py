"""Eight writers at once: no acknowledged write lost, none told "locked".

The history checker looks only at what was acknowledged and at what is there.
"""

from __future__ import annotations

import multiprocessing
import threading
import traceback
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pytest
import shapely

from boundaries.registry import Registry, open_registry
from geodata import crs
from tests.support.registries import Office

WRITERS = 8


@dataclass(frozen=True)
class Ack:
    """One write somebody was told is done."""

    writer: int
    name: str
    version: int


def code(writer: int) -> str:
    """Return the code of the street a writer looks after."""
    return f"120101{writer + 1:03d}"


def territory(names: dict[int, str]) -> gpd.GeoDataFrame:
    """Return the streets of ``names``, side by side."""
    boxes = [shapely.box(117 + w * 0.01, 39, 117.01 + w * 0.01, 39.01) for w in names]
    return gpd.GeoDataFrame(
        {"code": [code(w) for w in names], "name": list(names.values())},
        geometry=boxes,
        crs=crs.STORAGE,
    )


def write(registry: Registry, writer: int, rounds: int) -> list[Ack]:
    """Rename one street again and again, each time through the whole review."""
    done = []
    letters = "东西南北中上下前后左右"
    for turn in range(rounds):
        name = f"{letters[writer]}{letters[turn]}街道"
        frame = territory({writer: name})
        draft = registry.stage("zhao", frame, effective=f"{2001 + turn}")["id"]
        registry.submit("zhao", draft)
        version = registry.approve("chen", draft)["version"]
        done.append(Ack(writer, name, version))
    return done


def work(url: str, writer: int, rounds: int, answers: Any) -> None:
    """Be one process."""
    try:
        registry = open_registry(url)
        answers.put((writer, write(registry, writer, rounds), None))
        registry.close()
    except BaseException:
        answers.put((writer, [], traceback.format_exc()))
        raise


def first(office: Office) -> None:
    """Commit the territory everybody then works on."""
    names = {w: f"{'甲乙丙丁戊己庚辛'[w]}街道" for w in range(WRITERS)}
    draft = office.registry.stage("zhao", territory(names), effective="2000")["id"]
    office.approve(draft)


def check(office: Office, acks: list[Ack], rounds: int) -> None:
    """Hold what was acknowledged against what is there."""
    store = office.registry.store
    assert len(acks) == WRITERS * rounds
    assert len({ack.version for ack in acks}) == len(acks)
    assert store.head("divisions") == len(acks) + 1
    for ack in acks:
        kept = store.snapshot("divisions", at=ack.version, keys=[code(ack.writer)])
        assert kept["name"].tolist() == [ack.name]
        assert store.version(ack.version).doc["draft"]
    last = {ack.writer: ack for ack in sorted(acks, key=lambda ack: ack.version)}
    now = store.snapshot("divisions")
    assert {w: now.loc[code(w), "name"] for w in last} == {
        w: ack.name for w, ack in last.items()
    }
    verbs = [entry.verb for entry in store.journal()]
    assert verbs.count("approve") == len(acks) + 1
    assert [entry.seq for entry in store.journal()] == list(range(1, len(verbs) + 1))
    assert store.verify() == []


@pytest.mark.slow
def test_eight_processes(desk_anywhere: Office, full_size: bool) -> None:
    rounds = 8 if full_size else 1
    first(desk_anywhere)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    url = desk_anywhere.registry.store.url
    workers = [
        context.Process(target=work, args=(url, writer, rounds, answers))
        for writer in range(WRITERS)
    ]
    for worker in workers:
        worker.start()
    told = [answers.get(timeout=240) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert [error for _, _, error in told if error] == []
    check(desk_anywhere, [ack for _, acks, _ in told for ack in acks], rounds)


def test_eight_threads_of_one_server(desk_anywhere: Office) -> None:
    rounds = 1
    first(desk_anywhere)
    acks: list[Ack] = []
    errors: list[str] = []

    def run(writer: int) -> None:
        try:
            acks.extend(write(desk_anywhere.registry, writer, rounds))
        except Exception:  # noqa: BLE001 - told to the test
            errors.append(traceback.format_exc())

    threads = [threading.Thread(target=run, args=(w,)) for w in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert errors == []
    check(desk_anywhere, acks, rounds)


def test_two_who_approve_overlapping_ground(desk_anywhere: Office) -> None:
    """I6: neither of two drafts overlaps what is there, both together would."""
    first(desk_anywhere)
    registry = desk_anywhere.registry
    free = shapely.box(117.0, 39.01, 117.04, 39.02)
    drafts: list[str] = []
    for writer in (20, 21):
        frame = territory({writer: f"新{'一二'[writer - 20]}街道"}).set_geometry([free])
        draft = registry.stage("zhao", frame.set_crs(crs.STORAGE), effective="2001")
        registry.submit("zhao", draft["id"])
        drafts.append(draft["id"])
    outcomes: list[str] = []

    def approve(draft: str) -> None:
        try:
            registry.approve("chen", draft)
            outcomes.append("approved")
        except Exception as error:  # noqa: BLE001 - told to the test
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=approve, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes)[1] == "approved"
    assert sorted(outcomes)[0] in {"StateError", "ConflictError"}
    assert len(registry.store.versions("divisions")) == 2
