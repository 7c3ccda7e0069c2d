"""Unpack a zip that may be hostile: every byte counted, no name trusted.

Names in the archive only say which files belong together and what a layer is
called; on disk each file gets a number and an extension from our own list. Names
without the UTF-8 flag (bit 11) are tried as UTF-8 and else as GB18030, because
Windows programs in China write GBK there.
"""

from __future__ import annotations

import errno
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from geodata.errors import FileRefusedError, Text
from geodata.files.limits import Limits

_UTF8_FLAG, _ENCRYPTED = 0x800, 0x1
_CHUNK = 1 << 16
_RATIO_FROM = 1 << 20
_SHEET = "xl/workbook.xml"

MAIN = {
    ".shp": "shp", ".gpkg": "gpkg", ".geojson": "json", ".json": "json",
    ".geojsonl": "json", ".geojsons": "json", ".kml": "kml", ".fgb": "fgb",
    ".gml": "gml", ".xml": "xml", ".dxf": "dxf", ".tab": "tab", ".mif": "mif",
    ".gpx": "gpx", ".parquet": "parquet", ".geoparquet": "parquet", ".csv": "table",
    ".txt": "table", ".xlsx": "xlsx", ".dbf": "dbf",
}  # fmt: skip
"""Extensions that may begin a dataset."""

_SIDECARS = frozenset(
    {".shx", ".dbf", ".prj", ".cpg", ".gpkg-wal", ".dat", ".map", ".id", ".ind", ".mid"}
)
_NESTED = frozenset({".kmz", ".gdb.zip"})
_ARCHIVES = frozenset({".zip", ".7z", ".rar", ".gz", ".tar", ".tgz", ".bz2", ".xz"})
_UNREAD = frozenset({".dwg", ".mdb", ".accdb", ".vct", ".e00", ".dgn", ".xls"})
_GDB_FILE = re.compile(r"(?i)a[0-9a-f]{8}\.[a-z_0-9.]{1,40}|gdb|timestamps")


_GDB_TABLE = re.compile(r"(?i)a[0-9a-f]{8}\.(gdb\w+|atx|spx|freelist|horizon)")


@dataclass(frozen=True)
class Member:
    """One unpacked file: where it is and what it was called."""

    path: Path
    name: str
    """The name in the archive, for people; never used as a path."""


