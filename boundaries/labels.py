"""What documents are found again by: the labels the store keeps beside them.

One function a collection. Every opening of the store gives :func:`labelled` along, so
the labels of a document are always those of its content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes, review
from boundaries.jobs.model import JOBS, OPEN
from boundaries.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from boundaries.accounts import User

    Labels = tuple[Iterable[str], str]

OPEN_LABEL = "open"
"""Of a job that is not at an end."""
_LENGTHS = (2, 4, 6, 9, 12)
"""Digits by which a subtree reaches: province, prefecture, county, town, village."""


class _Labelled:
    """A document's labels, and the instant lists order it by."""

    making = "1"
    """Another word for every change of what the functions here return: a store whose
    documents have the labels of before is refused until ``quhua migrate``."""

    def __call__(self, collection: str, document: dict[str, Any]) -> Labels:
        made = _BY_COLLECTION.get(collection)
        return made(document) if made else ((), "")


labelled = _Labelled()


def visible(user: User) -> list[list[str]]:
    """Return the groups of labels of drafts that ``user`` may see.

    Whoever has several subtrees may see one that lies in none of them alone: those
    that could be so are in it too, and are asked about one by one.
    """
    row = review.verb("view_draft")
    words = []
    for name in (layer.name for layer in LAYERS):
        subtrees = user.subtrees(row.on(name))
        if "" in subtrees:
            words.append(f"layer:{name}")
        elif subtrees:
            reach = [codes.prefix(subtree) for subtree in subtrees]
            words += [f"in:{name}:{digits}" for digits in ["", *reach]]
            words += [f"over:{name}:{digits}" for digits in _common(reach)]
    return [words]


def _draft(document: dict[str, Any]) -> Labels:
    layer, scope = document["layer"], document["scope"]
    words = {
        f"state:{document['state']}",
        f"author:{document['author']}",
        f"layer:{layer}",
    }
    words |= {f"{kind}:{layer}:{digits}" for kind, digits in _places(scope)}
    original = document.get("original")
    if original:
        words.add(f"original:{original['digest']}")
    return words, document["updated"]


def _job(document: dict[str, Any]) -> Labels:
    words = {f"actor:{document['actor']}", f"kind:{document['kind']}"}
    words.add(f"state:{document['state']}")
    if document["state"] in OPEN:
        words.add(OPEN_LABEL)
    return words, document.get("finished") or ""


def _export(document: dict[str, Any]) -> Labels:
    return {lent_label(document.get("within"))}, document["requested"]


def _waiver(document: dict[str, Any]) -> Labels:
    return {f"draft:{document['draft']}"}, document["expires"]


def lent_label(within: Sequence[str] | None) -> str:
    """Return the label of what a token of these grants asked for; None: a person."""
    return "in_person" if within is None else f"lent:{','.join(within)}"


def _places(scope: Sequence[str]) -> set[tuple[str, str]]:
    """Return the places all of a scope lies in, and those that hold it together.

    ``("in", digits)``: a subtree of these digits holds every part. ``("over", …)``:
    several subtrees, all within these digits, may hold one part each.
    """
    each = [_reaches(key) for key in scope]
    if not each:
        return {("in", "")}
    held = set.intersection(*each)
    sides = any(review.EITHER in key for key in scope)
    deepest = max(map(len, held), default=0)
    over = {d for d in held if sides or len(d) == deepest} or {""}
    if sides:
        over.add("")  # of one key the one side may be theirs, of another the other
    if len(each) == 1:
        over = set()  # one part lies in one subtree
    return {("in", d) for d in held} | {("over", d) for d in over}


def _reaches(key: str) -> set[str]:
    """Return the digits of every subtree that one of a key's codes lies in."""
    found = set()
    for code in key.split(review.EITHER):
        if codes.is_code(code):
            text = codes.parse(code).text
            found |= {text[:n] for n in _LENGTHS if n <= len(text)}
    return found


def _common(reach: Sequence[str]) -> list[str]:
    """Return the places that hold two of these or more, ``""`` for all the land."""
    found = set()
    for at, one in enumerate(reach):
        for other in reach[at + 1 :]:
            shared = [n for n in (0, *_LENGTHS) if one[:n] == other[:n]]
            found.add(one[: max(n for n in shared if n <= min(len(one), len(other)))])
    return sorted(found)


_BY_COLLECTION: dict[str, Callable[[dict[str, Any]], Labels]] = {
    "drafts": _draft,
    JOBS: _job,
    "exports": _export,
    "waivers": _waiver,
}
