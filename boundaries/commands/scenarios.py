"""``scenario``: plans that were saved, made, computed again, set side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.commands import wording
from boundaries.console import (
    Argument,
    Group,
    Option,
    Result,
    Run,
    command,
    group,
    language,
)
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAIN = ("people", "reached", "share", "unreached", "roomed", "roomed_share",
         "facilities", "beds")  # fmt: skip
_LARGEST = 20_000_000
_NAME = Argument(["name"], Text("方案编号", "number of the scenario"))
_LEVEL = Option(
    ["--level"],
    wording.choices(Text("统计级别", "level of the units"), wording.LEVELS,
                    "city", "district", "street", "community"),
    type=click.Choice(("city", "district", "street", "community")), default="street",
    show_default=True,
)  # fmt: skip
_AS_OF = Option(
    ["--as-of"], Text("日期，不写为今天", "the date; today if not given"),
    metavar="DATE",
)  # fmt: skip


@command("list", Text("列出方案。", "List the scenarios."))
def list_(run: Run) -> Result:
    """List what was not discarded."""
    rows = run.registry().scenarios(run.reader)
    return Result({"scenarios": rows}, [_head(row) for row in rows])


@command("show", Text("显示方案及其数值。", "Show a scenario with its figures."), _NAME)
def show(run: Run, name: str) -> Result:
    """Show edits, figures and what these stand on."""
    found = run.registry().scenario(run.reader, name)
    return Result(found, list(_lines(found)))


@command(
    "save",
    Text(
        "由文件保存方案（JSON：base 与 edits，同 POST /api/v1/scenarios）。",
        "Save a scenario from a file (JSON: base, edits, as POST /api/v1/scenarios).",
    ),
    Argument(["file"], Text("JSON 文件", "JSON file"),
             type=click.Path(path_type=Path, exists=True, dir_okay=False)),
    Option(["--title"], Text("名称；不写取文件中的 title", "title; else the file's")),
    Option(["--note"], Text("说明", "words beside it")),
)  # fmt: skip
def save(run: Run, file: Path, title: str | None, note: str | None) -> Result:
    """Keep what the file says, with figures computed now."""
    given = _read(file)
    made = run.registry().save_scenario(
        run.actor, title or str(given.get("title") or file.stem),
        given.get("base") or {}, given.get("edits") or [],
        note=note if note is not None else str(given.get("note") or ""),
    )  # fmt: skip
    return Result(made, list(_lines(made)))


@command(
    "recompute",
    Text(
        "从头重算方案，与保存的数值核对（不一致时退出状态为 1）。",
        "Compute a scenario from nothing and compare it with what was kept (status 1 "
        "where they differ).",
    ),
    _NAME,
)
def recompute(run: Run, name: str) -> Result:
    """Say whether the figures are those that were kept."""
    done = run.registry().recomputed_scenario(run.reader, name)
    if done["same"]:
        said = Text(f"{name} 与保存的数值一致。", f"{name}: the figures are the same.")
    else:
        differ = done["differ"]
        listed = "、".join(differ[:10])
        said = Text(f"{name} 有 {len(differ)} 处不一致：{listed}",
                    f"{name}: {len(differ)} differ: {listed}")  # fmt: skip
    return Result(done, [said], status=0 if done["same"] else 1)


@command(
    "compare",
    Text("并列比较方案。", "Show scenarios side by side."),
    Argument(["names"], Text("方案编号", "numbers of scenarios"), nargs=-1,
             required=True),
    Option(["--out"], Text("另存为 XLSX", "also write a workbook"),
           type=click.Path(path_type=Path, dir_okay=False)),
)  # fmt: skip
def compare(run: Run, names: tuple[str, ...], out: Path | None) -> Result:
    """Show totals and the indicators that differ."""
    found = run.registry().compare_scenarios(run.reader, names)
    lines = list(_columns(found))
    if out is not None:
        _, content = run.registry().export_comparison(run.actor, names, language())
        _write(out, content)
        found = {**found, "out": str(out)}
        lines.append(Text(f"已写出 {out}。", f"Written: {out}."))
    return Result(found, lines)


@command(
    "export",
    Text("导出方案为 XLSX 或 GeoPackage。", "Export a scenario as XLSX or GeoPackage."),
    _NAME,
    Option(["--out"], Text("输出文件（.xlsx 或 .gpkg）", "the file (.xlsx, .gpkg)"),
           type=click.Path(path_type=Path, dir_okay=False), required=True),
)  # fmt: skip
def export(run: Run, name: str, out: Path) -> Result:
    """Write its tables, or the facilities it places."""
    driver = out.suffix.lower().lstrip(".").upper()
    _, content = run.registry().export_scenario(run.actor, name, driver, language())
    _write(out, content)
    said = Text(f"已写出 {out}。", f"Written: {out}.")
    return Result({"id": name, "out": str(out), "bytes": len(content)}, [said])


@command(
    "phases",
    Text(
        "列出规划、在建设施的分期；--save 按年各存一个方案。",
        "List the phases of planned facilities; --save keeps a scenario for each year.",
    ),
    Option(["--save"], Text("逐年保存方案（每个方案含此前各期）",
                            "keep a scenario a year, with all that opens by then"),
           is_flag=True),
    Option(["--until"], Text("只存到此年为止的一个方案", "only one, up to this year"),
           metavar="YEAR"),
    _AS_OF,
    _LEVEL,
)  # fmt: skip
def phases(
    run: Run,
    *,
    save: bool,
    until: str | None,
    as_of: str | None,
    level: str,
) -> Result:
    """List phases, or make scenarios of them."""
    registry = run.registry()
    base = {"as_of": as_of, "level": level}
    if until is not None:
        made = [registry.phase_scenario(run.actor, until, base)]
    elif save:
        made = registry.phase_scenarios(run.actor, base)
    else:
        rows = registry.phases(run.reader, as_of)
        return Result({"phases": rows}, [_phase(row) for row in rows])
    lines = [line for each in made for line in _lines(each)]
    return Result({"scenarios": made}, lines)


def _read(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _LARGEST:
        raise InputError(Text(f"{file.name} 过大。", f"{file.name} is too large."))
    try:
        given = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            Text(f"{file.name} 不是 JSON：{error}", f"{file.name} is no JSON: {error}"),
            Text('例：{"base": {}, "edits": [{"do": "close", "facility": "…"}]}',
                 'Example: {"base": {}, "edits": [{"do": "close", "facility": "…"}]}'),
        ) from None  # fmt: skip
    if not isinstance(given, dict) or not isinstance(given.get("edits", []), list):
        raise InputError(
            Text(f"{file.name} 应为含 base 和 edits 的对象。",
                 f"{file.name} should be an object with base and edits."),
        )  # fmt: skip
    return given


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(
            Text(f"不能写入 {out}：{error.strerror}",
                 f"Cannot write {out}: {error.strerror}"),
        ) from None  # fmt: skip


def _head(row: Mapping[str, Any]) -> Text:
    share = row["total"]["after"]["share"]
    said = "—" if share is None else f"{share:.1f} %"
    state = _state(row)
    return Text(
        f"{row['id']}  {row['title']}  {state.zh}  可达 {said}，"
        f"新覆盖 {row['gained']:.0f} 人",
        f"{row['id']}  {row['title']}  {state.en}  reached {said}, "
        f"{row['gained']:.0f} newly",
    )


def _lines(found: Mapping[str, Any]) -> Iterator[Text | str]:
    from boundaries.services.scenario_tables import LABELS, moves

    total = found["figures"]["total"]
    state, named = _state(found), f"{found['id']}  {found['title']}"
    yield Text(f"{named}  {state.zh}", f"{named}  {state.en}")
    for name in _MAIN:
        yield _change(LABELS[name], total["before"].get(name), total["after"].get(name))
    for row in found["figures"].get("indicators", ()):
        if moves(row):
            words = Text(f"{row['id']} {row['name']['zh']}",
                         f"{row['id']} {row['name']['en']}")  # fmt: skip
            yield _change(words, row["before"]["value"], row["after"]["value"])
    for each in found["figures"]["omitted"]:
        why = each["why"]
        yield Text(f"未计入或假定：{each['count']} · {why['zh']}",
                   f"Left out or assumed: {each['count']} · {why['en']}")  # fmt: skip


def _state(row: Mapping[str, Any]) -> Text:
    from boundaries.vocabulary import DraftState

    return DraftState(row["state"]).label


def _change(name: Text, before: float | None, after: float | None) -> Text:
    values = f"{_number(before)} → {_number(after)}"
    return Text(f"  {name.zh}：{values}", f"  {name.en}: {values}")


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _columns(found: Mapping[str, Any]) -> Iterator[Text | str]:
    from boundaries.services.scenario_tables import FIGURES, LABELS

    for each in found["scenarios"]:
        yield _head(each)
    total, alike = found["total"], found["alike"]
    for name in FIGURES:
        bases, values = (
            [each.get(name) for each in total[part]] for part in ("bases", "values")
        )
        yield _row(LABELS[name], bases, values, alike=alike)
    for row in found["indicators"]:
        yield _row(Text(**row["name"]), row["bases"], row["values"], alike=alike)
    if not alike:
        yield Text("各方案的基础不同，箭头前为各自的现状。",
                   "The scenarios stand on different bases; before each arrow is how "
                   "things are on its own.")  # fmt: skip


def _row(
    name: Text,
    bases: list[float | None],
    values: list[float | None],
    *,
    alike: bool,
) -> Text:
    told = [_number(value) for value in values]
    if alike:
        told.insert(0, _number(bases[0]))
    else:
        pairs = zip(bases, told, strict=True)
        told = [f"{_number(base)} → {value}" for base, value in pairs]
    said = " | ".join(told)
    return Text(f"  {name.zh}：{said}", f"  {name.en}: {said}")


def _phase(row: Mapping[str, Any]) -> Text:
    count = len(row["facilities"])
    year, phase = row["year"] or "—", row["phase"]
    return Text(f"{year} {phase}：{count} 处", f"{year} {phase}: {count}")


SCENARIO: Group = group(
    "scenario",
    Text("推演方案：保存、重算、比较。", "Saved plans: save, recompute, compare."),
    [list_, show, save, recompute, compare, export, phases],
)
COMMANDS = (SCENARIO,)
