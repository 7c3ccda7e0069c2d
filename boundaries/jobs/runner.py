"""The worker: claims jobs, attempts each in a process of its own, tends the rest."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.jobs import attempt, chores, ledger
from boundaries.jobs.model import BEGUN, JOBS, Holder
from boundaries.jobs.waking import Doorbell
from geodata.errors import CancelledError, QuhuaError, StoreError, Text

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, SpawnContext

    from boundaries.registry import Registry
    from boundaries.settings import Settings

log = logging.getLogger(__name__)

_POLL_S = 0.1
_CANCEL_LOOK_S = 0.5
_END_S = 5.0
_PRELOADED = [
    "boundaries.jobs.attempt",
    "boundaries.jobs.kinds",
    "boundaries.registry",
    "boundaries.rules",
    "boundaries.uploads.steps",
    "geodata.files.interpret",
    "geodata.files.reader",
    "geodata.store",
    "geodata.topology",
]


@dataclass
class _Hand:
    """A process at work on a job, and what it said last."""

    process: Any
    voice: Connection
    job: dict[str, Any]
    progress: float = 0.0
    message: Text = BEGUN
    outcome: tuple[Any, ...] | None = None

    @property
    def token(self) -> str:
        """The attempt's token."""
        return str(self.job["holder"]["token"])


