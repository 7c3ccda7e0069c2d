"""Marker numbers as registers write them (domain C3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.lines.numbers import STONES, MarkerNumber, known
from boundaries.lines.words import Form
from geodata.errors import InputError


def test_a_provincial_number_is_taken_apart() -> None:
    number = MarkerNumber.parse("1253165Q")
    assert (number.one, number.other, number.sequence) == ("12", "53", 165)
    assert (number.line, number.form, str(number)) == ("1253", Form.SINGLE, "1253165Q")
    assert str(number.point) == "1253165"


@pytest.mark.parametrize(
    "text", ["5312165Q", "1253000Q", "1253165Z", "桩12", "", "12-53"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        MarkerNumber.parse(text)
    assert not known(text)


def test_local_forms_are_settings() -> None:
    assert known("津蓟-05", [r"津蓟-\d{2}"])
    assert not known("津蓟-5", [r"津蓟-\d{2}"])


@given(
    st.sampled_from([2, 6, 9]),
    st.integers(10, 98),
    st.integers(1, 999),
    st.sampled_from(["", *STONES]),
)
def test_writing_and_reading_are_inverse(
    digits: int, code: int, sequence: int, stone: str
) -> None:
    one, other = f"{code:0<{digits}}", f"{code + 1:0<{digits}}"
    number = MarkerNumber(one, other, sequence, stone)
    assert MarkerNumber.parse(str(number)) == number
