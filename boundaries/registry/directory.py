"""The directory of divisions as a reader may see it, made once a version."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import WeakKeyDictionary

from boundaries import review
from boundaries.registry.desk import DRAFTS
from boundaries.registry.exports import Exports, closed_unless_done
from boundaries.registry.publishing import tag_of
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    from boundaries.accounts import User
    from boundaries.divisions.directory import Directory, Wish
    from geodata.store.changes import Version
    from geodata.store.protocol import Store

_KEPT: WeakKeyDictionary[Store, Directory] = WeakKeyDictionary()
"""The directory last made of each open store."""
_LOCK = threading.Lock()


class Directories(Exports):
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

    def export_divisions(
        self, actor: str, wish: Wish, driver: str, *, language: str = "zh"
    ) -> dict[str, Any]:
        """Queue an export of the divisions a list shows; return its document.

        Of those in force on the list's date; an ended one has no place in a layer.

        Raises
        ------
        InputError
            When the list is empty.
        """
        directory = self.directory(actor)
        found = directory.find(wish)
        keys = [str(code) for code in found.loc[found["in_force"], "code"]]
        if not keys:
            raise InputError(
                Text("列表中没有可导出的单位。", "There is nothing to export."),
                Text("请放宽筛选条件。", "Widen the filter."),
            )
        narrowed = bool(wish.words or wish.level or wish.kind)
        return self.request_export(
            actor,
            "divisions",
            driver,
            at=directory.version,
            valid_on=wish.on,
            scope=wish.under,
            keys=keys if narrowed else (),
            language=language,
        )

    def division_documents(self, actor: str, code: str) -> list[dict[str, Any]]:
        """Return what each published version that wrote a division rests on.

        Newest first. ``draft`` and ``original`` (name, bytes and hash of the file
        handed in) are None for whoever may not see the draft.
        """
        user = self.may("view_published", actor)
        last = self.store.tags().get(tag_of("divisions"), 0)
        states = self.store.history("divisions", code)
        numbers = {s["version"] for s in states if s["version"] <= last}
        return [
            self._document_of(user, self.store.version(number, "divisions"))
            for number in sorted(numbers, reverse=True)
        ]

    def original(self, actor: str, digest: str) -> tuple[str, BinaryIO]:
        """Return name and content, open, of a file handed in; it is journalled.

        Raises
        ------
        NotFoundError
            Also for one whose draft the actor may not see.
        """
        user = self.user(actor)
        for draft in self.store.find(DRAFTS, labels=[[f"original:{digest}"]]):
            known = draft["original"] or {}
            if known.get("digest") == digest and _may_see(user, draft):
                file = self.store.open_blob(digest)
                with closed_unless_done(file), self.store.write() as tx:
                    self.record(tx, actor, "read_original", digest, draft=draft["id"])
                return str(known.get("name") or digest[-12:]), file
        raise NotFoundError(
            Text(f"没有原件 {digest}。", f"There is no original {digest}."),
            Text("或者您无权查看其草稿。", "Or you may not see its draft."),
        )

    def _document_of(self, user: User, version: Version) -> dict[str, Any]:
        draft = self.store.get(DRAFTS, str(version.doc.get("draft")))
        seen = draft if draft and _may_see(user, draft) else None
        return {
            "version": version.number,
            "effective": version.effective,
            "recorded": version.recorded,
            "basis": version.basis,
            "title": str(version.doc.get("title") or version.message),
            "author": version.author,
            "approver": version.approver,
            "draft": seen["id"] if seen else None,
            "original": seen["original"] if seen else None,
        }


def _may_see(user: User, draft: dict[str, Any]) -> bool:
    layer = draft["layer"]
    if not review.holds("view_draft", user, layer):
        return False
    row = review.verb("view_draft")
    return not review.outside(user, row, draft["scope"], layer)


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
