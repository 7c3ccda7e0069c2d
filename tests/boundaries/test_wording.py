"""Words people read on the command line are those of the vocabularies."""

from __future__ import annotations

from typing import Any

import pytest

from boundaries.commands import scenarios, siting, wording
from boundaries.services.tree import LEVEL_WORDS
from geodata.errors import Text
from geodata.network.fields import NAMES
from tests.support.commands import quhua


def test_the_words_are_those_of_the_vocabularies() -> None:
    assert set(wording.LEVELS) == set(LEVEL_WORDS)
    assert set(wording.ROAD_FIELDS) == set(NAMES)


def test_a_stamp_names_layers_and_not_keys() -> None:
    stamp = {"as_of": "2026-01-01", "id": "a", "profile": {"group": "total"},
             "divisions": {"number": 2}, "network": {"version": "ab12"}}  # fmt: skip
    assert wording.versions(stamp) == Text(
        "区划 2、路网 ab12", "divisions 2, network ab12"
    )


def test_a_siting_answer_names_its_model() -> None:
    found: dict[str, Any] = {
        "model": "mclp", "status": "optimal", "gap": 0.0, "opened": [],
        "total": {"before": 1, "after": 2, "people": 3}, "units": [], "omitted": [],
        "dropped": {"points": 0}, "stamp": {"id": "a", "facilities": {"number": 3}},
    }  # fmt: skip
    lines = [line for line in siting._lines(found) if isinstance(line, Text)]
    assert lines[0].zh.startswith("覆盖人数最多（mclp）：")
    assert lines[-1].zh == "版本章 a：设施 3"


def test_a_scenario_says_its_state_in_words() -> None:
    row = {"id": "S1", "title": "甲", "state": "submitted", "gained": 3,
           "total": {"after": {"share": 50.0}}}  # fmt: skip
    assert "已提交" in scenarios._head(row).zh


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("coverage",), "beds_total 机构床位"),
        (("siting",), "mclp 覆盖人数最多"),
        (("indicators-import",), "targets 目标"),
        (("reach",), "walk 步行"),
        (("scenario", "phases"), "street 街道乡镇"),
        (("network", "build"), "level 立交层"),
    ],
)
def test_help_says_what_keys_mean(command: tuple[str, ...], words: str) -> None:
    shown = quhua("--lang", "zh", *command, "--help").out
    assert "".join(words.split()) in "".join(shown.split())
