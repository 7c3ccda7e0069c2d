"""``inspect`` and ``import``: from a file to a checked draft."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boundaries import incoming, originals, references
from boundaries.commands import showing
from boundaries.console import (
    DECISION,
    Argument,
    Command,
    Option,
    Result,
    Run,
    command,
    language,
)
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geodata.files.reading import Reading

_FILE = click.Path(path_type=Path, exists=True)


def _file_options() -> list[click.Parameter]:
    """Return the options that say how a file is to be understood."""
    return [
        Argument(["file"], Text("文件", "the file"), type=_FILE),
        Option(
            ["--region"],
            Text("所在区划代码，有助于判断坐标系", "code of the division it lies in"),
            metavar="CODE",
        ),
        Option(
            ["--reference"],
            Text(
                "用于比对位置的参考文件（可写 文件#图层）；none 表示不比对；"
                "import 不写则用库中的区划",
                "file (or FILE#LAYER) to compare positions with; none: compare with "
                "nothing; import compares with the store's divisions if not given",
            ),
            metavar="FILE",
        ),
        Option(
            ["--reference-layer"],
            Text("参考文件中的图层", "layer of the reference file"),
            metavar="NAME",
        ),
        Option(
            ["--map", "mapped"],
            Text("字段对应，例 XZQDM=code", "field mapping, e.g. XZQDM=code"),
            multiple=True,
            metavar="THEIRS=OURS",
        ),
        Option(
            ["--override", "overrides"],
            Text(
                "指定判断结果：encoding=GBK、crs=4527、axis_swapped=true、"
                "shift=gcj02、parameters=转换参数文件.toml",
                "say it yourself: encoding=GBK, crs=4527, axis_swapped=true, "
                "shift=gcj02, parameters=FILE.toml (datum transformation)",
            ),
            multiple=True,
            metavar="NAME=VALUE",
        ),
        Option(["--encoding"], Text("文字编码", "text encoding"), metavar="NAME"),
        Option(["--crs", "crs"], Text("坐标系 EPSG 代码", "EPSG code"), metavar="EPSG"),
    ]


@command(
    "inspect",
    Text(
        "查看文件会被怎样理解，不入库。",
        "Show how a file is understood; store nothing.",
    ),
    *_file_options(),
    Option(
        ["--layer", "--source-layer", "layer"],
        Text("文件中的图层", "layer of the file"),
        metavar="NAME",
    ),
    Option(
        ["--check"],
        Text(
            "同时检查几何和属性（无代码的文件按记录号）",
            "also check it; records of a file without codes go by number",
        ),
        is_flag=True,
    ),
    reads_store=False,
)
def inspect(
    run: Run,
    file: Path,
    layer: str | None,
    check: bool,  # noqa: FBT001 - click passes options by name
    **how: Any,
) -> Result:
    """Read a file and show its Reading, and with ``--check`` its findings."""
    run.progress(Text(f"读取 {file.name}", f"reading {file.name}"))
    frame, reading = _read(run, file, layer, None, **how)
    data, lines = reading.to_dict(), [*showing.reading(reading)]
    troubled = _troubled(reading)
    if check and frame.crs is not None:
        from boundaries.settings import load
        from boundaries.trial import findings_of

        run.progress(Text("检查", "checking"))
        found = findings_of(frame, reading, load(run.settings).rules)
        data["findings"] = showing.rows(found)
        lines += showing.findings(found)
        troubled = troubled or bool((found["severity"] == "error").any())
    return Result(data, lines, 1 if troubled else 0)


@command(
    "import",
    Text(
        "导入文件为草稿并检查。\n\n原始文件先按字节保存；与现有数据比较得出改动。",
        "Import a file as a draft and check it.\n\nThe original is kept byte for byte "
        "first; the draft holds what differs from the layer as it stands.",
    ),
    *_file_options(),
    Option(
        ["--layer"],
        Text("导入到的图层", "the layer it goes to"),
        default="divisions",
        show_default=True,
    ),
    Option(
        ["--source-layer"],
        Text("文件中的图层", "layer of the file"),
        metavar="NAME",
    ),
    Option(
        ["--valid-from"],
        Text(
            "生效日期：2016、2016-06 或 2016-06-08",
            "in force from: 2016, 2016-06 or 2016-06-08",
        ),
        metavar="DATE",
    ),
    Option(["--basis"], Text("依据（批复文号等）", "document it rests on"), default=""),
    Option(["--title"], Text("标题", "title of the draft"), default=""),
    Option(
        ["--complete"],
        Text(
            "文件完整列出该代码下的单位，缺者视为撤销",
            "the file lists all units under CODE; those it lacks are ended",
        ),
        metavar="CODE",
    ),
    Option(
        ["--event", "events"],
        Text("变更事件文件（JSON 或 TOML）", "file of change events (JSON or TOML)"),
        type=_FILE,
        multiple=True,
        metavar="FILE",
    ),
    Option(
        ["--draft"],
        Text("替换这个草稿的内容", "replace what this draft holds"),
        metavar="ID",
    ),
    Option(
        ["--accept"],
        Text("确认一项不确定的判断，例 crs", "confirm an unsure guess, e.g. crs"),
        multiple=True,
        metavar="NAME",
    ),
    Option(
        ["--yes"],
        Text(
            "无人值守；需要人决定时停下（退出码 1）",
            "unattended; stops where a person must decide (exit status 1)",
        ),
        is_flag=True,
    ),
    Option(
        ["--submit"],
        Text("检查无误即提交", "submit when nothing blocks"),
        is_flag=True,
    ),
    writes=True,
)
def import_(
    run: Run,
    file: Path,
    layer: str,
    source_layer: str | None,
    valid_from: str | None,
    basis: str,
    title: str,
    complete: str | None,
    events: Sequence[Path],
    draft: str | None,
    accept: Sequence[str],
    yes: bool,  # noqa: FBT001 - click passes options by name
    submit: bool,  # noqa: FBT001
    **how: Any,
) -> Result:
    """Keep the original, read, stage, check, and submit if asked."""
    asks = run.interactive and not yes
    effective = valid_from or _ask_date(asks=asks)
    registry = run.registry()
    with originals.packed(file) as packed:
        original = registry.receive(run.actor, packed, packed.name)
    run.progress(Text(f"读取 {file.name}", f"reading {file.name}"))
    frame, reading = _read(run, file, source_layer, (registry, layer), **how)
    confirmed = [*accept, *(_ask_guesses(reading, accept) if asks else [])]
    if (
        asks
        and "shift" in confirmed
        and "shift" not in accept
        and _ask_to_move(reading)
    ):
        how["overrides"] = [*how["overrides"], _as_override(reading)]
        frame, reading = _read(run, file, source_layer, (registry, layer), **how)
    run.progress(Text("与现有数据比较", "comparing with the layer as it stands"))
    try:
        document = registry.stage(
            run.actor,
            frame,
            layer=layer,
            effective=effective,
            basis=basis,
            title=title or file.name,
            reading=reading,
            original=original,
            complete=complete,
            draft=draft,
            confirmed=confirmed,
            events=[event for path in events for event in _events(path)],
        )
    except InputError as error:
        if error.code != "unchanged":
            raise
        words = error.message
        return Result({"draft": None, "unchanged": words._asdict()}, [words])
    run.progress(Text("检查", "checking"))
    findings = registry.check(run.actor, document["id"])
    document = registry.draft(run.actor, document["id"])
    blocked = document["findings"]["open_errors"] > 0
    if submit and not blocked:
        registry.submit(run.actor, document["id"])
        document = registry.draft(run.actor, document["id"])
    return Result(
        {"draft": document, "findings": showing.rows(findings)},
        [
            *showing.reading(reading),
            *showing.draft(document),
            *showing.findings(findings),
        ],
        1 if blocked or document["refused"] or reading.records.refused else 0,
    )


def _troubled(reading: Reading) -> bool:
    """Tell whether a person must look at a reading before it can be imported."""
    from boundaries.registry.taken import open_questions

    return bool(
        open_questions(reading)
        or reading.records.refused
        or reading.geometry.invalid
        or (reading.crs.epsg is None and reading.bounds is None)
    )


def _read(
    run: Run,
    file: Path,
    layer: str | None,
    target: tuple[Any, str] | None,
    *,
    region: str | None,
    reference: str | None,
    reference_layer: str | None,
    mapped: Sequence[str],
    overrides: Sequence[str],
    encoding: str | None,
    crs: str | None,
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Read a file in the guarded worker with what the user said about it."""
    from boundaries.settings import load

    settings = load(run.settings)
    said = dict(map(_override, overrides))
    if encoding:
        said["encoding"] = encoding
    if crs:
        said["crs"] = _value(crs)
    if mapped:
        said["fields"] = _mapping(mapped)
    compared, words = references.find(
        reference, reference_layer, read=(file, layer), target=target, settings=settings
    )
    return incoming.read(
        file,
        layer=layer,
        target=target[1] if target else "divisions",
        region=region or settings.region,
        compared=(compared, words),
        overrides=said,
        limits=settings.operator,
    )


