"""``coverage``: who is reached by unit, and what the figures stand on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.commands import wording
from boundaries.commands.former import read_former
from boundaries.console import Command, Option, Result, Run, command
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.workers import Workers

_LEVELS = ("province", "city", "district", "street", "community")
_SHOWN = 20


@command(
    "coverage",
    Text(
        "按单位统计服务覆盖：路网与直线圈并列。\n\n同一版本章（stamp）得出同样的数字。",
        "Coverage by unit, along streets and by circle.\n\nThe same stamp gives the "
        "same figures.",
    ),
    Option(["--as-of"], Text("日期，不写为今天", "the date; today if not given"),
           metavar="DATE"),
    Option(["--level"], wording.choices(Text("统计级别", "level of the units"),
                                     wording.LEVELS), default="street",
           show_default=True, type=click.Choice(_LEVELS)),
    Option(["--type", "types"],
           Text("设施类型，可多次", "type of facility, repeatable"),
           multiple=True, metavar="TYPE"),
    Option(["--group"], wording.choices(Text("人群", "whom"), wording.GROUPS),
           default="aged_60", show_default=True, metavar="GROUP"),
    Option(["--within"], Text("只列此区划之内的单位", "only units of this division"),
           metavar="CODE"),
    Option(["--urban-minutes"], Text("城镇时限（分钟）", "urban limit in minutes"),
           type=float),
    Option(["--rural-minutes"], Text("乡村时限（分钟）", "rural limit in minutes"),
           type=float),
    Option(["--speed", "speed_mps"], Text("步行速度（米/秒）", "walking speed, m/s"),
           type=float),
    Option(["--rural-mode"], wording.choices(Text("乡村出行", "rural"), wording.MODES,
                                           "walk", "vehicle"),
           type=click.Choice(("walk", "vehicle"))),
    Option(["--room", "supply"],
           wording.choices(Text("另算容量", "also the room there is"),
                           wording.SUPPLIES),
           metavar="KIND"),
    Option(["--network"], Text("路网文件，不写则用库中的",
                               "a network file; else the one stored"),
           type=click.Path(path_type=Path, exists=True, dir_okay=False)),
    Option(["--version", "versions"],
           wording.choices(
               Text("图层版本，例 divisions=2，不写为已发布的；图层",
                    "version of a layer, e.g. divisions=2, else as published"),
               wording.LAYERS, "divisions", "facilities", "population"),
           multiple=True, metavar="LAYER=N"),
    Option(["--stamp"],
           Text("按此前结果（JSON）中的版本章重算，数字应完全相同",
                "compute again as a former result (JSON) was: the same figures"),
           type=click.Path(path_type=Path, exists=True, dir_okay=False)),
    Option(["--workers"],
           Text("同时搜索路网的进程数", "how many processes search the streets"),
           type=click.IntRange(1), default=1, show_default=True, metavar="N"),
    Option(["--dask"],
           Text("Dask 调度器地址（需要附加组件 quhua[cluster]）",
                "address of a Dask scheduler (needs the extra quhua[cluster])"),
           metavar="ADDRESS"),
)  # fmt: skip
def coverage(
    run: Run,
    network: Path | None,
    versions: tuple[str, ...],
    stamp: Path | None,
    workers: int,
    dask: str | None,
    **asked: Any,
) -> Result:
    """Compute coverage and print it with its stamp and what it left out."""
    streets = None
    if network is not None:
        from geodata.network.keeping import load

        streets = load(network)
    said: dict[str, Any] = {"versions": dict(map(_version, versions)), **asked}
    former = None
    if stamp is not None:
        what = Text("覆盖结果", "coverage result")
        former = read_former(stamp, _needed, what, "quhua coverage --json")
    if former is not None:
        said |= _as_before(former)
    found = run.registry().coverage(
        run.reader,
        said.pop("as_of"),
        network=streets,
        workers=_team(workers, dask),
        **said,
    )
    lines = list(_lines(found))
    if former is None or former["stamp"]["id"] == found["stamp"]["id"]:
        return Result(found, lines)
    return Result(found, [*lines, _OTHER], 1)


_OTHER = Text(
    "✗ 版本章与原结果不同：数据或参数已无法还原。",
    "✗ Another stamp than before: data or settings cannot be brought back.",
)


def _needed(found: dict[str, Any]) -> Any:
    stamp = found["stamp"]
    return stamp["id"], stamp["as_of"], stamp["profile"]


def _as_before(former: dict[str, Any]) -> dict[str, Any]:
    """Return what to ask so that a former result comes out again."""
    stamp = former["stamp"]
    numbered = ("divisions", "facilities", "population", "network")
    return {
        **stamp["profile"],
        "as_of": stamp["as_of"],
        "level": former.get("level", "street"),
        "types": former.get("types", ()),
        "within": former.get("within"),
        "supply": stamp.get("supply"),
        "need_per_thousand": stamp.get("need_per_thousand"),
        "versions": {
            layer: stamp[layer]["number"]
            for layer in numbered
            if stamp.get(layer, {}).get("number")
        },
    }


def _team(workers: int, dask: str | None) -> Workers | None:
    """Return who searches besides this process, None: it does by itself."""
    from geodata.workers import Dask, Processes

    if dask is not None:
        return Dask(dask)
    return None if workers == 1 else Processes(workers)


def _version(said: str) -> tuple[str, int]:
    layer, equals, number = said.partition("=")
    if not (equals and number.isdigit()):
        raise InputError(
            Text(f"“{said}”应写成 图层=版本号。", f"“{said}” is not LAYER=N."),
            Text("例：--version divisions=2", "Example: --version divisions=2"),
        )
    return layer, int(number)


def _lines(found: dict[str, Any]) -> Iterator[Text | str]:
    total, stamp = found["total"], found["stamp"]
    streets = total["reached"] is not None
    yield Text(
        f"{stamp['as_of']}，{total['units']} 个单位，{_count(total['people'])} 人："
        f"路网覆盖 {_percent(total['share'])}，直线圈 "
        f"{_percent(total['circle_share'])}（多算 {_count(total['difference'])} 人）。",
        f"{stamp['as_of']}, {total['units']} units, {_count(total['people'])} people: "
        f"{_percent(total['share'])} along streets, {_percent(total['circle_share'])} "
        f"by circle ({_count(total['difference'])} more).",
    )
    lack = "unreached" if streets else "uncircled"
    units = [unit for unit in found["units"] if unit[lack]]
    for unit in sorted(units, key=lambda unit: -unit[lack])[:_SHOWN]:
        yield Text(
            f"  {unit['code']} {unit['name']}：未覆盖 {_count(unit[lack])} / "
            f"{_count(unit['people'])} 人，路网 {_percent(unit['share'])}，直线圈 "
            f"{_percent(unit['circle_share'])}",
            f"  {unit['code']} {unit['name']}: {_count(unit[lack])} of "
            f"{_count(unit['people'])} lack, streets {_percent(unit['share'])}, circle "
            f"{_percent(unit['circle_share'])}",
        )
    if "room" in found:
        yield _room(found["room"])
    for each in (*found["omitted"], *found.get("room", {}).get("omitted", ())):
        keys = ", ".join(each["keys"][:5]) + ("…" if each["count"] > 5 else "")
        yield Text(
            f"  ⚠ {each['why']['zh']}（{each['count']}：{keys}）"
            f"{each['what_to_do']['zh']}",
            f"  ⚠ {each['why']['en']} ({each['count']}: {keys}) "
            f"{each['what_to_do']['en']}",
        )
    named = wording.versions(stamp)
    yield Text(f"版本章 {stamp['id']}：{named.zh}", f"Stamp {stamp['id']}: {named.en}")


def _room(room: dict[str, Any]) -> Text:
    total, words = room["total"], room["supply_words"]
    need = room["need_per_thousand"]
    return Text(
        f"{words['zh']} {_count(total['places'])}：每千人可及 "
        f"{total['per_thousand'] or 0:.1f}；按每千人 {need:g} 人有需求，"
        f"{_count(total['roomed'])} 人有位，{_count(total['unroomed'])} 人无位。",
        f"{words['en']}: {_count(total['places'])}, {total['per_thousand'] or 0:.1f} "
        f"per 1,000 within reach; of {need:g} per 1,000 in need "
        f"{_count(total['roomed'])} find room, {_count(total['unroomed'])} do not.",
    )


def _count(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}%"


COMMANDS: tuple[Command, ...] = (coverage,)
