"""Files that survive: where they lie, and when they are on the disk."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

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


def _windows(path: str) -> str:
    if path.startswith("\\\\"):
        return "cifs"
    import ctypes

    drive = os.path.splitdrive(path)[0] + "\\"
    kind = ctypes.windll.kernel32.GetDriveTypeW(drive)  # type: ignore[attr-defined]
    return "cifs" if kind == _DRIVE_REMOTE else "local"
