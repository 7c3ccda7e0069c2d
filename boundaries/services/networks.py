"""What the worker does with streets: build a network, work drawn lines into one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from boundaries.uploads import names
from geodata.errors import InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.jobs.work import Work
    from geodata.network.graph import Network
    from geodata.network.reporting import BuildReport

_STEPS = {
    "reading": Text("正在读取道路", "reading the streets"),
    "splitting at junctions": Text("正在按路口打断", "splitting at junctions"),
    "joining what does not branch": Text("正在合并路段", "joining pieces"),
    "measuring": Text("正在量算长度", "measuring"),
    "looking for isolated parts": Text("正在检查连通", "looking for isolated parts"),
}
_MOST_SNAP_M = 20.0


def checked(wish: dict[str, Any]) -> dict[str, Any]:
    """Return what a person said of a build, as plain values.

    Raises
    ------
    InputError
        Naming what is not understood.
    """
    effective = str(wish.get("effective") or "").strip()
    crs = str(wish.get("crs") or "").strip().upper().removeprefix("EPSG:")
    if crs and not (crs.isdecimal() and len(crs) <= 6):
        raise InputError(
            Text(f"“{crs[:40]}”不是 EPSG 代码。", f"'{crs[:40]}' is no EPSG code."),
            Text("例：4490、4549。", "Examples: 4490, 4549."),
        )
    return {
        "title": str(wish.get("title") or "").strip()[:200],
        "effective": dates.parse(effective) if effective else "",
        "remark": str(wish.get("remark") or "").strip()[:4000],
        "layer": str(wish.get("layer") or "").strip()[:200] or None,
        "crs": int(crs) if crs else None,
        "snap_m": _metres(wish.get("snap_m")),
        "fields": _fields(wish.get("fields") or {}),
        "lines": bool(wish.get("lines", True)),
        "heights_of": _number(wish.get("heights_of")),
    }


def _fields(said: Any) -> dict[str, str]:
    """Return which field of a road layer says what; what is left empty is found."""
    from geodata.network.fields import NAMES

    if not isinstance(said, dict):
        raise InputError(Text("字段对应有误。", "The fields are not a mapping."))
    unknown = sorted(set(map(str, said)) - set(NAMES))
    if unknown:
        raise InputError(
            Text(f"没有“{unknown[0][:40]}”这种含义。",
                 f"There is no meaning '{unknown[0][:40]}'."),
            Text(f"可用：{'、'.join(NAMES)}。", f"One of: {', '.join(NAMES)}."),
        )  # fmt: skip
    pairs = ((what, str(name or "").strip()[:200]) for what, name in said.items())
    return {str(what): name for what, name in pairs if name}


def _number(said: Any) -> int | None:
    """Return the number of a version, None for none."""
    text = str(said or "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InputError(
            Text(f"“{text[:40]}”不是路网版本号。", f"'{text[:40]}' is no version."),
        )
    return int(text) if text else None


def _metres(said: Any) -> float | None:
    if said is None or said == "":
        return None
    try:
        value = float(said)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= _MOST_SNAP_M:
        raise InputError(
            Text(f"端点容差应在 0 至 {_MOST_SNAP_M:g} 米之间。",
                 f"The tolerance of ends lies between 0 and {_MOST_SNAP_M:g} m."),
        )  # fmt: skip
    return value


def build(work: Work) -> dict[str, Any]:
    """Build a network from an upload and keep it."""
    done = work.written("add_network")
    if done is None:
        done = str(_built(work)["number"])
    return {"network": int(done)}


def _built(work: Work) -> dict[str, Any]:
    from geodata.files.grids import is_grid
    from geodata.network import keeping
    from geodata.network.building import build as build_network
    from geodata.network.intake import read_streets

    registry = work.registry
    digest, row = registry.original_of(work.actor, work.subject)
    said, name = work.job["parameters"], names.kept(row)
    path = _copied(work, digest, name)
    if is_grid(path):
        return _risen(work, path, name)

    def tell(begin: float, end: float) -> Any:
        def progress(done: float, step: str) -> None:
            work.tell(begin + done * (end - begin), _STEPS.get(step, _STEPS["reading"]))

        return progress

    if keeping.is_one(path):  # built elsewhere by quhua network build
        work.say(0.5, "正在核验路网文件", "verifying the network file")
        return _kept(work, keeping.load(path), None, digest, name)
    streets = read_streets(
        path,
        name=name,
        layer=said.get("layer"),
        snap_m=said.get("snap_m"),
        fields=said.get("fields") or None,
        limits=registry.settings.streets,
        overrides={"crs": said["crs"]} if said.get("crs") else None,
        region=registry.settings.region or None,
        progress=tell(0.02, 0.6),
    )
    network, report = build_network(streets, progress=tell(0.6, 0.85))
    return _kept(work, network, report, digest, name)


def _risen(work: Work, path: Path, name: str) -> dict[str, Any]:
    """Make a version of a network with the heights of a raster."""
    from boundaries.registry.network_files import Heights

    number = work.job["parameters"].get("heights_of")
    if not number:
        raise InputError(
            Text("这是高程栅格，请选择它属于哪个路网版本。",
                 "This is a raster of heights: choose the network they are for."),
        )  # fmt: skip
    work.say(0.3, "正在量算道路坡度", "measuring the slopes of the streets")
    return work.registry.give_heights(work.actor, number, Heights(path, name))


def _kept(
    work: Work,
    network: Network,
    report: BuildReport | None,
    digest: str,
    name: str,
) -> dict[str, Any]:
    said = work.job["parameters"]
    work.say(0.86, "正在核对完整程度并入库", "measuring completeness and storing")
    return work.registry.add_network(
        work.actor,
        network,
        report=report,
        title=said.get("title") or "",
        effective=said.get("effective") or "",
        remark=said.get("remark") or "",
        original=digest,
        name=name,
        lines=said.get("lines", True),
    )


def amend(work: Work) -> dict[str, Any]:
    """Make a version of a network with the lines drawn by hand."""
    done = work.written("add_network")
    if done is None:
        work.say(0.1, "正在接入手工线", "working in the lines")
        made = work.registry.amend_network(work.actor, int(work.subject))
        done = str(made["number"])
    return {"network": int(done)}


def _copied(work: Work, digest: str, name: str) -> Path:
    """Return a private copy of the original under a name that is ours."""
    path = work.folder / f"streets{names.extension(name)}"
    with work.registry.store.open_blob(digest) as kept, path.open("wb") as copy:
        shutil.copyfileobj(kept, copy)
    return path
