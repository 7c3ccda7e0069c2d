"""Run the command line in this process, as a shell would."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from boundaries import cli, console


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document of ``--json``; anything else there fails."""
        return json.loads(self.out)


def quhua(*arguments: object) -> Ran:
    """Run ``quhua`` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = console.main(cli.build(), [str(word) for word in arguments])
    return Ran(status, out.getvalue(), err.getvalue())
