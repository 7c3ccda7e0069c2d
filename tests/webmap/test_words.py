"""Every word a template or a script says has its Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup

import webmap
from webmap.shell import say

HERE = Path(webmap.__file__).parent
SAID = re.compile(r"""_\(\s*'((?:[^'\\]|\\.)+)'|_\(\s*"((?:[^"\\]|\\.)+)\"""")
PLURAL = re.compile(r"ngettext\(\s*'((?:[^'\\]|\\.)+)'")
SCRIPT = re.compile(r"""\bsay\(\s*"((?:[^"\\]|\\.)+)\"""")


def catalog() -> dict[str, tuple[bool, str]]:
    source = HERE / "translations/zh/LC_MESSAGES/messages.po"
    with source.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh") if message.id]
    found = {}
    for message in messages:
        name = message.id if isinstance(message.id, str) else message.id[0]
        words = message.string if isinstance(message.string, str) else message.string[0]
        found[name] = ("script" in message.auto_comments, words)
    return found


def used(folder: str, ending: str, *patterns: re.Pattern[str]) -> dict[str, str]:
    found = {}
    for path in sorted((HERE / folder).rglob(f"*{ending}")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
        for pattern in patterns:
            for match in pattern.finditer(text):
                word = next(group for group in match.groups() if group)
                found[word.replace("\\'", "'").replace('\\"', '"')] = path.name
    return found


def test_templates_say_nothing_that_has_no_chinese() -> None:
    known = catalog()
    said = used("templates", ".html", SAID, PLURAL)
    assert len(said) > 100
    assert {w: f for w, f in said.items() if not known.get(w, ("", ""))[1]} == {}


def test_scripts_have_their_words_in_the_page() -> None:
    known = catalog()
    said = used("static/js", ".js", SCRIPT)
    assert len(said) > 50
    assert {w: f for w, f in said.items() if not known.get(w, (False, ""))[0]} == {}


@pytest.mark.parametrize("sign", [r"%\(\w+\)s", r"\{\w+\}"])
def test_a_translation_keeps_every_place_for_a_value(sign: str) -> None:
    broken = {
        name: words
        for name, (_, words) in catalog().items()
        if set(re.findall(sign, words)) - set(re.findall(sign, name))
        or set(re.findall(sign, name)) - set(re.findall(sign, words)) - {"%(num)s"}
    }
    assert broken == {}


def test_what_gettext_escaped_is_not_escaped_twice() -> None:
    escaped = Markup("{} &lt;b&gt;").format("<i>")
    assert say(escaped) is escaped
    assert not hasattr(say("<b>"), "__html__")
