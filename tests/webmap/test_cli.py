"""``quhua serve`` as a process: it answers, and it refuses to be reached by others."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.registry import Registry

QUHUA = (
    sys.executable,
    "-c",
    "import sys; from webmap.cli import main; sys.exit(main())",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_answers_on_loopback(moved: Registry, tmp_path: Path) -> None:
    port = free_port()
    command = [*QUHUA, "serve", "--store", moved.store.url, "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = f"http://127.0.0.1:{port}/healthz"
            for _ in range(300):
                try:
                    with urllib.request.urlopen(address, timeout=5) as answer:
                        assert json.load(answer) == {"ok": True, "published": 2}
                    break
                except OSError:
                    assert server.poll() is None, server.stderr
                    time.sleep(0.1)
            else:
                raise AssertionError("the server never answers")
            until = time.monotonic() + 60
            while not (tmp_path / "store.tiles").is_dir():
                assert time.monotonic() < until, "tiles lie beside the store"
                time.sleep(0.1)
        finally:
            server.terminate()  # a background shell has SIGINT ignored
            server.wait(20)


def test_any_free_port_is_told(moved: Registry) -> None:
    command = [*QUHUA, "serve", "--store", moved.store.url, "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-worker"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr is not None
            told = (re.search(r"127\.0\.0\.1:\d+/", line) for line in server.stderr)
            address = f"http://{next(found.group() for found in told if found)}healthz"
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert json.load(answer)["ok"]
        finally:
            server.terminate()
            server.wait(20)


def test_serve_refuses_to_be_reached_by_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *QUHUA,
            "serve",
            "--host",
            "192.0.2.7",
            "--store",
            str(tmp_path / "x"),
            "--json",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "QUHUA_LANG": "en"},
        timeout=120,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "input"
    assert "--allow-remote" in done.stderr


def test_help_is_in_both_languages() -> None:
    said = {}
    for language in ("zh", "en"):
        done = subprocess.run(
            [*QUHUA, "serve", "--help", "--lang", language],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0
        said[language] = done.stdout
    assert "在浏览器中查看" in said["zh"] or "在浏览器中查看" in said["en"]
    assert "--allow-remote" in said["zh"]
    assert "--allow-remote" in said["en"]


def test_a_taken_port_is_said_before_anything_is_promised() -> None:
    from geodata.errors import InputError
    from webmap.serve import require_free

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", free_port())
