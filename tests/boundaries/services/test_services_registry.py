"""Coverage through the one door: published layers, a date, a stamp, who may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from boundaries.accounts import ANONYMOUS
from boundaries.registry import coverages
from boundaries.registry.network_files import Heights
from geodata import crs
from geodata.errors import ForbiddenError, InputError, NotFoundError, StateError
from tests.boundaries.services import frames
from tests.boundaries.services.towns import town_office
from tests.support.commands import quhua
from tests.support.heights import slope
from tests.support.published import publish
from tests.support.registries import Office

DAY = "2026-01-01"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The small town in a store: divisions, people of two years, two centres."""
    made = town_office(tmp_path_factory.mktemp("served"))
    yield made
    made.registry.close()


def test_figures_of_a_date_carry_every_version(served: Office) -> None:
    found = served.registry.coverage("judge", "2024-06-30", level="community")
    assert found["total"]["people"] == pytest.approx(1000)
    assert found["total"]["reached"] > 0
    stamp = found["stamp"]
    assert stamp["as_of"] == "2024-06-30"
    assert stamp["population"]["number"] == 3
    assert stamp["network"]["number"] == 1
    later = served.registry.coverage("judge", DAY, level="community")
    assert later["total"]["people"] == pytest.approx(505)
    assert later["stamp"]["id"] != stamp["id"]


def test_earlier_versions_give_the_figures_they_gave(served: Office) -> None:
    registry = served.registry
    before = registry.coverage("judge", DAY, versions={"population": 2})
    assert before["stamp"]["population"]["number"] == 2
    assert before["total"]["people"] == pytest.approx(1000)
    again = registry.coverage("judge", DAY, versions={"population": 2})
    assert json.dumps(again) == json.dumps(before)
    with pytest.raises(ForbiddenError, match="not published"):
        registry.coverage("judge", DAY, versions={"population": 99})
    with pytest.raises(InputError, match="no layer"):
        registry.coverage("judge", DAY, versions={"markers": 1})


def test_heights_of_the_streets_are_in_figures_and_in_their_stamp(
    tmp_path: Path,
) -> None:
    made = town_office(tmp_path)
    registry = made.registry
    asked = {"level": "community", "urban_minutes": 9, "rural_minutes": 9}
    level = registry.coverage("judge", DAY, **asked)
    raster = slope(tmp_path / "dem.tif", (116, 39, 116.008, 39.008), per_degree=17300)
    registry.give_heights("judge", 1, Heights(raster, "dem.tif"))
    steep = registry.coverage("judge", DAY, **asked)
    assert 0 < steep["total"]["reached"] < level["total"]["reached"]
    assert steep["total"]["circle"] == level["total"]["circle"]
    assert steep["stamp"]["network"]["heights"]["name"] == "dem.tif"
    assert "heights" not in level["stamp"]["network"]
    words = registry.situation("judge", DAY).words()
    assert "dem.tif" in words.zh
    assert "0.0% of the length" in words.en
    again = registry.coverage("judge", DAY, **asked, versions={"network": 1})
    assert again["stamp"] == level["stamp"]
    registry.close()


def test_a_former_result_comes_out_again(served: Office, tmp_path: Path) -> None:
    """By the command alone, whatever its level, group, types and travel were."""
    store = ("--store", served.path)
    asked = ("--group", "total", "--level", "community", "--type", "DAY",
             "--rural-mode", "vehicle", "--as-of", "2024-06")  # fmt: skip
    first = quhua("coverage", *store, *asked, "--json")
    kept = tmp_path / "kept.json"
    kept.write_text(first.out, encoding="utf-8")
    assert quhua("coverage", *store, "--stamp", kept, "--json").out == first.out
    changed = json.loads(first.out)
    changed["stamp"]["id"] = "0" * 12
    kept.write_text(json.dumps(changed), encoding="utf-8")
    again = quhua("coverage", *store, "--stamp", kept)
    assert again.status == 1
    assert "版本章与原结果不同" in again.out
    kept.write_text("[]", encoding="utf-8")
    assert quhua("coverage", *store, "--stamp", kept).status == 2


