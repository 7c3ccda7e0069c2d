"""Long work: a job is a row in the store, done by a process of its own.

The row is the truth: kind, subject, actor, state, attempts, the steps already
written, result or error. A queue (huey) only wakes the worker; when it is lost
nothing is. Every writing verb of the registry notes the step in the job's row in
its own transaction, so a job run again after a kill skips what is written already.

Nothing here knows HTTP; the registry's verbs are in :mod:`boundaries.registry.jobs`.
"""
