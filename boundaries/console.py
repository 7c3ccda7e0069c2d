"""The command line's manners: two languages, one JSON document, exit statuses.

A command is a function that returns a :class:`Result`; everything it says goes
through here. stdout carries the result and nothing else; progress and remarks go
to stderr. Exit status: 0 nothing of severity error, 1 findings of severity error
or a person must decide, 2 could not run.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from boundaries import outputs, usage
from geodata.errors import InputError, QuhuaError, Text

LANGUAGES = ("zh", "en")
DECISION = "decision_needed"
"""Code of an error that a person's answer would cure."""
_FOUND = frozenset({DECISION, "blocked"})
"""Codes of exit status 1, not 2: it ran, and a person must decide or mend."""


@dataclass(frozen=True)
class Result:
    """What a command found: the document for programs, the lines for people."""

    data: Any
    lines: Sequence[Text | str] = field(default=())
    status: int = 0


def default_language(environ: dict[str, str] | os._Environ[str] | None = None) -> str:
    """Return ``QUHUA_LANG``, else English for a locale that is not Chinese."""
    environ = os.environ if environ is None else environ
    named = environ.get("QUHUA_LANG", "")
    if named[:2] in LANGUAGES:
        return named[:2]
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            value = environ[name]
            plain = value.split(".")[0] in {"C", "POSIX"}
            return "zh" if value.startswith("zh") or plain else "en"
    return "zh"


def language(context: click.Context | None = None) -> str:
    """Return the language of this run: ``--lang`` wherever given, else default."""
    context = context or click.get_current_context(silent=True)
    said = None if context is None else context.meta.get(_SAID)
    return str(said) if said else default_language()


_YOUNG = 50_000
"""Objects made before Python looks for cycles: libraries make many, and no cycles."""
_SAID = "quhua.lang"


_HEADINGS = {
    "Options": Text("选项", "Options"),
    "Commands": Text("命令", "Commands"),
    "Usage": Text("用法", "Usage"),
    "Arguments": Text("参数", "Arguments"),
}


class _Formatter(click.HelpFormatter):
    """Click's formatter with headings in the language of the run."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        head = _HEADINGS["Usage"].to(language())
        super().write_usage(prog, args, prefix if prefix else f"{head}: ")

    def write_heading(self, heading: str) -> None:
        words = _HEADINGS.get(heading)
        super().write_heading(words.to(language()) if words else heading)


click.Context.formatter_class = _Formatter


class Option(click.Option):
    """An option whose help is in both languages."""

    def __init__(self, declarations: Sequence[str], text: Text, **settings: Any):
        self.text = text
        super().__init__(declarations, help=text.en, **settings)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return declaration and help in the language of the run."""
        self.help = self.text.to(language(ctx))
        return super().get_help_record(ctx)


class Argument(click.Argument):
    """An argument whose help is in both languages."""

    def __init__(self, declarations: Sequence[str], text: Text, **settings: Any):
        self.text = text
        super().__init__(declarations, **settings)


class _Bilingual(click.Command):
    """Help in the language of the run; works for commands and groups."""

    text: Text

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - never cut
        sentence = self.text.to(language()).split("\n")[0]
        return sentence.rstrip("。.")

    def format_help_text(self, ctx: click.Context, formatter: Any) -> None:
        self.help = self.text.to(language(ctx))
        super().format_help_text(ctx, formatter)
        described = [
            (item.make_metavar(ctx), item.text.to(language(ctx)))
            for item in self.params
            if isinstance(item, Argument)
        ]
        if described:
            with formatter.section("Arguments"):
                formatter.write_dl(described)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = Text("显示帮助", "Show this help").to(language(ctx))
        return found

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        words = {
            "[OPTIONS]": Text("[选项]", "[OPTIONS]"),
            "COMMAND [ARGS]...": Text("命令 [参数]...", "COMMAND [ARGS]..."),
        }
        return [
            words[piece].to(language(ctx)) if piece in words else piece
            for piece in pieces
        ]


