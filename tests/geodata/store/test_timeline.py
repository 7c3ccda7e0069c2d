"""One feature's validity, drawn: ``2010 A 2018 B ->``."""

import pytest

from geodata.store.timeline import Plan, State, plan


def states(drawn: str) -> list[State]:
    """Return states from ``"2010 A 2018 B"`` (``-`` is a gap)."""
    words = drawn.split()
    starts, contents = words[::2], words[1::2]
    ends = [*starts[1:], None][: len(starts)]
    return [
        State(i, start, end, content)
        for i, (start, end, content) in enumerate(
            zip(starts, ends, contents, strict=True)
        )
        if content != "-"
    ]


def after(before: str, effective: str, content: str | None, **options) -> str:
    """Return the drawing after a change."""
    known = states(before)
    done = plan(known, effective, content, **options)
    by_id = {state.id: state for state in known}
    spans = [
        (state.valid_from, state.valid_to, state.digest)
        for state in known
        if state.id not in done.closed
    ]
    spans += [(start, end, by_id[id_].digest) for start, end, id_ in done.kept]
    if done.new is not None:
        assert content is not None
        spans.append((*done.new, content))
    words: list[str] = []
    previous: str | None = "start"
    for start, end, digest in sorted(spans):
        if previous not in {"start", start}:
            words += [str(previous), "-"]
        words += [start, digest]
        previous = end
    if previous not in {"start", None}:
        words += [str(previous), "-"]
    return " ".join(words)


@pytest.mark.parametrize(
    ("before", "effective", "content", "expected"),
    [
        ("", "2010", "A", "2010 A"),
        ("2010 A", "2016", "B", "2010 A 2016 B"),
        ("2010 A", "2010", "B", "2010 B"),
        ("2010 A", "2016", None, "2010 A 2016 -"),
        ("2010 A", "2010", None, ""),
        ("2010 A", "2005", "B", "2005 B 2010 A"),
        ("2010 A", "2005", "A", "2005 A"),
        ("2010 A", "2016", "A", "2010 A"),
        ("2010 A 2018 B", "2014", "C", "2010 A 2014 C 2018 B"),
        ("2010 A 2018 B", "2010", "C", "2010 C 2018 B"),
        ("2010 A 2018 B", "2014", "B", "2010 A 2014 B"),
        ("2010 A 2018 B", "2018", "A", "2010 A"),
        ("2010 A 2018 B 2020 A", "2018", "A", "2010 A"),
        ("2010 A 2018 B", "2014", None, "2010 A 2014 - 2018 B"),
        ("2010 A 2014 - 2018 B", "2014", "A", "2010 A 2018 B"),
        ("2010 A 2014 - 2018 B", "2015", "C", "2010 A 2014 - 2015 C 2018 B"),
        ("2010 A 2014 -", "2016", "C", "2010 A 2014 - 2016 C"),
        ("2010 A", "2016-06", "B", "2010 A 2016-06 B"),
        ("2016-06 A", "2016", "B", "2016 B 2016-06 A"),
    ],
)
def test_a_change_holds_until_the_next_known_one(before, effective, content, expected):
    assert after(before, effective, content) == expected


@pytest.mark.parametrize(
    ("before", "effective", "content", "expected"),
    [
        ("2010 A", "2016", "B", "2010 B"),
        ("2010 A 2018 B", "2014", "C", "2010 C 2018 B"),
        ("2010 A 2018 B", "2014", "B", "2010 B"),
        ("2010 A 2018 B", "2019", "A", "2010 A"),
        ("2010 A 2018 B", "2019", None, "2010 A 2018 -"),
        ("2010 A 2014 -", "2016", "C", "2010 C 2014 -"),
        ("", "2010", "A", "2010 A"),
    ],
)
def test_a_correction_mends_the_whole_record(before, effective, content, expected):
    assert after(before, effective, content, correction=True) == expected


def test_a_correction_of_what_the_author_never_saw_is_an_addition():
    drawn = after("2010 A 2014 -", "2016", "C", correction=True, known=False)
    assert drawn == "2010 A 2014 - 2016 C"


def test_ending_what_does_not_hold_changes_nothing():
    assert plan(states("2010 A"), "2005", None) == Plan()
    assert plan([], "2005", None).empty
