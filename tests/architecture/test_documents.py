"""What the documents say can be done, can be done."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

if TYPE_CHECKING:
    from pathlib import Path


def _shown(text: str) -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("quhua ")]


def test_every_command_of_the_readme_parses(root: Path) -> None:
    from webmap import cli

    commands = _shown((root / "README.md").read_text("utf-8"))
    assert len(commands) >= 15
    for words in commands:
        command: click.Command = cli.root
        context = click.Context(command)
        rest = list(words)
        while isinstance(command, click.Group):
            name, command, rest = command.resolve_command(context, rest)
            assert command is not None, words
            context = click.Context(command, parent=context, info_name=name)
        try:
            command.parse_args(context, rest)
        except click.BadParameter as error:  # the files of the examples
            if "does not exist" not in error.message:
                raise


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_and_paths_lead_somewhere(root: Path, name: str) -> None:
    text = (root / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:geodata|boundaries|webmap|scripts|tests)/[\w/.]+)`", text)
    assert {found for found in links + paths if not (root / found).exists()} == set()
