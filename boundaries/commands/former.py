"""A former result of a command, read again to be computed anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_former(
    path: Path, needs: Callable[[dict[str, Any]], Any], what: Text, command: str
) -> dict[str, Any]:
    """Return what a command printed as JSON.

    Parameters
    ----------
    needs
        Looks at everything that computing it anew needs; what is missing or of
        another kind raises there.
    what
        What the file should be.
    command
        Prints such a file.

    Raises
    ------
    InputError
        When the file is no such result.
    """
    try:
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        needs(found)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            Text(f"{path.name} 不是{what.zh}。", f"{path.name} is no {what.en}."),
            Text(f"请给出 {command} 的输出。", f"Give what {command} printed."),
        ) from error
    return found
