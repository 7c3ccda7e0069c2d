"""``borders``, ``simplify`` and ``changes``: the topology of files, without a store."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries import outputs
from boundaries.console import Argument, Option, Result, Run, command
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geodata.files.as_is import AsIs


class Limit(click.FloatRange):
    """A number that is one, and bounds something."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the limit."""
        limit = super().convert(value, param, ctx)
        if not math.isfinite(limit):
            self.fail(f"{value}", param, ctx)
        return limit


FILE = click.Path(path_type=Path, exists=True)
MOST = 40
"""Lines of a table on one screen; counts are always exact."""


def how_read() -> list[click.Parameter]:
    """Return the options that say how a file is to be read."""
    return [
        Option(["--layer"], Text("文件中的图层", "layer of the file"), metavar="NAME"),
        Option(
            ["--key"],
            Text(
                "单位代码所在字段；不写则自动查找，没有代码的按记录号",
                "column of the units' codes; found if not given, records of a file "
                "without codes go by number",
            ),
            metavar="COLUMN",
        ),
        Option(["--encoding"], Text("文字编码", "text encoding"), metavar="NAME"),
        Option(["--crs"], Text("坐标系 EPSG 代码", "EPSG code"), metavar="EPSG"),
    ]


def out_option() -> click.Parameter:
    """Return ``--out``."""
    return Option(
        ["--out"],
        Text(
            "写出的文件，格式由扩展名决定", "file to write; its suffix says the format"
        ),
        type=outputs.OutLayer(),
        required=True,
        metavar="FILE",
    )


