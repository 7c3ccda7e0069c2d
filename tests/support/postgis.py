"""A private PostgreSQL server for the tests: own folder, own port, own pid."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from geodata.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Server:
    """A running server; each :meth:`database` is new and empty."""

    def __init__(self, base: str, pid: int) -> None:
        self.base = base
        self.pid = pid

    def database(self, template: str = "with_postgis") -> str:
        """Return the URL of a new database; ``template0`` for one without PostGIS."""
        name = f"t{secrets.token_hex(6)}"
        self._create(name, template)
        return f"{self.base}/{name}"

    def prepare(self) -> None:
        """Make the template: installing PostGIS takes a second each time."""
        self._create("with_postgis", "template0")
        with psycopg.connect(f"{self.base}/with_postgis") as connection:
            connection.execute("CREATE EXTENSION postgis")

    def _create(self, name: str, template: str) -> None:
        with psycopg.connect(f"{self.base}/postgres", autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}"
            )

    def empty(self, url: str) -> None:
        """Remove our tables from a database: much quicker than a new one."""
        names = ", ".join(["alembic_version", *tables.metadata.tables])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {names} CASCADE")
            connection.execute("DROP FUNCTION IF EXISTS quhua_written_once")
            connection.execute("DROP FUNCTION IF EXISTS quhua_closed_once")


def why_absent() -> str | None:
    """Return why no server can be started here, None when one can."""
    if not FOLDERS:
        return "PostgreSQL absent: apt-get install postgresql-15-postgis-3"
    share = Path("/usr/share/postgresql") / FOLDERS[0].parent.name / "extension"
    if not (share / "postgis.control").is_file():
        return "PostGIS absent: apt-get install postgresql-15-postgis-3"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "runuser absent: PostgreSQL does not run as root"
    return None


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start a server in a temporary folder; stop it, by its pid, at the end."""
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="quhua-pg-"))
    if root:
        shutil.chown(folder, "postgres")
    before = ["runuser", "-u", "postgres", "--"] if root else []
    data = folder / "data"
    subprocess.run(
        [
            *before,
            FOLDERS[0] / "initdb",
            *("-D", data, "-U", "quhua", "-A", "trust", "-E", "UTF8"),
            *("--locale", "C.UTF-8", "--data-checksums"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    port = _free_port()
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *before,
                FOLDERS[0] / "postgres",
                *("-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""),
                *("-c", "fsync=off"),  # killed processes lose nothing by it
            ],
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    base = f"postgresql://quhua@127.0.0.1:{port}"
    try:
        _wait(base, process, log)
        pid = int((data / "postmaster.pid").read_text().split()[0])
        running = Server(base, pid)
        running.prepare()
        yield running
        os.kill(pid, signal.SIGINT)
        process.wait(timeout=30)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8", "replace"))
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"{base}/postgres").close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"no answer: {log.read_text('utf-8', 'replace')}")
