"""Every row of a layer has a name of its own."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.topology.units import unit_keys


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["a", "b"], ("a", "b")),
        (["a", "a", "a#2"], ("a", "a#3", "a#2")),
        (["a#2", "a", "a"], ("a#2", "a", "a#3")),
        (["b", None, " ", "b"], ("b", "#1", "#2", "b#2")),
    ],
)
def test_a_key_repeated_does_not_take_another_rows_name(keys, names):
    assert unit_keys(pd.Series(keys, dtype=object)) == names


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "a#2#2", "#1", "", None])))
def test_names_are_unique_and_first_ones_are_the_keys(keys):
    names = unit_keys(pd.Series(keys, dtype=object))
    assert len(set(names)) == len(keys)
    for key in filter(None, keys):
        assert key in names
