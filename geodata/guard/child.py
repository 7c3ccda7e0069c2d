"""The guarded side: lock every door, then run the one function asked for."""

from __future__ import annotations

import importlib
import mimetypes
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geodata.collecting import paused
from geodata.errors import LimitError, QuhuaError
from geodata.files.limits import Limits
from geodata.guard import landlock, limiting, report
from geodata.guard.environment import readable

TASK, RESULT = "task.json", "result.json"


def main(arguments: list[str]) -> int:
    """Run the task in the control folder named by the one argument."""
    control = Path(arguments[0])
    report.open_channel()
    task = report.from_json((control / TASK).read_text(encoding="utf-8"))
    limits = Limits(**task["limits"])
    outcome: dict[str, Any] = {"network_left": limiting.leave_network()}
    try:
        function = _load(task["target"], task["preload"])
        outcome |= _lock(task, limits, control)
        outcome["value"] = function(*task["args"], **task["kwargs"])
        text = report.to_json(outcome | {"used": limiting.usage()})
    except BaseException as error:  # noqa: BLE001 - everything is told to the parent
        outcome.pop("value", None)
        outcome["error"] = _describe(error, limits)
        text = report.to_json(outcome | {"used": limiting.usage()})
    (control / RESULT).write_text(text, encoding="utf-8")
    # leave without destructors: a library that crashes on exit must not undo it
    sys.stderr.flush()
    os._exit(0)


def _load(target: str, preload: list[str]) -> Callable[..., Any]:
    """Import before the limits: mapping libraries costs address space."""
    with paused():
        for module in preload:
            importlib.import_module(module)
        module, _, name = target.partition(":")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _lock(task: dict[str, Any], limits: Limits, control: Path) -> dict[str, Any]:
    mimetypes.knownfiles = []  # openpyxl would read /etc/mime.types
    packages = tuple(Path(folder) for folder in task["packages"])
    limited = limiting.limit_resources(limits)
    folders = [control, Path(task["folder"])]
    version = landlock.restrict(readable(packages), [*folders, Path(os.devnull)])
    return {"landlock_abi": version, "resource_limits": limited}


def _describe(error: BaseException, limits: Limits) -> dict[str, Any]:
    if limiting.out_of_memory(error):
        error = limits.exceeded("memory_mb", "more")
    if isinstance(error, OSError) and error.errno == 27:  # EFBIG
        error = limits.exceeded("output_mb", "more")
    described: dict[str, Any] = {
        "class": type(error).__name__,
        "trace": "".join(traceback.format_exception(error))[-4000:],
    }
    if isinstance(error, QuhuaError):
        described |= {
            "message": list(error.message),
            "hint": list(error.hint) if error.hint else None,
            "code": error.code,
        }
    if isinstance(error, LimitError):
        described["setting"] = error.setting
    return described
