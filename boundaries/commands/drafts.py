"""``draft``: what is proposed, and what people say to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import outputs
from boundaries.commands import showing
from boundaries.console import (
    Argument,
    Group,
    Option,
    Result,
    Run,
    command,
    group,
)
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd


def _id() -> Argument:
    return Argument(["draft"], Text("草稿编号", "number of the draft"))


def _note() -> Option:
    return Option(["--note"], Text("意见", "remark"), default="")


def _out() -> Option:
    return Option(
        ["--out"],
        Text(
            "把问题写成图层文件（gpkg、geojson、parquet）",
            "write the findings as a layer (gpkg, geojson, parquet)",
        ),
        type=outputs.OutFile(),
        metavar="FILE",
    )


@command(
    "list",
    Text("列出草稿。", "List the drafts."),
    Option(["--layer"], Text("只看该图层", "of this layer only")),
    Option(["--state"], Text("只看该状态", "in this state only")),
)
def list_(run: Run, layer: str | None, state: str | None) -> Result:
    """List the drafts within the user's subtree."""
    found = run.registry().drafts(run.reader, layer=layer, state=state)
    lines = [line for item in found for line in list(showing.draft(item))[:1]]
    return Result({"drafts": found}, lines)


@command(
    "show", Text("查看草稿及其问题。", "Show a draft and its findings."), _id(), _out()
)
def show(run: Run, draft: str, out: Path | None) -> Result:
    """Show a draft, its report and, in conflict, both sides."""
    registry = run.registry()
    document = registry.draft(run.reader, draft)
    if not document["findings"]:
        return Result({"draft": document, "findings": None}, [*showing.draft(document)])
    return _reported(document, registry.findings(run.reader, draft), out)


@command(
    "check",
    Text(
        "重新检查。\n\n不写 --as 时只显示，不保存结果。",
        "Check again.\n\nWithout --as the report is shown, not kept.",
    ),
    _id(),
    _out(),
)
def check(run: Run, draft: str, out: Path | None) -> Result:
    """Run every rule on the layer with the draft applied."""
    registry = run.registry()
    run.progress(Text("检查", "checking"))
    if run.user is None:
        document, findings = registry.look(run.reader, draft)
        return _reported(document, findings, out)
    findings = registry.check(run.actor, draft)
    return _reported(registry.draft(run.actor, draft), findings, out)


@command(
    "submit", Text("提交审核。", "Hand it to review."), _id(), _note(), writes=True
)
def submit(run: Run, draft: str, note: str) -> Result:
    """Submit; open errors stop it."""
    return _moved(run.registry().submit(run.actor, draft, note))


@command(
    "approve",
    Text("批准，成为新版本。", "Approve: it becomes a version."),
    _id(),
    _note(),
    writes=True,
)
def approve(run: Run, draft: str, note: str) -> Result:
    """Approve as a second person."""
    run.progress(Text("检查并写入版本", "checking and writing the version"))
    return _moved(run.registry().approve(run.actor, draft, note))


@command("return", Text("退回编制人。", "Send it back."), _id(), _note(), writes=True)
def return_(run: Run, draft: str, note: str) -> Result:
    """Return to the author with a reason."""
    return _moved(run.registry().return_draft(run.actor, draft, note))


@command(
    "withdraw", Text("撤回已提交的草稿。", "Take it back."), _id(), _note(), writes=True
)
def withdraw(run: Run, draft: str, note: str) -> Result:
    """Withdraw a submitted draft."""
    return _moved(run.registry().withdraw(run.actor, draft, note))


@command("discard", Text("作废草稿。", "Give it up."), _id(), _note(), writes=True)
def discard(run: Run, draft: str, note: str) -> Result:
    """Discard; it stays on record."""
    return _moved(run.registry().discard(run.actor, draft, note))


@command(
    "rebase",
    Text(
        "有冲突时，在最新数据上保留己方改动。",
        "In a conflict: stage your own side again on the layer as it stands.",
    ),
    _id(),
    writes=True,
)
def rebase(run: Run, draft: str) -> Result:
    """Stage one's own side on the newest version."""
    return _moved(run.registry().rebase(run.actor, draft))


@command(
    "waive",
    Text("豁免一个问题。", "Let a finding stand."),
    _id(),
    Argument(
        ["fingerprint"],
        Text("问题指纹（至少前 8 位）", "its fingerprint, at least 8 characters"),
    ),
    Option(["--reason"], Text("理由", "why"), required=True),
    Option(["--expires"], Text("有效至（日期）", "last day it holds"), metavar="DATE"),
    writes=True,
)
def waive(
    run: Run, draft: str, fingerprint: str, reason: str, expires: str | None
) -> Result:
    """Waive one finding with a reason and a last day."""
    if len(fingerprint) < _LEAST_MARK:
        raise InputError(
            Text(
                f"指纹“{fingerprint}”太短，至少写 {_LEAST_MARK} 位。",
                f"'{fingerprint}' is too short: give {_LEAST_MARK} characters.",
            ),
            Text("quhua draft show 列出指纹。", "See: quhua draft show."),
        )
    waiver = run.registry().waive(run.actor, draft, fingerprint, reason, expires)
    words = Text(
        f"已豁免 {waiver['fingerprint']}，至 {waiver['expires']}。",
        f"Waived {waiver['fingerprint']} until {waiver['expires']}.",
    )
    told = Text(
        f"  {showing.rule(waiver['rule']).zh}：{waiver['message']['zh']}",
        f"  {showing.rule(waiver['rule']).en}: {waiver['message']['en']}",
    )
    return Result({"waiver": waiver}, [words, told])


