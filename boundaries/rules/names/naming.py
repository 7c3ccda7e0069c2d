"""Words a name may not contain (地名管理条例 art 9; 实施办法 arts 3-4).

The lists are the bureau's (settings ``registers.*``); no person's, foreign or firm's
name belongs in a place name, and no sensitive word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records
    from boundaries.rules.settings import RegisterSettings

SOURCE = "地名管理条例 art 9"
_LISTS: tuple[tuple[str, str, Text], ...] = (
    ("sensitive_words", "error", Text("禁用词", "a forbidden word")),
    ("person_names", "error", Text("人名", "a person's name")),
    ("foreign_names", "warning", Text("外国人名、地名", "a foreign name")),
    ("trade_names", "warning", Text("企业名或商标名", "a firm's or trade name")),
)


def rule(records: Records) -> list[dict[str, Any]]:
    """Report names with a word of one of the lists."""
    return [
        finding(
            "name_form",
            severity,
            [row["key"]],
            Text(
                f"地名“{text(row['name'])}”含有{what.zh}“{word}”。请另拟名称。",
                f"The name {text(row['name'])} contains {what.en}: {word}. Find "
                "another name.",
            ),
            place=word,
            geometry=row["point"],
            source=SOURCE,
        )
        for row in records.rows()
        for severity, what, word in forbidden(text(row["name"]), records.settings)
    ]


def forbidden(name: str, settings: RegisterSettings) -> list[tuple[str, Text, str]]:
    """Return severity, kind and word for each listed word in a name."""
    return [
        (severity, what, word)
        for group, severity, what in _LISTS
        for word in getattr(settings, group)
        if word and word in name
    ]
