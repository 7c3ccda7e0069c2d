"""Polygons that should tile: where they do not, what changed, how to mend them.

Arrays of shapely polygons and frames come in; arrays and frames go out, measured in
metres. Nothing here knows a law, a level or a rule.
Invalid polygons never crash a function: they take part with a repaired copy, and
hopeless ones are left out and named.
"""

# First: the module has the name of a function below.
from geodata.topology.repair import apply_repair, suggest_repair  # isort: skip
from geodata.topology.borders import Borders, borders, polygons
from geodata.topology.changes import changes
from geodata.topology.check import check
from geodata.topology.cluster import Dask, Processes, check_apart
from geodata.topology.conflicts import Conflicts, conflicts, gaps, overlaps
from geodata.topology.findings import Findings
from geodata.topology.mending import preview, repair, undo
from geodata.topology.moves import moves, symmetric_difference_m2
from geodata.topology.recheck import recheck
from geodata.topology.simplify import simplify
from geodata.topology.soundness import Sound, sound
from geodata.topology.validity import validity

__all__ = [
    "Borders",
    "Conflicts",
    "Dask",
    "Findings",
    "Processes",
    "Sound",
    "apply_repair",
    "borders",
    "changes",
    "check",
    "check_apart",
    "conflicts",
    "gaps",
    "moves",
    "overlaps",
    "polygons",
    "preview",
    "recheck",
    "repair",
    "simplify",
    "sound",
    "suggest_repair",
    "symmetric_difference_m2",
    "undo",
    "validity",
]
