"""The manners of the command line: languages, help, errors, quick start."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from boundaries import cli, console, usage
from boundaries.console import Argument, Option, Result
from geodata.errors import InputError, Text
from tests.support.commands import quhua


def walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and group below ``command``."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from walk(inner, (*path, name))


TREE = list(walk(cli.build()))
IDS = [" ".join(path) or "quhua" for path, _ in TREE]


WITHOUT_STORE = {
    (name,)
    for name in ("inspect", "settings", "check", "repair", "borders", "simplify")
} | {("changes",), ("reach",), ("network", "build")}


def is_chinese(text: str) -> bool:
    """Return whether a text has a Han character."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize(("path", "command"), TREE, ids=IDS)
def test_every_command_and_option_speaks_both(
    path: tuple[str, ...], command: click.Command
) -> None:
    text = command.text  # type: ignore[attr-defined]
    assert is_chinese(text.zh)
    assert text.en
    assert not is_chinese(text.en)
    for item in command.params:
        assert isinstance(item, Option | Argument), item.name
        assert is_chinese(item.text.zh), item.name
        assert item.text.en, item.name
        assert not is_chinese(item.text.en), item.name
    zh = quhua("--lang", "zh", *path, "--help")
    en = quhua(*path, "--lang", "en", "--help")
    assert quhua(*path, "--help", "--lang", "en").out == en.out
    assert (zh.status, en.status) == (0, 0)
    assert zh.out.startswith("用法")
    assert en.out.startswith("Usage")
    assert text.zh.split("\n")[0].rstrip("。") in zh.out.replace("\n  ", "")
    assert not is_chinese(en.out)
    for item in command.params:
        if isinstance(item, Option):
            assert item.opts[0] in zh.out
            assert item.opts[0] in en.out


@pytest.mark.parametrize(("path", "command"), TREE, ids=IDS)
def test_the_common_options_are_everywhere(
    path: tuple[str, ...], command: click.Command
) -> None:
    names = {name for item in command.params for name in item.opts}
    assert "--lang" in names
    if not isinstance(command, click.Group):
        assert {"--json", "--report", "--settings"} <= names
        if path not in WITHOUT_STORE:
            assert {"--store", "--as"} <= names


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"QUHUA_LANG": "en"}, "en"),
        ({"QUHUA_LANG": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({}, "zh"),
    ],
)
def test_the_language_comes_from_the_environment(
    environ: dict[str, str], expected: str
) -> None:
    assert console.default_language(environ) == expected


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        (("frobnicate",), "没有命令"),
        (("draft", "show"), "缺少"),
        (("draft", "list", "--colour"), "没有选项"),
        (("publish", "--version", "three"), "值无效：'three' 不是整数"),
        (("covrage",), "没有命令 'covrage'。是否指 'coverage'？"),
        (("siting", "--model", "foo"), "'foo' 不在可选值之内，可选 'p-median'、"),
        (
            ("siting", "--modle", "mclp"),
            "没有选项 '--modle'。是否指 '--model'、'--most'？",
        ),
        (("siting", "--most", "0"), "0 不在范围 1<=x<=5000 之内"),
        (("siting", "--json=3"), "选项 '--json' 不带值"),
        (("scenario", "show", "a", "b"), "多出参数 b"),
        (("network", "build", "nowhere.gpkg", "--out", "a"), "找不到 'nowhere.gpkg'"),
        (("indicators-import", "."), "'.' 是文件夹，应为文件"),
        (("indicators-import", __file__), "缺少 --kind。可选 targets、"),
    ],
)
def test_wrong_usage_is_said_in_both_languages(words: tuple[str, ...], zh: str) -> None:
    plain = quhua("--lang", "zh", *words)
    assert (plain.status, plain.out) == (2, "")
    assert zh in plain.err
    assert not re.search(r"\b(is|not|of|the|Did|must)\b", plain.err)
    english = quhua("--lang", "en", *words)
    assert not is_chinese(english.err)
    as_json = quhua(*words, "--json")
    assert as_json.status == 2
    assert as_json.document["error"] == "usage"
    assert zh in as_json.document["message"]["zh"]


