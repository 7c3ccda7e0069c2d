"""Passwords that satisfy a rule about kinds of character and are guessed all the same.

A word everybody uses with a run of digits is what guessing starts with; so words and
runs are listed here and what is made of nothing else is refused.
"""

from __future__ import annotations

import re
from itertools import groupby

WORDS = frozenset(
    """
    password passwort passwd pass admin administrator root user guest test
    welcome hello login master letmein changeme secret default system manager
    qwer qwert qwerty qwertyuiop asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm qaz
    wsx edc qazwsx qazwsxedc abc abcd abcde abcdef abcdefg aa aaa a q x xyz
    iloveyou love woaini mima guanliyuan zhongguo china beijing tianjin hebei
    minzheng minzhengju quhua diming ditu spring summer autumn winter dragon
    monkey sunshine princess football superman batman
    """.split()  # noqa: SIM905 - a list to read
)
_RUNS = ("01234567890123456789", "98765432109876543210")
_DIGITS = frozenset(
    {"520", "521", "1314", "5201314", "666", "888", "168", "110", "119"}
)
_LIKE = str.maketrans("@0$!", "aosi")


def is_weak(password: str) -> bool:
    """Return whether a password is a usual word with usual digits."""
    plain = password.casefold()
    return any(_usual(each) for each in (plain, plain.translate(_LIKE)))


def _usual(text: str) -> bool:
    letters = re.findall(r"[a-z]+", text)
    digits = re.findall(r"\d+", text)
    if re.search(r"[^\W\d_a-z]", text):  # a letter of another script is not usual
        return False
    return all(map(_word, letters)) and all(map(_run, digits))


def _word(letters: str) -> bool:
    """Return whether letters are one letter repeated, or usual words in a row."""
    if len(list(groupby(letters))) == 1:
        return True
    ends = {0}
    for start in range(len(letters)):
        if start in ends:
            ends |= {start + len(w) for w in WORDS if letters.startswith(w, start)}
    return len(letters) in ends


def _run(digits: str) -> bool:
    if digits in _DIGITS or len(list(groupby(digits))) <= 1 or len(digits) <= 2:
        return True
    if re.fullmatch(r"(19|20)\d\d(0\d|1[0-2])?(\d\d)?", digits):
        return True
    return any(digits in run for run in _RUNS)
