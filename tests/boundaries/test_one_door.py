"""The registry is put together from classes that know nothing of each other's names."""

from __future__ import annotations

from boundaries.registry import Registry

HANDED_ON = {"make_export"}
"""What a class does for its own kind and else leaves to the class under it."""


def test_no_class_of_the_registry_hides_a_name_of_another() -> None:
    """Two of the same name would be called for each other, with no error to see."""
    owners: dict[str, list[str]] = {}
    for part in Registry.__mro__:
        if part.__module__.startswith("boundaries."):
            for name in vars(part):
                if not name.startswith("__"):
                    owners.setdefault(name, []).append(part.__name__)
    hidden = {name: parts for name, parts in owners.items() if len(parts) > 1}
    assert set(hidden) == HANDED_ON, hidden
