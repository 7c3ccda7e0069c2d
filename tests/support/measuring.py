"""Tools measured beside each other."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def medians(given: Any, rounds: int, *tools: Callable[[Any], Any]) -> list[float]:
    """Return the CPU seconds of each tool, medians over alternating rounds."""
    spent: list[list[float]] = [[] for _ in tools]
    for _ in range(rounds):
        for tool, times in zip(tools, spent, strict=True):
            begin = time.process_time()
            tool(given)
            times.append(time.process_time() - begin)
    return [statistics.median(times) for times in spent]
