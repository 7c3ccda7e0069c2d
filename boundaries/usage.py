"""What click says of wrong usage, said again in Chinese.

Click's complaints are made of a few sentences with the user's words in them; each is
known here by its English form. What is not known is shown as click said it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import click

from geodata.errors import Text

_KINDS = {
    "integer": "整数", "integer range": "整数", "float": "数", "float range": "数",
    "boolean": "是或否", "File": "文件", "Directory": "文件夹", "Path": "路径",
    "file": "文件", "directory": "文件夹", "path": "路径",
}  # fmt: skip
_SAID: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"(.+) is not one of (.+)\.", lambda value, all_: f"{value} 不在可选值之内，"
     f"可选 {_listed(all_)}。"),
    (r"(.+) is not in the range (.+)\.",
     lambda value, span: f"{value} 不在范围 {span} 之内。"),
    (r"(.+) is not a valid (.+)\.",
     lambda value, kind: f"{value} 不是{_KINDS.get(kind, kind)}。"),
    (r"(\w+) (.+) does not exist\.", lambda _, name: f"找不到 {name}。"),
    (r"(\w+) (.+) is a file\.", lambda _, name: f"{name} 是文件，应为文件夹。"),
    (r"(\w+) (.+) is a directory\.", lambda _, name: f"{name} 是文件夹，应为文件。"),
    (r"(\w+) (.+) is not readable\.", lambda _, name: f"{name} 不可读。"),
    (r"(\w+) (.+) is not writable\.", lambda _, name: f"{name} 不可写。"),
    (r"(.+) does not match the formats? (.+)\.",
     lambda value, forms: f"{value} 的格式不对，应为 {_listed(forms)}。"),
    (r"No such option:? (.+?)\.", lambda name: f"没有选项 {name}。"),
    (r"No such command (.+?)\.", lambda name: f"没有命令 {name}。"),
    (r"Missing command\.", lambda: "缺少命令。"),
    (r"Option (.+) requires an argument\.", lambda name: f"选项 {name} 后须写值。"),
    (r"Option (.+) requires (\d+) arguments\.",
     lambda name, many: f"选项 {name} 后须写 {many} 个值。"),
    (r"Option (.+) does not take a value\.", lambda name: f"选项 {name} 不带值。"),
    (r"Got unexpected extra arguments? \((.+)\)", lambda words: f"多出参数 {words}。"),
    (r"Argument (.+) takes (\d+) values\.",
     lambda name, many: f"参数 {name} 须写 {many} 个值。"),
    (r"Could not open file (.+): (.+)", lambda name, why: f"不能打开 {name}：{why}"),
)  # fmt: skip
_LIKE = re.compile(r" \(?Did you mean (?:one of: )?(.+)\?\)?$")


def text_of(error: click.ClickException) -> Text:
    """Return a complaint of click in both languages."""
    english = error.format_message()
    if isinstance(error, click.MissingParameter):
        return Text(f"缺少 {_name(error)}。{_choices(error)}", english)
    if isinstance(error, click.BadParameter):
        return Text(f"{_name(error)} 的值无效：{chinese(error.message)}", english)
    return Text(chinese(english), english)


def chinese(english: str) -> str:
    """Return one of click's sentences in Chinese; as it is where it is unknown."""
    like = _LIKE.search(english)
    sentence = english[: like.start()] if like else english
    for form, words in _SAID:
        found = re.fullmatch(form, sentence, re.DOTALL)
        if found:
            near = next(filter(None, like.groups())) if like else ""
            return words(*found.groups()) + (
                f"是否指 {_listed(near)}？" if near else ""
            )
    return english


def _listed(words: str) -> str:
    return words.replace(", or ", "、").replace(" or ", "、").replace(", ", "、")


def _choices(error: click.MissingParameter) -> str:
    kind = None if error.param is None else error.param.type
    if not isinstance(kind, click.Choice):
        return ""
    return f"可选 {'、'.join(map(str, kind.choices))}。"


def _name(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Option):
        return " / ".join(error.param.opts)
    if error.param is not None:
        return error.param.human_readable_name
    hint = error.param_hint or ""
    return hint if isinstance(hint, str) else " / ".join(hint)
