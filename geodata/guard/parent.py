"""The caller's side: start the process, wait with an eye on the clock, translate."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from geodata import errors
from geodata.errors import (
    CancelledError,
    FileRefusedError,
    LimitError,
    QuhuaError,
    Text,
)
from geodata.files.limits import Limits
from geodata.guard import environment, reaping, report
from geodata.guard.child import RESULT, TASK

Progress = Callable[[float, str], None]
_POLL_S = 0.02
_REAPING_S = 8.0
_RESULT_BYTES = 64 << 20
_MALFORMED = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, OverflowError),
)
"""What comes of using a document that is not the one agreed on."""
_SLOTS = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Outcome:
    """What a guarded call returned and what it cost."""

    value: Any
    seconds: float
    cpu_s: float
    peak_mb: float
    landlock_abi: int
    network_left: bool
    resource_limits: bool


def call(
    target: str,
    *args: Any,
    limits: Limits,
    workdir: Path | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Progress | None = None,
    **kwargs: Any,
) -> Any:
    """Run ``target`` in a guarded process and return its result.

    Parameters
    ----------
    target
        ``"package.module:function"``.
    *args, **kwargs
        Its arguments: JSON values, ``bytes`` and paths.
    limits
        What the process may use.
    workdir
        The one folder it may read and write, and its current directory; a private
        one is made and removed when None. Bulk data go through files there.
    cancel
        Asked several times a second; True ends the process.
    progress
        Called with ``(done, message)`` as the function reports.

    Raises
    ------
    LimitError
        Memory, processor or wall time, or output ran out; names the setting.
    FileRefusedError
        The process died or raised something that is not ours.
    CancelledError
        ``cancel`` said so.
    QuhuaError
        Whatever of our own errors the function raised.
    """
    return run(
        target,
        *args,
        limits=limits,
        workdir=workdir,
        cancel=cancel,
        progress=progress,
        **kwargs,
    ).value


def run(
    target: str,
    *args: Any,
    limits: Limits,
    workdir: Path | None = None,
    cancel: Callable[[], bool] | None = None,
    progress: Progress | None = None,
    preload: tuple[str, ...] = (),
    **kwargs: Any,
) -> Outcome:
    """Do what :func:`call` does and say what it cost.

    ``preload`` names modules to import before the limits apply.
    """
    # two at a time: more would fight for the processors of a small machine
    with _SLOTS, tempfile.TemporaryDirectory(prefix="quhua-guard-") as control_name:
        control = Path(control_name)
        folder = workdir.resolve() if workdir else control / "work"
        folder.mkdir(parents=True, exist_ok=True)
        roots = _roots(target, preload)
        task = {
            "target": target,
            "args": args,
            "kwargs": kwargs,
            "preload": preload,
            "limits": asdict(limits),
            "folder": folder,
            "packages": [root / name for name, root in roots.items()],
        }
        (control / TASK).write_text(report.to_json(task), encoding="utf-8")
        started = time.monotonic()
        process = _start(control, folder, tuple(dict.fromkeys(roots.values())))
        status = _watch(process, limits, cancel, progress)
        seconds = round(time.monotonic() - started, 3)
        return _outcome(control, status, seconds, limits)


def _roots(target: str, preload: tuple[str, ...]) -> dict[str, Path]:
    names = {"geodata", *(name.partition(".")[0] for name in (target, *preload))}
    return {
        name: environment.import_root(name) for name in names if name in sys.modules
    }


def _start(
    control: Path, folder: Path, roots: tuple[Path, ...]
) -> subprocess.Popen[bytes]:
    log = (control / "stderr").open("wb")
    with log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-s", "-m", "geodata.guard", str(control)],
            cwd=folder,
            env=environment.clean(folder, roots),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            close_fds=True,
        )


def _watch(
    process: subprocess.Popen[bytes],
    limits: Limits,
    cancel: Callable[[], bool] | None,
    progress: Progress | None,
) -> int:
    """Return the exit status; end the process on time-out, cancel or our own error."""
    messages: list[tuple[float, str]] = []
    listener = threading.Thread(
        target=_listen, args=(process.stdout, messages), daemon=True
    )
    listener.start()
    deadline = time.monotonic() + limits.wall_s
    try:
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise limits.exceeded("wall_s", f"> {limits.wall_s}")
            if cancel is not None and cancel():
                raise CancelledError(Text("已取消。", "Cancelled."))
            while progress is not None and messages:
                progress(*messages.pop(0))
            if listener.is_alive():  # it ends with the process, and at once
                listener.join(_POLL_S)
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_S)
    finally:
        _end(process)
        listener.join(timeout=5)
        if process.stdout is not None:
            process.stdout.close()
    while progress is not None and messages:
        progress(*messages.pop(0))
    return process.returncode


def _listen(stream: IO[bytes] | None, messages: list[tuple[float, str]]) -> None:
    if stream is None:
        return
    while line := stream.readline(4096):
        with contextlib.suppress(*_MALFORMED):
            said = report.from_json(line.decode("utf-8", "replace"))
            if len(messages) < 1000:
                messages.append((float(said["done"]), str(said["message"])))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it may have started, whatever session that is in."""
    if process.poll() is None and reaping.possible():
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_REAPING_S)
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _outcome(control: Path, status: int, seconds: float, limits: Limits) -> Outcome:
    path = control / RESULT
    if status != 0 or not path.is_file():
        raise _death(status, control / "stderr", limits)
    if path.stat().st_size > _RESULT_BYTES:
        raise limits.exceeded("output_mb", path.stat().st_size >> 20)
    try:
        told = report.from_json(path.read_text(encoding="utf-8"))
        if "error" not in told:
            return Outcome(
                value=told["value"],
                seconds=seconds,
                cpu_s=told["used"]["cpu_s"],
                peak_mb=told["used"]["peak_mb"],
                landlock_abi=told["landlock_abi"],
                network_left=told["network_left"],
                resource_limits=told["resource_limits"],
            )
        error = _translate(told["error"])
    except _MALFORMED as malformed:
        # the process may be in the hands of the file it read
        raise _unreadable() from malformed
    raise error


