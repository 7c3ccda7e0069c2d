"""How the records of registers are put in words."""

from __future__ import annotations

from typing import Any

from webmap.register_words import changes


def state(since: str, version: int, made_by: int, name: str, **more: Any) -> Any:
    told = {"valid_from": since, "valid_to": None, "superseded_by": None, **more}
    return {
        **told, "version": version, "made_by": made_by, "basis": f"{made_by}号",
        "properties": {"name": name}, "geometry": None,
    }  # fmt: skip


def test_a_state_that_was_only_shortened_is_told_once_by_who_made_it() -> None:
    states = [
        state("2020", 1, 1, "甲院", superseded_by=2),
        state("2020", 2, 1, "甲院", valid_to="2022"),
        state("2022", 2, 2, "乙院"),
    ]
    told = [(each["from"], each["version"], each["basis"]) for each in
            changes("facilities", states)]  # fmt: skip
    assert told == [("2022", 2, "2号"), ("2020", 1, "1号")]