def _mapping(mapped: Sequence[str]) -> dict[str, str]:
    """Return ``{theirs: ours}``; two of their fields cannot be one of ours."""
    pairs = list(map(_pair, mapped))
    for column, side in ((0, "左"), (1, "右")):
        names = [pair[column] for pair in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                Text(
                    f"--map {side}边重复：{'、'.join(twice)}。",
                    f"--map names {', '.join(twice)} twice.",
                ),
                Text("每个字段只能对应一个字段。", "Map each field to one field."),
            )
    return dict(pairs)


def _override(text: str) -> tuple[str, Any]:
    name, said = _pair(text)
    value = _value(said)
    if name == "axis_swapped" and not isinstance(value, bool):
        raise InputError(
            Text(
                f"axis_swapped 只能是 true 或 false，不能是 {said}。",
                f"axis_swapped is true or false, not {said}.",
            )
        )
    return name, value


def _pair(text: str) -> tuple[str, str]:
    left, separator, right = text.partition("=")
    if not separator or not left or not right:
        raise InputError(
            Text(f"“{text}”应写成 名称=值。", f"'{text}' is not NAME=VALUE.")
        )
    return left.strip(), right.strip()


def _value(text: str) -> Any:
    """Return JSON where it is JSON (4527, true, {"dx_m": 541}), else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _events(path: Path) -> list[dict[str, Any]]:
    """Return the change events of a JSON or TOML file."""
    import tomllib

    try:
        content = path.read_text(encoding="utf-8-sig")
        is_toml = path.suffix.lower() == ".toml"
        found = tomllib.loads(content) if is_toml else json.loads(content)
    except (ValueError, OSError) as error:
        raise InputError(
            Text(f"读不懂变更事件文件 {path}。", f"Cannot read the events in {path}."),
            Text(str(error), str(error)),
        ) from error
    listed = found.get("events", [found]) if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(isinstance(e, dict) for e in listed):
        raise InputError(
            Text(f"{path} 不是事件列表。", f"{path} is no list of events.")
        )
    return listed


def _ask_date(*, asks: bool) -> str:
    words = Text("生效日期（如 2016-06-08）", "In force from (e.g. 2016-06-08)")
    if asks:
        return str(click.prompt(words.to(language()), err=True))
    raise InputError(
        Text("没有生效日期，需要人决定。", "No date from which it is in force."),
        Text("请加 --valid-from 日期。", "Add --valid-from DATE."),
        code=DECISION,
    )


def _ask_guesses(reading: Reading, accepted: Sequence[str]) -> list[str]:
    """Ask a person about each open question; return those confirmed."""
    from boundaries.registry.taken import open_questions

    confirmed = []
    for guess in open_questions(reading):
        if guess.what in accepted:
            continue
        question = Text(
            f"{guess.what} = {guess.value}（把握 {guess.confidence:.0%}，"
            f"依据：{guess.evidence}）。对吗？",
            f"{guess.what} = {guess.value} ({guess.confidence:.0%}; "
            f"{guess.evidence_en or guess.evidence}). Right?",
        )
        if click.confirm(question.to(language()), err=True):
            confirmed.append(guess.what)
    return confirmed


def _as_override(reading: Reading) -> str:
    """Return the shift offered, as the override that applies it."""
    if reading.shift is None:
        return "shift=null"
    moved = {"dx_m": reading.shift.dx_m, "dy_m": reading.shift.dy_m}
    return f"shift={json.dumps(moved)}"


def _ask_to_move(reading: Reading) -> bool:
    """Ask whether the file is to be moved onto the reference."""
    shift = reading.shift
    if shift is None:
        return False
    question = Text(
        f"把文件向东移 {shift.dx_m:+.1f} 米、向北移 {shift.dy_m:+.1f} 米吗？"
        "（否：保持原位）",
        f"Move the file {shift.dx_m:+.1f} m east and {shift.dy_m:+.1f} m north? "
        "(no: leave it where it is)",
    )
    return bool(click.confirm(question.to(language()), err=True))


COMMANDS: tuple[Command, ...] = (inspect, import_)
