"""Zips: every byte counted, no name trusted, what belongs together kept together."""

from __future__ import annotations

import contextlib
import io
import stat
import struct
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.errors import FileRefusedError, LimitError
from geodata.files import archive
from geodata.files.limits import UPLOAD

SMALL = replace(UPLOAD, unpacked_mb=2, entries=50)


def zipped(path: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return path


def with_raw_names(path: Path, names: dict[bytes, bytes]) -> Path:
    """Write a zip by hand so that names have any bytes and no UTF-8 flag."""
    body, central = io.BytesIO(), io.BytesIO()
    for name, content in names.items():
        crc = zipfile.crc32(content)
        offset, size = body.tell(), len(content)
        common = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 33, crc, size, size, len(name), 0
        )
        body.write(b"PK\x03\x04" + common + name + content)
        central.write(b"PK\x01\x02" + struct.pack("<H", 20) + common)
        central.write(struct.pack("<HHHII", 0, 0, 0, 0, offset) + name)
    at = body.tell()
    body.write(central.getvalue())
    count, size = len(names), len(central.getvalue())
    body.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, at, 0))
    path.write_bytes(body.getvalue())
    return path


@pytest.mark.parametrize("codec", ["gbk", "utf-8", "gb18030"])
def test_names_without_the_flag_are_read(tmp_path: Path, codec: str) -> None:
    name = "天津/行政区.geojson"
    path = with_raw_names(tmp_path / "a.zip", {name.encode(codec): b"{}"})
    members = archive.unpack(path, tmp_path / "out", UPLOAD)
    assert [member.name for member in members] == [name]


def test_parts_of_one_dataset_stay_together(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        ("上报/区.SHP", b"s"), ("上报/区.DBF", b"d"), ("上报/区.Shx", b"x"),
        ("上报/街道.shp", b"s2"), ("上报/街道.dbf", b"d2"),
        ("__MACOSX/上报/._区.SHP", b"junk"), ("说明.docx", b"PK"), ("上报/", b""),
    )  # fmt: skip
    members = archive.unpack(path, tmp_path / "out", UPLOAD)
    assert [member.name for member in members] == ["上报/区.SHP", "上报/街道.shp"]
    first, second = (member.path for member in members)
    assert first.with_suffix(".dbf").read_bytes() == b"d"
    assert first.with_suffix(".shx").read_bytes() == b"x"
    assert second.with_suffix(".dbf").read_bytes() == b"d2"
    assert not second.with_suffix(".shx").exists()


def test_a_geodatabase_folder_is_one_member(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.gdb.zip",
        ("区划.gdb/a00000001.gdbtable", b"t"),
        ("区划.gdb/a00000001.gdbtablx", b"x"),
        ("区划.gdb/gdb", b"g"),
        ("区划.gdb/evil.vrt", b"<OGRVRTDataSource/>"),
    )
    (member,) = archive.unpack(path, tmp_path / "out", UPLOAD)
    assert member.name == "区划.gdb"
    assert sorted(item.name for item in member.path.iterdir()) == [
        "a00000001.gdbtable", "a00000001.gdbtablx", "gdb",
    ]  # fmt: skip


def test_a_geodatabase_without_its_folder_is_found(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        ("a00000001.gdbtable", b"t"),
        ("a00000001.gdbtablx", b"x"),
        ("a00000002.FDO_UUID.atx", b"i"),
    )
    (member,) = archive.unpack(path, tmp_path / "out", UPLOAD)
    assert member.path.name == "data.gdb"
    assert len(list(member.path.iterdir())) == 2


def test_a_kmz_inside_is_opened_once_and_no_deeper(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "i.kmz", ("doc.kml", b"<kml/>")).read_bytes()
    path = zipped(tmp_path / "a.zip", ("图.kmz", inner))
    (member,) = archive.unpack(path, tmp_path / "out", UPLOAD)
    assert member.name == "图/doc.kml"
    deeper = zipped(tmp_path / "d.kmz", ("x.kmz", inner)).read_bytes()
    with pytest.raises(FileRefusedError, match="nested"):
        archive.unpack(
            zipped(tmp_path / "b.zip", ("y.kmz", deeper)), tmp_path / "2", UPLOAD
        )


