"""One step of the snapshot benchmark, in a process of its own (for its memory)."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import geopandas as gpd

from geodata.store import open_store
from geodata.store.changes import Field, LayerSchema
from geodata.store.diffing import changes_between

AREAS = LayerSchema(
    "areas",
    "code",
    "MultiPolygon",
    (Field("code", "text", required=True), Field("district", "text")),
)
ROUNDS = 5


def write(source: Path, folder: Path) -> None:
    """Make three versions: all, all changed, every second one changed again."""
    frame = (
        gpd.read_parquet(source)
        .rename(columns={"OA11CD": "code", "LAD11CD": "district"})
        .to_crs("EPSG:4490")
        .set_index("code", drop=False)
    )
    frame.to_file(folder / "areas.gpkg", index=False)
    store = open_store(str(folder / "areas.sqlite"), create=True, layers=[AREAS])
    versions = [
        (frame, "2011"),
        (frame.assign(district=frame["district"] + "-2016"), "2016"),
        (frame.iloc[::2].assign(district="2018"), "2018"),
    ]
    for version, effective in versions:
        changes = changes_between(
            store.snapshot("areas"),
            version,
            layer="areas",
            base=store.head("areas"),
            effective=effective,
        )
        with store.write() as transaction:
            transaction.commit(changes, author="a", approver="b", basis="c")
    store.close()


def timed(read) -> None:
    """Print the seconds of each round, the rows and the peak memory."""
    seconds, rows = [], 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        rows = len(read())
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    sys.stdout.write(json.dumps({"seconds": seconds, "rows": rows, "peak_mb": peak}))


def main() -> None:
    """Do the step named on the command line."""
    step, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if step == "write":
        write(source, folder)
    elif step == "file":
        timed(lambda: gpd.read_file(folder / "areas.gpkg", use_arrow=False))
    else:
        store = open_store(str(folder / "areas.sqlite"))
        timed(lambda: store.snapshot("areas", valid_on="2012-06-01"))
        store.close()


if __name__ == "__main__":
    main()
