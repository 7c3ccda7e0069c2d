"""The closed lists: every word has both labels and is found by any of its names."""

from __future__ import annotations

import pytest

from boundaries import vocabulary
from boundaries.gazetteer.words import NameClass, NameStatus
from boundaries.lines.words import (
    Action,
    Faces,
    Form,
    InspectionKind,
    MarkerState,
    Material,
)
from boundaries.services import words as services
from boundaries.vocabulary import (
    RULES,
    ChangeType,
    DraftState,
    Kind,
    Level,
    Role,
    Rule,
    Severity,
    Word,
)

LISTS = (
    *(ChangeType, DraftState, Kind, Role, Rule, Severity),
    *(Action, Faces, Form, InspectionKind, MarkerState, Material),
    *(NameClass, NameStatus),
    *(services.FacilityType, services.Domain, services.Status, services.Function),
    *(services.Ownership, services.Nature, services.Acquisition),
    *(services.MedicalMode, services.CoordSource),
)


@pytest.mark.parametrize("words", LISTS)
def test_words_have_labels_in_both_languages_and_none_twice(words: type[Word]) -> None:
    assert all(word.label.zh and word.label.en for word in words)
    assert len({word.label.zh for word in words}) == len(words)
    assert len({word.value for word in words}) == len(words)
    for word in words:
        assert words.of(word.value) is word
        assert words.of(word.label.zh) is word
        assert words.of(f" {word.label.en} ") is word


def test_an_unknown_word_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="street"):
        Kind.of("路")


def test_levels_and_kinds() -> None:
    assert Kind.STREET.level is Level.TOWNSHIP
    assert Level.TOWNSHIP.label.zh == "乡级"
    assert set(vocabulary.KIND_LEVELS) == set(Kind)


def test_severities_are_those_of_findings() -> None:
    from boundaries.rules.finding import SEVERITIES

    assert tuple(word.value for word in Severity) == SEVERITIES


def test_the_three_administrators_are_roles() -> None:
    assert len(vocabulary.THREE_ADMINISTRATORS) == 3
    assert set(Role) > vocabulary.THREE_ADMINISTRATORS
    assert len(RULES) == len(set(RULES))
