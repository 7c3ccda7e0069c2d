"""The original as one file: what lies beside a Shapefile belongs to it."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITH_PARTS = {".shp", ".tab", ".mif"}
_CHUNK = 1 << 20
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Equal for all, so that equal parts give an equal archive and one hash."""


@contextmanager
def packed(file: Path) -> Iterator[Path]:
    """Give the file itself, or an uncompressed zip of the parts it consists of."""
    parts = _parts(file)
    if parts == [file]:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="quhua-original-") as folder:
        archive = Path(folder) / f"{file.name}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as written:
            for part in parts:
                with part.open("rb") as source:
                    add(written, str(part.relative_to(file.parent)), source)
        yield archive


def add(
    archive: zipfile.ZipFile, name: str, source: IO[bytes], size: int | None = None
) -> None:
    """Write one part (``size`` bytes of the source, or all) into the archive."""
    left = size
    with archive.open(zipfile.ZipInfo(name, _MOMENT), "w", force_zip64=True) as out:
        while left is None or left > 0:
            chunk = source.read(_CHUNK if left is None else min(_CHUNK, left))
            if not chunk:
                break
            left = None if left is None else left - len(chunk)
            out.write(chunk)


def _parts(file: Path) -> list[Path]:
    """Return everything that makes up a file handed in by its main part."""
    if file.is_dir():
        return sorted(part for part in file.rglob("*") if part.is_file())
    wal = file.with_name(f"{file.name}-wal")
    if wal.is_file():
        return [file, wal]
    if file.suffix.lower() not in _WITH_PARTS:
        return [file]
    beside = [part for part in file.parent.iterdir() if part.stem == file.stem]
    return sorted(part for part in beside if part.is_file())
