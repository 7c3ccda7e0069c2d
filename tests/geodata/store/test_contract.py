"""What both backends promise, run over each of them."""

from __future__ import annotations

import threading

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from geodata.errors import (
    ConflictError,
    CRSError,
    GeometryError,
    InputError,
    NotFoundError,
    StoreError,
    Text,
)
from geodata.store import digests, open_store
from geodata.store.diffing import apply, changes_between
from tests.support.stores import LAYERS, ZONES, change, commit, zone, zones

TWO = {"A": {"name": "甲", "at": (117, 39)}, "B": {"name": "乙", "at": (118, 39)}}


def names(frame):
    return frame["name"].to_dict()


def test_a_new_store_has_its_layers_and_nothing_in_them(store):
    assert store.layers() == {layer.name: layer for layer in LAYERS}
    assert store.head("zones") == 0
    assert store.versions() == []
    empty = store.snapshot("zones")
    assert empty.empty
    assert list(empty.columns) == [
        *(field.name for field in ZONES.fields),
        "valid_from",
        "valid_to",
        "extra",
        "geometry",
    ]
    assert empty.crs == "EPSG:4490"
    assert empty.index.name == "key"


def test_every_value_comes_back_as_it_went_in(store):
    shape = shapely.MultiPolygon([zone(117, 39), zone(119.1, 39.3)])
    frame = zones(
        A={
            "name": "㛃村𠮷",
            "level": 4,
            "area_km2": 0.1 + 0.2,
            "enclave": True,
            "since": "1997-06",
            "parts": ["x", {"y": None}],
            "geometry": shape,
            "SURVEYOR": "张",
        },
        B={"geometry": None},
    )
    commit(store, change(store, frame))
    row = store.snapshot("zones").loc["A"]
    assert row["name"] == "㛃村𠮷"
    assert row["level"] == 4
    assert row["area_km2"] == 0.1 + 0.2
    assert row["enclave"] is np.True_ or row["enclave"] is True
    assert row["since"] == "1997-06"
    assert row["parts"] == ["x", {"y": None}]
    assert row["extra"] == {"SURVEYOR": "张"}
    assert row["valid_from"] == "2016"
    assert row["valid_to"] is None
    assert row["geometry"].wkb == shape.wkb
    other = store.snapshot("zones").loc["B"]
    assert other["name"] is None
    assert other["level"] is pd.NA
    assert other["geometry"] is None
    assert other["extra"] == {}


def test_points_and_tables_without_geometry_are_layers_too(store):
    posts = gpd.GeoDataFrame(
        {"post": ["p1"]},
        geometry=[shapely.Point(117, 39)],
        crs="EPSG:4490",
        index=["p1"],
    )
    commit(store, change(store, posts, layer="posts"))
    counts = pd.DataFrame({"code": ["A"], "total": [12]}, index=["A"])
    commit(store, change(store, counts, layer="counts"))
    assert store.snapshot("posts").geometry["p1"] == shapely.Point(117, 39)
    assert store.snapshot("counts").loc["A", "total"] == 12
    assert [version.layer for version in store.versions()] == ["posts", "counts"]
    assert (store.head("posts"), store.head("counts"), store.head("zones")) == (1, 2, 0)


def test_a_version_says_who_when_and_why(store):
    with store.write() as transaction:
        written = transaction.commit(
            change(store, zones(**TWO), "2016-06-08"),
            author="zhang",
            approver="li",
            basis="国函〔2016〕1号",
            message="初始",
            doc={"draft": "d1"},
        )
    assert store.version(1) == written == store.versions("zones")[0]
    assert written.counts == {"added": 2, "changed": 0, "removed": 0}
    assert (written.author, written.approver) == ("zhang", "li")
    assert (written.basis, written.effective) == ("国函〔2016〕1号", "2016-06-08")
    assert written.doc == {"draft": "d1"}
    assert written.recorded.endswith("Z")
    assert written.digest.startswith("sha256:")


