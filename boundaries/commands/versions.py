"""``publish``, ``revert``, ``versions``, ``diff``, ``history``, ``export``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from boundaries import outputs
from boundaries.commands import showing
from boundaries.console import Argument, Option, Result, Run, command, language
from geodata.errors import Text

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.store.changes import Version


def _layer() -> Option:
    return Option(
        ["--layer"], Text("图层", "the layer"), default="divisions", show_default=True
    )


def _times() -> list[click.Parameter]:
    return [
        Option(["--at"], Text("版本号或标签", "version or tag"), metavar="VERSION"),
        Option(
            ["--valid-on"],
            Text("该日实际有效的状态", "what was in force on this date"),
            metavar="DATE",
        ),
        Option(
            ["--known-on"],
            Text("该日系统所知的状态", "what was known on this date"),
            metavar="DATE",
        ),
    ]


@command(
    "publish",
    Text("发布版本并生成成果文件。", "Publish a version and write its products."),
    Option(
        ["--version", "version"],
        Text("版本号；不写则最新", "the version; the newest if not given"),
        type=int,
    ),
    _layer(),
    Option(
        ["--out"],
        Text("成果文件另存到目录", "also copy the products into this folder"),
        type=outputs.OutFolder(),
        metavar="FOLDER",
    ),
    writes=True,
)
def publish(run: Run, version: int | None, layer: str, out: Path | None) -> Result:
    """Move the tag and write GeoPackage and GeoJSON."""
    registry = run.registry()
    if out is not None:
        outputs.make_folder(out)
    run.progress(Text("生成成果文件", "writing the products"))
    done = registry.publish(run.actor, version, layer)
    if out is not None:
        for item in done["products"]:
            outputs.write(out / item["name"], registry.store.blob(item["digest"]))
    words = Text(
        f"已发布 {layer} 版本 {done['version']}。",
        f"Version {done['version']} of {layer} is published.",
    )
    files = [
        Text(
            f"  {item['name']}：{item['features']} 个要素，{item['bytes']} 字节",
            f"  {item['name']}: {item['features']} features, {item['bytes']} bytes",
        )
        for item in done["products"]
    ]
    return Result(done, [words, *files])


@command(
    "revert",
    Text("撤销一个版本（作为新草稿送审）。", "Undo a version, as a draft to review."),
    Argument(["version"], Text("版本号", "the version"), type=int),
    Option(["--basis"], Text("依据", "document it rests on"), default=""),
    writes=True,
)
def revert(run: Run, version: int, basis: str) -> Result:
    """Stage the inverse of a version."""
    document = run.registry().revert(run.actor, version, basis)
    return Result({"draft": document}, list(showing.draft(document)))


@command(
    "versions",
    Text("列出版本。", "List the versions."),
    Option(["--layer"], Text("图层", "of this layer only")),
)
def versions(run: Run, layer: str | None) -> Result:
    """List versions with author, approver and basis."""
    registry = run.registry()
    tags = registry.store.tags()
    found = [_version(v, tags) for v in registry.versions(run.reader, layer)]
    lines = [
        Text(
            f"{item['number']}  {item['layer']}  自 {item['effective']}  "
            f"{item['author']} → {item['approver']}  {item['basis']}  "
            f"{'、'.join(item['tags'])}",
            f"{item['number']}  {item['layer']}  from {item['effective']}  "
            f"{item['author']} → {item['approver']}  {item['basis']}  "
            f"{', '.join(item['tags'])}",
        )
        for item in found
    ]
    return Result({"versions": found}, lines)


@command(
    "diff",
    Text(
        "比较两个版本或日期：谁把哪块地给了谁。",
        "Compare two versions or dates: which unit gave which area to which.",
    ),
    Argument(["old"], Text("版本号、标签或日期", "version, tag or date")),
    Argument(
        ["new"],
        Text("版本号、标签或日期；不写则最新", "the same; the newest if not given"),
        required=False,
    ),
    _layer(),
    Option(
        ["--out"],
        Text("把移动的地块写成图层文件", "write the ground that moved as a layer"),
        type=outputs.OutFile(),
        metavar="FILE",
    ),
)
def diff(run: Run, old: str, new: str | None, layer: str, out: Path | None) -> Result:
    """Show what changed by feature, and the area moved by pair."""
    run.progress(Text("比较", "comparing"))
    found = run.registry().diff(run.reader, old, new, layer)
    if out is not None:
        from geodata import files

        files.write(found.moves.rename(columns={"from": "giver", "to": "taker"}), out)
    return Result(found.to_dict(), list(showing.difference(found)))


@command(
    "history",
    Text("一个单位的历史。", "The history of one unit."),
    Argument(["key"], Text("代码", "its code")),
    _layer(),
)
def history(run: Run, key: str, layer: str) -> Result:
    """Show every state a unit had."""
    states = run.registry().history(run.reader, key, layer)
    plain = [{k: v for k, v in state.items() if k != "geometry"} for state in states]
    lines = [
        Text(
            f"{state['valid_from']} — {state['valid_to'] or '至今'}  "
            f"{state['properties'].get('name', '')}  版本 {state['made_by']}"
            f"{_superseded(state).zh}  {state['basis']}",
            f"{state['valid_from']} — {state['valid_to'] or 'now'}  "
            f"{state['properties'].get('name', '')}  version {state['made_by']}"
            f"{_superseded(state).en}  {state['basis']}",
        )
        for state in plain
    ]
    return Result({"key": key, "states": plain}, lines)


@command(
    "export",
    Text("导出图层（按权限范围）。", "Write a layer, within your subtree, to a file."),
    _layer(),
    *_times(),
    Option(
        ["--out"],
        Text("输出文件", "the file to write"),
        type=outputs.OutFile(),
        required=True,
        metavar="FILE",
    ),
    Option(
        ["--format", "driver"],
        Text("格式；不写则按扩展名", "format; by the file's suffix if not given"),
    ),
    Option(["--encoding"], Text("文字编码（Shapefile）", "text encoding (Shapefile)")),
)
def export(
    run: Run,
    layer: str,
    at: str | None,
    valid_on: str | None,
    known_on: str | None,
    out: Path,
    driver: str | None,
    encoding: str | None,
) -> Result:
    """Export a snapshot; the export is journalled."""
    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    run.progress(Text("导出", "writing"))
    done = run.registry().export(
        run.reader,
        out,
        layer=layer,
        driver=driver,
        at=int(at) if at and at.isdigit() else at,
        valid_on=valid_on,
        known_on=known_on,
        language=language(),
        **options,
    )
    words = Text(
        f"{done['features']} 个要素写入 {out}。",
        f"{done['features']} features in {out}.",
    )
    return Result(done, [words])


def _version(version: Version, tags: dict[str, int]) -> dict[str, Any]:
    return {
        "number": version.number,
        "layer": version.layer,
        "effective": version.effective,
        "recorded": version.recorded,
        "basis": version.basis,
        "author": version.author,
        "approver": version.approver,
        "message": version.message,
        "digest": version.digest,
        "counts": version.counts,
        "draft": version.doc.get("draft"),
        "events": version.doc.get("events", []),
        "tags": [tag for tag, number in tags.items() if number == version.number],
    }


def _superseded(state: dict[str, Any]) -> Text:
    by = state.get("superseded_by")
    return (
        Text(f"（已由版本 {by} 修正）", f" (replaced by {by})") if by else Text("", "")
    )


COMMANDS = (publish, revert, versions, diff, history, export)