class Command(_Bilingual):
    """One command; its function returns a :class:`Result`."""


class Group(_Bilingual, click.Group):
    """A group of commands; without a command it shows its help."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order they were mounted."""
        return list(self.commands)


def _lang_option() -> Option:
    return Option(
        ["--lang"],
        Text("界面语言", "language of help and messages"),
        type=click.Choice(LANGUAGES),
        is_eager=True,
        expose_value=False,
        callback=_remember_language,
    )


def _remember_language(
    ctx: click.Context, _: click.Parameter, value: str | None
) -> None:
    if value:
        ctx.meta[_SAID] = value


def group(name: str, text: Text, commands: Sequence[click.Command] = ()) -> Group:
    """Return a group called ``name`` holding ``commands``."""
    made = Group(name, params=[_lang_option()], no_args_is_help=True)
    made.text = text
    for command in commands:
        made.add_command(command)
    return made


@dataclass
class Run:
    """What every command is given: where, who, and how to speak."""

    store: str | None = None
    settings: Path | None = None
    user: str | None = None
    json: bool = False

    def registry(
        self, *, create: bool = False, digest: str | None = None, local: bool = True
    ) -> Any:
        """Open the registry this run is about; a server opens it not ``local``."""
        from boundaries.registry import open_registry
        from boundaries.settings import default_store, load

        settings = load(self.settings)
        url = self.store or settings.store or default_store()
        return open_registry(
            url, create=create, settings=settings, digest=digest, local=local
        )

    @property
    def actor(self) -> str:
        """The user given by ``--as`` or ``QUHUA_USER``; raise when nobody is named."""
        if not self.user:
            raise InputError(
                Text("没有指明操作人。", "Nobody is named as the acting user."),
                Text("请加 --as 用户名。", "Add --as USER."),
            )
        return self.user

    @property
    def reader(self) -> str:
        """The user given by ``--as``, else whoever runs this on the store itself."""
        from boundaries.accounts import LOCAL

        return self.user or LOCAL

    @property
    def interactive(self) -> bool:
        """Whether a person sits at the terminal and may be asked."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: Text | str) -> None:
        """Remark on stderr, unless a program listens."""
        if not self.json:
            click.echo(
                text.to(language()) if isinstance(text, Text) else text, err=True
            )

    def progress(self, text: Text) -> None:
        """Show what is being done, on a terminal only."""
        if not self.json and sys.stderr.isatty():
            click.echo(f"… {text.to(language())}", err=True)


def command(
    name: str,
    text: Text,
    *params: click.Parameter,
    writes: bool = False,
    reads_store: bool = True,
) -> Callable[[Callable[..., Result]], Command]:
    """Make a command of a function ``(run, **options) -> Result``.

    Adds ``--json --out-free`` manners common to all: ``--store``, ``--settings``,
    ``--as``, ``--json``, ``--report`` and ``--lang``.
    """

    def decorate(function: Callable[..., Result]) -> Command:
        @wraps(function)
        def callback(**options: Any) -> int:
            run = Run(
                store=options.pop("store_url", None),
                settings=options.pop("settings_path", None),
                user=options.pop("acting", None),
                json=options.pop("as_json"),
            )
            report = options.pop("report")
            result = function(run, **options)
            _show(result, run, report)
            return result.status

        made = Command(
            name,
            callback=callback,
            params=[*params, *_common(writes=writes, reads_store=reads_store)],
        )
        made.text = text
        return made

    return decorate


def _common(*, writes: bool, reads_store: bool) -> list[click.Parameter]:
    found: list[click.Parameter] = []
    if reads_store:
        found += [
            Option(
                ["--store", "store_url"],
                Text("数据库地址", "address of the store (path or postgresql://)"),
                envvar="QUHUA_STORE",
            ),
            Option(
                ["--as", "acting"],
                Text("以此用户的身份办理", "the user who does this")
                if writes
                else Text(
                    "以此用户的身份和范围查看（不写则为本机操作员）",
                    "the user who asks, with their scope (none: whoever runs this)",
                ),
                envvar="QUHUA_USER",
                metavar="USER",
            ),
        ]
    return [
        *found,
        Option(
            ["--settings", "settings_path"],
            Text("设置文件（TOML）", "settings file (TOML)"),
            type=click.Path(path_type=Path),
            envvar="QUHUA_SETTINGS",
        ),
        Option(
            ["--json", "as_json"],
            Text("只在标准输出打印一个 JSON 文档", "print one JSON document only"),
            is_flag=True,
        ),
        Option(
            ["--report"],
            Text("把 JSON 结果另存为文件", "also write the JSON document to a file"),
            type=outputs.OutFile(),
            metavar="FILE",
        ),
        _lang_option(),
    ]


def _show(result: Result, run: Run, report: Path | None) -> None:
    document = to_json(result.data)
    if report is not None:
        outputs.write(report, f"{document}\n".encode())
    if run.json:
        click.echo(document)
        return
    for line in result.lines:
        click.echo(line.to(language()) if isinstance(line, Text) else line)


def to_json(data: Any) -> str:
    """Return ``data`` as one JSON document; NaN becomes null, unknowns text."""
    return json.dumps(_plain(data), ensure_ascii=False, indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value._asdict()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if hasattr(value, "__geo_interface__"):
        return _plain(value.__geo_interface__)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)


def main(root: click.Group, arguments: Sequence[str] | None = None) -> int:
    """Run ``root`` and return the exit status; the one place errors are shown."""
    gc.set_threshold(_YOUNG)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    as_json = "--json" in arguments
    spoken = _language_of(arguments)
    try:
        status = root.main(
            # known before --help is answered
            ["--lang", spoken, *arguments] if arguments else [],
            prog_name="quhua",
            standalone_mode=False,
        )
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        words = usage.text_of(error)
        _fail(
            {"error": "usage", "message": words._asdict()},
            words,
            spoken,
            as_json=as_json,
        )
        return 2
    except click.exceptions.Abort:
        words = Text("已中止。", "Stopped.")
        _fail(
            {"error": "aborted", "message": words._asdict()},
            words,
            spoken,
            as_json=as_json,
        )
        return 2
    except QuhuaError as error:
        _fail(error.to_dict(), error.text(spoken), spoken, as_json=as_json)
        return 1 if error.code in _FOUND else 2
    except BrokenPipeError:
        return 2
    except Exception as error:  # noqa: BLE001 - a bug: say so once, exit 2
        _bug(error, spoken, as_json=as_json)
        return 2
    return int(status or 0)


def _language_of(arguments: Sequence[str]) -> str:
    for index, word in enumerate(arguments):
        value = word[7:] if word.startswith("--lang=") else ""
        if word == "--lang" and index + 1 < len(arguments):
            value = arguments[index + 1]
        if value in LANGUAGES:
            return value
    return default_language()


def _speak_utf8() -> None:
    """Let Chinese be printed where the locale or a Windows console would refuse."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _fail(
    document: dict[str, Any], words: Text | str, spoken: str, *, as_json: bool
) -> None:
    if as_json:
        click.echo(to_json(document))
    click.echo(words.to(spoken) if isinstance(words, Text) else words, err=True)


def _bug(error: Exception, spoken: str, *, as_json: bool) -> None:
    import logging
    import traceback

    words = Text(
        f"程序出错（{type(error).__name__}: {error}）。已受理的数据不受影响；"
        "请把加 QUHUA_DEBUG=1 重跑的输出交给开发者。",
        f"A bug ({type(error).__name__}: {error}). Nothing acknowledged is lost; "
        "run again with QUHUA_DEBUG=1 and send the output to the developers.",
    )
    # Nobody configures logging here: from WARNING on it would be printed by itself.
    logging.getLogger(__name__).debug("bug", exc_info=error)
    if os.environ.get("QUHUA_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    document = {
        "error": "bug",
        "message": words._asdict(),
        "type": type(error).__name__,
    }
    _fail(document, words, spoken, as_json=as_json)
