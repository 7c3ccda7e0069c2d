"""Drafts: keep, stage, check, repair, submit; nothing acknowledged is lost."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geodata.errors import (
    ConflictError,
    CRSError,
    ForbiddenError,
    InputError,
    NotFoundError,
    QuhuaError,
    StateError,
)
from geodata.files.reading import (
    CRSChoice,
    Encoding,
    GeometryNotes,
    Guess,
    Layer,
    Reading,
    Records,
)
from tests.support.registries import Office, streets

READING = Reading(
    driver="GeoJSON",
    layers=(Layer("a", "Polygon", 4, 4),),
    layer="a",
    encoding=Encoding("UTF-8", "declared", 1.0),
    fields={},
    crs=CRSChoice(4490, "declared", 1.0),
    axis_swapped=False,
    shift=None,
    geometry=GeometryNotes(),
    records=Records(4, 4),
    bounds=(117.0, 39.0, 118.0, 40.0),
)


def with_spike(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The first unit goes into its own land from the outer border, and back."""
    shapes = frame.geometry.to_list()
    north = shapes[0].bounds[3]
    ring = list(shapes[0].exterior.coords)
    at = next(n for n in range(len(ring) - 1) if ring[n][1] == ring[n + 1][1] == north)
    base = ((ring[at][0] + ring[at + 1][0]) / 2, north)
    spike = [base, (base[0], north - 0.0005), base]
    shapes[0] = shapely.Polygon([*ring[: at + 1], *spike, *ring[at + 1 :]])
    return frame.set_geometry(shapes, crs=frame.crs)


