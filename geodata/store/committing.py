"""Writing a version: plan each feature's states, write them, chain the digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.errors import InputError, Text
from geodata.store import chain, digests, features, rebase, timeline
from geodata.store.reader import algorithm_of, driver_rows, schema_of, version_from
from geodata.store.tables import state, version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.store.backend import Backend
    from geodata.store.changes import ChangeSet, Version
    from geodata.store.features import Rows
    from geodata.store.reader import SqlReader

_MANY = 2000
"""From this many keys on, all current states of the layer are read at once."""


def commit(
    reader: SqlReader,
    backend: Backend,
    connection: sa.Connection,
    changes: ChangeSet,
    record: dict[str, Any],
    correction: bool,  # noqa: FBT001 - passed on from the public keyword
) -> Version:
    """Write ``changes`` as the next version; ``record`` says who, when and why."""
    if not len(changes):
        raise InputError(Text("没有任何变化可提交。", "There is nothing to commit."))
    schema = schema_of(connection, changes.layer)
    algorithm = algorithm_of(connection)
    rows = features.encode(changes.new, schema)
    new = dict(zip(rows.keys, rows.digests(algorithm), strict=True))
    old_rows = features.encode(changes.old, schema)
    old = dict(zip(old_rows.keys, old_rows.digests(algorithm), strict=True))
    states = current_states(backend, connection, changes.layer, sorted({*old, *new}))
    touched = rebase.touched_since(connection, changes.layer, changes.base)
    rebase.require_free(
        reader, changes, (old, new), states, touched, correction=correction
    )
    highest = connection.execute(sa.select(sa.func.max(state.c.id))).scalar() or 0
    work = _Work(highest + 1)
    _plan_all(work, states, old, new, record["effective"], correction=correction)
    last = (
        connection.execute(
            sa.select(version).order_by(version.c.number.desc()).limit(1)
        )
        .mappings()
        .first()
    )
    row = {
        **record,
        "number": last["number"] + 1 if last else 1,
        "recorded": max(record["recorded"], last["recorded"] if last else ""),
        "counts": digests.canonical(record["counts"]),
        "doc": digests.canonical(features.plain(record["doc"])),
    }
    previous = last["digest"] if last else digests.START
    row["digest"] = chain.version_digest(previous, row, work.lines, algorithm)
    connection.execute(sa.insert(version).values(**row))
    _write(backend, connection, row, work, rows, new)
    return version_from(row)


def current_states(
    backend: Backend, connection: sa.Connection, layer: str, keys: Sequence[str]
) -> dict[str, list[timeline.State]]:
    """Return the states of the keys as recorded now, oldest first."""
    where = [state.c.layer == layer, state.c.version_to.is_(None)]
    if len(keys) < _MANY:
        where.append(backend.key_filter(keys))
    query = sa.select(
        state.c.key,
        state.c.id,
        state.c.valid_from,
        state.c.valid_to,
        state.c.digest,
    ).where(*where)
    result = connection.execute(query)
    found: dict[str, list[timeline.State]] = {}
    for key, *values in driver_rows(result):
        found.setdefault(key, []).append(timeline.State(*values))
    for states in found.values():
        states.sort(key=lambda each: each.valid_from)
    return found


@dataclass
class _Work:
    """All features' plans together, in the order they will be written."""

    free: int
    """The next state id."""
    closed: list[int] = field(default_factory=list)
    kept: list[tuple[int, str, str | None, int]] = field(default_factory=list)
    new: dict[str, tuple[int, str, str | None]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def add(
        self, key: str, plan: timeline.Plan, known: dict[int, str], digest: str | None
    ) -> None:
        """Take in one feature's plan; ``known`` are the digests of its states."""
        for id_ in plan.closed:
            self.closed.append(id_)
            self.lines.append(chain.closed(id_, known[id_]))
        for start, end, source in plan.kept:
            self.kept.append((self.free, start, end, source))
            self.lines.append(chain.opened(self.free, key, start, end, known[source]))
            self.free += 1
        if plan.new is not None and digest is not None:
            self.new[key] = (self.free, *plan.new)
            self.lines.append(chain.opened(self.free, key, *plan.new, digest))
            self.free += 1


def _plan_all(
    work: _Work,
    states: Mapping[str, list[timeline.State]],
    old: Mapping[str, str],
    new: Mapping[str, str],
    effective: str,
    *,
    correction: bool,
) -> None:
    for key in sorted({*old, *new}):
        mine = states.get(key, [])
        plan = timeline.plan(
            mine, effective, new.get(key), correction=correction, known=key in old
        )
        if key not in new and plan.empty:
            raise InputError(
                Text(
                    f"{key} 在 {effective} 时不存在，无法撤销。",
                    f"{key} is not in force on {effective}: it cannot end then.",
                ),
                Text("请检查生效日期。", "Check the effective date."),
                code="date",
            )
        work.add(key, plan, {each.id: each.digest for each in mine}, new.get(key))


def _write(
    backend: Backend,
    connection: sa.Connection,
    row: Mapping[str, Any],
    work: _Work,
    rows: Rows,
    new: Mapping[str, str],
) -> None:
    fixed = (row["layer"], row["number"])
    backend.close_states(connection, row["number"], work.closed)
    backend.copy_states(connection, row["number"], work.kept)
    written = rows.only(work.new)
    places = [work.new[key] for key in written.keys]
    backend.insert_states(
        connection,
        fixed,
        [id_ for id_, _, _ in places],
        ([start for _, start, _ in places], [end for _, _, end in places]),
        written,
        [new[key] for key in written.keys],
    )