def _death(status: int, log: Path, limits: Limits) -> QuhuaError:
    """Say why a process died without a word."""
    said = _tail(log)
    cause = RuntimeError(f"guarded process ended with {status}: {said[-500:]}")
    error: QuhuaError
    if os.name == "posix" and status == -signal.SIGXCPU:
        error = limits.exceeded("cpu_s", f"> {limits.cpu_s}")
    elif os.name == "posix" and status == -signal.SIGKILL:  # the system ran out
        error = limits.exceeded("memory_mb", f"> {limits.memory_mb}")
    elif os.name == "posix" and status == -signal.SIGXFSZ:
        error = limits.exceeded("output_mb", f"> {limits.output_mb}")
    elif "bad_alloc" in said or "MemoryError" in said or "emory allocation" in said:
        error = limits.exceeded("memory_mb", f"> {limits.memory_mb}")
    else:
        error = FileRefusedError(
            Text("读取程序在处理该文件时崩溃，文件未被采用。",
                 "The reader crashed on this file; nothing of it was used."),
            Text("请检查文件是否损坏，或用原软件重新导出。",
                 "Check whether the file is damaged, or export it again."),
        )  # fmt: skip
    error.__cause__ = cause
    return error


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(stream.tell() - 4000, 0))
        return stream.read(4000).decode("utf-8", "replace")


def _translate(told: dict[str, Any]) -> QuhuaError:
    """Rebuild our own error; any other becomes a refusal with its trace as cause."""
    cause = RuntimeError(told["trace"])
    kind = getattr(errors, told["class"], None)
    error: QuhuaError
    if "message" in told and isinstance(kind, type) and issubclass(kind, QuhuaError):
        message = Text(*map(str, told["message"]))
        hint = Text(*map(str, told["hint"])) if told["hint"] else None
        if issubclass(kind, LimitError):
            error = kind(message, hint, setting=str(told["setting"]))
        else:
            error = kind(message, hint)
        error.code = str(told["code"])
    else:
        error = _unreadable()
    error.__cause__ = cause
    return error


def _unreadable() -> FileRefusedError:
    return FileRefusedError(
        Text("文件无法读取：内容损坏或不符合格式。",
             "The file cannot be read: damaged or not what it claims to be."),
        Text("请用原软件检查并重新导出。",
             "Check it in its own program and export again."),
    )  # fmt: skip


def remove(folder: Path) -> None:
    """Remove a working folder whatever a guarded process left in it."""
    shutil.rmtree(folder, ignore_errors=True)
