"""A name's spelling in letters is a reading of its characters (domain E6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boundaries.gazetteer.romanise import letters, may_spell, romanise
from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

SOURCE = "地名管理条例 art 15"
_ENGLISH = re.compile(
    r"\b(road|street|avenue|district|county|city|town|village|river|lake|mountain"
    r"|bridge|park|lane)\b",
    re.IGNORECASE,
)


def rule(records: Records) -> list[dict[str, Any]]:
    """Report spellings the characters cannot be read as, and English words."""
    found = []
    for row in records.rows():
        name, spelt = text(row["name"]), text(row.get("romanised"))
        if not name or not spelt or text(row.get("script")):
            continue
        likely = romanise(name, text(row.get("category")) or None).text
        if _ENGLISH.search(spelt):
            words = Text(
                f"“{name}”的罗马字母拼写“{spelt}”含有外文词。通名也用汉语拼音，例如"
                f"“{likely}”。",
                f"The spelling {spelt} of {name} has an English word; generic terms "
                f"are spelt in pinyin too, as {likely}.",
            )
            found.append(_row(row, "error", "english", words))
        elif letters(spelt) != letters(likely) and not may_spell(spelt, name):
            words = Text(
                f"“{name}”的罗马字母拼写“{spelt}”与汉字读音不符，建议“{likely}”。",
                f"{spelt} is no reading of {name}; {likely} is suggested.",
            )
            severity = "warning" if row.get("romanised_confirmed") is True else "error"
            found.append(_row(row, severity, "letters", words))
    return found


def _row(row: dict[str, Any], severity: str, place: str, words: Text) -> dict[str, Any]:
    return finding(
        "name_spelling",
        severity,
        [row["key"]],
        words,
        place=place,
        geometry=row["point"],
        source=SOURCE,
    )