def test_snapshot_at_a_version_on_a_date_and_as_known(store):
    commit(store, change(store, zones(**TWO), "2010"))
    between = store.version(1).recorded
    commit(store, change(store, zones(A={"name": "甲二"}), "2016-06-08"))
    commit(store, change(store, zones(B={"name": "乙"}), "2019", complete=True))

    assert names(store.snapshot("zones")) == {"B": "乙"}
    assert names(store.snapshot("zones", at=1)) == {"A": "甲", "B": "乙"}
    assert names(store.snapshot("zones", at=2)) == {"A": "甲二", "B": "乙"}
    on = {
        date: names(store.snapshot("zones", valid_on=date))
        for date in ("2009", "2010-01-01", "2016-06-07", "2016-06", "2018", "2019")
    }
    assert on == {
        "2009": {},
        "2010-01-01": {"A": "甲", "B": "乙"},
        "2016-06-07": {"A": "甲", "B": "乙"},
        "2016-06": {"A": "甲二", "B": "乙"},
        "2018": {"A": "甲二", "B": "乙"},
        "2019": {"B": "乙"},
    }
    known = store.snapshot("zones", known_on=between, valid_on="2018")
    assert names(known) == {"A": "甲", "B": "乙"}
    assert store.snapshot("zones", known_on="2001-01-01").empty
    assert names(store.snapshot("zones", known_on="2999")) == {"B": "乙"}
    assert store.dates("zones") == ["2010", "2016-06-08", "2019"]
    assert store.dates("zones", at=1) == ["2010"]


def test_snapshot_by_keys_by_box_and_without_geometry(store):
    rows = {
        f"Z{i}": {"name": str(i), "at": (100 + i, 30), "level": i} for i in range(9)
    }
    commit(store, change(store, zones(**rows)))
    assert list(store.snapshot("zones", keys=["Z3", "Z1", "none"]).index) == [
        "Z1",
        "Z3",
    ]
    assert store.snapshot("zones", keys=[]).empty
    inside = store.snapshot("zones", bbox=(103.5, 30.2, 103.6, 30.3))
    assert list(inside.index) == ["Z3"]
    touching = store.snapshot("zones", bbox=(104, 31, 104.5, 32))
    assert list(touching.index) == ["Z3", "Z4"]
    just_beside = store.snapshot("zones", bbox=(109.0000001, 30, 110, 31))
    assert just_beside.empty
    bare = store.snapshot("zones", geometry=False)
    assert bare.geometry.isna().all()
    assert list(bare["level"]) == list(range(9))
    boxed = store.snapshot("zones", bbox=(103.5, 30, 103.6, 31), geometry=False)
    assert list(boxed.index) == ["Z3"]
    assert boxed.geometry.isna().all()


def test_keys_sort_by_their_bytes(store):
    rows = {
        key: {"at": (i, 0)} for i, key in enumerate(["b", "B", "é", "a-1", "a1", "中"])
    }
    commit(store, change(store, zones(**rows)))
    found = list(store.snapshot("zones").index)
    assert found == sorted(rows, key=str.encode)


def test_history_tells_every_state_and_what_replaced_it(store):
    commit(store, change(store, zones(A={"name": "甲"}), "2010"))
    commit(store, change(store, zones(A={"name": "甲二"}), "2016"))
    told = [
        (h["valid_from"], h["valid_to"], h["version"], h["superseded_by"])
        for h in store.history("zones", "A")
    ]
    assert told == [
        ("2010", None, 1, 2),
        ("2010", "2016", 2, None),
        ("2016", None, 2, None),
    ]
    last = store.history("zones", "A")[-1]
    assert last["properties"]["name"] == "甲二"
    assert last["geometry"].equals(zone(117, 39))


