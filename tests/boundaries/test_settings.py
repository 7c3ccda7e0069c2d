"""Settings: every one described in both languages; nothing misspelt is ignored."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from boundaries.settings import Settings, default_store, load
from geodata.errors import InputError
from geodata.files.limits import OPERATOR, UPLOAD, Limits


def toml(folder: Path, text: str) -> Path:
    """Write a settings file."""
    path = folder / "quhua.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_setting_says_what_it_is() -> None:
    rows = list(Settings().describe())
    assert len({row["name"] for row in rows}) == len(rows) > 40
    for row in rows:
        assert row["help"]["zh"], row["name"]
        assert row["help"]["en"], row["name"]
        assert row["value"] == row["default"]


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().store = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "group", "name", "value"),
    [
        ("[review]\nwaiver_days = 30", "review", "waiver_days", 30),
        ("[access]\nfailures = 3", "access", "failures", 3),
        ('[audit]\ndigest = "sm3"', "audit", "digest", "sm3"),
        ("[rules]\nsliver_width_m = 0.25", "rules", "sliver_width_m", 0.25),
        ("[rules]\nsliver_width_m = 1", "rules", "sliver_width_m", 1.0),
        ("[upload]\nrecords = 7", "upload", "records", 7),
    ],
)
def test_a_file_sets_one_thing_and_leaves_the_rest(
    tmp_path: Path, text: str, group: str, name: str, value: Any
) -> None:
    made = load(toml(tmp_path, text), {})
    assert getattr(getattr(made, group), name) == value
    same = dataclasses.replace(
        made,
        **{
            group: dataclasses.replace(
                getattr(made, group),
                **{name: getattr(getattr(Settings(), group), name)},
            )
        },
    )
    assert same == Settings()


def test_limits_hold_for_both_profiles_unless_one_is_named(tmp_path: Path) -> None:
    text = "[limits]\nrecords = 9\n[operator]\nrecords = 11\n"
    made = load(toml(tmp_path, text), {})
    assert (made.upload.records, made.operator.records) == (9, 11)
    assert (made.upload.vertices, made.operator.vertices) == (
        UPLOAD.vertices,
        OPERATOR.vertices,
    )
    assert made.limits("operator") is made.operator
    assert isinstance(made.limits("upload"), Limits)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, "[review]\nwaiver_days = 30\nwaiver_margin_m = 5\n")
    environ = {"QUHUA_REVIEW_WAIVER_DAYS": "60", "QUHUA_SETTINGS": str(path)}
    made = load(None, {**environ, "QUHUA_STORE": "a.sqlite", "QUHUA_REGION": "12"})
    assert (made.review.waiver_days, made.review.waiver_margin_m) == (60, 5.0)
    assert (made.store, made.region) == ("a.sqlite", "12")


@pytest.mark.parametrize(
    "text",
    [
        "[review]\nwaver_days = 30",
        "[reveiw]\nwaiver_days = 30",
        '[review]\nwaiver_days = "soon"',
        "[review]\nwaiver_days = 1.5",
        "[review]\nwaiver_days = true",
        "review = 3",
        "store = 3",
        "not toml",
        "[access]\nsign_in_rate = 'often'",  # no limit at all, if it were taken
        "[access]\naccount_rate = '0 per minute'",
        "[access]\ntoken_rate = ''",
        "[uploads]\npart_mb = 0",
        "[uploads]\npart_mb = 65",  # the server takes no more at once
    ],
)
def test_what_is_wrong_is_said_not_ignored(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        load(toml(tmp_path, text), {})


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_DATA_HOME": "/d"}, Path("/d/quhua/quhua.sqlite")),
        ({"LOCALAPPDATA": "/w"}, Path("/w/quhua/quhua.sqlite")),
        ({}, Path.home() / ".local/share/quhua/quhua.sqlite"),
    ],
)
def test_where_the_store_lies_unless_said(
    environ: dict[str, str], expected: Path
) -> None:
    assert Path(default_store(environ)) == expected
