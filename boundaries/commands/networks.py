"""``network``: street networks built from files, kept in the store, listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries import outputs
from boundaries.commands import wording
from boundaries.console import Argument, Option, Result, Run, command, group
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.network.graph import Network
    from geodata.network.reporting import BuildReport

_FILE = click.Path(path_type=Path, exists=True)
_SHOWN = 10

_DEM = Option(
    ["--dem"],
    Text(
        "高程栅格（GeoTIFF）；此后按这版路网的步行时间都计坡度",
        "raster of heights (GeoTIFF): all walking on this version counts slopes",
    ),
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
)


def _reading() -> list[click.Parameter]:
    """Return the options that say how streets are to be read."""
    return [
        Argument(
            ["file"],
            Text(
                "道路文件：OSM PBF、GraphML，或线图层（Shapefile、GeoPackage 等）",
                "streets: OSM PBF, GraphML, or a layer of lines in any format",
            ),
            type=_FILE,
        ),
        Option(["--layer"], Text("文件中的图层", "layer of the file"), metavar="NAME"),
        Option(["--crs"], Text("坐标系 EPSG 代码", "EPSG code"), metavar="EPSG"),
        Option(
            ["--snap"],
            Text(
                "端点在多少米内视为相接（线图层，默认 0.5）",
                "ends within so many metres are joined (layers of lines, default 0.5)",
            ),
            type=click.FloatRange(0, 20),
            metavar="METRES",
        ),
        Option(
            ["--field", "fields"],
            wording.choices(
                Text(
                    "字段含义，例 class=道路等级；可指定",
                    "which field says what, e.g. class=KIND; one of",
                ),
                wording.ROAD_FIELDS,
            ),
            multiple=True,
            metavar="WHAT=FIELD",
        ),
        Option(
            ["--links"],
            Text(
                "人工连接线与阻隔线文件（字段 kind 为 link 连接线或 barrier 阻隔线）",
                "file of links and barriers drawn by hand (field kind: link, barrier)",
            ),
            type=_FILE,
            metavar="FILE",
        ),
        Option(
            ["--crossing-seconds"],
            Text("无信号过街平均等待秒数", "seconds lost at a crossing"),
            type=click.FloatRange(0, 600),
            default=5.0,
        ),
        Option(
            ["--signal-seconds"],
            Text("信号灯过街平均等待秒数", "seconds lost at signals"),
            type=click.FloatRange(0, 600),
            default=20.0,
        ),
        Option(
            ["--near"],
            Text(
                "断头路距另一条路多少米内列为疑似漏接",
                "dead ends this near to another street are listed",
            ),
            type=click.FloatRange(0, 100),
            default=5.0,
            metavar="METRES",
        ),
    ]


@command(
    "build",
    Text(
        "由道路文件建立路网，写成一个文件；不需要数据库。",
        "Build a network from a file of streets and write it as one file; needs no "
        "store.",
    ),
    *_reading(),
    Option(
        ["--out"],
        Text("写出的路网文件（.qnet）", "network file to write (.qnet)"),
        type=outputs.OutFile(),
        required=True,
        metavar="FILE",
    ),
    reads_store=False,
)
def build(run: Run, file: Path, out: Path, **how: Any) -> Result:
    """Build and write a network; the document is its report."""
    from geodata.network.keeping import save

    network, report = _built(run, file, **how)
    version = save(network, out)
    data = {"file": str(out), "version": version, "crs": network.crs}
    lines = [*_lines(report), Text(f"已写出 {out}。", f"Wrote {out}.")]
    return Result({**report.to_dict(), **data}, lines)


@command(
    "add",
    Text(
        "路网入库为新版本；给出的可以是 .qnet，也可以是道路文件。",
        "Keep a network as a new version; a .qnet file, or a file of streets.",
    ),
    *_reading(),
    Option(["--title"], Text("名称", "title"), default="", metavar="TEXT"),
    Option(
        ["--effective"],
        Text("自何日起代表现状（默认今天）", "from when it stands (default today)"),
        default="",
        metavar="DATE",
    ),
    Option(["--remark"], Text("备注", "remark"), default="", metavar="TEXT"),
    _DEM,
    writes=True,
)
def add(
    run: Run,
    file: Path,
    title: str,
    effective: str,
    remark: str,
    dem: Path | None,
    **how: Any,
) -> Result:
    """Keep a network in the store."""
    from boundaries.registry.network_files import Heights

    network, report = _given(run, file, **how)
    registry = run.registry()
    run.progress(Text("入库", "storing"))
    kept = registry.add_network(
        run.actor,
        network,
        report=report,
        title=title,
        effective=effective,
        remark=remark,
        name=file.name,
        original=registry.receive(run.actor, file) if report is not None else "",
        heights=None if dem is None else Heights(dem, dem.name),
    )
    line = Text(
        f"已入库为第 {kept['number']} 版（{kept['effective']} 起）。",
        f"Kept as version {kept['number']}, from {kept['effective']}.",
    )
    return Result({"network": kept}, [*_told(kept), line])


@command("list", Text("列出库中的路网", "List the networks of the store."))
def listing(run: Run) -> Result:
    """List networks, newest first."""
    found = run.registry().networks(run.reader)
    lines = [
        Text(
            f"{row['number']:>4}  {row['effective']}  {row['title']}  "
            f"{row['nodes']:,} 节点  {row['edges']:,} 路段  "
            f"主体 {row['completeness']['main_share']:.1%}"
            f"{'  已停用' if row['withdrawn'] else ''}",
            f"{row['number']:>4}  {row['effective']}  {row['title']}  "
            f"{row['nodes']:,} nodes  {row['edges']:,} edges  "
            f"main part {row['completeness']['main_share']:.1%}"
            f"{'  withdrawn' if row['withdrawn'] else ''}",
        )
        for row in found
    ]
    none = Text("尚无路网。", "No network yet.")
    return Result({"networks": found}, lines or [none])


@command(
    "draw",
    Text(
        "以文件中的线替换库中全部人工连接线与阻隔线，并据此生成新的路网版本。",
        "Replace all links and barriers of the store by those of a file, and make a "
        "version of the network in use with them.",
    ),
    Argument(["file"], Text("线文件，字段 kind", "lines, field kind"), type=_FILE),
    Option(["--note"], Text("说明", "what changed"), default="", metavar="TEXT"),
    writes=True,
)
def draw(run: Run, file: Path, note: str) -> Result:
    """Keep links and barriers, and work them into the newest network."""
    registry = run.registry()
    base = registry.network_lines(run.actor)["number"]
    drawn = [line.to_dict() for line in _drawn(run, file)]
    kept = registry.draw_network_lines(run.actor, drawn, base=base, note=note)
    lines: list[Text | str] = [
        Text(
            f"已保存 {len(drawn)} 条线（第 {kept['number']} 版）。",
            f"Kept {len(drawn)} lines (version {kept['number']}).",
        )
    ]
    current = registry.current_network(run.actor)
    made = None
    if current is not None:
        made = registry.amend_network(run.actor, current["number"])
        lines += _told(made)
    return Result({"lines": kept, "network": made}, lines)


def _given(run: Run, file: Path, **how: Any) -> tuple[Network, BuildReport | None]:
    """Return a network saved before, else one built now with its report."""
    from geodata.network import keeping

    if file.is_file() and keeping.is_one(file):
        return keeping.load(file), None
    return _built(run, file, **how)


def _built(
    run: Run,
    file: Path,
    *,
    layer: str | None,
    crs: str | None,
    snap: float | None,
    fields: Sequence[str],
    links: Path | None,
    crossing_seconds: float,
    signal_seconds: float,
    near: float,
) -> tuple[Network, BuildReport]:
    from boundaries.settings import load
    from geodata.network import amending, building
    from geodata.network.intake import read_streets

    run.progress(Text(f"读取 {file.name}", f"reading {file.name}"))
    streets = read_streets(
        file,
        limits=load(run.settings).streets,
        layer=layer,
        snap_m=snap,
        fields=_fields(fields),
        overrides={"crs": int(crs) if crs.isdecimal() else crs} if crs else None,
    )
    run.progress(Text("建立路网", "building the network"))
    network, report = building.build(
        streets,
        crossing_s=crossing_seconds,
        signals_s=signal_seconds,
        near_m=near,
        meta={"file": file.name},
    )
    if links is not None:
        network, report = amending.amend(network, _drawn(run, links), near_m=near)
    return network, report


def _drawn(run: Run, file: Path) -> Any:
    from geodata import files
    from geodata.network import amending

    run.progress(Text(f"读取 {file.name}", f"reading {file.name}"))
    return amending.of_frame(files.read(file)[0])


def _fields(said: Sequence[str]) -> dict[str, str]:
    made = {}
    for pair in said:
        what, equals, name = pair.partition("=")
        if not equals or not what or not name:
            raise InputError(
                Text(f"“{pair}”应写成 含义=字段。", f"'{pair}' is not WHAT=FIELD.")
            )
        made[what.strip()] = name.strip()
    return made


def _lines(report: BuildReport) -> list[Text | str]:
    return _told({"report": report.to_dict()})


def _told(document: dict[str, Any]) -> list[Text | str]:
    """Return a report in lines for people."""
    said = document["report"]
    full = said["completeness"]
    lines: list[Text | str] = [
        Text(
            f"路网：{said['nodes']:,} 个节点，{said['edges']:,} 条路段，"
            f"{said['length_m'] / 1000:,.1f} 公里。",
            f"Network: {said['nodes']:,} nodes, {said['edges']:,} edges, "
            f"{said['length_m'] / 1000:,.1f} km.",
        ),
        Text(
            f"主体占可步行长度 {full['main_share']:.2%}；"
            f"断头路 {full['dead_ends']:,} 处，"
            f"其中疑似漏接 {full['near_misses']:,} 处。",
            f"The main part has {full['main_share']:.2%} of the length open to people; "
            f"{full['dead_ends']:,} dead ends, {full['near_misses']:,} of them nearly "
            "meeting another street.",
        ),
    ]
    if "served_share" in full:
        within = full["within_m"]
        lines.append(
            Text(
                f"{full['units']} 个最低级单位的土地有 {full['served_share']:.1%} "
                f"在道路 {within:g} 米以内。",
                f"Of the ground of {full['units']} units {full['served_share']:.1%} "
                f"lies within {within:g} m of a street.",
            )
        )
    lines += [
        Text(
            f"  {row['count']:>8,}  {row['label']['zh']}",
            f"  {row['count']:>8,}  {row['label']['en']}",
        )
        for row in (*said["left_out"], *said["done"])
    ]
    lines += [
        Text(
            f"  孤立部分 {part['number']}：{part['nodes']} 节点，"
            f"{part['length_m']:,.0f} 米，在 {part['lon']:.5f}，{part['lat']:.5f}",
            f"  isolated part {part['number']}: {part['nodes']} nodes, "
            f"{part['length_m']:,.0f} m, at {part['lon']:.5f}, {part['lat']:.5f}",
        )
        for part in said["part_list"][1:_SHOWN]
    ]
    return [*lines, *(Text(**note) for note in said["notes"])]


COMMANDS: tuple[click.Command, ...] = (
    group(
        "network",
        Text("路网：建立、入库、列出", "Street networks: build, keep, list"),
        [build, add, listing, draw],
    ),
)