def test_a_correction_mends_the_whole_record(store):
    commit(store, change(store, zones(A={"name": "申"}), "2010"))
    number = commit(
        store, change(store, zones(A={"name": "甲"}), "2016"), correction=True
    )
    assert names(store.snapshot("zones", valid_on="2011")) == {"A": "甲"}
    assert names(store.snapshot("zones", at=1, valid_on="2011")) == {"A": "申"}
    assert store.version(number).doc == {"correction": True}


def test_a_backdated_change_holds_until_the_next_known_one(store):
    commit(store, change(store, zones(A={"name": "一"}), "2010"))
    commit(store, change(store, zones(A={"name": "三"}), "2018"))
    base = store.snapshot("zones", valid_on="2014")
    late = changes_between(
        base, zones(A={"name": "二"}), layer="zones", base=2, effective="2014"
    )
    commit(store, late)
    on = [
        names(store.snapshot("zones", valid_on=str(y)))["A"]
        for y in (2013, 2014, 2017, 2018)
    ]
    assert on == ["一", "二", "二", "三"]
    earlier = changes_between(
        store.snapshot("zones", valid_on="2000"),
        zones(A={"name": "零"}),
        layer="zones",
        base=3,
        effective="2000",
    )
    commit(store, earlier)
    assert names(store.snapshot("zones", valid_on="2009")) == {"A": "零"}
    assert names(store.snapshot("zones", valid_on="2010")) == {"A": "一"}


def test_diff_names_what_changed_and_its_inverse_reverts(store):
    commit(store, change(store, zones(**TWO), "2010"))
    moved = zones(
        A={"name": "甲", "at": (117, 39.5)}, C={"name": "丙", "at": (119, 39)}
    )
    commit(store, change(store, moved, "2016", complete=True))
    diff = store.diff("zones", 1, 2)
    assert (list(diff.added), list(diff.changed), list(diff.removed)) == (
        ["C"],
        ["A"],
        ["B"],
    )
    before, after = (store.snapshot("zones", at=n) for n in (1, 2))
    bare = [frame.drop(columns=["valid_from", "valid_to"]) for frame in (before, after)]
    assert_geodataframe_equal(apply(diff, before), bare[1])
    assert_geodataframe_equal(apply(~diff, after), bare[0])
    commit(store, ~diff)
    assert_geodataframe_equal(store.snapshot("zones"), before)
    assert len(store.diff("zones", 1, 3)) == 0
    assert len(store.diff("zones", 3, 1)) == 0
    assert names(store.snapshot("zones", at=2)) == {"A": "甲", "C": "丙"}


def test_tags_move_and_name_versions(store):
    commit(store, change(store, zones(**TWO)))
    commit(store, change(store, zones(A={"name": "甲二"}), "2017"))
    with store.write() as transaction:
        transaction.tag("published/zones", 1)
    assert names(store.snapshot("zones", at="published/zones"))["A"] == "甲"
    with store.write() as transaction:
        transaction.tag("published/zones", 2)
    assert store.tags() == {"published/zones": 2}
    assert store.version("published", "zones").number == 2
    assert len(store.diff("zones", 1, "published/zones")) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.snapshot("nowhere"),
        lambda s: s.head("nowhere"),
        lambda s: s.history("nowhere", "A"),
        lambda s: s.dates("nowhere"),
        lambda s: s.snapshot("zones", at=7),
        lambda s: s.snapshot("zones", at="published/zones"),
        lambda s: s.version(7),
        lambda s: s.version("no such tag"),
        lambda s: s.staged("d9"),
        lambda s: s.blob("sha256:00"),
        lambda s: s.blob_path("sha256:00"),
        lambda s: s.open_blob("sha256:00"),
        lambda s: s.diff("zones", 0, 9),
    ],
)
def test_what_is_not_there_is_said_not_to_be(store, ask):
    with pytest.raises(NotFoundError):
        ask(store)


