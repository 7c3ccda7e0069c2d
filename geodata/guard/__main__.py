"""``python -m geodata.guard FOLDER``: the guarded side of a call."""

import sys

from geodata.guard.child import main
from geodata.guard.reaping import stand_between

if __name__ == "__main__":
    stand_between()
    sys.exit(main(sys.argv[1:]))
