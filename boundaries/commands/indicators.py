"""``indicators``: every figure at a date, and tables of what is entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.commands import wording
from boundaries.commands.former import read_former
from boundaries.console import Argument, Option, Result, Run, command, language
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEVELS = ("province", "city", "district", "street", "community")
_KINDS = ("targets", "values", "areas", "projects")


@command(
    "indicators",
    Text("养老服务指标：数值、目标与缺口。", "Indicators of eldercare."),
    Option(["--as-of"], Text("统计时点，默认今日", "as of (today)"), metavar="DATE"),
    Option(
        ["--level"],
        wording.choices(Text("分单位的级别", "units to list"), wording.LEVELS),
        type=click.Choice(_LEVELS),
        default="district",
    ),
    Option(["--scope"], Text("只看此区划", "only this division"), default=""),
    Option(
        ["--reach"],
        Text(
            "先计算并保存服务圈（I11、I12 由此得出）",
            "first compute who is within reach and keep it (I11 and I12 need it)",
        ),
        is_flag=True,
    ),
    Option(
        ["--out"],
        Text("写出 XLSX（带公式）", "write a workbook with formulas"),
        type=click.Path(path_type=Path, dir_okay=False),
    ),
    Option(
        ["--stamp"],
        Text("按此前结果（JSON）中的版本章重算，并与之核对",
             "compute again as a former result (JSON) was, and compare with it"),
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
    ),
)  # fmt: skip
def indicators(
    run: Run, *, as_of: str | None, level: str, scope: str, reach: bool,
    out: Path | None, stamp: Path | None,
) -> Result:  # fmt: skip
    """Compute every indicator; write a workbook of them if asked."""
    registry = run.registry()
    if stamp is not None:
        what = Text("指标结果", "result of indicators")
        former = read_former(stamp, _needed, what, "quhua indicators --json")
        return _again(registry.recomputed_indicators(run.reader, former))
    if reach:
        registry.make_reach(run.reader, as_of, scope)
    found = registry.indicators(run.reader, as_of, level, scope)
    lines = list(_lines(found))
    if out is not None:
        done = registry.indicator_workbook(
            run.reader, out, as_of, level, scope, language()
        )
        found = {**found, "out": {"path": str(out), **done}}
        lines.append(Text(f"已写出 {out}。", f"Written: {out}."))
    return Result(found, lines)


def _needed(found: dict[str, Any]) -> Any:
    stamp, names = found["stamp"], ("as_of", "versions", "options", "standard", "id")
    rows = [row["id"] for row in found["indicators"]]
    return (
        found["level"], found["scope"]["code"], rows, stamp["options_of"],
        *(stamp[name] for name in names),
    )  # fmt: skip


def _again(found: dict[str, Any]) -> Result:
    if found["same"]:
        said = Text("✓ 与原结果完全相同。", "✓ The same as the former result.")
        return Result(found, [*_lines(found), said])
    other = "、".join(found["differing"])
    said = Text(
        f"✗ 与原结果不同（{other or '版本章'}）：数据、填报或参数已无法还原。",
        f"✗ Other than before ({other or 'the stamp'}): data, entries or settings "
        "cannot be brought back.",
    )
    return Result(found, [*_lines(found), said], status=1)


@command(
    "indicators-import",
    Text("导入目标、填报数据、居住区或项目表。", "Import a table of records."),
    Argument(
        ["file"], Text("XLSX 或 CSV", "XLSX or CSV"),
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
    ),
    Option(
        ["--kind"],
        wording.choices(Text("表的内容", "what the table holds"), wording.TABLES),
        type=click.Choice(_KINDS), required=True,
    ),
)  # fmt: skip
def import_records(run: Run, file: Path, kind: str) -> Result:
    """Keep the good rows of a table; name the others."""
    done = run.registry().read_indicator_table(run.actor, kind, file)
    lines: list[Text | str] = [
        Text(
            f"读 {done['read']} 行，保存 {done['kept']} 行，"
            f"拒绝 {len(done['refused'])} 行。",
            f"{done['read']} rows read, {done['kept']} kept, "
            f"{len(done['refused'])} refused.",
        )
    ]
    for row in done["refused"]:
        said = row["message"]
        lines.append(
            Text(f"第 {row['row']} 行：{said['zh']}", f"Row {row['row']}: {said['en']}")
        )
    return Result(done, lines, status=1 if done["refused"] else 0)


@command(
    "indicators-plan",
    Text(
        "采用专栏1的目标（已有的不动）。", "Enter the plan's targets where none stand."
    ),
    Option(["--scope"], Text("适用区划", "for this division"), default=""),
)
def adopt(run: Run, scope: str) -> Result:
    """Enter the targets of the plan for a unit."""
    done = run.registry().adopt_plan(run.actor, scope)
    said = Text(
        f"填入 {done['added']} 项目标，原有 {done['kept']} 项未动。",
        f"{done['added']} targets entered, {done['kept']} stood already.",
    )
    return Result(done, [said])


def _lines(found: dict[str, Any]) -> Iterator[Text | str]:
    where = found["scope"]["name"]
    yield Text(f"统计时点 {found['as_of']} {where}", f"As of {found['as_of']} {where}")
    for row in found["indicators"]:
        yield _line(row)
    yield Text("专栏1", "The plan")
    for row in found["plan"]:
        yield _line(row)
    for unit in found["units"]:
        values = [
            f"{name} {value:.4g}"
            for name, value in unit["values"].items()
            if value is not None
        ]
        yield f"{unit['code']}  {unit['name']}  {'  '.join(values)}"


def _line(row: dict[str, Any]) -> Text:
    value = "—" if row["value"] is None else f"{row['value']:.4g}"
    target = row["target"]
    aim = f"{target['words']}（{target['year']}）" if target else "—"
    unit, name, said = row["unit"], row["name"], row["verdict"]
    return Text(
        f"{row['id']:<4} {name['zh']}：{value} {unit['zh']}，目标 {aim}，{said['zh']}",
        f"{row['id']:<4} {name['en']}: {value} {unit['en']}, target {aim}, "
        f"{said['en']}",
    )


COMMANDS: tuple[click.Command, ...] = (indicators, import_records, adopt)
