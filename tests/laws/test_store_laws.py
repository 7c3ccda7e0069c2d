"""The store against a naive model of two kinds of time.

The model keeps, after each commit, what each feature was on each of a few days:
a table small enough to be obviously right.
"""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING

import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.store import features, migrating, open_store
from geodata.store.changes import ChangeSet, LayerSchema
from geodata.store.diffing import apply, changes_between
from tests.support.stores import ZONES, commit, zone, zones

if TYPE_CHECKING:
    import geopandas as gpd

DAYS = ["2010", "2012-03", "2012-03-05", "2015", "2015-07-01", "2020"]
ASKED = ["2009-12-31", "2010-01-01", "2012-03-04", "2012-03-05", "2015-01-01"]
ASKED += ["2015-07-01", "2019-12-31", "2020-01-01", "2031-05-05"]
KEYS = "ABC"
CONTENTS = {
    "x": {"name": "甲", "level": 3, "extra": {}},
    "y": {"name": "甲", "level": 3, "extra": {}, "geometry": zone(117.5, 39)},
    "z": {"name": None, "level": None, "extra": {"NOTE": "z"}},
}
Timeline = list[str | None]
Model = dict[str, Timeline]

steps = st.lists(
    st.tuples(
        st.integers(0, len(DAYS) - 1),
        st.booleans(),
        st.dictionaries(
            st.sampled_from(KEYS), st.sampled_from([*CONTENTS, None]), min_size=1
        ),
    ),
    min_size=1,
    max_size=5,
)


def changed(
    line: Timeline, day: int, content: str | None, *, correction: bool
) -> Timeline:
    """Return a feature's table after a change: the law, day by day."""
    line = list(line)
    end = day + 1
    while end < len(line) and line[end] == line[end - 1]:
        end += 1
    begin = day
    if correction and line[day] is not None:
        while begin and line[begin - 1] == line[day]:
            begin -= 1
    line[begin:end] = [content] * (end - begin)
    return line


def on(model: Model, day: str) -> dict[str, str]:
    """Return what held at the end of a day."""
    at = bisect.bisect_right(DAYS, day) - 1
    return {
        key: content
        for key, line in model.items()
        if at >= 0 and (content := line[at]) is not None
    }


def frame_of(contents: dict[str, str]) -> gpd.GeoDataFrame:
    rows = {key: {"at": (117, 39), **CONTENTS[name]} for key, name in contents.items()}
    return zones(**rows)


