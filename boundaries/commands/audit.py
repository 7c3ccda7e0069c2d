"""``audit``: the log that cannot be rewritten unseen."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from boundaries import outputs
from boundaries.console import Group, Option, Result, Run, command, group, to_json
from geodata.errors import InputError, Text


@command(
    "list",
    Text("查看审计记录。", "Read the log."),
    Option(["--after"], Text("从此序号之后", "after this number"), type=int, default=0),
    Option(["--limit"], Text("最多多少条", "at most this many"), type=int),
)
def list_(run: Run, after: int, limit: int | None) -> Result:
    """List links of the chain."""
    found = [
        asdict(e) for e in run.registry().audit(run.reader, after=after, limit=limit)
    ]
    lines = [
        f"{e['seq']}  {e['recorded']}  {e['actor']} ({e['account']})  "
        f"{e['verb']}  {e['subject']}"
        for e in found
    ]
    return Result({"entries": found}, lines)


@command(
    "verify",
    Text("核验审计链、版本和附件。", "Verify chain, versions and attachments."),
    Option(
        ["--anchor"],
        Text("以往导出的锚点文件", "an anchor exported earlier"),
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
    ),
)
def verify(run: Run, anchor: Path | None) -> Result:
    """Recompute everything; exit status 1 names the first bad link."""
    held = None if anchor is None else _anchor(anchor)
    breaks = run.registry().verify(run.reader, held)
    if not breaks:
        return Result(
            {"ok": True, "breaks": []}, [Text("全部相符。", "Everything holds.")]
        )
    lines = [
        Text(
            f"不符：{item['what']} {item['id']}：{_reason(item, 'zh')}",
            f"Broken: {item['what']} {item['id']}: {_reason(item, 'en')}",
        )
        for item in breaks
    ]
    return Result({"ok": False, "first": breaks[0], "breaks": breaks}, lines, 1)


@command(
    "anchor",
    Text("导出链头，存放到别处。", "Export the head of the chain, to keep elsewhere."),
    Option(
        ["--out"],
        Text("锚点文件", "the anchor file"),
        type=outputs.OutFile(),
        metavar="FILE",
    ),
)
def anchor(run: Run, out: Path | None) -> Result:
    """Export the newest link."""
    head = run.registry().anchor(run.reader)
    if out is not None:
        outputs.write(out, f"{to_json(head)}\n".encode())
    return Result(head, [f"{head['journal']['id']}  {head['journal']['digest']}"])


def _anchor(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(
            Text(f"读不懂锚点 {path}。", f"{path} is not an anchor.")
        ) from error
    if not isinstance(found, dict):
        raise InputError(Text(f"读不懂锚点 {path}。", f"{path} is not an anchor."))
    return found


def _reason(item: dict[str, object], language: str) -> object:
    reason = item["reason"]
    return reason.get(language) if isinstance(reason, dict) else reason


AUDIT: Group = group(
    "audit",
    Text("审计。", "The audit log."),
    [list_, verify, anchor],
)
COMMANDS = (AUDIT,)
