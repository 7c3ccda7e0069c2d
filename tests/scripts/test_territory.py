"""The demonstration territory: plausible, consistent, and wrong only where planted."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pypinyin import lazy_pinyin

from boundaries import codes, columns
from boundaries.divisions import change_events, tree
from boundaries.gazetteer.words import NameClass
from boundaries.intake import take_in
from boundaries.layers import DIVISIONS
from boundaries.rules import check
from boundaries.vocabulary import Kind, Role
from geodata import crs, files, topology
from geodata.store.diffing import apply, changes_between

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from demonstration import drafts, land, outputs, plan, territory  # noqa: E402

COLUMNS = [*(field.name for field in DIVISIONS.fields), "geometry"]
EMPTY = gpd.GeoDataFrame(columns=COLUMNS, geometry="geometry", crs=crs.STORAGE)
SEED = 7


@pytest.fixture(scope="module")
def folder(made: territory.Territory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("territory")
    outputs.write(made, out)
    return out


def staged(
    frame: gpd.GeoDataFrame, base: gpd.GeoDataFrame, *, complete: Any = False
) -> Any:
    taken = take_in(frame.reset_index(drop=True), DIVISIONS, base)
    assert taken.refused == ()
    return changes_between(
        base,
        taken.frame,
        layer="divisions",
        base=1,
        effective=plan.SECOND_DAY,
        complete=complete,
    )


def vintage(made: territory.Territory, which: str) -> gpd.GeoDataFrame:
    return take_in(getattr(made, which), DIVISIONS, EMPTY).frame


@pytest.mark.parametrize("which", ["first", "second", "next"])
def test_levels_share_their_borders_to_the_bit(
    made: territory.Territory, which: str
) -> None:
    frame = getattr(made, which).set_index("code", drop=False)
    for level in (3, 4, 5):
        shapes = frame.geometry[frame["level"] == level].to_numpy()
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
    for code in frame.index[frame["level"] < 5]:
        children = frame.geometry[frame["parent"] == code].to_numpy()
        whole = shapely.coverage_union_all(children)
        assert shapely.equals(whole, frame.geometry[code]), code


def test_it_is_as_large_and_as_detailed_as_a_real_city(
    made: territory.Territory,
) -> None:
    frame = made.second
    area_km2 = crs.area_m2(frame.geometry.to_numpy()) / 1e6
    by_level = frame["level"].value_counts()
    assert (by_level[3], by_level[4]) == (5, 42)
    assert 300 <= by_level[5] <= 500
    assert 1000 < area_km2[(frame["level"] == 2).to_numpy()][0] < 5000
    streets = frame["level"] == 4
    vertices = shapely.get_num_coordinates(frame.geometry[streets].to_numpy())
    assert np.median(vertices) >= 150
    core = streets & frame["parent"].isin(["990102", "990103"])
    towns = streets & (frame["kind"] == "town")
    assert 3 < np.median(area_km2[core]) < 20
    assert np.median(area_km2[towns]) > 5 * np.median(area_km2[core])


def test_codes_kinds_and_names_hold_the_rules(made: territory.Territory) -> None:
    for frame in (made.first, made.second):
        for code, name, kind in frame[["code", "name", "kind"]].to_numpy():
            assert codes.infer_kind(code, name) is Kind(kind)
            assert Kind(kind) in codes.kind_range(code)
            assert code.startswith(codes.EXERCISE)
        for level in (3, 4, 5):
            names = frame["name"][frame["level"] == level]
            sounds = ["".join(lazy_pinyin(name)) for name in names]
            assert len(set(sounds)) == len(sounds)
        (root,) = tree(frame)
        assert root.name == plan.CITY[1]


def test_no_district_or_township_bears_a_real_name(
    made: territory.Territory, data: Path
) -> None:
    real = set()
    for name in ("areas.csv", "streets.csv"):
        text = (data / "codes" / "china-division" / name).read_text("utf-8")
        real |= {line.split(",")[1].strip('"') for line in text.splitlines()}
    ours = made.first[made.first["level"].isin([3, 4])]["name"]
    assert set(ours) & real == set()


def test_official_figures_balance(made: territory.Territory) -> None:
    for frame in (made.first, made.second):
        units = frame.set_index("code")
        for column in ("area_official_km2", "population"):
            for level in (2, 3, 4):
                total = units[column][units["level"] == level]
                below = units[units["level"] == level + 1].groupby("parent")[column]
                assert np.allclose(below.sum().reindex(total.index), total, atol=1e-6)
        computed = crs.area_m2(frame.geometry.to_numpy()) / 1e6
        official = frame["area_official_km2"].to_numpy()
        assert (np.abs(computed - official) / official).max() < 1e-3


def test_both_vintages_pass_our_own_check(made: territory.Territory) -> None:
    first = vintage(made, "first")
    nothing = first.iloc[:0]
    found = check(first, base=nothing, changed=first.index)
    assert found[["rule", "participants"]].to_numpy().tolist() == []
    changes = staged(made.second, first, complete=list(first.index))
    second = apply(changes, first)
    found = check(
        second,
        base=first,
        changed=changes.keys,
        retired=frozenset(changes.removed),
    )
    assert found[["rule", "participants"]].to_numpy().tolist() == []


def test_only_what_the_reforms_touch_differs_between_the_vintages(
    made: territory.Territory,
) -> None:
    changes = staged(
        made.second, vintage(made, "first"), complete=list(made.first["code"])
    )
    townships = {code for code in changes.keys if len(code) == 9}
    named = {
        code
        for event in made.events
        for code in (*event.before, *event.after)
        if len(code) == 9
    }
    assert townships - named <= {"990102003"}, "its communities were merged"
    assert not changes.added.isin(made.first["code"]).any(), "no code is used again"


def test_the_events_are_those_our_inference_finds(made: territory.Territory) -> None:
    first = vintage(made, "first")
    changes = staged(made.second, first, complete=list(first.index))
    level = changes.old["level"] == 4, changes.new["level"] == 4
    moves = topology.moves(changes.old[level[0]], changes.new[level[1]])
    found = {
        (event.type.value, event.before, event.after)
        for event in change_events.infer(changes, moves[moves["area_m2"] > 100])
    }
    townships = [event for event in made.events if len(event.before[0]) == 9]
    assert len(townships) == 5
    for event in townships:
        wanted = (event.type, tuple(sorted(event.before)), tuple(sorted(event.after)))
        assert wanted in found


def _draft(name: str, made: territory.Territory) -> drafts.Draft:
    return next(draft for draft in drafts.drafts(made) if draft.name == name)


@pytest.mark.parametrize(
    "name", ["sound", "renamed", "shapes", "attributes", "missing", "scribble"]
)
def test_a_draft_has_the_findings_planted_and_no_others(
    made: territory.Territory, name: str
) -> None:
    base = vintage(made, "second")
    draft = _draft(name, made)
    complete: Any = False
    if draft.complete:
        listed = (base["parent"] == draft.complete) | (base.index == draft.complete)
        complete = list(base.index[listed])
    changes = staged(draft.rows, base, complete=complete)
    gone = set(made.first["code"]) - set(made.second["code"])
    found = check(apply(changes, base), base=base, changed=changes.keys, retired=gone)
    told = {
        (rule, tuple(sorted(who)))
        for rule, who in found[["rule", "participants"]].to_numpy()
    }
    planted = {(p.rule, p.participants) for p in draft.planted}
    assert planted - told == set()
    unplanned = {
        (rule, who)
        for rule, who in told - planted
        if not any(
            rule in p.brings and set(who) & set(p.participants) for p in draft.planted
        )
    }
    assert unplanned == set()


def test_every_kind_of_finding_a_check_makes_is_planted(
    made: territory.Territory,
) -> None:
    planted = {p.rule for draft in drafts.drafts(made) for p in draft.planted}
    assert planted >= {
        "area", "code", "code_order", "code_reused", "duplicate", "gap", "kind",
        "missing_unit", "multipart", "name", "name_homophone", "name_scope",
        "name_sibling", "orientation", "outside_parent", "overlap", "parent",
        "parent_residual", "precision", "repeated_point", "required",
        "self_crossing", "sliver_gap", "sliver_overlap", "spike", "too_few_points",
        "uncut_host", "unmatched_vertex", "unusable",
    }  # fmt: skip


def test_the_listing_names_files_that_are_there_and_a_user_of_every_role(
    folder: Path,
) -> None:
    listing = json.loads((folder / "territory.json").read_text("utf-8"))
    named = [*listing["versions"], *listing["drafts"], *listing["survey"]]
    for path in [*(each["file"] for each in named), *listing["other"]]:
        assert (folder / path).is_file()
    people = {user["name"] for user in listing["users"]}
    for each in [*listing["versions"], *listing["drafts"]]:
        assert each["author"] in people
        assert each.get("approver", each.get("reviewer")) in people
    roles = {role.partition(":")[0] for u in listing["users"] for role in u["roles"]}
    assert roles == {role.value for role in Role}
    assert "虚构" in listing["label"]["zh"]


def test_the_survey_package_reads_as_what_it_is(folder: Path) -> None:
    (path,) = (folder / "survey").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        assert not any(name.endswith((".cpg", ".prj")) for name in archive.namelist())
        assert not any(entry.flag_bits & 0x800 for entry in archive.infolist())
    frame, reading = files.read(path)
    assert reading.encoding.name in {"GBK", "GB18030"}
    assert "文枢街道" in set(frame["name"])
    assert reading.crs.epsg == crs.gauss_krueger(plan.CENTRE[0], prefixed=True).epsg
    assert reading.fields["XZQDM"] == "code"


def test_the_traced_file_is_suspected_of_its_shift(
    folder: Path, made: territory.Territory
) -> None:
    (path,) = (folder / "survey").glob("*.geojson")
    reference = made.second[made.second["level"] == 4]
    _, reading = files.read(path, reference=reference)
    assert reading.shift is not None
    assert reading.shift.kind == "gcj02"


def test_the_same_seed_lays_the_same_land() -> None:
    one, two = (land.lay(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.atoms.corners, two.atoms.corners)
    assert np.array_equal(one.atoms.land, two.atoms.land)


@pytest.mark.full
def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    outputs.write(territory.make(SEED), tmp_path)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes()


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3, 5, 6])
def test_other_seeds_make_sound_cities_too(seed: int) -> None:
    made = territory.make(seed)
    test_both_vintages_pass_our_own_check(made)
    for name in ("sound", "shapes", "attributes", "missing", "scribble"):
        test_a_draft_has_the_findings_planted_and_no_others(made, name)


def test_the_registers_are_taken_in_as_they_are_written(
    made: territory.Territory, folder: Path
) -> None:
    """Every class of name, damaged and lost markers, and joint inspections due."""
    listing = json.loads((folder / "territory.json").read_text("utf-8"))["registers"]
    read = {
        each["file"]: files.read(
            folder / each["file"], aliases=columns.aliases(each["target"])
        )
        for each in listing
    }
    prepared = {
        each["file"]: columns.prepared(
            read[each["file"]][0], each["target"], read[each["file"]][1].fields
        )
        for each in listing
    }
    assert all(not reading.undecided for _, reading in read.values())
    markers, inspections, names, added = prepared.values()
    assert 100 <= len(markers) <= 140
    assert markers["marker"].is_unique
    assert {"intact", "lost"} <= set(markers["state"])
    assert set(inspections["subject"]) == set(markers["marker"])
    assert inspections["date"].min() < "2021"
    assert 380 <= len(names) <= 420
    assert set(names["category"]) == set(NameClass)
    assert names["former_names"].notna().sum() > 40
    assert set(added["name"]) & set(names["name"])
    districts = made.second[made.second["level"] == 3]
    borders = districts.boundary.union_all()
    assert shapely.distance(markers.geometry.to_numpy(), borders).max() < 2e-4
