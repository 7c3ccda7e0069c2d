"""The kinds of job: one row each, and what it does by the registry's verbs.

Every kind may be begun again after a kill: what a verb wrote is in the job's steps
(:meth:`boundaries.jobs.work.Work.once`), and reading twice writes nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.jobs import places
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boundaries.jobs.work import Work

_MOST_BREAKS = 100


@dataclass(frozen=True)
class Kind:
    """One row: who may ask is ``verb`` of the table in :mod:`boundaries.review`."""

    name: str
    verb: str
    label: Text
    run: Callable[[Work], dict[str, Any]]
    parameters: frozenset[str] = frozenset()

    def require(self, parameters: Mapping[str, Any]) -> None:
        """Refuse a parameter this kind does not know."""
        unknown = sorted(set(parameters) - self.parameters)
        if unknown:
            named = ", ".join(unknown)
            raise InputError(
                Text(
                    f"任务“{self.label.zh}”没有参数 {named}。",
                    f"The job '{self.label.en}' has no parameter {named}.",
                )
            )


def kind_of(name: str) -> Kind:
    """Return the row of a kind; raise InputError for one there is not."""
    found = _BY_NAME.get(name)
    if found is None:
        raise InputError(
            Text(f"没有“{name}”这种任务。", f"There is no kind of job '{name}'."),
            Text("可用：" + "、".join(_BY_NAME), f"One of: {', '.join(_BY_NAME)}."),
        )
    return found


def _read(work: Work) -> dict[str, Any]:
    from boundaries.uploads import steps

    return steps.read(work)


def _stage(work: Work) -> dict[str, Any]:
    from boundaries.uploads import steps

    return steps.stage(work)


def _check(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在检查", "checking")
    work.once("check", lambda: work.registry.check(work.actor, work.subject))
    return checked(work, work.subject)


def checked(work: Work, draft: str) -> dict[str, Any]:
    """Return what a check said of a draft, in counts."""
    document = work.registry.draft(work.actor, draft)
    report = document["findings"] or {}
    names = ("errors", "open_errors", "warnings", "infos")
    return {"draft": draft, **{name: report.get(name) for name in names}}


def _repair(work: Work) -> dict[str, Any]:
    registry, draft = work.registry, work.subject
    work.say(0.1, "正在修复", "repairing")
    marks, to = work.parameter("fingerprints"), work.parameter("to")
    work.once("repair", lambda: registry.repair(work.actor, draft, marks, to=to))
    work.say(0.5, "正在重新检查", "checking again")
    work.once("check", lambda: registry.check(work.actor, draft))
    last = registry.draft(work.actor, draft)["mended"][-1]
    return {**checked(work, draft), "repairs": last["done"], "refused": last["refused"]}


def _publish(work: Work) -> dict[str, Any]:
    from boundaries.jobs import drawing

    registry, layer = work.registry, work.subject
    version = work.parameter("version")
    if layer == "divisions" and work.written("publish") is None:
        number, _ = registry.next_published(work.actor, version, layer)
        work.say(0.1, "正在绘制瓦片", "drawing the tiles")
        drawing.draw(work, layer, number)
    work.say(0.5, "正在生成成果文件", "writing the products")
    done = work.once("publish", lambda: registry.publish(work.actor, version, layer))
    number = int(done.rpartition("@")[2])
    return {"layer": layer, "version": number}


def _export(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在导出", "writing the file")
    done = work.registry.make_export(work.actor, work.subject)
    return {"export": work.subject, "name": done["name"], **done["made"]}


def _indicators(work: Work) -> dict[str, Any]:
    registry, kind = work.registry, work.parameter("records")
    name = str(work.parameter("name"))
    work.say(0.1, "正在读取表格", "reading the table")
    path = work.folder / f"table{Path(name).suffix[:8]}"
    with registry.store.open_blob(work.subject) as kept, path.open("wb") as copy:
        shutil.copyfileobj(kept, copy)
    return registry.read_indicator_table(work.actor, kind, path, name)


def _coverage(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在计算服务覆盖", "computing coverage")
    asked = dict(work.job["parameters"])
    return {"key": work.registry.make_coverage(work.actor, **asked)}


def _coverage_sheet(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在绘制图件", "drawing the sheet")
    asked = dict(work.job["parameters"])
    made = work.registry.make_coverage_sheet(work.actor, work.subject, **asked)
    return {"key": made}


def _network(work: Work) -> dict[str, Any]:
    from boundaries.services import networks

    return networks.build(work)


def _amend_network(work: Work) -> dict[str, Any]:
    from boundaries.services import networks

    return networks.amend(work)


def _reach(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在计算服务圈", "computing who is within reach")
    as_of, scope = work.parameter("as_of"), work.parameter("scope", "")
    return work.registry.make_reach(work.actor, as_of, scope)


def _trend(work: Work) -> dict[str, Any]:
    as_of, scope = work.parameter("as_of"), work.parameter("scope", "")
    return work.registry.make_trend(work.actor, as_of, scope, work.say)


def _siting(work: Work) -> dict[str, Any]:
    made = work.registry.make_siting(work.actor, work.subject, work.tell)
    return {"siting": work.subject, "state": made["state"]}


def _backup(work: Work) -> dict[str, Any]:
    registry = work.registry
    stamp = "".join(letter for letter in work.job["created"] if letter.isalnum())
    target = registry.backup_folder() / f"quhua-{stamp}"
    if work.written("backup") is None:
        if target.exists():  # what a killed attempt left is no backup
            shutil.rmtree(target)
        places.made(target.parent)
        work.say(0.1, "正在备份并核验", "copying and verifying")
        registry.backup(work.actor, target)
    registry.forget_backups(work.actor)
    return {"folder": str(target)}


def _verify_backup(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在逐个核对文件", "comparing every file with the manifest")
    return work.registry.verify_backup(work.actor, work.subject)


def _verify(work: Work) -> dict[str, Any]:
    work.say(0.1, "正在核验审计链与附件", "verifying the chain and attachments")
    breaks = work.registry.verify(work.actor)
    return {"count": len(breaks), "breaks": breaks[:_MOST_BREAKS]}


KINDS: tuple[Kind, ...] = (
    Kind(
        "read",
        "receive",
        Text("读取文件", "read a file"),
        _read,
        frozenset({"target", "layer", "overrides"}),
    ),
    Kind(
        "stage",
        "stage",
        Text("建立草稿", "make a draft"),
        _stage,
        frozenset(
            {
                *("effective", "basis", "title", "complete"),
                *("confirmed", "draft", "reading"),
            }
        ),
    ),
    Kind("check", "check", Text("检查草稿", "check a draft"), _check),
    Kind(
        "repair",
        "repair",
        Text("修复草稿", "repair a draft"),
        _repair,
        frozenset({"fingerprints", "to"}),
    ),
    Kind(
        "publish",
        "publish",
        Text("发布", "publish"),
        _publish,
        frozenset({"version"}),
    ),
    Kind(
        "export",
        "export",
        Text("导出", "export"),
        _export,
    ),
    Kind(
        "indicators",
        "enter_indicators",
        Text("导入指标表", "import a table of indicators"),
        _indicators,
        frozenset({"records", "name"}),
    ),
    Kind(
        "coverage",
        "view_published",
        Text("计算服务覆盖", "compute coverage"),
        _coverage,
        frozenset(
            {
                *("as_of", "types", "group", "urban_minutes", "rural_minutes"),
                *("speed_mps", "rural_mode"),
            }
        ),
    ),
    Kind(
        "coverage_sheet",
        "view_published",
        Text("绘制覆盖图件", "draw a sheet of coverage"),
        _coverage_sheet,
        frozenset({"level", "indicator", "language"}),
    ),
    Kind(
        "network",
        "add_network",
        Text("建立路网", "build a network"),
        _network,
        frozenset(
            {
                *("title", "effective", "remark", "layer", "crs", "snap_m", "lines"),
                "fields",
                "heights_of",
            }
        ),
    ),
    Kind(
        "amend_network",
        "add_network",
        Text("按手工线更新路网", "work lines into a network"),
        _amend_network,
    ),
    Kind(
        "indicator_reach",
        "view",
        Text("计算服务圈指标", "compute indicators of reach"),
        _reach,
        frozenset({"as_of", "scope"}),
    ),
    Kind(
        "indicator_trend",
        "view",
        Text("计算指标趋势", "compute the trend of indicators"),
        _trend,
        frozenset({"as_of", "scope"}),
    ),
    Kind("siting", "plan", Text("选址计算", "find where to build"), _siting),
    Kind("backup", "backup", Text("备份", "back up"), _backup),
    Kind(
        "verify_backup", "backup", Text("核验备份", "verify a backup"), _verify_backup
    ),
    Kind("verify", "verify_audit", Text("核验审计", "verify the audit"), _verify),
)
"""Every kind of job."""

_BY_NAME = {kind.name: kind for kind in KINDS}
