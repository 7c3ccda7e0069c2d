"""``python -m geodata.guard FOLDER``: the guarded side of a call."""

import sys

from geodata.guard.child import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
