"""From a file of any kind people hand in to streets, each read where it is safe.

OSM PBF and GraphML are read in a guarded process of their own; a road layer goes
through :func:`geodata.files.read` like every other file.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata import guard
from geodata.errors import FileRefusedError, Text
from geodata.files.limits import STREETS, Limits
from geodata.network import streets as streets_module
from geodata.network.streets import Streets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PBF = re.compile(rb"....\x0a.OSMHeader", re.DOTALL)
_GRAPHML = re.compile(rb"<(?:[\w.-]+:)?graphml[\s>]")
_HEAD = 4096
_TARGETS = {
    "osm": "geodata.network.intake:work_osm",
    "graphml": "geodata.network.intake:work_graphml",
}


def kind_of(path: Path) -> str:
    """Return ``osm``, ``graphml`` or ``roads`` by the first bytes of a file."""
    if path.is_dir():
        return "roads"
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise FileRefusedError(
            Text(f"找不到文件 {path.name}。", f"There is no file {path.name}.")
        ) from error
    if _PBF.match(head):
        return "osm"
    plain = head.replace(b"\0", b"") if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else head
    if _GRAPHML.search(plain):
        return "graphml"
    if re.search(rb"<osm[\s>]", plain):
        raise FileRefusedError(
            Text("这是 OSM XML（.osm），未直接支持。",
                 "This is OSM XML (.osm), which is not read."),
            Text("请先转换为 PBF：osmium cat 文件.osm -o 文件.osm.pbf",
                 "Turn it into PBF first: osmium cat FILE.osm -o FILE.osm.pbf"),
        )  # fmt: skip
    return "roads"


def read_streets(
    path: str | Path,
    *,
    name: str | None = None,
    limits: Limits = STREETS,
    layer: str | None = None,
    snap_m: float | None = None,
    fields: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    region: Any = None,
    progress: Callable[[float, str], None] | None = None,
) -> Streets:
    """Return the streets of a file.

    Parameters
    ----------
    path
        OSM PBF, GraphML, or a layer of lines in any format of
        :mod:`geodata.files`.
    name
        What people call it.
    limits
        What reading may cost.
    layer, snap_m, fields, overrides, region
        Of a road layer: which layer of the file, within how many metres ends are
        joined (None: :data:`geodata.network.roads.SNAP_M`), which field says what
        (``{"class", "oneway", "level", ...: field}``), a person's word over guesses
        (``crs``, ``encoding``), and where it should lie.
    progress
        See :func:`geodata.guard.call`.

    Raises
    ------
    FileRefusedError
        Damaged, hostile, over a limit, or without a street.
    CRSError
        A road layer whose coordinate system is not known.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "roads":
        from geodata.network.roads import read

        return read(
            path, name=name, layer=layer, snap_m=snap_m, fields=fields,
            overrides=overrides, region=region, limits=limits, progress=progress,
        )  # fmt: skip
    limits.check("file_mb", path.stat().st_size >> 20)
    with tempfile.TemporaryDirectory(prefix="quhua-streets-") as private:
        folder = Path(private)
        shutil.copyfile(path, folder / "in")
        guard.run(
            _TARGETS[kind], "in", "out", asdict(limits), limits=limits,
            workdir=folder, progress=progress,
        )  # fmt: skip
        return streets_module.load(folder / "out")


def work_osm(source: str, out: str, limits: dict[str, int]) -> int:
    """Read a PBF inside the guarded process; return how many streets there are."""
    from geodata.network.osm import read

    made = read(Path(source), Limits(**limits))
    streets_module.save(made, Path(out))
    return len(made)


def work_graphml(source: str, out: str, limits: dict[str, int]) -> int:
    """Read a GraphML inside the guarded process."""
    from geodata.network.graphml import read

    made = read(Path(source), Limits(**limits))
    streets_module.save(made, Path(out))
    return len(made)