_LEAST_MARK = 8
"""Characters of a fingerprint: fewer could be a slip that meets some finding."""


@command(
    "repair",
    Text("采用修复建议并重新检查。", "Accept suggested repairs and check again."),
    _id(),
    Argument(
        ["fingerprints"],
        Text("要修复的问题；不写则全部", "findings to repair; none: all offered"),
        nargs=-1,
    ),
    Option(
        ["--to"],
        Text(
            "某问题的空隙或重叠划给的单元（留空：都不给）",
            "who gets the gap or overlap of a finding (empty: neither)",
        ),
        multiple=True,
        metavar="FINDING=CODE",
    ),
    Option(
        ["--undo"],
        Text("撤销第几次修复", "take back the batch of this number"),
        type=int,
        metavar="N",
    ),
    writes=True,
)
def repair(
    run: Run, draft: str, fingerprints: Sequence[str], to: Sequence[str], undo: int
) -> Result:
    """Apply repairs as a new staging, show their cost, and check again."""
    registry = run.registry()
    if undo:
        registry.undo_repair(run.actor, draft, undo)
        run.progress(Text("检查", "checking"))
        findings = registry.check(run.actor, draft)
        return _reported(registry.draft(run.actor, draft), findings, None)
    before = registry.findings(run.actor, draft)
    wishes = {mark: key for mark, _, key in (each.partition("=") for each in to)}
    mended = registry.repair(run.actor, draft, fingerprints or None, to=wishes)
    left = _left(
        before, fingerprints, {item["fingerprint"] for item in mended["repairs"]}
    )
    run.progress(Text("检查", "checking"))
    findings = registry.check(run.actor, draft)
    shown = _reported(registry.draft(run.actor, draft), findings, None)
    lines = [
        Text(
            f"  未修复 [{item['fingerprint']}]：{item['why']['zh']}",
            f"  not repaired [{item['fingerprint']}]: {item['why']['en']}",
        )
        for item in left
    ]
    return Result(
        {**shown.data, "not_repaired": left}, [*shown.lines, *lines], shown.status
    )


def _left(
    before: gpd.GeoDataFrame, chosen: Sequence[str], done: set[str]
) -> list[dict[str, Any]]:
    """Return the findings a repair passed over, and why."""
    if chosen:
        before = before[before["fingerprint"].isin(chosen)]
    open_ = before[
        ~before["fingerprint"].isin(done)
        & ((before["severity"] == "error") | before["repair"].notna())
    ]
    return [
        {"fingerprint": mark, "why": _why(repair)._asdict()}
        for mark, repair in zip(open_["fingerprint"], open_["repair"], strict=True)
    ]


def _why(repair: Any) -> Text:
    from boundaries.rules.repairing import BY_NAME, mendable

    if not isinstance(repair, dict):
        return Text(
            "没有可自动做的修复，须改正文件。", "no repair is known: mend the file."
        )
    if repair["kind"] in BY_NAME:
        return Text(
            "会删除一个单元，须指明此问题才做。",
            "it ends a unit and is done only for a finding that is named.",
        )
    if not mendable(repair):
        return Text("须由人改正。", "a person must mend it.")
    return Text(
        "修复没有做成，或已随另一处修复。",
        "its repair could not be done, or came with another's.",
    )


def _moved(document: dict[str, Any]) -> Result:
    return Result({"draft": document}, list(showing.draft(document)))


def _reported(
    document: dict[str, Any], findings: gpd.GeoDataFrame, out: Path | None
) -> Result:
    """Show draft and findings; exit status 1 while an error is open."""
    data: dict[str, Any] = {"draft": document, "findings": showing.rows(findings)}
    lines = [*showing.draft(document), *showing.findings(findings)]
    if out is not None:
        _write(findings, out)
        data["out"] = str(out)
        lines.append(Text(f"已写入 {out}。", f"Written to {out}."))
    return Result(data, lines, 1 if document["findings"]["open_errors"] else 0)


def _write(findings: gpd.GeoDataFrame, out: Path) -> None:
    from boundaries.products import flattened
    from geodata import files

    plain = flattened(findings).assign(
        participants=[", ".join(map(str, keys)) for keys in findings["participants"]]
    )
    files.write(plain, out)


DRAFT: Group = group(
    "draft",
    Text("草稿与审核。", "Drafts and their review."),
    [
        list_,
        show,
        check,
        submit,
        approve,
        return_,
        waive,
        repair,
        withdraw,
        discard,
        rebase,
    ],
)
COMMANDS = (DRAFT,)
