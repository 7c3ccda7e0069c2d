"""A Shapefile as one zip, with what a DBF cannot hold refused instead of cut.

A DBF has field names of ten bytes, texts of 254 bytes, numbers with 15 decimals
and one encoding. Names
become short ASCII ones, and the zip carries a table of what they stand for.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd

from geodata.errors import InputError, Text
from geodata.files import plain, write_gdal
from geodata.files.plain import Options
from geodata.files.write_tables import encodable

NAMES = ".fields.csv"
"""What the file with the full field names ends with."""
_SHORT = {"area_official_km2": "area_km2", "predecessors": "predecess"}
_TEXT_BYTES, _NAME_BYTES, _FIELDS = 254, 10, 255
_ENCODINGS = {"UTF8": "UTF-8", "GBK": "GBK", "CP936": "GBK", "936": "GBK"}
_FILE = "layer"


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write the parts of a Shapefile and its table of names into a zip."""
    encoding = _encoding(options.encoding)
    _check_values(frame, encoding)
    if write_gdal.geometry_type(frame) == "Unknown":
        raise InputError(
            Text(
                "Shapefile 只能有一种几何类型，数据中点、线、面混杂。",
                "A Shapefile holds one type of geometry; this has several.",
            ),
            Text("请分开写出，或改用 GeoPackage。", "Split it, or use GeoPackage."),
        )
    short = short_names(plain.columns(frame))
    options.names.update(short)
    narrow = Options(options.driver, options.layer, encoding, options.language)
    with tempfile.TemporaryDirectory(prefix="quhua-write-") as name:
        folder = Path(name)
        renamed = frame.rename(columns=short)
        write_gdal.into(renamed, folder, f"{_FILE}.shp", narrow, {})
        _pack(folder, path, options.layer, short, encoding)
    changed = [full for full, cut in short.items() if full != cut]
    return [_renamed(changed, options.layer)] if changed else []


def short_names(names: list[str]) -> dict[str, str]:
    """Return each name with an ASCII one of at most ten bytes, all different."""
    if len(names) > _FIELDS:
        raise InputError(
            Text(
                f"{len(names)} 个字段超过 Shapefile 的 {_FIELDS} 个。",
                f"{len(names)} fields are more than the {_FIELDS} of a Shapefile.",
            )
        )
    # A name that may stay as it is goes before the others can take it.
    order = sorted(names, key=lambda name: _ascii(name) != name)
    taken: set[str] = set()
    found = {}
    for name in order:
        base = _ascii(_SHORT.get(name, name))[:_NAME_BYTES] or "F"
        chosen, number = base, 0
        while chosen.upper() in taken or chosen == "F":
            number += 1
            tail = f"{number:02d}" if base == "F" else f"_{number}"
            chosen = base[: _NAME_BYTES - len(tail)] + tail
        taken.add(chosen.upper())
        found[name] = chosen
    return {name: found[name] for name in names}


def full_names(text: str) -> dict[str, str]:
    """Return short name -> full name from the table of names in our zip."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return {row[0]: row[1] for row in list(rows)[1:] if len(row) >= 2}


def _ascii(name: str) -> str:
    """Return the part of a name a DBF can hold, from its first letter on."""
    kept = re.sub(r"[^A-Za-z0-9_]", "", name)
    kept = kept.lstrip("0123456789_")
    return kept if len(kept) * 2 >= len(name) else ""


def _encoding(asked: str | None) -> str:
    """Return UTF-8 or GBK.

    Raises
    ------
    InputError
        For any other: desktop programs do not agree on the rest.
    """
    key = (asked or "UTF-8").upper().replace("-", "").replace("_", "")
    if key not in _ENCODINGS:
        raise InputError(
            Text(
                f"Shapefile 的编码只能是 UTF-8 或 GBK，不能是 {asked}。",
                f"A Shapefile is written in UTF-8 or GBK, not in {asked}.",
            )
        )
    return _ENCODINGS[key]


def _check_values(frame: gpd.GeoDataFrame, encoding: str) -> None:
    """Refuse texts that would be cut or lose characters."""
    for name in plain.columns(frame):
        if not plain.is_text(frame[name]):
            continue
        texts = [v if isinstance(v, str) else "" for v in frame[name]]
        unknown = [i for i, v in enumerate(texts) if not encodable(v, encoding)]
        plain.check(
            frame,
            name,
            unknown,
            Text(f"有 {encoding} 没有的字", f"have characters that {encoding} lacks"),
            Text("请改用 UTF-8。", "Use UTF-8."),
        )
        long = [i for i, v in enumerate(texts) if len(v.encode(encoding)) > _TEXT_BYTES]
        plain.check(
            frame,
            name,
            long,
            Text(
                f"超过 Shapefile 的 {_TEXT_BYTES} 字节",
                f"are longer than the {_TEXT_BYTES} bytes of a Shapefile",
            ),
            Text("请缩短，或改用 GeoPackage。", "Shorten them, or use GeoPackage."),
        )


def _pack(
    folder: Path, path: Path, layer: str, short: dict[str, str], encoding: str
) -> None:
    """Zip the parts under the layer's name, with the encoding and the names."""
    (folder / f"{_FILE}.cpg").write_text(encoding, encoding="ascii")
    table = io.StringIO(newline="")
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerow(["field", "name"])
    writer.writerows([cut, full] for full, cut in short.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob(f"{_FILE}.*")):
            archive.write(part, f"{layer}{part.suffix}")
        archive.writestr(f"{layer}{NAMES}", "\ufeff" + table.getvalue())


def _renamed(names: list[str], layer: str) -> dict[str, str]:
    return Text(
        f"{len(names)} 个字段名缩短为 10 字节以内，对照表见 {layer}{NAMES}。",
        f"{len(names)} field names were shortened; {layer}{NAMES} lists them.",
    )._asdict()
