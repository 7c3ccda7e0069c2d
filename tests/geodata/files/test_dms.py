from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.files import dms

SPELLINGS = [
    "117°12′34.56″",
    "117º12'34.56\"",
    "117°12’34.56”",
    "117˚12′34.56′′",
    "117d12'34.56''",
    "117度12分34.56秒",
    "１１７°１２′３４．５６″",
    "117-12-34.56",
    "117－12－34.56",
    "117 12 34.56",
    "117:12:34.56",
    "117° 12′ 34.56″",
    "117°12′34″.56",
    "117°12.576′",
    "117.2096",
    "117.2096°",
    "东经117°12′34.56″",
    "东经：117°12′34.56″",
    "E117°12′34.56″",
    "117°12′34.56″E",
    "117.2096E",
    "L=117.2096",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_one_longitude(text: str) -> None:
    assert dms.parse(text, "lon") == pytest.approx(117.2096, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("W117.5", -117.5),
        ("117°30′W", -117.5),
        ("-117-30-00", -117.5),
        ("南纬3°30′", -3.5),
    ],
)
def test_west_and_south_are_negative(text: str, degrees: float) -> None:
    assert dms.parse(text) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("text", "axis", "said"),
    [
        ("117°60′00″", "lon", "60 or more"),
        ("117°12′60″", "lon", "60 or more"),
        ("117-12-61", "lon", "60 or more"),
        ("181.0", "lon", "outside"),
        ("91°00′00″", "lat", "outside"),
        ("39°06′N", "lon", "compass letter"),
        ("117.5°12′", "lon", "not an angle"),
        ("约117度", "lon", "not an angle"),
        ("E117°12′N", "lon", "not an angle"),
    ],
)
def test_what_is_no_angle_is_refused_with_its_text(
    text: str, axis: str, said: str
) -> None:
    found = dms.parse_column(["117.2" if axis == "lon" else "39.1", text], axis=axis)
    assert list(found.reasons) == [1]
    assert said in found.reasons[1].en
    assert text in found.reasons[1].zh
    assert found.degrees[1] != found.degrees[1]


def test_an_empty_cell_is_no_error() -> None:
    found = dms.parse_column(["", None, float("nan"), "117.2"], axis="lon")
    assert found.reasons == {}
    assert found.degrees[3] == 117.2


def test_packed_degrees_are_a_guess() -> None:
    found = dms.parse_column(["1171234.56", "1171300"], axis="lon")
    assert found.form == "packed"
    assert found.degrees[0] == pytest.approx(117.2096, abs=1e-9)
    assert found.confidence < 0.9


def test_one_impossible_minute_means_the_column_is_not_packed() -> None:
    found = dms.parse_column(["1171234.56", "1176100"], axis="lon")
    assert found.form != "packed"
    assert set(found.reasons) == {0, 1}


def test_degrees_that_all_read_as_minutes_too_are_unsure() -> None:
    texts = [
        f"117.{m:02d}{s:02d}5"
        for m, s in zip(range(5, 59, 5), range(58, 3, -5), strict=True)
    ]
    found = dms.parse_column(texts, axis="lon")
    assert (found.form, found.alternatives) == ("decimal", ("dms_decimal",))
    assert found.confidence < 0.9
    told = dms.parse_column(texts, axis="lon", form="dms_decimal")
    assert told.degrees[0] == pytest.approx(117 + 5 / 60 + 58.5 / 3600)


@given(
    st.integers(0, 179),
    st.integers(0, 59),
    st.integers(0, 5999),
    st.sampled_from(["{}°{:02d}′{:05.2f}″", "{}-{}-{:.2f}", "{}度{}分{:.2f}秒"]),
)
def test_parts_come_back_as_degrees(d: int, m: int, hundredths: int, form: str) -> None:
    seconds = hundredths / 100
    expected = d + m / 60 + seconds / 3600
    assert dms.parse(form.format(d, m, seconds)) == pytest.approx(expected, abs=1e-11)
