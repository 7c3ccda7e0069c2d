"""What a repair is asked to do, as the command line says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.commands.conflicts import beside
from boundaries.commands.topology import read_file
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.console import Run
    from geodata.files.as_is import AsIs
    from geodata.topology import Findings


def require_apart(file: Path, out: Path, log: Path | None, undo: Path | None) -> None:
    """Refuse to write over what is read, or one output over the other."""
    taken = {path.resolve() for path in (file, undo) if path is not None}
    for path in (out, log):
        if path is None:
            continue
        if path.resolve() in taken:
            raise InputError(
                Text(
                    f"不能覆盖 {path}：原文件和记录须保留，每个文件只写一次。",
                    f"{path} cannot be written over: what is read stays, and every "
                    "file is written once.",
                ),
                Text("请另起一个文件名。", "Choose another name."),
            )
        taken.add(path.resolve())


def accepted(words: Sequence[str], found: Findings) -> list[str] | None:
    """Return the rules and fingerprints to repair, each one known."""
    from geodata.topology.findings import SEVERITY

    marks = set(found.frame["fingerprint"])
    for word in words:
        if word not in SEVERITY and word not in marks:
            raise InputError(
                Text(
                    f"--accept {word}：既不是规则，也不是这次检查的指纹。",
                    f"--accept {word} is no rule, and no fingerprint of this check.",
                ),
                Text(
                    f"规则：{'、'.join(SEVERITY)}。", f"Rules: {', '.join(SEVERITY)}."
                ),
            )
    return list(words) or None


def heirs(words: Sequence[str], found: Findings) -> dict[str, str]:
    """Return by fingerprint who gets the ground."""
    marks = set(found.frame["fingerprint"])
    named = {}
    for word in words:
        mark, sign, key = word.partition("=")
        if not sign or mark not in marks:
            raise InputError(
                Text(
                    f"--to {word}：应为 指纹=单位代码，指纹取自 quhua check。",
                    f"--to {word}: write FINGERPRINT=KEY, with a fingerprint that "
                    "quhua check tells.",
                )
            )
        named[mark] = key
    return named


def pinned(run: Run, pins: Sequence[str], read: AsIs) -> Any:
    """Return what is pinned: ``outer``, lines, or a list of both."""
    found: list[Any] = []
    for pin in pins:
        if pin == "outer":
            found.append(pin)
            continue
        path = Path(pin)
        if not path.is_file():
            raise InputError(
                Text(
                    f"--pin 应为 outer 或一个文件，没有文件 {pin}。",
                    f"--pin is outer or a file; there is no file {pin}.",
                )
            )
        lines = beside(read_file(run, path).frame, read).geometry.to_numpy()
        found += list(lines)
    return found if len(found) > 1 else found[0] if pins and found else None


def log_of(path: Path) -> list[dict[str, Any]]:
    """Return the log of repairs in a file, or say that it is none."""
    try:
        log = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise no_log(path) from error
    if not isinstance(log, list) or not all(isinstance(each, dict) for each in log):
        raise no_log(path)
    return log


def no_log(path: Path) -> InputError:
    """Return what to say of a file that is no log."""
    return InputError(
        Text(
            f"{path.name} 不是 quhua repair --log 写出的记录，或已损坏。",
            f"{path.name} is no log that quhua repair --log wrote, or it is broken.",
        )
    )