def test_nobody_without_an_account_and_few_people_only_to_staff(
    served: Office,
) -> None:
    registry = served.registry
    with pytest.raises(ForbiddenError):
        registry.coverage(ANONYMOUS, DAY)
    staff = registry.coverage("officer", DAY, level="community")
    shown = registry.coverage("reader", DAY, level="community")
    full = {unit["code"]: unit for unit in staff["units"]}
    cut = {unit["code"]: unit for unit in shown["units"]}
    assert full["990101001001"]["people"] == pytest.approx(2)
    assert cut["990101001001"]["people"] is None
    assert cut["990101001001"]["share"] is None
    # with the 202 of the street above both, 200 here would tell of the 2
    assert cut["990101001002"]["people"] is None
    assert shown["suppressed"]["below"] == 5
    streets = registry.coverage("reader", DAY, level="street")["units"]
    assert [unit["people"] is None for unit in streets] == [False, False]


def test_what_room_there_is_for_few_people_is_only_told_to_staff(
    served: Office,
) -> None:
    how = {"level": "community", "supply": "beds_total"}
    full = served.registry.coverage("officer", DAY, **how)["room"]["units"]
    cut = served.registry.coverage("reader", DAY, **how)["room"]["units"]
    assert full[0]["people"] == pytest.approx(2)
    assert full[0]["need"] == pytest.approx(0.08)
    hidden = ("people", "need", "roomed", "unroomed", "per_thousand")
    assert [cut[0][name] for name in hidden] == [None] * 5
    assert cut[0]["name"] == full[0]["name"]


def test_the_document_of_the_map_is_made_once_and_kept(served: Office) -> None:
    registry = served.registry
    asked = {"as_of": DAY, "types": ["DAY"], "group": "aged_60"}
    first = registry.ask_coverage("judge", asked)
    assert not first["ready"]
    assert first["job"]["kind"] == "coverage"
    with pytest.raises(NotFoundError):
        registry.coverage_document("judge", first["key"])
    key = registry.make_coverage("judge", **asked)
    assert key == first["key"]
    assert registry.make_coverage("judge", **asked) == key
    assert registry.ask_coverage("reader", asked)["ready"]
    document = registry.coverage_document("judge", key)
    assert set(document["levels"]) == {"district", "street", "community"}
    assert document["areas"]["type"] in ("Polygon", "MultiPolygon")
    assert document["levels"]["street"]["classes"]["share"] == [20, 40, 60, 80, 100]
    assert [each["id"] for each in document["facilities"]] == ["F1", "F2"]
    shown = registry.coverage_document("reader", key)
    units = {unit["code"]: unit for unit in shown["levels"]["community"]["units"]}
    assert units["990101001001"]["people"] is None


