"""Arguments that do not fit, told in both languages with the field named."""

from __future__ import annotations

import re
from typing import Any

from geodata.errors import InputError, Text

_SAID: tuple[tuple[str, str], ...] = (
    (r"Missing data for required field\.", "缺少此项。"),
    (r"Unknown field\.", "没有这一项。"),
    (r"Field may not be null\.", "不能为空。"),
    (r"Not a valid string\.", "应为文本。"),
    (r"Not a valid integer\.", "应为整数。"),
    (r"Not a valid number\.", "应为数字。"),
    (r"Not a valid boolean\.", "应为 true 或 false。"),
    (r"Not a valid list\.", "应为列表。"),
    (r"Not a valid mapping type\.", "应为对象。"),
    (r"Not a valid date\.", "应为日期，如 2026-01-31。"),
    (r"Not a valid UTF-8 string\.", "不是有效的 UTF-8 文本。"),
    (r"Invalid input type\.", "应为 JSON 对象。"),
    (r"Invalid JSON body\.", "不是有效的 JSON。"),
    (r"Must be one of: (.*)\.", r"应为以下之一：\1。"),
    (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.",
     r"应在 \1 与 \2 之间。"),
    (r"Must be greater than or equal to (\S+)\.", r"应不小于 \1。"),
    (r"Must be less than or equal to (\S+)\.", r"应不大于 \1。"),
    (r"Longer than maximum length (\d+)\.", r"不能超过 \1 个。"),
    (r"Shorter than minimum length (\d+)\.", r"不能少于 \1 个。"),
    (r"Length must be between (\d+) and (\d+)\.", r"长度应在 \1 与 \2 之间。"),
    (r"String does not match expected pattern\.", "写法不对。"),
)  # fmt: skip
"""What the schemas say, and the same in Chinese."""

MOST = 20
"""Fields named in one answer."""


class ArgumentsError(InputError):
    """Arguments of a request that do not fit; ``fields`` says which and why."""

    def __init__(self, wrong: dict[str, list[Text]]) -> None:
        named = [f"{name}: {said[0].en}" for name, said in wrong.items()]
        chinese = [f"{name}：{said[0].zh}" for name, said in wrong.items()]
        super().__init__(
            Text(
                f"请求的参数不对：{''.join(chinese[:5])}",
                f"The arguments do not fit: {' '.join(named[:5])}",
            ),
            Text("各接口的参数见 /api。", "The arguments of each route are on /api."),
            code="arguments",
        )
        self.fields = wrong

    def to_dict(self) -> dict[str, object]:
        """Return the error as JSON, with what is wrong by field."""
        told = {
            name: [text._asdict() for text in said]
            for name, said in self.fields.items()
        }
        return {**super().to_dict(), "fields": told}


def arguments_error(messages: Any) -> ArgumentsError:
    """Return the error for what a schema found, by location and field."""
    wrong: dict[str, list[Text]] = {}
    for place in messages.values() if isinstance(messages, dict) else [messages]:
        _collect(place, "", wrong)
    return ArgumentsError(dict(list(wrong.items())[:MOST]))


def _collect(found: Any, name: str, into: dict[str, list[Text]]) -> None:
    if isinstance(found, dict):
        for key, inner in found.items():
            part = "" if key == "_schema" else str(key)
            _collect(inner, ".".join(filter(None, (name, part))), into)
        return
    said = found if isinstance(found, list) else [found]
    into.setdefault(name or "body", []).extend(_text(str(each)) for each in said)


def _text(english: str) -> Text:
    for pattern, chinese in _SAID:
        match = re.fullmatch(pattern, english)
        if match:
            return Text(match.expand(chinese), english)
    return Text(f"值无效（{english}）", english)
