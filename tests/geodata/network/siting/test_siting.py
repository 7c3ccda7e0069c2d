"""Siting models against every choice there is, on problems small enough for that."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InfeasibleError, InputError
from geodata.network.siting import (
    capacitated_mclp,
    from_costs,
    lscp,
    mclp,
    p_center,
    p_median,
)

SMALL = settings(max_examples=25, deadline=None)


@st.composite
def problems(draw, *, budget=False):
    """A problem of few sites, some kept, some places out of reach, and its means."""
    sites, places = draw(st.integers(2, 7)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cost = np.rint(random.uniform(0, 100, (sites, places)))
    cost[random.random((sites, places)) < 0.3] = np.inf
    weight = random.integers(0, 9, places).astype(float)
    kept = random.random(sites) < 0.2
    price = random.integers(1, 5, sites).astype(float) if budget else np.ones(sites)
    room = random.integers(0, 15, sites).astype(float)
    made = from_costs(cost, weight, kept=kept, price=price, room=room)
    most = draw(st.integers(1, 8 if budget else 3))
    return made, cost, most


def choices(made, most):
    """Every choice that is allowed, kept sites in it."""
    free = np.flatnonzero(~made.kept)
    for size in range(len(free) + 1):
        for some in itertools.combinations(free, size):
            opened = made.kept.copy()
            opened[list(some)] = True
            if made.price[opened].sum() <= most:
                yield opened


def nearest(cost, opened):
    return cost[opened].min(axis=0) if opened.any() else np.full(cost.shape[1], np.inf)


def solvable(made, most):
    """Whether the means allow anything: else the model says why it does not."""
    free = ~made.kept
    return made.asked.any() and (made.kept.any() or (made.price[free] <= most).any())


def asked(model, made, most):
    """The model's answer, None where it says that there is none."""
    try:
        return model(made, budget=most)
    except InfeasibleError:
        return None


@SMALL
@given(problems(budget=True))
def test_p_median_is_the_least_of_all(drawn):
    made, cost, most = drawn
    got = asked(p_median, made, most)
    if not solvable(made, most):
        assert got is None
        return
    beyond = got.notes["beyond_s"]
    people = np.where(made.asked, made.weight, 0)

    def total(opened):
        return (people * np.minimum(nearest(cost, opened), beyond)).sum()

    best = min(map(total, choices(made, most)))
    assert got.optimal
    assert got.objective == pytest.approx(best)
    chosen = made.kept.copy()
    chosen[got.opened] = True
    assert total(chosen) == pytest.approx(best)
    assert got.spent <= most


@SMALL
@given(problems(budget=True))
def test_mclp_covers_the_most_of_all(drawn):
    made, cost, most = drawn
    got = asked(mclp, made, most)
    if not solvable(made, most):
        assert got is None
        return
    best = max(
        made.weight[np.isfinite(nearest(cost, opened))].sum()
        for opened in choices(made, most)
    )
    assert got.optimal
    assert got.objective == pytest.approx(best)
    assert got.served.sum() == pytest.approx(best)


@SMALL
@given(problems(budget=True))
def test_lscp_covers_everybody_at_the_least_price(drawn):
    made, cost, _ = drawn
    if not made.asked.any():
        with pytest.raises(InfeasibleError):
            lscp(made)
        return
    got = lscp(made)
    best = min(
        made.price[opened].sum()
        for opened in choices(made, np.inf)
        if np.isfinite(nearest(cost, opened)[made.asked]).all()
    )
    assert got.optimal
    assert got.objective == pytest.approx(best)
    assert (got.site[made.asked] >= 0).all()


@SMALL
@given(problems(budget=True))
def test_p_center_is_the_nearest_of_all(drawn):
    made, cost, most = drawn
    got = asked(p_center, made, most)
    far = [nearest(cost, opened)[made.asked].max() for opened in choices(made, most)
           if made.asked.any()]  # fmt: skip
    best = min(far, default=np.inf)
    if got is None:
        assert not solvable(made, most) or np.isinf(best)
        return
    assert got.optimal
    assert got.objective == best


