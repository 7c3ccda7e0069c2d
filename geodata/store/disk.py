"""Files that survive: where they lie, and when they are on the disk."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ncpfs"),
        *("ceph", "glusterfs", "lustre", "beegfs", "gfs2", "ocfs2", "orangefs"),
        *("davfs", "davfs2", "fuse.sshfs", "fuse.davfs2", "fuse.glusterfs"),
        *("fuse.rclone", "fuse.s3fs", "fuse.cephfs"),
    )
)
"""File systems whose locks or syncs another machine may not honour."""
_OCTAL = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE = 4


def filesystem(path: Path, mounts: str | None = None) -> str:
    """Return the type of the file system ``path`` lies on, ``""`` when unknown.

    Parameters
    ----------
    path
        A file or folder; need not exist yet.
    mounts
        The text of ``/proc/self/mounts``; read from the system when None.
    """
    resolved = str(path.resolve())
    if mounts is None:
        if sys.platform == "win32":
            return _windows(resolved)
        try:
            mounts = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape")
        except OSError:
            return ""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[1])
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def is_network(kind: str) -> bool:
    """Return whether a file system type is shared over a network."""
    return kind in NETWORK


def sync_folder(folder: Path) -> None:
    """Make names created or renamed in ``folder`` durable."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the content of ``path`` durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


class Turnstile:
    """Whose turn it is to write, among processes: a lock on a file of its own.

    SQLite's waiting writers ask again after ever longer pauses (100 ms at last),
    so one that writes without pause starves the others. Here they ask every
    millisecond. It only orders who asks next; SQLite's own lock still decides,
    and the system frees this one when its holder dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: tuple[int, int] | None = None

    @contextlib.contextmanager
    def turn(self, *, seconds: float) -> Iterator[None]:
        """Wait for the turn, ``seconds`` at most, and keep it for the block."""
        if sys.platform == "win32":
            yield
            return
        import fcntl

        handle, until = self._handle(), time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    break
                time.sleep(0.001)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release the file."""
        if self._held is not None and self._held[0] == os.getpid():
            os.close(self._held[1])
        self._held = None

    def _handle(self) -> int:
        """Return this process's own handle: a forked one would share the lock."""
        if self._held is None or self._held[0] != os.getpid():
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._held = (os.getpid(), handle)
        return self._held[1]


def _windows(path: str) -> str:
    if path.startswith("\\\\"):
        return "cifs"
    import ctypes

    drive = os.path.splitdrive(path)[0] + "\\"
    kind = ctypes.windll.kernel32.GetDriveTypeW(drive)  # type: ignore[attr-defined]
    return "cifs" if kind == _DRIVE_REMOTE else "local"
