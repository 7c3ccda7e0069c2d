#!/usr/bin/env python3
"""Write the demonstration territory: a fictional city in two vintages, with drafts.

    python scripts/territory.py OUT [--seed N]

Everything is drawn from the seed: the same seed writes the same files. All of it is
illustrative: the codes begin with 99, which no province has, the land lies on open
water, names and document numbers are invented. ``territory.json`` lists the files,
the order in which to import them, the users, and every planted finding.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

DEFAULT_SEED = 7


def main() -> int:
    """Write the territory into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    wanted = parser.parse_args()
    from demonstration import outputs, territory

    begun = time.monotonic()
    made = territory.make(wanted.seed)
    written = outputs.write(made, wanted.out)
    seconds = time.monotonic() - begun
    for path in written:
        print(path.relative_to(wanted.out))
    print(f"{len(written)} files, seed {wanted.seed}, {seconds:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