@SMALL
@given(problems(budget=True), st.booleans())
def test_capacitated_serves_the_most_of_all(drawn, exact):
    made, cost, most = drawn
    try:
        got = capacitated_mclp(made, budget=most, small=10**6 if exact else 0)
    except InfeasibleError:
        assert not solvable(made, most)
        return
    best = max(flow(made, cost, opened) for opened in choices(made, most))
    assert got.objective <= best + 1e-9 <= got.bound + 2e-6
    if exact:
        assert got.objective == pytest.approx(best)
        assert got.gap < 1e-6
    assert (got.served <= made.weight + 1e-9).all()
    assert got.served.sum() == pytest.approx(got.objective)


def flow(made, cost, opened):
    """The most that find room, by the cut of the fewest: over all sets of sites."""
    sites = np.flatnonzero(opened)
    least = np.inf
    for size in range(len(sites) + 1):
        for full in itertools.combinations(sites, size):
            others = np.setdiff1d(sites, full)
            reached = np.isfinite(cost[others]).any(axis=0) if len(others) else (
                np.zeros(cost.shape[1], bool)
            )  # fmt: skip
            least = min(least, made.room[list(full)].sum() + made.weight[reached].sum())
    return least


def test_places_without_a_way_are_dropped_and_said():
    cost = np.array([[1.0, np.inf, 2.0, np.inf]])
    got = lscp(from_costs(cost, [5, 7, 1, 0]))
    assert got.dropped.tolist() == [1]
    assert got.to_dict()["dropped_places"] == 1
    assert got.served.tolist() == [5, 0, 1, 0]


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (mclp, InputError, "budget"),
        (lambda made: mclp(made, number=0), InputError, "At least one"),
        (lambda made: mclp(made, number=3), InfeasibleError, "2 candidates"),
        (lambda made: p_median(made, budget=0.5), InfeasibleError, "cheapest takes 1"),
        (lambda made: p_median(made, budget=-1), InputError, "negative"),
        (lambda made: lscp(made, most=1), InfeasibleError, "takes 2"),
        (lambda made: p_center(made, number=1), InfeasibleError, "cannot reach"),
        (lambda made: capacitated_mclp(made, number=1), InputError, "serve"),
    ],
)
def test_what_cannot_be_answered_says_why(ask, kind, words):
    made = from_costs([[1.0, np.inf], [np.inf, 1.0]], [3, 4])
    with pytest.raises(kind) as caught:
        ask(made)
    assert words in caught.value.message.en
    assert caught.value.hint is not None or kind is InputError


def test_nobody_within_reach_is_no_answer():
    made = from_costs([[9.0, 9.0]], [3, 4], limit_s=5)
    for model in (mclp, p_median, p_center):
        with pytest.raises(InfeasibleError, match="reaches anybody"):
            model(made, number=1)


@pytest.mark.parametrize(
    ("cost", "weight", "words"),
    [
        ([[np.nan]], [1], "cost holds"),
        ([[-1.0]], [1], "cost holds"),
        ([[1.0]], [-1], "weight holds"),
        ([1.0], [1], "sites by places"),
        ([[1.0, 2.0]], [1], "pairs has 2"),
    ],
)
def test_wrong_numbers_are_refused(cost, weight, words):
    with pytest.raises(InputError) as caught:
        from_costs(cost, weight)
    assert words in caught.value.message.en


def test_a_larger_p_median_is_certified():
    random = np.random.default_rng(4)
    sites, places = random.random((60, 2)), random.random((400, 2))
    cost = np.hypot(*(sites[:, None] - places[None]).transpose(2, 0, 1)) * 1000
    got = p_median(from_costs(cost, random.integers(1, 9, 400)), number=6)
    assert got.gap <= 0.005
    assert len(got.opened) == 6
