"""Run a function on untrusted input in a process that can do nothing else.

The law of this package: whatever GDAL, GEOS, fiona, openpyxl or an XML parser
does with a file from outside, it does in a fresh interpreter with a clean
environment, hard limits on memory, processor and disk, no network and no file
but its own working folder. The parent only ever sees JSON and flat arrays.

``call`` runs a function there, ``status`` says how well this machine protects.
"""

from geodata.guard.parent import Outcome, call, run
from geodata.guard.protection import status
from geodata.guard.report import progress

__all__ = ["Outcome", "call", "progress", "run", "status"]
