"""The guarded process: what it may not do, and what we say when it dies."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from geodata import guard
from geodata.errors import CancelledError, CRSError, FileRefusedError, LimitError
from geodata.files.limits import UPLOAD
from geodata.guard import landlock, limiting, parent, reaping
from geodata.guard.child import RESULT

TARGET = "tests.support.guarded"
needs_landlock = pytest.mark.skipif(
    landlock.abi() < 1, reason="this kernel has no Landlock"
)


def run(name: str, *args: object, **options: object) -> object:
    limits = options.pop("limits", UPLOAD)
    return guard.call(f"{TARGET}:{name}", *args, limits=limits, **options)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A loopback port and what arrived there."""
    seen: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(server.getsockname())
    datagrams.settimeout(0.1)
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                server.accept()[0].close()
                seen.append(b"tcp")
            with contextlib.suppress(TimeoutError):
                seen.append(datagrams.recv(10))

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], seen
    stop.set()
    thread.join()
    server.close()
    datagrams.close()


def test_nothing_of_our_environment_reaches_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUHUA_SECRET_KEY", "hidden")
    monkeypatch.setenv("PGPASSWORD", "hidden")
    found = run("environment")
    assert "hidden" not in str(found)
    assert found["PROJ_NETWORK"] == "OFF"
    assert found["GDAL_HTTP_PROXY"] == "127.0.0.1:9"
    assert found["HOME"] != os.environ.get("HOME")


def test_values_and_bytes_travel_both_ways() -> None:
    values = ["和平区", 1, 2.5, None, {"a": [1]}, b"\x00\xff"]
    assert run("echo", *values) == values


@needs_landlock
def test_it_sees_only_its_own_folder(tmp_path: Path) -> None:
    secret = tmp_path / "canary.txt"
    secret.write_text("TOPSECRET")
    own = tmp_path / "own"
    own.mkdir()
    (own / "input").write_text("mine")
    assert run("attempt", "read", str(secret), workdir=own) == "PermissionError"
    assert run("attempt", "list", "/etc", workdir=own) == "PermissionError"
    outside = str(tmp_path / "new")
    assert run("attempt", "write", outside, workdir=own) == "PermissionError"
    assert run("attempt", "read", "input", workdir=own) == "done"
    assert run("attempt", "write", "output", workdir=own) == "done"


@needs_landlock
def test_it_leaves_no_links_pipes_or_programs(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(0o755)
    assert run("attempt", "link", "/etc", "l", workdir=tmp_path) == "PermissionError"
    assert run("attempt", "pipe", "p", workdir=tmp_path) == "PermissionError"
    assert run("attempt", "run", str(program), workdir=tmp_path) == "PermissionError"
    assert [item.name for item in tmp_path.iterdir()] == ["program"]


@needs_landlock
def test_it_reaches_no_network(listener: tuple[int, list[bytes]]) -> None:
    port, seen = listener
    assert run("attempt", "connect", "127.0.0.1", str(port)) != "done"
    run("attempt", "send", "127.0.0.1", str(port))
    time.sleep(0.3)
    outcome = guard.run(f"{TARGET}:environment", limits=UPLOAD)
    allowed = [] if outcome.network_left else [b"x"]  # UDP needs the namespace
    assert [item for item in seen if item not in allowed] == []


@pytest.mark.skipif(landlock.abi() < 6, reason="signals are shut off from ABI 6 on")
def test_it_cannot_signal_us() -> None:
    assert run("attempt", "signal", str(os.getpid())) == "PermissionError"


@needs_landlock
def test_it_runs_no_program_of_the_system() -> None:
    assert run("attempt", "run", "/bin/ls") == "PermissionError"


@pytest.mark.parametrize(
    ("name", "change", "setting"),
    [
        ("burn", {"cpu_s": 1}, "limits.cpu_s"),
        ("eat", {"memory_mb": 1024}, "limits.memory_mb"),
    ],
)
def test_a_limit_ends_it_and_names_the_setting(
    name: str, change: dict[str, int], setting: str
) -> None:
    with pytest.raises(LimitError) as caught:
        run(name, limits=replace(UPLOAD, **change))
    assert caught.value.setting == setting
    assert setting in caught.value.hint.en
    assert setting in caught.value.hint.zh


def test_a_file_too_large_is_a_limit(tmp_path: Path) -> None:
    limits = replace(UPLOAD, output_mb=2)
    with pytest.raises(LimitError) as caught:
        run("flood", "big", limits=limits, workdir=tmp_path)
    assert caught.value.setting == "limits.output_mb"
    assert (tmp_path / "big").stat().st_size <= 2 << 20


def test_wall_time_ends_it_and_all_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(LimitError) as caught:
        run(
            "sleep_with_child", "pid",
            limits=replace(UPLOAD, wall_s=2), workdir=tmp_path,
        )  # fmt: skip
    assert caught.value.setting == "limits.wall_s"
    assert time.monotonic() - started < 10
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        if "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]:
            break  # dead, waiting to be reaped by whoever adopted it
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not reaping.possible(), reason="this system has no subreapers")
@pytest.mark.parametrize("ending", ["end", "sleep", "crash"])
def test_what_left_its_session_is_ended_too(tmp_path: Path, ending: str) -> None:
    limits = replace(UPLOAD, wall_s=3)
    with contextlib.suppress(LimitError, FileRefusedError):
        run("leave_session", "pid", ending, limits=limits, workdir=tmp_path)
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not reaping.possible(), reason="this system has no subreapers")
def test_it_ends_when_its_caller_is_killed(tmp_path: Path) -> None:
    """A worker killed in the middle leaves no reader behind."""
    code = (
        "from pathlib import Path; from geodata import guard;"
        "from geodata.files.limits import UPLOAD; import tests.support.guarded;"
        f"guard.call('{TARGET}:leave_session', 'pid', 'sleep', limits=UPLOAD,"
        f" workdir=Path({str(tmp_path)!r}))"
    )
    caller = subprocess.Popen([sys.executable, "-c", code])
    pid_file = tmp_path / "pid"
    until = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < until
        time.sleep(0.02)
    caller.kill()
    caller.wait()
    pid = int(pid_file.read_text())
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_crash_is_a_refusal_not_ours() -> None:
    with pytest.raises(FileRefusedError) as caught:
        run("crash")
    assert not isinstance(caught.value, LimitError)
    assert "crashed" in caught.value.message.en
    assert run("echo", 1) == [1]


