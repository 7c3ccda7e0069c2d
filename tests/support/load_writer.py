"""One writer of a load test: moves borders through the registry, and says what held.

``python -m tests.support.load_writer STORE NAME SEED SECONDS``; one JSON line a verb:
``{"verb", "ms", "ok", "codes", "version"}``. Checking is asked of the worker, as it
is of a deployed server; between two verbs a person looks.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import geopandas as gpd
import shapely

from boundaries.registry import Registry, open_registry
from geodata.errors import QuhuaError, StateError, Text

COLUMNS = 8
"""Cells in a row of the layer that is written to."""
DISTRICTS = 20
"""So many codes of a prefecture are for districts, the next ones for counties."""
THINKS_S = (1.0, 2.0)
CHECK_S = 30.0
SIDE = 0.1
WEST, SOUTH = 117.0, 39.0


def code(column: int, row: int) -> str:
    """Return the code of a cell."""
    return f"1201{row * COLUMNS + column + 1:02}"


def kind(column: int, row: int) -> str:
    """Return the kind of a cell, as its code says."""
    return "district" if row * COLUMNS + column < DISTRICTS else "county"


def between(left: float, right: float, row: int) -> shapely.Polygon:
    """Return a cell between two meridians; rows lie apart, so no corner is shared."""
    south = SOUTH + 2 * row * SIDE
    return shapely.box(left, south, right, south + SIDE)


class Writer:
    """Stages, submits and has approved one moved border after the other."""

    def __init__(self, registry: Registry, name: str, seed: int, rows: int) -> None:
        self.registry = registry
        self.name = name
        self.rows = rows
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def once(self) -> None:
        """Move one border between two neighbours of one row."""
        row = self.random.randrange(self.rows)
        column = self.random.randrange(COLUMNS - 1)
        codes = [code(column, row), code(column + 1, row)]
        seen = self.registry.store.snapshot("divisions", keys=codes)
        west = seen.geometry[codes[0]].bounds[0]
        east = seen.geometry[codes[1]].bounds[2]
        middle = round(west + (east - west) * self.random.uniform(0.45, 0.55), 6)
        shapes = [between(west, middle, row), between(middle, east, row)]
        frame = gpd.GeoDataFrame(
            seen.loc[codes].drop(columns="geometry"), geometry=shapes, crs="EPSG:4490"
        )
        staged = self.verb("stage", codes, lambda: self.stage(frame))
        if staged is None:
            return
        draft = staged["id"]
        self.verb("check", codes, lambda: self.checked(self.name, draft))
        self.think()
        if self.verb("submit", codes, lambda: self.submit(draft)) is None:
            return
        self.think()
        document = self.registry.draft("manager", draft)
        if not self.registry.is_checked(document):  # as the page does: ask first
            self.verb("check", codes, lambda: self.checked("manager", draft))
        self.verb("approve", codes, lambda: self.registry.approve("manager", draft))

    def think(self) -> None:
        """Look at what came of it, as a person does."""
        time.sleep(self.random.uniform(*THINKS_S))

    def checked(self, actor: str, draft: str) -> Any:
        """Have the worker check a draft, and wait until it has."""
        job = self.registry.start_job(actor, "check", draft, {})
        until = time.monotonic() + CHECK_S
        while job["open"] and time.monotonic() < until:
            time.sleep(0.05)
            job = self.registry.job(actor, job["id"])
        if job["state"] != "done":
            raise StateError(Text("检查未完成", "not checked"), code=job["state"])
        return job

    def stage(self, frame: gpd.GeoDataFrame) -> Any:
        """Stage the two cells as they are to be from a day on."""
        return self.registry.stage(
            self.name, frame, effective="2026-01-01", basis="一", title="移动"
        )

    def submit(self, draft: str) -> Any:
        """Submit a draft."""
        return self.registry.submit(self.name, draft)

    def verb(self, verb: str, codes: list[str], work: Any) -> Any:
        """Do one verb and say how long it took and whether it was acknowledged."""
        began = time.perf_counter()
        try:
            done = work()
        except QuhuaError as error:
            self.say(verb, began, codes, ok=False, why=error.code)
            return None
        version = done.get("version") if isinstance(done, dict) else None
        self.say(verb, began, codes, ok=True, version=version)
        return done

    def say(self, verb: str, began: float, codes: list[str], **more: Any) -> None:
        """Print one line, at once."""
        ms = (time.perf_counter() - began) * 1000
        print(json.dumps({"verb": verb, "ms": ms, "codes": codes, **more}), flush=True)  # noqa: T201


def main() -> None:
    """Wait for a line on standard input, then write for so many seconds."""
    store, name, seed, seconds, rows = sys.argv[1:6]
    writer = Writer(open_registry(store), name, int(seed), int(rows))
    print(json.dumps({"verb": "ready"}), flush=True)  # noqa: T201
    sys.stdin.readline()
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        writer.once()
        writer.think()


if __name__ == "__main__":
    main()
