"""The list of population: what it shows, adds up, and keeps from readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from boundaries.accounts import ANONYMOUS
from boundaries.services.counts import COUNTS
from boundaries.services.population import Listing, Wish, sheltered
from geodata import crs
from geodata.errors import ForbiddenError, NotFoundError
from tests.boundaries.services.towns import table, take_in, town_office
from tests.support.registries import Office

A1, A2, B1, B2 = "990101001001", "990101001002", "990101002001", "990101002200"
A, B = "990101001", "990101002"


def counted(**elderly: Any) -> gpd.GeoDataFrame:
    """Return units with people of 60 and over; ``_code`` = the number."""
    codes = [code.strip("_") for code in elderly]
    rows = pd.DataFrame(index=pd.Index(codes, name="key"), dtype=object)
    for name in COUNTS:
        rows[name] = None
    rows["aged_60"] = list(elderly.values())
    rows["total"] = [None if n is None else 10 * n for n in elderly.values()]
    for name in ("settlement", "method", "counted_on", "source", "remark", "places"):
        rows[name] = None
    return gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs=crs.STORAGE)


def shown(least: int = 5, **elderly: Any) -> dict[str, Any]:
    frame, hidden = sheltered(counted(**elderly), least)
    assert (hidden["aged_60"] <= frame["aged_60"].isna().to_numpy()).all()
    return {
        str(code): None if pd.isna(n) else n for code, n in frame["aged_60"].items()
    }


def test_few_people_are_kept_back_with_the_next_smallest_beside_them() -> None:
    found = shown(_990101001001=3, _990101001002=50, _990101002001=9, _990101002200=80)
    # its sister, else the street's sum tells; the sums of both streets hold two each
    assert [code for code, told in found.items() if told is None] == [A1, A2]
    assert found[B1] == 9


def test_an_only_child_takes_the_unit_above_with_it() -> None:
    found = shown(
        _990101001001=3, _990101001=3, _990101002001=70, _990101002=70, _990101=73
    )
    assert found[A1] is None
    assert found[A] is None
    # one of two streets alone would follow from the district's sum
    assert found[B] is None


def test_a_sum_left_out_is_not_told_by_its_parts() -> None:
    """The street of 3 has no communities; those of its sister would tell of it."""
    found = shown(
        _990101001001=30, _990101001002=40, _990101001=70, _990101002=3, _990101=73
    )
    assert [code for code, told in found.items() if told is None] == [A1, A2, A, B]


def test_few_people_are_not_told_as_two_units_either() -> None:
    """1 and 2 are left out; with 40 told, the street's 43 would leave 3."""
    found = shown(_990101001001=1, _990101001002=2, _990101001003=40, _990101001=43)
    assert [told for told in found.values() if told is not None] == [43]


def test_nobody_is_told_and_nothing_is_kept_from_who_works_with_it() -> None:
    assert shown(_990101001001=0, _990101001002=7) == {A1: 0, A2: 7}
    frame = counted(_990101001001=1)
    frame["places"] = [[[116.0, 39.0, 1, 1, None, None]]]
    same, hidden = sheltered(frame, 0)
    assert same["places"].iloc[0]
    assert not any(flags.any() for flags in hidden.values())
    assert sheltered(frame, 5)[0]["places"].iloc[0] is None


def test_a_count_that_leaves_few_of_its_whole_is_kept_back() -> None:
    frame = counted(_990101001001=100, _990101001002=100)
    frame["aged_65"] = [98, 60]
    _, hidden = sheltered(frame, 5)
    assert hidden["aged_65"].tolist() == [True, True]
    assert not hidden["aged_60"].any()


def test_no_hidden_cell_follows_from_a_sum(full_size: bool) -> None:
    """Of any sum that is told, none or at least two parts are hidden."""
    seeds = range(300 if full_size else 30)
    for seed in seeds:
        dice = np.random.default_rng(seed)
        units = {
            f"_9901{c:02}{s:03}{v:03}": int(dice.integers(0, 12))
            for c in range(1, 3)
            for s in range(1, 4)
            for v in range(1, 1 + int(dice.integers(1, 4)))
        }
        found = shown(**units)
        for above in {"", *(code[:6] for code in found), *(c[:9] for c in found)}:
            parts = [told for code, told in found.items() if code.startswith(above)]
            if len(parts) > 1:
                assert sum(told is None for told in parts) != 1, (seed, above)