def bow_tie(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with its first unit crossing itself."""
    west, south, east, north = frame.geometry.iloc[0].bounds
    ring = [(west, south), (east, north), (east, south), (west, north)]
    return frame.assign(
        geometry=[shapely.Polygon(ring), *frame.geometry.iloc[1:]]
    ).set_crs(frame.crs)


def test_the_original_is_kept_before_the_answer(desk: Office, tmp_path: Path) -> None:
    file = tmp_path / "边界.geojson"
    file.write_bytes(b'{"type": "FeatureCollection"}\r\n')
    draft = desk.stage(original=file, reading=READING)
    kept = desk.registry.store.blob(draft["original"]["digest"])
    assert kept == file.read_bytes()
    assert hashlib.sha256(kept).hexdigest() in draft["original"]["digest"]
    assert desk.verbs()[-2:] == ["receive", "stage"]


def test_an_original_is_one_that_was_handed_in(desk: Office) -> None:
    with pytest.raises(NotFoundError):
        desk.stage(original="sha256:" + "0" * 64)
    digest = desk.registry.receive("zhao", b"bytes", "a.geojson")
    kept = desk.stage(original=digest)["original"]
    assert kept == {"digest": digest, "name": "a.geojson", "bytes": 5}


def test_the_level_of_a_file_hides_no_neighbour(desk: Office) -> None:
    """Ground is taken from a neighbour whatever level the file claims."""
    desk.commit()
    frame = streets("AAAA/AAAA/CCDD").query("code == '120101001'")
    for taking in (frame, frame.assign(level=3)):
        with pytest.raises(ForbiddenError):
            desk.registry.stage("li", taking, effective="2021")


def test_the_original_stays_when_staging_is_refused(desk: Office) -> None:
    digest = desk.registry.receive("zhao", b"bytes", "a.txt")
    with pytest.raises(InputError):
        desk.stage(original=digest, effective="soon")
    assert desk.registry.store.blob(digest) == b"bytes"


def test_what_the_file_lacks_is_told_from_code_and_name(desk: Office) -> None:
    draft = desk.stage()
    new = desk.registry.staged("zhao", draft["id"]).new
    assert set(new["kind"]) == {"street"}
    assert set(new["level"]) == {4}
    assert new.loc["120102001", "parent"] == "120102"
    assert {item["field"] for item in draft["inferred"]} == {"kind", "level", "parent"}


def test_a_column_the_file_lacks_keeps_the_known_values(desk: Office) -> None:
    full = streets().assign(population=[10, 20, 30, 40], seat="甲村")
    desk.approve(desk.registry.stage("zhao", full, effective="2020")["id"])
    renamed = streets(A="东大街道")
    draft = desk.registry.stage("zhao", renamed, effective="2021")
    assert draft["counts"] == {"added": 0, "changed": 1, "removed": 0}
    new = desk.registry.staged("zhao", draft["id"]).new.loc["120101001"]
    assert (new["name"], new["population"], new["seat"]) == ("东大街道", 10, "甲村")


def test_a_table_without_geometry_keeps_the_drawing(desk: Office) -> None:
    desk.commit()
    table = streets(A="东大街道").set_geometry([None] * 4, crs=4490)
    draft = desk.registry.stage("zhao", table, effective="2021")
    changes = desk.registry.staged("zhao", draft["id"])
    assert list(changes.keys) == ["120101001"]
    assert changes.new.geometry.iloc[0].equals(changes.old.geometry.iloc[0])


def test_invalid_geometry_is_staged_as_sent(desk: Office) -> None:
    sent = bow_tie(streets())
    draft = desk.registry.stage("zhao", sent, effective="2020")
    kept = desk.registry.staged("zhao", draft["id"]).new.loc["120101001"].geometry
    assert not kept.is_valid
    assert set(kept.geoms[0].exterior.coords) == set(
        sent.geometry.iloc[0].exterior.coords
    )


@pytest.mark.parametrize(
    ("code", "kept"),
    [("120101001", 4), ("120101001.0", 4), (" １２０１０１００１", 4), ("2.10E+11", 3)],
)
def test_codes_that_spreadsheets_damaged(desk: Office, code: str, kept: int) -> None:
    frame = streets()
    frame["code"] = [code, *frame["code"][1:]]
    draft = desk.registry.stage("zhao", frame, effective="2020")
    assert draft["counts"]["added"] == kept
    assert len(draft["refused"]) == 4 - kept
    assert kept + len(draft["refused"]) == len(frame)


def test_rows_of_one_unit_are_joined_or_refused(desk: Office) -> None:
    frame = streets()
    far = shapely.box(118, 40, 118.01, 40.01)
    island = frame.iloc[[0]].assign(geometry=[far])
    other = frame.iloc[[1]].assign(name="别的街道")
    both = gpd.GeoDataFrame(
        gpd.pd.concat([frame, island, other]).reset_index(drop=True), crs=frame.crs
    )
    draft = desk.registry.stage("zhao", both, effective="2020")
    unit = desk.registry.staged("zhao", draft["id"]).new.loc["120101001"].geometry
    assert len(unit.geoms) == 2
    assert [row["record"] for row in draft["refused"]] == [5]


def test_no_key_column_says_what_to_do(desk: Office) -> None:
    with pytest.raises(InputError) as refused:
        desk.registry.stage(
            "zhao", streets().rename(columns={"code": "DM"}), effective="2020"
        )
    assert "DM" in refused.value.message.zh
    assert "--map" in refused.value.hint.en


def test_codes_are_found_by_name_where_the_file_has_none(desk: Office) -> None:
    desk.commit()
    frame = streets("AABB/AABB/CCCD").drop(columns="code")
    draft = desk.registry.stage("zhao", frame, effective="2021")
    assert draft["keys"] == ["120101002", "120102002"]
    assert "code" in {item["field"] for item in draft["inferred"]}


@pytest.mark.parametrize("crs", [None, 4326, 4548])
def test_only_the_storage_crs_is_staged(desk: Office, crs: int | None) -> None:
    frame = streets().set_crs(crs, allow_override=True) if crs else streets()
    if crs is None:
        frame = gpd.GeoDataFrame(
            frame.drop(columns="geometry"), geometry=frame.geometry.to_numpy()
        )
    with pytest.raises(CRSError):
        desk.registry.stage("zhao", frame, effective="2020")


@pytest.mark.parametrize("date", ["", "2016-13", "2016-02-30", "1 Jan", "16"])
def test_a_date_must_be_one(desk: Office, date: str) -> None:
    with pytest.raises(InputError):
        desk.stage(effective=date)


@pytest.mark.parametrize("date", ["2016", "2016-06", "2016-06-08"])
def test_a_date_keeps_its_precision(desk: Office, date: str) -> None:
    draft = desk.commit(effective=date)
    assert desk.registry.store.version(draft["version"]).effective == date


def test_an_undecided_guess_stops_until_confirmed(desk: Office) -> None:
    unsure = replace(READING, guesses=(Guess("crs", 4548, 0.6, "numbers"),))
    with pytest.raises(InputError) as stopped:
        desk.stage(reading=unsure)
    assert stopped.value.code == "decision_needed"
    assert "crs" in stopped.value.message.zh
    assert desk.registry.drafts("zhao") == []
    draft = desk.stage(reading=unsure, confirmed=["crs"])
    assert draft["confirmed"] == ["crs"]
    assert Reading.from_dict(draft["reading"]) == unsure


def test_nothing_new_makes_no_draft(desk: Office) -> None:
    desk.commit()
    with pytest.raises(InputError) as refused:
        desk.stage()
    assert refused.value.code == "unchanged"


def test_complete_ends_only_below_the_code_and_at_the_level(desk: Office) -> None:
    districts = streets("AB").assign(code=["120101", "120102"], name=["甲区", "乙区"])
    both = gpd.pd.concat([streets(), districts], ignore_index=True)
    draft = desk.registry.stage("zhao", both, effective="2020")
    for mark in _errors(desk, draft["id"]):
        desk.registry.waive("chen", draft["id"], mark, "drawn for a test")
    desk.approve(draft["id"])
    kept = streets().iloc[:3]  # 120102002 is missing
    draft = desk.registry.stage("zhao", kept, effective="2021", complete="120102")
    assert draft["counts"]["removed"] == 1
    assert desk.registry.staged("zhao", draft["id"]).removed.tolist() == ["120102002"]
    with pytest.raises(InputError):
        desk.registry.stage("zhao", kept, effective="2021", complete="120101")


def _errors(desk: Office, draft: str) -> list[str]:
    found = desk.registry.check("zhao", draft)
    return found.loc[found["severity"] == "error", "fingerprint"].tolist()


def test_a_draft_reaches_no_further_than_the_subtree(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    with pytest.raises(ForbiddenError) as refused:
        desk.stage("li")
    assert "120102001" in refused.value.message.zh
    assert "120101001" not in refused.value.message.zh
    mine = streets().iloc[[0, 2]]
    draft = desk.registry.stage("li", mine, effective="2020")
    assert draft["scope"] == ["120101001", "120101002"]
    with pytest.raises(NotFoundError):
        desk.registry.draft("sun", draft["id"])
    assert desk.registry.drafts("sun") == []


def test_a_border_moved_into_a_foreign_neighbour_is_refused(desk: Office) -> None:
    desk.commit()
    greedy = streets("AAAB/AAAB/CCDD").iloc[[0]]
    with pytest.raises(ForbiddenError) as refused:
        desk.registry.stage("li", greedy, effective="2021")
    assert "西关街道" in refused.value.message.zh
    assert "120102001" in refused.value.message.en
    modest = streets("AABB/CABB/CCDD").iloc[[0, 2]]
    assert desk.registry.stage("li", modest, effective="2021")["counts"]["changed"] == 2


def test_check_keeps_the_report_and_counts_it(desk: Office) -> None:
    draft = desk.registry.stage("zhao", bow_tie(streets()), effective="2020")["id"]
    findings = desk.registry.check("zhao", draft)
    kept = desk.registry.findings("zhao", draft)
    assert kept["fingerprint"].tolist() == findings["fingerprint"].tolist()
    assert kept["participants"].tolist() == findings["participants"].tolist()
    summary = desk.registry.draft("zhao", draft)["findings"]
    assert summary["errors"] == int((findings["severity"] == "error").sum()) > 0
    counted = {
        (rule, severity): count
        for rule, found in summary["counts"].items()
        for severity, count in found.items()
    }
    assert counted == findings.groupby(["rule", "severity"]).size().to_dict()


def test_errors_stop_submission_and_repair_frees_it(desk: Office) -> None:
    draft = desk.registry.stage("zhao", bow_tie(streets()), effective="2020")["id"]
    with pytest.raises(StateError) as stopped:
        desk.registry.submit("zhao", draft)
    assert stopped.value.code == "blocked"
    assert desk.registry.draft("zhao", draft)["state"] == "draft"


def test_repair_is_staged_anew_with_its_cost(desk: Office) -> None:
    spiked = with_spike(streets())
    draft = desk.registry.stage("zhao", spiked, effective="2020")["id"]
    findings = desk.registry.check("zhao", draft)
    chosen = findings.loc[findings["rule"] == "spike", "fingerprint"].item()
    document = desk.registry.repair("zhao", draft, [chosen])
    assert document["repairs"][0]["fingerprint"] == chosen
    assert "area_gained_m2" in document["repairs"][0]["cost"]
    assert document["findings"] is None
    unit = desk.registry.staged("zhao", draft).new.loc["120101001"].geometry
    assert unit.is_valid
    assert desk.verbs()[-1] == "repair"


def test_a_batch_of_repairs_is_taken_back_to_the_bit(desk: Office) -> None:
    registry = desk.registry
    draft = registry.stage("zhao", with_spike(streets()), effective="2020")["id"]
    before = registry.staged("zhao", draft)
    registry.check("zhao", draft)
    mended = registry.repair("zhao", draft)
    (row,) = mended["mended"]
    assert row["done"] >= 1
    assert row["undone"] is None
    log = registry.repair_log("zhao", draft, 1)
    assert sum(entry["done"] for entry in log) == row["done"]
    assert all(entry["why"] for entry in log if not entry["done"])
    undone = registry.undo_repair("zhao", draft, 1)
    assert undone["repairs"] == []
    assert undone["mended"][0]["undone"]["actor"] == "zhao"
    assert undone["findings"] is None
    after = registry.staged("zhao", draft)
    assert after.new.geometry.to_wkb().equals(before.new.geometry.to_wkb())
    assert list(after.removed) == list(before.removed)
    assert desk.verbs()[-1] == "undo_repair"
    with pytest.raises(StateError):
        registry.undo_repair("zhao", draft, 1)
    with pytest.raises(NotFoundError):
        registry.undo_repair("zhao", draft, 2)


def test_what_was_changed_since_a_repair_is_not_taken_back(desk: Office) -> None:
    registry = desk.registry
    draft = registry.stage("zhao", with_spike(streets()), effective="2020")["id"]
    registry.check("zhao", draft)
    registry.repair("zhao", draft)
    registry.stage("zhao", with_spike(streets()), effective="2020", draft=draft)
    with pytest.raises(ConflictError, match="120101001"):
        registry.undo_repair("zhao", draft, 1)


def test_repair_of_an_unknown_finding(desk: Office) -> None:
    draft = desk.stage()["id"]
    desk.registry.check("zhao", draft)
    with pytest.raises(InputError):
        desk.registry.repair("zhao", draft, ["0" * 16])


def test_restaging_replaces_and_forgets_the_report(desk: Office) -> None:
    draft = desk.stage(picture="AABB/AAB./CCDD")["id"]
    desk.registry.check("zhao", draft)
    again = desk.stage(draft=draft)
    assert again["id"] == draft
    assert again["staging"] == 2
    assert again["findings"] is None
    with pytest.raises(ForbiddenError):
        desk.registry.stage("chen", streets(), effective="2020", draft=draft)


@pytest.mark.parametrize("step", ["withdraw", "discard", "return"])
def test_side_ways(desk: Office, step: str) -> None:
    draft = desk.stage()["id"]
    desk.registry.submit("zhao", draft)
    if step == "withdraw":
        assert desk.registry.withdraw("zhao", draft)["state"] == "withdrawn"
        assert desk.registry.submit("zhao", draft)["state"] == "submitted"
    elif step == "return":
        with pytest.raises(InputError):
            desk.registry.return_draft("chen", draft)
        returned = desk.registry.return_draft("chen", draft, "界线请复核")
        assert returned["state"] == "returned"
        assert returned["history"][-1]["note"] == "界线请复核"
        assert desk.registry.submit("zhao", draft)["state"] == "submitted"
    else:
        with pytest.raises(StateError):
            desk.registry.discard("zhao", draft)
        desk.registry.withdraw("zhao", draft)
        assert desk.registry.discard("zhao", draft)["state"] == "discarded"
        with pytest.raises(StateError):
            desk.registry.submit("zhao", draft)


def test_a_verb_that_fails_leaves_no_trace(desk: Office) -> None:
    """Journal and change stand or fall together."""
    draft = desk.stage()["id"]
    before = desk.verbs()
    registry: Any = desk.registry
    failures = [
        lambda: registry.approve("chen", draft),
        lambda: registry.withdraw("zhao", draft),
        lambda: registry.submit("sun", draft),
        lambda: registry.publish("chen"),
        lambda: registry.stage("viewer", streets(), effective="2020"),
        lambda: registry.add_user("zhao", "neu"),
        lambda: registry.draft("zhao", "D9999"),
    ]
    for attempt in failures:
        with pytest.raises(QuhuaError):
            attempt()
    assert desk.verbs() == before


def test_the_journal_is_in_the_same_transaction(
    desk_anywhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the link of the chain cannot be written, neither is the change."""
    desk = desk_anywhere
    draft = desk.stage()["id"]
    desk.registry.check("zhao", draft)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no room for the journal")

    monkeypatch.setattr(desk.registry, "record", broken)
    with pytest.raises(OSError, match="journal"):
        desk.registry.submit("zhao", draft)
    with pytest.raises(OSError, match="journal"):
        desk.stage(draft=draft, picture="AABB/AAB./CCDD")
    with pytest.raises(OSError, match="journal"):
        desk.registry.discard("zhao", draft)
    monkeypatch.undo()
    document = desk.registry.draft("zhao", draft)
    assert (document["state"], document["staging"]) == ("draft", 1)


def test_events_are_declared_or_concluded(desk: Office) -> None:
    desk.commit()
    draft = desk.stage(picture="AAAB/AAAB/CCDD", effective="2021")["id"]
    desk.registry.check("zhao", draft)
    events = desk.registry.draft("zhao", draft)["events"]
    assert [(e["type"], e["from"], e["to"]) for e in events] == [
        ("border", ["120102001"], ["120101001"])
    ]
    declared = [{"type": "界线变更", "from": ["120102001"], "to": ["120101001"]}]
    with pytest.raises(InputError):
        desk.stage(draft=draft, picture="AAAB/AABB/CCDD", events=declared)
    declared[0]["type"] = "border"
    again = desk.stage(draft=draft, picture="AAAB/AABB/CCDD", events=declared)
    assert again["events"] == declared
