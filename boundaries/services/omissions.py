"""What a figure had to leave out, said beside it: what, how many, why, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMED = 200
"""How many keys one omission names; the count is always exact."""


@dataclass(frozen=True)
class Omission:
    """Some of what was asked about that a figure does not count, or counts otherwise.

    Parameters
    ----------
    kind
        A stable word for programs.
    layer
        ``divisions``, ``facilities``, ``population`` or ``network``.
    why, what_to_do
        For the person who reads the figure.
    keys
        Codes or numbers, at most :data:`NAMED`.
    count
        How many there are.
    people
        How many people (of the group asked for) it concerns; None: not known.
    left_out
        Whether they are out of the figure; False: in it, but by an assumption.
    """

    kind: str
    layer: str
    why: Text
    what_to_do: Text
    keys: tuple[str, ...]
    count: int
    people: float | None = None
    left_out: bool = True

    @classmethod
    def of(
        cls, kind: str, layer: str, why: Text, what_to_do: Text, keys: Iterable[Any],
        **more: Any,
    ) -> Omission:  # fmt: skip
        """Return an omission of the keys, which are counted and cut here."""
        found = [str(key) for key in keys]
        return cls(
            kind, layer, why, what_to_do, tuple(found[:NAMED]), len(found), **more
        )

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Omission:
        """Return the omission of a document that :meth:`to_dict` made."""
        words = {name: Text(**document[name]) for name in ("why", "what_to_do")}
        return cls(**{**document, **words, "keys": tuple(document["keys"])})

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "kind": self.kind,
            "layer": self.layer,
            "why": self.why._asdict(),
            "what_to_do": self.what_to_do._asdict(),
            "keys": list(self.keys),
            "count": self.count,
            "people": None if self.people is None else round(self.people, 1),
            "left_out": self.left_out,
        }


def told(omissions: Iterable[Omission]) -> tuple[Omission, ...]:
    """Return those of which there is at least one."""
    return tuple(each for each in omissions if each.count)
