"""The rows of jobs: claimed once, queued again, fenced, cancelled."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from boundaries.jobs import attempt, kinds, ledger, runner
from boundaries.jobs.model import JOBS, PULSES, QUEUED, Holder, JobState
from boundaries.registry.site import WORKER
from boundaries.settings import Settings
from boundaries.site import SITE
from geodata.errors import (
    CancelledError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StateError,
)
from tests.support.registries import Office
from tests.support.stores import ON_BOTH


def started(office: Office, actor: str = "zhao") -> dict[str, Any]:
    draft = office.stage(picture="AAAB/AABB/CCDD", effective="2021-01-01")
    return office.registry.start_job(actor, "check", draft["id"], {})


def claimed(office: Office) -> dict[str, Any]:
    found = ledger.claim(office.registry.store, Holder.here())
    assert found is not None
    return found


def row(office: Office, job: str) -> dict[str, Any]:
    found = office.registry.store.get(JOBS, job)
    assert found is not None
    return found


def gone(office: Office, job: str) -> None:
    """Make the job's holder a process that is no more."""
    with office.registry.store.write(lock=[JOBS]) as tx:
        held = row(office, job)
        ledger.put(tx, held | {"holder": {**held["holder"], "born": "1"}})


def test_a_job_that_nobody_would_do_says_so(office: Office) -> None:
    assert "没有运行" in started(office)["message"]["zh"]
    office.registry.beat()
    waiting = started(office)
    assert waiting["message"] == QUEUED._asdict()
    with office.registry.store.write() as tx:
        tx.put(SITE, WORKER, {"at": "2021-01-01T00:00:00Z"})
    silent = office.registry.job("zhao", waiting["id"])
    assert "not running" in silent["message"]["en"]


@ON_BOTH
def test_a_job_is_claimed_once_however_many_ask(office: Office) -> None:
    jobs = {started(office)["id"], started(office)["id"]}
    found: list[dict[str, Any] | None] = []

    def ask() -> None:
        found.append(ledger.claim(office.registry.store, Holder.here()))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job["id"] for job in found if job) == sorted(jobs)