def test_our_errors_travel_whole() -> None:
    with pytest.raises(CRSError) as caught:
        run("refuse", "crs")
    assert caught.value.message.zh == "坐标系矛盾"
    assert caught.value.hint.en == "name it"
    with pytest.raises(LimitError) as limit:
        run("refuse", "limit")
    assert limit.value.setting == "limits.records"


def test_a_foreign_error_becomes_a_sentence_with_its_cause() -> None:
    with pytest.raises(FileRefusedError) as caught:
        run("refuse", "other")
    assert "ZeroDivisionError" in str(caught.value.__cause__)
    assert "ZeroDivision" not in caught.value.message.en


def test_the_code_of_our_error_travels_too() -> None:
    told = {
        "class": "InputError",
        "code": "date",
        "trace": "",
        "message": ["日期", "date"],
        "hint": None,
    }
    error = parent._translate(told)
    assert (type(error).__name__, error.code) == ("InputError", "date")


@pytest.mark.parametrize(
    "result",
    [
        *(b"", b"{}", b"[]", b"null", b"1", b"xx", b"\xff\xfe", b"[" * 200_000),
        *(b'{"value": 1}', b'{"value": 1, "used": []}', b'{"error": 1}'),
        b'{"error": {"trace": "x"}}',
        b'{"error": {"class": 3, "trace": "x"}}',
        b'{"error": {"class": "InputError", "trace": "x", "message": ["a"]}}',
        b'{"error": {"class": "InputError", "trace": "x", "message": 1, "hint": 0}}',
        b'{"error": {"class": "LimitError", "trace": "", "message": ["a", "b"]}}',
    ],
)
def test_a_result_that_is_none_is_a_refusal(tmp_path: Path, result: bytes) -> None:
    """Whoever took the process over writes what he likes."""
    (tmp_path / RESULT).write_bytes(result)
    with pytest.raises(FileRefusedError) as caught:
        parent._outcome(tmp_path, 0, 0.0, UPLOAD)
    assert "damaged" in caught.value.message.en


def test_messages_that_are_none_are_passed_over() -> None:
    lines = [b"[" * 4000, b'{"done": 1' + b"0" * 400 + b', "message": "x"}', b"[1]"]
    heard: list[tuple[float, str]] = []
    good = b'{"done": 0.5, "message": "half"}'
    parent._listen(io.BytesIO(b"\n".join([*lines, good])), heard)
    assert heard == [(0.5, "half")]


def test_cancel_ends_it() -> None:
    started = time.monotonic()
    with pytest.raises(CancelledError):
        run("burn", cancel=lambda: time.monotonic() - started > 0.5)
    assert time.monotonic() - started < 5


def test_progress_arrives_and_stray_prints_do_not_disturb() -> None:
    seen: list[tuple[float, str]] = []
    assert run("steps", progress=lambda done, word: seen.append((done, word))) == "done"
    assert seen == [(number / 4, f"step {number}") for number in range(4)]


def test_a_result_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "_RESULT_BYTES", 1000)
    with pytest.raises(LimitError):
        run("long_text", 2000)


def test_cost_is_told() -> None:
    outcome = guard.run(f"{TARGET}:echo", 1, limits=UPLOAD)
    assert outcome.peak_mb > 1
    assert outcome.seconds >= outcome.cpu_s * 0.5
    assert outcome.landlock_abi == landlock.abi()


def test_only_our_drivers_are_left() -> None:
    left = guard.call("geodata.guard.drivers:switch_off_others", limits=UPLOAD)
    assert {"GPKG", "ESRI Shapefile", "DXF", "GML"} <= set(left)
    assert not {"OGR_VRT", "GDALG", "WFS", "HTTP", "CSV", "SQLite"} & set(left)


@pytest.mark.parametrize(
    ("abi", "warned"), [(0, True), (3, True), (5, True), (6, False), (7, False)]
)
def test_status_warns_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, abi: int, warned: bool
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: abi)
    told = guard.status()
    assert told["landlock_abi"] == abi
    assert (told["warning"] is not None) is warned
    if warned:
        assert "Landlock" in told["warning"]["zh"]
        assert told["missing"]


def test_systems_without_limits_still_work_by_wall_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert limiting.limit_resources(UPLOAD) is False
    assert limiting.usage() == {"cpu_s": 0.0, "peak_mb": 0.0}
    assert landlock.restrict([Path("/")], [Path("/")]) == 0


def test_limits_speak_of_their_settings() -> None:
    error = UPLOAD.exceeded("records", 50_001)
    assert "50001" in error.message.zh
    assert "limits.records" in error.hint.en
