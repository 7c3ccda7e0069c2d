"""``check`` and ``repair``: the conflicts of a file, without a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries import outputs
from boundaries.commands.topology import (
    FILE,
    MOST,
    how_read,
    own,
    read_file,
    write_file,
)
from boundaries.console import Argument, Option, Result, Run, command
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        type=click.FloatRange(min=0, min_open=True),
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
    tolerance: float,
    **how: Any,
) -> tuple[AsIs, Findings]:
    """Return a file as it was read, and its conflicts."""
    from geodata import topology

    read = read_file(run, file, **how)
    above = None
    if parent is not None:
        above = _beside(_keyed_alike(read_file(run, parent), read), read)
    drawn = None
    if lines is not None:
        drawn = _beside(_keyed_alike(read_file(run, lines), read), read)
    run.progress(Text("检查", "checking"))
    found = topology.check(
        read.frame,
        key=read.key,
        parent=above,
        lines=drawn,
        tolerance_m=tolerance,
        names=_names(read),
    )
    return read, found


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


@command(
    "repair",
    Text(
        "按建议修复文件并写出新文件，不改原文件。\n\n只执行自动可行且在上限内的修复；"
        "带 --log 的修复可用 --undo 撤销。",
        "Repair a file as suggested and write a new one.\n\nOnly what can be done "
        "without a person and within the limits; --undo takes back what --log tells.",
    ),
    Argument(["file"], Text("文件", "the file"), type=FILE),
    Option(
        ["--out"],
        Text(
            "写出的文件，格式由扩展名决定", "file to write; its suffix says the format"
        ),
        type=outputs.OutFile(),
        required=True,
        metavar="FILE",
    ),
    Option(
        ["--max-shift"],
        Text("界线最多移动多远（米）", "how far a border may move, in metres"),
        type=click.FloatRange(min=0),
        metavar="M",
    ),
    Option(
        ["--max-area"],
        Text(
            "单位面积最多变动多少（平方米）",
            "how much ground a unit may gain or lose, in m²",
        ),
        type=click.FloatRange(min=0),
        metavar="M2",
    ),
    Option(
        ["--pin"],
        Text(
            "不得移动的界线：outer（外边界），或一个文件",
            "what must not move: outer (the outer border), or a file",
        ),
        metavar="outer|FILE",
    ),
    Option(
        ["--accept"],
        Text(
            "只修复这类问题（或此指纹），可重复",
            "repair only findings of this rule (or fingerprint); may be repeated",
        ),
        multiple=True,
        metavar="RULE",
    ),
    Option(
        ["--log", "log_path"],
        Text("修复记录写到的文件", "file for the log of repairs"),
        type=outputs.OutFile(),
        metavar="FILE",
    ),
    Option(
        ["--undo"],
        Text("撤销此记录中的修复", "take back the repairs of this log"),
        type=FILE,
        metavar="LOG",
    ),
    _tolerance(),
    *how_read(),
    reads_store=False,
)
def repair(
    run: Run,
    file: Path,
    out: Path,
    max_shift: float | None,
    max_area: float | None,
    pin: str | None,
    accept: Sequence[str],
    log_path: Path | None,
    undo: Path | None,
    tolerance: float,
    **how: Any,
) -> Result:
    """Read a file, repair it and write it; or take a log back."""
    from geodata import topology
    from geodata.topology import mending

    read = read_file(run, file, **how)
    if undo is not None:
        back = mending.undo(read.frame, _log(undo))
        wrote = write_file(own(back, read.key), out)
        return Result({"undone": str(undo)}, [wrote])
    run.progress(Text("检查", "checking"))
    found = topology.check(read.frame, key=read.key, tolerance_m=tolerance)
    run.progress(Text("修复", "repairing"))
    infinite = float("inf")
    mended, log = mending.repair(
        read.frame,
        found,
        accept=accept or None,
        max_shift_m=infinite if max_shift is None else max_shift,
        max_area_m2=infinite if max_area is None else max_area,
        pin=_pinned(run, pin, read),
    )
    left = topology.check(mended, key=read.key, tolerance_m=tolerance)
    if log_path is not None:
        text = json.dumps(log, ensure_ascii=False, indent=1)
        outputs.write(log_path, f"{text}\n".encode())
    wrote = write_file(own(mended, read.key), out)
    done = sum(entry["done"] for entry in log)
    data = {
        "found": len(found),
        "repaired": done,
        "refused": len(log) - done,
        "left": len(left),
        "log": [
            {name: entry[name] for name in entry if name not in ("before", "after")}
            for entry in log
        ],
    }
    words = Text(
        f"问题 {len(found)} 个：已修复 {done} 个，未执行 {len(log) - done} 个，"
        f"修复后还有 {len(left)} 个。",
        f"{len(found)} findings: {done} repaired, {len(log) - done} refused, "
        f"{len(left)} left.",
    )
    refused = [_refused(entry) for entry in log if not entry["done"]][:MOST]
    errors = bool((left.frame["severity"] == "error").any())
    return Result(data, [words, *refused, wrote], 1 if errors else 0)


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


def _refused(entry: dict[str, Any]) -> Text:
    names = "、".join(entry["keys"])
    return Text(
        f"{entry['rule']} {names}：{entry['why']['zh']}",
        f"{entry['rule']} {', '.join(entry['keys'])}: {entry['why']['en']}",
    )


def _keyed_alike(other: AsIs, read: AsIs) -> gpd.GeoDataFrame:
    """Return another file's frame, its keys in the column that ours are in."""
    if other.key == read.key:
        return other.frame
    rest = other.frame.drop(columns=read.key, errors="ignore")
    return rest.rename(columns={other.key: read.key})


def _beside(frame: gpd.GeoDataFrame, read: AsIs) -> gpd.GeoDataFrame:
    """Return another file's frame in the coordinates of the one that is checked."""
    from geodata.crs import transform
    from geodata.crs.declared import horizontal

    here, there = read.frame.crs, frame.crs
    if here is None or there is None or horizontal(here) == horizontal(there):
        return frame.set_geometry(
            type(frame.geometry)(frame.geometry.to_numpy(), index=frame.index, crs=here)
        )
    return transform(frame, here)


def _pinned(run: Run, pin: str | None, read: AsIs) -> Any:
    if pin is None or pin == "outer":
        return pin
    path = Path(pin)
    if not path.exists():
        raise InputError(
            Text(
                f"--pin 应为 outer 或一个文件，没有文件 {pin}。",
                f"--pin is outer or a file; there is no file {pin}.",
            )
        )
    return _beside(read_file(run, path).frame, read)


def _log(path: Path) -> list[dict[str, Any]]:
    """Return the log of repairs in a file, or say that it is none."""
    try:
        log = json.loads(path.read_text("utf-8"))
        known = all(
            isinstance(entry["before"], dict) and isinstance(entry["after"], dict)
            for entry in log
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_log(path) from error
    if not known:
        raise _no_log(path)
    return list(log)


def _no_log(path: Path) -> InputError:
    return InputError(
        Text(
            f"{path.name} 不是 quhua repair --log 写出的记录。",
            f"{path.name} is no log that quhua repair --log wrote.",
        )
    )


COMMANDS = (check, repair)
