"""What a hostile file might make the reading process do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from geodata.errors import CRSError, LimitError, Text
from geodata.guard import progress


def environment() -> dict[str, str]:
    return dict(os.environ)


def echo(*values: object) -> list[object]:
    return list(values)


def attempt(what: str, *arguments: str) -> str:
    """Try something forbidden; return the name of the error or ``done``."""
    tries = {
        "read": lambda path: Path(path).read_bytes(),
        "list": os.listdir,
        "write": lambda path: Path(path).write_bytes(b"x"),
        "link": lambda target, path: Path(path).symlink_to(target),
        "pipe": os.mkfifo,
        "connect": lambda host, port: socket.create_connection((host, int(port)), 2),
        "send": _send,
        "signal": lambda pid: os.kill(int(pid), 0),
        "run": lambda program: subprocess.run([program], check=True, timeout=5),
    }
    try:
        tries[what](*arguments)
    except OSError as error:
        return type(error).__name__
    return "done"


def _send(host: str, port: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host, int(port)))


def burn() -> None:
    while True:
        pass


def sleep_with_child(pid_file: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(pid_file).write_text(str(child.pid))
    time.sleep(60)


def leave_session(pid_file: str, ending: str) -> None:
    """Leave a grandchild in a session of its own, then end, sleep or crash."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.environ.clear()
            Path(pid_file).write_text(str(os.getpid()))
            time.sleep(60)
        os._exit(0)
    while not Path(pid_file).exists() or not Path(pid_file).read_text():
        time.sleep(0.01)
    if ending == "crash":
        ctypes.string_at(0)
    if ending == "sleep":
        time.sleep(60)


def eat() -> int:
    held = []
    while True:
        held.append(bytearray(32 << 20))


def flood(path: str) -> None:
    with Path(path).open("wb") as stream:
        for _ in range(64):
            stream.write(bytes(1 << 20))


def crash() -> None:
    ctypes.string_at(0)


def refuse(kind: str) -> None:
    message = Text("坐标系矛盾", "the CRS contradicts")
    if kind == "limit":
        raise LimitError(message, setting="limits.records")
    if kind == "crs":
        raise CRSError(message, Text("请指定", "name it"))
    raise ZeroDivisionError


def steps() -> str:
    print("stray words on standard output")  # noqa: T201 - the point of it
    for number in range(4):
        progress(number / 4, f"step {number}")
        time.sleep(0.05)
    return "done"


def long_text(size: int) -> str:
    return "x" * size
