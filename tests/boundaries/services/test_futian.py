"""Coverage on real streets: Futian, with people and facilities made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from boundaries.services.coverage import coverage
from boundaries.services.profiles import Profile
from boundaries.services.situation import Situation, assemble
from boundaries.settings import Settings
from tests.support import futian

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def situation(data: Path) -> Situation:
    streets = futian.network(data)
    units = futian.divisions(streets)
    return assemble(
        "2026-01-01",
        units,
        futian.facilities(streets, units),
        futian.population(units),
        Profile.of(Settings()),
        network=streets,
    )


def test_a_circle_reaches_whoever_the_streets_reach_and_more(
    situation: Situation,
) -> None:
    found = coverage(situation, level="community", types=("DAY", "COM", "REG"))
    units = found.units
    assert len(units) == futian.ACROSS * futian.DOWN
    assert units["people"].sum() == pytest.approx(
        futian.population(situation.divisions)["aged_60"].sum()
    )
    assert (units["reached"] <= units["circle"] + 1e-6).all()
    total = found.total
    assert 30 < total["share"] < total["circle_share"] <= 100
    assert np.allclose(units["reached"] + units["unreached"], units["people"])


def test_the_same_streets_and_seeds_give_the_same_figures_and_stamp(
    situation: Situation, data: Path
) -> None:
    streets = futian.network(data)
    units = futian.divisions(streets)
    again = assemble(
        "2026-01-01",
        units,
        futian.facilities(streets, units),
        futian.population(units),
        Profile.of(Settings()),
        network=streets,
    )
    one = coverage(situation, level="street")
    two = coverage(again, level="street")
    assert one.stamp == two.stamp
    assert one.units.equals(two.units)


def test_what_was_made_says_so(data: Path) -> None:
    streets = futian.network(data)
    units = futian.divisions(streets)
    assert set(futian.facilities(streets, units)["remark"]) == {futian.LABEL}
    assert set(futian.population(units)["source"]) == {futian.LABEL}
    assert units["code"].str.startswith("99").all()
