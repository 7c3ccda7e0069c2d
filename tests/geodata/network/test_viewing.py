"""The streets of a place for a map, and what is left of them from afar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.network import viewing
from geodata.network.building import build
from tests.support.streets import streets_of

if TYPE_CHECKING:
    import pytest

X, Y = 117.0, 39.0
CROSS = [
    [(X, Y), (X + 0.002, Y), (X + 0.004, Y)],
    [(X + 0.002, Y - 0.002), (X + 0.002, Y), (X + 0.002, Y + 0.002)],
]
ALONE = [(X, Y + 0.01), (X + 0.001, Y + 0.01)]
BOX = (X - 0.01, Y - 0.01, X + 0.02, Y + 0.02)


def test_from_afar_only_what_nothing_joins_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, _ = build(streets_of([*CROSS, ALONE]))
    near = viewing.streets_in(network, BOX)
    looks = [each["properties"]["look"] for each in near["features"]]
    assert looks == ["street", "isolated"]
    assert (near["count"], near["more"]) == (5, False)
    monkeypatch.setattr(viewing, "MOST", 2)
    [feature] = (far := viewing.streets_in(network, BOX))["features"]
    assert (far["count"], far["more"]) == (5, True)
    assert feature["properties"]["look"] == "isolated"
    [line] = feature["geometry"]["coordinates"]
    assert sorted(map(tuple, line)) == ALONE