class Runner:
    """Runs jobs until told to stop.

    Parameters
    ----------
    registry
        An open registry; its store is the only thing trusted about jobs.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.store = registry.store
        self.stopping = threading.Event()
        self._bell = Doorbell(self.store.url)
        self._context = _context()

    @property
    def settings(self) -> Settings:
        """The settings as they are now; an administrator may change them."""
        return self.registry.settings

    def run(self) -> None:
        """Work until :meth:`stop`; give back what is in hand then."""
        self._warm()
        self._bell.open()
        slots = [
            threading.Thread(target=self._slot, name=f"job-{number}")
            for number in range(max(1, self.settings.jobs.workers))
        ]
        for slot in slots:
            slot.start()
        log.info("worker %d ready: %d at a time", os.getpid(), len(slots))
        try:
            while not self.stopping.is_set():
                self._tend()
                self.stopping.wait(self.settings.jobs.look_s)
        finally:
            self.stop()
            for slot in slots:
                slot.join(_END_S * 2)
            self._bell.close()

    def stop(self) -> None:
        """Take no more jobs and give back those in hand."""
        self.stopping.set()
        self._bell.ring()

    def _warm(self) -> None:
        """Start the process that jobs are forked from, everything imported."""
        if hasattr(self._context, "set_forkserver_preload"):
            self._context.set_forkserver_preload(_PRELOADED)
            process = self._context.Process(target=_nothing)
            process.start()
            process.join()

    def _tend(self) -> None:
        """Do what is due besides the jobs; trouble is logged and tried again."""
        try:
            self._bell.mend()
            jobs = self.settings.jobs
            moved = ledger.requeue_stale(
                self.store, stale_s=jobs.stale_s, attempts=jobs.attempts
            )
            if moved:
                log.warning("queued again, their worker being gone: %s", moved)
                self._bell.ring()
            chores.do(self.registry)
        except Exception:
            log.exception("tending failed; tried again in a moment")

    def _slot(self) -> None:
        """Do one job after another; wait for the bell when there is none."""
        while not self.stopping.is_set():
            try:
                job = ledger.claim(self.store, Holder.here())
            except Exception:
                log.exception("no job could be claimed; tried again in a moment")
                job = None
            if job is None:
                self._bell.wait(self.settings.jobs.look_s)
            else:
                self._try(job)

    def _try(self, job: dict[str, Any]) -> None:
        """Do a job; give it back when no process for it can be had or heard.

        The machine may be short of memory, or have ended what jobs are forked from:
        without this the worker would look alive and never take a job again.
        """
        try:
            self._attend(job)
        except Exception:
            log.exception("job %s was not attempted; given back", job["id"])
            self.stopping.wait(1)
            with contextlib.suppress(QuhuaError):  # else its silence gives it back
                token, attempts = job["holder"]["token"], self.settings.jobs.attempts
                ledger.release(self.store, job["id"], token, attempts)

    def _attend(self, job: dict[str, Any]) -> None:
        log.info(
            "job %s %s begun (attempt %d)", job["id"], job["kind"], job["attempts"]
        )
        began = time.monotonic()
        hand = self._begun(job)
        try:
            error = self._watch(hand, began)
        finally:
            self._end(hand)
        for tries in range(5):
            try:
                self._close(hand, error)
                break
            except StoreError as trouble:  # what is not closed is queued again
                log.warning("job %s is not closed yet: %s", job["id"], trouble)
                self.stopping.wait(0.2 * (tries + 1))
        log.info("job %s ended after %.1f s", job["id"], time.monotonic() - began)

    def _begun(self, job: dict[str, Any]) -> _Hand:
        ours, theirs = self._context.Pipe(duplex=False)
        task = attempt.Task(self.store.url, self.settings, job)
        process = self._context.Process(
            target=attempt.main, args=(task, theirs, os.getpid()), daemon=True
        )
        process.start()
        theirs.close()
        return _Hand(process, ours, job)

    def _watch(self, hand: _Hand, began: float) -> QuhuaError | None:
        """Wait for the end; return why it was ended before, if it was."""
        jobs = self.settings.jobs
        beaten = looked = began
        while hand.outcome is None and not self.stopping.is_set():
            alive = hand.process.is_alive()
            self._listen(hand)
            if not alive:
                break
            now = time.monotonic()
            if now - began > jobs.wall_s:
                return attempt.out_of(self.settings, "wall_s")
            if now - looked > _CANCEL_LOOK_S:
                looked = now
                try:
                    ledger.require_held(self.store, hand.job["id"], hand.token)
                    if now - beaten > jobs.heartbeat_s:
                        beaten = now
                        with self.store.write(lock=[JOBS]) as tx:
                            ledger.beat(tx, hand.job["id"], hand.progress, hand.message)
                except StoreError as error:
                    log.warning("job %s: no heartbeat: %s", hand.job["id"], error)
                except QuhuaError as error:  # cancelled, or another's by now
                    return error
        self._listen(hand)
        return None

    def _listen(self, hand: _Hand) -> None:
        """Hear what the process said; wait a moment when it says nothing."""
        with contextlib.suppress(EOFError, OSError):
            while hand.voice.poll(_POLL_S if hand.outcome is None else 0):
                said = hand.voice.recv()
                if said[0] == attempt.TOLD:
                    hand.progress, hand.message = float(said[1]), Text(*said[2])
                else:
                    hand.outcome = said
                    return

    def _end(self, hand: _Hand) -> None:
        """End the process and whatever it started."""
        if hand.outcome is not None:
            hand.process.join(_END_S)
        if hand.process.is_alive():
            hand.process.kill()
            hand.process.join(_END_S)
        hand.voice.close()

    def _close(self, hand: _Hand, error: QuhuaError | None) -> None:
        """Write the end of an attempt into the job's row."""
        job, token, jobs = hand.job["id"], hand.token, self.settings.jobs
        what, *rest = hand.outcome or ("",)
        if error is not None:
            ledger.fail(self.store, job, token, error)
        elif what == attempt.DONE:
            ledger.finish(self.store, job, token, rest[0])
        elif what == attempt.CANCELLED:
            ledger.fail(self.store, job, token, CancelledError(_CANCELLED))
        elif what == attempt.ERROR:
            ledger.fail(self.store, job, token, ToldError(rest[0]))
        elif what == attempt.AGAIN:
            self.stopping.wait(1)  # what stood in the way needs a moment
            ledger.release(self.store, job, token, jobs.attempts)
        elif self.stopping.is_set():
            ledger.release(self.store, job, token, 0)
        else:
            died = attempt.died(self.settings, hand.process.exitcode or 0)
            if died is None:
                ledger.release(self.store, job, token, jobs.attempts)
            else:
                ledger.fail(self.store, job, token, died)


_CANCELLED = Text("已取消。", "Cancelled.")


class ToldError(QuhuaError):
    """An error as another process told it, passed on word for word."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(Text(**told["message"]), code=told["error"])
        self.told = told

    def to_dict(self) -> dict[str, object]:
        """Return what was told."""
        return dict(self.told)


def _nothing() -> None:
    """Be the first process of a fork server, so that the next one starts at once."""


def _context() -> ForkServerContext | SpawnContext:
    """Return how processes are started: forked from a clean one where possible."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


def serve(registry: Registry, *, parent: int = 0) -> None:
    """Be the worker until a signal (or the parent's end) says stop."""
    from geodata.guard import reaping

    runner = Runner(registry)
    heard, told = os.pipe()

    def listen() -> None:
        os.read(heard, 1)
        runner.stop()

    # a handler that took a lock could wait for the very thread it interrupted
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(told, b"."))
    threading.Thread(target=listen, daemon=True).start()
    if parent and sys.platform != "win32":
        reaping.die_with_parent(signal.SIGTERM, parent)
    runner.run()
