"""``python -m boundaries.jobs.drawing LAYER VERSION``: draw a version's tiles.

The job that publishes has this done by a process below its own, with the same limits
again: what a picture uses up is not taken from what the version needs, and a picture
that cannot be drawn ends nothing but this. The store comes by ``QUHUA_STORE``.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from boundaries.jobs import places

if TYPE_CHECKING:
    from boundaries.jobs.work import Work

log = logging.getLogger(__name__)

SHARE = 0.5
"""So much of a job's time may go to the picture."""


def draw(work: Work, layer: str, number: int) -> None:
    """Draw what opens before the tag moves; without it a server draws it itself."""
    command = [sys.executable, "-m", "boundaries.jobs.drawing", layer, str(number)]
    command.append(str(os.getpid()))
    environment = {**os.environ, "QUHUA_STORE": work.registry.store.url}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=SHARE * work.registry.settings.jobs.wall_s,
            check=False,
        )
        why = f"exit status {done.returncode}" if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    if why:  # what is agreed on waits for no picture
        log.warning("version %s is published without tiles: %s", number, why)


def main(arguments: list[str]) -> int:
    """Draw one version; the whole life of the process."""
    from boundaries import prepared
    from boundaries.console import Run
    from geodata.guard import reaping

    layer, number, parent = arguments
    if sys.platform != "win32":
        reaping.die_with_parent(signal.SIGKILL, int(parent))
    logging.basicConfig(level=logging.INFO)
    store = Run(store=os.environ["QUHUA_STORE"]).registry(local=False).store
    try:
        prepared.prepare(store, int(number), layer, places.tiles_beside(store.url))
    except Exception:
        log.exception("version %s cannot be drawn", number)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
