"""What a command loads before it is known which one: little."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("ezdxf", "geopandas", "numba", "openpyxl", "pandas", "pypinyin", "scipy")
ASKED = (
    "import sys, webmap.cli, geodata.files.formats, geodata.files.reader; "
    f"print(*set({HEAVY}) & sys.modules.keys())"
)
"""Also what looks at the files a command names, and starts the process that reads."""


def test_the_command_line_starts_without_heavy_libraries():
    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
