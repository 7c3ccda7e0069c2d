"""The environment of a guarded process: built from nothing, so nothing leaks in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import geodata

_SETTINGS = {
    "LANG": "C.UTF-8",
    "PATH": "",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    # one thread a process: two such workers fill a small machine
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "GDAL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # no network, twice: a proxy nobody listens on, and no resolving by name
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTPS_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "PROJ_NETWORK": "OFF",
    # drivers: nothing loaded from outside, no datasource inside a datasource
    "GDAL_DRIVER_PATH": "disable",
    "OGR_SQLITE_STATIC_VIRTUAL_OGR": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "SQLITE_USE_OGR_VFS": "NO",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "0",
    # GDAL 3.12's own Arrow stream of FlatGeobuf gives wrong offsets after a record
    # without geometry (the reader aborts, or rows get another row's geometry)
    "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "LIBKML_RESOLVE_STYLE": "NO",
    "DXF_ENCODING": "UTF-8",  # we rewrite every drawing as UTF-8 first
    "DXF_MAX_BSPLINE_CONTROL_POINTS": "10000",
}


def clean(folder: Path, roots: tuple[Path, ...]) -> dict[str, str]:
    """Return the whole environment of a guarded process.

    Parameters
    ----------
    folder
        Its working folder, also its home and its temporary folder.
    roots
        Folders that hold the packages it must import.
    """
    home = str(folder)
    settings = {
        **_SETTINGS,
        "HOME": home,
        "TMPDIR": home,
        "TEMP": home,
        "TMP": home,
        "PYTHONPATH": os.pathsep.join(str(root) for root in roots),
    }
    if sys.platform == "win32":
        settings["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", r"C:\Windows")
    return settings


def import_root(module: str) -> Path:
    """Return the folder from which the top package of ``module`` is imported."""
    top = sys.modules.get(module.partition(".")[0], geodata)
    paths = list(getattr(top, "__path__", ()))
    return Path(paths[0]).parent if paths else Path(str(top.__file__)).parent


def readable(package_folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return what a guarded process may read besides its own folder."""
    named = (
        "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo",
        "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime",
        "/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
    )  # fmt: skip
    interpreter = (
        sys.executable,
        sys.prefix,
        sys.exec_prefix,
        str(Path(sys.base_prefix) / "lib"),
        str(Path(sys.base_prefix) / "lib64"),
    )
    return (*map(Path, named), *map(Path, interpreter), *package_folders)
