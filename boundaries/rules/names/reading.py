"""Where a character is read in several ways, a person has confirmed which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.gazetteer.romanise import romanise
from boundaries.gazetteer.romanise import ways as ways_of
from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report polyphones whose reading nobody has confirmed."""
    found = []
    for row in records.rows():
        name = text(row["name"])
        doubtful = romanise(name, text(row.get("category")) or None).polyphones
        if not doubtful or row.get("romanised_confirmed") is True:
            continue
        ways = "；".join(f"{c}：{'、'.join(ways_of(c))}" for c in doubtful)
        ways_en = "; ".join(f"{c}: {', '.join(ways_of(c))}" for c in doubtful)
        found.append(
            finding(
                "name_reading",
                "warning",
                [row["key"]],
                Text(
                    f"“{name}”含多音字（{ways}），拼写“{text(row.get('romanised'))}”"
                    "待当地核实后勾选“拼写已确认”。",
                    f"{name} has characters of several readings ({ways_en}). Have "
                    f"'{text(row.get('romanised'))}' confirmed locally, then tick "
                    "'spelling confirmed'.",
                ),
                place="".join(doubtful),
                geometry=row["point"],
                source="domain E6.7",
            )
        )
    return found
