"""A network in one file: as it was, or refused."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.errors import FileRefusedError
from geodata.network.graph import ARRAYS
from geodata.network.keeping import digest_of, is_one, load, save
from tests.support.streets import town

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    network, path = town(), tmp_path / "town.qnet"
    version = save(network, path)
    again = load(path)
    for name in ARRAYS:
        assert np.array_equal(getattr(network, name), getattr(again, name))
        assert not getattr(again, name).flags.owndata  # mapped, not copied
    assert again.crs == network.crs
    assert again.meta["version"] == version == digest_of(again)
    assert is_one(path)


def test_every_damage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "town.qnet"
    save(town(), path)
    whole = path.read_bytes()
    begin = len(whole) // 2
    broken = {
        "empty": b"",
        "cut": whole[:-64],
        "longer": whole + b"\0" * 64,
        "flipped": whole[:begin] + bytes([whole[begin] ^ 1]) + whole[begin + 1 :],
        "other": b"PK\x03\x04" + whole[4:],
        "head": whole[:12] + struct.pack("<I", 1 << 31) + whole[16:],
    }
    for name, content in broken.items():
        path.write_bytes(content)
        with pytest.raises(FileRefusedError) as caught:
            load(path)
        assert caught.value.code == "network_file", name
    with pytest.raises(FileRefusedError):
        load(tmp_path / "none.qnet")


@pytest.mark.parametrize(
    ("array", "place", "value"),
    [("head", 0, 10_000), ("tail", 3, -5), ("offsets", 1, 0), ("kind", 0, 9),
     ("length_m", 0, float("nan")), ("length_m", 0, -1.0), ("nodes", 0, np.inf),
     ("coords", 0, 1e300), ("nodes", 1, float("nan"))],
)  # fmt: skip
def test_arrays_that_would_lead_astray_are_refused(
    tmp_path: Path, array: str, place: int, value: float
) -> None:
    from dataclasses import replace

    network = town()
    changed = getattr(network, array).copy()
    changed.reshape(-1)[place] = value
    path = tmp_path / "bad.qnet"
    save(replace(network, **{array: changed}), path)  # with a digest that fits
    with pytest.raises(FileRefusedError):
        load(path)


@pytest.mark.parametrize(
    "crs", ["", "EPSG:4490", "EPSG:2225", "EPSG:999999", "EPSG:-1", "EPSG:٤٥٤٩",
            "+proj=pipeline +step +proj=unitconvert", "/etc/hostname"]
)  # fmt: skip
def test_only_a_plane_of_metres_is_taken(tmp_path: Path, crs: str) -> None:
    from dataclasses import replace

    path = tmp_path / "elsewhere.qnet"
    save(replace(town(), crs=crs), path)
    with pytest.raises(FileRefusedError):
        load(path)


def test_a_head_that_lies_about_places_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "town.qnet"
    save(town(), path)
    content = path.read_bytes()
    size = struct.unpack("<I", content[12:16])[0]
    head = json.loads(content[16 : 16 + size])
    for change in ({"at": -64}, {"rows": 1 << 40}, {"rows": -1}):
        lied = {**head, "arrays": {**head["arrays"]}}
        lied["arrays"]["nodes"] = {**head["arrays"]["nodes"], **change}
        text = json.dumps(lied).encode()
        lead = 16 + len(text)
        body = content[16 + size + -(16 + size) % 64 :]
        path.write_bytes(
            content[:12] + struct.pack("<I", len(text)) + text + b"\0" * (-lead % 64)
            + body
        )  # fmt: skip
        with pytest.raises(FileRefusedError):
            load(path)
