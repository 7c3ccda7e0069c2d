"""Hard limits of this process: memory, processor time, disk, open files, network."""

from __future__ import annotations

import ctypes
import sys

from geodata.files.limits import Limits

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def limit_resources(limits: Limits) -> bool:
    """Set the resource limits; return whether this system has them."""
    try:
        import resource
    except ImportError:
        return False
    megabyte = 1 << 20
    wanted = (
        (resource.RLIMIT_AS, limits.memory_mb * megabyte),
        (resource.RLIMIT_FSIZE, limits.output_mb * megabyte),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    )
    for which, value in wanted:
        _, hard = resource.getrlimit(which)
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (soft, soft))
    # the soft limit ends the process with a signal of its own, so we can say why
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = limits.cpu_s + 2
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (min(limits.cpu_s, most), most))
    return True


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an error is a lack of memory; GEOS and GDAL say so in words only."""
    said = str(error)
    unloaded = isinstance(error, ImportError) and "failed to map segment" in said
    return isinstance(error, MemoryError) or "bad_alloc" in said or unloaded


def leave_network() -> bool:
    """Move to an empty network namespace where the kernel lets us.

    This must come before any thread is started. Where it is not allowed (many
    containers), Landlock and the dead proxy stay as the protection.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) == 0:
        return True
    return bool(libc.unshare(_NEW_USER | _NEW_NETWORK) == 0)


def usage() -> dict[str, float]:
    """Return what this process has used: ``cpu_s`` and ``peak_mb`` (resident)."""
    try:
        import resource
    except ImportError:
        return {"cpu_s": 0.0, "peak_mb": 0.0}
    used = resource.getrusage(resource.RUSAGE_SELF)
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "peak_mb": round(used.ru_maxrss / scale, 1),
    }