def test_a_job_no_process_can_be_had_for_is_given_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the thread that looks for jobs lives on."""
    job = started(office)["id"]
    worker = runner.Runner(office.registry)

    def begun(_: Any) -> Any:
        worker.stopping.set()  # one round is enough
        raise OSError("no memory to fork")

    monkeypatch.setattr(worker, "_begun", begun)
    worker._slot()
    assert row(office, job)["state"] == JobState.WAITING
    assert row(office, job)["attempts"] == 1


@ON_BOTH
def test_the_same_job_asked_for_twice_is_one(office: Office) -> None:
    job = started(office)
    again = office.registry.start_job("zhao", "check", job["subject"], {})
    assert again["id"] == job["id"]
    claimed(office)
    assert office.registry.start_job("zhao", "check", job["subject"], {}) == (
        office.registry.job("zhao", job["id"])
    )


@ON_BOTH
def test_a_dead_workers_job_is_queued_again_and_given_up_at_last(
    office: Office,
) -> None:
    job = started(office)["id"]
    store = office.registry.store
    for attempt_number in (1, 2):
        assert claimed(office)["attempts"] == attempt_number
        assert ledger.requeue_stale(store, stale_s=60, attempts=3) == []
        gone(office, job)
        assert ledger.requeue_stale(store, stale_s=60, attempts=3) == [job]
        assert row(office, job)["state"] == JobState.WAITING
    claimed(office)
    gone(office, job)
    ledger.requeue_stale(store, stale_s=60, attempts=3)
    found = office.registry.job("zhao", job)
    assert (found["state"], found["error"]["error"]) == ("failed", "worker_died")
    assert "3 次" in found["error"]["message"]["zh"]


@ON_BOTH
def test_silence_counts_as_death_wherever_the_worker_is(office: Office) -> None:
    job = claimed_elsewhere(office)
    store = office.registry.store
    assert ledger.requeue_stale(store, stale_s=60, attempts=3) == []
    with store.write() as tx:
        pulse = tx.get(PULSES, job)
        assert pulse is not None
        tx.put(PULSES, job, pulse | {"at": "2020-01-01T00:00:00.000Z"})
    assert ledger.requeue_stale(store, stale_s=60, attempts=3) == [job]


def claimed_elsewhere(office: Office) -> str:
    job = str(started(office)["id"])
    claimed(office)
    with office.registry.store.write(lock=[JOBS]) as tx:
        held = row(office, job)
        ledger.put(tx, held | {"holder": {**held["holder"], "host": "elsewhere"}})
    return job


@ON_BOTH
def test_an_attempt_that_lost_its_job_writes_nothing(office: Office) -> None:
    job = started(office)
    slow = claimed(office)
    gone(office, job["id"])
    ledger.requeue_stale(office.registry.store, stale_s=60, attempts=3)
    claimed(office)
    desk = office.registry.acting("")
    desk.claimed = (slow["id"], slow["holder"]["token"])
    before = office.registry.draft("zhao", job["subject"])
    with pytest.raises(StateError) as caught:
        desk.check("zhao", job["subject"])
    assert caught.value.code == "job_lost"
    assert office.registry.draft("zhao", job["subject"]) == before
    ledger.finish(office.registry.store, slow["id"], slow["holder"]["token"], {})
    assert row(office, job["id"])["state"] == JobState.RUNNING


def test_a_waiting_job_is_cancelled_at_once(office: Office) -> None:
    job = started(office)["id"]
    assert office.registry.cancel_job("zhao", job)["state"] == "cancelled"
    assert ledger.claim(office.registry.store, Holder.here()) is None
    with pytest.raises(StateError):
        office.registry.cancel_job("zhao", job)


@ON_BOTH
def test_a_cancelled_job_writes_no_further_step(office: Office) -> None:
    job = started(office)
    held = claimed(office)
    office.registry.cancel_job("zhao", job["id"])
    desk = office.registry.acting("")
    desk.claimed = (held["id"], held["holder"]["token"])
    with pytest.raises(CancelledError) as caught:
        desk.check("zhao", job["subject"])
    assert office.registry.draft("zhao", job["subject"])["findings"] is None
    ledger.fail(
        office.registry.store, held["id"], held["holder"]["token"], caught.value
    )
    assert office.registry.job("zhao", job["id"])["state"] == "cancelled"


def test_a_cancelled_job_of_a_dead_worker_is_not_tried_again(office: Office) -> None:
    job = started(office)["id"]
    claimed(office)
    office.registry.cancel_job("zhao", job)
    gone(office, job)
    ledger.requeue_stale(office.registry.store, stale_s=60, attempts=3)
    assert office.registry.job("zhao", job)["state"] == "cancelled"


def test_a_worker_told_to_stop_gives_back_without_counting(office: Office) -> None:
    started(office)
    held = claimed(office)
    ledger.release(office.registry.store, held["id"], held["holder"]["token"], 0)
    assert claimed(office)["attempts"] == 1


def test_others_do_not_see_a_job_but_administrators_do(office: Office) -> None:
    job = started(office)["id"]
    with pytest.raises(NotFoundError):
        office.registry.job("li", job)
    with pytest.raises(NotFoundError):
        office.registry.cancel_job("li", job)
    assert office.registry.jobs("li") == []
    with pytest.raises(ForbiddenError):
        office.registry.jobs("li", everybody=True)
    assert [each["id"] for each in office.registry.jobs("root", everybody=True)] == [
        job
    ]
    shown = office.registry.job("root", job)
    assert not {"holder", "account", "within"} & set(shown)


def test_who_may_not_and_what_is_not_are_refused_in_words(office: Office) -> None:
    with pytest.raises(ForbiddenError):
        office.registry.start_job("viewer", "check", "D0001", {})
    with pytest.raises(InputError):
        office.registry.start_job("zhao", "dance", "D0001", {})
    with pytest.raises(InputError):
        office.registry.start_job("zhao", "check", "D0001", {"path": "/etc/passwd"})
    assert office.registry.jobs("zhao") == []


@ON_BOTH
def test_old_finished_jobs_are_forgotten(office: Office) -> None:
    job = started(office)["id"]
    office.registry.cancel_job("zhao", job)
    assert ledger.forget(office.registry.store, days=1) == 0
    assert ledger.forget(office.registry.store, days=-1) == 1
    assert office.registry.jobs("zhao") == []


def test_starting_and_cancelling_are_journalled(office: Office) -> None:
    job = started(office)["id"]
    office.registry.cancel_job("zhao", job)
    assert office.verbs()[-2:] == ["start_job", "cancel_job"]


def test_every_kind_has_words_and_a_verb_of_the_table() -> None:
    from boundaries import review

    for kind in kinds.KINDS:
        assert kind.label.zh
        assert kind.label.en
        assert review.verb(kind.verb)


@pytest.mark.parametrize("name", ["memory_mb", "cpu_s", "wall_s"])
def test_limits_of_jobs_speak_of_their_settings(name: str) -> None:
    error = attempt.out_of(Settings(), name)
    assert error.hint is not None
    assert f"jobs.{name}" in error.hint.zh
    assert f"jobs.{name}" in error.hint.en
