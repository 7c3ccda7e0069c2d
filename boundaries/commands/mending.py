"""``repair``: mend the conflicts of a file within limits, and take it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries import outputs
from boundaries.commands.conflicts import examined, what_to_check
from boundaries.commands.topology import (
    FILE,
    MOST,
    Limit,
    own,
    read_file,
    write_file,
)
from boundaries.commands.wishes import (
    accepted,
    heirs,
    log_of,
    no_log,
    pinned,
    require_apart,
)
from boundaries.console import Option, Result, Run, command
from geodata.errors import ConflictError, InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@command(
    "repair",
    Text(
        "按建议修复文件并写出新文件，不改原文件。\n\n只执行自动可行且在上限内的修复，"
        "修复后复查；带 --log 的修复可用 --undo 撤销。",
        "Repair a file as suggested and write a new one.\n\nOnly what can be done "
        "without a person and within the limits, checked again afterwards; --undo "
        "takes back what --log tells.",
    ),
    *what_to_check(),
    Option(
        ["--out"],
        Text(
            "写出的文件，格式由扩展名决定", "file to write; its suffix says the format"
        ),
        type=outputs.OutLayer(),
        required=True,
        metavar="FILE",
    ),
    Option(
        ["--max-shift", "max_shift_m"],
        Text("界线最多移动多远（米）", "how far a border may move, in metres"),
        type=Limit(min=0),
        metavar="M",
    ),
    Option(
        ["--max-area", "max_area_m2"],
        Text(
            "单位面积最多变动多少（平方米）",
            "how much ground a unit may gain or lose, in m²",
        ),
        type=Limit(min=0),
        metavar="M2",
    ),
    Option(
        ["--pin"],
        Text(
            "不得移动的界线：outer（外边界），或一个文件；可重复",
            "what must not move: outer (the outer border), or a file; may be repeated",
        ),
        multiple=True,
        metavar="outer|FILE",
    ),
    Option(
        ["--accept"],
        Text(
            "只修复这类问题（或此指纹），可重复；属性不同的重复单元须在此指明才删除",
            "repair only findings of this rule (or fingerprint), may be repeated; "
            "duplicates with other attributes are dropped only when named here",
        ),
        multiple=True,
        metavar="RULE",
    ),
    Option(
        ["--to"],
        Text(
            "此指纹的空隙或重叠归哪个单位；等号后留空则重叠处不归任何一方；可重复",
            "unit that gets the gap or overlap of this fingerprint; of an overlap "
            "nobody, when nothing follows the sign; may be repeated",
        ),
        multiple=True,
        metavar="FINGERPRINT=KEY",
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
    reads_store=False,
)
def repair(
    run: Run,
    file: Path,
    out: Path,
    log_path: Path | None,
    undo: Path | None,
    **what: Any,
) -> Result:
    """Read a file, repair it and write it; or take a log back."""
    require_apart(file, out, log_path, undo)
    names = ("max_shift_m", "max_area_m2", "pin", "accept", "to")
    wishes = {name: what.pop(name) for name in names}
    if undo is not None:
        return _undone(run, file, out, undo, {**wishes, "log": log_path}, what)
    return _repaired(run, file, out, log_path, wishes, what)


def _repaired(
    run: Run,
    file: Path,
    out: Path,
    log_path: Path | None,
    wishes: Mapping[str, Any],
    what: dict[str, Any],
) -> Result:
    from geodata.topology import mending
    from geodata.topology.check import check

    read, found = examined(run, file=file, **what)
    limits = {
        name: wishes[name]
        for name in ("max_shift_m", "max_area_m2")
        if wishes[name] is not None
    }
    mended, log = mending.repair(
        own(read.frame, read.key),
        found,
        accept=accepted(wishes["accept"], found),
        pin=pinned(run, wishes["pin"], read),
        to=heirs(wishes["to"], found),
        progress=run.progress,
        **limits,
    )
    run.progress(Text("核对结果", "checking the result"))
    left = check(
        mended.assign(**{read.key: read.frame[read.key]}),
        key=read.key,
        parent=found.parent,
        lines=found.lines,
        tolerance_m=found.tolerance_m,
        sizes=found.sizes,
        names=found.names,
    )
    run.progress(Text(f"写出 {out.name}", f"writing {out.name}"))
    wrote = write_file(mended, out)
    if log_path is not None:
        text = json.dumps(log, ensure_ascii=False, indent=1)
        outputs.write(log_path, f"{text}\n".encode())
    done = [entry for entry in log if entry["done"]]
    data = {
        "found": len(found),
        "repaired": len(done),
        "refused": len(log) - len(done),
        "left": len(left),
        "removed": sorted(key for entry in log for key in entry["removed"].values()),
        "largest_shift_m": max(
            (entry["cost"]["largest_shift_m"] for entry in done), default=0.0
        ),
        "log": [
            {
                name: entry[name]
                for name in entry
                if name not in ("before", "after", "attributes")
            }
            for entry in log
        ],
    }
    lines = [*_told(data, log), wrote]
    if log_path is not None:
        kept = _can_be_undone(run, out, log, what)
        data["undoable"] = kept is None
        lines += [kept] if kept else []
    errors = bool((left.frame["severity"] == "error").any())
    return Result(data, lines, 1 if errors else 0)


def _told(data: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Return what was done, what was dropped and what was refused, as lines."""
    lines = [
        Text(
            f"问题 {data['found']} 个：已修复 {data['repaired']} 个，"
            f"未执行 {data['refused']} 个，修复后还有 {data['left']} 个。",
            f"{data['found']} findings: {data['repaired']} repaired, "
            f"{data['refused']} refused, {data['left']} left.",
        )
    ]
    if data["repaired"]:
        far = data["largest_shift_m"]
        lines.append(
            Text(
                f"界线最大移动 {far:.3f} 米。",
                f"A border moved by {far:.3f} m at most.",
            )
        )
    for entry in log:
        lines += [
            Text(
                f"已删除重复单元 {key}（{'、'.join(entry['keys'])}），--log 可撤销。",
                f"Dropped {key}, a duplicate ({', '.join(entry['keys'])}); --log "
                "holds it.",
            )
            for key in entry["removed"].values()
        ]
        lines += [
            Text(
                f"{entry['rule']} {'、'.join(entry['keys'])} 修复后留下需要处理的问题 "
                f"{mark}。",
                f"{entry['rule']} {', '.join(entry['keys'])}: the repair leaves "
                f"finding {mark} to settle.",
            )
            for mark in entry["leaves"]
        ]
    refused = [entry for entry in log if not entry["done"]]
    lines += [
        Text(
            f"未执行 {entry['rule']} {'、'.join(entry['keys'])}：{entry['why']['zh']}",
            f"Not done: {entry['rule']} {', '.join(entry['keys'])}: "
            f"{entry['why']['en']}",
        )
        for entry in refused[:MOST]
    ]
    if len(refused) > MOST:
        more = len(refused) - MOST
        lines.append(
            Text(f"……另有 {more} 条，见 --report。", f"… and {more} more: --report.")
        )
    return lines


