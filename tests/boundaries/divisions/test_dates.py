"""Dates keep the precision they are known to."""

from __future__ import annotations

import datetime as dt

import pytest

from boundaries.divisions.dates import between, read_date, shown, span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一九八五年四月十五日", "1985-04-15"),
        ("一九八二年一月二十三日", "1982-01-23"),
        ("二〇〇〇年十二月三十日", "2000-12-30"),
        ("二○○二年六月十日", "2002-06-10"),
        ("一九九四年十一月廿一日", "1994-11-21"),
        ("2015年7月23日", "2015-07-23"),
        ("2016-06-08", "2016-06-08"),
        ("2016.6.8", "2016-06-08"),
        ("1983年2月", "1983-02"),
        ("一九八三年二月", "1983-02"),
        ("2016年", "2016"),
        ("二〇一六年", "2016"),
        ("2015年2月30日", None),
        ("2015年13月1日", None),
        ("不详", None),
        ("", None),
    ],
)
def test_read(text: str, expected: str | None) -> None:
    assert read_date(text) == expected


def test_a_year_is_every_day_of_it_and_is_shown_as_a_year() -> None:
    assert span("2016") == (dt.date(2016, 1, 1), dt.date(2016, 12, 31))
    assert shown("2016") == "2016年"
    assert shown("2016", language="en") == "2016"
    assert shown("2016-06-08") == "2016年6月8日"
    assert "1月1日" not in shown("2016") + shown("2016-02")
    assert shown("2018-02/2019-04") == "2018年2月 至 2019年4月"


def test_a_leap_month_ends_on_its_last_day() -> None:
    assert span("2016-02").last == dt.date(2016, 2, 29)


@pytest.mark.parametrize("text", ["", "16", "2016-13", "2016-02-30", "x", "2016-1-1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        span(text)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("2015-10", "2015-11", "2015-11"),
        ("2015-12", "2016-01", "2016-01"),
        ("2011-12", "2012-12", "2012"),
        ("2018-01", "2019-04", "2018-02/2019-04"),
        ("2011-12", "2013-12", "2012-01/2013-12"),
    ],
)
def test_a_change_between_two_tables(before: str, after: str, expected: str) -> None:
    assert between(before, after) == expected