def test_staged_changes_come_back_the_same_and_are_replaced(store):
    commit(store, change(store, zones(**TWO)))
    first = change(store, zones(A={"name": "甲二", "level": 3}), "2017-05")
    with store.write() as transaction:
        transaction.stage("d1", first)
        assert len(transaction.staged("d1")) == 1
    found = store.staged("d1")
    assert (found.layer, found.base, found.effective) == ("zones", 1, "2017-05")
    assert_geodataframe_equal(found.old, first.old)
    assert_geodataframe_equal(found.new, first.new)
    with store.write() as transaction:
        transaction.stage("d1", change(store, zones(C={"name": "丙"}), "2018"))
    assert list(store.staged("d1").keys) == ["C"]
    with store.write() as transaction:
        transaction.unstage("d1")
    with pytest.raises(NotFoundError):
        store.staged("d1")


def test_a_staged_change_commits_to_what_it_said(store):
    commit(store, change(store, zones(**TWO)))
    with store.write() as transaction:
        transaction.stage("d", change(store, zones(A={"name": "新"}), "2020"))
    commit(store, store.staged("d"))
    assert names(store.snapshot("zones")) == {"A": "新", "B": "乙"}


def test_documents_have_revisions_that_guard_them(store):
    with store.write() as transaction:
        assert transaction.put("drafts", "d1", {"state": "draft"}, rev=0) == 1
        assert transaction.put("drafts", "d1", {"state": "submitted"}, rev=1) == 2
        transaction.put("drafts", "d10", {"n": 1}, parent="p")
        transaction.put("drafts", "d%", {"n": 2}, parent="p")
        transaction.put("users", "d1", {"n": 3})
    assert store.get("drafts", "d1") == {"state": "submitted", "key": "d1", "rev": 2}
    assert store.get("drafts", "none") is None
    assert [d["key"] for d in store.find("drafts")] == ["d%", "d1", "d10"]
    assert [d["key"] for d in store.find("drafts", prefix="d1")] == ["d1", "d10"]
    assert [d["key"] for d in store.find("drafts", prefix="d%")] == ["d%"]
    assert [d["n"] for d in store.find("drafts", parent="p")] == [2, 1]
    for stale in (0, 1):
        with pytest.raises(ConflictError) as caught, store.write() as transaction:
            transaction.put("drafts", "d1", {"state": "lost"}, rev=stale)
        assert caught.value.details[0]["theirs"]["state"] == "submitted"
    with pytest.raises(ConflictError), store.write() as transaction:
        transaction.put("drafts", "new", {}, rev=3)
    with store.write() as transaction:
        transaction.delete("drafts", "d1")
        assert transaction.put("drafts", "d1", {}, rev=0) == 1


def test_a_document_read_can_be_put_back_as_it_is(store):
    with store.write() as transaction:
        transaction.put("drafts", "d1", {"state": "草案"})
        document = transaction.get("drafts", "d1")
        transaction.put("drafts", "d1", {**document, "more": 1}, rev=document["rev"])
    assert store.get("drafts", "d1") == {
        "state": "草案",
        "more": 1,
        "key": "d1",
        "rev": 2,
    }


def test_blobs_are_kept_once_under_their_hash(store, tmp_path):
    source = tmp_path / "original.zip"
    source.write_bytes(b"PK" + bytes(range(256)) * 5000)
    with store.write() as transaction:
        digest = transaction.put_blob(source)
        assert transaction.put_blob(source.read_bytes()) == digest
        nothing = transaction.put_blob(b"")
    assert store.blob(digest) == source.read_bytes()
    assert store.blob(nothing) == b""
    for kept in (digest, nothing):
        with store.open_blob(kept) as file:
            assert (file.tell(), file.read()) == (0, store.blob(kept))
    place = store.blob_path(digest)
    assert place is None or place.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("left", [None, b"torn", b""])
