"""Which types of facility a question may count: offered by group, some chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundaries.services.coverage import SERVING_TYPES
from boundaries.services.words import Domain, FacilityType
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_GROUPS = (
    (Text("养老服务", "eldercare"), {Domain.ELDERCARE}),
    (Text("医疗", "medical"), {Domain.MEDICAL}),
    (Text("其他民政设施", "other civil affairs"),
     {*Domain} - {Domain.ELDERCARE, Domain.MEDICAL}),
)  # fmt: skip
Offer = tuple[Text, list[tuple[str, Text]]]
"""A group's name, and its types with their names."""


@dataclass(frozen=True)
class Countable:
    """What a form offers and what it begins with.

    Parameters
    ----------
    groups
        The types by group, in the order of domain F1.
    usual
        What counts when nobody chooses.
    instead
        Whether that is not eldercare, since none is on record.
    """

    groups: tuple[Offer, ...]
    usual: tuple[str, ...]
    instead: bool = False

    @property
    def counted(self) -> list[Text]:
        """The names of what counts when nobody chooses."""
        return [FacilityType(each).label for each in self.usual]


def countable(on_record: Iterable[str], *, asked: Iterable[str] = ()) -> Countable:
    """Return what may be counted among the facilities of a register.

    Parameters
    ----------
    on_record
        The types facilities on record have.
    asked
        Further types to offer, whether on record or not.
    """
    stored = {each.value for each in FacilityType}
    known = set(on_record) & stored
    eldercare = {
        kind for kind in known if FacilityType(kind).domain is Domain.ELDERCARE
    }
    instead = bool(known) and not eldercare
    chosen = known if instead else set(SERVING_TYPES)
    offered = known | set(SERVING_TYPES) | chosen | (set(asked) & stored)
    groups = []
    for name, domains in _GROUPS:
        types = [
            (kind.value, kind.label)
            for kind in FacilityType
            if kind.value in offered and kind.domain in domains
        ]
        if types:
            groups.append((name, types))
    in_order = (kind.value for kind in FacilityType if kind.value in chosen)
    return Countable(tuple(groups), tuple(in_order), instead)
