"""Passwords on the command line: typed without echo or read, never an argument.

What is an argument stands in the shell's history and in the list of processes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from boundaries.console import Option, language
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from boundaries.console import Run


def password_options() -> list[click.Parameter]:
    """Return the options of a command that makes an account."""
    return [
        Option(
            ["--password"],
            Text("询问初始密码", "ask for a first password"),
            is_flag=True,
        ),
        Option(
            ["--password-stdin"],
            Text("从标准输入读初始密码", "read a first password from standard input"),
            is_flag=True,
        ),
    ]


def asked_password(run: Run, *, ask: bool, from_stdin: bool) -> str | None:
    """Return the password of :func:`password_options`, None when none is wanted."""
    return read_password(run, from_stdin=from_stdin) if ask or from_stdin else None


def read_password(run: Run, *, from_stdin: bool) -> str:
    """Return a password read from standard input or typed twice without echo.

    Raises
    ------
    InputError
        When there is neither.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if run.interactive:
        words = Text("密码", "Password").to(language())
        return str(
            click.prompt(words, hide_input=True, confirmation_prompt=True, err=True)
        )
    raise InputError(
        Text("没有终端可输入密码。", "There is no terminal to type a password."),
        Text("请从标准输入给出。", "Give it on standard input."),
    )