@dataclass
class _Meter:
    """What an archive has cost so far."""

    limits: Limits
    unpacked: int = 0
    packed: int = 0

    def add(self, count: int, packed: int) -> None:
        """Count ``count`` unpacked bytes; refuse when a limit is passed."""
        self.unpacked += count
        megabytes = self.unpacked >> 20
        self.limits.check("unpacked_mb", megabytes)
        if self.unpacked > max(_RATIO_FROM, self.limits.ratio * max(packed, 1)):
            raise self.limits.exceeded("ratio", self.unpacked // max(packed, 1))


def names(path: Path) -> tuple[str, ...]:
    """Return the decoded names in a zip, without unpacking."""
    with _opened(path) as archive:
        return tuple(_name(item) for item in archive.infolist())


def unpack(path: Path, folder: Path, limits: Limits) -> tuple[Member, ...]:
    """Unpack the datasets of a zip into ``folder``.

    Returns
    -------
    tuple of Member
        One for each dataset's main file, ``.gdb`` folders included; sidecars lie
        beside it under the same number.

    Raises
    ------
    FileRefusedError
        Damaged, encrypted, links, names that climb out, archives inside.
    LimitError
        Too many entries, too big, too strongly packed.
    """
    meter = _Meter(limits)
    return _unpack(path, folder, meter, nested=False)


def _unpack(
    path: Path, folder: Path, meter: _Meter, *, nested: bool
) -> tuple[Member, ...]:
    with _opened(path) as archive:
        items = archive.infolist()
        meter.limits.check("entries", len(items))
        wanted = [item for item in items if _is_wanted(item)]
        _refuse_overlaps(items, path.stat().st_size)
        groups: dict[tuple[str, str], Path] = {}
        found: list[Member] = []
        for item in wanted:
            name = _name(item)
            target = _target(name, folder, groups)
            if target is None:
                continue
            _extract(archive, item, target, meter, path.stat().st_size)
            found += _members(name, target, meter, nested=nested)
    return _without_sidecars(found)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileRefusedError(
            Text("压缩包已损坏或不完整。", "The zip archive is damaged or incomplete."),
            Text("请重新打包上传。", "Pack and send it again."),
        ) from error


def _name(item: zipfile.ZipInfo) -> str:
    if item.flag_bits & _UTF8_FLAG:
        return item.filename.replace("\\", "/")
    raw = item.orig_filename.encode("cp437", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return text.partition("\x00")[0].replace("\\", "/")


def _is_wanted(item: zipfile.ZipInfo) -> bool:
    """Refuse what no honest archive holds; skip what we have no use for."""
    name = _name(item)
    mode = item.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _hostile(f"{name} 是链接或特殊文件", f"{name} is a link or special file")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise _hostile(f"{name} 指向压缩包之外", f"{name} points outside the archive")
    if item.flag_bits & _ENCRYPTED:
        raise _hostile(f"{name} 已加密", f"{name} is encrypted")
    hidden = any(part == "__MACOSX" or part.startswith("._") for part in parts)
    return not item.is_dir() and not name.endswith("/") and not hidden


def _refuse_overlaps(items: list[zipfile.ZipInfo], size: int) -> None:
    spans = sorted((item.header_offset, item.compress_size) for item in items)
    for (start, packed), (following, _) in pairwise(spans):
        if start + 30 + packed > following:
            raise _hostile("条目相互重叠", "entries overlap one another")
    if sum(item.compress_size for item in items) > size:
        raise _hostile("条目大小与文件不符", "the sizes of its entries do not add up")


def _hostile(zh: str, en: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"压缩包不予读取：{zh}。", f"The zip archive is refused: {en}."),
        Text(
            "请只打包数据文件，重新上传。", "Pack the data files only and send again."
        ),
    )


def _extension(name: str) -> str:
    lower = name.lower()
    if lower.endswith(".gdb.zip"):
        return ".gdb.zip"
    return PurePosixPath(lower).suffix


def _target(
    name: str, folder: Path, groups: dict[tuple[str, str], Path]
) -> Path | None:
    """Return where an entry goes, or None when it is of no use."""
    above, _, last = name.rpartition("/")
    if above.lower().endswith(".gdb") or _GDB_TABLE.fullmatch(last):
        if not _GDB_FILE.fullmatch(last):
            return None
        return _group(folder, groups, above, "gdb") / "data.gdb" / last
    extension = _extension(name)
    if extension in _ARCHIVES:
        raise _hostile(f"{name} 是压缩包中的压缩包", f"{name} is an archive inside it")
    if extension not in MAIN.keys() | _SIDECARS | _NESTED | _UNREAD:
        return None
    stem = name[: -len(extension)]
    return _group(folder, groups, stem, "") / f"data{extension}"


def _group(
    folder: Path, groups: dict[tuple[str, str], Path], stem: str, kind: str
) -> Path:
    key = (stem.lower(), kind)
    return groups.setdefault(key, folder / f"{len(groups):04d}")


def _extract(
    archive: zipfile.ZipFile,
    item: zipfile.ZipInfo,
    target: Path,
    meter: _Meter,
    size: int,
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise _hostile(f"{_name(item)} 出现两次", f"{_name(item)} occurs twice")
    try:
        with archive.open(item) as source, target.open("xb") as sink:
            while block := source.read(_CHUNK):
                meter.add(len(block), size)
                sink.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError,
            RuntimeError, OSError) as error:  # fmt: skip
        if isinstance(error, OSError) and error.errno in {errno.EFBIG, errno.ENOSPC}:
            raise
        raise _hostile(
            f"{_name(item)} 已损坏或大小不符",
            f"{_name(item)} is damaged or not of the size it claims",
        ) from error


def _members(name: str, target: Path, meter: _Meter, *, nested: bool) -> list[Member]:
    extension = _extension(name)
    if extension in _NESTED and target.parent.name != "data.gdb":
        if nested:
            raise _hostile(f"{name} 嵌套过深", f"{name} is nested too deeply")
        inner = _unpack(target, target.parent / "inner", meter, nested=True)
        stem = PurePosixPath(name).stem
        return [Member(item.path, f"{stem}/{item.name}") for item in inner]
    if target.parent.name == "data.gdb":
        above = name.rpartition("/")[0]
        return [Member(target.parent, above or "data.gdb")]
    if extension in MAIN.keys() | _UNREAD:
        return [Member(target, name)]
    return []


def _without_sidecars(found: list[Member]) -> tuple[Member, ...]:
    """Drop repeats (a .gdb folder) and the .dbf that belongs to another file."""
    unique = {member.path: member for member in found}
    owners = {path.parent for path in unique if path.suffix != ".dbf"}
    return tuple(
        member
        for path, member in unique.items()
        if path.suffix != ".dbf" or path.parent not in owners
    )


def is_workbook(path: Path) -> bool:
    """Return whether a zip is an Excel workbook."""
    return _SHEET in names(path)


def gdb_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a file geodatabase, nothing else in its folder."""
    return tuple(
        item
        for item in sorted(folder.iterdir())
        if item.is_file() and not item.is_symlink() and _GDB_FILE.fullmatch(item.name)
    )
