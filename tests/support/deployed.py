"""``quhua serve`` as it is deployed: a process, its worker, a token to ask with."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.working import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boundaries.registry import Registry

PART = 1 << 20


@dataclass
class Server:
    """A running server: its process, its address, who asks."""

    process: subprocess.Popen[bytes]
    address: str
    token: str
    statuses: list[int] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Ask the API; return status and document."""
        plain = isinstance(body, bytes)
        data = body if plain or body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if plain else "application/json"
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.address}{path}", data=data, method=method,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind,
                     **headers},
        )  # fmt: skip
        for _ in range(100):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                    status, content = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, content = error.code, error.read()
            if status != 429:
                break
            time.sleep(1)
        self.statuses.append(status)
        return status, json.loads(content) if content else None

    def upload(self, path: Path, name: str | None = None) -> tuple[int, Any]:
        """Send a whole file by parts; return the answer to its end."""
        content = path.read_bytes()
        said = {"name": name or path.name, "size": len(content)}
        status, upload = self.ask("POST", "/api/v1/uploads", said)
        if status != 201:
            return status, upload
        for start in range(0, len(content), PART):
            part = content[start : start + PART]
            digest = hashlib.sha256(part).hexdigest()
            where = f"/api/v1/uploads/{upload['id']}/parts/{start}"
            status, told = self.ask("PUT", where, part, **{"X-Part-Digest": digest})
            if status != 200:
                return status, told
        return self.ask("POST", f"/api/v1/uploads/{upload['id']}/finish", {})

    def ended(self, job: str, seconds: float = 300) -> Any:
        """Wait for a job's end and return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, found = self.ask("GET", f"/api/v1/jobs/{job}")
            assert status == 200, found
            if not found["open"]:
                return found
            time.sleep(0.4)
        message = f"{job} does not end: {found}"
        raise AssertionError(message)

    def memory_mb(self) -> float:
        """Return the resident memory of the web process."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        (line,) = [each for each in text.splitlines() if each.startswith("VmRSS")]
        return int(line.split()[1]) / 1024


@dataclass
class Pulse:
    """How quickly the server answered while something else went on."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def p95(self) -> float:
        """Return the time within which 95 of 100 answers came."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


@contextmanager
def deployed(registry: Registry, actor: str, **environment: str) -> Iterator[Server]:
    """Run ``quhua serve`` over a registry's store, for one of its users."""
    roles = registry.user(actor).grants
    token = registry.create_token(actor, "test", roles, days=1)["token"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", "from webmap.cli import main; raise SystemExit(main())",
         "serve", "--port", str(port)],
        env={**os.environ, **QUICK, "QUHUA_STORE": registry.store.url,
             "QUHUA_ACCESS_TOKEN_RATE": "100000 per minute", **environment},
    )  # fmt: skip
    server = Server(process, f"http://127.0.0.1:{port}", token)
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def watched(server: Server, every_s: float = 0.1) -> Iterator[Pulse]:
    """Ask for the health page all the while, and watch the memory."""
    pulse, stop = Pulse(), threading.Event()

    def look() -> None:
        while not stop.wait(every_s):
            began = time.monotonic()
            try:
                with urllib.request.urlopen(  # noqa: S310 - our own address
                    f"{server.address}/healthz", timeout=20
                ) as answer:
                    answer.read()
            except OSError as error:
                pulse.failures.append(str(error))
            pulse.seconds.append(time.monotonic() - began)
            pulse.memory.append(server.memory_mb())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield pulse
    finally:
        stop.set()
        thread.join()


def _wait(server: Server) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert server.process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                f"{server.address}/healthz", timeout=5
            ):
                return
        except OSError:
            time.sleep(0.2)
    message = "the server does not answer"
    raise AssertionError(message)