def test_handing_content_in_again_brings_it_back(store, left):
    """What a crash or a bad disk left in its file is never acknowledged."""
    content = b"hello boundary file"
    with store.write() as transaction:
        digest = transaction.put_blob(content)
    place = store.blob_path(digest)
    if place is None:
        pytest.skip("the server keeps content in the row itself")
    place.unlink()
    if left is not None:
        place.write_bytes(left)
    with store.write() as transaction:
        assert transaction.put_blob(content) == digest
    assert store.blob(digest) == content
    assert store.verify() == []


def test_a_torn_file_without_its_row_is_written_again(store):
    content = b"never acknowledged"
    digest = digests.of_bytes(content, "sha256")
    place = store._backend.blob_file(digest)
    if place is None:
        pytest.skip("the server keeps content in the row itself")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"never ackn")
    with store.write() as transaction:
        assert transaction.put_blob(content) == digest
    assert store.blob(digest) == content


def test_the_journal_is_a_chain_in_order(store):
    with store.write() as transaction:
        for i in range(5):
            transaction.append(
                actor="zhang",
                account="root",
                verb="stage",
                subject=f"d{i}",
                detail={"i": i},
            )
    entries = store.journal()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.detail["i"] for entry in store.journal(after=2, limit=2)] == [2, 3]
    assert len({entry.digest for entry in entries}) == 5
    assert store.verify() == []


def test_nothing_of_a_failed_block_is_kept(store):
    commit(store, change(store, zones(**TWO)))
    with pytest.raises(ZeroDivisionError), store.write() as transaction:  # noqa: PT012 - the block is the thing
        transaction.commit(
            change(store, zones(A={"name": "x"}), "2018"),
            author="a",
            approver="b",
            basis="",
        )
        transaction.put("drafts", "d1", {})
        transaction.append(actor="a", account="b", verb="v", subject="s")
        transaction.put_blob(b"lost")
        transaction.tag("t", 1)
        assert transaction.head("zones") == 2
        raise ZeroDivisionError
    assert store.head("zones") == 1
    assert store.get("drafts", "d1") is None
    assert store.journal() == []
    assert store.tags() == {}
    assert store.verify() == []
    with store.write() as transaction:
        transaction.put("drafts", "d1", {})


def test_a_reader_does_not_wait_for_a_writer(store):
    commit(store, change(store, zones(**TWO)))
    seen = []
    with store.write() as transaction:
        transaction.put("drafts", "d1", {})
        reader = threading.Thread(
            target=lambda: seen.extend(
                [len(store.snapshot("zones")), store.find("drafts")]
            )
        )
        reader.start()
        reader.join(timeout=10)
        assert seen == [2, []]


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (zones(A={}).to_crs("EPSG:3857"), CRSError),
        (zones(A={"geometry": shapely.Point(1, 1)}), GeometryError),
        (
            zones(A={"geometry": shapely.GeometryCollection([zone(1, 1)])}),
            GeometryError,
        ),
        (zones(A={"level": "three"}), InputError),
        (zones(A={"level": 2.5}), InputError),
        (zones(A={"area_km2": float("inf")}), InputError),
        (zones(A={"since": "2016-13"}), InputError),
        (zones(A={"enclave": "yes"}), InputError),
        (zones(A={}).set_axis([""], axis=0), InputError),
    ],
)
def test_what_does_not_fit_the_layer_is_refused_with_its_key(store, frame, error):
    empty = store.snapshot("zones").iloc[:0]
    bad = type(change(store, zones(A={})))(
        "zones", 0, "2016", empty.drop(columns=["valid_from", "valid_to"]), frame
    )
    with pytest.raises(error), store.write() as transaction:
        transaction.stage("d", bad)
    with pytest.raises(error):
        commit(store, bad)
    assert store.head("zones") == 0


