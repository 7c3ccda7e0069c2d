"""Words from the guarded process to its parent: one JSON object a line."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

_channel = -1


def open_channel() -> None:
    """Keep standard output for reports and send stray prints to standard error."""
    global _channel  # noqa: PLW0603 - one process, one channel, opened once
    _channel = os.dup(1)
    os.dup2(2, 1)


def progress(done: float, message: str = "") -> None:
    """Tell the parent how far the work is.

    Parameters
    ----------
    done
        Share of the work done, 0 to 1.
    message
        The step at work, for the log.

    Notes
    -----
    Outside a guarded process this does nothing, so functions that report
    progress can be called directly as well.
    """
    if _channel >= 0:
        line = json.dumps({"done": round(float(done), 4), "message": message[:200]})
        os.write(_channel, line.encode() + b"\n")


def to_json(value: Any) -> str:
    """Return ``value`` as JSON; ``bytes`` travel as base64."""
    return json.dumps(value, ensure_ascii=False, default=_encode)


def from_json(text: str) -> Any:
    """Return the value that :func:`to_json` wrote."""
    return json.loads(text, object_hook=_decode)


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def _decode(value: dict[str, Any]) -> Any:
    if set(value) == {"$bytes"}:
        return base64.b64decode(value["$bytes"])
    return value
