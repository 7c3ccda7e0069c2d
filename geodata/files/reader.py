"""``read``: one file in, one frame in our storage CRS and what was understood."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata import guard
from geodata.errors import FileRefusedError, Text
from geodata.files import archive, sniff
from geodata.files.limits import Limits, profile

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.files.raw import Raw
    from geodata.files.reading import Reading

_SIDECARS = frozenset(
    {".shx", ".dbf", ".prj", ".cpg", ".dat", ".map", ".id", ".ind", ".mid"}
)
_FAMILIES = {"shp": ".shp", "tab": ".tab", "mif": ".mif"}


def read(
    path: str | Path,
    *,
    name: str | None = None,
    layer: str | None = None,
    region: Any = None,
    reference: gpd.GeoDataFrame | None = None,
    overrides: Mapping[str, Any] | None = None,
    limits: str | Limits = "operator",
    aliases: Mapping[str, str] | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Read one layer of a file as it was handed in.

    Parameters
    ----------
    path
        A file, a zip of files, or a ``.gdb`` folder. It is never changed: the
        reading works on a private copy in a guarded process.
    name
        What the file is called in layer names and messages; None: as ``path`` is.
    layer
        Which layer; None for the one with most polygons, said in ``guesses``.
    region
        Where the data should lie (division code, bounds, geometry or frame):
        helps to find the CRS, and records outside it are refused.
    reference
        A layer of the region in a known CRS, to find the CRS and a systematic
        shift (GCJ-02, BD-09).
    overrides
        A person's word over our guesses: ``encoding``, ``crs``, ``axis_swapped``,
        ``layer``, ``fields`` (``{theirs: ours}``), ``shift`` (``"gcj02"``,
        ``"bd09"``, ``{"dx_m", "dy_m"}`` or None), ``parameters`` (of a datum
        transformation), ``placeless`` (records that lie nowhere are kept),
        ``heights`` (of vertices, as the field
        :data:`geodata.files.geometry.HEIGHTS`).
    limits
        ``"upload"``, ``"operator"`` or a :class:`~geodata.files.limits.Limits`.
    aliases
        Field names of the house beside the known ones, ``{THEIRS: ours}``.
    cancel, progress
        See :func:`geodata.guard.call`.

    Returns
    -------
    tuple of GeoDataFrame and Reading
        The frame in EPSG:4490 (x is longitude), its index the record numbers of
        the file from 1; with ``crs`` None and the file's own numbers when the CRS
        could not be determined.

    Raises
    ------
    FileRefusedError
        Wrong kind, damaged, hostile, over a limit, or not one usable record.
    CRSError
        Declaration and numbers contradict, or the transformation would be a
        silent no-op.
    """
    held = profile(limits)
    said = dict(overrides or {})
    raw = read_raw(
        Path(path), name=name, layer=layer, overrides=said, limits=held,
        cancel=cancel, progress=progress,
    )  # fmt: skip
    # the frame's libraries load after the guarded process has begun its work
    from geodata.files.interpret import interpret

    return interpret(
        raw, region=region, reference=reference, overrides=said, aliases=aliases
    )


def read_raw(
    path: Path,
    *,
    name: str | None = None,
    layer: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    limits: Limits,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Raw:
    """Read one layer in the guarded process, uninterpreted."""
    _require(path, limits)
    kind = sniff.sniff(path)
    with tempfile.TemporaryDirectory(prefix="quhua-read-") as private:
        folder = Path(private)
        copy = _copy(path, folder, kind)
        guard.run(
            "geodata.files.worker:work",
            copy.relative_to(folder),
            name or path.name,
            "out",
            asdict(limits),
            limits=limits,
            workdir=folder,
            cancel=cancel,
            progress=progress,
            layer=layer,
            overrides=_json(overrides or {}),
        )
        from geodata.files import transfer

        return transfer.load(folder / "out")


def _json(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Only what concerns the worker."""
    names = (
        *("encoding", "layer", "fields"),
        *("angles", "delimiter", "header", "geometry", "placeless", "heights"),
    )
    return {name: overrides[name] for name in names if overrides.get(name) is not None}


def _require(path: Path, limits: Limits) -> None:
    if not path.exists():
        raise FileRefusedError(
            Text(f"找不到文件 {path.name}。", f"There is no file {path.name}.")
        )
    files = path.iterdir() if path.is_dir() else [path]
    size = sum(item.stat().st_size for item in files if item.is_file())
    limits.check("file_mb", size >> 20)


def _copy(path: Path, folder: Path, kind: str) -> Path:
    """Copy the input, with the parts that belong to it, into the private folder.

    A hard link would share its bytes with the original; a worker gone wrong could
    then write into what we promised to keep.
    """
    target = folder / "in"
    target.mkdir()
    if path.is_dir():
        copy = target / "data.gdb"
        copy.mkdir()
        for item in archive.gdb_files(path):
            shutil.copyfile(item, copy / item.name)
        return copy
    copy = target / f"data{_FAMILIES.get(kind) or path.suffix.lower() or '.bin'}"
    shutil.copyfile(path, copy)
    if kind in _FAMILIES:
        for item in path.parent.iterdir():
            if item.stem == path.stem and item.suffix.lower() in _SIDECARS:
                shutil.copyfile(item, copy.with_suffix(item.suffix.lower()))
    wal = path.with_name(path.name + "-wal")
    if kind == "gpkg" and wal.is_file():
        shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))
    return copy