@pytest.mark.parametrize(
    "name", ["../../x.shp", "/etc/x.shp", "a/../../x.shp", "C:\\x.shp", "..\\x.shp"]
)
def test_names_that_climb_out_are_refused(tmp_path: Path, name: str) -> None:
    path = with_raw_names(tmp_path / "a.zip", {name.encode(): b"x"})
    with pytest.raises(FileRefusedError, match="outside"):
        archive.unpack(path, tmp_path / "out", UPLOAD)
    assert not list((tmp_path / "out").rglob("*.shp"))


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(FileRefusedError, match="link"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out", UPLOAD)


@pytest.mark.parametrize("inner", ["a.zip", "a.7z", "a.rar", "a.tar", "a.gz"])
def test_archives_inside_are_refused(tmp_path: Path, inner: str) -> None:
    path = zipped(tmp_path / "a.zip", (inner, b"x"), ("b.geojson", b"{}"))
    with pytest.raises(FileRefusedError, match="archive inside"):
        archive.unpack(path, tmp_path / "out", UPLOAD)


@pytest.mark.parametrize(
    ("entries", "change", "setting"),
    [
        (
            [("a.csv", bytes(3 << 20))],
            {"unpacked_mb": 1, "ratio": 10_000},
            "unpacked_mb",
        ),
        ([("a.csv", bytes(3 << 20))], {"ratio": 10}, "ratio"),
        ([(f"{n}.csv", b"x") for n in range(9)], {"entries": 8}, "entries"),
    ],
)
def test_bombs_name_the_setting(
    tmp_path: Path,
    entries: list[tuple[str, bytes]],
    change: dict[str, int],
    setting: str,
) -> None:
    path = zipped(tmp_path / "a.zip", *entries)
    with pytest.raises(LimitError) as caught:
        archive.unpack(path, tmp_path / "out", replace(UPLOAD, **change))
    assert caught.value.setting == f"limits.{setting}"


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.csv", b"x" * 5000))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    entry = bytes(data[at : data.rindex(b"PK\x05\x06")]).replace(b"a.csv", b"b.csv")
    end = data.rindex(b"PK\x05\x06")
    data[end:end] = entry
    end += len(entry)
    struct.pack_into("<HHI", data, end + 8, 2, 2, 2 * len(entry))
    path.write_bytes(data)
    with pytest.raises(FileRefusedError, match="overlap"):
        archive.unpack(path, tmp_path / "out", UPLOAD)


def test_a_lying_size_and_a_cut_file_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.csv", b"x,y\n" * 5000))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileRefusedError, match="damaged"):
        archive.unpack(path, tmp_path / "out", UPLOAD)
    at = whole.rindex(b"PK\x01\x02")
    lying = bytearray(whole)
    struct.pack_into("<I", lying, at + 24, 100)
    path.write_bytes(lying)
    with pytest.raises(FileRefusedError, match="size"):
        archive.unpack(path, tmp_path / "two", UPLOAD)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = with_raw_names(tmp_path / "a.zip", {b"a.shp": b"1", b"A.SHP": b"2"})
    with pytest.raises(FileRefusedError, match="twice"):
        archive.unpack(path, tmp_path / "out", UPLOAD)


_PARTS = st.one_of(
    st.sampled_from(["..", ".", "", "a", "区", "a.gdb", "__MACOSX", "C:", "\\", "/"]),
    st.text(max_size=6),
)
_NAMES = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(_PARTS, min_size=1, max_size=4),
    st.sampled_from([".shp", ".dbf", ".kmz", ".zip", ".csv", ".exe", "", "/gdb"]),
)
_BODIES = st.one_of(st.binary(max_size=200), st.integers(0, 4 << 20).map(bytes))


def _extracts_within_bounds(entries: list[tuple[str, bytes, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        path, inside = root / "a.zip", root / "in" / "side"
        inside.mkdir(parents=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for entry, content, mode in entries:
                item = zipfile.ZipInfo(entry.replace("\x00", "") or "x")
                item.external_attr = mode << 16
                item.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(item, content)
        before = {item for item in root.rglob("*") if inside not in item.parents}
        with contextlib.suppress(FileRefusedError):
            archive.unpack(path, inside, SMALL)
        after = {item for item in root.rglob("*") if inside not in item.parents}
        written = [item for item in inside.rglob("*") if not item.is_dir()]
        assert after == before
        assert not any(item.is_symlink() for item in inside.rglob("*"))
        assert sum(item.stat().st_size for item in written) <= (3 << 20) + (1 << 16)


_ENTRIES = st.lists(
    st.tuples(
        _NAMES, _BODIES, st.sampled_from([0, 0o100644, 0o120777, 0o040755, 0o060600])
    ),
    max_size=5,
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_ENTRIES)
def test_nothing_is_ever_written_outside_or_over_the_quota(
    entries: list[tuple[str, bytes, int]],
) -> None:
    _extracts_within_bounds(entries)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(_ENTRIES)
def test_the_same_for_two_thousand_archives(
    entries: list[tuple[str, bytes, int]],
) -> None:
    _extracts_within_bounds(entries)
