"""``python -m boundaries.jobs``: the worker, as ``quhua serve`` starts it.

The store and the settings come by ``QUHUA_STORE`` and ``QUHUA_SETTINGS``; the one
argument is the process whose end is this one's too.
"""

from __future__ import annotations

import logging
import sys

from boundaries.console import Run
from boundaries.jobs.runner import serve


def main(arguments: list[str]) -> None:
    """Be the worker of the process named."""
    import os

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    run = Run(store=os.environ.get("QUHUA_STORE"))
    serve(run.registry(local=False), parent=int(arguments[0]) if arguments else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
