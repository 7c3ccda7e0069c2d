"""Characters of a name are common, standard ones (地名管理条例 art 9(3))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

SOURCE = "地名管理条例 art 9(3)"
_SIGNS = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffff〇·]")


def rule(records: Records) -> list[dict[str, Any]]:
    """Report letters, digits and signs, and characters that are rare."""
    found = []
    for row in records.rows():
        name = text(row["name"])
        signs, rare = foreign_signs(name), rare_characters(name)
        if signs:
            found.append(
                finding(
                    "name_characters",
                    "error",
                    [row["key"]],
                    Text(
                        f"地名“{name}”含有“{signs}”。标准地名用规范汉字书写，数字"
                        "用汉字。",
                        f"The name {name} contains '{signs}'. Standard names are "
                        "written in Chinese characters, numerals too.",
                    ),
                    place="signs",
                    geometry=row["point"],
                    source=SOURCE,
                )
            )
        if rare:
            found.append(
                finding(
                    "name_characters",
                    "warning",
                    [row["key"]],
                    Text(
                        f"地名“{name}”含有生僻或不规范的字“{rare}”。请核对，新名避免"
                        "使用。",
                        f"The name {name} has rare or non-standard characters: {rare}. "
                        "Check them; avoid them in new names.",
                    ),
                    place="rare",
                    geometry=row["point"],
                    source=SOURCE,
                )
            )
    return found


def foreign_signs(name: str) -> str:
    """Return what of a name is no Chinese character."""
    return "".join(dict.fromkeys(_SIGNS.findall(name)))


def rare_characters(name: str) -> str:
    """Return characters that GB 2312 lacks.

    Its 6,763 characters stand for levels 1 and 2 of 通用规范汉字表 until that table
    is shipped; traditional forms are outside it too.
    """
    return "".join(dict.fromkeys(c for c in name if not _common(c)))


def _common(char: str) -> bool:
    if char in "〇·" or char.isascii():
        return True
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
