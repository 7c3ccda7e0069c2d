"""Uploads by parts: any order, repeated, overlapping, cut; nothing is lost."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundaries.jobs import places
from boundaries.settings import Uploads as UploadSettings
from boundaries.uploads import names, parts
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LimitError,
    NotFoundError,
    StateError,
    StoreError,
)
from tests.support import registries

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registries import Office

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return registries.office(tmp_path_factory.mktemp("uploads"))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def begin(office: Office, content: bytes = CONTENT, **more: Any) -> str:
    options = {"name": "边界.zip", "digest": sha(content), **more}
    name, digest = options.pop("name"), options.pop("digest")
    made = office.registry.begin_upload("li", name, len(content), digest, **options)
    return str(made["id"])


def put(office: Office, upload: str, start: int, content: bytes) -> dict[str, Any]:
    return office.registry.put_part("li", upload, start, content, sha(content))


def folder_of(office: Office, upload: str) -> Path:
    return places.folder_beside(office.registry.store.url) / "uploads" / upload


def clear(office: Office) -> None:
    for upload in office.registry.uploads("li"):
        office.registry.drop_upload("li", upload["id"])


@given(
    cuts=st.lists(
        st.tuples(st.integers(0, 999), st.integers(1, 400)), min_size=0, max_size=8
    ),
    seed=st.randoms(use_true_random=False),
    stop=st.integers(0, 20),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_parts_in_any_order_make_the_same_file(
    office: Office, cuts: list[tuple[int, int]], seed: Any, stop: int
) -> None:
    content = CONTENT[:1000]
    upload = begin(office, content)
    ranges = [(start, min(start + length, 1000)) for start, length in cuts]
    ranges += [(0, 300), (300, 650), (600, 1000)]
    seed.shuffle(ranges)
    for number, (start, end) in enumerate(ranges):
        put(office, upload, start, content[start:end])
        if number == stop:  # the line is cut; the page asks what is there and goes on
            assert begin(office, content) == upload
            if office.registry.upload("li", upload)["bytes_here"] < 1000:
                with pytest.raises(InputError) as early:
                    office.registry.finish_upload("li", upload)
                assert early.value.code == "incomplete"
        put(office, upload, start, content[start:end])
    done = office.registry.finish_upload("li", upload)
    assert office.registry.store.blob(done["original"]) == content
    assert office.registry.finish_upload("li", upload)["original"] == done["original"]
    assert not (
        places.folder_beside(office.registry.store.url) / "uploads" / upload
    ).exists()
    clear(office)


def test_what_was_acknowledged_survives_a_restart(office: Office) -> None:
    from boundaries.registry import open_registry

    upload = begin(office)
    put(office, upload, 0, CONTENT[:100])
    put(office, upload, 500, CONTENT[500:600])
    again = open_registry(str(office.path))
    assert again.upload("li", upload)["received"] == [(0, 100), (500, 600)]
    clear(office)


def test_a_part_is_synced_before_it_is_acknowledged(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, synced = begin(office), []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(handle), real(handle))
    )
    put(office, upload, 0, CONTENT[:100])
    assert len(synced) == 2  # the part, and its name in the folder
    clear(office)


def test_damaged_foreign_and_misplaced_parts_are_refused(office: Office) -> None:
    upload = begin(office)
    with pytest.raises(InputError) as damaged:
        office.registry.put_part("li", upload, 0, CONTENT[:10], sha(b"other"))
    assert damaged.value.code == "part_damaged"
    for start, content in ((-1, b"x"), (len(CONTENT), b"x"), (0, b"")):
        with pytest.raises(InputError):
            put(office, upload, start, content)
    with pytest.raises(NotFoundError):
        office.registry.put_part("sun", upload, 0, b"x", sha(b"x"))
    put(office, upload, 0, CONTENT[:10])
    with pytest.raises(ConflictError):
        put(office, upload, 0, b"0123456789")
    assert office.registry.upload("li", upload)["received"] == [(0, 10)]
    clear(office)


def test_overlapping_parts_that_disagree_are_found_at_the_end(office: Office) -> None:
    upload = begin(office, b"abcdefgh", digest="")
    put(office, upload, 0, b"abcdef")
    put(office, upload, 4, b"XXgh")
    with pytest.raises(ConflictError) as caught:
        office.registry.finish_upload("li", upload)
    assert caught.value.code == "part_differs"
    clear(office)


def test_a_file_that_changed_on_the_way_is_refused(office: Office) -> None:
    upload = begin(office, b"abcdefgh", digest=sha(b"other"))
    put(office, upload, 0, b"abcdefgh")
    with pytest.raises(InputError) as caught:
        office.registry.finish_upload("li", upload)
    assert caught.value.code == "digest"
    assert office.registry.upload("li", upload)["state"] == "receiving"
    clear(office)


def test_files_that_belong_together_become_one_zip(office: Office) -> None:
    pieces = {"界线.shp": b"shape", "界线.dbf": b"table!", "界线.prj": b"crs"}
    content = b"".join(pieces.values())
    members = [{"name": name, "size": len(part)} for name, part in pieces.items()]
    originals = set()
    for _ in range(2):
        upload = begin(office, content, name="界线.shp", members=members)
        put(office, upload, 0, content)
        done = office.registry.finish_upload("li", upload)
        originals.add(done["original"])
        kept = office.registry.store.blob(done["original"])
        with zipfile.ZipFile(io.BytesIO(kept)) as archive:
            assert {n: archive.read(n) for n in archive.namelist()} == pieces
        clear(office)
    assert len(originals) == 1  # equal parts, equal archive
    wrong = [{"name": "a.shp", "size": 1}, {"name": "A.SHP", "size": 1}]
    with pytest.raises(InputError):
        begin(office, b"ab", members=wrong)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\数据\\界线.shp", "界线.shp"),
        ("a\u202egpj.exe\x00.zip", "agpj.exe.zip"),
        ("e\u0301.zip", "\u00e9.zip"),
        ("..", "file"),
        ("", "file"),
        ("长" * 300, "长" * 200),
        ("<img src=x onerror=alert(1)>.zip", "<img src=x onerror=alert(1)>.zip"),
    ],
)
def test_names_are_words_and_never_paths(sent: str, shown: str) -> None:
    assert names.shown(sent) == shown
    assert "/" not in names.extension(sent)


def test_limits_speak(tmp_path: Path) -> None:
    few = UploadSettings(open=2, open_mb=1, part_mb=1)
    small = registries.office(tmp_path, uploads=few)
    with pytest.raises(LimitError) as large:
        small.registry.begin_upload("li", "a", 200 << 20)
    assert large.value.setting == "limits.file_mb"
    with pytest.raises(InputError):
        small.registry.begin_upload("li", "a", 0)
    with pytest.raises(StateError) as much:
        small.registry.begin_upload("li", "a", 2 << 20)
    assert much.value.code == "too_many_uploads"
    first = small.registry.begin_upload("li", "a", 10)["id"]
    small.registry.begin_upload("li", "b", 10)
    with pytest.raises(StateError):
        small.registry.begin_upload("li", "c", 10)
    assert small.registry.begin_upload("li", "a", 10)["id"] == first
    small.registry.drop_upload("li", first)
    small.registry.begin_upload("li", "c", 10)
    with pytest.raises(ForbiddenError):
        small.registry.begin_upload("viewer", "a", 10)


def test_a_flood_of_parts_is_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(parts._MOST):
        (folder / f"{number:015d}-1").touch()
    with pytest.raises(InputError) as many:
        parts.put(folder, 0, b"xx", sha(b"xx"), 1 << 20)
    assert many.value.code == "too_many_parts"
    shutil.rmtree(folder)
    folder.mkdir()
    megabyte = bytes(1 << 20)
    for start in range(6):
        parts.put(folder, start, megabyte, sha(megabyte), 1 << 20)
    with pytest.raises(InputError):
        parts.put(folder, 6, megabyte, sha(megabyte), 1 << 20)


def test_uploads_nobody_goes_on_with_are_swept(tmp_path: Path) -> None:
    held = UploadSettings(keep_hours=1.0)
    idle = registries.office(tmp_path, uploads=held)
    upload = idle.registry.begin_upload("li", "a", 10)["id"]
    idle.registry.put_part("li", upload, 0, b"12345", sha(b"12345"))
    folder = places.folder_beside(idle.registry.store.url) / "uploads" / upload
    idle.registry.sweep_uploads()
    assert folder.exists()
    os.utime(folder, (0, 0))
    orphan = folder.with_name("Uorphan")
    orphan.mkdir()
    idle.registry.sweep_uploads()
    assert not folder.exists()
    assert not orphan.exists()
    assert idle.registry.uploads("li") == []


def test_a_full_disk_loses_nothing_and_passes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(office)
    put(office, upload, 0, CONTENT[:100])
    usage = shutil.disk_usage(office.path.parent)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(StoreError) as caught:
            put(office, upload, 100, CONTENT[100:])
        assert caught.value.code == "disk_full"
    assert office.registry.upload("li", upload)["received"] == [(0, 100)]
    put(office, upload, 100, CONTENT[100:])
    done = office.registry.finish_upload("li", upload)
    assert office.registry.store.blob(done["original"]) == CONTENT
    clear(office)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files there")
def test_a_write_cut_short_by_the_system_is_told_as_a_full_disk(
    tmp_path: Path,
) -> None:
    """RLIMIT_FSIZE in a process of its own: the part's bytes do not all fit."""
    code = (
        "import hashlib, resource, signal, sys; from pathlib import Path\n"
        "from boundaries.uploads import parts\n"
        "from geodata.store.faults import translated\n"
        "from geodata.errors import StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder = Path(sys.argv[1]); content = b'x' * 100_000\n"
        "digest = hashlib.sha256(content).hexdigest()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    with translated(): parts.put(folder, 0, content, digest, 100_000)\n"
        "except StoreError as error: print(error.code, parts.listed(folder))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "parts.put(folder, 0, content, digest, 100_000)\n"
        "print(parts.covered(parts.listed(folder)), len(list(folder.iterdir())))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["disk_full []", "[(0, 100000)] 1"], done.stderr
