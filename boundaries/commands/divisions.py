"""``divisions``: what a code stands for, the tree, and what became of whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.console import Argument, Group, Option, Result, Run, command, group
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator


def _code() -> Argument:
    return Argument(["code"], Text("区划代码", "division code"))


def _on() -> Option:
    return Option(["--on"], Text("该日的情况", "as of this date"), metavar="DATE")


@command(
    "show",
    Text(
        "代码是什么、到何时、之后是什么。",
        "What a code was, until when, what followed.",
    ),
    _code(),
    _on(),
)
def show(run: Run, code: str, on: str | None) -> Result:
    """Answer from the code tables and from the layer."""
    registry = run.registry()
    told = _told(registry, run, code, on)
    unit = _unit(registry, run, code, on)
    if told is None and unit is None:
        raise NotFoundError(
            Text(f"没有代码 {code} 的记录。", f"Nothing is known of {code}."),
            Text(
                "请先导入代码表或区划数据。", "Import code tables or divisions first."
            ),
        )
    data = {"code": code, "on": on, "unit": unit, "codes": told}
    data["in_force"] = None if on is None else _in_force(unit, told)
    return Result(data, list(_shown(data)))


@command(
    "tree",
    Text("区划树。", "The tree of divisions."),
    Argument(["code"], Text("从此代码起", "from this code down"), required=False),
    _on(),
    Option(["--at"], Text("版本号或标签", "version or tag"), metavar="VERSION"),
)
def tree(run: Run, code: str | None, on: str | None, at: str | None) -> Result:
    """Show the tree as of a date or version."""
    from boundaries import codes
    from boundaries.divisions import tree_rows

    frame = run.registry().snapshot(
        run.reader, at=int(at) if at and at.isdigit() else at, valid_on=on
    )
    if code is not None:
        codes.parse(code)
        frame = frame[[codes.is_within(str(key), code) for key in frame.index]]
    found = tree_rows(frame.drop(columns="geometry"))
    lines = [f"{'  ' * row['depth']}{row['code']}  {row['name']}" for row in found]
    return Result({"divisions": found}, lines)


@command(
    "lineage",
    Text("前身与后继。", "Predecessors and successors."),
    _code(),
    _on(),
)
def lineage(run: Run, code: str, on: str | None) -> Result:
    """Show what a code came from and what became of it."""
    found = run.registry().lineage(run.reader, code, on)
    lines = list(_lineage_lines(found))
    if found["layer"] is not None and found["layer"]["records"] != found["records"]:
        lines += [Text("本库：", "This store:"), *_lineage_lines(found["layer"])]
    return Result(found, lines)


@command(
    "codes-import",
    Text("导入代码表及历年变更。", "Import code tables and their yearly changes."),
    Argument(
        ["folder"],
        Text("目录", "the folder"),
        type=click.Path(path_type=Path, exists=True, file_okay=False),
    ),
    writes=True,
)
def codes_import(run: Run, folder: Path) -> Result:
    """Keep the history of codes that a folder tells."""
    run.progress(Text("读取代码表", "reading the tables"))
    done = run.registry().import_codes(run.actor, folder)
    words = Text(
        f"{done['source']}：{done['records']} 条记录，{done['events']} 个变更事件，"
        f"{done['retired']} 个已停用代码。",
        f"{done['source']}: {done['records']} records, {done['events']} events, "
        f"{done['retired']} retired codes.",
    )
    return Result(done, [words, *(Text(**notice) for notice in done["notices"])])


def _told(registry: Any, run: Run, code: str, on: str | None) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = registry.lineage(run.reader, code, on)
    except NotFoundError:
        return None
    return found


def _unit(registry: Any, run: Run, code: str, on: str | None) -> Any:
    """Return the unit as the layer has it, or None."""
    try:
        frame = registry.snapshot(run.reader, valid_on=on)
    except NotFoundError:
        return None
    if code not in frame.index:
        return None
    row = frame.loc[code].drop("geometry")
    return {name: value for name, value in row.items() if value is not None}


def _in_force(unit: Any, told: dict[str, Any] | None) -> str:
    """Return whether a code stood on a date: ``yes``, ``no`` or ``uncertain``."""
    records = [] if told is None else told["records"]
    if unit is not None or any(r.get("certain", False) for r in records):
        return "yes"
    return "uncertain" if records else "no"


_STOOD = {
    "yes": Text("在用", "in use"),
    "no": Text("不在用", "not in use"),
    "uncertain": Text("是否在用不能确定到该日", "in use or not, the day is not known"),
}


def _shown(data: dict[str, Any]) -> Iterator[Text]:
    unit = data["unit"]
    if data["on"] is not None:
        stood = _STOOD[data["in_force"]]
        yield Text(
            f"{data['on']}：{data['code']} {stood.zh}",
            f"{data['on']}: {data['code']} {stood.en}",
        )
    if unit is not None:
        yield Text(
            f"{data['code']} {unit['name']}（{unit.get('kind')}）自 "
            f"{unit['valid_from']} 至 {unit.get('valid_to') or '今'}",
            f"{data['code']} {unit['name']} ({unit.get('kind')}) from "
            f"{unit['valid_from']} to {unit.get('valid_to') or 'now'}",
        )
    if data["codes"] is not None:
        yield from _lineage_lines(data["codes"], data["on"])


def _lineage_lines(found: dict[str, Any], on: str | None = None) -> Iterator[Text]:
    for record in found["records"]:
        # The first table only says that the record stood then.
        earlier = record.get("earlier")
        yield Text(
            f"{record['code']} {record['name']}：{_date(record['valid_from'])}"
            f"{'或更早' if earlier else ''} — {_date(record['valid_to']) or '至今'}",
            f"{record['code']} {record['name']}: {record['valid_from']}"
            f"{' or earlier' if earlier else ''} – "
            f"{record['valid_to'] or 'now'}",
        )
    for step in (*found["predecessors"], *found["successors"]):
        when = _beside(step["changed"], on)
        yield Text(
            f"  {when.zh}{_date(step['changed'])} {step['type_zh']}："
            f"{step['from_code']} {step['from_name']} → "
            f"{step['to_code']} {step['to_name']} {_cited(step, 'zh')}",
            f"  {when.en}{step['changed']} {step['type_en']}: {step['from_code']} "
            f"{step['from_name']} → {step['to_code']} {step['to_name']} "
            f"{_cited(step, 'en')}",
        )


def _beside(changed: str, on: str | None) -> Text:
    """Say whether a change came before or after the date asked for."""
    if on is None:
        return Text("", "")
    from boundaries.divisions import dates

    here, there = dates.span(on), dates.span(changed)
    if there.first > here.last:
        return Text("此后 ", "later: ")
    if there.last <= here.first:
        return Text("此前 ", "before: ")
    return Text("前后 ", "around then: ")


def _cited(step: dict[str, Any], language: str) -> str:
    """Return the document of a step with the day it was approved."""
    from boundaries.divisions import dates

    if not step.get("approved"):
        return str(step["document"])
    day = dates.shown(step["approved"], language=language)
    return (
        f"{step['document']}（{day}）"
        if language == "zh"
        else (f"{step['document']} ({day})")
    )


def _date(date: str) -> str:
    """Return a date to the precision known, in Chinese."""
    from boundaries.divisions import dates

    return dates.shown(date) if date else ""


DIVISIONS: Group = group(
    "divisions",
    Text("区划：代码、树、沿革。", "Divisions: codes, tree, lineage."),
    [show, tree, lineage, codes_import],
)
COMMANDS = (DIVISIONS,)
