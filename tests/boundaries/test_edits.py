"""The reader of edits: what is too long, too deep, not finite or elsewhere."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries import edits
from geodata.errors import InputError, LimitError, QuhuaError

BORDER = {"id": "0" * 24, "coordinates": [[117.0, 39.0], [117.1, 39.1]]}
MOVE = {"op": "move", "units": ["120101"], "borders": [BORDER]}


def body(operation: Any, **more: Any) -> bytes:
    """Return an edit as the browser sends it."""
    return json.dumps({"rev": 1, "operation": operation, **more}).encode()


def test_each_operation_is_read() -> None:
    rev, move = edits.parse(body(MOVE))
    assert rev == 1
    assert isinstance(move, edits.Move)
    assert move.borders["0" * 24].tolist() == BORDER["coordinates"]
    line = [[117.0, 39.0], [117.2, 39.2]]
    said = {"op": "split", "unit": "120101001", "line": line}
    parts = [{"code": "120101001", "name": "东风街道"}, {"code": "120101009"}]
    _, cut = edits.parse(body({**said, "parts": parts}))
    assert isinstance(cut, edits.Split)
    assert cut.parts[1] == {"code": "120101009", "name": "", "kind": ""}
    units = ["120101001", "120101002"]
    _, merge = edits.parse(body({"op": "merge", "units": units, "into": units[0]}))
    assert isinstance(merge, edits.Merge)
    given_to = {"op": "assign", "what": "part", "unit": units[0], "to": units[1]}
    _, assign = edits.parse(body({**given_to, "place": [117, 39]}))
    assert isinstance(assign, edits.Assign)
    assert assign.place == (117.0, 39.0)
    values = {"name": "名", "area_official_km2": 3.5, "remark": None}
    _, words = edits.parse(
        body({"op": "attributes", "unit": units[0], "values": values})
    )
    assert isinstance(words, edits.Attributes)
    assert words.words == values


def moved(coordinates: Any) -> bytes:
    """Return a move to these coordinates."""
    return body({**MOVE, "borders": [{"id": "0" * 24, "coordinates": coordinates}]})


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\xff",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b'{"rev": 1}',
        b'{"rev": true, "operation": {}}',
        b'{"rev": "1", "operation": {"op": "move"}}',
        body({"op": "draw"}),
        body({"op": ["move"]}),
        body({**MOVE, "shape": "POINT(1 1)"}),
        body(MOVE, more=1),
        body({**MOVE, "units": []}),
        body({**MOVE, "units": ["x"]}),
        body({**MOVE, "units": ["120101"] * 51}),
        body({**MOVE, "borders": []}),
        body({**MOVE, "borders": [BORDER, BORDER]}),
        body({**MOVE, "borders": [{**BORDER, "id": "../../x"}]}),
        body({**MOVE, "outer": "yes"}),
        moved("LINESTRING(0 0, 1 1)"),
        moved({"type": "LineString", "coordinates": []}),
        moved([[117, 39]]),
        moved([[117, 39], [117, 39, 5]]),
        moved([[117, 39], ["117", 39]]),
        moved([[117, 39], [True, False]]),
        moved([[117, 39], [None, 39]]),
        moved([[117, 39], [1e300, 39]]),
        moved([[117, 39], [10**400, 39]]),
        moved([[117, 39], [-117, 39]]),
        moved([[117, 39], [0, 0]]),
        moved([[117, 39], [117, 39]]).replace(b"117, 39]]", b"NaN, 39]]"),
        moved([[117, 39], [117, 39]]).replace(b"117, 39]]", b"-Infinity, 39]]"),
        moved([[117, 39], [117, 39]]).replace(b"117, 39]]", b"1e999, 39]]"),
        body({"op": "assign", "what": "all", "to": "120101"}),
        body({"op": "assign", "what": "part", "to": "120101", "unit": "120102"}),
        body({"op": "attributes", "unit": "120101", "values": {"code": "1"}}),
        body({"op": "attributes", "unit": "120101", "values": {}}),
        body({"op": "attributes", "unit": "120101", "values": {"name": {"a": 1}}}),
        body({"op": "attributes", "unit": "120101", "values": {"name": "a\x00b"}}),
        body({"op": "attributes", "unit": "120101", "values": {"name": "x" * 2001}}),
    ],
)
def test_what_is_no_edit_is_refused_in_words(sent: bytes) -> None:
    with pytest.raises(InputError) as told:
        edits.parse(sent)
    assert told.value.message.zh
    assert told.value.hint


@pytest.mark.parametrize(
    "sent",
    [
        b"[" * 1_000_000,
        b'{"a":' * 300_000,
        b'{"operation": ' + b"[" * 9 + b"]" * 9 + b"}",
        b" " * (edits.MOST_BYTES + 1),
        moved([[117, 39]] * (edits.MOST_VERTICES + 1)),
        body({**MOVE, "borders": [{**BORDER, "id": f"{n:024x}"} for n in range(201)]}),
    ],
)
def test_what_is_too_much_is_refused_at_once(sent: bytes) -> None:
    started = time.process_time()
    with pytest.raises(LimitError):
        edits.parse(sent)
    assert time.process_time() - started < 2


def test_brackets_within_names_do_not_count() -> None:
    values = {"name": "[[[[[[[[[[[[" + '\\"{{{{'}
    _, read = edits.parse(
        body({"op": "attributes", "unit": "120101", "values": values})
    )
    assert isinstance(read, edits.Attributes)
    assert read.words == values


def test_places_outside_the_bureaus_territory_are_refused() -> None:
    edits.parse(moved([[117, 39], [117.1, 39]]), region="120000")
    with pytest.raises(InputError, match="lies outside"):
        edits.parse(moved([[117, 39], [104.0, 30.6]]), region="120000")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    try:
        edits.parse(sent)
    except QuhuaError as error:
        assert error.message.zh  # noqa: PT017 - either way is right


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["op", "units", "borders", "coordinates", "id"]), inner
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        edits.parse(body({**MOVE, "borders": value}))
    except QuhuaError as error:
        assert error.message.zh  # noqa: PT017 - either way is right


def test_what_passes_is_finite_numbers() -> None:
    _, read = edits.parse(body(MOVE))
    assert isinstance(read, edits.Move)
    assert all(np.isfinite(line).all() for line in read.borders.values())


PARSERS = re.compile(
    r"\b(from_geojson|from_wkt|from_wkb|from_ragged_array|shape\(|loads\(.*wk)"
)


def test_no_parser_of_geometry_is_near_a_request() -> None:
    """WKB nested 20,000 deep ends the process: requests never reach a parser."""
    root = Path(edits.__file__).parent
    files = [*root.rglob("*.py"), *(root.parent / "webmap").rglob("*.py")]
    assert len(files) > 50
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            assert not PARSERS.search(line), f"{file.name}:{number}: {line.strip()}"
