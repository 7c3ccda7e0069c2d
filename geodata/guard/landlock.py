"""Landlock: take away the file system and the network from this process.

The kernel's own numbers (linux/landlock.h) by ``ctypes``; no root, no package.
Each version of the interface (ABI) brought rights; only those the running
kernel knows may be asked for. Documented in the kernel's
``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_MAKE_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_TCP = 0b11
_SCOPES = 0b11


def abi() -> int:
    """Return the Landlock ABI of this kernel, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    found = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    return max(int(found), 0)


def restrict(read_only: Iterable[Path], read_write: Iterable[Path]) -> int:
    """Allow this process the given paths only, and no network.

    Parameters
    ----------
    read_only, read_write
        Folders (with all below) or files. Missing ones are skipped.

    Returns
    -------
    int
        The ABI in force; 0 when the kernel has no Landlock and nothing was done.
        TCP is denied from 4 on, signals to other processes from 6 on.
    """
    version = abi()
    if version < 1:
        return 0
    handled = _file_rights(version)
    ruleset = _create(version, handled)
    for path in read_only:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in read_write:  # no programs, links, pipes, sockets or devices there
        _allow(ruleset, path, handled & ~(_MAKE_SPECIAL | _EXECUTE))
    forbid_privileges()
    _checked(_libc().syscall(_RESTRICT, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)
    return version


def forbid_privileges() -> None:
    """Set ``no_new_privs``: no set-uid program gives this process more rights."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _file_rights(version: int) -> int:
    bits = 13 if version == 1 else 14 if version == 2 else 15 if version < 5 else 16
    return (1 << bits) - 1


def _create(version: int, handled: int) -> int:
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    network = _TCP if version >= 4 else 0
    scopes = _SCOPES if version >= 6 else 0
    attributes = struct.pack("<QQQ", handled, network, scopes)[:size]
    buffer = ctypes.create_string_buffer(attributes, size)
    ruleset = _libc().syscall(
        _CREATE, buffer, ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    return _checked(ruleset, "landlock_create_ruleset")


def _allow(ruleset: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if path.is_dir() else rights & _ON_FILES
        rule = ctypes.create_string_buffer(struct.pack("<Qi", allowed, opened), 12)
        _checked(_libc().syscall(_ADD_RULE, ruleset, 1, rule, 0), str(path))
    finally:
        os.close(opened)


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return int(result)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
