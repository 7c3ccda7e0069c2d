"""A marker's form, faces and letter fit the number of sides (domain C3, C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.lines.numbers import MarkerNumber
from boundaries.rules.finding import finding
from boundaries.rules.records import items, text
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_SIDES = {"two": 2, "three": 3}


def rule(records: Records) -> list[dict[str, Any]]:
    """Report a form that the number's letter or the sides contradict."""
    found = []
    for row in records.rows():
        form, faces = text(row.get("form")), text(row.get("faces"))
        letter, count = _form_of(row["key"]), len(items(row.get("units")))
        if form and letter and form != letter:
            found.append(
                _row(
                    row,
                    "letter",
                    Text(
                        f"界桩 {row['key']} 的类型与编号末位字母不符。请改正其一。",
                        f"The form of marker {row['key']} is not what the letter of "
                        "its number says. Correct one of them.",
                    ),
                )
            )
        wanted = _SIDES.get(faces)
        if wanted and count and wanted != count:
            found.append(
                _row(
                    row,
                    "faces",
                    Text(
                        f"界桩 {row['key']} 有 {count} 侧单位，面型却是 {wanted} 面。",
                        f"Marker {row['key']} stands between {count} units but has "
                        f"{wanted} faces.",
                    ),
                )
            )
        if count == 1 or count > 3:
            found.append(
                _row(
                    row,
                    "sides",
                    Text(
                        f"界桩 {row['key']} 登记了 {count} 侧单位，应为 2 或 3 侧。",
                        f"Marker {row['key']} has {count} sides; it must have 2 or 3.",
                    ),
                )
            )
    return found


def _form_of(key: str) -> str:
    try:
        form = MarkerNumber.parse(key).form
    except InputError:
        return ""
    return form.value if form else ""


def _row(row: dict[str, Any], place: str, words: Text) -> dict[str, Any]:
    return finding(
        "marker_form",
        "warning",
        [row["key"]],
        words,
        place=place,
        geometry=row["point"],
        source="domain C3, C4",
    )
