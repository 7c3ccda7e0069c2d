"""Base maps: pictures out of archives, from this server only, none by default."""

from __future__ import annotations

import dataclasses
import gzip
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from boundaries.settings import Basemap
from geodata.errors import InputError
from geodata.tiles.archives import DIRECTORY, inodes, open_archive, picture
from tests.support.signed import client_as
from webmap import basemaps, create_app

if TYPE_CHECKING:
    from boundaries.registry import Registry

PNG = b"\x89PNG\r\n\x1a\n" + b"ground"


def mbtiles(path: Path, *, kind: str = "png", body: bytes = PNG) -> Path:
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE metadata (name text, value text)")
        made.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, "
            "tile_row integer, tile_data blob)"
        )
        made.execute("INSERT INTO metadata VALUES ('format', ?)", (kind,))
        # row 2 from the south at zoom 2 is row 1 from the north
        made.execute("INSERT INTO tiles VALUES (2, 3, 2, ?)", (body,))
    made.close()
    return path


def pmtiles(path: Path) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(2, 3, 1), PNG)
        header = {
            "tile_type": TileType.PNG, "tile_compression": Compression.NONE,
            "min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 10, "max_lat_e7": 10,
            "center_zoom": 2, "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        writer.finalize(header, {})
    return path


@pytest.mark.parametrize("make", [mbtiles, pmtiles])
def test_a_picture_comes_out_of_an_archive(tmp_path: Path, make: Any) -> None:
    suffix = "mbtiles" if make is mbtiles else "pmtiles"
    archive = open_archive(make(tmp_path / f"city.{suffix}"))
    assert archive.zooms == (2, 2)
    assert archive.tile(2, 3, 1) == (PNG, "image/png")
    assert archive.tile(2, 0, 0) is None
    archive.close()


@pytest.mark.parametrize("members", [1, 2])
def test_a_directory_that_swells_has_no_tile(tmp_path: Path, members: int) -> None:
    path = pmtiles(tmp_path / "bomb.pmtiles")
    packed = gzip.compress(bytes(DIRECTORY + 2))
    if members == 2:  # the first is small, the reader unpacks both
        packed = gzip.compress(bytes(20)) + packed
    body = bytearray(path.read_bytes())
    body[8:24] = struct.pack("<QQ", len(body), len(packed))  # where the root lies
    path.write_bytes(bytes(body) + packed)
    archive = open_archive(path)
    assert archive.tile(2, 3, 1) is None
    archive.close()


def test_only_pictures_come_out(tmp_path: Path) -> None:
    page = b"<html><script>alert(1)</script>"
    archive = open_archive(mbtiles(tmp_path / "a.mbtiles", body=page))
    assert archive.tile(2, 3, 1) is None
    archive.close()
    assert picture(b"RIFF\x00\x00\x00\x00WEBPxxxx") is not None
    assert picture(b"") is None


def test_what_is_no_archive_is_refused_in_words(tmp_path: Path) -> None:
    for name, content in (
        ("a.mbtiles", b"no database"), ("b.pmtiles", b"PMTiles"),
        ("c.pmtiles", b"x" * 200),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as refused:
            open_archive(tmp_path / name)
        assert name in refused.value.text("zh")
    with pytest.raises(InputError, match="vector"):
        open_archive(mbtiles(tmp_path / "v.mbtiles", kind="pbf"))


def test_the_live_store_is_never_opened(moved: Registry, tmp_path: Path) -> None:
    live = Path(moved.store.url.removeprefix("sqlite:///"))
    (tmp_path / "maps").mkdir()
    link = tmp_path / "maps" / "live.mbtiles"
    link.symlink_to(live)
    with pytest.raises(InputError, match="live store"):
        open_archive(link, never=inodes(live))


@pytest.fixture
def maps(moved: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "maps"
    folder.mkdir()
    mbtiles(folder / "city.mbtiles")
    shutil.copy(__file__, folder / "broken.pmtiles")

    def use(**values: str) -> Any:
        basemap = Basemap(**values)
        settings = dataclasses.replace(moved.settings, basemap=basemap)
        monkeypatch.setattr(type(moved), "settings", settings)
        return client_as(create_app(moved))

    return folder, use


def test_none_is_offered_unless_asked_for(maps: Any) -> None:
    client = maps[1]()
    assert client.get("/p/current.json").json["basemaps"] == []
    assert client.get("/basemap/tianditu-vec/3/1/1").status_code == 404
    with client.application.test_request_context():
        assert basemaps.outside_hosts() == []


def test_files_of_the_folder_are_offered_and_broken_ones_are_not(maps: Any) -> None:
    folder, use = maps
    client = use(folder=str(folder))
    (offered,) = client.get("/p/current.json").json["basemaps"]
    assert offered["label"]["zh"] == "city"
    address = offered["layers"][0]["url"].format(z=2, x=3, y=1)
    answer = client.get(address)
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert client.get(address.replace("/3/1", "/9/1")).status_code == 404
    assert client.get("/basemap/../2/3/1").status_code == 404
    assert client.application.test_client().get(address).status_code in (303, 401)


def test_tianditu_is_asked_by_the_server_alone(
    maps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def fetched(*what: Any) -> Any:
        asked.append(what)
        return picture(PNG)

    monkeypatch.setattr(basemaps, "_fetched", fetched)
    client = maps[1](tianditu="vec", tianditu_key="secret-key")
    pointer = client.get("/p/current.json")
    assert [item["id"] for item in pointer.json["basemaps"]] == ["tianditu-vec"]
    for page in ("/map", "/p/current.json"):
        assert "secret-key" not in client.get(page).get_data(as_text=True)
        assert "tianditu.gov.cn" not in client.get(page).get_data(as_text=True)
    for _ in range(2):
        assert client.get("/basemap/tianditu-cva/3/1/1").data == PNG
    assert asked == [("cva", 3, 1, 1, "secret-key")], "and kept"
    assert client.get("/basemap/tianditu-img/3/1/1").status_code == 404
    with client.application.test_request_context():
        assert basemaps.outside_hosts() == ["t0-t7.tianditu.gov.cn"]


def test_a_slow_service_holds_few_threads(
    maps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = maps[1](tianditu="vec", tianditu_key="secret-key")
    asked: list[Any] = []
    monkeypatch.setattr(basemaps, "TURN_S", 0.01)
    monkeypatch.setattr(basemaps, "_fetched", lambda *_: asked.append(_))
    turns = client.application.extensions["basemaps"]._asking
    for _ in range(basemaps.AT_ONCE):
        assert turns.acquire(blocking=False)
    assert client.get("/basemap/tianditu-cva/3/1/1").status_code == 404
    assert asked == []
    turns.release()
    client.get("/basemap/tianditu-cva/3/1/1")
    assert len(asked) == 1
    assert turns.acquire(blocking=False), "given back"


def test_a_number_in_place_of_a_picture_is_none(tmp_path: Path) -> None:
    """``bytes(10**9)`` would be a gigabyte of zeros."""
    archive = open_archive(mbtiles(tmp_path / "odd.mbtiles", body=10**9))  # type: ignore[arg-type]
    assert archive.tile(2, 3, 1) is None


def test_no_redirect_is_followed() -> None:
    handlers = [type(item).__name__ for item in basemaps._OPENER.handlers]
    assert "_NoRedirect" in handlers
    assert "HTTPRedirectHandler" not in handlers
