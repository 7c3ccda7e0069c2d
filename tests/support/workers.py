"""Workers to test with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Here:
    """Workers that are this process."""

    def __init__(self, count: int = 1) -> None:
        self.count, self.parts = count, 0

    def look(self, work: Any, parts: Sequence[Callable[[], Any]]) -> list[Any]:
        self.parts = len(parts)
        return [work(made()) for made in parts]
