"""Reading: who sees what; differences by pair; history; export; publishing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from boundaries.accounts import ANONYMOUS
from geodata import crs
from geodata.errors import ForbiddenError, InputError, NotFoundError, StateError
from tests.support.registries import Office, streets


def test_the_public_sees_what_is_published(desk: Office) -> None:
    with pytest.raises(NotFoundError):
        desk.registry.snapshot(ANONYMOUS)
    desk.commit()
    with pytest.raises(NotFoundError):
        desk.registry.snapshot(ANONYMOUS)
    desk.registry.publish("chen")
    desk.approve(
        desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    )
    for who in (ANONYMOUS, "viewer", "auditor"):
        assert desk.registry.snapshot(who).loc["120101001", "name"] == "东风街道"
        with pytest.raises(ForbiddenError):
            desk.registry.snapshot(who, at=2)
        assert [v.number for v in desk.registry.versions(who)] == [1]
    assert desk.registry.snapshot("zhao").loc["120101001", "name"] == "东大街道"


def test_a_snapshot_is_bound_to_the_subtree(desk: Office) -> None:
    desk.commit()
    assert list(desk.registry.snapshot("li").index) == ["120101001", "120101002"]
    assert list(desk.registry.snapshot("sun").index) == ["120102001", "120102002"]
    assert len(desk.registry.snapshot("zhao")) == 4
    assert len(desk.registry.snapshot("li", scope=False)) == 4


def test_as_of_and_as_known(desk: Office) -> None:
    desk.commit(effective="2020")
    desk.approve(
        desk.registry.stage("zhao", streets(A="东大街道"), effective="2022-06")["id"]
    )
    name = {
        on: desk.registry.snapshot("zhao", valid_on=on).loc["120101001", "name"]
        for on in ("2020", "2022-05-31", "2022-06-30", "2024")
    }
    assert name == {
        "2020": "东风街道",
        "2022-05-31": "东风街道",
        "2022-06-30": "东大街道",
        "2024": "东大街道",
    }
    assert desk.registry.snapshot("zhao", known_on="2000-01-01").empty


def test_diff_says_who_gave_which_ground_to_whom(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    desk.commit()
    desk.approve(
        desk.stage(picture="AAAB/AABB/CCDD", effective="2021", basis="批复")["id"]
    )
    found = desk.registry.diff("zhao", 1, 2)
    cell = crs.area_m2([streets("AAAB/AABB/CCDD").geometry.iloc[0]])[0] / 5
    assert [(m["from"], m["to"]) for m in found.to_dict()["moves"]] == [
        ("120102001", "120101001")
    ]
    assert found.moves["area_m2"].iloc[0] == pytest.approx(cell, rel=1e-3)
    moved = found.areas_m2[found.areas_m2 > 0]
    assert sorted(moved.index) == ["120101001", "120102001"]
    assert found.basis[0]["basis"] == "批复"
    by_date = desk.registry.diff("zhao", "2020-06", "2021-06")
    assert by_date.to_dict()["moves"] == found.to_dict()["moves"]
    assert (by_date.old, by_date.new) == ("2020-06", "2021-06")
    backward = desk.registry.diff("zhao", 2, 1)
    assert [(m["from"], m["to"]) for m in backward.to_dict()["moves"]] == [
        ("120101001", "120102001")
    ]


def test_diff_of_several_levels_counts_ground_once(desk: Office) -> None:
    def whole(picture: str) -> gpd.GeoDataFrame:
        small = streets(picture)
        large = small.dissolve(small["code"].str[:6]).reset_index(names="district")
        large["code"] = large["district"]
        large["name"] = large["code"].map({"120101": "甲区", "120102": "乙区"})
        both = gpd.pd.concat([small, large[["code", "name", "geometry"]]])
        return both.reset_index(drop=True)

    for picture, year in (("AABB/CCDD", "2020"), ("AAAB/CCDD", "2021")):
        draft = desk.registry.stage("zhao", whole(picture), effective=year)["id"]
        found = desk.registry.check("zhao", draft)
        for mark in found.loc[found["severity"] == "error", "fingerprint"]:
            desk.registry.waive("chen", draft, mark, "drawn for a test")
        desk.approve(draft)
    pairs = {
        (m["from"], m["to"])
        for m in desk.registry.diff("zhao", 1, 2).to_dict()["moves"]
    }
    assert pairs == {("120102001", "120101001"), ("120102", "120101")}


@pytest.mark.parametrize("ref", ["2021", "neunzehn"])
def test_refs_that_could_be_anything(desk: Office, ref: str) -> None:
    desk.commit()
    with pytest.raises((InputError, NotFoundError)):
        desk.registry.diff("zhao", ref)


def test_history_has_every_state_with_its_basis(desk: Office) -> None:
    desk.commit(effective="2020", basis="一号")
    desk.approve(
        desk.registry.stage(
            "zhao", streets(A="东大街道"), effective="2022", basis="二号"
        )["id"]
    )
    states = desk.registry.history("zhao", "120101001")
    now = [s for s in states if s["superseded_by"] is None]
    assert [
        (s["valid_from"], s["valid_to"], s["made_by"], s["basis"]) for s in now
    ] == [
        ("2020", "2022", 1, "一号"),
        ("2022", None, 2, "二号"),
    ]
    with pytest.raises(NotFoundError):
        desk.registry.history("zhao", "999999")


def test_history_and_diff_are_bound_to_subtree_and_publication(desk: Office) -> None:
    desk.commit()
    desk.registry.publish("chen")
    desk.commit("AAAB/AABB/CCDD", effective="2021")
    assert list(desk.registry.diff("li", 1, 2).changes.keys) == ["120101001"]
    assert len(desk.registry.history("li", "120101001")) > 1
    with pytest.raises(NotFoundError):
        desk.registry.history("li", "120102001")
    (state,) = desk.registry.history("viewer", "120102001")
    assert (state["version"], state["superseded_by"]) == (1, None)
    assert len(desk.registry.history("zhao", "120102001")) > 1


def test_a_difference_names_what_changed_in_the_past_only(desk: Office) -> None:
    from boundaries.commands.showing import difference

    desk.commit(effective="2010")
    desk.commit("AAAB/AABB/CCDD", effective="2020")
    past = streets(B="旧西关街道").query("code == '120102001'")
    desk.approve(desk.registry.stage("zhao", past, effective="2015")["id"])
    found = desk.registry.diff("zhao", 2, 3)
    assert not len(found.changes)
    assert [why["unseen"] for why in found.basis] == [["120102001"]]
    assert any("120102001" in line.en for line in difference(found))
    assert desk.registry.diff("li", 2, 3).basis[0]["unseen"] == []
    by_date = desk.registry.diff("zhao", "2012-06", "2016-06")
    assert list(by_date.changes.keys) == ["120102001"]


def test_publishing_moves_tag_products_and_drafts_together(
    desk_anywhere: Office,
) -> None:
    """I4, I9: one published version; products name the version and its digest."""
    desk = desk_anywhere
    first = desk.commit()
    done = desk.registry.publish("chen")
    assert desk.registry.store.tags() == {"published/divisions": 1}
    version = desk.registry.store.version(1)
    for item in done["products"]:
        path = desk.path.with_name(item["name"])
        path.write_bytes(desk.registry.store.blob(item["digest"]))
        frame = gpd.read_file(path)
        assert set(frame["version"]) == {1}
        assert set(frame["version_digest"]) == {version.digest}
        assert frame.crs.to_epsg() in {4490, 4326}
        for row in frame.itertuples():
            kept = desk.registry.store.snapshot("divisions").loc[row.code].geometry
            assert row.geometry.equals_exact(kept, 1e-9, normalize=True)
    assert [item["format"] for item in done["products"]] == ["GPKG", "GeoJSON"]
    assert desk.registry.draft("zhao", first["id"])["state"] == "published"
    with pytest.raises(StateError):
        desk.registry.publish("chen")

    second = desk.approve(
        desk.registry.stage("zhao", streets(A="东大街道"), effective="2021")["id"]
    )
    desk.registry.publish("chen")
    states = {d["id"]: d["state"] for d in desk.registry.drafts("zhao")}
    assert states == {first["id"]: "superseded", second["id"]: "published"}
    with pytest.raises(StateError):
        desk.registry.publish("chen", 1)
    assert desk.registry.products(1)["files"] == done["products"]


@pytest.mark.parametrize("who", ["zhao", "wang", "root", "viewer", "auditor"])
def test_who_may_not_publish(desk: Office, who: str) -> None:
    desk.commit()
    with pytest.raises(ForbiddenError):
        desk.registry.publish(who)
    assert desk.registry.store.tags() == {}


def test_publishing_a_change_of_the_past_needs_its_subtree(desk: Office) -> None:
    """What a version does to 2015 only is in no difference of the layer as it is."""
    desk.commit(effective="2010")
    desk.commit("AAAB/AABB/CCDD", effective="2020")
    desk.registry.publish("chen")
    past = streets(B="旧西关街道").query("code == '120102001'")
    desk.approve(desk.registry.stage("zhao", past, effective="2015")["id"])
    with pytest.raises(ForbiddenError):
        desk.registry.publish("wang")
    assert desk.registry.publish("chen")["version"] == 3


def test_publishing_nothing(desk: Office) -> None:
    with pytest.raises(NotFoundError):
        desk.registry.publish("chen")
    with pytest.raises(NotFoundError):
        desk.registry.products()


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.csv"])
def test_an_export_is_within_the_subtree_and_journalled(
    desk: Office, tmp_path: Path, name: str
) -> None:
    desk.commit()
    done = desk.registry.export("li", tmp_path / name)
    assert done["features"] == 2
    assert (tmp_path / name).stat().st_size
    assert desk.registry.store.journal()[-1].verb == "export"
    with pytest.raises(ForbiddenError):
        desk.registry.export("viewer", tmp_path / name)


def test_export_and_import_is_identity(desk: Office, tmp_path: Path) -> None:
    """I10: what goes out comes in unchanged."""
    from geodata import files

    desk.commit()
    desk.registry.export("zhao", tmp_path / "a.gpkg")
    frame, reading = files.read(tmp_path / "a.gpkg")
    with pytest.raises(InputError) as refused:
        desk.registry.stage("zhao", frame, effective="2021", reading=reading)
    assert refused.value.code == "unchanged"


def test_lineage_as_the_versions_tell_it(desk: Office) -> None:
    desk.commit()
    merged = streets("AABB/AABB/CCBB")
    event = {"type": "merge", "from": ["120102001", "120102002"], "to": ["120102001"]}
    draft = desk.registry.stage(
        "zhao",
        merged,
        effective="2021",
        complete="120102",
        events=[event],
        basis="津政函〔2021〕3号",
    )
    desk.approve(draft["id"])
    with pytest.raises(NotFoundError):
        desk.registry.lineage("viewer", "120102002")
    desk.registry.publish("chen", 1)
    before = desk.registry.lineage("viewer", "120102002")
    assert before["successors"] == []
    assert [record["valid_to"] for record in before["records"]] == [""]
    desk.registry.publish("chen", 2)
    gone = desk.registry.lineage("viewer", "120102002")
    assert [(s["type"], s["to_code"], s["document"]) for s in gone["successors"]] == [
        ("merge", "120102001", "津政函〔2021〕3号")
    ]
    assert gone["records"][-1]["valid_to"] == "2021"
    heir = desk.registry.lineage("viewer", "120102001")["layer"]
    assert [s["from_code"] for s in heir["predecessors"]] == ["120102002"]
    with pytest.raises(NotFoundError):
        desk.registry.lineage("viewer", "120109001")
    for number, told in ((2, []), (3, ["merge"])):
        desk.approve(desk.registry.revert("zhao", number)["id"])
        again = desk.registry.lineage("zhao", "120102002")["layer"]
        assert [step["type"] for step in again["successors"]] == told
