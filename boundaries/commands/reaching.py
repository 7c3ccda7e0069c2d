"""``reach``: service areas of a file of facilities, without a store."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries import outputs
from boundaries.commands import wording
from boundaries.console import Option, Result, Run, command
from geodata.errors import CRSError, InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import geopandas as gpd

    from boundaries.services.omissions import Omission
    from geodata.files.raw import Raw
    from geodata.network.graph import Network

_FILE = click.Path(path_type=Path, exists=True)
_SHOWN = 20
_WRITTEN = {
    "polygon": Text("个服务范围", "service areas"),
    "streets": Text("组街道", "sets of streets"),
    "grid": Text("个网格单元", "cells"),
}
_MARGIN = 0.2
"""Degrees beyond the network where facilities may lie in a file."""
_WISH = {"placeless": True}
"""Records without coordinates are read too, and named."""


@command(
    "reach",
    Text(
        "计算设施的服务范围：沿道路在限定时间内到达何处、多少人；不需要数据库。",
        "Service areas of facilities: where and whom one reaches along the streets "
        "within a time; needs no store.",
    ),
    Option(["--network"], Text("路网文件（.qnet）", "network file (.qnet)"),
           type=_FILE, required=True, metavar="FILE"),
    Option(["--facilities"], Text("设施文件", "file of facilities"), type=_FILE,
           required=True, metavar="FILE"),
    Option(["--minutes"], Text("时限（分钟）", "time limit in minutes"),
           type=click.FloatRange(0, 600, min_open=True), default=15.0,
           show_default=True),
    Option(["--speed", "speed_mps"],
           Text("速度（米/秒；老年人步行 0.8–1.2）",
                "speed, m/s (old people walk 0.8 to 1.2)"),
           type=click.FloatRange(0, 50, min_open=True), default=1.0,
           show_default=True),
    Option(["--mode"], wording.choices(Text("出行方式", "how one travels"),
                                       wording.MODES, "walk", "cycle", "drive"),
           default="walk",
           type=click.Choice(("walk", "cycle", "drive")), show_default=True),
    Option(["--delays", "delay"],
           Text("过街等候时间的倍数，0 为不计", "waiting at crossings, times this"),
           type=click.FloatRange(0, 10), default=1.0, show_default=True),
    Option(["--population"],
           Text("人口文件：带人数的点或面", "file of points or polygons with counts"),
           type=_FILE, metavar="FILE"),
    Option(["--count"], Text("人数所在字段", "column of the counts"),
           metavar="COLUMN"),
    Option(["--dem"],
           Text("高程栅格，计入上下坡", "elevation raster: slopes count"),
           type=_FILE, metavar="FILE"),
    Option(["--max-snap", "snap_m"],
           Text("离道路多少米以外不计", "farther from a street than this is outside"),
           type=click.FloatRange(0, 5000), default=300.0, show_default=True,
           metavar="METRES"),
    Option(["--width", "width_m"],
           Text("沿街服务宽度（米）", "how wide along a street is served"),
           type=click.FloatRange(15, 500), default=50.0, show_default=True,
           metavar="METRES"),
    Option(["--form"],
           Text("写出面、街道线，还是带到达时间的网格",
                "areas, the streets themselves, or a grid with minutes"),
           type=click.Choice(("polygon", "streets", "grid")), default="polygon",
           show_default=True),
    Option(["--cell", "cell_m"], Text("网格边长（米）", "side of a cell of the grid"),
           type=click.FloatRange(10, 2000), default=50.0, show_default=True,
           metavar="METRES"),
    Option(["--out"],
           Text("写出的服务范围，格式由扩展名决定",
                "file to write the areas to; its suffix says the format"),
           type=outputs.OutLayer(), required=True, metavar="FILE"),
    reads_store=False,
)  # fmt: skip
def reach(
    run: Run,
    network: Path,
    facilities: Path,
    population: Path | None,
    count: str | None,
    dem: Path | None,
    out: Path,
    **wish: Any,
) -> Result:
    """Read, compute and write; the document says what was reached."""
    run.progress(Text(f"读取 {facilities.name}", f"reading {facilities.name}"))
    with _begun(facilities) as records:
        from boundaries.services import reaching
        from geodata import files
        from geodata.network.keeping import load

        streets = load(network)
        reaching.warm(streets)
        sites, omitted = _understood(records, facilities, streets, "facilities")
    people = None
    if population is not None:
        run.progress(Text(f"读取 {population.name}", f"reading {population.name}"))
        with _begun(population) as records:
            people, lost = _understood(records, population, streets, "population")
        omitted += lost
    run.progress(Text("计算服务范围", "computing service areas"))
    served = reaching.serve(
        streets,
        sites,
        reaching.Wish(**wish),
        population=people,
        counted_by=count,
        climb=None if dem is None else _climb(streets, dem),
        omitted=omitted,
    )
    written = files.write(
        served.frame, out, language="", beside={reaching.UNION: served.union}
    )
    layers = [written.layer, *written.beside]
    data = {**served.document, "file": str(out), "layers": layers}
    what = _WRITTEN[wish["form"]]
    wrote = Text(
        f"已写出 {out}：{written.records} {what.zh}，{written.driver}，图层 "
        f"{'、'.join(layers)}。",
        f"Wrote {out}: {written.records} {what.en}, {written.driver}, layers "
        f"{', '.join(layers)}.",
    )
    return Result(data, [*_lines(data), wrote])


@contextlib.contextmanager
def _begun(file: Path) -> Iterator[Future[Raw]]:
    """Have a guarded process read the file while this one loads what it needs."""
    from geodata.files.limits import profile
    from geodata.files.reader import read_raw

    stopped = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        try:
            yield beside.submit(
                read_raw, file, overrides=_WISH, limits=profile("operator"),
                cancel=stopped.is_set,
            )  # fmt: skip
        finally:
            stopped.set()


def _understood(
    records: Future[Raw], file: Path, network: Network, layer: str
) -> tuple[gpd.GeoDataFrame, tuple[Omission, ...]]:
    """Return the records of a file near the network, and what was refused."""
    from boundaries.services.reaching import unread
    from geodata.files.interpret import interpret

    raw = records.result()
    try:
        frame, reading = interpret(raw, overrides=_WISH)
    except CRSError:  # what the network covers says which system it is
        frame, reading = interpret(raw, region=_around(network), overrides=_WISH)
    if frame.geometry.isna().all():
        raise InputError(
            Text(f"{file.name} 没有一条记录有坐标。",
                 f"No record of {file.name} has coordinates."),
            Text("请补充坐标列，或转换为带坐标的格式。",
                 "Give it columns of coordinates, or a format that has them."),
        )  # fmt: skip
    return frame, unread(reading, layer)


def _around(network: Network) -> list[float] | None:
    """Return where a network and what belongs to it lie, in degrees."""
    bounds = network.meta.get("bounds")
    if not bounds:
        return None
    west, south, east, north = map(float, bounds)
    return [west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN]


def _climb(network: Network, dem: Path) -> Any:
    from geodata.network.slopes import climb

    return climb(network, dem)


def _lines(data: dict[str, Any]) -> Iterator[Text | str]:
    union, people = data["union"], data["population"]
    yield Text(
        f"{union['facilities']} 个设施：{union['reached_length_m'] / 1000:,.1f} 公里"
        f"道路，{union['area_m2'] / 1e6:,.2f} 平方公里。",
        f"{union['facilities']} facilities: {union['reached_length_m'] / 1000:,.1f} km "
        f"of streets, {union['area_m2'] / 1e6:,.2f} km².",
    )
    if people is not None:
        yield Text(
            f"到达 {union['population']:,.0f} 人（共 {people['people']:,.0f} 人）；"
            f"直线圈为 {union['circle_population']:,.0f} 人。",
            f"{union['population']:,.0f} of {people['people']:,.0f} people are "
            f"reached; the circle says {union['circle_population']:,.0f}.",
        )
    for row in data["facilities"][:_SHOWN]:
        length, area = row["reached_length_m"], row["area_m2"] / 1e4
        yield Text(
            f"  {row['id']}  道路 {length:,.0f} 米  面积 {area:,.1f} 公顷",
            f"  {row['id']}  {length:,.0f} m  {area:,.1f} ha",
        )
    for omission in data["omitted"]:
        keys = ", ".join(omission["keys"][:_SHOWN])
        yield Text(
            f"! {omission['why']['zh']}{omission['what_to_do']['zh']}"
            f"（{omission['count']} 条：{keys}）",
            f"! {omission['why']['en']} {omission['what_to_do']['en']} "
            f"({omission['count']}: {keys})",
        )


COMMANDS: tuple[click.Command, ...] = (reach,)
