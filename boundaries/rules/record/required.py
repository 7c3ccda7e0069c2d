"""What every record of a register must have (the layer's schema)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.layers import LAYERS
from boundaries.rules.finding import finding
from boundaries.rules.records import text
from boundaries.words import words_of
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_MORE = {"place_names": ("category", "romanised", "division")}
"""Attributes without which a record cannot be approved, beyond the schema's."""


def rule(records: Records) -> list[dict[str, Any]]:
    """Report changed records that lack a required attribute."""
    schema = next(layer for layer in LAYERS if layer.name == records.layer)
    names = [field.name for field in schema.fields if field.required]
    names += _MORE.get(records.layer, ())
    labels = words_of(records.layer)
    return [
        finding(
            "required",
            "error",
            [row["key"]],
            Text(
                f"{row['key']} 缺少必填项“{labels[name].zh}”。请补填。",
                f"{row['key']} has no {labels[name].en}. Fill it in.",
            ),
            place=name,
            geometry=row["point"],
            source=f"schema of layer {records.layer}",
        )
        for row in records.rows()
        for name in names
        if not text(row.get(name))
    ]