def read_file(
    run: Run,
    file: Path,
    *,
    layer: str | None = None,
    key: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> AsIs:
    """Read a file in its own coordinates, and say what was left out."""
    from boundaries import columns
    from boundaries.settings import load
    from geodata.files.as_is import read_as_is

    run.progress(Text(f"读取 {file.name}", f"reading {file.name}"))
    found = read_as_is(
        file,
        limits=load(run.settings).operator,
        layer=layer,
        key=key,
        encoding=encoding,
        crs=int(crs) if crs and crs.isdecimal() else crs,
        aliases=columns.aliases("divisions"),
    )
    for refusal in found.refused[:MOST]:
        run.say(
            Text(
                f"记录 {refusal.record} 未读入：{refusal.reason['zh']}",
                f"Record {refusal.record} was left out: {refusal.reason['en']}",
            )
        )
    return found


def write_file(frame: gpd.GeoDataFrame, out: Path) -> Text:
    """Write a frame as it is; return a line that says so."""
    from geodata import files

    written = files.write(frame, out, language="")
    return Text(
        f"已写出 {out}：{written.records} 条，{written.driver}。",
        f"Wrote {out}: {written.records} records, {written.driver}.",
    )


@command(
    "borders",
    Text(
        "把图层的公共界线各写出一次。\n\n每段界线带左右单位、级别和椭球面长度；"
        "三交点可另写一个文件。",
        "Write the borders of a layer, each once.\n\nWith the units to its left and "
        "right, its level and its length on the ellipsoid; tripoints go to a file "
        "of their own.",
    ),
    Argument(["file"], Text("文件", "the file"), type=FILE),
    out_option(),
    Option(
        ["--tripoints"],
        Text("三交点写到的文件", "file for the points where three units meet"),
        type=outputs.OutLayer(),
        metavar="FILE",
    ),
    Option(
        ["--above"],
        Text(
            "上级单位所在字段，从最高级起，可重复",
            "column that names the unit above, the topmost first; may be repeated",
        ),
        multiple=True,
        metavar="COLUMN",
    ),
    *how_read(),
    reads_store=False,
)
def borders(
    run: Run,
    file: Path,
    out: Path,
    tripoints: Path | None,
    above: Sequence[str],
    **how: Any,
) -> Result:
    """Read a layer, take its borders apart and write them."""
    from geodata import topology

    read = read_file(run, file, **how)
    require_columns(read.frame, above)
    found = topology.borders(read.frame, key=read.key, above=above)
    lines = [write_file(listed(found.lines, ("left", "right")), out)]
    if tripoints is not None:
        told = listed(found.tripoints, ("units", "lines"))
        lines.append(write_file(told, tripoints))
    inner = found.lines[~found.lines["outer"]]
    data = {
        "units": len(read.frame),
        "without_borders": int((found.drawing.types < 0).sum()),
        "lines": len(found.lines),
        "outer": int(found.lines["outer"].sum()),
        "tripoints": len(found.tripoints),
        "length_m": float(found.lines["length_m"].sum()),
        "shared_m": float(inner["length_m"].sum()),
    }
    lines.insert(
        0,
        Text(
            f"{data['units']} 个单位：{data['lines']} 段界线，共 "
            f"{data['length_m'] / 1000:.1f} 千米，其中公共 "
            f"{data['shared_m'] / 1000:.1f} 千米；三交点 {data['tripoints']} 个。",
            f"{data['units']} units: {data['lines']} lines of "
            f"{data['length_m'] / 1000:.1f} km, {data['shared_m'] / 1000:.1f} km "
            f"shared; {data['tripoints']} tripoints.",
        ),
    )
    return Result(data, lines)


@command(
    "simplify",
    Text(
        "简化图层，公共界线保持一致。\n\n各级单位共用的界线简化后仍是同一条线。",
        "Simplify a layer; borders stay shared.\n\nA border that units of several "
        "levels share stays one line.",
    ),
    Argument(["file"], Text("文件", "the file"), type=FILE),
    Option(
        ["--tolerance"],
        Text(
            "容差（米）：每个顶点最多切去的面积的平方根",
            "root of the area, in metres, that may be cut off at a vertex",
        ),
        type=Limit(min=0, min_open=True),
        required=True,
        metavar="M",
    ),
    out_option(),
    Option(
        ["--level"],
        Text(
            "级别所在字段（数字，越小越高）",
            "column of the units' levels (numbers, smaller is higher)",
        ),
        metavar="COLUMN",
    ),
    *how_read(),
    reads_store=False,
)
def simplify(
    run: Run, file: Path, tolerance: float, out: Path, level: str | None, **how: Any
) -> Result:
    """Read a layer, simplify it and write it."""
    import shapely

    from geodata import topology

    read = read_file(run, file, **how)
    frame = read.frame
    simple = topology.simplify(frame, tolerance, level=level)
    before, after = (
        int(shapely.get_num_coordinates(each.geometry.to_numpy()).sum())
        for each in (frame, simple)
    )
    wrote = write_file(own(simple, read.key), out)
    data = {"units": len(simple), "vertices_before": before, "vertices_after": after}
    words = Text(
        f"{len(simple)} 个单位：顶点 {before} → {after}。",
        f"{len(simple)} units: {before} → {after} vertices.",
    )
    return Result(data, [words, wrote])


@command(
    "changes",
    Text(
        "比较两个文件：哪个单位的哪块地去了哪里，属于哪种变更。\n\n"
        "比较入库的版本用 diff。",
        "Compare two files: what ground went from which unit to which, and what "
        "kind of change it was.\n\nVersions in the store are compared by diff.",
    ),
    Argument(["old"], Text("旧文件", "the older file"), type=FILE),
    Argument(["new"], Text("新文件", "the newer file"), type=FILE),
    Option(
        ["--min-area"],
        Text(
            "不列出小于此面积的移动（平方米）",
            "moves below this area are not listed, in m²",
        ),
        type=Limit(min=0),
        default=1.0,
        show_default=True,
        metavar="M2",
    ),
    *how_read(),
    reads_store=False,
)
def changes(
    run: Run, old: Path, new: Path, min_area: float, key: str | None, **how: Any
) -> Result:
    """Read two files and tell what became of each unit."""
    from geodata import topology
    from geodata.topology.changes import not_comparable

    before = read_file(run, old, key=key, **how)
    _require_codes(before, old)
    after = read_file(run, new, key=key or before.key, **how)
    name = before.name if before.name in after.frame.columns else None
    run.progress(Text("比较", "comparing"))
    found = topology.changes(before.frame, after.frame, key=before.key, name=name)
    for read, file in ((before, old), (after, new)):
        for unit in not_comparable(read.frame, read.key)[:MOST]:
            run.say(
                Text(
                    f"{file.name} 中 {unit} 的图形无法使用，未比较其范围。",
                    f"The shape of {unit} in {file.name} cannot be used: its ground "
                    "was not compared.",
                )
            )
    strips = found["kind"].isin(["border_moved", "transferred"])
    found = found[~strips | (found["area_m2"] >= min_area)]
    counts = {str(k): int(n) for k, n in found["kind"].value_counts().items()}
    lines = [
        Text(f"{KIND[kind].zh} {n}", f"{KIND[kind].en} {n}")
        for kind, n in counts.items()
    ]
    told = found[~found["kind"].isin(["kept", "border_moved"])]
    rows: Any = told.head(MOST).itertuples(index=False)
    lines += [_told(*row[:6]) for row in rows]
    if len(told) > MOST:
        more = len(told) - MOST
        lines.append(
            Text(f"……另有 {more} 条，见 --report。", f"… and {more} more: --report.")
        )
    return Result(found.to_dict("records"), lines)


KIND = {
    "kept": Text("未变", "kept"),
    "renamed": Text("更名", "renamed"),
    "recoded": Text("代码变更", "recoded"),
    "border_moved": Text("界线变动", "border moved"),
    "transferred": Text("划转", "transferred"),
    "split": Text("拆分", "split"),
    "merged": Text("合并", "merged"),
    "new": Text("新设", "new"),
    "gone": Text("撤销", "gone"),
}


def _told(kind: str, one: Any, other: Any, was: Any, now: Any, area: float) -> Text:
    """Return a line for one change."""
    ends = [
        " ".join(str(part) for part in (code, name) if part is not None) or "–"
        for code, name in ((one, was), (other, now))
    ]
    said = f"{ends[0]} → {ends[1]}  {area / 1e4:.2f} "
    return Text(f"{KIND[kind].zh}：{said}公顷", f"{KIND[kind].en}: {said}ha")


def listed(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return a frame with tuples as text that every format holds."""
    texts: Any = {
        name: [";".join(map(str, each)) for each in frame[name]] for name in columns
    }
    return frame.assign(**texts)


def require_columns(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> None:
    """Raise InputError for a column that is not there."""
    from geodata.errors import InputError

    for name in columns:
        if name not in frame.columns:
            have = ", ".join(str(each) for each in frame.columns if each != "geometry")
            raise InputError(
                Text(f"文件里没有字段 {name}。", f"The file has no field {name}."),
                Text(f"可用字段：{have}。", f"Its fields: {have}."),
            )


def _require_codes(read: AsIs, file: Path) -> None:
    """Refuse to compare units by the number of their record."""
    from geodata.errors import InputError
    from geodata.files.as_is import KEY

    if read.key == KEY:
        have = ", ".join(str(each) for each in read.frame.columns[:-1])
        raise InputError(
            Text(
                f"{file.name} 中没有找到代码字段。",
                f"No column of codes was found in {file.name}.",
            ),
            Text(f"请用 --key 指明：{have}。", f"Name it with --key: {have}."),
        )


def own(frame: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Return the frame without the column of record numbers that we added."""
    from geodata.files.as_is import KEY

    return frame.drop(columns=KEY) if key == KEY else frame


COMMANDS = (borders, simplify, changes)