def test_a_reader_may_not_fill_the_queue(
    served: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = served.registry
    monkeypatch.setattr(coverages, "MOST_WAITING", 2)
    questions = [{"as_of": DAY, "urban_minutes": minutes} for minutes in (3, 4, 5)]
    jobs = [registry.ask_coverage("reader", each)["job"] for each in questions[:2]]
    with pytest.raises(StateError, match="wait for their answer"):
        registry.ask_coverage("reader", questions[2])
    again = registry.ask_coverage("reader", questions[0])["job"]
    assert again["id"] == jobs[0]["id"]
    assert registry.ask_coverage("judge", questions[2])["job"]["open"]
    registry.cancel_job("reader", jobs[0]["id"])
    assert registry.ask_coverage("reader", questions[2])["job"]["open"]


def test_the_sheet_is_drawn_once_for_what_its_reader_may_see(served: Office) -> None:
    registry = served.registry
    key = registry.make_coverage("judge", as_of=DAY, types=["DAY"])
    wish = {"level": "community", "indicator": "unreached", "language": "zh"}
    assert not registry.ask_coverage_sheet("judge", key, **wish)["ready"]
    full = registry.make_coverage_sheet("judge", key, **wish)
    cut = registry.make_coverage_sheet("reader", key, **wish)
    assert full != cut
    assert registry.ask_coverage_sheet("judge", key, **wish)["ready"]
    content, name = registry.coverage_sheet("judge", full)
    assert content.startswith(b"%PDF")
    assert name.endswith(".pdf")
    assert registry.coverage_sheet("reader", cut)[0] != content
    with pytest.raises(NotFoundError):
        registry.coverage_sheet("reader", full)
    with pytest.raises(InputError, match="no map"):
        registry.ask_coverage_sheet("judge", key, **{**wish, "indicator": "luck"})
    assert "coverage_sheet" in served.verbs()


def test_a_document_is_kept_by_all_it_stands_on(tmp_path: Path, served: Office) -> None:
    """Another need of places, bound of few or notice is another document or sheet."""
    made = town_office(tmp_path)
    registry = made.registry
    first = registry.coverage_key("judge", DAY)
    sheet = registry.sheet_key("judge", first, "street", "share", "zh")
    registry.set_notice("root", "演示数据")
    assert registry.coverage_key("judge", DAY) == first
    assert registry.sheet_key("judge", first, "street", "share", "zh") != sheet
    registry.change_setting("root", "services.need_per_thousand", 30)
    needed = registry.coverage_key("judge", DAY)
    registry.change_setting("root", "services.suppressed_below", 400)
    wider = registry.coverage_key("judge", DAY)
    assert len({first, needed, wider}) == 3
    registry.make_coverage("judge", DAY)
    document = registry.coverage_document("judge", wider)
    assert "guard" not in document
    assert document["stamp"]["need_per_thousand"] == 30
    shown = registry.coverage_document("reader", wider)["levels"]
    for level in shown.values():  # 505 in all, of whom any part tells of the rest
        assert {unit["people"] for unit in level["units"]} <= {None, 505}
    registry.close()
    roomed = served.registry.coverage("judge", DAY, supply="beds_total")
    assert roomed["stamp"]["need_per_thousand"] == 40
    assert (
        roomed["stamp"]["id"] != served.registry.coverage("judge", DAY)["stamp"]["id"]
    )


def test_no_level_tells_a_reader_what_another_keeps(served: Office) -> None:
    """Of 2 and 200 in one street both are kept, whatever level or unit is asked for."""
    registry = served.registry
    for within in (None, "990101001"):
        told = registry.coverage("reader", DAY, level="community", within=within)
        kept = {unit["code"] for unit in told["units"] if unit["people"] is None}
        assert {"990101001001", "990101001002"} <= kept
    alone = registry.coverage("reader", DAY, level="street", within="990101001001")
    assert alone["total"]["people"] is None
    assert alone["units"][0]["people"] is None
    street = registry.coverage("reader", DAY, level="street")["units"]
    assert [unit["people"] for unit in street] == pytest.approx([202, 303])


def test_a_table_of_persons_leaves_no_trace(served: Office) -> None:
    registry = served.registry
    rows = pd.DataFrame({"区划代码": ["990101001001"], "姓名": ["张三"], "总人口": [1]})
    frame = gpd.GeoDataFrame(rows, geometry=[None], crs=crs.STORAGE)
    before = registry.store.head("population")
    with pytest.raises(ForbiddenError, match="records of persons"):
        registry.stage(
            "officer", frame, layer="population", effective="2026", original=b"secret"
        )
    assert registry.store.head("population") == before
    with pytest.raises(NotFoundError):
        registry.store.blob_path(
            "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        )


def test_who_was_open_before_it_was_recorded_counts_from_its_opening(
    tmp_path: Path,
) -> None:
    made = town_office(tmp_path)
    registry = made.registry
    known = frames.facilities((0.0, 0.0), (7.0, 7.0)).assign(opened_on=None)
    later = frames.facilities((0.0, 7.0), (7.0, 0.0), (4.0, 4.0))
    later["facility"] = ["L1", "L2", "L3"]
    later["opened_on"] = ["2023-05-01", "2024-08-01", None]
    later = later.set_index(pd.Index(later["facility"], name="key"))
    rows = pd.concat([known, later])
    publish(registry.store, rows, "2025-06-01", layer="facilities")
    place = registry.situation("judge", "2024-06-30")
    assert list(place.facilities.index[place.serving()]) == ["F1", "F2", "L1"]
    found = registry.coverage("judge", "2024-06-30", level="community")
    assert found["total"]["facilities"] == 3
    said = [each for each in found["omitted"] if each["kind"] == "opened_before"]
    assert [each["keys"] for each in said] == [["L1"]]
    assert not said[0]["left_out"]
    after = registry.coverage("judge", "2025-07-01", level="community")
    assert after["total"]["facilities"] == 5
    assert "opened_before" not in {each["kind"] for each in after["omitted"]}
    registry.close()


def test_the_state_before_needs_no_register_of_its_day(tmp_path: Path) -> None:
    made = town_office(tmp_path, register_from="2026-03-01")
    # people of 2025 came into force after those of 2024, the register began later
    assert made.registry.earlier_state("judge") == "2025-01-01"
    made.registry.close()
