"""A process that writes to a store and says what was acknowledged, and when.

Run by the crash and concurrency tests; every line on the pipe is written after
the block that made it true has returned.
"""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geodata.errors import StoreError
from geodata.store import open_store
from geodata.store.changes import ChangeSet

if TYPE_CHECKING:
    from geodata.store.sql import SqlStore


def write_until_killed(
    url: str, name: str, pipe: int, *, limit: int | None = None
) -> None:
    """Write mixed things; after each, one JSON line into ``pipe``.

    The process ends without closing anything, as a killed one: with 0 when it
    was done, 3 when the server went away, 4 when it was refused otherwise.
    """
    try:
        _write(open_store(url), url, name, pipe, limit)
    except StoreError as error:
        os._exit(3 if error.code == "unreachable" else 4)
    os._exit(0)


def _write(store: SqlStore, url: str, name: str, pipe: int, limit: int | None) -> None:
    counter = itertools.count() if limit is None else range(limit)
    for number in counter:
        acknowledged = one_write(store, name, number)
        wal = url.removeprefix("sqlite:///") + "-wal"
        if os.path.exists(wal):  # noqa: PTH110 - quick, and no handle is opened
            acknowledged["wal"] = os.stat(wal).st_size  # noqa: PTH116 - the same
        os.write(pipe, (json.dumps(acknowledged) + "\n").encode())


def one_write(store: SqlStore, name: str, number: int) -> dict[str, Any]:
    """Do the write of one turn: a version, an attachment, a draft or a note."""
    said: dict[str, Any] = {"name": name, "number": number}
    with store.write(lock=[name]) as transaction:
        transaction.put("counter", name, {"number": number})
        kind = number % 4
        if kind == 0:
            version = transaction.commit(
                square(name, number), author="zhang", approver="li", basis="1"
            )
            transaction.tag("published/zones", version.number)
            said |= {"version": version.number, "digest": version.digest}
        elif kind == 1:
            content = f"{name} {number} ".encode() * 200
            said["blob"] = transaction.put_blob(content)
        elif kind == 2:
            transaction.stage(f"{name}-{number}", square(name, number))
            said["draft"] = f"{name}-{number}"
        entry = transaction.append(
            actor=name, account="root", verb="write", subject=str(number)
        )
        said |= {"seq": entry.seq, "link": entry.digest}
    return said


def square(name: str, number: int) -> ChangeSet:
    """Return the addition of one far-off square no other write touches."""
    key = f"{name}-{number}"
    west, south = (hash_of(key) % 340) - 170, (hash_of(key[::-1]) % 160) - 80
    shape = shapely.box(west, south, west + 0.001, south + 0.001)
    new = gpd.GeoDataFrame(
        {"code": [key]}, geometry=[shape], crs="EPSG:4490", index=[key]
    )
    return ChangeSet("zones", 1_000_000, "2016", new.iloc[:0], new)


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return int.from_bytes(text.encode(), "big") * 2654435761 % 2**32


def missing(store: SqlStore, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the acknowledged writes a store does not hold, all of each."""
    links = {entry.seq: entry.digest for entry in store.journal()}
    versions = {version.number: version.digest for version in store.versions()}
    lost = []
    for line in said:
        held = links.get(line["seq"]) == line["link"]
        if "version" in line:
            held &= versions.get(line["version"]) == line["digest"]
        if "blob" in line:
            held &= len(store.blob(line["blob"])) > 0
        if "draft" in line:
            held &= len(store.staged(line["draft"])) == 1
        counter = store.get("counter", line["name"])
        held &= counter is not None and counter["number"] >= line["number"]
        if not held:
            lost.append(line)
    return lost


def lines_in(content: bytes) -> list[dict[str, Any]]:
    """Return what a process said; a half line is no acknowledgement."""
    whole = content.rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines()]
