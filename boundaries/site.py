"""What administrators of a store have set: read anew, so no restart is needed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from boundaries import settings as declared
from geodata.errors import InputError

if TYPE_CHECKING:
    from boundaries.settings import Settings
    from geodata.store.protocol import Reader

log = logging.getLogger(__name__)

SITE, VALUES = "site", "settings"
"""Collection and key of the document with the values changed."""
FRESH_S = 1.0
"""How long a process may go on with what it read."""


class SiteSettings:
    """The settings in force: the deployment's, under what was changed on the pages.

    What a file or the environment fixes stays: whoever runs the machine has the
    last word, and the page says so.
    """

    def __init__(self, store: Reader, base: Settings) -> None:
        self._store = store
        self._base = self._made = base
        self._rev = 0
        self._asked = float("-inf")

    def now(self) -> Settings:
        """Return what holds now."""
        if time.monotonic() - self._asked >= FRESH_S:
            self.take(self._store.get(SITE, VALUES))
        return self._made

    def take(self, document: dict[str, Any] | None) -> None:
        """Take over a document that was just read, or just written."""
        rev = document["rev"] if document else 0
        if document is not None and rev != self._rev:
            self._made = laid_over(self._base, document["values"])
        self._rev, self._asked = rev, time.monotonic()


def laid_over(base: Settings, values: dict[str, Any]) -> Settings:
    """Return ``base`` with the changed values; one that no longer fits is left out."""
    made = base
    for name, value in values.items():
        if name in base.origin:
            continue
        try:
            made = declared.changed(made, name, value)
        except InputError as error:
            log.warning("a changed setting is left out: %s", error)
    return made