def test_nothing_to_commit_and_ending_what_is_not_there(store):
    commit(store, change(store, zones(**TWO), "2010"))
    with pytest.raises(InputError, match="nothing to commit"):
        commit(store, change(store, zones(**TWO), "2018"))
    gone = change(store, zones(A={"name": "甲"}), "2005", complete=True)
    with pytest.raises(InputError, match="not in force"):
        commit(store, gone)


def test_a_dimension_too_many_is_dropped_and_single_parts_are_multi(store):
    frame = zones(A={"geometry": shapely.force_3d(zone(117, 39), 5.0)})
    commit(store, change(store, frame))
    shape = store.snapshot("zones").geometry["A"]
    assert shape.geom_type == "MultiPolygon"
    assert not shape.has_z


def test_write_blocks_do_not_nest(store):
    with (
        store.write(),
        pytest.raises(StoreError, match="cannot hold another"),
        store.write(),
    ):
        pass
    with store.write() as transaction:
        transaction.put("c", "k", {})


def test_health_names_the_versions_that_matter(store):
    health = store.health()
    assert health["backend"] in {"sqlite", "postgresql"}
    assert health["bytes"] > 0
    assert health["settings"]
    assert health["versions"] == 0


def test_sm3_may_be_chosen_for_a_store(store_url):
    with pytest.raises(StoreError, match="md5"):
        open_store(store_url, create=True, layers=LAYERS, digest="md5")
    chosen = open_store(store_url, create=True, layers=LAYERS, digest="sm3")
    commit(chosen, change(chosen, zones(**TWO)))
    with chosen.write() as transaction:
        digest = transaction.put_blob(b"abc")
        entry = transaction.append(actor="a", account="b", verb="v", subject="s")
    assert digest == (
        "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    assert entry.digest.startswith("sm3:")
    assert chosen.version(1).digest.startswith("sm3:")
    assert chosen.blob(digest) == b"abc"
    assert chosen.verify() == []
    chosen.close()


def test_attempt_runs_again_what_the_server_undid(store):
    calls = []

    def work(transaction):
        calls.append(1)
        transaction.put("c", "k", {"n": len(calls)})
        if len(calls) < 3:
            raise StoreError(Text("撤销", "undone"), code="retry")
        return "done"

    assert store.attempt(work, lock=["120100"]) == "done"
    assert store.get("c", "k") == {"n": 3, "key": "k", "rev": 1}


def test_attempt_gives_up_after_five_and_at_once_for_anything_else(store):
    calls = []

    def undone(_transaction):
        calls.append(1)
        raise StoreError(Text("撤销", "undone"), code="retry")

    with pytest.raises(StoreError, match="undone"):
        store.attempt(undone)
    assert len(calls) == 5

    def broken(_transaction):
        calls.append(1)
        raise StoreError(Text("坏", "broken"))

    with pytest.raises(StoreError, match="broken"):
        store.attempt(broken)
    assert len(calls) == 6


@pytest.mark.postgis
def test_a_deadlock_is_said_to_be_worth_another_try(postgis_server, postgis_url):
    store = open_store(postgis_url, create=True, layers=LAYERS)
    with pytest.raises(StoreError) as caught, store.write() as transaction:
        transaction._connection.exec_driver_sql(
            "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"
        )
    assert caught.value.code == "retry"
    store.close()
    postgis_server.empty(postgis_url)


def test_every_state_known_at_a_version_is_listed_without_geometry(store):
    commit(store, change(store, zones(**TWO)))
    renamed = zones(A={"name": "丙", "at": (117, 39)})
    second = commit(store, change(store, renamed, "2020", complete=True))
    found = store.states("zones", at=second)
    rows = found[["name", "valid_from", "valid_to"]].itertuples(name=None)
    assert sorted(rows) == [
        ("A", "丙", "2020", None),
        ("A", "甲", "2016", "2020"),
        ("B", "乙", "2016", "2020"),
    ]
    assert found.geometry.isna().all()
    assert list(store.states("zones", at=1)["valid_to"]) == [None, None]
    assert store.states("zones", at=0).empty
