"""Polygons that should tile: where they do not, what changed, how to mend them.

Arrays of shapely polygons and frames come in; arrays and frames go out, measured in
metres. Nothing here knows a law, a level or a rule.
Invalid polygons never crash a function: they take part with a repaired copy, and
hopeless ones are left out and named.
"""

from geodata.topology.borders import Borders, borders, polygons
from geodata.topology.changes import changes
from geodata.topology.check import check
from geodata.topology.cluster import check_apart
from geodata.topology.findings import Findings
from geodata.topology.mending import preview, repair, undo
from geodata.topology.moves import moves, symmetric_difference_m2
from geodata.topology.recheck import recheck
from geodata.topology.simplify import simplify
from geodata.topology.soundness import Sound, sound
from geodata.workers import Dask, Processes

__all__ = [
    "Borders",
    "Dask",
    "Findings",
    "Processes",
    "Sound",
    "borders",
    "changes",
    "check",
    "check_apart",
    "moves",
    "polygons",
    "preview",
    "recheck",
    "repair",
    "simplify",
    "sound",
    "symmetric_difference_m2",
    "undo",
]
