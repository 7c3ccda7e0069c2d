"""A network as one file: a short head in JSON, then the arrays as they are in memory.

The arrays can be mapped, so several processes share one copy. The head says what is
where and carries the digest of the arrays; a file that is damaged, or made to harm,
is refused before any array is used.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

from geodata.errors import FileRefusedError, Text
from geodata.files.atomic import replacing
from geodata.network.graph import ARRAYS, STREET, VEHICLE, WALK, Network

MAGIC = b"QUHUANET"
FORMAT = 1
_ALIGN = 64
_HEAD = struct.Struct("<8sII")
_MOST_HEAD = 4 << 20
_WIDE = frozenset({"nodes", "coords"})
_FARTHEST = 1e8
"""Metres: no plane system has a place on earth beyond this."""


def digest_of(network: Network) -> str:
    """Return the sha256 of the arrays: the network's version."""
    found = hashlib.sha256(network.crs.encode())
    for name, kind in ARRAYS.items():
        array = np.ascontiguousarray(getattr(network, name), dtype=kind)
        found.update(name.encode())
        found.update(array.data)
    return found.hexdigest()


def save(network: Network, path: str | Path) -> str:
    """Write a network; return its version, the digest of the arrays.

    The file appears whole or not at all.
    """
    arrays = {
        name: np.ascontiguousarray(getattr(network, name), dtype=kind)
        for name, kind in ARRAYS.items()
    }
    version = digest_of(network)
    at, places = 0, {}
    for name, array in arrays.items():
        places[name] = {"at": at, "rows": len(array)}
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    head = json.dumps(
        {
            "format": FORMAT,
            "version": version,
            "crs": network.crs,
            "meta": {**network.meta, "version": version},
            "arrays": places,
            "bytes": at,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()
    lead = _HEAD.size + len(head)
    with replacing(Path(path)) as made, made.open("wb") as file:
        file.write(_HEAD.pack(MAGIC, FORMAT, len(head)))
        file.write(head)
        file.write(b"\0" * (-lead % _ALIGN))
        for array in arrays.values():
            file.write(array.data)
            file.write(b"\0" * (-array.nbytes % _ALIGN))
    return version


def load(path: str | Path) -> Network:
    """Return a saved network, its arrays mapped from the file.

    Parameters
    ----------
    path
        As written by :func:`save`; it must not be changed while it is used.

    Raises
    ------
    FileRefusedError
        No network, damaged, cut off, or arrays that contradict each other.
    """
    path = Path(path)
    try:
        head, lead = _head_of(path)
        arrays = _mapped(path, head, lead)
        network = Network(
            **arrays,
            crs=str(head["crs"]),
            meta={**dict(head["meta"]), "version": str(head["version"])},
        )
        _require_sound(network)
        _require_plane(network.crs, path.name)
        _require_same(network, head["version"])
    except FileNotFoundError as error:
        raise FileRefusedError(
            Text(f"找不到路网文件 {path.name}。", f"There is no network {path.name}."),
        ) from error
    except (
        *(OSError, ValueError, KeyError, TypeError),
        *(struct.error, RecursionError, OverflowError),
    ) as error:
        raise FileRefusedError(
            Text(f"{path.name} 不是有效的路网文件，或已损坏。",
                 f"{path.name} is no network file, or is damaged."),
            Text("请用 quhua network build 重新建立。",
                 "Build it again: quhua network build."),
            code="network_file",
        ) from error  # fmt: skip
    return network


def is_one(path: str | Path) -> bool:
    """Return whether a file begins as a saved network does."""
    with Path(path).open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _head_of(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        magic, number, size = _HEAD.unpack(file.read(_HEAD.size))
        if magic != MAGIC or number != FORMAT or size > _MOST_HEAD:
            raise ValueError("head")
        head = json.loads(file.read(size))
    if not isinstance(head, dict) or set(head["arrays"]) != set(ARRAYS):
        raise ValueError("head")
    lead = _HEAD.size + size
    return head, lead + -lead % _ALIGN


def _mapped(path: Path, head: dict[str, Any], lead: int) -> dict[str, Any]:
    length = path.stat().st_size
    if length != lead + int(head["bytes"]):
        raise ValueError("length")
    with path.open("rb") as file:
        # Copied where written to: loops are compiled for arrays one may write.
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    arrays, at = {}, 0
    for name, kind in ARRAYS.items():
        place = head["arrays"][name]
        rows, columns = int(place["rows"]), 2 if name in _WIDE else 1
        size = rows * columns * np.dtype(kind).itemsize
        if rows < 0 or int(place["at"]) != at or lead + at + size > length:
            raise ValueError(name)
        array: Any = np.frombuffer(whole, kind, rows * columns, lead + at)
        arrays[name] = array.reshape(-1, 2) if columns == 2 else array
        at += -(-size // _ALIGN) * _ALIGN
    return arrays


def _require_same(network: Network, version: str) -> None:
    if digest_of(network) != version:
        raise ValueError("digest")


def _require_sound(network: Network) -> None:
    """Raise ValueError for arrays that would lead a loop out of bounds."""
    nodes, edges = network.node_count, network.edge_count
    offsets = network.offsets
    columns = (
        *(network.head, network.length_m, network.delay_s),
        *(network.oneway, network.kind),
    )
    whole = (
        edges > 0
        and all(len(column) == edges for column in columns)
        and len(offsets) == edges + 1
        and offsets[0] == 0
        and offsets[-1] == len(network.coords)
        and bool((np.diff(offsets) >= 2).all())
        and all(
            int(column.min()) >= 0 and int(column.max()) < nodes
            for column in (network.tail, network.head)
        )
        and bool(np.isin(network.kind, (WALK, STREET, VEHICLE)).all())
        and bool(np.isin(network.oneway, (-1, 0, 1)).all())
        and all(
            bool(np.isfinite(column).all() and (column >= 0).all())
            for column in (network.length_m, network.delay_s)
        )
        and all(
            bool((np.abs(column) < _FARTHEST).all())
            for column in (network.nodes, network.coords)
        )
    )
    if not whole:
        raise ValueError("arrays")


def _require_plane(crs: str, name: str) -> None:
    """Refuse coordinates that are not metres of a plane known by its number."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    kind, _, number = crs.partition(":")
    plane = kind == "EPSG" and number.isascii() and number.isdecimal()
    if plane:
        try:
            found = CRS.from_epsg(int(number))
        except ProjError as error:
            raise ValueError("crs") from error
        plane = found.is_projected and found.axis_info[0].unit_name == "metre"
    said = crs[:40]
    if not plane:
        raise FileRefusedError(
            Text(f"{name} 的坐标系（{said or '未说明'}）不是以米为单位的平面坐标系，"
                 "不能量算步行距离。",
                 f"The coordinates of {name} ({said or 'not said'}) are no metres on a "
                 "plane; walks cannot be measured."),
            Text("请用 quhua network build 由道路图层重新建立：经纬度图层会自动投影。",
                 "Build it from the road layer by quhua network build, which projects "
                 "a layer in degrees."),
            code="network_file",
        )  # fmt: skip
