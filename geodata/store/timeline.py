"""What one feature's validity looks like after a change: pure, no SQL.

A feature's states, as known now, are non-overlapping intervals
``[valid_from, valid_to)`` of valid time. A change closes some of them and
writes others; nothing is ever altered in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class State:
    """A state as recorded now; ``digest`` is that of its content."""

    id: int
    valid_from: str
    valid_to: str | None
    digest: str

    def holds(self, date: str) -> bool:
        """Whether the state is in force at ``date``, compared as text."""
        return self.valid_from <= date and (
            self.valid_to is None or date < self.valid_to
        )


@dataclass(frozen=True)
class Plan:
    """What to do to one feature's states.

    ``closed`` are state ids no longer known to hold as they stand; ``kept`` are
    their parts that go on holding ``(valid_from, valid_to, id of the content)``;
    ``new`` is the interval of the new content, None for a removal.
    """

    closed: tuple[int, ...] = ()
    kept: tuple[tuple[str, str | None, int], ...] = ()
    new: tuple[str, str | None] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not self.closed and self.new is None


def in_force(states: Sequence[State], date: str) -> State | None:
    """Return the state in force at ``date``."""
    return next((state for state in states if state.holds(date)), None)


def target(
    states: Sequence[State], effective: str, *, correction: bool, known: bool
) -> State | None:
    """Return the state a change at ``effective`` is about.

    A correction of a record the author saw (``known``) that is not in force on
    that date mends the last one.
    """
    found = in_force(states, effective)
    if found is None and correction and known and states:
        return max(states, key=lambda state: state.valid_from)
    return found


def plan(
    states: Sequence[State],
    effective: str,
    digest: str | None,
    *,
    correction: bool = False,
    known: bool = True,
) -> Plan:
    """Return how ``states`` change when content ``digest`` holds from ``effective``.

    The new content holds until the next change of the feature that is already
    known, so a backdated change does not undo later ones. With ``correction``
    the record is replaced for its whole validity. ``digest`` None removes.
    Equal neighbours become one state, so that undoing a change leaves no seam.
    """
    found = target(states, effective, correction=correction, known=known)
    if found is not None and found.digest == digest:
        return Plan()
    start = found.valid_from if found is not None and correction else effective
    closed = [found.id] if found is not None else []
    kept = (
        ((found.valid_from, start, found.id),)
        if found is not None and found.valid_from < start
        else ()
    )
    if digest is None:
        return Plan(tuple(closed), kept)
    until = found.valid_to if found is not None else _next_change(states, effective)
    for state in states:
        if state.digest != digest or state is found:
            continue
        if state.valid_to == start:
            start = state.valid_from
            closed.append(state.id)
        elif until is not None and state.valid_from == until:
            until = state.valid_to
            closed.append(state.id)
    return Plan(tuple(closed), kept, (start, until))


def _next_change(states: Sequence[State], date: str) -> str | None:
    return min((s.valid_from for s in states if s.valid_from > date), default=None)
