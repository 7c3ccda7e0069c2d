"""Jobs: asked for here, done by the worker, looked at and cancelled here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.jobs import ledger, model, queue
from boundaries.jobs.kinds import kind_of
from boundaries.jobs.model import JOBS, OPEN, PULSES, JobState
from boundaries.registry.desk import Desk
from boundaries.registry.site import SILENT_H, WORKER, hours_since
from boundaries.site import SITE
from geodata.errors import ConflictError, NotFoundError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.store.protocol import Reader, Transaction

_TRIES = 5


class Jobs(Desk):
    """Start a job, look at it, cancel it."""

    def start_job(
        self, actor: str, kind: str, subject: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """Queue a job and wake the worker; return its document.

        Parameters
        ----------
        kind
            A word of :data:`boundaries.jobs.kinds.KINDS`.
        subject
            What it is about: a draft, an upload, a version, a layer.
        parameters
            JSON values, as the kind wants them.

        Returns
        -------
        dict
            The job's document. The same job asked for again, by the same person
            while it is not finished, is the one already queued.

        Raises
        ------
        InputError
            For an unknown kind, or parameters it does not know.
        ForbiddenError
            When the actor may do such a thing nowhere; what exactly they may is
            asked again when it is done.
        """
        with self.store.write(lock=[JOBS]) as tx:
            job = self.queue_job(tx, actor, kind, subject, parameters)
        queue.knock(self.store.url)
        return self.shown(self.store, job)

    def queue_job(
        self,
        tx: Transaction,
        actor: str,
        kind: str,
        subject: str,
        parameters: dict[str, Any],
        *,
        about: str = "",
    ) -> dict[str, Any]:
        """Do what :meth:`start_job` does inside a transaction holding its lock.

        ``about`` is what people call the subject. Whoever calls this wakes the
        worker afterwards: :meth:`wake_worker`.
        """
        row = kind_of(kind)
        row.require(parameters)
        # somewhere, as pages ask; the job itself asks for the layer and the place
        self.may(row.verb, actor, reader=tx, layer=review.ANY_LAYER)
        known = [job for state in OPEN for job in tx.find(JOBS, parent=state)]
        for job in known:
            asked = (job["kind"], job["subject"], job["actor"], job["parameters"])
            if asked == (kind, subject, actor, parameters) and not job["cancel"]:
                return job
        job = {
            **model.newborn(_next_id(tx), kind, subject, actor, parameters),
            "about": about,
            "account": self.account,
            "within": [str(grant) for grant in self.within[1]] if self.within else None,
        }
        ledger.put(tx, job)
        self.record(tx, actor, "start_job", job["id"], kind=kind, about=subject)
        return job

    def wake_worker(self) -> None:
        """Tell the worker that there is a job; unheard, it finds it by itself."""
        queue.knock(self.store.url)

    def job(self, actor: str, job: str) -> dict[str, Any]:
        """Return a job of the actor's own, or any to whoever may see all."""
        return self.shown(self.store, self._job_of(self.store, actor, job))

    def jobs(
        self,
        actor: str,
        *,
        everybody: bool = False,
        only: Sequence[str] = (),
        since: str = "",
        before: str = "",
        start: int = 0,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return the actor's jobs, newest first; everybody's to whoever may see.

        Parameters
        ----------
        only
            With one of these labels (:mod:`boundaries.labels`): ``open``,
            ``state:failed``, ``kind:backup``.
        since
            Only those that ended at this instant or after it.
        before, start, limit
            One page of the list: after the job ``before``, or so many left out.
        """
        found = self.store.find(
            JOBS,
            labels=self._whose(actor, only, everybody=everybody),
            since=since,
            before=before,
            descending=True,
            start=start,
            limit=limit,
        )
        return [self.shown(self.store, row) for row in found]

    def job_count(
        self, actor: str, *, everybody: bool = False, only: Sequence[str] = ()
    ) -> int:
        """Return how many jobs :meth:`jobs` would list."""
        whose = self._whose(actor, only, everybody=everybody)
        return self.store.count(JOBS, labels=whose)

    def _whose(
        self, actor: str, only: Sequence[str], *, everybody: bool
    ) -> list[Sequence[str]]:
        """Return the labels of the jobs asked for, if the actor may see them."""
        user = self.user(actor)
        if everybody:
            review.allow("see_jobs", user)
        whose = [] if everybody else [[f"actor:{actor}"]]
        return [*whose, *([only] if only else [])]

    def cancel_job(self, actor: str, job: str) -> dict[str, Any]:
        """Cancel a job: at once while it waits, else as soon as its worker hears.

        What it has written already stays; its steps say what that is.
        """
        for attempt in range(_TRIES):
            try:
                with self.store.write(lock=[JOBS]) as tx:
                    row = self._job_of(tx, actor, job)
                    if row["state"] not in OPEN:
                        raise _finished(row)
                    row = self._ask_to_end(tx, row)
                    self.record(tx, actor, "cancel_job", job, kind=row["kind"])
                break
            except ConflictError:  # a step of the job was written in between
                if attempt == _TRIES - 1:
                    raise
        queue.knock(self.store.url)
        return self.shown(self.store, row)

    def shown(self, reader: Reader, row: dict[str, Any]) -> dict[str, Any]:
        """Return what others may see of a job, with its progress and words."""
        pulse = reader.get(PULSES, row["id"]) if row["state"] in OPEN else None
        state = JobState.of(row["state"])
        hidden = {"holder", "account", "within", "key", "rev"}
        progress = pulse["progress"] if pulse else float(state is JobState.DONE)
        waits = model.IDLE if self._nobody_works(reader, state) else model.QUEUED
        message = pulse["message"] if pulse else waits._asdict()
        return {
            **{name: value for name, value in row.items() if name not in hidden},
            "title": kind_of(row["kind"]).label._asdict(),
            "state_label": state.label._asdict(),
            "progress": progress,
            "message": message if state in OPEN else state.label._asdict(),
            "heartbeat": pulse["at"] if pulse else None,
            "open": state in OPEN,
        }

    def _nobody_works(self, reader: Reader, state: JobState) -> bool:
        """Whether a job waits for a worker that never ran or fell silent."""
        if state is not JobState.WAITING:
            return False
        heard = reader.get(SITE, WORKER)
        return heard is None or hours_since(heard["at"]) > SILENT_H

    def _ask_to_end(self, tx: Transaction, row: dict[str, Any]) -> dict[str, Any]:
        row = {**row, "cancel": True}
        if row["state"] == JobState.WAITING:
            row |= {"state": JobState.CANCELLED.value, "finished": model.instant()}
        ledger.put(tx, row)
        return row

    def _job_of(self, reader: Reader, actor: str, job: str) -> dict[str, Any]:
        row, user = reader.get(JOBS, job), self.user(actor, reader)
        if row is None or not (row["actor"] == actor or review.holds("see_jobs", user)):
            raise NotFoundError(
                Text(f"没有任务 {job}。", f"There is no job {job}."),
                Text(
                    "只能看到自己的任务；已完成较久的任务会被清理。",
                    "You see your own; those finished long ago are forgotten.",
                ),
            )
        return row


def _finished(row: dict[str, Any]) -> StateError:
    state = JobState.of(row["state"]).label
    return StateError(
        Text(f"任务 {row['id']} {state.zh}，不能取消。",
             f"Job {row['id']} is {state.en}; it cannot be cancelled."),
    )  # fmt: skip


def _next_id(tx: Transaction) -> str:
    """Return the next job number; the transaction holds the lock of jobs."""
    counter = tx.get("counters", JOBS) or {"last": 0, "rev": 0}
    number = counter["last"] + 1
    tx.put("counters", JOBS, {"last": number}, rev=counter["rev"])
    return f"J{number:06d}"