def test_click_s_other_sentences_are_known_too() -> None:
    said = {
        "Option '--model' requires an argument.": "选项 '--model' 后须写值。",
        "Option '--at' requires 2 arguments.": "选项 '--at' 后须写 2 个值。",
        "Missing command.": "缺少命令。",
        "Directory '/a' is not writable.": "'/a' 不可写。",
        "'x' is not a valid float.": "'x' 不是数。",
    }
    assert {english: usage.chinese(english) for english in said} == said
    assert usage.chinese("Something new.") == "Something new."


def _root(function: object) -> click.Group:
    made = console.command("do", Text("做", "do"), reads_store=False)(function)  # type: ignore[arg-type]
    return console.group("quhua", Text("试", "try"), [made])


def test_a_user_error_is_one_line_and_a_bug_points_to_the_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(_: console.Run) -> Result:
        raise InputError(Text("错", "wrong"), Text("改", "mend it"))

    def bug(_: console.Run) -> Result:
        raise ZeroDivisionError("oops")

    monkeypatch.delenv("QUHUA_DEBUG", raising=False)
    assert console.main(_root(mistake), ["do", "--lang", "en"]) == 2
    assert capsys.readouterr().err == "wrong mend it\n"
    assert console.main(_root(bug), ["do", "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "QUHUA_DEBUG" in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("QUHUA_DEBUG", "1")
    assert console.main(_root(bug), ["do", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["error"] == "bug"
    assert "Traceback" in said.err


def test_a_bug_prints_no_traceback_even_with_logging_unconfigured() -> None:
    """As in a shell: here pytest's own log handlers would hide it."""
    script = (
        "from boundaries import console\nfrom geodata.errors import Text\n"
        "def bug(run):\n    raise ZeroDivisionError('oops')\n"
        "do = console.command('do', Text('a', 'b'), reads_store=False)(bug)\n"
        "raise SystemExit(console.main("
        "console.group('quhua', Text('a', 'b'), [do]), ['do']))"
    )
    quiet = {k: v for k, v in os.environ.items() if k != "QUHUA_DEBUG"}
    for debug, tracebacks in (({}, 0), ({"QUHUA_DEBUG": "1"}, 1)):
        ran = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            encoding="utf-8",
            env={**quiet, **debug},
        )
        assert ran.returncode == 2
        assert ran.stderr.count("Traceback") == tracebacks
        assert "ZeroDivisionError" in ran.stderr


@pytest.mark.parametrize("place", ["none/x.json", "file/x.json", "folder"])
def test_a_report_that_cannot_be_written_stops_the_verb(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def verb(_: console.Run) -> Result:
        done.append(1)
        return Result({})

    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    words = ["do", "--json", "--report", str(tmp_path / place)]
    assert console.main(_root(verb), words) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["error"] in {"unwritable", "usage"}
    assert done == []


def test_a_report_lost_on_the_way_says_that_the_verb_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def verb(_: console.Run) -> Result:
        folder.rmdir()
        folder.touch()
        return Result({})

    words = ["do", "--report", str(folder / "x.json"), "--lang", "en"]
    assert console.main(_root(verb), words) == 2
    assert "is done" in capsys.readouterr().err


def test_a_decision_needed_is_status_one(capsys: pytest.CaptureFixture[str]) -> None:
    def undecided(_: console.Run) -> Result:
        raise InputError(Text("定", "decide"), code=console.DECISION)

    assert console.main(_root(undecided), ["do", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "decision_needed"


def test_json_has_no_nan_and_no_surprises() -> None:
    import numpy as np
    import shapely

    text = console.to_json(
        {
            "nan": float("nan"),
            "inf": np.inf,
            "count": np.int64(3),
            "array": np.array([1.5, np.nan]),
            "place": shapely.Point(1, 2),
            "text": Text("是", "yes"),
            "set": {1},
        }
    )
    assert json.loads(text) == {
        "nan": None,
        "inf": None,
        "count": 3,
        "array": [1.5, None],
        "place": {"type": "Point", "coordinates": [1, 2]},
        "text": {"zh": "是", "en": "yes"},
        "set": [1],
    }


def test_help_is_quick() -> None:
    """Nothing heavy is imported before a command runs."""
    script = (
        "import sys; from boundaries import cli, console;"
        "console.main(cli.build(), ['--help']);"
        "heavy = {'geopandas', 'pandas', 'numpy', 'shapely', 'sqlalchemy'};"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert ran.returncode == 0, ran.stderr
