"""The scipy way of ``quhua reach``: one script of arrays, scipy, shapely, geopandas.

usage: scipy_reach.py NETWORK FACILITIES OUT

Reads the same files and writes the same figures; what quhua checks, it believes.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

LIMIT_S, WIDTH_M, FARTHEST_M = 900.0, 50.0, 300.0
KINDS = {
    "nodes": "f8", "tail": "i4", "head": "i4", "length_m": "f8", "delay_s": "f8",
    "kind": "i1", "coords": "f8", "offsets": "i8",
}  # fmt: skip


def arrays(path: str) -> tuple[dict, str]:
    raw = Path(path).read_bytes()
    size = struct.unpack_from("<8sII", raw)[2]
    head = json.loads(raw[16 : 16 + size])
    begin = -(-(16 + size) // 64) * 64
    found = {}
    for name, kind in KINDS.items():
        place, wide = head["arrays"][name], 2 if name in ("nodes", "coords") else 1
        array = np.frombuffer(raw, kind, place["rows"] * wide, begin + place["at"])
        found[name] = array.reshape(-1, 2) if wide == 2 else array
    return found, head["crs"]


def main() -> None:
    of, crs = arrays(sys.argv[1])
    tail, head, count = of["tail"], of["head"], len(of["nodes"])
    use = of["kind"] < 2
    seconds = np.where(use, of["length_m"] + of["delay_s"], np.inf)
    lines = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, of["coords"], (of["offsets"],)
    )
    table = pd.read_csv(sys.argv[2])
    sites = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326).to_crs(crs)
    which, near = shapely.STRtree(lines[use]).query_nearest(
        sites.to_numpy(), max_distance=FARTHEST_M, all_matches=False
    )
    edge, place = np.flatnonzero(use)[near], sites.to_numpy()[which]
    share = shapely.line_locate_point(lines[edge], place, normalized=True)
    snap = shapely.distance(lines[edge], place)
    site = count + np.arange(len(which))  # facilities enter as further nodes
    onto = seconds[edge]
    rows = np.concatenate([tail[use], head[use], site, site])
    columns = np.concatenate([head[use], tail[use], tail[edge], head[edge]])
    cost = np.concatenate(
        [seconds[use], seconds[use], onto * share + snap, onto * (1 - share) + snap]
    )
    order = np.lexsort((cost, columns, rows))
    order = order[rows[order] != columns[order]]
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0)
    order = order[first]
    graph = csr_array(
        (np.maximum(cost[order], 1e-9), (rows[order], columns[order])),
        shape=(count + len(site),) * 2,
    )
    found = []
    for at, start in enumerate(site):
        far = dijkstra(graph, indices=start, limit=LIMIT_S)[:count]
        touched = np.flatnonzero(use & (np.minimum(far[tail], far[head]) < np.inf))
        ahead = ((LIMIT_S - far[tail[touched]]) / seconds[touched]).clip(0, 1)
        back = ((LIMIT_S - far[head[touched]]) / seconds[touched]).clip(0, 1)
        whole = ahead + back >= 1
        one, two = ~whole & (ahead > 0), ~whole & (back > 0)
        parts = [
            *lines[touched[whole]],
            *(substring(line, 0, part, normalized=True)
              for line, part in zip(lines[touched[one]], ahead[one], strict=True)),
            *(substring(line, 1 - part, 1, normalized=True)
              for line, part in zip(lines[touched[two]], back[two], strict=True)),
        ]  # fmt: skip
        length = of["length_m"][touched] * np.minimum(ahead + back, 1)
        found.append({
            "id": str(table["id"][which[at]]), "snap_m": snap[at],
            "reached_nodes": int(np.isfinite(far).sum()),
            "reached_length_m": length.sum(),
            "geometry": shapely.union_all(shapely.buffer(parts, WIDTH_M, quad_segs=4)),
        })  # fmt: skip
    frame = gpd.GeoDataFrame(found, crs=crs)
    frame["area_m2"] = frame.area
    union = {"area_m2": frame.union_all().area}
    frame.to_crs(4326).to_file(sys.argv[3])
    told = frame.drop(columns="geometry").to_dict("records")
    print(json.dumps({"facilities": told, "union": union}, default=float))  # noqa: T201


if __name__ == "__main__":
    main()
