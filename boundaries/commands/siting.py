"""``siting``: where to open facilities, with a certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries.commands import wording
from boundaries.console import Command, Option, Result, Run, command
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 20
_SOURCES = ("nodes", "owned", "layer")
_SUFFIXES = (".xlsx", ".gpkg", ".geojson")


@command(
    "siting",
    Text(
        "选址：在候选点中新建设施，现有设施保留；结果注明最优或与最优的差距。",
        "Where to open facilities among candidates, those that serve kept; the answer "
        "is optimal or says its gap.",
    ),
    Option(["--model"], wording.choices(Text("模型", "the model"), wording.MODELS),
           type=click.Choice(tuple(wording.MODELS)),
           default="mclp", show_default=True),
    Option(["-p", "number"],
           Text("新建数量（lscp：至多）", "how many new ones (lscp: at most)"),
           type=click.IntRange(1)),
    Option(["--budget"], Text("预算，代替数量；候选点须有造价",
                              "a budget instead; candidates need a price"),
           type=click.FloatRange(0)),
    Option(["--candidates"],
           Text("候选点：nodes 道路节点，owned 本局用地，layer 图层 facilities 全部，"
                "或文件", "candidates: nodes, owned, layer, or a file"),
           default="nodes", show_default=True, metavar="SOURCE"),
    Option(["--most"], Text("最多取多少个道路节点", "most junctions taken"),
           type=click.IntRange(1, 5000), default=1000, show_default=True),
    Option(["--as-of"], Text("日期，不写为今天", "the date; today if not given"),
           metavar="DATE"),
    Option(["--type", "types"],
           Text("设施类型，可多次", "type of facility, repeatable"),
           multiple=True, metavar="TYPE"),
    Option(["--group"], wording.choices(Text("人群", "whom"), wording.GROUPS),
           default="aged_60", show_default=True,
           metavar="GROUP"),
    Option(["--level"],
           wording.choices(Text("结果的统计级别", "level of the units told"),
                           wording.LEVELS, "city", "district", "street", "community"),
           type=click.Choice(("city", "district", "street", "community")),
           default="street", show_default=True),
    Option(["--minutes"], Text("时限（分钟），不写按城乡设置",
                               "limit in minutes; else as set"),
           type=click.FloatRange(0, 600, min_open=True)),
    Option(["--room"], Text("未注明床位的候选点可服务的人数",
                            "people a candidate without beds can serve"),
           type=click.FloatRange(0)),
    Option(["--price"], Text("未注明造价的候选点每处造价",
                             "what a candidate without a price costs"),
           type=click.FloatRange(0)),
    Option(["--within"], Text("只算此区划内的人口和候选点（代码）",
                              "only people and candidates of this division (code)"),
           metavar="CODE"),
    Option(["--ignore-existing", "ignored"], Text("不计现有设施",
                                                  "as if nothing served yet"),
           is_flag=True),
    Option(["--seconds"], Text("计算时间上限（秒）", "time allowed, s"),
           type=click.FloatRange(1, 3600), default=10.0, show_default=True),
    Option(["--out"], Text("另存为 XLSX、GeoPackage 或 GeoJSON",
                           "also write XLSX, GeoPackage or GeoJSON"),
           type=click.Path(dir_okay=False, path_type=Path)),
)  # fmt: skip
def siting(
    run: Run, candidates: str, ignored: bool, most: int, out: Path | None,  # noqa: FBT001
    **asked: Any,
) -> Result:  # fmt: skip
    """Ask the model and print its answer by unit."""
    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise InputError(
            Text(f"不能写成 {out.name}。", f"Not written: {out.name}."),
            Text(f"后缀可用 {'、'.join(_SUFFIXES)}。", f"Use {', '.join(_SUFFIXES)}."),
        )
    as_of, group = asked.pop("as_of"), asked.pop("group")
    found = run.registry().siting(
        run.reader, as_of, group=group, keep=not ignored, most=most,
        candidates=_candidates(run, candidates), **asked,
    )  # fmt: skip
    if out is not None:
        source = candidates if candidates in _SOURCES else "file"
        asked |= {
            "group": group, "most": most, "keep": not ignored, "source": source,
            "file": {"name": candidates}, "as_of": found["stamp"]["as_of"],
        }  # fmt: skip
        _write(run, found, out, asked)
    return Result(found, list(_lines(found)))


def _write(
    run: Run, found: dict[str, Any], out: Path, question: dict[str, Any]
) -> None:
    from boundaries.products import marked
    from boundaries.services.siting.using import write

    out.parent.mkdir(parents=True, exist_ok=True)
    mark = marked(run.registry().notice(), "zh")
    write({**found, "question": question}, out, mark=mark)


def _candidates(run: Run, source: str) -> Any:
    """Return the word of a source, or the points of a file."""
    if source in _SOURCES:
        return source
    path = Path(source)
    if not path.exists():
        raise InputError(
            Text(f"没有候选点文件 {source}。", f"There is no file {source}."),
            Text("可用 nodes、owned、layer 或文件路径。",
                 "Use nodes, owned, layer or the path of a file."),
        )  # fmt: skip
    from boundaries.services.siting.candidates import read_file

    run.progress(Text(f"读取 {path.name}", f"reading {path.name}"))
    return read_file(path, upload=False)


def _lines(found: dict[str, Any]) -> Iterator[Text | str]:
    total = found["total"]
    sure = found["status"] == "optimal"
    gap = f"{found['gap'] * 100:.2f}%"
    model, words = found["model"], wording.MODELS[found["model"]]
    yield Text(
        f"{words.zh}（{model}）：新建 {len(found['opened'])} 处，"
        f"{'已证明最优' if sure else f'与最优相差不超过 {gap}'}。",
        f"{words.en} ({model}): {len(found['opened'])} new, "
        f"{'proven optimal' if sure else f'at most {gap} from the best'}.",
    )
    for site in found["opened"]:
        yield (
            f"  {site['site']}  {site['lon']:.6f}, {site['lat']:.6f}  "
            f"{site['division'] or '—'}  {site['nearest_for']:,.0f}"
        )
    yield Text(
        f"可达 {total['before']:,.0f} → {total['after']:,.0f} 人，共 "
        f"{total['people']:,.0f} 人。",
        f"{total['before']:,.0f} → {total['after']:,.0f} of {total['people']:,.0f} "
        "people reached.",
    )
    gained = [unit for unit in found["units"] if unit["after"] - unit["before"] >= 0.5]
    for unit in sorted(gained, key=lambda u: u["before"] - u["after"])[:_SHOWN]:
        yield (
            f"  {unit['code']} {unit['name']}  {unit['before']:,.0f} → "
            f"{unit['after']:,.0f} / {unit['people']:,.0f}"
        )
    if found["dropped"]["points"]:
        lost = found["dropped"]
        yield Text(
            f"  ⚠ {lost['people']:,.0f} 人（{lost['points']} 处）任何候选点都到不了，"
            "未计入模型。",
            f"  ⚠ {lost['people']:,.0f} people ({lost['points']} places) are out of "
            "every site's reach and in no figure of the model.",
        )
        for unit in lost["units"][:_SHOWN]:
            yield f"    {unit['code']} {unit['name']}  {unit['people']:,.0f}"
    for left in found["omitted"]:
        named = "、".join(left["keys"][:5])
        yield Text(f"  ⚠ {left['count']} · {left['why']['zh']}（{named}）",
                   f"  ⚠ {left['count']} · {left['why']['en']} ({named})")  # fmt: skip
    stamp, told = found["stamp"], wording.versions(found["stamp"])
    yield Text(f"版本章 {stamp['id']}：{told.zh}", f"Stamp {stamp['id']}: {told.en}")


COMMANDS: tuple[Command, ...] = (siting,)
