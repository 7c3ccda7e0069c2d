"""The rows of jobs as the worker moves them; every move is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.jobs.model import (
    AGAIN,
    BEGUN,
    JOBS,
    OPEN,
    PULSES,
    Holder,
    JobState,
    age_s,
    instant,
    is_dead,
)
from geodata.errors import CancelledError, QuhuaError, StateError, Text

if TYPE_CHECKING:
    from geodata.store.protocol import Reader, Store, Transaction


def claim(store: Store, holder: Holder) -> dict[str, Any] | None:
    """Take the oldest waiting job, or return None; no two workers get the same."""
    if not store.find(JOBS, parent=JobState.WAITING):
        return None  # without the write lock, which others need
    with store.write(lock=[JOBS]) as tx:
        waiting = tx.find(JOBS, parent=JobState.WAITING)
        if not waiting:
            return None
        job = waiting[0] | {
            "state": JobState.RUNNING.value,
            "attempts": waiting[0]["attempts"] + 1,
            "started": waiting[0]["started"] or instant(),
            "holder": holder.to_dict(),
        }
        put(tx, job)
        beat(tx, job["id"], 0.0, BEGUN)
    return job


def put(tx: Transaction, job: dict[str, Any]) -> None:
    """Write a job's row, found again by its state."""
    tx.put(JOBS, job["id"], job, parent=job["state"])


def beat(tx: Transaction, job: str, progress: float, message: Text) -> None:
    """Say that a job is alive and how far it is."""
    said = {"at": instant(), "progress": progress, "message": message._asdict()}
    tx.put(PULSES, job, said)


def require_held(reader: Reader, job: str, token: str) -> dict[str, Any]:
    """Return the row while the attempt with this token still holds it.

    Raises
    ------
    CancelledError
        When somebody cancelled the job: nothing more may be written for it.
    StateError
        When it was given to another attempt, this one being thought dead.
    """
    row = reader.get(JOBS, job)
    if row is None or not row["holder"] or row["holder"]["token"] != token:
        raise StateError(
            Text("任务已由另一进程接手。", "Another process took this job over."),
            code="job_lost",
        )
    if row["cancel"]:
        raise CancelledError(Text("已取消。", "Cancelled."))
    return row


def note(tx: Transaction, job: str, token: str, verb: str, subject: str) -> None:
    """Note in a verb's own transaction that a job's step is written."""
    row = require_held(tx, job, token)
    put(tx, row | {"steps": {**row["steps"], verb: subject}})


def finish(store: Store, job: str, token: str, result: dict[str, Any]) -> None:
    """Close a job with its result, unless another attempt took it over."""
    _close(store, job, token, JobState.DONE, result=result)


def fail(store: Store, job: str, token: str, error: QuhuaError) -> None:
    """Close a job with the words that say why, or as cancelled."""
    if isinstance(error, CancelledError):
        _close(store, job, token, JobState.CANCELLED)
    else:
        _close(store, job, token, JobState.FAILED, error=error.to_dict())


def release(store: Store, job: str, token: str, attempts: int) -> None:
    """Give a job back: the process ended before it; too often, and it has failed.

    ``attempts``
        How many there may be; one that was given back by a worker told to stop
        does not count, which is what ``attempts=0`` means.
    """
    with store.write(lock=[JOBS]) as tx:
        row = tx.get(JOBS, job)
        if row is None or not row["holder"] or row["holder"]["token"] != token:
            return
        _requeue(tx, row, attempts)


def requeue_stale(store: Store, *, stale_s: float, attempts: int) -> list[str]:
    """Queue the running jobs again whose worker is dead or silent; return them."""
    stale = [row["id"] for row in _running(store) if _is_stale(store, row, stale_s)]
    if not stale:
        return []
    moved = []
    with store.write(lock=[JOBS]) as tx:
        for row in _running(tx):
            if row["id"] in stale and _is_stale(tx, row, stale_s):
                _requeue(tx, row, attempts)
                moved.append(row["id"])
    return moved


def forget(store: Store, *, days: float) -> int:
    """Forget jobs finished so long ago that nobody asks; the audit keeps them."""
    ended = [f"state:{state.value}" for state in JobState if state not in OPEN]
    old = [
        row["id"]
        for row in store.find(JOBS, labels=[ended], until=instant(days))
        if age_s(row["finished"]) > days * 86_400
    ]
    if old:
        with store.write(lock=[JOBS]) as tx:
            for job in old:
                tx.delete(JOBS, job)
                tx.delete(PULSES, job)
    return len(old)


def _running(reader: Reader) -> list[dict[str, Any]]:
    return reader.find(JOBS, parent=JobState.RUNNING)


def _is_stale(reader: Reader, row: dict[str, Any], stale_s: float) -> bool:
    if is_dead(row["holder"]):
        return True
    pulse = reader.get(PULSES, row["id"]) or {"at": row["started"]}
    return age_s(pulse["at"]) > stale_s


def _requeue(tx: Transaction, row: dict[str, Any], attempts: int) -> None:
    if row["cancel"]:
        _end(tx, row, JobState.CANCELLED)
    elif 0 < attempts <= row["attempts"]:
        _end(tx, row, JobState.FAILED, error=_given_up(row["attempts"]).to_dict())
    else:
        spent = row["attempts"] - (0 if attempts else 1)
        waiting = {"state": JobState.WAITING.value, "holder": None, "attempts": spent}
        put(tx, row | waiting)
        beat(tx, row["id"], 0.0, AGAIN)


def _given_up(times: int) -> QuhuaError:
    return QuhuaError(
        Text(
            f"处理进程在办理此任务时中断了 {times} 次，已停止重试；原始文件完好。",
            f"The worker stopped {times} times while doing this job and does not try "
            "again; what was handed in is kept.",
        ),
        Text(
            "请拆分或精简数据后再试；若反复出现，请管理员查看服务器日志。",
            "Split or reduce the data and try again; if it happens again, let an "
            "administrator look at the server's log.",
        ),
        code="worker_died",
    )


def _close(store: Store, job: str, token: str, state: JobState, **outcome: Any) -> None:
    with store.write(lock=[JOBS]) as tx:
        row = tx.get(JOBS, job)
        if row is None or not row["holder"] or row["holder"]["token"] != token:
            return
        _end(tx, row, state, **outcome)


def _end(tx: Transaction, row: dict[str, Any], state: JobState, **outcome: Any) -> None:
    put(
        tx,
        {
            **row,
            **outcome,
            "state": state.value,
            "holder": None,
            "finished": instant(),
        },
    )
    tx.delete(PULSES, row["id"])