def listed(frame: gpd.GeoDataFrame, **asked: Any) -> dict[str, Any]:
    frame, hidden = sheltered(frame, 0)
    names = {A1: "一社区", A: "西街道", "990101": "东城区"}
    return Listing(frame, hidden, names).page(Wish.of(asked, "2026-01-01"), 0, 10)


def test_the_list_is_narrowed_sorted_and_summed_by_level() -> None:
    frame = counted(_990101001001=30, _990101001002=50, _990101001=80, _990101002200=9)
    frame["settlement"] = ["111", None, None, "220"]
    found = listed(frame, sort="aged_60")
    assert [row["division"] for row in found["rows"]] == [A, A2, A1, B2]
    assert found["levels"] == {4: 1, 5: 3}
    assert [(each["level"], each["aged_60"]) for each in found["sums"]] == [
        (4, 80), (5, 89),
    ]  # fmt: skip
    assert found["sums"][1]["aged_80"] is None
    assert found["sums"][1]["aged_80_lacking"] == 3
    assert [r["division"] for r in listed(frame, settlement="rural")["rows"]] == [B2]
    assert [r["division"] for r in listed(frame, q="一社")["rows"]] == [A1]
    found = listed(frame, under=A, level="5", sort="-aged_60")
    assert [row["division"] for row in found["rows"]] == [A1, A2]
    assert found["rows"][0]["under"] == "东城区 西街道"
    assert found["rows"][0]["share_60"] == 0.1


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return town_office(tmp_path_factory.mktemp("population"))


def test_a_list_is_of_its_date_and_a_readers_lacks_few_people(town: Office) -> None:
    registry = town.registry
    then, now = (Wish.of({"on": on}, "2026-01-01") for on in ("2024-06", ""))
    rows = registry.population_page("officer", then, 0, 9)["rows"]
    assert [row["aged_60"] for row in rows] == [100, 200, 300, 400]
    rows = registry.population_page("officer", now, 0, 9)["rows"]
    assert [row["aged_60"] for row in rows] == [2, 200, 300, 3]
    found = registry.population_page("reader", now, 0, 9)
    assert [row["aged_60"] for row in found["rows"]] == [None, None, None, None]
    assert [row["total"] for row in found["rows"]] == [20, 2000, 3000, 30]
    assert found["sums"][0]["aged_60"] is None
    assert found["dates"] == ["2025", "2024"]


def test_history_and_snapshots_keep_few_people_from_readers(town: Office) -> None:
    registry = town.registry
    told = registry.history("officer", A1, "population")
    assert [state["properties"]["aged_60"] for state in told][-1] == 2
    told = registry.history("reader", A1, "population")
    assert told[-1]["properties"]["aged_60"] is None
    frame = registry.snapshot("reader", "population")
    assert frame["aged_60"].isna().all()
    with pytest.raises(ForbiddenError, match="not public"):
        registry.snapshot(ANONYMOUS, "population")
    with pytest.raises(NotFoundError, match="990199"):
        registry.population_of("officer", "990199")


def test_what_a_file_counts_besides_is_not_told_to_readers(tmp_path: Path) -> None:
    """People of border cells, and columns that no field of ours is for."""
    made = town_office(tmp_path)
    frame = table(100, 200, 300, 400).assign(outside=[3, 0, 70, 0], 空巢老人=1)
    take_in(made, frame, "2026")
    registry = made.registry
    full = registry.history("officer", A1, "population")[-1]["properties"]
    assert (full["outside"], full["extra"]) == (3, {"空巢老人": 1})
    told = registry.history("reader", A1, "population")[-1]["properties"]
    assert told["outside"] is None
    assert told["aged_60"] == 100
    assert "extra" not in told
    assert registry.history("reader", B1, "population")[-1]["properties"]["outside"]
    shown = registry.snapshot("reader", "population")
    assert shown["extra"].isna().all()
    assert registry.snapshot("officer", "population")["extra"].notna().all()
    registry.close()


def test_counts_that_a_file_does_not_bring_do_not_contradict_it(
    tmp_path: Path,
) -> None:
    registry = town_office(tmp_path).registry
    frame = table(100, 200, 300, 400).drop(columns="60岁及以上")
    frame["总人口"] = [1, 5000, 5000, 5000]
    draft = registry.stage("officer", frame, layer="population", effective="2026")
    new = registry.staged("officer", draft["id"]).new
    assert pd.isna(new.loc[A1, "aged_60"])
    assert new.loc[A2, "aged_60"] == 200
    said = [each for each in draft["inferred"] if each["field"] == "aged_60"]
    assert said[0]["keys"] == [A1]
    registry.close()