def _can_be_undone(
    run: Run,
    out: Path,
    log: Sequence[Mapping[str, Any]],
    what: Mapping[str, Any],
) -> Text | None:
    """Return a remark when the log does not fit the file that was written."""
    from geodata.errors import QuhuaError
    from geodata.topology import mending

    try:
        # Which layer the original had, and where its codes were, is no matter.
        again = read_file(run, out, encoding=what.get("encoding"))
        mending.undo(again.frame, log)
    except QuhuaError:
        return Text(
            f"{out.name} 的格式改变了坐标或记录次序，--undo 不能用于它；"
            "请保留原文件，或另写为 .gpkg。",
            f"The format of {out.name} changed coordinates or the order of records: "
            "--undo will not work on it. Keep the original, or write .gpkg.",
        )
    return None


def _undone(
    run: Run,
    file: Path,
    out: Path,
    log: Path,
    others: Mapping[str, Any],
    what: Mapping[str, Any],
) -> Result:
    """Take back the repairs of a log on the file that the repair wrote."""
    from geodata.topology import mending

    given = [name for name, value in others.items() if value]
    given += [name for name in ("parent", "lines") if what.get(name)]
    if given:
        named = "、".join(
            f"--{name.split('_m')[0].replace('_', '-')}" for name in given
        )
        raise InputError(
            Text(
                f"--undo 只用记录本身，不能与 {named} 同用。",
                f"--undo needs the log only; leave out {named.replace('、', ', ')}.",
            )
        )
    how = {name: what[name] for name in ("layer", "key", "encoding", "crs")}
    read = read_file(run, file, **how)
    entries = log_of(log)
    try:
        back = mending.undo(read.frame, entries)
    except InputError as error:
        raise no_log(log) from error
    except ConflictError as error:
        raise ConflictError(
            error.message,
            Text(
                "请用修复后写出的文件；若其格式改变了坐标（如投影坐标写成 GeoJSON）"
                "或记录次序（FlatGeobuf），请用修复前的原文件。",
                "Undo it on the file that the repair wrote; if its format changed the "
                "coordinates (GeoJSON of a plane system) or the order of records "
                "(FlatGeobuf), use the original file.",
            ),
        ) from error
    wrote = write_file(own(back, read.key), out)
    count = sum(bool(entry.get("done")) for entry in entries)
    said = Text(f"已撤销 {count} 项修复。", f"Took back {count} repairs.")
    return Result({"undone": count, "log": str(log)}, [said, wrote])


COMMANDS = (repair,)
