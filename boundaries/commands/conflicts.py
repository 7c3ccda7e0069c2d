"""``check``: the conflicts of a file, without a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.commands.topology import (
    FILE,
    MOST,
    Limit,
    how_read,
    read_file,
)
from boundaries.console import Argument, Option, Result, Run, command
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.files.as_is import AsIs
    from geodata.topology import Findings

SEVERITIES = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "info": Text("提示", "info"),
}


def _tolerance() -> click.Parameter:
    return Option(
        ["--tolerance"],
        Text(
            "相距小于此值的顶点应为同一点（米）",
            "vertices nearer than this are meant to be one, in metres",
        ),
        type=Limit(min=0, min_open=True),
        default=0.05,
        show_default=True,
        metavar="M",
    )


CHECK = Text(
    "检查文件的拓扑，不入库。\n\n每个问题给出位置、量值、涉及单位和修复建议；"
    "有错误时退出码为 1。",
    "Check the topology of a file; store nothing.\n\nEvery conflict with its "
    "place, measures, units and suggested repair; exit status 1 when there is an "
    "error.",
)


def what_to_check() -> list[click.Parameter]:
    """Return the argument and the options of ``check``."""
    return [
        Argument(["file"], Text("文件", "the file"), type=FILE),
        Option(
            ["--parent"],
            Text("上级单位的文件", "file of the units above"),
            type=FILE,
            metavar="FILE",
        ),
        Option(
            ["--lines"],
            Text("界线文件", "file of boundary lines"),
            type=FILE,
            metavar="FILE",
        ),
        Option(
            ["--workers"],
            Text("同时检查的进程数", "how many processes check at once"),
            type=click.IntRange(1),
            default=1,
            show_default=True,
            metavar="N",
        ),
        _tolerance(),
        *how_read(),
    ]


@command("check", CHECK, *what_to_check(), reads_store=False)
def check(run: Run, **what: Any) -> Result:
    """Read a file and list its conflicts."""
    return told(examined(run, **what)[1])


def examined(
    run: Run,
    file: Path,
    parent: Path | None,
    lines: Path | None,
    workers: int,
    tolerance: float,
    **how: Any,
) -> tuple[AsIs, Findings]:
    """Return a file as it was read, and its conflicts."""
    from geodata import topology

    read = read_file(run, file, **how)
    above = None
    if parent is not None:
        above = beside(_keyed_alike(read_file(run, parent), read, parent), read)
    drawn = None
    if lines is not None:
        drawn = beside(_keyed_alike(read_file(run, lines), read, lines), read)
    run.progress(Text("检查", "checking"))
    asked: dict[str, Any] = {
        "key": read.key,
        "parent": above,
        "lines": drawn,
        "tolerance_m": tolerance,
        "names": _names(read),
    }
    if workers == 1:
        return read, topology.check(read.frame, **asked)
    team = topology.Processes(workers)
    return read, topology.check_apart(read.frame, workers=team, **asked)


def _names(read: AsIs) -> dict[str, str] | None:
    """Return what messages call the units, by key."""
    from geodata.topology.units import unit_keys

    if read.name is None:
        return None
    keys, names = unit_keys(read.frame[read.key]), read.frame[read.name].tolist()
    return {
        key: name
        for key, name in zip(keys, names, strict=True)
        if isinstance(name, str) and name.strip()
    }


def told(found: Findings, *more: Text) -> Result:
    """Return conflicts as a command tells them, with lines of its own after them."""
    errors = bool((found.frame["severity"] == "error").any())
    return Result(found.to_list(), [*listed(found), *more], 1 if errors else 0)


def listed(found: Findings) -> list[Text]:
    """Return findings as lines: how many of each rule, then the first ones."""
    table = found.frame
    if table.empty:
        return [Text("没有发现问题。", "Nothing was found.")]
    lines = []
    counts = table.groupby(["severity", "rule"]).size()
    for at, count in zip(counts.index.tolist(), counts.tolist(), strict=True):
        severity, rule = at
        word = SEVERITIES[severity]
        lines.append(Text(f"{word.zh} {rule} {count}", f"{word.en} {rule} {count}"))
    rank = list(SEVERITIES)
    order = table.assign(_at=table["severity"].map(rank.index)).sort_values(
        ["_at", "rule"], kind="stable"
    )
    every: Any = order.head(MOST).itertuples(index=False)
    lines += [Text(row.message_zh, row.message_en) for row in every]
    if len(table) > MOST:
        more = len(table) - MOST
        lines.append(
            Text(f"……另有 {more} 条，见 --report。", f"… and {more} more: --report.")
        )
    return lines


def _keyed_alike(other: AsIs, read: AsIs, file: Path) -> gpd.GeoDataFrame:
    """Return another file's frame, its keys in the column that ours are in.

    Records that go by number are named with their file, for ours may do so too.
    """
    from geodata.files.as_is import KEY

    frame = other.frame
    if other.key == KEY:
        frame = frame.assign(**{KEY: f"{file.stem} " + frame[KEY]})
    if other.key == read.key:
        return frame
    rest = frame.drop(columns=read.key, errors="ignore")
    return rest.rename(columns={other.key: read.key})


def beside(frame: gpd.GeoDataFrame, read: AsIs) -> gpd.GeoDataFrame:
    """Return another file's frame in the coordinates of the one that is checked."""
    from geodata.crs import transform
    from geodata.crs.declared import horizontal

    here, there = read.frame.crs, frame.crs
    if here is None or there is None or horizontal(here) == horizontal(there):
        return frame.set_geometry(
            type(frame.geometry)(frame.geometry.to_numpy(), index=frame.index, crs=here)
        )
    return transform(frame, here)


COMMANDS = (check,)
