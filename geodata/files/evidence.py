"""Build guesses and encodings whose evidence is said in both languages."""

from __future__ import annotations

from typing import Any

from geodata.errors import Text
from geodata.files.reading import Encoding, Guess


def guess(
    what: str,
    value: Any,
    confidence: float,
    why: Text,
    *,
    alternatives: tuple[Any, ...] = (),
) -> Guess:
    """Return a guess; ``what`` is the override that would replace it."""
    return Guess(
        what, value, round(confidence, 2), why.zh, alternatives, evidence_en=why.en
    )


def encoding(name: str, why: Text, confidence: float) -> Encoding:
    """Return an encoding and what it was seen by."""
    return Encoding(name, why.zh, confidence, evidence_en=why.en)
