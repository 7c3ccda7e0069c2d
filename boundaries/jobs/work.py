"""One attempt at a job, as the function that does it sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boundaries.registry import Registry


@dataclass(frozen=True)
class Work:
    """A job in hand: its row, a registry that notes its steps, and a voice.

    ``registry`` writes every step into the job's row in the verb's own transaction
    (see :meth:`boundaries.registry.desk.Desk.record`); ``folder`` is private and
    removed afterwards.
    """

    registry: Registry
    job: dict[str, Any]
    folder: Path
    tell: Callable[[float, Text], None] = field(repr=False)

    @property
    def actor(self) -> str:
        """Who asked for it."""
        return str(self.job["actor"])

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.job["subject"])

    def parameter(self, name: str, default: Any = None) -> Any:
        """Return a parameter of the job."""
        return self.job["parameters"].get(name, default)

    def say(self, progress: float, zh: str, en: str) -> None:
        """Say how far the work is, 0 to 1, and what is being done."""
        self.tell(progress, Text(zh, en))

    def written(self, verb: str) -> str | None:
        """Return what an earlier attempt wrote by ``verb``: its subject, or None."""
        row = self.registry.store.get("jobs", self.job["id"])
        steps: dict[str, str] = row["steps"] if row else {}
        return steps.get(verb)

    def once(self, verb: str, do: Callable[[], Any]) -> str:
        """Do a verb unless an earlier attempt wrote it; return its subject."""
        if self.written(verb) is None:
            do()
        return self.written(verb) or ""
