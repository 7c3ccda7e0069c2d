"""The server's side of planning: one process for a store, started when asked for."""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

from geodata import errors
from geodata.errors import QuhuaError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from boundaries.settings import Settings

log = logging.getLogger(__name__)

TURN_S = 5.0
"""How long a request waits for those before it."""
_WAITING, _SEAT_S = 3, 1.0
"""Requests that may wait, and seconds for a place among them: the other threads of the
server are for everybody else."""
_lock = threading.Lock()
_clients: dict[str, Client] = {}


def of(url: str, settings: Settings) -> Client:
    """Return the one client of this process for a store."""
    with _lock:
        if url not in _clients:
            _clients[url] = Client(url, settings)
        return _clients[url]


class Client:
    """Asks the planning process, and starts one when there is none.

    Requests wait for each other: each is a few milliseconds, but for the first on a
    situation, which loads it. Few wait, and not for long: while a situation is loaded
    planners are told to come again, and pages that plan nothing are served.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._url, self._settings = url, settings
        self._turn = threading.Lock()
        self._seats = threading.BoundedSemaphore(1 + _WAITING)
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer; a process that died is started again once.

        Raises
        ------
        QuhuaError
            As the process says; with ``code`` ``planning`` when it dies twice or
            stays silent, ``busy`` when others are asking.
        """
        message = json.dumps(request, ensure_ascii=False).encode()
        with self._my_turn():
            for attempt in (1, 2):
                try:
                    return self._once(message)
                except (EOFError, OSError):
                    log.warning("the planning process ended (attempt %d)", attempt)
                    self._drop()
        raise QuhuaError(
            Text("推演程序意外结束。", "The planning process ended unexpectedly."),
            Text("方案没有丢失；请稍后重试，或请管理员查看日志与内存设置"
                 " planning.memory_mb。",
                 "Nothing of the plan is lost; try again, or let the administrator "
                 "look at the log and at the setting planning.memory_mb."),
            code="planning",
        )  # fmt: skip

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Wait for those before, or raise."""
        if not self._seats.acquire(timeout=_SEAT_S):
            raise _busy()
        try:
            if not self._turn.acquire(timeout=TURN_S):
                raise _busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._seats.release()

    def stop(self) -> None:
        """End the process."""
        with self._turn:
            self._drop()

    def _once(self, message: bytes) -> dict[str, Any]:
        line = self._line if self.pid is not None else None
        if line is None:
            self._drop()
            line = self._start()
        line.send_bytes(message)
        wait = self._settings.planning.wait_s
        if not line.poll(wait):
            self._drop()
            raise _silent(wait)
        document: dict[str, Any] = json.loads(line.recv_bytes())
        if "error" in document:
            raise _raised(document["error"])
        answer: dict[str, Any] = document["answer"]
        return answer

    def _start(self) -> Connection:
        from boundaries.services.planning import keeper  # loads what a server need not

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        start = keeper.Start(self._url, self._settings)
        process = context.Process(
            target=keeper.main, args=(start, theirs), daemon=True,
            name="planning",
        )  # fmt: skip
        process.start()
        theirs.close()
        self._process, self._line = process, ours
        log.info("planning process %s started", process.pid)
        return ours

    def _drop(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        self._process = self._line = None


def _raised(document: dict[str, Any]) -> QuhuaError:
    """Return the error the process told, of its own class where that is known."""
    hint = document.get("hint")
    said = Text(**document["message"]), Text(**hint) if hint else None
    kinds = (errors.InputError, errors.NotFoundError, errors.ForbiddenError,
             errors.StateError, errors.InfeasibleError, errors.CRSError)  # fmt: skip
    kind = next((each for each in kinds if each.code == document["error"]), QuhuaError)
    return kind(*said, code=document["error"])


def _busy() -> QuhuaError:
    return QuhuaError(
        Text("推演程序正在为他人计算或装载数据。",
             "The planning process is at work for others, or loading."),
        Text("方案没有丢失；请稍后重试。",
             "Nothing of the plan is lost; try again in a moment."),
        code="busy",
    )  # fmt: skip


def _silent(seconds: float) -> QuhuaError:
    return QuhuaError(
        Text(f"推演程序 {seconds:g} 秒没有回答，已停止。",
             f"The planning process did not answer within {seconds:g} s and was "
             "stopped."),
        Text("请缩小范围后重试，或由管理员调整设置 planning.wait_s。",
             "Ask about less, or let the administrator raise planning.wait_s."),
        code="planning",
    )  # fmt: skip