def told(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return which content each feature has."""
    found = {}
    for key, row in frame.iterrows():
        if row["extra"]:
            found[key] = "z"
        else:
            found[key] = "x" if row["geometry"].bounds[0] == 117 else "y"
    return found


def change_of(
    layer: str,
    base: int,
    effective: str,
    old: dict[str, str],
    new: dict[str, str | None],
) -> ChangeSet:
    """Return the ChangeSet that sets or ends some features."""
    before = frame_of({key: old[key] for key in old if key in new})
    after = frame_of({key: name for key, name in new.items() if name is not None})
    empty = features.empty(ZONES)
    return changes_between(
        changes_between(empty, before, layer=layer, base=base, effective=effective).new,
        after,
        layer=layer,
        base=base,
        effective=effective,
        complete=True,
    )


class Machine:
    """One store for all examples, a new layer for each."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = open_store(url, create=True, layers=[ZONES])
        self.count = 0

    def new_layer(self) -> str:
        self.count += 1
        name = f"zones{self.count}"
        schema = LayerSchema(name, ZONES.key, ZONES.geometry, ZONES.fields)
        migrating.upgrade(self.store._backend, [schema])
        return name


@pytest.fixture(scope="module")
def sqlite_machine(tmp_path_factory):
    machine = Machine(str(tmp_path_factory.mktemp("laws") / "store.sqlite"))
    yield machine
    assert machine.store.verify() == []
    machine.store.close()


@pytest.fixture(scope="module")
def postgis_machine(postgis_server):
    machine = Machine(postgis_server.database())
    yield machine
    assert machine.store.verify() == []
    machine.store.close()


def play(machine: Machine, script) -> list[tuple[int, Model]]:
    """Commit a script to store and model; return the model after each version."""
    store, layer = machine.store, machine.new_layer()
    start = store.versions()[-1].number if store.versions() else 0
    states: list[tuple[int, Model]] = [
        (start, {key: [None] * len(DAYS) for key in KEYS})
    ]
    for day, correction, asked in script:
        number, model = states[-1]
        held = {key: line[day] for key, line in model.items() if line[day] is not None}
        wanted = {key: name for key, name in asked.items() if held.get(key) != name}
        if not wanted:
            continue
        changes = change_of(layer, number, DAYS[day], held, wanted)
        number = commit(store, changes, correction=correction)
        model = {
            key: changed(line, day, wanted[key], correction=correction)
            if key in wanted
            else line
            for key, line in model.items()
        }
        states.append((number, model))
    return states


def law_of_snapshots(machine: Machine, script) -> None:
    states = play(machine, script)
    compare(machine.store, f"zones{machine.count}", states)


def compare(store, layer, states) -> None:
    for number, model in states:
        for day in ASKED:
            found = store.snapshot(layer, at=number, valid_on=day)
            assert told(found) == on(model, day), (number, day)
        last = {key: line[-1] for key, line in model.items() if line[-1] is not None}
        assert told(store.snapshot(layer, at=number)) == last
        known = store.snapshot(layer, at=number, known_on="2999", valid_on="2016")
        assert told(known) == on(model, "2016-12-31")
    for _, (number, model) in itertools.pairwise(states):
        recorded = store.version(number).recorded
        found = store.snapshot(layer, known_on=recorded, valid_on="2015")
        assert told(found) == on(model, "2015-12-31")


def law_of_diffs(machine: Machine, script) -> None:
    play(machine, script)
    store, layer = machine.store, f"zones{machine.count}"
    numbers = [0, *(version.number for version in store.versions(layer))]
    for a, b in zip(numbers, reversed(numbers), strict=True):
        before, after = (store.snapshot(layer, at=number) for number in (a, b))
        diff = store.diff(layer, a, b)
        bare = [f.drop(columns=["valid_from", "valid_to"]) for f in (before, after)]
        assert_geodataframe_equal(apply(diff, before), bare[1])
        assert_geodataframe_equal(apply(~diff, after), bare[0])
        assert_geodataframe_equal((~~diff).old, diff.old)
        assert_geodataframe_equal((~~diff).new, diff.new)
        assert len(store.diff(layer, a, a)) == 0


def law_of_revert(machine: Machine, script) -> None:
    """A change from a day on, undone, leaves every day as it was."""
    play(machine, script)
    store, layer = machine.store, f"zones{machine.count}"
    before = store.head(layer)
    held = told(store.snapshot(layer))
    wanted = {"A": "x" if held.get("A") != "x" else "y"}
    changes = change_of(layer, before, "2031", held, wanted)
    after = commit(store, changes)
    reverted = commit(store, ~store.diff(layer, before, after))
    for day in [*ASKED, "2031", "2040"]:
        assert_geodataframe_equal(
            store.snapshot(layer, at=reverted, valid_on=day),
            store.snapshot(layer, at=before, valid_on=day),
        )
    assert store.snapshot(layer, at=after).loc["A"]["valid_from"] == "2031"


LAWS = [law_of_snapshots, law_of_diffs, law_of_revert]
relaxed = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("law", LAWS)
@relaxed
@given(script=steps)
def test_sqlite_obeys(sqlite_machine, law, script):
    law(sqlite_machine, script)


@pytest.mark.postgis
@pytest.mark.parametrize("law", LAWS)
@settings(relaxed, max_examples=4)
@given(script=steps)
def test_postgis_obeys(postgis_machine, law, script):
    law(postgis_machine, script)


@pytest.mark.full
@pytest.mark.parametrize("law", LAWS)
@settings(relaxed, max_examples=200)
@given(script=steps)
def test_sqlite_obeys_at_length(sqlite_machine, law, script):
    law(sqlite_machine, script)
