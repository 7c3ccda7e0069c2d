"""Keep a spreadsheet from running a cell: the same rule out and in.

Excel and its kin treat text that begins with one of ``= + - @``, a tab or a
carriage return as a formula, also in full width and behind invisible marks. On
the way out such text gets an apostrophe in front; on the way in it loses one, so
that what was exported comes back letter by letter.
"""

from __future__ import annotations

import re

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_RISKY = re.compile(rf"'*[{_INVISIBLE} ]*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(rf"''*[{_INVISIBLE} ]*[=+\-@\t\r＝＋－＠]")


def guard(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    """Return the text that :func:`guard` was given."""
    return text[1:] if _GUARDED.match(text) else text
