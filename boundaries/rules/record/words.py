"""Words of closed lists are written as the lists have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.columns import WORDS
from boundaries.rules.finding import finding
from boundaries.rules.records import text
from boundaries.words import words_of
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report words that are not in their list."""
    found = []
    labels = words_of(records.layer)
    for row in records.rows():
        for name, kind in WORDS[records.layer].items():
            said = text(row.get(name))
            if not said or said in {word.value for word in kind}:
                continue
            label = labels[name]
            listed_zh = "、".join(word.label.zh for word in kind)
            listed_en = ", ".join(word.label.en for word in kind)
            found.append(
                finding(
                    "word",
                    "error",
                    [row["key"]],
                    Text(
                        f"{row['key']} 的“{label.zh}”写作“{said}”，不在词表内。"
                        f"可用：{listed_zh}。",
                        f"{label.en.capitalize()} of {row['key']} is '{said}', which "
                        f"is not in the list: {listed_en}.",
                    ),
                    place=name,
                    geometry=row["point"],
                )
            )
    return found
