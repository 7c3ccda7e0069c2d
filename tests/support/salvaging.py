"""Read a file record by record on purpose, inside the guarded process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geodata.files import datasets, geometry, salvage, vector
from geodata.files.limits import UPLOAD
from geodata.guard import drivers


def both_ways(name: str) -> dict[str, Any]:
    """Return names, coordinates and refusals, in bulk and by record."""
    (member,) = datasets.find(Path(name), name, UPLOAD)
    dataset = datasets.prepare(member, UPLOAD, {})
    drivers.switch_off_others()
    (choice,) = vector.layers_of(dataset, UPLOAD)
    slow = _told(salvage.read(choice, UPLOAD))
    return {"bulk": _told(vector.bulk(choice, UPLOAD)), "slow": slow}


def _told(rows: vector.Rows) -> dict[str, Any]:
    examined = geometry.examine(rows.wkb, UPLOAD)
    bad = {rows.positions[at]: why.en for at, why in examined.refused.items()}
    bad |= {at: why.en for at, why in rows.refused.items()}
    column = next(name for name in rows.columns if str(name).lower() == "name")
    return {
        "read": rows.read,
        "names": rows.columns[column].iloc[examined.kept].tolist(),
        "bounds": [
            [round(value, 9) for value in shape.bounds] for shape in examined.geometries
        ],
        "bad": sorted(bad),
    }
