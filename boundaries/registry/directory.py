"""The directory of divisions as a reader may see it, made once a version."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from boundaries.registry.desk import Desk
from boundaries.registry.publishing import tag_of
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from boundaries.divisions.directory import Directory
    from geodata.store.protocol import Store

_KEPT: WeakKeyDictionary[Store, Directory] = WeakKeyDictionary()
"""The directory last made of each open store."""
_LOCK = threading.Lock()


class Directories(Desk):
    """Lists of divisions: what is published, with all that was before."""

    def directory(self, actor: str) -> Directory:
        """Return the directory of the published divisions.

        Raises
        ------
        NotFoundError
            While nothing is published.
        """
        self.may("view_published", actor)
        number = self.store.tags().get(tag_of("divisions"))
        if not number:
            raise NotFoundError(
                Text("还没有发布任何区划。", "Nothing is published yet."),
                Text(
                    "先上传、批准并发布一份边界文件。",
                    "Upload, approve and publish a boundary file first.",
                ),
                code="unpublished",
            )
        return _directory(self.store, number)


def _directory(store: Store, number: int) -> Directory:
    from boundaries.divisions.directory import Directory

    with _LOCK:
        known = _KEPT.get(store)
    if known is not None and known.version == number:
        return known
    made = Directory(store.states("divisions", at=number), number)
    with _LOCK:
        _KEPT[store] = made
    return made
