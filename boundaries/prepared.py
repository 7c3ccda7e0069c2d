"""States of a published version drawn ahead and kept beside their tiles.

The job that publishes draws the state that opens before the tag moves, in its own
process; the server that answers requests only reads what is here, and draws what it
does not find. All of it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import math
import shutil
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries.states import PREFIXES, Box, State, state
from geodata.files.atomic import replacing
from geodata.tiles import coverage_tiles
from geodata.tiles.folders import FULL_ZOOM, tiles_over, valid_digest
from geodata.tiles.pyramid import FORMAT, TILE_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from geodata.store.changes import Version
    from geodata.store.protocol import Reader

log = logging.getLogger(__name__)

INDEX = "states"
"""Folder beside the tiles: which tiles show which date of which version."""
PREBUILT_TILES = 600
"""Tiles of one zoom made in advance at most; deeper ones when first looked at."""
KEPT = "2"
"""Part of the names of what is kept: change it when a state is made otherwise."""
_FRAME, _EDGES, _SAID = "state.parquet", "neighbours.parquet", "state.json"
_WORDS = "extra"


def opening(dates: Sequence[str]) -> str | None:
    """Return the date that opens: the newest that has come, else the first.

    What is published for a later day is not in force yet; it is what opens only
    when there is nothing else.
    """
    today = dt.datetime.now(dt.UTC).astimezone().date().isoformat()
    begun = [item for item in dates if item <= today]
    return begun[-1] if begun else next(iter(dates), None)


def prepare(store: Reader, number: int, layer: str, cache: Path) -> State | None:
    """Draw the state that opens when a version is published, and keep it.

    Done again after a crash it draws what is missing; tiles are named by what
    they show, so a version nobody publishes costs the disk and nothing else.
    """
    version = store.version(number, layer)
    date = opening(store.dates(layer, at=number))
    if date is None:
        return None
    before = kept(cache, version, date)
    found = before or state(
        store.snapshot(layer, at=number, valid_on=date), date, cache, {}
    )
    zooms = [] if found.box is None else ahead(found.box)
    try:
        if found.box is not None:
            draw(found, found.box, zooms)
        keep(cache, version, found, zooms)
    except Exception:
        if before is None:  # on a full disk what follows needs the room
            shutil.rmtree(cache / found.digest, ignore_errors=True)
        raise
    return found


def keep(cache: Path, version: Version, found: State, zooms: Sequence[int]) -> None:
    """Keep a state whose tiles are all made at some zooms; named last."""
    folder = cache / found.digest
    lost = found.tiles.lost or any(one.lost for one in found.tiles.levels.values())
    _complete(found, () if lost else zooms)
    folder.mkdir(parents=True, exist_ok=True)
    words = [json.dumps(each, ensure_ascii=False) for each in found.frame[_WORDS]]
    with replacing(folder / _FRAME) as work:
        found.frame.assign(**{_WORDS: words}).to_parquet(work)
    with replacing(folder / _EDGES) as work:
        found.neighbours.to_parquet(work)
    said = {
        "date": found.date,
        "digest": found.digest,
        "box": found.box,
        "levels": list(found.levels.items()),
        "ranks": list(found.ranks),
        "objects": [
            str(name)
            for made in (found.frame, found.neighbours)
            for name in made.columns[
                [kind == "object" for kind in map(str, made.dtypes)]
            ]
        ],
        "complete": sorted(found.tiles.complete),
    }
    for path in (folder / _SAID, _entry(cache, version, found.date)):
        with replacing(path) as work:
            work.write_text(json.dumps(said))


def draw(found: State, box: Box, zooms: Iterable[int]) -> None:
    """Make the tiles of these zooms, of all levels and of each that they leave out."""
    zooms = list(zooms)
    found.tiles.prebuild(box, zooms, margin=1)
    for level, one in found.tiles.levels.items():
        one.prebuild(box, _left_out(found, level, zooms), margin=1)


def _left_out(found: State, level: int, zooms: Iterable[int]) -> list[int]:
    """Return the zooms at which a level is not among the tiles of all."""
    top = min(found.levels)
    return [z for z in zooms if level != top and z < found.levels[level]]


def _complete(found: State, zooms: Iterable[int]) -> None:
    """Note the zooms of which every tile is made."""
    found.tiles.complete = frozenset(zooms)
    for level, one in found.tiles.levels.items():
        one.complete = frozenset(_left_out(found, level, found.tiles.complete))


def kept(cache: Path, version: Version, date: str) -> State | None:
    """Return a state that was kept, None where there is none or it is damaged."""
    try:
        entry = json.loads(_entry(cache, version, date).read_text())
        if not valid_digest(entry["digest"]):
            return None
        folder = cache / entry["digest"]
        said = json.loads((folder / _SAID).read_text())
        frame = gpd.read_parquet(folder / _FRAME)
        edges = pd.read_parquet(folder / _EDGES)
        return _state(folder, said | {"date": date}, frame, edges)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the kept state of %s cannot be read: %s", date, error)
        return None


def sweep_index(cache: Path) -> None:
    """Forget entries whose tiles are gone."""
    for path in (cache / INDEX).glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            digest = str(json.loads(path.read_text())["digest"])
            if not (cache / digest).is_dir():
                path.unlink()


def ahead(box: Box) -> list[int]:
    """Return the zooms whose tiles are made in advance."""
    first = first_seen(box)
    zooms = list(first)
    for zoom in range(max(first) + 1, FULL_ZOOM):
        if len(tiles_over(box, zoom)) > PREBUILT_TILES:
            break
        zooms.append(zoom)
    return zooms


def first_seen(box: Box) -> tuple[int, ...]:
    """Return the tile zooms at which a page opens on this box, phone to desktop."""
    west, south, east, north = box
    widest = max(
        east - west, (north - south) / math.cos(math.radians((north + south) / 2))
    )
    zooms = {
        round(math.log2(pixels * 360 / TILE_PIXELS / max(widest, 1e-6)))
        for pixels in (360, 700, 1000)
    }
    return tuple(sorted({min(max(zoom, 0), FULL_ZOOM) for zoom in zooms}))


def _state(
    folder: Path, said: dict[str, Any], frame: gpd.GeoDataFrame, edges: pd.DataFrame
) -> State:
    extra = [json.loads(each) for each in frame[_WORDS]]
    frame = frame.assign(**{_WORDS: pd.Series(extra, index=frame.index, dtype=object)})
    frame = gpd.GeoDataFrame(_objects(frame, said["objects"]))
    edges = _objects(edges, said["objects"])
    tiles = coverage_tiles(frame, folder, prefixes=PREFIXES)
    box = said["box"]
    made = State(
        said["date"],
        said["digest"],
        frame,
        edges,
        tiles,
        None if box is None else (box[0], box[1], box[2], box[3]),
        {int(level): int(zoom) for level, zoom in said["levels"]},
        tuple(said["ranks"]),
    )
    _complete(made, said["complete"])
    return made


def _objects(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return text as a snapshot has it: plain strings, missing as None."""
    plain: dict[str, Any] = {}
    for name in names:
        if name not in frame or not isinstance(frame[name].dtype, pd.StringDtype):
            continue
        values = frame[name].astype(object)
        plain[name] = values.where(values.notna(), None)
    index = frame.index
    if pd.api.types.is_string_dtype(index.dtype):
        index = pd.Index(index.to_numpy(object), name=index.name, dtype=object)
    return frame.assign(**plain).set_axis(index, axis=0)


def _entry(cache: Path, version: Version, date: str) -> Path:
    named = version.digest.rpartition(":")[2][:24]
    return cache / INDEX / f"{named}-{date}-{FORMAT}.{KEPT}.json"
