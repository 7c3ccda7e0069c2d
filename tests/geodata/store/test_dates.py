import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.store import dates


@pytest.mark.parametrize(
    ("given_", "kept", "precision", "last"),
    [
        ("2016", "2016", "year", "2016-12-31"),
        (" 2016-06 ", "2016-06", "month", "2016-06-30"),
        ("2016-02", "2016-02", "month", "2016-02-29"),
        ("1900-02", "1900-02", "month", "1900-02-28"),
        ("2016-06-08", "2016-06-08", "day", "2016-06-08"),
        (dt.date(2016, 6, 8), "2016-06-08", "day", "2016-06-08"),
        (dt.datetime(2016, 6, 8, 12, tzinfo=dt.UTC), "2016-06-08", "day", "2016-06-08"),
    ],
)
def test_a_date_is_kept_to_the_precision_known(given_, kept, precision, last):
    date = dates.parse(given_)
    assert date == kept
    assert dates.precision(date) == precision
    assert dates.last_day(date) == last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "16",
        "2016-6",
        "2016-13",
        "2016-02-30",
        "2016/06/08",
        "0000",
        "２０１６",
        "x",
    ],
)
def test_what_is_no_date_is_refused_with_the_way_to_write_one(text):
    with pytest.raises(InputError) as caught:
        dates.parse(text)
    assert caught.value.code == "date"
    assert "2016-06" in caught.value.text("zh")


def test_a_date_known_to_the_year_is_never_shown_as_january_first():
    assert dates.label("2016", "zh") == "2016年"
    assert dates.label("2016", "en") == "2016"
    assert dates.label("2016-06", "zh") == "2016年6月"
    assert dates.label("2016-06-08", "zh") == "2016年6月8日"


@pytest.mark.parametrize(
    ("span", "on", "holds"),
    [
        (("2016", None), "2015-12-31", False),
        (("2016", None), "2016-01-01", True),
        (("2016-06-08", None), "2016", True),
        (("2016-06-08", None), "2016-05", False),
        (("2010", "2016"), "2015", True),
        (("2010", "2016"), "2016", False),
        (("2010", "2016-06-08"), "2016-06", False),
        (("2010", "2016-06-08"), "2016-05", True),
    ],
)
def test_in_force_is_asked_for_the_end_of_the_day_month_or_year(span, on, holds):
    assert dates.in_force(*span, on) is holds


@given(st.dates(), st.dates())
def test_days_compare_as_they_follow(a, b):
    assert (dates.parse(a) < dates.parse(b)) == (a < b)


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_a_year_and_a_month_begin_no_later_than_their_days(day):
    text = day.isoformat()
    assert text[:4] <= text[:7] <= text <= dates.last_day(text[:7])
    assert dates.last_day(text[:7]) <= dates.last_day(text[:4])


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        ("2026-11-22", "2026-11-22T23:59:59.999999Z"),
        ("2026-11", "2026-11-30T23:59:59.999999Z"),
        ("2026-11-22T08:30:00+08:00", "2026-11-22T00:30:00.000000Z"),
        ("2026-11-22T08:30:00Z", "2026-11-22T08:30:00.000000Z"),
        ("2026-11-22T08:30:00", "2026-11-22T08:30:00.000000Z"),
    ],
)
def test_an_instant_is_utc_and_a_day_ends_with_it(asked, last):
    assert dates.instant_end(asked) == last


def test_what_is_no_instant_is_refused():
    with pytest.raises(InputError):
        dates.instant_end("yesterday")


def test_now_compares_with_instants():
    assert dates.instant_end("2020-01-01") < dates.now() < dates.instant_end("2999")
